"""The recipes that `make` runs for goals."""

from __future__ import annotations

from pathlib import Path

from buildxray.projects.recipes import recipes_for
from tests.support.cases import every_case

MAKEFILE = """\
GO ?= go
OUT := bin
all: build
build: gen
	@CGO_ENABLED=0 $(GO) build -o $(OUT)/x .
gen:
	-echo $$HOME
other:
	false
"""


@every_case(
    "goals, given, recipes",
    [
        ((), {}, "CGO_ENABLED=0 go build -o bin/x .\necho $HOME"),
        (("gen",), {}, "echo $HOME"),
        (("build",), {"GO": "tinygo", "OUT": "o"}, "CGO_ENABLED=0 tinygo build -o o/x .\necho $HOME"),
        (("missing",), {}, None),
    ],
)
def test_recipes_of_goals(goals: tuple[str, ...], given: dict[str, str], recipes: str | None, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    found = recipes_for(tmp_path / "Makefile", tmp_path, goals, given)
    assert (None if found is None else found.replace("\n\n", "\n").strip()) == recipes


def test_a_makefile_that_is_too_long_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("a:\n\techo\n" + "# x\n" * 30_000, encoding="utf-8")
    assert recipes_for(tmp_path / "Makefile", tmp_path, (), {}) is None
    assert recipes_for(tmp_path / "other", tmp_path, (), {}) is None
