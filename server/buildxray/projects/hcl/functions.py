"""The functions that Bake files may call (buildx: bake/hclparser/stdlib.go).

A result that depends on the time, on chance or on the machine is unknown.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import itertools
import json
import math
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl.evaluation import compute, equal, item
from buildxray.projects.hcl.values import (
    UNKNOWN,
    EvaluationError,
    Unknown,
    UnknownPatternError,
    Value,
    as_set,
    checked_number,
    checked_text,
    elements,
    hashable,
    is_known,
    json_text,
    number,
    to_bool,
    to_list,
    to_mapping,
    to_number,
    to_text,
)

MOST_ITEMS: Final = 10_000
"""Limit for the elements of a list that a function returns."""
_UNKNOWN_FUNCTIONS: Final = frozenset(
    [
        "bcrypt",
        "bytesslice",
        "cidrhost",
        "cidrnetmask",
        "cidrsubnet",
        "cidrsubnets",
        "formatdate",
        "formattimestamp",
        "homedir",
        "rsadecrypt",
        "timeadd",
        "timestamp",
        "unixtimestampparse",
        "uuidv4",
        "uuidv5",
    ]
)


class Function(NamedTuple):
    """A function with the types of its parameters."""

    parameters: str
    """One letter for each parameter: s(tring), n(umber), b(oolean), l(ist), m(ap), a(ny); `*` repeats the last one, `?` makes it optional.

    An argument for a capital letter may contain unknown values. If any other argument does, the result is unknown.
    """
    compute: Callable[..., Value]


def call(name: str, arguments: Sequence[Value]) -> Value:
    """Return the result of a function. Raises `EvaluationError` if it refuses its arguments."""
    function = FUNCTIONS.get(name)
    if function is None:
        # A newer buildx may know it.
        return UNKNOWN
    converted: list[Value] = []
    for letter, argument in zip(_letters(name, function.parameters, len(arguments)), arguments, strict=True):
        if argument is UNKNOWN and letter != "A":
            return UNKNOWN
        if argument is None and letter not in "aA":
            raise EvaluationError(_("`{name}` does not take null", name=name))
        value = _CONVERSIONS[letter.lower()](argument)
        if letter.islower() and not is_known(value):
            return UNKNOWN
        converted.append(value)
    try:
        result = function.compute(*converted)
    except UnknownPatternError:
        return UNKNOWN
    if isinstance(result, tuple) and len(result) > MOST_ITEMS:
        raise EvaluationError(_("a list is too long"))
    return checked_text(result) if isinstance(result, str) else result


def exists(name: str) -> bool:
    """True if buildx has a function of this name."""
    return name in FUNCTIONS or name in _UNKNOWN_FUNCTIONS or name in {"try", "can", "convert"}


def _letters(name: str, parameters: str, count: int) -> Iterable[str]:
    plain = parameters.rstrip("*?")
    least = len(plain) - (len(parameters) - len(plain) > 0)
    if count < least or (count > len(plain) and not parameters.endswith("*")):
        raise EvaluationError(_("`{name}` does not take {count} arguments", name=name, count=count))
    return plain[:count] + plain[-1:] * (count - len(plain))


_CONVERSIONS: Final[Mapping[str, Callable[[Value], Value]]] = {
    "a": lambda it: it,
    "b": to_bool,
    "l": to_list,
    "m": to_mapping,
    "n": to_number,
    "s": to_text,
}


def _whole(value: Decimal) -> int:
    if value != value.to_integral_value() or abs(value) > 2**31:
        raise EvaluationError(_("a whole number is required"))
    return int(value)


def _concat(*lists: tuple[Value, ...]) -> Value:
    return (*itertools.chain(*lists),)


def _flatten(value: tuple[Value, ...]) -> Value:
    result: list[Value] = []
    for it in value:
        if it is UNKNOWN:
            return UNKNOWN
        if isinstance(it, tuple):
            inner = _flatten(it)
            result.extend(inner if isinstance(inner, tuple) else ())
            if inner is UNKNOWN:
                return UNKNOWN
        else:
            result.append(it)
    return (*result,)


def _compact(value: tuple[Value, ...]) -> Value:
    return (*(it for it in value if it not in {None, ""}),) if all(map(_is_scalar, value)) else UNKNOWN


def _is_scalar(value: Value) -> bool:
    return not isinstance(value, tuple | Mapping)


def _contains(values: tuple[Value, ...], wanted: Value) -> Value:
    return hashable(wanted) in map(hashable, values)


def _first_of_each(values: Iterable[Value]) -> tuple[Value, ...]:
    different: dict[object, Value] = {}
    for it in values:
        different.setdefault(hashable(it), it)
    return (*different.values(),)


def _lookup(mapping: Mapping[str, Value], key: str, default: Value) -> Value:
    return mapping.get(key, default)


def _length(value: Value) -> Value:
    pairs = elements(value)
    return UNKNOWN if isinstance(pairs, Unknown) else Decimal(len(pairs))


def _element(values: tuple[Value, ...], index: Decimal) -> Value:
    if not values:
        raise EvaluationError(_("`element` requires a list with elements"))
    return values[_whole(index) % len(values)]


def _slice(values: tuple[Value, ...], start: Decimal, end: Decimal) -> Value:
    first, last = _whole(start), _whole(end)
    if not 0 <= first <= last <= len(values):
        raise EvaluationError(_("there is no such slice"))
    return values[first:last]


def _merge(*mappings: Value) -> Value:
    result: dict[str, Value] = {}
    for value in mappings:
        if value is not None:
            mapping = to_mapping(value)
            if isinstance(mapping, Unknown):
                return UNKNOWN
            result |= mapping
    return result


def _zipmap(keys: tuple[Value, ...], values: tuple[Value, ...]) -> Value:
    if len(keys) != len(values):
        raise EvaluationError(_("`zipmap` requires as many values as keys"))
    texts = [to_text(it) for it in keys]
    known = [it for it in texts if isinstance(it, str)]
    return dict(zip(known, values, strict=True)) if len(known) == len(texts) else UNKNOWN


def _chunklist(values: tuple[Value, ...], size: Decimal) -> Value:
    step = _whole(size)
    if step < 0:
        raise EvaluationError(_("a size is not negative"))
    step = step or max(1, len(values))
    return (*(values[start : start + step] for start in range(0, len(values), step)),)


def _coalesce(*values: Value) -> Value:
    for it in values:
        if it is not None:
            return it
    raise EvaluationError(_("all arguments of `coalesce` are null"))


def _coalesce_list(*values: tuple[Value, ...]) -> Value:
    for it in values:
        if it:
            return it
    raise EvaluationError(_("all arguments of `coalescelist` are empty"))


def _range(*limits: Decimal) -> Value:
    start, end = (Decimal(0), limits[0]) if len(limits) == 1 else limits[:2]
    step = limits[2] if len(limits) > 2 else Decimal(1 if start <= end else -1)
    if step == 0 or len(limits) > 3 or (end - start) / step > MOST_ITEMS:
        raise EvaluationError(_("there is no such range"))
    result: list[Value] = []
    while (start < end) if step > 0 else (start > end):
        result.append(start)
        start += step
    return (*result,)


def _setproduct(*sets: tuple[Value, ...]) -> Value:
    if math.prod(map(len, sets)) > MOST_ITEMS:
        raise EvaluationError(_("a list is too long"))
    return (*itertools.product(*sets),)


def _combine(keep: Callable[[bool, bool], bool]) -> Callable[..., Value]:
    def combine(first: tuple[Value, ...], *others: tuple[Value, ...]) -> Value:
        result = first
        for other in others:
            left, right = {*map(hashable, result)}, {*map(hashable, other)}
            result = (*(it for it in (*result, *other) if keep(hashable(it) in left, hashable(it) in right)),)
        return as_set(result)

    return combine


def _join(separator: str, *lists: tuple[Value, ...]) -> Value:
    texts = [to_text(it) for values in lists for it in values]
    known = [it for it in texts if isinstance(it, str)]
    return separator.join(known) if len(known) == len(texts) else UNKNOWN


def _split(separator: str, text: str) -> Value:
    return (*(text.split(separator) if separator else text),)


def _substr(text: str, offset: Decimal, length: Decimal) -> Value:
    start, count = _whole(offset), _whole(length)
    if start < 0:
        start = max(0, start + len(text))
    return text[start:] if count < 0 else text[start : start + count]


def _title(text: str) -> Value:
    return re.sub(r"(?<!\w)(\w)", lambda it: _upper(it[1]), text)


def _upper(text: str) -> str:
    """Convert to upper case as Go does: letter by letter, so that `ß` stays."""
    return "".join(upper if len(upper := it.upper()) == 1 else it for it in text)


def _sanitize(text: str) -> Value:
    return re.sub(r"[^a-zA-Z0-9_-]", "_", text)


def _dirname(path: str) -> Value:
    return posixpath.normpath(path.rpartition("/")[0] or ("/" if path.startswith("/") else "."))


def _basename(path: str) -> Value:
    return "." if not path else path.rstrip("/").rpartition("/")[2] or "/"


def _regex(pattern: str, text: str) -> Value:
    match = next(_find_all(pattern, text), None)
    if match is None:
        raise EvaluationError(_("the pattern does not match"))
    return _groups(match)


def _find_all(pattern: str, text: str) -> Iterator[re.Match[str]]:
    from buildxray.projects.hcl.regular import find_all  # noqa: PLC0415 - few files call it

    return find_all(pattern, text)


def _groups(match: re.Match[str]) -> Value:
    if match.re.groupindex:
        return dict(match.groupdict())
    return match.groups() or match[0]


def _regexall(pattern: str, text: str) -> Value:
    return (*map(_groups, _find_all(pattern, text)),)


def _regex_replace(text: str, pattern: str, replacement: str) -> Value:
    from buildxray.projects.hcl.regular import replace_all  # noqa: PLC0415 - few files call it

    return replace_all(pattern, text, replacement)


def _formatlist(pattern: Value, *arguments: Value) -> Value:
    lists = [it for it in (pattern, *arguments) if isinstance(it, tuple)]
    if len({*map(len, lists)}) > 1:
        raise EvaluationError(_("the lists of `formatlist` differ in length"))
    rows = (
        [it[row] if isinstance(it, tuple) else it for it in (pattern, *arguments)]
        for row in range(len(lists[0]) if lists else 1)
    )
    return (*(_format(*row) for row in rows),)


def _format(pattern: Value, *arguments: Value) -> Value:
    from buildxray.projects.hcl.formatting import format_text  # noqa: PLC0415 - few files call it

    text = to_text(pattern)
    return UNKNOWN if isinstance(text, Unknown) or not is_known(arguments) else format_text(text, arguments)


def _jsondecode(text: str) -> Value:
    try:
        return _from_json(json.loads(text, parse_int=number, parse_float=number, parse_constant=_no_constant))
    except (ValueError, RecursionError):
        raise EvaluationError(_("this is not JSON")) from None


def _no_constant(text: str) -> Value:
    raise ValueError(text)


def _from_json(value: Any) -> Value:  # noqa: ANN401 - what JSON holds
    if isinstance(value, list):
        return (*map(_from_json, value),)
    if isinstance(value, dict):
        return {key: _from_json(it) for key, it in value.items()}
    result: Value = value
    return result


def _csvdecode(text: str) -> Value:
    try:
        header, *rows = csv.reader(io.StringIO(text), strict=True)
    except (csv.Error, ValueError):
        raise EvaluationError(_("this is not CSV")) from None
    if any(len(row) != len(header) for row in rows):
        raise EvaluationError(_("the rows of the CSV differ in length"))
    return (*(dict(zip(header, row, strict=True)) for row in rows),)


def _base64decode(text: str) -> Value:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        raise EvaluationError(_("this is not a text in base64")) from None


def _hash(name: str) -> Callable[[str], Value]:
    def digest(text: str) -> Value:
        import hashlib  # noqa: PLC0415 - few files call it

        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    return digest


def _satisfies(version: str, constraint: str) -> Value:
    from buildxray.projects.hcl.semver import satisfies  # noqa: PLC0415 - few files call it

    return satisfies(version, constraint)


def _urlencode(text: str) -> Value:
    import urllib.parse  # noqa: PLC0415 - few files call it

    return urllib.parse.quote_plus(text, safe="~")


def _parseint(text: str, base: Decimal) -> Value:
    try:
        return checked_number(Decimal(int(text, _whole(base))))
    except ValueError:
        raise EvaluationError(_("{text} is not a number in base {base}", text=f"{text!r:.40}", base=base)) from None


def _index_of(values: tuple[Value, ...], wanted: Value) -> Value:
    for position, it in enumerate(values):
        if hashable(it) == hashable(wanted):
            return Decimal(position)
    raise EvaluationError(_("the list does not hold this"))


def _has_index(collection: Value, key: Value) -> Value:
    try:
        return UNKNOWN if item(collection, key) is UNKNOWN and collection is UNKNOWN else True
    except EvaluationError:
        return False


def _keys(mapping: Mapping[str, Value]) -> Value:
    return (*sorted(mapping),)


def _values(mapping: Mapping[str, Value]) -> Value:
    return (*(mapping[it] for it in sorted(mapping)),)


def _float(function: Callable[..., float]) -> Callable[..., Value]:
    def computed(*values: Decimal) -> Value:
        try:
            return number(repr(function(*map(float, values))))
        except (ValueError, OverflowError, ZeroDivisionError):
            raise EvaluationError(_("this cannot be computed")) from None

    return computed


def _arithmetic(name: str) -> Callable[[Value, Value], Value]:
    return lambda left, right: compute(name, left, right)


def _extreme(choose: Callable[[Iterable[Decimal]], Decimal]) -> Callable[..., Value]:
    def chosen(*values: Decimal) -> Value:
        return choose(values)

    return chosen


def _trim(text: str, characters: str) -> Value:
    return text.strip(characters) if characters else text


def _indent(spaces: Decimal, text: str) -> Value:
    width = _whole(spaces)
    if not 0 <= width <= 1000 or width * text.count("\n") > MOST_ITEMS * 10:
        raise EvaluationError(_("there is no such indentation"))
    return text.replace("\n", "\n" + " " * width)


def _replace(text: str, old: str, new: str) -> Value:
    if (len(text) + 1) * (len(new) + 1) > 10_000_000:
        raise EvaluationError(_("a string is too long"))
    return text.replace(old, new)


def _not_equal(left: Value, right: Value) -> Value:
    is_equal = equal(left, right)
    return UNKNOWN if isinstance(is_equal, Unknown) else not is_equal


FUNCTIONS: Final[Mapping[str, Function]] = {
    "absolute": Function("n", abs),
    "add": Function("nn", _arithmetic("+")),
    "and": Function("bb", lambda left, right: left and right),
    "base64decode": Function("s", _base64decode),
    "base64encode": Function("s", lambda text: base64.b64encode(text.encode()).decode()),
    "basename": Function("s", _basename),
    "byteslen": Function("s", lambda text: Decimal(len(text.encode()))),
    "ceil": Function("n", lambda it: Decimal(math.ceil(it))),
    "chomp": Function("s", lambda text: text.rstrip("\r\n")),
    "chunklist": Function("Ln", _chunklist),
    "coalesce": Function("a*", _coalesce),
    "coalescelist": Function("L*", _coalesce_list),
    "compact": Function("l", _compact),
    "concat": Function("L*", _concat),
    "contains": Function("la", _contains),
    "csvdecode": Function("s", _csvdecode),
    "dirname": Function("s", _dirname),
    "distinct": Function("l", _first_of_each),
    "divide": Function("nn", _arithmetic("/")),
    "element": Function("Ln", _element),
    "equal": Function("aa", equal),
    "flatten": Function("L", _flatten),
    "floor": Function("n", lambda it: Decimal(math.floor(it))),
    "format": Function("aa*", _format),
    "formatlist": Function("AA*", _formatlist),
    "greaterthan": Function("nn", _arithmetic(">")),
    "greaterthanorequalto": Function("nn", _arithmetic(">=")),
    "hasindex": Function("Aa", _has_index),
    "indent": Function("ns", _indent),
    "index": Function("Aa", item),
    "indexof": Function("la", _index_of),
    "int": Function("n", lambda it: Decimal(int(it))),
    "join": Function("sl*", _join),
    "jsondecode": Function("s", _jsondecode),
    "jsonencode": Function("a", json_text),
    "keys": Function("M", _keys),
    "length": Function("A", _length),
    "lessthan": Function("nn", _arithmetic("<")),
    "lessthanorequalto": Function("nn", _arithmetic("<=")),
    "log": Function("nn", _float(math.log)),
    "lookup": Function("MsA", _lookup),
    "lower": Function("s", str.lower),
    "max": Function("n*", _extreme(max)),
    "md5": Function("s", _hash("md5")),
    "merge": Function("A*", _merge),
    "min": Function("n*", _extreme(min)),
    "modulo": Function("nn", _arithmetic("%")),
    "multiply": Function("nn", _arithmetic("*")),
    "negate": Function("n", lambda it: -it),
    "not": Function("b", lambda it: not it),
    "notequal": Function("aa", _not_equal),
    "or": Function("bb", lambda left, right: left or right),
    "parseint": Function("sn", _parseint),
    "pow": Function("nn", _float(math.pow)),
    "range": Function("n*", _range),
    "regex": Function("ss", _regex),
    "regex_replace": Function("sss", _regex_replace),
    "regexall": Function("ss", _regexall),
    "replace": Function("sss", _replace),
    "reverse": Function("s", lambda text: text[::-1]),
    "reverselist": Function("L", lambda values: values[::-1]),
    "sanitize": Function("s", _sanitize),
    "semvercmp": Function("ss", _satisfies),
    "sethaselement": Function("la", _contains),
    "setintersection": Function("l*", _combine(lambda left, right: left and right)),
    "setproduct": Function("l*", _setproduct),
    "setsubtract": Function("ll", _combine(lambda left, right: left and not right)),
    "setsymmetricdifference": Function("l*", _combine(lambda left, right: left != right)),
    "setunion": Function("l*", _combine(lambda left, right: left or right)),
    "sha1": Function("s", _hash("sha1")),
    "sha256": Function("s", _hash("sha256")),
    "sha512": Function("s", _hash("sha512")),
    "signum": Function("n", lambda it: Decimal((it > 0) - (it < 0))),
    "slice": Function("Lnn", _slice),
    "sort": Function("l", lambda values: (*sorted(str(to_text(it)) for it in values),)),
    "split": Function("ss", _split),
    "strlen": Function("s", lambda text: Decimal(len(text))),
    "substr": Function("snn", _substr),
    "subtract": Function("nn", _arithmetic("-")),
    "title": Function("s", _title),
    "trim": Function("ss", _trim),
    "trimprefix": Function("ss", str.removeprefix),
    "trimspace": Function("s", str.strip),
    "trimsuffix": Function("ss", str.removesuffix),
    "upper": Function("s", _upper),
    "urlencode": Function("s", _urlencode),
    "values": Function("M", _values),
    "zipmap": Function("lL", _zipmap),
}
