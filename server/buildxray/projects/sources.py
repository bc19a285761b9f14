"""What the files beside a Dockerfile tell; they are read as text, never executed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import (
    MOST_LOCK_BYTES,
    ReadError,
    list_directory,
    read_bytes,
    read_project_bytes,
    read_project_text,
    walk,
)
from buildxray.platforms.aliases import named_architectures
from buildxray.projects.file_names import is_dockerfile
from buildxray.toolchains.base import Workspace

_MOST_FILES: Final = 2000
_MOST_BYTES: Final = 20_000_000
_IMPORT_C: Final = re.compile(rb'^\s*(?:import\s+)?"C"\s*$', re.MULTILINE)
_IMPORT_LIBC: Final = re.compile(
    rb'^\s*(?:import\s+)?(?:[\w.]+\s+)?"(?:C|net|net/\S+|os/user|plugin)"\s*$', re.MULTILINE
)
"""Packages of the standard library that cgo links to the C library, `net` by way of those that use it included."""
_CGO_MODULES: Final = re.compile(
    r"\b(?:github\.com/(?:mattn/go-sqlite3|confluentinc/confluent-kafka-go|linxGnu/grocksdb|tecbot/gorocksdb"
    r"|libgit2/git2go|godror/godror|DataDog/go-libddwaf|go-gl/\S+|ethereum/go-ethereum|supranational/blst)"
    r"|gocv\.io/x/gocv)\b"
)
_SETS_PLATFORM: Final = re.compile(r"^\t[^\n]*\bsed\b(?:[^\n]|\\\n)*FROM --platform=", re.MULTILINE)
"""`sed -e '1 s/\\(^FROM\\)/FROM --platform=…/' Dockerfile > Dockerfile.cross`"""
_REPLACE_LOCALLY: Final = re.compile(r"^[^/\n]*=>\s*\.{1,2}/", re.MULTILINE)
_REQUIRE: Final = re.compile(r"^\s*require\b", re.MULTILINE)
_SKIPPED: Final = frozenset({"node_modules", "testdata", "vendor"})


def read_workspace(directory: Path) -> Workspace:
    """The facts about the sources in a directory; whatever cannot be read stays unknown."""
    module = read_project_text(directory / "go.mod")
    makefile = read_project_text(directory / "Makefile")
    sets_platform = makefile is not None and _SETS_PLATFORM.search(makefile) is not None
    files_for = _architectures_of_files(directory)
    if module is None:
        return Workspace(
            has_native_packages=_has_native_packages(directory),
            makefile_sets_platform=sets_platform,
            files_for=files_for,
        )
    requires_modules = _REQUIRE.search(module) is not None
    sources = _Sources(directory)
    uses_cgo = True if _CGO_MODULES.search(module) else sources.hold(_IMPORT_C)
    may_use_libc = True if requires_modules or uses_cgo else sources.hold(_IMPORT_LIBC)
    return Workspace(
        uses_cgo,
        may_use_libc,
        requires_modules,
        _has_native_packages(directory),
        sets_platform,
        has_vendored_modules=read_project_text(directory / "vendor" / "modules.txt") is not None,
        replaces_modules=_REPLACE_LOCALLY.search(module) is not None,
        files_for=files_for,
    )


def _architectures_of_files(directory: Path) -> frozenset[str]:
    """The architectures in the names of the Dockerfiles of a directory."""
    try:
        names = [it.name for it in list_directory(directory)]
    except ReadError:
        return frozenset()
    return frozenset(found for it in names if is_dockerfile(it) for *_, found in named_architectures(it))


class _Sources:
    """The Go files of a module, without its tests."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def hold(self, pattern: re.Pattern[bytes]) -> bool | None:
        """Whether a file matches; None where there are too many to tell."""
        n_bytes = 0
        for n_files, path in enumerate(_go_files(self._directory)):
            try:
                source = read_bytes(path, _MOST_BYTES - n_bytes, self._directory)
            except ReadError:
                return None
            n_bytes += len(source)
            if n_files >= _MOST_FILES:
                return None
            if pattern.search(source):
                return True
        return False


def _has_native_packages(directory: Path) -> bool | None:
    """Whether the lock file of npm lists packages for one architecture, or such as compile when they are installed."""
    content = read_project_bytes(directory / "package-lock.json", MOST_LOCK_BYTES)
    try:
        lock: Any = None if content is None else json.loads(content)
        packages: Any = lock.get("packages", {}).values()
    except (ValueError, AttributeError, RecursionError):
        return None
    return any(
        isinstance(it, dict) and not it.get("dev") and (it.get("hasInstallScript") or it.get("cpu")) for it in packages
    )


def _go_files(directory: Path) -> Iterator[Path]:
    for root, directories, names in walk(directory):
        directories[:] = sorted(it for it in directories if it not in _SKIPPED and not it.startswith((".", "_")))
        yield from (Path(root, it) for it in sorted(names) if it.endswith(".go") and not it.endswith("_test.go"))
