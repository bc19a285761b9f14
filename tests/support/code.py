"""The code of the server as syntax trees, each parsed once for all tests of the repository."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import buildxray

ROOT = Path(buildxray.__path__[0])


@cache
def modules() -> tuple[Path, ...]:
    """The files of all modules, in order."""
    return (*sorted(ROOT.rglob("*.py")),)


@cache
def source(path: Path) -> str:
    """The text of a module."""
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a module, shared by all tests; it must not be changed."""
    return ast.parse(source(path))
