from __future__ import annotations

from buildxray.rules.architecture.xx_without_target import xx_without_target
from buildxray.rules.base import Safety
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings


def stage(lines: str, head: str = "FROM --platform=$BUILDPLATFORM golang AS build") -> str:
    return f"{head}\n{lines}\nFROM scratch\nCOPY --from=build /out/app /app\n"


def test_xx_without_targetplatform_is_reported() -> None:
    check_rule(
        xx_without_target,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN xx-go build -o /out/app .
            ^^^^^ 💡 `xx-go` compiles for linux/amd64 instead of linux/arm64, because no target platform is declared
        FROM scratch
        COPY --from=build /out/app /app
        """,
    )
    check_fix(
        xx_without_target,
        stage("RUN xx-cargo build\nRUN xx-clang a.c"),
        stage("ARG TARGETPLATFORM\nRUN xx-cargo build\nRUN xx-clang a.c"),
    )


def test_the_libraries_of_the_target_are_installed_after_the_declaration_too() -> None:
    check_fix(
        xx_without_target,
        stage(
            "RUN apk add clang\nRUN xx-apk add gcc\nCOPY . .\nRUN xx-go build -o /out/app .\nRUN xx-go build -o /out/app ."
        ),
        stage(
            "RUN apk add clang\nARG TARGETPLATFORM\nRUN xx-apk add gcc\nCOPY . .\nRUN xx-go build -o /out/app .\n"
            "RUN xx-go build -o /out/app ."
        ),
    )
    check_fix(
        xx_without_target,
        stage("RUN xx-go build -o /out/app .\nRUN xx-apk add gcc"),
        stage("ARG TARGETPLATFORM\nRUN xx-go build -o /out/app .\nRUN xx-apk add gcc"),
    )


def test_libraries_that_another_stage_installs_make_the_fix_a_suggestion() -> None:
    head = "FROM --platform=$BUILDPLATFORM golang AS base\nRUN xx-apk add gcc\nFROM base AS build"
    found = findings(xx_without_target, context(stage("RUN xx-go build -o /out/app .", head)))
    assert [fix.safety for it in found for fix in it.fixes] == [Safety.SUGGESTION]


@every_case("name", ["TARGETPLATFORM", "TARGETARCH", "TARGETPAIR=linux-arm64"])
def test_xx_with_targetplatform_is_not_reported(name: str) -> None:
    check_nothing(xx_without_target, stage(f"ARG {name}\nRUN xx-go build -o /out/app ."))


def test_xx_in_a_stage_for_the_target_is_not_reported() -> None:
    check_nothing(xx_without_target, stage("RUN xx-go build -o /out/app .", "FROM golang AS build"))


@every_case("command", ["xx-cargo fetch", "xx-go mod download", "xx-cargo --print-target-triple"])
def test_a_command_that_compiles_nothing_is_not_reported(command: str) -> None:
    check_nothing(xx_without_target, stage(f"RUN {command}\nARG TARGETPLATFORM\nRUN xx-go build -o /out/app ."))
