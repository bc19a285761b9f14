"""Functions of Bake files on lists, objects and sets (go-cty: function/stdlib, collection.go, sequence.go, set.go)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl.evaluation import item
from buildxray.projects.hcl.function import MOST_ITEMS, Function, whole
from buildxray.projects.hcl.values import (
    UNKNOWN,
    EvaluationError,
    Unknown,
    Value,
    as_set,
    elements,
    hashable,
    to_mapping,
    to_text,
)


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
    return values[whole(index) % len(values)]


def _slice(values: tuple[Value, ...], start: Decimal, end: Decimal) -> Value:
    first, last = whole(start), whole(end)
    if not 0 <= first <= last <= len(values):
        raise EvaluationError(_("the part that `slice` takes is not inside the list"))
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
    step = whole(size)
    if step < 0:
        raise EvaluationError(_("a size must not be negative"))
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
        raise EvaluationError(_("`range` has a step of 0, too many arguments or too many elements"))
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


def _index_of(values: tuple[Value, ...], wanted: Value) -> Value:
    for position, it in enumerate(values):
        if hashable(it) == hashable(wanted):
            return Decimal(position)
    raise EvaluationError(_("the list does not contain this value"))


def _has_index(collection: Value, key: Value) -> Value:
    try:
        return UNKNOWN if item(collection, key) is UNKNOWN and collection is UNKNOWN else True
    except EvaluationError:
        return False


def _keys(mapping: Mapping[str, Value]) -> Value:
    return (*sorted(mapping),)


def _values(mapping: Mapping[str, Value]) -> Value:
    return (*(mapping[it] for it in sorted(mapping)),)


COLLECTION_FUNCTIONS: Final[Mapping[str, Function]] = {
    "chunklist": Function("Ln", _chunklist),
    "coalesce": Function("a*", _coalesce),
    "coalescelist": Function("L*", _coalesce_list),
    "compact": Function("l", _compact),
    "concat": Function("L*", _concat),
    "contains": Function("la", _contains),
    "distinct": Function("l", _first_of_each),
    "element": Function("Ln", _element),
    "flatten": Function("L", _flatten),
    "hasindex": Function("Aa", _has_index),
    "index": Function("Aa", item),
    "indexof": Function("la", _index_of),
    "keys": Function("M", _keys),
    "length": Function("A", _length),
    "lookup": Function("MsA", _lookup),
    "merge": Function("A*", _merge),
    "range": Function("n*", _range),
    "reverselist": Function("L", lambda values: values[::-1]),
    "sethaselement": Function("la", _contains),
    "setintersection": Function("l*", _combine(lambda left, right: left and right)),
    "setproduct": Function("l*", _setproduct),
    "setsubtract": Function("ll", _combine(lambda left, right: left and not right)),
    "setsymmetricdifference": Function("l*", _combine(lambda left, right: left != right)),
    "setunion": Function("l*", _combine(lambda left, right: left or right)),
    "slice": Function("Lnn", _slice),
    "sort": Function("l", lambda values: (*sorted(str(to_text(it)) for it in values),)),
    "values": Function("M", _values),
    "zipmap": Function("lL", _zipmap),
}
