"""The expressions of GitHub workflows: `${{ … }}`.

A value that only a run knows is unknown. Both outcomes of an unknown condition are of interest: an expression is
computed once for each *assumption*, which says whether unknown conditions hold.
Source: docs.github.com, "Evaluate expressions in workflows and actions".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from buildxray.projects.hcl.values import UNKNOWN, is_known
from buildxray.projects.substitution import substituted
from buildxray.syntax.lazy_regex import lazy_regex

_EXPRESSION: Final = lazy_regex(r"\$\{\{((?:(?!\$\{\{|\}\}).)*)\}\}", re.DOTALL)
"""An expression. It contains no other start of an expression, so that many starts without an end take linear time."""
_TOKEN: Final = lazy_regex(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))"
    r"|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>&&|\|\||==|!=|<=|>=|[<>!()\[\],.*]))"
)
_MOST_TOKENS: Final = 500
_MOST_TEXT: Final = 20_000
_MOST_EXPANDED: Final = 100_000
"""Limit for the code points that the expressions of one text expand to; later expressions are left unexpanded."""
_WORDS: Final = {"true": True, "false": False, "null": None}


class ExpressionError(Exception):
    """A text that is not an expression."""


class Context(NamedTuple):
    """The values of the names in expressions: `matrix`, `env`, `inputs`, `github`. Other names are unknown."""

    values: Mapping[str, Any]
    assumption: bool = True
    """True if unknown conditions are taken to hold."""
    certain: frozenset[str] = frozenset()
    """The names whose values are those of each run, whatever the assumption: `matrix`, `env.NAME`."""
    has_chosen_inputs: bool = False
    """True if a person chooses the inputs: the known values are the defaults, and others are possible."""

    def with_values(self, **values: Any) -> Context:  # noqa: ANN401 - what JSON holds
        """Return a context with these values added."""
        return self._replace(values={**self.values, **values})

    def with_environment(self, declared: object) -> Context:
        """Return a context with further variables of the environment, as a workflow, a job or a step declares them."""
        # The environment has texts only: `true` is `'true'` in a later comparison.
        own = {
            name: it if it is UNKNOWN or isinstance(it, str) else as_text(it)
            for name, it in self.expand_values(declared).items()
        }
        certain = {
            f"env.{name}"
            for name, it in (declared.items() if isinstance(declared, Mapping) else ())
            if self.is_certain(it)
        }
        changed = self.with_values(env=Partly({**self.values.get("env", {}), **own}))
        return changed._replace(certain=(self.certain - {f"env.{name}" for name in own}) | certain)

    def is_certain(self, text: object) -> bool:
        """True if the value of a text is that of each run: its expressions name only what is in `certain`."""
        return not isinstance(text, str) or all(map(self._is_certain, _EXPRESSION.findall(text)))

    def decides(self, script: str) -> bool:
        """True if each expression of a script is certain, or has a value that only a run knows."""
        expressions = dict.fromkeys(_EXPRESSION.findall(script))
        return all(self._is_certain(it) or not _is_usable(self.compute(it)) for it in expressions)

    def _is_certain(self, expression: str) -> bool:
        mentions = (it for it in _MENTION.finditer(_LITERAL.sub("", expression)) if it["name"] not in _WORDS)
        return all(
            {it["name"].lower(), it["root"].lower()} & self.certain or it["name"] in _CONSTANT for it in mentions
        )

    def without(self, name: str) -> Context:
        """Return a context in which a name is unknown."""
        return self._replace(values={key: it for key, it in self.values.items() if key != name})

    def expand(self, text: object) -> Any:  # noqa: ANN401 - what JSON holds
        """Compute the expressions in a value of YAML. A text that is a single expression gives its value, of any type."""
        if isinstance(text, Mapping):
            return {str(key): self.expand(it) for key, it in text.items()}
        if isinstance(text, list):
            return [self.expand(it) for it in text]
        if not isinstance(text, str) or "${{" not in text:
            return text
        whole = _EXPRESSION.fullmatch(text.strip())
        if whole is not None and "${{" not in whole[1]:
            return self.compute(whole[1])
        parts: list[str] = []
        end = length = 0
        for match in _EXPRESSION.finditer(text):
            value = self.compute(match[1])
            if not is_known(value):
                return UNKNOWN
            parts += text[end : match.start()], as_text(value)
            length += len(parts[-2]) + len(parts[-1])
            end = match.end()
            if length > _MOST_TEXT:
                break
        return "".join((*parts, text[end:]))[:_MOST_TEXT]

    def expand_text(self, text: object) -> str:
        """Compute the expressions in a text; unknown ones are left unexpanded."""
        if not isinstance(text, str):
            return as_text(text)
        length = 0

        def replaced(match: re.Match[str]) -> str:
            nonlocal length
            if length > _MOST_EXPANDED:
                return match[0]
            value = self.compute(match[1])
            shown = as_text(value) if is_known(value) else match[0]
            length += len(shown)
            return shown

        return _EXPRESSION.sub(replaced, text)

    def expand_values(self, mapping: object) -> dict[str, Any]:
        """Compute the expressions in the values of a mapping; any other value gives an empty mapping."""
        return {str(name): self.expand(it) for name, it in mapping.items()} if isinstance(mapping, Mapping) else {}

    def compute(self, expression: str) -> Any:  # noqa: ANN401 - as above
        """Return the value of an expression; an invalid one is unknown."""
        try:
            return _Parser(expression, self).value()
        except (ExpressionError, RecursionError, ValueError, OverflowError):
            return UNKNOWN

    def holds(self, condition: object) -> bool | None:
        """True if a condition of `if:` holds, None if only a run knows, or a person who chooses inputs."""
        if self.has_chosen_inputs:
            github = {key: it for key, it in self.values.get("github", {}).items() if key != "event"}
            return (
                self.without("inputs")
                ._replace(has_chosen_inputs=False)
                .with_values(github=Partly(github))
                .holds(condition)
            )
        if condition is None:
            return True
        if not isinstance(condition, str):
            return bool(condition)
        try:
            value = _Certain(condition.strip().removeprefix("${{").removesuffix("}}"), self).value()
        except (ExpressionError, RecursionError, ValueError, OverflowError):
            return None
        return None if value is UNKNOWN else _is_true(value)


def _is_usable(value: object) -> bool:
    """True if a value may be written into a script."""
    return is_known(value) and not isinstance(value, Unnamed)


_LITERAL: Final = lazy_regex(r"'(?:[^']|'')*'")
_MENTION: Final = lazy_regex(r"(?<![\w.\]-])(?P<name>(?P<root>[A-Za-z_][\w-]*)(?:\.[\w-]+)*)(?![\w-]|\s*\()")
"""A name in an expression, without those of functions."""
_CONSTANT: Final = frozenset(("github.workspace", "runner.os"))


def as_script(text: str) -> str:
    """A script whose unknown expressions are variables that nothing sets; a comparison is one of the words `true` and `false`."""

    def variable(match: re.Match[str]) -> str:
        return f"{UNKNOWN_VARIABLE}e" if _is_comparison(match[1]) else UNKNOWN_VARIABLE

    return _EXPRESSION.sub(variable, text.replace(OWN_REPOSITORY, UNKNOWN_VARIABLE))


def _is_comparison(expression: str) -> bool:
    """True if the value of an expression is a boolean: it compares, or negates, and `&&` and `||` choose nothing."""
    try:
        signs = [text for kind, text in _tokens(expression) if kind == "sign"]
        first = next(_tokens(expression), ("", ""))
    except ExpressionError:
        return False
    if {"&&", "||"} & {*signs}:
        return False
    name = first[1].lower() if first[0] == "name" else ""
    is_call = name in _COMPARING and signs[-1:] == [")"] and signs.count("(") == 1
    return is_call or first == ("sign", "!") or not {*_COMPARISONS}.isdisjoint(_outer(expression))


def _outer(expression: str) -> Iterator[str]:
    """The signs of an expression outside of parentheses and brackets."""
    depth = 0
    for kind, text in _tokens(expression):
        depth += (text in {"(", "["}) - (text in {")", "]"}) if kind == "sign" else 0
        if kind == "sign" and depth == 0:
            yield text


def without_expressions(text: str, replacement: str) -> str:
    """A text with one replacement in place of each expression."""
    return _EXPRESSION.sub(lambda _match: replacement, text)


def as_text(value: object) -> str:
    """Convert a value to the text that replaces its expression."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, list | Mapping):
        return "\n".join(map(as_text, value)) if isinstance(value, list) else json.dumps(value, default=str)
    return "" if value is UNKNOWN else str(value)


