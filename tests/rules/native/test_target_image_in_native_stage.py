"""Programs that a native stage takes from an image which only has a name here."""

from dataclasses import replace

import pytest

from buildxray.rules.context import RuleContext
from buildxray.rules.native.target_image_in_native_stage import target_image_in_native_stage
from buildxray.semantics.build import Builder
from tests.support.rules import check_fix, check_nothing, findings, request

TAKEN = """\
FROM oven/bun:1 AS bun
{}FROM --platform=$BUILDPLATFORM node:24 AS web
COPY --from=bun /usr/local/bin/bun /usr/local/bin/bun
WORKDIR /web
COPY . .
RUN bun run build
FROM nginx
COPY --from=web /web/dist /usr/share/nginx/html
{}"""


def test_named_image() -> None:
    check_fix(
        target_image_in_native_stage,
        TAKEN.format("", ""),
        TAKEN.format("", "").replace("FROM oven", "FROM --platform=$BUILDPLATFORM oven"),
    )


def test_image_that_the_final_stage_takes_too() -> None:
    also = "COPY --from=bun /usr/local/bin/bun /usr/local/bin/bun\n"
    check_fix(
        target_image_in_native_stage,
        TAKEN.format("", also),
        TAKEN.format("", also)
        .replace(
            "FROM --platform=$BUILDPLATFORM node",
            "FROM --platform=$BUILDPLATFORM oven/bun:1 AS bun-tools\nFROM --platform=$BUILDPLATFORM node",
        )
        .replace("COPY --from=bun", "COPY --from=bun-tools", 1),
    )


def test_stage_that_makes_files_of_its_own() -> None:
    """What it makes for the target may be meant for the image."""
    check_nothing(target_image_in_native_stage, TAKEN.format("RUN bun install -g x\n", ""))


def test_image_of_the_build_platform() -> None:
    check_nothing(
        target_image_in_native_stage,
        TAKEN.format("", "").replace("FROM oven", "FROM --platform=$BUILDPLATFORM oven"),
    )


@pytest.mark.parametrize(("value", "n_findings"), [("docker-image://example/tools:1", 1), ("../tools", 0), ("", 0)])
def test_named_context(value: str, n_findings: int) -> None:
    text = TAKEN.format("", "").replace("FROM oven/bun:1 AS bun\n", "")
    builder = Builder(replace(request(), contexts=(("bun", value or "target:bun"),)))
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    assert len(findings(target_image_in_native_stage, ctx)) == n_findings
