"""The commands of all RUN instructions of a plan, and their effects."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Container, Hashable
from itertools import compress
from operator import itemgetter
from typing import Final, NamedTuple, TypeGuard, TypeVar

from buildxray.files.globs import match_text
from buildxray.plan.memo import Memo
from buildxray.plan.model import Plan
from buildxray.plan.outline import StageOutline
from buildxray.plan.scope import Scope
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.platform import normalize
from buildxray.records import cached_property, dataclass, replace
from buildxray.semantics.conditions import evaluator, taken
from buildxray.semantics.outputs import with_destinations
from buildxray.semantics.package_scripts import reading_of_scripts
from buildxray.semantics.stage_graph import StageGraph
from buildxray.syntax.instructions import Arg, Copying, Env, Node, Run, of_node
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import (
    SHELLS,
    TESTS,
    USER_CHANGERS,
    Command,
    Script,
    Taken,
    has_read_script,
    read_script,
    reads_script,
    sole_variable,
)
from buildxray.toolchains.base import Effect, Invocation, Reading, Use, Workspace, stores_settings
from buildxray.toolchains.machine_probes import reading_of_program
from buildxray.toolchains.node import NODE
from buildxray.toolchains.registry import ALL

T = TypeVar("T")

_MAY_BE_LIST: Final = lazy_regex(r"\.|[^/$]*\*[^/]*|package\.json|\$.*")
"""A source of COPY that may be, or bring, the package.json in the root of the build context."""
_BINDS_NOTHING: Final = lazy_regex(r"\btype=(?:cache|secret|ssh|tmpfs)\b")
"""A mount without files of the build context or of a stage."""


class Inventory:
    """The commands of one plan. Each RUN is read on first access, and read again after an edit only if its inputs changed."""

    def __init__(self, plan: Plan, graph: StageGraph, workspace: Workspace, memo: Memo) -> None:
        self.plan = plan
        self._memo = memo
        self.graph = graph
        self.workspace = workspace
        self._invocations: dict[int, tuple[Invocation, ...]] = {}
        self._known: dict[int, tuple[Use | None, ...]] = {}
        self._stage_uses: dict[int, tuple[Use, ...]] = {}
        self._subjects: dict[int, frozenset[Effect | str]] = {}
        self._directories_of_packages: dict[int, str | None] = {}
        self._preparing: dict[int, tuple[Command, ...]] = {}
        self._prepared: dict[int, list[tuple[int, Command]]] = {}
        self._all_prepared: dict[int, tuple[Command, ...]] = {}
        self._declared: dict[int, _Declared] = {}
        self._below: dict[int, _Declared] = {}
        self._all_declared: dict[int, _Declared] = {}

    def script(self, instruction: int) -> Script:
        """The commands of a RUN, as its shell reads them."""
        scopes = self.graph.scopes(instruction)
        node = self.plan.node(instruction)
        return read_script(node, scopes[0].shell_command) if scopes else read_script(node)

    def invocations(self, instruction: int) -> tuple[Invocation, ...]:
        """The commands of a RUN with their environment; none if no target needs the RUN."""
        if instruction not in self._invocations:
            stage = self.graph.stage_of(instruction)
            if stage is None or not isinstance(self.plan.node(instruction), Run):
                return ()
            self._read_stage(stage)
        return self._invocations[instruction]

    def _read_stage(self, stage: StageOutline) -> None:
        """Effect: read the commands of all RUN instructions of a stage, reusing those whose inputs are unchanged."""
        commands_of_stage = self._memo.recall(self._stage_key(stage), Inventory._recognize_stage, self, stage)
        self._stage_uses[stage.idx] = commands_of_stage.uses
        self._subjects[stage.idx] = commands_of_stage.subjects
        for idx, invocations, uses in commands_of_stage.by_run:
            self._invocations[idx], self._known[idx] = invocations, uses

    def _stage_key(self, stage: StageOutline) -> Hashable:
        """The cache key of a stage: everything that its commands depend on."""
        needed = [it.is_needed(stage.idx) for it in self.plan.targets]
        return (Inventory, "stage", stage.from_idx, *needed, self._lineages[stage.idx])

    @cached_property
    def _lineages(self) -> list[object]:
        """An object for each stage that stays the same until the text or a scope of the stage or of its ancestors changes."""
        lineages: list[object] = []
        for stage in self.plan.stages:
            runs = [it.conversion.runs.get(stage.idx) for it in self.plan.targets]
            recipes = [None if it is None else it.recipe for it in runs]
            bases = [lineages[it] for it in self.graph.bases(stage.idx)]
            key = ("lineage", stage.nodes, len(recipes), *recipes, *bases)
            lineages.append(self._memo.recall(key, object))
        return lineages

    @cached_property
    def _declarations(self) -> list[list[tuple[int, object]]]:
        """For each stage, in order: the index of each ARG or ENV, -1 for its beginning, and an object for the declarations up to there.

        The object is the same while the declarations are unchanged, so it serves as a cache key.
        """
        declarations: list[list[tuple[int, object]]] = []
        for stage in self.plan.stages:
            below = [declarations[it][-1][1] for it in self.graph.bases(stage.idx)]
            declared: object = below[0] if len(below) == 1 else tuple(below)
            own = [(-1, declared)]
            for idx in range(stage.from_idx + 1, stage.end_idx):
                node = self.plan.node(idx)
                if isinstance(node, Arg | Env):
                    declared = self._memo.recall((Inventory, "declared", declared, node), object)
                    own.append((idx, declared))
            declarations.append(own)
        return declarations

    def _declarations_before(self, stage: int, instruction: int) -> object:
        own = self._declarations[stage]
        return own[bisect_left(own, instruction, key=itemgetter(0)) - 1][1]

    def _recognize_stage(self, stage: StageOutline) -> _StageCommands:
        by_run = [
            (idx, *self._memo.recall(self._key(idx), Inventory._recognize, self, idx))
            for idx in self.graph.runs(stage.idx)
        ]
        commands = [it for _, invocations, uses in by_run for it in zip(invocations, uses, strict=True)]
        known = [use for _, use in commands if use is not None]
        subjects: frozenset[Effect | str] = frozenset(
            {*(it.effect for it in known), *(it.toolchain.name for it in known)}
        )
        return _StageCommands(tuple(by_run), tuple(with_destinations(commands)), subjects)

    def recognized(self, instruction: int) -> tuple[Use | None, ...]:
        """The use of each command of a RUN, in the order of `invocations`; None for a command of no known toolchain."""
        self.invocations(instruction)
        return self._known.get(instruction, ())

    def uses(self, instruction: int) -> tuple[Use, ...]:
        """The commands of a RUN that a toolchain recognises."""
        return tuple([it for it in self.recognized(instruction) if it is not None])

    def stage_uses(self, stage: int) -> tuple[Use, ...]:
        """The recognised commands of a stage's own RUN instructions, with the paths to which later ones move their outputs."""
        if stage not in self._stage_uses:
            self._read_stage(self.plan.stages[stage])
        return self._stage_uses[stage]

    def subjects(self, stage: int) -> frozenset[Effect | str]:
        """The effects of the commands of a stage's own RUN instructions, and the names of their toolchains."""
        if stage not in self._subjects:
            self._read_stage(self.plan.stages[stage])
        return self._subjects[stage]

    def reading(self, instruction: int, name: str) -> Reading:
        """The certainty that a RUN reads a variable of its environment: the highest one of its commands.

        A command that names the variable may read it: `[ -v NAME ]`, `declare -n copy=NAME`, `$((NAME))`. So may a command that reads
        the environment of a process.
        """
        commands = zip(self.invocations(instruction), self.recognized(instruction), strict=True)
        readings = [_reading(use, invocation, name) for invocation, use in commands]
        if readings and _names_it(self.plan.node(instruction).text, name):
            readings.append(Reading.MAYBE)
        return max(readings, key=lambda it: it.value, default=Reading.NO)

    def _recognize(self, instruction: int) -> tuple[tuple[Invocation, ...], tuple[Use | None, ...]]:
        invocations = tuple(self._read(instruction))
        return invocations, tuple(map(recognize, invocations))

    def _key(self, instruction: int) -> Hashable:
        """The cache key of a RUN: everything that its commands depend on."""
        stage = self.graph.stage_of(instruction)
        return (
            Inventory,
            instruction,
            self.plan.node(instruction),
            self.graph.scopes(instruction),
            () if stage is None else tuple([it.platform for it in self.plan.targets if it.is_needed(stage.idx)]),
            None if stage is None else self._declarations_before(stage.idx, instruction),
            () if stage is None else self._preparations_before(stage.idx, instruction),
            None if stage is None else self._directory_of_packages(stage.idx),
        )

    def workspace_of(self, stage: int) -> Workspace:
        """The facts about the project for the commands of a stage: those of packages are from the list that it copies, or unknown."""
        directory = self._directory_of_packages(stage)
        if directory == "":
            return self.workspace
        find = self.workspace.packages_in
        known = None if find is None or directory is None else find(directory)
        if known is None:
            return self._without_packages
        return self.workspace._replace(
            has_native_packages=known.are_native,
            has_prebuilt_packages=known.are_prebuilt,
            may_take_native_packages=known.may_be_native,
        )

    @cached_property
    def _without_packages(self) -> Workspace:
        return self.workspace._replace(has_native_packages=None, has_prebuilt_packages=None)

    def _directory_of_packages(self, stage: int) -> str | None:
        """The directory of the build context with the package.json that a stage and its ancestors copy; empty for its root, None for another list."""
        if stage not in self._directories_of_packages:
            self._directories_of_packages[stage] = self._find_directory_of_packages(stage)
        return self._directories_of_packages[stage]

    def _find_directory_of_packages(self, stage: int) -> str | None:
        family = (stage, *self.graph.bases(stage))
        nodes = [it for one in family for it in self.plan.stages[one].nodes]
        copies = [it for it in nodes if isinstance(it, Copying)]
        sources = [posixpath.normpath(source.text.lstrip("/") or ".") for it in copies for source in it.sources]
        mounts = (flag.value for it in nodes if isinstance(it, Run) for flag in it.flags if flag.name.text == "mount")
        is_mounted = any(it is None or _BINDS_NOTHING.search(it.text) is None for it in mounts)
        is_of_stage = any(it.flag("from") is not None for it in copies)
        if not sources or is_mounted or is_of_stage or any(map(_MAY_BE_LIST.fullmatch, sources)):
            return ""
        split = [posixpath.split(it) for it in sources]
        if any("$" in name or set(directory) & set("$*?[") for directory, name in split):
            # It may name any directory.
            return None
        find = self.workspace.packages_in
        named = {directory for directory, name in split if match_text("package.json", name)}
        copied = {it for it in sources if find is not None and find(it) is not None}
        directories = named | copied
        return directories.pop() if len(directories) == 1 else None

    def _read(self, instruction: int) -> list[Invocation]:
        stage = self.graph.stage_of(instruction)
        if stage is None or not isinstance(self.plan.node(instruction), Run):
            return []
        targets = tuple(it.platform for it in self.plan.targets if it.is_needed(stage.idx))
        scopes = self.graph.scopes(instruction)
        if not scopes:
            return []
        arguments = self._arguments(stage.idx, instruction)
        evaluators = tuple(
            evaluator(scope, target, arguments.open, arguments.with_default)
            for scope, target in zip(scopes, targets, strict=True)
        )
        names = _PlatformVariables(scopes)
        environments = tuple([it.environment for it in scopes])
        machines = tuple([normalize(it.platform) for it in scopes])
        directories = tuple(dict.fromkeys(it.directory for it in scopes))
        preparations = self._preparations_before(stage.idx, instruction)
        invocations: list[Invocation] = []
        for command in self.script(instruction).commands:
            verdicts = taken(command, evaluators, names)
            takers = [it is not Taken.NO for it in verdicts]
            if not any(takers):
                continue
            invocation = Invocation(
                _named_by_environment(command, scopes),
                instruction,
                self.plan.request.build_platform,
                _chosen(targets, takers),
                _chosen(environments, takers),
                _chosen(machines, takers),
                directories,
                arguments.open,
                self.workspace_of(stage.idx),
                preparations,
                _chosen(verdicts, takers),
                _chosen(evaluators, takers),
                names,
            )
            invocations.append(invocation)
            if is_preparing(command):
                preparations = (*preparations, command)[-_MOST_PREPARING:]
            if _enters_directory(command):
                # A subshell or `popd` may end it in between, so the earlier directories remain possible.
                entered = (it for it in invocation.paths(command.words[1]) if len(it) < _LONGEST_DIRECTORY)
                directories = tuple(dict.fromkeys((*entered, *directories)))[:_MOST]
        return invocations

    def _preparations_before(self, stage: int, instruction: int) -> tuple[Command, ...]:
        """`_preparations`, which the cache key of a RUN and the reading of its commands both need."""
        known = self._preparing.get(instruction)
        if known is None:
            known = self._preparing[instruction] = self._preparations(stage, instruction)
        return known

    def _preparations(self, stage: int, instruction: int) -> tuple[Command, ...]:
        """The commands before an instruction, in its stage and its ancestors, that prepare others."""
        own = tuple(
            command
            for idx, command in self._prepared_by(stage)
            if idx < instruction and not (stores_settings(command) and self._changes_user(idx, instruction))
        )
        bases = self.graph.bases(stage)
        if len(bases) == 1:
            below = self._all_preparations(bases[0])
        else:
            ancestors = reversed(self.graph.ancestry(stage)[1:])
            below = tuple(command for it in ancestors for _idx, command in self._prepared_by(it))[-_MOST_PREPARING:]
        return (below + own)[-_MOST_PREPARING:] if own else below

    def _changes_user(self, instruction: int, later: int) -> bool:
        """True if a later instruction of the stage is run by another user, who has files of its own."""
        if self.graph.stage_of(instruction) is not self.graph.stage_of(later):
            return False
        return len({it.user for idx in (instruction, later) for it in self.graph.scopes(idx)}) > 1

    def _all_preparations(self, stage: int) -> tuple[Command, ...]:
        """The preparing commands of a stage and its ancestors; visits each stage once, even in a long chain."""
        todo = [stage]
        while (bases := self.graph.bases(todo[-1])) and len(bases) == 1 and bases[0] not in self._all_prepared:
            todo.append(bases[0])
        for it in reversed(todo):
            if it not in self._all_prepared:
                self._all_prepared[it] = self._preparations(it, self.plan.stages[it].end_idx)
        return self._all_prepared[stage]

    def _prepared_by(self, stage: int) -> list[tuple[int, Command]]:
        commands = self._prepared.get(stage)
        if commands is None:
            outlined = self.plan.stages[stage]
            commands = self._prepared[stage] = [
                (idx, command)
                for idx in range(outlined.from_idx + 1, outlined.end_idx)
                if _may_prepare(self.plan.node(idx))
                for command in self.script(idx).commands
                if is_preparing(command)
            ]
        return commands

    def is_skipped(self, instruction: int, command: Command) -> bool:
        """True if the arguments that this build gives skip a command of a RUN for each target: `[ "$PREBUILT" = true ] || make`.

        Other builds of the file may run it, so that an edit has to be right for it too.
        """
        given = frozenset(name for name, _ in self.plan.request.build_arguments)
        stage = self.graph.stage_of(instruction)
        if not given or not command.conditions or stage is None:
            return False
        arguments = self._arguments(stage.idx, instruction)
        replaceable = _Without(arguments.with_default, given)
        targets = (it.platform for it in self.plan.targets if it.is_needed(stage.idx))
        pairs = zip(self.graph.scopes(instruction), targets, strict=True)
        return all(evaluator(*it, arguments.open, replaceable).taken(command) is False for it in pairs)

    def _arguments(self, stage: int, instruction: int) -> _Arguments:
        """The ARGs before an instruction, in its stage and its ancestors, to which `--build-arg` may give another value."""
        names, scopes = self._names(stage, instruction), self.graph.scopes(instruction)
        return _Arguments(_OpenArguments(names, scopes), _ArgumentsWithDefault(names, scopes))

    def _names(self, stage: int, instruction: int) -> _Names:
        """The names declared by ARG and by ENV before an instruction, in its stage and its ancestors."""
        return _Names(self._declared_below(stage), self._declared_by(stage), instruction)

    def _declared_below(self, stage: int) -> _Declared:
        below = self._below.get(stage)
        if below is None:
            bases = self.graph.bases(stage)
            if len(bases) == 1:
                below = self._all_declared_by(bases[0])
            else:
                below = _Declared({}, {})
                for it in self.graph.ancestry(stage)[1:]:
                    declared = self._declared_by(it)
                    below.arguments.update(declared.arguments)
                    below.constants.update(declared.constants)
            self._below[stage] = below
        return below

    def _all_declared_by(self, stage: int) -> _Declared:
        """The names that a stage and its ancestors declare; visits each stage once, even in a long chain."""
        todo = [stage]
        while (bases := self.graph.bases(todo[-1])) and len(bases) == 1 and bases[0] not in self._all_declared:
            todo.append(bases[0])
        for it in reversed(todo):
            if it not in self._all_declared:
                self._all_declared[it] = self._declared_below(it).joined(self._declared_by(it))
        return self._all_declared[stage]

    def _declared_by(self, stage: int) -> _Declared:
        """The names that the ARG and ENV instructions of a stage declare."""
        declared = self._declared.get(stage)
        if declared is None:
            outlined = self.plan.stages[stage]
            declared = self._declared[stage] = _Declared({}, {})
            for idx in range(outlined.from_idx + 1, outlined.end_idx):
                node = self.plan.node(idx)
                if isinstance(node, Arg | Env):
                    names = declared.arguments if isinstance(node, Arg) else declared.constants
                    for pair in node.pairs:
                        names.setdefault(pair.name.text, idx)
        return declared


