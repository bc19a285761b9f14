"""Generated files are current."""

from __future__ import annotations

import pytest

from tools.codegen import stale


@pytest.mark.slow
def test_generated_files_are_current() -> None:
    assert stale() == [], "run `.venv/bin/python tools/codegen.py`"
