"""Modules that are vendored are not downloaded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from buildxray.files.globs import match_text
from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.rules.context import RuleContext
from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.semantics.build import Builder
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import NeededFiles, Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings, request

BUILD = """\
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY . .
ARG TARGETARCH
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build {}-o /app .
FROM scratch
COPY --from=build /app /app
"""


REQUIRING = Workspace(requires_modules=True)
VENDORED = Workspace(requires_modules=True, has_vendored_modules=True)


def test_vendored_modules() -> None:
    assert not findings(late_module_download, context(BUILD.format(""), workspace=VENDORED))
    # The go command stops without them, and downloads none.
    for options in ("-mod=vendor ", "-mod vendor "):
        assert not findings(late_module_download, context(BUILD.format(options), workspace=REQUIRING))
    text = BUILD.format("").replace("COPY . .", "ENV GOFLAGS=-mod=vendor\nCOPY . .")
    assert not findings(late_module_download, context(text, workspace=REQUIRING))


@pytest.mark.parametrize(
    ("options", "workspace"),
    [
        ("", REQUIRING),
        ("-mod=mod ", VENDORED),
        ("", VENDORED._replace(ignored=IgnorePatterns("vendor"))),
    ],
    ids=["no vendor directory", "told to ignore it", "left out of the context"],
)
def test_downloaded_modules_are_reported_unless_vendored(options: str, workspace: Workspace) -> None:
    assert findings(late_module_download, context(BUILD.format(options), workspace=workspace))


def test_npm_install_after_the_source_is_reported() -> None:
    check_rule(
        late_module_download,
        """
        FROM node
        WORKDIR /w
        COPY . .
        RUN npm ci
            ^^^^^^ `npm ci` downloads the dependencies again after each change of the source: `package.json` and `package-lock.json` are not copied before the rest
        RUN npm ci
        """,
    )


@every_case(
    "run",
    [
        "npm install",
        "yarn",
        "pnpm install",
        "dotnet restore",
        "cargo fetch",
        "pip install -r r.txt",
        "bundle install",
        "uv sync",
        "go mod download",
    ],
)
def test_downloads_after_the_source_are_reported(run: str) -> None:
    assert len(findings(late_module_download, context(f"FROM acme/x\nADD ./ /w\nRUN {run}\n"))) == 1


@every_case(
    "text",
    [
        "COPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm run build",
        "COPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm ci --omit=dev",
        "COPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci",
        "COPY . .\nRUN --mount=target=/x,source=go.mod go mod download",
        'COPY . .\nRUN --mount=a="b npm ci',
        "COPY src src\nRUN npm ci",
        "COPY --from=x . .\nRUN npm ci",
        "COPY . .\nRUN npm install express",
        "COPY . .\nRUN go build .",
        "COPY . .\nRUN cargo build",
        "RUN npm ci\nCOPY . .",
    ],
)
def test_early_and_cached_downloads_are_not_reported(text: str) -> None:
    check_nothing(late_module_download, f"FROM acme/x\nWORKDIR /w\n{text}\n")


def test_a_download_in_the_base_stage_counts() -> None:
    check_nothing(
        late_module_download,
        "FROM acme/x AS deps\nCOPY go.mod .\nRUN go mod download\nFROM deps\nCOPY . .\nRUN go mod download\n",
    )


WITH_MODULES = Workspace(requires_modules=True)


def test_go_build_downloads_what_go_mod_requires() -> None:
    text = "FROM golang\nWORKDIR /w\nCOPY . ./\nRUN go build .\n"
    (finding,) = findings(late_module_download, context(text, workspace=WITH_MODULES))
    assert [it.safety.value for it in finding.fixes] == ["suggestion"]
    check_fix(
        late_module_download,
        text,
        "FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . ./\nRUN go build .\n",
        workspace=WITH_MODULES,
    )
    assert findings(late_module_download, context(text, workspace=Workspace(requires_modules=False))) == []


@every_case(
    "before, after",
    [
        ("ADD go.mod go.sum ./\n\nCOPY . .\nRUN go mod download", "ADD go.mod go.sum ./\nRUN go mod download\n\nCOPY . ."),
        (
            "COPY go.mod go.sum ./\nCOPY pkg pkg\nCOPY . .\nRUN go mod download && go build -o a .",
            "COPY go.mod go.sum ./\nRUN go mod download\nCOPY pkg pkg\nCOPY . .\nRUN go mod download && go build -o a .",
        ),
        # What changes with each commit comes after it too.
        ("COPY .git .\nADD . .\nRUN go mod download", "COPY go.mod go.sum ./\nRUN go mod download\nCOPY .git .\nADD . ."),
        ("COPY .git .\nRUN git status\nADD . .\nRUN go mod download", "COPY .git .\nRUN git status\nCOPY go.mod go.sum ./\nRUN go mod download\nADD . ."),
        # They are written to another place, or only some of them.
        ("COPY go.mod go.sum /m/\nCOPY . .\nRUN go mod download", "COPY go.mod go.sum /m/\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . ."),
        ("COPY go.mod ./\nCOPY . .\nRUN go mod download", "COPY go.mod ./\nCOPY go.sum ./\nRUN go mod download\nCOPY . ."),
    ],
)  # fmt: skip
def test_the_fix_copies_no_list_twice(before: str, after: str) -> None:
    workspace = Workspace(needed=lambda *_given: NeededFiles(("go.mod", "go.sum"), is_complete=True))
    head = "FROM golang\nWORKDIR /w\n"
    check_fix(late_module_download, f"{head}{before}\nCMD a\n", f"{head}{after}\nCMD a\n", workspace=workspace)


@every_case(
    "ignored, before, after",
    [
        ("go.sum", "COPY . .", "COPY go.mod ./\nRUN go mod download\nCOPY . ."),
        ("go.sum", "COPY go.mod ./\nCOPY . .", "COPY go.mod ./\nRUN go mod download\nCOPY . ."),
        ("acme/x", "COPY . .", "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . ."),
    ],
)
def test_the_fix_copies_no_list_that_the_build_lacks(ignored: str, before: str, after: str) -> None:
    needed = NeededFiles(("go.mod", "go.sum"), is_complete=True)
    workspace = Workspace(needed=lambda *_given: needed, ignored=IgnorePatterns(ignored))
    head, end = "FROM golang\nWORKDIR /w\n", "\nRUN go mod download\nCMD a\n"
    text = f"{head}{before}{end}"
    (finding,) = findings(late_module_download, context(text, workspace=workspace))
    assert [apply_edits(text, it.edits) for it in finding.fixes] == [f"{head}{after}\nCMD a\n"]


@every_case(
    "run, is_reported",
    [
        ("npm ci", True),
        ("echo $CACHEBUST && npm ci", False),
        ("echo ${NPM_CACHE_BUST} && npm ci", False),
        ("echo $REVISION && npm ci", False),
        ("echo $NAME && npm ci", True),
    ],
)
def test_a_download_that_each_build_repeats_on_purpose(run: str, *, is_reported: bool) -> None:
    text = f"FROM node\nWORKDIR /w\nCOPY . .\nARG CACHEBUST=1 NPM_CACHE_BUST REVISION NAME=a\nRUN {run}\n"
    workspace = Workspace(changing_arguments=frozenset({"REVISION"}))
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_reported


@every_case("lines, is_reported", [("COPY . .\nARG REVISION", True), ("ARG REVISION\nCOPY . .", False)])
def test_a_download_of_its_own_needs_no_argument_of_the_compiler(lines: str, *, is_reported: bool) -> None:
    text = f'FROM golang\nWORKDIR /w\n{lines}\nRUN go build -ldflags "-X main.revision=$REVISION" -o /app .\n'
    workspace = Workspace(changing_arguments=frozenset({"REVISION"}), requires_modules=True)
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_reported


@every_case(
    "before, is_reported",
    [
        (". /tmp/rid.txt", True),
        ("source /opt/env.sh", True),
        (". ./env.sh", False),
        (". ../env.sh", False),
        (". /w/web/scripts/env.sh", False),
        (". /w/env.sh", False),
        (". $FILE", False),
    ],
)
def test_a_sourced_file_of_another_directory_changes_no_list(before: str, *, is_reported: bool) -> None:
    text = f"FROM node\nWORKDIR /w/web\nCOPY . .\nRUN {before} && npm ci\n"
    assert bool(findings(late_module_download, context(text))) is is_reported


def test_the_fix_moves_a_separate_download() -> None:
    check_fix(
        late_module_download,
        "FROM golang\nWORKDIR /w\nCOPY . .\nRUN --network=default go mod download -x\nRUN x\n",
        "FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\nRUN --network=default go mod download -x\nCOPY . .\nRUN x\n",
    )
    check_fix(
        late_module_download,
        "FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\n# the source\nCOPY . .\n# modules\nRUN go mod download\nRUN x\n",
        "FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\n# modules\nRUN go mod download\n# the source\nCOPY . .\nRUN x\n",
    )


@every_case(
    "text",
    [
        "COPY . /elsewhere\nRUN cd /elsewhere && go mod download",
        "COPY . /w/\nWORKDIR /w\nRUN go mod download",
        "COPY . .\nRUN npm ci",
    ],
)
def test_a_download_that_cannot_move_has_no_fix(text: str) -> None:
    check_no_fix(late_module_download, f"FROM acme/x\n{text}\n")


@every_case(
    "command, download, is_said",
    [
        ("sed -i '/^replace/d' go.mod", "go build -o /a .", False),
        ("sed -i s/a/b/ main.go", "go build -o /a .", True),
        ("sed -n /replace/p go.mod", "go build -o /a .", True),
        ("sed -i s/a/b/ $FILE", "go build -o /a .", False),
        ("go mod edit -dropreplace=example.com/x", "go build -o /a .", False),
        ("go get example.com/x@v1", "go build -o /a .", False),
        ("go env && go version", "go build -o /a .", True),
        ("cp ci/go.mod .", "go build -o /a .", False),
        ("cp ci/config.yaml .", "go build -o /a .", True),
        ("git apply ci/x.patch", "go build -o /a .", False),
        ("git rev-parse HEAD", "go build -o /a .", True),
        ("./prepare.sh", "go build -o /a .", False),
        ("apt-get update && apt-get install -y gcc", "go build -o /a .", True),
        ("curl -fsSLo go.sum https://x.org/go.sum", "go mod download", False),
        ("curl -fsSLo /usr/bin/t https://x.org/t && chmod +x /usr/bin/t", "go mod download", True),
        ("curl -fsSL https://x.org/s.tgz | tar xz", "go mod download", False),
        ("curl -fsSL https://x.org/s.tgz | tar xz -C /usr/local", "go mod download", True),
        ("npm pkg set version=2", "npm ci", False),
        ("npm config set registry https://x.org", "npm ci", True),
        ("npm install -g npm@10", "npm ci", True),
        ("npm install left-pad", "npm ci", False),
        ("rm package-lock.json", "npm install", True),
        ("rm package-lock.json", "npm ci", False),
        ("rm -rf /var/lib/apt/lists/*", "npm ci", True),
        ("rm -rf *", "npm ci", False),
        ("rm -rf dist", "npm install", True),
        ("jq .a package.json > /tmp/p && mv /tmp/p package.json", "npm ci", False),
        ("jq .a package.json", "npm ci", True),
        ("echo '{}' | tee package.json", "npm ci", False),
        ("echo flask >> requirements.txt", "pip install -r requirements.txt", False),
        ("pip install --upgrade pip", "pip install -r requirements.txt", True),
        ("sed -i s/x/y/ Server/Server.csproj", "dotnet restore Server/Server.csproj", False),
        ("sed -i s/x/y/ Server/Program.cs", "dotnet restore Server/Server.csproj", True),
        ("dotnet add package X", "dotnet restore", False),
        ("poetry add x", "poetry install", False),
    ],
)
@pytest.mark.parametrize("between", [" && ", "\nRUN "])
def test_a_manifest_that_may_change_is_not_downloaded_before_the_change(
    command: str, download: str, between: str, *, is_said: bool
) -> None:
    text = (
        f"FROM acme/x AS b\nWORKDIR /s\nCOPY . .\nRUN {command}{between}{download}\nFROM scratch\nCOPY --from=b /a /a\n"
    )
    workspace = Workspace(requires_modules=True)
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_said


@every_case(
    "copied, is_said",
    [
        ("ci/go.mod .", False),
        ("ci/x go.mod", False),
        ("./go.mod .", True),
        ("go.mod go.mod", True),
        ("go.ci go.mod", False),
        ("--from=x /m go.mod", False),
        ("--from=x /usr/bin/t /usr/bin/t", True),
    ],
)
def test_a_manifest_that_another_copy_replaces(copied: str, *, is_said: bool) -> None:
    text = f"FROM golang\nWORKDIR /s\nCOPY . .\nCOPY {copied}\nRUN go mod download\n"
    assert bool(findings(late_module_download, context(text))) is is_said


@every_case(
    "workspace, before, download, is_said",
    [
        (Workspace(holds=lambda path: "vendor" not in path), "", "go mod download", False),
        (Workspace(holds=lambda path: "vendor" not in path), "ENV GOWORK=off\n", "go mod download", True),
        (Workspace(holds=lambda path: path == "go.mod"), "", "go mod download", True),
        (Workspace(), "COPY go.work go.mod ./\n", "go mod download", False),
        (Workspace(), "COPY go.mod ./\n", "go mod download", True),
        (Workspace(), "COPY go.* ./\n", "go mod download", True),
    ],
)
def test_modules_that_are_directories_of_the_project(
    workspace: Workspace, before: str, download: str, *, is_said: bool
) -> None:
    text = f"FROM golang\nWORKDIR /s\n{before}COPY . .\nRUN {download}\n"
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_said


WORKSPACE_OF_GO = Workspace(
    requires_modules=True,
    needed=lambda path, _base, manager: (
        NeededFiles(("go.mod",), is_complete=True)
        if manager.endswith("GOWORK=off")
        else NeededFiles(("go.work", "api/go.mod", "lib/go.mod"), is_complete=True)
        if path in ("go.mod", "go.work")
        else None
    ),
)
"""A build context with a workspace of two modules, and a go.mod at its root that is not one of them."""


@every_case(
    "lines, reason",
    [
        ("", "`go.work`, `api/go.mod` and `lib/go.mod` are not copied before the rest; `go mod download` needs no other files"),
        ("COPY go.mod ./", "`go.work`, `api/go.mod` and `lib/go.mod` are not copied before the rest; `go mod download` needs no other files"),
        ("COPY go.work ./\nCOPY api/go.mod api/", "`lib/go.mod` is not copied before the rest; `go mod download` needs no other files"),
        ("COPY go.work ./\nCOPY api/go.mod api/\nCOPY lib/go.mod lib/", "add `RUN go mod download` right after `COPY lib/go.mod`, before the rest is copied"),
        # It reads the lists of what the modules require, and downloads no module.
        ("COPY go.work ./\nCOPY api/go.mod api/\nCOPY lib/go.mo[d] lib/\nRUN go work sync", "add `RUN go mod download` right after `COPY lib/go.mo[d]`, before the rest is copied"),
        ("COPY go.work ./\nCOPY api/go.mod api/\nCOPY lib/go.mod lib/\nRUN go mod download", None),
        # The sources before it import packages.
        ("COPY go.work ./\nCOPY api api\nCOPY lib lib\nRUN go work sync", None),
        ("COPY --from=x /w .\nRUN go work sync", None),
        ("COPY go.work ./\nRUN --mount=target=/w,rw go work sync", None),
    ],
)  # fmt: skip
def test_the_lists_of_a_workspace_of_go(lines: str, reason: str | None) -> None:
    text = f"FROM golang\nWORKDIR /s\n{lines}\nCOPY . .\nRUN go build ./api/cmd\n"
    found = [
        it
        for it in findings(late_module_download, context(text, workspace=WORKSPACE_OF_GO))
        if "go build" in it.message
    ]
    repeated = "`go build` downloads the dependencies again after each change of the source"
    assert [it.message for it in found] == ([] if reason is None else [f"{repeated}: {reason}"])


@every_case(
    "before, ignored, copied",
    [
        ("COPY go.mod ./", "go.work", "COPY . ."),
        ("COPY go.mod ./", "", "COPY api api\nCOPY lib lib"),
    ],
)
def test_a_workspace_of_which_the_list_does_not_come(before: str, ignored: str, copied: str) -> None:
    workspace = WORKSPACE_OF_GO._replace(ignored=IgnorePatterns(ignored))
    text = f"FROM golang\nWORKDIR /s\n{before}\n{copied}\nRUN go build ./api/cmd\n"
    said = [it.message for it in findings(late_module_download, context(text, workspace=workspace))]
    assert not any("go.work" in it or "lib/go.mod" in it for it in said)


def test_go_work_sync_after_the_source_downloads_modules() -> None:
    text = "FROM golang\nWORKDIR /s\nCOPY . .\nRUN go work sync\nRUN go build ./api/cmd\n"
    (finding,) = findings(late_module_download, context(text, workspace=WORKSPACE_OF_GO))
    assert finding.message.startswith("`go work sync` downloads the dependencies again")


def test_the_fix_downloads_the_modules_of_a_workspace() -> None:
    text = "FROM golang\nWORKDIR /s\nCOPY go.work ./\nCOPY api/go.mod api/\nCOPY lib/go.mod lib/\n{}COPY . .\nRUN go build ./api/cmd\n"
    check_fix(late_module_download, text.format(""), text.format("RUN go mod download\n"), workspace=WORKSPACE_OF_GO)


def test_the_only_module_of_a_workspace_is_copied_to_its_own_directory() -> None:
    one = WORKSPACE_OF_GO._replace(
        needed=lambda path, *_rest: (
            NeededFiles(("go.work", "api/go.mod"), is_complete=True) if path == "go.work" else None
        )
    )
    text = "FROM golang\nWORKDIR /s\nCOPY go.work ./\nCOPY api/go.mod api/\nCOPY . .\nRUN go build ./api/cmd\n"
    (finding,) = findings(late_module_download, context(text, workspace=one))
    assert finding.message.endswith(
        ": add `RUN go mod download` right after `COPY api/go.mod`, before the rest is copied"
    )


ONLY_LIST = NeededFiles(("package.json",), is_complete=True)


@every_case(
    "lines, needed, reason",
    [
        ("COPY . .", ONLY_LIST, "`package.json` is not copied before the rest"),
        ("COPY . .", NeededFiles(("package.json",), is_complete=False), ""),
        ("COPY . .", NeededFiles(tuple("abcdefghijklm"), is_complete=True), ""),
        (
            "COPY . .",
            NeededFiles(tuple("abcdefghijkl"), is_complete=True),
            "`a`, `b`, `c`, `d`, `e` and 7 more are not copied",
        ),
        ("COPY . .", NeededFiles(("package.json",), is_complete=True, requires_nothing=True), ""),
        ("COPY . .", NeededFiles(tuple("abcdef"), is_complete=True), "`a`, `b`, `c`, `d`, `e` and `f` are not copied"),
        ("COPY package.json ./\nCOPY . .", ONLY_LIST, "move it to right after `COPY package.json`, before"),
        (
            "COPY package.json ./\nCOPY . .",
            NeededFiles(("package.json", "lib/package.json"), is_complete=True),
            "`lib/package.json` is not copied before the rest",
        ),
        (
            "COPY package.json ./\nCOPY lib/*.json lib/\nCOPY . .",
            NeededFiles(("package.json", "lib/package.json"), is_complete=True),
            "move it to right after `COPY lib/*.json`, before",
        ),
        (
            "COPY lib lib/\nCOPY package.json ./\nCOPY . .",
            NeededFiles(("package.json", "lib/a/package.json"), is_complete=True),
            "move it to right after `COPY package.json`, before",
        ),
        # The patterns of `.dockerignore` leave a file out of the build.
        ("COPY . .", NeededFiles(("package.json", "left-out"), is_complete=True), "`package.json` is not copied"),
        ("COPY . .", None, "`package.json` is not copied before the rest"),
    ],
)
def test_the_files_that_a_download_needs(lines: str, needed: NeededFiles | None, reason: str) -> None:
    text = f"FROM node\nWORKDIR /s\n{lines}\nRUN npm install\n"
    workspace = Workspace(needed=lambda *_given: needed, ignored=IgnorePatterns("left-out"))
    messages = [
        it.message.partition(": ")[2] for it in findings(late_module_download, context(text, workspace=workspace))
    ]
    assert [it.startswith(reason) for it in messages] == [True] * bool(reason)


@every_case(
    "file, is_reported",
    [(".yarn/releases/yarn-4.13.0.cjs", False), ("patches/a.patch", False), ("lib/package.json", True)],
)
def test_a_directory_of_patches_is_no_project(file: str, *, is_reported: bool) -> None:
    directory = file.partition("/")[0]
    text = f"FROM node\nWORKDIR /s\nCOPY {directory} {directory}\nCOPY package.json ./\nRUN yarn install\nCOPY . .\n"
    needed = NeededFiles(("package.json", file), is_complete=True)
    found = findings(late_module_download, context(text, workspace=Workspace(needed=lambda *_given: needed)))
    assert bool(found) is is_reported


@every_case(
    "files, is_said",
    [("package.json", False), ("package.json pnpm-lock.yaml", True), ("package.json yarn.lock", True)],
)
def test_a_lock_file_that_the_context_lacks(files: str, *, is_said: bool) -> None:
    needed = NeededFiles((*files.split(),), is_complete=True)
    text = "FROM node\nWORKDIR /s\nCOPY . .\nRUN pnpm install --frozen-lockfile\n"
    workspace = Workspace(needed=lambda *_given: needed)
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_said


@every_case(
    "lines, asked",
    [
        ("COPY . .\nRUN npm install", ("package.json", ".", "npm")),
        ("COPY . .\nRUN npm install --prefix web", ("web/package.json", ".", "npm")),
        ("COPY . .\nRUN npm install --prefix $DIR", None),
        ("COPY . .\nRUN bundle install --gemfile=/s/api/Gemfile", ("api/Gemfile", ".", "bundle")),
        ("COPY . .\nENV BUNDLE_GEMFILE=/s/api/Gemfile\nRUN bundle install", None),
        ("COPY . .\nWORKDIR web\nRUN yarn", ("web/package.json", ".", "yarn")),
        ("COPY web ./\nRUN pnpm install", ("web/package.json", "web", "pnpm")),
        ("COPY ./web web\nWORKDIR web\nRUN npm install", ("web/package.json", "web", "npm")),
        ("COPY web/package*.json ./\nCOPY src src\nRUN npm install", ("web/package.json", "web", "npm")),
        ("COPY . .\nRUN pip3 install -r api/dev.txt", ("api/dev.txt", ".", "pip")),
        ("COPY . .\nRUN dotnet restore", ("*.csproj", ".", "dotnet")),
        ("COPY . .\nRUN dotnet restore a/b.csproj", ("a/b.csproj", ".", "dotnet")),
        ("COPY . .\nRUN dotnet restore a", ("a/*.csproj", ".", "dotnet")),
        ("COPY . .\nRUN dotnet restore -r linux-x64 all.sln", ("all.sln", ".", "dotnet")),
        ("COPY --from=x . .\nCOPY src src\nRUN npm install", None),
    ],
)
def test_the_list_of_dependencies_is_that_of_the_context(lines: str, asked: tuple[str, str, str] | None) -> None:
    paths: list[tuple[str, str, str]] = []

    def needed(*given: str) -> None:
        paths.append((given[0], given[1], given[2]))

    text = f"FROM acme/x\nWORKDIR /s\n{lines}\n"
    [*_] = findings(late_module_download, context(text, workspace=Workspace(needed=needed)))
    assert (asked in paths) if asked is not None else not paths


@every_case(
    "image, lines, command, reason",
    [
        (
            "ruby",
            "COPY Gemfile ./\nCOPY . .\nRUN gem install bundler -v 2",
            "bundle install",
            "move it, with `RUN gem install bundler -v 2` above it, to right after `COPY Gemfile`, before the rest is copied",
        ),
        (
            "python",
            "COPY r.txt ./\nCOPY . .\nRUN apt-get update && apt-get install -y libpq-dev && rm -rf /var/lib/apt",
            "pip install -r r.txt",
            "move it, with `RUN apt-get update && apt-get install -y libpq-dev && rm -rf /var/lib/apt` above it, to right after `COPY r.txt`, before the rest is copied",
        ),
        (
            "python",
            "COPY r.txt ./\nRUN apt-get install -y libpq-dev\nCOPY . .",
            "pip install -r r.txt",
            "move it before `COPY . .`",
        ),
        (
            "python",
            "COPY r.txt ./\nRUN apt-get install -y libpq-dev\nCOPY . .",
            "pip install -r r.txt && python x.py",
            "move it to a RUN of its own before `COPY . .`",
        ),
        ("python", "COPY r.txt ./\nRUN apt-get install -y a\nCOPY . .\nRUN apt-get install -y b", "pip install -r r.txt", ""),
        ("python", "COPY r.txt ./\nRUN apt-get install -y a\nCOPY . .\nWORKDIR /w", "pip install -r /s/r.txt", ""),
        ("python", f"COPY r.txt ./\nCOPY . .\nRUN apt-get install -y {200 * 'a'}", "pip install -r r.txt", ""),
        (
            "python",
            "COPY pyproject.toml ./\nCOPY . .\nRUN pip install uv",
            "uv sync",
            "add `RUN pip install uv && uv sync --no-install-project` right after `COPY pyproject.toml`, before the rest is copied",
        ),
        (
            "python",
            "COPY pyproject.toml ./\nRUN pip install uv\nCOPY . .",
            "uv sync",
            "add `RUN uv sync --no-install-project` before `COPY . .`",
        ),
        # How the program comes is not told.
        ("python", "COPY pyproject.toml ./\nCOPY . .\nRUN dpkg -i uv.deb", "uv sync", ""),
        ("debian", "COPY package.json ./\nCOPY . .\nRUN dpkg -i node.deb", "npm install", ""),
        ("debian", "COPY package.json ./\nRUN rpm -i node.rpm\nCOPY . .", "npm install", ""),
        # The image has it, and needs nothing else.
        (
            "node",
            "COPY package.json ./\nCOPY . .\nRUN dpkg -i a.deb",
            "npm install",
            "move it to right after `COPY package.json`, before the rest is copied",
        ),
        (
            "maven",
            "COPY pom.xml ./\nCOPY . .\nRUN apt-get install -y a",
            "mvn package",
            "add `RUN mvn dependency:go-offline` right after `COPY pom.xml`, before the rest is copied",
        ),
    ],
)  # fmt: skip
def test_advice_does_not_go_before_what_a_download_may_need(image: str, lines: str, command: str, reason: str) -> None:
    names = ("Gemfile", "package.json", "pom.xml", "pyproject.toml", "r.txt")
    held = {
        it: NeededFiles((it,), is_complete=True, installs_itself=it in ("pom.xml", "pyproject.toml")) for it in names
    }
    workspace = Workspace(needed=lambda path, *_given: held.get(path), holds=(*names, "x.py").__contains__)
    ctx = context(f"FROM {image}\nWORKDIR /s\n{lines}\nRUN {command}\n", workspace=workspace)
    found = [it for it in findings(late_module_download, ctx) if "which it needs no file" not in it.message]
    assert [it.message.partition("the source")[2].removeprefix(": ") for it in found] == [reason]


@every_case(
    "files, run, reason",
    [
        ("package.json yarn.lock", "npm install", "`package.json` and `yarn.lock` are not copied before the rest"),
        ("package.json yarn.lock", "yarn --frozen-lockfile", "`package.json` and `yarn.lock` are not copied before the rest"),
        # It stops without a lock file of npm.
        ("package.json yarn.lock", "npm ci", ""),
        ("package.json", "npm ci", ""),
        ("package.json package-lock.json", "npm ci", "`package.json` and `package-lock.json` are not copied before the rest"),
    ],
)  # fmt: skip
def test_npm_reads_the_lock_file_of_yarn_unless_it_asks_for_its_own(files: str, run: str, reason: str) -> None:
    needed = NeededFiles((*files.split(),), is_complete=True)
    ctx = context(f"FROM node\nWORKDIR /s\nCOPY . .\nRUN {run}\n", workspace=Workspace(needed=lambda *_given: needed))
    assert [it.message.partition(": ")[2] for it in findings(late_module_download, ctx)] == [reason] * bool(reason)


@every_case(
    "lines, installs_itself, reason",
    [
        (
            "COPY . .\nRUN poetry install",
            True,
            "`pyproject.toml` is not copied before the rest; `poetry install --no-root` needs no other files",
        ),
        ("COPY . .\nRUN poetry install", False, "`pyproject.toml` is not copied before the rest"),
        ("COPY . .\nRUN poetry install --no-root", True, "`pyproject.toml` is not copied before the rest"),
        (
            "COPY pyproject.toml .\nCOPY . .\nRUN uv sync --locked",
            True,
            "add `RUN uv sync --locked --no-install-project` right after `COPY pyproject.toml`, before the rest is copied",
        ),
        (
            "COPY pyproject.toml .\nCOPY . .\nRUN uv sync --no-install-project",
            True,
            "move it to right after `COPY pyproject.toml`, before the rest is copied",
        ),
        # The option names the directory of the list.
        (
            "COPY pyproject.toml /s/api/\nCOPY . /s/api\nRUN uv sync --project /s/api --no-install-project",
            True,
            "move it to right after `COPY pyproject.toml`, before the rest is copied",
        ),
        (
            "COPY pyproject.toml api/\nCOPY . api\nRUN poetry --directory=api install --no-root",
            True,
            "move it to right after `COPY pyproject.toml`, before the rest is copied",
        ),
    ],
)
def test_an_installation_of_the_project_itself_stays_after_the_source(
    lines: str, reason: str, *, installs_itself: bool
) -> None:
    needed = NeededFiles(("pyproject.toml",), is_complete=True, installs_itself=installs_itself)
    workspace = Workspace(needed=lambda *_given: needed)
    (finding,) = findings(late_module_download, context(f"FROM acme/x\nWORKDIR /s\n{lines}\n", workspace=workspace))
    assert finding.message.partition(": ")[2] == reason


@every_case(
    "files, fixed",
    [
        (("go.mod", "go.sum"), "COPY go.mod go.sum ./"),
        (("go.mod",), "COPY go.mod ./"),
        (("go.mod", "lib/go.mod"), ""),
    ],
)
def test_the_fix_copies_the_needed_files(files: tuple[str, ...], fixed: str) -> None:
    text = "FROM golang\nWORKDIR /w\nCOPY . .\nRUN go mod download\n"
    workspace = Workspace(needed=lambda *_given: NeededFiles(files, is_complete=True))
    (finding,) = findings(late_module_download, context(text, workspace=workspace))
    assert [fixed in edit.new_text for fix in finding.fixes for edit in fix.edits[:1]] == [True] * bool(fixed)


@every_case(
    "lines, named",
    [
        ("COPY src requirements/app.txt /tmp/\nRUN pip install -r /tmp/app.txt", "`requirements/app.txt`"),
        ("COPY . /usr/src/a\nRUN pip install -r /usr/src/a/dev.txt", "`dev.txt`"),
        ("COPY . $APP\nRUN pip install -r /elsewhere/dev.txt", "`/elsewhere/dev.txt`"),
        ("COPY . .\nRUN pip install -r dev.txt", "`dev.txt`"),
    ],
)
def test_a_manifest_is_named_as_in_the_context(lines: str, named: str) -> None:
    (finding,) = findings(late_module_download, context(f"FROM python\nWORKDIR /w\n{lines}\n"))
    assert finding.message.endswith(f": {named} is not copied before the rest")


@pytest.mark.parametrize(("output", "is_said"), [("requirements.txt", False), ("other.txt", True)])
def test_a_manifest_that_the_build_writes_has_any_path(output: str, is_said: bool) -> None:
    export = f"RUN poetry export --output {output}\nRUN pip3 wheel -r /app/requirements.txt -w /w\n"
    text = f"FROM python AS b\nWORKDIR /app\nCOPY . /app\n{export}FROM python\nCOPY --from=b /w /w\n"
    assert bool(findings(late_module_download, context(text))) is is_said


@every_case(
    "before, is_first",
    [
        ("COPY requirements.txt /requirements.txt\n", True),
        ("COPY r*.txt /\n", True),
        # The list is not one of the files that come later.
        ("COPY --from=other requirements.txt /requirements.txt\n", False),
        ("COPY setup.py /\n", False),
        ("", False),
    ],
)
def test_a_manifest_that_is_copied_first_is_not_said_to_be_missing(before: str, *, is_first: bool) -> None:
    text = f"FROM python\n{before}COPY . /docs\nRUN pip3 install -r /requirements.txt\n"
    messages = [it.message for it in findings(late_module_download, context(text))]
    assert ["move it to right after `COPY" in it for it in messages] == [True] * is_first


@every_case(
    "image, lines, is_said",
    [
        ("node", "COPY . /server\nWORKDIR /\nRUN npm install", False),
        ("node", "ADD / /server\nRUN npm install", False),
        ("node", "COPY . /server\nWORKDIR /web\nRUN yarn", False),
        ("python", "COPY . /server\nRUN pip install -r requirements.txt", False),
        ("ruby", "COPY . /server\nWORKDIR /\nRUN bundle install", False),
        ("php", "COPY . /server\nWORKDIR /web\nRUN composer install", False),
        ("golang", "COPY . /server\nWORKDIR /\nRUN go mod download", False),
        ("node", "ENV APP=/server\nCOPY . $APP\nWORKDIR /web\nRUN npm install", False),
        # The COPY brings the list to where the command runs, or to a directory above.
        ("node", "COPY . /server\nWORKDIR /server\nRUN npm install", True),
        ("node", "COPY . /server\nWORKDIR /server/web\nRUN npm install", True),
        ("node", "COPY . /server\nRUN cd /server && npm install", True),
        ("node", "COPY . /server\nRUN npm install --prefix /server", True),
        ("node", "ENV APP=/server\nCOPY . $APP\nWORKDIR $APP\nRUN npm install", True),
        ("node", "ENV APP=/server\nCOPY . $APP\nWORKDIR /server\nRUN npm install", True),
        ("python", "COPY . /server\nRUN pip install -r /server/requirements.txt", True),
        # Another COPY does.
        ("node", "COPY . /server\nWORKDIR /\nCOPY package.json ./\nRUN npm install", True),
        ("node", "COPY . /server\nWORKDIR /web\nCOPY web ./\nRUN npm install", True),
        # The base image or a build argument may name the directory.
        ("acme/x", "COPY . /server\nRUN npm install", True),
        ("acme/x", "COPY . /server\nWORKDIR /\nRUN npm install", False),
        ("golang", "COPY . /go\nRUN go mod download", True),
        ("acme/x", "COPY . $APP\nRUN npm install", True),
        ("acme/x", "COPY . $APP\nRUN git clone https://x.org/a.git /a && cd /a && npm install", False),
    ],
)
def test_a_copy_to_another_directory_than_that_of_the_command(image: str, lines: str, *, is_said: bool) -> None:
    assert bool(findings(late_module_download, context(f"FROM {image}\n{lines}\n"))) is is_said


@every_case(
    "image, held, is_said",
    [
        ("node", "server/package.json", False),
        ("node", "package.json", False),
        ("acme/x", "server/package.json", False),
        ("acme/x", "package.json", True),
    ],
)
def test_a_known_context_that_is_copied_to_another_directory(image: str, held: str, *, is_said: bool) -> None:
    text = f"FROM {image}\nCOPY . /server\nRUN npm install\n"
    workspace = Workspace(holds=lambda it: it == held)
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_said


@every_case(
    "copied, reason",
    [
        ("package.json", "`package-lock.json` is not copied before the rest"),
        ("package*.json", "move it to right after `COPY package*.json`, before the rest is copied"),
    ],
)
def test_only_the_manifests_that_come_with_the_rest_are_named(copied: str, reason: str) -> None:
    (finding,) = findings(late_module_download, context(f"FROM node\nCOPY {copied} ./\nCOPY . .\nRUN npm ci\n"))
    assert finding.message.endswith(f": {reason}")


@every_case(
    "install, has_lock",
    [
        ("npm ci", True),
        ("npm clean-install", True),
        ("yarn install --immutable", True),
        ("pnpm i --frozen-lockfile", True),
        ("npm install", False),
        ("yarn", False),
        ("bun install", False),
    ],
)
def test_a_lock_file_is_named_where_the_command_needs_one(install: str, has_lock: bool) -> None:
    (finding,) = findings(late_module_download, context(f"FROM node\nCOPY . .\nRUN {install}\n"))
    assert ("lock" in finding.message.partition(": ")[2]) is has_lock


@every_case(
    "install, has_cache, is_said",
    [
        ("yarn install --immutable", False, True),
        ("yarn install --immutable", True, False),
        ("npm ci", True, True),
        ("npm ci --offline", False, False),
        ("pnpm install --offline", False, False),
        ("pip install -r requirements.txt", False, True),
        ("pip install --no-index --find-links=vendor -r requirements.txt", False, False),
    ],
)
def test_packages_that_are_in_the_repository(install: str, has_cache: bool, is_said: bool) -> None:
    text = f"FROM node AS b\nWORKDIR /w\nCOPY . .\nRUN {install}\nFROM nginx\nCOPY --from=b /w /w\n"
    workspace = Workspace(has_package_cache=has_cache)
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_said


@every_case(
    "lines, held, is_said",
    [
        ("COPY . .\nRUN go mod download", ["go.mod"], True),
        # The RUN itself brings the source.
        ("COPY . .\nRUN curl -fsSL https://x.org/s.tgz | tar xz && go mod download", [], False),
        ("COPY . .\nRUN cd server && go mod download", ["server/go.mod"], True),
        ("COPY . .\nRUN cd server && go mod download", [], False),
        ("COPY . .\nWORKDIR /s/server\nRUN go mod download", ["server/go.mod"], True),
        ("COPY . .\nRUN git clone https://x.org/a.git /a && cd /a && go mod download", ["go.mod"], False),
        ("COPY . .\nRUN git clone https://x.org/a.git a && cd a && go mod download", ["go.mod"], False),
        ("COPY . .\nRUN git clone https://x.org/a.git /a\nRUN go mod download", ["go.mod"], True),
        ("COPY . .\nRUN curl -fsSLO https://x.org/tool\nRUN cd server && go mod download", ["server/go.mod"], True),
        ("COPY . .\nRUN cd /a && go mod download\nRUN go mod download", ["go.mod"], True),
        ("COPY server/ .\nRUN go mod download", ["server/go.mod"], True),
        ("COPY /server .\nRUN go mod download", ["server/go.mod"], True),
        ("COPY server/ .\nRUN go mod download", ["server"], False),
    ],
)
def test_a_context_without_manifests(lines: str, held: list[str], is_said: bool) -> None:
    text = f"FROM golang AS b\nWORKDIR /s\n{lines}\nRUN go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    workspace = Workspace(holds=lambda it: it in held)
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_said


_CONFIGURED = "RUN cd /app && poetry config virtualenvs.create false && poetry install"


@every_case(
    "lines, reason",
    [
        ("COPY package.json package-lock.json ./\nCOPY src ./src\nRUN npm ci", "move it to right after"),
        ("COPY package.json package-lock.json ./\nRUN npm ci\nCOPY src ./src", ""),
        (
            "COPY src ./src\nCOPY package.json package-lock.json ./\nRUN npm ci",
            "again after each change of `src`, of which it needs no file: move `COPY src` below it",
        ),
        (
            "ADD lib/ lib\nCOPY go.mod go.sum ./\nCOPY cmd pkg ./\nRUN go mod download",
            "again after each change of `lib/`, `cmd` and `pkg`, of which it needs no file: move `ADD lib/` and `COPY cmd pkg` below it",
        ),
        ("COPY package.json src/ ./\nCOPY package-lock.json ./\nRUN npm ci", "are not copied before the rest"),
        ("COPY package.json package-lock.json src ./\nRUN npm ci", "are not copied before the rest"),
        ("COPY patches ./patches\nCOPY package.json package-lock.json ./\nRUN npm ci", ""),
        ("COPY package.json package-lock.json tsconfig.json ./\nRUN npm ci", ""),
        ("COPY package.json package-lock.json ./\nCOPY scripts ./scripts\nRUN npm ci", ""),
        ("COPY web/ .\nRUN npm ci", "`web/package.json` and `web/package-lock.json` are not copied before the rest"),
        ("COPY web/ ./web/\nRUN npm ci", ""),
        ("COPY web/package*.json .\nRUN npm ci\nCOPY web/ .", ""),
        ("COPY requirements/ .\nRUN pip install -r dev.txt", ""),
        ("COPY requirements.txt .\nCOPY app app\nRUN pip install -r requirements.txt", "move it to right after"),
        ("COPY src/a/a.csproj src/a/\nCOPY src/ src/\nRUN dotnet restore src/a", "move it to right after"),
        ("COPY src/a/a.csproj src/a/\nCOPY . .\nRUN dotnet restore src/a", "move it to right after"),
        ("COPY src/cart/ .\nRUN dotnet restore cart.csproj", "`src/cart/cart.csproj` is not copied before the rest"),
        ("COPY /src/cart/ .\nRUN dotnet restore cart.csproj", "`src/cart/cart.csproj` is not copied before the rest"),
        ("COPY Cargo.toml Cargo.lock ./\nCOPY src src\nRUN cargo fetch", ""),
        (
            "COPY pyproject.toml poetry.lock ./\nCOPY src src\nRUN poetry install --only main",
            "add `RUN poetry install --only main --no-root` right after `COPY pyproject.toml poetry.lock`, before the rest is copied",
        ),
        (
            f"COPY pyproject.toml poetry.lock /app/\nCOPY src /app/src\nRUN mkdir /app/src/a && rm -rf /app/src/b\n{_CONFIGURED}",
            "add `RUN cd /app && poetry config virtualenvs.create false && poetry install --no-root`",
        ),
        ("COPY pyproject.toml uv.lock ./\nCOPY src src\nRUN uv sync --no-install-project", "move it to right after"),
        ("COPY pyproject.toml ./\nCOPY src src\nRUN uv sync --no-install-project", "move it to right after"),
        ("COPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root\nCOPY src src\nRUN poetry install", ""),
        ("COPY pyproject.toml poetry.lock ./\nCOPY src src\nRUN poetry install --only-root", ""),
        ("COPY --from=other /src ./src\nRUN npm ci", ""),
        ("ADD app.js .\nADD package.json .\nADD lib lib\nRUN npm install", "move `ADD app.js` and `ADD lib` below it"),
        ("COPY package.json .\nADD lib lib\nRUN npm install", "move it to right after `COPY package.json`"),
        ("COPY app.py requirements.txt ./\nRUN pip install -r requirements.txt", "`requirements.txt` is not copied"),
        ("COPY go.mod go.sum ./\nCOPY *.go ./\nRUN go mod download", "move it to right after"),
        ("COPY setup.py requirements.txt ./\nRUN pip install -r requirements.txt", ""),
        ("COPY lib/requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY lib lib", ""),
        ("COPY package.json server.json ./\nRUN npm install", ""),
    ],
)
def test_a_part_of_the_context_with_the_source(lines: str, reason: str) -> None:
    text = f"FROM acme/x AS other\nFROM acme/x AS b\nWORKDIR /w\n{lines}\nFROM scratch\nCOPY --from=b /w /w\n"
    found = findings(late_module_download, context(text))
    assert [reason in it.message for it in found] == [True] * bool(reason)


def test_scripts_of_the_installation_may_need_the_source() -> None:
    text = "FROM acme/x AS b\nWORKDIR /w\nCOPY web/ .\nRUN npm ci\nFROM scratch\nCOPY --from=b /w /w\n"
    scripts = (("postinstall", "node src/setup.js"),)
    assert not findings(late_module_download, context(text, workspace=Workspace(scripts=scripts)))


@every_case(
    "run, is_said",
    [
        ("npm ci --ignore-scripts", True),
        ("npm clean-install --ignore-scripts=true", True),
        ("bun install --ignore-scripts", True),
        ("npm ci --ignore-scripts=false", False),
        ("npm ci", False),
    ],
)
def test_scripts_that_are_not_run_need_nothing(run: str, *, is_said: bool) -> None:
    scripts = Workspace(scripts=(("prepare", "node src/setup.js"),))
    for copy in ("COPY web/ .", "COPY . ."):
        text = f"FROM acme/x AS b\nWORKDIR /w\n{copy}\nRUN {run}\nFROM scratch\nCOPY --from=b /w /w\n"
        assert bool(findings(late_module_download, context(text, workspace=scripts))) is is_said


@every_case(
    "run, is_said",
    [
        ("go build ./cmd/a", True),
        ("go install ./cmd/a", True),
        ("go install example.org/x/cmd/a@v1.2.0", False),
        ("go install -v example.org/x/cmd/a@latest", False),
        ("GOBIN=/out go install -ldflags '-X a=b@c' ./cmd/a", True),
        ("xcaddy build --with example.org/plugin@v1", False),
        ("cargo install ripgrep", False),
        ("npm install -g typescript", False),
        ("npm install --location=global", False),
        ("npm install typescript", False),
        ("npm install", True),
        ("yarn global add typescript", False),
        ("pip install flask", False),
        ("pip install -r https://x.org/requirements.txt", False),
        ("pip install -r requirements.txt", True),
        ("dotnet tool install -g dotnet-ef", False),
        ("dotnet restore", True),
        ("gem install bundler", False),
        ("bundle install", True),
        ("uv tool install ruff", False),
    ],
)
def test_a_command_that_reads_no_manifest_of_the_context(run: str, is_said: bool) -> None:
    text = f"FROM acme/x AS b\nWORKDIR /w\nCOPY . .\nRUN {run}\nFROM scratch\nCOPY --from=b / /\n"
    workspace = Workspace(requires_modules=True, holds=lambda path: path != "go.work")
    messages = [it.message for it in findings(late_module_download, context(text, workspace=workspace))]
    assert any("downloads the dependencies" in it for it in messages) is is_said


def test_a_tool_does_not_hide_the_download_of_the_project() -> None:
    text = "FROM golang\nWORKDIR /w\nCOPY . .\nRUN go install example.org/a@v1\nRUN go build -o /a .\n"
    found = findings(late_module_download, context(text, workspace=Workspace(requires_modules=True)))
    assert [text[slice(*it.range)] for it in found] == ["go install", "go build"]


@every_case(
    "run, has_fix",
    [
        ("go build -o /a .", True),
        ("export CGO_ENABLED=0 && go build -o /a .", True),
        ("export PATH=$PATH:/usr/local/go/bin && go build -o /a .", False),
        ("git config --global url.https://t@x.org.insteadOf https://x.org && go build -o /a .", False),
        ("--mount=type=secret,id=netrc,target=/root/.netrc go build -o /a .", False),
        ("--mount=type=ssh go build -o /a .", False),
        ("--mount=type=ssh go mod download", True),
        ("GOPRIVATE=x.org go build -o /a .", False),
        ("GOOS=linux go build -o /a .", True),
    ],
)
def test_the_fix_keeps_what_the_script_prepares(run: str, has_fix: bool) -> None:
    text = f"FROM golang\nWORKDIR /w\nCOPY . .\nRUN {run}\n"
    (finding,) = findings(late_module_download, context(text, workspace=Workspace(requires_modules=True)))
    assert bool(finding.fixes) is has_fix


@every_case(
    "scripts, is_reported",
    [
        ((("postinstall", "npm run build"),), False),
        ((("prepare", "cd frontend && npm install"),), False),
        ((("prepare", "husky || true"),), True),
        ((("prepare", "husky install"),), True),
        ((("postinstall", "patch-package"),), True),
        ((("build", "vite build"),), True),
        ((), True),
    ],
)
def test_an_installation_that_builds_the_sources_needs_them(
    scripts: tuple[tuple[str, str], ...], *, is_reported: bool
) -> None:
    text = "FROM node\nWORKDIR /w\nCOPY . .\nRUN npm install\nRUN npm run build\n"
    assert bool(findings(late_module_download, context(text, workspace=Workspace(scripts=scripts)))) is is_reported


def test_a_command_that_needs_the_sources_stays_after_them() -> None:
    text = "FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\nCOPY . .\nRUN {} && go build -o /a .\n"
    (tidy,) = findings(late_module_download, context(text.format("go mod tidy")))
    assert tidy.message.endswith(
        ": add `RUN go mod download` right after `COPY go.mod go.sum`, before the rest is copied"
    )
    (download,) = findings(late_module_download, context(text.format("go mod download")))
    assert download.message.endswith(
        ": move it to a RUN of its own right after `COPY go.mod go.sum`, before the rest is copied"
    )


@every_case(
    "base, before, is_reported",
    [
        # The triggers of such a base image install the dependencies.
        ("node:8-onbuild", "", False),
        ("ghcr.io/team/node-onbuild:1", "", False),
        ("node:8", "", True),
        # Another stage has installed them.
        ("node:8", "COPY --from=deps /app/node_modules ./node_modules\n", False),
        ("node:8", "COPY --from=deps /app/node_modules/ ./node_modules/\n", False),
        ("node:8", "COPY --from=deps /app/dist ./dist\n", True),
        ("node:8", "COPY --from=deps /usr/local/bin/tool /usr/local/bin/\n", True),
        ("node:8", "COPY node_modules ./node_modules\n", True),
    ],
)
def test_packages_that_are_in_the_image_are_not_downloaded_again(base: str, before: str, *, is_reported: bool) -> None:
    text = f"FROM node AS deps\nFROM {base}\nWORKDIR /app\n{before}COPY . .\nRUN npm install\n"
    assert bool(findings(late_module_download, context(text))) is is_reported


@every_case(
    "script, is_reported",
    [
        ("xx-go --wrap\nRUN go mod download", True),
        ("xx-go --wrap && go mod download", True),
        ("xx-go --wrap && go mod edit -replace a=./b && go mod download", False),
    ],
)
def test_a_download_of_a_wrapped_program_is_that_of_the_program(script: str, *, is_reported: bool) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang\nWORKDIR /w\nARG TARGETPLATFORM\nCOPY . .\nRUN {script}\n"
    assert bool(findings(late_module_download, context(text))) is is_reported


MEMBERS = NeededFiles(
    ("package.json", "package-lock.json", "packages/api/package.json", "packages/ui/package.json"), is_complete=True
)


@every_case(
    "lines, reason",
    [
        ("COPY packages/api packages/api", "`packages/api/package.json` is not copied before the rest"),
        ("COPY packages/api ./packages/api/\nCOPY packages/ui ./packages/ui/", "`packages/api/package.json` and `pa"),
        ("COPY packages ./packages", "`packages/api/package.json` and `packages/ui/package.json` are not copied"),
        (
            "COPY packages/api/package.json packages/api/\nCOPY packages/api packages/api",
            "move it to right after `COPY packages/api/package.json`",
        ),
        # A list that is copied by its name has to move, but is not missing.
        (
            "COPY packages/api packages/api\nCOPY packages/ui/package.json packages/ui/",
            "`packages/api/package.json` is not copied before the rest",
        ),
        # Lists only, or directories without a list.
        ("COPY packages/api/package.json packages/api/", ""),
        ("COPY packages/*/package.json ./", ""),
        ("COPY scripts scripts", ""),
        ("COPY --from=x packages/api packages/api", ""),
    ],
)
def test_sources_of_a_member_that_are_copied_before_the_installation(lines: str, reason: str) -> None:
    text = f"FROM node\nWORKDIR /s\nCOPY package.json package-lock.json ./\n{lines}\nRUN npm ci\n"
    workspace = Workspace(needed=lambda *_given: MEMBERS)
    messages = [
        it.message.partition(": ")[2] for it in findings(late_module_download, context(text, workspace=workspace))
    ]
    assert [it.startswith(reason) for it in messages] == [True] * bool(reason)
    # What the project needs is unknown.
    assert not findings(late_module_download, context(text))


def test_sources_of_a_referenced_project_that_are_copied_before_the_restoring() -> None:
    needed = NeededFiles(("Api/Api.csproj", "Lib/Lib.csproj", "Other/Other.csproj"), is_complete=True)
    workspace = Workspace(needed=lambda *_given: needed)
    head = "FROM mcr.microsoft.com/dotnet/sdk\nWORKDIR /s\nCOPY Api/Api.csproj Api/\n"
    text = f"{head}COPY Lib/ Lib/\nRUN dotnet restore Api/Api.csproj\n"
    (finding,) = findings(late_module_download, context(text, workspace=workspace))
    assert finding.message.endswith(": `Lib/Lib.csproj` is not copied before the rest")
    listed = f"{head}COPY requirements requirements\nRUN pip install -r requirements/base.txt\n"
    needed_by_pip = NeededFiles(("requirements/base.txt", "requirements/more.txt"), is_complete=True)
    assert not findings(
        late_module_download, context(listed, workspace=Workspace(needed=lambda *_given: needed_by_pip))
    )


POM = NeededFiles(("pom.xml",), is_complete=True, installs_itself=True)
OFFLINE = "`mvn dependency:go-offline` needs no other files"


@every_case(
    "lines, needed, reason",
    [
        ("COPY . .\nRUN mvn -B clean package", POM, f"`pom.xml` is not copied before the rest; {OFFLINE}"),
        (
            "COPY . .\nRUN mvn -q -Pweb package",
            POM,
            "`pom.xml` is not copied before the rest; `mvn -Pweb dependency:go-offline` needs",
        ),
        ("COPY . .\nRUN mvn test && mvn package", POM, f"`pom.xml` is not copied before the rest; {OFFLINE}"),
        ("COPY . .\nRUN mvn dependency:resolve && mvn package", POM, "`pom.xml` is not copied before the rest"),
        (
            "COPY pom.xml ./\nCOPY src src\nRUN mvn package",
            POM,
            "add `RUN mvn dependency:go-offline` right after `COPY pom.xml`, before the rest is copied",
        ),
        (
            "COPY . .\nRUN ./mvnw package",
            POM,
            "`pom.xml` is not copied before the rest; `./mvnw dependency:go-offline` needs",
        ),
        ("COPY pom.xml ./\nRUN mvn dependency:go-offline\nCOPY src src\nRUN mvn package", POM, ""),
        ("COPY pom.xml ./\nRUN mvn verify --fail-never\nCOPY . .\nRUN mvn package", POM, ""),
        ("COPY . .\nRUN mvn -o package", POM, ""),
        ("COPY . .\nRUN mvn -s ci/settings.xml package", POM, ""),
        ("COPY . .\nRUN mvn -pl api -am package", POM, ""),
        ("COPY . .\nRUN mvn --version", POM, ""),
        ("COPY . .\nRUN gradle build", POM, ""),
        ("COPY --from=deps /root/.m2 /root/.m2\nCOPY . .\nRUN mvn package", POM, ""),
        ("COPY . .\nRUN --mount=type=cache,target=/root/.m2 mvn package", POM, ""),
        ("COPY . .\nRUN sed -i s/a/b/ pom.xml && mvn package", POM, ""),
        ("COPY . .\nRUN mvn package", NeededFiles((), is_complete=False), ""),
        ("COPY . .\nRUN mvn package", None, ""),
        ("COPY pom.xml ./\nCOPY src src\nRUN mvn package", None, ""),
    ],
)
def test_packages_of_maven(lines: str, needed: NeededFiles | None, reason: str) -> None:
    text = f'FROM maven\nWORKDIR /s\n{lines}\nCMD ["java"]\n'
    messages = [
        it.message.partition(": ")[2]
        for it in findings(late_module_download, context(text, workspace=Workspace(needed=lambda *_given: needed)))
    ]
    assert [it.startswith(reason) for it in messages] == [True] * bool(reason)


PHP = NeededFiles(("composer.json", "composer.lock"), is_complete=True, installs_itself=True)
ALONE = "composer install --no-scripts --no-autoloader"


@every_case(
    "lines, needed, reason",
    [
        (
            "COPY . .\nRUN composer install --no-dev",
            PHP,
            "`composer.json` and `composer.lock` are not copied before the rest; `composer install --no-dev --no-scripts --no-autoloader` needs no other files",
        ),
        (
            "COPY composer.* ./\nCOPY . .\nRUN composer install -o --ignore-platform-reqs --no-autoloader",
            PHP,
            "add `RUN composer install --ignore-platform-reqs --no-autoloader --no-scripts` right after `COPY composer.*`",
        ),
        ("COPY composer.* ./\nCOPY . .\nRUN composer install", PHP, f"add `RUN {ALONE}` right after `COPY composer.*`"),
        (
            "COPY composer.* ./\nCOPY . .\nRUN composer install --no-scripts --no-autoloader",
            PHP,
            "move it to right after `COPY composer.*`",
        ),
        (
            "COPY composer.* ./\nCOPY app app\nRUN composer install",
            PHP,
            f"add `RUN {ALONE}` right after `COPY composer.*`",
        ),
        (f"COPY composer.* ./\nRUN {ALONE}\nCOPY . .\nRUN composer install", PHP, ""),
        ("COPY . .\nCOPY --from=deps /app/vendor vendor\nRUN composer install", PHP, ""),
        ("COPY . .\nRUN composer update", PHP, ""),
        ("COPY . .\nRUN composer install -d web", PHP, ""),
        ("COPY . .\nRUN COMPOSER=other.json composer install", PHP, ""),
        ("COPY . .\nRUN composer dump-autoload", PHP, ""),
        ("COPY . .\nRUN composer install", None, ""),
    ],
)
def test_packages_of_composer(lines: str, needed: NeededFiles | None, reason: str) -> None:
    text = f'FROM composer\nWORKDIR /s\n{lines}\nCMD ["php"]\n'
    workspace = Workspace(needed=lambda *_given: needed)
    messages = [
        it.message.partition(": ")[2] for it in findings(late_module_download, context(text, workspace=workspace))
    ]
    assert [it.startswith(reason) for it in messages] == [True] * bool(reason)


@every_case(
    "lines, kept, ignored, is_reported",
    [
        ("COPY . .\nRUN composer install", "vendor/autoload.php", "", False),
        ("COPY . .\nRUN composer install", "vendor/autoload.php", "vendor", True),
        ("COPY . .\nRUN composer install", "", "", True),
        ("COPY composer.* ./\nCOPY app app\nRUN composer install", "vendor/autoload.php", "", True),
        ("COPY . .\nRUN npm install", "node_modules/", "", False),
        ("COPY . .\nRUN npm install", "node_modules/", "**/node_modules", True),
        ("COPY . .\nRUN npm install", "web/node_modules/", "", True),
        ("COPY . .\nRUN cd web && yarn", "web/node_modules/", "", False),
        ("COPY . .\nRUN pnpm install --frozen-lockfile", "node_modules/", "", False),
        ("COPY . .\nRUN bun install", "node_modules/", "", False),
        # They delete the directory first.
        ("COPY . .\nRUN npm ci", "node_modules/", "", True),
        ("COPY . .\nRUN npm clean-install", "node_modules/", "", True),
        ("COPY . .\nRUN bundle install", "vendor/cache/", "", False),
        ("COPY . .\nRUN bundle install", "vendor/", "", True),
        ("COPY . .\nRUN cargo fetch", ".cargo/config.toml", "", False),
        ("COPY . .\nRUN cargo fetch", "vendor/", "", True),
        ("COPY . .\nRUN pip install -r requirements.txt", "vendor/", "", True),
    ],
)
def test_packages_in_the_repository(lines: str, kept: str, ignored: str, is_reported: bool) -> None:
    needed = NeededFiles(("composer.json", "composer.lock"), is_complete=True) if "composer" in lines else None
    workspace = Workspace(
        needed=lambda *_given: needed, keeps=frozenset({kept}).__contains__, ignored=IgnorePatterns(ignored)
    )
    text = f"FROM acme/x\nWORKDIR /s\n{lines}\n"
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_reported


def test_manifests_that_are_copied_after_the_sources() -> None:
    text = """FROM golang
