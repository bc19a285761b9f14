"""What the tests and `case` statements of a script compare: platform arguments, alone, beside other text, or copied to variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from buildxray.semantics.instruction import Run
from buildxray.syntax.instructions import Env
from buildxray.syntax.shell import TESTS, Command, Condition, ShellWord, sole_variable
from buildxray.syntax.shell.model import Branch, Parameter, Variables

ARCHITECTURES: Final = ("TARGETARCH", "BUILDARCH")
PLATFORMS: Final = ("TARGETPLATFORM", "BUILDPLATFORM")
VARIANTS: Final = ("TARGETVARIANT", "BUILDVARIANT")
SYSTEMS: Final = ("TARGETOS", "BUILDOS")
_ARGUMENTS: Final = frozenset({*ARCHITECTURES, *PLATFORMS, *VARIANTS, *SYSTEMS})


class Piece(NamedTuple):
    """A part of what is compared: a text, or the arguments whose values are there."""

    text: str
    arguments: tuple[str, ...] = ()
    """One argument, or an architecture and its variant."""


Subject = tuple[Piece, ...]
"""What is compared: `$TARGETARCH`, `$TARGETOS-$TARGETARCH`, `$arch` after `arch=$TARGETARCH`."""


class Comparisons:
    """The comparisons of platform arguments in the script of a RUN."""

    def __init__(self, run: Run) -> None:
        commands = run.script.commands
        self._run = run
        loops = (one for it in commands for one in it.conditions if one.kind == "for")
        self._unknown = {name for it in loops for name in it.variables}
        self._unknown |= {it for command in commands if command.name == "read" for it in command.arguments}

    def tested(self, command: Command) -> Iterator[tuple[Subject, ShellWord]]:
        """Yield what `[ … ]` compares, and the values."""
        if command.name not in TESTS:
            return
        words = command.words
        for left, operator, right in zip(words, words[1:], words[2:], strict=False):
            if operator.text in ("=", "==", "!="):
                for compared, value in ((left, right), (right, left)):
                    if subject := self._subject(compared, command.variables):
                        yield subject, value

    def of_case(self, branch: Condition) -> Subject:
        """What the `case` of a branch compares; empty if it does not only consist of platform arguments and text."""
        case = branch.expression.case if isinstance(branch.expression, Branch) else None
        return () if case is None else self._subject(case.word, case.variables)

    def _subject(self, word: ShellWord, variables: Variables) -> Subject:
        pieces: list[Piece] = []
        for part in word.parts if word.value is None else ():
            if isinstance(part, str):
                pieces.append(Piece(part))
                continue
            if not isinstance(part, Parameter) or part.operator:
                return ()
            name = self._argument(part.name, variables)
            before = pieces[-1].arguments if pieces else ()
            if name is None or (before and (before[-1] not in ARCHITECTURES or name != _variant(before[-1]))):
                # Between other arguments, nobody can tell where the value of the one ends.
                return ()
            if before:
                pieces.pop()
            pieces.append(Piece("", (*before, name)))
        return tuple(pieces) if any(it.arguments for it in pieces) else ()

    def _argument(self, name: str, variables: Variables) -> str | None:
        """The argument whose value a variable surely has."""
        if name in _ARGUMENTS:
            return name
        assigned = variables.get(name, ())
        if name in self._unknown or len(assigned) > 1:
            return None
        if not assigned:
            return _copied_by_env(self._run, name)
        copied = None if assigned[0].is_conditional else sole_variable(assigned[0].value)
        return copied if copied in _ARGUMENTS else None


def _variant(architecture: str) -> str:
    return architecture.replace("ARCH", "VARIANT")


def _copied_by_env(run: Run, name: str) -> str | None:
    """The argument whose value a variable of an ENV has: `ENV ARCH=$TARGETARCH`."""
    declaration = run.declaration(name)
    pairs = () if declaration is None or not isinstance(declaration.node, Env) else declaration.pairs
    values = [it.value.text.strip('"') for it in pairs if it.name.text == name and it.value is not None]
    argument = values[-1].removeprefix("$").strip("{}") if values and values[-1].startswith("$") else ""
    return argument if argument in _ARGUMENTS and run.values(name) == run.values(argument) else None
