"""Rust: cargo and rustc. Another target needs `--target`, its standard library and a linker, or xx-cargo.

Source: the Cargo book, "cargo build" and "Configuration"; the rustc book, "Codegen options".
"""

from __future__ import annotations

import posixpath
from typing import Final

from buildxray.localization import N_
from buildxray.plan.paths import clean
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use
from buildxray.toolchains.triples import architecture_of

_COMPILING: Final = frozenset({"build", "b", "chef", "install", "rustc", "zigbuild"})
_CARGO: Final = frozenset({"cargo", "cross"})
"""Cargo, and cross, which runs it in a container with the compiler of the target (github.com/cross-rs/cross)."""
_FETCHING: Final = frozenset({"fetch", "generate-lockfile", "update", "vendor"})
_NEUTRAL: Final = frozenset({"clean", "init", "new", "--version", "-V", "metadata", "tree"})


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    if command.name == "rustup":
        return Use(toolchain, invocation, Effect.INSTALL, "rustup")
    if command.name == "rustc" and not invocation.has_option("--version", "-V", "--print"):
        return _compile(invocation, toolchain, "rustc", 1)
    if command.name not in _CARGO:
        return None
    operands = invocation.operand_texts
    # These plugins compile as `cargo build` does: github.com/rust-secure-code/cargo-auditable, github.com/leptos-rs/cargo-leptos,
    # github.com/pgcentralfoundation/pgrx (cargo-pgrx).
    is_extension = operands[:2] in (["pgrx", "install"], ["pgrx", "package"])
    before = [it for it in operands[:1] if it in ("auditable", "leptos") or is_extension]
    subcommand = next((it for it in operands if it not in before), "")
    title = " ".join([command.name, *before, subcommand]).strip()
    n_words = 1 + (len(command.words) > 1 and command.words[1].value == subcommand and not before)
    if subcommand == "chef" and command.arguments[:1] == ("chef",) and len(command.words) > 2:
        title, n_words = f"{title} {command.arguments[1]}", 3
    if is_extension:
        return _compile(invocation, toolchain, title, n_words)
    if subcommand in _COMPILING and "prepare" not in command.arguments:
        return _compile(invocation, toolchain, title, n_words, is_install=subcommand == "install")
    effect = Effect.EXECUTE
    if subcommand in _FETCHING or subcommand == "chef":
        effect = Effect.FETCH
    elif subcommand in _NEUTRAL:
        effect = Effect.NEUTRAL
    manifests = ("Cargo.toml", "Cargo.lock") if subcommand == "fetch" else ()
    return Use(toolchain, invocation, effect, title, n_words, manifests=manifests)


def _compile(
    invocation: Invocation, toolchain: Toolchain, title: str, n_words: int, *, is_install: bool = False
) -> Use:
    targets = invocation.arguments("--target")
    setting = invocation.setting("CARGO_BUILD_TARGET")
    machines: tuple[str | None, ...] = tuple(it.architecture for it in invocation.step_platforms)
    triples: tuple[str | None, ...] = ()
    if targets:
        triples = invocation.evaluate(targets[0])
    elif setting.is_set:
        triples = setting.values
    if triples:
        # With several targets, later commands choose one of the programs.
        is_one = len(targets) < 2
        machines = tuple(architecture_of(it) if it is not None and is_one else None for it in triples)
    outputs = tuple(
        clean(f"{directory}/{triple}")
        for directory in _target_directories(invocation)
        for triple in dict.fromkeys(("release", *map(_directory_of, filter(None, triples))))
    )
    if title == "rustc":
        outputs = invocation.option_paths("-o", "--out-dir") or tuple(map(clean, invocation.directories))
    if is_install:
        root = invocation.argument("--root")
        outputs = ("/usr/local/cargo/bin/", "/root/.cargo/bin/")
        if root is not None:
            outputs = tuple(clean(f"{it}/bin") + "/" for it in invocation.paths(root))
        # A crate for a subcommand has its name: cargo runs `cargo-chef` for `cargo chef` (the Cargo book, "External tools").
        # Paths and numbers are values of options.
        crates = [it.partition("@")[0] for it in invocation.operand_texts[1:] if it[:1].isalpha()]
        if crates and all(it.startswith("cargo-") for it in crates):
            outputs = tuple(f"{directory}{it}" for directory in outputs for it in crates)
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        n_words,
        machines,
        is_targeted=bool(triples),
        outputs=outputs,
        fetches_sources=is_install and not invocation.has_option("--path"),
        must_run_on_target=True,
    )


def _target_directories(invocation: Invocation) -> tuple[str, ...]:
    """The directories for everything that Cargo writes. Source: the Cargo book, "Build cache"."""
    option = invocation.argument("--target-dir")
    if option is not None:
        return invocation.paths(option)
    setting = invocation.setting("CARGO_TARGET_DIR")
    if setting.is_set:
        values = dict.fromkeys(filter(None, setting.values))
        return tuple(clean(posixpath.join(it, value)) for it in invocation.directories for value in values)
    return tuple(f"{it}/target" for it in invocation.directories)


def _directory_of(triple: str) -> str:
    """The name of the directory for a target: cargo-zigbuild leaves out the version of the C library, `x86_64-unknown-linux-gnu.2.17`."""
    return triple.partition(".")[0]


def _reads(invocation: Invocation, name: str) -> Reading:
    if name.startswith(("CARGO_", "RUST", "CC", "CFLAGS")):
        return Reading.YES
    # Build scripts and procedural macros run while it compiles, those of dependencies too.
    use = _recognize(invocation, RUST)
    is_quiet = use is not None and use.effect in (Effect.FETCH, Effect.NEUTRAL, Effect.INSTALL)
    return Reading.NO if is_quiet else invocation.reading_by_project(name)


RUST: Final = Toolchain(
    "Rust",
    _recognize,
    _reads,
    advice=N_(
        "tonistiigi/xx cross-compiles: `FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx`, {place} `--platform=$BUILDPLATFORM`, `COPY --from=xx / /`, `ARG TARGETPLATFORM`, `RUN {install}`, `xx-cargo build`, whose files are in `target/$(xx-cargo --print-target-triple)`"
    ),
)
