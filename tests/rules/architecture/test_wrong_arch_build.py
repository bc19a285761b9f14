from __future__ import annotations

from dataclasses import replace

import pytest

from buildxray.rules.architecture.wrong_arch_build import wrong_arch_build
from buildxray.rules.base import Safety, Severity
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Builder
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import (
    check_fix,
    check_no_fix,
    check_nothing,
    check_rule,
    context,
    findings,
    reported,
    request,
    severities,
)

XX = """FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx
FROM --platform=$BUILDPLATFORM debian AS b
COPY --from=xx / /
ARG TARGETPLATFORM
RUN xx-apt-get install -y zlib1g-dev
COPY . .
RUN <<EOF
{}./configure
make
EOF
FROM debian
COPY --from=b /out /out
"""


@every_case(
    "setting, is_said",
    [("", True), ("export CC=xx-clang\n", False), ("CC=gcc ", True), ("CC='gcc -O2' ", True), ("CC=arm-gcc ", False)],
)
def test_settings_in_a_heredoc_are_read(setting: str, is_said: bool) -> None:
    assert bool(findings(wrong_arch_build, context(XX.format(setting)))) is is_said


def test_a_binary_for_the_build_machine_in_the_image_is_reported() -> None:
    check_rule(
        wrong_arch_build,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN cd cmd && CGO_ENABLED=0 go build -o app .
                                    ^^^^^^^^ 💡 `go build` compiles for linux/amd64, and the binary goes into the image for linux/arm64 too
        FROM alpine
        COPY --from=build /cmd/app /app
        """,
    )


def test_a_binary_is_followed_through_stages_and_mounts() -> None:
    check_rule(
        wrong_arch_build,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        WORKDIR /src
        RUN CGO_ENABLED=0 go build ./cmd/app
                          ^^^^^^^^ 💡 `go build` compiles for linux/amd64, and the binary goes into the image for linux/arm64 too
        FROM build AS packed
        FROM scratch AS files
        COPY --from=packed /src/app /bin/
        FROM alpine
        RUN --mount=type=bind,from=files,target=/f cp /f/bin/app /app
        """,
    )


@every_case(
    "before, after",
    [
        ("RUN CGO_ENABLED=0 go build -o /o .", "ARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /o ."),
        ("RUN go build -o /o .", "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH CGO_ENABLED=0 go build -o /o ."),
        (
            "ARG TARGETARCH\nRUN apk add git && go build -o /o .",
            "ARG TARGETARCH\nRUN apk add git && GOARCH=$TARGETARCH CGO_ENABLED=0 go build -o /o .",
        ),
        (
            "RUN env CGO_ENABLED=0 go build -o /o .",
            "ARG TARGETARCH\nRUN env CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /o .",
        ),
        (
            "RUN sh -c 'CGO_ENABLED=0 go build -o /o .'",
            "ARG TARGETARCH\nRUN sh -c 'CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /o .'",
        ),
        (
            "RUN <<EOF\nset -e\nCGO_ENABLED=0 go build -o /o .\nEOF",
            "ARG TARGETARCH\nRUN <<EOF\nset -e\nCGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /o .\nEOF",
        ),
    ],
)
def test_the_fix_gives_the_command_its_target(before: str, after: str) -> None:
    head, rest = "FROM --platform=$BUILDPLATFORM golang AS build\n", "\nFROM scratch\nCOPY --from=build /o /o\n"
    check_fix(wrong_arch_build, head + before + rest, head + after + rest)


@pytest.mark.parametrize("command", ["CGO_ENABLED=1 go build -o /go/bin/app .", "go install ./cmd/app"])
def test_commands_that_no_edit_repairs_have_no_fix(command: str) -> None:
    check_no_fix(
        wrong_arch_build,
        f"FROM --platform=$BUILDPLATFORM golang AS build\nRUN {command}\nFROM scratch\nCOPY --from=build /go/bin/app /\n",
    )


@every_case(
    "markup",
    [
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        ENV GOARCH=$TARGETARCH
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        RUN export GOARCH=$TARGETARCH && go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        RUN case $TARGETARCH in arm64) export GOARCH=arm64;; esac; go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG GOARCH
        RUN go build -o /app .
        FROM --platform=$BUILDPLATFORM alpine
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN go install ./tools/generate && generate /gen
        FROM scratch
        COPY --from=build /gen /gen
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS tool
        RUN go build -o /tool .
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN --mount=from=tool,source=/tool,target=/tool /tool > /gen
        FROM scratch
        COPY --from=build /gen /gen
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN go build -o /app .
        FROM --platform=$BUILDPLATFORM alpine
        COPY --from=build /app /
        """,
        """
        FROM golang AS build
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
    ],
)
def test_binaries_for_the_target_are_not_reported(markup: str) -> None:
    check_nothing(wrong_arch_build, markup)


