"""Paths in the build context of a Dockerfile."""

import json
from pathlib import Path

import pytest

from buildxray.files.reading import subdirectories
from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.projects import context
from buildxray.projects.context import Contexts
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case

_BAKE = 'target "app" {\n  context = "."\n  dockerfile = "app/Dockerfile"\n}\n'


@every_case(
    "bake, path, exists",
    [
        (_BAKE, "shared/a.sh", True),
        (_BAKE, "shared/*.sh", True),
        (_BAKE, "other/*.sh", False),
        (_BAKE, "own.txt", False),
        (_BAKE, "../outside", False),
        (_BAKE.replace('"."', '"app"').replace('"app/Dockerfile"', '"Dockerfile"'), "shared/a.sh", False),
        # Without a known build, each directory above may be the context.
        ("", "shared/a.sh", True),
        ("", "own.txt", True),
        ("", "missing", False),
        ("", "../outside", False),
    ],
)
def test_paths_that_exist_in_a_context(tmp_path: Path, bake: str, path: str, exists: bool) -> None:
    root = tmp_path / "project"
    (root.parent / "outside").touch()
    texts = {".git/HEAD": "", "docker-bake.hcl": bake, "app/Dockerfile": "FROM scratch\n", "app/own.txt": ""}
    for name, text in {**texts, "shared/a.sh": ""}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    contexts = Projects().build(root / "app" / "Dockerfile", Settings()).contexts
    assert contexts is not None
    assert contexts.holds(path) is exists


@every_case("context, exists", [("$1", True), (".", False), ("app", False)])
def test_an_unknown_context_may_be_each_directory_above(tmp_path: Path, context: str, exists: bool) -> None:
    script = f'#!/bin/sh\ndocker build -f app/web/Dockerfile "{context}"\n'
    texts = {".git/HEAD": "", "build.sh": script, "app/web/Dockerfile": "FROM scratch\n", "app/web/own.txt": ""}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    contexts = Projects().build(tmp_path / "app" / "web" / "Dockerfile", Settings()).contexts
    assert contexts is not None
    assert contexts.holds("own.txt") is exists


