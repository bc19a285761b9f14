"""Why a stage has its platform, and why an instruction is executed several times, in words."""

from __future__ import annotations

from buildxray.plan.facts import Facts, SplitCause
from buildxray.plan.outline import StageOutline
from buildxray.syntax.instructions import From


def split_reason(facts: Facts, instruction: int) -> str:
    """A sentence about an instruction that makes several steps; empty for one that does not."""
    split = facts.split(instruction)
    if split is None:
        return ""
    begin = f"Executed {split.n_steps} times: "
    names = ", ".join(f"`{it}`" for it in split.variables)
    declared = "" if split.declared_at is None else f" (line {_line(facts, split.declared_at)})"
    match split.cause:
        case SplitCause.PLATFORM:
            return f"{begin}its stage has the platform of each target."
        case SplitCause.ENVIRONMENT:
            return f"{begin}{names}{declared} is in its environment and has a value per platform."
        case SplitCause.TEXT:
            return f"{begin}{names}{declared} is in its text and has a value per platform."
        case SplitCause.FILES:
            since = "" if split.origin == instruction else f" since line {_line(facts, split.origin)}"
            return f"{begin}the files that it works on differ{since}."


def platform_origin(facts: Facts, stage: StageOutline) -> str:
    """Where the platform of a stage comes from."""
    bases = facts.bases(stage.idx)
    if bases:
        names = ", ".join(facts.plan.stages[it].display_name for it in bases)
        return f"that of {names}"
    node = facts.plan.node(stage.from_idx)
    flag = node.platform if isinstance(node, From) else None
    is_scratch = all(it.stages[stage.idx].base_name == "scratch" for it in facts.plan.targets)
    if flag is not None and flag.value is not None and not is_scratch:
        return f"--platform={flag.value.text}"
    return "the target's"


def _line(facts: Facts, instruction: int) -> int:
    return facts.plan.instruction(instruction).first_line