WORKDIR /app
COPY ./cmd /app/cmd
COPY go.mod go.sum ./
RUN go mod download
RUN go build -o /a ./cmd/a
"""
    workspace = Workspace(holds=lambda path: path in ("go.mod", "go.sum", "cmd"))
    (finding,) = findings(late_module_download, context(text, workspace=workspace))
    assert finding.message.endswith("of `./cmd`, of which it needs no file: move `COPY ./cmd` below it")
    # In this file they come first, and nothing is in vain.
    first = text.replace("COPY ./cmd /app/cmd\n", "").replace("RUN go build", "COPY ./cmd /app/cmd\nRUN go build")
    assert findings(late_module_download, context(first, workspace=workspace)) == []


@every_case(
    "copies, named, moved",
    [
        # What keeps its place in the project is a part of it as well.
        (
            "COPY ./cmd/x /app/cmd/x\nCOPY ./internal /app/internal",
            "`./cmd/x` and `./internal`",
            "`COPY ./cmd/x` and `COPY ./internal`",
        ),
        ("COPY web/x web/x\nCOPY internal internal", "`web/x` and `internal`", "`COPY web/x` and `COPY internal`"),
        ("COPY ./cmd/x /app/cmd/x", "`./cmd/x`", "`COPY ./cmd/x`"),
        ("COPY cmd/x ./x", "`cmd/x`", "`COPY cmd/x`"),
        # The download may need it.
        ("COPY cmd/x/go.mod cmd/x/", "", ""),
        ("COPY cmd/deps cmd/deps", "", ""),
        ("COPY web/x web/x", "", ""),
        ("COPY web/x /etc/x\nCOPY internal internal", "`internal`", "`COPY internal`"),
        # The context may not have it.
        ("COPY cmd/y cmd/y", "", ""),
    ],
)
def test_one_program_of_go_that_is_copied_before_the_manifests(copies: str, named: str, moved: str) -> None:
    held = ("go.mod", "go.sum", "cmd/x/", "internal/", "web/x/", "cmd/x/go.mod", "cmd/deps/")
    workspace = Workspace(
        holds=lambda path: path in held,
        needed=lambda *_given: NeededFiles(("go.mod", "go.sum"), is_complete=True),
    )
    text = f"FROM golang\nWORKDIR /app\n{copies}\nCOPY go.mod go.sum /app/\nRUN go mod download\nRUN go build -o /a ./cmd/x\n"
    messages = [it.message for it in findings(late_module_download, context(text, workspace=workspace))]
    expected = f"of {named}, of which it needs no file: move {moved} below it"
    assert [it[it.index("of `") :] for it in messages] == ([expected] if named else [])


@every_case(
    "written, named",
    [
        ("yarn --production", "`yarn` downloads"),
        ("yarn install --production", "`yarn install` downloads"),
        ("cd . && pnpm i", "`pnpm i` downloads"),
        ("/usr/bin/npm ci", "`npm ci` downloads"),
        ("pip --no-cache-dir install -r requirements.txt", "`pip install` downloads"),
    ],
)
def test_the_command_is_named_as_it_is_written(written: str, named: str) -> None:
    (finding,) = findings(late_module_download, context(f"FROM node\nWORKDIR /s\nCOPY . .\nRUN {written}\n"))
    assert finding.message.startswith(named)


def test_an_installation_that_reads_no_file_of_the_source_moves_before_it() -> None:
    check_fix(
        late_module_download,
        "FROM debian\nWORKDIR /w\n# the source\nCOPY . .\n# tools\nRUN apt-get update && apt-get install -y curl\nEXPOSE 80\nRUN npm install -g pnpm@9\nRUN make\n",
        "FROM debian\nWORKDIR /w\n# tools\nRUN apt-get update && apt-get install -y curl\nRUN npm install -g pnpm@9\n# the source\nCOPY . .\nEXPOSE 80\nRUN make\n",
        title="Install before the source is copied",
    )
    check_fix(
        late_module_download,
        "FROM node\nWORKDIR /w\nCOPY . .\n# tools\n# hadolint ignore=DL3016\nRUN npm install -g pnpm\nRUN make\n",
        "FROM node\nWORKDIR /w\n# tools\n# hadolint ignore=DL3016\nRUN npm install -g pnpm\nCOPY . .\nRUN make\n",
    )


def test_an_installation_keeps_the_line_ends_of_the_file() -> None:
    before = "FROM debian\nWORKDIR /w\nCOPY . .\n# tools\nRUN apt-get update && apt-get install -y curl\nRUN make\n"
    after = "FROM debian\nWORKDIR /w\n# tools\nRUN apt-get update && apt-get install -y curl\nCOPY . .\nRUN make\n"
    check_fix(late_module_download, before.replace("\n", "\r\n"), after.replace("\n", "\r\n"))


@every_case("end", ["\n", "\r\n"])
def test_a_command_of_several_lines_is_named_on_one(end: str) -> None:
    text = "FROM node\nWORKDIR /w\nCOPY package*.json ./\nCOPY . .\nRUN npm config set registry \\\n  https://x.org && npm ci && make\n"
    (finding,) = findings(late_module_download, context(text.replace("\n", end)))
    assert "move `npm config set registry https://x.org && npm ci` to a RUN" in finding.message


def test_all_installations_after_the_source_are_one_finding() -> None:
    check_rule(
        late_module_download,
        """
        FROM debian
        WORKDIR /w
        COPY . .
        RUN apk add git && rm -rf /var/cache/apk/*
            ^^^ 💭 `apk add` and `pip install poetry==1.8` run again after each change of the source, of which they need no file: move them before `COPY . .`
        RUN pip install poetry==1.8
        """,
    )


OUTSIDE = Workspace(holds=lambda _path: False)
WITH_TOOLCHAIN = Workspace(holds=lambda path: path == "rust-toolchain.toml")


@every_case(
    "run",
    [
        "apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*",
        "dnf install -y git && dnf clean all",
        "pip install --upgrade pip && pip install --no-cache-dir 'torch>=2' numpy",
        "python3 -m pip install httpx bs4",
        "python -m pip install -U pip && python -m pip install 'torch>=2' && rm -rf /root/.cache/pip",
        "pip install playwright && playwright install --with-deps chromium",
        "python3 -m pip install playwright && python3 -m playwright install chromium",
        "playwright install chromium",
        "npm i -g pnpm",
        "npm add --global turbo && npm cache clean --force",
        "gem install bundler:2.5",
        "go install example.com/tool@v1",
        "cargo install --locked cargo-deb",
        "rustup target add x86_64-unknown-linux-musl",
    ],
)
def test_published_packages_need_no_source(run: str) -> None:
    text = f"FROM acme/x\nWORKDIR /w\nCOPY . .\nRUN {run}\n"
    (finding,) = findings(late_module_download, context(text, workspace=OUTSIDE))
    assert "needs no file" in finding.message


@every_case(
    "run",
    [
        "pip install --upgrade pip",
        "pip install .",
        "pip install torch -c constraints.txt",
        "python3 -m pip install -e .",
        "python3 -m pip install --upgrade pip",
        "python3 -m pip install ./wheels/a.whl",
        "python3 -m acme install httpx",
        "python3 pip install httpx",
        "pip install playwright && playwright open page.html",
        "pip install playwright && python main.py install chromium",
        # The version that the project asks for.
        "npx playwright install chromium",
        "pip install -r requirements.txt && playwright install chromium",
        "pip install ./wheels/a.whl",
        "npm install -g .",
        "npm install pnpm",
        # pnpm may be the version that package.json asks for.
        "pnpm add -g turbo",
        "cargo install --path .",
        "go install ./cmd/a",
        "apt-get install -y ./a.deb",
        "apt-get install -y $PACKAGES",
        "apt-get install -y git > log",
        "apt-get update",
        "--mount=type=cache,target=/var/cache/apt apt-get install -y git",
        "xargs apt-get install < packages",
        "rm -rf dist && apt-get install -y git",
    ],
)
def test_an_installation_that_may_read_the_source_stays(run: str) -> None:
    assert not findings(
        late_module_download, context(f"FROM acme/x\nWORKDIR /w\nCOPY . .\nRUN {run}\n", workspace=OUTSIDE)
    )


@every_case(
    "between",
    [
        "USER app",
        "ENV DEBIAN_FRONTEND=noninteractive",
        "ARG APT_CONFIG",
        "ENV PLAYWRIGHT_BROWSERS_PATH=/b",
        "RUN ./add-repository.sh",
        "COPY a.conf /etc/apt/",
    ],
)
def test_an_instruction_between_may_be_needed(between: str) -> None:
    text = f"FROM acme/x\nWORKDIR /w\nCOPY . .\n{between}\nRUN apt-get install -y git\n"
    if "PLAYWRIGHT" in between:
        text = text.replace("apt-get install -y git", "playwright install chromium")
    assert not findings(late_module_download, context(text, workspace=OUTSIDE))


@every_case("run, is_reported", [("playwright install chromium", False), ("apt-get install -y chromium", True)])
def test_browsers_may_be_for_the_version_that_the_project_installs(run: str, is_reported: bool) -> None:
    text = f"FROM acme/x\nWORKDIR /w\nCOPY . .\nRUN npm run build\nRUN {run}\n"
    assert bool(findings(late_module_download, context(text, workspace=OUTSIDE))) is is_reported


@every_case("copy", ["COPY . /", "COPY . /etc", "ADD . /root", "COPY . $HOME/app", "COPY src /w/src"])
def test_a_source_among_the_files_of_the_system_may_be_read(copy: str) -> None:
    text = f"FROM acme/x\n{copy}\nRUN apt-get install -y git\n"
    assert not findings(late_module_download, context(text, workspace=OUTSIDE))


@every_case("run", ["cargo install cargo-deb", "rustup component add clippy"])
def test_a_toolchain_of_the_project_is_needed(run: str) -> None:
    text = f"FROM rust\nWORKDIR /w\nCOPY . .\nRUN {run}\n"
    assert not findings(late_module_download, context(text, workspace=WITH_TOOLCHAIN))
    assert not findings(late_module_download, context(text))


@every_case(
    "text, end",
    [
        (
            "COPY r.txt /w/\nCOPY . /w\nWORKDIR /w\nRUN pip install -r r.txt",
            "move it, with `WORKDIR /w` above it, to right after `COPY r.txt`, before the rest is copied",
        ),
        (
            "WORKDIR /w\nCOPY r.txt .\nCOPY . .\nRUN pip install -r r.txt",
            "move it to right after `COPY r.txt`, before the rest is copied",
        ),
        (
            "COPY go.mod go.sum /w/\nCOPY . /w\nWORKDIR /w\nRUN go mod vendor",
            "add `WORKDIR /w` and `RUN go mod download` right after `COPY go.mod go.sum`, before the rest is copied",
        ),
        (
            "WORKDIR /w\nCOPY . .\nRUN go mod vendor",
            "`go.mod` and `go.sum` are not copied before the rest; `go mod download` needs no other files",
        ),
    ],
)
def test_the_message_names_what_the_download_needs_at_its_new_place(text: str, end: str) -> None:
    (finding,) = findings(late_module_download, context(f"FROM acme/x\n{text}\n"))
    assert finding.message.endswith(f": {end}")


@every_case(
    "needed, vendored, run, is_said",
    [
        (NeededFiles(("backend/go.mod", "backend/go.sum"), is_complete=True), False, "go build -o /a .", True),
        (NeededFiles(("backend/go.mod",), is_complete=True, requires_nothing=True), False, "go build -o /a .", False),
        (NeededFiles(("backend/go.mod", "backend/go.sum"), is_complete=True), True, "go build -o /a .", False),
        (None, False, "go build -o /a .", False),
        # What it downloads is of no use to later commands, which read the vendored modules.
        (NeededFiles(("backend/go.mod", "backend/go.sum"), is_complete=True), False, "go mod download", True),
        (NeededFiles(("backend/go.mod", "backend/go.sum"), is_complete=True), True, "go mod download", False),
    ],
)
def test_a_module_in_a_directory_of_the_context(
    needed: NeededFiles | None, run: str, *, vendored: bool, is_said: bool
) -> None:
    held = {"backend/go.mod", "backend/go.sum", *(["backend/vendor/modules.txt"] if vendored else [])}
    workspace = Workspace(needed=lambda *_given: needed, holds=held.__contains__)
    text = f"FROM golang\nWORKDIR /w\nCOPY backend .\nRUN {run}\n"
    messages = [it.message for it in findings(late_module_download, context(text, workspace=workspace))]
    assert any("`backend/go.mod` and `backend/go.sum` are not copied" in it for it in messages) is is_said
    assert bool(messages) is is_said


@every_case(
    "destination, written",
    [
        ("app/x/requirements.txt", "/app/x/app/x/requirements.txt"),
        ("/deps/", "/deps/requirements.txt"),
        ("/deps", "/deps/requirements.txt"),
        (".", ""),
        ("./", ""),
        ("/app/x", ""),
        ("/app/x/requirements.txt", ""),
        ("$WHERE", ""),
    ],
)
def test_a_manifest_that_is_copied_to_another_place(destination: str, written: str) -> None:
    text = f"FROM python\nWORKDIR /app/x\nCOPY requirements.txt {destination}\nCOPY . /app/x\nRUN pip install -r requirements.txt\n"
    (finding,) = findings(late_module_download, context(text))
    place = f"`COPY requirements.txt` writes `{written}`, and the command reads `/app/x/requirements.txt`"
    move = "move it to right after `COPY requirements.txt`, before the rest is copied"
    assert finding.message.partition(": ")[2] == (place if written else move)


@every_case(
    "run, held, named",
    [
        ("cd web && npm install", ("package.json", "web/package.json"), ["web/package.json"]),
        ("cd web && npm install", ("web/package.json",), ["web/package.json"]),
        ("cd web; npm install", ("package.json",), ["package.json"]),
        ("npm install", ("package.json", "web/package.json"), ["package.json"]),
        # The parenthesis ends the change of the directory.
        ("(cd web && make) && npm install", ("package.json", "web/package.json"), []),
        ("pushd web && make && popd && npm install", ("package.json", "web/package.json"), []),
    ],
)
def test_the_list_is_that_of_the_directory_after_cd(run: str, held: tuple[str, ...], named: list[str]) -> None:
    def needed(path: str, _base: str, _manager: str) -> NeededFiles | None:
        return NeededFiles((path,), is_complete=True) if path in held else None

    text = f"FROM node AS b\nWORKDIR /w\nCOPY . .\nRUN {run}\nFROM scratch\nCOPY --from=b /w /w\n"
    given = findings(late_module_download, context(text, workspace=Workspace(needed=needed)))
    assert [it.message.partition(": ")[2] for it in given] == [f"`{it}` is not copied before the rest" for it in named]


@every_case(
    "lines, reason",
    [
        ("COPY . .\nRUN dotnet publish -c Release -o /out", "`app.csproj` is not copied before the rest; `dotnet restore` needs no other files"),
        ("COPY . .\nRUN dotnet build app.csproj -c Release", "`app.csproj` is not copied before the rest; `dotnet restore app.csproj` needs no other files"),
        ("COPY app.csproj .\nCOPY . .\nRUN dotnet publish ./app.csproj", "add `RUN dotnet restore ./app.csproj` right after `COPY app.csproj`, before the rest is copied"),
        ("COPY . .\nRUN cd a && dotnet publish", "`app.csproj` is not copied before the rest; `cd a && dotnet restore` needs no other files"),
        ("COPY . .\nRUN dotnet restore && dotnet publish", "`app.csproj` is not copied before the rest"),
        ("COPY app.csproj .\nRUN dotnet restore\nCOPY . .\nRUN dotnet publish", ""),
        ("COPY . .\nRUN dotnet publish --no-restore", ""),
        # A machine has packages of its own.
        ("COPY . .\nRUN dotnet publish -r linux-x64", ""),
        ("COPY . .\nRUN dotnet test", ""),
        ("COPY . .\nRUN dotnet pack", ""),
    ],
)  # fmt: skip
def test_a_build_of_dotnet_restores_the_packages(lines: str, reason: str) -> None:
    def needed(*_given: str) -> NeededFiles:
        return NeededFiles(("app.csproj",), is_complete=True)

    text = f"FROM acme/x AS b\nWORKDIR /w\n{lines}\nFROM scratch\nCOPY --from=b /w /w\n"
    given = findings(late_module_download, context(text, workspace=Workspace(needed=needed)))
    assert [it.message.partition(": ")[2] for it in given] == [reason] * bool(reason)
    # Without the files of the project, it is not known what the restoring needs.
    if "dotnet restore" not in lines:
        assert findings(late_module_download, context(text)) == []


INDEPENDENT = "needs no file: move it "


@every_case(
    "copy, is_said",
    [
        ("COPY sub .", True),
        ("COPY sub/ ./", True),
        ("COPY ./sub /w", True),
        ("ADD tool/sub /w/", True),
        ("COPY sub /w/sub", False),
        ("COPY config .", False),
        ("COPY sub other .", False),
        ("COPY Cargo.toml .", False),
        ("COPY --from=x sub .", False),
        ("COPY sub /etc", False),
        ("COPY file .", False),
    ],
)
def test_packages_after_a_directory_with_the_source(copy: str, *, is_said: bool) -> None:
    text = f"FROM rust\nWORKDIR /w\n{copy}\nRUN apt-get update && apt-get install -y clang\nRUN cargo build\n"
    there = Workspace(holds=lambda path: path == "file")
    messages = [it.message for it in findings(late_module_download, context(text, workspace=there))]
    assert any(INDEPENDENT in it for it in messages) is is_said
    without = text.replace("RUN cargo build\n", "")
    assert not any(INDEPENDENT in it.message for it in findings(late_module_download, context(without)))


@every_case(
    "between, run, is_said",
    [
        ("RUN npm run build", "npm install -g serve", True),
        ("RUN npm ci && npm run build", "apk add nginx", True),
        ("RUN cd web && yarn install && yarn build", "npm i -g serve", True),
        ("RUN npm ci\nRUN npm run build", "npm i -g serve", True),
        ("RUN npm install -g pnpm && npm config set registry x", "npm install -g serve", False),
        ("RUN make", "npm install -g serve", False),
        ("ENV NODE_ENV=production", "npm install -g serve", False),
        ("USER node", "npm install -g serve", False),
        ("ARG API\nRUN API=$API npm run build", "npm install -g serve", True),
        ("ENV DEBIAN_FRONTEND=noninteractive", "apt-get install -y nginx", False),
        ("ENV CXX=/usr/bin/clang++ API=1", "npm install -g serve", False),
        ("ENV CXX=/usr/bin/clang++ API=1", "apt-get install -y nginx", True),
        ("ENV http_proxy=http://proxy", "apt-get install -y nginx", False),
        # The versions depend on what the project has installed.
        ("RUN npm run build", "pip install flask", False),
        ("RUN npm run build", "npm install serve", False),
    ],
)
def test_a_tool_that_is_installed_after_the_project_is_built(between: str, run: str, *, is_said: bool) -> None:
    text = f"FROM node\nWORKDIR /w\nCOPY . .\n{between}\nRUN {run}\n"
    messages = [it.message for it in findings(late_module_download, context(text, workspace=OUTSIDE))]
    assert any(INDEPENDENT + "before" in it for it in messages) is is_said


@every_case(
    "run, is_said",
    [
        ("npm i -g @example/cli@16 && npm run build", True),
        ("apt-get update && apt-get install -y gcc; make", True),
        ("apt-get update \\\n && apt-get install -y gcc \\\n && make", True),
        # The download of the project is reported for the same cause.
        ("npm i -g pnpm && npm ci && npm run build", False),
        ("make && apt-get install -y gcc", False),
        # In a layer of its own the compiler would stay in the image.
        ("apk add --virtual .deps gcc && make && apk del .deps", False),
        ("apt-get install -y gcc && make && apt-get purge -y gcc", False),
        ("npm i -g . && npm run build", False),
        ("if true; then apt-get install -y gcc; fi; make", False),
        ("test -e a && apt-get install -y gcc && make", False),
        ("apt-get install -y gcc || make", False),
        ("(apt-get install -y gcc && make)", False),
        ("apt-get install -y $PACKAGES && make", False),
    ],
)
def test_an_installation_at_the_beginning_of_a_run_that_builds(run: str, *, is_said: bool) -> None:
    text = f"FROM node\nWORKDIR /w\nCOPY . .\nRUN {run}\n"
    there = [it for it in findings(late_module_download, context(text, workspace=OUTSIDE)) if INDEPENDENT in it.message]
    assert [it.message.endswith("to a RUN before `COPY . .`") for it in there] == [True] * is_said
    assert not any(it.fixes for it in there)


def test_an_action_of_github_is_built_without_a_cache() -> None:
    text = "FROM golang\nWORKDIR /w\nCOPY . .\nRUN go mod download\n"
    known = Workspace(is_of_action=True, dockerfile="Dockerfile")
    check_nothing(late_module_download, text, workspace=known)
    for other in (known._replace(has_build=True), known._replace(dockerfile="web.Dockerfile")):
        assert len(findings(late_module_download, context(text, workspace=other))) == 1


CRATES = Workspace(
    holds=lambda path: path == "Cargo.toml",
    needed=lambda _path, _base, _manager: NeededFiles(("Cargo.toml",), is_complete=True, requires_crates=True),
)


def of_cargo(run: str, *, image: str = "rust:1.90", before: str = "", workspace: Workspace = CRATES) -> list[str]:
    text = f"FROM {image} AS b\nWORKDIR /w\n{before}COPY . .\nRUN {run}\n"
    return [it.message.partition(":")[0] for it in findings(late_module_download, context(text, workspace=workspace))]


def test_a_compiler_of_rust_downloads_crates_again() -> None:
    message = "`cargo build` downloads and compiles all crates again after each change of the source"
    assert of_cargo("cargo build --release") == [message]
    assert of_cargo("cargo build && cargo build --bin b") == [message]
    assert of_cargo("cargo install --path .") == [message.replace("build", "install")]
    assert of_cargo("cargo test && cargo build") == [message.replace("build", "test")]
    check_fix(
        late_module_download,
        'FROM rust\nCOPY . .\nRUN cargo build\nCMD ["target/debug/a"]\n',
        'FROM rust\nCOPY . .\nRUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked cargo build\nCMD ["target/debug/a"]\n',
        workspace=CRATES,
    )


def test_no_cache_mount_is_advised_where_each_begins_empty() -> None:
    fresh = CRATES._replace(is_on_fresh_machines=lambda: True)
    (finding,) = findings(late_module_download, context("FROM rust\nCOPY . .\nRUN cargo build\n", workspace=fresh))
    assert finding.message.endswith("again after each change of the source: cargo-chef keeps both in layers")
    assert finding.fixes == ()


@every_case(
    "after, is_offered",
    [
        ('CMD ["/target/release/a"]', True),
        ('CMD ["sh", "-c", "sleep 1; exec target/release/a"]', True),
        ("RUN strip target/release/a\nENTRYPOINT /target/release/a", True),
        ("FROM scratch\nCOPY --from=b /w/target/release/a /a", True),
        # The program, or a later step, needs the crates where they are.
        ('CMD ["cargo", "run"]', False),
        ("CMD cargo run --release", False),
        ('ENTRYPOINT ["cargo"]', False),
        ('CMD ["cargo-watch", "-x", "run"]', False),
        ('CMD ["./entrypoint.sh"]', False),
        ('ENTRYPOINT ["/docker-entrypoint", "a"]', False),
        ('CMD ["make", "serve"]', False),
        ("CMD bash", False),
        ("", False),
        ('FROM b AS c\nCMD ["cargo", "test"]\nFROM scratch\nCOPY --from=b /w/a /a', False),
        ("FROM rust\nCOPY --from=b /usr/local/cargo /usr/local/cargo\nCMD a", False),
        ("FROM rust\nRUN --mount=from=b,target=/b cargo build\nCMD a", False),
        ("RUN ./more.sh\nCMD a", False),
        ("RUN make\nCMD a", False),
    ],
)
def test_crates_stay_in_the_image_if_something_may_need_them_there(after: str, *, is_offered: bool) -> None:
    text = f"FROM rust AS b\nWORKDIR /w\nCOPY . .\nRUN cargo build\n{after}\n"
    (finding,) = (
        it for it in findings(late_module_download, context(text, workspace=CRATES)) if "crates" in it.message
    )
    assert [len(finding.fixes), "--mount" in finding.message] == [is_offered] * 2
    assert finding.message.endswith(
        "cargo-chef keeps what is compiled" if is_offered else "cargo-chef keeps both in layers"
    )


def test_no_cache_mount_is_advised_to_a_user_that_may_not_write_to_it() -> None:
    assert of_cargo("cargo build", before="USER root:root\n") == of_cargo("cargo build")
    text = "FROM rust\nUSER app\nCOPY . .\nRUN cargo build\nCMD ./a\n"
    (finding,) = findings(late_module_download, context(text, workspace=CRATES))
    assert finding.message.endswith("again after each change of the source: cargo-chef keeps both in layers")
    assert finding.fixes == ()


def test_each_build_with_the_same_crates_gets_the_cache() -> None:
    cache = "--mount=type=cache,target=/usr/local/cargo/registry,sharing=locked "
    text = (
        "FROM rust AS a\nCOPY . .\nRUN {0}cargo build\nRUN cp target/a /a\nRUN {0}cargo build --features x\n"
        "FROM a AS b\nRUN --mount=type=cache,target=/c cargo test\nRUN {0}cargo doc\nFROM rust\nRUN cargo install x\n"
        "COPY --from=b /a /a\n"
    )
    check_fix(late_module_download, text.format(""), text.format(cache), workspace=CRATES)


@every_case(
    "other, after",
    [
        # A RUN that does not wait for the others may meet them, or get an empty cache.
        ("type=cache,target=/usr/local/cargo/registry", "type=cache,target=/usr/local/cargo/registry,sharing=locked"),
        (
            "type=cache,sharing=shared,target=/usr/local/cargo/registry",
            "type=cache,sharing=locked,target=/usr/local/cargo/registry",
        ),
        (
            "target=/c,type=cache,id=/usr/local/cargo/registry",
            "target=/c,sharing=locked,type=cache,id=/usr/local/cargo/registry",
        ),
        ("type=cache,target=/usr/local/cargo/registry,id=a", "type=cache,target=/usr/local/cargo/registry,id=a"),
        ("type=cache,target=/c", "type=cache,target=/c"),
    ],
)
def test_all_users_of_the_cache_of_crates_wait_for_each_other(other: str, after: str) -> None:
    text = "FROM rust AS a\nCOPY . .\nRUN {1}cargo build\nFROM rust\nRUN --mount={0} cargo install x\nCOPY --from=a /a /a\nCMD a\n"
    cache = "--mount=type=cache,target=/usr/local/cargo/registry,sharing=locked "
    check_fix(late_module_download, text.format(other, ""), text.format(after, cache), workspace=CRATES)


@every_case(
    "run, before",
    [
        # A mount keeps the downloads.
        ("--mount=type=cache,target=/usr/local/cargo/registry cargo build", ""),
        # An earlier instruction downloads or compiles the crates.
        ("cargo build", "COPY Cargo.toml .\nRUN cargo fetch\n"),
        ("cargo build", "COPY Cargo.toml .\nRUN mkdir src && touch src/lib.rs && cargo build\n"),
        ("cargo build", "RUN cargo chef cook --recipe-path recipe.json\n"),
        ("cargo build --offline", ""),
        ("cargo build --manifest-path other/Cargo.toml", ""),
        ("cargo install cargo-deb", "RUN cargo --version\n"),
        ("cargo build", "ENV CARGO_HOME=/cargo\n"),
        ("cargo fmt --check", ""),
    ],
)
def test_crates_that_are_kept_in_another_way(run: str, before: str) -> None:
    assert not any("crates" in it for it in of_cargo(run, before=before))


def test_only_known_crates_in_a_known_directory_are_reported() -> None:
    assert of_cargo("cargo build", image="debian") == []
    assert of_cargo("cargo build", workspace=Workspace()) == []
    none = CRATES._replace(needed=lambda *_it: NeededFiles(("Cargo.toml",), is_complete=True))
    assert of_cargo("cargo build", workspace=none) == []


@every_case(
    "stages, reported",
    [
        (["COPY . .", "RUN npm ci"], "`package.json` and `package-lock.json` are not copied before the rest"),
        (["COPY package*.json ./", "COPY . .", "RUN npm ci"], "move it to right after `COPY package*.json`"),
        (["WORKDIR /w\nCOPY . .", "ENV A=1", "RUN npm ci && npm run build"], "`package.json` and"),
        # The stage that it is built on has them.
        (["COPY package*.json ./\nRUN npm ci\nCOPY . .", "RUN npm ci --omit=dev"], ""),
        (["COPY package*.json ./\nRUN npm ci", "COPY . .", "RUN npm ci --omit=dev"], ""),
        (["COPY package*.json ./", "RUN npm ci\nCOPY . ."], ""),
        (["COPY . .\nRUN sed -i s/a/b/ package.json", "RUN npm ci"], ""),
        (["COPY . .", "RUN --mount=type=cache,target=/root/.npm npm ci"], ""),
    ],
)
def test_sources_of_the_stage_that_another_is_built_on(stages: list[str], reported: str) -> None:
    froms = ("node AS s0", *(f"s{number} AS s{number + 1}" for number in range(len(stages))))
    text = "".join(f"FROM {from_}\n{lines}\n" for from_, lines in zip(froms, stages, strict=False))
    messages = [it.message.partition(": ")[2] for it in findings(late_module_download, context(text))]
    assert [it.startswith(reported) for it in messages] == [True] * bool(reported)


def test_a_stage_beside_it_has_other_sources() -> None:
    check_nothing(
        late_module_download,
        """
        FROM node AS base
        FROM base AS src
        COPY . .
        FROM base AS packages
        COPY package.json package-lock.json ./
        RUN npm ci
        FROM base
        COPY --from=src /dist /dist
        COPY --from=packages /node_modules /node_modules
        """,
    )


def test_the_fix_leaves_other_stages_alone() -> None:
    text = "FROM golang AS base\nWORKDIR /w\nCOPY . .\nFROM base\nRUN go build -o /a .\n"
    (finding,) = findings(late_module_download, context(text, workspace=Workspace(requires_modules=True)))
    assert finding.fixes == ()


API = NeededFiles(("src/Api/Api.csproj", "src/Lib/Lib.csproj"), is_complete=True)


@every_case(
    "lines, reason",
    [
        (
            "COPY src/ src/\nRUN dotnet publish src/Api/Api.csproj",
            "`src/Api/Api.csproj` and `src/Lib/Lib.csproj` are not copied before the rest; `dotnet restore src/Api/Api.csproj` needs no other files",
        ),
        (
            "COPY *.sln ./\nCOPY src src\nRUN dotnet restore",
            "`src/Api/Api.csproj` and `src/Lib/Lib.csproj` are not copied before the rest",
        ),
        (
            "COPY src/Api/Api.csproj src/Api/\nCOPY src/Lib src/Lib\nRUN dotnet restore src/Api/Api.csproj",
            "`src/Lib/Lib.csproj` is not copied before the rest",
        ),
        # Each list is copied by its name.
        ("COPY src/Api/*.csproj src/Api/\nCOPY src/Lib/*.csproj src/Lib/\nRUN dotnet restore src/Api/Api.csproj", ""),
        (
            "COPY src/Api/*.csproj src/Api/\nCOPY src/Lib/*.csproj src/Lib/\nRUN dotnet restore src/Api/Api.csproj\nCOPY src src\nRUN dotnet publish src/Api/Api.csproj",
            "",
        ),
    ],
)
def test_projects_of_dotnet_that_come_with_their_sources(lines: str, reason: str) -> None:
    workspace = Workspace(needed=lambda *_given: API, holds=lambda _path: True)
    text = f"FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /w\n{lines}\n"
    messages = [
        it.message.partition(": ")[2] for it in findings(late_module_download, context(text, workspace=workspace))
    ]
    assert messages == [reason] * bool(reason)


@every_case(
    "lines, manifest, reason",
    [
        (
            "COPY src src\nCOPY go.mod go.sum ./\nRUN go build",
            "go.mod",
            "of `src`: give `go mod download` a RUN of its own, and move `COPY src` below that",
        ),
        (
            "COPY src src\nCOPY pom.xml ./\nRUN mvn package",
            "pom.xml",
            "of `src`: give `mvn dependency:go-offline` a RUN of its own, and move `COPY src` below that",
        ),
        (
            "COPY src src\nCOPY pyproject.toml ./\nRUN poetry install",
            "pyproject.toml",
            "of `src`: give `poetry install --no-root` a RUN of its own, and move `COPY src` below that",
        ),
        (
            "COPY src src\nCOPY pom.xml ./\nRUN /opt/maven/bin/mvn package",
            "pom.xml",
            "of `src`: give `/opt/maven/bin/mvn dependency:go-offline` a RUN of its own, and move `COPY src` below that",
        ),
        # These need no sources.
        ("COPY src src\nCOPY go.mod go.sum ./\nRUN go mod download", "go.mod", "move `COPY src` below it"),
        (
            "COPY src src\nCOPY pyproject.toml ./\nRUN poetry install --no-root",
            "pyproject.toml",
            "move `COPY src` below it",
        ),
        ("COPY src src\nCOPY package.json ./\nRUN npm install", "package.json", "move `COPY src` below it"),
    ],
)
def test_a_command_that_compiles_stays_after_the_sources(lines: str, manifest: str, reason: str) -> None:
    files = (manifest, "go.sum") if manifest == "go.mod" else (manifest,)
    needed = NeededFiles(files, is_complete=True, installs_itself=manifest in ("pom.xml", "pyproject.toml"))
    workspace = Workspace(needed=lambda *_given: needed, requires_modules=True)
    (finding,) = findings(late_module_download, context(f"FROM acme/x\nWORKDIR /w\n{lines}\n", workspace=workspace))
    assert finding.message.endswith(reason)


@every_case(
    "lines, is_reported",
    [
        ("COPY shop shop\nCOPY requirements.txt .\nRUN pip install -r requirements.txt", True),
        ("COPY requirements.txt .\nCOPY ./shop/ shop/\nRUN pip install -r requirements.txt", True),
        ("COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY shop shop", False),
        ("COPY data data\nCOPY requirements.txt .\nRUN pip install -r requirements.txt", False),
        ("COPY requirements*.txt ./\nRUN pip install -r requirements.txt\nCOPY . .", False),
        ("COPY pyproject.toml poetry.lock* ./\nRUN poetry install --no-root\nCOPY . .", False),
        # It may hold scripts that the installation runs.
        ("COPY shop shop\nCOPY package.json .\nRUN npm install", False),
    ],
)
def test_packages_of_python_are_sources(lines: str, is_reported: bool) -> None:
    # A path with a pattern is held if its beginning is.
    workspace = Workspace(holds=lambda it: it == "shop/__init__.py" or "*" in it)
    text = f"FROM python\nWORKDIR /w\n{lines}\n"
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_reported


@every_case(
    "lines, is_reported",
    [
        ("COPY Cargo.toml Cargo.lock ./\nCOPY src src\nRUN cargo build --release", True),
        ("COPY Cargo.toml Cargo.lock ./\nCOPY src/main.rs src/\nRUN cargo build --release", True),
        ("COPY Cargo.toml Cargo.lock ./\nCOPY crates/a crates/a\nRUN cargo build --release", True),
        ("COPY Cargo.toml Cargo.lock ./\nCOPY crates crates\nRUN cargo build --release", True),
        ("COPY Cargo.toml Cargo.lock ./\nCOPY . .\nRUN cargo build --release", True),
        ("COPY Cargo.toml Cargo.lock ./\nCOPY vendor vendor\nRUN cargo build --release", False),
        ("COPY server .\nRUN cargo build --release", True),
        ("COPY Cargo.toml .\nRUN test -f Cargo.lock || cargo generate-lockfile\nCOPY src src\nRUN cargo build", True),
        ("COPY Cargo.toml .\nRUN cargo fetch\nCOPY src src\nRUN cargo build", False),
        # Sources that the build writes itself, so that the crates are compiled without those of the project.
        (
            "COPY Cargo.toml Cargo.lock ./\nRUN mkdir src && touch src/lib.rs && cargo build\nCOPY src src\nRUN cargo build",
            False,
        ),
        ("COPY Cargo.toml Cargo.lock ./\nCOPY migrations migrations\nRUN cargo build", False),
        ("COPY src src\nRUN cargo build", False),
        (
            "COPY Cargo.toml Cargo.lock* ./\nRUN mkdir src && touch src/lib.rs && cargo build\nCOPY src src\nRUN cargo build",
            False,
        ),
    ],
)
def test_crates_after_a_part_of_the_source(lines: str, is_reported: bool) -> None:
    lists = frozenset({"Cargo.toml", "server/Cargo.toml", "crates/a/Cargo.toml"})
    workspace = Workspace(
        holds=lambda it: it in lists or "*" in it,
        matching=lambda it: (it,) if it in ("crates/*/Cargo.toml", "vendor/*/Cargo.toml") else (),
        needed=lambda path, *_rest: (
            NeededFiles((path,), is_complete=True, requires_crates=True) if path in lists else None
        ),
    )
    text = f"FROM rust:1.90\nWORKDIR /w\n{lines}\n"
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_reported


@every_case(
    "copy, is_reported",
    [
        ("COPY --from=packages /w /w", False),
        ("COPY --from=packages /w/node_modules node_modules", False),
        ("COPY --from=packages /w/dist dist", True),
        ("COPY --from=other /w /w", True),
    ],
)
def test_what_another_stage_has_installed_is_not_downloaded(copy: str, is_reported: bool) -> None:
    text = f"""FROM node AS packages
WORKDIR /w
COPY package.json package-lock.json ./
RUN npm ci
FROM node AS other
WORKDIR /w
RUN make
FROM node
WORKDIR /w
{copy}
COPY . .
RUN npm install
"""
    assert bool(findings(late_module_download, context(text))) is is_reported


@every_case(
    "lines, is_reported",
    [
        ("COPY ./web/ /web/\nWORKDIR /web/\nRUN npm install", True),
        ("COPY web /web\nRUN cd /web && npm install", True),
        ("COPY web /web\nRUN npm install --prefix /web", True),
        ("COPY web/package.json /web/\nRUN cd /web && npm install\nCOPY web /web", False),
        ("COPY web/package*.json /web/\nRUN npm install --prefix /web", False),
        ("COPY web/src /web/src\nCOPY web/package.json /web/\nRUN cd /web && npm install", True),
    ],
)
def test_a_list_that_comes_with_a_directory(lines: str, is_reported: bool) -> None:
    files = ("web/package.json",)
    workspace = Workspace(
        holds=frozenset(files).__contains__,
        needed=lambda path, *_rest: NeededFiles(files, is_complete=True) if path in files else None,
    )
    text = f"FROM node\n{lines}\n"
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_reported


@every_case(
    "run, advice",
    [
        ("npm ci", "move `COPY src` below it"),
        ("npm ci && npm cache clean --force && rm -rf /tmp/x", "move `COPY src` below it"),
        (
            "npm ci && npm run build",
            "of which it needs no file: give it a RUN of its own, and move `COPY src` below that",
        ),
        ("npm ci && ./prepare", "of which it needs no file: give it a RUN of its own, and move `COPY src` below that"),
    ],
)
def test_sources_stay_before_a_run_that_builds_too(run: str, advice: str) -> None:
    text = f"FROM node\nWORKDIR /w\nCOPY src src\nCOPY package*.json ./\nRUN {run}\n"
    (finding,) = findings(late_module_download, context(text))
    assert finding.message.endswith(advice)


@every_case("command", ["pipenv install --deploy", "pipenv sync", "pipenv sync --system"])
def test_pipenv_reads_two_lists(command: str) -> None:
    (finding,) = findings(
        late_module_download, context(f"FROM python:3.12\nWORKDIR /w\nCOPY . .\nRUN {command}\nCMD sh\n")
    )
    assert "Pipfile.lock" in finding.message


@every_case(
    "lines, is_reported",
    [
        ("COPY . .\nRUN go build ./cmd/app", True),
        ("COPY . .\nRUN go mod download", True),
        ("COPY go.work cmd/go.mod lib/go.mod ./\nRUN go mod download\nCOPY . .\nRUN go build ./cmd/app", False),
        ("COPY . .\nRUN GOWORK=off go build ./cmd/app", False),
        ("COPY . /other\nRUN go build ./cmd/app", False),
    ],
)
def test_a_workspace_of_go_without_a_module_at_its_root(lines: str, is_reported: bool) -> None:
    files = ("go.work", "cmd/go.mod", "lib/go.mod")
    workspace = Workspace(
        holds=frozenset(files).__contains__,
        needed=lambda path, *_rest: NeededFiles(files, is_complete=True) if path == "go.work" else None,
    )
    text = f"FROM golang\nWORKDIR /w\n{lines}\n"
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_reported
    vendored = workspace._replace(holds=frozenset({*files, "vendor/modules.txt"}).__contains__)
    assert not findings(late_module_download, context(text, workspace=vendored))


@every_case(
    "image, is_reported",
    [
        ("acme/shop-base:1.2", False),
        ("registry.example.com/shop/deps", False),
        ("ghcr.io/acme/go_modules@sha256:" + "0" * 64, False),
        ("acme/baseimage", True),
        ("acme/golang:base", True),
        ("golang:1.24", True),
        ("base", False),
        ("shop-runtime:3", False),
        ("elixir:1.18", True),
    ],
)
def test_an_image_of_the_project_may_have_the_packages(image: str, is_reported: bool) -> None:
    text = f"FROM {image}\nWORKDIR /w\nCOPY . .\nRUN go build\n"
    assert bool(findings(late_module_download, context(text, workspace=WITH_MODULES))) is is_reported


@every_case(
    "text, name, is_reported",
    [
        ("FROM tools\nWORKDIR /w\nCOPY . .\nRUN go build\n", "tools", False),
        ("FROM golang\nWORKDIR /w\nCOPY . .\nRUN go build\n", "golang", False),
        ("FROM golang AS go\nFROM go\nWORKDIR /w\nCOPY . .\nRUN go build\n", "golang", False),
        ("FROM golang AS go\nFROM go\nWORKDIR /w\nCOPY . .\nRUN go build\n", "go", False),
        ("FROM golang\nWORKDIR /w\nCOPY go.mod ./\nCOPY cmd cmd\nRUN go mod download\n", "golang", False),
        # The context is for other files.
        ("FROM golang\nWORKDIR /w\nCOPY . .\nCOPY --from=web /a /a\nRUN go build\n", "web", True),
        ("FROM node AS web\nFROM golang\nWORKDIR /w\nCOPY . .\nRUN go build\n", "node", True),
        # An installation that needs no file of the project is repeated in every image.
        ("FROM tools\nWORKDIR /w\nCOPY . .\nRUN apt-get install -y git\n", "tools", True),
    ],
)
@pytest.mark.parametrize("value", ["target:x", "docker-image://golang:1.26", "oci-layout:///x", "../x"])
def test_an_image_that_a_named_context_gives_may_have_the_packages(
    text: str, name: str, value: str, is_reported: bool
) -> None:
    builder = Builder(replace(request(), contexts=((name, value),)), WITH_MODULES)
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=False)
    assert bool(findings(late_module_download, ctx)) is is_reported


@every_case(
    "directory, held, is_moved",
    [
        ("cfg", set(), False),
        ("web", {"web/package.json"}, True),
    ],
)
def test_a_pattern_for_a_whole_directory_takes_a_list_only_if_it_is_there(
    directory: str, held: set[str], is_moved: bool
) -> None:
    text = f"FROM node\nWORKDIR /a\nCOPY {directory}/* ./\nCOPY src src\nRUN npm install\n"
    found = findings(late_module_download, context(text, workspace=Workspace(holds=held.__contains__)))
    assert any("right after" in it.message for it in found) is is_moved


def of_project(*paths: str) -> Workspace:
    """Facts of a build context with some files; each list of dependencies needs itself and the lock file beside it."""

    def needed(path: str, _base: str, _manager: str) -> NeededFiles | None:
        lock = path.replace("package.json", "package-lock.json").replace("mix.exs", "mix.lock")
        return NeededFiles((path, *({lock} & {*paths} - {path})), is_complete=True) if path in paths else None

    directories = {"/".join(it.split("/")[:end]) + "/" for it in paths for end in range(1, it.count("/") + 1)}
    return Workspace(holds={*paths, *directories}.__contains__, needed=needed)


TWO_PROJECTS = of_project("package.json", "web/package.json", "api/package.json")


@every_case(
    "lines, messages",
    [
        (
            "COPY package.json ./\nRUN npm install\nCOPY . .\nRUN cd web && npm install && npm run build",
            ["`web/package.json` is not copied before the rest"],
        ),
        (
            "COPY package.json ./\nRUN npm install\nCOPY . .\nRUN npm install --prefix web",
            ["`web/package.json` is not copied before the rest"],
        ),
        (
            "COPY . .\nWORKDIR web\nRUN npm install\nWORKDIR ../api\nRUN npm install",
            ["`web/package.json` is not copied before the rest; also in line 7"],
        ),
        (
            "COPY package.json ./\nRUN npm install\nCOPY web web\nRUN cd web && npm install",
            ["`web/package.json` is not copied before the rest"],
        ),
        # The directory after `cd` has a list, so that the one above it does not matter.
        (
            "COPY . .\nRUN npm install\nRUN cd web && npm install",
            ["`package.json` is not copied before the rest; also in line 5"],
        ),
        # The same packages again, or those of a list that is there already.
        ("COPY package.json ./\nRUN npm install\nCOPY . .\nRUN npm install --omit=dev", []),
        (
            "COPY package.json ./\nCOPY web/package.json web/\nRUN npm install && cd web && npm install\nCOPY . .\nRUN cd web && npm install",
            [],
        ),
        # The build of another project may write what the second one reads.
        (
            "COPY . .\nWORKDIR web\nRUN npm install\nRUN npm run build\nWORKDIR ../api\nRUN npm install",
            ["`web/package.json` is not copied before the rest"],
        ),
    ],
)
def test_packages_of_a_second_project(lines: str, messages: list[str]) -> None:
    text = f"FROM node\nWORKDIR /w\n{lines}\n"
    given = findings(late_module_download, context(text, workspace=TWO_PROJECTS))
    assert [it.message.partition(": ")[2] for it in given] == messages


def test_few_of_many_projects_are_compared() -> None:
    lists = [f"p{it}/package.json" for it in range(300)]
    asked: list[str] = []

    def needed(path: str, _base: str, _manager: str) -> NeededFiles | None:
        asked.append(path)
        return NeededFiles((path,), is_complete=True) if path in lists else None

    runs = "".join(f"RUN cd p{it} && npm install\n" for it in range(300))
    workspace = of_project(*lists)._replace(needed=needed)
    (finding,) = findings(
        late_module_download, context(f"FROM node\nWORKDIR /w\nCOPY . .\n{runs}", workspace=workspace)
    )
    assert finding.message.endswith("also in lines 5, 6 and 9 more")
    assert len(asked) < 100


def test_modules_of_go_are_shared_by_the_projects_of_an_image() -> None:
    workspace = of_project("go.mod", "tool/go.mod")._replace(requires_modules=True)
    text = "FROM golang\nWORKDIR /w\nCOPY go.mod ./\nRUN go mod download\nCOPY . .\nRUN cd tool && go mod download\n"
    assert not findings(late_module_download, context(text, workspace=workspace))


@every_case(
    "run, is_reported",
    [
        ("npm install .", True),
        ("npm i ./", True),
        ("npm install ./lib", False),
        ("npm install . express", False),
        ("npm install -g .", False),
        ("yarn add .", False),
    ],
)
def test_the_directory_itself_is_what_npm_installs_anyway(run: str, *, is_reported: bool) -> None:
    found = findings(late_module_download, context(f"FROM node\nWORKDIR /w\nCOPY . .\nRUN {run}\n"))
    assert bool([it for it in found if "dependencies" in it.message]) is is_reported


@every_case(
    "lines, reason",
    [
        (
            "COPY . .\nRUN mix local.hex --force && mix local.rebar --force && mix deps.get",
            "`mix.exs` and `mix.lock` are not copied before the rest",
        ),
        (
            "COPY . .\nRUN mix do local.hex --force, deps.get --only prod, compile",
            "`mix.exs` and `mix.lock` are not copied before the rest; `mix do local.hex --force, deps.get --only prod` needs no other files",
        ),
        (
            "COPY mix.exs mix.lock ./\nCOPY . .\nRUN mix do deps.get + compile",
            "add `RUN mix do deps.get` right after `COPY mix.exs mix.lock`, before the rest is copied",
        ),
        (
            "COPY mix.exs mix.lock ./\nCOPY lib lib\nRUN mix deps.get --only prod\nRUN mix release",
            "move it to right after `COPY mix.exs mix.lock`, before the rest is copied",
        ),
        ("COPY mix.exs mix.lock ./\nRUN mix do deps.get, deps.compile\nCOPY . .\nRUN mix do deps.get, release", ""),
        (
            "COPY . .\nRUN mix archive.install hex phx_new --force\nRUN mix deps.get",
            "`mix.exs` and `mix.lock` are not copied before the rest",
        ),
        ("COPY . .\nRUN mix generate && mix deps.get", ""),
        ("COPY . .\nRUN mix do local.hex, generate && mix deps.get", ""),
        ("COPY . .\nRUN mix help deps", ""),
    ],
)
def test_packages_of_mix(lines: str, reason: str) -> None:
    text = f"FROM elixir\nWORKDIR /w\n{lines}\n"
    given = findings(late_module_download, context(text, workspace=of_project("mix.exs", "mix.lock")))
    assert [it.message.partition(": ")[2] for it in given] == [reason] * bool(reason)


@every_case(
    "lines, is_reported",
    [
        ("COPY . .\nRUN dart pub get", True),
        ("COPY pubspec.* ./\nRUN dart pub get\nCOPY . .\nRUN dart pub get --offline", False),
        ("COPY . .\nRUN dart pub get --offline", False),
        ("COPY . .\nRUN dart pub get -C tool", False),
        ("COPY . .\nRUN dart compile exe bin/a.dart", False),
    ],
)
def test_packages_of_dart(lines: str, *, is_reported: bool) -> None:
    text = f"FROM dart\nWORKDIR /w\n{lines}\n"
    assert bool(findings(late_module_download, context(text))) is is_reported


@every_case(
    "names, is_reported",
    [("web.csproj", True), ("shop.sln shop/web.csproj", True), ("web/web.csproj", False), ("README.md", False)],
)
def test_without_a_project_of_dotnet_another_directory_is_the_context(names: str, *, is_reported: bool) -> None:
    def needed(path: str, _base: str, _manager: str) -> NeededFiles | None:
        beside = [it for it in names.split() if "/" not in it and match_text(it, path)]
        return NeededFiles((*beside,), is_complete=True) if beside else None

    workspace = Workspace(holds=lambda it: "*" in it or it in names.split(), needed=needed)
    text = "FROM mcr.microsoft.com/dotnet/sdk\nWORKDIR /w\nCOPY . .\nRUN dotnet restore\n"
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_reported


SHOP = of_project("shared/__init__.py", "jobs/a.txt", "wheels/b.whl", "requirements.txt", "deps/c.txt")


@every_case(
    "more, run, moved",
    [
        ("COPY jobs /w/jobs", "pip install -r requirements.txt", ["shared", "jobs"]),
        ("COPY jobs ./", "pip install -r requirements.txt", ["shared", "jobs"]),
        # It may be for the installation, or another program.
        ("COPY wheels wheels", "pip install --find-links wheels -r requirements.txt", ["shared"]),
        ("COPY jobs /etc/ssl", "pip install -r requirements.txt", ["shared"]),
        ("COPY deps deps", "pip install -r requirements.txt", ["shared"]),
        ("COPY job[s] jobs", "pip install -r requirements.txt", ["shared"]),
        ("COPY nginx.conf ./", "pip install -r requirements.txt", ["shared"]),
    ],
)
def test_directories_beside_the_sources_move_with_them(more: str, run: str, moved: list[str]) -> None:
    text = f"FROM python\nWORKDIR /w\nCOPY shared shared\n{more}\nCOPY requirements.txt ./\nRUN {run}\n"
    (finding,) = findings(late_module_download, context(text, workspace=SHOP))
    named = " and ".join(f"`COPY {it}`" for it in moved)
    assert finding.message.endswith(f"of which it needs no file: move {named} below it")


@every_case(
    "files, is_reported",
    [
        ("worker/main.py worker/requirements.txt", True),
        ("worker/notes.txt worker/requirements.txt", False),
        ("worker/main.py", False),
    ],
)
def test_a_list_of_pip_that_comes_with_its_program(files: str, *, is_reported: bool) -> None:
    text = "FROM python\nCOPY worker /w/worker\nRUN pip install -r /w/worker/requirements.txt\n"
    assert bool(findings(late_module_download, context(text, workspace=of_project(*files.split())))) is is_reported


@every_case("sources", ["*.cs", "Program.cs", "*.dart", "*.php"])
def test_source_files_at_the_root_of_a_project(sources: str) -> None:
    text = f"FROM acme/x\nWORKDIR /w\nCOPY *.csproj ./\nCOPY {sources} ./\nRUN dotnet restore\n"
    (finding,) = findings(late_module_download, context(text))
    assert finding.message.endswith("move it to right after `COPY *.csproj`, before the rest is copied")


@every_case(
    "lines, fact",
    [
        ("COPY web web", "of `web`"),
        ("COPY web/ web/\nCOPY notes.txt .", "of `web/`"),
        ("COPY web web\nCOPY api api", "of the source"),
        ("COPY web web\nCOPY ap* api", "of the source"),
        # The whole project is its source.
        ("COPY . .", "of the source"),
        ("WORKDIR /w/\nCOPY web /w", "of the source"),
    ],
)
def test_the_only_directory_before_a_download_is_named(lines: str, fact: str) -> None:
    workspace = of_project("package.json", "web/package.json", "api/package.json")
    needed = NeededFiles(("package.json", "web/package.json"), is_complete=True)
    workspace = workspace._replace(needed=lambda *_given: needed)
    text = f"FROM node\nWORKDIR /w\nCOPY package.json ./\n{lines}\nRUN npm install\n"
    (finding,) = findings(late_module_download, context(text, workspace=workspace))
    assert finding.message.startswith(f"`npm install` downloads the dependencies again after each change {fact}: ")


@every_case(
    "before, is_reported",
    [
        ("pnpm audit", True),
        ("npm outdated", True),
        ("npx prettier --check ./src", True),
        ("npx eslint src", True),
        ("npm audit fix", False),
        ("npx prettier --write ./src", False),
        ("npx eslint --fix src", False),
        ("npx x", False),
        ("npm version minor", False),
    ],
)
def test_a_command_that_only_looks_changes_no_list(before: str, *, is_reported: bool) -> None:
    text = f"FROM node\nWORKDIR /w\nCOPY . .\nRUN {before}\nRUN npm install\n"
    assert bool(findings(late_module_download, context(text))) is is_reported


@every_case(
    "lines, is_reported",
    [
        ("COPY a.rs ./\nCOPY Cargo.toml ./\nRUN cargo build\nCOPY src src\nRUN cargo build", False),
        ("COPY a.rs ./\nCOPY Cargo.toml ./\nRUN cargo build\nCOPY notes.txt .", True),
        ("COPY . .\nRUN cargo test\nRUN cargo build", True),
        ("COPY . .\nRUN cargo build && cargo build", True),
    ],
)
def test_crates_that_are_compiled_with_an_empty_program_first(lines: str, *, is_reported: bool) -> None:
    text = f"FROM rust:1.90\nWORKDIR /w\n{lines}\n"
    assert bool(findings(late_module_download, context(text, workspace=CRATES))) is is_reported


@every_case(
    "arguments, run, is_reported",
    [
        ("", "apk add git", True),
        ("ARG NODE_VERSION=20\n", "apk add git", True),
        ("ARG VERSION\n", "apk add git", False),
        ("ARG GIT_COMMIT=unknown\n", "apk add git", False),
        ("ARG BUILD_DATE\n", "apk add git && make", False),
        ("", "npm install -g cnpm && cnpm install", False),
        ("", "npm install -g pm2 && make", True),
    ],
)
def test_an_installation_that_runs_for_each_revision_anyway(arguments: str, run: str, *, is_reported: bool) -> None:
    text = f"FROM acme/x\nWORKDIR /w\n{arguments}COPY . .\nRUN {run}\n"
    assert bool(findings(late_module_download, context(text))) is is_reported


@every_case(
    "after, makes_client",
    [
        (" && npx prisma generate", True),
        ("\nRUN npx --yes prisma@5 generate --schema db", True),
        ("\nRUN npm run db:generate", True),
        ("\nRUN npx prisma migrate deploy", False),
        ("\nFROM node\nRUN npx prisma generate", False),
    ],
)
def test_a_build_may_make_the_client_of_prisma_itself(after: str, *, makes_client: bool) -> None:
    managers: list[str] = []

    def needed(path: str, _base: str, manager: str) -> NeededFiles:
        managers.append(manager)
        return NeededFiles((path,), is_complete=True)

    text = f"FROM node\nWORKDIR /w\nCOPY . .\nRUN npm install{after}\n"
    findings(late_module_download, context(text, workspace=Workspace(needed=needed)))
    assert {*managers} <= {"npm prisma-generate" if makes_client else "npm"}


@every_case(
    "copy, message",
    [
        ("COPY api/requirements.txt api.txt", "of which it needs no file: move `COPY shared` below it"),
        ("COPY api/requirements.txt ./api.txt", "of which it needs no file: move `COPY shared` below it"),
        # Another list, another place, or several files.
        ("COPY api/requirements.txt other.txt", ""),
        ("COPY api/requirements.txt /x/api.txt", ""),
        ("COPY api/requirements.txt api.txt/", ""),
        ("COPY api api.txt", ""),
        ("COPY api/requirements.txt api/b.txt api.txt", ""),
    ],
)
def test_a_list_that_a_copy_gives_another_name(copy: str, message: str) -> None:
    workspace = of_project("shared/__init__.py", "api/requirements.txt", "api/b.txt")
    text = f"FROM python\nWORKDIR /w\nCOPY shared shared\n{copy}\nRUN pip install -r api.txt\n"
    given = findings(late_module_download, context(text, workspace=workspace))
    assert [it.message.partition("`shared`, ")[2] for it in given] == [message] * bool(message)


@every_case(
    "command, advice",
    [
        ("go build -C ./service -o /a", "`service/go.mod` is not copied before the rest; `cd ./service && go mod download` needs no other files"),
        ("cd service && go build -o /a", "`service/go.mod` is not copied before the rest; `cd service && go mod download` needs no other files"),
        ("cd /w/service && go build", "`service/go.mod` is not copied before the rest; `cd /w/service && go mod download` needs no other files"),
        ("go mod download -C service", "`service/go.mod` is not copied before the rest"),
        ("go build -C $DIR -o /a", ""),
    ],
)  # fmt: skip
def test_the_directory_is_named_as_the_file_writes_it(command: str, advice: str) -> None:
    def needed(path: str, _base: str, _manager: str) -> NeededFiles | None:
        return NeededFiles((path,), is_complete=True) if path == "service/go.mod" else None

    text = f"FROM golang\nWORKDIR /w\nCOPY . .\nRUN {command}\n"
    workspace = Workspace(needed=needed, holds=frozenset({"service/go.mod"}).__contains__)
    found = findings(late_module_download, context(text, workspace=workspace))
    assert [it.message.partition(": ")[2] for it in found] == [advice] * bool(advice)


def test_the_fix_moves_a_download_with_its_settings() -> None:
    check_fix(
        late_module_download,
        "FROM golang\nWORKDIR /w\nCOPY . .\nRUN go env -w GOPROXY=https://a.example && go mod download\nRUN go build .\n",
        "FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\nRUN go env -w GOPROXY=https://a.example && go mod download\nCOPY . .\nRUN go build .\n",
        workspace=WITH_MODULES,
    )
    for lines in (
        "RUN go env -w GOPROXY=https://a.example\nRUN go mod download",
        "RUN go env -w GOPROXY=a && go build .",
        "RUN export GOPROXY=a\nRUN go env -w GOFLAGS=-mod=mod && go build .",
    ):
        text = f"FROM golang\nWORKDIR /w\nCOPY . .\n{lines}\n"
        (finding,) = findings(late_module_download, context(text, workspace=WITH_MODULES))
        assert not finding.fixes


@every_case(
    "run, is_reported",
    [
        ("go get", True),
        ("go get -d -v ./...", True),
        ("go get .", True),
        # They change the list, or have nothing to do with it.
        ("go get -u ./...", False),
        ("go get example.com/tool", False),
    ],
)
def test_packages_of_the_project_that_go_get_downloads(run: str, *, is_reported: bool) -> None:
    text = f"FROM golang:1.15\nWORKDIR /w\nCOPY . .\nRUN {run}\n"
    assert bool(findings(late_module_download, context(text, workspace=WITH_MODULES))) is is_reported
    assert not findings(late_module_download, context(text))


@every_case(
    "copy, is_reported",
    [
        ("COPY vendor* vendor", False),
        ("COPY ./vendor*/ ./vendor/", False),
        ("COPY vendored.txt .", True),
    ],
)
def test_a_directory_of_packages_that_only_another_build_has(copy: str, *, is_reported: bool) -> None:
    text = f"FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\nCOPY cmd cmd\n{copy}\nRUN go build ./cmd/a\n"
    assert bool(findings(late_module_download, context(text, workspace=WITH_MODULES))) is is_reported


