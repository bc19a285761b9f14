from __future__ import annotations

from buildxray.rules.architecture.build_arch_probe import build_arch_probe
from buildxray.rules.architecture.constant_goarch import constant_goarch
from buildxray.rules.architecture.constant_target import constant_target
from buildxray.rules.architecture.unknown_machine_name import unknown_machine_name
from buildxray.rules.base import Severity
from buildxray.rules.native.emulated_build import emulated_build
from tests.support.cases import every_case
from tests.support.rules import (
    check_fix,
    check_no_fix,
    check_nothing,
    check_rule,
    context,
    findings,
    reported,
    severities,
)

ARGUMENTS = "ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT"
BUILD = f"FROM --platform=$BUILDPLATFORM {{}} AS build\n{ARGUMENTS}\nWORKDIR /src\nCOPY . .\n{{}}\nFROM scratch\nCOPY --from=build /out /\n"
CASE = "$(case $TARGETARCH in amd64) echo {};; arm64) echo {};; *) echo $TARGETARCH;; esac)"


def test_the_name_of_another_program() -> None:
    check_rule(
        unknown_machine_name,
        """
        FROM --platform=$BUILDPLATFORM rust:1.95 AS build
        ARG TARGETARCH
        COPY . .
        RUN cargo build --release --target $TARGETARCH-unknown-linux-musl
                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 💭 the build stops at `cargo build` for linux/amd64 and linux/arm64: Rust does not know `amd64-unknown-linux-musl`, and writes `x86_64` instead of `amd64`
        """,
    )


def test_the_name_of_a_system_in_place_of_a_machine() -> None:
    check_rule(
        unknown_machine_name,
        """
        FROM --platform=$BUILDPLATFORM golang:1.26 AS build
        ARG TARGETOS
        COPY . .
        RUN GOARCH=$TARGETOS go build -o /a .
                   ^^^^^^^^^ 💭 the build stops at `go build` for linux/amd64 and linux/arm64: Go does not know the name `linux`
        """,
    )


@every_case(
    "image, run, fixed",
    [
        ("golang", "GOARCH=x86_64 go build .", "GOARCH=$TARGETARCH go build ."),
        ("golang", "GOARCH=$TARGETPLATFORM go test ./...", "GOARCH=$TARGETARCH go test ./..."),
        ("golang", "GOARCH=$(uname -m) go vet .", "GOARCH=$TARGETARCH go vet ."),
        ("golang", "export GOARCH=aarch64; go run .", "export GOARCH=$TARGETARCH; go run ."),
        ("golang", "GOOS=${TARGETARCH} go install .", "GOOS=$TARGETOS go install ."),
        ("golang", "GOOS=Linux go build .", "GOOS=linux go build ."),
        ("golang", "GOOS=macOS go build .", "GOOS=darwin go build ."),
        ("rust", "rustup target add $TARGETARCH-unknown-linux-gnu", f"rustup target add {CASE.format('x86_64', 'aarch64')}-unknown-linux-gnu"),
        ("rust", 'cargo build --target="arm64-unknown-linux-gnu"', f'cargo build --target="{CASE.format("x86_64", "aarch64")}-unknown-linux-gnu"'),
        ("rust", "CARGO_BUILD_TARGET=$TARGETARCH-unknown-linux-gnu cargo build", f"CARGO_BUILD_TARGET={CASE.format('x86_64', 'aarch64')}-unknown-linux-gnu cargo build"),
        ("denoland/deno", "deno compile --target $TARGETARCH-unknown-linux-gnu a.ts", f"deno compile --target {CASE.format('x86_64', 'aarch64')}-unknown-linux-gnu a.ts"),
        ("zig", "zig build -Dtarget=$TARGETARCH-linux-musl", f"zig build -Dtarget={CASE.format('x86_64', 'aarch64')}-linux-musl"),
        ("zig", "zig cc -target x64-linux a.c", f"zig cc -target {CASE.format('x86_64', 'aarch64')}-linux a.c"),
        ("dart", "dart compile exe --target-arch=$TARGETARCH a.dart", f"dart compile exe --target-arch={CASE.format('x64', 'arm64')} a.dart"),
        ("mcr.microsoft.com/dotnet/sdk:9.0", "dotnet publish -r linux-${TARGETARCH}", f"dotnet publish -r linux-{CASE.format('x64', 'arm64')}"),
        ("mcr.microsoft.com/dotnet/sdk:9.0", "dotnet restore -r linux-musl-aarch64", f"dotnet restore -r linux-musl-{CASE.format('x64', 'arm64')}"),
        ("mcr.microsoft.com/dotnet/sdk:9.0", "dotnet build -p:RuntimeIdentifier=linux-$TARGETARCH", f"dotnet build -p:RuntimeIdentifier=linux-{CASE.format('x64', 'arm64')}"),
        ("mcr.microsoft.com/dotnet/sdk:9.0", "dotnet publish --arch x86_64", "dotnet publish --arch $TARGETARCH"),
        ("mcr.microsoft.com/dotnet/sdk:6.0", "dotnet publish -a $TARGETARCH", f"dotnet publish -a {CASE.format('x64', 'arm64')}"),
    ],
)  # fmt: skip
def test_the_fix_writes_the_names_of_the_program(image: str, run: str, fixed: str) -> None:
    check_fix(unknown_machine_name, BUILD.format(image, f"RUN {run}"), BUILD.format(image, f"RUN {fixed}"))


