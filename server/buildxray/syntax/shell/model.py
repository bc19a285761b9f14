"""The commands of a shell script as values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Final, Literal, NamedTuple

from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange

_PROGRAM_BELOW_VARIABLE: Final = lazy_regex(r'"?\$.*/(?P<name>[\w.+-]+)"?')
_MOST_ALTERNATIVES: Final = 64
"""Assignments of one variable that are kept, the last ones."""


class ShellVariable(NamedTuple):
    """A use of a variable, `$NAME` or `${NAME…}`."""

    name: str
    range: TextRange
    """The whole use, including an operator and its operand."""
    name_range: TextRange
    has_default: bool
    """True if an operator supplies a value for an unset variable: `${NAME:-default}`."""


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A part of a word that the shell replaces by the value of a variable: `${NAME<operator>operand}`."""

    name: str
    operator: str = ""
    operand: tuple[Part, ...] = ()
    replacement: tuple[Part, ...] = ()
    """The second operand of `${NAME/operand/replacement}`."""


@dataclass(frozen=True, slots=True, eq=False)
class Substitution:
    """A part of a word that the shell replaces by the output of commands: `$(…)`."""

    commands: tuple[Command, ...]
    """The commands whose output it may be; without the commands of a nested `$(…)`."""
    n_outer_conditions: int
    """The number of leading conditions of each command that apply to the whole substitution."""


@dataclass(frozen=True, slots=True, eq=False)
class Elements:
    """The elements of an array of Bash, in the value of an assignment: `(a b)`."""

    words: tuple[ShellWord, ...]


EVERY_ELEMENT: Final = ("[@]", "[*]")
"""Operators of a `Parameter` for all elements of an array: each a word of its own, or joined by the first character of IFS."""
WHOLE_ARRAY: Final = "[]"
"""The operator of a `Parameter` to which `+=` adds elements or text."""

Part = str | Parameter | Substitution | Elements | None
"""A part of a word: text, an expansion, or None for a value that only running the script could tell."""


class ShellWord(NamedTuple):
    """A word of a command, quotes and expansions included."""

    text: str
    """The word as written."""
    value: str | None
    """The word after expansion and removal of quotes; None if that depends on variables or on other commands."""
    range: TextRange
    variables: tuple[ShellVariable, ...] = ()
    parts: tuple[Part, ...] = ()
    """The parts of a word whose `value` is None."""

    def after(self, prefix: str) -> ShellWord:
        """The rest of a word after a literal prefix: the value in `--option=value`."""
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
    """True if the assignment makes the variable visible to commands."""
    conditions: tuple[Condition, ...] = ()
    """The conditions under which the assignment is executed."""
    variables: Variables = field(default_factory=lambda: NO_VARIABLES)
    """The assignments in force before this one."""

    @property
    def decided_by(self) -> tuple[TextRange, ...]:
        """The ranges of the conditions under which the assignment is executed."""
        return tuple([it.range for it in self.conditions])

    @property
    def is_conditional(self) -> bool:
        """True if the assignment is executed only under a condition."""
        return bool(self.conditions)


@dataclass(frozen=True, slots=True, eq=False)
class Status:
    """Holds if the command succeeds."""

    command: Command


@dataclass(frozen=True, slots=True, eq=False)
class Not:
    """Holds if the inner expression does not hold."""

    expression: Expression


@dataclass(frozen=True, slots=True, eq=False)
class All:
    """Holds if all inner expressions hold."""

    expressions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Some:
    """Holds if one inner expression holds."""

    expressions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """`case word in …`: the first branch with a matching pattern is taken."""

    word: ShellWord
    branches: list[tuple[ShellWord, ...]]
    """The patterns of each branch; complete after the whole statement is read."""
    variables: Variables
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """Holds if a branch of `case`, by its 0-based number, is taken."""

    case: Case
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class NotLeft:
    """Holds if the script has not ended before, by an `exit` under the given conditions."""

    conditions: tuple[Condition, ...]
    is_failure: bool
    """True if the `exit` fails the build; an undecided one then counts as not executed, since later commands run only if the build continues."""


Expression = bool | None | Status | Not | All | Some | Branch | NotLeft
"""The value of a condition: a constant, None if only running the script could tell, or an expression to evaluate."""


class Condition(NamedTuple):
    """A condition that decides whether, or how often, a command runs."""

    kind: Literal["if", "case", "and", "or", "for", "while", "exit", "function"]
    range: TextRange
    """The range of the condition itself, without the commands that depend on it."""
    text: str
    """The condition as written; for `function` the name of the function."""
    variables: tuple[str, ...]
    """The variables that the condition reads, or the variable of a `for` loop."""
    commands: tuple[Command, ...]
    """The commands that the condition runs."""
    patterns: tuple[ShellWord, ...] = ()
    """The patterns of the taken branch of a `case`, or the values of a `for` loop."""
    expression: Expression = None
    """The expression that must hold for the command to run."""


