"""The law of safe fixes, on Dockerfiles that are changed at random; `tools/corpus.py --mutated N` tries thousands."""

from __future__ import annotations

import pytest

from buildxray.syntax.text import apply_edits
from tests.rules.test_dockerfiles import examples
from tests.support.cases import every_case
from tests.support.conformance import CASES, case_text
from tests.support.markup import fixture
from tests.support.rules import request
from tools import fix_law
from tools.corpus import analyze, law_of

TEXTS = [*map(case_text, CASES), *(fixture(it.markup).text for it in examples())]


@pytest.mark.slow
@pytest.mark.parametrize("text", [*fix_law.mutated(TEXTS, 60, 7)], ids=map(str, range(60)))
def test_a_safe_fix_keeps_the_law(text: str) -> None:
    _n_fixes, broken = law_of(request(), text)
    assert broken == []


def test_an_instruction_that_goes_with_its_comment_is_edited() -> None:
    n_fixes, broken = law_of(request(), 'FROM alpine\n# The first one.\nCMD ["a"]\nRUN a\nCMD ["b"]\n')
    assert (n_fixes, broken) == (1, [])


def test_the_same_seed_gives_the_same_texts() -> None:
    assert [*fix_law.mutated(TEXTS, 3, 1)] == [*fix_law.mutated(TEXTS, 3, 1)]
    assert [*fix_law.mutated(TEXTS, 3, 1)] != [*fix_law.mutated(TEXTS, 3, 2)]


NATIVE = "FROM --platform=$BUILDPLATFORM golang AS build\n"
CODE = "COPY . .\nARG TARGETARCH\nRUN ./gen.sh\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .\n"
IMAGE = 'FROM scratch\nCOPY --from=build /app /app\nCMD ["/app"]\n'


@every_case(
    "old, new, expected",
    [
        ("ARG TARGETARCH\nRUN ./gen.sh\n", "RUN ./gen.sh\nARG TARGETARCH\n", "line 4 may read TARGETARCH"),
        ("GOARCH=$TARGETARCH ", "", "suits its platform less"),
        ("--platform=$BUILDPLATFORM ", "", "more steps are emulated"),
        ('CMD ["/app"]\n', "", "the configuration of the image changes"),
        ("COPY . .\n", "COPY .\n", "new errors: build-error"),
        ("FROM golang", "FROM --platform=$BUILDPLATFORM golang", "line 4 runs an unknown program on another machine"),
    ],
)
def test_unsafe_edits_break_the_law(old: str, new: str, expected: str) -> None:
    text = ("FROM golang AS build\n" if old == "FROM golang" else NATIVE) + CODE + IMAGE
    before, after = analyze(request(), text), analyze(request(), text.replace(old, new))
    (diagnostic,) = analyze(request(), "FROM alpine\nRUN echo $TARGETARCH\n").diagnostics
    fix = diagnostic.fixes[0].__class__("", ())
    assert any(expected in it for it in fix_law.broken(before, after, diagnostic, fix))
    assert [*fix_law.broken(before, before, diagnostic, fix)] == []


def test_a_file_that_stays_wrong_must_not_cease_to_be_reported() -> None:
    build = "CGO_ENABLED=0 GOARCH=amd64 go build -o"
    text = f"{NATIVE}COPY . .\nRUN {build} /app . && {build} /tool ./tool\n{IMAGE}COPY --from=build /tool /tool\n"
    before = analyze(request(), text, is_meant=True)
    (diagnostic,) = before.diagnostics
    (fix,) = diagnostic.fixes
    fixed = analyze(request(), apply_edits(text, fix.edits), is_meant=True)
    assert [*fix_law.broken(before, fixed, diagnostic, fix)] == []
    # The name of a stage says that it is meant.
    silenced = analyze(
        request(), text.replace("AS build", "AS amd64").replace("from=build", "from=amd64"), is_meant=True
    )
    expected = ["line 3 makes a file for the wrong machine, which is not reported any more"] * 2
    assert [*fix_law.broken(before, silenced, diagnostic, fix)] == expected
