"""The combinations of a large matrix that are worth reading: a list of languages or versions mostly gives build arguments alone."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from buildxray.projects.builds import DeclaredBuild
from buildxray.syntax.lazy_regex import lazy_regex

_MOST_READ: Final = 100
"""Combinations of which all are read."""
_ENOUGH: Final = 4
"""Combinations that differ in one value of the matrix, after which others that differ in it alone are known to build the same."""


class Variants:
    """Leaves out combinations that differ from others in one value of the matrix, if those others all build the same apart from arguments.

    All platforms, files and targets are read, because builds differ in them; so is each value that an expression compares with another one.
    """

    def __init__(self, job: Mapping[str, Any], builds: Sequence[DeclaredBuild]) -> None:
        """`builds` are those of the repository, to which the reader of the job adds."""
        self._job = job
        self._builds = builds
        self._alike: dict[Hashable, list[Hashable]] = {}
        """What the combinations build that differ only in the value of one name, by that name and their other values."""

    def needed(self, combinations: Sequence[Any]) -> Iterator[Any]:
        """Yield the combinations that have to be read; the caller reads each before it asks for the next."""
        compared = _compared(self._job) if len(combinations) > _MOST_READ else None
        for it in combinations:
            groups = [*_groups(it, compared)] if compared is not None and isinstance(it, Mapping) else []
            if any(self._is_known(one) for one in groups):
                continue
            n_before = len(self._builds)
            yield it
            built = tuple(_without_arguments(one) for one in self._builds[n_before:])
            for one in groups:
                self._alike.setdefault(one, []).append(built)

    def _is_known(self, group: Hashable) -> bool:
        read = self._alike.get(group, ())
        # A job that builds nothing so far may build for another value.
        return len(read) >= _ENOUGH and len({*read}) == 1 and bool(read[0])


_VALUE: Final = lazy_regex(r"\$\{\{[ \t]*matrix\.(?P<name>[\w-]+)[ \t]*\}\}")
_MENTION: Final = lazy_regex(r"\bmatrix\.(?P<name>[\w-]+)")
_WHOLE: Final = lazy_regex(r"\bmatrix[ \t]*[\[)]")
_TEST: Final = lazy_regex(r"(?<![\w.-])(?:\[|case|test)[ \t]")
"""A command of the shell whose result may depend on a value."""
_ANY: Final = "*"


def _compared(job: Mapping[str, Any]) -> frozenset[str]:
    """The names of the matrix that the expressions of a job do more with than to write their values, or write into a script with tests; `_ANY` if that may be all."""
    names: set[str] = set()
    for text in _texts(job):
        rest = text if _TEST.search(text) is not None else _VALUE.sub("", text)
        names.update(it["name"] for it in _MENTION.finditer(rest))
        if _WHOLE.search(rest) is not None:
            names.add(_ANY)
    return frozenset(names)


def _texts(value: object) -> Iterator[str]:
    """The texts in a value of YAML, which may be nested."""
    todo = [value]
    while todo:
        current = todo.pop()
        if isinstance(current, str):
            yield current
        elif isinstance(current, Mapping):
            todo += current.values()
        elif isinstance(current, list):
            todo += current


def _groups(combination: Mapping[str, Any], compared: frozenset[str]) -> Iterator[Hashable]:
    """For each name of a combination that nothing compares, the name with all other values."""
    written = {name: repr(it) for name, it in combination.items()}
    for name in written:
        if not {name, _ANY} & compared:
            yield name, frozenset((key, it) for key, it in written.items() if key != name)


def _without_arguments(build: DeclaredBuild) -> Hashable:
    return replace(build, arguments=(), unknown_arguments=())
