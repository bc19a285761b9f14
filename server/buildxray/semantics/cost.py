"""The cost of instructions and stages, and its wording.

The terminal, inlay hints, hovers, code lenses, the picture and the JSON of plans all use this module, and
`tests/ide/test_cost_everywhere.py` checks that they agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from buildxray.localization import _, ngettext
from buildxray.platforms.platform import Platform
from buildxray.records import dataclass
from buildxray.semantics.build import Build, Instruction, Run, Split, SplitCause, Stage, Step


class Cost(Enum):
    """The cost of one step."""

    SHARED = "shared"
    """Executed once, for several targets."""
    NATIVE = "native"
    """A RUN on the build machine, for one target."""
    EMULATED = "emulated"
    """A RUN on another architecture than the build machine's, for whatever number of targets."""
    REPEATED = "repeated"
    """A RUN that executes once per platform and need not."""
    SEPARATE = "separate"
    """A step without a command, for one target."""


def step_cost(step: Step, *, is_needless: bool = False) -> Cost:
    """The cost of a step; `is_needless` if its RUN would execute fewer times with every declaration in its place."""
    if step.is_emulated:
        return Cost.EMULATED
    if is_needless:
        return Cost.REPEATED
    if len(step.targets) > 1:
        return Cost.SHARED
    return Cost.NATIVE if step.kind == "exec" else Cost.SEPARATE


def cost_word(cost: Cost) -> str:
    """A cost in a word."""
    match cost:
        case Cost.SHARED:
            return _("shared")
        case Cost.NATIVE:
            return _("native")
        case Cost.EMULATED:
            return _("emulated")
        case Cost.REPEATED:
            return _("repeated")
        case Cost.SEPARATE:
            return _("per platform")


class Sharing(Enum):
    """The number of times that an instruction executes, in relation to its targets."""

    NONE = "none"
    """No step, or no target that needs it."""
    ONCE = "once"
    """One step, for one target."""
    SHARED = "shared"
    """Once, for several targets."""
    SEVERAL = "several"
    """Several steps."""


@dataclass(frozen=True, slots=True)
class Execution:
    """The executions of an instruction: their number, their targets, and those under emulation."""

    steps: tuple[Step, ...]
    n_targets: int
    """The number of targets of the build."""

    @property
    def n_steps(self) -> int:
        """The number of executions."""
        return len(self.steps)

    @property
    def sharing(self) -> Sharing:
        """The kind of sharing of the instruction's steps between targets."""
        if len(self.steps) > 1:
            return Sharing.SEVERAL
        if not self.steps:
            return Sharing.NONE
        return Sharing.SHARED if len(self.steps[0].targets) > 1 else Sharing.ONCE

    @property
    def n_served(self) -> int:
        """The number of targets that need it."""
        return len({target for step in self.steps for target in step.targets})

    @property
    def emulated(self) -> tuple[Step, ...]:
        """The emulated steps."""
        return tuple(it for it in self.steps if it.is_emulated)

    @property
    def emulated_platforms(self) -> tuple[Platform, ...]:
        """The platforms for which it is emulated."""
        return tuple(dict.fromkeys(it.platform for it in self.emulated if it.platform is not None))

    @property
    def is_run(self) -> bool:
        """True if it executes a command."""
        return any(it.kind == "exec" for it in self.steps)

    @property
    def count_word(self) -> str:
        """`×2`, `shared` or `once`; empty if it has no step."""
        match self.sharing:
            case Sharing.SEVERAL:
                return f"×{len(self.steps)}"
            case Sharing.SHARED:
                return cost_word(Cost.SHARED)
            case Sharing.ONCE:
                return _("once")
            case Sharing.NONE:
                return ""

    @property
    def machine_word(self) -> str:
        """`native`, `emulated` or `1 emulated`; empty if it executes nothing."""
        if not self.is_run:
            return ""
        if not self.emulated:
            return cost_word(Cost.NATIVE)
        return _("{n} emulated", n=len(self.emulated)) if len(self.steps) > 1 else cost_word(Cost.EMULATED)

    @property
    def emulation(self) -> str:
        """`emulated: linux/arm64`; empty if nothing is emulated."""
        if not self.emulated:
            return ""
        return _("emulated: {platforms}", platforms=_(", ").join(map(str, self.emulated_platforms)))


def execution(instruction: Instruction) -> Execution:
    """Return the executions of an instruction."""
    return Execution(instruction.steps, len(instruction.build.targets))


