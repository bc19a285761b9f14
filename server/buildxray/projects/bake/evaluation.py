"""The evaluation of one project's files: variables, functions, groups and targets (buildx: bake/hclparser/hclparser.go)."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.projects.bake.targets import FIELDS, Definition, Target
from buildxray.projects.builds import Note
from buildxray.projects.hcl import functions, syntax
from buildxray.projects.hcl.evaluation import Budget, BudgetError, Inner, Scope, convert, evaluate
from buildxray.projects.hcl.syntax import Attribute, Block, Expression
from buildxray.projects.hcl.values import (
    UNKNOWN,
    EvaluationError,
    Unknown,
    UnsetError,
    Value,
    elements,
    number,
    to_bool,
    to_list,
    to_mapping,
    to_text,
)
from buildxray.syntax.lazy_regex import lazy_regex

MOST_COMBINATIONS: Final = 1_000
"""Combinations of all matrices of one project."""
_TARGET_NAME: Final = lazy_regex(r"[a-zA-Z0-9_-]+")
_TEXTS: Final = frozenset(("context", "dockerfile", "dockerfile-inline", "target", "call"))


class Project:
    """The outermost scope of the expressions in a project's files, without the variables of loops and matrices.

    Each value is computed once, when it is first read.
    """

    def __init__(
        self,
        bodies: Sequence[syntax.Body],
        *,
        builtins: Mapping[str, str],
        environment: Mapping[str, str | Unknown],
    ) -> None:
        """Create the scope of these files. The value of a variable in `environment` is `UNKNOWN` if only a run knows it."""
        self.budget = Budget()
        self.notes: list[Note] = []
        self._builtins = builtins
        self._environment = environment
        self._values: dict[str, Value] = {}
        self._busy: set[object] = set()
        self._blocks = [block for body in bodies for block in body.blocks]
        self._variables = {it.labels[0]: it for it in self._blocks if it.kind == "variable" and it.labels}
        self._functions = {it.labels[0]: it for it in self._blocks if it.kind == "function" and it.labels}
        self._attributes: dict[str, Attribute] = {}
        for body in bodies:
            self._attributes |= body.attributes
        self._expanded: dict[int, list[tuple[str, Scope]]] = {}
        self._combinations = 0
        self._is_exhausted = False

    # What expressions ask for

    def variable(self, name: str) -> Value:
        """The value of a global variable. Raises `EvaluationError` if the variable does not exist."""
        if name in self._values:
            return self._values[name]
        if name in self._busy:
            raise EvaluationError(_("the variable `{name}` needs itself", name=name))
        self._busy.add(name)
        try:
            value = self._variable(name)
        finally:
            self._busy.discard(name)
        self._values[name] = value
        return value

    def attribute(self, root: str, names: tuple[str, ...]) -> tuple[Value, int] | None:
        """The value of `target.app.args` and how many of its names it takes; None if the first name is not `target` or `group`."""
        if root not in {"target", "group"}:
            return None
        blocks = [
            (block, scope)
            for block in self._blocks
            if block.kind == root
            for name, scope in self._expansions(block)
            if name == names[0]
        ]
        if not blocks:
            raise EvaluationError(_("there is no {root} `{name}`", root=root, name=names[0]))
        block, scope = blocks[-1]
        if len(names) == 1:
            return {it: self._own(block, scope, it) for it in FIELDS if it in block.body.attributes}, 1
        return self._own(block, scope, names[1]), 2

    def call(self, function: str, arguments: tuple[Value, ...]) -> Value:
        """The result of a function that the files define, otherwise of one of buildx."""
        if functions.exists(function) or function not in self._functions:
            return functions.call(function, arguments)
        return self._call(self._functions[function], arguments)

    # Values

    def _variable(self, name: str) -> Value:
        if name in self._builtins:
            return self._builtins[name]
        if name in self._attributes:
            return evaluate(self._attributes[name].value, self)
        block = self._variables.get(name)
        if block is None:
            if name in {"target", "group"}:
                return UNKNOWN
            raise UnsetError(_("no Bake file here sets `{name}`", name=name))
        type_ = block.body.attributes.get("type")
        is_typed = type_ is not None and type_.value != syntax.Literal(None)
        constraint = _type_expression(type_.value) if type_ is not None and is_typed else None
        default = block.body.attributes.get("default")
        value: Value = (None if is_typed else "") if default is None else evaluate(default.value, self)
        if constraint is not None:
            value = convert(value, constraint)
        if name in self._environment:
            value = _from_environment(self._environment[name], value, constraint, has_default=default is not None)
        return value

    def unset_variables(self) -> tuple[str, ...]:
        """The names of the variables that are empty unless the environment of the build sets them.

        Without a default, Bake takes the empty text (buildx: hclparser.go, resolveValue), but a file declares such a variable
        for the people and jobs that set it.
        """
        without = [it for it in self._variables if it not in self._environment and it not in self._builtins]
        defaults = {it: self._variables[it].body.attributes.get("default") for it in without}
        empty = (syntax.Literal(None), syntax.Literal(""))
        return (*(name for name, it in defaults.items() if it is None or it.value in empty),)

    def check_variables(self) -> None:
        """Effect: note the variables that cannot be evaluated, or whose value fails the validation of their file.

        The value of such a variable must come from the environment of the build, so it is unknown here.
        """
        unset = self.unset_variables()
        for name, block in self._variables.items():
            try:
                self.variable(name)
            except EvaluationError as error:
                self._values[name] = UNKNOWN
                self._note(block, block.body.attributes.get("default"), error)
                continue
            for rule in block.body.blocks:
                if rule.kind == "validation" and not self._passes(rule):
                    self._values[name] = UNKNOWN
                    if name in unset:
                        # The file asks for a value, and does what it should.
                        break
                    place = rule.body.attributes["condition"].line
                    self.notes.append(Note(block.file, place, _("the variable `{name}` must be set", name=name)))
                    break

    def _passes(self, rule: Block) -> bool:
        condition = rule.body.attributes.get("condition")
        if condition is None:
            return True
        try:
            return to_bool(evaluate(condition.value, self)) is not False
        except EvaluationError:
            return True

    def _call(self, block: Block, arguments: tuple[Value, ...]) -> Value:
        name = block.labels[0]
        attributes = block.body.attributes
        if "params" not in attributes or "result" not in attributes:
            raise EvaluationError(_("the function `{name}` needs `params` and `result`", name=name))
        key = ("function", name)
        if key in self._busy:
            raise EvaluationError(_("the function `{name}` calls itself", name=name))
        parameters = _words(attributes["params"].value)
        variadic = _words(attributes["variadic_params"].value) if "variadic_params" in attributes else []
        if len(arguments) < len(parameters) or (len(arguments) > len(parameters) and not variadic):
            raise EvaluationError(_("the function `{name}` does not take {n} arguments", name=name, n=len(arguments)))
        variables: dict[str, Value] = dict(zip(parameters, arguments, strict=False))
        if variadic:
            variables[variadic[0]] = arguments[len(parameters) :]
        self._busy.add(key)
        try:
            return evaluate(attributes["result"].value, Inner(self, variables))
        finally:
            self._busy.discard(key)

    # Targets and groups

    def fill(self, definition: Definition) -> None:
        """Effect: add the groups and targets of the files to a definition, in the order of the files."""
        renamed: dict[str, list[str]] = {}
        for block in self._blocks:
            if block.kind == "target" and block.labels:
                for name, scope in self._expansions(block):
                    fields = [(it, self._field(block, scope, it)) for it in FIELDS if it in block.body.attributes]
                    known: dict[str, Value] = {key: value for key, value in fields if value is not None}
                    definition.add(Target(name, block.file, block.line, known, block.start, block.end))
                    renamed.setdefault(block.labels[0], []).append(name)
            elif block.kind == "group" and block.labels:
                members = self._field(block, self, "targets")
                texts = [it for it in members if isinstance(it, str)] if isinstance(members, tuple) else []
                is_known = members is not UNKNOWN and len(texts) == len(members or ())  # type: ignore[arg-type]  # a tuple
                definition.groups[block.labels[0]] = (*texts,) if is_known else UNKNOWN
        for label, names in renamed.items():
            if {*names} != {label}:
                definition.groups.setdefault(label, (*names,))

    def _field(self, block: Block, scope: Scope, name: str) -> Value:
        """The value of a block's attribute; unknown, with a note, if it cannot be evaluated."""
        if self._is_exhausted:
            return UNKNOWN
        try:
            return self._own(block, scope, name)
        except EvaluationError as error:
            self._is_exhausted = isinstance(error, BudgetError)
            self._note(block, block.body.attributes.get(name), error)
            return UNKNOWN

    def _own(self, block: Block, scope: Scope, name: str) -> Value:
        """The value of a block's attribute, converted to the type of its field; None if the block does not set it."""
        attribute = block.body.attributes.get(name)
        if attribute is None:
            return None
        key = (id(block), id(scope), name)
        if key in self._busy:
            raise EvaluationError(_("the attribute `{name}` needs itself", name=name))
        self._busy.add(key)
        try:
            return _typed(name, evaluate(attribute.value, scope))
        finally:
            self._busy.discard(key)

    def _expansions(self, block: Block) -> list[tuple[str, Scope]]:
        """The names of the targets that a block declares, each with its scope: one for each combination of its matrix."""
        if id(block) not in self._expanded:
            self._expanded[id(block)] = [(block.labels[0], self)]  # for a matrix that needs the target itself
            self._expanded[id(block)] = [*self._named(block)]
        return self._expanded[id(block)]

    def _named(self, block: Block) -> Iterator[tuple[str, Scope]]:
        label = block.labels[0]
        attributes = block.body.attributes
        if block.kind != "target" or "matrix" not in attributes:
            yield label, self
            return
        for scope in self._scopes(block, attributes["matrix"]):
            name: Value = label
            if "name" in attributes:
                try:
                    name = to_text(evaluate(attributes["name"].value, scope))
                except EvaluationError as error:
                    self._note(block, attributes["name"], error)
                    name = UNKNOWN
            yield (name if isinstance(name, str) and _TARGET_NAME.fullmatch(name) else label), scope

    def _scopes(self, block: Block, matrix: Attribute) -> Iterator[Scope]:
        """The scopes of the combinations of a matrix."""
        try:
            axes = to_mapping(evaluate(matrix.value, self))
            values = {} if isinstance(axes, Unknown) else {key: elements(axes[key]) for key in sorted(axes)}
        except EvaluationError as error:
            # The note says why the combinations are unknown.
            self._note(block, matrix, error)
            yield Inner(self, dict.fromkeys(_keys(matrix.value), UNKNOWN))
            return
        lists = [[value for _key, value in it] for it in values.values() if not isinstance(it, Unknown)]
        if isinstance(axes, Unknown) or len(lists) < len(values):
            names = _keys(matrix.value)
            self.notes.append(
                Note(
                    block.file,
                    matrix.line,
                    _("the text does not determine the combinations of the matrix"),
                    is_limit=True,
                )
            )
            yield Inner(self, dict.fromkeys(names, UNKNOWN))
            return
        self._combinations += math.prod(map(len, lists))
        if self._combinations > MOST_COMBINATIONS:
            self.notes.append(Note(block.file, matrix.line, _("the matrix has too many combinations"), is_limit=True))
            yield Inner(self, dict.fromkeys(values, UNKNOWN))
            return
        for combination in itertools.product(*lists):
            yield Inner(self, dict(zip(values, combination, strict=True)))

    def _note(self, block: Block, attribute: Attribute | None, error: EvaluationError) -> None:
        line = block.line if attribute is None else attribute.line
        is_limit = isinstance(error, UnsetError)
        self.notes.append(Note(block.file, line, _("this cannot be evaluated: {error}", error=str(error)), is_limit))