class _Declared(NamedTuple):
    """The names that instructions declare, with the index of the first instruction that declares each."""

    arguments: dict[str, int]
    """The names declared by ARG."""
    constants: dict[str, int]
    """The names declared by ENV."""

    def joined(self, other: _Declared) -> _Declared:
        """The union of both; the same object if `other` adds nothing, so that stages without declarations share it."""
        if not other.arguments and not other.constants:
            return self
        return _Declared({**self.arguments, **other.arguments}, {**self.constants, **other.constants})


@dataclass(frozen=True, slots=True, eq=False)
class _Names:
    """The declarations before an instruction, as a lookup: a list would have thousands of names before each of thousands of RUNs."""

    below: _Declared
    """The declarations of the ancestors of the stage."""
    own: _Declared
    """The declarations of the whole stage."""
    instruction: int

    def is_open(self, name: object) -> TypeGuard[str]:
        """True if `item` is the name of an ARG to which a build argument may give a value."""
        if not isinstance(name, str) or name in AUTOMATIC_ARGUMENTS:
            return False
        return name in self.below.arguments or self.own.arguments.get(name, self.instruction) < self.instruction

    def is_constant(self, name: str) -> bool:
        """True if an ENV declares the name."""
        return name in self.below.constants or self.own.constants.get(name, self.instruction) < self.instruction


