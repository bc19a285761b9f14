"""The commands of a shell script as values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange

_PROGRAM_BELOW_VARIABLE: Final = lazy_regex(r'"?\$.*/(?P<name>[\w.+-]+)"?')
_MOST_ALTERNATIVES: Final = 64
"""Assignments of one variable that are kept apart; a script with more of them is not evaluated."""


class ShellVariable(NamedTuple):
    """A use of a variable, `$NAME` or `${NAME…}`."""

    name: str
    range: TextRange
    """All of it, an operator and its operand included."""
    name_range: TextRange
    has_default: bool
    """True if an operator says what to take where it is not set: `${NAME:-default}`."""


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A part of a word that the shell replaces by the value of a variable, `${NAME<operator>operand}`."""

    name: str
    operator: str = ""
    operand: tuple[Part, ...] = ()
    replacement: tuple[Part, ...] = ()
    """Of `${NAME/operand/replacement}`."""


@dataclass(frozen=True, slots=True, eq=False)
class Substitution:
    """A part of a word that the shell replaces by the output of commands, `$(…)`."""

    commands: tuple[Command, ...]
    """Those whose output it may be; the commands of a nested `$(…)` are not among them."""
    n_outer_conditions: int
    """How many of the conditions of each command apply to the whole substitution."""


Part = str | Parameter | Substitution | None
"""A part of a word: text, something that is expanded, or None for what only running it could tell."""


class ShellWord(NamedTuple):
    """A word of a command, quotes and expansions included."""

    text: str
    """As written."""
    value: str | None
    """What the shell makes of it; None where that depends on variables or on other commands."""
    range: TextRange
    variables: tuple[ShellVariable, ...] = ()
    parts: tuple[Part, ...] = ()
    """Of which it consists, where `value` is None."""

    def after(self, prefix: str) -> ShellWord:
        """The rest of a word that begins with this literal text: the value in `--option=value`."""
        if self.value is not None:
            return self._replace(text=self.text[len(prefix) :], value=self.value[len(prefix) :])
        first, *rest = self.parts or (None,)
        parts = (first[len(prefix) :], *rest) if isinstance(first, str) else self.parts
        return self._replace(text=self.text[len(prefix) :], parts=parts)


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """`NAME=value`: before a command, in `export`, or on its own."""

    name: str
    value: ShellWord
    range: TextRange
    name_range: TextRange
    is_exported: bool
    """True if this assignment makes it visible to commands."""
    conditions: tuple[Condition, ...] = ()
    """Those under which it happens."""
    variables: Variables = field(default_factory=lambda: NO_VARIABLES)
    """Assignments made before it."""

    @property
    def decided_by(self) -> tuple[TextRange, ...]:
        """Where the conditions are written under which it happens."""
        return tuple([it.range for it in self.conditions])

    @property
    def is_conditional(self) -> bool:
        """True if it happens only under a condition."""
        return bool(self.conditions)


@dataclass(frozen=True, slots=True, eq=False)
class Status:
    """Succeeds where a command does."""

    command: Command


@dataclass(frozen=True, slots=True, eq=False)
class Not:
    """Holds where another expression does not."""

    expression: Expression


@dataclass(frozen=True, slots=True, eq=False)
class All:
    """Holds where all of these hold."""

    expressions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Some:
    """Holds where one of these holds."""

    expressions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """`case word in …`: the first branch is taken that has a pattern which matches."""

    word: ShellWord
    branches: list[tuple[ShellWord, ...]]
    """The patterns of each branch; complete once the statement is read."""
    variables: Variables
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """Holds where a branch of `case` is taken."""

    case: Case
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class NotLeft:
    """Holds where the script was not left before: `exit` under these conditions."""

    conditions: tuple[Condition, ...]
    is_failure: bool
    """True if the build fails where it is left; then what comes later may be taken to be reached."""


Expression = bool | None | Status | Not | All | Some | Branch | NotLeft
"""What decides: a constant, None where only running it could tell, or something to evaluate."""


class Condition(NamedTuple):
    """What decides whether, or how often, a command runs."""

    kind: Literal["if", "case", "and", "or", "for", "while", "exit", "function"]
    range: TextRange
    """The condition itself."""
    text: str
    variables: tuple[str, ...]
    """The variables that it looks at; the variable of a `for` loop."""
    commands: tuple[Command, ...]
    """The commands that it runs."""
    patterns: tuple[ShellWord, ...] = ()
    """What `case` compares with, in the branch that is taken; the values of a `for` loop."""
    expression: Expression = None
    """What has to hold for the command to run."""


class _Process:
    """The assignments of one shell process in their order; a subshell begins with those of the shell around it."""

    __slots__ = ("clock", "history", "outer")

    def __init__(self, outer: Variables | None) -> None:
        self.outer = outer
        self.clock = 0
        self.history: dict[str, tuple[list[int], list[tuple[Assignment, ...]]]] = {}

    def put(self, name: str, assignments: tuple[Assignment, ...]) -> None:
        times, values = self.history.setdefault(name, ([], []))
        times.append(self.clock)
        values.append(assignments)
        self.clock += 1


