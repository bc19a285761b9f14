"""Commands and programs of a repository that read or edit Dockerfiles as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.projects.text_tools import TextTools
from tests.support.cases import every_case

if TYPE_CHECKING:
    import pytest

OLD, NEW = "ENV APP_VERSION 1.2", "ENV APP_VERSION=1.2"
RENOVATE = r"""{"customManagers": [{"managerFilePatterns": ["/Dockerfile$/"], "matchStrings": ["# renovate: dep=(?<depName>.*?)\\s(ENV|ARG) .*?_VERSION (?<currentValue>.*)"]}]}"""


@every_case(
    "name, script, expected",
    [
        ("update.sh", r"sed -ri 's/^(ENV APP_VERSION) .*/\1 2/' Dockerfile", True),
        ("update.sh", r"sed -i 's|ENV APP_VERSION \(.*\)|ENV APP_VERSION 2|' web/Dockerfile", True),
        ("update.sh", r'sed -i -e "s/APP_VERSION [0-9.]*/APP_VERSION $V/" "$dir/Dockerfile"', True),
        ("update.sh", "V=$(grep -oP 'APP_VERSION \\K[0-9.]+' Dockerfile)", True),
        ("update.sh", "V=$(grep 'ENV APP_VERSION' Dockerfile | cut -d' ' -f3)", True),
        ("update.sh", "V=$(cat Dockerfile |\n  grep APP_VERSION | awk '{ print $3 }')", True),
        ("update.sh", 'awk \'$1 == "ENV" && $2 == "APP_VERSION" {\n  print $3\n}\' Dockerfile', True),
        ("Makefile", "VERSION := $(shell sed -n 's/^ENV APP_VERSION //p' Dockerfile)\n", True),
        (".github/workflows/a.yml", "jobs:\n  a:\n    steps:\n    - run: grep 'APP_VERSION 1' Dockerfile\n", True),
        ("tools/bump.py", 'text = re.sub(r"^ENV APP_VERSION (.*)$", "", Path("web/Dockerfile").read_text())\n', True),
        ("scripts/test.js", "assert(read('../web/Dockerfile').includes('ENV APP_VERSION 1.2'))\n", True),
        ("tests/unit/test_dockerfile.py", 'assert "ENV APP_VERSION 1.2" in read("web/Dockerfile")\n', True),
        ("test/image.bats", "@test a { grep -q 'ENV APP_VERSION 1' web/Dockerfile; }\n", True),
        ("renovate.json", RENOVATE, True),
        # Both forms are found.
        ("update.sh", "sed -i 's/ENV APP_VERSION[ =].*/ENV APP_VERSION=2/' Dockerfile", False),
        ("update.sh", "grep -E 'APP_VERSION( |=)' Dockerfile", False),
        ("update.sh", "grep APP_VERSION Dockerfile", False),
        ("update.sh", "sed -i 's/APP_VERSION *=*.*/APP_VERSION=2/' Dockerfile", False),
        ("renovate.json", RENOVATE.replace("_VERSION (", "_VERSION[ =](").replace("(ENV|ARG) ", "ENV "), False),
        # Another Dockerfile, another file, no command.
        ("update.sh", "sed -i 's/ENV APP_VERSION .*//' api/Dockerfile", False),
        ("update.sh", "sed -i 's/ENV APP_VERSION .*//' README.md", False),
        ("update.sh", "# sed -i 's/ENV APP_VERSION .*//' Dockerfile", False),
        ("update.sh", "docker build -f Dockerfile --build-arg 'ENV APP_VERSION 1' .", False),
        ("update.sh", "sed -i 's/ENV OTHER .*//' Dockerfile", False),
        ("tools/bump.py", 'print("Dockerfile"); print("the variable APP_VERSION 1.2")\n', False),
        ("tools/lint.py", 'TEXTS = ["ENV APP_VERSION 1.2"]  # pieces of a Dockerfile\n', False),
        ("tools/lint.py", 'check(Path("api/Dockerfile"), "ENV APP_VERSION 1.2")\n', False),
        ("tools/lint.py", 'check(Path("Dockerfile"), "ENV APP_VERSION 1.2")\n', False),
        ("tests/unit/test_parser.py", 'assert "ENV APP_VERSION 1.2" in read("web/Dockerfile")\n', False),
        ("docs/bump.md", "sed -i 's/ENV APP_VERSION .*//' Dockerfile", False),
    ],
)
def test_a_command_that_finds_the_old_line_only(
    tmp_path_factory: pytest.TempPathFactory, name: str, script: str, *, expected: bool
) -> None:
    root = tmp_path_factory.mktemp("project")
    (root / ".git").mkdir()
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(script)
    comment = "# renovate: dep=app\n"
    assert TextTools(root)("web/Dockerfile", comment + OLD, comment + NEW) is expected


@every_case(
    "script, expected",
    [
        ("sed -i 's/GOARCH=amd64/GOARCH=$TARGETARCH/' Dockerfile", True),
        ("sed -i s/amd64/arm64/g Dockerfile", True),
        ('sed -i.bak -e "s/=amd64/=$ARCH/" "$DIR/Dockerfile"', True),
        ("perl -pi -e 's/GOARCH=amd64/GOARCH=arm/' Dockerfile", True),
        ("sed --in-place 's/RUN GOARCH.*/RUN .\\/build.sh $PLATFORM/' Dockerfile", True),
        # Into another file, another Dockerfile, other lines, and no architecture.
        ("sed 's/amd64/arm64/g' Dockerfile > Dockerfile.arm64", False),
        ("sed -i 's/amd64/arm64/g' api/Dockerfile", False),
        ("sed -i 's/FROM amd64/FROM arm64/' Dockerfile", False),
        ("sed -i 's/go build .*/go build ./' Dockerfile", False),
        ("grep -i GOARCH=amd64 Dockerfile", False),
    ],
)
def test_a_command_that_writes_another_architecture(
    tmp_path_factory: pytest.TempPathFactory, script: str, *, expected: bool
) -> None:
    root = tmp_path_factory.mktemp("project")
    (root / "a.sh").write_text(script)
    assert TextTools(root).writes_architecture("Dockerfile", "RUN GOARCH=amd64 go build .") is expected


@every_case(
    "script, old, new, expected",
    [
        ("awk '/^FROM/ { print $2 }' Dockerfile", "FROM alpine", "FROM --platform=$BUILDPLATFORM alpine", True),
        ("awk '/^FROM/ { print $2 }' Dockerfile", "FROM alpine as a", "FROM alpine AS a", False),
        ("sed 's/FROM alpine:.*/FROM alpine:4/' Dockerfile", "FROM alpine:3", "FROM --platform=$A alpine:3", True),
        ("grep -c 'FROM .* as ' Dockerfile", "FROM alpine as a", "FROM alpine AS a", True),
        ("grep -c '^FROM ' Dockerfile", "FROM alpine as a", "FROM alpine AS a", False),
        ("grep -E 'FROM a(lpine)?:|COPY x' Dockerfile", "COPY x y", "COPY z y", True),
        ("grep -P 'FROM (?!scratch)\\w+' Dockerfile", "FROM b", "FROM scratch", False),
        ('awk \'$1 == "ENV" && $2 == "A" { print $3 }\' Dockerfile', "ENV A 1", "ENV A=1", True),
        ('awk \'$1 == "ENV" && $2 == "B" { print $3 }\' Dockerfile', "ENV A 1", "ENV A=1", False),
        ("awk '/^FROM/ { print $2 } /^ENV A/ { print $3 }' Dockerfile", "ENV A 1", "ENV A=1", True),
        ("awk 'toupper($1) == \"FROM\" { print $2 }' Dockerfile", "from a", "from --platform=$P a", True),
        ("awk 'toupper($1) == \"FROM\" { print $2 }' Dockerfile", "from a", "FROM a", False),
        ("awk '/^from/ { print $2 }' Dockerfile", "from alpine", "FROM alpine", True),
        ("grep -i 'from .* as ' Dockerfile | cut -d' ' -f2", "FROM a as b", "FROM --platform=$P a AS b", True),
        ("grep -i 'from .* as ' Dockerfile | cut -d' ' -f2", "FROM a as b", "FROM a AS b", False),
        ("grep 'from .* as ' Dockerfile | cut -d' ' -f2", "from a as b", "from a AS b", True),
        ("sed -i 's/from a as b/x/I' Dockerfile", "FROM a as b", "FROM a AS b", False),
        ("sed -i 's/FROM a as b/x/' Dockerfile", "FROM a as b", "FROM a AS b", True),
        ("sed '/^ARG X$/d' Dockerfile", "ARG X\nRUN a", "RUN a\nARG X", False),
    ],
)
def test_what_a_command_looks_for(
    tmp_path_factory: pytest.TempPathFactory, script: str, old: str, new: str, *, expected: bool
) -> None:
    root = tmp_path_factory.mktemp("project")
    (root / "a.sh").write_text(script)
    assert TextTools(root)("Dockerfile", old, new) is expected


@every_case(
    "name, template, expected",
    [
        ("Dockerfile.erb", "FROM alpine:<%= tag %>\nENV APP_VERSION 1.2\n", True),
        ("web/Dockerfile-debian.template", "  ENV APP_VERSION 1.2\r\n", True),
        ("templates/Dockerfile.j2", OLD, True),
        ("web/template.Dockerfile", OLD, True),
        ("Dockerfile.in", "ENV APP_VERSION @VERSION@\n", False),
        ("Dockerfile.in", NEW, False),
        ("Dockerfile.template", f"FROM balenalib/%%BALENA_MACHINE_NAME%%-node\n{OLD}\n", False),
        ("api/Dockerfile.in", OLD, False),
        ("Dockerfile.dev", OLD, False),
        ("Dockerfile", OLD, False),
        ("Dockerfile.template.md", OLD, False),
    ],
)
def test_a_line_of_a_template(
    tmp_path_factory: pytest.TempPathFactory, name: str, template: str, *, expected: bool
) -> None:
    root = tmp_path_factory.mktemp("project")
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(template)
    assert TextTools(root)("web/Dockerfile", OLD, NEW) is expected
    assert not TextTools(root)("web/Dockerfile", OLD, f"{OLD}\nENV B=1")


def test_many_commands_are_read_in_linear_time(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("project")
    for n, unit in enumerate(("sed 'a", "sed | ", "grep \\", "awk '{ print \"", "sed s/((((", "perl ")):
        (root / f"{n}.sh").write_text("Dockerfile\n" + unit * 20_000)
    assert not TextTools(root)("Dockerfile", OLD, OLD)


def test_the_commands_of_a_repository_are_looked_for_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("project")
    (root / ".git").mkdir()
    projects = Projects()
    tools = [projects.build(root / it / "Dockerfile", Settings()).text_tools for it in ("a", "b")]
    assert tools[0] is tools[1] is not None
