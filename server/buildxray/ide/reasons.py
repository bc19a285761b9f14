"""Why an instruction is executed several times, in words."""

from __future__ import annotations

from buildxray.plan.facts import Facts, SplitCause


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


def _line(facts: Facts, instruction: int) -> int:
    return facts.plan.instruction(instruction).first_line
