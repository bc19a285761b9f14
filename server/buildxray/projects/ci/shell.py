"""The commands of a shell script with the values of their words, their directories and environments.

Nothing is executed: a value that only running the script could tell is unknown. Loops over known values are followed round by round.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.caching import cached
from buildxray.files.globs import component_pattern
from buildxray.files.reading import entries_of, exists, path_below
from buildxray.projects.ci.command_lines import (
    UNKNOWN_WORD,
    doubtful_words,
    has_unknown_part,
    is_how_it_runs,
    is_known_program,
    may_be_script,
)
from buildxray.projects.ci.site import WORKSPACE, Site, in_checkout
from buildxray.projects.ci.sourced_files import sourced_values
from buildxray.records import cached_property
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.parser import parse
from buildxray.syntax.shell import (
    UNKNOWN,
    Assignment,
    Command,
    Evaluator,
    ShellWord,
    array_of,
    elements_of,
    read_script,
)
from buildxray.syntax.shell.model import (
    WHOLE_ARRAY,
    Case,
    Condition,
    Elements,
    Not,
    Parameter,
    Part,
    Script,
)

_MOST_SCRIPT: Final = 100_000
"""Code points of one script; a longer one is not read."""
MOST_ROUNDS: Final = 64
"""Rounds of loops that are followed around one command."""
_MOST_COMMANDS: Final = 5_000
"""Commands of one script, each round of a loop counted."""
_MOST_VALUES: Final = 6
"""Values of one variable among which a script chooses, and variables with such values in a command."""
_MOST_WORDS: Final = 200
_DEEPEST: Final = 4
_DEEPEST_VALUE: Final = 30
"""Values that are asked for to compute one another."""
_DEEPEST_OUTPUT: Final = 12
"""Limit for outputs of commands, each of which is an argument of the one before."""
_MOST_OUTPUTS: Final = 3_000
"""Limit for these in one script."""
_WORK_OF_START: Final = 9
"""The work on a command that may start a build, beside that on any command."""
_WORKSPACE_NAMES: Final = frozenset(
    ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE", "BUILDKITE_BUILD_CHECKOUT_PATH")
)
"""Variables that CI systems set to the root of the checkout."""
_END: Final = "BUILDXRAY_END"
_HEAD: Final = f"RUN <<'{_END}'\n"
_ASSIGNING: Final = lazy_regex(r"\$\{(\w+):?=.*\}", re.DOTALL)
"""An expansion that assigns a default."""

_Round = tuple[tuple[str, str], ...]
"""The values of the variables of the loops around a command, from the outermost one; empty outside of loops."""


_ENTERING: Final = frozenset(("cd", "popd", "pushd"))
"""Commands that change the directory."""
_CALLING: Final = frozenset(
    ("bash", "command", "env", "eval", "exec", "export", "if", "parallel", "sh", "time", "timeout", "trap", "xargs")
)
"""Programs whose arguments may name a function to call."""


OTHER_MACHINE: Final = "other"
_PRINTED: Final = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64", "riscv64": OTHER_MACHINE}
"""The names that machines have for themselves, with their architectures. Source: the manual of uname; macOS prints `arm64`."""


def _prints_machine(command: Command) -> bool:
    return (command.name == "uname" and command.arguments in (("-m",), ("-p",), ("--machine",))) or (
        command.name == "arch" and not command.arguments
    )


class StartedCommand(NamedTuple):
    """A command that may start a build."""

    words: list[str]
    """The expanded words; a word of unknown value is `UNKNOWN_WORD`. The program is without directories."""
    directory: str
    """Relative to the root of the checkout."""
    environment: dict[str, str]
    """The environment of the command, without variables of unknown value."""
    start: int
    """Its offset in the script."""
    is_placed: bool
    """True if the script has gone to an absolute path, so that it is the same directory wherever the script is started."""
    is_of_listed: bool
    """True if a loop around it goes over the files of a pattern, of which the script may pass over some."""
    machines: frozenset[str] = frozenset()
    """The architectures of the machines on which the script runs it, if it asks for its machine before (`uname -m`); empty if any machine may.

    `OTHER_MACHINE` is among them if machines of other architectures than amd64 and arm64 run it.
    """


def as_instruction(script: str) -> str:
    """A script as the heredoc of a RUN instruction; the ranges of `parse_script` are offsets into this text."""
    return f"{_HEAD}{script}\n{_END}\n"


def parse_script(script: str) -> Script | None:
    """Parse a script; None if it has no commands or is too long."""
    return _parse(script) if len(script) <= _MOST_SCRIPT else None


@cached(64)
def _parse(script: str) -> Script | None:
    instructions = parse(as_instruction(script)).instructions
    return read_script(instructions[0].node) if instructions else None


class Words(Evaluator):
    """The values of the words of a command, in one round of the loops around it."""

    def __init__(
        self,
        look_up: Callable[[str], str | None],
        answer: Callable[[Command], str | None],
        loops: Mapping[str, str],
        is_there: Callable[[str, Command], bool] = lambda _path, _at: False,
        callers: Callable[[str], Sequence[Command]] | None = None,
        *,
        entered: set[str] | None = None,
    ) -> None:
        """`callers` gives the commands that call a function, by its name. Without it, a value to which a condition of unknown result may add is unknown.

        `entered` are the functions whose callers are being asked for a value, also by the evaluators of other commands.
        """
        super().__init__(look_up, answer)
        self.loops = loops
        self._is_there = is_there
        self._callers = callers
        self._entered = set[str]() if entered is None else entered
        self._wholes: dict[tuple[str, int, bool], str | None] = {}
        """The values of variables, by their names and their readers; unknown while they are computed."""
        self._of_callers: dict[tuple[str, str], str | None] = {}
        """The value of a variable where a function is called, by the names of both."""
        self._n_nested = 0

    def whole(self, name: str, at: Command | Assignment | Case, *, exported_only: bool = False) -> str | None:
        """The value of a variable: that of a loop around the command, otherwise what the script assigns.

        Options that a condition of unknown result may add leave those that the value has anyway known.
        """
        if name in self.loops:
            return self.loops[name]
        if self._callers is None or self._n_nested >= _DEEPEST_VALUE:
            return super().whole(name, at, exported_only=exported_only)
        key = name, id(at), exported_only
        if key not in self._wholes:
            self._wholes[key] = UNKNOWN
            self._n_nested += 1
            of_caller = self._of_caller(name, at)
            value = super().whole(name, at, exported_only=exported_only) if of_caller is None else of_caller
            is_partial = value is not None and UNKNOWN in value
            self._wholes[key] = self._extended(name, at, value or "") if is_partial else value
            self._n_nested -= 1
        return self._wholes[key]

    def _of_caller(self, name: str, at: Command | Assignment | Case) -> str | None:
        """The value that a variable has where the function around a command is called; None if the function sets it, or nothing is known to call it."""
        around = next((it for it in reversed(at.conditions) if it.kind == "function"), None)
        if around is None or self._callers is None or around.text in self._entered:
            return None
        if any(any(one is around for one in it.conditions) for it in at.variables.get(name, ())):
            return None
        key = name, around.text
        if key not in self._of_callers:
            self._entered.add(around.text)
            values = {self.whole(name, it) for it in self._callers(around.text)}
            self._entered.discard(around.text)
            self._of_callers[key] = UNKNOWN if len(values) > 1 else values.pop() if values else None
        return self._of_callers[key]

    def _extended(self, name: str, at: Command | Assignment | Case, value: str) -> str:
        """The value of a variable to which the last assignment adds in a loop, or may add, its doubtful parts unknown; `value` for any other one."""
        given = {id(it) for it in at.conditions}
        for assignment in reversed(at.variables.get(name, ())):
            conditions = [it for it in assignment.conditions if id(it) not in given]
            doubtful = [it for it in conditions if it.kind == "for" or self.holds(it) is not True]
            if any(self.holds(it) is False for it in doubtful):
                continue
            added = _added(assignment, name) if doubtful else None
            if added is None:
                return value
            before = self.whole(name, assignment) or ""
            words = [word for it in self._in_loops(doubtful, assignment) for word in it.of_parts(added, assignment)]
            is_array = isinstance(added[0], Elements)
            return (
                array_of((*(elements_of(before) if before else ()), *words)) if is_array else " ".join((before, *words))
            )
        return value

    def _in_loops(self, conditions: Sequence[Condition], at: Assignment) -> Iterator[Words]:
        """Evaluators for each round of a loop over known values, if that is the only condition of an assignment; otherwise itself."""
        loop = conditions[0] if len(conditions) == 1 and conditions[0].kind == "for" else None
        if loop is None or len(loop.variables) != 1:
            yield self
            return
        values = [self.value(it, at) for it in loop.patterns[:MOST_ROUNDS]]
        known = [it for it in values if it is not None and not set("*?[{ ") & {*it}]
        if len(known) < len(loop.patterns):
            yield self
            return
        for it in known:
            round_ = Words(self._look_up, self._answer, {**self.loops, loop.variables[0]: it}, self._is_there)
            round_.is_certain = True
            yield round_

    is_certain = False
    """True if the options that are added are so in any case."""

    def of_parts(self, parts: Sequence[Part], at: Assignment) -> list[str]:
        """The words that an assignment adds; those that it may add are doubtful."""
        text = self._parts(parts, at)
        words = elements_of(text) if isinstance(parts[0], Elements) else text.split()
        written = [it.replace(UNKNOWN, UNKNOWN_WORD) for it in words]
        return [it.replace(UNKNOWN_WORD, UNKNOWN) for it in (written if self.is_certain else doubtful_words(written))]

    def possible(self, name: str, at: Command | Assignment) -> tuple[str, ...] | None:
        """The values that a variable may have if conditions of unknown result decide between them; None if one of them is unknown."""
        values: dict[str, None] = {}
        open_conditions: list[Condition] = []
        for assignment in reversed(at.variables.get(name, ())):
            conditions = [it for it in assignment.conditions if it not in at.conditions]
            holds = [self.holds(it) for it in conditions]
            if False in holds:
                continue
            value = self.whole_text(assignment.value, assignment)
            if UNKNOWN in value or len(values) >= _MOST_VALUES:
                return None
            values[value] = None
            undecided = [it for it, result in zip(conditions, holds, strict=True) if result is None]
            if not undecided or (
                len(undecided) == 1 and any(_is_other_branch(undecided[0], it) for it in open_conditions)
            ):
                return (*reversed(values),)
            open_conditions += undecided if len(undecided) == 1 else []
        return None

    def status(self, command: Command) -> bool | None:
        """True if a command succeeds. `cd` is presumed to, because otherwise the script fails, and Git to find the root of the checkout."""
        if command.name == "cd" or _asks_for_root(command):
            return True
        path = self.value(command.words[2], command) if _is_file_test(command) else None
        # A file that the project does not have may be made before.
        return True if path and self._is_there(path, command) else super().status(command)

    def holds(self, condition: Condition) -> bool | None:
        """True if a condition holds; the command after `||` does not run if the one before it succeeds."""
        callers, self._callers = self._callers, None
        try:
            return self._holds(condition)
        finally:
            self._callers = callers

    def _holds(self, condition: Condition) -> bool | None:
        if condition.kind == "or" and len(condition.commands) == 1 and self.status(condition.commands[0]):
            return False
        return super().holds(condition)


def _added(assignment: Assignment, name: str) -> tuple[Part, ...] | None:
    """The parts that an assignment adds to the value that a variable has: `X+=(…)`, `X=("${X[@]}" …)`, `X="$X …"`; None for another one."""
    parts = assignment.value.parts
    first = parts[0] if parts else None
    if isinstance(first, Elements):
        words = first.words
        own = words[0].parts if words else ()
        is_own = len(own) == 1 and own[0] == Parameter(name, "[@]")
        return (Elements(words[1:]),) if is_own and len(words) > 1 else None
    if not isinstance(first, Parameter) or first.name != name or first.operator not in {"", WHOLE_ARRAY}:
        return None
    rest = parts[1:]
    if len(rest) == 1 and isinstance(rest[0], Elements) and rest[0].words:
        return rest
    is_apart = bool(rest) and isinstance(rest[0], str) and rest[0][:1] in {" ", "\t", "\n"}
    return rest if is_apart else None


def _is_other_branch(one: Condition, other: Condition) -> bool:
    """True if two conditions are the branches of one `if`, of which the shell runs exactly one."""
    return (
        one.kind == other.kind == "if"
        and one.range == other.range
        and isinstance(one.expression, Not) != isinstance(other.expression, Not)
    )


class _Directory(NamedTuple):
    """A directory of the checkout."""

    path: str
    """Relative to the root of the checkout."""
    is_placed: bool = False
    """True if the script has gone there, or to one above it, by an absolute path."""


_ENGINE: Final = lazy_regex(
    r"\"?\$\{?(?:MAKE_)?(?:\w*_)?(?:DOCKER|PODMAN|(?:CONTAINER|OCI|IMAGE)_?(?:BIN|BUILDER|CLI|CMD|ENGINE|EXEC|MANAGER|RUNTIME|TOOL)|DOCKER_?(?:BIN|CLI|CMD|COMMAND|EXEC))\}?\"?",
    re.IGNORECASE,
)
"""A variable that holds a program with the commands of `docker`, by its name."""
_MOST_SOURCED: Final = 20


def _may_start(word: str) -> bool:
    """True if a command whose first word is this one may start a build or a script, or changes the directory or a variable."""
    program = posixpath.basename(word)
    return program == ":" or program in _ENTERING or is_known_program(program) or may_be_script(word)


def _names_engine(word: str) -> bool:
    return _ENGINE.fullmatch(word) is not None


class Shell:
    """Follows the commands of a script in their order."""

    def __init__(self, site: Site, script: Script) -> None:
        self._site = site
        self._script = script
        # A variable with a default in the script counts as unset. Other variables without an assignment are unknown.
        self._optional = frozenset(it.name for it in script.variables if it.has_default)
        self._shifts = any(it.name in {"shift", "getopts"} or it.arguments[:1] == ("--",) for it in script.commands)
        # For each shell process and round its directory; None where only running the script could tell.
        self._directories: dict[tuple[object, _Round], _Directory | None] = {}
        self._stacks: dict[tuple[object, _Round], list[_Directory | None]] = {}
        """The directories that `pushd` has left, and to which `popd` returns."""
        self._calls: dict[str, tuple[Command, ...]] = {}
        """The commands that name a function, by its name."""
        self._kept: dict[str, str | None] = {}
        """What `_kept_values` has found out about variables."""
        self._entered: set[str] = set()
        """The functions whose callers are being asked for a value: one may call itself with the output of a command."""
        self._n_nested = 0
        self._n_outputs = 0
        """The outputs that were asked for while another one was."""
        self._defaults: dict[str, str] = {}
        self._sourced: list[tuple[int, dict[str, str]]] | None = None
        """The variables of the files that the script reads with `source`, each with its place; None until one is asked for."""
        self._listed: dict[str, list[str]] = {}
        """The paths that match each pattern, by its path from the root of the checkout."""

    def started(self, spend: Callable[[int], bool]) -> Iterator[StartedCommand]:
        """The commands that may start builds, once for each round of the loops around them, in known directories.

        They end where `spend` returns False; it gets the work of each command.
        """
        n_commands = 0
        for command in self._script.commands:
            for loops in self._rounds(command):
                n_commands += 1
                if n_commands > _MOST_COMMANDS or not spend(1):
                    return
                started = self._run(command, loops)
                if started is None:
                    continue
                for it in self._alternatives(command, loops, started):
                    if not spend(_WORK_OF_START):
                        return
                    yield it

    def _alternatives(self, command: Command, loops: _Round, started: StartedCommand) -> Iterator[StartedCommand]:
        """A command for each value that a variable in it may have; itself if no variable has several known values.

        Of variables that only say how a build runs (`--no-cache` or nothing) one value counts. Of two others the text does not tell
        which values go together: they stay unknown.
        """
        if not any(has_unknown_part(it) for it in started.words):
            yield started
            return
        words = self._words(command, loops)
        chosen: dict[str, str] = {}
        deciding: dict[str, tuple[str, ...]] = {}
        tried = set[str]()
        for name, at in _variables_of(command):
            if name in tried or name in words.loops or len(chosen) >= _MOST_VALUES:
                continue
            # The value before an assignment that adds to it is not that of the command.
            tried.add(name)
            values = words.possible(name, at) if UNKNOWN in (words.whole(name, at) or "") else None
            if values is not None and all(is_how_it_runs(_words_of(it)) for it in values):
                chosen[name] = max(values, key=lambda it: ("--push" in it, "--no-cache" not in it))
            elif values is not None and len(values) > 1:
                deciding[name] = values
        rounds = [{**chosen}]
        if len(deciding) == 1:
            ((name, values),) = deciding.items()
            rounds = [{**chosen, name: it} for it in values]
        for it in rounds:
            other = self._run(command, loops, it) if it else started
            if other is not None:
                yield other

    def words(self, command: Command) -> Words:
        """The values of the words of a command, those of the loops around it unknown."""
        return self._words(command, ())

    def _run(self, command: Command, loops: _Round, chosen: Mapping[str, str] | None = None) -> StartedCommand | None:
        """One round of a command; None if it starts nothing. Effect: change the directory of its shell if it is `cd`.

        `chosen` are the values of variables for which the text has several.
        """
        words = self._words(command, loops, chosen)
        expanded = self._expanded_words(command, words)
        first = next(expanded, "")
        if not first or (first != UNKNOWN_WORD and not _may_start(first)):
            # Most commands of a script, whose other words nobody needs.
            return None
        texts = [first, *expanded]
        if len(texts) > 1 and texts[0] == UNKNOWN_WORD and command.words[0].text.startswith("$("):
            # `env $(cat .env | xargs) docker build .`
            del texts[0]
        if texts[0] == UNKNOWN_WORD and _names_engine(command.words[0].text) and texts[1:2] in (["build"], ["buildx"]):
            # `$CONTAINER_TOOL build`, where a condition has set it to docker or podman.
            texts[0] = "docker"
        if texts[0] == UNKNOWN_WORD:
            return None
        program = posixpath.basename(texts[0])
        if program == ":":
            self._assign_defaults(command, words)
            return None
        if program in _ENTERING:
            operands = _operands(texts[1:])
            self._enter(program, operands[0] if operands else "", command, loops)
            return None
        directory = self._directory(command, loops)
        is_known = is_known_program(program)
        if directory is None or not (is_known or may_be_script(texts[0])) or not self._may_run(command, loops):
            return None
        # A script is found by its path, a program by its name.
        name = program if is_known else texts[0]
        start = max(0, command.range[0] - len(_HEAD))
        environment = self._environment(command, words)
        is_of_listed = any(it.kind == "for" and _has_pattern(it.patterns) for it in command.conditions)
        machines = self._machines(command, loops, chosen or {}) if self._asks_for_machine else frozenset[str]()
        return StartedCommand(
            [name, *texts[1:]], directory.path, environment, start, directory.is_placed, is_of_listed, machines
        )

    @cached_property
    def _asks_for_machine(self) -> bool:
        """True if a command of the script prints the name of the machine that runs it."""
        return any(map(_prints_machine, self._script.commands))

    def _machines(self, command: Command, loops: _Round, chosen: Mapping[str, str]) -> frozenset[str]:
        """The architectures on which a command runs, or on which its variables have the chosen values; empty if the machine does not decide."""
        architectures: set[str] = set()
        for printed, architecture in _PRINTED.items():
            words = Words(
                lambda name: self._look_up(name, command, loops),
                lambda it, printed=printed: printed if _prints_machine(it) else self._answer(it, loops),  # type: ignore[misc]
                dict(loops),
                lambda path, at: self._is_there(path, at, loops),
            )
            values = {name: words.whole(name, command) for name in chosen}
            is_other = any(UNKNOWN not in (it or "") and it != chosen[name] for name, it in values.items())
            if words.taken(command) is not False and not is_other:
                architectures.add(architecture)
        return frozenset(architectures) if len(architectures) < len({*_PRINTED.values()}) else frozenset()

    def _may_run(self, command: Command, loops: _Round) -> bool:
        """True unless the script is known not to run a command: in a function that nothing calls, or in another branch than its arguments take.

        Only the arguments of a call, what a job writes into its script, and the values of loops decide on branches. A variable that has a default may
        still be set in the environment of the script.
        """
        if any(it.kind == "function" and it.text in self._uncalled_here for it in command.conditions):
            return False
        return not (
            self._is_passed_by(command, loops)
            or (loops and (self._is_for_others(command, loops) or self._is_of_another_round(command, loops)))
        )

    def _is_passed_by(self, command: Command, loops: _Round) -> bool:
        """True if the arguments of the script, or what the job that contains it writes into it, choose a branch without this command."""
        certain = self._site.certain
        if self._site.arguments is None and certain is None:
            return False

        def look_up(name: str) -> str | None:
            is_doubtful = certain is not None and name in self._site.environment and name not in certain
            if is_doubtful or (name in self._optional and name not in (certain or ())):
                return UNKNOWN
            return self._look_up(name, command, loops)

        values = {**self._kept_values(command), **dict(loops)}
        return Words(look_up, lambda it: self._answer(it, loops), values).taken(command) is False

    def _kept_values(self, command: Command) -> dict[str, str]:
        """The values of the variables in the conditions of a command that keep one value, because the call of the script has none of the options that set them."""
        arguments = self._site.arguments
        if arguments is None or UNKNOWN_WORD in arguments:
            return {}
        names = {name for it in command.conditions if it.kind not in {"for", "function"} for name in it.variables}
        for name in names - {*self._kept}:
            assigned = {id(one): one for it in self._script.commands for one in it.variables.get(name, ())}.values()
            free = [it for it in assigned if not self._is_of_other_option(it, arguments)]
            values = {it.value.value for it in free}
            is_kept = len(free) < len(assigned) and len(values) == 1
            self._kept[name] = values.pop() if is_kept else None
        return {name: it for name in names if (it := self._kept[name]) is not None}

    def _is_of_other_option(self, assignment: Assignment, arguments: Sequence[str]) -> bool:
        """True if an assignment is in a branch of a `case` for options that are neither arguments of the script nor given to one of its functions."""
        for it in assignment.conditions:
            patterns = [one.value or "" for one in it.patterns] if it.kind == "case" else []
            if not patterns or not all(one.startswith("-") for one in patterns):
                continue
            if not any(fnmatchcase(word, one) for one in patterns for word in (*arguments, *self._given_options)):
                return True
        return False

    @cached_property
    def _given_options(self) -> frozenset[str]:
        """The options that commands of the script give to its functions, to other scripts, or to itself by `set`."""
        functions = {it.text for command in self._script.commands for it in command.conditions if it.kind == "function"}
        commands = (it for it in self._script.commands if it.name in functions | _CALLING | {"set", ""})
        words = (word.value or "" for it in commands for word in it.words[1:])
        return frozenset(it for it in words if it.startswith("-"))

    def _is_of_another_round(self, command: Command, loops: _Round) -> bool:
        """True if the values of the loops around a command choose a branch without it; other values may choose its own."""

        def takes(values: _Round) -> bool | None:
            return Words(lambda _name: UNKNOWN, lambda it: self._answer(it, values), dict(values)).taken(command)

        return takes(loops) is False and takes(tuple((name, UNKNOWN) for name, _value in loops)) is not False

    def _is_for_others(self, command: Command, loops: _Round) -> bool:
        """True if a test for a file of the project decides that a round of a loop goes past a command."""
        words = self._words(command, loops)
        return any(_asks_for_file(it) and words.holds(it) is False for it in command.conditions)

    def _is_there(self, path: str, command: Command, loops: _Round) -> bool:
        """True if the project has a file or directory by a path that a command names."""
        directory = self._directory(command, loops)
        place = None if directory is None else self._site.resolve(in_checkout(directory.path, path))
        return place is not None and exists(place)

    @cached_property
    def _uncalled_here(self) -> frozenset[str]:
        """The functions that no command calls which may run."""
        names = {it.text for command in self._script.commands for it in command.conditions if it.kind == "function"}
        calls = [(it, self._called_by(it, names)) for it in self._script.commands] if names else []
        if not any(of_command for _command, of_command in calls):
            # A script that calls none of its functions is a library: another script calls them.
            return frozenset()
        called: set[str] = set()
        has_more = True
        while has_more:
            before = len(called)
            for command, of_command in calls:
                around = [it.text for it in command.conditions if it.kind == "function"]
                may_run = all(it in called for it in around) and not self._is_passed_by(command, ())
                called |= of_command if may_run else set()
            has_more = len(called) > before
        return frozenset(names - called)

    def _called_by(self, command: Command, names: set[str]) -> set[str]:
        """The functions of the script, out of `names`, that a command may call."""
        if _is_in_function(command) and command.words[0].text.strip('"') in {"$@", "$*", "$1", "${@}", "${1}"}:
            # The arguments of a function are those of the commands that call it.
            return set()
        texts = self._expanded_words(command, self._words(command, ()))
        first = next(texts, UNKNOWN_WORD)
        if first == UNKNOWN_WORD:
            return names
        return names & {first, *texts} if first in names or first in _CALLING else set()

    def _assign_defaults(self, command: Command, words: Words) -> None:
        """Effect: apply the assignments of `: ${NAME:=value}` to unset variables (POSIX.1-2024, Shell, 2.6.2)."""
        for word in command.words[1:]:
            assigned = _ASSIGNING.fullmatch(word.text.strip('"'))
            if assigned is not None:
                self._defaults[assigned[1]] = UNKNOWN if command.conditions else words.text(word, command)

    def _expanded_words(self, command: Command, words: Words) -> Iterator[str]:
        """Yield the words to which the shell expands those of a command."""
        return (text for it in command.words for text in self._texts(it, command, words))

    def _texts(self, word: ShellWord, command: Command, words: Words) -> list[str]:
        """The words to which the shell expands one."""
        if word.text.strip('"') in {"$@", "${@}"}:
            arguments = self._arguments(command)
            return [UNKNOWN_WORD] if arguments is None else [*arguments]
        return _expanded(word, command, words)

    def _rounds(self, command: Command) -> Iterator[_Round]:
        """The rounds of the loops around a command; a loop over unknown values is one round, without a value."""
        rounds: list[_Round] = [()]
        for condition in command.conditions:
            if condition.kind != "for" or len(condition.variables) != 1:
                continue
            words = self._words(command, ())
            values = [text for it in condition.patterns for text in _expanded(it, command, words)]
            if not values or any(map(has_unknown_part, values)):
                continue
            if any(set("*?[") & set(it) for it in values):
                values = self._matching(values, command)
            if not values:
                continue
            name = condition.variables[0]
            rounds = [(*before, (name, it)) for before in rounds for it in values][:MOST_ROUNDS]
        yield from rounds

    def _matching(self, patterns: Sequence[str], command: Command) -> list[str]:
        """The paths of the project that match patterns, as the shell writes them; empty if none does, or if the directory is unknown."""
        directory = self._directory_before(command)
        if directory is None:
            return []
        matching: list[str] = []
        for it in patterns:
            if not set("*?[") & set(it):
                matching.append(it)
                continue
            place = in_checkout(directory.path, it)
            if place not in self._listed:
                self._listed[place] = [*islice(_glob(self._site, place), MOST_ROUNDS)]
            plain = it[: min(it.index(sign) for sign in "*?[" if sign in it)].rpartition("/")[0]
            before = in_checkout(directory.path, plain or ".")
            start = 0 if before == "." else len(before) + 1
            end = "/" if it.endswith("/") else ""
            matching += (posixpath.join(plain, path[start:]) + end for path in self._listed[place])
        return matching

    def _directory_before(self, command: Command) -> _Directory | None:
        """The directory of a command's shell, or of one around it, before the loops around the command; None if unknown."""
        for shell in command.variables.shells():
            if (shell, ()) in self._directories:
                return self._directories[shell, ()]
        return _Directory(self._site.directory)

    def _words(self, command: Command, loops: _Round, chosen: Mapping[str, str] | None = None) -> Words:
        values = {**dict(loops), **(chosen or {})}
        return Words(
            lambda name: self._look_up(name, command, loops),
            lambda it: self._answer(it, loops),
            values,
            lambda path, at: self._is_there(path, at, loops),
            self._callers,
            entered=self._entered,
        )

    def _callers(self, function: str) -> Sequence[Command]:
        """The commands that call a function by its name; none if it is a word of another command too, which may call it, or if there are many."""
        if function not in self._calls:
            self._calls[function] = tuple(
                it for it in self._script.commands if any(word.text.strip("\"'") == function for word in it.words)
            )
        calls = self._calls[function]
        is_plain = len(calls) <= _MOST_VALUES and all(it.name == function for it in calls)
        return calls if is_plain else ()

    def _look_up(self, name: str, command: Command, loops: _Round) -> str | None:
        """The value of a variable that the script does not set itself; None for an unset one."""
        sourced = next(
            (it for place, it in reversed(self._files_read()) if place < command.range.start and name in it), {}
        )
        if name in sourced:
            return sourced[name]
        if name in self._site.environment:
            return self._site.environment[name]
        if name in self._defaults:
            return self._defaults[name]
        if name in _WORKSPACE_NAMES:
            return WORKSPACE
        if name == "PWD":
            return self._printed_directory(command, loops)
        if name == "BASH_SOURCE":
            return self._path_of(self._site.source)
        if name == "0":
            return self._path_of(self._site.script or self._site.source)
        if name.isdecimal() and (arguments := self._arguments(command)) is not None:
            argument = arguments[int(name) - 1 : int(name)]
            return argument[0].replace(UNKNOWN_WORD, UNKNOWN) if argument else None
        if name.isdecimal() and _is_in_function(command):
            # A call gives the arguments of a function; `${1:-all}` is a default of those of the script.
            return UNKNOWN
        return None if name in self._optional else UNKNOWN

    def _files_read(self) -> list[tuple[int, dict[str, str]]]:
        """The variables of the files that the script reads with `source`, outside of functions, and the offsets of these commands."""
        if self._sourced is None:
            self._sourced = []
            for it in self._script.commands:
                if it.name not in {".", "source"} or len(it.words) < 2 or _is_in_function(it):
                    continue
                path, directory = self._words(it, ()).value(it.words[1], it), self._directory(it, ())
                place = (
                    None if path is None or directory is None else self._site.resolve(in_checkout(directory.path, path))
                )
                if place is not None and len(self._sourced) < _MOST_SOURCED:
                    self._sourced.append((it.range.start, sourced_values(place)))
        return self._sourced

    def _arguments(self, command: Command) -> tuple[str, ...] | None:
        """The arguments of the script; None if they are unknown, as in a function and after `shift`."""
        return None if self._shifts or _is_in_function(command) else self._site.arguments

    def _environment(self, command: Command, words: Words) -> dict[str, str]:
        """The environment of a command, without variables of unknown value."""
        known = dict(self._site.environment)
        for name in command.variables:
            value = words.variable(name, command)
            if value is not None and UNKNOWN not in value:
                known[name] = value
            else:
                known.pop(name, None)
        for assignment in command.assignments:
            value = words.text(assignment.value, command)
            if UNKNOWN not in value:
                known[assignment.name] = value
        return known

    def _answer(self, command: Command, loops: _Round) -> str | None:
        """The output of commands with which scripts find their own directory and the root of the repository."""
        match command.name:
            case "pwd":
                return self._printed_directory(command, loops)
            case "dirname" if len(_operands([it.text for it in command.words])) == 2:
                path = self._evaluated(command, loops)
                return None if path is None else posixpath.dirname(path) or "."
            case "basename" if len(_operands([it.text for it in command.words])) == 2:
                path = self._evaluated(command, loops)
                return None if path is None else posixpath.basename(path.rstrip("/"))
            case "git" if _asks_for_root(command):
                return WORKSPACE
            case "realpath" | "readlink" if len(command.words) > 1:
                path = self._evaluated(command, loops)
                return None if path is None or self._directory(command, loops) is None else path
            case _:
                return None

    def _evaluated(self, command: Command, loops: _Round) -> str | None:
        """The last word of a command; None if it is unknown, or if the outputs of too many commands depend on one another."""
        self._n_outputs += self._n_nested > 0
        if self._n_nested >= _DEEPEST_OUTPUT or self._n_outputs > _MOST_OUTPUTS:
            return None
        self._n_nested += 1
        value = self._words(command, loops).value(command.words[-1], command)
        self._n_nested -= 1
        return value

    def _path_of(self, script: Path) -> str:
        """The absolute path of a script of the project, as the shell has it."""
        return posixpath.join(WORKSPACE, path_below(script, self._site.root) or script.name)

    def _printed_directory(self, command: Command, loops: _Round) -> str:
        directory = self._directory(command, loops)
        return UNKNOWN if directory is None else posixpath.normpath(posixpath.join(WORKSPACE, directory.path))

    def _directory(self, command: Command, loops: _Round) -> _Directory | None:
        """The directory of a command's shell, which starts in that of the shell around it; None if unknown."""
        for shell in command.variables.shells():
            for known in (loops, ()):
                if (shell, known) in self._directories:
                    return self._directories[shell, known]
        return _Directory(self._site.directory)

    def _enter(self, program: str, path: str, command: Command, loops: _Round) -> None:
        """Effect: change the directory of a command's shell by `cd`, `pushd` or `popd`; if `path` does not determine it, it is unknown."""
        shell = next(command.variables.shells())
        before = self._directory(command, loops)
        stack = self._stacks.setdefault((shell, loops), [])
        if program == "popd":
            self._directories[shell, loops] = stack.pop() if stack and not path else None
            return
        if program == "pushd":
            stack.append(before)
        is_known = path and not has_unknown_part(path) and not path.startswith(("-", "~", "+"))
        is_placed = posixpath.isabs(path)
        entered = None if not is_known or (before is None and not is_placed) else _entered(before, path)
        self._directories[shell, loops] = entered


