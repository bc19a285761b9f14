from __future__ import annotations

from buildxray.rules.architecture.dropped_variant import dropped_variant
from buildxray.rules.base import Safety
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings

OLD_ARM = "linux/amd64,linux/arm/v6"


def test_a_platform_without_the_variant_is_reported() -> None:
    check_rule(
        dropped_variant,
        """
        FROM --platform=linux/$TARGETARCH alpine
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 💡 the variant is lost: linux/arm/v6 becomes linux/arm/v7
        """,
        targets=OLD_ARM,
    )
    check_fix(
        dropped_variant, "FROM --platform=$TARGETOS/$TARGETARCH alpine AS b\n", "FROM alpine AS b\n", targets=OLD_ARM
    )


@every_case(
    "flag, targets",
    [
        ("linux/$TARGETARCH", "linux/amd64,linux/arm64,linux/arm/v7"),
        ("$TARGETPLATFORM", OLD_ARM),
        ("linux/$TARGETARCH/$TARGETVARIANT", "linux/arm/v6"),
        ("$BUILDPLATFORM", OLD_ARM),
        ("linux/arm/v7", OLD_ARM),
    ],
)
def test_platforms_with_the_variant_are_not_reported(flag: str, targets: str) -> None:
    check_nothing(dropped_variant, f"FROM --platform={flag} alpine\n", targets=targets)


@every_case(
    "text, safety",
    [
        ("FROM --platform=linux/$TARGETARCH alpine:3.22\n", Safety.SAFE),
        # There may be none for arm/v6.
        ("FROM --platform=linux/$TARGETARCH eclipse-temurin:21\n", Safety.SUGGESTION),
        ("FROM --platform=linux/$TARGETARCH acme/alpine\n", Safety.SUGGESTION),
        ("# without the variant: ours is for v7\nFROM --platform=linux/$TARGETARCH alpine\n", Safety.SUGGESTION),
    ],
)
def test_an_image_that_may_not_exist_for_the_variant_needs_a_review(text: str, safety: Safety) -> None:
    (finding,) = findings(dropped_variant, context(text, OLD_ARM))
    assert [it.safety for it in finding.fixes] == [safety]
