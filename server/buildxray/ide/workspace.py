"""What the files beside a Dockerfile tell; they are read as text, never executed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from buildxray.toolchains.base import Workspace

_MOST_FILES: Final = 2000
_MOST_BYTES: Final = 20_000_000
_IMPORT_C: Final = re.compile(rb'^\s*(?:import\s+)?"C"\s*$', re.MULTILINE)
_CGO_MODULES: Final = re.compile(
    r"\b(?:github\.com/(?:mattn/go-sqlite3|confluentinc/confluent-kafka-go|linxGnu/grocksdb|tecbot/gorocksdb"
    r"|libgit2/git2go|godror/godror|DataDog/go-libddwaf|go-gl/\S+|ethereum/go-ethereum|supranational/blst)"
    r"|gocv\.io/x/gocv)\b"
)
_SKIPPED: Final = frozenset({"node_modules", "testdata", "vendor"})


def read_workspace(directory: Path) -> Workspace:
    """The facts about the sources in a directory; whatever cannot be read stays unknown."""
    return Workspace(uses_cgo=_uses_cgo(directory))


def _uses_cgo(directory: Path) -> bool | None:
    """Whether the Go module in a directory needs a C compiler; None where there is none, or where it is too large."""
    try:
        modules = (directory / "go.mod").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    if _CGO_MODULES.search(modules):
        return True
    n_bytes = 0
    for n_files, path in enumerate(_go_files(directory)):
        try:
            source = path.read_bytes()
        except OSError:
            return None
        n_bytes += len(source)
        if n_files >= _MOST_FILES or n_bytes > _MOST_BYTES:
            return None
        if _IMPORT_C.search(source):
            return True
    return False


def _go_files(directory: Path) -> Iterator[Path]:
    for root, directories, names in os.walk(directory):
        directories[:] = sorted(it for it in directories if it not in _SKIPPED and not it.startswith((".", "_")))
        yield from (Path(root, it) for it in sorted(names) if it.endswith(".go") and not it.endswith("_test.go"))
