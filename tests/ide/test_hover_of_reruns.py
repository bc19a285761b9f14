"""Hovers about the steps that run again after a change of context files or of an ARG."""

from __future__ import annotations

from buildxray.ide.analysis import Analyzer
from buildxray.ide.build_times import MeasuredBuild
from buildxray.ide.hover import hover
from buildxray.logs.reader import read_log_text
from tests.support.cases import every_case
from tests.support.ide import hover_at
from tests.support.logs import NAIVE, NAIVE_TTY, REQUEST


@every_case(
    "markup, words",
    [
        ("FROM a\nCO<|>PY x /\nRUN one\nRUN two\n", "A change in these files re-runs 2 RUN steps on each platform, 2 emulated."),
        ("FROM a\nA<|>DD x /\nRUN one\n", "A change in these files re-runs 1 RUN step on each platform, 1 emulated."),
        (
            "FROM --platform=$BUILDPLATFORM a AS b\nCO<|>PY x /\nRUN one\nFROM scratch\nCOPY --from=b / /\n",
            "A change in these files re-runs 1 RUN step.",
        ),
        ("FROM a\nRU<|>N --mount=target=/s one\nRUN two\n", "A change in these files re-runs 2 RUN steps on each platform"),
        ("FROM a\nARG V<|>ERSION\nRUN one $VERSION\n", "Another value re-runs 1 RUN step on each platform, 1 emulated."),
        ("FROM a\nARG VERSION\nRUN one\nRUN two $VER<|>SION\n", "Another value re-runs 2 RUN steps on each platform"),
    ],
)  # fmt: skip
def test_the_hover_lists_the_steps_that_run_again(markup: str, words: str) -> None:
    assert words in (hover_at(markup) or "")


@every_case(
    "markup",
    [
        "FROM a AS b\nRUN x\nFROM a\nCO<|>PY --from=b / /\nRUN y\n",  # the files are not those of the context
        "FROM a\nADD https://x.y/z<|> /\nRUN y\n",
        "FROM a\nRUN y\nCO<|>PY x /\n",  # no RUN follows
        "FROM a\nARG TARGET<|>ARCH\nRUN one $TARGETARCH\n",  # no build argument can change it
        "FROM a\nRUN one\nARG V<|>ERSION\n",
        "FROM a\nENV V<|>ERSION=1\nRUN one\n",
    ],
)
def test_an_instruction_that_repeats_nothing_has_no_such_line(markup: str) -> None:
    assert "re-runs" not in (hover_at(markup) or "")


def test_with_a_log_it_says_how_long_the_build_waits() -> None:
    analyzer = Analyzer(REQUEST)
    analyzer.measured = MeasuredBuild(NAIVE, read_log_text(NAIVE_TTY).builds[0], REQUEST)
    found = hover(analyzer.analyze(NAIVE), NAIVE.index("COPY go.sum"))
    assert found is not None
    # The emulated chain, 62.0 + 158.9 + 3.2 s; the native one runs beside it.
    assert "A change in these files re-runs 3 RUN steps on each platform, 3 emulated, about 220 s." in found.markdown
