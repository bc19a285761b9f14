"""The values of HCL expressions, and their conversions.

A value that the text cannot tell is `UNKNOWN`, and so is everything computed from it.
Source: github.com/zclconf/go-cty, cty/convert.
"""

from __future__ import annotations

import decimal
import enum
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, TypeAlias, Union

from buildxray.localization import gettext_lazy as _

MOST_TEXT: Final = 100_000
"""Limit for the code points of a string that an expression computes."""
_LARGEST_EXPONENT: Final = 400
_PRECISION: Final = decimal.Context(prec=155, Emin=-1_000_000, Emax=1_000_000)
"""About as precise as the 512 bits of HCL's arithmetic (go-cty: cty/value_ops.go)."""


class Unknown(enum.Enum):
    """The type of the value that the text cannot tell."""

    UNKNOWN = enum.auto()


UNKNOWN: Final = Unknown.UNKNOWN
Value: TypeAlias = Union[str, bool, Decimal, Unknown, "tuple[Value, ...]", "Mapping[str, Value]", None]
"""Lists, tuples and sets are tuples; maps and objects are mappings; null is None."""


class UnknownPatternError(Exception):
    """A valid regular expression that is not imitated here."""


class EvaluationError(Exception):
    """An expression that Bake refuses, or that costs more than the budget allows."""


class UnsetError(EvaluationError):
    """A name that no file sets, as far as they are known: a command may name further files."""


def is_known(value: object) -> bool:
    """True if no part of a value is unknown, whose lists may be Python's."""
    if isinstance(value, tuple | list):
        return all(map(is_known, value))
    if isinstance(value, Mapping):
        return all(map(is_known, value.values()))
    return value is not UNKNOWN


def number(text: str) -> Decimal:
    """Convert a text to a number. Raises `EvaluationError` if it is not one."""
    try:
        return checked_number(_PRECISION.create_decimal(text.strip()))
    except decimal.DecimalException:
        raise EvaluationError(_("a number is required, not {text}", text=f"{text!r:.40}")) from None


def checked_number(value: Decimal) -> Decimal:
    """Return a number unchanged. Raises `EvaluationError` if it is not finite or needs hundreds of digits."""
    if not value.is_finite() or (value != 0 and abs(value.adjusted()) > _LARGEST_EXPONENT):
        raise EvaluationError(_("a number is too large"))
    return value


def arithmetic() -> decimal.Context:
    """The precision of HCL's arithmetic, for `decimal.localcontext`."""
    return _PRECISION


def to_text(value: Value) -> str | Unknown:
    """Convert a scalar to text. Raises `EvaluationError` for null, lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _number_text(value)
    if isinstance(value, str | Unknown):
        return value
    raise EvaluationError(_("a string is required, not {kind}", kind=kind(value)))


def to_number(value: Value) -> Decimal | Unknown:
    """Convert a number, or a string that spells one, to a number. Raises `EvaluationError` for anything else."""
    if isinstance(value, Decimal | Unknown):
        return value
    if isinstance(value, str):
        return number(value)
    raise EvaluationError(_("a number is required, not {kind}", kind=kind(value)))


def to_bool(value: Value) -> bool | Unknown:
    """Convert a boolean, or a string that spells one, to a boolean. Raises `EvaluationError` for anything else."""
    if isinstance(value, bool | Unknown):
        return value
    if isinstance(value, str) and value in {"true", "1", "false", "0"}:
        return value in {"true", "1"}
    raise EvaluationError(_("a boolean is required, not {kind}", kind=kind(value)))


def to_list(value: Value) -> tuple[Value, ...] | Unknown:
    """Return a value that is a list. Raises `EvaluationError` for anything else."""
    if isinstance(value, tuple | Unknown):
        return value
    raise EvaluationError(_("a list is required, not {kind}", kind=kind(value)))


def to_mapping(value: Value) -> Mapping[str, Value] | Unknown:
    """Return a value that is an object or a map. Raises `EvaluationError` for anything else."""
    if isinstance(value, Mapping | Unknown):
        return value
    raise EvaluationError(_("an object is required, not {kind}", kind=kind(value)))


def kind(value: Value) -> str:
    """The type of a value, for messages."""
    match value:
        case None:
            return "null"
        case bool():
            return _("a boolean")
        case str():
            return _("a string")
        case Decimal():
            return _("a number")
        case tuple():
            return _("a list")
        case Mapping():
            return _("an object")
        case _unknown:
            return _("an unknown value")


def elements(value: Value) -> list[tuple[Value, Value]] | Unknown:
    """The keys and values of a collection, by key if it is an object. Raises `EvaluationError` for a scalar."""
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, tuple):
        return [(Decimal(index), item) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return [(key, value[key]) for key in sorted(value)]
    raise EvaluationError(_("a list or an object is required, not {kind}", kind=kind(value)))


def as_set(values: Iterable[Value]) -> tuple[Value, ...]:
    """The distinct values, in the order in which HCL iterates over a set."""
    different: dict[object, Value] = {hashable(it): it for it in values}
    items = [*different.values()]
    texts = [it for it in items if isinstance(it, str)]
    numbers = [it for it in items if isinstance(it, Decimal)]
    if len(texts) == len(items):
        return (*sorted(texts),)
    return (*sorted(numbers),) if len(numbers) == len(items) else (*items,)


def hashable(value: Value) -> object:
    """A key that two values share if they are equal; `1`, `"1"` and `true` are not."""
    if isinstance(value, tuple):
        return ("list", *map(hashable, value))
    if isinstance(value, Mapping):
        return ("object", *((key, hashable(value[key])) for key in sorted(value)))
    return (type(value), value)


def checked_text(text: str) -> str:
    """Normalise a text to form C, as HCL does. Raises `EvaluationError` if it is too long."""
    if len(text) > MOST_TEXT:
        raise EvaluationError(_("a string is too long"))
    return composed(text)


def composed(text: str) -> str:
    """Normalise a text to form C."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def json_text(value: Value) -> str:
    """Convert a value to JSON as Go writes it."""
    if isinstance(value, tuple):
        return "[" + ",".join(map(json_text, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json_text(key)}:{json_text(value[key])}" for key in sorted(value)) + "}"
    if value is None:
        return "null"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return re.sub("[<>&\u2028\u2029]", lambda it: f"\\u{ord(it[0]):04x}", text)
    return str(to_text(value))


def _number_text(value: Decimal) -> str:
    if value == value.to_integral_value(context=_PRECISION):
        return str(int(value))
    return f"{value.normalize(_PRECISION):f}"
