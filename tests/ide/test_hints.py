from __future__ import annotations

from buildxray.ide.code_lens import code_lenses
from buildxray.ide.inlay_hints import inlay_hints
from buildxray.syntax.text import TextRange
from tests.support.ide import analyze
from tests.support.markup import annotate, fixture
from tests.support.rules import TARGETS


def check_hints(text_with_hints: str, targets: str = TARGETS) -> None:
    """Compare the hints, written into the text as `«label»`."""
    wanted = fixture(text_with_hints).text
    text = "\n".join(line.partition(" «")[0] for line in wanted.split("\n"))
    hints = [*inlay_hints(analyze(text, targets), TextRange(0, len(text)))]
    for hint in sorted(hints, key=lambda it: -it.offset):
        assert hint.tooltip
        text = f"{text[: hint.offset]} «{hint.label}»{text[hint.offset :]}"
    assert text == wanted


def check_lenses(markup: str, targets: str = TARGETS) -> None:
    given = fixture(markup)
    found = [(it.range, it.title) for it in code_lenses(analyze(given.text, targets))]
    assert annotate(given.text, found) == annotate(given.text, given.annotations)


def test_hints_after_each_run() -> None:
    check_hints(
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN a «shared»
        ARG TARGETARCH
        RUN b && \\ «×2»
            c
        FROM alpine
        COPY --from=build / /
        RUN <<EOF «×2  emulated: linux/arm64»
        d
        EOF
        """
    )


def test_for_one_platform_only_emulation_has_a_hint() -> None:
    check_hints("FROM alpine\nRUN a\n", "linux/amd64")
    check_hints("FROM alpine\nRUN a «emulated: linux/arm64»\n", "linux/arm64")


def test_hints_of_a_part_of_the_text() -> None:
    analysis = analyze("FROM alpine\nRUN a\nRUN b\n")
    assert len([*inlay_hints(analysis, TextRange(18, 20))]) == 1


def test_why_a_run_is_repeated() -> None:
    analysis = analyze("FROM --platform=$BUILDPLATFORM a\nARG TARGETARCH\nRUN a\nRUN b\nCOPY x-$TARGETARCH /\n")
    tooltips = [it.tooltip for it in inlay_hints(analysis, TextRange(0, 999))]
    assert tooltips == [
        "Executed 2 times: `TARGETARCH` (line 2) is in its environment and has a value per platform.",
        "Executed 2 times: its input files differ between the platforms since line 3.",
    ]


def test_lenses_above_each_stage() -> None:
    check_lenses(
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ^^^^ linux/amd64 (--platform=$BUILDPLATFORM) · 5 steps · 1 RUN once per platform
        RUN a
        ARG TARGETARCH
        WORKDIR /src
        RUN b
        FROM build AS child
        ^^^^ linux/amd64 (same as build) · 0 steps
        FROM alpine AS unneeded
        ^^^^ not needed for the image
        FROM alpine
        ^^^^ linux/amd64, linux/arm64 (target platform) · 6 steps · 1 emulated
        COPY --from=child / /
        RUN c
        """
    )
