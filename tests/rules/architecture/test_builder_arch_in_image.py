from __future__ import annotations

import pytest

from buildxray.rules.architecture.builder_arch_in_image import builder_arch_in_image
from tests.support.rules import check_fix, reported

IMAGE = "FROM debian:13\nARG TARGETARCH\n{}\n"


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        ("ARG BUILDARCH\nCOPY bin/tool-$BUILDARCH /tool", ["$BUILDARCH"]),
        ("ARG BUILDPLATFORM\nRUN cp /bins/${BUILDPLATFORM}/tool /tool", ["${BUILDPLATFORM}"]),
        ("ARG BUILDARCH\nENV MACHINE=$BUILDARCH\nCOPY bin/$MACHINE/tool /tool", ["$BUILDARCH"]),
        ("ARG BUILDARCH\nENV BUILT_ON=$BUILDARCH\nCOPY bin/$TARGETARCH/tool /tool", []),
        ("ARG BUILDPLATFORM\nRUN echo built on $BUILDPLATFORM for $TARGETARCH", []),
        ("ARG BUILDARCH\nRUN if [ $BUILDARCH != $TARGETARCH ]; then touch /crossed; fi", []),
        ("COPY bin/tool-$TARGETARCH /tool", []),
    ],
)
def test_files_for_the_build_machine_in_the_image_are_reported(lines: str, places: list[str]) -> None:
    assert reported(builder_arch_in_image, IMAGE.format(lines)) == places


def test_files_for_the_target_are_not_reported() -> None:
    check_fix(
        builder_arch_in_image,
        "FROM alpine\nARG BUILDARCH\nCOPY a-$BUILDARCH /a\nRUN curl -o /b https://x.org/b-$BUILDARCH\n",
        "FROM alpine\nARG TARGETARCH\nCOPY a-$TARGETARCH /a\nRUN curl -o /b https://x.org/b-$TARGETARCH\n",
    )
