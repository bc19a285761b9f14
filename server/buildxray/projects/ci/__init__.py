"""Workflows, scripts and Makefiles: the builds that continuous integration and developers start. Nothing is executed."""

from itertools import islice
from pathlib import Path
from typing import Final

from buildxray.files.reading import entries_of

WORKFLOWS: Final = Path(".github", "workflows")
"""The directory of GitHub's workflows, relative to the root of a repository."""
_MOST_WORKFLOWS: Final = 100


_OF_OTHERS: Final = (Path(".gitea", "workflows"), Path(".forgejo", "workflows"))
"""The directories of Gitea and Forgejo, which run workflows of the same form on machines of their users."""


def workflow_files(root: Path) -> list[Path]:
    """Return the workflows of a repository, given its root; at most `_MOST_WORKFLOWS`, and none where a directory cannot be read."""
    directories = (root / it for it in (WORKFLOWS, *_OF_OTHERS))
    files = (Path(it.path) for one in directories for it in entries_of(one) if it.name.endswith((".yaml", ".yml")))
    return [*islice(files, _MOST_WORKFLOWS)]


def is_nested_workflow(path: Path, root: Path) -> bool:
    """True if a file is a workflow below the root of its repository, where GitHub runs none; it may have come with the copy of another project."""
    return path.parent.parts[-2:] == WORKFLOWS.parts and path.parent != root / WORKFLOWS


def is_on_github(workflow: Path) -> bool:
    """True if a workflow, or an action, is not in a directory of Gitea or Forgejo, so that labels such as `ubuntu-latest` name GitHub's machines."""
    return workflow.parent.parts[-2:] not in [it.parts for it in _OF_OTHERS]
