from __future__ import annotations

import posixpath

from buildxray.rules.base import Severity
from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.rules.habits.missing_source import missing_source
from buildxray.rules.native.emulated_build import emulated_build
from buildxray.toolchains.base import Absence, Workspace
from tests.support.cases import every_case
from tests.support.rules import check_nothing, check_rule, context, findings

_ABSENT = {
    "yarn.lock": Absence.MISSING,
    "tool.config.js": Absence.MISSING,
    "Cargo.lock": Absence.IGNORED,
    "staging/": Absence.UNMADE,
    "pnpm-lock.yaml": Absence.IN_ROOT,
    "cmake": Absence.ABOVE,
    "api/lib/": Absence.REPEATED,
    "./api/a.py": Absence.REPEATED,
}


def workspace(*, has_build: bool = True) -> Workspace:
    """Facts of a project that has two lists of dependencies."""
    held = frozenset({"package.json", "Cargo.toml", "."})
    return Workspace(holds=held.__contains__, absence=_ABSENT.get, has_build=has_build)


def test_a_file_that_nobody_has_added() -> None:
    check_rule(
        missing_source,
        """
        FROM node
        COPY package.json yarn.lock ./
                          ^^^^^^^^^ the build stops here: `yarn.lock` is not in the build context; add it to the repository, or do not copy it
        """,
        workspace=workspace(),
    )


def test_several_files_are_one_finding() -> None:
    check_rule(
        missing_source,
        """
        FROM node
        COPY package.json /yarn.lock ./
                          ^^^^^^^^^^ the build stops here: `yarn.lock` and `tool.config.js` are not in the build context; add them to the repository, or do not copy them
        COPY tool.config.js ./
        """,
        workspace=workspace(),
    )


def test_a_list_that_a_wildcard_matches_is_another_source() -> None:
    text = "FROM node\nCOPY {}package*.json ./\nCOPY yarn.lock ./\nCOPY . .\n"
    assert len(findings(missing_source, context(text.format(""), workspace=workspace()))) == 1
    assert not findings(missing_source, context(text.format("web/"), workspace=workspace()))
    assert not findings(missing_source, context(text.format("$DIR/"), workspace=workspace()))


def test_a_lock_file_that_git_ignores() -> None:
    check_rule(
        missing_source,
        """
        FROM rust
        COPY Cargo.toml Cargo.lock ./
                        ^^^^^^^^^^ a build from a checkout stops here, because Git ignores `Cargo.lock`; add it to the repository, or do not copy it
        """,
        workspace=workspace(),
    )


def test_a_lock_file_in_the_root() -> None:
    check_rule(
        missing_source,
        """
        FROM node
        COPY package.json pnpm-lock.yaml ./
                          ^^^^^^^^^^^^^^ the build stops here: `pnpm-lock.yaml` is not in the build context, but in the root of the repository; build with the root as the context, from which the other paths are then read too, or do not copy it
        """,
        workspace=workspace(),
    )


def test_all_is_in_the_directory_above_the_context() -> None:
    check_rule(
        missing_source,
        """
        FROM gcc
        COPY cmake cmake
             ^^^^^ the build stops here: `cmake` and `./api/a.py` are not in the build context, but in the directory above; build with that as the context
        COPY ./api/a.py ./
        """,
        workspace=workspace(),
    )


def test_all_is_in_the_root() -> None:
    absent = {"apps/api/src": Absence.FROM_ROOT, "lib/a.py": Absence.BESIDE, "shared": Absence.ABOVE}
    facts = Workspace(holds=frozenset[str]().__contains__, absence=absent.get, has_build=True)
    check_rule(
        missing_source,
        """
        FROM gcc
        COPY lib/a.py lib/
             ^^^^^^^^ the build stops here: `lib/a.py` and `apps/api/src` are not in the build context, but in the root of the repository; build with the root as the context, from which the other paths are then read too, or do not copy them
        COPY apps/api/src src
        COPY shared shared
        """,
        workspace=facts,
    )
    check_nothing(missing_source, "FROM gcc\nCOPY lib/a.py lib/\nCOPY shared shared\n", workspace=facts)