def test_an_update_moves_with_the_installation_after_it() -> None:
    check_fix(
        late_module_download,
        "FROM python\nCOPY . /app\nWORKDIR /app\nRUN pip install --upgrade pip\nRUN pip install flask\nCMD a\n",
        "FROM python\nRUN pip install --upgrade pip\nRUN pip install flask\nCOPY . /app\nWORKDIR /app\nCMD a\n",
    )
    check_fix(
        late_module_download,
        "FROM debian\nWORKDIR /app\nCOPY . .\nRUN apt-get update\nRUN apt-get install -y git\nCMD a\n",
        "FROM debian\nWORKDIR /app\nRUN apt-get update\nRUN apt-get install -y git\nCOPY . .\nCMD a\n",
    )
    for run in ("pip install --upgrade pip", "pip install --upgrade pip\nRUN ./build", "apt-get update\nRUN make"):
        check_nothing(late_module_download, f"FROM python\nWORKDIR /app\nCOPY . .\nRUN {run}\n")


LISTS_OF_UV = NeededFiles(("pyproject.toml", "uv.lock"), is_complete=True, installs_itself=True)
MOUNTS = "--mount=type=cache,target=/root/.cache --mount=type=bind,source=uv.lock,target=uv.lock --mount=type=bind,source=pyproject.toml,target=pyproject.toml"


