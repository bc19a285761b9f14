"""Settings of the whole suite."""

import gc
import os
import re
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

# pytest rewrites asserts of test modules only; without this, those of helpers fail without a diff.
pytest.register_assert_rewrite("tests.support")

# Tests expect English messages in any environment, also from the processes that they start.
os.environ["LANGUAGE"] = "en"
# pytest-xdist sets COLUMNS in its workers, which would wrap the output.
os.environ.pop("COLUMNS", None)

# Reference counts free nearly all objects of the tests; without collecting cycles, a process of them stays below 250 MiB.
gc.set_threshold(10_000_000, 50, 1000)

settings.register_profile("suite", max_examples=40, deadline=None)
settings.register_profile("quick", max_examples=10, deadline=None)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

_MEASURED = ("syntax", "plan", "semantics", "rules", "toolchains", "platforms")
"""Directories of tests that count for the minimum branch coverage (`make pytest`)."""


_numbers = count()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty directory; that of pytest lists the directories of all earlier tests to find a free number."""
    name = re.sub(r"\W+", "_", request.node.name)[:30]
    path = tmp_path_factory.getbasetemp() / f"{name}-{next(_numbers)}"
    path.mkdir()
    return path


def pytest_collection_finish() -> None:
    """Exclude loaded objects from garbage collection: pytest collects five times at its end, to find unclosed resources."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """Effect: end at once; the interpreter would collect garbage several times, seconds with the syntax trees of all modules."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that run with coverage: the fast ones of some directories, because tracing doubles their time."""
    here = Path(__file__).parent
    is_measured = {
        it: it.is_relative_to(here) and it.relative_to(here).parts[0] in _MEASURED for it in {i.path for i in items}
    }
    for item in items:
        if is_measured[item.path] and item.get_closest_marker("slow") is None:
            item.add_marker("measured")
