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

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property

from buildxray.plan.checks.events import CheckWarning
from buildxray.plan.checks.linter import all_warnings, buildkit_warnings
from buildxray.plan.contexts import NamedContext
from buildxray.plan.environment import Environment
from buildxray.plan.memo import Memo
from buildxray.plan.model import Plan, PlanError, Step, TargetPlan
from buildxray.plan.operations import StepKind
from buildxray.plan.outline import Cause, StageOutline
from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.plan.scope import Scope
from buildxray.platforms.aliases import architectures_of_path
from buildxray.platforms.platform import Platform, can_run
from buildxray.records import dataclass
from buildxray.semantics.artifacts import Artifacts
from buildxray.semantics.build_context import SplitContext, split_context
from buildxray.semantics.caches import CacheMount, cache_mounts
from buildxray.semantics.commands import Inventory
from buildxray.semantics.conditions import depends_on_platform
from buildxray.semantics.file_flow import copied_files, way_into_image
from buildxray.semantics.image_paths import WITHOUT_WORKDIR
from buildxray.semantics.mentions import Mention, mentions, mentions_of_file, sources_named
from buildxray.semantics.stage_graph import Consumer, Facts, Split, SplitCause
from buildxray.syntax import instructions as syntax
from buildxray.syntax import shell
from buildxray.syntax.expansion import expand
from buildxray.syntax.instructions import Flag, Node, Pair, Problem, Span, Token
from buildxray.syntax.lexer import ExpansionError, lex
from buildxray.syntax.parser import Dockerfile, parse
from buildxray.syntax.text import TextRange
from buildxray.syntax.variables import VariableReference, variable_names, variable_references
from buildxray.toolchains.base import Effect, Invocation, Reading, Use, Workspace

