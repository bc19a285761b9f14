"""Lines at the top of a Dockerfile that look like directives, including those that BuildKit reads as comments."""

from __future__ import annotations

from typing import Final, NamedTuple

from buildxray.ide.analysis import Analysis
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lines import BYTE_ORDER_MARK
from buildxray.syntax.text import TextRange

_WRITTEN: Final = lazy_regex(r"[ \t]*#[ \t]*(?P<name>[A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(?P<value>[^\r\n]*)[\r\n]*")


class WrittenDirective(NamedTuple):
    """A line that looks like a directive. It may be unknown, repeated or without a value."""

    name: str
    """The name in lower case, as BuildKit compares it."""
    value: str
    name_range: TextRange
    value_range: TextRange


def written_directives(analysis: Analysis) -> tuple[WrittenDirective, ...]:
    """The directives in the order of the text; they end at the first line of another kind."""
    return analysis.cached(_written_directives)


def _written_directives(analysis: Analysis) -> tuple[WrittenDirective, ...]:
    directives: list[WrittenDirective] = []
    position = len(BYTE_ORDER_MARK) if analysis.text.startswith(BYTE_ORDER_MARK) else 0
    while (match := _WRITTEN.match(analysis.text, position)) is not None:
        range_ = TextRange(*match.span("name"))
        value = match["value"].rstrip()
        value_range = TextRange(match.start("value"), match.start("value") + len(value))
        directives.append(WrittenDirective(match["name"].lower(), value, range_, value_range))
        position = match.end()
    return tuple(directives)