class _StageCommands(NamedTuple):
    """The commands of a stage's own RUN instructions."""

    by_run: tuple[tuple[int, tuple[Invocation, ...], tuple[Use | None, ...]], ...]
    """For each RUN: the index of the instruction, its commands, and the use of each."""
    uses: tuple[Use, ...]
    """The uses of all recognised commands, with the paths to which later commands move their outputs."""
    subjects: frozenset[Effect | str]
    """The effects of all recognised commands, and the names of their toolchains."""


@dataclass(frozen=True, slots=True)
class _OpenArguments:
    """The ARGs without a value in the text, as a lookup, because there may be thousands at each of thousands of RUNs."""

    names: _Names
    scopes: tuple[Scope, ...]

    def __contains__(self, name: object) -> bool:
        return self.names.is_open(name) and all(it.environment.get(name) is None for it in self.scopes)


@dataclass(frozen=True, slots=True)
class _ArgumentsWithDefault:
    """The ARGs whose value, if any, is the same for all targets and may be replaced by a build argument."""

    names: _Names
    scopes: tuple[Scope, ...]

    def __contains__(self, name: object) -> bool:
        return (
            self.names.is_open(name)
            and not self.names.is_constant(name)
            and len({it.environment.get(name) for it in self.scopes}) == 1
        )


