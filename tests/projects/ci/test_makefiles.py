from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from buildxray.projects.ci.makefiles import makefile_site, parse_makefile, read_makefile
from buildxray.projects.ci.site import Reading
from buildxray.projects.reader import read_automation
from tests.support.cases import every_case


@every_case(
    "lines, expected",
    [
        ("A = 1\nA = 2", "2"),
        ("A ?= 1\nA ?= 2", "1"),
        ("A = 1\nA += 2", "1 2"),
        ("A := 1\nA := $(A)2", "12"),
        ("A := $(if $(A),$(A),1)", "$(if ,,1)"),
        ("ifndef A\nA = 1\nendif", "1"),
        ("ifeq ($(A),)\nA = 1\nendif", "1"),
        ("ifeq ($(M), x86_64)\nA = 1\nelse\nA = 1\nendif\nA = 2", "2"),
        # The condition depends on something else.
        ("ifeq ($(M), x86_64)\nA = 1\nelse\nA = 2\nendif", None),
        ("ifeq ($(M), x86_64)\nA = 1\nendif", None),
        ("A = 1\nifdef M\nA = 2\nendif", None),
        ("A = 1\nifeq ($(A), 1)\nA = 2\nendif", None),
        ("ifeq ($(T), w)\nA ?= 1\nelse ifeq ($(origin D), undefined)\nA ?= 2\nelse\nA ?= 3\nendif", None),
        ("ifeq ($(T), w)\nA ?= 1\nelse ifeq ($(origin D), undefined)\nA ?= 2\nendif\nA = 4", "4"),
        ("endif\nelse\nA = 1", "1"),
    ],
)
def test_the_value_of_a_variable(lines: str, expected: str | None) -> None:
    assert parse_makefile(lines).variables.get("A") == expected


def test_a_recipe_in_a_condition_is_read() -> None:
    text = """
    ifdef M
    image:
    \tdocker build .
    endif
    """
    (recipe,) = parse_makefile(textwrap.dedent(text)).recipes
    assert recipe.text == "docker build ."


@pytest.mark.slow
def test_a_variable_is_expanded_once(tmp_path: Path) -> None:
    chain = "\n".join(f"A{it} = $(if $(A{it + 1}),$(A{it + 1}),$(A{it + 1}))" for it in range(40))
    (tmp_path / "Makefile").write_text(
        f"{chain}\nFILE = Dockerfile.$(A40)\nA40 = x\nimage:\n\tdocker build -f $(FILE) .\n\t: $(A0)\n"
    )
    (build,) = read_automation(tmp_path, local_platform="linux/amd64").builds
    assert build.dockerfile == tmp_path / "Dockerfile.x"


@pytest.mark.slow
def test_functions_that_call_one_another_end(tmp_path: Path) -> None:
    calls = " ".join(["$(call f,$(1)x)"] * 30)
    (tmp_path / "Makefile").write_text(f"f = {calls} docker build -f $(1) .\nall:\n\t$(call f,a)\n")
    reading = Reading()
    read_makefile(tmp_path / "Makefile", makefile_site(tmp_path, tmp_path, "linux/amd64"), reading)
    assert len(reading.builds) <= 200
