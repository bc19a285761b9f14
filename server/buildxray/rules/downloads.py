"""What a stage downloads, and the texts that its URLs are made of: the word itself, and the variables in it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.plan.paths import clean
from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS
from buildxray.rules.context import RuleContext
from buildxray.syntax.instructions import Add, WithPairs
from buildxray.syntax.shell import Command, ShellWord
from buildxray.syntax.text import TextRange
from buildxray.syntax.variables import variable_references
from buildxray.toolchains.base import Effect, Use

_CHECKS: Final = ("sha256sum", "sha512sum", "sha1sum", "shasum", "md5sum", "b2sum")


class Piece(NamedTuple):
    """A part of a URL as somebody wrote it."""

    text: str
    start: int
    """Where it stands in the document."""
    instruction: int
    can_expand: bool
    """Whether a variable that is written into it would be expanded."""


class Download(NamedTuple):
    """A file that is fetched from a URL, the same for every platform."""

    instruction: int
    pieces: tuple[Piece, ...]
    outputs: tuple[str, ...]
    """Where it may be put; empty where the text does not tell."""


def downloads(ctx: RuleContext, stage: int) -> Iterator[Download]:
    """What a stage downloads without a look at the platform."""
    outlined = ctx.plan.stages[stage]
    for idx in range(outlined.from_idx + 1, outlined.end_idx):
        node = ctx.node(idx)
        if isinstance(node, Add):
            yield from _added(ctx, idx, node)
    for use in ctx.inventory.stage_uses(stage, Effect.DOWNLOAD):
        if not _is_chosen(use.invocation.command):
            yield from _fetched(ctx, use)


def _added(ctx: RuleContext, idx: int, node: Add) -> Iterator[Download]:
    instruction = ctx.instruction(idx)
    can_expand = not node.flag_value("checksum")
    destination = node.destination
    scopes = ctx.facts.scopes(idx)
    for token in node.sources:
        if "://" not in token.text:
            continue
        place = instruction.range_of(token)
        pieces = [Piece(token.text, place.start, idx, can_expand), *_named(ctx, idx, place, can_expand=can_expand)]
        if not any(_follows(it.text) for it in pieces):
            outputs = [] if destination is None else [posixpath.join(it.directory, destination.text) for it in scopes]
            yield Download(idx, tuple(pieces), tuple(map(clean, outputs)))


def _fetched(ctx: RuleContext, use: Use) -> Iterator[Download]:
    invocation = use.invocation
    is_checked = any(it.command.name in _CHECKS for it in ctx.inventory.invocations(use.instruction))
    for word in invocation.command.words[1:]:
        values = {*invocation.evaluate(word)}
        if len(values) > 1 or not any("://" in it for it in (word.text, *filter(None, values))) or _probes(word):
            continue
        pieces = _pieces(ctx, use, word, can_expand=not is_checked and invocation.command.is_writable)
        if pieces is not None and not any(_follows(it.text) for it in pieces):
            yield Download(use.instruction, tuple(pieces), use.outputs)


def _pieces(ctx: RuleContext, use: Use, word: ShellWord, *, can_expand: bool) -> list[Piece] | None:
    """The texts that make a word; None where a condition or another command decides on one."""
    instruction = ctx.instruction(use.instruction)
    found: list[Piece] = []
    todo = [word]
    seen: set[str] = set()
    while todo:
        current = todo.pop()
        if _probes(current):
            return None
        start = instruction.place(current.range).start
        is_quoted = ctx.text[start : start + 1] == '"' != current.text[:1]
        if ctx.text.startswith(current.text, start + is_quoted):
            is_open = can_expand and not is_quoted and "'" not in current.text
            found.append(Piece(current.text, start + is_quoted, use.instruction, is_open))
        for variable in current.variables:
            if variable.name in seen:
                continue
            seen.add(variable.name)
            assigned = use.invocation.command.variables.get(variable.name, ())
            if len(assigned) > 1 or any(it.is_conditional for it in assigned):
                return None
            todo += [it.value for it in assigned]
            if not assigned:
                found += _declared(ctx, use.instruction, variable.name, can_expand=can_expand)
    return found


def _named(ctx: RuleContext, idx: int, place: TextRange, *, can_expand: bool) -> Iterator[Piece]:
    """The values of the variables that BuildKit expands at a place."""
    for reference in variable_references(ctx.instruction(idx), ctx.dockerfile.escape):
        if place.contains(reference.range.start):
            yield from _declared(ctx, idx, reference.name, can_expand=can_expand)


def _declared(ctx: RuleContext, idx: int, name: str, *, can_expand: bool) -> Iterator[Piece]:
    """The value that the ARG or ENV in force gives a variable, and those of the variables in it."""
    declared = ctx.facts.declaration(name, idx)
    node = None if declared is None else ctx.node(declared)
    if declared is None or not isinstance(node, WithPairs):
        return
    pair = next(it for it in reversed(node.pairs) if it.name.text == name)
    if pair.value is not None:
        place = ctx.instruction(declared).range_of(pair.value)
        if ctx.text[slice(*place)] == pair.value.text:
            yield Piece(pair.value.text, place.start, declared, can_expand and "'" not in pair.value.text)
            yield from _named(ctx, declared, place, can_expand=can_expand)


def _follows(url: str) -> bool:
    """Whether the text depends on the platform already."""
    return any(name in url for name in PER_TARGET_ARGUMENTS)


def _probes(word: ShellWord) -> bool:
    return "$(" in word.text or "`" in word.text


def _is_chosen(command: Command) -> bool:
    """Whether a condition decides on the download; it may well be on the architecture."""
    return any(it.kind in ("if", "case", "and", "or", "for") for it in command.conditions)