class _Arguments(NamedTuple):
    """The names of ARGs to which a build argument may give a value."""

    open: Container[str]
    """The names without a value in the text."""
    with_default: Container[str]
    """The names that have a value for all targets, or for none."""


@dataclass(frozen=True, slots=True)
class _Without:
    """The names of a lookup without some others."""

    names: Container[str]
    excluded: frozenset[str]

    def __contains__(self, name: object) -> bool:
        return name not in self.excluded and name in self.names


def _chosen(values: tuple[T, ...], takers: list[bool]) -> tuple[T, ...]:
    return values if all(takers) else tuple(compress(values, takers))


@dataclass(frozen=True, slots=True)
class _PlatformVariables:
    """The automatic platform arguments and the variables that differ between targets, as a lookup like `_OpenArguments`."""

    scopes: tuple[Scope, ...]

    def __contains__(self, name: object) -> bool:
        if name in AUTOMATIC_ARGUMENTS:
            return True
        if not isinstance(name, str) or (first := self.scopes[0].environment.get(name)) is None:
            return False
        return any(it.environment.get(name) != first for it in self.scopes[1:])


_LONGEST_DIRECTORY = 500
"""Characters of a directory that `cd` enters; without a limit, thousands of `cd a` take memory with the square of their number."""
_MOST = 16
"""Working directories of one RUN that are tracked."""
_MOST_PREPARING = 256
"""Preparing commands, the latest ones, that a command keeps: a chain of stages may have thousands."""
_PREPARING = frozenset(name for it in ALL for name in it.preparing)
_NAMES_PREPARING = lazy_regex("|".join((*map(re.escape, sorted(_PREPARING)), r"go\s+env")))