@every_case(
    "run, is_reported",
    [
        (f"{MOUNTS} uv sync --frozen --no-install-project", True),
        (f"{MOUNTS} uv sync --frozen", False),
        (f"{MOUNTS} uv sync --frozen --no-install-project && make", False),
        (f"{MOUNTS.replace('target=uv.lock', 'target=/other/uv.lock')} uv sync --no-install-project", False),
        ("--mount=type=cache,target=/root/.cache uv sync --no-install-project", False),
        ("--mount=type=cache,target=/c --mount=target=. uv sync --no-install-project", False),
    ],
)
def test_lists_that_a_run_mounts_need_no_copy_before_it(run: str, *, is_reported: bool) -> None:
    text = f"FROM python\nWORKDIR /w\nCOPY . .\nRUN {run}\n"
    workspace = Workspace(needed=lambda *_given: LISTS_OF_UV)
    found = findings(late_module_download, context(text, workspace=workspace))
    assert [INDEPENDENT in it.message for it in found] == [True] * is_reported
    elsewhere = text.replace("COPY . .", "COPY . .\nWORKDIR /other")
    assert not findings(late_module_download, context(elsewhere, workspace=workspace))


def test_a_path_above_the_context_is_the_context() -> None:
    text = "FROM python\nWORKDIR /w\nCOPY ../../ .\nRUN pip install -r a/requirements.txt\n"
    (finding,) = findings(late_module_download, context(text))
    assert "`a/requirements.txt` is not copied" in finding.message


