"""The code of the server as syntax trees, each parsed once for all tests of the repository."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

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


class Import(NamedTuple):
    """An import statement of a module."""

    module: str
    names: tuple[str, ...]
    """The names that `from module import …` names; empty for `import module`."""
    is_for_types: bool
    """True under `if TYPE_CHECKING:`, which does not run."""


_IMPORT = re.compile(
    r"^(?P<indent>[ ]*)(?:from (?P<module>[\w.]+) import (?P<names>\([^)]*\)|.+)|import (?P<modules>[\w., ]+))",
    re.MULTILINE,
)
_TYPES = re.compile(r"^if TYPE_CHECKING:\n(?:(?: .*)?\n)+", re.MULTILINE)


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """The imports of a module, read from its lines: syntax trees of all modules take a second and a half."""
    text = source(path)
    for_types = [it.span() for it in _TYPES.finditer(text)]
    statements: list[Import] = []
    for it in _IMPORT.finditer(text):
        is_for_types = any(start <= it.start() < end for start, end in for_types)
        if it["module"]:
            statements.append(Import(it["module"], (*_names(it["names"]),), is_for_types))
        else:
            statements += (Import(name, (), is_for_types) for name in _names(it["modules"]))
    return tuple(statements)


def _names(text: str) -> list[str]:
    """The names of a list of imports, without comments and without what they are called here."""
    listed = re.sub("#.*", "", text).strip("()\n ").split(",")
    return [it.split()[0] for it in listed if it.strip()]