def _is_true(value: object) -> bool:
    """True if a condition with this value holds; even an empty array or object is true."""
    if isinstance(value, list | Mapping):
        return True
    return not (value is None or value in {0, ""} or (isinstance(value, float) and math.isnan(value)))


class Partly(dict[str, Any]):
    """A mapping that may have more keys than are known."""

    def member(self, key: str) -> Any:  # noqa: ANN401 - as above
        """The value of a key; unknown if the key is not known."""
        return self.get(key, UNKNOWN)


class Unnamed(str):
    """A placeholder for a name that only a run knows, such as that of the repository. Comparing it with another text gives unknown."""

    __slots__ = ()


UNKNOWN_VARIABLE: Final = "${UNKNOWN_EXPRESSION}"
"""A variable that no script sets, in place of a value that only a run knows."""
OWN_REPOSITORY: Final = Unnamed("…/…")
"""The value of `github.repository`: its name is not in its files, and a fork has another one."""


class _Parser:
    """Parses an expression and computes it at once."""

    def __init__(self, text: str, context: Context) -> None:
        self._tokens = [*_tokens(text)]
        self._position = 0
        self._context = context
        self._depth = 0

    def value(self) -> Any:  # noqa: ANN401 - as above
        result = self._or()
        if self._position < len(self._tokens):
            raise ExpressionError
        return result

    def _peek(self) -> str:
        return self._tokens[self._position][1] if self._position < len(self._tokens) else ""

    def _take(self, sign: str) -> bool:
        if self._position < len(self._tokens) and self._tokens[self._position] == ("sign", sign):
            self._position += 1
            return True
        return False

    def _truth(self, value: object) -> bool:
        return self._context.assumption if value is UNKNOWN else _is_true(value)

    def _or(self) -> Any:  # noqa: ANN401 - as above
        self._depth += 1
        if self._depth > 30:
            raise ExpressionError
        left = self._and()
        while self._take("||"):
            right = self._and()
            left = left if self._truth(left) else right
        self._depth -= 1
        return left

    def _and(self) -> Any:  # noqa: ANN401 - as above
        left = self._comparison()
        while self._take("&&"):
            right = self._comparison()
            left = (right if left is UNKNOWN or _is_true(left) else left) if self._truth(left) else False
        return left

    def _comparison(self) -> Any:  # noqa: ANN401 - as above
        left = self._not()
        for sign, compare in _COMPARISONS.items():
            if self._take(sign):
                right = self._not()
                can_compare = all(is_known(it) and not isinstance(it, Unnamed) for it in (left, right))
                return compare(left, right) if can_compare else UNKNOWN
        return left

    def _not(self) -> Any:  # noqa: ANN401 - as above
        if self._take("!"):
            value = self._not()
            return UNKNOWN if value is UNKNOWN else not _is_true(value)
        return self._postfix()

    def _postfix(self) -> Any:  # noqa: ANN401 - as above
        value = self._primary()
        while True:
            if self._take("."):
                if self._take("*"):
                    value = (
                        [*value.values()]
                        if isinstance(value, Mapping)
                        else value
                        if isinstance(value, list)
                        else UNKNOWN
                    )
                else:
                    value = _member(value, self._name())
            elif self._take("["):
                key = UNKNOWN if self._take("*") else self._or()
                if not self._take("]"):
                    raise ExpressionError
                value = _member(value, key)
            else:
                return value

    def _name(self) -> str:
        kind, text = self._tokens[self._position] if self._position < len(self._tokens) else ("", "")
        if kind != "name":
            raise ExpressionError
        self._position += 1
        return text

    def _primary(self) -> Any:  # noqa: ANN401 - as above
        if self._take("("):
            value = self._or()
            if not self._take(")"):
                raise ExpressionError
            return value
        if self._position >= len(self._tokens):
            raise ExpressionError
        kind, text = self._tokens[self._position]
        self._position += 1
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return _number_of(text)
        if kind != "name":
            raise ExpressionError
        if self._take("("):
            return self._call(text.lower())
        return _WORDS[text] if text in _WORDS else self._context.values.get(text.lower(), UNKNOWN)

    def _call(self, name: str) -> Any:  # noqa: ANN401 - as above
        arguments: list[Any] = []
        while not self._take(")"):
            arguments.append(self._or())
            if not self._take(",") and self._peek() != ")":
                raise ExpressionError
        function = _FUNCTIONS.get(name)
        if function is None or not all(map(is_known, arguments)):
            return UNKNOWN
        if name in _COMPARING and any(isinstance(it, Unnamed) for it in arguments):
            return UNKNOWN
        try:
            result = function(*arguments)
        except (TypeError, ValueError, IndexError, RecursionError):
            return UNKNOWN
        return UNKNOWN if isinstance(result, str) and len(result) > _MOST_EXPANDED else result