@every_case(
    "before, after",
    [
        ("\nCOPY . .\n\nRUN apk add jq\n\nRUN make\n", "\nRUN apk add jq\n\nCOPY . .\n\nRUN make\n"),
        ("COPY . .\nRUN apk add jq\nRUN make\n", "RUN apk add jq\nCOPY . .\nRUN make\n"),
        ("\n# All\nCOPY . .\n\n# Tool\nRUN apk add jq\n", "\n# Tool\nRUN apk add jq\n\n# All\nCOPY . .\n\n"),
    ],
)
def test_empty_lines_between_instructions_stay(before: str, after: str) -> None:
    text = f"FROM alpine\nWORKDIR /w\n{before}"
    (finding,) = findings(late_module_download, context(text, workspace=OUTSIDE))
    assert apply_edits(text, finding.fixes[0].edits).rstrip() == f"FROM alpine\nWORKDIR /w\n{after}".rstrip()


@every_case(
    "between, run, is_said",
    [
        ("#RUN go mod download", "go build .", False),
        ("# RUN go mod download -x", "go build .", False),
        ("  ## run  go  mod download && go mod verify", "go build .", False),
        ("# RUN --mount=type=cache,target=/c go mod download", "go build .", False),
        ("#RUN go mod download", "go mod download", False),
        # Other text, or another command.
        ("# go mod download needs a token", "go build .", True),
        ("#RUN go mod vendor", "go build .", True),
        ("#RUN go mod downloader", "go build .", True),
        ("#RUN go build .", "go build .", True),
        ("RUN echo '#RUN go mod download'", "go build .", True),
    ],
)
@pytest.mark.parametrize("copy", ["COPY . .", "COPY cmd cmd"])
def test_a_download_that_its_author_took_out(copy: str, between: str, run: str, *, is_said: bool) -> None:
    lines = f"COPY go.mod go.sum ./\n{between}\n{copy}\n"
    text = f"FROM golang\nWORKDIR /w\n{lines}RUN {run}\n"
    assert bool(findings(late_module_download, context(text, workspace=WITH_MODULES))) is is_said
    # Before the lists it is not where the advice would put it.
    moved = f"FROM golang\nWORKDIR /w\n{between}\nCOPY go.mod go.sum ./\n{copy}\nRUN {run}\n"
    assert findings(late_module_download, context(moved, workspace=WITH_MODULES))


