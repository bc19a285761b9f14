"""Version constraints of the function `semvercmp`. Source: github.com/Masterminds/semver, v3."""

from __future__ import annotations

from typing import Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.projects.hcl.values import EvaluationError
from buildxray.syntax.lazy_regex import lazy_regex

_MOST_TEXT: Final = 200
_VERSION: Final = lazy_regex(
    r"v?(?P<major>\d{1,18})(?:\.(?P<minor>\d{1,18}))?(?:\.(?P<patch>\d{1,18}))?"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
)
_CONSTRAINT: Final = lazy_regex(
    r"(?P<operator>=<|=>|!=|>=|<=|~>|~|\^|=|>|<)?\s*v?"
    r"(?P<major>\d{1,18}|[xX*])(?:\.(?P<minor>\d{1,18}|[xX*]))?(?:\.(?P<patch>\d{1,18}|[xX*]))?"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
)
_RANGE: Final = lazy_regex(r"(\S+)\s+-\s+(\S+)")


class _Version(NamedTuple):
    numbers: tuple[int, int, int]
    pre: str

    def key(self) -> tuple[object, ...]:
        """The sort key. A version without a pre-release comes after the same version with one."""
        parts = (((0, int(it), "") if it.isdecimal() else (1, 0, it)) for it in self.pre.split("."))
        return (*self.numbers, not self.pre, (*parts,) if self.pre else ())


class _Constraint(NamedTuple):
    operator: str
    version: _Version
    given: int
    """The number of given components among major, minor and patch; the others may have any value."""


def satisfies(version: str, constraint: str) -> bool:
    """True if a version satisfies a constraint. Raises `EvaluationError` if either is invalid."""
    if max(len(version), len(constraint)) > _MOST_TEXT:
        raise EvaluationError(_("a version is too long"))
    match = _VERSION.fullmatch(version)
    if match is None:
        raise EvaluationError(_("{version} is not a version", version=f"{version!r:.40}"))
    checked = _Version((int(match["major"]), int(match["minor"] or 0), int(match["patch"] or 0)), match["pre"] or "")
    return any(all(_holds(checked, it) for it in _constraints(part)) for part in constraint.split("||"))


def _constraints(text: str) -> list[_Constraint]:
    text = _RANGE.sub(r">=\1 <=\2", text.strip())
    constraints: list[_Constraint] = []
    position = 0
    while position < len(text):
        if text[position] in ", ":
            position += 1
            continue
        match = _CONSTRAINT.match(text, position)
        if match is None:
            raise EvaluationError(_("{text} is not a constraint of versions", text=f"{text!r:.40}"))
        parts = [match["major"], match["minor"], match["patch"]]
        numbers = [int(it) if it is not None and it.isdecimal() else None for it in parts]
        given = next((index for index, it in enumerate(numbers) if it is None), 3)
        major, minor, patch = (it if it is not None and index < given else 0 for index, it in enumerate(numbers))
        version = _Version((major, minor, patch), match["pre"] or "")
        constraints.append(_Constraint(match["operator"] or "", version, given))
        position = match.end()
    if not constraints:
        raise EvaluationError(_("a constraint of versions is required"))
    return constraints


def _holds(version: _Version, it: _Constraint) -> bool:
    """True if a version satisfies one comparison (Masterminds/semver: constraints.go)."""
    if version.pre and not it.version.pre:
        return it.operator == "!="
    key, limit = version.key(), it.version.key()
    upper = _next(it.version.numbers, max(it.given, 1))
    match it.operator:
        case "" | "=":
            return key == limit if it.given == 3 else _in_range(version, it, it.given)
        case "!=":
            return key != limit if it.given == 3 else not _in_range(version, it, it.given)
        case ">":
            return key > limit if it.given == 3 else version.numbers >= upper
        case ">=" | "=>":
            return key >= limit
        case "<":
            return key < limit
        case "<=" | "=<":
            return key <= limit if it.given == 3 else version.numbers < upper
        case "^":
            return _in_range(version, it, _caret(it))
        case _:
            return _in_range(version, it, min(it.given, 2))


def _in_range(version: _Version, it: _Constraint, fixed: int) -> bool:
    """True if a version is at least another one and has the same first `n` numbers."""
    return version.key() >= it.version.key() and version.numbers[:fixed] == it.version.numbers[:fixed]


def _caret(it: _Constraint) -> int:
    """The number of components that `^` fixes: up to the first given one that is not zero."""
    first = next((index for index, number in enumerate(it.version.numbers) if number), it.given - 1)
    return min(first + 1, it.given)


def _next(numbers: tuple[int, int, int], given: int) -> tuple[int, int, int]:
    """The first version after all that begin with the given numbers."""
    listed = [*numbers[: given - 1], numbers[given - 1] + 1, 0, 0]
    return listed[0], listed[1], listed[2]
