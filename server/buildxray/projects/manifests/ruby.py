"""The files that a Gemfile refers to."""

from __future__ import annotations

import re
from typing import Final

from buildxray.projects.manifests.files import IncompleteError, ProjectFiles, path_in_context
from buildxray.syntax.lazy_regex import lazy_regex

_RUBY_LOCAL: Final = lazy_regex(r"^[ \t]*(?:gemspec|eval_gemfile)\b", re.MULTILINE)
COMMENT_OF_RUBY: Final = lazy_regex(r"(?<!\S)#[^\n]*")
_RUBY_PATH: Final = lazy_regex(r"\bpath:|:path\b|\bpath[ \t(]+[\"']")
_RUBY_VERSION: Final = lazy_regex(
    r"^[ \t]*ruby\b[^#\n]*(?:\bfile:|:file[ \t]*=>|\b(?:File|IO)\.read\()[ \t]*[\"'](?P<path>[^\"']+)[\"']",
    re.MULTILINE,
)
_RUBY_MORE: Final = lazy_regex(
    r"\b(?:Dir|File|IO|JSON|Pathname|YAML)\.|\b(?:__dir__|__FILE__|instance_eval|require_relative)\b|`"
)
"""What a Gemfile does with other files and programs."""


def of_gemfile(context: ProjectFiles, path: str) -> list[str]:
    """The lock file of a Gemfile, and the file with the version of Ruby. Source: bundler.io, "gemfile"."""
    text = COMMENT_OF_RUBY.sub("", context.text(path))
    if (
        _RUBY_LOCAL.search(text)
        or _RUBY_PATH.search(text)
        or _RUBY_MORE.search(_RUBY_VERSION.sub("", text)) is not None
    ):
        raise IncompleteError
    versions = [path_in_context(path, it["path"]) for it in _RUBY_VERSION.finditer(text)]
    return [*context.beside(path, "Gemfile.lock"), *versions]
