"""The value of a completion, and the parts that completions share."""

from __future__ import annotations

import re
from typing import Final, Literal

from buildxray.localization import _
from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit

CompletionKind = Literal[
    "file", "flag", "folder", "keyword", "platform", "setting", "snippet", "stage", "value", "variable"
]
_PLACEHOLDER: Final = lazy_regex(r"\\(?P<escaped>[\\$}])|\$\{\d+:(?P<text>[^}]*)\}|\$\d+|\$\{\d+\}")


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing that can be typed."""

    label: str
    kind: CompletionKind
    detail: str
    edit: Edit
    """The edit at the cursor."""
    others: tuple[Edit, ...] = ()
    """Edits elsewhere: the ARG that the completion needs."""
    snippet: str = ""
    """The text of `edit` with tab stops, in the snippet syntax of LSP; empty for a completion without tab stops."""
    documentation: str = ""
    """The documentation in Markdown."""
    filter_text: str = ""
    """The text that editors compare with the typed text; empty for the label."""
    goes_on: bool = False
    """True if the text after it can be completed too, so that the editor should request completions again."""

    def matches(self, typed: str) -> bool:
        """True if the typed text is a prefix of the label or of one of its words; letter case is ignored."""
        text = (self.filter_text or self.label).lower()
        return any(it.startswith(typed.lower()) for it in (text, *text.split()))


def plain(snippet: str) -> str:
    """The text of a snippet with its default values filled in."""
    return _PLACEHOLDER.sub(lambda it: it["escaped"] or it["text"] or "", snippet)


def first_sentence(summary: str) -> str:
    """The first sentence of an entry of the reference in the current language, with its full stop."""
    text = _(summary)
    return re.split(r"(?<=。)|(?<=\.) ", text, maxsplit=1)[0]


def documentation(summary: str, url: str, since: str = "") -> str:
    """The Markdown of an entry of the reference."""
    version = _("Since `docker/dockerfile:{version}`.", version=since) if since else ""
    link = _("[Dockerfile reference]({url})", url=url)
    return "\n\n".join(filter(None, (" ".join(filter(None, (_(summary), version))), link)))