class Variables(Mapping[str, tuple[Assignment, ...]]):
    """The assignments that may be in force at one point of a script, several where branches assign differently.

    A view of a shared history: taking one costs nothing, however many variables there are.
    """

    __slots__ = ("_process", "_time")

    def __init__(self, process: _Process | None = None, time: int | None = None) -> None:
        self._process = _Process(None) if process is None else process
        self._time = self._process.clock if time is None else time

    def now(self) -> Variables:
        """What is assigned at this moment; later assignments do not show in it."""
        return Variables(self._process, self._process.clock)

    def subshell(self) -> Variables:
        """The variables of a subshell: what it assigns does not show outside."""
        return Variables(_Process(self.now()))

    def put(self, name: str, assignments: tuple[Assignment, ...]) -> None:
        """Replace what is assigned to a variable from now on."""
        self._process.put(name, assignments[-_MOST_ALTERNATIVES:])
        self._time = self._process.clock

    def shells(self) -> Iterator[object]:
        """The shell process that has these variables, then those around it; equal for views of one process."""
        return (it._process for it in self._outwards())  # noqa: SLF001 - its own kind

    def __getitem__(self, name: str) -> tuple[Assignment, ...]:
        for view in self._outwards():
            known = view._process.history.get(name)  # noqa: SLF001 - its own kind
            if known is not None:
                position = bisect_left(known[0], view._time) - 1  # noqa: SLF001
                if position >= 0:
                    return known[1][position]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        names: dict[str, None] = {}
        for view in self._outwards():
            history = view._process.history  # noqa: SLF001 - its own kind
            names |= dict.fromkeys(name for name, (times, _) in history.items() if times[0] < view._time)  # noqa: SLF001
        return iter(names)

    def _outwards(self) -> Iterator[Variables]:
        """This view, and those of the shells around it."""
        view: Variables | None = self
        while view is not None:
            yield view
            view = view._process.outer  # noqa: SLF001

    def __len__(self) -> int:
        return sum(1 for _ in self)


NO_VARIABLES: Final[Variables] = Variables()


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A simple command."""

    words: tuple[ShellWord, ...]
    """The program and its arguments; what only runs another program, like `env` or `exec`, is left out."""
    range: TextRange
    """From the first assignment or word to the last word."""
    assignments: tuple[Assignment, ...] = ()
    """Those before it, `env`'s included."""
    insertion: int = 0
    """Where another assignment for this command can be written, followed by a blank."""
    is_writable: bool = True
    """True if text can be inserted there as it is: not inside a quoted script with escapes."""
    variables: Variables = field(default_factory=lambda: NO_VARIABLES)
    """Assignments made earlier by the same script; several where branches assign differently."""
    conditions: tuple[Condition, ...] = ()
    """From the outermost to the innermost."""
    is_substitution: bool = False
    """True if its output is put into another command."""
    depth: int = 0
    """How many `$(…)` are around it."""
    input: Command | ShellWord | None = None
    """What it reads as standard input, as far as that is known: the command before a pipe, a here-string."""
    is_piped: bool = False
    """True if its output goes into a pipe or a file."""
    name: str = field(init=False)
    """The program without its directory, even one that depends on variables; empty where only running could tell."""

    def __post_init__(self) -> None:
        """Find the name once: every toolchain asks for it."""
        object.__setattr__(self, "name", _program(self.words[0]) if self.words else "")

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words after the program; as written where their value depends on variables."""
        return tuple([it.text if it.value is None else it.value for it in self.words[1:]])

    def assigned(self, name: str) -> Assignment | None:
        """The assignment before this command."""
        for it in reversed(self.assignments):
            if it.name == name:
                return it
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """What a RUN does, as far as its text tells."""

    commands: tuple[Command, ...]
    """In the order of the text; those inside `$(…)` before the command around it."""
    variables: tuple[ShellVariable, ...]
    """All uses of variables, in heredocs too."""
    has_errors: bool
    """True if parts could not be read."""
    branches: tuple[Condition, ...] = ()
    """All of `case`, those that run no command too."""


def _program(word: ShellWord) -> str:
    if word.value is None:
        match = _PROGRAM_BELOW_VARIABLE.fullmatch(word.text)
        return "" if match is None else match["name"]
    return word.value.rpartition("/")[2]


NOTHING: Final = Script((), (), has_errors=False)


def sole_variable(word: ShellWord) -> str | None:
    """The variable that a word consists of, quotes aside; None where it is anything else."""
    if word.value is not None or len(word.variables) != 1:
        return None
    name = word.variables[0].name
    return name if word.text.strip('"') in (f"${name}", f"${{{name}}}") else None
