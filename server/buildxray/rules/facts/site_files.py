"""The files of well-known download sites that a stage fetches, and those that such a site lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from buildxray.platforms.download_sites import DownloadSite, site_of
from buildxray.platforms.platform import Platform
from buildxray.rules.facts.downloads import Piece, pieces_of_token, pieces_of_word
from buildxray.rules.facts.intended import is_chosen
from buildxray.semantics.build import Build, Effect, Instruction, KnownCommand, Run
from buildxray.syntax.instructions import Add


def addresses_of(instruction: Instruction) -> Iterator[tuple[Sequence[tuple[str, Platform]], Iterable[Piece]]]:
    """Yield each address that an instruction may fetch, for each target that fetches it, and the texts of which it consists."""
    targets = instruction.build.targets
    if isinstance(instruction.node, Add):
        needing = () if instruction.stage is None else instruction.stage.targets
        for token in instruction.node.sources:
            values = zip(instruction.expanded(token.text), targets, strict=True)
            addresses = [(it or "", target) for it, target in values if target in needing]
            yield addresses, pieces_of_token(instruction, token, can_expand=False)
    elif isinstance(instruction, Run):
        for command in instruction.commands:
            if is_chosen(command) or not isinstance(command, KnownCommand) or command.use.effect is not Effect.DOWNLOAD:
                continue
            for word in command.syntax.words[1:]:
                known = [*zip(command.invocation.evaluate_partly(word), command.targets, strict=True)]
                yield known, pieces_of_word(command, word, can_expand=command.syntax.is_writable)


def missing_files(addresses: Iterable[tuple[str, Platform]]) -> Iterator[tuple[DownloadSite, Platform, str]]:
    """Yield the site, the target and its name there for each address that names an architecture otherwise than the site does."""
    for value, target in addresses:
        site = site_of(value.partition("?")[0]) if "://" in value else None
        name = None if site is None else site.names.get(target.architecture)
        if site is not None and name not in (None, target.architecture) and _names(value, target.architecture):
            yield site, target, name or ""


def n_missing_files(build: Build) -> int:
    """The number of addresses of needed stages, for all targets, that name an architecture otherwise than their site does."""
    addresses = (
        value
        for stage in build.needed_stages
        for instruction in stage.instructions
        for known, _pieces in addresses_of(instruction)
        for value, _target in known
        if "://" in value
    )
    return sum(_is_missing(it.partition("?")[0]) for it in addresses)


def _is_missing(address: str) -> bool:
    site = site_of(address)
    return site is not None and any(name != it and _names(address, it) for it, name in site.names.items())


def _names(address: str, architecture: str) -> bool:
    """True if a part of an address is the name of an architecture."""
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(architecture)}(?![A-Za-z0-9])", address) is not None
