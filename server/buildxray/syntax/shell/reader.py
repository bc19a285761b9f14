"""Read a shell text into commands.

tree-sitter-bash parses the text, even one with errors. Ranges refer to the source of the instruction, which includes
its continuations, comments and heredoc bodies; `Instruction.place` maps them to the document.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Literal

import tree_sitter_bash
from tree_sitter import Language, Parser

from buildxray.syntax.expansion import heredoc_marker
from buildxray.syntax.instructions import Healthcheck, Node, Run, ShellOrExec, Span, of_node
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell.model import (
    NOTHING,
    All,
    Assignment,
    Branch,
    Case,
    Command,
    Condition,
    Expression,
    Not,
    NotLeft,
    Parameter,
    Part,
    Script,
    ShellVariable,
    ShellWord,
    Some,
    Status,
    Substitution,
    Variables,
)
from buildxray.syntax.shell.programs import is_posix_shell, program_name
from buildxray.syntax.shell.wrappers import (
    TESTS,
    named_by_variable,
    reads_script,
    run_by,
    script_arguments,
    unwrapped,
)
from buildxray.syntax.text import TextRange
from buildxray.syntax.trees import parse_tree

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode

_ASKING: Final = TESTS | {
    ":",
    "cmp",
    "command",
    "diff",
    "egrep",
    "expr",
    "false",
    "fgrep",
    "getent",
    "grep",
    "hash",
    "type",
    "true",
    "which",
}
"""Programs that are run for their exit status."""
_COMMENT_IN_BACKTICKS: Final = lazy_regex(r"`\s*#[^`]*`")
_DEFAULT: Final = lazy_regex(":?[-=+]")
_BARE_IN_WORD: Final = lazy_regex(r"(?<=[^\s\\$'(|;&<>`])\$(?:[A-Za-z_]\w*|[0-9@*#?])")
"""A variable without braces after other characters of a word."""
_EXPANSION: Final = lazy_regex(r"(?<!\\)\$(?:\{(?P<braced>[A-Za-z_]\w*)[^}]*\}|(?P<name>[A-Za-z_]\w*))", re.ASCII)
_NAME: Final = lazy_regex(r"[A-Za-z_]\w*", re.ASCII)
_DEEPEST_NESTING: Final = 8
"""Nested scripts that are read, as in `sh -c "eval '…'"`."""
_LONGEST_CONDITION: Final = 200
"""Code points of a condition that are kept as its text."""
_MOST_PIPES: Final = 2_000
"""Signs `|` in one script. tree-sitter takes quadratic time for a long unfinished pipeline, without calling the progress callback."""
_MOST_NAMES: Final = 64
"""Variables of a chain of conditions that are recorded."""
_MOST_EXITS: Final = 16
"""Conditional `exit`s of one script that later commands depend on."""
_SUBSTITUTIONS: Final = ("$(", "`", "<(", ">(")
"""The signs that begin a command or process substitution."""
_EXPANDED: Final = frozenset(
    {"arithmetic_expansion", "command_substitution", "expansion", "process_substitution", "simple_expansion"}
)
_PLAIN_WORDS: Final = frozenset({"command_name", "number", "word"})
_PLAIN: Final = lazy_regex(r"[\w./:=,+@%-]+", re.ASCII)
"""A word that the shell leaves unchanged in any context."""
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


@of_node
def read_script(node: Node, shell: tuple[str, ...] = ("/bin/sh", "-c")) -> Script:
    """Read the script of a RUN, CMD, ENTRYPOINT or HEALTHCHECK that `shell` executes; never raises."""
    if not isinstance(node, ShellOrExec | Healthcheck):
        return NOTHING
    if node.is_json:
        return _exec_form(node)
    text = node.arguments[-1] if node.arguments else None
    if text is None or not is_posix_shell(shell):
        return NOTHING
    if isinstance(node, Run) and node.heredocs and heredoc_marker(text.text) is not None:
        return _heredoc_script(node)
    start = text.span.start
    reader = _Reader()
    reader.read(_Text(text.text, lambda first, last: node.logical.range(start + first, start + last)))
    for heredoc in node.heredocs if isinstance(node, Run) else ():
        # The bodies of heredocs are not in the text, which the parser reports as an error.
        reader.has_errors = False
        reader.read_heredoc(heredoc.content, heredoc.start, is_expanded=heredoc.marker.expand)
    return reader.script()


def _exec_form(node: Node) -> Script:
    """Read a JSON array, which no shell interprets unless the array starts one."""
    tokens = node.arguments[isinstance(node, Healthcheck) :]
    words = tuple(ShellWord(it.text, it.text, node.logical.range(*it.span)) for it in tokens)
    if not words:
        return NOTHING
    range_ = TextRange(words[0].range.start, words[-1].range.end)
    command = Command(words, range_, insertion=range_.start, is_writable=False)
    reader = _Reader()
    try:
        reader.add(command, _Place(Variables()))
    except RecursionError:
        reader.has_errors = True
    return reader.script()


def _heredoc_script(node: Run) -> Script:
    """Read the body of `RUN <<EOF` as the script, unless its first line names another interpreter."""
    heredoc = node.heredocs[0]
    interpreter = re.match(r"\t*#!([^\n]*)", heredoc.content)
    if interpreter is not None:
        words = interpreter[1].split()
        if words and program_name(words[0]) == "env":
            words = [it for it in words[1:] if not it.startswith("-")]
        if not is_posix_shell(words):
            return NOTHING
    reader = _Reader()
    start = heredoc.start
    reader.read(_Text(heredoc.content, lambda first, last: TextRange(start + first, start + last)))
    return reader.script()


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


class _Text:
    """A shell text, with the mapping of its characters to the source of the instruction."""

    def __init__(self, text: str, locate: Callable[[int, int], TextRange], *, is_writable: bool = True) -> None:
        # A comment in backticks is a common way to explain a line of a RUN, but the grammar does not know it.
        self.text = _COMMENT_IN_BACKTICKS.sub(lambda it: " " * len(it[0]), text) if "`" in text else text
        # The grammar ends the word `$A-$B.c` at the second `$`, but reads `$A-${B}.c` as one word.
        bare = [it.span() for it in _BARE_IN_WORD.finditer(self.text)] if self.text.count("$") > 1 else []
        self.bytes = (_braced(self.text, bare) if bare else self.text).encode("utf-8", "replace")
        self._locate = locate
        self.is_writable = is_writable
        self.has_substitutions = any(it in self.text for it in _SUBSTITUTIONS)
        """False if no part of the text can be a command or process substitution."""
        self.has_redirects = "<" in self.text or ">" in self.text
        self._variables: list[ShellVariable] = []
        self._variable_starts: list[int] = []
        is_ascii = self.text.isascii()
        self._braces = _inserted(bare) if is_ascii else []
        """The offsets of the inserted braces in the parsed bytes, ascending; only if each character is one byte."""
        self._byte_starts = None if is_ascii else _byte_starts(self.text, bare)

    def span(self, node: SyntaxNode) -> Span:
        start, end = node.start_byte, node.end_byte
        if self._byte_starts is not None:
            return Span(bisect_left(self._byte_starts, start), bisect_left(self._byte_starts, end))
        if self._braces:
            return Span(start - bisect_left(self._braces, start), end - bisect_left(self._braces, end))
        return Span(start, end)

    def range(self, node: SyntaxNode) -> TextRange:
        return self._locate(*self.span(node))

    def placed(self, node: SyntaxNode) -> tuple[str, TextRange]:
        """The text of a node, with its range."""
        start, end = self.span(node)
        return self.text[start:end], self._locate(start, end)

    def range_of(self, start: int, end: int) -> TextRange:
        return self._locate(start, end)

    def of(self, node: SyntaxNode) -> str:
        return self.text[slice(*self.span(node))]

    def find_variables(self, root: SyntaxNode) -> list[ShellVariable]:
        """Collect all uses of variables, once for each text; `variables_in` selects those of a node."""
        todo = [root] if "$" in self.text else []
        while todo:
            current = todo.pop()
            if current.type in ("simple_expansion", "expansion"):
                name = next((it for it in current.named_children if it.type == "variable_name"), None)
                if name is not None:
                    is_braced = self.text.startswith("${", self.span(current).start)
                    has_default = is_braced and _DEFAULT.match(self.text, self.span(name).end) is not None
                    use = ShellVariable(self.of(name), self.range(current), self.range(name), has_default)
                    self._variables.append(use)
                    self._variable_starts.append(current.start_byte)
            todo += reversed(current.named_children)
        return self._variables

    def variables_in(self, node: SyntaxNode) -> list[ShellVariable]:
        """The uses of variables in a node, in the order of the text."""
        starts = self._variable_starts
        return self._variables[bisect_left(starts, node.start_byte) : bisect_left(starts, node.end_byte)]


def _braced(text: str, bare: Iterable[tuple[int, int]]) -> str:
    """Put braces around names of variables; `bare` has the spans of `$name`."""
    pieces: list[str] = []
    end = 0
    for start, after in bare:
        pieces += text[end : start + 1], "{", text[start + 1 : after], "}"
        end = after
    return "".join((*pieces, text[end:]))


def _inserted(bare: Iterable[tuple[int, int]]) -> list[int]:
    """The offsets, in the result of `_braced`, of the characters that it inserts."""
    places = [place for start, after in bare for place in (start + 1, after)]
    return [place + n_before for n_before, place in enumerate(places)]


def _byte_starts(text: str, bare: Iterable[tuple[int, int]]) -> list[int]:
    """The offset in the parsed bytes of each character of a text, and of the end of the text."""
    braces = Counter(place for start, after in bare for place in (start + 1, after))
    lengths = [*map(_utf8_length, text)]
    starts = [0, *accumulate(lengths)]
    shifts = accumulate(braces[it] for it in range(len(starts)))
    return [start + shift for start, shift in zip(starts, shifts, strict=True)]


def _utf8_length(char: str) -> int:
    return len(char.encode("utf-8", "replace"))


@dataclass(slots=True)
class _Place:
    """The context of a statement."""

    variables: Variables
    conditions: tuple[Condition, ...] = ()
    depth: int = 0
    exits: list[Condition] | None = None
    """The conditions of earlier `exit`s in this shell process; None in a function, which runs when it is called."""
    input: Command | ShellWord | None = None
    is_piped: bool = False
    n_process_conditions: int = 0
    """The number of leading conditions that apply to the whole shell process."""

    @property
    def in_force(self) -> tuple[Condition, ...]:
        """All conditions of a command in this context."""
        return (*self.conditions, *self.exits) if self.exits else self.conditions

    def under(self, condition: Condition | None) -> _Place:
        # The variables are shared, because assignments of a branch are visible after it.
        if condition is None:
            return self
        return replace(self, conditions=(*self.conditions, condition))

    def subshell(self) -> _Place:
        conditions = self.in_force
        return replace(
            self,
            variables=self.variables.subshell(),
            conditions=conditions,
            exits=[],
            n_process_conditions=len(conditions),
        )

    def substitution(self) -> _Place:
        return replace(self.subshell(), depth=self.depth + 1, input=None, is_piped=False)

    def nested(self, *, sees_all: bool) -> _Place:
        """The context of a new shell, which sees exported variables and those that the outer shell expands in its script."""
        if sees_all:
            return self.subshell()
        place = replace(self.subshell(), variables=Variables())
        for name, assignments in self.variables.items():
            if any(it.is_exported for it in assignments):
                place.variables.put(name, assignments)
        return place

    def assign(self, assignment: Assignment) -> None:
        earlier = self.variables.get(assignment.name, ())
        is_exported = assignment.is_exported or any(it.is_exported for it in earlier)
        kept = earlier if assignment.is_conditional else ()
        if is_exported and not assignment.is_exported:
            assignment = replace(assignment, is_exported=True)
        self.variables.put(assignment.name, (*kept, assignment))

    def export(self, name: str) -> None:
        earlier = self.variables.get(name)
        if earlier:
            self.variables.put(name, tuple(replace(it, is_exported=True) for it in earlier))

    def leave(self, *, is_failure: bool) -> None:
        """Make later commands of this process depend on the negated conditions of an `exit`."""
        own = self.conditions[self.n_process_conditions :]
        if self.exits is None or len(self.exits) >= _MOST_EXITS:
            return
        if not any(it.kind in ("if", "case", "and", "or") and it.expression is not None for it in own):
            # After `command || exit 1` the script continues unconditionally.
            return
        last = own[-1]
        expression = NotLeft(own, is_failure)
        self.exits.append(Condition("exit", last.range, last.text, last.variables, (), expression=expression))


class _Reader:
    """Walks the syntax trees of a script and of the scripts nested in it."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.uses: list[ShellVariable] = []
        self.branches: list[Condition] = []
        self.has_errors = False
        self.all_exported = False
        self._nesting = 0
        self._substitutions: dict[int, Substitution] = {}
        """The substitutions of the current text by the start byte of their nodes."""

    def script(self) -> Script:
        # A variable in a quoted script is collected twice: with the text around it, and with the script.
        uses = {it.name_range: it for it in reversed(self.uses)}
        ordered = tuple(uses[it] for it in sorted(uses))
        return Script(tuple(self.commands), ordered, self.has_errors, tuple(self.branches))

    def read(self, text: _Text) -> None:
        try:
            self.read_in(text, _Place(Variables(), exits=[]))
        except RecursionError:
            self.has_errors = True

    def read_in(self, text: _Text, place: _Place) -> None:
        """Read a script that runs in the given context."""
        root = None if text.bytes.count(b"|") > _MOST_PIPES else parse_tree(_parser(), text.bytes)
        if root is None:
            self.has_errors = True
            return
        self.has_errors |= root.has_error
        self.uses += text.find_variables(root)
        outer, self._substitutions = self._substitutions, {}
        self.statement(root, text, place)
        self._substitutions = outer

    def read_heredoc(self, content: str, start: int, *, is_expanded: bool) -> None:
        """Read a heredoc that the shell feeds to a command, as a script if that command is a shell."""
        text = _Text(content, lambda first, last: TextRange(start + first, start + last))
        if any(reads_script(it) for it in self.commands):
            self.read(text)
        elif is_expanded:
            for match in _EXPANSION.finditer(content):
                group = "name" if match["name"] else "braced"
                name_range = text.range_of(*match.span(group))
                has_default = _DEFAULT.match(content, match.end(group)) is not None
                self.uses.append(ShellVariable(match[group], text.range_of(*match.span()), name_range, has_default))

    def statements(self, nodes: Iterable[SyntaxNode], text: _Text, place: _Place) -> Expression:
        """Read statements; returns the status of the last one."""
        status: Expression = True
        for node in nodes:
            if node.type not in ("comment", "heredoc_redirect", "file_redirect", "herestring_redirect"):
                status = self.statement(node, text, place)
        return status

    def statement(self, node: SyntaxNode, text: _Text, place: _Place) -> Expression:  # noqa: PLR0911
        """Read one statement; returns its status."""
        match node.type:
            case "command":
                return self.command(node, text, place)
            case "variable_assignment" | "variable_assignments":
                self.assignments(node, text, place)
                return None if "command_substitution" in _types_in(node) else True
            case "declaration_command":
                self.declaration(node, text, place)
                return True
            case "list":
                return self.list(node, text, place)
            case "pipeline":
                return self.pipeline(node, text, place)
            case "subshell" | "command_substitution" | "process_substitution":
                inner = place.substitution() if node.type.endswith("substitution") else place.subshell()
                return self.statements(node.named_children, text, inner)
            case "if_statement":
                self.if_statement(node, text, place)
                return None
            case "case_statement":
                self.case_statement(node, text, place)
                return None
            case "for_statement" | "c_style_for_statement" | "while_statement":
                self.loop(node, text, place)
                return None
            case "test_command":
                return self.test(node, text, place)
            case "negated_command":
                return _negated(self.statements(node.named_children, text, place))
            case "redirected_statement":
                return self.redirected(node, text, place)
            case "function_definition":
                name = node.child_by_field_name("name")
                name_text = "" if name is None else text.of(name)
                condition = Condition("function", text.range(node), name_text, (), (), expression=True)
                body = [it for it in node.named_children if it.type != "word"]
                self.statements(body, text, replace(place.under(condition), exits=None))
                return True
            case _:
                return self.statements(node.named_children, text, place)

    def command(self, node: SyntaxNode, text: _Text, place: _Place) -> Expression:
        self.substitutions(node, text, place)
        children = [(it, it.type) for it in node.named_children]
        assignments = [
            self.assignment(it, text, place, is_exported=True)
            for it, type_ in children
            if type_ == "variable_assignment"
        ]
        words = [self.word(it, text) for it, type_ in children if type_ in _WORD_TYPES]
        if not words:
            return True
        command = Command(
            tuple(words),
            TextRange(text.range(node).start, words[-1].range.end),
            tuple(it for it in assignments if it is not None),
            words[0].range.start,
            text.is_writable,
            place.variables.now(),
            place.in_force,
            place.depth > 0,
            place.depth,
            self._input(node, text) or place.input,
            place.is_piped or _goes_into_file(node, text),
        )
        return self.add(command, place)

    def add(self, command: Command, place: _Place) -> Expression:
        """Add a command to the script, with the commands that it runs and its effect on the shell."""
        if command.name == "set" and any(re.fullmatch(r"-\w*a\w*", it) for it in command.arguments):
            self.all_exported = True
        command = unwrapped(named_by_variable(command))
        self.commands.append(command)
        match command.name:
            case "exit":
                place.leave(is_failure=command.arguments[:1] not in ((), ("0",)))
            case "read":
                self._read_into_variables(command, place)
        self.nested_scripts(command, place)
        for inner in run_by(command):
            self.commands.append(inner)
            self.nested_scripts(inner, place)
        return Status(command)

    def _read_into_variables(self, command: Command, place: _Place) -> None:
        source = command.input
        variables = source.variables if isinstance(source, ShellWord) else ()
        for word in command.words[1:]:
            if word.value is not None and _NAME.fullmatch(word.value):
                value = ShellWord("", None, word.range, variables, (None,))
                conditions, seen = place.in_force, place.variables.now()
                place.assign(Assignment(word.value, value, word.range, word.range, self.all_exported, conditions, seen))

    def _input(self, node: SyntaxNode, text: _Text) -> ShellWord | None:
        for redirect in node.named_children if text.has_redirects else ():
            if redirect.type == "herestring_redirect" and redirect.named_children:
                return self.word(redirect.named_children[-1], text)
        return None

    def nested_scripts(self, command: Command, place: _Place) -> None:
        """Read the scripts of `sh -c '…'`, `eval "…"` and `bash <<< "…"`, whose commands follow the command itself."""
        arguments = script_arguments(command)
        if isinstance(command.input, ShellWord) and reads_script(command):
            arguments = (command.input,)
        if not arguments or self._nesting >= _DEEPEST_NESTING:
            return
        if command.name == "eval" and not all(len(it.text) > 1 and it.text[0] in "'\"" for it in arguments):
            return
        self._nesting += 1
        for argument in arguments:
            nested = _quoted_script(argument, is_writable=command.is_writable or argument.text[:1] == '"')
            if nested is not None:
                sees_all = argument.text.startswith('"')
                self.read_in(nested, place if command.name == "eval" else place.nested(sees_all=sees_all))
        self._nesting -= 1

    def substitutions(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        """Read the commands inside each `$(…)` in `node`."""
        if not text.has_substitutions:
            return
        for child in node.named_children:
            if child.type in ("command_substitution", "process_substitution"):
                n_before = len(self.commands)
                inner = place.substitution()
                self.statements(child.named_children, text, inner)
                own = tuple(it for it in self.commands[n_before:] if it.depth == inner.depth)
                self._substitutions[child.start_byte] = Substitution(own, len(inner.conditions))
            elif child.type != "command":
                self.substitutions(child, text, place)

    def assignments(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        if node.type == "variable_assignments":
            self.statements(node.named_children, text, place)
            return
        self.substitutions(node, text, place)
        assignment = self.assignment(node, text, place, is_exported=self.all_exported)
        if assignment is not None:
            place.assign(assignment)

    def assignment(self, node: SyntaxNode, text: _Text, place: _Place, *, is_exported: bool) -> Assignment | None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or name.type != "variable_name":
            return None
        end = text.span(node).end
        word = ShellWord("", "", text.range_of(end, end)) if value is None else self.word(value, text)
        if any(it.type == "+=" for it in node.children):
            parts = word.parts if word.value is None else (word.value,)
            word = word._replace(value=None, parts=(Parameter(text.of(name)), *parts))
        return Assignment(
            text.of(name),
            word,
            text.range(node),
            text.range(name),
            is_exported,
            place.in_force,
            place.variables.now(),
        )

    def declaration(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        """Read `export NAME=value`, `declare -x …`."""
        self.substitutions(node, text, place)
        head = text.of(node.children[0]) if node.children else ""
        is_export = head == "export" or (
            head in ("declare", "typeset")
            and any(text.of(it).startswith("-") and "x" in text.of(it) for it in node.children)
        )
        for child in node.named_children:
            if child.type == "variable_assignment":
                assignment = self.assignment(child, text, place, is_exported=is_export or self.all_exported)
                if assignment is not None:
                    place.assign(assignment)
            elif child.type == "variable_name" and is_export:
                place.export(text.of(child))
        if not any(it.type in ("variable_assignment", "variable_name") for it in node.named_children):
            # Without names, `export -p` and similar commands print variables.
            word = ShellWord(head, head, text.range(node.children[0] if node.children else node))
            options = (self.word(it, text) for it in node.named_children if it.type in _WORD_TYPES)
            self.commands.append(
                Command(
                    (word, *options),
                    text.range(node),
                    insertion=text.range(node).start,
                    is_writable=False,
                    variables=place.variables.now(),
                    conditions=place.in_force,
                )
            )

    def list(self, node: SyntaxNode, text: _Text, place: _Place) -> Expression:
        """Read `a && b` or `a || b`; the commands after a test depend on it."""
        spine = [node]
        while spine[-1].named_children and spine[-1].named_children[0].type == "list":
            spine.append(spine[-1].named_children[0])
        innermost = [it for it in spine[-1].named_children if it.type != "comment"]
        if not innermost:
            return True
        n_before = len(self.commands)
        status = self.statement(innermost[0], text, place)
        presumed = _presumed(status)
        names = dict.fromkeys(it.name for it in text.variables_in(innermost[0]))
        start = text.span(node).start
        for current in reversed(spine):
            operator = next((it for it in current.children if it.type in ("&&", "||")), None)
            rest = [it for it in current.named_children if it.type != "comment"][1:]
            is_and = operator is None or operator.type == "&&"
            decided = presumed if is_and else None if presumed is True else _negated(presumed)
            inner_place = place
            if decided is not True:
                head = Span(start, _end_before(operator, text))
                condition = Condition(
                    "and" if is_and else "or",
                    text.range_of(*head),
                    text.text[head.start : min(head.end, head.start + _LONGEST_CONDITION)],
                    tuple(names),
                    tuple(self.commands[max(n_before, len(self.commands) - 1) :]),
                    expression=decided,
                )
                inner_place = place.under(condition)
            inner = self.statements(rest, text, inner_place)
            status = _pair(status, inner) if is_and else Some((status, inner))
            then = _presumed(inner)
            if is_and:
                presumed = then if presumed is True else presumed if then is True else All((presumed, then))
            else:
                presumed = True if presumed is True or then is True else Some((presumed, then))
            if len(names) < _MOST_NAMES:
                names |= dict.fromkeys(it.name for node in rest for it in text.variables_in(node))
        return status

    def pipeline(self, node: SyntaxNode, text: _Text, place: _Place) -> Expression:
        """Read a pipeline, each part of which has its own variables."""
        parts = [it for it in node.named_children if it.type != "comment"]
        status: Expression = True
        source: Command | ShellWord | None = place.input
        for position, child in enumerate(parts):
            is_last = position == len(parts) - 1
            inner = replace(place.subshell(), input=source, is_piped=place.is_piped or not is_last)
            status = self.statement(child, text, inner)
            source = status.command if isinstance(status, Status) else None
        return status

    def redirected(self, node: SyntaxNode, text: _Text, place: _Place) -> Expression:
        """Read a statement with redirected input or output."""
        self.substitutions(node, text, place)
        to_file = _goes_into_file(node, text)
        source = self._input(node, text) or place.input
        return self.statements(
            node.named_children, text, replace(place, is_piped=place.is_piped or to_file, input=source)
        )

    def if_statement(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        """Read `if` with its `elif` and `else`, each of which depends on the conditions before it."""
        todo = [node]
        branch = place
        while todo:
            current = todo.pop()
            conditions: list[SyntaxNode] = []
            alternatives: list[SyntaxNode] = []
            body: list[SyntaxNode] = []
            is_condition = current.type != "else_clause"
            for child in current.children:
                if child.type == "then":
                    is_condition = False
                elif child.type in ("elif_clause", "else_clause"):
                    alternatives.append(child)
                elif child.is_named:
                    (conditions if is_condition else body).append(child)
            condition = self.condition("if", conditions, text, branch) if conditions else None
            self.statements(body, text, branch.under(condition))
            if condition is not None:
                branch = branch.under(condition._replace(expression=_negated(condition.expression)))
            # A tree without errors nests each `elif` in the statement before it.
            todo += reversed(alternatives)

    def case_statement(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        value = node.child_by_field_name("value")
        if value is None:
            return
        self.substitutions(value, text, place)
        if value.type in ("command_substitution", "process_substitution"):
            self.substitutions(node, text, place)
        n_before = len(self.commands)
        condition = _condition("case", value, text, tuple(self.commands[n_before:]))
        case = Case(self.word(value, text), [], place.variables.now(), place.in_force)
        for item in node.named_children:
            if item.type != "case_item":
                continue
            patterns = [
                self.word(child, text)
                for idx, child in enumerate(item.children)
                if item.field_name_for_child(idx) == "value"
            ]
            case.branches.append(tuple(patterns))
            taken: Expression = Branch(case, len(case.branches) - 1)
            branch = condition._replace(patterns=tuple(patterns), expression=taken)
            body = [
                child
                for idx, child in enumerate(item.children)
                if child.is_named and item.field_name_for_child(idx) != "value"
            ]
            self.statements(body, text, place.under(branch))
            self.branches.append(branch)

    def loop(self, node: SyntaxNode, text: _Text, place: _Place) -> None:
        body = node.child_by_field_name("body")
        kind: Literal["for", "while"] = "while" if node.type == "while_statement" else "for"
        head = [it for it in node.named_children if body is None or it.id != body.id]
        if kind == "while" or not head:
            condition = self.condition(kind, head[:1] or [node], text, place)._replace(expression=None)
        else:
            self.substitutions(node, text, place)
            values = tuple(self.word(it, text) for it in head[1:])
            has_values = bool(values) and all(it.value is not None for it in values)
            name = text.of(head[0])
            condition = _condition(kind, head[0], text, ())._replace(
                variables=(name,), patterns=values, expression=has_values or None
            )
        if body is not None:
            self.statement(body, text, place.under(condition))

    def test(self, node: SyntaxNode, text: _Text, place: _Place) -> Expression:
        """Read `[ … ]` or `[[ … ]]` as a command of that name."""
        self.substitutions(node, text, place)
        head = "[[" if node.children and node.children[0].type == "[[" else "["
        words = [ShellWord(head, head, text.range(node)), *(self.word(it, text) for it in _operands(node))]
        command = Command(
            tuple(words),
            text.range(node),
            insertion=text.range(node).start,
            is_writable=False,
            variables=place.variables.now(),
            conditions=place.in_force,
        )
        self.commands.append(command)
        return Status(command)

    def condition(
        self, kind: Literal["if", "case", "for", "while"], nodes: Sequence[SyntaxNode], text: _Text, place: _Place
    ) -> Condition:
        n_before = len(self.commands)
        status = self.statements(nodes, text, place)
        condition = _condition(kind, nodes[0], text, tuple(self.commands[n_before:]))
        names = dict.fromkeys(it.name for node in nodes for it in text.variables_in(node))
        return condition._replace(variables=tuple(names), expression=status)

    def word(self, node: SyntaxNode, text: _Text) -> ShellWord:
        written, range_ = text.placed(node)
        if node.type in _PLAIN_WORDS and _PLAIN.fullmatch(written) is not None:
            return ShellWord(written, written, range_)
        parts = _joined(self.parts(node, text))
        value = "" if not parts else parts[0] if len(parts) == 1 and isinstance(parts[0], str) else None
        if value is not None:
            return ShellWord(written, value, range_)
        return ShellWord(written, None, range_, tuple(text.variables_in(node)), parts)

    def parts(self, node: SyntaxNode, text: _Text) -> Iterator[Part]:
        """The parts of a word, without quotes."""
        match node.type:
            case "word" | "number" | "extglob_pattern" | "regex" | "variable_name" | "test_operator":
                if any(it.type in _EXPANDED for it in node.named_children):
                    yield None
                else:
                    yield re.sub(r"\\(.)", r"\1", text.of(node), flags=re.DOTALL)
            case "raw_string":
                yield text.of(node)[1:-1]
            case "ansi_c_string" if "\\" not in (written := text.of(node)):
                yield written[2:-1]
            case "string":
                yield from self._quoted_parts(node, text)
            case "command_name" | "concatenation":
                for child in node.children:
                    yield from self.parts(child, text)
            case "simple_expansion" | "expansion":
                yield self._parameter(node, text)
            case "command_substitution":
                yield self._substitutions.get(node.start_byte)
            case _ if not node.is_named:
                yield text.of(node)
            case _:
                yield None

    def _quoted_parts(self, node: SyntaxNode, text: _Text) -> Iterator[Part]:
        """The parts of a string in double quotes; the grammar omits blanks between expansions."""
        start, end = text.span(node)
        position = start + 1
        for child in node.named_children:
            if child.type in _EXPANDED:
                # The grammar includes the blanks before an expansion in its node.
                first, last = text.span(child)
                first += len(text.text[first:last]) - len(text.text[first:last].lstrip())
                yield _unescaped(text.text[position:first])
                yield from self.parts(child, text)
                position = last
        yield _unescaped(text.text[position : end - 1])

    def _parameter(self, node: SyntaxNode, text: _Text) -> Part:
        children = [it for it in node.children if it.type not in ("$", "${", "}")]
        if not children or children[0].type != "variable_name":
            return None
        name, *rest = children
        if not rest:
            return Parameter(text.of(name))
        operator, *operands = rest
        if operator.is_named and operator.type != "test_operator":
            return None
        sign = text.of(operator)
        slashes = [idx for idx, it in enumerate(operands) if text.of(it) == "/" and not it.is_named]
        if sign in ("/", "//"):
            at = slashes[0] if slashes else len(operands)
            pattern, replacement = operands[:at], operands[at + 1 :]
        else:
            pattern, replacement = operands, []
        return Parameter(
            text.of(name),
            sign,
            _joined(it for child in pattern for it in self.parts(child, text)),
            _joined(it for child in replacement for it in self.parts(child, text)),
        )


def _quoted_script(word: ShellWord, *, is_writable: bool) -> _Text | None:
    """The script in a quoted word, as the inner shell reads it; None if the word is not one quoted text."""
    quote = word.text[:1]
    if len(word.text) < 2 or quote not in "'\"" or word.text[-1] != quote:
        if word.value is None or len(word.value) < 2:
            return None
        if word.range.end - word.range.start == len(word.value) + 2:
            # A string of a JSON array without escapes.
            start = word.range.start + 1
            return _Text(
                word.value, lambda first, last: TextRange(start + first, start + last), is_writable=is_writable
            )
        return _Text(word.value, lambda _first, _last: word.range, is_writable=False)
    inner = word.text[1:-1]
    start = word.range.start + 1
    is_contiguous = word.range.end - word.range.start == len(word.text)
    if quote == "'" and quote in inner:
        # Several pieces, `'a'"$B"'c'`.
        return None if word.value is None else _Text(word.value, lambda _f, _l: word.range, is_writable=False)
    if quote == '"' and "\\" in inner:
        kept = list(re.finditer(r'\\(["$`\\])|[\s\S]', inner))
        offsets = [it.end() - 1 for it in kept] + [len(inner)]
        characters = "".join(it[1] or it[0] for it in kept)
        if is_contiguous:
            return _Text(
                characters,
                lambda first, last: TextRange(start + offsets[first], start + (offsets[last - 1] + 1 if last else 0)),
                is_writable=False,
            )
        return _Text(characters, lambda _first, _last: word.range, is_writable=False)
    if not is_contiguous:
        return _Text(inner, lambda _first, _last: word.range, is_writable=False)
    return _Text(inner, lambda first, last: TextRange(start + first, start + last), is_writable=is_writable)


def _joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts with adjacent texts joined and empty texts removed."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part != "":
            joined.append(part)
    return tuple(joined)


def _unescaped(text: str) -> str:
    return re.sub(r'\\(["$`\\])', r"\1", text) if "\\" in text else text


def _negated(expression: Expression) -> Expression:
    if expression is None or isinstance(expression, bool):
        return None if expression is None else not expression
    return expression.expression if isinstance(expression, Not) else Not(expression)


def _presumed(expression: Expression) -> Expression:
    """The condition that an `&&` after this expression adds.

    An ordinary command that fails ends the build, so it is presumed to succeed. `[ test ] && a || b` then becomes the
    choice between `a` and `b` that its author means.
    """
    match expression:
        case Status(command):
            return expression if command.name in _ASKING else True
        case All(expressions):
            kept = tuple(it for it in map(_presumed, expressions) if it is not True)
            return True if not kept else kept[0] if len(kept) == 1 else All(kept)
        case Some(expressions):
            presumed = tuple(map(_presumed, expressions))
            return True if any(it is True for it in presumed) else Some(presumed)
        case Not(inner):
            return True if _presumed(inner) is True else expression
        case None:
            return True
        case _:
            return expression


def _pair(first: Expression, second: Expression) -> Expression:
    """The status of `first && second`.

    Nothing tells whether ordinary commands succeed, so the last one of a row represents them.
    """
    if _is_ordinary(second):
        if _is_ordinary(first):
            return second
        if isinstance(first, All) and _is_ordinary(first.expressions[-1]):
            return first
    return All((first, second))


def _is_ordinary(expression: Expression) -> bool:
    return isinstance(expression, Status) and expression.command.name not in _ASKING


def _end_before(operator: SyntaxNode | None, text: _Text) -> int:
    """The offset of the end of the text before an operator, without trailing blanks."""
    end = len(text.text) if operator is None else text.span(operator).start
    while end > 0 and text.text[end - 1].isspace():
        end -= 1
    return end


def _condition(
    kind: Literal["if", "case", "and", "or", "for", "while"],
    node: SyntaxNode,
    text: _Text,
    commands: tuple[Command, ...],
) -> Condition:
    names = dict.fromkeys(it.name for it in text.variables_in(node))
    return Condition(kind, text.range(node), text.of(node), tuple(names), commands)


def _operands(node: SyntaxNode) -> Iterator[SyntaxNode]:
    """The operands and operators of a test in the order of the text, without brackets."""
    todo = [*reversed(node.children)]
    while todo:
        child = todo.pop()
        if child.type in ("binary_expression", "unary_expression", "parenthesized_expression", "negated_expression"):
            todo += reversed(child.children)
        elif child.type not in ("[", "]", "[[", "]]"):
            yield child


def _goes_into_file(node: SyntaxNode, text: _Text) -> bool:
    """True if the standard output of a statement is redirected to a file: `> file`, but not `2> file` or `>&2`."""
    if not text.has_redirects:
        return False
    redirects = (text.of(it) for it in node.named_children if it.type == "file_redirect")
    return any(re.match(r"1?>(?!&)|&>", it) for it in redirects)


def _types_in(node: SyntaxNode) -> set[str]:
    found: set[str] = set()
    todo = [node]
    while todo:
        current = todo.pop()
        found.add(current.type)
        todo += current.named_children
    return found
