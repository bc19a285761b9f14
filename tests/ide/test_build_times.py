"""The times of a build log beside the lines of a Dockerfile."""

from __future__ import annotations

import pytest

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.build_times import LoadedLog, MeasuredBuild, measure_best
from buildxray.ide.code_actions import quick_fixes
from buildxray.ide.code_lens import code_lenses
from buildxray.ide.hover import hover
from buildxray.ide.inlay_hints import inlay_hints
from buildxray.ide.seconds import age
from buildxray.logs.reader import read_log, read_log_text
from buildxray.syntax.text import TextRange
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.cost import EDITS, n_calls
from tests.support.logs import CROSS, NAIVE, NAIVE_TTY, RECORDED, REQUEST, dockerfile
from tests.support.made_logs import made_build, plain
from tests.support.samples import THIRTY_LINES


def analyze(*texts: str, log: str = NAIVE_TTY) -> Analysis:
    """The analysis of the last text, after a log was opened for the first one."""
    analyzer = Analyzer(REQUEST, asks_for_several=True)
    analyzer.measured = measure_best(LoadedLog("a.log", read_log_text(log)), texts[0], REQUEST, Workspace())
    assert analyzer.measured is not None
    for text in texts:
        analysis = analyzer.analyze(text)
    return analysis


def hints(analysis: Analysis) -> dict[int, str]:
    everything = TextRange(0, len(analysis.text))
    return {analysis.lines.line_of(it.offset) + 1: it.label for it in inlay_hints(analysis, everything)}


def lenses(analysis: Analysis) -> list[str]:
    return [it.title for it in code_lenses(analysis)]


def test_hints_have_the_seconds_of_each_platform() -> None:
    assert hints(analyze(NAIVE)) == {
        5: "×2  47.7 s · arm64 62.0 s emulated",
        7: "×2  18.3 s · arm64 158.9 s emulated",
        8: "×2  1.7 s · arm64 3.2 s emulated",
    }


def test_the_hint_of_an_edited_instruction_has_its_earlier_time() -> None:
    assert hints(analyze(NAIVE, NAIVE.replace("-trimpath ", "")))[7] == (
        "×2  was 18.3 s · arm64 158.9 s emulated  emulated: linux/arm64"
    )
    assert hints(analyze(NAIVE, f"# a comment\n{NAIVE}")) == {
        line + 1: label for line, label in hints(analyze(NAIVE)).items()
    }


def test_a_new_instruction_has_no_time() -> None:
    assert hints(analyze(NAIVE, NAIVE.replace("COPY . .", "RUN make\nCOPY . .")))[6] == "×2  emulated: linux/arm64"


def test_lenses_have_the_share_of_a_stage_and_the_seconds_that_fixes_save() -> None:
    titles = lenses(analyze(NAIVE))
    # The safety of the fix is tested with its rule.
    assert titles[0].replace("suggested", "safe") == "build log: 440.1 s · the safe fixes save about 140 s of 440 s"
    assert titles[1].endswith("732.9 s, 100 % of all steps")


def test_an_edit_is_planned_again() -> None:
    assert lenses(analyze(NAIVE, CROSS))[0] == "build log: 440.1 s · re-planned: saves about 140 s of 440 s"
    worse = analyze(CROSS, NAIVE, log=_cross_log())
    assert "longer" in lenses(worse)[0]
    assert lenses(analyze(NAIVE, f"{NAIVE}# end\n"))[0].endswith("re-planned: takes as long")


def _cross_log() -> str:
    return """\
[+] Building 60.0s (9/9) FINISHED
 => [linux/amd64 build-env 1/8] FROM docker.io/library/golang:1.18-alpine@sha256:77f2    0.0s
 => [linux/amd64 build-env 5/8] RUN apk add --no-cache upx && go mod download            5.0s
 => [linux/amd64 build-env 7/8] RUN CGO_ENABLED=0 GOARCH=amd64 go build -trimpath -ldflags '-w -s' -o /go/bin/hello   18.0s
 => [linux/amd64->arm64 build-env 7/8] RUN CGO_ENABLED=0 GOARCH=arm64 go build -trimpath -ldflags '-w -s' -o /go/bin/hello   19.0s
 => [linux/amd64 stage-1 1/1] COPY --from=build-env /go/bin/hello /go/bin/hello          0.1s
 => [linux/arm64 stage-1 1/1] COPY --from=build-env /go/bin/hello /go/bin/hello          0.1s
"""


