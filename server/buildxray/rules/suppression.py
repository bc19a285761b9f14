"""The comments that silence rules: `# buildxray: ignore=rule[,rule] [reason]` and `# buildxray: ignore-file=…`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.semantics.build import Dockerfile
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange

SCOPES: Final = ("ignore", "ignore-file")
_COMMENT: Final = lazy_regex(r"#\s*buildxray:\s*(?P<scope>[\w-]+)(?:\s*=\s*(?P<rules>[^\s,]+(?:\s*,\s*[^\s,]+)*))?")
_NAME: Final = lazy_regex(r"[^\s,]+")


class SuppressionComment(NamedTuple):
    """A comment that suppresses rules, or that resembles one."""

    range: TextRange
    """The range in the document from `#` to the end of the last name."""
    scope: str
    """One of `SCOPES`, or the text in its place."""
    scope_range: TextRange
    rules: tuple[tuple[str, TextRange], ...]
    """The names, known or not, and their places in the document."""


def suppression_comments(dockerfile: Dockerfile) -> Iterator[SuppressionComment]:
    """Yield the comments of a file that begin with `buildxray:`, in order."""
    if "buildxray:" not in dockerfile.text:
        return
    for comment in dockerfile.comments:
        match = _COMMENT.match(comment.text)
        if match is None:
            continue
        start = comment.range.start
        first = start + max(0, match.start("rules"))
        names = [
            (name[0], TextRange(first + name.start(), first + name.end()))
            for name in _NAME.finditer(match["rules"] or "")
        ]
        yield SuppressionComment(
            TextRange(start, start + match.end()),
            match["scope"],
            TextRange(start + match.start("scope"), start + match.end("scope")),
            tuple(names),
        )
