from __future__ import annotations

from buildxray.rules.base import Safety, Severity
from buildxray.rules.native.ignored_platform_flag import ignored_platform_flag
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings


def test_a_flag_on_a_stage_is_ignored() -> None:
    check_rule(
        ignored_platform_flag,
        """
        FROM golang AS base
        FROM --platform=$BUILDPLATFORM base AS build
             ^^^^^^^^^^^^^^^^^^^^^^^^^ 💭 💭 `--platform` on `FROM base` is ignored: this stage is built for linux/amd64 and linux/arm64, as the stage that it is built on
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH CGO_ENABLED=0 go build -o /app .
        FROM scratch
        COPY --from=build /app /
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


@every_case(
    "stages, severity",
    [
        (
            "FROM --platform=$BUILDPLATFORM scratch AS a\nCOPY a /\nFROM alpine\nCOPY --from=a / /\n",
            Severity.INFORMATION,
        ),
        (
            'FROM --platform=$BUILDPLATFORM scratch AS a\nADD a.tar /\nRUN ["/a"]\nFROM alpine\nCOPY --from=a / /\n',
            None,
        ),
        # The image says that it is for another machine than its author wrote.
        ("FROM --platform=linux/arm64 scratch\nCOPY a /\n", None),
        ('FROM --platform=$BUILDPLATFORM scratch AS a\nCOPY a /\nFROM a\nCMD ["/a"]\n', None),
    ],
)
def test_a_flag_on_scratch_matters_where_something_runs_or_in_the_image(stages: str, severity: Severity | None) -> None:
    (finding,) = findings(ignored_platform_flag, context(stages))
    assert finding.severity is severity


def test_a_root_that_others_use_keeps_its_platform() -> None:
    text = "FROM golang AS base\nFROM --platform=$BUILDPLATFORM base AS build\nFROM base\nCOPY --from=build / /\n"
    (finding,) = findings(ignored_platform_flag, context(text))
    assert [(it.title, it.safety) for it in finding.fixes] == [
        ("Remove `--platform`, which has no effect", Safety.SUGGESTION)
    ]
    check_fix(ignored_platform_flag, text, text.replace("--platform=$BUILDPLATFORM ", ""))


@every_case(
    "text",
    [
        "FROM --platform=$BUILDPLATFORM golang AS base\nFROM --platform=$BUILDPLATFORM base\n",
        "FROM golang AS base\nFROM --platform=$TARGETPLATFORM base\n",
        "FROM --platform=$BUILDPLATFORM golang\n",
        "ARG BASE=scratch\nFROM --platform=$BUILDPLATFORM $BASE AS a\nCOPY a /\nFROM alpine\nCOPY --from=a / /\n",
        "FROM --platform=linux/386 scratch AS unneeded\nCOPY a /\nFROM alpine\n",
        (
            "FROM --platform=linux/amd64 scratch AS amd64\nCOPY a /\nFROM --platform=linux/arm64 scratch AS arm64\nCOPY b /\n"
            "FROM $TARGETARCH\n"
        ),
        "FROM golang AS base\nFROM --platform=$UNKNOWN base\n",
        "FROM golang AS base\nFROM --platform=b@d base\n",
    ],
)
def test_flags_that_have_an_effect_are_not_reported(text: str) -> None:
    check_nothing(ignored_platform_flag, text)


@every_case(
    "text",
    [
        "FROM alpine AS base\nRUN apk add a\nFROM --platform=$BUILDPLATFORM base AS final\nCOPY b /\n",
        "FROM alpine AS base\nFROM --platform=linux/amd64 base\nCOPY b /\n",
    ],
)
def test_the_flag_is_not_moved_to_the_image(text: str) -> None:
    (finding,) = findings(ignored_platform_flag, context(text))
    assert [it.title for it in finding.fixes] == ["Remove `--platform`, which has no effect"]


@every_case(
    "command",
    ["make && make install DESTDIR=/p", "./build.sh", "cargo build && cp target/debug/app /p/", "pip install -t /p x"],
)
def test_the_flag_is_not_moved_where_the_files_may_be_for_the_machine(command: str) -> None:
    text = (
        "FROM golang AS base\nFROM --platform=$BUILDPLATFORM base AS build\nWORKDIR /p\nCOPY . .\n"
        f"RUN {command}\nFROM alpine\nCOPY --from=build /p /\n"
    )
    (finding,) = findings(ignored_platform_flag, context(text))
    assert [it.title for it in finding.fixes] == ["Remove `--platform`, which has no effect"]