@every_case(
    "lines, is_said",
    [
        ("COPY package.json ./\n#RUN npm install\nCOPY . .\nRUN npm install", False),
        ("COPY package.json ./\n# RUN npm install --silent; rm -rf /tmp/*\nCOPY . .\nRUN npm install", False),
        ("COPY package.json ./\n#RUN npm install express\nCOPY . .\nRUN npm install", True),
        ("COPY package.json ./\n#RUN npm install -g pnpm\nCOPY . .\nRUN npm install", True),
        ("COPY . .\n#RUN npm install\nRUN npm install", True),
        ("COPY package.json ./\nCOPY . .\nRUN npm install\n#RUN npm install", True),
    ],
)
def test_an_installation_that_its_author_moved(lines: str, *, is_said: bool) -> None:
    assert bool(findings(late_module_download, context(f"FROM node\nWORKDIR /w\n{lines}\n"))) is is_said


@pytest.mark.parametrize(
    ("needed", "end"),
    [
        (NeededFiles(("Cargo.toml",), is_complete=True), "; Cargo also needs an empty `src/main.rs` or `src/lib.rs`"),
        (NeededFiles(("Cargo.toml",), is_complete=True, names_targets=True), "before the rest"),
        (None, "; Cargo also needs an empty `src/main.rs` or `src/lib.rs`"),
    ],
)
def test_cargo_needs_a_file_of_the_project(needed: NeededFiles | None, end: str) -> None:
    text = "FROM rust\nWORKDIR /s\nCOPY . .\nRUN cargo fetch\n"
    (finding,) = findings(late_module_download, context(text, workspace=Workspace(needed=lambda *_given: needed)))
    assert finding.message.endswith(end)


