"""The patterns of a `.dockerignore`: their meaning and their time."""

from __future__ import annotations

import re
import time
import warnings
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.plan.paths import clean
from tests.support.cases import every_case

_PIECES = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]", "[ab]": "[ab]", "[^a]": "[^a]", "a": "a", "b": "b", "/": "/"}


@every_case(
    "text, excluded, kept",
    [
        ("*.log", ["a.log", "a.log/inside"], ["a/b.log", "a.logs"]),
        ("**/*.log", ["a.log", "a/b/c.log"], ["a.logs"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b"]),
        ("**tail", ["tail", "x/tail", "xtail"], ["tails"]),
        ("node_modules", ["node_modules", "node_modules/x"], ["a/node_modules", "node_modules2"]),
        ("/rooted/", ["rooted", "rooted/a"], ["a/rooted"]),
        ("a\\*b", ["a*b"], ["axb"]),
        ("[a-c]?", ["ax", "cz"], ["dx", "a", "a/"]),
        ("*\n!keep", ["a"], ["keep", "keep/a"]),
        ("[z-a]\nb", ["b"], ["z"]),
    ],
)
def test_patterns_exclude_the_paths_that_buildkit_excludes(text: str, excluded: list[str], kept: list[str]) -> None:
    patterns = IgnorePatterns(text)
    assert [it for it in excluded if not patterns.excludes(it)] == []
    assert [it for it in kept if patterns.excludes(it)] == []


@given(
    pieces=st.lists(st.sampled_from([*_PIECES]), min_size=1, max_size=7).filter(lambda it: it[0] not in "a/"),
    path=st.text("ab/", min_size=1, max_size=9).map(clean).filter(lambda it: not it.startswith(("/", "."))),
)
def test_the_automaton_matches_like_the_regular_expression_of_buildkit(pieces: list[str], path: str) -> None:
    """BuildKit: patternmatcher.go compiles each pattern to this regular expression."""
    pattern = "".join(pieces)
    if clean(pattern) != pattern or "***" in pattern:
        return
    if any(one.endswith("*") and other.startswith("*") for one, other in pairwise(pieces)):
        # Together they are a piece with another meaning.
        return
    regex = re.compile("".join(_PIECES[it] for it in pieces))
    paths = [path, *(path[:position] for position, char in enumerate(path) if char == "/")]
    assert IgnorePatterns(pattern).excludes(path) == any(map(regex.fullmatch, paths))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a*" * 30 + "b", "a" * 200),
        ("**/a" * 30 + "b", "a/" * 200 + "a"),
        ("*?" * 2000 + "b", "a" * 4000),
        ("a*" * 1_000_000 + "b", "a" * 100_000),
        ("*a\n" * 30_000, "a/" * 2000 + "b"),
        ("*a\n" * 1000, "b" * 200),
    ],
)
def test_matching_takes_bounded_time(text: str, path: str) -> None:
    start = time.process_time()
    assert not IgnorePatterns(text).excludes(path)
    assert time.process_time() - start < 10


def test_an_ignore_file_that_is_too_long_excludes_nothing() -> None:
    assert IgnorePatterns("a").excludes("a")
    assert not IgnorePatterns("a\n" + "x\n" * 50_000).excludes("a")


def test_a_set_with_a_future_meaning_raises_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        patterns = IgnorePatterns("[[a]b\n[c--d]\n[e&&f]\n")
        assert patterns.excludes("[b")
        assert patterns.excludes("e")


@every_case(
    "text, path, is_out",
    [
        ("a\n", "a", True),
        ("a\n", "a/b", True),
        ("a\n", "b", False),
        ("a/*\n", "a", False),
        ("*\n!b\n", "a", True),
        ("*\n!b\n", "b/c", False),
        # A part of it may be in the context.
        ("a\n!a/b\n", "a", False),
        ("a\n!a/b\n", "a/c", True),
        ("a\n!**/*.md\n", "a", False),
        ("*\n", ".", False),
    ],
)
def test_a_path_of_which_nothing_is_in_the_context(text: str, path: str, *, is_out: bool) -> None:
    assert IgnorePatterns(text).leaves_out(path) is is_out
