from __future__ import annotations

import pytest

from buildxray.plan.planner import plan
from buildxray.semantics.file_flow import copied_paths, way_into_image
from buildxray.semantics.stage_graph import SplitCause, StageGraph
from buildxray.syntax.parser import parse
from tests.support.cases import every_case
from tests.support.cost import n_calls
from tests.support.markup import annotate, fixture
from tests.support.rules import TARGETS, request


def graph_of(text: str, targets: str = TARGETS, target_stage: str = "") -> StageGraph:
    return StageGraph(plan(parse(text), request(targets, target_stage=target_stage)))


def check_splits(markup: str, targets: str = TARGETS) -> None:
    """Check the number of steps, and the cause, of each instruction with several steps."""
    given = fixture(markup)
    graph = graph_of(given.text, targets)
    found = []
    for idx, instruction in enumerate(graph.plan.dockerfile.instructions):
        split = graph.split(idx)
        if split is not None:
            words = [f"×{split.n_steps} {split.cause.value}", *split.variables]
            if split.declared_at is not None:
                words.append(f"line {graph.plan.instruction(split.declared_at).first_line}")
            if split.cause is SplitCause.FILES:
                words.append(f"since line {graph.plan.instruction(split.origin).first_line}")
            found.append((instruction.range_of(instruction.node.keyword), " ".join(words)))
    assert annotate(given.text, found) == annotate(given.text, given.annotations)


def test_a_target_stage_is_split_by_its_platform() -> None:
    check_splits(
        """
        FROM alpine
        ^^^^ ×2 platform
        RUN a
        ^^^ ×2 platform
        """
    )


