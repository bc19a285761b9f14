"""The shell text of RUN: its commands, with words, assignments and what surrounds them.

tree-sitter-bash reads the text, errors and all. Positions are ranges in the source of the instruction, its
continuations, comments and heredoc bodies included; `Instruction.place` puts them into the document.

Nothing here knows a single program, except those that only run another one: `env`, `exec`, `sh -c`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import tree_sitter_bash
from tree_sitter import Language, Parser

from buildxray.syntax.expansion import heredoc_marker
from buildxray.syntax.instructions import Healthcheck, Node, Run, ShellOrExec, Span
from buildxray.syntax.text import TextRange

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode

_PROGRAM_BELOW_VARIABLE: Final = re.compile(r'"?\$.*/(?P<name>[\w.+-]+)"?')
_SHELLS: Final = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})


class ShellVariable(NamedTuple):
    """A use of a variable, `$NAME` or `${NAME…}`."""

    name: str
    range: TextRange
    """All of it, an operator and its operand included."""
    name_range: TextRange
    has_default: bool
    """Whether an operator says what to take where it is not set: `${NAME:-default}`."""


class ShellWord(NamedTuple):
    """A word of a command, quotes and expansions included."""

    text: str
    """As written."""
    value: str | None
    """What the shell makes of it; None where that depends on variables or on other commands."""
    range: TextRange
    variables: tuple[ShellVariable, ...] = ()


class Assignment(NamedTuple):
    """`NAME=value`: in front of a command, in `export`, or on its own."""

    name: str
    value: ShellWord
    range: TextRange
    name_range: TextRange
    is_exported: bool
    """Whether commands see it by virtue of this assignment."""
    decided_by: tuple[TextRange, ...] = ()
    """The conditions on which it depends that it happens."""

    @property
    def is_conditional(self) -> bool:
        """Whether it depends on a condition that it happens."""
        return bool(self.decided_by)


class Condition(NamedTuple):
    """What decides whether, or how often, a command runs."""

    kind: Literal["if", "case", "and", "or", "for", "while"]
    range: TextRange
    """The condition itself."""
    text: str
    variables: tuple[str, ...]
    """The variables that it looks at."""
    commands: tuple[Command, ...]
    """The commands that it runs."""
    patterns: tuple[ShellWord, ...] = ()
    """What `case` compares with, in the branch that is taken; the values of a `for` loop."""


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A simple command."""

    words: tuple[ShellWord, ...]
    """The program and its arguments; what only runs another program, like `env` or `exec`, is left out."""
    range: TextRange
    """From the first assignment or word to the last word."""
    assignments: tuple[Assignment, ...] = ()
    """Those in front of it, `env`'s included."""
    insertion: int = 0
    """Where another assignment for this command can be written, with a blank behind it."""
    is_writable: bool = True
    """Whether text can be inserted there as it is: not inside a quoted script with escapes."""
    variables: dict[str, tuple[Assignment, ...]] = field(default_factory=dict)
    """Assignments made earlier by the same script; several where branches assign differently."""
    conditions: tuple[Condition, ...] = ()
    """From the outermost to the innermost."""
    is_substitution: bool = False
    """Whether its output is put into another command."""

    @property
    def name(self) -> str:
        """The program without its directory, even one that depends on variables; empty where only running could tell."""
        if not self.words:
            return ""
        value = self.words[0].value
        if value is None:
            match = _PROGRAM_BELOW_VARIABLE.fullmatch(self.words[0].text)
            return "" if match is None else match["name"]
        return value.rpartition("/")[2]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words behind the program; as written where their value depends on variables."""
        return tuple([it.text if it.value is None else it.value for it in self.words[1:]])

    def assigned(self, name: str) -> Assignment | None:
        """The assignment in front of this command."""
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
    """Whether parts could not be read."""
    branches: tuple[Condition, ...] = ()
    """All of `case`, those that run no command too."""


_NOTHING: Final = Script((), (), has_errors=False)


@lru_cache(maxsize=1024)
def read_script(node: Node, shell: tuple[str, ...] = ("/bin/sh", "-c")) -> Script:
    """The script of a RUN (or CMD, ENTRYPOINT, HEALTHCHECK), which `shell` executes; never raises."""
    if not isinstance(node, ShellOrExec | Healthcheck):
        return _NOTHING
    if node.is_json:
        return _exec_form(node)
    text = node.arguments[-1] if node.arguments else None
    if text is None or not is_posix_shell(shell):
        return _NOTHING
    if isinstance(node, Run) and node.heredocs and heredoc_marker(text.text) is not None:
        return _heredoc_script(node)
    start = text.span.start
    reader = _Reader()
    reader.read(_Text(text.text, lambda first, last: node.logical.range(start + first, start + last)))
    for heredoc in node.heredocs if isinstance(node, Run) else ():
        # The text is without the bodies, which only looks like an error.
        reader.has_errors = False
        reader.read_heredoc(heredoc.content, heredoc.start, is_expanded=heredoc.marker.expand)
    return reader.script()


def is_posix_shell(shell: Sequence[str]) -> bool:
    """Whether a SHELL reads scripts as sh does, unlike PowerShell or cmd."""
    program = shell[0].replace("\\", "/").rpartition("/")[2].lower() if shell else ""
    return program in _SHELLS


def _exec_form(node: Node) -> Script:
    words = tuple(
        ShellWord(it.text, it.text, node.logical.range(*it.span))
        for it in node.arguments[isinstance(node, Healthcheck) :]
    )
    if not words:
        return _NOTHING
    range_ = TextRange(words[0].range.start, words[-1].range.end)
    command = Command(words, range_, insertion=range_.start, is_writable=False)
    return Script((command,), (), has_errors=False)


def _heredoc_script(node: Run) -> Script:
    """The body of `RUN <<EOF` is the script, unless its first line names another interpreter."""
    heredoc = node.heredocs[0]
    interpreter = re.match(r"\t*#!\s*(\S+)(?:\s+(\S+))?", heredoc.content)
    if interpreter is not None:
        program = interpreter[1].rpartition("/")[2]
        if program == "env" and interpreter[2]:
            program = interpreter[2].rpartition("/")[2]
        if program not in _SHELLS:
            return _NOTHING
    reader = _Reader()
    start = heredoc.start
    reader.read(_Text(heredoc.content, lambda first, last: TextRange(start + first, start + last)))
    return reader.script()


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


class _Text:
    """A text for the shell, and where its characters stand in the source of the instruction."""

    def __init__(self, text: str, locate: Callable[[int, int], TextRange], *, is_writable: bool = True) -> None:
        self.text = text
        self.bytes = text.encode("utf-8", "replace")
        self._locate = locate
        self.is_writable = is_writable
        self._byte_starts = None if len(self.bytes) == len(text) else [*accumulate(map(_utf8_length, text), initial=0)]

    def span(self, node: SyntaxNode) -> Span:
        if self._byte_starts is None:
            return Span(node.start_byte, node.end_byte)
        return Span(bisect_left(self._byte_starts, node.start_byte), bisect_left(self._byte_starts, node.end_byte))

    def range(self, node: SyntaxNode) -> TextRange:
        return self._locate(*self.span(node))

    def range_of(self, start: int, end: int) -> TextRange:
        return self._locate(start, end)

    def of(self, node: SyntaxNode) -> str:
        return self.text[slice(*self.span(node))]


def _utf8_length(char: str) -> int:
    return len(char.encode("utf-8", "replace"))


_Variables = dict[str, tuple[Assignment, ...]]


class _Reader:
    """Walks the syntax trees of a script and of those nested in it."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.uses: list[ShellVariable] = []
        self.branches: list[Condition] = []
        self.has_errors = False
        self.all_exported = False

    def script(self) -> Script:
        return Script(tuple(self.commands), tuple(self.uses), self.has_errors, tuple(self.branches))

    def read(self, text: _Text) -> None:
        root = _parser().parse(text.bytes).root_node
        self.has_errors |= root.has_error
        try:
            self.uses += _variables_in(root, text)
            self.statement(root, text, _Place({}))
        except RecursionError:
            self.has_errors = True

    def read_heredoc(self, content: str, start: int, *, is_expanded: bool) -> None:
        """A heredoc that the shell feeds to a command; a script where that command is a shell."""
        text = _Text(content, lambda first, last: TextRange(start + first, start + last))
        if any(it.name in _SHELLS and _script_argument(it) is None for it in self.commands):
            self.read(text)
        elif is_expanded:
            for match in _EXPANSION.finditer(content):
                group = "name" if match["name"] else "braced"
                name_range = text.range_of(*match.span(group))
                has_default = _DEFAULT.match(content, match.end(group)) is not None
                self.uses.append(ShellVariable(match[group], text.range_of(*match.span()), name_range, has_default))

    def statements(self, nodes: Iterable[SyntaxNode], text: _Text, place: _Place) -> None:
        for node in nodes:
            self.statement(node, text, place)

    def statement(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        match node.type:
            case "command":
                self.command(node, text, place)
            case "variable_assignment" | "variable_assignments":
                self.assignments(node, text, place)
            case "declaration_command":
                self.declaration(node, text, place)
            case "list":
                self.list(node, text, place)
            case "pipeline" | "subshell" | "command_substitution" | "process_substitution":
                self.subshells(node, text, place)
            case "if_statement":
                self.if_statement(node, text, place)
            case "case_statement":
                self.case_statement(node, text, place)
            case "for_statement" | "c_style_for_statement" | "while_statement":
                self.loop(node, text, place)
            case "test_command":
                self.test(node, text, place)
            case _:
                self.statements(node.named_children, text, place)

    def command(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        self.substitutions(node, text, place)
        assignments = [
            _assignment(it, text, is_exported=True, decided_by=place.deciding)
            for it in node.named_children
            if it.type == "variable_assignment"
        ]
        parts = [it for it in node.children if it.is_named and it.type in _WORD_TYPES]
        words = [_word(it, text) for it in parts]
        if not words:
            return
        command = Command(
            tuple(words),
            TextRange(text.range(node).start, words[-1].range.end),
            tuple(it for it in assignments if it is not None),
            words[0].range.start,
            text.is_writable,
            dict(place.variables),
            tuple(place.conditions),
            place.is_substitution,
        )
        if command.name == "set" and any(re.fullmatch(r"-\w*a\w*", it) for it in command.arguments):
            self.all_exported = True
        self.commands.append(command)
        inner = _unwrapped(_named_by_variable(command))
        if inner is not command:
            self.commands[-1] = inner
        self.nested_script(inner, text, place)

    def nested_script(self, command: Command, text: _Text, place: _Place) -> None:
        """`sh -c '…'`: its text is read as well, its commands standing behind `sh`."""
        argument = _script_argument(command) if command.name in _SHELLS else None
        if argument is None or argument.value is None or len(argument.text) < 2:
            return
        quote = argument.text[0]
        is_plain = quote in "'\"" and argument.text == f"{quote}{argument.value}{quote}"
        start = argument.range.start + 1
        nested = _Text(
            argument.value,
            lambda first, last: TextRange(start + first, start + last) if is_plain else argument.range,
            is_writable=is_plain and text.is_writable,
        )
        root = _parser().parse(nested.bytes).root_node
        self.uses += _variables_in(root, nested)
        self.statement(root, nested, place.nested())

    def substitutions(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        """The commands inside `$(…)`, wherever in `node`."""
        for child in node.named_children:
            if child.type in ("command_substitution", "process_substitution"):
                self.statements(child.named_children, text, place.substitution())
            elif child.type != "command":
                self.substitutions(child, text, place)

    def assignments(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        if node.type == "variable_assignments":
            self.statements(node.named_children, text, place)
            return
        self.substitutions(node, text, place)
        assignment = _assignment(node, text, is_exported=self.all_exported, decided_by=place.deciding)
        if assignment is not None:
            place.assign(assignment)

    def declaration(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        """`export NAME=value`, `declare -x …`."""
        self.substitutions(node, text, place)
        head = text.of(node.children[0]) if node.children else ""
        is_export = head == "export" or (
            head in ("declare", "typeset")
            and any(text.of(it).startswith("-") and "x" in text.of(it) for it in node.children)
        )
        for child in node.named_children:
            if child.type == "variable_assignment":
                assignment = _assignment(
                    child, text, is_exported=is_export or self.all_exported, decided_by=place.deciding
                )
                if assignment is not None:
                    place.assign(assignment)
            elif child.type == "variable_name" and is_export:
                place.export(text.of(child))

    def list(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        """`a && b`, `a || b`: what follows a test depends on it."""
        if len(node.named_children) < 2:
            self.statements(node.named_children, text, place)
            return
        first, *rest = node.named_children
        n_before = len(self.commands)
        self.statement(first, text, place)
        operator = next((text.of(it) for it in node.children if it.type in ("&&", "||")), "&&")
        tests = tuple(self.commands[n_before:])
        is_tested = first.type == "test_command" or (tests and tests[-1].name in _TESTS)
        # `[ … ] && a || b` is `([ … ] && a) || b`: the test decides on both.
        if is_tested or (operator == "||" and tests and tests[0].name in _TESTS):
            kind: Literal["and", "or"] = "and" if operator == "&&" else "or"
            condition = _condition(kind, first, text, tests)
            self.statements(rest, text, place.under(condition))
        else:
            self.statements(rest, text, place)

    def subshells(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        """Each part of a pipeline, and what stands in parentheses, keeps its variables for itself."""
        inner = place.substitution() if node.type.endswith("substitution") else place
        if node.type == "pipeline":
            for child in node.named_children:
                self.statement(child, text, inner.subshell())
        else:
            self.statements(node.named_children, text, inner.subshell())

    def if_statement(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        """`if` and, inside it, `elif` and `else`: each depends on the conditions above it."""
        branch = place
        is_condition = node.type != "else_clause"
        for child in node.children:
            if child.type == "then":
                is_condition = False
            elif child.type in ("elif_clause", "else_clause"):
                self.if_statement(child, text, branch)
            elif child.is_named and is_condition:
                branch = branch.under(self.condition("if", child, text, branch))
            elif child.is_named:
                self.statement(child, text, branch)

    def case_statement(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        value = node.child_by_field_name("value")
        if value is None:
            return
        condition = self.condition("case", value, text, place)
        for item in node.named_children:
            if item.type != "case_item":
                continue
            patterns: list[ShellWord] = []
            branch = place
            for idx, child in enumerate(item.children):
                if item.field_name_for_child(idx) == "value":
                    patterns.append(_word(child, text))
                    branch = place.under(condition._replace(patterns=tuple(patterns)))
                elif child.is_named:
                    self.statement(child, text, branch)
            self.branches.append(condition._replace(patterns=tuple(patterns)))

    def loop(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        body = node.child_by_field_name("body")
        kind: Literal["for", "while"] = "while" if node.type == "while_statement" else "for"
        head = [it for it in node.named_children if body is None or it.id != body.id]
        if kind == "while" or not head:
            condition = self.condition(kind, head[0] if head else node, text, place)
        else:
            values = tuple(_word(it, text) for it in head[1:])
            self.substitutions(node, text, place)
            condition = _condition(kind, head[0], text, ())._replace(variables=(text.of(head[0]),), patterns=values)
        if body is not None:
            self.statement(body, text, place.under(condition))

    def test(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        """`[ … ]` and `[[ … ]]`, as a command named `[`."""
        self.substitutions(node, text, place)
        words = [ShellWord("[", "[", text.range(node)), *(_word(it, text) for it in _operands(node))]
        self.commands.append(
            Command(
                tuple(words),
                text.range(node),
                insertion=text.range(node).start,
                is_writable=False,
                variables=dict(place.variables),
                conditions=tuple(place.conditions),
            )
        )

    def condition(
        self, kind: Literal["if", "case", "for", "while"], node: SyntaxNode, text: _Text, place: _Place
    ) -> Condition:
        n_before = len(self.commands)
        self.statement(node, text, place)
        return _condition(kind, node, text, tuple(self.commands[n_before:]))


@dataclass(slots=True)
class _Place:
    """What surrounds a statement."""

    variables: _Variables
    conditions: tuple[Condition, ...] = ()
    is_substitution: bool = False

    @property
    def deciding(self) -> tuple[TextRange, ...]:
        return tuple([it.range for it in self.conditions])

    def under(self, condition: Condition) -> _Place:
        # The same dictionary: what a branch assigns is visible behind it.
        return _Place(self.variables, (*self.conditions, condition), self.is_substitution)

    def subshell(self) -> _Place:
        return replace(self, variables=dict(self.variables))

    def substitution(self) -> _Place:
        return replace(self, variables=dict(self.variables), is_substitution=True)

    def nested(self) -> _Place:
        """A shell that is started anew sees exported variables only."""
        exported = {name: them for name, them in self.variables.items() if any(it.is_exported for it in them)}
        return replace(self, variables=exported)

    def assign(self, assignment: Assignment) -> None:
        earlier = self.variables.get(assignment.name, ())
        is_exported = assignment.is_exported or any(it.is_exported for it in earlier)
        kept = earlier if assignment.is_conditional else ()
        self.variables[assignment.name] = (*kept, assignment._replace(is_exported=is_exported))

    def export(self, name: str) -> None:
        if name in self.variables:
            self.variables[name] = tuple(it._replace(is_exported=True) for it in self.variables[name])


_WORD_TYPES: Final = frozenset(
    {
        "ansi_c_string",
        "arithmetic_expansion",
        "brace_expression",
        "command_name",
        "command_substitution",
        "concatenation",
        "expansion",
        "extglob_pattern",
        "number",
        "process_substitution",
        "raw_string",
        "regex",
        "simple_expansion",
        "string",
        "translated_string",
        "word",
    }
)
_TESTS: Final = frozenset({"[", "[[", "test"})
_DEFAULT: Final = re.compile(":?[-=+]")
_EXPANSION: Final = re.compile(r"(?<!\\)\$(?:\{(?P<braced>[A-Za-z_]\w*)[^}]*\}|(?P<name>[A-Za-z_]\w*))", re.ASCII)


def _condition(
    kind: Literal["if", "case", "and", "or", "for", "while"],
    node: SyntaxNode,
    text: _Text,
    commands: tuple[Command, ...],
) -> Condition:
    names = dict.fromkeys(it.name for it in _variables_in(node, text))
    return Condition(kind, text.range(node), text.of(node), tuple(names), commands)


def _operands(node: SyntaxNode) -> Iterator[SyntaxNode]:
    for child in node.children:
        if child.type in ("binary_expression", "unary_expression", "parenthesized_expression", "negated_expression"):
            yield from _operands(child)
        elif child.is_named or child.type in ("=", "==", "!=", "=~", "-a", "-o"):
            yield child


def _assignment(
    node: SyntaxNode, text: _Text, *, is_exported: bool, decided_by: tuple[TextRange, ...]
) -> Assignment | None:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or name.type != "variable_name":
        return None
    end = text.span(node).end
    word = ShellWord("", "", text.range_of(end, end)) if value is None else _word(value, text)
    return Assignment(text.of(name), word, text.range(node), text.range(name), is_exported, decided_by)


def _word(node: SyntaxNode, text: _Text) -> ShellWord:
    return ShellWord(text.of(node), _value(node, text), text.range(node), tuple(_variables_in(node, text)))


def _value(node: SyntaxNode, text: _Text) -> str | None:
    """What the shell makes of a word, quotes removed; None where it has to expand something."""
    match node.type:
        case "word" | "number" | "extglob_pattern" | "regex" | "variable_name":
            if any(not it.type.startswith("\\") and it.is_named for it in node.named_children):
                return None
            return re.sub(r"\\(.)", r"\1", text.of(node))
        case "raw_string":
            return text.of(node)[1:-1]
        case "string":
            if any(it.type != "string_content" for it in node.named_children):
                return None
            return re.sub(r'\\(["$`\\])', r"\1", text.of(node)[1:-1])
        case "command_name" | "concatenation":
            values = [_value(it, text) for it in node.named_children]
            known = [it for it in values if it is not None]
            return "".join(known) if len(known) == len(values) else None
        case _:
            return text.of(node) if not node.is_named else None


def _variables_in(node: SyntaxNode, text: _Text) -> Iterator[ShellVariable]:
    todo = [node]
    while todo:
        current = todo.pop()
        if current.type in ("simple_expansion", "expansion"):
            name = next((it for it in current.named_children if it.type == "variable_name"), None)
            if name is not None:
                has_default = current.type == "expansion" and _DEFAULT.match(text.text, text.span(name).end) is not None
                yield ShellVariable(text.of(name), text.range(current), text.range(name), has_default)
        todo += reversed(current.named_children)


_PREFIXES: Final = frozenset(
    {"builtin", "command", "exec", "ionice", "nice", "nohup", "sudo", "time", "timeout", "stdbuf", "xvfb-run"}
)
_OPTIONS_WITH_VALUE: Final = {
    "env": frozenset({"-u", "-C", "-S", "--unset", "--chdir"}),
    "exec": frozenset({"-a"}),
    "nice": frozenset({"-n"}),
    "ionice": frozenset({"-c", "-n"}),
    "sudo": frozenset({"-u", "-g", "-C", "-h", "-p"}),
    "time": frozenset({"-f", "-o"}),
    "timeout": frozenset({"-k", "-s"}),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
}


def _unwrapped(command: Command) -> Command:
    """The command that `env`, `exec` and their kin run, with `env`'s assignments."""
    while command.name == "env" or command.name in _PREFIXES:
        words = list(command.words[1:])
        options = _OPTIONS_WITH_VALUE.get(command.name, frozenset())
        assignments = list(command.assignments)
        insertion = command.insertion
        while words and (words[0].text.startswith("-") or (command.name == "env" and "=" in words[0].text)):
            word = words.pop(0)
            if word.text in options and words:
                words.pop(0)
            elif "=" in word.text and not word.text.startswith("-"):
                assignments.append(_env_assignment(word, command))
        if command.name == "timeout" and words:
            words.pop(0)
        if not words:
            return command
        if command.name == "env":
            insertion = words[0].range.start
        command = replace(command, words=tuple(words), assignments=tuple(assignments), insertion=insertion)
    return command


def _env_assignment(word: ShellWord, command: Command) -> Assignment:
    name, _, rest = word.text.partition("=")
    start = word.range.start + len(name) + 1
    value = None if word.value is None else word.value.partition("=")[2]
    value_word = ShellWord(rest, value, TextRange(start, word.range.end), word.variables)
    name_range = TextRange(word.range.start, start - 1)
    decided_by = tuple([it.range for it in command.conditions])
    return Assignment(name, value_word, word.range, name_range, is_exported=True, decided_by=decided_by)


def _named_by_variable(command: Command) -> Command:
    """`$GO build` where the script says `GO=go`: the words that the variable holds."""
    first = command.words[0]
    values = command.variables.get(sole_variable(first) or "", ())
    if len(values) != 1 or not values[0].value.value:
        return command
    words = tuple(ShellWord(it, it, first.range) for it in values[0].value.value.split())
    return replace(command, words=(*words, *command.words[1:]))


def sole_variable(word: ShellWord) -> str | None:
    """The variable that a word consists of, quotes aside; None where it is anything else."""
    if word.value is not None or len(word.variables) != 1:
        return None
    name = word.variables[0].name
    return name if word.text.strip('"') in (f"${name}", f"${{{name}}}") else None


def _script_argument(command: Command) -> ShellWord | None:
    """The first word behind the options of a shell, where `-c` is one of them."""
    words = iter(command.words[1:])
    has_script = False
    for word in words:
        if not word.text.startswith(("-", "+")):
            return word if has_script else None
        has_script |= re.fullmatch(r"-\w*c\w*", word.text) is not None
        if re.fullmatch(r"[-+]\w*[oO]", word.text):
            # `-o pipefail`, `-euxo pipefail`
            next(words, None)
    return None
