"""Texts about measured times for hints, lenses and hovers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from buildxray.caching import cached
from buildxray.ide.analysis import Analysis
from buildxray.ide.seconds import about_seconds, age, exact_seconds, title_with_saving
from buildxray.localization import _, language
from buildxray.logs.model import Status
from buildxray.semantics.build import Instruction, Stage
from buildxray.syntax.text import Edit

if TYPE_CHECKING:
    # Imported late: a server without a log does not need it.
    from buildxray.ide.build_times import InstructionTimes
    from buildxray.logs.matching import StepTime

_MOST_TEXTS: Final = 2_000
"""Cached labels and explanations: about those of the visible instructions."""
_WORTH_SAYING: Final = 1.0
"""Changes by fewer seconds are noise."""


def times_label(times: InstructionTimes) -> str:
    """`18.3 s · arm64 158.9 s emulated`; of an instruction that was edited since, `was 18.3 s`."""
    return _label(times, language())


@cached(_MOST_TEXTS)
def _label(times: InstructionTimes, _language: str) -> str:
    n_native = sum(not it.step.is_emulated for it in times.times)
    parts = [_time_label(it, is_one=n_native == 1) for it in times.times]
    joined = " · ".join(parts)
    return joined if times.is_current else _("was {times}", times=joined)


def _time_label(time: StepTime, *, is_one: bool) -> str:
    if time.is_cached:
        return _("cached")
    seconds = exact_seconds(time.seconds or 0.0)
    name = _short(time)
    if time.step.is_emulated:
        label = _("{platform} {seconds} emulated", platform=name, seconds=seconds)
    else:
        label = seconds if is_one or time.step.platform is None or len(time.step.targets) > 1 else f"{name} {seconds}"
    if time.vertex.status is Status.FAILED:
        return _("{time} failed", time=label)
    if time.vertex.status is Status.CANCELED:
        return _("{time} cancelled", time=label)
    return label


def _short(time: StepTime) -> str:
    """The short name of a step's target: `arm64`."""
    targets = (str(it).removeprefix("linux/") for it in time.step.targets)
    return _(", ").join(targets)


def times_table(times: InstructionTimes) -> str:
    """A Markdown table with a line per execution."""
    rows = [
        (
            "" if it.step.platform is None else f"`{it.step.platform}`",
            _(", ").join(f"`{target}`" for target in it.step.targets),
            _("cached") if it.is_cached else exact_seconds(it.seconds or 0.0),
            _("emulated") if it.step.is_emulated else "",
        )
        for it in times.times
    ]
    head = (_("runs on"), _("for"), _("took"), "")
    return "\n".join(f"| {' | '.join(it)} |" for it in (head, ("---",) * len(head), *rows))


def instruction_times(analysis: Analysis, instruction: Instruction) -> str:
    """The times of an instruction, in Markdown; empty if the log has none."""
    times = analysis.times_of(instruction.idx)
    return "" if times is None else _explanation(times, language())


@cached(_MOST_TEXTS)
def _explanation(times: InstructionTimes, _language: str) -> str:
    parts = [times_table(times), slowdown(times)]
    if not times.is_current:
        parts.append(_("The instruction was edited after this build."))
    return "\n\n".join(filter(None, parts))


def slowdown(times: InstructionTimes) -> str:
    """The slowdown of emulation in the same build, in words; empty without a native and an emulated execution."""
    native = max((it.seconds or 0.0 for it in times.times if not it.step.is_emulated and not it.is_cached), default=0.0)
    emulated = max((it.seconds or 0.0 for it in times.times if it.step.is_emulated and not it.is_cached), default=0.0)
    if native < _WORTH_SAYING or emulated < native:
        return ""
    return _("Emulation took {factor} times as long.", factor=f"{emulated / native:.1f}")


def stage_share(analysis: Analysis, stage: Stage) -> str:
    """`138.6 s, 99 % of all steps`; empty if the log has no time of the stage."""
    of_stages = analysis.cached(_seconds_of_stages)
    seconds, everything = of_stages[stage.idx], sum(of_stages)
    if not seconds or not everything:
        return ""
    return _(
        "{seconds}, {share} % of all steps", seconds=exact_seconds(seconds), share=f"{100 * seconds / everything:.0f}"
    )


def _seconds_of_stages(analysis: Analysis) -> tuple[float, ...]:
    """The seconds of all executions in each stage."""
    seconds = {idx: it.seconds for idx, it in analysis.logged.items()}
    return tuple(
        sum(seconds.get(it.idx, 0.0) for it in (stage.from_, *stage.instructions)) for stage in analysis.build.stages
    )


def saving_title(analysis: Analysis, title: str, edits: Iterable[Edit]) -> str:
    """The title of a fix with its saving by the log: `Cross-compile this stage: saves about 140 s of 440 s`."""
    if analysis.measured is None:
        return title
    return title_with_saving(title, analysis.saved_by(edits), analysis.measured.times.total)


def log_summary(analysis: Analysis) -> Iterator[str]:
    """The times of the whole build in a log, and the changes by the current text, as parts of a line."""
    measured = analysis.measured
    if measured is None:
        return
    total = exact_seconds(measured.times.total)
    if measured.modified is None:
        yield _("build log: {total}", total=total)
    else:
        yield _("build log ({age}): {total}", age=age(time.time() - measured.modified), total=total)
    if analysis.text != measured.text:
        saved = analysis.saved
        if saved >= _WORTH_SAYING:
            yield _(
                "re-planned: saves about {saved} of {total}",
                saved=about_seconds(saved),
                total=about_seconds(measured.times.total),
            )
        elif saved <= -_WORTH_SAYING:
            yield _("re-planned: takes about {more} longer", more=about_seconds(-saved))
        else:
            yield _("re-planned: takes as long")
    elif measured.prediction is not None and measured.prediction.saved >= _WORTH_SAYING:
        reduction, total = about_seconds(measured.prediction.saved), about_seconds(measured.times.total)
        if measured.repaired is not None and measured.repaired.is_safe:
            yield _("the safe fixes save about {saved} of {total}", saved=reduction, total=total)
        else:
            yield _("the suggested fixes save about {saved} of {total}", saved=reduction, total=total)
