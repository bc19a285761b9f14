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
from buildxray.rules.intended import is_for_one_architecture, names_one_architecture
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Run, Stage
from buildxray.syntax.instructions import Arg
from buildxray.syntax.text import Edit, TextRange

_GO_NAMES: Final = ("amd64", "arm64")
_Named = tuple[Piece, TextRange, str]
"""An architecture in a piece of a URL: its place, and what TARGETARCH calls it."""


@rule(Severity.ERROR, Severity.INFORMATION, FixAvailability.SOMETIMES)
def hard_coded_arch(ctx: RuleContext) -> Iterator[Finding]:
    """A download names one architecture in a stage that is built for several.

    ## What it does
    Looks for `amd64`, `x86_64`, `arm64`, `aarch64` and other names in what `curl`, `wget` and `ADD` fetch, and in the variables that their
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
        if (
            named_architectures(stage.name)
            or names_one_architecture(stage)
            or len({one[2] for __, named in downloaded for one in named}) != 1
        ):
            # Who downloads for several architectures has thought of them.
            continue
        for it, named in downloaded:
            if stage.is_native and not any(stage.way_into_image(output) for output in it.outputs):
                continue
            finding = _finding(ctx, stage, it, named)
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


def _finding(ctx: RuleContext, stage: Stage, download: Download, named: list[_Named]) -> Finding | None:
    if not named:
        return None
    wrong = [it for it in download.targets if it.architecture != named[0][2]]
    if not wrong or is_for_one_architecture(ctx, named[0][2]):
        return None
    fixes: tuple[Fix, ...] = ()
    if all(piece.can_expand and ctx.text[slice(*range_)] in _GO_NAMES for piece, range_, __ in named):
        edits = _edits(ctx, stage, named)
        first = min((piece.instruction for piece, *__ in named), key=lambda it: it.idx)
        if edits is not None:
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


def _edits(ctx: RuleContext, stage: Stage, named: list[_Named]) -> list[Edit] | None:
    """Write the argument in the address, and wherever else the stage names the file by the same architecture.

    None where one of these places cannot have a variable: the build would look for a file of the old name.
    """
    places = {range_ for _, range_, __ in named}
    first = min(piece.instruction.idx for piece, *__ in named)
    for instruction in stage.instructions:
        if instruction.idx < first:
            continue
        node, start = instruction.node, instruction.syntax.start
        others = {
            TextRange(start + begin, start + end)
            for begin, end, architecture in named_architectures(ctx.text[start : instruction.syntax.end])
            if architecture == named[0][2]
        } - places
        if not others:
            continue
        if not isinstance(instruction, Run) or node.heredocs or node.is_json or not _are_open(instruction, others):
            return None
        places |= others
    if any(ctx.text[slice(*it)] not in _GO_NAMES for it in places):
        return None
    return [Edit(it, "${TARGETARCH}") for it in sorted(places)]


def _are_open(run: Run, places: set[TextRange]) -> bool:
    """Whether all of these places are in words of commands that the shell expands."""
    words = [
        (run.shell_range(word.range), word) for it in run.commands for word in it.syntax.words if it.syntax.is_writable
    ]
    return all(
        any(range_.start <= it.start and it.end <= range_.end and "'" not in word.text for range_, word in words)
        for it in places
    )


def _may_be_given(named: list[_Named]) -> bool:
    """Whether a build argument may say something else, though the same for every platform of one build."""
    return any(isinstance(piece.instruction.node, Arg) for piece, *__ in named)
