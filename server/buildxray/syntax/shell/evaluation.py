"""Compute words and conditions of a script for given values of the environment.

Nothing is executed. Values that depend on files, on the network or on a program without a model are unknown, and so is
what depends on them.

Source: POSIX.1-2024, Shell & Utilities, 2.6.2 "Parameter Expansion", 2.14.1 "Pattern Matching", and the pages of
`case`, `test`, `echo`, `printf`, `cut`, `tr` and `sed`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell.model import (
    EVERY_ELEMENT,
    WHOLE_ARRAY,
    All,
    Assignment,
    Branch,
    Case,
    Command,
    Condition,
    Elements,
    Expression,
    Not,
    NotLeft,
    Parameter,
    Part,
    ShellWord,
    Some,
    Status,
    Substitution,
)
from buildxray.syntax.shell.text_programs import (
    LONGEST,
    UNKNOWN,
    cut,
    glob_regex,
    posix_regex,
    replaced,
    sed,
    tr,
    without_prefix,
    without_suffix,
)

_DEEPEST: Final = 40
"""Nested words that are evaluated."""
_COMPARING: Final = frozenset(
    {"=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "<", ">"}
)
_OF_TEXT: Final = frozenset({"=", "==", "!=", "=~"})
_ARITHMETIC: Final[dict[str, Callable[[int, int], bool]]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_SILENT: Final = frozenset(
    {"[", "[[", "test", "true", ":", "false", "exit", "return", "set", "shift", "export", "local", "cd"}
)
"""Programs that print nothing."""


_ELEMENT: Final = "\x1f"
"""The end of each element in the value of an array."""


class Taken(Enum):
    """The possible answers to the question if a command runs."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"
    """A condition decides that does not depend on the platform, or the text cannot tell whether it does."""
    BY_PLATFORM = "by platform"
    """The platform decides, but the text cannot tell how."""


