"""The content of the picture of a plan."""

from __future__ import annotations

import pytest

from buildxray.ide.plan_view.markdown import as_markdown
from buildxray.ide.plan_view.model import Box, PlanView, plan_view, spoken
from buildxray.ide.plan_view.order import dependency_order
from tests.support.cases import every_case
from tests.support.conformance import CASES, case_text
from tests.support.ide import analyze
from tests.support.rules import TARGETS

EARLY = """\
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETARCH
WORKDIR /src
RUN go mod download
COPY . .
RUN GOARCH=$TARGETARCH \\
    go build -o /app .
FROM alpine
RUN apk add curl
COPY --from=build /app /app
"""


def view(text: str, targets: str = TARGETS) -> PlanView:
    return plan_view(analyze(text, targets))


def shown(text: str, targets: str = TARGETS) -> list[str]:
    """One line per row: stage, label, and the state of each box."""
    return [
        f"{stage.name} {row.line} {row.keyword} {row.text}: {' '.join(map(_box, row.boxes))}".replace("  ", " ").strip()
        for stage in view(text, targets).stages
        for row in stage.rows
    ]


def _box(box: Box) -> str:
    targets = "+".join(it.architecture for it in box.targets)
    return f"{box.cost.value}({targets})"


def test_rows_and_boxes() -> None:
    assert shown(EARLY) == [
        "build 1 FROM golang:1.26: shared(amd64+arm64)",
        "build 3 WORKDIR /src: shared(amd64+arm64)",
        "build 4 RUN go mod download: repeated(amd64) repeated(arm64)",
        "build 5 COPY . .: separate(amd64) separate(arm64)",
        "build 6 RUN GOARCH=$TARGETARCH go build -o /app .: native(amd64) native(arm64)",
        "stage-1 8 FROM alpine: separate(amd64) separate(arm64)",
        "stage-1 9 RUN apk add curl: native(amd64) emulated(arm64)",
        "stage-1 10 COPY --from=build /app /app: separate(amd64) separate(arm64)",
    ]


def test_one_platform_repeats_nothing() -> None:
    assert shown("FROM alpine\nRUN a\n", "linux/amd64") == [
        "stage-0 1 FROM alpine: separate(amd64)",
        "stage-0 2 RUN a: native(amd64)",
    ]


def test_the_totals_of_a_build() -> None:
    totals = view(EARLY).totals
    assert (totals.steps, totals.runs, totals.emulated) == (15, 6, 1)
    assert [str(it) for it in totals.emulated_platforms] == ["linux/arm64"]
    assert (totals.repeated, totals.needless) == (3, 1)


def test_rows_name_the_cause_of_a_split() -> None:
    rows = view(EARLY).stages[0].rows
    assert [it.cause for it in rows] == ["", "", "split by TARGETARCH, line 2", "", ""]
    assert rows[2].reason.startswith("Executed 2 times: `TARGETARCH` (line 2)")
    assert (rows[4].line, rows[4].last_line) == (6, 7)


def test_stages_have_names_platforms_and_origins() -> None:
    build, image = view(EARLY).stages
    assert (build.name, build.line, build.origin, build.is_image) == ("build", 1, "--platform=$BUILDPLATFORM", False)
    assert [str(it) for it in build.platforms] == ["linux/amd64"]
    assert (image.name, image.is_image, len(image.platforms)) == ("stage-1", True, 2)


def test_edges_by_kind() -> None:
    found = view(
        "FROM a AS base\nFROM base AS build\nRUN b\nFROM c AS tool\nRUN t\n"
        "FROM alpine\nCOPY --from=build / /\nRUN --mount=from=tool x\n"
    )
    assert [(it.source, it.target, it.kind) for it in found.edges] == [
        (0, 1, "from"),
        (1, 3, "copy"),
        (2, 3, "mount"),
    ]


