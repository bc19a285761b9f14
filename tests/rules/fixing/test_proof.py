"""A fix is safe only if planning the fixed text proves it."""

from __future__ import annotations

import pytest

from buildxray.rules.base import Safety
from tests.support.cases import every_case
from tests.support.ide import analyzer

CODE = "FROM --platform=$BUILDPLATFORM golang AS build\nRUN CGO_ENABLED=0 GOARCH=${arch} go build -o /app .\n"
IMAGE = "FROM scratch\nCOPY --from=build /app /app\n"


def safety(text: str, rule: str) -> list[Safety]:
    return [fix.safety for it in analyzer().analyze(text).diagnostics if it.rule == rule for fix in it.fixes]


@every_case(
    "text, rule, expected",
    [
        (CODE.replace("arch", "TARGETARCH") + IMAGE, "undeclared-platform-arg", Safety.SAFE),
        # A declaration that gives the compiler a value which is not an architecture; without it, the compiler uses that of its machine.
        (CODE.replace("arch", "TARGETOS") + IMAGE, "undeclared-platform-arg", Safety.SUGGESTION),
        ("FROM alpine\nADD https://example.com/t-${TARGETARCH} /t\n", "undeclared-platform-arg", Safety.SAFE),
        # The build machine's name in the address of a file that is put into the image.
        (
            "FROM alpine\nARG ARCH=${BUILDARCH/x/y}\nADD https://example.com/t-$ARCH /t\n",
            "undeclared-platform-arg",
            Safety.SUGGESTION,
        ),
        # A default hides the argument that the fix would use, so that nothing would change for linux/arm64.
        (
            CODE.replace("GOARCH=${arch}", "GOARCH=amd64").replace("RUN", "ARG TARGETARCH=amd64\nRUN") + IMAGE,
            "constant-goarch",
            Safety.SUGGESTION,
        ),
        (CODE.replace("${arch}", "amd64") + IMAGE, "constant-goarch", Safety.SAFE),
        # So does an ENV, unless it takes the value of the platform.
        (
            CODE.replace("GOARCH=${arch}", "GOARCH=amd64").replace("RUN", "ENV TARGETARCH=x\nRUN") + IMAGE,
            "constant-goarch",
            Safety.SUGGESTION,
        ),
        (
            CODE.replace("GOARCH=${arch}", "GOARCH=amd64").replace(
                "RUN", "ARG TARGETARCH\nENV TARGETARCH=$TARGETARCH\nRUN"
            )
            + IMAGE,
            "constant-goarch",
            Safety.SAFE,
        ),
        # The build machine runs the program, or reads its code.
        (
            CODE.replace("arch", "TARGETARCH") + "RUN /app --version\n" + IMAGE,
            "undeclared-platform-arg",
            Safety.SUGGESTION,
        ),
        (CODE.replace("${arch}", "amd64") + "RUN strip /app\n" + IMAGE, "constant-goarch", Safety.SUGGESTION),
        (CODE.replace("${arch}", "amd64") + "RUN strip /*\n" + IMAGE, "constant-goarch", Safety.SUGGESTION),
        (CODE.replace("${arch}", "amd64") + "RUN llvm-strip /app\n" + IMAGE, "constant-goarch", Safety.SAFE),
        (CODE.replace("${arch}", "amd64") + "RUN strip /other\n" + IMAGE, "constant-goarch", Safety.SAFE),
        (CODE.replace("RUN", "RUN strip /app;").replace("${arch}", "amd64") + IMAGE, "constant-goarch", Safety.SAFE),
        ("FROM alpine\nARG TARGETARCH=amd64\nRUN echo $TARGETARCH\n", "masked-platform-arg", Safety.SAFE),
        # What is meant as a comment of the argument would stay alone, or speak of a default that is gone.
        (
            CODE.replace("arch", "TARGETARCH") + "ARG TARGETARCH # machine\n" + IMAGE,
            "undeclared-platform-arg",
            Safety.SUGGESTION,
        ),
        ("FROM alpine\nARG TARGETARCH=amd64 # machine\nRUN echo $TARGETARCH\n", "masked-platform-arg", Safety.SAFE),
        (
            "FROM alpine\nARG TARGETARCH=amd64 # the default\nRUN echo $TARGETARCH\n",
            "masked-platform-arg",
            Safety.SUGGESTION,
        ),
        (
            CODE.replace("${arch}", "amd64").replace("/app .", "/app . # for amd64") + IMAGE,
            "constant-goarch",
            Safety.SUGGESTION,
        ),
        (
            CODE.replace("${arch}", "amd64").replace("/app .", "/app . # static") + IMAGE,
            "constant-goarch",
            Safety.SAFE,
        ),
        # Whether `base:arm64` exists is unknown; a stage of the file does.
        ("ARG TARGETARCH=amd64\nFROM base:$TARGETARCH\n", "masked-platform-arg", Safety.SUGGESTION),
        (
            "ARG TARGETARCH=amd64\nFROM alpine AS b-amd64\nFROM debian AS b-arm64\nFROM b-$TARGETARCH\n",
            "masked-platform-arg",
            Safety.SAFE,
        ),
        # Another stage is built for linux/arm64 then, with more steps under emulation.
        (
            (
                "ARG TARGETARCH=amd64\nFROM alpine AS amd64-base\nRUN apk add a\nFROM alpine AS arm64-base\n"
                "RUN apk add a\nRUN apk add b\nFROM ${TARGETARCH}-base\n"
            ),
            "masked-platform-arg",
            Safety.SUGGESTION,
        ),
        # The image follows its platform at last, which takes an emulator.
        (
            "ARG TARGETPLATFORM=linux/amd64\nFROM --platform=$TARGETPLATFORM alpine\nRUN apk add a\n",
            "masked-platform-arg",
            Safety.SAFE,
        ),
    ],
)
def test_only_proved_fixes_are_safe(text: str, rule: str, expected: Safety) -> None:
    assert safety(text, rule) == [expected]


