"""emulated-build and wrong-arch-build for other toolchains than Go."""

from __future__ import annotations

from buildxray.rules.architecture.wrong_arch_build import wrong_arch_build
from buildxray.rules.native.emulated_build import emulated_build
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_rule, context, findings


def test_rust_is_explained_but_not_fixed() -> None:
    text = "FROM rust:slim AS b\nWORKDIR /w\nRUN cargo build --release\nFROM scratch\nCOPY --from=b /w/target/release/app /\n"
    check_no_fix(emulated_build, text)
    check_rule(
        wrong_arch_build,
        """
        FROM --platform=$BUILDPLATFORM rust:slim AS b
        WORKDIR /w
        RUN cargo build --release
            ^^^^^^^^^^^ `cargo build` compiles for linux/amd64, and the binary goes into the image for linux/arm64 too; tonistiigi/xx cross-compiles: `FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx`, in this stage `--platform=$BUILDPLATFORM`, `COPY --from=xx / /`, `ARG TARGETPLATFORM`, `RUN apt-get update && apt-get install -y clang lld && xx-apt-get install -y gcc libc6-dev`, `xx-cargo build`, whose files are in `target/$(xx-cargo --print-target-triple)`
        FROM scratch
        COPY --from=b /w/target/release/app /
        """,
    )


MAPPED = "$(case $TARGETARCH in amd64) echo %s;; arm64) echo %s;; *) echo $TARGETARCH;; esac)"


@every_case(
    "before, after",
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
    text = "FROM {}x AS b\nWORKDIR /o\n{}RUN {}\nFROM scratch\nCOPY --from=b /o /\n"
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


def test_without_a_recipe_the_flag_is_named() -> None:
    check_rule(
        wrong_arch_build,
        """
        FROM --platform=$BUILDPLATFORM rust AS b
        WORKDIR /w
        RUN cargo build --release
            ^^^^^^^^^^^ `cargo build` compiles for linux/amd64, and the binary goes into the image for linux/arm64 too; without its `--platform` the stage compiles for the target, under emulation
        FROM scratch
        COPY --from=b /w/target/release/app /
        """,
    )
