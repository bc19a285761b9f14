"""hard-coded-arch, impossible-arch-value, missing-arch-stage, dropped-variant, cross-go-install."""

from __future__ import annotations

import pytest

from buildxray.rules.architecture.cross_go_install import cross_go_install
from buildxray.rules.architecture.dropped_variant import dropped_variant
from buildxray.rules.architecture.hard_coded_arch import hard_coded_arch
from buildxray.rules.architecture.missing_arch_stage import missing_arch_stage
from buildxray.rules.base import Severity
from buildxray.rules.scope.impossible_arch_value import impossible_arch_value
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings

OLD_ARM = "linux/amd64,linux/arm/v6"


def test_a_download_for_one() -> None:
    check_rule(
        hard_coded_arch,
        """
        FROM alpine
        ADD https://example.com/x86_64/tool.tgz /
                                ^^^^^^ the file for x86_64 is downloaded for linux/arm64 too
        RUN apk add curl && \\
            curl -fsSL "https://example.com/tool-linux-amd64.tgz" | tar xz
                                                       ^^^^^ 💭 the file for amd64 is downloaded for linux/arm64 too
        """,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RUN wget https://x/a_amd64.deb", "ARG TARGETARCH\nRUN wget https://x/a_${TARGETARCH}.deb"),
        ("ADD https://x/arm64/a-arm64 /", "ARG TARGETARCH\nADD https://x/${TARGETARCH}/a-${TARGETARCH} /"),
        (
            "ENV URL=https://x/a-amd64\nRUN curl $URL",
            "ARG TARGETARCH\nENV URL=https://x/a-${TARGETARCH}\nRUN curl $URL",
        ),
        ("ARG A=arm64\nADD https://x/$A /", "ARG TARGETARCH\nARG A=${TARGETARCH}\nADD https://x/$A /"),
        ("RUN A=amd64; wget https://x/$A", "ARG TARGETARCH\nRUN A=${TARGETARCH}; wget https://x/$A"),
        ("ARG TARGETARCH\nRUN curl https://x/amd64", "ARG TARGETARCH\nRUN curl https://x/${TARGETARCH}"),
    ],
)
def test_the_argument_takes_its_place(before: str, after: str) -> None:
    check_fix(hard_coded_arch, f"FROM alpine\n{before}\n", f"FROM alpine\n{after}\n")


@pytest.mark.parametrize(
    "line",
    [
        "RUN wget https://x/a-x86_64.tgz",
        "RUN wget 'https://x/a-amd64.tgz'",
        'RUN ["wget", "https://x/a-amd64.tgz"]',
        "ENV URL='https://x/a-amd64.tgz'\nRUN wget $URL",
        "RUN wget https://x/a-amd64 && echo 'abc a-amd64' | sha256sum -c",
        "ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://x/amd64 /",
    ],
)
def test_a_replacement_that_would_break(line: str) -> None:
    check_no_fix(hard_coded_arch, f"FROM alpine\n{line}\n")


@pytest.mark.parametrize(
    "text",
    [
        "FROM alpine\nARG TARGETARCH\nRUN wget https://x/amd64/$TARGETARCH\n",
        'FROM alpine\nARG TARGETARCH\nRUN if [ "$TARGETARCH" = amd64 ]; then wget https://x/amd64; fi\n',
        "FROM alpine\nRUN wget https://x/amd64 && wget https://x/arm64\n",
        "FROM alpine\nRUN wget https://x/amd64x https://x/camd64\n",
        "FROM alpine\nRUN echo https://x/amd64\n",
        "FROM alpine\nENV A=amd64\nRUN echo $A\n",
        "FROM alpine\nARG A=aarch64\nRUN wget https://x/qemu-${A}-static\n",
        "FROM alpine\nRUN if a; then A=amd64; else A=arm64; fi; wget https://x/$A\n",
        "FROM alpine\nARG TARGETARCH\nARG A=${TARGETARCH/amd64/x86_64}\nADD https://x/$A-x86_64 /\n",
        "FROM alpine\nRUN wget https://x/$(uname -m)/amd64\n",
        "FROM --platform=$BUILDPLATFORM alpine AS b\nRUN wget https://x/amd64\nFROM scratch\nCOPY --from=b /x /\n",
        "FROM alpine AS unneeded\nRUN wget https://x/amd64\nFROM scratch\n",
    ],
)
def test_downloads_that_are_right(text: str) -> None:
    check_nothing(hard_coded_arch, text)


