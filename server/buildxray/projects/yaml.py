"""YAML as plain data with the lines of its keys; no tag creates an object.

Scalars are read as Go's yaml.v3 reads them, which Compose and GitHub's runner use: `014` is 12, `yes` is a text.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from itertools import accumulate, count, islice
from typing import Any, Final

from buildxray.syntax.lazy_regex import lazy_regex

_MOST_NODES: Final = 50_000
"""Limit for the nodes of a document. An alias counts each time that it is used, so that no file expands without bound."""
_MOST_DEPTH: Final = 50
_MOST_CHARACTERS: Final = 250_000
"""Limit for the code points of a text; the library reads about 50,000 a second."""
_MOST_BRACKETS: Final = 500
"""Limit for nested brackets, those in strings included; the library raises `RecursionError` at twice as many, after seconds."""
_BRACKET: Final = lazy_regex(r"[\[\]{}]")
_INTEGER: Final = lazy_regex(
    r"[-+]?(?:0[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|0[oO]_*[0-7][0-7_]*|0[bB]_*[01][01_]*|0[0-7_]*|[1-9][0-9_]*)"
)
_FLOAT: Final = lazy_regex(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?")
_TIMESTAMP: Final = lazy_regex(
    r"(?P<year>\d{4})-(?P<month>0?[1-9]|1[0-2])-(?P<day>0?[1-9]|[12]\d|3[01])"
    r"(?:(?:[Tt]|[ \t]+)(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]?\d):(?P<second>[0-5]?\d)(?P<fraction>\.\d{1,9})?"
    r"(?P<zone>Z|[-+]\d\d:\d\d)?)?"
)
_SPECIAL: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}

_OF_TEMPLATES: Final = lazy_regex(r"\{%|<%|(?<!\$)\{\{")


def as_mapping(value: object) -> Mapping[str, Any]:
    """Return a value if it is a mapping, otherwise an empty mapping."""
    return value if isinstance(value, Mapping) else {}


def may_be_template(text: str) -> bool:
    """True if a text that is not YAML has a mark of Jinja, ERB or Go's templates, from which a program makes YAML; `${{` is GitHub's."""
    return _OF_TEMPLATES.search(text) is not None


class Timestamp(str):
    """A date without quotes, as it is written."""

    __slots__ = ()

    def go_text(self) -> str:
        """The date as Go prints it; without a zone it is in UTC."""
        match = _TIMESTAMP.fullmatch(self)
        assert match is not None
        year, month, day = (int(match[it]) for it in ("year", "month", "day"))
        time = (
            "00:00:00"
            if match["hour"] is None
            else ":".join(f"{int(match[it]):02}" for it in ("hour", "minute", "second"))
        )
        zone = (match["zone"] or "Z").replace(":", "")
        fraction = (match["fraction"] or "").rstrip("0").rstrip(".")
        shown = "+0000 UTC" if zone in {"Z", "+0000"} else f"{zone} {zone}"
        return f"{year:04}-{month:02}-{day:02} {time}{fraction} {shown}"


class YamlMapping(dict[str, Any]):
    """A mapping with the lines of its keys."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}
        """The 1-based line of each key."""


