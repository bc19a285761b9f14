"""emulated-build and wrong-arch-build for other toolchains than Go."""

from __future__ import annotations

import pytest

from buildxray.rules.architecture.wrong_arch_build import wrong_arch_build
from buildxray.rules.native.emulated_build import emulated_build
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings


def test_a_bundler_needs_the_flag_only() -> None:
    check_fix(
        emulated_build,
        "FROM node AS web\nWORKDIR /web\nCOPY . .\nRUN npm ci && npm run build\nFROM nginx\nCOPY --from=web /web/dist /srv\n",
        "FROM --platform=$BUILDPLATFORM node AS web\nWORKDIR /web\nCOPY . .\nRUN npm ci && npm run build\n"
        "FROM nginx\nCOPY --from=web /web/dist /srv\n",
        title="Run this stage on the build platform",
    )


@pytest.mark.parametrize(
    ("run", "copied", "safety"),
    [
        ("npm ci && npm run build", "/w/dist", "safe"),
        ("npm ci && npm run build", "/w/node_modules", "suggestion"),
        ("npm ci && npm run build", "/w", "suggestion"),
        ("hugo", "/w/public", "safe"),
        ("mvn package", "/w/target/app.jar", "suggestion"),
        ("dotnet publish -o /w/out", "/w/out", "suggestion"),
        ("curl -o x https://x && hugo", "/w/public", "safe"),
        ("pip install mkdocs && mkdocs build", "/w/site", "suggestion"),
    ],
)
def test_who_may_apply_it(run: str, copied: str, safety: str) -> None:
    text = f"FROM x AS b\nWORKDIR /w\nRUN {run}\nFROM scratch\nCOPY --from=b {copied} /\n"
    (finding,) = findings(emulated_build, context(text))
    assert [it.safety.value for it in finding.fixes] == [safety]


def test_rust_is_explained_but_not_fixed() -> None:
    text = (
        "FROM rust AS b\nWORKDIR /w\nRUN cargo build --release\nFROM scratch\nCOPY --from=b /w/target/release/app /\n"
    )
    check_no_fix(emulated_build, text)
    check_rule(
        wrong_arch_build,
        """
        FROM --platform=$BUILDPLATFORM rust AS b
        WORKDIR /w
        RUN cargo build --release
            ^^^^^^^^^^^ `cargo build` compiles for linux/amd64, and the binary goes into the image for linux/arm64 too; tonistiigi/xx cross-compiles: `FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx`, `COPY --from=xx / /`, `ARG TARGETPLATFORM`, `RUN xx-apt-get install -y gcc libc6-dev`, `xx-cargo build`
        FROM scratch
        COPY --from=b /w/target/release/app /
        """,
    )


@pytest.mark.parametrize("run", ["npm ci", "npm test", "dotnet restore", "cargo fetch", "mvn test", "mkdocs serve"])
def test_nothing_is_built(run: str) -> None:
    check_nothing(emulated_build, f"FROM x AS b\nWORKDIR /w\nRUN {run}\nFROM scratch\nCOPY --from=b /w/x /\n")


MAPPED = "$(case $TARGETARCH in amd64) echo %s;; arm64) echo %s;; esac)"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("zig build -p /o", f"zig build -Dtarget={MAPPED % ('x86_64', 'aarch64')}-linux-musl -p /o"),
        ("zig build-exe a.zig", f"zig build-exe -target {MAPPED % ('x86_64', 'aarch64')}-linux-musl a.zig"),
        (
            "deno compile -o /o x.ts",
            f"deno compile --target {MAPPED % ('x86_64', 'aarch64')}-unknown-linux-gnu -o /o x.ts",
        ),
        ("bun build --compile x.ts", f"bun build --target=bun-linux-{MAPPED % ('x64', 'arm64')} --compile x.ts"),
        ("dotnet publish --sc -o /o", "dotnet publish -a $TARGETARCH --sc -o /o"),
    ],
)
def test_compilers_that_take_their_target_as_an_option(before: str, after: str) -> None:
    text = "FROM {}x AS b\nWORKDIR /w\n{}RUN {}\nFROM scratch\nCOPY --from=b /o /\n"
    check_fix(
        emulated_build,
        text.format("", "", before),
        text.format("--platform=$BUILDPLATFORM ", "ARG TARGETARCH\n", after),
        title="Cross-compile this stage",
    )
    check_fix(
        wrong_arch_build,
        text.format("--platform=$BUILDPLATFORM ", "", before),
        text.format("--platform=$BUILDPLATFORM ", "ARG TARGETARCH\n", after),
    )
    (finding,) = findings(emulated_build, context(text.format("", "", before)))
    assert finding.fixes[0].safety.value == "suggestion"


@pytest.mark.parametrize(
    "run",
    [
        "gcc -o /o x.c",
        "cmake --build b",
        "ninja",
        "dotnet publish -r linux-x64 -o /o",
        "dotnet publish --sc --no-restore -o /o",
        "dotnet publish -p:PublishAot=true -o /o",
        "goreleaser build --single-target",
        "ko build .",
        "zig build -Dtarget=x86_64-linux-musl",
    ],
)
def test_compilers_that_no_edit_turns_to_another_target(run: str) -> None:
    check_no_fix(emulated_build, f"FROM x AS b\nWORKDIR /w\nRUN {run}\nFROM scratch\nCOPY --from=b /o /\n")


def test_a_message_says_how_a_human_can_do_it() -> None:
    text = "FROM x AS b\nWORKDIR /w\nRUN gcc -o /o x.c\nFROM scratch\nCOPY --from=b /o /\n"
    (finding,) = findings(emulated_build, context(text))
    steps = "`FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx`, `COPY --from=xx / /`, `ARG TARGETPLATFORM`, `RUN xx-apt-get install -y gcc libc6-dev`, `xx-clang …`"
    assert finding.message.endswith(f"; tonistiigi/xx cross-compiles: {steps}")
    (finding,) = findings(
        emulated_build, context(text.replace("FROM x", "FROM alpine").replace("gcc", "cargo build;", 1))
    )
    assert "`RUN xx-apk add gcc musl-dev`, `xx-cargo build`" in finding.message


def test_a_target_with_variants_has_no_option() -> None:
    text = "FROM x AS b\nRUN zig build\nFROM scratch\nCOPY --from=b /o /\n"
    found = findings(emulated_build, context(text, "linux/amd64,linux/arm/v6"))
    assert [it.fixes for it in found] == [()]


def test_scripts_on_the_image_of_a_compiler_are_a_hint() -> None:
    text = "FROM {} AS b\nRUN {}\nFROM scratch\nCOPY --from=b /o /\n"
    check_rule(
        emulated_build,
        """
        FROM golang:1.26 AS b
             ^^^^^^^^^^^ information: `make` may compile under emulation for linux/arm64, which takes 5 to 10 times as long
        RUN make all
        FROM scratch
        COPY --from=b /o /
        """,
    )
    assert findings(emulated_build, context(text.format("mcr.microsoft.com/dotnet/sdk:10.0", "./build.sh")))
    for image, run in [
        ("debian", "make"),
        ("golang", "frobnicate"),
        ("golang-$TARGETARCH", "make"),
        ("x/golang-tools", "make"),
        ("golang", "./validate.sh"),
    ]:
        check_nothing(emulated_build, text.format(image, run))
