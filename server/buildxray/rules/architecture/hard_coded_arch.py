"""A download names one architecture, whatever the target is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.downloads import Download, Piece, downloads
from buildxray.rules.edits import declare_arguments
from buildxray.rules.wording import platforms
from buildxray.syntax.instructions import Arg
from buildxray.syntax.text import Edit, TextRange

_GO_NAMES: Final = ("amd64", "arm64")
_Named = tuple[Piece, TextRange, str]
"""An architecture in a piece of a URL: its place, and what TARGETARCH calls it."""


@rule(Severity.ERROR, Severity.INFORMATION, FixAvailability.SOMETIMES)
def hard_coded_arch(ctx: RuleContext) -> Iterator[Finding]:
    """A download names one architecture in a stage that is built for several.

    ## What it does
    Looks for `amd64`, `x86_64`, `arm64`, `aarch64` and their kin in what `curl`, `wget` and `ADD` fetch, and in the variables that their
    URLs are made of, outside of conditions on the architecture: in stages that run once per platform, and in those on the build machine
    whose download goes into the image.

    ## Why it matters
    Every image gets the file of the one architecture, and fails on all others with `exec format error`.

    ## Example
    ```dockerfile
    FROM alpine
    ARG TARGETARCH
    RUN wget -O /usr/local/bin/tool https://example.com/tool-linux-amd64 && chmod +x /usr/local/bin/tool
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    ARG TARGETARCH
    RUN wget -O /usr/local/bin/tool https://example.com/tool-linux-${TARGETARCH} && chmod +x /usr/local/bin/tool
    ```

    ## Fix safety
    A suggestion, offered for `amd64` and `arm64` only: whether the site has files of these names, only a look at it tells. There is
    none where the file is compared with a checksum, which differs per architecture. For other names, map the argument:
    `case "$TARGETARCH" in amd64) arch=x86_64;; arm64) arch=aarch64;; esac`.
    """
    target = ctx.build.target_stage
    if target is None or len(ctx.build.targets) < 2 or ctx.dockerfile.escape == "`":
        # Who writes for Windows has one architecture.
        return
    seen: set[TextRange] = set()
    for stage in ctx.build.needed_stages:
        if stage.is_native and target.is_native:
            continue
        downloaded = [(download, _named(download)) for download in downloads(stage)]
        if len({one[2] for __, named in downloaded for one in named}) != 1:
            # Who downloads for several architectures has thought of them.
            continue
        for it, named in downloaded:
            if stage.is_native and not any(stage.way_into_image(output) for output in it.outputs):
                continue
            finding = _finding(ctx, it, named)
            if finding is not None and finding.range not in seen:
                seen.add(finding.range)
                yield finding


def _named(download: Download) -> list[_Named]:
    """Where a download names an architecture."""
    if any("qemu-" in it.text for it in download.pieces):
        # QEMU's binaries are named after the machine that they emulate.
        return []
    return [
        (piece, TextRange(piece.start + start, piece.start + end), architecture)
        for piece in download.pieces
        for start, end, architecture in named_architectures(piece.text)
    ]


def _finding(ctx: RuleContext, download: Download, named: list[_Named]) -> Finding | None:
    if not named:
        return None
    wrong = [it for it in download.targets if it.architecture != named[0][2]]
    if not wrong:
        return None
    fixes: tuple[Fix, ...] = ()
    if all(piece.can_expand and ctx.text[slice(*range_)] in _GO_NAMES for piece, range_, __ in named):
        edits = [Edit(range_, "${TARGETARCH}") for __, range_, ___ in named]
        first = min((piece.instruction for piece, *__ in named), key=lambda it: it.idx)
        declarations = declare_arguments(first, ["TARGETARCH"])
        fixes = (Fix(_("Write `${{TARGETARCH}}`"), (*edits, *declarations), Safety.SUGGESTION),)
    place = named[0][1]
    return Finding(
        place,
        _(
            "the file for {architecture} is downloaded for {platforms} too",
            architecture=ctx.text[slice(*place)],
            platforms=platforms(wrong),
        ),
        fixes,
        severity=Severity.WARNING if ctx.has_intent and _may_be_given(named) else None,
    )


def _may_be_given(named: list[_Named]) -> bool:
    """Whether a build argument may say something else, though the same for every platform of one build."""
    return any(isinstance(piece.instruction.node, Arg) for piece, *__ in named)
