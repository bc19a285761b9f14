"""Completions, the best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from buildxray.ide.analysis import Analysis
from buildxray.ide.completion.arguments import (
    commands,
    directories,
    environment,
    healthcheck,
    labels,
    ports,
    shells,
    signals,
    user_names,
)
from buildxray.ide.completion.base import Completion
from buildxray.ide.completion.comments import comments
from buildxray.ide.completion.flags import FLAG_VALUE, flag_values, flags
from buildxray.ide.completion.instructions import instructions
from buildxray.ide.completion.paths import ListContext, paths
from buildxray.ide.completion.place import Place, place_at
from buildxray.ide.completion.settings import settings
from buildxray.ide.completion.stages import bases
from buildxray.ide.completion.variables import VARIABLE, arguments, variables
from buildxray.localization import _
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.instructions import Copying


def completions(
    analysis: Analysis, offset: int, list_context: ListContext | None = None, *, is_general: bool = True
) -> list[Completion]:
    """The completions at an offset, the best first.

    Without `is_general`, only those about platforms and stages, because another server offers the others.
    """
    place = place_at(analysis, offset)
    offered = _offered(place, list_context) if is_general else _special(place)
    return [it for it in offered if it.matches(analysis.text[it.edit.range.start : offset])]


def _special(place: Place) -> Iterator[Completion]:
    """The completions that no other server offers."""
    if place.is_comment or place.in_heredoc:
        return
    value = FLAG_VALUE.fullmatch(place.typed)
    match = VARIABLE.search(place.line)
    if match is not None:
        yield from _variables(place)
    elif value is not None and value["name"] == "platform":
        yield from flag_values(place, "platform", value["typed"])
    elif place.keyword == "ARG":
        yield from arguments(place)
    elif place.keyword == "RUN":
        yield from settings(place)


def _offered(place: Place, list_context: ListContext | None) -> Iterator[Completion]:
    if place.is_comment:
        yield from comments(place)
        return
    match = VARIABLE.search(place.line)
    value = FLAG_VALUE.fullmatch(place.typed)
    if match is not None and (value is None or value["name"] != "platform"):
        yield from _variables(place)
    elif place.in_heredoc:
        return
    elif not place.keyword:
        yield from instructions(place)
    elif value is not None and not place.arguments:
        yield from _flag_value(place, value["name"], value["typed"], list_context)
    else:
        yield from _arguments(place, list_context)


def _variables(place: Place) -> Iterable[Completion]:
    """The variables at the cursor, if BuildKit or the shell of a RUN expands them there."""
    kind = INSTRUCTION_KINDS.get(place.keyword)
    if place.is_literal or (kind is not None and not kind.expands) or (not place.keyword and not place.in_heredoc):
        return ()
    match = VARIABLE.search(place.line)
    return () if match is None else variables(place, match)


def _flag_value(place: Place, name: str, typed: str, list_context: ListContext | None) -> Iterator[Completion]:
    source = typed.rpartition(",")[2]
    if name == "mount" and source.startswith(("source=", "src=")):
        if "from=" not in typed:
            yield from paths(place, source.partition("=")[2], list_context)
        return
    yield from flag_values(place, name, typed)


def _arguments(place: Place, list_context: ListContext | None) -> Iterator[Completion]:
    """The completions after the keyword: first arguments, then flags."""
    if not place.typed.startswith("-"):
        yield from _values(place, list_context)
    if place.typed.startswith("-") or not place.typed:
        yield from flags(place)


def _values(place: Place, list_context: ListContext | None) -> Iterator[Completion]:
    if place.keyword in ("ADD", "COPY"):
        yield from _copied(place, list_context)
    elif place.keyword in _ARGUMENTS:
        yield from _ARGUMENTS[place.keyword](place)


def _from(place: Place) -> Iterator[Completion]:
    if not place.arguments:
        yield from bases(place)
    elif len(place.arguments) == 1:
        yield Completion("AS", "keyword", _("gives the stage a name"), place.edit("AS "))


_ARGUMENTS: Final[Mapping[str, Callable[[Place], Iterator[Completion]]]] = {
    "ARG": arguments,
    "CMD": commands,
    "ENTRYPOINT": commands,
    "ENV": environment,
    "EXPOSE": ports,
    "FROM": _from,
    "HEALTHCHECK": healthcheck,
    "LABEL": labels,
    "ONBUILD": instructions,
    "RUN": settings,
    "SHELL": shells,
    "STOPSIGNAL": signals,
    "USER": user_names,
    "VOLUME": directories,
    "WORKDIR": directories,
}


def _copied(place: Place, list_context: ListContext | None) -> Iterator[Completion]:
    node = None if place.instruction is None else place.instruction.node
    is_last = not isinstance(node, Copying) or len(node.arguments) <= len(place.arguments) + (place.typed != "")
    if "from" not in place.given_flags:
        yield from paths(place, place.typed, list_context)
    if place.arguments and is_last:
        yield from directories(place)