@every_case(
    "base, lines, is_reported",
    [
        ("base", "WORKDIR /w\nCOPY --from=base /w/out/json/ .\nRUN npm install", True),
        ("base", "WORKDIR /w\nCOPY --from=0 /w/out/json/ ./\nRUN npm ci", True),
        # The stage begins without the source, or takes its lists from elsewhere.
        ("node", "WORKDIR /w\nCOPY --from=base /w/out/json/ .\nRUN npm install", False),
        ("node AS other\nCOPY . .\nFROM base", "WORKDIR /w\nCOPY --from=other /w/out/json/ .\nRUN npm install", False),
        ("base", "WORKDIR /w\nCOPY --from=base /w/out/json/ /x/\nRUN npm install", False),
        ("base", "WORKDIR /w\nCOPY --from=base /w/out/json/ .\nRUN --mount=type=cache,target=/root/.npm npm install", False),
        ("base", "WORKDIR /w\nCOPY --from=base /w/out/json/ .\nRUN npm run build", False),
    ],
)  # fmt: skip
def test_lists_from_the_stage_below_with_all_sources(base: str, lines: str, *, is_reported: bool) -> None:
    text = f"FROM node AS base\nWORKDIR /w\nRUN npm i -g turbo\nCOPY . .\nRUN turbo prune web --docker\nFROM {base}\n{lines}\n"
    found = [it.message for it in findings(late_module_download, context(text))]
    said = [it for it in found if "comes with `FROM base`: begin this stage from an image without it" in it]
    assert len(said) == is_reported


