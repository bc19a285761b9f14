"""Workflows, scripts and Makefiles: the builds that continuous integration and people start. Nothing is executed."""

from pathlib import Path
from typing import Final

WORKFLOWS: Final = Path(".github", "workflows")
"""Where GitHub looks for them, from the root of a repository."""