def is_preparing(command: Command) -> bool:
    """True if a command decides how later ones compile."""
    return command.name in _PREPARING or stores_settings(command)


def _enters_directory(command: Command) -> bool:
    """True for `cd directory` and `pushd directory`; `pushd +1` and `pushd -n` turn or change the stack of directories (bash(1))."""
    if not command.changes_directory or len(command.words) != 2:
        return False
    return command.name == "cd" or not command.words[1].text.startswith(("+", "-"))


@of_node
def _may_prepare(node: Node) -> bool:
    """True if a RUN may have one of the preparing commands, so that its script must be read."""
    return isinstance(node, Run) and _NAMES_PREPARING.search(node.whole_text) is not None


def _named_by_environment(command: Command, scopes: tuple[Scope, ...]) -> Command:
    """Replace a program written as an environment variable, `$GO build` after `ENV GO=go`, by its value."""
    if not command.words or command.words[0].value is not None:
        return command
    name = sole_variable(command.words[0])
    if name is None or name in command.variables:
        return command
    values = {it.environment.get(name) for it in scopes}
    value = values.pop() if len(values) == 1 else None
    if value is None or not re.fullmatch(r"[\w./+-]+", value):
        return command
    first = command.words[0]._replace(value=value)
    return replace(command, words=(first, *command.words[1:]))


