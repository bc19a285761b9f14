"""Code actions: quick fixes, comments that silence a rule, and all safe fixes at once."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Final, Literal

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.fixes import fix_text
from buildxray.ide.suppressions import ignore_here, ignore_in_file
from buildxray.ide.times_text import saving_title
from buildxray.localization import _, ngettext
from buildxray.records import dataclass
from buildxray.rules.base import Fix, Safety
from buildxray.syntax.text import Edit, TextRange, edits_between

ActionKind = Literal["quickfix", "source.fixAll.buildxray"]
FIX_ALL: Final = "source.fixAll.buildxray"


@dataclass(frozen=True, slots=True)
class Action:
    """One entry of the menu of the light bulb."""

    title: str
    kind: ActionKind
    edits: tuple[Edit, ...]
    diagnostics: tuple[Diagnostic, ...]
    """The diagnostics that the action resolves."""
    is_preferred: bool = False
    """True if an editor may apply it as an automatic fix."""


def quick_fixes(analysis: Analysis, place: TextRange, named: Container[tuple[str, TextRange]] = ()) -> Iterator[Action]:
    """The fixes of the diagnostics at a place, then the comments that suppress them, then the fixes of diagnostics that it causes.

    A diagnostic is at a place if it touches it, if it is empty and on its line, or if `named` (rules and ranges)
    contains it. The instruction that a diagnostic refers to as its cause offers its fixes too.
    """
    whole = _whole_line(analysis, place) if place.start == place.end else place
    here = [it for it in analysis.diagnostics if it.range.touches(whole) or (it.rule, it.range) in named]
    for diagnostic in here:
        yield from _fixes(analysis, diagnostic, whole)
    for diagnostic in here:
        rule = diagnostic.rule
        silenced = ignore_here(analysis.dockerfile, rule, diagnostic.range)
        if silenced is not None:
            yield Action(_("Ignore `{rule}` for this instruction", rule=rule), "quickfix", (silenced,), (diagnostic,))
        in_file = ignore_in_file(analysis.dockerfile, rule)
        yield Action(_("Ignore `{rule}` in this file", rule=rule), "quickfix", (in_file,), (diagnostic,))
    for diagnostic in analysis.diagnostics:
        if diagnostic not in here and any(it.range.touches(whole) for it in diagnostic.related):
            yield from _fixes(analysis, diagnostic, whole)


def _whole_line(analysis: Analysis, place: TextRange) -> TextRange:
    """The line of an empty range, without the line end, so that the next line does not count."""
    line = analysis.lines.line_of(place.start)
    return TextRange(analysis.lines.starts[line], analysis.lines.ends[line])


def _fixes(analysis: Analysis, diagnostic: Diagnostic, place: TextRange) -> Iterator[Action]:
    for idx, fix in enumerate(diagnostic.fixes):
        is_safe = fix.safety is Safety.SAFE
        title = _title(analysis, fix, place)
        yield Action(title, "quickfix", fix.edits, (diagnostic,), is_preferred=idx == 0 and is_safe)


def _title(analysis: Analysis, fix: Fix, place: TextRange) -> str:
    """The title of a fix, with its saving, its line and whether it needs review."""
    title = saving_title(analysis, fix.title, fix.edits)
    before = analysis.build
    gained = len(before.emulated_steps) - len(analysis.context.after(fix.edits).build.emulated_steps)
    if gained > 0 and title == fix.title:
        # Without a log, or where it tells no saving.
        n_runs = len(before.run_steps)
        title = ngettext(
            "{title}: {n} of {n_runs} RUN steps leaves emulation",
            "{title}: {n} of {n_runs} RUN steps leave emulation",
            gained,
            title=title,
            n_runs=n_runs,
        )
    line_of = analysis.lines.line_of
    lines = [line_of(it.range.start) for it in fix.edits]
    if lines and not any(line_of(place.start) <= it <= line_of(place.end) for it in lines):
        title = _("{title} (in line {line})", title=title, line=lines[0] + 1)
    return title if fix.safety is Safety.SAFE else _("{title} (a suggestion: review it first)", title=title)


def fix_all(analyzer: Analyzer, analysis: Analysis) -> Action | None:
    """One action with all safe fixes of the document; None if there are none."""
    fixed = fix_text(analyzer, analysis.text)
    if fixed.text == analysis.text:
        return None
    safe = tuple(it for it in analysis.diagnostics if it.fixes and it.fixes[0].safety is Safety.SAFE)
    return Action(_("Fix all safe findings of buildxray"), FIX_ALL, edits_between(analysis.text, fixed.text), safe)