def test_a_directory_above_may_be_copied_by_a_script() -> None:
    check_nothing(missing_source, "FROM gcc\nCOPY package.json ./\nCOPY cmake cmake\n", workspace=workspace())


def test_a_directory_that_no_step_makes() -> None:
    check_rule(
        missing_source,
        """
        FROM golang
        COPY package.json ./
        COPY staging/*.tar staging/ staging/
             ^^^^^^^^^^^^^ a build from a checkout stops here: `staging/*.tar` and `staging/` are not in the repository, and no step of the workflow makes them; add them, make them in a step before, or do not copy them
        """,
        workspace=workspace(),
    )


def test_a_source_before_that_something_may_make() -> None:
    check_rule(
        missing_source,
        """
        FROM node
        COPY static/ static/
        FROM node
        COPY package.json ./
        COPY dist/ lib/*.js *.json ./
        COPY yarn.lock other ./
             ^^^^^^^^^ the build stops here: `yarn.lock` is not in the build context; add it to the repository, or do not copy it; unless something makes `dist/` and `lib/*.js` before, it stops there already
        COPY --from=0 static/ ./
        """,
        workspace=workspace(),
    )


def test_a_path_that_repeats_the_context_needs_no_other_source() -> None:
    check_rule(
        missing_source,
        """
        FROM python
        COPY ./api/a.py yarn.lock ./
             ^^^^^^^^^^ the build stops here: `./api/a.py` and `api/lib/` are looked for below `api`, which is the build context already; leave `api/` out, or build with the directory above as the context
        COPY api/lib/ lib/
        """,
        workspace=workspace(),
    )


@every_case(
    "path, kept, expected",
    [
        ("bun.lockb", "bun.lock", "`bun.lockb` is not in the build context, but `bun.lock` is; copy that"),
        (
            "web/bun.lock",
            "web/bun.lockb",
            "`web/bun.lock` is not in the build context, but `web/bun.lockb` is; copy that",
        ),
        (
            "yarn.lock",
            "bun.lock",
            "`yarn.lock` is not in the build context; add it to the repository, or do not copy it",
        ),
        (
            "web/bun.lockb",
            "bun.lock",
            "`web/bun.lockb` is not in the build context; add it to the repository, or do not copy it",
        ),
    ],
)
def test_another_lock_file_of_the_same_program(path: str, kept: str, expected: str) -> None:
    facts = Workspace(
        holds=frozenset({"package.json", "web/"}).__contains__,
        keeps=frozenset({kept}).__contains__,
        absence={path: Absence.MISSING}.get,
        has_build=True,
    )
    (finding,) = findings(missing_source, context(f"FROM x\nCOPY package.json {path} ./\n", workspace=facts))
    assert finding.message == f"the build stops here: {expected}"


@every_case(
    "absence, is_told, n_findings",
    [(Absence.MISSING, True, 1), (Absence.MISSING, False, 0), (Absence.UNMADE, False, 1), (Absence.IGNORED, False, 0)],
)
def test_a_context_without_any_other_source(absence: Absence, *, is_told: bool, n_findings: int) -> None:
    facts = Workspace(
        holds=frozenset[str]().__contains__,
        absence={"yarn.lock": absence}.get,
        context_is_told=lambda: is_told,
        has_build=True,
    )
    assert len(findings(missing_source, context("FROM x\nCOPY yarn.lock ./\n", workspace=facts))) == n_findings


