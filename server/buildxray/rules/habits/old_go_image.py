"""An image has an older version of Go than go.mod asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.old_images import OldImage, of_roots, stopped_by_old_go
from buildxray.semantics.build import From
from buildxray.syntax.instructions import Token
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit

_LITERAL: Final = lazy_regex(r"(?P<name>(?:docker\.io/)?(?:library/)?golang):1\.\d+(?:\.\d+)?(?P<kind>|-alpine)")
"""An image of which each version has a tag of the same kind."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=["Go"])
def old_go_image(ctx: RuleContext) -> Iterator[Finding]:
    """An image has an older version of Go than go.mod asks for.

    ## What it does
    Compares the version in the tag of the official image `golang` with the `go` line of the go.mod that the stage copies and builds.

    ## Why it matters
    The build stops here: since Go 1.21 the go command refuses a go.mod that asks for a newer version, and the official image sets
    `GOTOOLCHAIN=local`, so that no other one is downloaded. `go get` may change the line while nobody thinks of the Dockerfile.

    ## Example
    With `go 1.25.0` in go.mod:
    ```dockerfile
    FROM golang:1.24
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN go mod download
    ```

    Use instead:
    ```dockerfile
    FROM golang:1.25
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN go mod download
    ```

    ## Fix safety
    A suggestion, for images without another distribution in their tag: a newer version of Go comes on a newer system.

    ## Limits
    Not reported if the text mentions GOTOOLCHAIN (but for `local`), a workspace, a change of go.mod or another installation of Go; if a build
    argument may choose the image; or if one of the directories that may be the build context has a go.mod that the image accepts.

    ## References
    go.dev/doc/toolchain.
    """
    for from_, image, old in of_roots(ctx.build, stopped_by_old_go):
        message = _(
            "the build stops at `{command}`: `{path}` asks for Go {needed}, and this image has an older one and downloads no other",
            command=old.command.title,
            path=old.path,
            needed=_version(old),
        )
        yield Finding(
            from_.range_of(image),
            message,
            tuple(_fixes(from_, image, old)),
            (Related(old.command.title_range, _("the build stops here")),),
        )


def _fixes(from_: From, image: Token, old: OldImage) -> Iterator[Fix]:
    """Yield the fix that writes the version of the go.mod; none for an image with another system in its tag."""
    literal = _LITERAL.fullmatch(image.text)
    if literal is not None:
        written = f"{literal['name']}:1.{old.needed[0]}{literal['kind']}"
        edit = Edit(from_.range_of(image), written)
        yield Fix(_("Write `{name}`", name=written), (edit,), Safety.SUGGESTION)


def _version(old: OldImage) -> str:
    minor, patch = old.needed
    return f"1.{minor}.{patch}" if patch else f"1.{minor}"
