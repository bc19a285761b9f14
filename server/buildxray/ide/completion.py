"""What can be typed at a place, of what is ours: platforms, automatic arguments, stages, settings of Go's compiler."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from buildxray.ide.analysis import Analysis
from buildxray.ide.hover.automatic import MEANING
from buildxray.localization import N_, _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.rules.edits import declare_arguments
from buildxray.syntax.instructions import Arg, Env, From, Instruction, Run
from buildxray.syntax.text import Edit, TextRange

_VARIABLE: Final = re.compile(r"(?<!\\)\$(?P<brace>\{?)(?P<name>\w*)$")
_PLATFORM: Final = re.compile(r"--platform=(?P<typed>\S*)$", re.IGNORECASE)
_ARGUMENT: Final = re.compile(r"^\s*ARG\s+(?:\S+\s+)*(?P<typed>\w*)$", re.IGNORECASE)
_FROM: Final = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(?P<typed>[\w.-]*)$", re.IGNORECASE)
_SOURCE: Final = re.compile(r"(?:--from=|[=,]from=)(?P<typed>[\w.-]*)$", re.IGNORECASE)
_SETTING: Final = re.compile(r"(?:^|[\s;&|(])(?P<typed>[A-Z][A-Z_]*)$")
_COMPILER: Final = re.compile(r"\bgo\s+(?:build|install|test)\b")
_GO: Final = {
    "GOARCH": ("GOARCH=$TARGETARCH", N_("the architecture that Go compiles for"), ("TARGETARCH",)),
    "GOOS": ("GOOS=$TARGETOS", N_("the operating system that Go compiles for"), ("TARGETOS",)),
    "GOARM": ("GOARM=${TARGETVARIANT#v}", N_("the version of 32-bit ARM that Go compiles for"), ("TARGETVARIANT",)),
    "CGO_ENABLED": ("CGO_ENABLED=0", N_("without a C compiler, and without a C library in the image"), ()),
}


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing that can be typed."""

    label: str
    kind: Literal["variable", "stage", "platform", "setting"]
    detail: str
    edit: Edit
    """What it does at the cursor."""
    others: tuple[Edit, ...] = ()
    """What it does elsewhere: the ARG that it needs."""


def completions(analysis: Analysis, offset: int) -> list[Completion]:
    """What can be typed at an offset, the best first."""
    found = _instruction_at(analysis, offset)
    start = analysis.lines.starts[analysis.lines.line_of(offset)] if found is None else found[1].start
    before = analysis.text[start:offset]
    line = analysis.text[analysis.lines.starts[analysis.lines.line_of(offset)] : offset]
    for pattern, complete in (
        (_PLATFORM, _platforms),
        (_VARIABLE, _variables),
        (_SOURCE, _stages),
        (_FROM, _stages),
        (_ARGUMENT, _arguments),
    ):
        match = pattern.search(before if pattern in (_FROM, _ARGUMENT) else line)
        if match is not None:
            typed = match.start("name" if pattern is _VARIABLE else "typed")
            base = start if pattern in (_FROM, _ARGUMENT) else offset - len(line)
            return [*complete(analysis, offset, TextRange(base + typed, offset))]
    if found is not None and isinstance(found[1].node, Run):
        return [*_settings(analysis, offset, line, *found)]
    return []


def _platforms(analysis: Analysis, _offset: int, place: TextRange) -> Iterator[Completion]:
    builder = analysis.request.build_platform
    yield Completion(
        "$BUILDPLATFORM",
        "platform",
        _("native: this stage runs once, on {machine}", machine=builder),
        Edit(place, "$BUILDPLATFORM"),
    )
    yield Completion("$TARGETPLATFORM", "platform", _("the default: once per platform"), Edit(place, "$TARGETPLATFORM"))
    for platform in analysis.request.target_platforms:
        yield Completion(str(platform), "platform", _("this one only"), Edit(place, str(platform)))


