"""The scripts, Makefiles and pipelines of a repository: found without importing their readers, which few directories need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from os import DirEntry
from pathlib import Path
from typing import Final

from buildxray.files.reading import entries_of, exists, is_file, is_repository, read_project_text
from buildxray.syntax.lazy_regex import lazy_regex

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
    ".woodpecker",
)
"""Directories in which projects keep such files, and from whose parent people start them."""
PACKAGE: Final = "package.json"
"""The file whose `scripts` people run with npm, pnpm or Yarn."""
MOST_FILES: Final = 120
_MOST_ENTRIES: Final = 4_000
"""Limit for the entries of the directories below the root that are searched too."""
_DEEPEST: Final = 3
_MOST_BYTES: Final = 100_000
"""Limit for a script without a suffix, which is read to see what it is."""
_SKIPPED: Final = frozenset(
    ("node_modules", "vendor", "third_party", "3rdparty", "testdata", "target", "dist", "site-packages", "workflows")
)
"""Directories with the code of other projects, and the one whose files are read as workflows."""
_PIPELINE_DIRECTORIES: Final = frozenset(
    [
        ".azure",
        ".azure-pipelines",
        ".azuredevops",
        ".buildkite",
        ".circleci",
        ".codebuild",
        ".drone",
        ".gitlab",
        ".gitlab-ci",
        ".pipelines",
        ".semaphore",
        ".woodpecker",
        "azure-pipelines",
        "buildspecs",
        "pipelines",
    ]
)
"""Directories in which each YAML file belongs to a pipeline; the directories in them too."""
_HIDDEN: Final = _PIPELINE_DIRECTORIES | {
    ".github",
    ".jenkins",
    ".taskfiles",
    ".tekton",
}
"""Directories that are searched although their names begin with a dot, beside those in `_SCRIPT_DIRECTORIES` with a dot: `.ci`."""
_TASKFILE: Final = lazy_regex(r"taskfile(?:[._-].*)?", re.IGNORECASE)
GORELEASER: Final = (".goreleaser.yaml", ".goreleaser.yml", "goreleaser.yaml", "goreleaser.yml")
_OTHER_GORELEASER: Final = lazy_regex(r"\.?goreleaser[._-][\w.-]+\.ya?ml")
"""A configuration of GoReleaser that only `--config` names."""
_TEXTS: Final = (
    ".ahoy.yml",
    "Jenkinsfile",
    "justfile",
    "Justfile",
    ".justfile",
    ".travis.yml",
    "mise.toml",
    ".mise.toml",
)
SKAFFOLD: Final = ("skaffold.yaml", "skaffold.yml")
_NAMES: Final = frozenset((*MAKEFILES, *GORELEASER, *SKAFFOLD, *_TEXTS))
_PIPELINE: Final = lazy_regex(
    r"(?:^|[._-])(?:appveyor|azure-?pipelines?|bitbucket-pipelines|build-?spec|cirrus|cloud-?build|codefresh|drone|gitlab-ci"
    r"|screwdriver|semaphore|wercker|woodpecker)(?=[._-])",
    re.IGNORECASE,
)
"""The name of a pipeline, perhaps with more before and after it: `buildspec-arm64.yml`, `dev.cloudbuild.yaml`."""
_SHELL_SUFFIXES: Final = (".sh", ".bash", ".zsh", ".ksh")
OTHER_SHELLS: Final = (".ps1", ".psm1", ".cmd", ".bat")
"""Suffixes of scripts whose language is not that of the shell."""
_OF_AZURE: Final = frozenset(("ado", "azure", "azure-devops", "azuredevops"))
_AZURE: Final = lazy_regex(
    r"^[ \t]*(?:-[ \t]+)?task[ \t]*:[ \t]*[\"']?Docker(?:Compose)?@\d|^[ \t]*vmImage[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
"""Source: learn.microsoft.com, "YAML schema reference for Azure Pipelines", `steps.task`, `pool`."""
_MOST_ASKED: Final = 60
"""Limit for the YAML files that are read to see if they are pipelines of Azure."""
_READ_SUFFIXES: Final = (*_SHELL_SUFFIXES, *OTHER_SHELLS, ".mk", ".jenkinsfile", ".just")
_YAML: Final = (".yml", ".yaml")
_INTERPRETER: Final = lazy_regex(r"#![^\n]*\b(?:a|ba|da|k|mk|z)?sh\b")
_SEEN_SUFFIXES: Final = (
    ".py",
    ".rb",
    ".js",
    ".mjs",
    ".ts",
    ".groovy",
    ".gradle",
    ".kts",
    ".fish",
    ".pl",
    ".nix",
    ".xml",
)
_SEEN_NAMES: Final = frozenset(
    [
        "Earthfile",
        "Rakefile",
        "Tiltfile",
        "app.json",
        ".drone.jsonnet",
        ".drone.star",
        "azure.yaml",
        "devspace.yaml",
        "garden.yml",
        "okteto.yml",
        "package.json",
        "serverless.yml",
        "werf.yaml",
    ]
)
_SCRIPT_DIRECTORIES: Final = frozenset(
    [
        "bin",
        "build",
        "ci",
        "deploy",
        "deployment",
        "dev",
        "devops",
        "docker",
        "hack",
        "infra",
        "ops",
        "release",
        "script",
        "scripts",
        "tools",
    ]
)
"""Directories whose programs in other languages may build images."""


def script_files(root: Path) -> Iterator[Path]:
    """Yield the scripts, Makefiles and pipelines of a repository, those in the usual directories first, at most `MOST_FILES`."""
    yield from islice((it for it, is_read in _files(root) if is_read), MOST_FILES)


def script_and_seen_files(root: Path) -> tuple[list[Path], list[Path]]:
    """Those of `script_files`, and at most `MOST_FILES` that may build images in a way that is not read: programs of other languages, tools for clusters."""
    files = [*_files(root)]
    scripts = [it for it, is_read in files if is_read]
    others = [it for it, is_read in files if not is_read]
    return scripts[:MOST_FILES], others[:MOST_FILES]


def is_goreleaser(name: str) -> bool:
    """True for the name of a configuration of GoReleaser, which reads those in `GORELEASER` by itself."""
    return name in GORELEASER or _OTHER_GORELEASER.fullmatch(name) is not None


def is_shell(path: Path, text: str) -> bool:
    """True if a file is a script of the shell, by its name or by its first line."""
    return has_shell_ending(path) or (path.suffix == "" and names_shell(text))


def has_shell_ending(path: Path) -> bool:
    """True if the name of a file ends as those of shell scripts do."""
    return path.suffix in _SHELL_SUFFIXES


def names_shell(text: str) -> bool:
    """True if the first line of a text names a shell as its interpreter."""
    return _INTERPRETER.match(text) is not None


def may_hold_sources(directory: str) -> bool:
    """True unless a directory is hidden by its name and neither for scripts nor for pipelines: caches, settings of tools, environments."""
    return not directory.startswith(".") or directory in _HIDDEN or directory[1:] in _SCRIPT_DIRECTORIES


def is_taskfile(name: str) -> bool:
    """True if Task reads a file of this name, or others include it: `Taskfile.yml`, `Taskfile.docker.yml`. Source: taskfile.dev, "Supported file names"."""
    stem, _dot, suffix = name.rpartition(".")
    return suffix in {"yml", "yaml"} and _TASKFILE.fullmatch(stem) is not None


def _files(root: Path) -> Iterator[tuple[Path, bool]]:
    """The files that may start builds; True for those whose commands are read."""
    n_asked = 0
    for directory in searched_directories(root):
        parts = directory.relative_to(root).parts
        is_pipeline = not _PIPELINE_DIRECTORIES.isdisjoint(parts)
        is_usual = directory.name.removeprefix(".") in _SCRIPT_DIRECTORIES or directory == root
        for entry in entries_of(directory):
            name = entry.name
            if _is_read(name, is_pipeline=is_pipeline) or (is_usual and has_interpreter(entry)):
                yield Path(entry.path), True
            elif (
                name in _SEEN_NAMES
                or (directory.name == ".tekton" and name.endswith(_YAML))
                or (is_usual and name.endswith(_SEEN_SUFFIXES))
            ):
                yield Path(entry.path), False
            elif (is_usual or directory.name in _OF_AZURE) and name.endswith(_YAML) and n_asked < _MOST_ASKED:
                n_asked += 1
                if _is_of_azure(entry):
                    yield Path(entry.path), True


def _is_of_azure(entry: DirEntry[str]) -> bool:
    """True if a YAML file is a pipeline of Azure, whose name people choose: it has a task for Docker, or a machine of Azure."""
    path = Path(entry.path)
    text = read_project_text(path, _MOST_BYTES) if is_file(path) else None
    return text is not None and _AZURE.search(text) is not None


def _is_read(name: str, *, is_pipeline: bool) -> bool:
    if (
        name in _NAMES
        or is_taskfile(name)
        or is_goreleaser(name)
        or name.endswith(_READ_SUFFIXES)
        or name.startswith(("Jenkinsfile", "Makefile."))
    ):
        return True
    return name.endswith((*_YAML, ".json")) and (is_pipeline or _PIPELINE.search(name) is not None)


def has_interpreter(entry: DirEntry[str]) -> bool:
    """True if a file without a suffix is a script of the shell."""
    path = Path(entry.path)
    text = None if "." in entry.name or not is_file(path) else read_project_text(path, _MOST_BYTES)
    return text is not None and is_shell(path, text)


def searched_directories(root: Path) -> Iterator[Path]:
    """Yield the usual directories, then in a repository those below its root; other repositories and hidden directories are left out."""
    usual = [root / it if it else root for it in _DIRECTORIES]
    yield from usual
    if not is_repository(root):
        return
    pending = [(root, 0)]
    n_entries = 0
    while pending:
        directory, depth = pending.pop(0)
        if directory not in usual:
            yield directory
        listed = entries_of(directory)
        n_entries += len(listed)
        if depth >= _DEEPEST or n_entries >= _MOST_ENTRIES:
            continue
        pending += (
            (directory / it.name, depth + 1)
            for it in listed
            if it.name not in _SKIPPED and may_hold_sources(it.name) and _is_own_directory(it)
        )


def _is_own_directory(entry: DirEntry[str]) -> bool:
    """True for a directory that is neither a link nor another repository."""
    try:
        return entry.is_dir(follow_symlinks=False) and not exists(Path(entry.path, ".git"))
    except OSError:
        return False
