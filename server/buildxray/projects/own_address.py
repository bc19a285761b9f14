"""Build contexts that are the project's own repository at its public address: `https://github.com/acme/app.git?subdir=site`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from buildxray.files.reading import read_project_text, repository_root
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_ADDRESS: Final = lazy_regex(
    r"(?:git\+)?(?:(?:https?|git|ssh)://)?(?:[\w.-]+@)?(?P<host>[\w.-]+\.[a-z]+)(?::\d+(?=/))?[:/](?P<path>[\w.-]+(?:/[\w.-]+)+)/?",
    re.IGNORECASE,
)
_REMOTE: Final = lazy_regex(
    r"(?m)^\[remote \"origin\"\][^\S\n]*(?:\n[^\S\n]*(?:(?!url\b)[^\s\[][^\n]*)?)*\n[^\S\n]*url[ \t]*=[ \t]*(?P<url>\S+)"
)
_MODULE: Final = lazy_regex(r"(?m)^module[ \t]+(?P<name>[\w.-]+/[\w.-]+/[\w.-]+)(?:/v\d+)?[ \t\r]*$")


def own_directory(directory: Path, context: str) -> Path | None:
    """The directory of the checkout that a remote build context means; None if it is not known to be this repository.

    The address is known from the remote `origin` of Git, the `repository` of package.json or the module of go.mod. Of another commit, the
    files here are those that are most like it. Source: docs.docker.com, "Build context", Git repositories.
    """
    root = repository_root(directory)
    address, _hash, fragment = context.partition("#")
    address, _question, query = address.partition("?")
    if root is None or _normal(address) not in _own_addresses(root):
        return None
    below = parse_qs(query).get("subdir", [fragment.partition(":")[2]])[0].strip("/")
    return root / below if ".." not in below.split("/") else None


def own_names(root: Path) -> frozenset[str]:
    """The names that a repository, given its root, has on GitHub, in lower case: `acme/app`; empty if none is known."""
    parts = (it.split("/", 1) for it in _own_addresses(root))
    return frozenset(name for host, name in parts if host == "github.com")


def _own_addresses(root: Path) -> frozenset[str]:
    return frozenset(it for it in map(_normal, _written_addresses(root)) if it)


def _written_addresses(root: Path) -> Iterator[str]:
    remote = _REMOTE.search(read_project_text(root / ".git" / "config") or "")
    if remote is not None:
        yield remote["url"]
    module = _MODULE.search(read_project_text(root / "go.mod") or "")
    if module is not None:
        yield module["name"]
    try:
        package = as_mapping(json.loads(read_project_text(root / "package.json") or "{}"))
    except (ValueError, RecursionError):
        return
    repository = package.get("repository")
    url = repository if isinstance(repository, str) else as_mapping(repository).get("url")
    if isinstance(url, str):
        # npm reads `github:acme/app` and `acme/app` as addresses of GitHub.
        short = re.fullmatch(r"(?:github:)?([\w.-]+/[\w.-]+)", url)
        yield url if short is None else f"github.com/{short[1]}"


def _normal(address: str) -> str:
    """An address without its protocol and user, in lower case: `github.com/acme/app`; empty if it is not one of a repository."""
    match = _ADDRESS.fullmatch(address.strip()[:500])
    return "" if match is None else f"{match['host']}/{match['path'].removesuffix('.git')}".lower()
