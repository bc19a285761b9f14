"""A download is a file for one architecture, although its name does not tell that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.download_sites import UnnamedFile, mentions_unnamed_file, unnamed_file
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.download_use import doubt_of_use, images_of, is_needed_for_some_targets
from buildxray.rules.facts.downloads import Download, downloads
from buildxray.rules.facts.intended import (
    is_meant_for_one,
    names_one_architecture,
    runs_on,
    runs_programs_of,
    with_alternative,
)
from buildxray.rules.fixing.edits import declare_arguments
from buildxray.semantics.build import Instruction, Stage
from buildxray.semantics.mentions import Mention
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_SIGNATURE: Final = lazy_regex(r"\.(?:asc|sha\d+(?:sum)?)(?!\w)|(?:sha\d+|md5)sum|--checksum|\bgpg\b")
"""What proves that a file is the right one; that of another architecture differs."""


@rule(Severity.ERROR, Severity.INFORMATION, FixAvailability.SOMETIMES)
def single_arch_download(ctx: RuleContext) -> Iterator[Finding]:
    """A download is a file for one architecture, although its name does not tell that.

    ## What it does
    Knows a few files that ADD, `curl` and `wget` often download and that are for one architecture: `tini` and `tini-static`, `ninja-linux.zip` and
    `flutter_linux_….tar.xz` are for amd64, so is glibc for Alpine (up to 2.35), and SteamCMD is for 32-bit x86.

    ## Why it matters
    The image for any other architecture gets a program that it cannot execute, and fails with `exec format error`; of tini, only when it starts.

    ## Example
    ```dockerfile
    FROM python:3.13-slim
    ADD https://github.com/krallin/tini/releases/download/v0.19.0/tini /tini
    RUN chmod +x /tini
    ENTRYPOINT ["/tini", "--"]
    ```

    Use instead:
    ```dockerfile
    FROM python:3.13-slim
    ARG TARGETARCH
    ADD https://github.com/krallin/tini/releases/download/v0.19.0/tini-${TARGETARCH} /tini
    RUN chmod +x /tini
    ENTRYPOINT ["/tini", "--"]
    ```

    ## Fix safety
    A suggestion, because an old version may have no file for the architecture. No fix is offered if the stage checks a signature or a checksum:
    those of the other files differ.

    ## Limits
    Names of architectures in an address are the subject of `hard-coded-arch`. Not reported in a stage that installs an emulator for the
    architecture. In a file that nothing shows to be for several platforms, only files that the site has for others too are reported.
    """
    if len(ctx.build.targets) < 2 or not mentions_unnamed_file(ctx.text):
        return
    is_for_one = any(Mention.ARCHITECTURE in it.mentions for it in ctx.build.instructions)
    if not ctx.is_meant_for_several and is_for_one:
        # Such a file is made for one architecture.
        return
    reported: set[Instruction] = set()
    """Instructions with a finding: the files of one RUN are parts of one program."""
    for stage in ctx.build.needed_stages:
        if is_meant_for_one(ctx, stage) or names_one_architecture(stage):
            continue
        for download in downloads(stage):
            file = unnamed_file(download.value)
            if file is None or not download.pieces or download.instruction in reported:
                continue
            if not ctx.is_meant_for_several and not file.others:
                # Nothing can be done about it, and perhaps nobody wants the other image.
                continue
            finding = _finding(ctx, stage, download, file)
            if finding is not None:
                reported.add(download.instruction)
                yield finding


def _finding(ctx: RuleContext, stage: Stage, download: Download, file: UnnamedFile) -> Finding | None:
    wrong = [it for it in images_of(ctx, stage, download) if not runs_on(file.architecture, it)]
    if not wrong or ctx.is_only_for(file.architecture) or runs_programs_of(ctx, stage, file.architecture):
        return None
    if is_needed_for_some_targets(ctx, stage, download) or _has_alternative(download):
        return None
    message = _(
        "this file of {name} is for {architecture} only, and is downloaded for {platforms} too",
        name=file.name,
        architecture=file.architecture,
        platforms=ctx.places(wrong),
    )
    return Finding(_place_of(download), message, _fixes(ctx, stage, download, file), doubt=_doubt(ctx, stage, download))


def _has_alternative(download: Download) -> bool:
    command = download.command
    return command is not None and id(command.syntax) in with_alternative(command.run)


def _doubt(ctx: RuleContext, stage: Stage, download: Download) -> Doubt | None:
    is_chosen = download.command is not None and bool(download.command.syntax.conditions)
    return Doubt.CONDITION if is_chosen else doubt_of_use(ctx, stage, download)


def _place_of(download: Download) -> TextRange:
    """The range of the address, or of its first part that the file has."""
    piece = download.pieces[0]
    return TextRange(piece.start, piece.start + len(piece.text))


def _fixes(ctx: RuleContext, stage: Stage, download: Download, file: UnnamedFile) -> tuple[Fix, ...]:
    """Name the architecture of the target; none if that is not all that has to change, or if the site lacks a file for a target."""
    piece = download.pieces[0]
    written = piece.text.rstrip("\"'")
    lacks_file = any(it.variant or it.architecture not in file.others for it in ctx.build.targets)
    if lacks_file or not piece.can_expand or "$" in written.rpartition("/")[2]:
        return ()
    if any(_SIGNATURE.search(it.written) for it in stage.instructions):
        return ()
    end = piece.start + len(written)
    edits = (Edit(TextRange(end, end), "-${TARGETARCH}"), *declare_arguments(piece.instruction, ["TARGETARCH"]))
    return (Fix(_("Write `${{TARGETARCH}}`, if the site has a file for each platform"), edits, Safety.SUGGESTION),)
