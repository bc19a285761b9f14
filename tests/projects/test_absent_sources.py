"""Files that a repository surely lacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildxray.projects.absent_sources import AbsentSources
from buildxray.toolchains.base import Absence
from tests.support.cases import every_case

if TYPE_CHECKING:
    import pytest

_WORKFLOW = ".github/workflows/image.yml"


def _absence(root: Path, files: dict[str, str], path: str) -> Absence | None:
    for name, text in {".git/HEAD": "", _WORKFLOW: "jobs: {}", "app/index.html": "", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return AbsentSources((root / "app", root), ((root / _WORKFLOW, "image"),)).absence(path)


@every_case(
    "path, files",
    [
        ("yarn.lock", {}),
        ("./yarn.lock", {}),
        ("web/package.json", {"package.json": "{}"}),
        ("entrypoint.sh", {"notes.txt": "entrypoint.sh"}),
        ("requirements-dev.txt", {"README.md": "pip install -r requirements.txt"}),
        ("vite.config.ts", {"vite.config.js": ""}),
        ("lib/package.json", {".gitmodules": "[submodule]\n\tpath = other\n"}),
        # A common name tells nothing of one file.
        ("lib/package.json", {"README.md": "├── package.json\n"}),
        ("lib/package.json", {"README.md": "The version is in `package.json`.\n"}),
        (
            "requirements.txt",
            {"README.md": "pip install -r requirements.txt\n", "a.sh": "pip install -r requirements.txt"},
        ),
        ("yarn.lock", {_WORKFLOW: "jobs: {a: {steps: [{run: \"echo ${{ hashFiles('yarn.lock') }}\"}]}}"}),
        ("bun.lockb", {"docs/docker.md": "    COPY package.json bun.lockb ./\n"}),
        ("lib/package.json", {_WORKFLOW: "permissions:\n  lib: write\n"}),
        ("lib/package.json", {"build.sh": "cp a lib/other.json\n"}),
        ("tool/app.csproj", {"README.md": "|-- app.csproj\n"}),
        ("entrypoint.sh", {"README.md": "    └── entrypoint.sh\n"}),
        ("entrypoint.sh", {"README.md": "Start `entrypoint.sh` — in a shell."}),
    ],
)
def test_files_that_nobody_has_added(tmp_path: Path, path: str, files: dict[str, str]) -> None:
    assert _absence(tmp_path, files, path) is Absence.MISSING


@every_case(
    "path, files",
    [
        # It is there, beside the Dockerfile or at the root, or a link says where it may be.
        ("yarn.lock", {"app/yarn.lock": ""}),
        ("yarn.lock", {"yarn.lock": ""}),
        # Builds write such files.
        ("dist/index.js", {}),
        ("app.jar", {}),
        ("dist", {}),
        (".env", {}),
        ("server", {}),
        # Something may make it.
        ("entrypoint.sh", {"build.sh": "cp ../entrypoint.sh .\n"}),
        ("package.json", {"Makefile": "web:\n\tcp web/package.json .\n"}),
        ("requirements.txt", {"docs/start.md": "Copy `requirements.txt` from the other project."}),
        ("yarn.lock", {_WORKFLOW: "jobs: {a: {steps: [{run: cp x/yarn.lock .}]}}"}),
        ("requirements.txt", {"build.sh": "poetry lock >requirements.txt\n"}),
        ("requirements.txt", {"Makefile": "a:\n\tpoetry x \\\n\t -o requirements.txt\n"}),
        ("requirements.txt", {"a.mjs": "a;" * 501 + "requirements.txt"}),
        ("lib/package.json", {"build.sh": "cp -r ../shared/. lib\n"}),
        ("lib/sub/package.json", {"build.sh": "git clone https://example.com/sub lib/sub/\n"}),
        ("entrypoint.sh", {"README.md": "Create `entrypoint.sh`."}),
        ("entrypoint.sh", {"README.md": "编写 entrypoint.sh"}),
        ("requirements.txt", {"README.md": "Скопируйте requirements.txt"}),
        ("tool/app.csproj", {"all.cmd": "dotnet build app.csproj"}),
        # Git would not keep it.
        ("package.json", {".gitignore": "package.json\n"}),
        ("app/setup.py", {".gitignore": "/app\n"}),
        # It is elsewhere.
        ("lib/package.json", {".gitmodules": "[submodule]\n\tpath = lib\n"}),
        ("../package.json", {}),
    ],
)
def test_files_that_a_build_may_find(tmp_path: Path, path: str, files: dict[str, str]) -> None:
    assert _absence(tmp_path, files, path) is None


@every_case(
    "path, workflow, expected",
    [
        ("Cargo.lock", "jobs: {}", Absence.IGNORED),
        ("web/yarn.lock", "jobs: {a: {steps: [{run: npm test}]}}", Absence.IGNORED),
        ("Cargo.lock", "jobs: {a: {steps: [{run: cargo test}]}}", None),
        ("Cargo.lock", "jobs: {a: {steps: [{run: cp x/Cargo.lock .}]}}", None),
    ],
)
def test_lock_files_that_git_ignores(tmp_path: Path, path: str, workflow: str, expected: Absence | None) -> None:
    assert _absence(tmp_path, {".gitignore": "*.lock\n", _WORKFLOW: workflow}, path) is expected


@every_case(
    "steps, expected",
    [("run: npm install", None), ("run: npm ci && make", None), ("run: make", Absence.MISSING)],
)
def test_a_lock_file_that_the_job_may_make(tmp_path: Path, steps: str, expected: Absence | None) -> None:
    workflow = f"jobs: {{image: {{steps: [{{{steps}}}]}}, test: {{steps: [{{run: npm install}}]}}}}"
    assert _absence(tmp_path, {_WORKFLOW: workflow}, "package-lock.json") is expected


@every_case(
    "files, expected",
    [
        ({"bun.lock": ""}, Absence.IGNORED),
        ({"app/web/yarn.lock": ""}, Absence.IGNORED),
        ({"app/other/yarn.lock": ""}, None),
        ({"poetry.lock": ""}, None),
        ({".gitignore": "*lock*\n", "bun.lock": ""}, None),
    ],
)
def test_an_ignored_lock_file_of_another_package_manager(
    tmp_path: Path, files: dict[str, str], expected: Absence | None
) -> None:
    _absence(tmp_path, {".gitignore": "package-lock.json\n", **files}, "")
    assert AbsentSources((tmp_path / "app",)).absence("web/package-lock.json") is expected


def test_the_names_of_many_files_are_not_looked_for(tmp_path: Path) -> None:
    _absence(tmp_path, {}, "")
    sources = AbsentSources((tmp_path,))
    answers = [sources.absence(f"{it}/package.json") for it in range(60)]
    assert answers == [Absence.MISSING] * 50 + [None] * 10


def test_without_a_workflow_an_ignored_lock_file_may_be_made_by_hand(tmp_path: Path) -> None:
    _absence(tmp_path, {".gitignore": "*.lock\n"}, "Cargo.lock")
    assert AbsentSources((tmp_path,)).absence("Cargo.lock") is None


def test_a_lock_file_that_is_in_the_root(tmp_path: Path) -> None:
    _absence(tmp_path, {"app/package.json": "", "yarn.lock": "", "pyproject.toml": ""}, "yarn.lock")
    assert AbsentSources((tmp_path / "app",)).absence("yarn.lock") is Absence.IN_ROOT
    assert AbsentSources((tmp_path / "app",)).absence("poetry.lock") is Absence.MISSING
    assert AbsentSources((tmp_path / "app",)).absence("pyproject.toml") is Absence.IN_ROOT
    # With the root as the context, that path would not be there either.
    assert AbsentSources((tmp_path / "app",)).absence("web/yarn.lock") is Absence.MISSING
    (tmp_path / ".gitignore").write_text("/yarn.lock")
    assert AbsentSources((tmp_path / "app",)).absence("yarn.lock") is Absence.MISSING


@every_case(
    "name, content, is_missing",
    [
        ("package.json", "a/main.ts", True),
        ("package.json", "nginx/default.conf", False),
        ("yarn.lock", "a.conf", False),
        ("yarn.lock", "package.json", True),
    ],
)
def test_a_template_has_no_list_of_dependencies(tmp_path: Path, name: str, content: str, *, is_missing: bool) -> None:
    for path in (".git/HEAD", f"web/{content}", "main.go"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert (AbsentSources((tmp_path / "web",)).absence(name) is Absence.MISSING) is is_missing


@every_case(
    "files, expected",
    [
        ({}, Absence.IGNORED),
        ({"README.md": "pip install -r requirements.txt"}, Absence.IGNORED),
        # Another list may be its source, something makes it, or it is a template.
        ({"app/pyproject.toml": ""}, None),
        ({"app/requirements.in": ""}, None),
        ({"Makefile": "a:\n\tpip freeze > requirements.txt\n"}, None),
        ({"app/main.py": None, "app/index.html": None}, None),
    ],
)
def test_a_list_of_pip_that_git_ignores(tmp_path: Path, files: dict[str, str | None], expected: Absence | None) -> None:
    _absence(tmp_path, {".gitignore": "requirements.txt\n", "app/main.py": ""}, "")
    for name, text in files.items():
        (tmp_path / name).unlink() if text is None else (tmp_path / name).write_text(text)
    assert AbsentSources((tmp_path / "app",)).absence("requirements.txt") is expected


def test_a_link_that_leads_nowhere_counts_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "yarn.lock").symlink_to("nowhere")
    assert _absence(tmp_path, {}, "yarn.lock") is None


def test_outside_of_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert AbsentSources((tmp_path,)).absence("yarn.lock") is None
    assert AbsentSources(()).absence("yarn.lock") is None


def test_too_many_files_are_not_searched(tmp_path: Path) -> None:
    assert _absence(tmp_path, {f"scripts/{it}.sh": "" for it in range(401)}, "yarn.lock") is None


@every_case(
    "path, files, expected",
    [
        ("api/app.py", {"api/app.py": ""}, Absence.REPEATED),
        ("./api/lib/", {"api/lib/a.py": ""}, Absence.REPEATED),
        ("api/", {"api/app.py": ""}, Absence.REPEATED),
        # A script may compile a program into the context.
        ("api", {"api/app.py": ""}, Absence.ABOVE),
        ("cmake", {"api/app.py": "", "cmake/a.cmake": ""}, Absence.ABOVE),
        # The context has such a directory, or nothing has the file.
        ("api/app.py", {"api/app.py": "", "api/api/other.py": ""}, Absence.ABOVE),
        ("api/app.txt", {"api/other.py": ""}, None),
        ("web/app.py", {"api/app.py": "", "web/app.py": ""}, Absence.ABOVE),
        # Git would not keep it.
        ("api/app.py", {"api/app.py": "", ".gitignore": "/api/api\n"}, None),
        ("api/app.py", {"api/app.py": "", ".gitmodules": "[submodule]\n\tpath = api/api\n"}, None),
    ],
)
def test_a_path_that_repeats_the_context(
    tmp_path: Path, path: str, files: dict[str, str], expected: Absence | None
) -> None:
    _absence(tmp_path, files, path)
    assert AbsentSources((tmp_path / "api",)).absence(path) is expected


@every_case(
    "path, files, expected",
    [
        ("apps/api/src", {}, Absence.FROM_ROOT),
        ("./apps/api/", {}, Absence.FROM_ROOT),
        ("apps/api", {}, Absence.FROM_ROOT),
        ("lib/a.txt", {"lib/a.txt": ""}, Absence.BESIDE),
        ("web/a.txt", {"apps/web/a.txt": ""}, Absence.ABOVE),
        ("apps/web", {"apps/web/a.txt": ""}, Absence.BESIDE),
        # The path is there, or nothing has it.
        ("apps/api/src", {"apps/api/apps/a": ""}, Absence.BESIDE),
        ("apps/api/missing", {}, None),
        # Git would not keep it.
        ("apps/api/src", {".gitignore": "/apps/api/apps\n"}, None),
        ("apps/api/src", {".gitignore": "src\n"}, None),
    ],
)
def test_a_path_that_is_that_from_the_root(
    tmp_path: Path, path: str, files: dict[str, str], expected: Absence | None
) -> None:
    _absence(tmp_path, {"apps/api/src/a.ts": "", **files}, path)
    assert AbsentSources((tmp_path / "apps" / "api",)).absence(path) is expected


def test_another_context_may_be_meant(tmp_path: Path) -> None:
    assert _absence(tmp_path, {"app/app.py": ""}, "app/app.py") is None
    assert AbsentSources((tmp_path,)).absence(f"{tmp_path.name}/app.py") is None


@every_case(
    "path, files, is_missing",
    [
        ("scripts/merge_buffer.py", {}, True),
        ("bin/start.rb", {"app/other.rb": ""}, True),
        # It is elsewhere, named by what may make it, or of a machine or a tool.
        ("scripts/merge_buffer.py", {"tools/merge_buffer.py": ""}, False),
        ("scripts/merge_buffer.py", {"Makefile": "all:\n\tcp x merge_buffer.py\n"}, False),
        ("scripts/merge_buffer.py", {".gitignore": "scripts\n"}, False),
        ("config.py", {}, False),
        ("app/local_settings.py", {}, False),
        ("api/user_pb2.py", {}, False),
        ("api/user_pb2_grpc.py", {}, False),
        ("app/_version.py", {}, False),
        ("app/main.js", {}, False),
    ],
)
def test_programs_of_interpreters(tmp_path: Path, path: str, files: dict[str, str], is_missing: bool) -> None:
    assert (_absence(tmp_path, files, path) is Absence.MISSING) is is_missing


_IMAGE = """
jobs:
  image:
    steps:
      - uses: actions/checkout@v4
      - uses: docker/setup-buildx-action@v3
      - run: echo "VERSION=${{GITHUB_REF#refs/tags/}}" >> $GITHUB_OUTPUT
{more}      - uses: docker/build-push-action@v6
        with: {{context: ., file: docker/staging/Dockerfile, tags: "example/staging:1"}}
      - uses: example/announce@v1
  test:
    steps: [{{uses: actions/checkout@v4}}, {{run: make staging}}]