@every_case(
    "held, n_findings",
    [
        # The directory was renamed: it is one of several projects.
        (("src/a/a.csproj", "src/b/b.csproj"), 1),
        (("src/a/a.csproj", "lib/b/b.csproj"), 0),
        (("src/a/a.csproj", "src/b/deep/b.csproj"), 0),
        (("src/a/a.txt", "src/b/b.txt"), 0),
    ],
)
def test_a_directory_of_the_project_is_not_made(held: tuple[str, ...], n_findings: int) -> None:
    absent = {"src/web/web.csproj": Absence.MISSING}
    facts = Workspace(holds=frozenset(held).__contains__, absence=absent.get, has_build=True)
    text = f"FROM x\nCOPY {' '.join(held)} src/web/web.csproj /\nCOPY src/web/wwwroot /w\n"
    assert len(findings(missing_source, context(text, workspace=facts))) == n_findings


@every_case("source, n_findings", [("yarn.lock", 0), ("package.json", 1)])
def test_nothing_is_said_of_downloads_in_a_stage_that_stops(source: str, n_findings: int) -> None:
    text = f"FROM node AS base\nCOPY package.json {source} ./\nFROM base\nCOPY . .\nRUN npm ci\n"
    assert len(findings(late_module_download, context(text, workspace=workspace()))) == n_findings


@every_case(
    "text",
    [
        # Nothing of the project is here.
        "FROM node\nCOPY yarn.lock ./\n",
        "FROM node\nCOPY . .\nCOPY yarn.lock ./\n",
        # The file may be another one, or come from elsewhere.
        "FROM node\nARG DIR\nCOPY package.json $DIR/yarn.lock ./\n",
        "FROM node\nCOPY package.json yarn.lock* ./\n",
        "FROM node AS base\nFROM node\nCOPY package.json ./\nCOPY --from=base yarn.lock ./\n",
        'FROM node\nCOPY package.json ./\nCOPY <<"yarn.lock" ./\nyarn.lock\n',
        # The build does not need this stage.
        "FROM node AS unused\nCOPY package.json yarn.lock ./\nFROM node\nCOPY package.json ./\n",
        "FROM node\nCOPY package.json ./\n",
    ],
)
def test_near_misses(text: str) -> None:
    check_nothing(missing_source, text, workspace=workspace())


def test_without_a_known_build_another_directory_may_be_the_context() -> None:
    text = "FROM node\nCOPY package.json yarn.lock ./\n"
    (finding,) = findings(missing_source, context(text, workspace=workspace(has_build=False)))
    assert finding.severity is Severity.INFORMATION


@every_case("source, n_findings", [("yarn.lock", 0), ("package.json", 1)])
def test_nothing_is_emulated_in_a_build_that_stops(source: str, n_findings: int) -> None:
    text = f"FROM node AS build\nCOPY package.json {source} ./\nRUN npm run build\nFROM nginx\nCOPY --from=build /dist /srv\n"
    assert len([*findings(emulated_build, context(text, workspace=workspace()))]) == n_findings


@every_case(
    "held, other, n_findings",
    [
        # A program makes the directory, with both files.
        ({"package.json"}, "out/lib/", 0),
        # The directory is a part of the repository, and only the other file is made.
        ({"package.json", "out/"}, "out/lib/", 1),
        ({"package.json"}, "lib/", 1),
    ],
)
def test_a_file_of_a_directory_that_a_program_makes(held: set[str], other: str, n_findings: int) -> None:
    facts = Workspace(holds=held.__contains__, absence={"out/start.sh": Absence.MISSING}.get, has_build=True)
    text = f"FROM node\nCOPY package.json ./\nCOPY out/start.sh /\nCOPY {other} /lib/\n"
    assert len(findings(missing_source, context(text, workspace=facts))) == n_findings


