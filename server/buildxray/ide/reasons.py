"""Why a stage has its platform, and why an instruction is executed several times, in words."""

from __future__ import annotations

from buildxray.localization import _, ngettext
from buildxray.plan.outline import StageOutline
from buildxray.semantics.stage_graph import Facts, Split, SplitCause
from buildxray.syntax.instructions import From


def split_reason(facts: Facts, instruction: int) -> str:
    """A sentence about an instruction that makes several steps; empty for one that does not."""
    split = facts.split(instruction)
    if split is None:
        return ""
    match split.cause:
        case SplitCause.PLATFORM:
            reason = _("its stage has the platform of each target")
        case SplitCause.ENVIRONMENT:
            reason = ngettext(
                "{names} is in its environment and has a value per platform",
                "{names} are in its environment and have a value per platform",
                len(split.variables),
                names=_variables(facts, split),
            )
        case SplitCause.TEXT:
            reason = ngettext(
                "{names} is in its text and has a value per platform",
                "{names} are in its text and have a value per platform",
                len(split.variables),
                names=_variables(facts, split),
            )
        case SplitCause.FILES:
            reason = (
                _("the files that it works on differ")
                if split.origin == instruction
                else _("the files that it works on differ since line {line}", line=_line(facts, split.origin))
            )
    return _("Executed {n} times: {reason}.", n=split.n_steps, reason=reason)


def _variables(facts: Facts, split: Split) -> str:
    names = _(", ").join(f"`{it}`" for it in split.variables)
    if split.declared_at is None:
        return names
    return _("{names} (line {line})", names=names, line=_line(facts, split.declared_at))


def platform_origin(facts: Facts, stage: StageOutline) -> str:
    """Where the platform of a stage comes from."""
    bases = facts.bases(stage.idx)
    if bases:
        return _("that of {stages}", stages=_(", ").join(facts.plan.stages[it].display_name for it in bases))
    node = facts.plan.node(stage.from_idx)
    flag = node.platform if isinstance(node, From) else None
    is_scratch = all(it.stages[stage.idx].base_name == "scratch" for it in facts.plan.targets)
    if flag is not None and flag.value is not None and not is_scratch:
        return f"--platform={flag.value.text}"
    return _("the target's")


def _line(facts: Facts, instruction: int) -> int:
    return facts.plan.instruction(instruction).first_line
