"""Settings of the whole suite."""

import os

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