def recognize(invocation: Invocation) -> Use | None:
    """The use of a command by the first toolchain that recognises it; None if none does."""
    for toolchain in ALL:
        use = toolchain.recognize(invocation, toolchain)
        if use is not None:
            return use
    return None


def reading(invocation: Invocation, name: str) -> Reading:
    """The certainty that a command reads a variable of its environment; an unknown program may."""
    return _reading(recognize(invocation), invocation, name)


def _names_it(text: str, name: str) -> bool:
    """True if a script mentions a variable by its bare name without assigning it there, or the environment of a process (proc(5))."""
    bare = rf"(?<![\w${{\\-]){re.escape(name)}\b(?!\s*=)"
    return "/environ" in text or (name in text and re.search(bare, text) is not None)


def _reading(use: Use | None, invocation: Invocation, name: str) -> Reading:
    if any("${!" in it.text for it in invocation.command.words):
        # `${!NAME}` is the variable that NAME names, `${!TARGET*}` the names that begin so (bash(1), "Parameter Expansion").
        return Reading.MAYBE
    if use is not None:
        by_scripts = reading_of_scripts(invocation, name, recognize) if use.toolchain is NODE else None
        return use.toolchain.reads(invocation, name) if by_scripts is None else by_scripts
    if not is_nothing(invocation.command):
        by_program = reading_of_program(invocation, name)
        return Reading.MAYBE if by_program is None else by_program
    if invocation.command.name in TESTS or has_read_script(invocation.command):
        return Reading.NO
    # `curl … | sh` installs a tool.
    return Reading.UNLIKELY


def is_nothing(command: Command) -> bool:
    """True if a command is only a test, or a shell whose script is read separately or comes from a pipe."""
    if command.name in TESTS:
        return True
    if command.name in USER_CHANGERS:
        return has_read_script(command)
    return command.name in SHELLS and (has_read_script(command) or reads_script(command))