def test_the_fix_writes_the_name_of_the_directory_too() -> None:
    run = "RUN cargo build -r --target $TARGETARCH-unknown-linux-gnu && cp target/${TARGETARCH}-unknown-linux-gnu/release/a /out"
    machine = CASE.format("x86_64", "aarch64")
    fixed = run.replace("${TARGETARCH}", machine).replace("$TARGETARCH-", f"{machine}-")
    check_fix(unknown_machine_name, BUILD.format("rust", run), BUILD.format("rust", fixed))


@every_case(
    "run, copy",
    [
        ("RUN cp 'target/arm64-unknown-linux-gnu/a' /out", "/out"),
        ("WORKDIR /", "/src/target/arm64-unknown-linux-gnu/a"),
    ],
)
def test_a_directory_whose_name_cannot_change_leaves_no_fix(run: str, copy: str) -> None:
    lines = f"RUN cargo build -r --target arm64-unknown-linux-gnu\n{run}"
    text = BUILD.format("rust", lines).replace("/out /", f"{copy} /a")
    check_no_fix(unknown_machine_name, text)


def test_the_fix_declares_the_argument() -> None:
    check_fix(
        unknown_machine_name,
        "FROM --platform=$BUILDPLATFORM golang AS b\nCOPY . .\nRUN GOARCH=x86_64 go build .\n",
        "FROM --platform=$BUILDPLATFORM golang AS b\nCOPY . .\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build .\n",
    )


def test_the_fix_for_one_platform_writes_its_name() -> None:
    text = "FROM rust\nCOPY . .\nRUN cargo build --target {}-unknown-linux-musl\n"
    check_fix(unknown_machine_name, text.format("amd64"), text.format("x86_64"), targets="linux/amd64")


def test_an_env_for_all_commands() -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang\n{ARGUMENTS}\nENV GOARCH={{}}\nCOPY . .\nRUN go build ./a\nRUN go build ./b\n"
    check_fix(unknown_machine_name, text.format("aarch64"), text.format("$TARGETARCH"))
    assert reported(unknown_machine_name, text.format("aarch64")) == ["aarch64"]


def test_equal_names_of_a_stage_are_one_finding() -> None:
    run = "RUN dotnet restore -r linux-$TARGETARCH\nRUN dotnet publish -r linux-$TARGETARCH"
    (finding,) = findings(unknown_machine_name, context(BUILD.format("mcr.microsoft.com/dotnet/sdk:9.0", run)))
    assert finding.message.endswith("; also in line 6")