def _entered(before: _Directory | None, path: str) -> _Directory:
    """The directory after `cd`, given the one before it, which an absolute path does not need."""
    if before is None:
        return _Directory(in_checkout(".", path), is_placed=True)
    return _Directory(in_checkout(before.path, path), before.is_placed or posixpath.isabs(path))


def _is_file_test(command: Command) -> bool:
    """True for a test for one file or directory: `[ -f build.sh ]`."""
    words = [it.text for it in command.words]
    is_test = command.name in {"[", "[[", "test"} and words[1:2] in (["-d"], ["-e"], ["-f"])
    return is_test and len(words) > 2 and words[3:] in ([], ["]"], ["]]"])


def _asks_for_file(condition: Condition) -> bool:
    """True if a test for one file or directory is all of a condition."""
    return len(condition.commands) == 1 and _is_file_test(condition.commands[0])


def _has_pattern(words: Sequence[ShellWord]) -> bool:
    """True if one of the words of a loop is a pattern for paths."""
    written = ("".join(part for part in it.parts if isinstance(part, str)) if it.parts else it.text for it in words)
    return any(set("*?[") & set(it) for it in written)


def _glob(site: Site, pattern: str) -> Iterator[str]:
    """Yield the paths of a project that match a pattern for them, in order of name; both are relative to the root of the checkout."""
    paths = [""]
    for part in [it for it in pattern.split("/") if it]:
        matching: list[str] = []
        for path in paths[:MOST_ROUNDS]:
            if not set("*?[") & set(part):
                matching.append(posixpath.join(path, part))
                continue
            place = site.resolve(path or ".")
            names = sorted(it.name for it in entries_of(place)) if place is not None else []
            glob = component_pattern(part)
            named = (it for it in names if (part.startswith(".") or not it.startswith(".")) and glob.fullmatch(it))
            matching += (posixpath.join(path, it) for it in islice(named, MOST_ROUNDS))
        paths = matching
    for path in paths:
        place = site.resolve(path)
        if place is not None and exists(place):
            yield path