@every_case(
    "sources, has_build, is_reported",
    [
        ("package.json yarn.lock", False, True),
        ("package.json backend core yarn.lock", False, False),
        ("package.json backend core yarn.lock", True, True),
        # A project has this list from its first day.
        ("package.json pom.xml", False, False),
        ("package.json pom.xml", True, True),
        ("package*.json yarn.lock", False, True),
        ("package*.json backend core yarn.lock", False, False),
    ],
)
def test_a_file_for_another_project(sources: str, *, has_build: bool, is_reported: bool) -> None:
    held = frozenset({"package.json"})
    absent = {"yarn.lock": Absence.MISSING, "pom.xml": Absence.MISSING}
    given = Workspace(holds=held.__contains__, absence=absent.get, has_build=has_build)
    assert bool(findings(missing_source, context(f"FROM x\nCOPY {sources} ./\n", workspace=given))) is is_reported


_LIST = {"requirements.txt": Absence.IGNORED, "app/requirements.txt": Absence.MISSING, "dev.txt": Absence.MISSING}


def _with_list(*held: str) -> Workspace:
    return Workspace(holds=frozenset(held).__contains__, absence=_LIST.get, has_build=True)


def test_a_list_that_pip_reads_and_git_ignores() -> None:
    check_rule(
        missing_source,
        """
        FROM python
        WORKDIR /app
        COPY . .
        RUN pip install -r requirements.txt
            ^^^ a build from a checkout stops here: `pip install` reads `requirements.txt`, which Git ignores; add it to the repository
        """,
        workspace=_with_list(),
    )


def test_a_list_that_pip_reads_and_nobody_has_added() -> None:
    check_rule(
        missing_source,
        """
        FROM python
        COPY app /srv
        WORKDIR /srv
        RUN pip install --no-cache-dir -r requirements.txt && rm -rf /tmp/x
            ^^^ the build stops here: `pip install` reads `app/requirements.txt`, which is not in the build context; add it to the repository
        """,
        workspace=_with_list("app/"),
    )


@every_case(
    "lines",
    [
        # It is there, or the context may have it.
        "COPY . .\nRUN pip install -r other.txt",
        "COPY . .\nRUN pip install flask",
        # Something may write it, or the failure is ignored.
        "COPY . .\nRUN poetry export -o requirements.txt\nRUN pip install -r requirements.txt",
        "COPY . .\nRUN cp base.txt requirements.txt && pip install -r requirements.txt",
        "COPY . .\nCOPY --from=python:3.11 /requirements.txt ./\nRUN pip install -r requirements.txt",
        "COPY . .\nRUN git clone https://example.com/a /tmp/a\nRUN pip install -r requirements.txt",
        "COPY . .\nADD a.tgz ./\nRUN pip install -r requirements.txt",
        "COPY . .\nRUN pip install -r requirements.txt || true",
        "COPY . .\nRUN if [ -f requirements.txt ]; then pip install -r requirements.txt; fi",
        "COPY . .\nARG FILE=requirements.txt\nRUN pip install -r $FILE",
        # Nothing of the context is there.
        "RUN pip install -r requirements.txt",
        "RUN git clone https://example.com/a . && pip install -r requirements.txt",
        "COPY src src\nRUN pip install -r requirements.txt",
    ],
)
def test_a_list_that_pip_may_find(lines: str) -> None:
    check_nothing(missing_source, f"FROM python\nWORKDIR /app\n{lines}\n", workspace=_with_list("src/", "other.txt"))


def _in_directory(*held: str, **absences: Absence) -> Workspace:
    """Facts of a Dockerfile in `services/api` of the repository, and in `api` of its only context."""
    absence = {f"{name}.txt": it for name, it in absences.items()}
    return Workspace(
        holds=frozenset((".", "api/requirements.txt", "api/app.txt", *held)).__contains__,
        absence=absence.get,
        has_build=True,
        directory_in_context="api",
        dockerfile="services/api/Dockerfile",
    )


