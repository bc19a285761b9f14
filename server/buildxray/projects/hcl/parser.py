"""The parser of HCL. It never raises on a text; an error is a problem with its line."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl import syntax
from buildxray.projects.hcl.syntax import Attribute, Block, Body, Expression, Invalid, Literal, Problem, TemplatePart
from buildxray.projects.hcl.templates import Token, n_nested, remove_indentation, strip_white_space, template_parts
from buildxray.projects.hcl.values import EvaluationError, composed, number
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.trees import parse_tree

if TYPE_CHECKING:
    from tree_sitter import Language, Node

MOST_NESTED: Final = 40
"""Limit for nested expressions, each of which costs several frames of Python."""
_ESCAPE: Final = lazy_regex(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|\$\$(?=\{)|%%(?=\{)", re.DOTALL)
_ESCAPE_OF_TEMPLATE: Final = lazy_regex(r"\$\$(?=\{)|%%(?=\{)")
_WHOLE_WITH_EXPONENT: Final = lazy_regex(rb"(?<![\w.])\d+[eE][-+]?\d+(?![\w.])")
"""A number such as `1e3`, which the grammar of tree-sitter does not know."""
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_TERM: Final = frozenset(
    ("literal_value", "template_expr", "collection_value", "variable_expr", "function_call", "for_expr", "operation")
)


class Document(NamedTuple):
    """The body of a file, and the parts that cannot be read."""

    body: Body
    problems: tuple[Problem, ...]


def parse_hcl(text: str, file: str) -> Document:
    """Parse a text. Blocks and attributes with an error in them are read up to the error."""
    reader = _Reader(text, file)
    try:
        language = _language()
    except ImportError:
        reason = _("HCL cannot be read without the Python package `tree-sitter-hcl`")
        return Document(Body({}, ()), (Problem(1, reason),))
    root = parse_tree(language, reader.source)
    if root is not None and root.has_error and _WHOLE_WITH_EXPONENT.search(reader.source):
        root = parse_tree(language, reader.masked())
    if root is None:
        return Document(Body({}, ()), (Problem(1, _("it takes too long to read")),))
    problems: list[Problem] = []
    body = next((it for it in root.children if it.type == "body"), None)
    content = reader.body(body if body is not None else root, 0)
    if root.has_error:
        line = 1 + _first_error(root).start_point[0]
        problems.append(Problem(line, _("the syntax of HCL is not understood here")))
    return Document(content, (*problems,))


@functools.cache
def _language() -> Language:
    # Imported late: it is needed for Bake files only.
    import tree_sitter  # noqa: PLC0415
    import tree_sitter_hcl  # noqa: PLC0415

    return tree_sitter.Language(tree_sitter_hcl.language())


def _first_error(node: Node) -> Node:
    """The first missing or skipped node of a tree with errors."""
    while not (node.is_error or node.is_missing):
        inner = next((it for it in node.children if it.has_error or it.is_missing), None)
        if inner is None:
            break
        node = inner
    return node


class _Reader:
    """Converts the tree of one text to syntax."""

    def __init__(self, text: str, file: str) -> None:
        self.source = text.encode("utf-8", "replace")
        self._is_ascii = len(self.source) == len(text)
        self._file = file
        self._masked: set[int] = set()

    def masked(self) -> bytes:
        """Return the text with a word in place of each number that the grammar does not know. Effect: remember these numbers."""
        self._masked = {it.start() for it in _WHOLE_WITH_EXPONENT.finditer(self.source)}
        return _WHOLE_WITH_EXPONENT.sub(lambda it: b"_" * len(it[0]), self.source)

    def body(self, node: Node, depth: int) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for child in node.children:
            if child.type == "attribute":
                name = next((it for it in child.children if it.type == "identifier"), None)
                value = next((it for it in child.children if it.type == "expression"), None)
                if name is not None and value is not None:
                    parsed = Invalid("syntax error") if child.has_error else self.expression(value, 0)
                    attributes[self._text(name)] = Attribute(
                        parsed, 1 + name.start_point[0], self._offset(value.start_byte), self._offset(value.end_byte)
                    )
            elif child.type == "block" and depth < 4:
                blocks.append(self._block(child, depth))
        return Body(attributes, (*blocks,))

    def _block(self, node: Node, depth: int) -> Block:
        words = [it for it in node.children if it.type in {"identifier", "string_lit"}]
        body = next((it for it in node.children if it.type == "body"), None)
        labels = [self._text(it) if it.type == "identifier" else _unescaped(self._text(it)[1:-1]) for it in words[1:]]
        place = words[1] if len(words) > 1 else node
        return Block(
            self._text(words[0]) if words else "",
            (*labels,),
            Body({}, ()) if body is None else self.body(body, depth + 1),
            self._file,
            1 + place.start_point[0],
            self._offset(place.start_byte),
            self._offset(place.end_byte),
        )

    def expression(self, node: Node, depth: int) -> Expression:
        return Invalid("too deep") if depth > MOST_NESTED else self._terms(node.children, depth + 1)

    def _terms(self, nodes: Sequence[Node], depth: int) -> Expression:
        """A term with the attributes, indices and splats after it."""
        if depth > MOST_NESTED:
            return Invalid("too deep")
        value: Expression = Invalid("nothing")
        for node in nodes:
            match node.type:
                case "expression":
                    value = self.expression(node, depth + 1)
                case "conditional":
                    value = self._conditional(node, depth)
                case "get_attr":
                    name = next(it for it in node.children if it.type == "identifier")
                    value = syntax.GetAttribute(value, self._text(name))
                case "index":
                    value = self._index(value, node.children[0], depth)
                case "splat":
                    value = self._splat(value, node.children[0], depth)
                case kind if kind in _TERM:
                    value = self._term(node, depth + 1)
                case _:
                    continue
        return value

    def _conditional(self, node: Node, depth: int) -> Expression:
        """A conditional. For `a ? b : c ? d : e`, the grammar groups to the left, but HCL to the right (hclsyntax: parseTernaryConditional)."""
        parts: list[Node] = []
        while True:
            own = [it for it in node.children if it.type == "expression"]
            if len(own) != 3:
                return Invalid("conditional")
            parts[:0] = own[1:]
            condition = own[0]
            if [it.type for it in condition.children] != ["conditional"]:
                parts.insert(0, condition)
                break
            node = condition.children[0]
        if depth + len(parts) // 2 > MOST_NESTED:
            return Invalid("too deep")
        values = [self.expression(it, depth + 1) for it in parts]
        value = values.pop()
        while values:
            then = values.pop()
            value = syntax.Conditional(values.pop(), then, value)
        return value

    def _splat(self, value: Expression, node: Node, depth: int) -> Expression:
        """A splat: `a[*]…` applies all that follows to each element, `a.*…` only attributes."""
        following = node.children[1:]
        n_taken = len(following)
        if node.type == "attr_splat":
            n_taken = next((index for index, it in enumerate(following) if it.type != "get_attr"), n_taken)
        item = self._after(syntax.Name(syntax.SPLAT_ITEM), following[:n_taken], depth)
        return self._after(syntax.Splat(value, item), following[n_taken:], depth)

    def _after(self, value: Expression, nodes: Sequence[Node], depth: int) -> Expression:
        for node in nodes:
            if node.type == "get_attr":
                name = next(it for it in node.children if it.type == "identifier")
                value = syntax.GetAttribute(value, self._text(name))
            elif node.type == "index":
                value = self._index(value, node.children[0], depth)
        return value

    def _index(self, value: Expression, node: Node, depth: int) -> Expression:
        if node.type == "legacy_index":
            return syntax.GetIndex(value, _number(self._text(node)[1:]))
        key = next((it for it in node.children if it.type == "expression"), None)
        return Invalid("index") if key is None else syntax.GetIndex(value, self.expression(key, depth + 1))

    def _term(self, node: Node, depth: int) -> Expression:
        inner = node.children[0]
        match node.type:
            case "variable_expr" if node.start_byte in self._masked:
                return _number(self._text(node))
            case "variable_expr":
                return syntax.Name(self._text(node))
            case "literal_value":
                return self._literal(inner)
            case "template_expr":
                return syntax.Template(self._template(inner, depth))
            case "collection_value":
                return self._collection(inner, depth)
            case "function_call":
                listed = next((it for it in node.children if it.type == "function_arguments"), None)
                children = () if listed is None else listed.children
                arguments = (self.expression(it, depth + 1) for it in children if it.type == "expression")
                is_expanded = any(it.type == "ellipsis" for it in children)
                return syntax.Call(self._text(inner), (*arguments,), is_expanded)
            case "for_expr":
                return self._for(inner, depth)
            case _:
                return self._operation(inner, depth)

    def _literal(self, node: Node) -> Expression:
        text = self._text(node)
        match node.type:
            case "string_lit":
                return Literal(_unescaped(text[1:-1]))
            case "numeric_lit":
                return _number(text)
            case "bool_lit":
                return Literal(text == "true")
            case _:
                return Literal(None)

    def _collection(self, node: Node, depth: int) -> Expression:
        if node.type == "tuple":
            return syntax.ListOf(
                (*(self.expression(it, depth + 1) for it in node.children if it.type == "expression"),)
            )
        items: list[tuple[Expression, Expression]] = []
        for element in node.children:
            if element.type == "object_elem":
                key, *rest = (self.expression(it, depth + 1) for it in element.children if it.type == "expression")
                # A word as a key is a string; in parentheses it is a variable.
                words = self._text(element.children[0])
                if isinstance(key, syntax.Name) and not words.startswith("("):
                    key = Literal(key.name)
                items.append((key, rest[0] if rest else Invalid("no value")))
        return syntax.ObjectOf((*items,))

    def _for(self, node: Node, depth: int) -> Expression:
        intro = next(it for it in node.children if it.type == "for_intro")
        key, value, collection = self._loop(intro, depth)
        expressions = [self.expression(it, depth + 1) for it in node.children if it.type == "expression"]
        test = next((it for it in node.children if it.type == "for_cond"), None)
        tests = [] if test is None else [it for it in test.children if it.type == "expression"]
        condition = self.expression(tests[0], depth + 1) if tests else None
        if node.type == "for_tuple_expr" and len(expressions) == 1:
            return syntax.ForList(key, value, collection, expressions[0], condition)
        if len(expressions) == 2:
            is_grouped = any(it.type == "ellipsis" for it in node.children)
            return syntax.ForObject(key, value, collection, expressions[0], expressions[1], is_grouped, condition)
        return Invalid("for")

    def _loop(self, node: Node, depth: int) -> tuple[str, str, Expression]:
        """The names and the collection of a loop; the name of the key is empty if there is none."""
        names = [self._text(it) for it in node.children if it.type == "identifier"]
        collections = [self.expression(it, depth + 1) for it in node.children if it.type == "expression"]
        if not names or not collections:
            return "", "", Invalid("for")
        return names[0] if len(names) > 1 else "", names[-1], collections[0]

    def _operation(self, node: Node, depth: int) -> Expression:
        if node.type == "unary_operation":
            return syntax.Unary(self._text(node.children[0]), self._terms(node.children[1:], depth + 1))
        for position, child in enumerate(node.children):
            if not child.is_named and child.type not in {"(", ")"}:
                left = self._terms(node.children[:position], depth + 1)
                right = self._terms(node.children[position + 1 :], depth + 1)
                return syntax.Binary(child.type, left, right)
        return Invalid("operation")

    def _template(self, node: Node, depth: int) -> tuple[TemplatePart, ...]:
        children = node.children
        if node.type == "quoted_template":
            tokens = [*self._tokens(children[1:-1], children[0].end_byte, children[-1].start_byte, depth)]
            for token in tokens:
                token.text = _unescaped(token.text)
        else:
            start = self.source.find(b"\n", children[1].end_byte) + 1
            end = max(start, self.source.rfind(b"\n", 0, children[-1].start_byte) + 1)
            tokens = [*self._tokens(children[2:-1], start, end, depth)]
            if self._text(children[0]) == "<<-":
                remove_indentation(tokens)
            for token in tokens:
                token.text = _ESCAPE_OF_TEMPLATE.sub(lambda it: it[0][0], token.text)
        if n_nested(tokens) > MOST_NESTED:
            return (Invalid("too deep"),)
        strip_white_space(tokens)
        return (*template_parts(iter(tokens)),)

    def _tokens(self, nodes: Sequence[Node], start: int, end: int, depth: int) -> Iterator[Token]:
        """The tokens of a template in order: interpolations, parts of directives, and the texts between them."""
        for node in nodes:
            if node.type == "template_literal":
                continue
            if node.start_byte > start:
                yield Token("text", self.source[start : node.start_byte].decode("utf-8", "replace"))
            start = node.end_byte
            if node.type == "template_interpolation":
                inner = next((it for it in node.children if it.type == "expression"), None)
                yield self._token(
                    "value", node, Invalid("empty") if inner is None else self.expression(inner, depth + 1)
                )
            elif node.type == "template_directive":
                directive = node.children[0]
                yield from self._tokens(directive.children, directive.start_byte, directive.end_byte, depth)
            elif node.type in {"template_if_intro", "template_for_start"}:
                yield self._opening(node, depth)
            elif node.type == "template_else_intro":
                yield self._token("else", node)
            else:
                yield self._token("end", node)
        if end > start:
            yield Token("text", self.source[start:end].decode("utf-8", "replace"))

    def _opening(self, node: Node, depth: int) -> Token:
        if node.type == "template_for_start":
            key, value, collection = self._loop(node, depth)
            token = self._token("for", node, collection)
            token.names = key, value
            return token
        inner = next((it for it in node.children if it.type == "expression"), None)
        return self._token("if", node, Invalid("empty") if inner is None else self.expression(inner, depth + 1))

    @staticmethod
    def _token(kind: str, node: Node, expression: Expression | None = None) -> Token:
        token = Token(kind, expression=expression)
        token.strips_before = len(node.children) > 1 and node.children[1].type == "strip_marker"
        token.strips_after = len(node.children) > 1 and node.children[-2].type == "strip_marker"
        return token

    def _text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _offset(self, byte: int) -> int:
        return byte if self._is_ascii else len(self.source[:byte].decode("utf-8", "replace"))


def _number(text: str) -> Expression:
    try:
        return Literal(number(text))
    except EvaluationError as error:
        return Invalid(str(error))


def _unescaped(text: str) -> str:
    """Replace the escapes of a quoted string (HCL: hclsyntax/parser.go, ParseStringLiteralToken)."""
    return composed(_ESCAPE.sub(_escaped, text)) if "\\" in text or "{" in text else composed(text)


def _escaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        point = int(code, 16)
        return chr(point) if point < 0x110000 and not 0xD800 <= point < 0xE000 else "\ufffd"
    return _LETTERS.get(match[3], match[0]) if match[3] else match[0][0]
