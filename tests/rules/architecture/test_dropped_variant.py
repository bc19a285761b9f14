from __future__ import annotations

from buildxray.rules.architecture.dropped_variant import dropped_variant
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule

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
    check_fix(dropped_variant, "FROM --platform=$TARGETOS/$TARGETARCH a AS b\n", "FROM a AS b\n", targets=OLD_ARM)


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
