"""A download uses TARGETARCH where the site has other names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from buildxray.localization import _
from buildxray.platforms.download_sites import NAMES_OF_OPTIONS, DownloadSite
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.downloads import Piece
from buildxray.rules.facts.intended import is_chosen
from buildxray.rules.facts.site_files import addresses_of, missing_files
from buildxray.semantics.build import Command, Instruction, KnownCommand, Run
from buildxray.semantics.mentions import Mention
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.mapping import mapped_architecture

_ARGUMENT: Final = lazy_regex(r"\$(?:TARGETARCH(?!\w)|\{TARGETARCH\})")
_NAME: Final = lazy_regex(r"[\w.-]*$")


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.PLATFORM_ARGUMENT])
def download_site_names(ctx: RuleContext) -> Iterator[Finding]:
    """A URL of a well-known site contains `$TARGETARCH`, but the site has other names for the architectures.

    ## What it does
    Looks at URLs that ADD, curl and wget fetch, also by variables, from s6-overlay, protoc, the AWS CLI, Node.js, Docker's static binaries,
    Miniconda, Julia and others, whose files are named `x86_64`, `aarch64` or `x64` instead of `amd64` and `arm64`; and at the options
    `--platform` of pip and `--cpu` of npm, which have such names too.

    ## Why it matters
    The site has no file of that name: the build ends with `404 Not Found`, for one platform or for all.

    ## Example
    ```dockerfile
    FROM debian:13
    ARG TARGETARCH
    RUN curl -fsSLo /p.zip https://github.com/protocolbuffers/protobuf/releases/download/v30.0/protoc-30.0-linux-${TARGETARCH}.zip
    ```

    Use instead:
    ```dockerfile
    FROM debian:13
    ARG TARGETARCH
    RUN curl -fsSLo /p.zip https://github.com/protocolbuffers/protobuf/releases/download/v30.0/protoc-30.0-linux-$(case $TARGETARCH in amd64) echo x86_64;; arm64) echo aarch_64;; *) echo $TARGETARCH;; esac).zip
    ```

    ## Fix safety
    A suggestion, for RUN: buildxray knows the names from its own table and does not look at the site. ADD cannot map names; fetch the
    file in a RUN, or add a stage for each architecture.
    """
    seen: set[TextRange] = set()
    for stage in ctx.build.needed_stages:
        for instruction in stage.instructions:
            for finding in _of_instruction(ctx, instruction):
                # Several downloads may have one variable in their addresses.
                if finding.range not in seen:
                    seen.add(finding.range)
                    yield finding


def _of_instruction(ctx: RuleContext, instruction: Instruction) -> Iterator[Finding]:
    for command in instruction.known_commands if isinstance(instruction, Run) else ():
        if not is_chosen(command):
            yield from _of_options(ctx, command)
    for addresses, pieces in addresses_of(instruction):
        yield from _finding(ctx, addresses, pieces)


def _of_options(ctx: RuleContext, command: KnownCommand) -> Iterator[Finding]:
    """Find `$TARGETARCH` in an option of a package manager that has other names: `pip download --platform manylinux2014_$TARGETARCH`."""
    program = command.use.title.partition(" ")[0]
    for known in NAMES_OF_OPTIONS:
        words = command.invocation.arguments(known.option) if program in known.programs else ()
        for word in words:
            match = _ARGUMENT.search(word.text)
            place = command.run.shell_range(word.range)
            wrong = [it.architecture for it in _following(command) if it.architecture in known.names]
            # In `$([ $TARGETARCH = amd64 ] && echo x64 || echo arm64)` the argument is compared, and not a name.
            if match is None or not wrong or "$(" in word.text or "`" in word.text:
                continue
            # The range of `--option=value` is that of the whole word.
            if not ctx.text[slice(*place)].endswith(word.text):
                continue
            start = place.end - len(word.text)
            range_ = TextRange(start + match.start(), start + match.end())
            can_map = command.syntax.is_writable and "'" not in word.text
            message = _(
                "`{program}` finds no package for {architecture}, because it calls this architecture `{name}`",
                program=program,
                architecture=wrong[0],
                name=known.names[wrong[0]],
            )
            yield Finding(range_, message, _fixes(ctx, known.names, program, range_) if can_map else ())


def _following(command: KnownCommand) -> list[Platform]:
    """The targets of a command for which TARGETARCH is their architecture; a default or the script may give it another value."""
    values = zip(command.run.values("TARGETARCH"), command.run.build.targets, strict=True)
    named = [target for value, target in values if value == target.architecture]
    return [it for it in command.targets if it in named and not command.syntax.variables.get("TARGETARCH")]


def _finding(ctx: RuleContext, addresses: Sequence[tuple[str, Platform]], pieces: Iterable[Piece]) -> Iterator[Finding]:
    """Find `$TARGETARCH` in the parts of an address, given its value for each target that downloads the file."""
    for site, target, name in missing_files(addresses):
        for piece in pieces:
            match = _ARGUMENT.search(piece.text)
            if match is None or "$(case" in piece.text:
                continue
            range_ = TextRange(piece.start + match.start(), piece.start + match.end())
            if ctx.text[slice(*range_)] != match[0]:
                continue
            message = _(
                "the download fails with `404 Not Found`: {site} calls {architecture} `{name}`",
                site=site.name,
                architecture=target.architecture,
                name=name,
            )
            yield Finding(range_, message, _fixes_of_address(ctx, site, pieces))
            return


def _fixes_of_address(ctx: RuleContext, site: DownloadSite, pieces: Iterable[Piece]) -> tuple[Fix, ...]:
    """Write the names of a site wherever an address has the argument; none if that is not possible at each of these places."""
    edits: dict[Edit, None] = {}
    for piece in pieces:
        for match in _ARGUMENT.finditer(piece.text):
            range_ = TextRange(piece.start + match.start(), piece.start + match.end())
            is_directory = "/" in piece.text[match.end() :]
            has_place = site.directories is None or "://" in piece.text
            # No shell reads ARG and ENV.
            can_map = has_place and piece.can_expand and isinstance(piece.instruction, Run)
            names = (site.directories if is_directory else None) or site.names
            mapped = _mapped(ctx, names) if can_map and ctx.text[slice(*range_)] == match[0] else None
            if mapped is None or _is_named_again(piece, match.start()):
                return ()
            edits[Edit(range_, mapped)] = None
    return (Fix(_("Write the names of {site}", site=site.name), tuple(edits), Safety.SUGGESTION),) if edits else ()


def _is_named_again(piece: Piece, position: int) -> bool:
    """True if a later command names the file as the address does, since curl or wget gives it that name: `curl -O … && tar xf tool-$TARGETARCH.tgz`."""
    run = piece.instruction
    if not isinstance(run, Run) or not any(map(_names_file_like_address, run.commands)):
        return False
    before = re.escape(piece.text[:position].rpartition("/")[2])
    name = re.compile(rf"{before}\$\{{?TARGETARCH(?!\w)")
    own = name.findall(piece.text)
    texts = () if run.stage is None else (it.node.whole_text for it in run.stage.instructions if it.idx >= run.idx)
    return sum(len(name.findall(it)) for it in texts) > len(own)


def _names_file_like_address(command: Command) -> bool:
    options = [it for it in command.syntax.arguments if it.startswith("-")]
    if command.name == "curl":
        return any(it.startswith("--remote-name") or (not it.startswith("--") and "O" in it) for it in options)
    return command.name == "wget" and not any(
        it.startswith("--output-document") or (not it.startswith("--") and "O" in it) for it in options
    )


def _fixes(ctx: RuleContext, different: Mapping[str, str], site: str, range_: TextRange) -> tuple[Fix, ...]:
    """Write the names of a program, given those that differ from the ones in TARGETARCH."""
    mapped = _mapped(ctx, different)
    if mapped is None:
        return ()
    return (Fix(_("Write the names of {site}", site=site), (Edit(range_, mapped),), Safety.SUGGESTION),)


def _mapped(ctx: RuleContext, different: Mapping[str, str]) -> str | None:
    """The shell text that turns the argument into these names."""
    names = {it.architecture: different.get(it.architecture, it.architecture) for it in ctx.build.targets}
    return mapped_architecture(names, ctx.build.targets)