@every_case(
    "start, is_launcher",
    [
        ('ENTRYPOINT ["sh", "-c", "exec ./App"]', True),
        ('CMD ["/bin/bash", "-ec", "./App --urls x"]', True),
        ('ENTRYPOINT ["sh", "-c", "dotnet App.dll"]', False),
        ('ENTRYPOINT ["sh", "./App"]', False),
        ('ENTRYPOINT ["/sbin/tini", "-g", "--", "./App"]', True),
        ('ENTRYPOINT ["/usr/bin/dumb-init", "--"]\nCMD ["/app/App", "serve"]', True),
        ('ENTRYPOINT ["/usr/bin/dumb-init", "--", "dotnet", "App.dll"]', False),
        ('ENTRYPOINT ["tini", "--"]\nCMD ["dotnet", "App.dll"]', False),
        ('ENTRYPOINT ["dotnet"]\nCMD ["./App"]', False),
        ("CMD sleep 1 && exec gosu app ./App", True),
        ("ENTRYPOINT exec dotnet ./App.dll", False),
    ],
)
def test_a_launcher_that_a_shell_or_another_program_starts(start: str, is_launcher: bool) -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:9.0 AS build\nWORKDIR /s\nCOPY . .\n"
        "RUN dotnet publish -c Release -o /out\nFROM mcr.microsoft.com/dotnet/aspnet:9.0\nWORKDIR /app\n"
        f"COPY --from=build /out .\n{start}\n"
    )
    assert bool(findings(wrong_arch_build, context(text))) is is_launcher


