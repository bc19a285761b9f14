"""The names of Dockerfiles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.suggestions import edit_distance

_DOCKERFILE: Final = lazy_regex(
    r"(?:.+[._-])?(?:Dockerfile|Containerfile)(?:[._-].+)?|Containerfile.*", re.IGNORECASE | re.DOTALL
)
_EXTENSIONS: Final = """
adoc asc awk backup bak bash bat bats c cc cfg cjs cmd conf cpp cs css csv ctmpl diff dockerignore earth ejs epp erb go gotmpl gotpl
gtpl h hbs hcl html in ini ipynb j2 java jinja jinja2 js json json5 jsonnet jsx ksh kt kts liquid lock log lua m4 mako md mjs mustache
njk old orig patch php pl png properties ps1 psm1 py pyc rb rej rs rst save scala sed sh sha256 sig snap sum svg swift swo swp t templ
template text tf tmp tmpl toml tpl ts tsx twig txt xml yaml yml zip zsh
"""
OTHER_EXTENSIONS: Final = frozenset(_EXTENSIONS.split())
"""Extensions that tell that a file is not a Dockerfile but one about it: sources, documents, backups, templates."""
_BACKUPS: Final = frozenset(("backup", "bak", "old", "orig", "save"))
"""Extensions that a number may follow: `Dockerfile.bak2`. `Dockerfile.py3` is a Dockerfile for Python 3."""

_IS_USUAL: Final = lazy_regex(
    r"(?:Dockerfile|Containerfile).*|.*\.(?:Dockerfile|Containerfile)", re.IGNORECASE | re.DOTALL
)
_WORD: Final = lazy_regex(r"[._-]")
_ENDS: Final = lazy_regex(r"(?:Dockerfile|Containerfile)\Z", re.IGNORECASE)

DOCKERFILES: Final = ("**/*[Dd]ockerfile*", "**/*[Cc]ontainerfile*")
"""Glob patterns of common names."""


def is_dockerfile(name: str) -> bool:
    """True if a search takes a file with this base name for a Dockerfile; letter case does not matter.

    `Dockerfile.dev` is one. `dockerfile.go` is a program, `Dockerfile.bak` a backup, and `Dockerfile.tmpl` a template:
    such files are read only if the user names them.
    """
    if _DOCKERFILE.fullmatch(name) is None or name.endswith(("~", "#")):
        return False
    _, dot, extension = name.rpartition(".")
    extension = extension.lower()
    return not dot or not (extension in OTHER_EXTENSIONS or extension.rstrip("0123456789") in _BACKUPS)


def may_be_script(name: str) -> bool:
    """True if a base name that `is_dockerfile` accepts is also common for scripts: `build-dockerfile`, `post-build-dockerfile`."""
    return _IS_USUAL.fullmatch(name) is None


def may_be_of_another_kind(name: str) -> bool:
    """True if something follows `Dockerfile` in a base name that `is_dockerfile` accepts: `Dockerfile.dev`, `Dockerfile.tmLanguage`."""
    return may_be_script(name) or _ENDS.search(name) is None


def similar_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that differs from a name in its spelling only: in case, or in one or two letters, but not in the words of a suffix.

    `Dockerfile` is not `Dockerfile.api`, and `Dockerfile.dev` not `Dockerfile.ci`: another suffix is another image.
    """
    words = _WORD.split(name[:200].lower())
    for it in known:
        others = _WORD.split(it[:200].lower())
        pairs = [(one, other) for one, other in zip(words, others, strict=False) if one != other]
        if len(words) == len(others) and all(_is_misspelling(*pair) for pair in pairs):
            return it
    return None


def _is_misspelling(word: str, other: str) -> bool:
    """True if two words of at least four letters differ in one letter, or two in a longer one: added, missing, other or exchanged."""
    if min(len(word), len(other)) < 4:
        return False
    limit = 3 if max(len(word), len(other)) > 7 else 2
    return sorted(word) == sorted(other) or edit_distance(word, other, limit) < limit
