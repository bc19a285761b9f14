"""Decide which fixes need a review because of what is around the Dockerfile: a program that writes it, scripts that read its lines, and builds without BuildKit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from buildxray.rules.base import Fix, Safety
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.purpose import is_generated
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange, apply_edits


def reviewed(ctx: RuleContext, fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Turn safe fixes into suggestions if the file is generated, if a script would not find in the new lines what it finds in the old ones, or if a build without BuildKit would fail."""
    return tuple(
        replace(it, safety=Safety.SUGGESTION)
        if it.safety is Safety.SAFE
        and (ctx.cached(_is_generated) or _loses_text(ctx, it.edits) or _needs_buildkit(ctx, it.edits))
        else it
        for it in fixes
    )


def _is_generated(ctx: RuleContext) -> bool:
    return is_generated(ctx.build)


def _needs_buildkit(ctx: RuleContext, edits: tuple[Edit, ...]) -> bool:
    """True if a build of the project would lack a platform argument that new text uses, or whose default an edit deletes.

    The builder before BuildKit knows none, and refuses `--platform=$BUILDPLATFORM`.
    """
    if not ctx.build.workspace.has_legacy_build:
        return False
    texts = (text for it in edits for text in (it.new_text, ctx.text[slice(*_line(ctx.text, it.range))]))
    return any(map(_ARGUMENT.search, texts))


_ARGUMENT: Final = lazy_regex(r"\b(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)\b")


def _line(text: str, place: TextRange) -> tuple[int, int]:
    """The lines around a place."""
    end = text.find("\n", place.end)
    return _start_of_line(text, place.start), len(text) if end < 0 else end


def _loses_text(ctx: RuleContext, edits: tuple[Edit, ...]) -> bool:
    """True if a script of the repository finds something in the lines that are edited, or in the comments above them, and no more after that."""
    workspace = ctx.build.workspace
    if workspace.loses_text is None or not edits:
        return False
    text = ctx.text
    start = _start_of_line(text, min(it.range.start for it in edits))
    while start and text.startswith("#", above := _start_of_line(text, start - 1)):
        start = above
    last = max(it.range.end for it in edits)
    end = text.find("\n", last)
    old = text[start : len(text) if end < 0 else end]
    new = apply_edits(old, (Edit(it.range.shifted(-start), it.new_text) for it in edits))
    return workspace.loses_text(workspace.dockerfile, old, new)


def _start_of_line(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1
