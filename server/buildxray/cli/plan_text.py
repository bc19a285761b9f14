"""A plan for the terminal: stages, the cost of each instruction, and the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rich.console import Group
from rich.text import Text

from buildxray.cli.console import UNLIMITED, on_one_line
from buildxray.ide.seconds import about_seconds, exact_seconds
from buildxray.localization import _, localized, ngettext
from buildxray.records import dataclass
from buildxray.semantics.cost import (
    Execution,
    Sharing,
    build_totals,
    context_note,
    execution,
    platform_origin,
    split_note,
    trigger_execution,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from buildxray.ide.build_times import PlanSeconds
    from buildxray.semantics.build import Build, Instruction, Stage, Step
    from buildxray.syntax.instructions import Node

_EMULATED: Final = "bold red"
_NATIVE: Final = "green"
_COLOURS: Final = {Sharing.NONE: "", Sharing.ONCE: "", Sharing.SHARED: "cyan", Sharing.SEVERAL: "yellow"}
_MARGINS: Final = 8
_NOTICEABLE: Final = 1.0
"""Times of at least so many seconds are bold."""
_LEAST: Final = 16
"""The least columns of an instruction."""
_ALIGNED: Final = 60
"""Columns of an instruction up to which the text after it is aligned if lines have no limit, so that one long RUN moves no other line."""


def plan_text(build: Build, path: str, origin: str = "", seconds: PlanSeconds | None = None) -> RenderableType:
    """The stages of a build with their steps, and the totals; `origin` names the source of the target platforms.

    `seconds` are those of a log: they are shown for each instruction, and the critical path is marked.
    """
    request = build.request
    targets = _(", ").join(map(str, request.target_platforms))
    built = _("built on {machine} for {targets}", machine=_(", ").join(map(str, request.machines)), targets=targets)
    head = Text.assemble((on_one_line(path), "bold"), f"  {built}")
    if origin:
        head.append(f"  ({localized(origin)})", "dim")
    refusal = build.refusal
    errors = [] if refusal is None else [_error(path, refusal.line, localized(refusal.message))]
    rows = {it.idx: _rows_of(it, seconds) for it in build.stages if it.is_needed}
    all_rows = [row for of_stage in rows.values() for row in of_stage]
    stages = (_stage(it, rows.get(it.idx, []), all_rows) for it in build.stages)
    times = [] if seconds is None else [*_times(seconds)]
    note = context_note(build)
    notes = [Text(note, "dim")] if note else []
    return Group(head, *errors, "", *stages, _totals(build), *notes, *times)


def _times(seconds: PlanSeconds) -> Iterator[Text]:
    """The legend of the marks, and the measured or predicted time of the whole build."""
    marks = [_("* on the critical path")] if seconds.critical_path else []
    if any(not it.is_measured for it in seconds.steps.values()):
        marks.append(_("≈ estimated from the log"))
    yield Text("  ".join(marks), "dim")
    if seconds.n_unmatched:
        yield Text(
            ngettext(
                "The Dockerfile has changed since this build: {n} step of the log is not in it.",
                "The Dockerfile has changed since this build: {n} steps of the log are not in it.",
                seconds.n_unmatched,
            )
        )
    if seconds.remaining is None:
        yield Text(_("The logged build took {total}.", total=exact_seconds(seconds.total)))
        return
    low, high = map(about_seconds, seconds.remaining)
    yield Text(
        _(
            "The logged build took {total}; this text will take {low} to {high}.",
            total=exact_seconds(seconds.total),
            low=low,
            high=high,
        )
    )


def _error(path: str, line: int, message: str) -> Text:
    return Text.assemble((f"{path}:{line}", "bold"), ": ", (_("BuildKit refuses this file"), "bold red"), ": ", message)


class _Row(NamedTuple):
    """A row: an instruction with steps."""

    line: str
    instruction: Text
    short: Text
    """The instruction without its flags, the least informative part."""
    mark: Text
    reason: Text
    seconds: Text
    """The seconds of its longest step; empty without a log."""
    is_critical: bool


@dataclass(frozen=True)
class _Rows:
    """Rows in columns; long instructions are cut so that the rest fits into the terminal."""

    rows: list[_Row]
    all_rows: list[_Row]
    """The rows of all stages: columns have the same width in each stage."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        n_mark = max((it.mark.cell_len for it in self.all_rows), default=0)
        n_line = max((len(it.line) for it in self.all_rows), default=0)
        n_reason = min(max((it.reason.cell_len for it in self.all_rows), default=0), max(0, options.max_width // 3))
        n_longest = max((it.instruction.cell_len for it in self.all_rows), default=0)
        n_seconds = max((it.seconds.cell_len for it in self.all_rows), default=0)
        n_room = options.max_width - n_line - n_mark - n_reason - (n_seconds and n_seconds + 2) - _MARGINS
        is_cut = options.max_width < UNLIMITED
        n_instruction = max(_LEAST, min(n_longest, n_room if is_cut else _ALIGNED))
        for row in self.rows:
            fits = not is_cut or row.instruction.cell_len <= n_instruction
            instruction = (row.instruction if fits else row.short).copy()
            if is_cut:
                instruction.truncate(n_instruction, overflow="ellipsis")
            instruction.pad_right(max(0, n_instruction - instruction.cell_len))
            padding = " " * (n_mark - row.mark.cell_len)
            margin = "* " if row.is_critical else "  "
            line = Text.assemble((margin, "bold"), (row.line.rjust(n_line), "dim"), "  ")
            if n_seconds:
                line.append_text(Text.assemble(" " * (n_seconds - row.seconds.cell_len), row.seconds, "  "))
            line.append_text(Text.assemble(instruction, "  ", row.mark))
            if row.reason:
                line.append_text(Text.assemble(padding, "  ", row.reason))
            line.truncate(options.max_width, overflow="ellipsis")
            yield line


def _stage(stage: Stage, rows: list[_Row], all_rows: list[_Row]) -> RenderableType:
    if not stage.is_needed:
        return Group(Text.assemble(stage.display_name, "  ", _("not needed"), style="dim"), "")
    return Group(_headline(stage), _Rows(rows, all_rows), "")


def _rows_of(stage: Stage, seconds: PlanSeconds | None) -> list[_Row]:
    """The instructions with steps; inherited triggers come directly after FROM."""
    line = str(stage.from_.line)
    triggers = [
        _written(line, node, trigger_execution(stage, steps), "", seconds, is_trigger=True)
        for node, steps in stage.trigger_steps
        if steps
    ]
    from_ = [_row(stage.from_, seconds)] if stage.from_.steps else []
    return [*from_, *triggers, *(_row(it, seconds) for it in stage.instructions if it.steps)]


def _headline(stage: Stage) -> Text:
    platforms = _(", ").join(dict.fromkeys(str(it) for it in stage.platforms))
    text = Text.assemble((stage.display_name, "bold"), f"  {platforms}", (f"  {platform_origin(stage)}", "dim"))
    if stage.is_target:
        text.append("  ").append(_("becomes the image"), "bold")
    return text


def _row(instruction: Instruction, seconds: PlanSeconds | None) -> _Row:
    note = split_note(instruction)
    return _written(str(instruction.line), instruction.node, execution(instruction), note, seconds)


def _written(
    number: str, node: Node, executed: Execution, note: str, seconds: PlanSeconds | None, *, is_trigger: bool = False
) -> _Row:
    """The row of an instruction; a trigger is on the line of the FROM that runs it."""
    keyword = node.keyword.text
    words = node.text.strip()[len(keyword) :].split()
    n_flags = next((n for n, word in enumerate(words) if not word.startswith("--")), len(words))
    head = Text.assemble(("ONBUILD " if is_trigger else "", "dim"), (keyword, "bold"))
    written = Text.assemble(head, " ".join(["", *words]))
    short = Text.assemble(head, " ".join(["", "…", *words[n_flags:]])) if n_flags else written
    platforms = _(", ").join(map(str, executed.emulated_platforms))
    reason = _("; ").join(filter(None, [platforms, note]))
    return _Row(
        number,
        written,
        short,
        _mark(executed),
        Text(reason, "dim"),
        _seconds(executed.steps, seconds),
        seconds is not None and any(seconds.is_critical(it.idx) for it in executed.steps),
    )


def _seconds(steps: Iterable[Step], seconds: PlanSeconds | None) -> Text:
    """The seconds of the longest step of an instruction; its steps run side by side."""
    times = [] if seconds is None else [seconds.steps[it.idx] for it in steps if it.idx in seconds.steps]
    if not times:
        return Text()
    longest = max(times, key=lambda it: it.seconds)
    if longest.is_cached and not longest.seconds:
        return Text(_("cached"), "dim")
    words = exact_seconds(longest.seconds)
    style = "bold" if longest.seconds >= _NOTICEABLE else "dim"
    return Text(words if longest.is_measured else f"≈ {words}", style)


def _mark(executed: Execution) -> Text:
    text = Text(executed.count_word, _COLOURS[executed.sharing])
    if executed.machine_word:
        text.append(f" {executed.machine_word}", _EMULATED if executed.emulated else _NATIVE)
    return text


def _totals(build: Build) -> RenderableType:
    totals = build_totals(build)
    text = Text.assemble((ngettext("{n} step", "{n} steps", totals.n_steps), "bold"))
    text.append(_(", of these "))
    text.append(ngettext("{n} RUN: ", "{n} RUNs: ", totals.n_runs))
    text.append(_("{n} emulated", n=totals.n_emulated), _EMULATED if totals.n_emulated else _NATIVE)
    if totals.emulated_platforms:
        text.append(_(" ({platforms})", platforms=_(", ").join(map(str, totals.emulated_platforms))))
    if len(build.targets) > 1:
        text.append(
            ngettext(
                "; {n} RUN instruction executed once per platform",
                "; {n} RUN instructions executed once per platform",
                len(totals.repeated),
            )
        )
    return text
