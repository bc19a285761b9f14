from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from buildxray.projects.ci.makefiles import makefile_site, parse_makefile, read_makefile
from buildxray.projects.ci.shell_scripts import ShellScripts
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


def test_the_lines_of_the_commands_of_a_recipe(tmp_path: Path) -> None:
    text = """
    define TWO
    docker build -f $(1) \\
      .
    docker build -f other .
    endef
    image: ; docker build -f a .
    \t@echo hi
    # A comment.
    \tcd x; docker build -f b .

    \t$(call TWO,c)
    ifdef M
    \tfor it in 1 2; do \\
    \t  docker build -f d$$it .; \\
    \tdone
    endif
    \t-docker build -f e \\
    \t  .
    """
    (tmp_path / "Makefile").write_text(textwrap.dedent(text))
    builds = read_automation(tmp_path, local_platform="linux/amd64").builds
    found = {it.dockerfile.name: it.line for it in builds if it.line > 8}
    assert found == {"b": 10, "c": 12, "other": 12, "d1": 14, "d2": 14, "e": 18}


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
    reading = Reading(ShellScripts(tmp_path))
    read_makefile(tmp_path / "Makefile", makefile_site(tmp_path, tmp_path, "linux/amd64"), reading)
    assert len(reading.builds) <= 200


def built(root: Path, makefile: str, *others: str, **texts: str) -> list[str]:
    """The Dockerfiles, platforms and lines of the builds in a project with this Makefile and these empty files."""
    for name, text in {"Makefile": makefile, **dict.fromkeys(others, ""), **texts}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text))
    builds = read_automation(root, local_platform="linux/amd64").builds
    return [f"{it.dockerfile.relative_to(root)} {','.join(it.platform_names)}".strip() for it in builds]


@every_case(
    "name, expected",
    [
        ("$(wildcard */Dockerfile)", "a/Dockerfile b/Dockerfile"),
        ("$(wildcard c/*.x d/?.x)", "c/1.x"),
        ("$(wildcard ../*)", None),
        ("$(wildcard none*)", None),
        ("$(patsubst %/Dockerfile,image-%,$(wildcard */Dockerfile))", "image-a image-b"),
        ("$(FILES:%/Dockerfile=%)", "a b c/1.x"),
        ("$(FILES:.x=.y)", "a/Dockerfile b/Dockerfile c/1.y"),
        ("$(dir $(FILES))", "a/ b/ c/"),
        ("$(notdir $(FILES))", "Dockerfile Dockerfile 1.x"),
        ("$(filter %/Dockerfile,$(FILES))", "a/Dockerfile b/Dockerfile"),
        ("$(filter-out %/Dockerfile,$(FILES))", "c/1.x"),
        ("$(sort b a b)", "a b"),
        ("$(lastword a b)", "b"),
        ("$(word 2,a b c)", "b"),
        ("$(subst $(SPACE),$(COMMA),$(LIST))$(COMMA)z", "a,b,c,z"),
        ("$(subst $(COMMA),$(SPACE),x$(COMMA)y)", "x y"),
        ("$(subst b,$(COMMA),$(LIST))", "a , c"),
        ("$(foreach it,a b,--platform linux/$(it))", "--platform linux/a --platform linux/b"),
        ("$(or $(UNSET),x)", "x"),
        ("$(firstword $(PAIR) z)", "x,y"),
        ("$(addprefix p/,$(PAIR))", "p/x,y"),
        ("$(call joined,$(PAIR),z)", "x,y-z"),
        ("$(subst $(COMMA),$(SPACE),$(PAIR))", "x y"),
        # Words that only a run knows.
        ("$(filter a,$(UNSET))", None),
        ("$(word 1,$(UNSET))", None),
    ],
)
def test_the_value_of_a_function(tmp_path: Path, name: str, expected: str | None) -> None:
    for path in ("a/Dockerfile", "b/Dockerfile", "c/1.x"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("")
    text = (
        "LIST = a b c\nCOMMA = ,\nPAIR = x,y\njoined = $(1)-$(2)\nSPACE = $(UNSET) $(UNSET)\n"
        f"FILES = a/Dockerfile b/Dockerfile c/1.x\nx: ; docker build --platform linux/amd64 --build-arg 'A={name}' .\n"
    )
    (tmp_path / "Makefile").write_text(text)
    (build,) = read_automation(tmp_path, local_platform="linux/amd64").builds
    assert dict(build.arguments).get("A") == expected


@every_case(
    "written, expected",
    [
        ("a # a comment", "a"),
        ("a## a comment", "a"),
        ("a#b", "a"),
        (r"a\#b", "a#b"),
        ("$(subst -,#,a-b)# a comment", "a#b"),
        ("$(subst -,$(subst x,#,x),a-b) # a comment", "a#b"),
    ],
)
def test_the_comment_of_an_assignment(tmp_path: Path, written: str, expected: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n")
    (tmp_path / "Makefile").write_text(f"A = {written}\nx:\n\tdocker build --build-arg 'A=$(A)' .\n")
    (build,) = read_automation(tmp_path, local_platform="linux/amd64").builds
    assert dict(build.arguments) == {"A": expected}


def test_a_makefile_in_another_directory_gets_variables(tmp_path: Path) -> None:
    inner = "image:\n\tdocker buildx build --platform $(PLATFORMS) .\n"
    outer = "all:\n\t$(MAKE) -C images image PLATFORMS=linux/s390x\n"
    assert built(tmp_path, outer, **{"images/Makefile": inner}) == ["images/Dockerfile linux/s390x"]


def test_a_recipe_that_runs_make_again(tmp_path: Path) -> None:
    text = (
        "all:\n\t${MAKE} image P=linux/arm64\nimage:\n\t$(MAKE) image P=$(P)\n\tdocker buildx build --platform $(P) .\n"
    )
    assert built(tmp_path, text) == ["Dockerfile linux/arm64"]


def test_the_makefiles_of_a_pattern_are_included(tmp_path: Path) -> None:
    inner = "one:\n\tdocker build -f app/one/Dockerfile .\n"
    assert built(tmp_path, "include app/*/Makefile\n", **{"app/one/Makefile": inner}) == ["app/one/Dockerfile"]


def test_the_targets_of_a_wildcard(tmp_path: Path) -> None:
    text = (
        "IMAGES = $(patsubst %/Dockerfile,%,$(wildcard */Dockerfile))\nall: $(IMAGES)\n$(IMAGES):\n\tdocker build $@\n"
    )
    assert built(tmp_path, text, "a/Dockerfile", "b/Dockerfile") == ["a/Dockerfile", "b/Dockerfile"]


@every_case(
    "existing, expected",
    [
        (["build/Dockerfile"], ["build/Dockerfile"]),
        (["build/build/Dockerfile", "build/Dockerfile"], ["build/build/Dockerfile"]),
        ([], ["build/build/Dockerfile"]),
    ],
)
def test_a_makefile_may_be_run_at_the_root(tmp_path: Path, existing: list[str], expected: list[str]) -> None:
    text = "image:\n\tdocker build -f build/Dockerfile .\n"
    assert built(tmp_path, "", *existing, **{"build/Makefile": text}) == expected


def test_the_targets_of_a_substitution_have_their_own_names(tmp_path: Path) -> None:
    text = "ALL = a b\n$(ALL:%=image-%): image-%:\n\tdocker buildx build --platform linux/arm64 -f $*/Dockerfile .\n"
    (tmp_path / "Makefile").write_text(text)
    builds = read_automation(tmp_path, local_platform="linux/amd64").builds
    assert not any("$" in it.name or "ALL" in it.name for it in builds)
