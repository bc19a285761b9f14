"""Read a shell text into commands.

tree-sitter-bash parses the text, even one with errors. Ranges refer to the source of the instruction, which includes
its continuations, comments and heredoc bodies; `Instruction.place` maps them to the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

import tree_sitter_bash
from tree_sitter import Language

from buildxray.records import replace
from buildxray.syntax.instructions import Span
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell.grammar import (
    LONGEST_CONDITION,
    WORD_TYPES,
    condition_of,
    end_before,
    goes_into_file,
    operands,
    types_in,
)
from buildxray.syntax.shell.model import (
    WHOLE_ARRAY,
    All,
    Assignment,
    Branch,
    Case,
    Command,
    Condition,
    Expression,
    Parameter,
    Script,
    ShellVariable,
    ShellWord,
    Some,
    Status,
    Substitution,
    Variables,
)
from buildxray.syntax.shell.place import Place
from buildxray.syntax.shell.source import DEFAULT, ShellText, quoted_script
from buildxray.syntax.shell.statuses import both, negated, presumed_status
from buildxray.syntax.shell.words import joined_words, read_word
from buildxray.syntax.shell.wrappers import (
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

_EXPANSION: Final = lazy_regex(r"(?<!\\)\$(?:\{(?P<braced>[A-Za-z_]\w*)[^}]*\}|(?P<name>[A-Za-z_]\w*))", re.ASCII)
_NAME: Final = lazy_regex(r"[A-Za-z_]\w*", re.ASCII)
_DEEPEST_NESTING: Final = 8
"""Nested scripts that are read, as in `sh -c "eval '…'"`."""
_DEEPEST_HALF_TYPED: Final = 32
"""Conditions of half-typed statements that a command depends on."""
_MOST_PIPES: Final = 2_000
"""Signs `|` in one script. tree-sitter takes quadratic time for a long unfinished pipeline, without calling the progress callback."""
_MOST_NAMES: Final = 64
"""Variables of a chain of conditions that are recorded, and those that a function may see only later."""
_MOST_FUNCTIONS: Final = 64
"""Functions of one script whose later variables are found."""


@cache
def _bash() -> Language:
    return Language(tree_sitter_bash.language())


class Reader:
    """Walks the syntax trees of a script and of the scripts nested in it."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.uses: list[ShellVariable] = []
        self.branches: list[Condition] = []
        self.has_errors = False
        self.all_exported = False
        self._nesting = 0
        self._n_functions = 0
        self._substitutions: dict[int, Substitution] = {}
        """The substitutions of the current text by the start byte of their nodes."""
        self._arguments: dict[tuple[int, int], list[SyntaxNode]] = {}
        """The words after a redirection that are arguments, by the identity of the text and the start byte of their command."""

    def script(self) -> Script:
        """The script that has been read."""
        # A variable in a quoted script is collected twice: with the text around it, and with the script.
        uses = {it.name_range: it for it in reversed(self.uses)}
        ordered = tuple(uses[it] for it in sorted(uses))
        return Script(tuple(self.commands), ordered, self.has_errors, tuple(self.branches))

    def read(self, text: ShellText) -> None:
        """Effect: read a script that runs on its own; never raises."""
        self._read_whole(text, Place(Variables(), exits=[]))

    def _read_whole(self, text: ShellText, place: Place) -> None:
        """Effect: read a script that runs in the given context; never raises."""
        try:
            self._read_in(text, place)
        except RecursionError:
            self.has_errors = True

    def _read_in(self, text: ShellText, place: Place) -> None:
        """Read a script that runs in the given context."""
        root = None if text.bytes.count(b"|") > _MOST_PIPES else parse_tree(_bash(), text.bytes)
        if root is None:
            self.has_errors = True
            return
        self.has_errors |= root.has_error
        self.uses += text.find_variables(root)
        outer, self._substitutions = self._substitutions, {}
        self._statement(root, text, place)
        self._substitutions = outer

    def read_heredoc(self, content: str, start: int, *, is_expanded: bool) -> None:
        """Read a heredoc that the shell feeds to a command, as a script if that command is a shell."""
        text = ShellText(content, lambda first, last: TextRange(start + first, start + last))
        shell = next((it for it in reversed(self.commands) if reads_script(it)), None)
        if shell is not None:
            around = Place(shell.variables.subshell(), shell.conditions, exits=[])
            inner = around.nested(sees_all=is_expanded)
            self._pass_on(shell, None, inner)
            self._read_whole(text, inner)
        elif is_expanded:
            for match in _EXPANSION.finditer(content):
                group = "name" if match["name"] else "braced"
                name_range = text.range_of(*match.span(group))
                has_default = DEFAULT.match(content, match.end(group)) is not None
                self.uses.append(ShellVariable(match[group], text.range_of(*match.span()), name_range, has_default))

    def _statements(self, nodes: Iterable[SyntaxNode], text: ShellText, place: Place) -> Expression:
        """Read statements; returns the status of the last one."""
        status: Expression = True
        for node in nodes:
            if node.type not in ("comment", "heredoc_redirect", "file_redirect", "herestring_redirect"):
                status = self._statement(node, text, place)
        return status

    def _statement(self, node: SyntaxNode, text: ShellText, place: Place) -> Expression:  # noqa: PLR0911
        """Read one statement; returns its status."""
        match node.type:
            case "command":
                return self._command(node, text, place)
            case "variable_assignment" | "variable_assignments":
                self._assignments(node, text, place)
                return None if "command_substitution" in types_in(node) else True
            case "declaration_command":
                self._declaration(node, text, place)
                return True
            case "list":
                return self._list(node, text, place)
            case "pipeline":
                return self._pipeline(node, text, place)
            case "subshell" | "command_substitution" | "process_substitution":
                inner = place.substitution() if node.type.endswith("substitution") else place.subshell()
                return self._statements(node.named_children, text, inner)
            case "if_statement" | "case_statement" | "ERROR":
                self._choice(node, text, place)
                return None
            case "for_statement" | "c_style_for_statement" | "while_statement":
                self._loop(node, text, place)
                return None
            case "test_command":
                return self._test(node, text, place)
            case "negated_command":
                return negated(self._statements(node.named_children, text, place))
            case "redirected_statement":
                return self._redirected(node, text, place)
            case "function_definition":
                name = node.child_by_field_name("name")
                name_text = "" if name is None else text.of(name)
                condition = Condition("function", text.range(node), name_text, (), (), expression=True)
                body = [it for it in node.named_children if it.type != "word"]
                inner = replace(place.under(condition), exits=None)
                before = self._forget_later_assignments(node, text, inner)
                self._statements(body, text, inner)
                for it, values in before.items():
                    place.variables.put(it, values)
                return True
            case _:
                return self._statements(node.named_children, text, place)

    def _forget_later_assignments(
        self, function: SyntaxNode, text: ShellText, place: Place
    ) -> dict[str, tuple[Assignment, ...]]:
        """Make the variables unknown that the text assigns after a function, because a call may see them: `GOARCH=arm64 build`.

        Returns their earlier assignments. Source: POSIX.1-2024, 2.9.5 "Function Definition Command".
        """
        self._n_functions += 1
        end = text.span(function)[1]
        names = [it for it, last in text.last_assignments.items() if last >= end][:_MOST_NAMES]
        if self._n_functions > _MOST_FUNCTIONS:
            return {}
        before = {it: place.variables.get(it, ()) for it in names}
        for it in names:
            last = text.last_assignments[it]
            range_ = text.range_of(last, last + len(it))
            unknown = ShellWord("", None, range_, parts=(None,))
            place.variables.put(it, (Assignment(it, unknown, range_, range_, is_exported=True),))
        return before

    def _choice(self, node: SyntaxNode, text: ShellText, place: Place) -> None:
        """Read `if` or `case`, complete or half typed."""
        value = node.child_by_field_name("value")
        if node.type == "if_statement":
            self._if(node, text, place)
        elif node.type == "ERROR":
            self._half_typed(node, text, place)
        elif value is not None:
            self._branches(value, node.named_children, text, place)

    def _command(self, node: SyntaxNode, text: ShellText, place: Place) -> Expression:
        self._read_substitutions(node, text, place)
        more = self._arguments.pop((id(text), node.start_byte), ())
        children = [(it, it.type) for it in (*node.named_children, *more)]
        assignments = [
            self._assignment(it, text, place, is_exported=True)
            for it, type_ in children
            if type_ == "variable_assignment"
        ]
        words = [read_word(it, text, self._substitutions) for it, type_ in children if type_ in WORD_TYPES]
        if "`" in text.text:
            # The grammar ends a word at a backtick: `https://example.com/`cat version`/tool`.
            words = joined_words(words)
            last = assignments[-1] if assignments else None
            if last is not None and words and words[0].range.start == last.value.range.end:
                value, *_others = joined_words((last.value, words.pop(0)))
                assignments[-1] = replace(last, value=value, range=TextRange(last.range.start, value.range.end))
                if not words:
                    for it in filter(None, assignments):
                        place.assign(replace(it, is_exported=self.all_exported))
                    return None
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
            place.is_piped or goes_into_file(node, text),
        )
        return self.add(command, place, text)

    def add(self, command: Command, place: Place, text: ShellText | None = None) -> Expression:
        """Add a command of a text to the script, with the commands that it runs and its effect on the shell."""
        if command.name == "set" and any(re.fullmatch(r"-\w*a\w*", it) for it in command.arguments):
            self.all_exported = True
        command = unwrapped(named_by_variable(command))
        self.commands.append(command)
        match command.name:
            case "exit":
                place.leave(is_failure=command.arguments[:1] not in ((), ("0",)))
            case "read" | "mapfile" | "readarray" | "getopts" | "let":
                self._set_variables(command, command.words[1:], place)
            case "printf" if command.arguments[:1] == ("-v",):
                self._set_variables(command, command.words[2:3], place)
        self._nested_scripts(command, place, text)
        for inner in map(unwrapped, run_by(command)):
            self.commands.append(inner)
            self._nested_scripts(inner, place, text)
        return Status(command)

    def _set_variables(self, command: Command, words: Iterable[ShellWord], place: Place) -> None:
        """Give the variables that a command sets, by names among these words, a value that the text does not determine."""
        source = command.input
        variables = source.variables if isinstance(source, ShellWord) else ()
        for word in words:
            name = "" if word.value is None else word.value.partition("=")[0]
            if _NAME.fullmatch(name) and (name == word.value or command.name == "let"):
                value = ShellWord("", None, word.range, variables, (None,))
                conditions, seen = place.in_force, place.variables.now()
                place.assign(Assignment(name, value, word.range, word.range, self.all_exported, conditions, seen))

    def _input(self, node: SyntaxNode, text: ShellText) -> ShellWord | None:
        for redirect in node.named_children if text.has_redirects else ():
            if redirect.type == "herestring_redirect" and redirect.named_children:
                return read_word(redirect.named_children[-1], text, self._substitutions)
        return None

    def _nested_scripts(self, command: Command, place: Place, text: ShellText | None) -> None:
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
            is_expanded = argument.text[:1] == '"'
            is_writable = is_expanded or (command.is_writable and command.sees_environment)
            nested = quoted_script(argument, is_writable=is_writable, outer=text)
            if nested is not None:
                # `eval` runs in the same shell; in dash what is assigned before it stays, in Bash it is exported meanwhile.
                inner = place if command.name == "eval" else place.nested(sees_all=argument.text.startswith('"'))
                self._pass_on(command, argument, inner)
                self._read_in(nested, inner)
        self._nesting -= 1

    def _pass_on(self, command: Command, script: ShellWord | None, inner: Place) -> None:
        """Put the assignments before a shell into the environment of its script, and of all that this runs.

        If the outer shell has already expanded a variable in the script, its value there is not the assigned one. Source: POSIX.1-2024,
        2.9.1 "Simple Commands".
        """
        expanded = {it.name for it in script.variables} if script is not None else frozenset[str]()
        for it in command.assignments:
            value = it.value._replace(value=None, parts=(None,)) if it.name in expanded else it.value
            inner.assign(replace(it, value=value, is_exported=True))

    def _read_substitutions(self, node: SyntaxNode, text: ShellText, place: Place) -> None:
        """Read the commands inside each `$(…)` in `node`."""
        if not text.has_substitutions:
            return
        for child in node.named_children:
            if child.type in ("command_substitution", "process_substitution"):
                n_before = len(self.commands)
                inner = place.substitution()
                self._statements(child.named_children, text, inner)
                own = tuple(it for it in self.commands[n_before:] if it.depth == inner.depth)
                self._substitutions[child.start_byte] = Substitution(own, len(inner.conditions))
            elif child.type != "command":
                self._read_substitutions(child, text, place)

    def _assignments(self, node: SyntaxNode, text: ShellText, place: Place) -> None:
        if node.type == "variable_assignments":
            self._statements(node.named_children, text, place)
            return
        self._read_substitutions(node, text, place)
        assignment = self._assignment(node, text, place, is_exported=self.all_exported)
        if assignment is not None:
            place.assign(assignment)

    def _assignment(self, node: SyntaxNode, text: ShellText, place: Place, *, is_exported: bool) -> Assignment | None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or name.type != "variable_name":
            return None
        end = text.span(node)[1]
        word = (
            ShellWord("", "", text.range_of(end, end)) if value is None else read_word(value, text, self._substitutions)
        )
        if any(it.type == "+=" for it in node.children):
            parts = word.parts if word.value is None else (word.value,)
            word = word._replace(value=None, parts=(Parameter(text.of(name), WHOLE_ARRAY), *parts))
        return Assignment(
            text.of(name),
            word,
            text.range(node),
            text.range(name),
            is_exported,
            place.in_force,
            place.variables.now(),
        )

    def _declaration(self, node: SyntaxNode, text: ShellText, place: Place) -> None:
        """Read `export NAME=value`, `declare -x …`."""
        self._read_substitutions(node, text, place)
        head = text.of(node.children[0]) if node.children else ""
        is_export = head == "export" or (
            head in ("declare", "typeset")
            and any(text.of(it).startswith("-") and "x" in text.of(it) for it in node.children)
        )
        for child in node.named_children:
            if child.type == "variable_assignment":
                assignment = self._assignment(child, text, place, is_exported=is_export or self.all_exported)
                if assignment is not None:
                    place.assign(assignment)
            elif child.type == "variable_name" and is_export:
                place.export(text.of(child))
        if not any(it.type in ("variable_assignment", "variable_name") for it in node.named_children):
            # Without names, `export -p` and similar commands print variables.
            word = ShellWord(head, head, text.range(node.children[0] if node.children else node))
            options = (read_word(it, text, self._substitutions) for it in node.named_children if it.type in WORD_TYPES)
            self.commands.append(
                Command(
                    (word, *options),
                    text.range(node),
                    insertion=text.range(node).start,
                    is_writable=False,
                    variables=place.variables.now(),
                    conditions=place.in_force,
                    is_substitution=place.depth > 0,
                    depth=place.depth,
                )
            )

    def _list(self, node: SyntaxNode, text: ShellText, place: Place) -> Expression:
        """Read `a && b` or `a || b`; the commands after a test depend on it."""
        spine = [node]
        while spine[-1].named_children and spine[-1].named_children[0].type == "list":
            spine.append(spine[-1].named_children[0])
        innermost = [it for it in spine[-1].named_children if it.type != "comment"]
        if not innermost:
            return True
        n_before = len(self.commands)
        status = self._statement(innermost[0], text, place)
        presumed = presumed_status(status)
        names = dict.fromkeys(it.name for it in text.variables_in(innermost[0]))
        start = text.span(node)[0]
        for current in reversed(spine):
            operator = next((it for it in current.children if it.type in ("&&", "||")), None)
            rest = [it for it in current.named_children if it.type != "comment"][1:]
            is_and = operator is None or operator.type == "&&"
            decided = presumed if is_and else None if presumed is True else negated(presumed)
            inner_place = place
            if decided is not True:
                head = Span(start, end_before(operator, text))
                condition = Condition(
                    "and" if is_and else "or",
                    text.range_of(*head),
                    text.text[head.start : min(head.end, head.start + LONGEST_CONDITION)],
                    tuple(names),
                    tuple(self.commands[max(n_before, len(self.commands) - 1) :]),
                    expression=decided,
                )
                inner_place = place.under(condition)
            inner = self._statements(rest, text, inner_place)
            status = both(status, inner) if is_and else Some((status, inner))
            then = presumed_status(inner)
            if is_and:
                presumed = then if presumed is True else presumed if then is True else All((presumed, then))
            else:
                presumed = True if presumed is True or then is True else Some((presumed, then))
            if len(names) < _MOST_NAMES:
                names |= dict.fromkeys(it.name for node in rest for it in text.variables_in(node))
        return status

    def _pipeline(self, node: SyntaxNode, text: ShellText, place: Place) -> Expression:
        """Read a pipeline, each part of which has its own variables."""
        parts = [it for it in node.named_children if it.type != "comment"]
        status: Expression = True
        source: Command | ShellWord | None = place.input
        for position, child in enumerate(parts):
            is_last = position == len(parts) - 1
            inner = replace(place.subshell(), input=source, is_piped=place.is_piped or not is_last)
            status = self._statement(child, text, inner)
            source = status.command if isinstance(status, Status) else None
        return status

    def _redirected(self, node: SyntaxNode, text: ShellText, place: Place) -> Expression:
        """Read a statement with redirected input or output."""
        self._read_substitutions(node, text, place)
        to_file = goes_into_file(node, text)
        source = self._input(node, text) or place.input
        inner = replace(place, is_piped=place.is_piped or to_file, input=source)
        last = node.child_by_field_name("body")
        while last is not None and last.type in ("list", "negated_command", "pipeline") and last.named_children:
            last = last.named_children[-1]
        if last is not None and last.type == "command":
            # The grammar counts the words after a file as files too: those of `tar x > log -C /` are arguments.
            files = (
                it.children_by_field_name("destination") for it in node.named_children if it.type == "file_redirect"
            )
            self._arguments[id(text), last.start_byte] = [word for them in files for word in them[1:]]
        return self._statements(node.named_children, text, inner)

    def _if(self, node: SyntaxNode, text: ShellText, place: Place) -> None:
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
            condition = self._condition("if", conditions, text, branch) if conditions else None
            self._statements(body, text, branch.under(condition))
            if condition is not None:
                branch = branch.under(condition._replace(expression=negated(condition.expression)))
            # A tree without errors nests each `elif` in the statement before it.
            todo += reversed(alternatives)

    def _half_typed(self, node: SyntaxNode, text: ShellText, place: Place) -> None:
        """Read an unfinished statement: an `if` without `fi` or a `case` without `esac` whose commands depend on it already."""
        branch = place
        condition: Condition | None = None
        tests: list[SyntaxNode] | None = None
        for child in node.children:
            match child.type:
                case "case" if tests is None:
                    rest = [it for it in node.named_children if it.start_byte >= child.end_byte]
                    if rest and rest[0].type in WORD_TYPES:
                        self._branches(rest[0], rest[1:], text, branch)
                        return
                case "if" if len(branch.conditions) < _DEEPEST_HALF_TYPED:
                    place, tests = branch, []
                case "elif" | "else" if condition is not None and len(place.conditions) < _DEEPEST_HALF_TYPED:
                    branch = place = place.under(condition._replace(expression=negated(condition.expression)))
                    tests = [] if child.type == "elif" else None
                case "then" if tests:
                    condition = self._condition("if", tests, text, place)
                    branch, tests = place.under(condition), None
                case _ if tests is not None and child.is_named:
                    tests.append(child)
                case _ if child.is_named:
                    self._statements((child,), text, branch)
        self._statements(tests or (), text, branch)

    def _branches(self, value: SyntaxNode, items: Iterable[SyntaxNode], text: ShellText, place: Place) -> None:
        """Read the branches of a `case`."""
        self._read_substitutions(value, text, place)
        if value.type in ("command_substitution", "process_substitution") and value.parent is not None:
            self._read_substitutions(value.parent, text, place)
        n_before = len(self.commands)
        condition = condition_of("case", value, text, tuple(self.commands[n_before:]))
        case = Case(read_word(value, text, self._substitutions), [], place.variables.now(), place.in_force)
        for item in items:
            if item.type != "case_item":
                continue
            # The grammar divides `*"arm64"*` into three patterns.
            patterns = joined_words(
                read_word(child, text, self._substitutions)
                for idx, child in enumerate(item.children)
                if item.field_name_for_child(idx) == "value"
            )
            if any(it.type == "ERROR" for it in item.children):
                # The grammar does not know `*"arm"64`.
                patterns = [it._replace(value=None, parts=(None,)) for it in patterns]
            case.branches.append(tuple(patterns))
            taken: Expression = Branch(case, len(case.branches) - 1)
            branch = condition._replace(patterns=tuple(patterns), expression=taken)
            body = [
                child
                for idx, child in enumerate(item.children)
                if child.is_named and item.field_name_for_child(idx) != "value"
            ]
            self._statements(body, text, place.under(branch))
            self.branches.append(branch)

    def _loop(self, node: SyntaxNode, text: ShellText, place: Place) -> None:
        body = node.child_by_field_name("body")
        kind: Literal["for", "while"] = "while" if node.type == "while_statement" else "for"
        head = [it for it in node.named_children if body is None or it.id != body.id]
        if kind == "while" or not head:
            condition = self._condition(kind, head[:1] or [node], text, place)._replace(expression=None)
        else:
            self._read_substitutions(node, text, place)
            values = tuple(read_word(it, text, self._substitutions) for it in head[1:])
            has_values = bool(values) and all(it.value is not None for it in values)
            name = text.of(head[0])
            condition = condition_of(kind, head[0], text, ())._replace(
                variables=(name,), patterns=values, expression=has_values or None
            )
        if body is not None:
            inside = place.under(condition)
            if kind == "for" and head and head[0].type == "variable_name":
                self._set_by_loop(head[0], text, inside)
            self._statement(body, text, inside)

    def _set_by_loop(self, name: SyntaxNode, text: ShellText, inside: Place) -> None:
        """Give the variable of a `for` loop its value in the body, which differs from round to round."""
        range_ = text.range(name)
        value = ShellWord("", None, range_, parts=(None,))
        conditions, seen = inside.in_force, inside.variables.now()
        inside.assign(Assignment(text.of(name), value, range_, range_, self.all_exported, conditions, seen))

    def _test(self, node: SyntaxNode, text: ShellText, place: Place) -> Expression:
        """Read `[ … ]` or `[[ … ]]` as a command of that name."""
        self._read_substitutions(node, text, place)
        head = "[[" if node.children and node.children[0].type == "[[" else "["
        words = [
            ShellWord(head, head, text.range(node)),
            *(read_word(it, text, self._substitutions) for it in operands(node)),
        ]
        command = Command(
            tuple(words),
            text.range(node),
            insertion=text.range(node).start,
            is_writable=False,
            variables=place.variables.now(),
            conditions=place.in_force,
            is_substitution=place.depth > 0,
            depth=place.depth,
        )
        self.commands.append(command)
        return Status(command)

    def _condition(
        self, kind: Literal["if", "case", "for", "while"], nodes: Sequence[SyntaxNode], text: ShellText, place: Place
    ) -> Condition:
        n_before = len(self.commands)
        status = self._statements(nodes, text, place)
        condition = condition_of(kind, nodes[0], text, tuple(self.commands[n_before:]))
        names = dict.fromkeys(it.name for node in nodes for it in text.variables_in(node))
        return condition._replace(variables=tuple(names), expression=status)
