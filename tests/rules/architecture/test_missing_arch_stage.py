from __future__ import annotations

from buildxray.rules.architecture.missing_arch_stage import missing_arch_stage
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_nothing, check_rule, context, findings


def test_a_missing_stage_for_a_target_is_reported() -> None:
    check_rule(
        missing_arch_stage,
        """
        FROM alpine AS base-amd64
        FROM base-$TARGETARCH
             ^^^^^^^^^^^^^^^^ warning: the file has no stage `base-arm64` for linux/arm64, so BuildKit pulls an image of that name
        """,
    )


@every_case(
    "text",
    [
        "FROM alpine AS a-amd64\nFROM alpine AS a-arm64\nFROM a-$TARGETARCH\n",
        "FROM image-$TARGETARCH\n",
        "FROM alpine AS a-amd64\nFROM a-$TARGETARCH AS unneeded\nFROM alpine\n",
    ],
)
def test_existing_stages_are_not_reported(text: str) -> None:
    check_nothing(missing_arch_stage, text)


def test_assumed_platforms_need_no_stage() -> None:
    text = "FROM alpine AS a-amd64\nFROM alpine AS a-aarch64\nFROM a-$TARGETARCH\n"
    assert findings(missing_arch_stage, context(text))
    assert not findings(missing_arch_stage, context(text, workspace=Workspace(platforms_are_assumed=True)))