"""


@every_case(
    "path, more, expected",
    [
        ("staging/", "", Absence.UNMADE),
        ("staging", "", Absence.UNMADE),
        ("staging/lib/src", "", Absence.UNMADE),
        ("app/web", "", Absence.UNMADE),
        ("dist/app.js", "", Absence.UNMADE),
        (
            "staging/",
            "      - uses: actions/setup-go@v5\n        with: {go-version: '1.22', cache: true}\n",
            Absence.UNMADE,
        ),
        # It is there.
        ("app/", "", None),
        (".", "", None),
        ("../staging", "", None),
        # A step may make it.
        ("staging/", "      - run: make\n", None),
        ("staging/", "      - run: npm ci && npm run build\n", None),
        ("staging/", "      - uses: actions/download-artifact@v4\n", None),
        ("staging/", "      - uses: ./.github/actions/prepare\n", None),
        (
            "staging/",
            "      - uses: actions/checkout@v4\n        with: {path: staging, repository: example/other}\n",
            None,
        ),
        ("staging/", "      - uses: actions/checkout@v4\n        with: {ref: data}\n", None),
        ("staging/", "      - uses: actions/checkout@v4\n        with: {clean: false}\n", None),
        ("staging/", "      - uses: actions/cache@v4\n        with: {path: staging, key: a}\n", None),
        ("staging", "      - run: echo a > staging\n", None),
        ("staging", "      - run: echo a > $PLACE\n", None),
        ("staging/", "      - run: aws s3 sync s3://example .\n", None),
        ("staging/", "      - run: docker compose up data\n", None),
        ("staging/", "      - run: docker run -v .:/out example/data\n", None),
        ("staging/", "      - uses: docker/bake-action@v5\n", None),
        (
            "staging/",
            "      - uses: docker/build-push-action@v6\n        with: {outputs: 'type=local,dest=staging'}\n",
            None,
        ),
    ],
)
def test_what_no_step_of_a_job_makes(tmp_path: Path, path: str, more: str, expected: Absence | None) -> None:
    files = {".gitignore": "staging\ndist\n", "app/main.go": "", _WORKFLOW: _IMAGE.format(more=more)}
    assert _absence(tmp_path, files, path) is expected


def test_the_steps_of_each_job_that_builds_count(tmp_path: Path) -> None:
    _absence(tmp_path, {"app/main.go": "", _WORKFLOW: _IMAGE.format(more="")}, "dist/")
    workflow = tmp_path / _WORKFLOW
    for jobs, expected in (
        ([(workflow, "image")], Absence.UNMADE),
        ([(workflow, "image"), (workflow, "test")], None),
        # A target of Bake has the name of no job.
        ([(workflow, "app")], None),
        ([(tmp_path / "missing.yml", "image")], None),
        ([], None),
    ):
        assert AbsentSources((tmp_path,), (*jobs,)).absence("dist/") is expected


@every_case(
    "path, files, absence",
    [
        ("requirements.txt", {"app/requirements.txt": ""}, Absence.BELOW),
        ("src/", {"app/src/a.txt": ""}, Absence.BELOW),
        ("nginx.conf", {"app/nginx.conf": ""}, Absence.BELOW),
        ("nginx.conf", {"app/nginx.conf": "", "nginx.conf": ""}, None),
        ("nginx.conf", {"app/nginx.conf": "", "build.sh": "cp app/nginx.conf .\n"}, None),
        ("nginx.conf", {"app/nginx.conf": "", "README.md": "Copy `nginx.conf` to the root.\n"}, None),
        ("nginx.conf", {"app/nginx.conf": "", ".gitignore": "nginx.conf\n"}, None),
        ("nginx.conf", {"other/nginx.conf": ""}, None),
    ],
)
def test_files_that_only_the_directory_of_the_dockerfile_has(
    tmp_path_factory: pytest.TempPathFactory, path: str, files: dict[str, str], absence: Absence | None
) -> None:
    root = tmp_path_factory.mktemp("project")
    for name, text in {".git/HEAD": "", "app/index.html": "", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    assert AbsentSources((root,), place=root / "app").absence(path) is absence


@every_case(
    "files, absence",
    [
        ({"app/A.java": ""}, Absence.IGNORED),
        # A program makes it, or nothing is built there.
        ({"app/A.java": "", "build.gradle.kts": ""}, None),
        ({"app/A.clj": "", "project.clj": ""}, None),
        ({"app/A.java": "", "README.md": "Create pom.xml first.\n"}, None),
        ({"app/notes.txt": ""}, None),
    ],
)
def test_a_list_of_maven_that_git_ignores(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], absence: Absence | None
) -> None:
    root = tmp_path_factory.mktemp("project")
    for name, text in {".git/HEAD": "", ".gitignore": "pom.xml\n", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    assert AbsentSources((root,)).absence("pom.xml") is absence
