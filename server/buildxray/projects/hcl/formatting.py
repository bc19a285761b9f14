"""The verbs of `format` and `formatlist` (go-cty: function/stdlib/format.go)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl.values import (
    UNKNOWN,
    EvaluationError,
    Unknown,
    Value,
    json_text,
    to_bool,
    to_number,
    to_text,
)
from buildxray.syntax.lazy_regex import lazy_regex

_VERB: Final = lazy_regex(
    r"%(?P<flags>[ #+0-]*)(?P<width>\d+)?(?:\.(?P<precision>\d+)?)?(?:\[(?P<index>\d+)\])?(?P<verb>.)", re.DOTALL
)
_WIDEST: Final = 1000


def format_text(pattern: str, arguments: Sequence[Value]) -> str | Unknown:
    """Replace the verbs of a text by arguments; unknown if a verb is not imitated."""
    parts: list[str] = []
    end = used = most = 0
    for match in _VERB.finditer(pattern):
        parts.append(pattern[end : match.start()])
        end = match.end()
        if match["verb"] == "%":
            parts.append("%")
            continue
        used = int(match["index"]) if match["index"] else used + 1
        most = max(most, used)
        if not 0 < used <= len(arguments):
            raise EvaluationError(_("`format` has fewer arguments than verbs"))
        text = _formatted(match, arguments[used - 1])
        if isinstance(text, Unknown):
            return UNKNOWN
        parts.append(text)
    rest = pattern[end:]
    if "%" in rest:
        raise EvaluationError(_("a `%` without a verb"))
    if most < len(arguments):
        raise EvaluationError(_("`format` has more arguments than verbs"))
    return "".join((*parts, rest))


def _formatted(match: re.Match[str], value: Value) -> str | Unknown:
    flags, width, precision = match["flags"], int(match["width"] or 0), match["precision"]
    if width > _WIDEST or int(precision or 0) > _WIDEST:
        raise EvaluationError(_("the width is too large"))
    text = _verb(match["verb"], flags, value, precision)
    if isinstance(text, Unknown):
        return UNKNOWN
    if "-" in flags:
        return text.ljust(width)
    is_number = match["verb"] in "dfFeEgGboxX"
    return (text.zfill(width) if is_number else text.rjust(width, "0")) if "0" in flags else text.rjust(width)


def _verb(verb: str, flags: str, value: Value, precision: str | None) -> str | Unknown:
    if verb == "v":
        return _value(flags, value)
    if verb in "sq":
        text = to_text(value)
        if isinstance(text, Unknown):
            return UNKNOWN
        text = text if precision is None else text[: int(precision)]
        return text if verb == "s" else json.dumps(text, ensure_ascii=False)
    if verb == "t":
        return to_text(to_bool(value))
    if verb in "dboxXfFeEgG":
        amount = to_number(value)
        return UNKNOWN if isinstance(amount, Unknown) else _number(verb, flags, amount, precision)
    raise EvaluationError(_("`format` has no verb %{verb}", verb=verb))


def _value(flags: str, value: Value) -> str | Unknown:
    """`%v`: a scalar as text, anything else as JSON."""
    if "#" in flags or isinstance(value, tuple | dict) or value is None:
        return json_text(value)
    return to_text(value)


def _number(verb: str, flags: str, amount: Decimal, precision: str | None) -> str | Unknown:
    sign = "+" if "+" in flags else " " if " " in flags else ""
    if verb in "dboxX":
        return format(int(amount), f"{sign}{verb}")
    if verb in "fF":
        return format(amount, f"{sign}.{precision or 6}f")
    return UNKNOWN