NATIVE = "FROM --platform=$BUILDPLATFORM golang:1.22 AS build\n"
DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
OTHER_DIGEST = DIGEST[::-1]


@every_case(
    "lines, rule, expected",
    [
        # Go would run on the build machine what it compiles for linux/arm64.
        ("ENV GOARCH=amd64 CGO_ENABLED=0\nRUN go test ./...\nRUN go build -o /app .", "constant-goarch", "suggestion"),
        ("ENV GOARCH=amd64 CGO_ENABLED=0\nRUN go run gen.go\nRUN go build -o /app .", "constant-goarch", "suggestion"),
        ("ENV GOARCH=amd64 CGO_ENABLED=0\nRUN go vet ./...\nRUN go build -o /app .", "constant-goarch", "safe"),
        ("RUN GOARCH= go test ./...\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /app .", "constant-goarch", "safe"),
        (
            "ARG TARGETARCH=amd64\nRUN export GOARCH=$TARGETARCH CGO_ENABLED=0 && go run gen.go && go build -o /app .",
            "masked-platform-arg",
            "suggestion",
        ),
        (
            "RUN export GOARCH=$TARGETARCH CGO_ENABLED=0 && go generate && go build -o /app .",
            "undeclared-platform-arg",
            "suggestion",
        ),
        # cgo has no compiler of C for linux/arm64, or one for linux/arm64 alone.
        ("RUN CGO_ENABLED=1 GOARCH=$TARGETARCH go build -o /app .", "undeclared-platform-arg", "suggestion"),
        (
            "ARG TARGETARCH=arm64\nRUN CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc GOARCH=$TARGETARCH go build -o /app .",
            "masked-platform-arg",
            "suggestion",
        ),
        (
            "ARG TARGETARCH=arm64\nRUN CGO_ENABLED=0 CC=aarch64-linux-gnu-gcc GOARCH=$TARGETARCH go build -o /app .",
            "masked-platform-arg",
            "safe",
        ),
        # No machine has such a name for the compiler.
        ("RUN zig build-exe -target $TARGETARCH-linux-musl a.zig", "undeclared-platform-arg", "suggestion"),
        # No site has a file of that name.
        (
            "RUN curl -fLo /app https://github.com/docker/compose/releases/download/v2.29.0/docker-compose-linux-$TARGETARCH",
            "undeclared-platform-arg",
            "suggestion",
        ),
        ("RUN curl -fLo /app https://example.com/app-$TARGETARCH", "undeclared-platform-arg", "safe"),
        # One checksum does not suit the files for two architectures.
        (
            f"ARG TARGETARCH=amd64\nRUN curl -fLo /app https://example.com/app-$TARGETARCH && echo '{DIGEST}  /app' | sha256sum -c",
            "masked-platform-arg",
            "suggestion",
        ),
        (
            f"ARG SUM={DIGEST}\nARG TARGETARCH=amd64\nRUN curl -fLo /app https://example.com/app-$TARGETARCH\nRUN echo $SUM /app | sha256sum -c",
            "masked-platform-arg",
            "suggestion",
        ),
        (
            (
                "ARG TARGETARCH=amd64\nRUN curl -fLo /app https://example.com/app-$TARGETARCH; case $TARGETARCH in"
                f" amd64) SUM={DIGEST};; arm64) SUM={OTHER_DIGEST};; esac; echo $SUM /app | sha256sum -c"
            ),
            "masked-platform-arg",
            "safe",
        ),
        (
            "ARG TARGETARCH=amd64\nRUN curl -fLo /app https://example.com/app-$TARGETARCH && curl -f https://example.com/sums | sha256sum -c",
            "masked-platform-arg",
            "safe",
        ),
        (
            f"ARG TARGETARCH=amd64\nADD --checksum=sha256:{DIGEST} https://example.com/app-$TARGETARCH /app",
            "masked-platform-arg",
            "suggestion",
        ),
    ],
)
def test_a_safe_fix_makes_no_command_fail(lines: str, rule: str, expected: str) -> None:
    assert [it.value for it in safety(f"{NATIVE}{lines}\n{IMAGE}", rule)] == [expected]