def test_a_file_that_only_the_directory_of_the_dockerfile_has() -> None:
    facts = _in_directory(requirements=Absence.BELOW, app=Absence.BELOW)
    check_rule(
        missing_source,
        """
        FROM python
        COPY requirements.txt ./
             ^^^^^^^^^^^^^^^^ the build stops here: the build context has `requirements.txt` and `app.txt` in `api`, beside the Dockerfile; build with `services/api` as the context
        COPY app.txt ./
        """,
        workspace=facts,
    )
    check_rule(
        missing_source,
        """
        FROM python
        COPY requirements.txt /lib/ ./
             ^^^^^^^^^^^^^^^^ the build stops here: the build context has `requirements.txt` in `api`, beside the Dockerfile; copy `api/requirements.txt`
        """,
        workspace=_in_directory("lib/", requirements=Absence.BELOW),
    )


def test_a_list_that_only_the_directory_of_the_dockerfile_has() -> None:
    text = "FROM python\nWORKDIR /app\nCOPY . .\n{}RUN pip install -r requirements.txt\n"
    facts = _in_directory("lib", requirements=Absence.BELOW)
    (finding,) = findings(missing_source, context(text.format(""), workspace=facts))
    start = "the build stops here: `pip install` reads `requirements.txt`, which the build context has in `api`, beside the Dockerfile; "
    assert finding.message == f"{start}build with `services/api` as the context"
    (finding,) = findings(missing_source, context(text.format("COPY lib /lib\n"), workspace=facts))
    assert finding.message == f"{start}read it there"


_LISTS = (
    "Cargo.toml",
    "Gemfile",
    "composer.json",
    "go.mod",
    "mix.exs",
    "package.json",
    "package-lock.json",
    "pom.xml",
    "pyproject.toml",
)


def _without(
    *held: str, absence: Absence = Absence.MISSING, has_build: bool = True, has_several_contexts: bool = False
) -> Workspace:
    """Facts of a project whose only context has some paths, and lacks all other lists for one reason."""
    reasons = {posixpath.join(it, one): absence for it in ("", "web") for one in _LISTS}
    return Workspace(
        holds=frozenset((".", *held)).__contains__,
        absence=reasons.get,
        has_build=has_build,
        has_several_contexts=has_several_contexts,
    )


@every_case(
    "command, path",
    [
        ("npm ci", "package.json"),
        ("npm ci --omit=dev && npm run build", "package.json"),
        ("pnpm install --frozen-lockfile", "package.json"),
        ("mvn -B clean package -DskipTests", "pom.xml"),
        ("./mvnw install", "pom.xml"),
        ("mvn dependency:go-offline", "pom.xml"),
        ("go mod download", "go.mod"),
        ("cargo fetch", "Cargo.toml"),
        ("bundle install", "Gemfile"),
        ("composer install --no-dev", "composer.json"),
        ("mix deps.get", "mix.exs"),
        ("poetry install --no-root", "pyproject.toml"),
        ("uv sync --frozen", "pyproject.toml"),
        # Without a list, these do not stop, or read none.
        ("npm install", ""),
        ("npm ci || true", ""),
        ("npm install -g serve", ""),
        ("yarn install", ""),
        ("mvn --version", ""),
        ("mvn archetype:generate -B", ""),
        ("go mod download example.com/a@v1.0.0", ""),
        ("cargo install cargo-chef", ""),
        ("composer require a/b", ""),
        ("npm init -y && npm ci", ""),
        ("cp /opt/package.json . && npm ci", ""),
        ("--mount=type=bind,target=. npm ci", ""),
        ("if [ -f package.json ]; then npm ci; fi", ""),
    ],
)
def test_lists_of_projects(command: str, path: str) -> None:
    text = f"FROM node\nWORKDIR /app\nCOPY . .\nRUN {command}\n"
    found = [it.message for it in findings(missing_source, context(text, workspace=_without("src/")))]
    assert [f"reads `{path}`, which is not in the build context" in it for it in found] == [True] * bool(path)