SERVICE = of_project(
    "libs/setup.py",
    "libs/lib/__init__.py",
    "requirements.txt",
    "dev.txt",
    "setup.py",
    "constraints/c.txt",
    "wheels/a.whl",
)._replace(
    needed=lambda path, *_rest: NeededFiles((path,), is_complete=True) if path.endswith(".txt") else None,
)
OWN_RUN = "of which it needs no file: give it a RUN of its own, and move `COPY libs` below that"


@every_case(
    "run, reason",
    [
        ("pip install -r requirements.txt", "of which it needs no file: move `COPY libs` below it"),
        ("pip install -U pip && pip install -r requirements.txt && rm -rf /tmp/x", "move `COPY libs` below it"),
        ("cd /w && pip install -r requirements.txt", "move `COPY libs` below it"),
        # The rest of the RUN needs the directory.
        ("pip install -r requirements.txt && pip install ./libs", OWN_RUN),
        ("pip install -r requirements.txt && pip install --no-deps -e /w/libs/", OWN_RUN),
        ("pip install -r requirements.txt && pip install './libs[all]'", OWN_RUN),
        ("pip install -r requirements.txt && cp -r libs /opt", OWN_RUN),
        ("pip install -r requirements.txt && chown -R app .", OWN_RUN),
        ("pip install -r requirements.txt && cd libs && pip install .", OWN_RUN),
        ("pip install -r requirements.txt && python -m libs.setup", OWN_RUN),
        # So does the command itself, but not for the list.
        (
            "pip install --no-cache-dir -r requirements.txt ./libs",
            "of `libs`: give `pip install --no-cache-dir -r requirements.txt` a RUN of its own, and move `COPY libs` below that",
        ),
        (
            "pip install -e libs/ -r requirements.txt",
            "give `pip install -r requirements.txt` a RUN of its own, and move `COPY libs` below that",
        ),
        # The list may name what comes first.
        ("pip install ./libs && pip install -r requirements.txt", ""),
        ("cd libs && pip install . && cd /w && pip install -r requirements.txt", ""),
        ("make -C libs && pip install -r requirements.txt", ""),
    ],
)
def test_what_else_of_a_run_needs_the_sources(run: str, reason: str) -> None:
    text = f"FROM python\nWORKDIR /w\nCOPY libs /w/libs\nCOPY requirements.txt ./\nRUN {run}\nCMD sh\n"
    workspace = SERVICE._replace(holds=lambda it: it == "libs/__init__.py" or bool(SERVICE.holds and SERVICE.holds(it)))
    found = findings(late_module_download, context(text, workspace=workspace))
    assert [it.message.endswith(reason) for it in found] == [True] * bool(reason)


@every_case(
    "run, reason",
    [
        (
            "pip install -r requirements.txt",
            "move it to right after `COPY requirements.txt`, before the rest is copied",
        ),
        ("pip install -r requirements.txt && rm -rf /root/.cache", "move it to right after"),
        ("pip install -r requirements.txt && python setup.py", "move it to a RUN of its own right after"),
        ("pip install -r requirements.txt && chmod -R g+w /w", "move it to a RUN of its own right after"),
        # What comes before the installation is for it.
        ("python -m venv /w/v && /w/v/bin/pip install -r requirements.txt", "move it to right after"),
        ("rm -rf /w/libs/v && pip install -r requirements.txt", "move it to right after"),
        ("pip install -r requirements.txt && mkdir /w/data && touch /w/data/a", "move it to right after"),
        ("pip install -r requirements.txt || pip install -r requirements.txt", "move it to right after"),
        ("pip install -r requirements.txt -e .", "add `RUN pip install -r requirements.txt` right after"),
        ("pip install -r requirements.txt --editable=.[dev]", "add `RUN pip install -r requirements.txt` right after"),
        ("pip install -r requirements.txt .[dev]", "add `RUN pip install -r requirements.txt` right after"),
        ("pip install -r requirements.txt wheels/*.whl", "add `RUN pip install -r requirements.txt` right after"),
        ("pip install -r requirements.txt git+https://x.org/a/b@c", "move it to right after"),
        ("pip install -r requirements.txt 'a @ https://x.org/a/b'", "move it to right after"),
        ("pip install -r requirements.txt -i https://x.org/simple --prefix /opt/x", "move it to right after"),
        ("pip install -r requirements.txt -r dev.txt", "`dev.txt` is not copied before the rest"),
        ("pip install -c constraints/c.txt -r requirements.txt", "`constraints/c.txt` is not copied before the rest"),
        ("pip install -c https://x.org/c.txt -r requirements.txt", "move it to right after"),
        # The directory of packages is not a list.
        ("pip install --find-links wheels -r requirements.txt", ""),
        ("pip install --find-links=./wheels -r requirements.txt", ""),
    ],
)
def test_what_else_an_installation_of_pip_reads(run: str, reason: str) -> None:
    text = f"FROM python\nWORKDIR /w\nCOPY requirements.txt ./\nCOPY . .\nRUN {run}\nCMD sh\n"
    found = findings(late_module_download, context(text, workspace=SERVICE))
    assert [reason in it.message for it in found] == [True] * bool(reason)


@every_case(
    "image, lists, run, reason",
    [
        (
            "node",
            "package.json pnpm-lock.yaml",
            "npm i -g pnpm && pnpm i && pnpm build",
            "move `npm i -g pnpm && pnpm i` to a RUN of its own right after",
        ),
        (
            "node",
            "package.json yarn.lock",
            "corepack enable && yarn && yarn build",
            "move `corepack enable && yarn` to a RUN of its own right after",
        ),
        (
            "node",
            "package.json",
            "export NODE_ENV=a && npm i && npm run b",
            "move `export NODE_ENV=a && npm i` to a RUN of its own right after",
        ),
        ("node", "package.json", "NODE_ENV=a npm i && npm run b", "move it to a RUN of its own right after"),
        ("node", "package.json", "export B=a && npm i && npm run b", "move it to a RUN of its own right after"),
        ("node", "package.json", "export B=$(cat x) && npm i && npm run b", "move it to a RUN of its own right after"),
        ("node", "package.json", "export NODE_ENV=$(cat x) && npm i && npm run b", "of the source"),
        # What compiles native packages.
        (
            "node",
            "package.json",
            "export CXXFLAGS=-O1 && npm i && npm run b",
            "move `export CXXFLAGS=-O1 && npm i` to a RUN of its own right after",
        ),
        ("node", "package.json", "if test -f a; then export CC=b; fi && npm i && npm run b", "of the source"),
        ("node", "package.json", "export CFLAGZ=-O1 && npm i && npm run b", "move it to a RUN of its own right after"),
        ("node", "package.json", "echo a > .npmrc && npm i && npm run b", "of the source"),
        ("node", "package.json", "echo a > b && npm i && npm run b", "move it to a RUN of its own right after"),
        ("node", "package.json", "curl -f https://x.org/a | sh && npm i && npm run b", ""),
        ("node", "package.json", "if test $A; then npm config set a b; fi; npm i && npm run b", "of the source"),
        ("node", "package.json", "cd a && npm i -g b && cd .. && npm i && npm run b", "of the source"),
        (
            "node",
            "package.json",
            "corepack enable\nRUN npm i",
            "move it, with `RUN corepack enable` above it, to right after",
        ),
        (
            "node",
            "package.json",
            "corepack enable\nRUN npm i && npm run b",
            "move it to a RUN of its own, with `RUN corepack enable` above it, right after",
        ),
        ("node", "package.json", "corepack enable && node a\nRUN npm i", ""),
        (
            "python",
            "requirements.txt",
            "python -m venv v && . v/bin/activate && pip install -r requirements.txt && python a.py",
            "move `python -m venv v && . v/bin/activate && pip install -r requirements.txt` to",
        ),
        ("python", "requirements.txt", ". ./env && pip install -r requirements.txt && python a.py", ""),
        (
            "python",
            "pyproject.toml poetry.lock",
            "cd /w && pip install poetry && poetry install",
            "add `RUN cd /w && pip install poetry && poetry install --no-root` right after",
        ),
        (
            "python",
            "pyproject.toml poetry.lock",
            "POETRY_VIRTUALENVS_CREATE=0 poetry install",
            "add `RUN POETRY_VIRTUALENVS_CREATE=0 poetry install --no-root` right after",
        ),
        (
            "ruby",
            "Gemfile Gemfile.lock",
            "bundle config set without a && bundle install && rake a",
            "move `bundle config set without a && bundle install` to",
        ),
        (
            "golang",
            "go.mod go.sum",
            "git config --global a b && go mod download && go build",
            "move `git config --global a b && go mod download` to",
        ),
    ],
)
def test_what_an_installation_needs_goes_with_it(image: str, lists: str, run: str, reason: str) -> None:
    text = f"FROM {image}\nWORKDIR /w\nCOPY {lists} ./\nCOPY . .\nRUN {run}\nCMD sh\n"
    found = findings(late_module_download, context(text))
    end = "" if reason == "of the source" else f" `COPY {lists}`, before the rest is copied"
    reason = f"{reason} a RUN of its own right after" if reason.endswith("` to") else reason
    assert [it.message.endswith(f"{reason}{end}") for it in found] == [True] * bool(reason)


@every_case(
    "image, lists, between, run, reason",
    [
        ("node", "package.json", "COPY . .\nENV NODE_ENV=a", "npm i", "move it, with `ENV NODE_ENV=a` above it, to right after `COPY package.json`, before the rest is copied"),
        ("node", "package.json", "ARG NPM_TOKEN\nCOPY . .", "npm i", "move it to right after `ARG NPM_TOKEN`, before the rest is copied"),
        ("node", "package.json", "ENV B=a\nCOPY . .\nENV C=a", "npm i", "move it to right after `COPY package.json`, before the rest is copied"),
        ("golang", "go.mod go.sum", "ENV GOTOOLCHAIN=auto\nCOPY . .", "go build", "add `RUN go mod download` right after `ENV GOTOOLCHAIN=auto`, before the rest is copied"),
        ("golang", "go.mod go.sum", "COPY . .\nENV GOTOOLCHAIN=auto", "go build", "again after each change of the source"),
        ("golang", "go.mod go.sum", "COPY . .\nENV CGO_ENABLED=0", "go build", "add `RUN go mod download` right after `COPY go.mod go.sum`, before the rest is copied"),
    ],
)  # fmt: skip
def test_variables_of_the_stage_come_first(image: str, lists: str, between: str, run: str, reason: str) -> None:
    text = f"FROM {image}\nWORKDIR /w\nCOPY {lists} ./\n{between}\nRUN {run}\nCMD sh\n"
    (finding,) = findings(late_module_download, context(text, workspace=Workspace(requires_modules=True)))
    assert finding.message.endswith(reason)


def test_the_fix_comes_after_variables_of_go() -> None:
    head = "FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\nENV GOTOOLCHAIN=auto\n"
    check_fix(
        late_module_download,
        f"{head}COPY . .\nRUN go mod download\nCMD a\n",
        f"{head}RUN go mod download\nCOPY . .\nCMD a\n",
    )
    text = "FROM golang\nWORKDIR /w\nCOPY . .\nENV GOTOOLCHAIN=auto\nRUN go mod download\n"
    assert not findings(late_module_download, context(text))[0].fixes


def test_the_fix_lacks_no_program() -> None:
    text = "FROM golang:alpine\nWORKDIR /w\nCOPY . .\nRUN apk add git && go build\n"
    (finding,) = findings(late_module_download, context(text, workspace=Workspace(requires_modules=True)))
    assert not finding.fixes
    assert finding.message.endswith("`apk add git && go mod download` needs no other files")


@every_case(
    "run, reason",
    [
        (
            "corepack enable && npm ci && npm run a",
            "give `corepack enable && npm ci` a RUN of its own, and move `COPY src` below that",
        ),
        ("corepack enable && npm ci", "of which it needs no file: move `COPY src` below it"),
        ("echo a > ~/.npmrc && npm ci && npm run a", "again after each change of `src`"),
    ],
)
def test_what_an_installation_needs_stays_with_it(run: str, reason: str) -> None:
    text = f"FROM node\nWORKDIR /w\nCOPY src src\nCOPY package*.json ./\nRUN {run}\n"
    (finding,) = findings(late_module_download, context(text))
    assert finding.message.endswith(reason)


def test_a_command_that_compiles_may_name_its_sources() -> None:
    workspace = of_project("go.mod", "go.sum", "src/main.go")._replace(requires_modules=True)
    text = "FROM golang\nWORKDIR /w\nCOPY src src\nCOPY go.mod go.sum ./\nRUN go build -o /a src/main.go\nCMD /a\n"
    (finding,) = findings(late_module_download, context(text, workspace=workspace))
    assert finding.message.endswith("give `go mod download` a RUN of its own, and move `COPY src` below that")


SHARED = """\
FROM node:24 AS base
WORKDIR /app
COPY package.json package-lock.json ./
{shared}
FROM base AS test
{own}RUN npm ci
RUN npm test
{other}
FROM nginx
COPY --from=test /app/report /r
"""


@every_case(
    "other",
    [
        "FROM base AS archive\nRUN zip -r /app.zip /app\n",
        "FROM base AS between\nFROM between AS archive\n",
        "FROM alpine\nCOPY --from=base /app /app\n",
        "FROM alpine\nRUN --mount=from=base,target=/b tar -cf /x /b\n",
    ],
)
def test_no_installation_moves_into_a_stage_that_has_other_uses(other: str) -> None:
    (finding,) = findings(late_module_download, context(SHARED.format(shared="COPY src ./src", own="", other=other)))
    assert finding.message.endswith("after each change of the source: `COPY src` comes before it, in stage `base`")
    (finding,) = findings(late_module_download, context(SHARED.format(shared="", own="COPY . .\n", other=other)))
    assert finding.message.endswith("after each change of the source: move it before `COPY .`")


@every_case("other", ["", "FROM test AS later\n", "FROM alpine\nCOPY --from=test /app /app\n"])
def test_an_installation_may_move_into_a_stage_that_is_for_its_own_alone(other: str) -> None:
    (finding,) = findings(late_module_download, context(SHARED.format(shared="COPY src ./src", own="", other=other)))
    assert "right after `COPY package.json package-lock.json`" in finding.message


def test_sources_before_the_lists_in_a_stage_that_has_other_uses_stay_there() -> None:
    (finding,) = findings(
        late_module_download,
        context(
            "FROM node:24 AS base\nWORKDIR /app\nCOPY src ./src\nCOPY package.json package-lock.json ./\n"
            "FROM base AS test\nRUN npm ci\nFROM base AS archive\nRUN zip -r /app.zip /app\n"
            "FROM nginx\nCOPY --from=test /app/r /r\nCOPY --from=archive /app.zip /\n"
        ),
    )
    assert finding.message.endswith("`COPY src` comes before it, in stage `base`")


@every_case(
    "directory, vendored, is_said",
    [
        ("codec", True, False),
        ("codec", False, True),
        ("third_party", False, False),
        ("third_party/lib", False, False),
        ("vendor/lib/src", False, False),
    ],
)
def test_copies_of_other_projects_change_with_the_list(directory: str, vendored: bool, is_said: bool) -> None:
    lists = ("go.mod", "go.sum", f"{directory}/go.mod")
    needed = NeededFiles(lists, is_complete=True, vendored=lists[2:] if vendored else ())
    workspace = Workspace(
        needed=lambda *_given: needed, holds=lambda path: path in (directory, f"{directory}/", *lists)
    )
    text = (
        "FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\n"
        f"COPY {directory} ./{directory}\nRUN go mod download\nCOPY . .\nRUN go build -o /app .\n"
    )
    assert bool(findings(late_module_download, context(text, workspace=workspace))) is is_said