def test_the_hover_has_a_table_of_seconds() -> None:
    analysis = analyze(NAIVE)
    found = hover(analysis, NAIVE.index("RUN CGO"))
    assert found is not None
    assert "| `linux/arm64` | `linux/arm64` | 158.9 s | emulated |" in found.markdown
    assert "Emulation took 8.7 times as long." in found.markdown
    stage = hover(analysis, NAIVE.index("golang"))
    assert stage is not None
    assert "| `linux/amd64` | `linux/amd64` | 235.0 s |  |" in stage.markdown


def test_the_title_of_a_fix_has_the_seconds_that_it_saves() -> None:
    titles = [it.title for it in quick_fixes(analyze(NAIVE), TextRange(0, len(NAIVE)))]
    assert any(": saves about 140 s of 440 s" in it for it in titles)


def test_a_log_of_another_dockerfile_is_not_shown() -> None:
    loaded = LoadedLog("a.log", read_log_text(NAIVE_TTY))
    assert measure_best(loaded, "FROM node\nRUN npm ci\n", REQUEST, Workspace()) is None


def test_a_history_record_is_compared_by_its_own_text() -> None:
    loaded = LoadedLog("naive.dockerbuild", read_log(RECORDED / "naive.dockerbuild"))
    edited = dockerfile("naive.dockerbuild").replace("-trimpath", "-x")
    measured = measure_best(loaded, edited, REQUEST, Workspace())
    assert measured is not None
    assert measured.text == dockerfile("naive.dockerbuild")
    analyzer = Analyzer(REQUEST)
    analyzer.measured = measured
    assert hints(analyzer.analyze(edited))[10].startswith("×2  was 19.9 s")


def test_without_a_log_nothing_changes() -> None:
    analysis = Analyzer(REQUEST).analyze(NAIVE)
    assert analysis.times == {}
    assert hints(analysis)[7] == "×2  emulated: linux/arm64"
    assert len(lenses(analysis)) == 2


def test_a_time_is_outdated_if_an_edit_elsewhere_moved_the_run_to_another_machine() -> None:
    analyzer = Analyzer(REQUEST)
    analyzer.measured = MeasuredBuild(NAIVE, read_log_text(NAIVE_TTY).builds[0], REQUEST)
    now = analyzer.analyze(NAIVE)
    assert all(it.is_current for it in now.times.values())
    moved = analyzer.analyze(NAIVE.replace("FROM golang", "FROM --platform=$BUILDPLATFORM golang"))
    # The RUN instructions are native now; files are copied as before.
    current = {moved.dockerfile.instructions[idx].first_line: it.is_current for idx, it in moved.times.items()}
    assert [line for line, it in current.items() if not it and line > 1] == [5, 7, 8]


@every_case(
    "seconds, words",
    [(-3.0, "new"), (119.0, "new"), (120.0, "2 minutes old"), (7_300.0, "2 hours old"), (200_000.0, "2 days old")],
)
def test_ages_are_in_the_largest_unit_of_which_there_are_two(seconds: float, words: str) -> None:
    assert age(seconds) == words


@pytest.mark.slow
@every_case("edit", EDITS)
def test_a_keystroke_with_a_log_costs_little_more_than_without(edit: str) -> None:
    """Function calls are counted, which other processes do not affect; editors request hints and lenses at each keystroke."""
    without, with_log = Analyzer(REQUEST, asks_for_several=True), Analyzer(REQUEST, asks_for_several=True)
    logged = made_build(THIRTY_LINES, REQUEST, lambda step: 20.0 if step.is_emulated else 4.0)
    log = read_log_text("\n".join(plain(logged)))
    with_log.measured = measure_best(LoadedLog("log", log), THIRTY_LINES, REQUEST, Workspace())
    calls = {it: n_calls_of_last_keystroke(it, edit) for it in (without, with_log)}
    assert calls[without] < calls[with_log] < 1.15 * calls[without]


def n_calls_of_last_keystroke(analyzer: Analyzer, edit: str) -> int:
    for n in range(4):
        show(analyzer.analyze(EDITS[edit](THIRTY_LINES, n)))
    return n_calls(lambda: show(analyzer.analyze(EDITS[edit](THIRTY_LINES, 4))))


def show(analysis: Analysis) -> None:
    assert analysis.diagnostics is not None
    assert hints(analysis)
    assert lenses(analysis)