def test_an_argument_splits_a_native_stage() -> None:
    check_splits(
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        WORKDIR /src
        ARG VERSION=1 TARGETARCH
        COPY . .
        RUN a
        ^^^ ×2 environment TARGETARCH line 3
        COPY b c
        ^^^^ ×2 files since line 5
        FROM build AS child
        RUN d
        ^^^ ×2 files since line 5
        """
    )


def test_an_argument_in_a_text() -> None:
    check_splits(
        """
        FROM --platform=$BUILDPLATFORM golang AS base
        ARG TARGETARCH
        FROM base
        COPY a b-$TARGETARCH
        ^^^^ ×2 text TARGETARCH line 2
        """
    )


def test_files_of_a_split_stage() -> None:
    check_splits(
        """
        FROM alpine AS tools
        ^^^^ ×2 platform
        FROM --platform=$BUILDPLATFORM golang
        RUN a
        COPY --from=tools /x /x
        ^^^^ ×2 files since line 4
        """
    )


def test_one_target_splits_nothing() -> None:
    check_splits("FROM alpine\nARG TARGETARCH\nRUN a\n", "linux/arm64")


STAGES = """\
FROM --platform=$BUILDPLATFORM golang AS native
FROM native AS child
FROM alpine AS tools
FROM --platform=linux/arm64 alpine AS constant
FROM scratch AS empty
FROM alpine AS unneeded
FROM alpine AS base
COPY --from=child /a /a
RUN --mount=from=tools,target=/t --mount=from=constant,target=/c /t/x
COPY --from=empty / /e
FROM base
"""


@pytest.mark.parametrize("targets", [TARGETS, "linux/arm64"])
def test_stages(targets: str) -> None:
    graph = graph_of(STAGES, targets)
    names = [it.display_name for it in graph.plan.stages]
    assert {names[it] for it in graph.native_stages} == {"native", "child", "constant"}
    assert {names[it] for it in graph.needed_stages} == {*names} - {"unneeded"}
    assert {names[it] for it in graph.image_stages} == {"base", "stage-7"}
    assert [names[it] for it in graph.family(0)] == ["native", "child"]
    assert (graph.root(1), graph.root(7), graph.root(0)) == (0, 6, 0)
    assert graph.ancestry(1) == (1, 0)
    assert [it.stage for it in graph.consumers[1]] == [6]


def test_a_base_that_depends_on_the_platform_has_several_roots() -> None:
    graph = graph_of("FROM alpine AS a-amd64\nFROM debian AS a-arm64\nFROM a-$TARGETARCH\n")
    assert graph.bases(2) == (0, 1)
    assert graph.root(2) is None
    assert graph.image_stages == {0, 1, 2}


def test_declarations() -> None:
    graph = graph_of("FROM a AS a\nARG X\nENV X=1 Y=2\nFROM a\nRUN x\nARG X\nRUN y\n")
    assert graph.declaration("X", 4) == 2
    assert graph.declaration("X", 6) == 5
    assert graph.declaration("Z", 6) is None
    assert [it.environment.get("Y") for it in graph.scopes(4)] == ["2", "2"]
    assert [it.environment.get("X") for it in graph.scopes_after(2)] == ["1", "1"]


def flow(text: str, path: str) -> int | None:
    """The line of the instruction that first copies a file of stage 0 towards the image."""
    graph = graph_of(text)
    way = way_into_image(graph, 0, path)
    return None if way is None else graph.plan.instruction(way.instruction).first_line


@every_case(
    "copying, path, line",
    [
        ("COPY --from=b /out/app /app", "/out/app", 2),
        ("COPY --from=b /out /", "/out/app", 2),
        ("COPY --from=b / /", "/out/app", 2),
        ("COPY --from=b /out/* /", "/out/app", 2),
        ("COPY --from=b out/app /", "/out/app", 2),
        ("COPY --from=b /other /", "//app", None),
        ("COPY --from=b /other /", "app", None),
        ("COPY --from=b /out/app /", "/out", 2),
        ("COPY --from=b /out/other /", "/out/app", None),
        ("COPY --from=b /output /", "/out", None),
        ("COPY --from=b /src/app /", "/src/", 2),
        ("COPY --from=b /src/README.md /", "/src/", None),
        ("COPY --from=b /src/a/b /", "/src/", None),
        ("RUN --mount=from=b,target=/m cp /m/x /", "/out/app", 2),
        ("COPY . .", "/out/app", None),
    ],
)
def test_files_that_a_copy_takes(copying: str, path: str, line: int | None) -> None:
    assert flow(f"FROM --platform=$BUILDPLATFORM a AS b\nFROM alpine\n{copying}\n", path) == (line and line + 1)


@every_case("taken, line", [("/bin/app", 4), ("/bin", 4), ("/bin/other", None), ("/", 4)])
def test_files_are_followed_through_stages(taken: str, line: int | None) -> None:
    text = f"FROM a AS b\nFROM b AS c\nFROM scratch AS d\nCOPY --from=c /out/app /bin/\nFROM alpine\nCOPY --from=d {taken} /\n"
    assert flow(text, "/out/app") == (line and 2)


def test_paths_of_a_copy_for_all_targets() -> None:
    graph = graph_of("FROM a AS b\nFROM alpine\nARG TARGETARCH\nCOPY --from=b /out/$TARGETARCH/app x ./\n")
    (consumer,) = graph.consumers[0]
    assert copied_paths(graph, consumer) == ("/out/amd64/app", "/out/arm64/app", "/x")


def test_the_ways_into_the_image_are_bounded() -> None:
    """Each stage copies a file to two places, so that the number of paths doubles; none of them reaches the image."""
    copies = "".join(f"FROM a AS s{n}\nCOPY --from=s{n - 1} / /x/\nCOPY --from=s{n - 1} / /y/\n" for n in range(1, 24))
    text = f"FROM a AS s0\nRUN make\n{copies}FROM a AS image\nCOPY --from=s23 /z /z\n"
    graph = graph_of(text)
    assert n_calls(lambda: way_into_image(graph, 0, "/out/app"), most=1_000_000)
    assert way_into_image(graph, 0, "/out/app") is None
