"""Settings of the whole suite."""

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

settings.register_profile("suite", max_examples=60, deadline=None)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

_MEASURED = ("syntax", "plan", "semantics", "rules", "toolchains", "platforms")
"""Directories of tests whose branch coverage has a floor (`make pytest`)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that run with coverage. Tracing doubles their time, and the slow ones add no branch that matters."""
    roots = [Path(__file__).parent / it for it in _MEASURED]
    for item in items:
        if any(it in item.path.parents for it in roots) and item.get_closest_marker("slow") is None:
            item.add_marker("measured")
