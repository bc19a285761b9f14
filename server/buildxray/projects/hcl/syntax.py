"""The syntax of HCL as values: bodies with attributes and blocks, and expressions.

`parser` creates them and `evaluation` computes them. Lines are 1-based.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from buildxray.projects.hcl.values import Value


class Literal(NamedTuple):
    """A constant."""

    value: Value


class Name(NamedTuple):
    """A variable."""

    name: str


class Template(NamedTuple):
    """A string with interpolations. One that is a single interpolation has its value, of any type."""

    parts: tuple[TemplatePart, ...]


class TemplateIf(NamedTuple):
    """`%{ if … }…%{ else }…%{ endif }`."""

    condition: Expression
    then: tuple[TemplatePart, ...]
    otherwise: tuple[TemplatePart, ...]


class TemplateFor(NamedTuple):
    """`%{ for key, value in … }…%{ endfor }`."""

    key: str
    value: str
    collection: Expression
    body: tuple[TemplatePart, ...]


class ListOf(NamedTuple):
    """`[a, b]`."""

    items: tuple[Expression, ...]


class ObjectOf(NamedTuple):
    """`{a = b}`."""

    items: tuple[tuple[Expression, Expression], ...]


class ForList(NamedTuple):
    """`[for key, value in … : … if …]`."""

    key: str
    value: str
    collection: Expression
    item: Expression
    condition: Expression | None


class ForObject(NamedTuple):
    """`{for key, value in … : … => … if …}`."""

    key: str
    value: str
    collection: Expression
    item_key: Expression
    item: Expression
    is_grouped: bool
    """True if `...` collects the values of equal keys."""
    condition: Expression | None


class GetAttribute(NamedTuple):
    """`object.name`."""

    source: Expression
    name: str


class GetIndex(NamedTuple):
    """`collection[key]`."""

    source: Expression
    key: Expression


class Splat(NamedTuple):
    """`source[*].a.b`: the list of `rest` for each element."""

    source: Expression
    rest: Expression
    """The expression for one element, in which `SPLAT_ITEM` is the element."""


class Call(NamedTuple):
    """`function(arguments)`."""

    function: str
    arguments: tuple[Expression, ...]
    is_expanded: bool
    """True if the last argument is a list of arguments: `f(a...)`."""


class Conditional(NamedTuple):
    """`condition ? a : b`."""

    condition: Expression
    then: Expression
    otherwise: Expression


class Unary(NamedTuple):
    """`-a` and `!a`."""

    operator: str
    operand: Expression


class Binary(NamedTuple):
    """`a + b`."""

    operator: str
    left: Expression
    right: Expression


class Invalid(NamedTuple):
    """An expression with a syntax error, as while it is being typed."""

    reason: str


Expression: TypeAlias = (
    Literal
    | Name
    | Template
    | ListOf
    | ObjectOf
    | ForList
    | ForObject
    | GetAttribute
    | GetIndex
    | Splat
    | Call
    | Conditional
    | Unary
    | Binary
    | Invalid
)
TemplatePart: TypeAlias = str | Expression | TemplateIf | TemplateFor

SPLAT_ITEM = "[*]"
"""The name of the element in the `rest` of a splat; no text can spell it."""


class Attribute(NamedTuple):
    """`name = value` in a body."""

    value: Expression
    line: int
    start: int
    """The code-point offset of the value; `start` and `end` are both 0 if it is unknown, as in JSON."""
    end: int


class Body(NamedTuple):
    """The attributes and blocks of a file or of a block."""

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]


class Block(NamedTuple):
    """`kind "label" { … }`."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    file: str
    line: int
    start: int = 0
    """The code-point offset of the label, or of the kind for a block without a label."""
    end: int = 0


class Problem(NamedTuple):
    """A part of a text that cannot be read, with its line."""

    line: int
    message: str
