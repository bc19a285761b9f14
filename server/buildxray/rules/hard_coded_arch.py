"""A download names one architecture, whatever the target is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import declare_arguments
from buildxray.rules.wording import platforms
from buildxray.syntax.instructions import Add, Run
from buildxray.syntax.shell import Command
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.base import Effect

_GO_NAMES: Final = ("amd64", "arm64")
_CHECKS: Final = ("sha256sum", "sha512sum", "sha1sum", "shasum", "md5sum", "b2sum")


class _Download(NamedTuple):
    url: str
    start: int
    """Where the URL stands in the document."""
    can_expand: bool
    """Whether a variable that is written into it would be expanded."""


@rule(Severity.ERROR, Severity.INFORMATION, FixAvailability.SOMETIMES)
def hard_coded_arch(ctx: RuleContext) -> Iterator[Finding]:
    """A download names one architecture in a stage that is built for several.

    ## What it does
    Looks for `amd64`, `x86_64`, `arm64`, `aarch64` and their kin in what `curl`, `wget` and `ADD` fetch in stages that run once per
    platform, outside of conditions on the architecture.

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
    if len(ctx.plan.targets) < 2 or ctx.dockerfile.escape == "`":
        # Who writes for Windows has one architecture.
        return
    for stage in sorted(ctx.facts.needed_stages - ctx.facts.native_stages):
        outlined = ctx.plan.stages[stage]
        downloads = [(idx, it) for idx in range(outlined.from_idx + 1, outlined.end_idx) for it in _downloads(ctx, idx)]
        named = {architecture for _, it in downloads for _, _, architecture in named_architectures(it.url)}
        if len(named) == 1:
            # Who downloads for several architectures has thought of them.
            for idx, download in downloads:
                yield from _findings(ctx, idx, download)


def _findings(ctx: RuleContext, idx: int, download: _Download) -> Iterator[Finding]:
    named = named_architectures(download.url)
    if not named:
        return
    wrong = [it.platform for it in ctx.plan.targets if it.platform.architecture != named[0][2]]
    if not wrong:
        return
    ranges = [TextRange(download.start + start, download.start + end) for start, end, _ in named]
    texts = {ctx.text[slice(*it)] for it in ranges}
    fixes: tuple[Fix, ...] = ()
    if download.can_expand and texts <= {*_GO_NAMES}:
        edits = [Edit(it, "${TARGETARCH}") for it in ranges]
        fixes = (
            Fix(
                _("Write `${{TARGETARCH}}`"), (*edits, *declare_arguments(ctx, idx, ["TARGETARCH"])), Safety.SUGGESTION
            ),
        )
    yield Finding(
        ranges[0],
        _(
            "the file for {architecture} is downloaded for {platforms} too",
            architecture=ctx.text[slice(*ranges[0])],
            platforms=platforms(wrong),
        ),
        fixes,
    )


def _downloads(ctx: RuleContext, idx: int) -> Iterator[_Download]:
    instruction = ctx.instruction(idx)
    node = instruction.node
    if isinstance(node, Add):
        for token in node.sources:
            if "://" in token.text and not _follows(token.text):
                yield _Download(
                    token.text, instruction.range_of(token).start, can_expand=not node.flag_value("checksum")
                )
    elif isinstance(node, Run):
        is_checked = any(it.command.name in _CHECKS for it in ctx.inventory.invocations(idx))
        for use in ctx.inventory.uses(idx):
            command = use.invocation.command
            if use.effect is not Effect.DOWNLOAD or _is_chosen(command):
                continue
            for word in command.words[1:]:
                if "://" in word.text and not _follows(word.text):
                    start = instruction.place(word.range).start
                    can_expand = not is_checked and command.is_writable and "'" not in word.text
                    if ctx.text[start : start + len(word.text)] == word.text:
                        yield _Download(word.text, start, can_expand)


def _follows(url: str) -> bool:
    """Whether the URL depends on the platform already."""
    return any(name in url for name in PER_TARGET_ARGUMENTS)


def _is_chosen(command: Command) -> bool:
    """Whether a condition decides on the download; it may well be on the architecture."""
    return any(it.kind in ("if", "case", "and", "or", "for") for it in command.conditions)
