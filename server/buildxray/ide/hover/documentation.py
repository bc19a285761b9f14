"""Hovers on instructions, flags, mount options and directives, from the tables of `ide/reference.py`."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.ide.analysis import Analysis
from buildxray.ide.directives import written_directives
from buildxray.ide.hover.base import Hover
from buildxray.ide.reference import DIRECTIVES, INSTRUCTIONS, MOUNT_KEY_ALIASES, MOUNT_KEYS, MOUNT_TYPES, Entry
from buildxray.localization import _
from buildxray.syntax.instructions import Flag, Healthcheck, Node, Onbuild, Span
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.text import TextRange


def documentation(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the keyword, flag, mount option or directive at an offset; None if there is none."""
    for directive in written_directives(analysis):
        entry = DIRECTIVES.get(directive.name)
        place = directive.name_range
        if directive.name != "check":
            place = TextRange(place.start, max(place.end, directive.value_range.end))
        if place.contains(offset):
            return None if entry is None else _hover(entry, f"# {directive.name}=", place)
    instruction = analysis.dockerfile.instruction_at(offset)
    if instruction is None:
        return None
    for entry, title, span in _documented(instruction.node):
        range_ = instruction.range_of(span)
        if range_.contains(offset):
            return _hover(entry, title, range_)
    return None


def _hover(entry: Entry, title: str, range_: TextRange) -> Hover:
    parts = [f"**`{title}`**: {_(entry.summary)}"]
    if entry.since:
        parts.append(_("Since `docker/dockerfile:{version}`.", version=entry.since))
    parts.append(_("[Dockerfile reference]({url})", url=entry.url))
    return Hover(range_, "\n\n".join(parts))


def _documented(node: Node) -> Iterator[tuple[Entry, str, Span]]:
    """The parts of an instruction with an entry in the reference, each with a title."""
    instruction = INSTRUCTIONS.get(node.name)
    if instruction is None:
        return
    yield instruction.entry, node.name, node.keyword.span
    for flag in node.flags:
        entry = instruction.flag(flag.name.text)
        if entry is not None:
            is_listed = bool(entry.values) and flag.value is not None
            yield entry, f"--{entry.name}", Span(flag.span.start, flag.span.end if is_listed else flag.name.span.end)
            if entry.name == "mount":
                yield from _mount_options(node, flag)
    if isinstance(node, Healthcheck) and node.arguments and node.arguments[0].text.upper() in ("CMD", "NONE"):
        yield instruction.entry, node.name, node.arguments[0].span
    if isinstance(node, Onbuild) and node.trigger is not None:
        yield from _documented(node.trigger)


def _mount_options(node: Node, flag: Flag) -> Iterator[tuple[Entry, str, Span]]:
    try:
        options = mount_options(flag)
    except MountSyntaxError:
        return
    position = flag.span.end if flag.value is None else flag.value.span.start
    for option in options:
        span = Span(position, position + len(option.field.partition("=")[0]))
        end = position + len(option.field)
        position = end + 1
        if node.text[slice(*span)].lower() != option.key:
            return
        key = MOUNT_KEYS.get(MOUNT_KEY_ALIASES.get(option.key, option.key))
        if key is not None:
            yield key.entry, option.key, span if key.entry.name == "from" else Span(span.start, end)
        elif option.key == "type" and option.value is not None and option.value.text in MOUNT_TYPES:
            yield MOUNT_TYPES[option.value.text], f"type={option.value.text}", Span(span.start, option.value.span.end)
