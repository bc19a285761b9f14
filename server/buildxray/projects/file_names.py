"""The names of Dockerfiles."""

from __future__ import annotations

import re
from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex

_DOCKERFILE: Final = lazy_regex(
    r"(?:.+[._-])?(?:Dockerfile|Containerfile)(?:[._-].+)?|Containerfile.*", re.IGNORECASE | re.DOTALL
)
_EXTENSIONS: Final = """
adoc backup bak bash bat c cc cfg cjs cmd conf cpp cs css csv dockerignore earth ejs epp erb go gotmpl h hbs html ini ipynb j2 java jinja jinja2
js json json5 jsonnet jsx kt kts liquid lock log lua m4 mako md mjs mustache old orig patch php pl png ps1 py pyc rb rej rs rst save
scala sed sh snap svg swift swo swp template text tmp tmpl toml tpl ts tsx txt xml yaml yml zip zsh
"""
OTHER_EXTENSIONS: Final = frozenset(_EXTENSIONS.split())
"""Extensions that tell that a file is not a Dockerfile but one about it: sources, documents, backups, templates."""

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
    return not dot or extension.lower() not in OTHER_EXTENSIONS
