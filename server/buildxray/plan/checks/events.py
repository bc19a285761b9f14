"""The events of the linter in BuildKit's order: warnings, and the points at which BuildKit would have stopped."""

from __future__ import annotations

from typing import NamedTuple

from buildxray.plan.checks.catalogue import Check
from buildxray.syntax.text import TextRange


class CheckWarning(NamedTuple):
    """One warning of a check."""

    check: Check
    message: str
    """The message in BuildKit's words."""
    lines: tuple[int, int]
    """The first and last line that BuildKit reports, 1-based."""
    range: TextRange
    """The range of the smallest token that causes the warning, on one line."""
    instruction: int
    """The index of its instruction."""
    subject: str = ""
    """The name or value that the warning is about; empty if the check alone describes it."""
    replacement: str = ""
    """The text that was probably meant instead of the subject; empty if no known name is close."""


class Stop(NamedTuple):
    """The point at which BuildKit refuses the file, and therefore reports no further warnings."""


Event = CheckWarning | Stop
