"""The files that a go.mod and a go.work refer to."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from buildxray.projects.manifests.files import ProjectFiles, joined, path_in_context
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
    lists = context.above(path, "go.work") if context.has_workspace else []
    return [*context.beside(path, "go.sum"), *lists[:1], *replaced]


def list_read_at(context: ProjectFiles, path: str) -> str:
    """The list that the go command reads where a list of dependencies is: the go.work above a go.mod or go.sum if that does not use its module, otherwise the file itself.

    Source: go.dev/ref/mod, "Workspaces"; tried with Go 1.27, which then reads neither.
    """
    is_module = posixpath.basename(path) in ("go.mod", "go.sum") and context.has_workspace
    lists = context.above(path, "go.work")[:1] if is_module else []
    used = (
        {joined(posixpath.dirname(lists[0]), it["path"]) for it in _USED.finditer(context.text(lists[0]))}
        if lists
        else set()
    )
    return path if not lists or joined(posixpath.dirname(path), ".") in used else lists[0]


def copied_modules(context: ProjectFiles, path: str) -> list[str]:
    """The lists of the modules that a go.mod takes from directories though they belong to another project: copies, perhaps with changes.

    A module belongs to the account of its address on a forge, or else to its host. Nothing is known of a main module without a host in its path.
    """
    if posixpath.basename(path) != "go.mod":
        return []
    text = context.text(path)
    own = _MODULE.search(text)
    if own is None or "." not in own["path"].partition("/")[0]:
        return []
    return [
        path_in_context(path, posixpath.join(it["path"], "go.mod"))
        for it in _REPLACED.finditer(text)
        for name in _replaced_names(it[0])[:1]
        if "." in name.partition("/")[0] and _owner(name) != _owner(own["path"])
    ]


def _owner(module: str) -> tuple[str, ...]:
    host, *rest = module.lower().split("/")
    return (host, *rest[:1]) if host in _FORGES else (host,)


_FORGES: Final = frozenset({"bitbucket.org", "codeberg.org", "gitee.com", "github.com", "gitlab.com"})
"""Hosts on which the first part of a path is an account."""


def _replaced_names(line: str) -> list[str]:
    """The path of the module that a line with `=>` replaces, and perhaps its version."""
    return re.findall(r"[^\s\"]+", line.partition("=>")[0].replace("replace", " ", 1))


def _is_own_and_unused(line: str, text: str) -> bool:
    """True for the replacement of a module below the path of the main module that no other line names: Go then never reads its directory.

    A module elsewhere may be required by another one.
    """
    own = _MODULE.search(text)
    names = _replaced_names(line)
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
