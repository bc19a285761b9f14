"""A plan as a person reads it in a terminal: stages, what each instruction costs, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.console import Group
from rich.text import Text

from buildxray.ide.reasons import platform_origin
from buildxray.localization import _, localized, ngettext
from buildxray.semantics.stage_graph import Facts, Split, SplitCause

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from buildxray.plan.model import Plan, Step
    from buildxray.plan.outline import StageOutline

_EMULATED: Final = "bold red"
_NATIVE: Final = "green"
_REPEATED: Final = "yellow"
_SHARED: Final = "cyan"
_MARGINS: Final = 8
_LEAST: Final = 16
"""Columns of an instruction that are shown in any case."""


def plan_text(plan: Plan, path: str, origin: str = "") -> RenderableType:
    """The stages of a plan with their steps, and the totals; `origin` says where the target platforms come from."""
    writer = _Writer(plan)
    request = plan.request
    targets = _(", ").join(map(str, request.target_platforms))
    built = _("built on {machine} for {targets}", machine=request.build_platform, targets=targets)
    head = Text.assemble((path, "bold"), f"  {built}")
    if origin:
        head.append(f"  ({localized(origin)})", "dim")
    errors = [_error(path, it.line, localized(it.message)) for it in plan.errors[:1]]
    return Group(head, *errors, "", *(writer.stage(it) for it in plan.stages), writer.totals())


def _error(path: str, line: int, message: str) -> Text:
    return Text.assemble((f"{path}:{line}", "bold"), ": ", (_("BuildKit refuses this file"), "bold red"), ": ", message)


class _Row(NamedTuple):
    """An instruction that makes steps."""

    line: str
    instruction: Text
    mark: Text
    reason: Text


@dataclass(frozen=True)
class _Rows:
    """Rows in columns; long instructions are cut so that the rest fits into the terminal."""

    rows: list[_Row]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        n_mark = max((it.mark.cell_len for it in self.rows), default=0)
        n_line = max((len(it.line) for it in self.rows), default=0)
        n_reason = min(max((it.reason.cell_len for it in self.rows), default=0), max(0, options.max_width // 3))
        n_longest = max((it.instruction.cell_len for it in self.rows), default=0)
        n_room = options.max_width - n_line - n_mark - n_reason - _MARGINS
        n_instruction = max(_LEAST, min(n_longest, n_room))
        for row in self.rows:
            instruction = row.instruction.copy()
            instruction.truncate(n_instruction, overflow="ellipsis", pad=True)
            padding = " " * (n_mark - row.mark.cell_len)
            line = Text.assemble("  ", (row.line.rjust(n_line), "dim"), "  ", instruction, "  ", row.mark)
            if row.reason:
                line.append_text(Text.assemble(padding, "  ", row.reason))
            line.truncate(options.max_width, overflow="ellipsis")
            yield line


class _Writer:
    """Writes the parts of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.facts = Facts(plan)
        self.n_targets = len(plan.targets)

    def stage(self, stage: StageOutline) -> RenderableType:
        if stage.idx not in self.facts.needed_stages:
            return Group(Text.assemble(stage.display_name, "  ", _("not needed"), style="dim"), "")
        rows = [
            _Row(self._line(idx), self._instruction(idx), self._mark(steps), self._reason(stage, idx, steps))
            for idx in range(stage.from_idx, stage.end_idx)
            if (steps := self.facts.steps(idx))
        ]
        return Group(self._headline(stage), _Rows(rows), "")

    def _headline(self, stage: StageOutline) -> Text:
        platforms = _(", ").join(dict.fromkeys(str(it) for it in self.facts.platforms(stage.idx)))
        text = Text.assemble(
            (stage.display_name, "bold"), f"  {platforms}", (f"  {platform_origin(self.facts, stage)}", "dim")
        )
        if stage.idx == self.plan.target_stage:
            text.append("  ").append(_("becomes the image"), "bold")
        return text

    def _line(self, idx: int) -> str:
        return str(self.plan.instruction(idx).first_line)

    def _instruction(self, idx: int) -> Text:
        node = self.plan.node(idx)
        keyword = node.keyword.text
        return Text.assemble((keyword, "bold"), " ".join(["", *node.text[len(keyword) :].split()]))

    def _mark(self, steps: tuple[Step, ...]) -> Text:
        emulated = [it for it in steps if it.is_emulated]
        if len(steps) > 1:
            text = Text(f"×{len(steps)}", _REPEATED)
        elif self.n_targets > 1 and len(steps[0].targets) == self.n_targets:
            text = Text(_("shared"), _SHARED)
        else:
            text = Text(_("once"))
        if emulated:
            count = _("{n} emulated", n=len(emulated)) if len(steps) > 1 else _("emulated")
            text.append(f" {count}", _EMULATED)
        elif steps[0].kind == "exec":
            text.append(" ").append(_("native"), _NATIVE)
        return text

    def _reason(self, stage: StageOutline, idx: int, steps: tuple[Step, ...]) -> Text:
        emulated = dict.fromkeys(str(it.platform) for it in steps if it.is_emulated)
        parts = [_(", ").join(emulated)] if emulated else []
        split = self.facts.split(idx)
        if split is not None and (words := self._cause(stage, idx, split)):
            parts.append(words)
        return Text(_("; ").join(parts), "dim")

    def _cause(self, stage: StageOutline, idx: int, split: Split) -> str:
        names = _(", ").join(split.variables)
        if split.declared_at is not None:
            names = _("{names} (line {line})", names=names, line=self._line(split.declared_at))
        match split.cause:
            case SplitCause.PLATFORM:
                return _("on each target platform") if idx == stage.from_idx else ""
            case SplitCause.ENVIRONMENT:
                return _("{names} in environment", names=names)
            case SplitCause.TEXT:
                return _("{names} in text", names=names)
            case SplitCause.FILES:
                is_begin = split.origin == idx
                follows = stage.from_idx <= split.origin < stage.end_idx and stage.idx not in self.facts.native_stages
                if follows:
                    return ""
                if is_begin:
                    return _("files differ")
                return _("files differ since line {line}", line=self._line(split.origin))

    def totals(self) -> RenderableType:
        runs = [it for it in self.plan.steps if it.kind == "exec"]
        emulated = [it for it in runs if it.is_emulated]
        text = Text.assemble((ngettext("{n} step", "{n} steps", len(self.plan.steps)), "bold"))
        text.append(_(", of these "))
        text.append(ngettext("{n} RUN: ", "{n} RUNs: ", len(runs)))
        text.append(_("{n} emulated", n=len(emulated)), _EMULATED if emulated else _NATIVE)
        platforms = dict.fromkeys(str(it.platform) for it in emulated)
        if platforms:
            text.append(_(" ({platforms})", platforms=_(", ").join(platforms)))
        if self.n_targets > 1:
            text.append(
                ngettext(
                    "; {n} RUN instruction executed once per platform",
                    "; {n} RUN instructions executed once per platform",
                    self.facts.repeated_runs(self.facts.needed_stages),
                )
            )
        return text
