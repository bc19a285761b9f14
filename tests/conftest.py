"""Settings of the whole suite."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

# Helpers are no test modules: without this their asserts fail without a diff.
pytest.register_assert_rewrite("tests.support")

# The tests read English, whoever runs them; the processes that they start do too.
os.environ["LANGUAGE"] = "en"
# A runner that starts workers tells them its width, at which the output would be broken.
os.environ.pop("COLUMNS", None)

# Nearly all that the tests allocate is freed by its reference count: looking for cycles this seldom saves a tenth of the time.
gc.set_threshold(100_000, 50, 1000)

settings.register_profile("suite", max_examples=60, deadline=None)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

_MEASURED = ("syntax", "plan", "semantics", "rules", "toolchains", "platforms")
"""Directories of tests whose branch coverage has a floor (`make pytest`)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that run with coverage. Tracing doubles their time, and the slow ones add no branch that matters."""
    here = Path(__file__).parent
    is_measured = {
        it: it.is_relative_to(here) and it.relative_to(here).parts[0] in _MEASURED for it in {i.path for i in items}
    }
    for item in items:
        if is_measured[item.path] and item.get_closest_marker("slow") is None:
            item.add_marker("measured")
