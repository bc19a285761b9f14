"""Run many small cases in few tests.

pytest adds 2 to 4 ms to each test, which is more than most of our cases take.
"""

from __future__ import annotations

import functools
import inspect
import os
import traceback
from collections.abc import Callable, Iterable
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

import pytest

_PER_TEST: Final = 40
"""The number of cases per test; with several tests, several processes can share them."""

_STEP: Final = int(os.environ.get("EVERY", "1"))
"""`make quick` runs every third case of a table: a fault in a rule mostly fails many of them."""

_numbers: Final = count()


def every_case(
    names: str, cases: Iterable[Any], *, per_test: int = _PER_TEST
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test with each of these values of its parameters, like `parametrize`; the message names every failing case.

    Each case has an empty `tmp_path` of its own; other fixtures are shared by the cases of a test. With `CASE=text` in the environment,
    only cases whose values contain this text run; with `EVERY=3` only the first, the fourth and so on.
    """
    parameters = [it.strip() for it in names.split(",")]
    rows = [it if len(parameters) > 1 else (it,) for it in cases][::_STEP]
    parts: list[list[Any]] = []
    remaining = iter(rows)
    while part := [*islice(remaining, per_test)]:
        parts.append(part)
    assert parts, "a test without a case tests nothing"

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def run(cases_of_test: list[Any], **fixtures: object) -> None:
            failures: list[str] = []
            directory = fixtures.get("tmp_path")
            wanted = os.environ.get("CASE", "")
            for row in cases_of_test:
                label = ", ".join(map(_label, row))
                if wanted not in label:
                    continue
                if isinstance(directory, Path):
                    fixtures["tmp_path"] = _new_directory(directory)
                try:
                    test(**dict(zip(parameters, row, strict=True)), **fixtures)
                except Exception:  # noqa: BLE001 - one case must not hide the others
                    failures.append(f"{label}\n{traceback.format_exc()}")
            if failures:
                pytest.fail(f"{len(failures)} of {len(cases_of_test)} cases:\n\n" + "\n".join(failures), pytrace=False)

        own = inspect.signature(test)
        kept = [it for name, it in own.parameters.items() if name not in parameters]
        assert len(kept) + len(parameters) == len(own.parameters), "each name is a parameter"
        first = inspect.Parameter("cases_of_test", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__signature__ = own.replace(parameters=[first, *kept])  # type: ignore[attr-defined]
        numbers = range(len(parts))
        with_parts: Callable[..., None] = pytest.mark.parametrize(
            "cases_of_test", parts, ids=[f"part-{it + 1}" for it in numbers]
        )(run)
        return with_parts

    return decorate


def _new_directory(parent: Path) -> Path:
    directory = parent / f"case-{next(_numbers)}"
    directory.mkdir()
    return directory


def _label(value: object) -> str:
    """The label of a case: its title or name, if it has one."""
    if isinstance(value, str):
        return value
    return str(getattr(value, "title", None) or getattr(value, "name", None) or value)
