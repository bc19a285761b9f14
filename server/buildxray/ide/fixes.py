"""Apply fixes to a whole text, one at a time, each computed on the result of the previous one."""

from __future__ import annotations

from typing import Final, NamedTuple

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.diagnostics import Diagnostic
from buildxray.rules.base import Fix, Safety
from buildxray.semantics.artifacts import losses
from buildxray.syntax.instructions import Unknown
from buildxray.syntax.text import apply_edits

_MOST: Final = 200
"""The most fixes of one text: with more, two fixes undo each other."""


class FixedText(NamedTuple):
    """The result of applying fixes."""

    text: str
    steps: tuple[tuple[str, str], ...]
    """The title of each fix and the text after it, in the order of application."""

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the fixes, in the order of application."""
        return tuple(title for title, _text in self.steps)


def fix_text(analyzer: Analyzer, text: str, *, with_suggestions: bool = False, is_listed: bool = False) -> FixedText:
    """Apply the preferred fix of each finding with a safe one, until none is left.

    With suggestions, fixes that need review are applied as well. A text with an unknown instruction is left unchanged. A file is listed if
    nobody has named it: what lists of all files leave out is not repaired.
    """
    steps: list[tuple[str, str]] = []
    analysis = analyzer.analyze(text)
    if is_left_unchanged(analysis):
        return FixedText(text, ())
    seen = {text}
    while len(steps) < _MOST:
        shown = (it for it in analysis.diagnostics if it.is_listed or not is_listed)
        for fix in map(_preferred, shown):
            if fix is None or (fix.safety is not Safety.SAFE and not with_suggestions):
                continue
            fixed = apply_edits(analysis.text, fix.edits)
            if fixed in seen:
                continue
            seen.add(fixed)
            after = analyzer.analyze(fixed)
            if fix.safety is not Safety.SAFE or keeps_artifacts(analysis, after):
                break
        else:
            break
        analysis = after
        steps.append((fix.title, analysis.text))
    return FixedText(analysis.text, tuple(steps))


def is_left_unchanged(analysis: Analysis) -> bool:
    """True if `fix_text` applies no fix to a text, because it has an unknown instruction: it may be another kind of file, or a template."""
    return any(isinstance(it.node, Unknown) for it in analysis.dockerfile.instructions)


def keeps_artifacts(before: Analysis, after: Analysis) -> bool:
    """True if each file of the image suits its platform after an edit as well as before, as a safe fix promises."""
    return not losses(before.build.artifacts, after.build.artifacts)


def _preferred(diagnostic: Diagnostic) -> Fix | None:
    return diagnostic.fixes[0] if diagnostic.fixes else None