class Evaluator:
    """A script evaluated for one target platform.

    `look_up` returns the value of an environment variable: None if it is unset, `UNKNOWN` if the text cannot tell.
    `answer` returns the output of a command without the final line end; None if the text cannot tell.
    """

    def __init__(
        self,
        look_up: Callable[[str], str | None],
        answer: Callable[[Command], str | None] = lambda _: None,
        deciding: Evaluator | None = None,
    ) -> None:
        self._look_up = look_up
        self._answer = answer
        self._deciding = deciding
        self._depth = 0
        self._values: dict[Assignment, str] = {}
        self._outputs: dict[Command | Substitution, str] = {}
        self._holding: dict[int, bool | None] = {}
        self._branches: dict[Case, tuple[int, bool | None]] = {}
        """For each `case`, how many first branches do not match, and whether the next one does; False if it was not compared."""

    def with_environment(self, values: Mapping[str, str]) -> Evaluator:
        """An evaluator of a script that gets further variables in its environment."""

        def look_up(name: str) -> str | None:
            return values[name] if name in values else self._look_up(name)

        deciding = None if self._deciding is None else self._deciding.with_environment(values)
        return Evaluator(look_up, self._answer, deciding)

    def text(self, word: ShellWord, at: Command | Assignment | Case) -> str:
        """The value of a word, with `UNKNOWN` for each part that is not known; never raises."""
        return _first(self.whole_text(word, at))

    def elements(self, word: ShellWord, at: Command | Assignment | Case) -> list[str] | None:
        """The words to which `"${NAME[@]}"` expands; None for a word that consists of anything else."""
        part = word.parts[0] if len(word.parts) == 1 else None
        if not isinstance(part, Parameter) or part.operator not in EVERY_ELEMENT:
            return None
        if part.operator == "[*]" and '"' in word.text:
            return None
        value = self.whole(part.name, at)
        return elements_of(value) if value else []

    def whole_text(self, word: ShellWord, at: Command | Assignment | Case) -> str:
        """The value of a word of an assignment; that of an array with all of its elements."""
        if word.value is not None:
            return word.value
        if self._depth >= _DEEPEST or not word.parts:
            return UNKNOWN
        self._depth += 1
        try:
            return self._parts(word.parts, at)
        finally:
            self._depth -= 1

    def value(self, word: ShellWord, at: Command | Assignment | Case) -> str | None:
        """The value of a word; None if part of it is unknown."""
        text = self.text(word, at)
        return None if UNKNOWN in text else text

    def variable(self, name: str, at: Command | Assignment | Case, *, exported_only: bool = False) -> str | None:
        """The value of a variable, with `UNKNOWN` for its unknown parts; None if it is unset. That of an array is its first element."""
        value = self.whole(name, at, exported_only=exported_only)
        return None if value is None else _first(value)

    def whole(self, name: str, at: Command | Assignment | Case, *, exported_only: bool = False) -> str | None:
        """The value of a variable; that of an array with all of its elements, which `elements_of` tells."""
        inherited = self._look_up(name)
        for assignment in reversed(at.variables.get(name, ())):
            if exported_only and not assignment.is_exported and inherited is None:
                continue
            taken = self._all(_without(assignment.conditions, at.conditions))
            if taken is None:
                return UNKNOWN
            if taken:
                return self._assigned(assignment)
        if any(it.kind == "for" and name in it.variables for it in at.conditions):
            return UNKNOWN
        return inherited

    def taken(self, command: Command) -> bool | None:
        """True if a command runs; None where the text cannot tell."""
        return self._all(command.conditions)

    def holds(self, condition: Condition) -> bool | None:
        """True if a condition holds; None where the text cannot tell."""
        if self._deciding is not None:
            return self._deciding.holds(condition)
        key = id(condition)
        if key not in self._holding:
            self._holding[key] = None
            self._holding[key] = self._expression(condition.expression)
        return self._holding[key]

    def decides(self, command: Command) -> bool:
        """True if the text tells whether a command succeeds that a condition runs."""
        return (self._deciding or self).status(command) is not None

    def status(self, command: Command) -> bool | None:
        """True if a command succeeds; None where the text cannot tell."""
        words = command.words
        match command.name:
            case "true" | ":":
                return True
            case "false":
                return False
            case "[" | "[[" | "test":
                last = len(words) - (words[-1].text == "]" and command.name == "[")
                return _Test(self, command, words[1:last]).result()
            case "grep" | "egrep" | "fgrep":
                return self._grep(command)
            case _:
                return None

    def output(self, command: Command) -> str:
        """The output of a command with its final line end, and `UNKNOWN` for unknown parts."""
        known = self._outputs.get(command)
        if known is None:
            self._outputs[command] = UNKNOWN
            known = self._outputs[command] = UNKNOWN if self._depth >= _DEEPEST else self._printed(command)
        return known

    def _part(self, part: Part, at: Command | Assignment | Case) -> str:
        match part:
            case str():
                return part
            case Parameter():
                return self._parameter(part, at)
            case Substitution():
                return self._substituted(part)
            case Elements(words):
                return self._joined(words, at)
            case _:
                return UNKNOWN

    def _joined(self, words: Sequence[ShellWord], at: Command | Assignment | Case) -> str:
        """The elements of an array, each with the sign of its end."""
        fields: list[str] = []
        for word in words:
            elements = self.elements(word, at)
            if elements is None:
                text = self.text(word, at)
                elements = [text] if word.value is not None or '"' in word.text else text.split()
            fields += elements
        joined = array_of(fields)
        return joined if len(joined) <= LONGEST else UNKNOWN

    def _parts(self, parts: Iterable[Part], at: Command | Assignment | Case) -> str:
        """The values of parts one after the other; unknown if they are too long, since a script may name a long value many times."""
        texts: list[str] = []
        n_left = LONGEST
        for it in parts:
            if isinstance(it, Elements) and texts and texts[-1] and not texts[-1].endswith(_ELEMENT):
                # A text, or an unknown value, is the first element of the array.
                texts.append(_ELEMENT)
            texts.append(self._part(it, at))
            n_left -= len(texts[-1])
            if n_left < 0:
                return UNKNOWN
        return "".join(texts)

    def _assigned(self, assignment: Assignment) -> str:
        known = self._values.get(assignment)
        if known is None:
            self._values[assignment] = UNKNOWN
            known = self._values[assignment] = self.whole_text(assignment.value, assignment)
        return known

    def _parameter(self, parameter: Parameter, at: Command | Assignment | Case) -> str:  # noqa: PLR0911
        operator = parameter.operator
        if operator in (WHOLE_ARRAY, *EVERY_ELEMENT):
            return self._array(parameter, at)
        value = self.variable(parameter.name, at)
        if not operator:
            return value or ""
        is_set = bool(value) if operator.startswith(":") else value is not None
        is_known = value is None or UNKNOWN not in value
        match operator.removeprefix(":"):
            case "-" | "=" | "?":
                # A value that is only partly unknown is not empty.
                if value == UNKNOWN:
                    return UNKNOWN
                return value or "" if is_set else self._parts(parameter.operand, at)
            case "+":
                return UNKNOWN if value == UNKNOWN else self._parts(parameter.operand, at) if is_set else ""
        if not is_known:
            return UNKNOWN
        value = value or ""
        operand = self._parts(parameter.operand, at)
        if UNKNOWN in operand:
            return UNKNOWN
        match operator:
            case "#" | "##":
                return without_prefix(value, operand, longest=operator == "##")
            case "%" | "%%":
                return without_suffix(value, operand, longest=operator == "%%")
            case "/" | "//":
                replacement = self._parts(parameter.replacement, at)
                return replaced(value, operand, replacement, everywhere=operator == "//")
            case "^^" | ",," if not operand:
                return value.upper() if operator == "^^" else value.lower()
            case "^" | "," if not operand:
                return (value[:1].upper() if operator == "^" else value[:1].lower()) + value[1:]
            case _:
                return UNKNOWN

    def _array(self, parameter: Parameter, at: Command | Assignment | Case) -> str:
        """An array as text: as it is, or its elements joined. Source: the manual of Bash, "Arrays"."""
        value = self.whole(parameter.name, at) or ""
        if parameter.operator == WHOLE_ARRAY or _ELEMENT not in value:
            return value
        elements = elements_of(value)
        joint = self.variable("IFS", at) if "IFS" in at.variables else " "
        if len(elements) > 1 and (parameter.operator == "[@]" or joint is None or UNKNOWN in joint):
            return UNKNOWN
        return (joint or "")[:1].join(elements)

    def _substituted(self, substitution: Substitution) -> str:
        known = self._outputs.get(substitution)
        if known is None:
            self._outputs[substitution] = UNKNOWN
            self._depth += 1
            try:
                known = self._outputs[substitution] = self._output_of(substitution)
            finally:
                self._depth -= 1
        return known

    def _output_of(self, substitution: Substitution) -> str:
        printed = ""
        if not substitution.commands:
            return UNKNOWN
        for command in substitution.commands:
            if command.is_piped:
                continue
            taken = self._all(command.conditions[substitution.n_outer_conditions :])
            if taken is None:
                return UNKNOWN
            if taken:
                if command.name == "exit":
                    break
                printed += self.output(command)
        return printed.rstrip("\n") if len(printed) <= LONGEST else UNKNOWN

    def _printed(self, command: Command) -> str:
        name = command.name
        if name in _SILENT:
            return ""
        answer = self._answer(command)
        if answer is not None:
            return answer + "\n"
        match name:
            case "echo":
                words = self._fields(command)
                is_bare = words[:1] == ["-n"]
                words = words[1:] if words[:1] in (["-n"], ["-e"], ["-E"]) else words
                return " ".join(words) + ("" if is_bare else "\n")
            case "printf":
                return self._formatted(self._fields(command))
            case "cut" | "tr" | "sed":
                source = self._input(command)
                arguments = [self.value(it, command) for it in command.words[1:]]
                known = [it for it in arguments if it is not None]
                if UNKNOWN in source or len(known) != len(arguments):
                    return UNKNOWN
                result = {"cut": cut, "tr": tr, "sed": sed}[name](known, source)
                return UNKNOWN if result is None else result
            case "cat" if len(command.words) == 1:
                return self._input(command)
            case _:
                return UNKNOWN

    def _input(self, command: Command) -> str:
        source = command.input
        if isinstance(source, ShellWord):
            return self.text(source, command) + "\n"
        return UNKNOWN if source is None else self.output(source)

    def _fields(self, command: Command) -> list[str]:
        """The arguments of a command."""
        fields: list[str] = []
        for it in command.words[1:]:
            elements = self.elements(it, command)
            fields += [self.text(it, command)] if elements is None else elements
        return fields

    def _formatted(self, words: Sequence[str]) -> str:
        if not words or UNKNOWN in words[0] or re.search(r"%(?![s%])", words[0]):
            return UNKNOWN
        if sum(map(len, words)) + len(words) * len(words[0]) > LONGEST:
            return UNKNOWN
        arguments = list(words[1:])
        printed = ""
        # The format is used again as long as there are arguments.
        while True:
            n_before = len(arguments)
            text = re.sub(
                r"%(s|%)", lambda it: "%" if it[1] == "%" else arguments.pop(0) if arguments else "", words[0]
            )
            printed += text.replace("\\n", "\n")
            if not arguments:
                return printed
            if len(arguments) == n_before:
                return UNKNOWN

    def _grep(self, command: Command) -> bool | None:
        source = self._input(command)
        options = [it.text for it in command.words[1:] if it.text.startswith("-")]
        patterns = [it for it in command.words[1:] if not it.text.startswith("-")]
        pattern = self.value(patterns[0], command) if len(patterns) == 1 else None
        if pattern is None or UNKNOWN in source or any(re.fullmatch(r"-[qEFiwx]+", it) is None for it in options):
            return None
        flags = "".join(options)
        is_text = "F" in flags or command.name == "fgrep"
        regex = posix_regex(re.escape(pattern) if is_text else pattern)
        if regex is None:
            return None
        lines = source.splitlines()
        if "i" in flags or "w" in flags or "x" in flags:
            return None
        return any(regex.search(line) for line in lines)

    def _all(self, conditions: Iterable[Condition]) -> bool | None:
        result: bool | None = True
        for condition in conditions:
            holds = self.holds(condition)
            if holds is False:
                return False
            if holds is None:
                result = None
        return result

    def _expression(self, expression: Expression) -> bool | None:
        if expression is None or isinstance(expression, bool) or self._depth >= _DEEPEST:
            return expression if isinstance(expression, bool) else None
        self._depth += 1
        try:
            return self._evaluated(expression)
        finally:
            self._depth -= 1

    def _evaluated(self, expression: Status | Not | All | Some | Branch | NotLeft) -> bool | None:
        match expression:
            case Status(command):
                return self.status(command)
            case Not(inner):
                result = self._expression(inner)
                return None if result is None else not result
            case All(expressions):
                results = [self._expression(it) for it in expressions]
                return False if False in results else None if None in results else True
            case Some(expressions):
                results = [self._expression(it) for it in expressions]
                return True if True in results else None if None in results else False
            case Branch(case, number):
                return self._is_taken(case, number)
            case NotLeft(conditions, is_failure):
                left = self._all(conditions)
                return (True if is_failure else None) if left is None else not left

    def _is_taken(self, case: Case, number: int) -> bool | None:
        """True if a branch is the first one with a matching pattern; None if the text cannot tell."""
        n_others, result = self._branches.get(case, (0, False))
        if result is False:
            value = self.text(case.word, case)
            if UNKNOWN in value:
                return None
            for patterns in case.branches[n_others : number + 1]:
                matches = [self._matches(value, it, case) for it in patterns]
                result = True if True in matches else None if None in matches else False
                if result is not False:
                    break
                n_others += 1
            self._branches[case] = (n_others, result)
        if result is False or number < n_others:
            return False
        return number == n_others if result else None

    def _matches(self, value: str, pattern: ShellWord, at: Command | Case) -> bool | None:
        text = self.text(pattern, at)
        if UNKNOWN in text:
            return None
        if text.isalnum() or _QUOTED.fullmatch(pattern.text) is not None:
            return value == text
        regex = glob_regex(text)
        return None if regex is None else regex.fullmatch(value) is not None


