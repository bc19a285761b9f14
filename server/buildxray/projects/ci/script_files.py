"""The scripts, Makefiles and pipelines of a repository: found without importing their readers, which few directories need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from buildxray.files.reading import entries_of

MAKEFILES: Final = ("GNUmakefile", "makefile", "Makefile")
"""The files of which `make` reads the first that exists."""
_DIRECTORIES: Final = (
    "",
    ".buildkite",
    ".ci",
    "build",
    "ci",
    "docker",
    "hack",
    "make",
    "scripts",
    "tools",
    ".circleci",
)
"""Directories in which projects keep such files."""
PACKAGE: Final = "package.json"
"""The file whose `scripts` people run with npm, pnpm or Yarn."""
_MOST_FILES: Final = 80
_TEXTS: Final = (
    "Jenkinsfile",
    "justfile",
    "Justfile",
    ".justfile",
    ".travis.yml",
    "azure-pipelines.yml",
    "config.yml",
)
TASKFILES: Final = tuple(
    f"{name}{dist}.{suffix}"
    for name in ("Taskfile", "taskfile")
    for dist in ("", ".dist")
    for suffix in ("yml", "yaml")
)
"""The files that Task reads. Source: taskfile.dev, "Supported file names"."""
GORELEASER: Final = (".goreleaser.yaml", ".goreleaser.yml", "goreleaser.yaml", "goreleaser.yml")


_NAMES: Final = frozenset((*MAKEFILES, *_TEXTS, *TASKFILES, *GORELEASER, ".gitlab-ci.yml"))


def script_files(root: Path) -> Iterator[Path]:
    """Yield the scripts, Makefiles and pipelines in the usual directories, at most `_MOST_FILES`."""
    n_files = 0
    for directory in (*_DIRECTORIES, ".woodpecker"):
        for entry in entries_of(root / directory if directory else root):
            name = entry.name
            is_woodpecker = directory == ".woodpecker" or name in {".woodpecker.yml", ".woodpecker.yaml", ".drone.yml"}
            is_script = name.endswith((".sh", ".mk")) or name in _NAMES
            is_pipeline = directory == ".buildkite" and name.endswith((".yml", ".yaml"))
            if (is_woodpecker or is_script or is_pipeline) and n_files < _MOST_FILES:
                n_files += 1
                yield Path(entry.path)