__all__ = [
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
"""What a rule can be about; a string is the name of a toolchain or of a check of BuildKit."""


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
        self.graph = Facts(plan)
        """For `semantics` only."""
        self.inventory = Inventory(plan, self.graph, workspace, memo)
        """For `semantics` only."""
        self._memo = memo
        self._ignored = workspace.ignored

    def release(self) -> None:
        """Effect: forget the views, which refer to their build, so that it is freed without the garbage collector.

        For a build that nobody reads any more; a view that is asked for after that is computed again, as another object.
        """
        for stage in self.__dict__.get("stages", ()):
            stage.release()
        for instruction in self.__dict__.get("instructions", ()):
            # The commands of a RUN refer to it.
            instruction.__dict__.pop("commands", None)
        for name in self.__dict__.keys() - _WITHOUT_VIEWS:
            del self.__dict__[name]

    @property
    def workspace(self) -> Workspace:
        """Facts from the files beside the Dockerfile."""
        return self.inventory.workspace

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
        """The target platforms that could be planned; none where the file has no stage."""
        return tuple(it.platform for it in self.plan.targets)

    @cached_property
    def errors(self) -> tuple[PlanError, ...]:
        """The errors for which BuildKit refuses the build; it reports the first only.

        An error that a WORKDIR of the base image would prevent is included only if the image certainly has none.
        """
        return tuple(it for it in self.plan.errors if it.cause is not Cause.IMAGE or self._is_without_directory(it))

    def _is_without_directory(self, error: PlanError) -> bool:
        """True if the image below the instruction of an error is known to set no WORKDIR."""
        stage = next((it for it in reversed(self.stages) if it.from_.range.start < error.range.start), None)
        name = "" if stage is None else stage.image_name.removeprefix("docker.io/library/")
        return re.split("[:@]", name)[0] in WITHOUT_WORKDIR

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
        found: dict[int, list[Step]] = {}
        for step in self.plan.steps:
            for idx in step.instructions:
                found.setdefault(idx, []).append(step)
        return found

    @cached_property
    def global_instructions(self) -> tuple[Instruction, ...]:
        """The instructions before the first FROM."""
        return tuple(it for it in self.instructions if it.stage is None)

    @cached_property
    def needed_stages(self) -> tuple[Stage, ...]:
        """The stages that the image of some target depends on."""
        return tuple(it for it in self.stages if it.is_needed)

    @cached_property
    def native_stages(self) -> tuple[Stage, ...]:
        """The needed stages that have one platform for all targets."""
        return tuple(it for it in self.needed_stages if it.is_native)

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
        return next((it for it in self.instructions if it.syntax.start <= offset <= it.syntax.end), None)

    def is_better_than(self, other: Build) -> bool:
        """True if this version emulates fewer steps than `other`, with no more steps and no more errors."""
        return (
            len(self.errors) <= len(other.errors)
            and len(self.steps) <= len(other.steps)
            and len(self.emulated_steps) < len(other.emulated_steps)
        )


class Instruction:
    """An instruction of the file, as part of the build."""

    def __init__(self, build: Build, stage: Stage | None, idx: int) -> None:
        self.build = build
        self.stage = stage
        """The stage to which it belongs; a FROM belongs to the stage that it begins. None before the first FROM."""
        self.idx = idx
        """The 0-based index among the instructions of the file, for ordering and for the JSON of plans."""
        # Plain attributes: every rule reads them for every instruction.
        self.syntax: syntax.Instruction = build.plan.dockerfile.instructions[idx]
        """The parsed instruction at its place in the text."""
        self.node: Node = self.syntax.node
        """The parsed instruction, without its place in the file."""

    def __repr__(self) -> str:
        """`<Run in line 3>`."""
        return f"<{self.keyword.title()} in line {self.line}>"

    # The text

    @property
    def keyword(self) -> str:
        """The keyword in upper case."""
        return self.node.name

    @property
    def line(self) -> int:
        """The first line of the instruction, 1-based."""
        return self.syntax.first_line

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The `NAME=value` pairs of ARG, ENV and LABEL; empty for other instructions."""
        node = self.node
        return node.pairs if isinstance(node, syntax.WithPairs) else ()

    @property
    def empty_lines(self) -> tuple[TextRange, ...]:
        """The blank lines between its lines, with their line ends; those in heredoc bodies are left out."""
        text, heredocs = self.build.text, self.node.heredocs
        end = self.syntax.start + heredocs[0].start if heredocs else self.syntax.end
        ranges: list[TextRange] = []
        start = text.find("\n", self.syntax.start, end) + 1
        while 0 < start <= end:
            line_end = text.find("\n", start)
            if not text[start : line_end if line_end >= 0 else None].strip():
                ranges.append(TextRange(start, line_end + 1 if line_end >= 0 else len(text)))
            start = text.find("\n", start, end) + 1
        return tuple(it for it in ranges if it.start < it.end)

    @property
    def range(self) -> TextRange:
        """The range from the keyword to the end of the last line."""
        return self.syntax.range

    @property
    def keyword_range(self) -> TextRange:
        """The range of the keyword."""
        return self.syntax.range_of(self.node.keyword)

    def range_of(self, part: Token | Flag | Pair | Problem | Span) -> TextRange:
        """The range of the text that a part of the node covers."""
        return self.syntax.range_of(part)

    def shell_range(self, range_: TextRange) -> TextRange:
        """The range of the text that something in the shell script of this instruction covers: a word, a command."""
        return self.syntax.place(range_)

    @property
    def mentions(self) -> frozenset[Mention]:
        """The names and programs that the text mentions, for the `about` of rules (`semantics/mentions.py`)."""
        return mentions(self.node)

    def declares(self, name: str) -> bool:
        """True if it is an ARG of that name."""
        return isinstance(self.node, syntax.Arg) and any(it.name.text == name for it in self.node.pairs)

    def variable_references(self) -> tuple[VariableReference, ...]:
        """Every `$NAME` and `${NAME}` of the instruction, the shell text of a RUN included."""
        return self._variable_references

    @property
    def variable_names(self) -> frozenset[str]:
        """The names in `variable_references`."""
        node = self.node
        if "$" not in node.text and not node.heredocs:
            return _NO_NAMES
        has_shell = isinstance(node, syntax.Run | syntax.Onbuild)
        return variable_names(node, self.build.plan.dockerfile.escape, self.shell if has_shell else _DEFAULT_SHELL)

    def uses_variable(self, name: str) -> bool:
        """True if `variable_references` has that name."""
        return name in self.variable_names

    @cached_property
    def _variable_references(self) -> tuple[VariableReference, ...]:
        return variable_references(self.syntax, self.build.plan.dockerfile.escape, self.shell)

    # What the build makes of it

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The distinct steps of the instruction, over all targets: one step if the targets share it."""
        return self.build.graph.steps(self.idx)

    @cached_property
    def split(self) -> Split | None:
        """The reason why it has several steps; None if it has at most one."""
        return self.build.graph.split(self.idx)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scope before it, for each target that needs its stage; empty for FROM and before the first FROM."""
        return self.build.graph.scopes(self.idx)

    @property
    def scopes_after(self) -> tuple[Scope, ...]:
        """The scope after it, for each target that needs its stage."""
        return self.build.graph.scopes_after(self.idx)

    @property
    def directories(self) -> tuple[str, ...]:
        """The absolute working directories that it can have; several if they depend on the target."""
        return tuple(dict.fromkeys(it.directory for it in self.scopes))

    @cached_property
    def shell(self) -> tuple[str, ...]:
        """The shell of a RUN here, such as `("/bin/sh", "-c")`; also in stages that no target needs."""
        if self.stage is None or self.is_global or not self.build.plan.targets:
            return _DEFAULT_SHELL
        scope = self.build.plan.targets[0].scope_in_text(self.stage.outline, self.idx)
        return _DEFAULT_SHELL if scope is None else scope.shell_command

    @property
    def is_global(self) -> bool:
        """True if it sees the global arguments: FROM, and everything before the first FROM."""
        return self.stage is None or self is self.stage.from_

    def values(self, name: str, *, after: bool = False) -> tuple[str | None, ...]:
        """The value of a variable before or after this instruction, for each target of the build.

        Works for stages that no target needs, too. None if the variable is unset, or if the value depends on ONBUILD
        triggers of an image.
        """
        return tuple(None if it is None else it.get(name) for it in self._environments(after=after))

    def known_values(self, name: str, *, after: bool = False) -> tuple[str | None, ...]:
        """Like `values`, but also None if only the base image or a build argument determines the value."""
        found = [None if it is None else it.assignment(name) for it in self._environments(after=after)]
        return tuple(it.value if it is not None and it.is_known else None for it in found)

    def _environments(self, *, after: bool = False) -> list[Environment | None]:
        """The environment before or after this instruction, for each target of the build."""
        targets = self.build.plan.targets
        if self.stage is None or self.is_global:
            return [*self.build.global_arguments]
        scopes = [it.scope_in_text(self.stage.outline, self.idx + after) for it in targets]
        return [None if it is None else it.environment for it in scopes]

    def expanded(self, text: str) -> tuple[str | None, ...]:
        """The text with variables expanded in the scope before this instruction, for each target of the build.

        None if BuildKit refuses the text. An unset variable expands to nothing.
        """
        escape = self.build.dockerfile.escape
        return tuple(None if it is None else _expanded(text, escape, it) for it in self._environments())

    def sees(self, name: str) -> bool:
        """True if the value of a variable is known before this instruction, for at least one target."""
        return any(it.environment.get(name) is not None for it in self.scopes)

    @property
    def names_per_target(self) -> tuple[str, ...]:
        """The variables before this instruction whose values differ between the targets that need its stage."""
        return self.build.graph.names_per_target(self.idx)

    def declaration(self, name: str) -> Instruction | None:
        """The ARG or ENV that last set a variable before this instruction, in its stage or an ancestor."""
        idx = self.build.graph.declaration(name, self.idx)
        return None if idx is None else self.build.instructions[idx]

    @property
    def sources_named(self) -> tuple[Token, ...]:
        """The names in `--from` of COPY and in `from=` of mounts: stages, by name or number, and images.

        For an ONBUILD, the names in its trigger. Empty if BuildKit refuses the flag.
        """
        return sources_named(self.node)

    @property
    def pulled_images(self) -> tuple[Step, ...]:
        """The steps that pull the images named in this FROM, COPY or mount."""
        return tuple(it for it in self.build.plan.steps if it.kind == "source" and self.idx in it.instructions)

    @property
    def copied_files(self) -> tuple[tuple[Token, str], ...]:
        """For a COPY: each source and its absolute path; empty for other instructions."""
        return copied_files(self.build.graph, self._as_consumer)

    @property
    def copied_paths(self) -> tuple[str, ...]:
        """For a COPY: the absolute paths of its sources; empty for other instructions."""
        return tuple(dict.fromkeys(path for _, path in self.copied_files))

    @property
    def _as_consumer(self) -> Consumer:
        return Consumer(-1 if self.stage is None else self.stage.idx, self.idx)


class From(Instruction):
    """The FROM that begins a stage."""

    @property
    def _from(self) -> syntax.From:
        node = self.node
        assert isinstance(node, syntax.From), "this view is chosen by the class of the node"
        return node

    @property
    def image(self) -> Token | None:
        """The name of the image or stage; None if it is not typed yet."""
        return self._from.image

    @property
    def alias(self) -> Token | None:
        """The name after `AS`."""
        return self._from.alias

    @property
    def platform(self) -> Flag | None:
        """The `--platform` flag."""
        return self._from.platform


class Run(Instruction):
    """A RUN and the commands of its script."""

    @property
    def mounts(self) -> tuple[Flag, ...]:
        """The `--mount` flags."""
        node = self.node
        assert isinstance(node, syntax.Run), "this view is chosen by the class of the node"
        return node.mounts

    @cached_property
    def script(self) -> shell.Script:
        """The script as the shell in force reads it; also in stages that no target needs."""
        return self.build.inventory.script(self.idx)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """The commands of the script, in order; empty if no target needs the stage."""
        inventory = self.build.inventory
        pairs = zip(inventory.invocations(self.idx), inventory.recognized(self.idx), strict=True)
        return tuple(Command(self, it, None) if use is None else KnownCommand(self, it, use) for it, use in pairs)

    @property
    def known_commands(self) -> tuple[KnownCommand, ...]:
        """The commands that a toolchain recognises.

        `Stage.commands` also knows the paths to which later commands of the stage copy their outputs.
        """
        return tuple(it for it in self.commands if isinstance(it, KnownCommand))

    def reading(self, name: str) -> Reading:
        """The certainty that a command of the script reads a variable of its environment without an option for it."""
        return self.build.inventory.reading(self.idx, name)

    def may_read(self, name: str) -> bool:
        """True if a command may read an environment variable without an option for it."""
        return self.reading(name) in (Reading.MAYBE, Reading.YES)


@dataclass(frozen=True, eq=False)
class Command:
    """A command of a RUN, as each target executes it."""

    run: Run
    invocation: Invocation
    """The words with the environment, platform and directory, for each target that needs the stage."""
    use: Use | None
    """The recognized effect; None for a program that no toolchain knows."""

    @property
    def syntax(self) -> shell.Command:
        """The command as the shell reads it."""
        return self.invocation.command

    @property
    def name(self) -> str:
        """The name of its program, without directory."""
        return self.invocation.command.name

    @property
    def targets(self) -> tuple[Platform, ...]:
        """The target platforms that need the stage and may run the command, given its conditions."""
        return self.invocation.targets

    def is_certain(self, target: Platform) -> bool:
        """True if a target certainly runs the command, because all its conditions are known to hold."""
        return self.invocation.is_certain(target)

    @property
    def is_chosen_by_platform(self) -> bool:
        """True if the command runs only for some platforms, and the text does not tell for which."""
        return self.invocation.is_chosen_by_platform

    def depends_on_platform(self, word: shell.ShellWord) -> bool:
        """True if the value of a word depends on the platform, directly or by the conditions of a variable in it."""
        return depends_on_platform(word, self.syntax, self.invocation.platform_variables)

    @property
    def range(self) -> TextRange:
        """The range of the whole command."""
        return self.run.shell_range(self.invocation.command.range)


@dataclass(frozen=True, eq=False)
class KnownCommand(Command):
    """A command that a toolchain recognises."""

    use: Use
    """The effect of the command, from its toolchain."""

    @property
    def foreign_targets(self) -> tuple[Platform, ...]:
        """The targets whose architecture differs from that of the machine on which the command runs."""
        pairs = zip(self.invocation.targets, self.invocation.step_platforms, strict=True)
        return tuple(target for target, machine in pairs if target.architecture != machine.architecture)

    @property
    def cross_targets(self) -> tuple[Platform, ...]:
        """For a compiler: the targets whose output is certainly not for the machine on which it runs."""
        triples = zip(self.use.architectures, self.invocation.targets, self.invocation.step_platforms, strict=True)
        return tuple(target for made, target, machine in triples if made is not None and made != machine.architecture)

    @property
    def way_into_image(self) -> Instruction | None:
        """The instruction that first copies one of its outputs out of the stage towards the image.

        If its output paths are unknown, any file of the stage counts.
        """
        stage = self.run.stage
        ways = (None if stage is None else stage.way_into_image(it) for it in self.use.outputs or ("/",))
        return next((it for it in ways if it is not None), None)

    @property
    def wrong_images(self) -> tuple[Platform, ...]:
        """The target platforms whose images contain its output, for another architecture; see `Artifacts.wrong_images`.

        In a stage that becomes the image, all its outputs are in the image.
        """
        stage = self.run.stage
        if stage is not None and stage.is_image:
            return self.use.wrong_targets
        return self.run.build.artifacts.wrong_images(self.run.idx, self.invocation)

    @property
    def title(self) -> str:
        """The name in messages: `go build`."""
        return self.use.title

    @property
    def title_range(self) -> TextRange:
        """The range of the title; of a title that spans lines, that of the first word."""
        words = self.invocation.command.words
        first, last = self.run.shell_range(words[0].range), self.run.shell_range(words[self.use.title_words - 1].range)
        return first if "\n" in self.run.build.text[first.start : last.end] else TextRange(first.start, last.end)


class Stage:
    """A FROM and the instructions after it, up to the next FROM."""

    def __init__(self, build: Build, outline: StageOutline) -> None:
        self.build = build
        self.outline = outline
        """For `semantics` only."""
        self.idx = outline.idx
        """The 0-based number, by which COPY can name the stage."""
        self.name = outline.name
        """The name after AS in lower case; empty without one."""
        self._commands: dict[tuple[Effect, ...], tuple[KnownCommand, ...]] = {}
        self._known_commands: dict[int, KnownCommand] = {}

    def release(self) -> None:
        """Effect: forget the views of its instructions and commands, which refer to it; see `Build.release`."""
        self._commands.clear()
        self._known_commands.clear()
        for name in ("consumers", "from_", "instructions", "runs"):
            self.__dict__.pop(name, None)

    def __repr__(self) -> str:
        """`<Stage build>`."""
        return f"<Stage {self.display_name}>"

    # The text

    @property
    def display_name(self) -> str:
        """The name, or BuildKit's default name: `stage-0`."""
        return self.outline.display_name

    @cached_property
    def from_(self) -> From:
        """The FROM of the stage."""
        view = self.build.instructions[self.outline.from_idx]
        assert isinstance(view, From), "a stage begins with FROM"
        return view

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions after its FROM."""
        return self.build.instructions[self.outline.from_idx + 1 : self.outline.end_idx]

    @property
    def last(self) -> Instruction:
        """The last instruction; the FROM of a stage without others."""
        return self.instructions[-1] if self.instructions else self.from_

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Its RUN instructions."""
        return tuple(it for it in self.instructions if isinstance(it, Run))

    def commands(self, *effects: Effect) -> tuple[KnownCommand, ...]:
        """The commands of its RUN instructions with one of these effects, in order.

        The `outputs` of each include the paths to which later commands of the stage copy or move them.
        """
        known = self._commands.get(effects)
        if known is None:
            known = self._commands[effects] = tuple(
                [self._command(it) for it in self.build.inventory.stage_uses(self.idx) if it.effect in effects]
            )
        return known

    def _command(self, use: Use) -> KnownCommand:
        """The view of a command; the same for each effect that is asked for."""
        known = self._known_commands.get(id(use))
        if known is None:
            run = self.build.instructions[use.instruction]
            assert isinstance(run, Run), "commands are those of RUN"
            known = self._known_commands[id(use)] = KnownCommand(run, use.invocation, use)
        return known

    # Its part in the build

    @property
    def is_needed(self) -> bool:
        """True if the image of some target depends on it; BuildKit skips it otherwise."""
        return self.idx in self.build.graph.needed_stages

    @property
    def is_native(self) -> bool:
        """True if its platform is the same for all targets, so that they can share its steps.

        With one target, it is True if the platform would be the same for other targets. A stage from
        scratch is never native.
        """
        return self.idx in self.build.graph.native_stages

    @property
    def is_target(self) -> bool:
        """True if it becomes the image: the last stage, or the one named by `--target`."""
        return self.idx == self.build.plan.target_stage

    @property
    def is_image(self) -> bool:
        """True if its files are in the image: the target stage and its ancestors."""
        return self.idx in self.build.graph.image_stages

    @property
    def is_chosen(self) -> bool:
        """True if only some targets need it, as with `FROM build-$TARGETARCH`."""
        return self.idx in self.build.graph.chosen_stages

    @cached_property
    def targets(self) -> tuple[Platform, ...]:
        """The target platforms that need it."""
        return tuple(it.platform for it in self.build.plan.targets if it.is_needed(self.idx))

    @cached_property
    def platforms(self) -> tuple[Platform, ...]:
        """The platform for each target of the build, normalised."""
        return self.build.graph.platforms(self.idx)

    @property
    def foreign_targets(self) -> tuple[Platform, ...]:
        """For a native stage: the targets that need it and have another architecture."""
        architecture = self.platforms[0].architecture
        return tuple(it for it in self.targets if it.architecture != architecture)

    # What it is built on, and what is built on it

    @property
    def bases(self) -> tuple[Stage, ...]:
        """The stages that its FROM names: none for an image, several if the name depends on the target."""
        return self._stages(self.build.graph.bases(self.idx))

    @property
    def root(self) -> Stage | None:
        """The ancestor that is built on an image, perhaps itself; None if it depends on the target."""
        root = self.build.graph.root(self.idx)
        return None if root is None else self.build.stages[root]

    @property
    def ancestry(self) -> tuple[Stage, ...]:
        """The stage and its ancestors, nearest first, for all targets together."""
        return self._stages(self.build.graph.ancestry(self.idx))

    @property
    def children(self) -> tuple[Stage, ...]:
        """The stages whose FROM names it."""
        return self._stages(self.build.graph.children(self.idx))

    @property
    def family(self) -> tuple[Stage, ...]:
        """The stage and its descendants, in the order of the file."""
        return self._stages(self.build.graph.family(self.idx))

    @property
    def may_be_base(self) -> bool:
        """True if a later FROM names it, or could name it with other values of the variables in its image name."""
        later = (it for it in self.build.stages if it.idx > self.idx)
        return any(self in it.bases or it._may_name(self.name) for it in later)  # noqa: SLF001 - of the same class

    def _may_name(self, name: str) -> bool:
        """True if its FROM names a stage, for some values of the variables in the image name."""
        image = self.from_.image
        if image is None or not name:
            return False
        try:
            pattern = expand(lex(image.text, self.build.dockerfile.escape), lambda _: "*")
        except ExpansionError:
            return False
        return fnmatchcase(name, pattern.lower())

    @cached_property
    def base_names(self) -> tuple[str, ...]:
        """The name in the FROM with variables expanded, for each target: an image, a stage or `scratch`."""
        return tuple(it.stages[self.idx].base_name for it in self.build.plan.targets)

    @cached_property
    def on_image(self) -> tuple[bool, ...]:
        """True if the FROM names an image or `scratch` and not a stage, for each target."""
        return tuple(it.stages[self.idx].base is None for it in self.build.plan.targets)

    @cached_property
    def image_references(self) -> tuple[str, ...]:
        """The full name of the image that its FROM names, for each target; empty if it names a stage or `scratch`."""
        return tuple(it.stages[self.idx].reference for it in self.build.plan.targets)

    @cached_property
    def foreign_contexts(self) -> tuple[tuple[Platform, NamedContext], ...]:
        """The targets for which it is built on files of another target that are for another architecture, with the context.

        Files of a target that is not built on an image may be the same for all platforms.
        """
        return tuple(
            (it.platform, context)
            for it in self.build.plan.targets
            for context in self._contexts(it)
            if context.built_for is not None
            and not can_run(it.platform, context.built_for)
            and (context.configuration is None or context.configuration.has_unknown_variables)
        )

    def _contexts(self, target: TargetPlan) -> Iterator[NamedContext]:
        """The named context that the stage is built on for one target, if that needs the stage."""
        stage = target.stages[self.idx]
        if not target.is_needed(self.idx):
            return
        context = stage.context if stage.base is None else target.stages[stage.base].replacement
        if context is not None:
            yield context

    @cached_property
    def image_name(self) -> str:
        """The full name of the image of its root, or `scratch`; empty if it depends on the target."""
        root = self.root
        if root is None:
            return ""
        names = {reference or name for reference, name in zip(root.image_references, root.base_names, strict=True)}
        return names.pop() if len(names) == 1 else ""

    @cached_property
    def consumers(self) -> tuple[Instruction, ...]:
        """The instructions of needed stages that use its files: FROM, COPY, and RUN with a mount."""
        return tuple(self.build.instructions[it.instruction] for it in self.build.graph.consumers[self.idx])

    def way_into_image(self, path: str) -> Instruction | None:
        """The instruction that first copies a file out of this stage towards the image; None if none does.

        `path` is absolute; a slash at its end means a file of unknown name in that directory.
        """
        consumer = way_into_image(self.build.graph, self.idx, path)
        return None if consumer is None else self.build.instructions[consumer.instruction]

    def scope_in_text(self, idx: int) -> Scope | None:
        """The scope before the instruction at index `idx`, or after the last one, for the first target; also if not needed.

        None in a file without targets, or if the scope depends on ONBUILD triggers.
        """
        if not self.build.plan.targets:
            return None
        position = max(min(idx, self.outline.end_idx), self.outline.from_idx + 1)
        return self.build.plan.targets[0].scope_in_text(self.outline, position)

    @property
    def trigger_steps(self) -> tuple[tuple[Node, tuple[Step, ...]], ...]:
        """The ONBUILD triggers that it inherits, and the distinct steps of each."""
        return self.build.graph.trigger_steps(self.idx)

    def _stages(self, indices: tuple[int, ...]) -> tuple[Stage, ...]:
        return tuple(self.build.stages[it] for it in indices)


def _expanded(text: str, escape: str, environment: Environment) -> str | None:
    try:
        return expand(lex(text, escape), environment.get)
    except ExpansionError:
        return None


_NO_NAMES: frozenset[str] = frozenset()
_WITHOUT_VIEWS = frozenset(("plan", "graph", "inventory", "_memo", "_ignored"))
"""The attributes of `Build` that do not refer to it."""
_DEFAULT_SHELL = ("/bin/sh", "-c")
_VIEWS: dict[type[Node], Callable[[Build, Stage | None, int], Instruction]] = {syntax.From: From, syntax.Run: Run}
