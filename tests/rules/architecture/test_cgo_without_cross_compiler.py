from __future__ import annotations

from buildxray.rules.architecture.cgo_without_cross_compiler import cgo_without_cross_compiler
from tests.support.cases import every_case
from tests.support.rules import check_nothing, check_rule


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
        "ARG TARGETARCH\nENV CC=aarch64-linux-gnu-gcc\nRUN CGO_ENABLED=1 GOARCH=$TARGETARCH go build -o /out/app .",
        "ARG TARGETPLATFORM\nRUN CGO_ENABLED=1 xx-go build -o /out/app .",
        "RUN CGO_ENABLED=1 go build -o /out/app .",
    ],
)
def test_cgo_with_a_cross_compiler_is_not_reported(lines: str) -> None:
    check_nothing(cgo_without_cross_compiler, stage(lines))
