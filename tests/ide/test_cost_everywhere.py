"""The terminal, hints, hovers, lenses, the picture and the JSON of plans show the same cost of an instruction."""

from __future__ import annotations

import io
import re
from itertools import product

import pytest
from rich.console import Console

from buildxray.cli.plan_text import plan_text
from buildxray.ide.analysis import Analysis
from buildxray.ide.code_lens import code_lenses
from buildxray.ide.hover.steps import keyword
from buildxray.ide.inlay_hints import inlay_hints
from buildxray.ide.plan_view.as_json import view_as_json
from buildxray.ide.plan_view.model import plan_view
from buildxray.semantics.as_json import plan_as_json
from buildxray.syntax.text import TextRange
from tests.support.cases import every_case
from tests.support.conformance import CASES, case_text
from tests.support.ide import analyze

SHARED_BY_SOME = """\
FROM --platform=$BUILDPLATFORM alpine AS pick-amd64
RUN echo a > /x
FROM --platform=$BUILDPLATFORM alpine AS pick-arm
RUN echo b > /x
FROM pick-$TARGETARCH AS chosen
FROM scratch
COPY --from=chosen /x /x
"""
THREE = "linux/amd64,linux/arm/v6,linux/arm/v7"
FOUR = "linux/amd64,linux/arm64,linux/arm/v7,linux/ppc64le"
_MARK = re.compile(
    r"^ +(\d+)  RUN .*?  (×\d+|shared|once)(?: (?:(\d+) )?(emulated|native))?(?:  .*)?$", re.MULTILINE | re.IGNORECASE
)

Seen = dict[int, tuple[int, bool, int]]
"""By line of a RUN: the number of its steps, whether targets share one, and the number of emulated steps."""


def in_json(analysis: Analysis) -> Seen:
    seen: Seen = {}
    steps = plan_as_json(analysis.plan, "")["steps"]
    for run in (it for stage in analysis.build.stages for it in stage.runs):
        own = [steps[it.idx] for it in run.steps]
        if own:
            is_shared = len(own) == 1 and len(own[0]["targets"]) > 1
            seen[run.line] = (len(own), is_shared, sum(it["emulated"] for it in own))
    return seen


def in_terminal(analysis: Analysis) -> Seen:
    console = Console(file=io.StringIO(), width=2000, force_terminal=False)
    console.print(plan_text(analysis.build, "Dockerfile"))
    assert isinstance(console.file, io.StringIO)
    seen: Seen = {}
    for line, count, n_emulated, machine in _MARK.findall(console.file.getvalue()):
        n_steps = int(count[1:]) if count.startswith("×") else 1
        emulated = int(n_emulated or 1) if machine == "emulated" else 0
        seen[int(line)] = (n_steps, count == "shared", emulated)
    return seen


def in_picture(analysis: Analysis) -> Seen:
    seen: Seen = {}
    for stage in view_as_json(plan_view(analysis))["stages"]:
        for row in stage["rows"]:
            if row["kind"] == "instruction" and row["keyword"] == "RUN":
                boxes = row["steps"]
                is_shared = len(boxes) == 1 and len(boxes[0]["targets"]) > 1
                for it in boxes:
                    if it["state"] not in ("emulated", "repeated"):
                        assert (it["state"] == "shared") == (len(it["targets"]) > 1)
                seen[row["line"]] = (len(boxes), is_shared, sum(it["state"] == "emulated" for it in boxes))
    return seen


def in_hovers(analysis: Analysis) -> Seen:
    seen: Seen = {}
    for run in (it for stage in analysis.build.stages for it in stage.runs):
        hover = keyword(analysis, run.keyword_range.start)
        assert hover is not None
        head = hover.markdown.partition("\n")[0]
        if "makes no step" not in head:
            several = re.search(r"runs (\d+) times", head)
            is_shared = "shared by" in head or "for all" in head
            n_emulated = hover.markdown.count("**emulated**")
            seen[run.line] = (int(several[1]) if several else 1, is_shared, n_emulated)
    return seen


def in_hints(analysis: Analysis) -> dict[int, tuple[int, bool, bool]]:
    seen = {run.line: (1, False, False) for stage in analysis.build.needed_stages for run in stage.runs if run.steps}
    for hint in inlay_hints(analysis, TextRange(0, len(analysis.text))):
        run = analysis.build.instruction_at(hint.offset)
        assert run is not None
        several = re.match(r"×(\d+)", hint.label)
        seen[run.line] = (int(several[1]) if several else 1, "shared" in hint.label, "emulated" in hint.label)
    return seen


def check(analysis: Analysis) -> None:
    wanted = in_json(analysis)
    assert in_terminal(analysis) == wanted
    assert in_picture(analysis) == wanted
    assert in_hovers(analysis) == wanted
    assert in_hints(analysis) == {
        line: (n, is_shared, n_emulated > 0) for line, (n, is_shared, n_emulated) in wanted.items()
    }
    for stage, lens in zip(analysis.build.stages, code_lenses(analysis), strict=True):
        emulated = re.search(r"(\d+) emulated", lens.title)
        steps = {step.idx: step for run in stage.runs for step in run.steps}
        assert (int(emulated[1]) if emulated else 0) == sum(it.is_emulated for it in steps.values())


def test_a_step_shared_by_some_targets_is_shared_on_every_surface() -> None:
    analysis = analyze(SHARED_BY_SOME, THREE)
    check(analysis)
    assert in_json(analysis) == {2: (1, False, 0), 4: (1, True, 0)}
    hover = keyword(analysis, analysis.build.stages[1].runs[0].keyword_range.start)
    assert hover is not None
    assert hover.markdown.startswith("**`RUN`** runs once, shared by 2 of 3 platforms")


@pytest.mark.slow
@every_case("case, targets", product(CASES, [THREE, FOUR]))
def test_every_surface_agrees(case: str, targets: str) -> None:
    check(analyze(case_text(case), targets))