class _Certain(_Parser):
    """Computes a condition without assumptions: the result may be unknown."""

    def _or(self) -> Any:  # noqa: ANN401 - as above
        values = [self._and()]
        while self._take("||"):
            values.append(self._and())
        if any(it is not UNKNOWN and _is_true(it) for it in values[:-1]):
            return next((it for it in values if it is UNKNOWN or _is_true(it)), UNKNOWN)
        return UNKNOWN if UNKNOWN in values else values[-1]

    def _and(self) -> Any:  # noqa: ANN401 - as above
        values = [self._comparison()]
        while self._take("&&"):
            values.append(self._comparison())
        untrue = [it for it in values if it is not UNKNOWN and not _is_true(it)]
        return untrue[0] if untrue else UNKNOWN if UNKNOWN in values else values[-1]


def _number_of(text: str) -> float:
    """A literal number; GitHub computes with double precision. Raises `OverflowError` and `ValueError` for one that is too large."""
    if not re.fullmatch(r"-?(?:0x[0-9a-fA-F]+|[1-9]\d*|0)", text):
        return float(text)
    number = int(text, 0)
    return number if abs(number) <= _LARGEST_EXACT else float(number)


_LARGEST_EXACT: Final = 1 << 53


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    text = text.rstrip()
    for _count in range(_MOST_TOKENS):
        if position >= len(text):
            return
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ExpressionError
        yield match.lastgroup, match[match.lastgroup]
        position = match.end()
    raise ExpressionError


