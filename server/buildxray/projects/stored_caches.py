"""Workflows that keep the cache mounts of Dockerfiles between their runs."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Final

from buildxray.files.reading import read_project_text
from buildxray.projects.ci import workflow_files
from buildxray.records import dataclass

_ACTION: Final = "buildkit-cache-dance"


@dataclass(frozen=True)
class StoredCaches:
    """A lazy reading of the workflows of one repository; those of equal roots are equal."""

    root: Path
    _answers: list[bool] = field(default_factory=list, compare=False, repr=False)
    """What the call has answered: a Dockerfile is checked at each keystroke."""

    def __call__(self) -> bool:
        """True if a workflow uses an action that finds cache mounts by their ids in the text of a Dockerfile.

        Source: github.com/reproducible-containers/buildkit-cache-dance, src/opts.ts and src/inject-cache.ts.
        """
        if not self._answers:
            texts = (read_project_text(it) or "" for it in workflow_files(self.root))
            self._answers.append(any(_ACTION in it for it in texts))
        return self._answers[0]
