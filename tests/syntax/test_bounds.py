"""Texts that would make memory or time explode, beside near misses that are expanded as BuildKit does."""

from __future__ import annotations

import time
import tracemalloc
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildxray.ide.analysis import Analyzer
from buildxray.plan.model import Plan
from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import parse_normalized
from buildxray.syntax.expansion import LONGEST_VALUE, expand
from buildxray.syntax.lexer import ExpansionError, lex
from buildxray.syntax.parser import parse
from tests.support.cases import every_case

REQUEST = BuildRequest(parse_normalized("linux/amd64"), (parse_normalized("linux/amd64"),))


def planned(text: str) -> Plan:
    return plan(parse(text), REQUEST)


def doubled(kind: str, n: int) -> str:
    return f"{kind} A0=12345678\n" + "".join(f"{kind} A{i}=$A{i - 1}$A{i - 1}\n" for i in range(1, n + 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        f"FROM a\n{doubled('ENV', 40)}RUN x\n",
        f"FROM a\n{doubled('ARG', 40)}LABEL a=$A40\n",
        f"{doubled('ARG', 40)}FROM a:$A40\n",
        "FROM a\nENV P=12345678\n" + "ENV P=$P$P\n" * 40 + "WORKDIR $P\n",
        "FROM a\nENV X=aaaaaaaaaa\n" + "ENV X=${X//a/aaaaaaaaaa}\n" * 12 + "RUN x\n",
        "FROM a\nENV X=aaaaaaaaaa\n" + "ENV X=${X//a/${X}}\n" * 12 + "RUN x\n",
    ],
)
def test_a_value_that_grows_exponentially_is_an_error_with_its_reason(text: str) -> None:
    start = time.process_time()
    error = planned(text).error

    assert error is not None
    assert "more than 1 MiB" in error.message
    assert time.process_time() - start < 10


@every_case("n, is_too_long", [(16, False), (17, False), (18, True)])
def test_the_limit_is_one_mebibyte(n: int, is_too_long: bool) -> None:
    assert LONGEST_VALUE == 8 << 17
    assert (planned(f"FROM a\n{doubled('ENV', n)}RUN x\n").error is not None) is is_too_long


@pytest.mark.slow
def test_many_long_values_together_are_bounded_too() -> None:
    labels = "".join(f"LABEL a{n}=$A16\n" for n in range(500))
    error = planned(f"FROM a\n{doubled('ENV', 16)}{labels}").error

    assert error is not None
    assert "together" in error.message


@pytest.mark.parametrize("operator", ["//", "/", "#", "##", "%", "%%"])
@pytest.mark.parametrize("pattern", ["*a" * 500 + "*b", "a*" * 500 + "b", "b" + "*a" * 500, "?*" * 500 + "b"])
def test_patterns_are_matched_in_linear_time(operator: str, pattern: str) -> None:
    value = "a" * 60_000
    start = time.process_time()
    text = expand(lex(f"${{X{operator}{pattern}{'/x' if '/' in operator else ''}}}"), {"X": value}.get)

    assert text == value
    assert time.process_time() - start < 10


@every_case(
    "word, expected",
    [
        ("${X#*b}", "cabc"),
        ("${X##*b}", "c"),
        ("${X%b*}", "abca"),
        ("${X%%b*}", "a"),
        ("${X/b*/-}", "a-"),
        ("${X//?b/-}", "-c-c"),
        ("${X//b/-}", "a-ca-c"),
        ("${X//*/-}", "-"),
    ],
)
def test_patterns_mean_what_they_mean_in_buildkit(word: str, expected: str) -> None:
    assert expand(lex(word), {"X": "abcabc"}.get) == expected


def test_a_star_stays_in_its_line() -> None:
    assert expand(lex("${X//a*c/-}"), {"X": "ab\nc abc"}.get) == "ab\nc -"


def test_an_escape_that_buildkit_does_not_know_is_refused() -> None:
    with pytest.raises(ExpansionError):
        expand(lex("${X//\\a/-}"), {"X": "a"}.get)


@pytest.mark.parametrize("n_bytes", [65_535, 65_536])
def test_reading_stops_at_a_line_that_is_too_long(n_bytes: int) -> None:
    line = "RUN " + "x" * (n_bytes - 5)
    dockerfile = parse(f"FROM a\n{line}\nRUN y\n")
    is_too_long = n_bytes > 65_535

    assert len(dockerfile.instructions) == (1 if is_too_long else 3)
    assert [it.line for it in dockerfile.problems] == ([2] if is_too_long else [])


def test_an_edit_above_a_line_that_is_too_long_is_read() -> None:
    long = "RUN " + "x" * 70_000 + "\nRUN y\n"
    earlier = parse(f"FROM a\nRUN b\n{long}")
    text = f"FROM a\n\nRUN bb\n{long}"

    assert parse(text, earlier=earlier).instructions == parse(text).instructions


def test_nested_triggers_do_not_nest_calls() -> None:
    (error,) = planned("FROM a\n" + "ONBUILD " * 5000 + "RUN x\n").errors
    assert error.message == "ONBUILD is not allowed after ONBUILD"


@given(st.lists(st.sampled_from(["RUN a \\", "  b \\", "# c \\", "#", "", "  \\", "c", "d \\\\", "\\ "]), max_size=12))
def test_long_continuations_are_split_as_short_ones(lines: list[str]) -> None:
    text = "\n".join(lines)
    few = [(it.first_line, it.last_line) for it in parse(text).instructions]
    with mock.patch("buildxray.syntax.lines._MANY_CONTINUATIONS", -1):
        assert [(it.first_line, it.last_line) for it in parse(text).instructions] == few


@pytest.mark.slow
@pytest.mark.parametrize("line", ["  a \\\n", "  a && \\\n", "  a; \\\n"])
def test_continuations_take_linear_time(line: str) -> None:
    start = time.process_time()
    assert len(parse("FROM a\nRUN \\\n" + line * 100_000 + "b\n").instructions) == 2
    assert time.process_time() - start < 12


@pytest.mark.slow
def test_comments_above_an_instruction_take_linear_time() -> None:
    start = time.process_time()
    assert len(parse("# c\n" * 100_000 + "FROM a\n").comments_above[0]) == 100_000
    assert time.process_time() - start < 12


@pytest.mark.slow
@pytest.mark.parametrize(
    "lines", ["WORKDIR abcdefghijklmnopqrst\n" * 2_000, "RUN " + "cd abcdefghijklmnopqrst && " * 2_000 + "go build\n"]
)
def test_directories_of_directories_take_little_memory(lines: str) -> None:
    tracemalloc.start()
    try:
        _ = Analyzer(REQUEST).analyze(f"FROM a\n{lines}").diagnostics
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


def test_a_working_directory_is_as_long_as_linux_allows() -> None:
    text = "FROM a\n" + f"WORKDIR {'d' * 255}\n" * 15 + f"WORKDIR {'d' * 254}\n"
    assert planned(text).errors == ()
    (error,) = planned(f"{text}WORKDIR d\n").errors
    assert error.message.startswith("the working directory would have more than 4096 characters")
