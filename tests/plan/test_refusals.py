"""Errors that BuildKit reports, beyond the cases in tests/conformance."""

from __future__ import annotations

from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform
from buildxray.syntax.parser import parse
from tests.support.cases import every_case

AMD64 = Platform("linux", "amd64")


def refused(text: str) -> str | None:
    """The text of the range of the error."""
    error = plan(parse(text), BuildRequest(AMD64, (AMD64,))).error
    return None if error is None else text[slice(*error.range)]


@every_case(
    "syntax, expected",
    [
        ("", "--device=a"),
        ("# syntax=docker/dockerfile:1\n", "--device=a"),
        ("# syntax=docker.io/docker/dockerfile-upstream@sha256:0\n", "--device=a"),
        ("# syntax=docker/dockerfile:1-labs\n", None),
        ("# syntax=example.com/frontend:2\n", None),
        ("# syntax=docker/dockerfile-x\n", None),
    ],
)
def test_devices_need_a_frontend_that_knows_them(syntax: str, expected: str | None) -> None:
    assert refused(f"{syntax}FROM a\nRUN --device=a b\n") == expected


def test_a_device_is_refused_in_the_stages_that_the_build_reads_only() -> None:
    assert refused("FROM a AS unused\nRUN --device=a b\nFROM a\nRUN b\n") is None
    assert refused("FROM a AS used\nRUN --device=a b\nFROM a\nCOPY --from=used / /\n") == "--device=a"


@every_case(
    "text, value",
    [
        ("FROM a\nENV A=\ufeffb\nRUN c\n", "b"),
        ("FROM a\nENV A \ufeff[b\nRUN c\n", "[b"),
        ("FROM a\nARG A=\ufeff\nRUN c\n", ""),
        ("FROM \ufeffa\nENV A=b\nRUN c\n", "b"),
        ("FROM a\nENV A=b\ufeff\nRUN c\n", "b\ufeff"),
        ("FROM a\nENV A=\ufeff\ufeffb\nRUN c\n", "\ufeffb"),
        ("FROM a\nENV A=\u200bb\nRUN c\n", "\u200bb"),
        ("FROM a\nENV \ufeffA=b\nRUN c\n", "b"),
    ],
)
def test_a_byte_order_mark_where_a_word_begins_is_ignored(text: str, value: str) -> None:
    planned = plan(parse(text), BuildRequest(AMD64, (AMD64,)))
    assert planned.error is None
    assert planned.steps[-1].environment is not None
    assert planned.steps[-1].environment.get("A") == value


@every_case(
    "text",
    ["FROM a\nRUN a \\\n\ufeff# no comment \\\n b\nRUN b\n", "FROM a\n\ufeffRUN b\n", "FROM a AS \ufeffb\n"],
)
def test_a_byte_order_mark_is_a_character_where_a_line_or_a_name_begins(text: str) -> None:
    planned = plan(parse(text), BuildRequest(AMD64, (AMD64,)))
    assert planned.error is not None or "no comment" in planned.steps[1].label


@every_case(
    "text, checks",
    [
        ("# check=error=true\nFROM a\nCMD b\n", ["JSONArgsRecommended"]),
        ("# check=error=true\nFROM a as c\nCMD b\n", ["FromAsCasing", "JSONArgsRecommended"]),
        ("# check=error=1;skip=JSONArgsRecommended\nFROM a\nCMD b\n", []),
        ("# check=error=false\nFROM a\nCMD b\n", []),
        ("FROM a\nCMD b\n", []),
        ('# check=error=true\nFROM a\nCMD ["b"]\n', []),
        # BuildKit does not read the commands of an unneeded stage, but its parser reports errors in any stage.
        ("# check=error=true\nFROM a AS b\nWORKDIR c\nFROM a\n", []),
        ("# check=error=true\nFROM a AS b\nWORKDIR c\nFROM b\n", ["WorkdirRelativePath"]),
        ("# check=error=true\nFROM a as b\nCMD c\nFROM a\n", ["FromAsCasing"]),
        # An error comes first.
        ("# check=error=true\nFROM a\nCMD b\nSTOPSIGNAL c\n", None),
    ],
)
def test_a_check_that_is_an_error_refuses_the_build(text: str, checks: list[str] | None) -> None:
    error = plan(parse(text), BuildRequest(AMD64, (AMD64,))).error
    if checks is None:
        assert error is not None
        assert "error=true" not in error.message
    elif checks:
        assert error is not None
        assert str(error.message).endswith(", ".join(checks))
        assert (error.line, text[slice(*error.range)]) == (1, text.partition("\n")[0])
    else:
        assert error is None


@every_case(
    "option, is_refused",
    [("error=true", True), ("skip=JSONArgsRecommended;error=true", False), ("skip=all", False), ("wrong", True)],
)
def test_the_build_argument_of_checks_counts_over_the_directive(option: str, is_refused: bool) -> None:
    for text in ("FROM a\nCMD b\n", "# check=error=true\nFROM a\nCMD b\n", "# check=error=wrong\nFROM a\nCMD b\n"):
        request = BuildRequest(AMD64, (AMD64,), build_arguments=(("BUILDKIT_DOCKERFILE_CHECK", option),))
        assert (plan(parse(text), request).error is not None) is is_refused


@every_case(
    "options, wrong",
    [
        ("skip=all", None),
        ("skip=A,B;error=T", None),
        ("skip=A;experimental=all;error=true and what follows", None),
        ("skip=A;error=yes", "yes"),
        ("skip", "skip"),
        ("skip=A; skp=all", "skip=A; skp=all"),
        ("skip=A;skp=all", "skp"),
        ("skip=A;", "skip=A;"),
    ],
)
def test_options_of_checks(options: str, wrong: str | None) -> None:
    assert refused(f"# check={options}\nFROM a\n") == wrong
