"""Finding the downloads of a stage takes linear time."""

from __future__ import annotations

import pytest

from buildxray.ide.time_budget import time_budget
from buildxray.rules.facts.downloads import downloads
from tests.support.rules import context

SECONDS = 10
"""The limit in CPU seconds: linear time takes a twentieth of it, a search of the whole script for each command five times as long."""


@pytest.mark.slow
def test_a_long_script_is_searched_once() -> None:
    commands = "".join(f" && \\\n  curl -O https://a.b/t{n}-amd64.tgz" for n in range(4_000))
    ctx = context(f"FROM debian\nRUN a{commands}\n")
    with time_budget(SECONDS):
        assert sum(1 for _ in downloads(ctx.build.stages[0])) == 4_000
