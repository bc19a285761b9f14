"""The syntax of HCL as values: bodies with attributes and blocks, and expressions.

`parser` makes them of text and `evaluation` computes them. Lines count from one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from buildxray.projects.hcl.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it is written."""

    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """A string of parts. One that holds a single interpolation gives its value, whatever its type."""

    parts: tuple[TemplatePart, ...]


@dataclass(frozen=True, slots=True)
class TemplateIf:
    """`%{ if … }…%{ else }…%{ endif }`."""

    condition: Expression
    then: tuple[TemplatePart, ...]
    otherwise: tuple[TemplatePart, ...]


@dataclass(frozen=True, slots=True)
class TemplateFor:
    """`%{ for key, value in … }…%{ endfor }`."""

    key: str
    value: str
    collection: Expression
    body: tuple[TemplatePart, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """`{a = b}`."""

    items: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class ForList:
    """`[for key, value in … : … if …]`."""

    key: str
    value: str
    collection: Expression
    item: Expression
    condition: Expression | None


@dataclass(frozen=True, slots=True)
class ForObject:
    """`{for key, value in … : … => … if …}`."""

    key: str
    value: str
    collection: Expression
    item_key: Expression
    item: Expression
    is_grouped: bool
    """True if `...` collects the values of equal keys."""
    condition: Expression | None


@dataclass(frozen=True, slots=True)
class GetAttribute:
    """`object.name`."""

    source: Expression
    name: str


@dataclass(frozen=True, slots=True)
class GetIndex:
    """`collection[key]`."""

    source: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Splat:
    """`source[*].a.b`: what the rest gives for each element."""

    source: Expression
    rest: Expression
    """With `SPLAT_ITEM` for the element."""


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`."""

    function: str
    arguments: tuple[Expression, ...]
    is_expanded: bool
    """True if the last argument is a list of arguments: `f(a...)`."""


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? a : b`."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Unary:
    """`-a` and `!a`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """`a + b`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Invalid:
    """What cannot be understood, as while it is being typed."""

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
"""The name, which nobody can write, of the element that a splat is about."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value` in a body."""

    value: Expression
    line: int
    start: int
    """Code-point offset of the value; `start` and `end` are both 0 where the format tells no places."""
    end: int


@dataclass(frozen=True, slots=True)
class Body:
    """What a file or a block holds."""

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """`kind "label" { … }`."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    file: str
    line: int
    start: int = 0
    """Code-point offsets of the label, or of the kind where there is none."""
    end: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be read, and where."""

    line: int
    message: str
