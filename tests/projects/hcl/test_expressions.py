"""Expressions evaluate as in Bake; the expected values are those of `docker buildx bake --print` (461836b)."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.projects.bake.reader import bake_builds, load_bake
from tests.support.cases import every_case


def argument(tmp_path: Path, expression: str) -> str | None:
    """The value of the argument `X`; None if it is unknown."""
    (tmp_path / "docker-bake.hcl").write_text(f'target "app" {{ args = {{ X = {expression} }} }}\n')
    (build,) = bake_builds(load_bake(tmp_path, ["docker-bake.hcl"]))
    return None if "args" in build.unknown else dict(build.arguments).get("X", "null")


@pytest.mark.slow
@every_case(
    "expression, expected",
    [line.split("\t") for line in (Path(__file__).parent / "expressions.tsv").read_text().splitlines()],
)
def test_expressions_give_what_bake_says(tmp_path: Path, expression: str, expected: str) -> None:
    assert argument(tmp_path, expression) == expected


@every_case(
    "expression",
    [
        "timestamp()",
        'formatdate("YYYY", timestamp())',
        "uuidv4()",
        '"a-${timestamp()}"',
        'upper("${timestamp()}")',
        'timestamp() == "" ? "a" : "b"',
        "[timestamp()][0]",
        'join(",", ["a", timestamp()])',
        'regex_replace("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "(a+)+$", "b")',
        "{a = 1}.b",
        "undefined",
        '"a" + 1',
        "[1][7]",
        "element([], 0)",
        "1e9999",
        "min()",
        "max()",
    ],
)
def test_what_the_text_does_not_tell_is_unknown(tmp_path: Path, expression: str) -> None:
    assert argument(tmp_path, expression) is None


@every_case(
    "expression, expected",
    [
        ('timestamp() == "" ? "same" : "same"', "same"),
        ('["a", timestamp()][0]', "a"),
        ('lookup({a = "1", b = timestamp()}, "a", "")', "1"),
        ("length([timestamp()])", "1"),
        ('false && timestamp() == "" ? "a" : "b"', "b"),
    ],
)
def test_what_does_not_depend_on_an_unknown_value_is_known(tmp_path: Path, expression: str, expected: str) -> None:
    assert argument(tmp_path, expression) == expected