@every_case(
    "lines",
    [
        "RUN apt-get update && apt-get install -y make\nWORKDIR /app\nCOPY . .\n",
        "WORKDIR /app\nRUN corepack enable && npm install -g npm@10\nCOPY . .\n",
        "COPY --from=acme/tools /tool /usr/bin/tool\nWORKDIR /app\nCOPY . .\n",
    ],
)
def test_instructions_that_bring_no_list(lines: str) -> None:
    assert findings(missing_source, context(f"FROM node\n{lines}RUN npm ci\n", workspace=_without()))


@every_case(
    "image, lines, facts",
    [
        # It is there, or a directory above has it, in which npm looks too.
        ("node", "COPY . .", _without("package.json", "package-lock.json")),
        ("node", "COPY . .\nWORKDIR web", _without("package.json", "package-lock.json")),
        # The image, a stage, a script or a program may bring it.
        ("acme/node", "COPY . .", _without()),
        ("node:onbuild", "COPY . .", _without()),
        ("node", "COPY --from=acme/app /app /app\nCOPY . .", _without()),
        ("node", "RUN ./prepare.sh\nCOPY . .", _without()),
        ("node", "COPY . .\nRUN python make.py", _without()),
        ("node", "RUN npm install express\nCOPY . .", _without()),
        ("node", "RUN npx create-app .\nCOPY . .", _without()),
        ("node", "ADD a.tgz ./\nCOPY . .", _without()),
        # The context is unknown, or nothing of it is there.
        ("node", "COPY . .", _without(has_build=False)),
        ("node", "COPY . .", _without(has_several_contexts=True)),
        ("node", "COPY . .", _without(absence=Absence.ABOVE)),
        ("node", "COPY src /src", _without()),
    ],
)
def test_lists_that_may_be_there(image: str, lines: str, facts: Workspace) -> None:
    check_nothing(missing_source, f"FROM {image}\nWORKDIR /app\n{lines}\nRUN npm ci\n", workspace=facts)


def test_npm_ci_without_a_lock_file() -> None:
    check_rule(
        missing_source,
        """
        FROM node
        WORKDIR /app
        COPY . .
        RUN npm ci
            ^^^^^^ a build from a checkout stops here: `npm ci` reads `package-lock.json`, which Git ignores; add it to the repository
        """,
        workspace=_without("package.json", absence=Absence.IGNORED),
    )
    text = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
    check_nothing(missing_source, text, workspace=_without("package.json", "npm-shrinkwrap.json"))