def test_outside_of_a_repository_nothing_is_a_context(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert Projects().build(tmp_path / "Dockerfile", Settings()).contexts is None


PACKAGE = '{"scripts": {"build": "vite build"}}'
OTHER = '{"scripts": {"build": "pkg ."}}'


@every_case(
    "files, script",
    [
        ({"package.json": PACKAGE}, "vite build"),
        ({"package.json": PACKAGE, "web/package.json": OTHER}, "vite build"),
        ({"web/package.json": OTHER}, "pkg ."),
        ({"web/package.json": OTHER, "docs/package.json": "{}"}, "pkg ."),
        ({"web/package.json": OTHER, "docs/package.json": PACKAGE}, None),
        ({"node_modules/package.json": OTHER}, None),
        ({"web/deep/package.json": OTHER}, None),
        ({"package.json": "["}, None),
        ({}, None),
    ],
)
def test_the_scripts_of_a_context(tmp_path: Path, files: dict[str, str], script: str | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert dict(Contexts((tmp_path,)).scripts()).get("build") == script


_BUILDS = "".join(f'target "{it}" {{ dockerfile = "{it}.Dockerfile" }}\n' for it in "ab")


@every_case("files", [{}, {".git/HEAD": ""}, {".git/HEAD": "", "docker-bake.hcl": _BUILDS}])
def test_a_context_is_listed_once_for_all_dockerfiles_of_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    listed: list[Path] = []

    def listing(directory: Path) -> list[Path]:
        listed.append(directory)
        return subdirectories(directory)

    monkeypatch.setattr(context, "subdirectories", listing)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    projects = Projects()
    for name in ("a.Dockerfile", "b.Dockerfile"):
        projects.build(tmp_path / name, Settings()).analyzer(Workspace())
    assert listed == [tmp_path]


@every_case(
    "text, expected",
    [
        ("module a\n\ngo 1.25\n", (25, 0)),
        ("module a\ngo 1.25.3 // later\ntoolchain go1.26.0\n", (25, 3)),
        ("module a\r\ngo 1.24.0\r\n", (24, 0)),
        ("module a\n// go 1.25\n", (0, 0)),
        ("module a\ngo 1.25rc1\n", (0, 0)),
    ],
)
def test_the_version_of_go_that_a_module_asks_for(tmp_path: Path, text: str, expected: tuple[int, int]) -> None:
    (tmp_path / "go.mod").write_text(text)
    contexts = Contexts((tmp_path, tmp_path / "other"))
    assert [contexts.go_versions(it) for it in ("go.mod", "other/go.mod", "../go.mod")] == [(expected,), (), ()]


@every_case(
    "text, expected",
    [
        ("<PropertyGroup>\n<TargetFramework>net9.0</TargetFramework>\n</PropertyGroup>", 9),
        ("<PropertyGroup><TargetFrameworks>net48;net8.0;net10.0</TargetFrameworks></PropertyGroup>", 10),
        ("<PropertyGroup><TargetFramework>net9.0-windows</TargetFramework></PropertyGroup>", 9),
        ("<PropertyGroup><TargetFramework>netcoreapp3.1</TargetFramework></PropertyGroup>", 0),
        # A condition, a variable or another file may choose it.
        ("<PropertyGroup Condition='a'><TargetFramework>net9.0</TargetFramework></PropertyGroup>", 0),
        ("<PropertyGroup><TargetFramework Condition='a'>net9.0</TargetFramework></PropertyGroup>", 0),
        ("<PropertyGroup><TargetFramework>$(Net)</TargetFramework></PropertyGroup>", 0),
        (
            "<PropertyGroup><TargetFramework>net9.0</TargetFramework><TargetFrameworks>net8.0</TargetFrameworks></PropertyGroup>",
            0,
        ),
        ("<Project/>", 0),
    ],
)
def test_the_version_of_dotnet_that_a_project_is_for(tmp_path: Path, text: str, expected: int) -> None:
    (tmp_path / "a.csproj").write_text(text)
    assert Contexts((tmp_path,)).dotnet_versions("a.csproj") == (expected,)


@every_case(
    "ignored, path, expected",
    [
        ("", "web/node_modules/", True),
        ("", "web/node_modules/a.js", True),
        ("", "web/node_modules/b.js", False),
        ("", "web/node_modules/a.js/", False),
        ("", "../README", False),
        ("node_modules/\n", "web/node_modules/", False),
        ("node_modules\n", "web/node_modules/a.js", False),
        ("*.js\n!a.js\n", "web/node_modules/a.js", True),
        ("/node_modules\n", "web/node_modules/", True),
    ],
)
def test_what_the_repository_keeps(tmp_path: Path, ignored: str, path: str, expected: bool) -> None:
    root = tmp_path / "root"
    (root / ".git").mkdir(parents=True)
    (tmp_path / "README").touch()
    (root / ".gitignore").write_text(ignored)
    (root / "web" / "node_modules").mkdir(parents=True)
    (root / "web" / "node_modules" / "a.js").touch()
    assert Contexts((root,)).keeps(path) is expected
    assert Contexts((root / "web",)).keeps(path.removeprefix("web/")) is expected


@every_case(
    "locks, expected",
    [
        ({"web": {"node_modules/a": {}}}, False),
        ({"web": {"node_modules/a": {"hasInstallScript": True}}}, True),
        ({"web": None}, None),
        ({}, None),
        # The one in the root is for another list, and two contexts differ.
        ({"web": None, "": {"node_modules/a": {}}}, None),
        ({"web": {"node_modules/a": {}}, "other/web": {"node_modules/a": {"hasInstallScript": True}}}, None),
    ],
)
def test_packages_of_a_directory(
    tmp_path_factory: pytest.TempPathFactory, locks: dict[str, dict[str, object] | None], expected: bool | None
) -> None:
    root = tmp_path_factory.mktemp("a")
    for name, packages in locks.items():
        directory = root / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "package.json").write_text("{}")
        if packages is not None:
            (directory / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
    found = Contexts((root, *(it for it in [root / "other"] if it.exists()))).packages_in("web")
    assert (None if found is None else found.are_native) is expected
    assert Contexts((root / "other",)).packages_in("../web") is None


def test_lacking_packages_of_each_directory_that_has_a_lock_file(tmp_path: Path) -> None:
    names = [f"@rollup/rollup-linux-{it}-gnu" for it in ("arm64", "x64")]
    package = {"optionalDependencies": dict.fromkeys(names, "4.0.0")}
    directories = [tmp_path / it for it in ("a", "b", "c")]
    for directory, listed in zip(directories, (names[:1], names[1:], None), strict=True):
        directory.mkdir()
        if listed is not None:
            packages = {"node_modules/rollup": package, **{f"node_modules/{it}": {} for it in listed}}
            (directory / "package-lock.json").write_text(json.dumps({"packages": packages}))

    def found(*places: Path) -> list[str]:
        return [it.name for it in Contexts(places).lacking_packages("package-lock.json")]

    assert [found(it) for it in directories] == [names[1:], names[:1], []]
    assert found(directories[0], directories[2]) == names[1:]
    assert found(*directories) == []
    assert Contexts((directories[0],)).lacking_packages("../b/package-lock.json") == ()


@every_case(
    "pattern, expected",
    [
        ("packages/*/package.json", "packages/a/package.json packages/b/package.json"),
        ("packages/a*/package.json", "packages/a/package.json"),
        ("*/a.txt", "docs/a.txt"),
        ("packages/*/src/*.ts", ""),
        ("packages/*/*/x", ""),
        ("../*/package.json", ""),
        ("packages/a/package.json", ""),
        ("none/*/package.json", ""),
    ],
)
def test_files_of_one_name(tmp_path: Path, pattern: str, expected: str) -> None:
    names = ("packages/a/package.json", "packages/b/package.json", "packages/c/other", "docs/a.txt", "docs/b/a.txt")
    for name in names:
        (tmp_path / "r" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "r" / name).write_text("")
    assert " ".join(sorted(Contexts((tmp_path / "r", tmp_path)).matching(pattern))) == expected


def test_the_first_bytes_of_a_file(tmp_path: Path) -> None:
    for path, content in ((".git/HEAD", b""), ("app/tool", b"\x7fELF\x02\x01"), ("tool", b"#!"), ("empty", b"")):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    contexts = Contexts((tmp_path / "app", tmp_path))
    (tmp_path / "app" / "link").symlink_to(tmp_path.parent)
    answers = [contexts.head(it) for it in ("tool", "app/tool", "empty", "app", "none", "link/x/../tool")]
    assert answers == [b"\x7fELF", b"\x7fELF", b"", b"", b"", b""]


@every_case(
    "names, is_told",
    [
        (("web/Dockerfile", "web/main.go"), True),
        (("web/src/a.py", "web/Dockerfile"), True),
        (("web/Dockerfile", "web/compose.yaml", "web/README.md", "web/.env", "web/nginx/a.conf", "main.go"), False),
        (("web/node_modules/a/b.js", "web/Dockerfile"), False),
    ],
)
def test_a_context_of_compose_with_a_project(tmp_path: Path, names: tuple[str, ...], *, is_told: bool) -> None:
    for name in (".git/HEAD", *names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("FROM scratch\n")
    dockerfile = tmp_path / "web" / "Dockerfile"
    (tmp_path / "compose.yaml").write_text("services: {web: {build: ./web}}")
    contexts = Projects().build(dockerfile, Settings()).contexts
    assert contexts is not None
    assert contexts.is_told() is is_told
    (tmp_path / "compose.yaml").write_text("services: {}")
    contexts = Projects().build(dockerfile, Settings()).contexts
    assert contexts is not None
    assert not contexts.is_told()


@every_case(
    "text, is_said",
    [
        # Only the directory of the Dockerfile has this file, so that it is the context.
        ("COPY . .\nRUN go build -o m ./m.go", False),
        ("COPY run.sh /\nCOPY . .\nRUN go build -o m .", False),
        ("COPY . .\nRUN go build -o m ./cmd/a", True),
        # Both directories have it, or none.
        ("COPY README.md /\nCOPY . .\nRUN go build -o m .", True),
        ("COPY made.txt /\nCOPY . .\nRUN go build -o m .", True),
        ("COPY tests/img/run.sh /\nCOPY . .\nRUN go build -o m .", True),
    ],
)
@pytest.mark.parametrize("bake", ["", 'target "a" {\n  context = "."\n  dockerfile = "tests/img/Dockerfile"\n}\n'])
def test_a_path_that_a_text_needs_tells_the_context(tmp_path: Path, text: str, is_said: bool, bake: str) -> None:
    root = tmp_path / (f"{len(bake)}-{abs(hash(text))}")
    dockerfile = f"FROM golang:1.23\nWORKDIR /w\n{text}\n"
    for name, content in {
        ".git/HEAD": "",
        "go.mod": "module a\n\ngo 1.25.8\n",
        "README.md": "",
        "docker-bake.hcl": bake,
        "tests/img/README.md": "",
        "tests/img/m.go": "package main",
        "tests/img/run.sh": "",
        "tests/img/Dockerfile": dockerfile,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    build = Projects().build(root / "tests/img/Dockerfile", Settings())
    analysis = build.analyzer(Workspace()).analyze(dockerfile)
    # A build of the project that names the context decides, whatever is in it.
    assert ("old-go-image" in {it.rule for it in analysis.diagnostics}) is (is_said or bake != "")


@every_case(
    "paths, lacks",
    [({"own.txt"}, False), ({"shared"}, False), ({"own.txt", "shared"}, True), (set(), False)],
)
def test_paths_that_no_directory_has_together(tmp_path: Path, paths: set[str], lacks: bool) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "app" / "own.txt").touch()
    contexts = Contexts((tmp_path / "app", tmp_path))
    assert contexts.facts_with(frozenset(paths))["lacks_paths"] is lacks
