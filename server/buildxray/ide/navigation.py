"""Definitions, references, highlights and renaming."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from buildxray.files.globs import component_pattern
from buildxray.ide.analysis import Analysis
from buildxray.ide.declarations import declarations_of
from buildxray.ide.hover.variables import PREDEFINED
from buildxray.ide.names import Kind, Name, Occurrence, occurrence_at, occurrences, places_of
from buildxray.localization import _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.syntax.expansion import expand
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lexer import ExpansionError, lex
from buildxray.syntax.text import Edit, TextRange

_STAGE: Final = lazy_regex(r"[a-z][a-z0-9_.-]*")
_VARIABLE: Final = lazy_regex(r"[A-Za-z_][A-Za-z0-9_]*")
_HEREDOC: Final = lazy_regex(r"[A-Za-z_][A-Za-z0-9_.-]*")


class RenameError(ValueError):
    """Raised for a new name that is refused; the message gives the reason."""


class Highlight(NamedTuple):
    """An occurrence of the name at the cursor."""

    range: TextRange
    is_write: bool
    """True for a declaration."""


def definitions(analysis: Analysis, offset: int) -> list[TextRange]:
    """The declarations of the name at an offset; for a variable, those that can give it its value there."""
    occurrence = occurrence_at(analysis, offset)
    if occurrence is None:
        return []
    if occurrence.name.kind is not Kind.VARIABLE:
        return [it.range for it in places_of(analysis, occurrence.name) if it.is_declaration]
    return [it.range for it in _variable_declarations(analysis, occurrence)]


def _variable_declarations(analysis: Analysis, occurrence: Occurrence) -> list[Occurrence]:
    """The declarations of a variable, in the order of the text."""
    origins = {*occurrence.origins}
    return [
        it
        for it in places_of(analysis, occurrence.name)
        if it.is_declaration and it.origins and it.origins[0] in origins
    ]


def references(analysis: Analysis, offset: int, *, with_declaration: bool) -> list[TextRange]:
    """The uses of the name at an offset."""
    return [it.range for it in _at(analysis, offset) if with_declaration or not it.is_declaration]


def stage_declared_at(analysis: Analysis, offset: int) -> int | None:
    """The number of the stage whose FROM, or whose name after AS, is at an offset."""
    for stage in analysis.build.stages:
        from_ = stage.from_
        places = [from_.keyword_range, *([] if from_.alias is None else [from_.range_of(from_.alias)])]
        if any(it.start <= offset <= it.end for it in places):
            return stage.idx
    return None


def highlights(analysis: Analysis, offset: int) -> list[Highlight]:
    """All occurrences of the name at an offset."""
    return [Highlight(it.range, it.is_declaration) for it in _at(analysis, offset)]


def linked_ranges(analysis: Analysis, offset: int) -> list[TextRange]:
    """The ranges of a stage or heredoc name that change together while the one at an offset is typed.

    Empty for variables, because a half-typed name may be that of another variable.
    """
    occurrence = occurrence_at(analysis, offset)
    if occurrence is None or occurrence.name.kind is Kind.VARIABLE or not _is_renamable(analysis, occurrence):
        return []
    if occurrence.name.kind is Kind.STAGE and _variable_base(analysis, occurrence.name) is not None:
        return []
    text = analysis.text[slice(*occurrence.range)]
    places = [it.range for it in places_of(analysis, occurrence.name) if not it.is_number]
    # The protocol requires the same text in all ranges.
    return places if len(places) > 1 and all(analysis.text[slice(*it)] == text for it in places) else []


def renamable(analysis: Analysis, offset: int) -> TextRange | None:
    """The range of the name at an offset that can be renamed; None if there is none."""
    occurrence = occurrence_at(analysis, offset)
    return occurrence.range if occurrence is not None and _is_renamable(analysis, occurrence) else None


def _is_renamable(analysis: Analysis, occurrence: Occurrence) -> bool:
    if occurrence.is_number or _is_given(occurrence):
        return False
    return any(it.is_declaration for it in places_of(analysis, occurrence.name))


def rename(analysis: Analysis, offset: int, new_name: str) -> list[Edit]:
    """Rename the name at an offset at all its occurrences. Raises `RenameError`."""
    occurrence = occurrence_at(analysis, offset)
    if occurrence is None or not _is_renamable(analysis, occurrence):
        raise RenameError(_("there is no name to rename here"))
    match occurrence.name.kind:
        case Kind.STAGE:
            _check_stage_name(analysis, occurrence.name, new_name)
        case Kind.VARIABLE:
            _check_variable_name(analysis, occurrence.name, new_name)
        case Kind.HEREDOC:
            _check_heredoc_name(analysis, occurrence.name, new_name)
    return [Edit(it.range, new_name) for it in places_of(analysis, occurrence.name) if not it.is_number]


def _at(analysis: Analysis, offset: int) -> tuple[Occurrence, ...]:
    occurrence = occurrence_at(analysis, offset)
    return () if occurrence is None else places_of(analysis, occurrence.name)


def _is_given(occurrence: Occurrence) -> bool:
    """True if BuildKit defines the name, so that it cannot be renamed."""
    return occurrence.name.kind is Kind.VARIABLE and occurrence.name.text in (*AUTOMATIC_ARGUMENTS, *PREDEFINED)


def _check_stage_name(analysis: Analysis, name: Name, new_name: str) -> None:
    if not _STAGE.fullmatch(new_name):
        raise RenameError(
            _("`{new_name}` is not a name for a stage: lower case, beginning with a letter", new_name=new_name)
        )
    if new_name in ("scratch", "context"):
        raise RenameError(_("`{new_name}` means something else to BuildKit", new_name=new_name))
    if any(it.name == new_name and it.from_.idx != name.declared_at for it in analysis.build.stages):
        raise RenameError(_("there is a stage `{new_name}` already", new_name=new_name))
    base = _variable_base(analysis, name)
    if base is not None:
        line, text = base
        raise RenameError(
            _(
                "`{text}` in line {line} names this stage by a variable, so that a rename would break it",
                text=text,
                line=line,
            )
        )


def _variable_base(analysis: Analysis, name: Name) -> tuple[int, str] | None:
    """The line and image of a FROM that names a stage by a variable; None if there is none.

    Automatic platform arguments may have any value there, because platforms other than those requested may be built.
    """
    for stage in analysis.build.stages:
        image = stage.from_.image
        if image is None or "$" not in image.text or stage.from_.idx <= name.declared_at:
            continue
        word = lex(image.text, analysis.dockerfile.escape)
        wild = {it.name for it in word.uses} & {*AUTOMATIC_ARGUMENTS}
        for arguments in analysis.build.global_arguments:
            try:
                text = expand(word, lambda it: "\0" if it in wild else arguments.get(it))  # noqa: B023 - used at once
            except ExpansionError:
                continue
            glob = re.sub(r"[\\*?\[]", r"\\\g<0>", text).replace("\0", "*")
            if text.strip("\0") and component_pattern(glob).fullmatch(name.text):
                return stage.from_.line, image.text
    return None


def _check_variable_name(analysis: Analysis, name: Name, new_name: str) -> None:
    if not _VARIABLE.fullmatch(new_name):
        raise RenameError(_("`{new_name}` is not a name for a variable", new_name=new_name))
    if new_name in (*AUTOMATIC_ARGUMENTS, *PREDEFINED):
        raise RenameError(_("`{new_name}` is an argument that BuildKit sets", new_name=new_name))
    scopes = {True: set[int](), False: set[int]()}
    root = declarations_of(analysis).root
    for it in occurrences(analysis):
        if it.name.kind is Kind.VARIABLE and (it.name == name or it.name.text == new_name):
            scopes[it.name == name].add(root(it.instruction))
    if scopes[True] & scopes[False]:
        raise RenameError(
            _("there is a variable `{new_name}` already; renaming would merge the two", new_name=new_name)
        )


def _check_heredoc_name(analysis: Analysis, name: Name, new_name: str) -> None:
    if not _HEREDOC.fullmatch(new_name):
        raise RenameError(_("`{new_name}` is not a name for a heredoc", new_name=new_name))
    heredocs = analysis.dockerfile.instructions[name.declared_at].node.heredocs
    body = heredocs[name.ordinal].content
    if any(line.strip("\t\r") == new_name for line in body.split("\n")):
        raise RenameError(_("the heredoc has a line `{new_name}`, which would end it", new_name=new_name))
