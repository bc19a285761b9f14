"""The parser of the JSON form of HCL (HCL: json/spec.md). It never raises on a text."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl import syntax
from buildxray.projects.hcl.parser import MOST_NESTED, Document, parse_hcl
from buildxray.projects.hcl.syntax import Attribute, Block, Body, Expression, Invalid, Literal, Problem
from buildxray.projects.hcl.values import EvaluationError, number

_LABELED: Final = frozenset(("variable", "function", "group", "target"))


def parse_json(text: str, file: str) -> Document:
    """Parse a text in JSON, whose strings are templates (HCL: json/spec.md)."""
    try:
        # Deep nesting raises RecursionError, and digits without end ValueError.
        document = json.loads(text, parse_int=str_number, parse_float=str_number)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        return Document(Body({}, ()), (Problem(line, _("this is not JSON: {error}", error=error)),))
    if not isinstance(document, Mapping):
        return Document(Body({}, ()), (Problem(1, _("a JSON object is required")),))
    lines = _Lines(text)
    attributes = {
        key: Attribute(_json_expression(value, 0), lines.of_key(key), 0, 0)
        for key, value in document.items()
        if key not in _LABELED
    }
    blocks = (
        Block(
            kind,
            (label,),
            Body({name: Attribute(_json_expression(it, 0), line, 0, 0) for name, it in content.items()}, ()),
            file,
            line,
        )
        for kind, value in document.items()
        if kind in _LABELED
        for label, content in _json_blocks(value)
        for line in (lines.of_key(label),)
    )
    return Document(Body(attributes, (*blocks,)), ())


class str_number(str):  # noqa: N801, SLOT000 - a callable for `json`, which keeps digits as they are written
    """Keep the text of a number in JSON, for `json.loads`."""


class _Lines:
    """The approximate lines of keys in a JSON text: where the key is first in quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    @functools.lru_cache(maxsize=1000)  # noqa: B019 - lives as long as one file is read
    def of_key(self, key: str) -> int:
        offset = self._text.find(json.dumps(key, ensure_ascii=False))
        return 1 if offset < 0 else self._text.count("\n", 0, offset) + 1


def _json_blocks(value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The blocks of one kind. Each label has an object, or a list of objects for several blocks."""
    for table in value if isinstance(value, list) else [value]:
        for label, content in table.items() if isinstance(table, Mapping) else ():
            for body in content if isinstance(content, list) else [content]:
                if isinstance(body, Mapping):
                    yield label, body


def _json_expression(value: object, depth: int) -> Expression:
    if depth > MOST_NESTED:
        return Invalid("too deep")
    match value:
        case str_number():
            try:
                return Literal(number(value))
            except EvaluationError as error:
                return Invalid(str(error))
        case str():
            return _json_template(value)
        case list():
            return syntax.ListOf((*(_json_expression(it, depth + 1) for it in value),))
        case dict():
            items = ((_json_template(key), _json_expression(it, depth + 1)) for key, it in value.items())
            return syntax.ObjectOf((*items,))
        case bool() | None:
            return Literal(value)
        case _:
            return Invalid("no JSON")


def _json_template(text: str) -> Expression:
    """Parse a string of JSON as a template: `${…}` and `%{…}` count, escapes with a backslash do not."""
    if "${" not in text and "%{" not in text:
        return Literal(text)
    word = "END"
    while word in text:
        word += "_"
    document = parse_hcl(f"template = <<{word}\n{text}\n{word}\n", "")
    attribute = document.body.attributes.get("template")
    template = attribute.value if attribute is not None and not document.problems else Invalid("no template")
    if not isinstance(template, syntax.Template):
        return template
    *parts, last = template.parts
    if not isinstance(last, str):
        return template
    rest = last.removesuffix("\n")
    return syntax.Template((*parts, rest) if rest else (*parts,))
