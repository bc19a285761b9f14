"""constant-goarch, missing-goarm, xx-without-target, cgo-without-cross-compiler."""

from __future__ import annotations

import pytest

from buildxray.rules.architecture.cgo_without_cross_compiler import cgo_without_cross_compiler
from buildxray.rules.architecture.constant_goarch import constant_goarch
from buildxray.rules.architecture.missing_goarm import missing_goarm
from buildxray.rules.architecture.xx_without_target import xx_without_target
from buildxray.rules.base import Severity
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings

OLD_ARM = "linux/amd64,linux/arm/v6,linux/arm/v7"


def stage(lines: str, head: str = "FROM --platform=$BUILDPLATFORM golang AS build") -> str:
    return f"{head}\n{lines}\nFROM scratch\nCOPY --from=build /out/app /app\n"


def test_one_architecture_for_all() -> None:
    check_rule(
        constant_goarch,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -o /out/app .
                                            ^^^^^ 💡 `go build` compiles for amd64, and the binary goes into the image for linux/arm64 too
        FROM scratch
        COPY --from=build /out/app /app
        """,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RUN GOARCH=arm64 go build -o /out/app", "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app"),
        (
            "RUN export GOARCH=amd64 && go build -o /out/app",
            "ARG TARGETARCH\nRUN export GOARCH=$TARGETARCH && go build -o /out/app",
        ),
        (
            "ENV CGO_ENABLED=0 GOARCH=amd64\nRUN go build -o /out/app\nRUN go build -o /out/app ./b",
            "ARG TARGETARCH\nENV CGO_ENABLED=0 GOARCH=$TARGETARCH\nRUN go build -o /out/app\nRUN go build -o /out/app ./b",
        ),
        (
            "ARG TARGETARCH\nRUN env GOARCH=amd64 go build -o /out/app",
            "ARG TARGETARCH\nRUN env GOARCH=$TARGETARCH go build -o /out/app",
        ),
    ],
)
def test_the_constant_gives_way(before: str, after: str) -> None:
    check_fix(constant_goarch, stage(before), stage(after))


@pytest.mark.parametrize(
    "lines",
    [
        "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app",
        "RUN GOARCH=amd64 go build -o /out/app-amd64 && GOARCH=arm64 go build -o /out/app-arm64",
        'ARG TARGETARCH\nRUN if [ "$TARGETARCH" = amd64 ]; then GOARCH=amd64 go build -o /out/app; fi',
        "RUN GOARCH=amd64 go build -o /tool",
        "RUN GOOS=js GOARCH=wasm go build -o /out/app",
        "RUN go build -o /out/app",
    ],
)
def test_no_constant_that_harms(lines: str) -> None:
    check_nothing(constant_goarch, stage(lines))


def test_an_arg_may_be_given_another_value() -> None:
    text = stage("ARG TARGETOS GOARCH=amd64\nRUN CGO_ENABLED=0 go build -o /out/app")
    (finding,) = findings(constant_goarch, context(text))
    assert finding.severity is Severity.WARNING
    check_fix(
        constant_goarch,
        stage("ARG GOARCH=amd64\nRUN CGO_ENABLED=0 go build -o /out/app"),
        stage("ARG TARGETARCH\nARG GOARCH=$TARGETARCH\nRUN CGO_ENABLED=0 go build -o /out/app"),
    )


@pytest.mark.parametrize("value", ["$TARGETVARIANT", "${TARGETVARIANT}", '"$TARGETVARIANT"'])
def test_a_variant_is_no_goarm(value: str) -> None:
    before = f"ARG TARGETARCH TARGETVARIANT\nRUN GOARCH=$TARGETARCH GOARM={value} go build -o /out/app"
    check_fix(missing_goarm, stage(before), stage(before.replace(value, "${TARGETVARIANT#v}")), targets=OLD_ARM)
    check_nothing(missing_goarm, stage(before))


def test_an_old_arm() -> None:
    check_rule(
        missing_goarm,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /out/app .
                               ^^^^^^^^ 💡 without `GOARM`, `go build` makes code for arm/v7, which linux/arm/v6 cannot run
        FROM scratch
        COPY --from=build /out/app /app
        """,
        targets=OLD_ARM,
    )
    check_fix(
        missing_goarm,
        stage("ARG TARGETARCH TARGETVARIANT\nRUN GOARCH=$TARGETARCH go build -o /out/app"),
        stage("ARG TARGETARCH TARGETVARIANT\nRUN GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} go build -o /out/app"),
        targets=OLD_ARM,
    )


@pytest.mark.parametrize(
    ("lines", "targets"),
    [
        ("ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app", "linux/amd64,linux/arm/v7"),
        ("ARG TARGETARCH\nRUN GOARM=6 GOARCH=$TARGETARCH go build -o /out/app", OLD_ARM),
        ("ARG TARGETARCH\nENV GOARM=6\nRUN GOARCH=$TARGETARCH go build -o /out/app", OLD_ARM),
        ("RUN go build -o /out/app", OLD_ARM),
        ("ARG TARGETPLATFORM\nRUN xx-go build -o /out/app", OLD_ARM),
    ],
)
def test_every_arm_can_run_it(lines: str, targets: str) -> None:
    check_nothing(missing_goarm, stage(lines), targets=targets)


def test_xx_finds_no_target() -> None:
    check_rule(
        xx_without_target,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN xx-go build -o /out/app .
            ^^^^^ 💡 `xx-go` finds no target platform and compiles for linux/amd64, for linux/arm64 too
        FROM scratch
        COPY --from=build /out/app /app
        """,
    )
    check_fix(
        xx_without_target,
        stage("RUN xx-cargo build\nRUN xx-clang a.c"),
        stage("ARG TARGETPLATFORM\nRUN xx-cargo build\nRUN xx-clang a.c"),
    )


@pytest.mark.parametrize("name", ["TARGETPLATFORM", "TARGETARCH", "TARGETPAIR=linux-arm64"])
def test_xx_finds_its_target(name: str) -> None:
    check_nothing(xx_without_target, stage(f"ARG {name}\nRUN xx-go build -o /out/app ."))


def test_xx_on_the_target_needs_none() -> None:
    check_nothing(xx_without_target, stage("RUN xx-go build -o /out/app .", "FROM golang AS build"))


def test_cgo_for_another_machine() -> None:
    check_rule(
        cgo_without_cross_compiler,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        RUN CGO_ENABLED=1 GOARCH=$TARGETARCH go build -o /out/app .
                                             ^^^^^^^^ `go build` needs a C compiler for linux/arm64 because of `CGO_ENABLED=1`, and none is set
        FROM alpine
        COPY --from=build /out/app /app
        """,
    )


@pytest.mark.parametrize(
    "lines",
    [
        "ARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app .",
        "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app .",
        "ARG TARGETARCH\nENV CC=aarch64-linux-gnu-gcc\nRUN CGO_ENABLED=1 GOARCH=$TARGETARCH go build -o /out/app .",
        "ARG TARGETPLATFORM\nRUN CGO_ENABLED=1 xx-go build -o /out/app .",
        "RUN CGO_ENABLED=1 go build -o /out/app .",
    ],
)
def test_cgo_that_can_work(lines: str) -> None:
    check_nothing(cgo_without_cross_compiler, stage(lines))
