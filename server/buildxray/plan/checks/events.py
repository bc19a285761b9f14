"""What the linter yields, in BuildKit's order: warnings, and the places where BuildKit would have stopped."""

from __future__ import annotations

from typing import NamedTuple

from buildxray.plan.checks.catalogue import Check
from buildxray.syntax.text import TextRange


class CheckWarning(NamedTuple):
    """One warning of a check."""

    check: Check
    message: str
    """As BuildKit words it."""
    lines: tuple[int, int]
    """First and last line of what BuildKit points at, 1-based."""
    range: TextRange
    """The smallest token that causes it, on one line."""
    instruction: int
    """The index of the instruction that holds it."""
    subject: str = ""
    """What it is about: a name, a value; empty where the check says it all."""
    replacement: str = ""
    """What was probably meant instead of the subject; empty where nothing is close."""


class Stop(NamedTuple):
    """BuildKit refuses the file here, and so warns of nothing that follows."""


Event = CheckWarning | Stop