def trigger_execution(stage: Stage, steps: tuple[Step, ...]) -> Execution:
    """The executions of an inherited ONBUILD trigger, given its steps."""
    return Execution(steps, len(stage.build.targets))


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a stage or a build."""

    n_steps: int
    n_runs: int
    """The number of steps that execute a RUN."""
    n_emulated: int
    """The number of RUN steps under emulation."""
    emulated_platforms: tuple[Platform, ...]
    repeated: tuple[Run, ...]
    """The RUN instructions that execute several times."""


def build_totals(build: Build) -> Totals:
    """The totals of a build."""
    return _totals(build.steps, build.repeated_runs)


def stage_totals(stage: Stage) -> Totals:
    """The totals of a stage over the steps of its own instructions, FROM included."""
    steps = {step.idx: step for it in (stage.from_, *stage.instructions) for step in it.steps}
    return _totals(steps.values(), [it for it in stage.runs if len(it.steps) > 1])


def _totals(steps: Iterable[Step], repeated: Iterable[Run]) -> Totals:
    counted = [*steps]
    runs = [it for it in counted if it.kind == "exec"]
    emulated = [it for it in runs if it.is_emulated]
    platforms = dict.fromkeys(it.platform for it in emulated if it.platform is not None)
    return Totals(len(counted), len(runs), len(emulated), tuple(platforms), tuple(repeated))


def context_note(build: Build) -> str:
    """A sentence about a build context that BuildKit loads several times; empty for others."""
    split = build.split_context
    if split is None:
        return ""
    more = ngettext(
        "BuildKit's log lists {n} more step; steps whose files are equal run once",
        "BuildKit's log lists {n} more steps; steps whose files are equal run once",
        split.n_more_steps,
    )
    if split.instruction is None:
        return _(
            "The build context is loaded {n} times, because the targets use different paths of it: {more}.",
            n=split.n_loads,
            more=more,
        )
    return _(
        "The build context is loaded {n} times, because line {line} uses a different path for each target: {more}.",
        n=split.n_loads,
        line=build.instructions[split.instruction].line,
        more=more,
    )


# The reasons for several executions of an instruction, and for the platform of a stage


def split_reason(instruction: Instruction) -> str:
    """A sentence about an instruction that executes several times; empty for others."""
    split = instruction.split
    if split is None:
        return ""
    build = instruction.build
    match split.cause:
        case SplitCause.PLATFORM:
            reason = _("its stage has the platform of each target")
        case SplitCause.ENVIRONMENT:
            reason = ngettext(
                "{names} is in its environment and has a value per platform",
                "{names} are in its environment and have a value per platform",
                len(split.variables),
                names=_variables(build, split, quoted=True),
            )
        case SplitCause.TEXT:
            reason = ngettext(
                "{names} is in its text and has a value per platform",
                "{names} are in its text and have a value per platform",
                len(split.variables),
                names=_variables(build, split, quoted=True),
            )
        case SplitCause.FILES:
            reason = (
                _("its input files differ between the platforms")
                if split.origin == instruction.idx
                else _(
                    "its input files differ between the platforms since line {line}", line=_line(build, split.origin)
                )
            )
    return _("Executed {n} times: {reason}.", n=split.n_steps, reason=reason)


def split_note(instruction: Instruction) -> str:
    """The reason for several steps in a few words, for a line of a terminal; empty if the line above shows the same reason."""
    split, stage = instruction.split, instruction.stage
    if split is None or stage is None:
        return ""
    build = instruction.build
    match split.cause:
        case SplitCause.PLATFORM:
            return _("on each target platform") if instruction is stage.from_ else ""
        case SplitCause.ENVIRONMENT:
            return _("{names} in environment", names=_variables(build, split))
        case SplitCause.TEXT:
            return _("{names} in text", names=_variables(build, split))
        case SplitCause.FILES:
            if build.instructions[split.origin].stage is stage and not stage.is_native:
                return ""
            if split.origin == instruction.idx:
                return _("input files differ")
            return _("input files differ since line {line}", line=_line(build, split.origin))


def split_label(instruction: Instruction) -> str:
    """The cause of differing steps, for the picture; empty if an earlier instruction is the first to differ."""
    split = instruction.split
    if split is None or split.origin != instruction.idx:
        return ""
    match split.cause:
        case SplitCause.ENVIRONMENT | SplitCause.TEXT:
            names = _(", ").join(split.variables)
            if split.declared_at is None:
                return _("split by {names}", names=names)
            return _("split by {names}, line {line}", names=names, line=_line(instruction.build, split.declared_at))
        case SplitCause.FILES:
            return _("split: its input files differ")
        case SplitCause.PLATFORM:
            return ""


def platform_origin(stage: Stage) -> str:
    """The source of a stage's platform: its base, its flag or the target."""
    if stage.bases:
        return _("same as {stages}", stages=_(", ").join(it.display_name for it in stage.bases))
    flag = stage.from_.platform
    is_scratch = all(it == "scratch" for it in stage.base_names)
    if flag is not None and flag.value is not None and not is_scratch:
        return f"--platform={flag.value.text}"
    return _("target platform")


def _variables(build: Build, split: Split, *, quoted: bool = False) -> str:
    names = _(", ").join(f"`{it}`" if quoted else it for it in split.variables)
    if split.declared_at is None:
        return names
    return _("{names} (line {line})", names=names, line=_line(build, split.declared_at))


def _line(build: Build, idx: int) -> int:
    return build.instructions[idx].line