@every_case(
    "run",
    [
        # the name is quoted, is elsewhere, or is not all that is wrong
        "GOARCH='x86_64' go build .",
        "cargo build --target $TARGETARCH",
        "cargo build --target $TARGETPLATFORM",
        "A=$TARGETARCH-unknown-linux-gnu; cargo build --target $A",
    ],
)
def test_no_fix(run: str) -> None:
    check_no_fix(unknown_machine_name, BUILD.format("golang", f"RUN {run}"))


@every_case(
    "run",
    [
        "GOOS=$TARGETOS GOARCH=$TARGETARCH go build .",
        "GOARCH= go build .",
        "GOARCH=$ARCH go build .",
        "GOOS=js GOARCH=wasm go build .",
        "GOARCH=sw64 go build .",
        "GOARCH=${TARGETARCH:-x86_64} go build .",
        "GOARCH=x86_64 go mod download",
        "GOARCH=x86_64 go build -compiler gccgo .",
        "GOARCH=x86_64 make",
        "GOARCH=x86_64 go build . || true",
        "GOARCH=x86_64 go build . ; echo done",
        "if [ -e main.go ]; then GOARCH=x86_64 go build .; fi",
        "case $TARGETARCH in amd64) A=x86_64;; arm64) A=aarch64;; esac; cargo build --target $A-unknown-linux-gnu",
        f"cargo build --target {CASE.format('x86_64', 'aarch64')}-unknown-linux-musl",
        "cargo build --target amd64-kernel.json",
        "cargo build --target arm-unknown-linux-gnueabihf --target thumbv7em-none-eabi",
        "cargo build --target-dir amd64",
        "rustup toolchain install stable",
        "rustup target list amd64",
        "xx-cargo build --target-dir x",
        "deno run --target amd64-x a.ts",
        "bun build --compile --target=bun-linux-$TARGETARCH a.ts",
        "zig build -Dtarget=native",
        "zig cc -target riscv64-linux-musl a.c",
        "clang --target=arm64-linux-gnu a.c",
        "dart compile exe --target-arch=x64 a.dart",
        "dotnet publish -a $TARGETARCH",
        "dotnet publish -r linux-x64",
        "dotnet publish -r linux-arm64",
        "dotnet publish -r $RID",
        "dotnet publish -r linux-$TARGETARCH -p:UseAppHost=false",
        "dotnet publish -r portable",
    ],
)
def test_not_reported(run: str) -> None:
    check_nothing(unknown_machine_name, BUILD.format("mcr.microsoft.com/dotnet/sdk:9.0", f"RUN {run}"))


def test_a_branch_that_no_target_takes() -> None:
    run = 'RUN [ "$TARGETARCH" = riscv64 ] && export GOARCH=x86_64; go build .'
    check_nothing(unknown_machine_name, BUILD.format("golang", run))


def test_a_stage_that_nothing_needs() -> None:
    check_nothing(unknown_machine_name, "FROM golang AS b\nRUN GOARCH=x86_64 go build .\nFROM scratch\nCOPY a /\n")


def test_a_build_argument_may_give_another_name() -> None:
    text = "FROM rust\nARG TRIPLE=amd64-unknown-linux-musl\nCOPY . .\nRUN cargo build --target $TRIPLE\n"
    assert severities(unknown_machine_name, context(text, "linux/amd64")) == [Severity.WARNING]


def test_nothing_else_is_said_of_a_build_that_stops() -> None:
    constant = BUILD.format("golang", "RUN CGO_ENABLED=0 GOARCH=x86_64 go build -o /out/a .")
    check_nothing(constant_goarch, constant)
    check_nothing(build_arch_probe, constant.replace("x86_64", "$(uname -m)"))
    sdk = "mcr.microsoft.com/dotnet/sdk:9.0"
    check_nothing(constant_target, BUILD.format(sdk, "RUN dotnet publish -r linux-x86_64 -o /out"))
    emulated = BUILD.replace("--platform=$BUILDPLATFORM ", "").format(
        "golang", "RUN CGO_ENABLED=0 GOARCH={} go build -o /out/a ."
    )
    check_nothing(emulated_build, emulated.format("$(uname -m)"))
    assert findings(emulated_build, context(emulated.format("$TARGETARCH")))
