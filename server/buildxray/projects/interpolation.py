"""Variables in the values of Compose files, and the file `.env` that sets them.

Source: github.com/compose-spec/compose-go, template/template.go and dotenv.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from buildxray.files.reading import read_project_text
from buildxray.syntax.lazy_regex import lazy_regex

_NAME: Final = lazy_regex(r"[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATOR: Final = lazy_regex(r":?[-?+]")
_MOST_DEPTH: Final = 20
_MOST_TEXT: Final = 100_000
"""Limit for the code points of an expanded text; the rest is left out, and is not expanded."""
_BRACE: Final = lazy_regex(r"\$\{|\}")
_LINE: Final = lazy_regex(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][\w.-]*)\s*(?:[=:]\s?|$)")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}


class Unset(str):
    """A text in which a variable is empty because neither the file nor `.env` sets it: the environment of people may."""

    __slots__ = ()


class MissingVariableError(Exception):
    """A required variable, `${NAME:?}`, is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def interpolate(text: str, environment: Mapping[str, str], depth: int = 0) -> str:
    """Expand the variables of a text; one that is not set is empty, and makes the result `Unset`. Raises `MissingVariableError`."""
    is_unset = False
    parts: list[str] = []
    position = length = n_counted = 0
    while True:
        dollar = text.find("$", position)
        # The sum of the lengths decides, since a text may name a long value many times.
        length += sum(map(len, parts[n_counted:]))
        n_counted = len(parts)
        if dollar < 0 or depth > _MOST_DEPTH or length > _MOST_TEXT:
            break
        parts.append(text[position:dollar])
        if text.startswith("$$", dollar):
            parts.append("$")
            position = dollar + 2
            continue
        braced = text.startswith("${", dollar)
        name = _NAME.match(text, dollar + 1 + braced)
        if name is None:
            parts.append("$")
            position = dollar + 1
        elif not braced:
            is_unset |= name[0] not in environment
            parts.append(environment.get(name[0], ""))
            position = name.end()
        else:
            end = _closing(text, name.end())
            parts.append(_substituted(name[0], text[name.end() : end], environment, depth))
            is_unset |= isinstance(parts[-1], Unset)
            position = end + 1
    result = "".join((*parts, text[position:]))
    return Unset(result[:_MOST_TEXT]) if is_unset else result[:_MOST_TEXT]


def _closing(text: str, start: int) -> int:
    """Return the offset of the brace that closes an expansion; the length of the text if there is none."""
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "${" else -1
        if depth == 0:
            return brace.start()
    return len(text)


def _substituted(name: str, rest: str, environment: Mapping[str, str], depth: int) -> str:
    operator = _OPERATOR.match(rest)
    value = environment.get(name)
    if operator is None:
        return Unset() if value is None else value
    word = rest[operator.end() :]
    is_given = value is not None and (value != "" or len(operator[0]) == 1)
    kind = operator[0][-1]
    if kind == "+":
        return interpolate(word, environment, depth + 1) if is_given else ""
    if is_given:
        return value or ""
    if kind == "?":
        raise MissingVariableError(name)
    return interpolate(word, environment, depth + 1)


def read_environment_file(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Read the variables of a `.env` file. A value may use the variables of earlier lines, and those of `environment`."""
    text = read_project_text(path)
    variables: dict[str, str] = {}
    known = ChainMap(dict(environment), variables)
    position = 0
    while text is not None and position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        match = _LINE.match(text[position:end])
        if match is None or text[position:end].lstrip().startswith("#"):
            position = end + 1
            continue
        start = position + match.end()
        quote = text[start : start + 1]
        if quote in {'"', "'"} and quote:
            closing = _end_of_quote(text, start + 1, quote)
            value = text[start + 1 : closing]
            variables[match["name"]] = value if quote == "'" else _expanded(_unescaped(value), known)
            following = text.find("\n", closing)
            position = len(text) if following < 0 else following + 1
            continue
        value = re.split(r"(?<!\s)\s+#", text[start:end], maxsplit=1)[0].strip()
        if match[0].rstrip().endswith(("=", ":")):
            variables[match["name"]] = _expanded("" if value.startswith("#") else value, known)
        position = end + 1
    return variables


def _end_of_quote(text: str, start: int, quote: str) -> int:
    position = start
    while position < len(text) and text[position] != quote:
        position += 2 if text[position] == "\\" and quote == '"' else 1
    return min(position, len(text))


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda it: _ESCAPES.get(it[1], it[1] if it[1] in '"\\' else it[0]), value)


def _expanded(value: str, environment: Mapping[str, str]) -> str:
    try:
        return interpolate(value, environment) if "$" in value else value
    except MissingVariableError:
        return ""