def _member(value: Any, key: object) -> Any:  # noqa: ANN401 - as above
    if value is UNKNOWN or key is UNKNOWN:
        return UNKNOWN
    if isinstance(value, Partly):
        return value.member(as_text(key))
    if isinstance(value, Mapping):
        name = as_text(key).lower()
        return next((it for known, it in value.items() if str(known).lower() == name), None)
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if 0 <= key < len(value) else None
    return [_member(it, key) for it in value] if isinstance(value, list) else None


def is_equal(left: object, right: object) -> bool:
    """True if two values are loosely equal: texts without regard to case, other types as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right):
        return left == right
    return _number(left) == _number(right)


def _number(value: object) -> float:
    if value is None or value == "":
        return 0.0
    try:
        return float(value)  # type: ignore[arg-type]  # what is not a number becomes NaN
    except (TypeError, ValueError):
        return math.nan


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": is_equal,
    "!=": lambda left, right: not is_equal(left, right),
    "<=": lambda left, right: _number(left) <= _number(right),
    ">=": lambda left, right: _number(left) >= _number(right),
    "<": lambda left, right: _number(left) < _number(right),
    ">": lambda left, right: _number(left) > _number(right),
}


def _contains(where: object, what: object) -> bool:
    if isinstance(where, list):
        return any(is_equal(it, what) for it in where)
    return as_text(what).lower() in as_text(where).lower()


_PLACE: Final = lazy_regex(r"\{\{|\}\}|\{(\d{1,3})\}")


def _format(pattern: str, *arguments: object) -> str:
    """`format`; a result that is too long is cut after `_MOST_EXPANDED` code points and one more."""
    texts = [as_text(it) for it in arguments]

    def replaced(match: re.Match[str]) -> str:
        return texts[int(match[1])] if match[1] else match[0][0]

    return substituted(_PLACE, replaced, as_text(pattern), _MOST_EXPANDED + 1)


def _join(values: object, separator: object = ",") -> str:
    """`join`. Raises `ValueError` if the result is too long."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        return as_text(values)
    texts, between = [as_text(it) for it in values], as_text(separator)
    if sum(map(len, texts)) + len(between) * len(texts) > _MOST_EXPANDED:
        raise ValueError
    return between.join(texts)


_COMPARING: Final = frozenset({"contains", "endswith", "startswith"})
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "contains": _contains,
    "endswith": lambda text, end: as_text(text).lower().endswith(as_text(end).lower()),
    "format": _format,
    "fromjson": lambda text: json.loads(as_text(text)),
    "join": _join,
    "startswith": lambda text, start: as_text(text).lower().startswith(as_text(start).lower()),
    "tojson": lambda value: json.dumps(value, indent=2),
}
