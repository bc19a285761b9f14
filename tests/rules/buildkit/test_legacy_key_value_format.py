from __future__ import annotations

from buildxray.rules.base import Safety
from buildxray.rules.buildkit.legacy_key_value_format import legacy_key_value_format
from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case
from tests.support.rules import check_silent, check_token, context, findings

FROM = "FROM alpine\n"


@every_case(
    "before, where, after",
    [
        (f"{FROM}ENV A b\n", "A", f"{FROM}ENV A=b\n"),
        (f"{FROM}LABEL a  b c\n", "a", f'{FROM}LABEL a="b c"\n'),
        (f"{FROM}ENV A $B \\\n  c\n", "A", f'{FROM}ENV A="$B \\\n  c"\n'),
        (f"{FROM}ENV A 'b c'\n", "A", f"{FROM}ENV A='b c'\n"),
        (f'{FROM}ENV A "b" "c"\n', "A", f'{FROM}ENV A="b c"\n'),
        (f'{FROM}ENV A -D="b c" $E\n', "A", f'{FROM}ENV A="-D=b c $E"\n'),
        (f'{FROM}ENV A b="c" \\\n  d\n', "A", None),
        (f'{FROM}ENV A {{"b":1}}\n', "A", f'{FROM}ENV A={{"b":1}}\n'),
        # JSON without its quotes is what nobody meant.
        (f'{FROM}ENV A {{"b": "c d"}}\n', "A", None),
        (f'{FROM}ENV A "b \\"c" d\n', "A", None),
        # Quotes inside a value change their meaning between quotes.
        (f"{FROM}ENV A b 'c' d\n", "A", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(legacy_key_value_format, before, where, after)


@every_case(
    "text",
    [
        f"{FROM}ENV A=b C=d\n",
        f'{FROM}LABEL "a b"=c\n',
        f"{FROM}ARG A\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(legacy_key_value_format, text)


@every_case(
    "line, meant",
    [
        ("ENV A = b", "ENV A=b"),
        ('LABEL a.b =  "c d"', 'LABEL a.b="c d"'),
        ("ENV A =b", "ENV A=b"),
        ("ENV A = b c", None),
        ("ENV A =", None),
    ],
)
def test_an_equals_sign_between_blanks_is_a_part_of_the_value(line: str, meant: str | None) -> None:
    text = f"{FROM}{line}\n"
    (finding,) = findings(legacy_key_value_format, context(text))
    expected = [] if meant is None else [(Safety.SUGGESTION, f"{FROM}{meant}\n")]
    assert [(it.safety, apply_edits(text, it.edits)) for it in finding.fixes] == expected


@every_case(
    "value, safety",
    [
        ("-a -Db=c -DB=c", Safety.SAFE),
        ("a b==c B==c", Safety.SAFE),
        ("a #b", Safety.SAFE),
        ("'a # b'", Safety.SAFE),
        ('"a B=c"', Safety.SAFE),
        ("# a", Safety.SUGGESTION),
        ("a # b", Safety.SUGGESTION),
        ("a B=c", Safety.SUGGESTION),
        ("a \\\n  B=c", Safety.SUGGESTION),
    ],
)
def test_what_was_hardly_meant_for_the_value_is_not_written_down_without_a_review(value: str, safety: Safety) -> None:
    (finding,) = findings(legacy_key_value_format, context(f"{FROM}ENV A {value}\n"))
    assert [it.safety for it in finding.fixes] == [safety]


@every_case(
    "value, meant",
    [
        ("1 \\\n    B 2", "1 \\\n    B=2"),
        ("1 \\\n    B 2 \\\n    C 3", "1 \\\n    B=2 \\\n    C=3"),
        # One of the lines is not a pair.
        ("1 \\\n    B 2 3", '"1 \\\n    B 2 3"'),
        ("1 2 \\\n    B 3", '"1 2 \\\n    B 3"'),
    ],
)
def test_pairs_on_further_lines_were_hardly_meant_for_the_value(value: str, meant: str) -> None:
    text = f"{FROM}ENV A {value}\n"
    (finding,) = findings(legacy_key_value_format, context(text))
    assert [(it.safety, apply_edits(text, it.edits)) for it in finding.fixes] == [
        (Safety.SUGGESTION, f"{FROM}ENV A={meant}\n")
    ]


def test_a_text_on_several_lines_is_one_value() -> None:
    (finding,) = findings(legacy_key_value_format, context(f"{FROM}ENV A one text \\\n  on two lines\n"))
    assert [it.safety for it in finding.fixes] == [Safety.SAFE]