_QUOTED: Final = lazy_regex(r"'[^']*'|\"[^\"]*\"")
"""A pattern that is quoted as a whole, so that no character of it has a meaning of its own."""


class _Test:
    """`[ … ]`, `[[ … ]]` and `test …`: a grammar of words, with `-a` and `-o` or `&&` and `||`."""

    def __init__(self, evaluator: Evaluator, command: Command, words: Sequence[ShellWord]) -> None:
        self._evaluator = evaluator
        self._command = command
        self._words = words
        self._position = 0
        self._has_patterns = command.name == "[["

    def result(self) -> bool | None:
        if not self._words:
            return False
        if sum(it.text == "(" for it in self._words) > _DEEPEST:
            return None
        result = self._alternatives()
        return result if self._position == len(self._words) else None

    def _peek(self) -> str:
        return self._words[self._position].text if self._position < len(self._words) else ""

    def _alternatives(self) -> bool | None:
        result = self._conjunction()
        while self._peek() in ("-o", "||"):
            self._position += 1
            other = self._conjunction()
            result = True if True in (result, other) else None if None in (result, other) else False
        return result

    def _conjunction(self) -> bool | None:
        result = self._negation()
        while self._peek() in ("-a", "&&"):
            self._position += 1
            other = self._negation()
            result = False if False in (result, other) else None if None in (result, other) else True
        return result

    def _negation(self) -> bool | None:
        is_negated = False
        while self._peek() == "!" and self._position + 1 < len(self._words):
            self._position += 1
            is_negated = not is_negated
        result = self._primary()
        return result if result is None or not is_negated else not result

    def _primary(self) -> bool | None:
        words, position = self._words, self._position
        if position >= len(words):
            return None
        if words[position].text == "(":
            self._position += 1
            result = self._alternatives()
            self._position += self._peek() == ")"
            return result
        if position + 2 < len(words) and words[position + 1].text in _COMPARING:
            self._position += 3
            return self._comparison(words[position], words[position + 1].text, words[position + 2])
        text = words[position].text
        if re.fullmatch("-[a-zA-Z]", text) and position + 1 < len(words):
            self._position += 2
            if text not in ("-n", "-z"):
                return None
            return self._is_empty(words[position + 1], wanted=text == "-z")
        self._position += 1
        return self._is_empty(words[position], wanted=False)

    def _is_empty(self, word: ShellWord, *, wanted: bool) -> bool | None:
        value = self._evaluator.text(word, self._command)
        if not value.replace(UNKNOWN, ""):
            return None if value else wanted
        return not wanted

    def _comparison(self, left: ShellWord, operator: str, right: ShellWord) -> bool | None:
        value = self._evaluator.value(left, self._command)
        if value is None:
            return None
        if operator in _ARITHMETIC:
            other = self._evaluator.value(right, self._command)
            is_number = other is not None and all(re.fullmatch(r"-?\d{1,9}", it) for it in (value, other))
            return _ARITHMETIC[operator](int(value), int(other)) if other is not None and is_number else None
        if operator not in _OF_TEXT:
            return None
        if operator == "=~":
            pattern = self._evaluator.value(right, self._command)
            regex = None if pattern is None else posix_regex(pattern)
            return None if regex is None else regex.search(value) is not None
        if self._has_patterns:
            result = self._evaluator._matches(value, right, self._command)  # noqa: SLF001
        else:
            other = self._evaluator.value(right, self._command)
            result = None if other is None else value == other
        return result if result is None or operator != "!=" else not result


def elements_of(value: str) -> list[str]:
    """The elements of an array, given its whole value; those of any other value are itself."""
    return value.split(_ELEMENT)[:-1] if _ELEMENT in value else [value]


def array_of(elements: Iterable[str]) -> str:
    """The whole value of an array, given its elements."""
    return "".join(f"{it}{_ELEMENT}" for it in elements)


def _first(value: str) -> str:
    """The first element of an array; any other value as it is."""
    return value.partition(_ELEMENT)[0] if _ELEMENT in value else value


def _without(conditions: tuple[Condition, ...], given: tuple[Condition, ...]) -> Iterable[Condition]:
    """The conditions that `given` does not already imply."""
    if not conditions:
        return ()
    known = {id(it) for it in given}
    return [it for it in conditions if id(it) not in known]