@pytest.mark.parametrize("targets", ["linux/amd64", "linux/amd64,linux/amd64/v2"])
def test_only_that_architecture_is_asked_for(targets: str) -> None:
    check_nothing(hard_coded_arch, "FROM alpine\nRUN wget https://x/amd64\n", targets=targets)


@pytest.mark.parametrize(
    "download",
    [
        "RUN wget https://x/amd64/tool",
        "RUN curl -fsSLo /dl/tool https://x/amd64",
        "RUN curl -LO https://x/amd64/tool",
        "RUN wget -qO t https://x/amd64 && chmod +x t && mv t tool",
        "RUN curl -L https://x/amd64.tgz | tar xz",
        "RUN wget https://x/t-amd64.zip && unzip t-amd64.zip -d /dl",
        "ADD https://x/amd64 tool",
    ],
)
def test_a_download_of_a_native_stage_goes_into_the_image(download: str) -> None:
    stage = f"FROM --platform=$BUILDPLATFORM alpine AS b\nWORKDIR /dl\n{download}\n"
    assert len(findings(hard_coded_arch, context(f"{stage}FROM scratch\nCOPY --from=b /dl/tool /\n"))) == 1
    check_nothing(hard_coded_arch, f"{stage}FROM scratch\nCOPY --from=b /docs /\n")
    check_nothing(hard_coded_arch, f"{stage}FROM --platform=$BUILDPLATFORM alpine\nCOPY --from=b /dl/tool /\n")


def test_an_arg_may_be_given_another_value() -> None:
    (finding,) = findings(hard_coded_arch, context("FROM alpine\nARG TARGETARCH A=amd64\nADD https://x/$A /\n"))
    assert finding.severity is Severity.WARNING


def test_values_that_never_are() -> None:
    check_rule(
        impossible_arch_value,
        """
        FROM alpine
        ARG TARGETARCH TARGETPLATFORM TARGETVARIANT
        RUN [ "$TARGETARCH" = "x86_64" ] && a; \\
                               ^^^^^^ 💡 `TARGETARCH` is never `x86_64`; BuildKit's name is `amd64`
            if [[ aarch64 == ${TARGETARCH} ]]; then b; fi
                  ^^^^^^^ 💡 `TARGETARCH` is never `aarch64`; BuildKit's name is `arm64`
        RUN case "$TARGETPLATFORM" in linux/amd64) a;; linux/arm64/v8) b;; esac; \\
                                                       ^^^^^^^^^^^^^^ 💡 `TARGETPLATFORM` is never `linux/arm64/v8`; BuildKit's name is `linux/arm64`
            case $TARGETARCH in amd64) A=x86_64;; aarch64) A=aarch64;; esac; \\
                                                  ^^^^^^^ 💡 `TARGETARCH` is never `aarch64`; BuildKit's name is `arm64`
            [ "$TARGETVARIANT" = armv7 ]
                                 ^^^^^ 💡 `TARGETVARIANT` is never `armv7`; BuildKit's name is `v7`
        """,
    )
    check_fix(
        impossible_arch_value,
        "FROM alpine\nARG TARGETARCH\nRUN case $TARGETARCH in 'armv7l') a;; esac\n",
        "FROM alpine\nARG TARGETARCH\nRUN case $TARGETARCH in 'arm') a;; esac\n",
    )


@pytest.mark.parametrize(
    "run",
    [
        '[ "$TARGETARCH" = "amd64" ]',
        '[ "$(uname -m)" = "x86_64" ]',
        '[ "$ARCH" = "x86_64" ]',
        "case $TARGETARCH in amd64|x86_64) a;; esac",
        "case $TARGETARCH in *) a;; esac",
        "case $TARGETPLATFORM in linux/arm*) a;; linux/arm/v7) b;; esac",
        '[ "$TARGETARCH" = "$x86_64" ]',
        '[ "$TARGETVARIANT" = v7 ]',
        '[ "$TARGETVARIANT" = "" ]',
    ],
)
def test_values_that_can_be(run: str) -> None:
    check_nothing(impossible_arch_value, f"FROM alpine\nARG TARGETARCH TARGETPLATFORM\nRUN {run}\n")


