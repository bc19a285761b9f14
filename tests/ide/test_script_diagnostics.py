"""Dockerfiles that scripts name and that do not exist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildxray.ide.project import Projects
from buildxray.ide.project_files import look_at
from buildxray.ide.settings import Settings
from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case

if TYPE_CHECKING:
    import pytest


def missing(root: Path, name: str, text: str, *others: str) -> list[str]:
    """The places in a script of a project, in text, where it names a Dockerfile that does not exist."""
    (root / ".git").mkdir()
    for path in ("Dockerfile", "web/index.html", *others):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("FROM alpine\n")
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    return [text[slice(*it.range)] for it in look_at(root / name, text, Projects(), Settings()).diagnostics]


BUILD = "docker build -f Dockerfile.arm .\n"


@every_case(
    "text, others, places",
    [
        (BUILD, [], ["Dockerfile.arm"]),
        (
            "docker buildx build --platform linux/arm64 \\\n  --file=./Dockerfile.arm \\\n  .\n",
            [],
            ["./Dockerfile.arm"],
        ),
        ("cd web\ndocker build -f 'Dockerfile.arm' .\n", [], ["Dockerfile.arm"]),
        ("# Dockerfile.arm is for Arm\necho Dockerfile.arm\n" + BUILD, [], ["Dockerfile.arm"]),
        (BUILD + BUILD, [], ["Dockerfile.arm"]),
        # The script may be started there.
        (BUILD, ["scripts/Dockerfile.arm"], []),
        # The script writes it, or asks for it.
        ("cp Dockerfile Dockerfile.arm\n" + BUILD, [], []),
        ("sed s/a/b/ Dockerfile > Dockerfile.arm\n" + BUILD, [], []),
        ("./generate Dockerfile.arm\n" + BUILD, [], []),
        ("[ -f Dockerfile.arm ] && " + BUILD, [], []),
        ("if test -f Dockerfile.arm; then\n" + BUILD + "fi\n", [], []),
        ("rm -f Dockerfile.arm\n" + BUILD, [], []),
        # Only a run tells the path.
        ("docker build -f ${DIR:-.}/Dockerfile.arm .\n", [], []),
        ('F="${1:-Dockerfile.arm}"\ndocker build -f "$F" .\n', [], []),
        ("git clone https://example.com/x.git\ncd x\n" + BUILD, [], []),
        ("git clone https://example.com/x.git web\npushd web\n" + BUILD, [], []),
        ("git checkout arm\n" + BUILD, [], []),
        (BUILD + "git checkout main\n", [], ["Dockerfile.arm"]),
        ("# git checkout arm\ngit pull\n" + BUILD, [], ["Dockerfile.arm"]),
        # Another directory has one.
        ("for d in a b; do (cd $d; docker build -f Dockerfile.arm .); done\n", ["a/Dockerfile.arm"], []),
        (BUILD, ["Dockerfile.arm"], []),
        ("docker build .\n", [], []),
    ],
)
def test_a_script_names_a_dockerfile_that_does_not_exist(
    tmp_path_factory: pytest.TempPathFactory, text: str, others: list[str], places: list[str]
) -> None:
    assert missing(tmp_path_factory.mktemp("project"), "scripts/build.sh", text, *others) == places


@every_case(
    "name, text, place",
    [
        ("Makefile", "image:\n\tdocker build -f Dockerfile.arm .\n", "Dockerfile.arm"),
        ("Makefile", "image: Dockerfile.arm\n\tdocker build -f Dockerfile.arm .\n", None),
        ("Makefile", "FILE = Dockerfile.arm\nimage:\n\tdocker build -f $(FILE) .\n", None),
        ("package.json", '{"scripts": {"image": "docker build -f \\"web/Dockerfile\\" ."}}', "web/Dockerfile"),
        ("package.json", '{"scripts": {"image": "docker build -f Dockerfile ."}}', None),
        ("Makefile", "bundle-build:\n\tdocker build -f bundle.Dockerfile -t x .\n", None),
        ("justfile", "image:\n  docker build -f Dockerfile.arm .\n", "Dockerfile.arm"),
    ],
)
def test_other_files_with_commands(
    tmp_path_factory: pytest.TempPathFactory, name: str, text: str, place: str | None
) -> None:
    assert missing(tmp_path_factory.mktemp("project"), name, text) == ([] if place is None else [place])


@every_case("pattern", ["Dockerfile.arm", "*.arm", "/Dockerfile.*"])
def test_a_dockerfile_that_git_ignores_is_made(tmp_path_factory: pytest.TempPathFactory, pattern: str) -> None:
    root = tmp_path_factory.mktemp("project")
    (root / ".gitignore").write_text(f"{pattern}\n")
    assert missing(root, "build.sh", BUILD) == []


def test_few_of_thousands_of_missing_dockerfiles_are_examined(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    text = "".join(f"docker build -f x{it}.Dockerfile .\n" for it in range(900))
    (tmp_path / "build.sh").write_text(text)
    problems = look_at(tmp_path / "build.sh", text, Projects(), Settings()).diagnostics
    assert len(problems) == 50


@every_case(
    "named, existing, written",
    [
        ("web/Dockerfile.arm64", "web/Dockerfile.Arm64", "web/Dockerfile.Arm64"),
        ("./Dokcerfile", "Dockerfile", "./Dockerfile"),
        ("web/Dockerfile.arm", "web/Dockerfile.amd", None),
    ],
)
def test_a_file_with_nearly_this_name_is_proposed(
    tmp_path: Path, named: str, existing: str, written: str | None
) -> None:
    text = f"docker build -f {named} .\n"
    (tmp_path / ".git").mkdir()
    (tmp_path / "web").mkdir()
    (tmp_path / existing).write_text("FROM alpine\n")
    (tmp_path / "build.sh").write_text(text)
    (diagnostic,) = look_at(tmp_path / "build.sh", text, Projects(), Settings()).diagnostics
    assert ("did you mean" in diagnostic.message) is (written is not None)
    fixed = [apply_edits(text, it.edits) for it in diagnostic.fixes]
    assert fixed == [f"docker build -f {written} .\n"] * (written is not None)


IMAGE = "image:\n\tdocker build -t app:$(TAG) .\n"


@every_case(
    "name, text, others, places",
    [
        ("api/Makefile", IMAGE, {}, ["."]),
        ("api/Makefile", IMAGE.replace("build", "buildx build \\\n\t  --push"), {}, ["."]),
        ("api/Makefile", IMAGE.replace(" .", " ./sub"), {"api/sub/a": ""}, ["./sub"]),
        ("api/Makefile", IMAGE.replace("\tdocker", "\techo Dockerfile\n\tdocker"), {}, ["."]),
        ("api/package.json", '{"scripts": {"image": "docker build -t app ."}}', {}, ["."]),
        ("api/Makefile", IMAGE + "other:\n\tdocker build -f Dockerfile.dev .\n", {"api/Dockerfile.dev": ""}, ["."]),
        # It is there, or another file is named.
        ("api/Makefile", IMAGE, {"api/Dockerfile": ""}, []),
        ("api/Makefile", IMAGE, {"api/dockerfile": ""}, []),
        ("api/Makefile", IMAGE, {"api/Containerfile": ""}, []),
        ("api/Makefile", IMAGE.replace(" .", " -f ../app.Dockerfile ."), {}, []),
        ("api/Makefile", IMAGE.replace(" .", " $(ARGS) ."), {}, []),
        ("api/Makefile", IMAGE.replace(" .", " $(DIR)"), {}, []),
        ("api/Makefile", IMAGE.replace(" .", " - < image"), {}, []),
        ("api/Makefile", IMAGE.replace(" .", " https://example.com/a.git"), {}, []),
        ("api/Makefile", IMAGE.replace("docker", "cd ../web && docker"), {"web/Dockerfile": ""}, []),
        ("api/Makefile", IMAGE.replace("docker", "cd .. && docker"), {}, []),
        ("api/Makefile", IMAGE.replace(" .", " $$(cat options) ."), {}, []),
        # Something may write it, or bring it.
        ("api/Makefile", "Dockerfile:\n\t./generate > $@\n" + IMAGE, {}, []),
        ("api/Makefile", IMAGE.replace("\tdocker", "\tcp ../Dockerfile .\n\tdocker"), {}, []),
        ("api/Makefile", IMAGE.replace("\tdocker", "\tgit clone https://example.com/a .\n\tdocker"), {}, []),
        ("api/Makefile", IMAGE, {"tools/make.py": "open('Dockerfile', 'w')\n"}, []),
        ("api/Makefile", IMAGE, {".gitignore": "api/Dockerfile\n"}, []),
        ("api/Makefile", IMAGE, {".gitmodules": "[submodule]\n\tpath = api\n"}, []),
        # It may run in another directory.
        ("api/Makefile", IMAGE, {"Dockerfile": ""}, []),
        ("api/Makefile", IMAGE, {"web/Makefile": "include ../api/Makefile\n"}, []),
        ("api/Makefile", IMAGE, {"web/run.sh": "make -f ../api/Makefile image\n"}, []),
        ("api/build.sh", "docker build .\n", {}, []),
        ("api/image.mk", IMAGE, {}, []),
    ],
)
def test_a_directory_without_a_dockerfile(
    tmp_path_factory: pytest.TempPathFactory, name: str, text: str, others: dict[str, str], places: list[str]
) -> None:
    root = tmp_path_factory.mktemp("project")
    for path, content in {".git/HEAD": "", "app.Dockerfile": "FROM alpine\n", **others, name: text}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    found = [
        it for it in look_at(root / name, text, Projects(), Settings()).diagnostics if it.rule == "missing-dockerfile"
    ]
    assert [text[slice(*it.range)] for it in found] == places


CLIENT = "client:\n\tdocker build -f cmd/cli/Dockerfile -t client .\n"


@every_case(
    "name, text, others, is_said",
    [
        ("Makefile", CLIENT, {}, True),
        ("Makefile", f"# cli is the client\n{CLIENT}", {"run.sh": "docker build -t x cmd/cli\n"}, True),
        ("package.json", '{"scripts": {"image": "docker build -f cmd/cli/Dockerfile ."}}', {}, True),
        # A script may be started elsewhere, a command may make the directory, and Git may ignore it.
        ("build.sh", "docker build -f cmd/cli/Dockerfile .\n", {}, False),
        ("Makefile", f"{CLIENT}cmd/cli:\n\tmkdir cmd/cli\n", {}, False),
        ("Makefile", f"{CLIENT}sources:\n\ttar xf sources.tar\n", {}, False),
        ("Makefile", f"{CLIENT}sources:\n\tgit submodule update\n", {}, False),
        ("Makefile", CLIENT, {"run.sh": "cp -r x cmd/cli\n"}, False),
        ("Makefile", CLIENT, {"more.mk": "include other/Makefile\n"}, False),
        ("Makefile", CLIENT, {".gitignore": "/cmd/cli\n"}, False),
        ("Makefile", CLIENT, {"cmd/cli/Dockerfile": "FROM scratch\n"}, False),
    ],
)
def test_a_directory_that_has_another_name_now(
    tmp_path_factory: pytest.TempPathFactory, name: str, text: str, others: dict[str, str], *, is_said: bool
) -> None:
    root = tmp_path_factory.mktemp("project")
    for path, content in others.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    assert missing(root, name, text, "cmd/client/Dockerfile") == ["cmd/cli/Dockerfile"] * is_said
