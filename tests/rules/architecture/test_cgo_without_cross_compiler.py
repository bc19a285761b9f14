from __future__ import annotations

from buildxray.rules.architecture.cgo_without_cross_compiler import cgo_without_cross_compiler
from tests.support.cases import every_case
from tests.support.rules import check_nothing, check_rule, context, findings


def test_cgo_for_another_machine_is_reported() -> None:
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


def stage(lines: str, head: str = "FROM --platform=$BUILDPLATFORM golang AS build") -> str:
    return f"{head}\n{lines}\nFROM scratch\nCOPY --from=build /out/app /app\n"


@every_case(
    "lines",
    [
        "ARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app .",
        "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app .",
        "ARG TARGETARCH\nENV CC=my-cc\nRUN CGO_ENABLED=1 GOARCH=$TARGETARCH go build -o /out/app .",
        "ARG TARGETARCH\nENV CC=aarch64-linux-gnu-gcc\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app .",
        "ARG TARGETARCH\nENV CC=aarch64-linux-gnu-gcc\nRUN [ $TARGETARCH = amd64 ] && export CC=gcc; CGO_ENABLED=1 GOARCH=$TARGETARCH go build -o /out/app .",
        'ARG TARGETARCH\nRUN T=x86_64; [ $TARGETARCH = arm64 ] && T=aarch64; CC="zig cc -target $T-linux-musl" CGO_ENABLED=1 GOARCH=$TARGETARCH go build -o /out/app .',
        "ARG TARGETPLATFORM\nRUN CGO_ENABLED=1 xx-go build -o /out/app .",
        "RUN CGO_ENABLED=1 GOOS=ios GOARCH=arm64 go build -buildmode=c-archive -o /out/app .",
        "RUN CGO_ENABLED=1 go build -o /out/app .",
    ],
)
def test_cgo_with_a_cross_compiler_is_not_reported(lines: str) -> None:
    check_nothing(cgo_without_cross_compiler, stage(lines))


@every_case(
    "lines, fact",
    [
        (
            "ENV CC=aarch64-linux-gnu-gcc\nRUN {} go build .",
            "for linux/amd64: the C compiler in `CC` compiles for arm64",
        ),
        (
            "RUN CC='ccache x86_64-linux-gnu-gcc -O2' {} go build .",
            "for linux/arm64: the C compiler in `CC` compiles for amd64",
        ),
        (
            "RUN CC='zig cc -target x86_64-linux-musl' {} go build .",
            "for linux/arm64: the C compiler in `CC` compiles for amd64",
        ),
        (
            "RUN CC='clang --target=aarch64-linux-gnu' {} go build .",
            "for linux/amd64: the C compiler in `CC` compiles for arm64",
        ),
    ],
)
def test_a_c_compiler_for_one_machine(lines: str, fact: str) -> None:
    text = stage(f"ARG TARGETARCH\n{lines.format('CGO_ENABLED=1 GOARCH=$TARGETARCH')}")
    (finding,) = findings(cgo_without_cross_compiler, context(text))
    assert finding.message == f"the build stops at `go build` {fact}"
