"""The combinations of a job's matrix.

Source: docs.github.com, "Running variations of jobs in a workflow".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

from buildxray.projects.ci.expressions import Context, Partly, is_equal
from buildxray.projects.hcl.values import UNKNOWN

MOST_COMBINATIONS: Final = 256
"""GitHub's limit for the jobs of a matrix. Source: docs.github.com, "Usage limits"."""
_MOST_PRODUCTS: Final = 2_000
"""Combinations of the values of a matrix, before `exclude` leaves some out."""
_MOST_ENTRIES: Final = 400
"""The entries of `exclude`, and those of `include`."""


def matrix_combinations(job: Mapping[str, Any], context: Context) -> Iterator[Any]:
    """The combinations of a job's matrix, `include` and `exclude` applied.

    A job without a matrix has one empty combination. A matrix that only a run knows has one combination, in which all that the text does
    not tell is unknown; one of which only some values are unknown has the combinations of the others.
    """
    matrix = _matrix(job, context)
    if matrix is None:
        yield {}
        return
    expanded = context.expand(matrix)
    if not isinstance(expanded, Mapping) or not all(isinstance(it, list) for it in expanded.values()):
        yield from _partly_combined(expanded if isinstance(expanded, Mapping) else {})
        return
    yield from _combined(expanded)


def _matrix(job: Mapping[str, Any], context: Context) -> object:
    """The matrix of a job; unknown where an expression gives the whole strategy."""
    strategy = context.expand(job.get("strategy"))
    if strategy is None:
        return None
    return strategy.get("matrix") if isinstance(strategy, Mapping) else UNKNOWN


def _partly_combined(matrix: Mapping[str, Any]) -> Iterator[Partly]:
    """The combinations of the values that the text tells, where it does not tell others.

    No known value is taken if unknown combinations are left out, or if an entry of `include` belongs to unknown ones.
    """
    lists = {key: it for key, it in matrix.items() if isinstance(it, list)}
    others = {key: it for key, it in matrix.items() if key not in lists}
    included = [it for it in lists.get("include", ()) if isinstance(it, Mapping)]
    is_open = "exclude" in others or any(not others.keys().isdisjoint(it) for it in included)
    known = Partly({key: it for key, it in others.items() if it is not UNKNOWN})
    if is_open or not lists.keys() - {"include", "exclude"}:
        yield known
        return
    excluded = [it for it in lists.get("exclude", ()) if isinstance(it, Mapping) and others.keys().isdisjoint(it)]
    yield from (Partly({**known, **it}) for it in _combined({**lists, "exclude": excluded}))


def _combined(matrix: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    axes = {key: values for key, values in matrix.items() if key not in {"include", "exclude"}}
    products = itertools.islice(itertools.product(*axes.values()), _MOST_PRODUCTS)
    originals = [dict(zip(axes, it, strict=True)) for it in products] if axes else []
    excluded = [it for it in matrix.get("exclude", ()) if isinstance(it, Mapping) and it][:_MOST_ENTRIES]
    originals = [it for it in originals if not any(_agrees(it, entry) for entry in excluded)]
    combinations = [dict(it) for it in originals]
    for entry in [it for it in matrix.get("include", ()) if isinstance(it, Mapping)][:_MOST_ENTRIES]:
        is_added = False
        for original, combination in zip(originals, combinations, strict=False):
            if _agrees(original, {key: it for key, it in entry.items() if key in axes}):
                combination.update({key: it for key, it in entry.items() if key not in axes})
                is_added = True
        if not is_added:
            combinations.append(dict(entry))
    return combinations


def _agrees(value: object, wanted: object) -> bool:
    """True if a value is that of an entry of `exclude` or `include`, or has all of its members: `{arch: {name: arm}}` is one of `{arch: {name: arm, os: linux}}`.

    Source: GitHub compares each member that is not a mapping or a list with `==` of its expressions (Azure Pipelines agent, MatrixBuilder.cs,
    MatrixFilter). Unknown values agree with none.
    """
    if isinstance(wanted, Mapping):
        return all(_agrees(value.get(key) if isinstance(value, Mapping) else None, it) for key, it in wanted.items())
    if isinstance(wanted, list):
        members = value if isinstance(value, list) else []
        return all(_agrees(members[n] if n < len(members) else None, it) for n, it in enumerate(wanted))
    return UNKNOWN not in (value, wanted) and is_equal(value, wanted)