def _variables(analysis: Analysis, offset: int, place: TextRange) -> Iterator[Completion]:
    """After `$`: what is declared first, then what an ARG would declare."""
    found = _instruction_at(analysis, offset)
    idx = len(analysis.dockerfile.instructions) if found is None else found[0]
    is_braced = analysis.text[place.start - 1] == "{"
    closing = "}" if is_braced and analysis.text[offset : offset + 1] != "}" else ""
    stage = analysis.context.facts.stage_of(idx)
    in_stage = stage is not None and idx != stage.from_idx
    declared = _declared(analysis, idx, in_stage=in_stage)
    names = [*AUTOMATIC_ARGUMENTS, *(it for it in declared if it not in AUTOMATIC_ARGUMENTS)]
    for name in names:
        others: tuple[Edit, ...] = ()
        if in_stage and name not in declared and found is not None:
            others = tuple(declare_arguments(analysis.build.instructions[idx], [name]))
        detail = _(MEANING[name]) if name in MEANING else _("declared above")
        yield Completion(name, "variable", detail, Edit(place, f"{name}{closing}"), others)


def _declared(analysis: Analysis, idx: int, *, in_stage: bool) -> list[str]:
    """The names in scope in front of an instruction."""
    facts = analysis.context.facts
    stage = facts.stage_of(idx)
    names: dict[str, None] = {}
    if stage is None or not in_stage:
        first = analysis.plan.stages[0].from_idx if analysis.plan.stages else idx
        ranges = [range(min(idx, first))]
    else:
        ranges = [
            range(analysis.plan.stages[it].from_idx + 1, idx if it == stage.idx else analysis.plan.stages[it].end_idx)
            for it in facts.ancestry(stage.idx)
        ]
    for numbers in ranges:
        for number in numbers:
            node = analysis.dockerfile.instructions[number].node
            if isinstance(node, Arg | Env):
                names |= dict.fromkeys(it.name.text for it in node.pairs)
    return [*names]


def _arguments(analysis: Analysis, offset: int, place: TextRange) -> Iterator[Completion]:
    """After `ARG`: what this stage does not declare yet."""
    found = _instruction_at(analysis, offset)
    idx = len(analysis.dockerfile.instructions) if found is None else found[0]
    stage = analysis.context.facts.stage_of(idx)
    declared = [] if stage is None else _declared(analysis, idx, in_stage=True)
    for name in AUTOMATIC_ARGUMENTS:
        if name not in declared:
            yield Completion(name, "variable", _(MEANING[name]), Edit(place, name))


def _stages(analysis: Analysis, offset: int, place: TextRange) -> Iterator[Completion]:
    """The stages above."""
    for stage in analysis.plan.stages:
        instruction = analysis.dockerfile.instructions[stage.from_idx]
        if stage.name and instruction.end < offset and isinstance(instruction.node, From):
            image = "" if instruction.node.image is None else instruction.node.image.text
            own = analysis.context.facts.stage_of(_index_at(analysis, offset))
            if own is None or own.idx != stage.idx or own.from_idx == _index_at(analysis, offset):
                yield Completion(stage.name, "stage", f"FROM {image}", Edit(place, stage.name))


def _settings(analysis: Analysis, offset: int, line: str, idx: int, instruction: Instruction) -> Iterator[Completion]:
    """`GOARCH=$TARGETARCH` and its kin in front of `go build`."""
    match = _SETTING.search(line)
    rest = analysis.text[offset : instruction.end]
    if match is None or not _COMPILER.search(rest.partition("&&")[0]):
        return
    place = TextRange(offset - len(match["typed"]), offset)
    blank = "" if rest[:1].isspace() else " "
    for name, (text, detail, arguments) in _GO.items():
        if name.startswith(match["typed"]):
            others = tuple(declare_arguments(analysis.build.instructions[idx], arguments))
            yield Completion(text, "setting", _(detail), Edit(place, f"{text}{blank}"), others)


def _instruction_at(analysis: Analysis, offset: int) -> tuple[int, Instruction] | None:
    for idx, instruction in enumerate(analysis.dockerfile.instructions):
        if instruction.start <= offset <= instruction.end:
            return idx, instruction
    return None


def _index_at(analysis: Analysis, offset: int) -> int:
    found = _instruction_at(analysis, offset)
    return len(analysis.dockerfile.instructions) if found is None else found[0]
