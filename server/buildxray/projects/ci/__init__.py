"""Workflows, scripts and Makefiles: the builds that continuous integration and developers start. Nothing is executed."""

from pathlib import Path
from typing import Final

WORKFLOWS: Final = Path(".github", "workflows")
"""The directory of GitHub's workflows, relative to the root of a repository."""
