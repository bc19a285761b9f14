from __future__ import annotations

from buildxray.rules.architecture.missing_goarm import missing_goarm
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings, reported

OLD_ARM = "linux/amd64,linux/arm/v6,linux/arm/v7"


def stage(lines: str, head: str = "FROM --platform=$BUILDPLATFORM golang AS build") -> str:
    return f"{head}\n{lines}\nFROM scratch\nCOPY --from=build /out/app /app\n"


@every_case("value", ["$TARGETVARIANT", "${TARGETVARIANT}", '"$TARGETVARIANT"'])
def test_a_variant_is_not_a_goarm(value: str) -> None:
    before = f"ARG TARGETARCH TARGETVARIANT\nRUN GOARCH=$TARGETARCH GOARM={value} go build -o /out/app"
    check_fix(missing_goarm, stage(before), stage(before.replace(value, "${TARGETVARIANT#v}")), targets=OLD_ARM)
    check_nothing(missing_goarm, stage(before))


def test_no_fix_for_a_version_of_arm_that_go_does_not_know() -> None:
    text = stage("ARG TARGETARCH TARGETVARIANT\nRUN GOARCH=$TARGETARCH go build -o /out/app")
    (finding,) = findings(missing_goarm, context(text, f"{OLD_ARM},linux/arm/v8"))
    assert finding.fixes == ()


def test_goarm_that_is_missing_for_an_old_arm_is_reported() -> None:
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


@every_case(
    "lines, targets",
    [
        ("ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app", "linux/amd64,linux/arm/v7"),
        ("ARG TARGETARCH\nRUN GOARM=6 GOARCH=$TARGETARCH go build -o /out/app", OLD_ARM),
        ("ARG TARGETARCH\nENV GOARM=6\nRUN GOARCH=$TARGETARCH go build -o /out/app", OLD_ARM),
        ("RUN go build -o /out/app", OLD_ARM),
        ("ARG TARGETARCH\nRUN GOOS=linux GOARCH=$TARGETARCH tinygo build -o /out/app", OLD_ARM),
        ("ARG TARGETPLATFORM\nRUN xx-go build -o /out/app", OLD_ARM),
    ],
)
def test_binaries_that_every_arm_runs_are_not_reported(lines: str, targets: str) -> None:
    check_nothing(missing_goarm, stage(lines), targets=targets)


@every_case(
    "lines, repaired",
    [
        (
            "ARG TARGETARCH\nRUN GOARM=7 GOARCH=$TARGETARCH go build -o /out/app",
            "ARG TARGETARCH\nARG TARGETVARIANT\nRUN GOARM=${TARGETVARIANT#v} GOARCH=$TARGETARCH go build -o /out/app",
        ),
        (
            "ARG TARGETARCH\nENV GOARM=7 GOARCH=$TARGETARCH\nRUN go build -o /out/app",
            "ARG TARGETARCH\nENV GOARM=7 GOARCH=$TARGETARCH\nARG TARGETVARIANT\nRUN GOARM=${TARGETVARIANT#v} go build -o /out/app",
        ),
        # One declaration is for all RUNs of a stage.
        (
            "ARG TARGETARCH\nENV GOARM=7 GOARCH=$TARGETARCH\nRUN go build -o /out/app\nRUN go build -o /out/b ./b",
            (
                "ARG TARGETARCH\nENV GOARM=7 GOARCH=$TARGETARCH\nARG TARGETVARIANT\nRUN GOARM=${TARGETVARIANT#v} go build -o /out/app\n"
                "RUN GOARM=${TARGETVARIANT#v} go build -o /out/b ./b"
            ),
        ),
        (
            "ARG TARGETARCH TARGETVARIANT\nRUN export GOARM=7,softfloat GOARCH=$TARGETARCH && go build -o /out/app",
            "ARG TARGETARCH TARGETVARIANT\nRUN export GOARM=${TARGETVARIANT#v} GOARCH=$TARGETARCH && go build -o /out/app",
        ),
    ],
)
def test_a_constant_version_is_too_new_for_an_old_arm(lines: str, repaired: str) -> None:
    check_fix(missing_goarm, stage(lines), stage(repaired), targets=OLD_ARM)


@every_case(
    "lines, targets",
    [
        ("ARG TARGETARCH\nRUN GOARM=7 GOARCH=$TARGETARCH go build -o /out/app", "linux/amd64,linux/arm/v7"),
        ("ARG TARGETARCH\nRUN GOARM=6 GOARCH=$TARGETARCH go build -o /out/app", OLD_ARM),
        ("ARG TARGETARCH TARGETVARIANT\nRUN GOARM=${TARGETVARIANT#v} GOARCH=$TARGETARCH go build -o /out/app", OLD_ARM),
        ("RUN GOARM=7 GOARCH=arm go build -o /out/app-armv7", OLD_ARM),
        (
            "ARG TARGETARCH TARGETVARIANT\nRUN if [ $TARGETVARIANT = v7 ]; then GOARM=7 GOARCH=$TARGETARCH go build -o /out/app; fi",
            OLD_ARM,
        ),
        ("ARG TARGETARCH\nARG GOARM\nRUN GOARCH=$TARGETARCH go build -o /out/app", OLD_ARM),
    ],
)
def test_a_version_that_suits_each_arm(lines: str, targets: str) -> None:
    check_nothing(missing_goarm, stage(lines), targets=targets)


