"""The evaluation of HCL expressions (HCL: hclsyntax/expression.go, hclsyntax/expression_template.go).

A budget bounds the work for one project, since any clone may contain a hostile file.
"""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final, Protocol

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl import syntax
from buildxray.projects.hcl.syntax import SPLAT_ITEM, Expression, TemplatePart
from buildxray.projects.hcl.values import (
    UNKNOWN,
    EvaluationError,
    Unknown,
    Value,
    arithmetic,
    as_set,
    checked_number,
    checked_text,
    elements,
    hashable,
    is_known,
    kind,
    to_bool,
    to_mapping,
    to_number,
    to_text,
)

MOST_STEPS: Final = 200_000
"""Limit for the expressions and elements that one project computes: about a second of work."""
MOST_DEPTH: Final = 60
"""Limit for nested expressions, where calls of functions and uses of variables count as nesting."""


class BudgetError(EvaluationError):
    """The budget of a project is spent; nothing more of the project is evaluated."""


class Budget:
    """The work that may still be done for one project."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self._steps = steps
        self.depth = 0

    def spend(self, steps: int = 1) -> None:
        """Effect: count steps. Raises `BudgetError` if none are left."""
        self._steps -= steps
        if self._steps < 0:
            raise BudgetError(_("it takes too much work to evaluate"))


class Scope(Protocol):
    """The variables and functions that an expression can use."""

    budget: Budget

    def variable(self, name: str) -> Value:
        """The value of a variable. Raises `EvaluationError` if it does not exist."""

    def attribute(self, root: str, names: tuple[str, ...]) -> tuple[Value, int] | None:
        """The value of a path such as `target.app.args`, computed without the rest of the object, and how many of `names` it takes; None for other roots."""

    def call(self, function: str, arguments: tuple[Value, ...]) -> Value:
        """The result of a function. Raises `EvaluationError` if it refuses its arguments."""


class Inner:
    """A scope with additional variables, as in a loop."""

    def __init__(self, outer: Scope, variables: Mapping[str, Value]) -> None:
        self._outer = outer
        self._variables = variables
        self.budget = outer.budget

    def variable(self, name: str) -> Value:
        """The value of a variable of this scope, otherwise of the outer scope."""
        return self._variables[name] if name in self._variables else self._outer.variable(name)

    def attribute(self, root: str, names: tuple[str, ...]) -> tuple[Value, int] | None:
        """The attribute in the outer scope, unless a variable of this scope hides the root."""
        return None if root in self._variables else self._outer.attribute(root, names)

    def call(self, function: str, arguments: tuple[Value, ...]) -> Value:
        """The result of a function in the outer scope, since loops define no functions."""
        return self._outer.call(function, arguments)


def evaluate(expression: Expression, scope: Scope) -> Value:
    """The value of an expression. Raises `EvaluationError` for one that Bake refuses."""
    budget = scope.budget
    budget.spend()
    if budget.depth >= MOST_DEPTH:
        raise EvaluationError(_("it is nested too deeply"))
    budget.depth += 1
    try:
        return _EVALUATORS[type(expression)](expression, scope)
    finally:
        budget.depth -= 1


def _literal(it: syntax.Literal, _scope: Scope) -> Value:
    return it.value


def _name(it: syntax.Name, scope: Scope) -> Value:
    return scope.variable(it.name)


def _invalid(_it: syntax.Invalid, _scope: Scope) -> Value:
    raise EvaluationError(_("the syntax of HCL is not understood here"))


def _template(it: syntax.Template, scope: Scope) -> Value:
    if len(it.parts) == 1 and not isinstance(it.parts[0], str | syntax.TemplateIf | syntax.TemplateFor):
        return evaluate(it.parts[0], scope)
    return _joined(it.parts, scope)


def _joined(parts: Iterable[TemplatePart], scope: Scope) -> str | Unknown:
    texts: list[str] = []
    length = 0
    is_unknown = False
    for part in parts:
        text = _part(part, scope)
        if isinstance(text, Unknown):
            is_unknown = True
            continue
        length += len(text)
        scope.budget.spend(1 + len(text) // 100)
        texts.append(checked_text(text) if length <= len(text) else text)
    return UNKNOWN if is_unknown else checked_text("".join(texts))


def _part(part: TemplatePart, scope: Scope) -> str | Unknown:
    match part:
        case str():
            return part
        case syntax.TemplateIf(condition, then, otherwise):
            is_true = to_bool(evaluate(condition, scope))
            if isinstance(is_true, Unknown):
                return UNKNOWN
            return _joined(then if is_true else otherwise, scope)
        case syntax.TemplateFor(key, value, collection, body):
            pairs = elements(evaluate(collection, scope))
            if isinstance(pairs, Unknown):
                return UNKNOWN
            texts = [_joined(body, Inner(scope, _loop_variables(key, value, pair))) for pair in pairs]
            known = [it for it in texts if isinstance(it, str)]
            return checked_text("".join(known)) if len(known) == len(texts) else UNKNOWN
        case _:
            return to_text(evaluate(part, scope))


def _list(it: syntax.ListOf, scope: Scope) -> Value:
    return (*(evaluate(item, scope) for item in it.items),)


def _object(it: syntax.ObjectOf, scope: Scope) -> Value:
    result: dict[str, Value] = {}
    for key, value in it.items:
        name = to_text(evaluate(key, scope))
        if isinstance(name, Unknown):
            return UNKNOWN
        result[name] = evaluate(value, scope)
    return result


def _loop_variables(key: str, value: str, pair: tuple[Value, Value]) -> dict[str, Value]:
    variables: dict[str, Value] = {value: pair[1]}
    if key:
        variables[key] = pair[0]
    return variables


def _passing(it: syntax.ForList | syntax.ForObject, scope: Scope) -> list[Inner] | Unknown:
    """The scopes of the rounds of a loop whose condition holds."""
    pairs = elements(evaluate(it.collection, scope))
    if isinstance(pairs, Unknown):
        return UNKNOWN
    rounds: list[Inner] = []
    for pair in pairs:
        inner = Inner(scope, _loop_variables(it.key, it.value, pair))
        is_taken = True if it.condition is None else to_bool(evaluate(it.condition, inner))
        if isinstance(is_taken, Unknown):
            return UNKNOWN
        if is_taken:
            rounds.append(inner)
    return rounds


def _for_list(it: syntax.ForList, scope: Scope) -> Value:
    rounds = _passing(it, scope)
    return UNKNOWN if isinstance(rounds, Unknown) else (*(evaluate(it.item, inner) for inner in rounds),)


def _for_object(it: syntax.ForObject, scope: Scope) -> Value:
    rounds = _passing(it, scope)
    if isinstance(rounds, Unknown):
        return UNKNOWN
    result: dict[str, Value] = {}
    for inner in rounds:
        key = to_text(evaluate(it.item_key, inner))
        if isinstance(key, Unknown):
            return UNKNOWN
        value = evaluate(it.item, inner)
        if it.is_grouped:
            before = result.get(key, ())
            result[key] = (*(before if isinstance(before, tuple) else ()), value)
            scope.budget.spend(len(result[key]))  # type: ignore[arg-type]  # a tuple, as made above
        elif key in result:
            raise EvaluationError(_("two elements have the key {key}", key=f"{key!r:.40}"))
        else:
            result[key] = value
    return result


def _attribute(it: syntax.GetAttribute, scope: Scope) -> Value:
    names: list[str] = []
    root: Expression = it
    while isinstance(root, syntax.GetAttribute):
        names.append(root.name)
        root = root.source
    names.reverse()
    lazily = scope.attribute(root.name, (*names,)) if isinstance(root, syntax.Name) else None
    if lazily is not None:
        value, taken = lazily
    else:
        value, taken = evaluate(root, scope), 0
    for name in names[taken:]:
        value = _item(value, name)
    return value


def _index(it: syntax.GetIndex, scope: Scope) -> Value:
    return item(evaluate(it.source, scope), evaluate(it.key, scope))


def item(collection: Value, key: Value) -> Value:
    """The element of a collection at a key. Raises `EvaluationError` if there is none."""
    if isinstance(collection, Unknown) or isinstance(key, Unknown):
        return UNKNOWN
    if isinstance(collection, tuple):
        position = to_number(key)
        if isinstance(position, Decimal) and position == int(position) and 0 <= position < len(collection):
            return collection[int(position)]
        raise EvaluationError(_("there is no element with this index"))
    name = to_text(key)
    return _item(collection, name) if isinstance(name, str) else UNKNOWN


def _item(value: Value, name: str) -> Value:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        raise EvaluationError(_("there is no attribute {name}", name=f"{name!r:.40}"))
    raise EvaluationError(_("{kind} has no attributes", kind=kind(value)))


def _splat(it: syntax.Splat, scope: Scope) -> Value:
    source = evaluate(it.source, scope)
    if isinstance(source, Unknown):
        return UNKNOWN
    items: tuple[Value, ...] = source if isinstance(source, tuple) else () if source is None else (source,)
    return (*(evaluate(it.rest, Inner(scope, {SPLAT_ITEM: each})) for each in items),)


def _conditional(it: syntax.Conditional, scope: Scope) -> Value:
    condition = to_bool(evaluate(it.condition, scope))
    if isinstance(condition, Unknown):
        then, otherwise = evaluate(it.then, scope), evaluate(it.otherwise, scope)
        is_same = is_known(then) and is_known(otherwise) and hashable(then) == hashable(otherwise)
        return then if is_same else UNKNOWN
    return evaluate(it.then if condition else it.otherwise, scope)


def _call(it: syntax.Call, scope: Scope) -> Value:
    if it.function == "try":
        return _try(it.arguments, scope)
    if it.function == "can":
        return _can(it.arguments, scope)
    if it.function == "convert" and len(it.arguments) == 2:
        return convert(evaluate(it.arguments[0], scope), it.arguments[1])
    arguments = [evaluate(argument, scope) for argument in it.arguments]
    if it.is_expanded and arguments:
        last = arguments.pop()
        if isinstance(last, Unknown):
            return UNKNOWN
        if not isinstance(last, tuple):
            raise EvaluationError(_("`...` requires a list, not {kind}", kind=kind(last)))
        arguments.extend(last)
    scope.budget.spend(len(arguments))
    result = scope.call(it.function, (*arguments,))
    if isinstance(result, str | tuple | dict):
        scope.budget.spend(len(result) // 100 if isinstance(result, str) else len(result))
    return result


def _try(arguments: Iterable[Expression], scope: Scope) -> Value:
    for argument in arguments:
        try:
            return evaluate(argument, scope)
        except BudgetError:
            raise
        except EvaluationError:
            continue
    raise EvaluationError(_("no argument of `try` can be evaluated"))


def _can(arguments: tuple[Expression, ...], scope: Scope) -> Value:
    try:
        return UNKNOWN if evaluate(arguments[0], scope) is UNKNOWN else True
    except BudgetError:
        raise
    except EvaluationError:
        return False
    except IndexError:
        raise EvaluationError(_("`can` requires an argument")) from None


def _unary(it: syntax.Unary, scope: Scope) -> Value:
    value = evaluate(it.operand, scope)
    if it.operator == "!":
        is_true = to_bool(value)
        return UNKNOWN if isinstance(is_true, Unknown) else not is_true
    amount = to_number(value)
    return UNKNOWN if isinstance(amount, Unknown) else -amount


def _binary(it: syntax.Binary, scope: Scope) -> Value:
    left, right = evaluate(it.left, scope), evaluate(it.right, scope)
    if it.operator in {"&&", "||"}:
        return _logical(left, right, decides=it.operator == "||")
    if it.operator in {"==", "!="}:
        is_equal = equal(left, right)
        return UNKNOWN if isinstance(is_equal, Unknown) else is_equal == (it.operator == "==")
    return compute(it.operator, left, right)


def _logical(left: Value, right: Value, *, decides: bool) -> Value:
    """The result of `||` or `&&`; if one operand decides it, the other may be unknown."""
    operands = (to_bool(left), to_bool(right))
    if decides in operands:
        return decides
    return UNKNOWN if UNKNOWN in operands else not decides


def equal(left: Value, right: Value) -> bool | Unknown:
    """True if two values are equal; values of different types never are."""
    if not (is_known(left) and is_known(right)):
        return UNKNOWN
    return hashable(left) == hashable(right)


def compute(name: str, left: Value, right: Value) -> Value:
    """The result of an operator between numbers. Raises `EvaluationError` for other operands."""
    one, other = to_number(left), to_number(right)
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return UNKNOWN
    if name in _COMPARISONS:
        return _COMPARISONS[name](one, other)
    if name not in _ARITHMETIC:
        raise EvaluationError(_("there is no operator {name}", name=name))
    try:
        with decimal.localcontext(arithmetic()):
            return checked_number(_ARITHMETIC[name](one, other))
    except (decimal.DecimalException, ZeroDivisionError):
        raise EvaluationError(_("this cannot be computed")) from None


_COMPARISONS: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: Final[Mapping[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}


def convert(value: Value, type_: Expression) -> Value:
    """Convert a value to the type of a constraint. Raises `EvaluationError` if that is impossible (HCL: ext/typeexpr)."""
    if value is None or isinstance(value, Unknown):
        return value
    match type_:
        case syntax.Name("string"):
            return to_text(value)
        case syntax.Name("number"):
            return to_number(value)
        case syntax.Name("bool"):
            return to_bool(value)
        case syntax.Call("optional", (inner, *_rest)):
            return convert(value, inner)
        case syntax.Call("list" | "set" | "map" as name, (inner,)):
            return _converted_collection(name, value, inner)
        case syntax.Call("tuple", (syntax.ListOf(types),)):
            if not isinstance(value, tuple) or len(value) != len(types):
                raise EvaluationError(_("a list of {n} elements is required", n=len(types)))
            return (*(convert(it, inner) for it, inner in zip(value, types, strict=True)),)
        case syntax.Call("object", (syntax.ObjectOf(fields),)):
            return _converted_object(value, fields)
        case _:
            return value


def _converted_collection(name: str, value: Value, inner: Expression) -> Value:
    if name == "map":
        mapping = to_mapping(value)
        return UNKNOWN if isinstance(mapping, Unknown) else {key: convert(it, inner) for key, it in mapping.items()}
    pairs = elements(value)
    if isinstance(pairs, Unknown):
        return UNKNOWN
    items = [convert(it, inner) for _key, it in pairs]
    return as_set(items) if name == "set" else (*items,)


def _converted_object(value: Value, fields: Iterable[tuple[Expression, Expression]]) -> Value:
    mapping = to_mapping(value)
    if isinstance(mapping, Unknown):
        return UNKNOWN
    result: dict[str, Value] = {}
    for key, inner in fields:
        name = key.value if isinstance(key, syntax.Literal) and isinstance(key.value, str) else ""
        if name in mapping:
            result[name] = convert(mapping[name], inner)
        elif isinstance(inner, syntax.Call) and inner.function == "optional":
            result[name] = None
        else:
            raise EvaluationError(_("the attribute {name} is required", name=f"{name!r:.40}"))
    return result


_EVALUATORS: Final[Mapping[type, Callable[..., Value]]] = {
    syntax.Literal: _literal,
    syntax.Name: _name,
    syntax.Template: _template,
    syntax.ListOf: _list,
    syntax.ObjectOf: _object,
    syntax.ForList: _for_list,
    syntax.ForObject: _for_object,
    syntax.GetAttribute: _attribute,
    syntax.GetIndex: _index,
    syntax.Splat: _splat,
    syntax.Call: _call,
    syntax.Conditional: _conditional,
    syntax.Unary: _unary,
    syntax.Binary: _binary,
    syntax.Invalid: _invalid,
}