def test_stages_by_platform() -> None:
    found = view("FROM a AS x-amd64\nRUN a\nFROM a AS x-arm64\nRUN b\nFROM a AS rest\nFROM x-$TARGETARCH\n")
    assert [[str(it) for it in stage.targets] for stage in found.stages] == [["linux/amd64"], ["linux/arm64"], []]
    assert found.stages[2].rows[0].text == "x-amd64, x-arm64"
    assert [(it.name, it.line) for it in found.unneeded] == [("rest", 5)]


def test_images_that_instructions_name() -> None:
    assert shown("FROM scratch\nCOPY --from=busybox /a /b\nADD https://example.com/x /x\n", "linux/amd64") == [
        "stage-0 1 FROM scratch:",
        "stage-0 2 busybox:latest: separate(amd64)",
        "stage-0 2 COPY --from=busybox /a /b: separate(amd64)",
        "stage-0 3 ADD https://example.com/x /x: separate(amd64)",
    ]


def test_triggers_are_at_the_from_that_inherits_them() -> None:
    text = "FROM --platform=$BUILDPLATFORM a AS base\nONBUILD RUN x\nFROM base\nRUN y\n"
    (trigger,) = [row for stage in view(text).stages for row in stage.rows if row.kind == "trigger"]
    assert (trigger.line, trigger.keyword, trigger.text, len(trigger.boxes)) == (3, "RUN", "x", 1)


def test_the_view_has_the_error_and_the_remaining_steps() -> None:
    found = view("FROM a\nRUN --mount=type=nonsense x\nRUN y\n")
    assert found.error is not None
    assert found.error[1] == 2
    assert found.stages[0].rows[-1].text == "y"


def test_the_view_says_how_often_the_context_is_loaded() -> None:
    text = "FROM --platform=$BUILDPLATFORM a AS b\nCOPY c c\nFROM a\nARG TARGETARCH\nCOPY --from=b c c\nCOPY $TARGETARCH d\n"
    told = "The build context is loaded 2 times, because line 6 uses a different path for each target: BuildKit's log lists 2 more steps"
    both = "linux/amd64,linux/arm64"
    split = view(text, both)
    assert split.note.startswith(told)
    assert split.note in as_markdown(split, "Dockerfile")
    assert view(text.replace("COPY c c", "COPY . c"), both).note == ""


def test_a_file_without_stages_has_an_empty_view() -> None:
    found = view("")
    assert (found.stages, found.edges, found.totals.steps) == ((), (), 0)


def test_the_description_of_a_step() -> None:
    build, image = view(EARLY).stages
    assert spoken(build, build.rows[2], build.rows[2].boxes[1]) == (
        "stage build, line 4; RUN go mod download; on linux/amd64, for linux/arm64; repeated without need"
    )
    assert spoken(build, build.rows[1], build.rows[1].boxes[0]) == (
        "stage build, line 3; WORKDIR /src; for linux/amd64, linux/arm64; shared by 2 platforms"
    )
    assert spoken(image, image.rows[1], image.rows[1].boxes[1]).endswith("on linux/arm64, for linux/arm64; emulated")


def test_stages_are_sorted_after_their_dependencies() -> None:
    assert dependency_order([0, 1, 2], [(2, 0)]) == [1, 2, 0]
    assert dependency_order([0, 1], [(0, 1), (1, 0)]) == [0, 1]
    assert dependency_order([0, 3], [(1, 3)]) == [0, 3]


@pytest.mark.slow
@every_case("case", CASES)
def test_every_step_of_buildkit_is_shown(case: str) -> None:
    analysis = analyze(case_text(case))
    found = plan_view(analysis)
    boxes = {box.step for stage in found.stages for row in stage.rows for box in row.boxes}
    for step in analysis.plan.steps:
        # BuildKit-internal steps are shown at the instruction that needs them.
        is_half = any(step.idx in analysis.plan.steps[it].inputs for it in boxes)
        assert step.idx in boxes or step.label.startswith("[internal]") or is_half, step.label
    runs = [box for stage in found.stages for row in stage.rows for box in row.boxes if box.kind == "exec"]
    assert len({it.step for it in runs}) == found.totals.runs
    places = {stage.idx: position for position, stage in enumerate(found.stages)}
    if found.error is None:
        assert all(places[it.source] < places[it.target] for it in found.edges)
