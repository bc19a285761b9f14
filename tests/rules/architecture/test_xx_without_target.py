from __future__ import annotations

from buildxray.rules.architecture.xx_without_target import xx_without_target
from buildxray.rules.base import Safety
from buildxray.rules.scope.undeclared_platform_arg import undeclared_platform_arg
from tests.support.cases import every_case
from tests.support.ide import analyze
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


def test_one_declaration_repairs_all_commands_of_a_stage_and_of_those_on_it() -> None:
    text = stage(
        "RUN xx-go build -o /out/app .\nRUN xx-go build -o /out/app .\nFROM build AS other\nRUN xx-go build -o /out/c ."
    )
    text += "COPY --from=other /out/c /c\n"
    (finding,) = findings(xx_without_target, context(text))
    places = [finding.range, *(it.range for it in finding.related)]
    assert [text[slice(*it)] for it in places] == ["xx-go", "xx-go"]


@every_case(
    "lines, n_undeclared, n_untargeted",
    [
        ("RUN GOARM=${TARGETPLATFORM##*/v} xx-go build -o /out/app .", 1, 0),
        ("RUN echo $TARGETARCH\nRUN xx-go build -o /out/app .", 1, 0),
        # The name of another argument does not tell xx its target.
        ("RUN echo $TARGETVARIANT\nRUN xx-go build -o /out/app .", 1, 1),
        # A declaration at the use comes too late.
        ("RUN xx-go build -o /out/app .\nRUN echo $TARGETARCH", 1, 1),
        ("RUN xx-apk add gcc\nRUN echo $TARGETARCH && xx-go build -o /out/app .", 1, 1),
        ("ARG TARGETARCH\nRUN echo $TARGETARCH && xx-go build -o /out/app .", 0, 0),
    ],
)
def test_an_undeclared_argument_that_is_used_before_is_the_one_cause(
    lines: str, n_undeclared: int, n_untargeted: int
) -> None:
    ctx = context(stage(lines))
    undeclared = findings(undeclared_platform_arg, ctx)
    assert (len(undeclared), len(findings(xx_without_target, ctx))) == (n_undeclared, n_untargeted)
    if n_undeclared and not n_untargeted:
        assert [(it.doubt, "and `xx-go` compiles for linux/amd64" in it.message) for it in undeclared] == [(None, True)]


@every_case(
    "lines, expected",
    [
        ("RUN CGO_ENABLED=0 xx-go build -o /out/app .", "safe"),
        ("RUN xx-go build -o /out/app .", "safe"),
        # The build machine starts it.
        ("RUN CGO_ENABLED=0 xx-go build -o /out/app . && /out/app --version", "suggestion"),
        # The libraries of the build machine do not suit another one.
        ("RUN CGO_ENABLED=1 xx-go build -o /out/app .", "suggestion"),
        ("RUN xx-apk add gcc musl-dev\nRUN CGO_ENABLED=1 xx-go build -o /out/app .", "safe"),
        ("RUN apk add gcc musl-dev\nRUN xx-clang -o /out/app a.c", "suggestion"),
        # The directory has the name of another machine then.
        (
            "RUN xx-apk add gcc musl-dev\nRUN xx-cargo build --release && cp target/x86_64-alpine-linux-musl/release/app /out/app",
            "suggestion",
        ),
    ],
)
def test_what_is_not_ready_for_another_machine_needs_a_review(lines: str, expected: str) -> None:
    text = stage(lines, "FROM --platform=$BUILDPLATFORM golang:1.26-alpine AS build\nCOPY . .")
    found = [it for it in analyze(text).diagnostics if it.rule == "xx-without-target"]
    assert [fix.safety.value for it in found for fix in it.fixes] == [expected]


def test_an_installed_program_of_another_machine_has_a_directory_of_its_own() -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM golang AS build\nCOPY . .\nRUN xx-go install ./cmd/app\nFROM scratch\n"
        "COPY --from=build /go/bin/app /app\n"
    )
    found = [it for it in analyze(text).diagnostics if it.rule == "xx-without-target"]
    assert [fix.safety.value for it in found for fix in it.fixes] == ["suggestion"]
    declared = analyze(text.replace("RUN", "ARG TARGETPLATFORM\nRUN")).diagnostics
    assert [it.rule for it in declared] == ["cross-go-install"]
