"""The build that a Dockerfile describes, as objects: the model that rules and editor features read.

A `Build` has `Stage`s, a stage has `Instruction`s, a `Run` has `Command`s, and each refers to its parent. All are
views: they store no facts themselves but query the plan, the stage graph and the toolchains, and cache each result.
Within one build a stage or an instruction is one object, so `is` and `==` mean the same. A view belongs to one version
of one text; after an edit there is a new build.

    for stage in ctx.build.native_stages:
        for command in stage.commands(Effect.COMPILE):
            if command.use.wrong_targets:
                yield Finding(command.title_range, ...)

A value that depends on the target platform is a tuple, in the order of the request: with one item for each
target of the build, or for each target that needs the stage if the docstring names those. "Needed" means that
the image of some target depends on it; "native" means that a stage has the same platform for all targets, so
that they can share its steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from buildxray.plan.checks.events import CheckWarning
from buildxray.plan.checks.linter import all_warnings, buildkit_warnings
from buildxray.plan.environment import Environment
from buildxray.plan.memo import Memo
from buildxray.plan.model import Plan, PlanError, Step
from buildxray.plan.operations import StepKind
from buildxray.plan.outline import Cause
from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.platforms.aliases import architectures_of_path
from buildxray.platforms.platform import Platform
from buildxray.records import cached_property
from buildxray.semantics.absent_sources import AbsentSource, absent_sources, is_for_own_directory
from buildxray.semantics.artifacts import Artifacts
from buildxray.semantics.build_context import SplitContext, split_context
from buildxray.semantics.caches import CacheMount, cache_mounts
from buildxray.semantics.commands import Inventory
from buildxray.semantics.image_paths import has_no_workdir
from buildxray.semantics.instruction import Command, From, Instruction, KnownCommand, Run
from buildxray.semantics.mentions import Mention, mentions, mentions_of_file
from buildxray.semantics.needed_paths import needed_paths
from buildxray.semantics.refusals import refused_targets, targets_without_package
from buildxray.semantics.stage import Stage
from buildxray.semantics.stage_graph import Split, SplitCause, StageGraph
from buildxray.syntax import instructions as syntax
from buildxray.syntax import shell
from buildxray.syntax.instructions import Node
from buildxray.syntax.parser import Dockerfile, parse
from buildxray.syntax.variables import VariableReference
from buildxray.toolchains.base import Effect, Reading, Use, Workspace

__all__ = [
    "AbsentSource",
    "Build",
    "BuildRequest",
    "Builder",
    "CacheMount",
    "CheckWarning",
    "Command",
    "Dockerfile",
    "Effect",
    "From",
    "Instruction",
    "KnownCommand",
    "Plan",
    "PlanError",
    "Reading",
    "Run",
    "Split",
    "SplitCause",
    "Stage",
    "Step",
    "StepKind",
    "Subject",
    "Use",
    "VariableReference",
    "Workspace",
]


Subject = Mention | Effect | str
"""A subject of rules; a string is the name of a toolchain or of a check of BuildKit."""


class Builder:
    """Builds the versions of one document for one request. Results for unchanged instructions are reused."""

    def __init__(self, request: BuildRequest, workspace: Workspace | None = None) -> None:
        self.request = request
        self._workspace = workspace or Workspace()
        self._planner = Planner(request)

    def parse(self, text: str, earlier: Dockerfile | None = None) -> Dockerfile:
        """Parse a text; never raises. Nodes of unchanged instructions are reused from an earlier version."""
        return parse(text, earlier=earlier)

    def build(self, dockerfile: Dockerfile) -> Build:
        """Plan a parsed text; never raises."""
        return self.of_plan(self._planner.plan(dockerfile))

    def of_plan(self, plan: Plan) -> Build:
        """The build of an existing plan."""
        return Build(plan, self._workspace, self._planner.memo)


class Build:
    """One Dockerfile as BuildKit would build it for the target platforms of a request."""

    def __init__(self, plan: Plan, workspace: Workspace, memo: Memo) -> None:
        self.plan = plan
        """The steps that BuildKit would execute. For `semantics` only; other layers read the views."""
        self.graph = StageGraph(plan)
        """For `semantics` only."""
        self.inventory = Inventory(plan, self.graph, workspace, memo)
        """For `semantics` only."""
        self._memo = memo
        self._ignored = workspace.ignored

    def release(self) -> None:
        """Effect: forget the views, which refer to their build, so that it is freed without the garbage collector.

        For a build that is no longer read; a view that is read after that is computed again, as another object.
        """
        for stage in self.__dict__.get("stages", ()):
            stage.release()
        for instruction in self.__dict__.get("instructions", ()):
            # The commands of a RUN refer to it.
            instruction.__dict__.pop("commands", None)
        for name in self.__dict__.keys() - _WITHOUT_VIEWS:
            del self.__dict__[name]

    @cached_property
    def workspace(self) -> Workspace:
        """Facts from the files beside the Dockerfile, and from those of the directories that may be its build context.

        Where no file of the project names the context, the paths that the text needs decide.
        """
        workspace = self.inventory.workspace
        if workspace.facts_with is None:
            return workspace
        return workspace._replace(**workspace.facts_with(needed_paths(self.needed_stages)))

    @cached_property
    def file_architectures(self) -> frozenset[str]:
        """The architectures in the path of the Dockerfile, as TARGETARCH spells them: `Dockerfile.arm64`."""
        return architectures_of_path(self.workspace.dockerfile)

    @property
    def sibling_architectures(self) -> frozenset[str]:
        """The architectures in the names of the Dockerfiles of the directory, as TARGETARCH spells them."""
        return self.workspace.files_for

    @property
    def request(self) -> BuildRequest:
        """The target platforms, build machines and arguments of the build."""
        return self.plan.request

    @property
    def dockerfile(self) -> Dockerfile:
        """The parsed text."""
        return self.plan.dockerfile

    @property
    def text(self) -> str:
        """The text of the Dockerfile."""
        return self.plan.dockerfile.text

    @property
    def build_platform(self) -> Platform:
        """The platform of the build machine."""
        return self.plan.request.build_platform

    @cached_property
    def targets(self) -> tuple[Platform, ...]:
        """The target platforms that could be planned; none if the file has no stage."""
        return tuple(it.platform for it in self.plan.targets)

    @cached_property
    def errors(self) -> tuple[PlanError, ...]:
        """The errors for which BuildKit refuses the build; it reports the first only.

        An error that a WORKDIR or a variable of the base image would prevent is included only if the image certainly has none; one that
        depends on a build argument is not included.
        """
        return tuple(it for it in self.plan.errors if it.cause is not Cause.IMAGE or self._is_certain(it))

    def _is_certain(self, error: PlanError) -> bool:
        """True if neither the image below the instruction of an error nor a build argument can prevent it."""
        stage = next((it for it in reversed(self.stages) if it.from_.range.start < error.range.start), None)
        is_plain = stage is not None and has_no_workdir(stage.image_name)
        instruction = self.instruction_at(error.range.start)
        if instruction is None or not is_plain:
            return is_plain
        is_run = isinstance(instruction.node, syntax.Run)
        references = (
            it for it in instruction.variable_references() if not is_run or error.range.contains(it.range.start)
        )
        return not any(instruction.is_set(it.name) for it in references)

    @property
    def refusal(self) -> PlanError | None:
        """The reason why BuildKit refuses the build: an error, or with `error=true` a warning of its checks."""
        return next(iter(self.errors), self.plan.failing)

    @cached_property
    def split_context(self) -> SplitContext | None:
        """The separate loads of the build context for several targets; None if each machine loads it once."""
        return split_context(self.plan)

    @cached_property
    def check_warnings(self) -> tuple[CheckWarning, ...]:
        """The warnings of BuildKit's checks, in their order, even if an error would stop the checks."""
        return all_warnings(self.plan, self._memo, self._ignored)

    @cached_property
    def buildkit_warnings(self) -> tuple[CheckWarning, ...]:
        """The warnings that `docker buildx build --call=check` prints: those before the first error, which stops it."""
        return buildkit_warnings(self.plan, self._memo, self._ignored)

    @cached_property
    def _warnings_by_check(self) -> dict[str, list[CheckWarning]]:
        by_check: dict[str, list[CheckWarning]] = {}
        for warning in self.check_warnings:
            by_check.setdefault(warning.check.name, []).append(warning)
        return by_check

    def warnings_of(self, check: str) -> Sequence[CheckWarning]:
        """The warnings of the check with that name, in its order."""
        return self._warnings_by_check.get(check, ())

    def stage_argument_line(self, name: str, instruction: Instruction) -> int | None:
        """The 1-based line of an ARG of a stage that declares a name, the last one before an instruction, or else the first one after it; None without one."""
        return self.plan.outline.stage_argument_line(name, instruction.idx)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """All stages, in the order of the file."""
        return tuple(Stage(self, it) for it in self.plan.stages)

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """All instructions, in the order of the file."""
        stages = self.stages
        stage_of: list[Stage | None] = [None] * len(self.plan.dockerfile.instructions)
        for stage in stages:
            outlined = stage.outline
            stage_of[outlined.from_idx : outlined.end_idx] = [stage] * (outlined.end_idx - outlined.from_idx)
        return tuple(
            _VIEWS.get(type(instruction.node), Instruction)(self, stage_of[idx], idx)
            for idx, instruction in enumerate(self.plan.dockerfile.instructions)
        )

    @cached_property
    def mentions(self) -> frozenset[Mention]:
        """The union of the mentions of all instructions."""
        dockerfile = self.plan.dockerfile
        return frozenset(mentions_of_file(dockerfile)).union(*[mentions(it.node) for it in dockerfile.instructions])

    @cached_property
    def subjects(self) -> frozenset[Subject]:
        """The mentions, the effects of commands, the names of their toolchains, and the names of BuildKit's checks that warn."""
        of_commands = [self.inventory.subjects(it.idx) for it in self.plan.stages]
        return frozenset().union(self.mentions, self._warnings_by_check, *of_commands)

    @cached_property
    def steps_by_instruction(self) -> dict[int, list[Step]]:
        """The steps of each instruction, including those of mounts and triggers, in the order of the plan."""
        steps: dict[int, list[Step]] = {}
        for step in self.plan.steps:
            for idx in step.instructions:
                steps.setdefault(idx, []).append(step)
        return steps

    @cached_property
    def global_instructions(self) -> tuple[Instruction, ...]:
        """The instructions before the first FROM."""
        return tuple(it for it in self.instructions if it.stage is None)

    @cached_property
    def starting(self) -> Instruction | None:
        """The instruction that starts the image: its last ENTRYPOINT, otherwise its last CMD; None if the file has neither."""
        image = [it for stage in self.needed_stages if stage.is_image for it in stage.instructions]
        entrypoints = [it for it in image if isinstance(it.node, syntax.Entrypoint)]
        commands = entrypoints or [it for it in image if isinstance(it.node, syntax.Cmd)]
        return commands[-1] if commands else None

    @cached_property
    def started_programs(self) -> tuple[str, ...]:
        """The programs that the image starts, as written, in the order of its script: `./app` of `["tini", "--", "./app"]` and of `exec ./app`.

        Without the shells, and without programs that a variable names. An ENTRYPOINT such as `["tini", "--"]` starts those of CMD.
        """
        if self.starting is None:
            return ()
        commands = shell.read_script(self.starting.node).commands
        if any(map(shell.awaits_program, commands)):
            image = (it for stage in self.needed_stages if stage.is_image for it in stage.instructions)
            arguments = [it for it in image if isinstance(it.node, syntax.Cmd)]
            commands = shell.read_script(arguments[-1].node).commands if arguments else ()
        programs = (it.words[0].value for it in commands if it.words and it.name not in shell.SHELLS)
        return tuple(it for it in programs if it)

    @cached_property
    def needed_stages(self) -> tuple[Stage, ...]:
        """The stages that the image of some target depends on."""
        return tuple(it for it in self.stages if it.is_needed)

    @cached_property
    def absent_sources(self) -> tuple[AbsentSource, ...]:
        """The sources of COPY and ADD at which a build from a checkout stops; nothing is emulated then."""
        return self.absent_in(self.workspace)

    def absent_in(self, workspace: Workspace) -> tuple[AbsentSource, ...]:
        """The sources at which a build stops whose context is that of a workspace."""
        return absent_sources((it for stage in self.needed_stages for it in stage.instructions), workspace)

    @cached_property
    def is_for_own_directory(self) -> bool:
        """True if the directory of the Dockerfile, which is below the context, has all paths that the build copies from the context."""
        instructions = (it for stage in self.needed_stages for it in stage.instructions)
        return is_for_own_directory(instructions, self.workspace)

    @cached_property
    def native_stages(self) -> tuple[Stage, ...]:
        """The needed stages that have one platform for all targets."""
        return tuple(it for it in self.needed_stages if it.is_native)

    @cached_property
    def impossible_targets(self) -> frozenset[Platform]:
        """The targets whose build surely stops, because an image or a package that it needs is known not to exist, or a script tests for another platform."""
        missing = (target for stage in self.needed_stages for target in stage.impossible_targets)
        without = (target for it in self._needed_runs for target in targets_without_package(it))
        return frozenset((*missing, *without, *self.refused_targets))

    @cached_property
    def refused_targets(self) -> frozenset[Platform]:
        """The targets for which a script of the file ends with a failure on purpose, because it tests for another platform."""
        return frozenset(target for it in self._needed_runs for target in refused_targets(it))

    @property
    def _needed_runs(self) -> Iterator[Run]:
        return (run for stage in self.needed_stages for run in stage.runs)

    @property
    def target_stage(self) -> Stage | None:
        """The stage that becomes the image; None only in a file without stages."""
        return None if self.plan.target_stage is None else self.stages[self.plan.target_stage]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all targets together, inputs first."""
        return self.plan.steps

    @cached_property
    def run_steps(self) -> tuple[Step, ...]:
        """The steps that execute a RUN."""
        return tuple(it for it in self.plan.steps if it.kind == "exec")

    @cached_property
    def emulated_steps(self) -> tuple[Step, ...]:
        """The RUN steps that execute on another architecture than the build machine's."""
        return tuple(it for it in self.run_steps if it.is_emulated)

    @cached_property
    def repeated_runs(self) -> tuple[Run, ...]:
        """The RUN instructions that execute several times, once for each of some targets."""
        return tuple(run for stage in self.needed_stages for run in stage.runs if len(run.steps) > 1)

    @cached_property
    def artifacts(self) -> Artifacts:
        """The files that reach the image, their makers, and the machines that they are for."""
        return Artifacts(self.graph, self.inventory)

    @cached_property
    def cache_mounts(self) -> tuple[CacheMount, ...]:
        """The cache mounts of all needed RUN instructions, one for each target; those that BuildKit refuses are left out."""
        return tuple(cache_mounts(self.graph))

    @cached_property
    def global_arguments(self) -> tuple[Environment, ...]:
        """The arguments that FROM and the instructions before the first one see, for each target."""
        return tuple(it.conversion.resolved.global_arguments for it in self.plan.targets)

    def instruction_at(self, offset: int) -> Instruction | None:
        """The instruction whose lines contain an offset of the text."""
        idx = self.dockerfile.index_at(offset)
        return None if idx is None else self.instructions[idx]

    def uses_after(self, instruction: Instruction, name: str) -> bool:
        """True if an instruction that comes later in the file uses a variable, other than to show it in the log."""
        return self._last_users.get(name, -1) > instruction.idx

    @cached_property
    def _last_users(self) -> dict[str, int]:
        return {name: it.idx for it in self.instructions for name in it.variable_names if not it.only_shows(name)}

    def is_better_than(self, other: Build) -> bool:
        """True if this version emulates fewer steps than `other`, with no more steps and no more errors."""
        return (
            len(self.errors) <= len(other.errors)
            and len(self.steps) <= len(other.steps)
            and len(self.emulated_steps) < len(other.emulated_steps)
        )


_WITHOUT_VIEWS = frozenset(("plan", "graph", "inventory", "_memo", "_ignored"))
"""The attributes of `Build` that do not refer to it."""
_VIEWS: dict[type[Node], Callable[[Build, Stage | None, int], Instruction]] = {syntax.From: From, syntax.Run: Run}
