from __future__ import annotations

from buildxray.rules.habits.unknown_platform import unknown_platform
from buildxray.rules.native.build_platform_image import build_platform_image
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, context, findings


@every_case(
    "written, meant",
    [
        ("linux/amd46", "linux/amd64"),
        ("linux/arm46", "linux/arm64"),
        ("linnux/amd64", "linux/amd64"),
        ("arm64/linux", "linux/arm64"),
        ("linux/x64", "linux/amd64"),
        ("linux/armv7", "linux/arm/v7"),
        ("linux/armv6l", "linux/arm/v6"),
        ("linux/arm32v7", "linux/arm/v7"),
        ("linux/arm64v8", "linux/arm64"),
        ("linux/ppc64el", "linux/ppc64le"),
        ("linux/quantum", None),
    ],
)
def test_platforms_that_nothing_is_built_for(written: str, meant: str | None) -> None:
    ctx = context(f"FROM --platform={written} alpine\n")
    (finding,) = findings(unknown_platform, ctx)
    assert ctx.text[slice(*finding.range)] == written
    assert [edit.new_text for fix in finding.fixes for edit in fix.edits] == ([meant] if meant else [])
    # One finding for one mistake.
    assert findings(build_platform_image, ctx) == []


@every_case(
    "platform",
    [
        "linux/amd64",
        "linux/aarch64",
        "amd64",
        "linux/arm/v7",
        "windows(10.0.17763)/amd64",
        "wasi/wasm",
        "$P",
        "a/b/c/d/e",
    ],
)
def test_platforms_that_are_right_or_refused(platform: str) -> None:
    check_nothing(unknown_platform, f"FROM --platform={platform} alpine\n")


def test_the_fix_repairs_the_text() -> None:
    check_fix(
        unknown_platform,
        "FROM --platform=linux/arm46 alpine AS a\nRUN true\n",
        "FROM --platform=linux/arm64 alpine AS a\nRUN true\n",
    )
