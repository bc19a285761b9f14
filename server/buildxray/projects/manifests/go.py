"""The files that a go.mod and a go.work refer to."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from buildxray.projects.manifests.files import ProjectFiles, path_in_context
from buildxray.syntax.lazy_regex import lazy_regex

_REPLACED: Final = lazy_regex(r"^(?![ \t]*//)[^\n]*=>[ \t]*\"?(?P<path>\.{0,2}/[^\s\"]*|\.{1,2}(?=\s|$))", re.MULTILINE)
_USED: Final = lazy_regex(
    r"^[ \t]*(?:use[ \t]+)?\"?(?P<path>\.{1,2}(?:/[^\s\"()]*)?)\"?[ \t\r]*(?://.*)?$", re.MULTILINE
)


def of_go_mod(context: ProjectFiles, path: str) -> list[str]:
    """The files of a module: its sums, those of the workspace, and the modules that take the place of others.

    Source: go.dev/ref/mod, "replace directive" and "Workspaces".
    """
    text = context.text(path)
    used = (it for it in _REPLACED.finditer(text) if not _is_own_and_unused(it[0], text))
    replaced = [path_in_context(path, posixpath.join(it["path"], "go.mod")) for it in used]
    lists = context.above(path, "go.work")
    return [*context.beside(path, "go.sum"), *lists[:1], *replaced]


def _is_own_and_unused(line: str, text: str) -> bool:
    """True for the replacement of a module below the path of the main module that no other line names: Go then never reads its directory.

    A module elsewhere may be required by another one.
    """
    own = _MODULE.search(text)
    names = re.findall(r"[^\s\"]+", line.partition("=>")[0].replace("replace", " ", 1))
    if own is None or not names or not names[0].startswith(f"{own['path']}/"):
        return False
    return text.count(names[0]) == 1


_MODULE: Final = lazy_regex(r"^module[ \t]+\"?(?P<path>[^\s\"]+)", re.MULTILINE)


def of_go_work(context: ProjectFiles, path: str) -> list[str]:
    """The modules of a workspace of Go, and its sums. Source: go.dev/ref/mod, "Workspaces"."""
    text = context.text(path)
    used = [path_in_context(path, posixpath.join(it["path"], "go.mod")) for it in _USED.finditer(text)]
    replaced = [path_in_context(path, posixpath.join(it["path"], "go.mod")) for it in _REPLACED.finditer(text)]
    return [*context.beside(path, "go.work.sum"), *used, *replaced]