@every_case(
    "image, is_reported",
    [
        ("golang:1.20", False),
        ("golang:1.17.13-alpine3.14", False),
        ("golang:1.9-stretch", False),
        ("golang:alpine3.16", False),
        ("docker.io/library/golang:1.20.1@sha256:" + "0" * 64, False),
        ("golang:1.21", True),
        ("golang:1.21rc2-alpine3.17", True),
        ("golang:alpine3.17", True),
        ("golang:1", True),
        ("golang:1-alpine3.14", True),
        ("golang:alpine", True),
        ("golang:bookworm", True),
        ("example.org/golang:1.17", True),
        ("alpine:3.14", True),
    ],
)
def test_go_before_1_21_makes_code_for_every_arm(image: str, *, is_reported: bool) -> None:
    text = stage(
        "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app",
        f"FROM --platform=$BUILDPLATFORM {image} AS build",
    )
    assert bool(reported(missing_goarm, text, OLD_ARM)) is is_reported


VARIANT = "ARG TARGETARCH TARGETVARIANT\nRUN GOARCH=$TARGETARCH GOARM=$TARGETVARIANT go build -o /out/app"


@every_case(
    "image, targets, message",
    [
        # Go before 1.23 refuses the value; later ones ignore it and make code for arm/v7.
        (
            "--platform=$BUILDPLATFORM golang:1.22",
            "linux/amd64,linux/arm/v7",
            "the build fails for linux/arm/v7: Go refuses `GOARM=v7`",
        ),
        (
            "--platform=$BUILDPLATFORM golang:alpine3.18",
            "linux/amd64,linux/arm/v7",
            "the build fails for linux/arm/v7: Go refuses",
        ),
        ("golang:1.22-alpine", "linux/amd64,linux/arm/v7", "the build fails for linux/arm/v7: Go refuses `GOARM=v7`"),
        ("--platform=$BUILDPLATFORM golang:1.23", "linux/amd64,linux/arm/v7", None),
        (
            "--platform=$BUILDPLATFORM golang:1.23",
            OLD_ARM,
            "`go` makes code for arm/v7, which linux/arm/v6 cannot run: it ignores",
        ),
        ("golang:1.23", OLD_ARM, None),
        ("--platform=$BUILDPLATFORM golang:alpine", OLD_ARM, "`go` makes code for arm/v7, which linux/arm/v6"),
        (
            "--platform=$BUILDPLATFORM example.org/go",
            OLD_ARM,
            "the build fails for linux/arm/v6 with Go before 1.23, and later",
        ),
        ("--platform=$BUILDPLATFORM example.org/go", "linux/amd64,linux/arm/v7", None),
        ("--platform=$BUILDPLATFORM golang:1.22", "linux/amd64,linux/arm64", None),
    ],
)
def test_the_consequence_depends_on_the_version_of_go(image: str, targets: str, message: str | None) -> None:
    messages = [
        it.message for it in findings(missing_goarm, context(stage(VARIANT, f"FROM {image} AS build"), targets))
    ]
    assert [it.startswith(message or "-") for it in messages] == [True] * (message is not None)


@every_case("line", ["ENV GOARM=$TARGETVARIANT", 'ARG GOARM="${TARGETVARIANT}"'])
def test_one_finding_for_a_variable_of_the_stage(line: str) -> None:
    head = "FROM --platform=$BUILDPLATFORM golang:1.22 AS build"
    builds = "\nRUN GOARCH=$TARGETARCH go build -o /a ./a\nRUN GOARCH=$TARGETARCH go build -o /out/app"
    before, after = (
        stage(f"ARG TARGETARCH TARGETVARIANT\n{line}{it}", head)
        for it in (builds, builds.replace("go build", "GOARM=${TARGETVARIANT#v} go build"))
    )
    assert len(reported(missing_goarm, before, OLD_ARM)) == 1
    check_fix(missing_goarm, before, after, targets=OLD_ARM)


@every_case(
    "value, expected",
    [("7", "safe"), ("6", "safe"), ("7,softfloat", "suggestion"), ("7,hardfloat", "suggestion")],
)
def test_the_chosen_arithmetic_needs_a_review(value: str, expected: str) -> None:
    text = stage(f"ARG TARGETARCH\nRUN GOARM={value} GOARCH=$TARGETARCH go build -o /out/app")
    (found,) = findings(missing_goarm, context(text, "linux/amd64,linux/arm/v5"))
    assert [it.safety.value for it in found.fixes] == [expected]


@every_case(
    "targets, is_offered",
    [
        (OLD_ARM, True),
        ("linux/amd64,linux/arm/v6,linux/arm/v8", False),
        # Go before 1.23 refuses `GOARM=2` for amd64 too.
        ("linux/amd64/v2,linux/arm/v6", False),
    ],
)
def test_no_number_that_go_does_not_know_is_proposed(targets: str, *, is_offered: bool) -> None:
    text = stage("ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app")
    (found,) = findings(missing_goarm, context(text, targets))
    assert bool(found.fixes) is is_offered


@every_case(
    "lines, message",
    [
        ("ARG NUMBER=7\nENV GOARM=$NUMBER\nRUN GOARCH=$TARGETARCH go build -o /out/app", "makes code for arm/v7"),
        # The default is reported, not what follows from it.
        ("ARG TARGETVARIANT=v7\nRUN GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} go build -o /out/app", ""),
    ],
)
def test_the_number_is_that_of_the_value(lines: str, message: str) -> None:
    found = findings(missing_goarm, context(stage(f"ARG TARGETARCH\n{lines}"), OLD_ARM))
    assert [message in it.message for it in found] == ([True] if message else [])