def _words_of(value: str) -> list[str]:
    """The words of the value of a variable, or of the elements of an array."""
    return [word for it in elements_of(value) for word in it.split()]


def _operands(words: Sequence[str]) -> list[str]:
    """The words of a command without options such as `-P` and `--`."""
    return [it for it in words if not it.startswith("-") or it == "-"]


def _asks_for_root(command: Command) -> bool:
    """True for a command that prints the root of the checkout: `git rev-parse --show-toplevel`, perhaps with `-C` and a directory."""
    words = [it.text for it in command.words[1:]]
    return command.name == "git" and words[-2:] == ["rev-parse", "--show-toplevel"] and words[:-2][:1] in ([], ["-C"])


def _variables_of(command: Command) -> Iterator[tuple[str, Command | Assignment]]:
    """The variables in the words of a command, and those in the values that the script assigns to these; each with its reader."""
    pending: list[tuple[ShellWord, Command | Assignment, int]] = [(it, command, 0) for it in command.words]
    n_words = 0
    while pending and n_words < _MOST_WORDS:
        word, at, depth = pending.pop(0)
        n_words += 1
        for part in word.parts:
            if not isinstance(part, Parameter):
                continue
            yield part.name, at
            if depth < _DEEPEST:
                pending += ((it.value, it, depth + 1) for it in at.variables.get(part.name, ())[-1:])


def _is_in_function(command: Command) -> bool:
    """True if a command is in the body of a function."""
    return any(it.kind == "function" for it in command.conditions)


def _expanded(word: ShellWord, command: Command, words: Words) -> list[str]:
    """The words to which the shell expands one; the elements of an array, if the word is that."""
    elements = words.elements(word, command)
    if elements is None:
        return _fields(word, words.text(word, command))
    return [it.replace(UNKNOWN, UNKNOWN_WORD) for it in elements]


def _fields(word: ShellWord, text: str) -> list[str]:
    """The words to which the shell splits an expanded text; an unknown part becomes `UNKNOWN_WORD`."""
    text = text.replace(UNKNOWN, UNKNOWN_WORD)
    if word.value is not None or '"' in word.text or "'" in word.text:
        return [text]
    return text.split()