@every_case(
    "image, lines, name",
    [
        ("node:22", "COPY package.json ./\nRUN npm ci", "package-lock.json"),
        ("node:22", "COPY package.json ./\nCOPY src src\nRUN npm ci --omit=dev && npm run build", "package-lock.json"),
        ("node:22", "RUN npm install -g pnpm\nCOPY package.json .\nRUN pnpm install --frozen-lockfile", "pnpm-lock.yaml"),
        ("python:3.13", "RUN pip install uv\nCOPY pyproject.toml ./\nCOPY app app\nRUN uv sync --frozen", "uv.lock"),
        ("python:3.13", "COPY --from=ghcr.io/astral-sh/uv /uv /bin/\nCOPY pyproject.toml ./\nRUN uv sync --locked", "uv.lock"),
        ("python:3.13", "COPY pyproject.toml ./\nCOPY docs ./\nRUN uv sync --frozen", "uv.lock"),
        # A COPY may bring the lock file, from the directory of the project or with another name.
        ("node:22", "COPY package.json package-lock.json ./\nRUN npm ci", ""),
        ("node:22", "COPY package.json npm-shrinkwrap.json ./\nRUN npm ci", ""),
        ("node:22", "COPY package*.json ./\nRUN npm ci", ""),
        ("node:22", "COPY package.json ./\nCOPY . .\nRUN npm ci", ""),
        ("node:22", "COPY package.json ./\nCOPY web ./\nRUN npm ci", ""),
        ("node:22", "COPY package.json ./\nCOPY lock.json package-lock.json\nRUN npm ci", ""),
        ("node:22", "COPY package.json $LOCK ./\nRUN npm ci", ""),
        ("node:22", "COPY --from=a /w /w\nCOPY package.json ./\nRUN npm ci", ""),
        ("node:22", "ADD https://x.org/a.tgz /w\nCOPY package.json ./\nRUN npm ci", ""),
        ("python:3.13", "COPY pyproject.toml /w/api/\nCOPY . /w\nWORKDIR /w/api\nRUN uv sync --frozen", ""),
        # A command may write it, or a mount brings it.
        ("node:22", "COPY package.json ./\nRUN npm install --package-lock-only\nRUN npm ci", ""),
        ("node:22", "COPY package.json ./\nRUN npm install && npm ci", ""),
        ("node:22", "COPY package.json ./\nRUN ./prepare && npm ci", ""),
        ("node:22", "COPY package.json ./\nRUN --mount=source=package-lock.json,target=package-lock.json npm ci", ""),
        ("python:3.13", "COPY pyproject.toml ./\nRUN uv lock && uv sync --frozen", ""),
        # Nothing stops, or the project is elsewhere.
        ("node:22", "COPY package.json ./\nRUN npm ci || npm install", ""),
        ("node:22", "COPY package.json ./\nRUN npm install", ""),
        ("python:3.13", "COPY pyproject.toml ./\nRUN uv sync", ""),
        ("node:22", "COPY package.json /other/\nRUN npm ci", ""),
        ("node:22", "RUN npm ci", ""),
        ("x.org/base", "COPY package.json ./\nRUN npm ci", ""),
        ("node:22", "COPY package.json ./\nRUN cd web && npm ci", ""),
    ],
)  # fmt: skip
def test_a_lock_file_that_no_copy_takes(image: str, lines: str, name: str) -> None:
    paths = frozenset(
        {"package-lock.json", "uv.lock", "web/package-lock.json", "web/", "docs/", "src/", "app/", "docs/a.md"}
    )
    text = f"FROM {image}\nWORKDIR /w\n{lines}\nCMD a\n"
    for workspace in (Workspace(holds=paths.__contains__, absence=lambda _path: None),):
        found = [it.message for it in findings(missing_source, context(text, workspace=workspace))]
        said = [it for it in found if it.endswith(f"needs `{name}`, which no COPY before it takes")]
        assert (len(found), len(said)) == ((1, 1) if name else (0, 0))


def test_without_a_known_context_a_directory_may_bring_a_lock_file() -> None:
    text = "FROM node\nWORKDIR /w\nCOPY package.json ./\n{}RUN npm ci\nCMD a\n"
    assert len(findings(missing_source, context(text.format("")))) == 1
    assert not findings(missing_source, context(text.format("COPY web ./\n")))


def test_only_what_is_in_the_root_is_copied() -> None:
    facts = Workspace(
        holds=frozenset[str]().__contains__, absence={"apps/api/src": Absence.FROM_ROOT}.get, has_build=True
    )
    (finding,) = findings(missing_source, context("FROM gcc\nCOPY apps/api/src src\n", workspace=facts))
    assert finding.message.endswith("; build with the root as the context, or do not copy it")


@every_case(
    "absence, advice",
    [
        (Absence.MISSING, "which is not in the build context; add it to the repository"),
        (Absence.UNMADE, "which is not in the build context; add it to the repository"),
        (
            Absence.IN_ROOT,
            "which is not in the build context, but in the root of the repository; build with the root as the context, from which the other paths are then read too",
        ),
    ],
)
def test_a_list_that_a_pattern_would_bring(absence: Absence, advice: str) -> None:
    text = "FROM node\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\n"
    (finding,) = findings(missing_source, context(text, workspace=_without(absence=absence)))
    assert finding.message == f"the build stops here: `npm ci` reads `package.json`, {advice}"
