"""ignored-platform-flag, build-platform-image, redundant-target-platform."""

from __future__ import annotations

import pytest

from buildxray.rules.base import Safety
from buildxray.rules.buildkit.redundant_target_platform import redundant_target_platform
from buildxray.rules.native.build_platform_image import build_platform_image
from buildxray.rules.native.ignored_platform_flag import ignored_platform_flag
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings


def test_a_flag_on_a_stage_is_ignored() -> None:
    check_rule(
        ignored_platform_flag,
        """
        FROM golang AS base
        FROM --platform=$BUILDPLATFORM base AS build
             ^^^^^^^^^^^^^^^^^^^^^^^^^ 💭 💡 `--platform` on `FROM base` is ignored: this stage is built for linux/amd64 and linux/arm64, as the stage that it is built on
        FROM scratch
        COPY --from=build / /
        """,
    )


def test_a_flag_on_scratch_is_ignored() -> None:
    check_rule(
        ignored_platform_flag,
        """
        FROM --platform=linux/arm64 scratch
             ^^^^^^^^^^^^^^^^^^^^^^ 💡 `--platform` on `FROM scratch` is ignored: this stage is always built for the platform of the image
        COPY a /
        """,
    )


def test_a_root_that_others_use_keeps_its_platform() -> None:
    text = "FROM golang AS base\nFROM --platform=$BUILDPLATFORM base AS build\nFROM base\nCOPY --from=build / /\n"
    (finding,) = findings(ignored_platform_flag, context(text))
    assert [(it.title, it.safety) for it in finding.fixes] == [("Remove `--platform`", Safety.SAFE)]
    check_fix(ignored_platform_flag, text, text.replace("--platform=$BUILDPLATFORM ", ""))


@pytest.mark.parametrize(
    "text",
    [
        "FROM --platform=$BUILDPLATFORM golang AS base\nFROM --platform=$BUILDPLATFORM base\n",
        "FROM golang AS base\nFROM --platform=$TARGETPLATFORM base\n",
        "FROM --platform=$BUILDPLATFORM golang\n",
        "FROM golang AS base\nFROM --platform=$UNKNOWN base\n",
        "FROM golang AS base\nFROM --platform=b@d base\n",
    ],
)
def test_flags_that_change_nothing_or_count(text: str) -> None:
    check_nothing(ignored_platform_flag, text)


def test_the_image_is_native() -> None:
    check_rule(
        build_platform_image,
        """
        FROM --platform=$BUILDPLATFORM alpine
             ^^^^^^^^^^^^^^^^^^^^^^^^^ 💭 warning: the image for linux/arm64 will not start (`exec format error`): it is built from this stage, which `--platform` makes linux/amd64 for every target
        RUN apk add curl
        """,
    )


def test_the_root_of_the_image_is_native() -> None:
    text = "FROM --platform=linux/amd64 alpine AS base\nFROM base AS tool\nFROM base\nCOPY --from=tool / /\n"
    check_no_fix(build_platform_image, text)
    check_fix(
        build_platform_image,
        "FROM --platform=linux/amd64 alpine AS base\nFROM base\nRUN a\n",
        "FROM alpine AS base\nFROM base\nRUN a\n",
    )


@pytest.mark.parametrize(
    "text",
    [
        "FROM --platform=$BUILDPLATFORM golang AS build\nFROM alpine\nCOPY --from=build / /\n",
        "FROM --platform=$TARGETPLATFORM alpine\n",
        "FROM --platform=$BUILDPLATFORM scratch\n",
        "FROM alpine\n",
        "",
    ],
)
def test_the_image_is_for_its_targets(text: str) -> None:
    check_nothing(build_platform_image, text)


@pytest.mark.parametrize(
    "run", ["golangci-lint run ./...", "npm run lint", "go vet ./...", "make check", "hadolint Dockerfile", "pytest -q"]
)
def test_a_stage_that_checks_is_no_image(run: str) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang\nCOPY . .\nRUN {run}\n"
    check_nothing(build_platform_image, text)
    assert findings(build_platform_image, context(text + "CMD app\n"))
    assert findings(build_platform_image, context(text + "RUN make\n"))


@pytest.mark.parametrize("name", ["dev", "development", "test", "lint", "validate"])
def test_a_stage_for_developers_is_no_image(name: str) -> None:
    check_nothing(build_platform_image, f"FROM --platform=$BUILDPLATFORM golang AS {name}\nCMD bash\n")


def test_one_platform_may_be_constant() -> None:
    check_nothing(build_platform_image, "FROM --platform=linux/amd64 alpine\n", targets="linux/amd64")


@pytest.mark.parametrize("value", ["$TARGETPLATFORM", "${TARGETPLATFORM}"])
def test_the_default_is_spelt_out(value: str) -> None:
    check_fix(redundant_target_platform, f"FROM  --platform={value}  alpine AS a\n", "FROM  alpine AS a\n")


@pytest.mark.parametrize("value", ["$BUILDPLATFORM", "linux/$TARGETARCH", "$TARGETOS/$TARGETARCH", "linux/amd64"])
def test_other_values_say_something(value: str) -> None:
    check_nothing(redundant_target_platform, f"FROM --platform={value} alpine\n")