class YamlError(Exception):
    """A text that is not valid YAML, with the 1-based line of the error."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class DuplicateKeyError(YamlError):
    """A text with a key twice in one mapping, with the 1-based line of the second one."""

    def __init__(self, line: int, key: str) -> None:
        super().__init__(line, f"the key {key} is written twice")
        self.key = key


class Tagged:
    """A value with a tag of an application, such as `!reset` and `!override` of Compose."""

    def __init__(self, tag: str, value: object) -> None:
        self.tag = tag
        self.value = value


def load_yaml(text: str) -> Any:  # noqa: ANN401 - what YAML holds
    """Return the first document of a text; None if the text is not valid, as while it is being typed."""
    try:
        return next(load_documents(text), None)
    except YamlError:
        return None


def compose_documents(text: str) -> Iterator[Any]:
    """Return the documents of a text as nodes of the library, which have ranges, up to the first error."""
    try:
        yield from _composed(text)
    except YamlError:
        return


def load_documents(text: str, *, refuses_duplicates: bool = False) -> Iterator[Any]:
    """Yield the documents of a text. Raises `YamlError`.

    Of a key that is written twice the last value counts; with `refuses_duplicates` it is a `DuplicateKeyError`.
    """
    for node in _composed(text):
        yield _Builder(refuses_duplicates=refuses_duplicates).value(node, 0)


def _composed(text: str) -> Iterator[Any]:
    if len(text) > _MOST_CHARACTERS:
        raise YamlError(1, f"more than {_MOST_CHARACTERS} characters")
    steps = ((it in "[{") - (it in "]}") for it in _BRACKET.findall(text))
    if max(accumulate(steps), default=0) > _MOST_BRACKETS:
        raise YamlError(1, f"more than {_MOST_BRACKETS} open brackets")
    # Imported late: it is needed only if there is a file.
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError  # noqa: PLC0415

    # Valid in YAML, and a warning on stderr would not help anybody.
    warnings.simplefilter("ignore", ReusedAnchorWarning)

    n_documents = 0
    for n_tabs in count():
        try:
            for document in islice(YAML(typ="safe", pure=True).compose_all(text), n_documents, None):
                n_documents += 1
                yield document
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            tab = None if mark is None or n_tabs >= _MOST_TABS else _separating_tab(text, mark.index, mark.column)
            if tab is None:
                raise YamlError(1 if mark is None else mark.line + 1, error.problem or "YAML") from None
            text = f"{text[:tab]} {text[tab + 1 :]}"
        except (YAMLError, RecursionError, ValueError, AttributeError, AssertionError, IndexError, TypeError) as error:
            # The library raises these for some invalid texts.
            raise YamlError(1, type(error).__name__) from None
        else:
            return


_MOST_TABS: Final = 20
"""Tabs of a text that are read as blanks; the text is read again after each."""


def _separating_tab(text: str, place: int, column: int) -> int | None:
    """The place of an error, in code points, if it is a tab after the indentation, where the library takes blanks only; None for others.

    Source: YAML 1.2.2, 6.2, "Separation Spaces", and 7.3.3, "Plain Style". libyaml and Go's yaml.v3 read such tabs.
    """
    is_tab = text[place : place + 1] == "\t"
    return place if is_tab and text[place - column : place].strip() else None


class _Builder:
    """Converts the nodes of one document to values."""

    def __init__(self, *, refuses_duplicates: bool = False) -> None:
        self._nodes = 0
        self._refuses_duplicates = refuses_duplicates

    def value(self, node: Any, depth: int) -> Any:  # noqa: ANN401 - the library's nodes are not typed
        self._nodes += 1
        if self._nodes > _MOST_NODES or depth > _MOST_DEPTH:
            raise YamlError(node.start_mark.line + 1, "too large")
        tag = str(node.tag or "")
        if node.id == "scalar":
            built: Any = _scalar(node, tag)
        elif node.id == "sequence":
            built = [self.value(it, depth + 1) for it in node.value]
        else:
            built = self._mapping(node, depth)
        return Tagged(tag, built) if tag in {"!reset", "!override"} else built

    def _mapping(self, node: Any, depth: int) -> YamlMapping:  # noqa: ANN401 - as above
        result, merged = YamlMapping(), YamlMapping()
        for key_node, value_node in node.value:
            key = str(key_node.value) if key_node.id == "scalar" else ""
            if key == "<<" and key_node.style is None:
                value = self.value(value_node, depth + 1)
                for it in value if isinstance(value, list) else [value]:
                    if isinstance(it, YamlMapping):
                        # The first mapping that has the key takes precedence.
                        merged.update({name: inner for name, inner in it.items() if name not in merged})
                        merged.lines.update({name: it.lines[name] for name in it.lines if name not in merged.lines})
                continue
            if self._refuses_duplicates and key in result and key_node.id == "scalar":
                raise DuplicateKeyError(key_node.start_mark.line + 1, key)
            result[key] = self.value(value_node, depth + 1)
            result.lines[key] = key_node.start_mark.line + 1
        for name, inner in merged.items():
            result.setdefault(name, inner)
            result.lines.setdefault(name, merged.lines.get(name, 1))
        return result


def _scalar(node: Any, tag: str) -> object:  # noqa: ANN401 - as above
    """Convert a scalar; in quotes or with the tag `!!str` it is a text (yaml.v3: resolve.go)."""
    text = str(node.value)
    if node.style in {"'", '"', "|", ">"} or tag.endswith(":str"):
        return text
    if text in _SPECIAL:
        return _SPECIAL[text]
    digits = text.replace("_", "")
    if len(digits) > 40:
        return text
    if _INTEGER.fullmatch(text):
        sign = -1 if digits.startswith("-") else 1
        digits = digits.lstrip("+-")
        base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2].lower(), 8 if digits.startswith("0") else 10)
        return sign * int(digits[2:] if digits[:2].isalnum() and not digits[:2].isdecimal() else digits, base)
    if _FLOAT.fullmatch(text):
        return float(digits)
    return Timestamp(text) if _TIMESTAMP.fullmatch(text) else text
