"""RUN, COPY, ADD, WORKDIR: how often and where they execute, and why more than once."""

from __future__ import annotations

from buildxray.ide.analysis import Analysis
from buildxray.ide.hover.base import Hover, platforms_note
from buildxray.ide.reasons import split_reason
from buildxray.localization import _, ngettext
from buildxray.plan.model import Step
from buildxray.syntax.instructions import Copying, Run, Workdir


def keyword(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the keyword at an offset; None for instructions that make no step."""
    for idx, instruction in enumerate(analysis.dockerfile.instructions):
        node = instruction.node
        range_ = instruction.range_of(node.keyword)
        if isinstance(node, Run | Copying | Workdir) and range_.contains(offset):
            return Hover(range_, "\n\n".join(filter(None, _described(analysis, idx))))
    return None


def _described(analysis: Analysis, idx: int) -> list[str]:
    facts = analysis.context.facts
    steps = facts.steps(idx)
    name = analysis.plan.node(idx).name
    if not steps:
        return [_("**`{name}`** makes no step: no target needs it.", name=name)]
    n_targets = len(analysis.request.target_platforms)
    if len(steps) == 1 and len(steps[0].targets) == n_targets > 1:
        headline = _("**`{name}`** runs once, for all {n} platforms", name=name, n=n_targets)
    else:
        headline = ngettext("**`{name}`** runs once", "**`{name}`** runs {n} times", len(steps), name=name)
    return [
        headline,
        "\n".join(f"- {_shown(it)}" for it in steps),
        split_reason(facts, idx),
        platforms_note(analysis),
    ]


def _shown(step: Step) -> str:
    targets = _(", ").join(f"`{it}`" for it in step.targets)
    if step.platform is None:
        return _("for {targets}", targets=targets)
    if step.is_emulated:
        return _("on `{platform}`, **emulated**, for {targets}", platform=step.platform, targets=targets)
    return _("on `{platform}`, native, for {targets}", platform=step.platform, targets=targets)
