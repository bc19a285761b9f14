"""Completion of variables: those that the file declares, and the arguments that BuildKit sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildxray.ide.completion.base import Completion
from buildxray.ide.completion.place import Place
from buildxray.ide.hover.automatic import MEANING
from buildxray.ide.hover.variables import PREDEFINED
from buildxray.localization import _
from buildxray.rules.fixing.edits import declare_arguments
from buildxray.semantics.build import Instruction
from buildxray.syntax.instructions import Arg, Env
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit

VARIABLE: Final = lazy_regex(r"(?<!\\)\$(?P<brace>\{?)(?P<name>\w*)$")
LIKELY_ARGUMENTS: Final = (
    "TARGETARCH",
    "TARGETOS",
    "TARGETVARIANT",
    "TARGETPLATFORM",
    "BUILDPLATFORM",
    "BUILDARCH",
    "BUILDOS",
    "TARGETSTAGE",
    "BUILDVARIANT",
    "TARGETOSVERSION",
    "BUILDOSVERSION",
)
"""The automatic platform arguments, the most common first."""


def variables(place: Place, match: re.Match[str]) -> Iterator[Completion]:
    """The variables after `$`: declared ones, the nearest first, then those that an ARG would declare, then the proxies."""
    analysis, typed = place.analysis, match["name"]
    closing = "}" if match["brace"] and analysis.text[place.offset : place.offset + 1] != "}" else ""
    in_stage = place.stage is not None
    declared = declared_names(place)
    for name in (*declared, *(it for it in LIKELY_ARGUMENTS if it not in declared)):
        others: tuple[Edit, ...] = ()
        if in_stage and name not in declared and place.instruction is not None:
            others = tuple(declare_arguments(place.instruction, [name]))
        detail = _(MEANING[name]) if name in MEANING else _("declared in line {line}", line=declared[name])
        yield Completion(name, "variable", detail, place.edit(f"{name}{closing}", typed), others)
    for name, meaning in PREDEFINED.items() if place.keyword == "RUN" else ():
        if name.upper().endswith("_PROXY") and name not in declared:
            yield Completion(name, "variable", _(meaning), place.edit(f"{name}{closing}", typed))


def arguments(place: Place) -> Iterator[Completion]:
    """The arguments after `ARG`: global arguments that this stage does not declare yet, then those that BuildKit sets."""
    if place.stage is None:
        return
    declared = declared_names(place)
    for name, line in _global_names(place).items():
        if name not in declared:
            yield Completion(name, "variable", _("with the default in line {line}", line=line), place.edit(name))
    for name in LIKELY_ARGUMENTS:
        if name not in declared:
            yield Completion(name, "variable", _(MEANING[name]), place.edit(name))


def declared_names(place: Place) -> dict[str, int]:
    """The variables in scope at a place, the nearest first, each with the line of its declaration."""
    stage = place.stage
    if stage is None:
        return _global_names(place)
    names: dict[str, int] = {}
    for above in stage.ancestry:
        for instruction in reversed(above.instructions):
            if above is not stage or instruction.idx < place.idx:
                names |= {it: line for it, line in _declared_by(instruction).items() if it not in names}
    return names


def _global_names(place: Place) -> dict[str, int]:
    names: dict[str, int] = {}
    for instruction in place.analysis.build.global_instructions:
        if instruction.idx < place.idx:
            names |= _declared_by(instruction)
    return names


def _declared_by(instruction: Instruction) -> dict[str, int]:
    if not isinstance(instruction.node, Arg | Env):
        return {}
    return {it.name.text: instruction.line for it in instruction.pairs if it.name.text}
