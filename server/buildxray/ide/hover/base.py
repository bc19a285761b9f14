"""The value of a hover, and the parts that hovers share."""

from __future__ import annotations

from collections.abc import Iterable

from buildxray.ide.analysis import Analysis
from buildxray.localization import _, localized
from buildxray.records import dataclass
from buildxray.syntax.text import TextRange


@dataclass(frozen=True, slots=True)
class Hover:
    """A text in Markdown about a range of the document."""

    range: TextRange
    markdown: str


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    titles = [*head]
    return "\n".join(f"| {' | '.join(it)} |" for it in (titles, ["---"] * len(titles), *rows))


def platforms_note(analysis: Analysis) -> str:
    """A note on the source of the target platforms; empty if it is unknown."""
    return _("Platforms: {origin}.", origin=localized(analysis.shown_origin)) if analysis.shown_origin else ""
