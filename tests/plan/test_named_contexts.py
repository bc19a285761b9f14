"""Named contexts take the place of stages and images. (BuildKit: dockerui/namedcontext.go)."""

from __future__ import annotations

import pytest

from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform
from buildxray.syntax.parser import parse

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
TEXT = """\
FROM golang AS tools
RUN make tools
FROM tools AS base
RUN make base
FROM alpine
COPY --from=base /x /x
COPY --from=busybox /y /y
RUN true
"""


def labels(*contexts: tuple[str, str], text: str = TEXT, targets: tuple[Platform, ...] = (AMD64,)) -> list[str]:
    planned = plan(parse(text), BuildRequest(AMD64, targets, contexts=contexts))
    assert planned.error is None
    return [it.label for it in planned.steps]


def test_without_contexts() -> None:
    assert labels() == [
        "[stage-2 1/4] FROM docker.io/library/alpine:latest",
        "[tools 1/2] FROM docker.io/library/golang:latest",
        "[tools 2/2] RUN make tools",
        "[base 1/1] RUN make base",
        "[stage-2 2/4] COPY --from=base /x /x",
        "FROM docker.io/library/busybox:latest",
        "[stage-2 3/4] COPY --from=busybox /y /y",
        "[stage-2 4/4] RUN true",
    ]


def test_a_stage_is_replaced_with_all_that_only_it_needs() -> None:
    assert labels(("base", "./files")) == [
        "[stage-2 1/4] FROM docker.io/library/alpine:latest",
        "[context base] load from client",
        "[stage-2 2/4] COPY --from=base /x /x",
        "FROM docker.io/library/busybox:latest",
        "[stage-2 3/4] COPY --from=busybox /y /y",
        "[stage-2 4/4] RUN true",
    ]


def test_the_stage_below_is_replaced_by_an_image() -> None:
    assert labels(("tools", "docker-image://debian:13"))[1:3] == [
        "[context tools] docker.io/library/debian:13",
        "[base 1/1] RUN make base",
    ]


@pytest.mark.parametrize("name", ["busybox", "busybox:latest", "docker.io/library/busybox"])
def test_an_image_that_copy_names_is_replaced(name: str) -> None:
    assert "[context busybox] target:box" in labels((name, "target:box"))


def test_the_image_of_a_stage_is_replaced() -> None:
    assert labels(("alpine", "target:base"))[0] == "[context alpine] target:base"


def test_a_context_for_one_platform_is_for_that_one() -> None:
    found = labels(("alpine::linux/arm64", "docker-image://debian"), targets=(AMD64, ARM64))
    assert "[linux/amd64 stage-2 1/4] FROM docker.io/library/alpine:latest" in found
    assert "[context alpine::linux/arm64] docker.io/library/debian:latest" in found


def test_a_directory_is_loaded_once_for_all_platforms() -> None:
    assert labels(("base", "files"), targets=(AMD64, ARM64)).count("[context base] load from client") == 1


def test_what_another_target_gives_is_loaded_for_each_platform() -> None:
    assert labels(("base", "target:base"), targets=(AMD64, ARM64)).count("[context base] target:base") == 2


def test_a_replaced_target_stage() -> None:
    assert labels(("app", "docker-image://alpine"), text="FROM golang AS app\nRUN true\n") == [
        "[context app] docker.io/library/alpine:latest"
    ]


def test_other_names_change_nothing() -> None:
    assert labels(("other", "files")) == labels()