def test_of_several_binaries_each_image_takes_its_own() -> None:
    check_nothing(
        wrong_arch_build,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ENV CGO_ENABLED=0
        RUN go build -o /out/app-amd64 . && GOARCH=arm64 go build -o /out/app-arm64 .
        FROM alpine
        ARG TARGETARCH
        COPY --from=build /out/app-$TARGETARCH /app
        """,
    )


def test_only_the_images_that_take_the_binary_are_named() -> None:
    (finding,) = findings(
        wrong_arch_build,
        context(
            "FROM --platform=$BUILDPLATFORM golang AS build\nENV CGO_ENABLED=0\n"
            "RUN go build -o /out/app . && GOARCH=arm64 go build -o /out/app-arm64 .\n"
            "FROM alpine AS rest\nCOPY --from=build /out/app /app\n"
            "FROM alpine AS arm64\nCOPY --from=build /out/app-arm64 /app\n"
            "FROM rest AS amd64\nFROM rest AS arm\nFROM ${TARGETARCH}\n",
            "linux/amd64,linux/arm64,linux/arm/v7",
        ),
    )
    assert finding.message.endswith("for linux/arm/v7 too")


@every_case("compiler", ["/opt/cross/bin/cc", "./toolchain/bin/gcc", "/opt/clang/bin/clang"])
def test_a_compiler_at_a_path_of_its_own_may_be_a_cross_compiler(compiler: str) -> None:
    text = "FROM --platform=$BUILDPLATFORM debian AS b\nRUN {} -o /a a.c\nFROM debian\nCOPY --from=b /a /a\n"
    check_nothing(wrong_arch_build, text.format(compiler))
    assert findings(wrong_arch_build, context(text.format("/usr/bin/cc")))


@every_case(
    "before, copy, is_found",
    [
        ("", "COPY --from=tonistiigi/xx:golang-1.0.0@sha256:6f7d / /", False),
        ("FROM --platform=$BUILDPLATFORM tonistiigi/xx:golang AS xx", "COPY --from=xx / /", False),
        ("", "COPY --from=example.org/cross-go / /", False),
        ("FROM debian AS tools\nRUN ./install-go /usr/bin", "COPY --from=tools / /", False),
        ("FROM --platform=$BUILDPLATFORM tonistiigi/xx:1.6.1 AS xx", "COPY --from=xx / /", True),
        ("FROM --platform=$BUILDPLATFORM tonistiigi/xx:1.6.1", "COPY --from=0 / /", True),
        ("FROM debian\nRUN ./install-go /usr/bin", "COPY --from=0 / /", False),
        ("", "COPY --from=docker.io/tonistiigi/xx / /", True),
        ("", "COPY --from=example.org/data /data /", True),
        ("", "COPY . /", True),
    ],
)
def test_programs_of_another_image_may_replace_a_compiler(before: str, copy: str, *, is_found: bool) -> None:
    text = (
        f"{before}\nFROM --platform=$BUILDPLATFORM golang AS build\n{copy}\nARG TARGETPLATFORM\n"
        "RUN CGO_ENABLED=0 go build -o /out/app .\nFROM scratch\nCOPY --from=build /out/app /app\n"
    )
    assert bool(findings(wrong_arch_build, context(text))) is is_found


def test_a_compiler_is_replaced_after_it_has_run() -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM golang AS build\nRUN CGO_ENABLED=0 go build -o /out/app .\n"
        "COPY --from=example.org/cross-go / /\nFROM scratch\nCOPY --from=build /out/app /app\n"
    )
    assert findings(wrong_arch_build, context(text))


@every_case(
    "lines, is_said",
    [
        ("RUN go build -o /app .", True),
        ("RUN . ./env.sh && go build -o /app .", False),
        ("RUN eval 'go build -o /app .'", True),
        ("RUN eval 'export GOARCH=$TARGETARCH' && go build -o /app .", False),
        ("RUN eval set -- x && go build -o /app .", False),
        ('RUN eval "$(./setup $TARGETARCH)" && go build -o /app .', False),
        ("RUN export $(./setup $TARGETARCH) && go build -o /app .", False),
        ('RUN export "$SETTINGS" && go build -o /app .', False),
        ("RUN export A=$(./setup) && go build -o /app .", True),
        ("RUN . ./env.sh\nRUN go build -o /app .", True),
        ("RUN go build -o /app . && . ./env.sh", True),
        ("RUN . /root/.cargo/env && go build -o /app .", True),
        ("RUN go env -w GOARCH=$TARGETARCH\nRUN go build -o /app .", False),
        ('RUN echo "GOARCH=$TARGETARCH" >> $(go env GOENV)\nRUN go build -o /app .', False),
        ('RUN echo "GOARCH=$TARGETARCH"\nRUN go build -o /app .', True),
        ('RUN go build -o /app .\nRUN echo "GOARCH=$TARGETARCH" > /info', True),
        ("RUN go env GOARCH\nRUN go build -o /app .", True),
        ("RUN ln -s /usr/bin/xx-go /usr/local/bin/go\nRUN go build -o /app .", False),
        ("RUN alias go=xx-go && go build -o /app .", False),
        ("RUN ln -s /s /golang\nRUN go build -o /app .", True),
    ],
)
def test_a_compiler_that_may_be_told_in_another_way(lines: str, is_said: bool) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nWORKDIR /s\nCOPY . .\nARG TARGETARCH\n{lines}\nFROM scratch\nCOPY --from=b /app /app\n"
    assert bool(findings(wrong_arch_build, context(text))) is is_said


@every_case(
    "image, is_said",
    [
        ("example/rust:1", True),
        ("example/rust-musl-cross:aarch64-musl", False),
        ("example/rust-$TARGETARCH", False),
        ("example/cross-rust", False),
        ("rust", True),
    ],
)
def test_an_image_that_is_made_for_cross_compiling(image: str, is_said: bool) -> None:
    text = f"FROM --platform=$BUILDPLATFORM {image} AS b\nWORKDIR /s\nCOPY . .\nRUN cargo build --release\nFROM scratch\nCOPY --from=b /s/target/release/app /app\n"
    assert bool(findings(wrong_arch_build, context(text))) is is_said


@every_case(
    "script, is_said",
    [
        ('if [ "$TARGETARCH" = amd64 ]; then export GOARCH=amd64; fi; {}', True),
        ("case $TARGETARCH in amd64) export GOARCH=amd64;; esac; {}", True),
        ('if [ "$TARGETARCH" = arm64 ]; then export GOARCH=arm64; fi; {}', False),
        ("case $TARGETARCH in amd64) export GOARCH=amd64;; arm64) export GOARCH=arm64;; esac; {}", False),
        ('if [ -n "$OTHER" ]; then export GOARCH=$TARGETARCH; fi; {}', False),
        ("GOARCH= {}", False),
    ],
)
def test_a_target_that_is_told_for_some_platforms_only(script: str, is_said: bool) -> None:
    run = script.format("CGO_ENABLED=0 go build -o /app .")
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN {run}\nFROM scratch\nCOPY --from=b /app /app\n"
    assert bool(findings(wrong_arch_build, context(text))) is is_said


@every_case(
    "body, is_said",
    [
        ("for GOARCH in amd64 arm64; do export GOARCH; go build -o app-$GOARCH .; done", False),
        (
            "for GOOS in linux; do for GOARCH in amd64 arm64; do export GOOS GOARCH; go build -o $GOARCH .; done; done",
            False,
        ),
        ("export GOARCH; for GOARCH in amd64 arm64; do go build -o app-$GOARCH .; done", False),
        ("for a in amd64 arm64; do export GOARCH=$a; go build -o app-$a .; done", False),
        # Go sees exported variables only.
        ("for GOARCH in amd64 arm64; do go build -o app-$GOARCH .; done", True),
        ("for GOARCH in amd64 arm64; do (export GOARCH); go build -o app-$GOARCH .; done", True),
        ("for arch in amd64 arm64; do export arch; go build -o app-$arch .; done", True),
    ],
)
def test_a_loop_over_architectures(body: str, is_said: bool) -> None:
    text = f"""
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN {body}
        FROM alpine
        ARG TARGETARCH
        COPY --from=build /go/app-$TARGETARCH /app
        """
    assert bool(findings(wrong_arch_build, context(text))) is is_said


@every_case(
    "command, image, expected",
    [
        ("mix release", "debian", None),
        ("rebar3 release", "debian", None),
        # The project decides if a release brings a virtual machine.
        ("mix release", "elixir:1.18-slim", Severity.WARNING),
        ("rebar3 release", "erlang:27-slim", Severity.WARNING),
        ("go build -o _build/app .", "elixir:1.18-slim", None),
    ],
)
def test_a_release_of_erlang_may_be_byte_code(command: str, image: str, expected: Severity | None) -> None:
    text = f"FROM --platform=$BUILDPLATFORM elixir AS b\nWORKDIR /s\nCOPY . .\nRUN {command}\nFROM {image}\nCOPY --from=b /s/_build /app\n"
    assert severities(wrong_arch_build, context(text)) == [expected]


@every_case(
    "before, is_said",
    [
        ("RUN go env -w GOARCH=$TARGETARCH", False),
        ("RUN go env -w GOARCH=$TARGETARCH && go mod download", False),
        ("RUN <<EOF\ngo env -w GOARCH=$TARGETARCH\nEOF", False),
        ("RUN <<EOF\nmkdir /o\nEOF", True),
        ("RUN go env -w GOOS=linux", True),
        ("RUN cargo env -w GOARCH=$TARGETARCH", True),
    ],
)
def test_a_target_that_go_has_stored(before: str, is_said: bool) -> None:
    text = (
        f"FROM --platform=$BUILDPLATFORM golang:1.26 AS build\nARG TARGETARCH\nENV CGO_ENABLED=0\n{before}\n"
        "RUN go build -o /o .\nFROM scratch\nCOPY --from=build /o /o\n"
    )
    assert bool(findings(wrong_arch_build, context(text))) is is_said


@every_case(
    "base, n_findings", [("amd64/alpine", 0), ("docker.io/amd64/alpine", 0), ("arm64v8/alpine", 1), ("alpine", 1)]
)
def test_an_image_on_a_base_of_the_build_machine_gets_the_right_program(base: str, n_findings: int) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nRUN CGO_ENABLED=0 go build -o /a .\nFROM {base}\nCOPY --from=b /a /a\n"
    assert len(findings(wrong_arch_build, context(text))) == n_findings


@every_case(
    "before, safety",
    [
        ("RUN go generate ./...\n", Safety.SUGGESTION),
        ("RUN go vet ./...\n", Safety.SAFE),
    ],
)
def test_generated_sources_may_be_for_one_machine(before: str, safety: Safety) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\n{before}RUN CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    (finding,) = findings(wrong_arch_build, context(text))
    assert [it.safety for it in finding.fixes] == [safety]


@every_case(
    "script, platforms_named",
    [
        ("dotnet publish -o /out", "linux/arm64"),
        ('if [ "$TARGETARCH" = "$BUILDARCH" ]; then dotnet publish -o /out; else ./cross.sh; fi', None),
        ('if [ "$TARGETARCH" = arm64 ]; then dotnet publish -o /out; else ./other.sh; fi', "linux/arm64"),
    ],
)
def test_a_launcher_for_the_targets_that_run_the_command(script: str, platforms_named: str | None) -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:9.0 AS b\nARG TARGETARCH BUILDARCH\n"
        f'RUN {script}\nFROM mcr.microsoft.com/dotnet/runtime:9.0\nCOPY --from=b /out /app\nENTRYPOINT ["/app/App"]\n'
    )
    messages = [it.message for it in findings(wrong_arch_build, context(text)) if "launcher" in it.message]
    named = [f"the image for {platforms_named} does not start"] if platforms_named else []
    assert [it.partition(":")[0] for it in messages] == named


@every_case("run, is_fixable", [("", True), (" && /out/app --version", False), ("\nRUN /out/app prepare", False)])
def test_no_fix_for_a_program_that_the_stage_starts(run: str, *, is_fixable: bool) -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM golang:1.26 AS b\nCOPY . .\n"
        f"RUN CGO_ENABLED=0 go build -o /out/app{run}\nFROM scratch\nCOPY --from=b /out/app /app\n"
    )
    (finding,) = findings(wrong_arch_build, context(text))
    assert bool(finding.fixes) is is_fixable


@every_case(
    "image, run, place",
    [
        ("mcr.microsoft.com/dotnet/sdk:9.0", "dotnet publish -a $BUILDARCH --sc -o /out", "dotnet publish"),
        ("mcr.microsoft.com/dotnet/sdk:9.0", "dotnet publish -r linux-${BUILDARCH} -o /out", "dotnet publish"),
        (
            "rust",
            "case $BUILDARCH in amd64) T=x86_64;; *) T=aarch64;; esac; cargo build --target $T-unknown-linux-musl; cp target/$T-unknown-linux-musl/debug/a /out",
            "cargo build",
        ),
        ("mcr.microsoft.com/dotnet/sdk:9.0", "dotnet publish -a $TARGETARCH --sc -o /out", None),
        # `constant-target`
        ("mcr.microsoft.com/dotnet/sdk:9.0", "dotnet publish -a x64 --sc -o /out", None),
        (
            "rust",
            "case $TARGETARCH in amd64) T=x86_64;; *) T=aarch64;; esac; cargo build --target $T-unknown-linux-musl; cp target/$T-unknown-linux-musl/debug/a /out",
            None,
        ),
    ],
)
def test_any_compiler_may_be_given_the_architecture_of_the_builder(image: str, run: str, place: str | None) -> None:
    text = f"FROM --platform=$BUILDPLATFORM {image} AS b\nARG BUILDARCH TARGETARCH\nWORKDIR /s\nCOPY . .\nRUN {run}\nFROM debian\nCOPY --from=b /out /out\n"
    assert reported(wrong_arch_build, text) == [place] * (place is not None)


def test_an_option_is_given_the_target_instead_of_the_builder() -> None:
    stage = "FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:9.0 AS b\n{}\nFROM debian\nCOPY --from=b /out /out\n"
    before = "ARG BUILDARCH\nRUN dotnet publish -a $BUILDARCH --sc -o /out"
    after = "ARG BUILDARCH\nARG TARGETARCH\nRUN dotnet publish -a $TARGETARCH --sc -o /out"
    check_fix(wrong_arch_build, stage.format(before), stage.format(after))


@every_case(
    "default, flag, n_findings",
    [
        ("TARGETPLATFORM=linux/amd64", "$TARGETPLATFORM", 0),
        ("TARGETARCH=amd64", "linux/${TARGETARCH}", 0),
        # Not a default of BuildKit's arguments, or not what chooses the platform.
        ("BUILDER=linux/amd64", "$BUILDER", 1),
        ("TARGETARCH=amd64", "$BUILDPLATFORM", 1),
    ],
)
def test_the_default_that_masks_the_platform_is_reported_by_another_rule(
    default: str, flag: str, n_findings: int
) -> None:
    text = f"ARG {default}\nFROM --platform={flag} gcc AS b\nCOPY . .\nRUN gcc -o /out/a a.c\nFROM debian\nCOPY --from=b /out /out\n"
    assert len(reported(wrong_arch_build, text)) == n_findings


@every_case(
    "declared, setting, images",
    [
        ("TARGETVARIANT", "GOARCH=$TARGETVARIANT", "linux/arm64 too"),
        ("TARGETVARIANT", 'GOARCH="${TARGETVARIANT}"', "linux/arm64 too"),
        # For arm64 it is `arm64`, and `v7` stops the build.
        ("TARGETARCH TARGETVARIANT", "GOARCH=$TARGETARCH$TARGETVARIANT", None),
        # `undeclared-platform-arg` reports it.
        ("TARGETARCH", "GOARCH=$TARGETVARIANT", None),
        # The build may give it a value.
        ("MACHINE=", "GOARCH=$MACHINE", "linux/arm64 and linux/arm/v7 too"),
    ],
)
def test_an_argument_that_is_empty_for_a_target_tells_nothing(declared: str, setting: str, images: str | None) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang:1.26 AS b\nCOPY . .\nARG {declared}\nRUN CGO_ENABLED=0 {setting} go build -o /out/a\nFROM debian\nCOPY --from=b /out /out\n"
    found = findings(wrong_arch_build, context(text, "linux/amd64,linux/arm64,linux/arm/v7"))
    assert [it.message.split("image for ")[1] for it in found] == [images] * (images is not None)


@every_case(
    "lines, command, name",
    [
        ("ARG ARCH", "GOARCH=$ARCH go build", "ARCH"),
        ("ARG ARCH=", 'GOOS=linux GOARCH="${ARCH}" go build', "ARCH"),
        ("ARG ARCH", "export GOARCH=$ARCH; go build", "ARCH"),
        ("ARG ARCH\nENV GOARCH=$ARCH", "go build", "ARCH"),
        ("ARG GOARCH", "go build", "GOARCH"),
        ("ARG GOARCH=", "go build", "GOARCH"),
        # A default, an automatic argument, or another part of the value.
        ("ARG ARCH=arm64", "GOARCH=$ARCH go build", None),
        ("ARG TARGETARCH", "GOARCH=$TARGETARCH go build", None),
        ("ARG TARGETARCH\nARG ARCH=$TARGETARCH", "GOARCH=$ARCH go build", None),
        ("ARG TARGETARCH\nARG ARCH", "GOARCH=${ARCH:-$TARGETARCH} go build", None),
        ("ARG ARCH", "GOARCH=$(./arch $ARCH) go build", None),
        ("ARG ARCH", "case $ARCH in x) GOARCH=$ARCH go build;; esac", None),
        ("ARG ARCH\nARG TARGETARCH", "ARCH=$TARGETARCH; GOARCH=$ARCH go build", None),
        ("ARG ARCH", ". ./env; GOARCH=$ARCH go build", None),
        ("ARG ARCH", "GOOS=darwin GOARCH=$ARCH go build", None),
    ],
)
def test_an_argument_of_the_project_has_one_value_for_all_platforms(lines: str, command: str, name: str | None) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\n{lines}\nRUN {command} -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    messages = [it.message for it in findings(wrong_arch_build, context(text))]
    assert messages == [
        f"`go build` compiles for linux/amd64 unless a build argument gives `{name}`, which has one value for all platforms, and the binary goes into the image for linux/arm64 too"
    ] * (name is not None)


def test_a_build_that_gives_the_argument_is_wrong_only_for_several_platforms() -> None:
    text = "FROM --platform=$BUILDPLATFORM golang AS b\nARG ARCH\nRUN GOARCH=$ARCH go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    builder = Builder(request(), Workspace(given_arguments=frozenset({"ARCH"}), has_build=True))
    for asks_for_several in (False, True):
        ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=asks_for_several)
        assert [it.message for it in findings(wrong_arch_build, ctx)] == [
            "`go build` compiles for one architecture, because a build gives `ARCH` one value for all its platforms: not each image for linux/amd64 and linux/arm64 gets a binary that runs there"
        ] * asks_for_several
    builder = Builder(replace(request(), is_separate=True))
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    assert findings(wrong_arch_build, ctx) == []


@every_case(
    "lines, command, fixed_lines, fixed_command",
    [
        ("ARG ARCH", "GOARCH=$ARCH go build", "ARG ARCH\nARG TARGETARCH", "GOARCH=$TARGETARCH go build"),
        ("ARG GOARCH", "go build", "ARG TARGETARCH\nARG GOARCH=$TARGETARCH", "go build"),
        ("ARG ARCH\nENV GOARCH=$ARCH", "go build", "ARG ARCH\nARG TARGETARCH\nENV GOARCH=$TARGETARCH", "go build"),
    ],
)
def test_the_fix_takes_the_argument_of_the_target(
    lines: str, command: str, fixed_lines: str, fixed_command: str
) -> None:
    text = "FROM --platform=$BUILDPLATFORM golang AS b\n{}\nRUN {} -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    check_fix(wrong_arch_build, text.format(lines, command), text.format(fixed_lines, fixed_command))
