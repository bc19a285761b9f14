"""The functions that Bake files may call (buildx: bake/hclparser/stdlib.go).

A result that depends on the time, on chance or on the machine is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl.collection_functions import COLLECTION_FUNCTIONS
from buildxray.projects.hcl.evaluation import compute, equal
from buildxray.projects.hcl.function import MOST_ITEMS, Function
from buildxray.projects.hcl.text_functions import TEXT_FUNCTIONS
from buildxray.projects.hcl.values import (
    UNKNOWN,
    EvaluationError,
    Unknown,
    UnknownPatternError,
    Value,
    checked_text,
    is_known,
    number,
    to_bool,
    to_list,
    to_mapping,
    to_number,
    to_text,
)

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
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        # Python's refusal of a value that the function of buildx refuses too.
        raise EvaluationError(_("`{name}` cannot be computed", name=name)) from error
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


def _not_equal(left: Value, right: Value) -> Value:
    is_equal = equal(left, right)
    return UNKNOWN if isinstance(is_equal, Unknown) else not is_equal


_PLAIN_FUNCTIONS: Final[Mapping[str, Function]] = {
    "absolute": Function("n", abs),
    "add": Function("nn", _arithmetic("+")),
    "and": Function("bb", lambda left, right: left and right),
    "ceil": Function("n", lambda it: Decimal(math.ceil(it))),
    "divide": Function("nn", _arithmetic("/")),
    "equal": Function("aa", equal),
    "floor": Function("n", lambda it: Decimal(math.floor(it))),
    "greaterthan": Function("nn", _arithmetic(">")),
    "greaterthanorequalto": Function("nn", _arithmetic(">=")),
    "int": Function("n", lambda it: Decimal(int(it))),
    "lessthan": Function("nn", _arithmetic("<")),
    "lessthanorequalto": Function("nn", _arithmetic("<=")),
    "log": Function("nn", _float(math.log)),
    "max": Function("n*", _extreme(max)),
    "min": Function("n*", _extreme(min)),
    "modulo": Function("nn", _arithmetic("%")),
    "multiply": Function("nn", _arithmetic("*")),
    "negate": Function("n", lambda it: -it),
    "not": Function("b", lambda it: not it),
    "notequal": Function("aa", _not_equal),
    "or": Function("bb", lambda left, right: left or right),
    "pow": Function("nn", _float(math.pow)),
    "signum": Function("n", lambda it: Decimal((it > 0) - (it < 0))),
    "subtract": Function("nn", _arithmetic("-")),
}
"""The functions on numbers and booleans."""
FUNCTIONS: Final[Mapping[str, Function]] = {**_PLAIN_FUNCTIONS, **TEXT_FUNCTIONS, **COLLECTION_FUNCTIONS}
