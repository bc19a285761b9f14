"""Workflows, scripts and Makefiles: the builds that continuous integration and developers start. Nothing is executed."""

from pathlib import Path
from typing import Final

from buildxray.files.reading import entries_of

WORKFLOWS: Final = Path(".github", "workflows")
"""The directory of GitHub's workflows, relative to the root of a repository."""
_MOST_WORKFLOWS: Final = 100


def workflow_files(root: Path) -> list[Path]:
    """Return the workflows of a repository, given its root; at most `_MOST_WORKFLOWS`, and none where the directory cannot be read."""
    return [Path(it.path) for it in entries_of(root / WORKFLOWS) if it.name.endswith((".yaml", ".yml"))][
        :_MOST_WORKFLOWS
    ]