def _typed(name: str, value: Value) -> Value:
    """Convert a value to the type of a target's field. Raises `EvaluationError`."""
    if value is None or isinstance(value, Unknown):
        return value
    if name in _TEXTS:
        return to_text(value)
    if name in {"args", "contexts"}:
        mapping = to_mapping(value)
        if isinstance(mapping, Unknown):
            return UNKNOWN
        return {key: to_text(it) for key, it in mapping.items() if it is not None}
    if name in {"inherits", "platforms", "targets"}:
        items = to_list(value)
        if isinstance(items, Unknown):
            return UNKNOWN
        texts = [to_text(it) for it in items]
        return (*(dict.fromkeys(it for it in texts if it != "") if name == "platforms" else texts),)
    return value


def _type_expression(value: Expression) -> Expression:
    """The type constraint of a variable; in JSON, where it is a text, `any`."""
    return value if not isinstance(value, syntax.Literal) else syntax.Name("any")


def _words(value: Expression) -> list[str]:
    """The names in a list of names: `[a, b]`, or `["a", "b"]` in JSON."""
    items = value.items if isinstance(value, syntax.ListOf) else (value,)
    named = [it.name for it in items if isinstance(it, syntax.Name)]
    return named or [it.value for it in items if isinstance(it, syntax.Literal) and isinstance(it.value, str)]


def _keys(value: Expression) -> list[str]:
    items = value.items if isinstance(value, syntax.ObjectOf) else ()
    return [key.value for key, _it in items if isinstance(key, syntax.Literal) and isinstance(key.value, str)]


def _fields_of(text: str) -> list[str]:
    """The fields of one line of CSV. Raises `EvaluationError`."""
    try:
        return next(csv.reader([text]), [])
    except csv.Error as error:
        raise EvaluationError(_("this cannot be computed")) from error


def _from_environment(text: str | Unknown, value: Value, constraint: Expression | None, *, has_default: bool) -> Value:
    """Convert a value of the environment to the type of its variable (buildx: resolveValue)."""
    if isinstance(text, Unknown):
        return UNKNOWN
    match constraint:
        case syntax.Call("list" | "set" | "tuple", _):
            return convert((*_fields_of(text),), constraint)
        case syntax.Name("string" | "number" | "bool"):
            return convert(text, constraint)
        case None if not has_default or value is None or isinstance(value, str | Unknown):
            return text
        case None if isinstance(value, bool):
            return to_bool(text)
        case None if not isinstance(value, tuple | Mapping):
            return number(text)
        case _:
            return UNKNOWN
