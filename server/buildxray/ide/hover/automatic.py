"""The hover of automatic platform arguments: their meaning, their values, and whether they are in scope."""

from __future__ import annotations

from typing import Final, NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.ide.hover.base import Hover, platforms_note, table
from buildxray.ide.literals import literal
from buildxray.ide.names import shell_at
from buildxray.localization import N_, _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS, automatic_values, since
from buildxray.platforms.names import architecture_names
from buildxray.semantics.build import Run
from buildxray.syntax.instructions import Arg, Instruction, Node, Onbuild, WithPairs
from buildxray.syntax.text import TextRange
from buildxray.syntax.variables import variable_references

MEANING: Final = {
    "BUILDPLATFORM": N_("the platform of the machine that builds"),
    "BUILDOS": N_("the operating system of the machine that builds"),
    "BUILDOSVERSION": N_("the version of the operating system of the machine that builds; only Windows has one"),
    "BUILDARCH": N_("the architecture of the machine that builds"),
    "BUILDVARIANT": N_("the variant of the architecture of the machine that builds"),
    "TARGETPLATFORM": N_("the platform that is built for"),
    "TARGETOS": N_("the operating system that is built for"),
    "TARGETOSVERSION": N_("the version of the operating system that is built for; only Windows has one"),
    "TARGETARCH": N_("the architecture that is built for"),
    "TARGETVARIANT": N_("the variant of the architecture that is built for: `v7` of `linux/arm/v7`"),
    "TARGETSTAGE": N_(
        "the name of the stage that is built: `--target`, or the last stage; `default` if that has no name"
    ),
}
_WITH_OTHER_NAMES: Final = frozenset({"TARGETARCH", "TARGETVARIANT"})


class _Place(NamedTuple):
    """An argument at its declaration or use."""

    name: str
    range: TextRange
    idx: int
    """The index of the instruction."""
    is_declaration: bool
    is_shell: bool


def automatic_argument(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the automatic platform argument at an offset; None if there is none."""
    place = _place(analysis, offset)
    if place is None:
        return None
    parts = [
        _("**`{name}`**: {meaning}", name=place.name, meaning=_(MEANING[place.name])),
        _table(analysis, place),
        _scope(analysis, place),
        _(
            "Set by BuildKit since `docker/dockerfile:{version}`; a stage sees it from its own `ARG` on, or from that of a stage it is built on.",
            version=since(place.name),
        ),
        platforms_note(analysis),
    ]
    return Hover(place.range, "\n\n".join(filter(None, parts)))


def _place(analysis: Analysis, offset: int) -> _Place | None:
    for idx, instruction in enumerate(analysis.dockerfile.instructions):
        if instruction.start <= offset <= instruction.end:
            for place in _places(analysis, idx, instruction):
                if place.range.contains(offset):
                    return place
    return None


def _places(analysis: Analysis, idx: int, instruction: Instruction) -> list[_Place]:
    shell = shell_at(analysis, idx)
    places = [
        _Place(it.name, it.name_range, idx, is_declaration=False, is_shell=it.is_shell)
        for it in variable_references(instruction, analysis.dockerfile.escape, shell)
        if it.name in AUTOMATIC_ARGUMENTS
    ]
    node: Node | None = instruction.node
    if isinstance(node, Onbuild):
        node = node.trigger
    if isinstance(node, WithPairs):
        places += [
            _Place(it.name.text, instruction.range_of(it.name), idx, is_declaration=True, is_shell=False)
            for it in node.pairs
            if it.name.text in AUTOMATIC_ARGUMENTS
        ]
    return places


def _table(analysis: Analysis, place: _Place) -> str:
    """The value for each target platform at this place."""
    has_names = place.name in _WITH_OTHER_NAMES
    head = [_("target platform"), _("value here"), *(["`uname -m`", "Debian", "Alpine", "RPM"] if has_names else [])]
    rows: list[list[str]] = []
    for platform, value in zip(analysis.request.target_platforms, _values(analysis, place), strict=True):
        row = [f"`{platform}`", _("*not set*") if value is None else f"`{literal(value)}`" if value else _("*empty*")]
        if has_names:
            names = architecture_names(platform)
            row += ["–"] * 4 if names is None else [f"`{it}`" for it in names]
        rows.append(row)
    return table(head, rows)


def _values(analysis: Analysis, place: _Place) -> list[str | None]:
    return [*analysis.build.instructions[place.idx].values(place.name, after=place.is_declaration)]


def _scope(analysis: Analysis, place: _Place) -> str:
    view = analysis.build.instructions[place.idx]
    stage = view.stage
    if stage is None or view.is_global:
        return _global_scope(analysis, place)
    if isinstance(view.node, Onbuild):
        return _("The stages that are built on this one see what they declare themselves.")
    here = _("stage `{stage}`", stage=literal(stage.name)) if stage.name else _("this stage")
    if place.is_shell and isinstance(view, Run) and any(place.name in it.variables for it in view.script.commands):
        return _("The script sets a variable of its own with this name.")
    declared = view if place.is_declaration else view.declaration(place.name)
    if declared is None:
        if any(value is not None for value in _values(analysis, place)):
            return _("Declared by a trigger of the image or stage that {stage} is built on.", stage=here)
        return _("**Not declared in {stage}: it expands to nothing here.**", stage=here)
    line = declared.line
    pair = next(it for it in declared.pairs if it.name.text == place.name)
    if not isinstance(declared.node, Arg):
        return _(
            "Set by `{keyword}` in line {line}, which hides BuildKit's value.", keyword=declared.keyword, line=line
        )
    if pair.value is not None:
        return _("**The default in line {line} hides BuildKit's value.**", line=line)
    if declared.stage is not None and declared.stage is not stage:
        return _("Inherited from stage `{stage}` (line {line}).", stage=literal(declared.stage.display_name), line=line)
    return _("Declared in {stage} (line {line}).", stage=here, line=line)


def _global_scope(analysis: Analysis, place: _Place) -> str:
    for instruction in analysis.build.global_instructions:
        if instruction.idx > place.idx:
            break
        node = instruction.node
        pairs = node.pairs if isinstance(node, Arg) else ()
        if any(it.name.text == place.name and it.value is not None for it in pairs):
            values = _values(analysis, place)
            automatic = [
                automatic_values(analysis.request.node(it), it, "")[place.name]
                for it in analysis.request.target_platforms
            ]
            if values != automatic and place.name != "TARGETSTAGE":
                return _(
                    "**The default in line {line} hides BuildKit's value, in all stages too.**",
                    line=instruction.line,
                )
    return _("In `FROM` and above it, it is always defined.")