@every_case(
    "image, lines, targets, expected",
    [
        # Go before 1.23 refuses `GOARM=2` and `GOAMD64=v7` for every architecture, later ones `GOARM64=v8`.
        ("1.22", "GOARM=${TARGETVARIANT#v}", "linux/amd64/v2,linux/arm64", "suggestion"),
        ("1.23", "GOARM=${TARGETVARIANT#v}", "linux/amd64/v2,linux/arm64", "safe"),
        ("1.22", "GOARM=${TARGETVARIANT#v}", "linux/amd64,linux/arm/v7", "safe"),
        ("1.22", "GOARM=${TARGETVARIANT#v}", "linux/amd64,linux/arm/v8", "suggestion"),
        ("1.22", "GOARM=$TARGETVARIANT", "linux/amd64,linux/arm/v7", "suggestion"),
        ("1.22", "GOAMD64=$TARGETVARIANT", "linux/amd64,linux/arm/v7", "suggestion"),
        ("1.22", "GOAMD64=$TARGETVARIANT", "linux/amd64/v2,linux/arm64", "safe"),
        ("1.26", "GOARM64=$TARGETVARIANT", "linux/amd64/v2,linux/arm64", "suggestion"),
        ("1.22", "GOARM64=$TARGETVARIANT", "linux/amd64/v2,linux/arm64", "safe"),
    ],
)
def test_a_version_that_go_refuses(image: str, lines: str, targets: str, expected: str) -> None:
    text = (
        f"FROM --platform=$BUILDPLATFORM golang:{image} AS build\nARG TARGETARCH\n"
        f"RUN CGO_ENABLED=0 GOARCH=$TARGETARCH {lines} go build -o /app .\n{IMAGE}"
    )
    found = analyzer(targets).analyze(text).diagnostics
    fixes = [fix for it in found if it.rule == "undeclared-platform-arg" for fix in it.fixes]
    assert [it.safety.value for it in fixes] == [expected]


@every_case(
    "copy, run, expected",
    [
        ("/out/gen /gen", "/gen > /o", "suggestion"),
        ("/out/gen /usr/local/bin/", "gen > /o", "suggestion"),
        ("/out /usr/local/bin", "/usr/local/bin/gen > /o", "suggestion"),
        ("/out/gen /gen", "sha256sum /gen > /o", "safe"),
        ("/out/gen /gen", "/other > /o", "safe"),
    ],
)
def test_another_native_stage_may_run_the_program(copy: str, run: str, expected: str) -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM golang AS build\nRUN CGO_ENABLED=0 go build -o /out/gen ./gen\n"
        f"FROM --platform=$BUILDPLATFORM debian AS generate\nCOPY --from=build {copy}\nRUN {run}\n"
        "FROM debian\nCOPY --from=generate /o /o\nCOPY --from=build /out/gen /gen\n"
    )
    assert [it.value for it in safety(text, "wrong-arch-build")] == [expected]


@every_case(
    "run, expected",
    [
        ("curl -fL https://example.com/t-$TARGETARCH.tgz | tar xz && mv t-amd64/t /t", "suggestion"),
        ("curl -fL https://example.com/t-$TARGETARCH.tgz | tar xz && mv t-*/t /t", "safe"),
        ('[ "$TARGETARCH" = amd64 ] && touch /x', "safe"),
        ("case $TARGETARCH in amd64) A=x86_64;; arm64) A=aarch64;; esac; curl -fLo /t https://example.com/$A", "safe"),
    ],
)
def test_a_path_with_the_machine_of_a_default(run: str, expected: str) -> None:
    assert [it.value for it in safety(f"FROM alpine\nARG TARGETARCH=amd64\nRUN {run}\n", "masked-platform-arg")] == [
        expected
    ]


@pytest.mark.slow
def test_the_number_of_proofs_is_bounded() -> None:
    stages = "".join(f"FROM alpine AS s{n}\nARG TARGETARCH=arm64\nRUN echo $TARGETARCH {n}\n" for n in range(60))
    copies = "FROM scratch\n" + "".join(f"COPY --from=s{n} /etc/x /etc/x\n" for n in range(60))
    offered = safety(stages + copies, "masked-platform-arg")
    assert offered.count(Safety.SAFE) == 50
    assert offered.count(Safety.SUGGESTION) == 10