def test_a_choice_that_does_not_exist() -> None:
    check_rule(
        missing_arch_stage,
        """
        FROM alpine AS base-amd64
        FROM base-$TARGETARCH
             ^^^^^^^^^^^^^^^^ for linux/arm64 there is no stage `base-arm64`, so it becomes an image of the registry
        """,
    )


@pytest.mark.parametrize(
    "text",
    [
        "FROM alpine AS a-amd64\nFROM alpine AS a-arm64\nFROM a-$TARGETARCH\n",
        "FROM image-$TARGETARCH\n",
        "FROM alpine AS a-amd64\nFROM a-$TARGETARCH AS unneeded\nFROM alpine\n",
    ],
)
def test_choices_that_exist(text: str) -> None:
    check_nothing(missing_arch_stage, text)


def test_a_variant_is_lost() -> None:
    check_rule(
        dropped_variant,
        """
        FROM --platform=linux/$TARGETARCH alpine
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 💡 the variant is lost: linux/arm/v6 becomes linux/arm/v7
        """,
        targets=OLD_ARM,
    )
    check_fix(dropped_variant, "FROM --platform=$TARGETOS/$TARGETARCH a AS b\n", "FROM a AS b\n", targets=OLD_ARM)


@pytest.mark.parametrize(
    ("flag", "targets"),
    [
        ("linux/$TARGETARCH", "linux/amd64,linux/arm64,linux/arm/v7"),
        ("$TARGETPLATFORM", OLD_ARM),
        ("linux/$TARGETARCH/$TARGETVARIANT", "linux/arm/v6"),
        ("$BUILDPLATFORM", OLD_ARM),
        ("linux/arm/v7", OLD_ARM),
    ],
)
def test_variants_that_stay(flag: str, targets: str) -> None:
    check_nothing(dropped_variant, f"FROM --platform={flag} alpine\n", targets=targets)


@pytest.mark.parametrize(
    ("environment", "consequence"),
    [("", "puts the binary into a directory of its own"), ("GOBIN=/go/bin ", "is refused with `GOBIN` set")],
)
def test_installed_elsewhere(environment: str, consequence: str) -> None:
    check_rule(
        cross_go_install,
        f"""
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        RUN {environment}GOARCH=$TARGETARCH go install ./cmd/app
            {" " * len(environment)}                   ^^^^^^^^^^ 💭 `go install` for linux/arm64 {consequence}
        FROM scratch
        COPY --from=build /go/bin/app /app
        """,
    )


@pytest.mark.parametrize(
    "text",
    [
        "FROM --platform=$BUILDPLATFORM golang AS b\nRUN go install ./app\nFROM scratch\nCOPY --from=b /go/bin/app /\n",
        "FROM golang AS b\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH go install ./app\nFROM scratch\nCOPY --from=b /go/bin/app /\n",
        "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nENV GOARCH=$TARGETARCH\nRUN go install ./tool\nFROM scratch\nCOPY --from=b /out /\n",
    ],
)
def test_installed_where_it_belongs(text: str) -> None:
    check_nothing(cross_go_install, text)


INSTALLED = "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH {}\nFROM scratch\nCOPY --from=b {} /\n"


@pytest.mark.parametrize(
    ("install", "path", "build"),
    [
        ("go install -trimpath ./cmd/app", "/go/bin/app", "go build -o /go/bin/app -trimpath ./cmd/app"),
        ("GOBIN=/out go install ./cmd/app", "/out/", "GOBIN=/out go build -o /out/app ./cmd/app"),
    ],
)
def test_built_instead(install: str, path: str, build: str) -> None:
    check_fix(cross_go_install, INSTALLED.format(install, path), INSTALLED.format(build, path))


@pytest.mark.parametrize("install", ["go install example.com/app@v1", "go install ./...", "go install ./app ./other"])
def test_what_go_build_would_not_do(install: str) -> None:
    check_no_fix(cross_go_install, INSTALLED.format(install, "/go/bin/app"))
