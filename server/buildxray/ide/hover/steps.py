"""RUN, COPY, ADD, WORKDIR: how often and where they execute, and why more than once."""

from __future__ import annotations

from buildxray.ide.analysis import Analysis
from buildxray.ide.hover.base import Hover, platforms_note
from buildxray.localization import _, ngettext
from buildxray.semantics.build import Instruction, Step
from buildxray.semantics.cost import Execution, Sharing, execution, split_reason
from buildxray.syntax.instructions import Copying, Run, Workdir


def keyword(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the keyword at an offset; None for instructions that make no step."""
    for instruction in analysis.build.instructions:
        is_step = isinstance(instruction.node, Run | Copying | Workdir)
        if is_step and instruction.keyword_range.contains(offset):
            parts = filter(None, _described(analysis, instruction))
            return Hover(instruction.keyword_range, "\n\n".join(parts))
    return None


def _described(analysis: Analysis, instruction: Instruction) -> list[str]:
    name = instruction.keyword
    executed = execution(instruction)
    if executed.sharing is Sharing.NONE:
        return [_("**`{name}`** makes no step: no target needs it.", name=name)]
    return [
        _headline(name, executed),
        "\n".join(f"- {_shown(it)}" for it in executed.steps),
        split_reason(instruction),
        platforms_note(analysis),
    ]


def _headline(name: str, executed: Execution) -> str:
    if executed.sharing is not Sharing.SHARED:
        return ngettext("**`{name}`** runs once", "**`{name}`** runs {n} times", executed.n_steps, name=name)
    if executed.n_served == executed.n_targets:
        return _("**`{name}`** runs once, for all {n} platforms", name=name, n=executed.n_targets)
    return _(
        "**`{name}`** runs once, shared by {n} of {n_targets} platforms",
        name=name,
        n=executed.n_served,
        n_targets=executed.n_targets,
    )


def _shown(step: Step) -> str:
    targets = _(", ").join(f"`{it}`" for it in step.targets)
    if step.platform is None:
        return _("for {targets}", targets=targets)
    if step.is_emulated:
        return _("on `{platform}`, **emulated**, for {targets}", platform=step.platform, targets=targets)
    return _("on `{platform}`, native, for {targets}", platform=step.platform, targets=targets)
