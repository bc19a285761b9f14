"""Where a name is declared, where it is used, and giving it another one."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.ide.hover.variables import PREDEFINED
from buildxray.ide.names import Kind, Occurrence, occurrence_at, places_of
from buildxray.localization import _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.syntax.text import Edit, TextRange

_STAGE: Final = re.compile(r"[a-z][a-z0-9_.-]*")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class RenameError(ValueError):
    """A name that cannot be given; the message says why."""


class Highlight(NamedTuple):
    """A place of the name at the cursor."""

    range: TextRange
    is_write: bool
    """Whether it is declared there."""


def definitions(analysis: Analysis, offset: int) -> list[TextRange]:
    """Where the name at an offset is declared: all declarations of a variable that make it up."""
    found = _at(analysis, offset)
    return [it.range for it in found if it.is_declaration]


def references(analysis: Analysis, offset: int, *, with_declaration: bool) -> list[TextRange]:
    """Where the name at an offset is used."""
    return [it.range for it in _at(analysis, offset) if with_declaration or not it.is_declaration]


def highlights(analysis: Analysis, offset: int) -> list[Highlight]:
    """All places of the name at an offset."""
    return [Highlight(it.range, it.is_declaration) for it in _at(analysis, offset)]


def renamable(analysis: Analysis, offset: int) -> TextRange | None:
    """What would be renamed at an offset; None where nothing can be."""
    found = occurrence_at(analysis, offset)
    if found is None or found.is_number or _is_given(found):
        return None
    return found.range if any(it.is_declaration for it in places_of(analysis, found.name)) else None


def rename(analysis: Analysis, offset: int, new_name: str) -> list[Edit]:
    """Give the name at an offset another one, wherever it stands. Raises `RenameError`."""
    found = occurrence_at(analysis, offset)
    if found is None or renamable(analysis, offset) is None:
        raise RenameError(_("nothing that can be renamed stands here"))
    if found.name.kind is Kind.STAGE:
        _check_stage_name(analysis, found, new_name)
    else:
        _check_variable_name(new_name)
    return [Edit(it.range, new_name) for it in places_of(analysis, found.name) if not it.is_number]


def _at(analysis: Analysis, offset: int) -> list[Occurrence]:
    found = occurrence_at(analysis, offset)
    return [] if found is None else places_of(analysis, found.name)


def _is_given(found: Occurrence) -> bool:
    """Whether BuildKit gives the name."""
    return found.name.kind is Kind.VARIABLE and found.name.text in (*AUTOMATIC_ARGUMENTS, *PREDEFINED)


def _check_stage_name(analysis: Analysis, found: Occurrence, new_name: str) -> None:
    if not _STAGE.fullmatch(new_name):
        raise RenameError(
            _("`{new_name}` is no name for a stage: lower case, it begins with a letter", new_name=new_name)
        )
    if new_name in ("scratch", "context"):
        raise RenameError(_("`{new_name}` means something else to BuildKit", new_name=new_name))
    if any(it.name == new_name and it.from_idx != found.name.declared_at for it in analysis.plan.stages):
        raise RenameError(_("there is a stage `{new_name}` already", new_name=new_name))


def _check_variable_name(new_name: str) -> None:
    if not _VARIABLE.fullmatch(new_name):
        raise RenameError(_("`{new_name}` is no name for a variable", new_name=new_name))
    if new_name in (*AUTOMATIC_ARGUMENTS, *PREDEFINED):
        raise RenameError(_("`{new_name}` is an argument that BuildKit sets", new_name=new_name))
