"""Functions of Bake files on texts: parts, patterns, paths, encodings and hashes (go-cty: function/stdlib, string.go, regexp.go, format.go, json.go, csv.go)."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl.function import MOST_ITEMS, Function, whole
from buildxray.projects.hcl.values import (
    UNKNOWN,
    EvaluationError,
    Unknown,
    Value,
    checked_number,
    is_known,
    json_text,
    number,
    to_text,
)


def _join(separator: str, *lists: tuple[Value, ...]) -> Value:
    texts = [to_text(it) for values in lists for it in values]
    known = [it for it in texts if isinstance(it, str)]
    return separator.join(known) if len(known) == len(texts) else UNKNOWN


def _split(separator: str, text: str) -> Value:
    return (*(text.split(separator) if separator else text),)


def _substr(text: str, offset: Decimal, length: Decimal) -> Value:
    start, count = whole(offset), whole(length)
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
        return checked_number(Decimal(int(text, whole(base))))
    except ValueError:
        raise EvaluationError(_("{text} is not a number in base {base}", text=f"{text!r:.40}", base=base)) from None


def _trim(text: str, characters: str) -> Value:
    return text.strip(characters) if characters else text


def _indent(spaces: Decimal, text: str) -> Value:
    width = whole(spaces)
    if not 0 <= width <= 1000 or width * text.count("\n") > MOST_ITEMS * 10:
        raise EvaluationError(_("`indent` takes 0 to 1,000 spaces, and the text may not get too long"))
    return text.replace("\n", "\n" + " " * width)


def _replace(text: str, old: str, new: str) -> Value:
    if (len(text) + 1) * (len(new) + 1) > 10_000_000:
        raise EvaluationError(_("a string is too long"))
    return text.replace(old, new)


TEXT_FUNCTIONS: Final[Mapping[str, Function]] = {
    "base64decode": Function("s", _base64decode),
    "base64encode": Function("s", lambda text: base64.b64encode(text.encode()).decode()),
    "basename": Function("s", _basename),
    "byteslen": Function("s", lambda text: Decimal(len(text.encode()))),
    "chomp": Function("s", lambda text: text.rstrip("\r\n")),
    "csvdecode": Function("s", _csvdecode),
    "dirname": Function("s", _dirname),
    "format": Function("aa*", _format),
    "formatlist": Function("AA*", _formatlist),
    "indent": Function("ns", _indent),
    "join": Function("sl*", _join),
    "jsondecode": Function("s", _jsondecode),
    "jsonencode": Function("a", json_text),
    "lower": Function("s", str.lower),
    "md5": Function("s", _hash("md5")),
    "parseint": Function("sn", _parseint),
    "regex": Function("ss", _regex),
    "regex_replace": Function("sss", _regex_replace),
    "regexall": Function("ss", _regexall),
    "replace": Function("sss", _replace),
    "reverse": Function("s", lambda text: text[::-1]),
    "sanitize": Function("s", _sanitize),
    "semvercmp": Function("ss", _satisfies),
    "sha1": Function("s", _hash("sha1")),
    "sha256": Function("s", _hash("sha256")),
    "sha512": Function("s", _hash("sha512")),
    "split": Function("ss", _split),
    "strlen": Function("s", lambda text: Decimal(len(text))),
    "substr": Function("snn", _substr),
    "title": Function("s", _title),
    "trim": Function("ss", _trim),
    "trimprefix": Function("ss", str.removeprefix),
    "trimspace": Function("s", str.strip),
    "trimsuffix": Function("ss", str.removesuffix),
    "upper": Function("s", _upper),
    "urlencode": Function("s", _urlencode),
}
