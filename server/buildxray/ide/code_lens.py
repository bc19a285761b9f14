"""Code lenses above each FROM: the platforms of the stage, and its cost."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.ide.analysis import Analysis
from buildxray.ide.times_text import log_summary, stage_share
from buildxray.localization import _, ngettext
from buildxray.records import dataclass
from buildxray.semantics.build import Stage
from buildxray.semantics.cost import platform_origin, stage_totals
from buildxray.syntax.text import TextRange


@dataclass(frozen=True, slots=True)
class CodeLens:
    """A line of text above a range."""

    range: TextRange
    title: str
    is_of_build: bool = False
    """True if the lens names the build that is shown, rather than a stage."""


def code_lenses(analysis: Analysis) -> Iterator[CodeLens]:
    """The lenses: one for the build if a file declares it, one for the shown log, and one for each stage."""
    if analysis.title:
        yield CodeLens(TextRange(0, 0), analysis.title, is_of_build=True)
    stages = analysis.build.stages
    if stages and analysis.measured is not None:
        yield CodeLens(stages[0].from_.keyword_range, " · ".join(log_summary(analysis)))
    for stage in stages:
        yield CodeLens(stage.from_.keyword_range, _title(analysis, stage))


def _title(analysis: Analysis, stage: Stage) -> str:
    if not stage.is_needed:
        return _("not needed for the image")
    platforms = _(", ").join(dict.fromkeys(map(str, stage.platforms)))
    totals = stage_totals(stage)
    parts = [
        _("{platforms} ({origin})", platforms=platforms, origin=platform_origin(stage)),
        ngettext("{n} step", "{n} steps", totals.n_steps),
    ]
    if totals.n_emulated:
        parts.append(_("{n} emulated", n=totals.n_emulated))
    if totals.repeated and stage.is_native:
        parts.append(_("{n} RUN once per platform", n=len(totals.repeated)))
    share = stage_share(analysis, stage)
    if share:
        parts.append(share)
    return " · ".join(parts)
