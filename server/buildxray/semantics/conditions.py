"""Decide for which target platforms a command runs, by the conditions of its script and the values of the plan.

Conditions on platform arguments, and on the architecture that a program prints, are evaluated. A condition on
anything else is unknown, and its commands count as run, because an argument with a default can get another
value by `--build-arg`. An unknown value depends on the platform only if the script compares it with the name
of an architecture.

Source: github.com/tonistiigi/xx, src/xx-info; the manuals of uname, dpkg and apk.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Sequence
from typing import Final

from buildxray.plan.environment import Environment
from buildxray.plan.scope import Scope
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.library_paths import architectures_in_paths
from buildxray.platforms.names import architecture_names
from buildxray.platforms.platform import Platform, normalize
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import TESTS, UNKNOWN, Command, Condition, Evaluator, ShellWord, Taken
from buildxray.syntax.shell.model import (
    All,
    Assignment,
    Branch,
    Case,
    Elements,
    Expression,
    Not,
    NotLeft,
    Parameter,
    Part,
    Some,
    Status,
    Substitution,
)
from buildxray.toolchains.machine_probes import asks_for_machine
from buildxray.toolchains.triples import architecture_of

_EQUAL: Final = frozenset({"!=", "=", "==", "=~"})
PROBES: Final = frozenset({"apk", "arch", "dpkg", "dpkg-architecture", "getconf", "lscpu", "rpm", "uname", "xx-info"})
"""Programs that print an architecture."""
_SURE_OF_UNAME: Final = frozenset({"amd64", "arm64", "loong64", "ppc64le", "riscv64", "s390x"})
"""Architectures with a certain output of `uname -m`; for others, some machines print the architecture of the kernel."""


def evaluator(scope: Scope, target: Platform, open_arguments: Container[str], defaults: Container[str]) -> Evaluator:
    """An evaluator of a script for one target.

    `open_arguments` are the ARGs in scope without a value, `defaults` those whose value a build argument may replace.
    """
    environment = scope.environment
    machine = normalize(scope.platform)

    def value(name: str) -> str | None:
        return UNKNOWN if name in open_arguments else environment.get(name)

    def sure_value(name: str) -> str | None:
        assignment = environment.assignment(name)
        if name in open_arguments or name in defaults or (assignment is not None and not assignment.is_known):
            return UNKNOWN
        if assignment is None:
            # The base image may set variables that the file does not set.
            return UNKNOWN if scope.has_base_image and name not in AUTOMATIC_ARGUMENTS else None
        return assignment.value

    def answer(command: Command) -> str | None:
        return _answer(command, machine, target, environment)

    return Evaluator(value, answer, deciding=Evaluator(sure_value, answer))


def taken(command: Command, evaluators: tuple[Evaluator, ...], platform_variables: Container[str]) -> tuple[Taken, ...]:
    """For each target, if it runs a command; unknown conditions are resolved as the module describes.

    `platform_variables` are the environment variables whose values depend on the platform.
    """
    if not command.conditions:
        return tuple(Taken.YES for _ in evaluators)
    results = [it.taken(command) for it in evaluators]
    doubt = Taken.MAYBE
    if None in results:
        undecided = [it for it in command.conditions if any(one.holds(it) is None for one in evaluators)]
        if _Mentions(platform_variables, evaluators).any_of(undecided):
            doubt = Taken.BY_PLATFORM
    return tuple(doubt if it is None else Taken.YES if it else Taken.NO for it in results)


def depends_on_platform(word: ShellWord, at: Command | Assignment, platform_variables: Container[str]) -> bool:
    """True if the value of a word depends on a platform argument, or on a program that prints the architecture.

    Conditions on the assignments of its variables count too.
    """
    mentions = _Mentions(platform_variables)
    return mentions.in_word(word, at)


def _answer(command: Command, machine: Platform, target: Platform, environment: Environment) -> str | None:
    """The output of a program that prints the architecture; None if it is unknown."""
    names = architecture_names(machine)
    arguments = command.arguments
    match command.name, arguments:
        case ("uname", ("-m",)) | ("arch", ()):
            return names.uname if names is not None and machine.architecture in _SURE_OF_UNAME else None
        case ("uname", ()) | ("uname", ("-s",)):
            return "Linux" if machine.os == "linux" else None
        case ("dpkg", ("--print-architecture",)):
            return None if names is None else names.debian
        case ("apk", ("--print-arch",)):
            return None if names is None else names.alpine
        case ("xx-info", ("arch" | "os" | "variant" as wanted,)):
            # Without the arguments of the target, xx asks the machine.
            given = environment.get("TARGETPLATFORM") or environment.get("TARGETARCH")
            platform = target if given else machine
            return {"arch": platform.architecture, "os": platform.os, "variant": platform.variant}[wanted]
        case _:
            return None


def _is_architecture(word: ShellWord) -> bool:
    """True if a word is only the name of an architecture, of a platform or of a machine: `amd64`, `linux/arm64`, `aarch64*`, `x86_64-linux-gnu`."""
    text = (word.text if word.value is None else word.value).strip("\"'*")
    if ("-linux" in text or text.endswith("-")) and architecture_of(text) is not None:
        return True
    return any(end - start == len(text.rpartition("/")[2]) for start, end, _ in named_architectures(text))


def _compares(words: Sequence[ShellWord]) -> bool:
    """True if a test compares a value with the name of an architecture, so that the value must be an architecture too.

    This is the only sign that an argument of the project holds one.
    """
    return any(
        it.text in _EQUAL and any(map(_is_architecture, (words[n - 1], *words[n + 1 : n + 2])))
        for n, it in enumerate(words)
        if n
    )


_SEARCHING: Final = frozenset({"egrep", "fgrep", "grep", "rg"})
_QUIET: Final = lazy_regex(r"-\w*q\w*|--quiet|--silent")


def _looks_for_machine(command: Command) -> bool:
    """True if a command asks if a text or a file is about an architecture: `[ "$A" = arm64 ]`, `[ -e /lib64/ld-linux-x86-64.so.2 ]`, `grep -q x86_64`."""
    if command.name in TESTS:
        return _compares(command.words) or any(any(architectures_in_paths(it.text)) for it in command.words[1:])
    if command.name not in _SEARCHING or not any(map(_QUIET.fullmatch, command.arguments)):
        return False
    return any(named_architectures(it) for it in command.arguments)


def _chooses(branches: Iterable[Sequence[ShellWord]]) -> bool:
    """True if a `case` has a branch for the name of an architecture."""
    return any(_is_architecture(pattern) for patterns in branches for pattern in patterns)


class _Mentions:
    """True if conditions depend on the platform, directly or through the values of variables."""

    def __init__(self, platform_variables: Container[str], evaluators: tuple[Evaluator, ...] = ()) -> None:
        self._names = platform_variables
        self._evaluators = evaluators
        self._seen: set[int] = set()

    def any_of(self, conditions: Iterable[Condition]) -> bool:
        return any(self._in_condition(it) for it in conditions)

    def in_word(self, word: ShellWord, at: Command | Assignment | Case) -> bool:
        if word.value is not None:
            return False
        if any(self._in_variable(it.name, at) for it in word.variables):
            return True
        return any(self._in_part(it, at) for it in word.parts)

    def _is_new(self, thing: object) -> bool:
        if id(thing) in self._seen:
            return False
        self._seen.add(id(thing))
        return True

    def _in_condition(self, condition: Condition) -> bool:
        if not self._is_new(condition):
            return False
        if condition.kind == "for":
            return False
        if condition.expression is None and any(self._in_command(it) for it in condition.commands):
            return True
        return self._in_expression(condition.expression)

    def _in_expression(self, expression: Expression) -> bool:
        todo = [expression]
        while todo:
            match todo.pop():
                case Status(command):
                    is_decided = bool(self._evaluators) and all(it.decides(command) for it in self._evaluators)
                    if not is_decided and self._in_command(command):
                        return True
                case Not(inner):
                    todo.append(inner)
                case All(inner) | Some(inner):
                    todo += inner
                case Branch(case, _):
                    patterns = (it for branch in case.branches for it in branch)
                    # `case " amd64 arm64 " in *" $TARGETARCH "*)`
                    words = itertools.chain([case.word], patterns)
                    if self._is_new(case) and (any(self.in_word(it, case) for it in words) or _chooses(case.branches)):
                        return True
                case NotLeft(conditions, _):
                    todo += [it.expression for it in conditions if self._is_new(it)]
                case _:
                    pass
        return False

    def _in_command(self, command: Command) -> bool:
        if not self._is_new(command):
            return False
        if command.name in PROBES or asks_for_machine(command) or _looks_for_machine(command):
            return True
        words = [*command.words, *(it.value for it in command.assignments)]
        if any(it.text.startswith("/proc/cpuinfo") for it in command.words):
            return True
        source = command.input
        if isinstance(source, Command) and self._in_command(source):
            return True
        if isinstance(source, ShellWord):
            words.append(source)
        return any(self.in_word(it, command) for it in words)

    def _in_variable(self, name: str, at: Command | Assignment | Case) -> bool:
        assignments = at.variables.get(name, ())
        if name in self._names and not any(not it.conditions for it in assignments):
            return True
        return any(
            self._is_new(it) and (self.in_word(it.value, it) or self.any_of(it.conditions)) for it in assignments
        )

    def _in_part(self, part: Part, at: Command | Assignment | Case) -> bool:
        match part:
            case Parameter(_, _, operand, replacement):
                return any(self._in_part(it, at) for it in (*operand, *replacement))
            case Elements(words):
                return any(self.in_word(it, at) for it in words)
            case Substitution(commands, _):
                return any(self._in_command(it) or self.any_of(it.conditions) for it in commands)
            case _:
                return False
