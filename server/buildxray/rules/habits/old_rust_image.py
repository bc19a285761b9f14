"""An image has an older version of Rust than the project asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.old_images import of_roots
from buildxray.rules.facts.old_rust import OldRust, stopped_by_old_rust
from buildxray.semantics.build import From
from buildxray.syntax.instructions import Token
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit
from buildxray.toolchains.base import RustAsking

_LITERAL: Final = lazy_regex(
    r"(?P<name>(?:docker\.io/)?(?:library/)?rust):1\.\d+(?:\.\d+)?(?P<kind>|-alpine|(?:-slim)?(?:-bookworm|-trixie)?)"
)
"""An image of which each later version has a tag of the same kind."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=["Rust"])
def old_rust_image(ctx: RuleContext) -> Iterator[Finding]:
    """An image has an older version of Rust than the project asks for.

    ## What it does
    Compares the version in the tag of the official image `rust`, or of `lukemathwalker/cargo-chef`, with the `edition` and the `rust-version` of
    the Cargo.toml that the stage copies and builds, also of the members of a workspace, and with the format of Cargo.lock.

    ## Why it matters
    The build stops here: Cargo refuses a manifest with an edition that it does not know (2021 came with Rust 1.56, 2024 with 1.85), a package
    whose `rust-version` is newer than the compiler (since 1.56), and a lock file of version 4 before Rust 1.78. `cargo new` and `cargo update` on
    a newer version write these while nobody thinks of the Dockerfile.

    ## Example
    With `edition = "2024"` in Cargo.toml:
    ```dockerfile
    FROM rust:1.82
    WORKDIR /src
    COPY Cargo.toml Cargo.lock ./
    RUN cargo fetch
    ```

    Use instead:
    ```dockerfile
    FROM rust:1.85
    WORKDIR /src
    COPY Cargo.toml Cargo.lock ./
    RUN cargo fetch
    ```

    ## Fix safety
    A suggestion, for images whose system the tag does not name, or names so that newer versions have it too: a newer version of Rust may come on
    a newer system.

    ## Limits
    Not reported if the text mentions rustup (but for `rustup target add` and `component add`), `cargo +`, nightly or a change of these files; if
    the project has a `rust-toolchain.toml`, with which rustup downloads another version; if a build argument may choose the image; or if one of the
    directories that may be the build context has a project that the image accepts. What the dependencies ask for is not read. The `rust-version`
    counts only for packages that the command surely compiles, and not with `--ignore-rust-version`.

    ## References
    The Cargo book, "The edition field" and "Rust Version".
    """
    for from_, image, old in of_roots(ctx.build, stopped_by_old_rust):
        yield Finding(
            from_.range_of(image),
            _message(old),
            tuple(_fixes(from_, image, old)),
            (Related(old.command.title_range, _("the build stops here")),),
        )


def _message(old: OldRust) -> str:
    command, path, written, version = old.command.title, old.need.path, old.need.written, _version(old.need.version)
    if old.need.asking is RustAsking.EDITION:
        return _(
            "the build stops at `{command}`: `{path}` has edition {written}, which needs Rust {version}, and this image has an older one",
            command=command,
            path=path,
            written=written,
            version=version,
        )
    if old.need.asking is RustAsking.LOCK_FILE:
        return _(
            "the build stops at `{command}`: `{path}` has version {written} of its format, which needs Rust {version}, and this image has an older one",
            command=command,
            path=path,
            written=written,
            version=version,
        )
    return _(
        "the build stops at `{command}`: `{path}` asks for Rust {version}, and this image has an older one",
        command=command,
        path=path,
        version=version,
    )


def _fixes(from_: From, image: Token, old: OldRust) -> Iterator[Fix]:
    """Yield the fix that writes the version that the project asks for; none for an image with another system in its tag."""
    literal = _LITERAL.fullmatch(image.text)
    if literal is not None:
        written = f"{literal['name']}:1.{old.version[0]}{literal['kind']}"
        edit = Edit(from_.range_of(image), written)
        yield Fix(_("Write `{name}`", name=written), (edit,), Safety.SUGGESTION)


def _version(version: tuple[int, int]) -> str:
    minor, patch = version
    return f"1.{minor}.{patch}" if patch else f"1.{minor}"