class _Process:
    """The history of assignments in one shell process; a subshell starts with those of the process around it."""

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
    """The assignments that may be in force at one point of a script; several if branches assign differently.

    A view of a shared history, so that creating one takes constant time for any number of variables.
    """

    __slots__ = ("_process", "_time")

    def __init__(self, process: _Process | None = None, time: int | None = None) -> None:
        self._process = _Process(None) if process is None else process
        self._time = self._process.clock if time is None else time

    def now(self) -> Variables:
        """A view of the current assignments, which later ones do not change."""
        return Variables(self._process, self._process.clock)

    def subshell(self) -> Variables:
        """The variables of a subshell, whose assignments are not visible outside."""
        return Variables(_Process(self.now()))

    def put(self, name: str, assignments: tuple[Assignment, ...]) -> None:
        """Replace the assignments of a variable, from this point on."""
        self._process.put(name, assignments[-_MOST_ALTERNATIVES:])
        self._time = self._process.clock

    def shells(self) -> Iterator[object]:
        """The shell process of these variables, then the processes around it; equal objects for views of one process."""
        return (it._process for it in self._outwards())  # noqa: SLF001 - its own kind

    def __getitem__(self, name: str) -> tuple[Assignment, ...]:
        view: Variables | None = self
        while view is not None:
            process = view._process  # noqa: SLF001 - its own kind
            known = process.history.get(name)
            if known is not None:
                position = bisect_left(known[0], view._time) - 1  # noqa: SLF001
                if position >= 0 and known[1][position]:
                    return known[1][position]
            view = process.outer
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        names: dict[str, None] = {}
        for view in self._outwards():
            history = view._process.history  # noqa: SLF001 - its own kind
            names |= dict.fromkeys(name for name, (times, _) in history.items() if times[0] < view._time)  # noqa: SLF001
        # Where a function begins, later variables are put in force, and taken back at its end.
        return (it for it in names if it in self)

    def _outwards(self) -> Iterator[Variables]:
        """This view, then those of the enclosing shells."""
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
    """The program and its arguments, without wrappers such as `env` or `exec`."""
    range: TextRange
    """The range from the first assignment or word to the last word."""
    assignments: tuple[Assignment, ...] = ()
    """The assignments written before the command, including those of `env`."""
    insertion: int = 0
    """The offset at which another assignment for this command can be inserted, followed by a blank."""
    is_writable: bool = True
    """True if text can be inserted there literally; False inside a quoted script with escapes."""
    variables: Variables = field(default_factory=lambda: NO_VARIABLES)
    """The earlier assignments of the same script; several for a variable that branches assign differently."""
    conditions: tuple[Condition, ...] = ()
    """The conditions under which the command runs, from the outermost to the innermost."""
    is_substitution: bool = False
    """True if the output becomes part of another command: `$(…)`."""
    depth: int = 0
    """The number of enclosing `$(…)`."""
    input: Command | ShellWord | None = None
    """The standard input, if known: the command before a pipe, or a here-string."""
    is_piped: bool = False
    """True if the output goes into a pipe or a file."""
    sees_environment: bool = True
    """True if the program gets the variables of the shell; False after `sudo` or `env -i`."""
    name: str = field(init=False)
    """The name of the program without its directory, which may contain variables; empty if only running the script could tell."""

    arguments: tuple[str, ...] = field(init=False)
    """The words after the program; as written if their value depends on variables."""

    def __post_init__(self) -> None:
        """Compute name and arguments once, because every toolchain reads them, some for each word."""
        object.__setattr__(self, "name", _program(self.words[0]) if self.words else "")
        values = tuple([it.text if it.value is None else it.value for it in self.words[1:]])
        object.__setattr__(self, "arguments", values)

    @property
    def changes_directory(self) -> bool:
        """True for the commands of a shell that change to a directory. Source: bash(1), "Shell Builtin Commands"."""
        return self.name in ("cd", "pushd")

    def assigned(self, name: str) -> Assignment | None:
        """The assignment of a variable written before this command."""
        for it in reversed(self.assignments):
            if it.name == name:
                return it
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """The commands and variables of a RUN, as far as the text determines them."""

    commands: tuple[Command, ...]
    """The commands in the order of the text; those inside `$(…)` come before the command around them."""
    variables: tuple[ShellVariable, ...]
    """All uses of variables, including those in heredocs."""
    has_errors: bool
    """True if parts of the script could not be read."""
    branches: tuple[Condition, ...] = ()
    """All branches of `case`, including those without commands."""


def _program(word: ShellWord) -> str:
    if word.value is None:
        match = _PROGRAM_BELOW_VARIABLE.fullmatch(word.text)
        return "" if match is None else match["name"]
    return word.value.rpartition("/")[2]


NOTHING: Final = Script((), (), has_errors=False)


def sole_variable(word: ShellWord) -> str | None:
    """The variable that is the only content of a word, apart from quotes; None for any other word."""
    if word.value is not None or len(word.variables) != 1:
        return None
    name = word.variables[0].name
    return name if word.text.strip('"') in (f"${name}", f"${{{name}}}") else None
