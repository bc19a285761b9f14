"""What an editor offers to do about the diagnostics at a place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.fixes import fix_text
from buildxray.ide.suppressions import ignore_here, ignore_in_file
from buildxray.localization import _
from buildxray.rules.base import Safety
from buildxray.syntax.text import Edit, TextRange, edits_between

ActionKind = Literal["quickfix", "source.fixAll.buildxray"]
FIX_ALL: Final = "source.fixAll.buildxray"


@dataclass(frozen=True, slots=True)
class Action:
    """One entry of the menu behind the light bulb."""

    title: str
    kind: ActionKind
    edits: tuple[Edit, ...]
    diagnostics: tuple[Diagnostic, ...]
    """Those that it is about."""
    is_preferred: bool = False
    """Whether an editor may apply it by its shortcut for automatic fixes."""


def quick_fixes(analysis: Analysis, place: TextRange) -> Iterator[Action]:
    """The fixes of the diagnostics that a place touches, then the ways to silence them."""
    touched = [it for it in analysis.diagnostics if it.range.touches(place)]
    for diagnostic in touched:
        for idx, fix in enumerate(diagnostic.fixes):
            is_preferred = idx == 0 and fix.safety is Safety.SAFE
            yield Action(fix.title, "quickfix", fix.edits, (diagnostic,), is_preferred)
    for diagnostic in touched:
        rule = diagnostic.rule
        here = ignore_here(analysis.dockerfile, rule, diagnostic.range)
        if here is not None:
            yield Action(_("Ignore `{rule}` for this instruction", rule=rule), "quickfix", (here,), (diagnostic,))
        in_file = ignore_in_file(analysis.dockerfile, rule)
        yield Action(_("Ignore `{rule}` in this file", rule=rule), "quickfix", (in_file,), (diagnostic,))


def fix_all(analyzer: Analyzer, analysis: Analysis) -> Action | None:
    """All safe fixes of the document in one; None where there are none."""
    fixed = fix_text(analyzer, analysis.text)
    if fixed.text == analysis.text:
        return None
    safe = tuple(it for it in analysis.diagnostics if it.fixes and it.fixes[0].safety is Safety.SAFE)
    return Action(_("Fix all safe findings of buildxray"), FIX_ALL, edits_between(analysis.text, fixed.text), safe)
