"""A machine for each platform: which steps are emulated, and which are repeated."""

from __future__ import annotations

from buildxray.plan.model import Plan
from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest
from buildxray.platforms.machines import Machines
from buildxray.platforms.platform import Platform, parse_normalized
from buildxray.syntax.parser import parse
from tests.support.cases import every_case

AMD64, ARM64, ARM = Platform("linux", "amd64"), Platform("linux", "arm64"), Platform("linux", "arm", "v7")


def planned(text: str, *targets: Platform, machines: Machines) -> Plan:
    nodes = tuple((it, node) for it, node in machines.nodes(targets) if node != machines.own)
    return plan(parse(text), BuildRequest(machines.own or AMD64, targets, nodes=nodes))


TEXT = """\
FROM --platform=$BUILDPLATFORM alpine AS tools
RUN echo $BUILDPLATFORM
FROM alpine
COPY --from=tools /x /x
RUN true
"""


def described(text: str, *targets: Platform, machines: Machines) -> list[str]:
    steps = planned(text, *targets, machines=machines).steps
    return [f"{it.platform} on {it.node}{' emulated' if it.is_emulated else ''}" for it in steps if it.kind == "exec"]


def test_one_machine_shares_and_emulates() -> None:
    assert described(TEXT, AMD64, ARM64, machines=Machines(AMD64)) == [
        "linux/amd64 on linux/amd64",
        "linux/amd64 on linux/amd64",
        "linux/arm64 on linux/amd64 emulated",
    ]


def test_a_machine_for_each_platform_emulates_nothing_and_shares_nothing() -> None:
    assert described(TEXT, AMD64, ARM64, machines=Machines(AMD64, (ARM64,))) == [
        "linux/amd64 on linux/amd64",
        "linux/amd64 on linux/amd64",
        "linux/arm64 on linux/arm64",
        "linux/arm64 on linux/arm64",
    ]


def test_platforms_of_one_machine_share_its_steps() -> None:
    assert described(TEXT, ARM64, ARM, machines=Machines(AMD64, (ARM64,))) == [
        "linux/arm64 on linux/arm64",
        "linux/arm64 on linux/arm64",
        "linux/arm/v7 on linux/arm64",
    ]


def test_several_machines_name_platforms_in_labels_even_where_each_builds_one() -> None:
    # buildx asks each machine for a list of platforms then: build/opt.go, toSolveOpt.
    steps = planned(TEXT, AMD64, ARM64, machines=Machines(AMD64, (ARM64,))).steps
    assert [it.label.split("]")[0] for it in steps if it.kind == "exec"] == [
        "[linux/amd64 tools 2/2",
        "[linux/amd64 stage-1 3/3",
        "[linux/arm64 tools 2/2",
        "[linux/arm64 stage-1 3/3",
    ]


@every_case(
    "target, node",
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/386", "linux/amd64"),
        ("linux/arm64", "linux/arm64"),
        ("linux/arm/v7", "linux/arm64"),
        ("linux/arm/v6", "linux/arm64"),
        ("linux/s390x", "linux/amd64"),
        ("windows/amd64", "linux/amd64"),
    ],
)
def test_the_machine_of_a_target(target: str, node: str) -> None:
    platform = parse_normalized(target)
    assert Machines(AMD64, (ARM64,)).nodes([platform]) == ((platform, parse_normalized(node)),)
