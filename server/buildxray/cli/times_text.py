"""The times of a build for a terminal: a bar per instruction and platform, the longest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.console import Group
from rich.text import Text

from buildxray.cli.console import on_one_line
from buildxray.cli.logs import LoggedFile
from buildxray.ide.build_times import MeasuredBuild, Repaired
from buildxray.ide.seconds import about_seconds, exact_seconds, remaining, saving, title_with_saving
from buildxray.localization import _, ngettext
from buildxray.logs.escapes import visible
from buildxray.logs.matching import StepTime
from buildxray.logs.model import Status
from buildxray.logs.names import read_name
from buildxray.logs.prediction import Prediction
from buildxray.records import dataclass

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

_EMULATED: Final = "bold red"
_NATIVE: Final = "green"
_DOWNLOAD: Final = "blue"
_BAR: Final = 16
"""Columns of the longest bar."""
_LEAST_SHARE: Final = 0.003
"""The fraction of the total from which a step has a line of its own."""
_MOST_ROWS: Final = 25
_LEAST_INSTRUCTION: Final = 12


def times_text(file: LoggedFile) -> RenderableType:
    """All builds of a log that are of the Dockerfile; the others are named."""
    parts: list[RenderableType] = []
    for it in file.builds:
        parts += [*_build(it, file.path), ""]
    return Group(*parts[:-1])


def _build(measured: MeasuredBuild, path: str) -> Iterator[RenderableType]:
    times = measured.times
    request = times.plan.request
    if not times.fits:
        name = f"{visible(times.build.name)}: " if times.build.name else ""
        yield Text(_("{name}a build of another Dockerfile than {path}", name=name, path=on_one_line(path)), "dim")
        return
    targets = _(", ").join(map(str, request.target_platforms))
    head = Text.assemble((on_one_line(path), "bold"))
    if times.build.name:
        head.append(f"  {visible(times.build.name)}", "bold")
    head.append(
        "  " + _("built on {machine} for {targets}", machine=_(", ").join(map(str, request.machines)), targets=targets)
    )
    yield head
    yield _total(measured)
    yield ""
    yield _Rows(measured)
    yield ""
    yield from _summary(measured)


def _total(measured: MeasuredBuild) -> Text:
    times = measured.times
    text = Text.assemble((exact_seconds(times.total), "bold"))
    if times.is_total_logged:
        text.append(_(", critical path {seconds}", seconds=exact_seconds(times.critical_path.seconds)))
    else:
        text.append(_(" on the critical path; the log does not tell the total"))
    if times.build.is_failed:
        text.append("  ").append(_("failed"), _EMULATED)
    return text


@dataclass(frozen=True)
class _Rows:
    """The steps with bars; long instructions are cut so that the rest fits into the terminal."""

    measured: MeasuredBuild

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        times = self.measured.times
        shown = [it for it in times.measured if (it.seconds or 0.0) >= max(0.05, times.total * _LEAST_SHARE)]
        rows = shown[:_MOST_ROWS]
        marks = [_mark(it) for it in rows]
        widths = _Widths.of(rows, marks)
        for it, mark in zip(rows, marks, strict=True):
            yield self._row(it, mark, widths, options)
        indent = f"  {' ' * widths.line}  "
        yield Text(f"{indent}{_('* on the critical path')}", "dim")
        others = [it for it in times.measured if it not in rows]
        if others:
            yield Text(f"{indent}{_others(others)}", "dim")

    def _row(self, time: StepTime, mark: Text, widths: _Widths, options: ConsoleOptions) -> Text:
        seconds = time.seconds or 0.0
        block = "#" if options.ascii_only else "█"
        bar = block * max(1, round(_BAR * seconds / widths.longest)) if widths.longest else ""
        instruction = Text(_instruction(time))
        taken = widths.line + widths.seconds + widths.mark + _BAR + 12
        instruction.truncate(max(_LEAST_INSTRUCTION, options.max_width - taken), overflow="ellipsis", pad=False)
        row = Text.assemble(
            ("* " if self.measured.is_critical(time.step) else "  ", "bold"),
            (str(time.step.line or "").rjust(widths.line), "dim"),
            "  ",
            (exact_seconds(seconds).rjust(widths.seconds), "bold"),
            "  ",
            (bar.ljust(_BAR), _style(time)),
            "  ",
            mark,
            " " * (widths.mark - mark.cell_len + 2),
            instruction,
        )
        row.truncate(options.max_width, overflow="ellipsis")
        return row


class _Widths(NamedTuple):
    """The widths of columns, and the seconds of the longest bar."""

    line: int
    """Characters of the largest line number."""
    seconds: int
    """Characters of the longest time."""
    mark: int
    """Columns of the widest mark."""
    longest: float
    """Seconds of the longest step."""

    @classmethod
    def of(cls, rows: Sequence[StepTime], marks: Iterable[Text]) -> _Widths:
        """The widths that these rows need."""
        return cls(
            max((len(str(it.step.line or "")) for it in rows), default=0),
            max((len(exact_seconds(it.seconds or 0.0)) for it in rows), default=0),
            max((it.cell_len for it in marks), default=0),
            max((it.seconds or 0.0 for it in rows), default=0.0),
        )


def _others(others: Sequence[StepTime]) -> str:
    """`3 other steps: 1.2 s, 2 from the cache`."""
    seconds = sum(it.seconds or 0.0 for it in others)
    n_cached = sum(it.is_cached for it in others)
    text = ngettext(
        "{n} other step: {seconds}", "{n} other steps: {seconds}", len(others), seconds=exact_seconds(seconds)
    )
    return text + _(", {n} from the cache", n=n_cached) if n_cached else text


def _instruction(time: StepTime) -> str:
    """The instruction of a step as written, with each run of blanks reduced to one; the image for a pull."""
    return " ".join(visible(read_name(time.vertex.name).text.partition("@sha256:")[0]).split())


def _style(time: StepTime) -> str:
    if time.step.is_emulated:
        return _EMULATED
    return _DOWNLOAD if time.step.kind == "source" else _NATIVE


def _mark(time: StepTime) -> Text:
    step = time.step
    if step.platform is None:
        targets = _("shared") if len(step.targets) > 1 else str(step.targets[0]) if step.targets else ""
        mark = Text(targets.removeprefix("linux/"), "dim")
    else:
        name = str(step.platform).removeprefix("linux/")
        mark = Text(name, _style(time))
        if step.is_emulated:
            mark.append(" ").append(_("emulated"), _EMULATED)
        elif step.kind == "source":
            mark.append(" ").append(_("pull"), _DOWNLOAD)
    match time.vertex.status:
        case Status.FAILED:
            mark.append(" ").append(_("failed"), _EMULATED)
        case Status.CANCELED:
            mark.append(" ").append(_("cancelled"), "yellow")
        case _:
            pass
    if not time.is_exact:
        mark.append(" ").append(_("edited"), "dim")
    return mark


def _summary(measured: MeasuredBuild) -> Iterator[Text]:
    for it in summary(measured):
        yield Text(it)


def summary(measured: MeasuredBuild) -> Iterator[str]:
    """Sentences about a build: emulated, repeated and downloaded seconds, savings of fixes, differences to the Dockerfile."""
    pulls = sum(
        it.seconds or 0.0 for it in measured.times.measured if it.step.kind == "source" and it.step.platform is not None
    )
    yield from _about_runs(measured)
    if pulls >= 1:
        yield _("Pulling images: {seconds}, side by side.", seconds=exact_seconds(pulls))
    if measured.prediction is not None and measured.repaired is not None:
        yield from _about_fixes(measured, measured.prediction, measured.repaired)
        if pulls >= 1:
            yield _("The rest is download time, which a log cannot predict.")
    yield from _about_differences(measured)


def _about_runs(measured: MeasuredBuild) -> Iterator[str]:
    runs = [it for it in measured.times.measured if it.step.kind == "exec" and not it.is_cached]
    emulated = sum(it.seconds or 0.0 for it in runs if it.step.is_emulated)
    native = sum(it.seconds or 0.0 for it in runs if not it.step.is_emulated)
    if emulated:
        yield _(
            "RUN steps: {emulated} under emulation, {native} native.",
            emulated=exact_seconds(emulated),
            native=exact_seconds(native),
        )
    elif runs:
        yield _("RUN steps: {native}, all native.", native=exact_seconds(native))
    repeated = _repeated(measured)
    if repeated:
        yield _(
            "Executions of the same RUN for another platform, natively: {seconds}.", seconds=exact_seconds(repeated)
        )


def _about_fixes(measured: MeasuredBuild, prediction: Prediction, repaired: Repaired) -> Iterator[str]:
    command = "buildxray fix" if repaired.is_safe else "buildxray fix --unsafe"
    total = measured.times.total
    words = saving(prediction, total)
    if not words:
        yield _("`{command}` saves hardly any time in this build.", command=command)
        return
    if len(measured.savings) > 1:
        for fix in measured.savings:
            yield _("{sentence}.", sentence=title_with_saving(fix.title, fix.seconds, total))
    yield _(
        "`{command}` {saves}: the build would take {range}.",
        command=command,
        saves=words,
        range=remaining(prediction),
    )


def _about_differences(measured: MeasuredBuild) -> Iterator[str]:
    """Sentences on the differences between log, plan and Dockerfile."""
    times = measured.times
    if times.has_changed:
        yield _("The Dockerfile has changed since this build.")
    for it in times.matching.unmatched:
        yield _("Not in the Dockerfile: {step}", step=visible(it.name))
    if times.is_doubtful:
        yield _(
            "Plan and log do not agree: the critical path takes {path}, the build took {total}.",
            path=about_seconds(times.critical_path.seconds),
            total=about_seconds(times.total),
        )


def _repeated(measured: MeasuredBuild) -> float:
    """Seconds of native executions of an instruction beyond the first."""
    native: dict[tuple[int, ...], list[float]] = {}
    for it in measured.times.measured:
        if it.step.kind == "exec" and not it.step.is_emulated and not it.is_cached:
            native.setdefault(it.step.instructions, []).append(it.seconds or 0.0)
    return sum(sum(sorted(seconds)[:-1]) for seconds in native.values())
