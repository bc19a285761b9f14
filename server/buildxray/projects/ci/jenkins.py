"""The calls `docker.build(…)` and the directories `dir(…) { … }` of a Jenkinsfile, which is read as text. Nothing is executed.

Source: jenkins.io, "Using Docker with Pipeline" and "Pipeline: Basic Steps"; jenkinsci/docker-workflow-plugin, Docker.groovy: the
second argument is the rest of the command, by default `.`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from buildxray.projects.ci.expressions import UNKNOWN_VARIABLE
from buildxray.projects.ci.site import WORKSPACE, in_checkout
from buildxray.syntax.lazy_regex import lazy_regex

_TEXT: Final = r"(?:\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
_BUILD: Final = lazy_regex(
    rf"\bdocker\.build(?:[ \t]*\(\s*|[ \t]+)(?:{_TEXT}|[\w.]+)(?:\s*\+\s*(?:{_TEXT}|[\w.]+)){{0,20}}"
    rf"(?:\s*,\s*(?P<rest>{_TEXT}))?[ \t]*(?P<end>\)|[;}}\r\n]|\Z)"
)
"""A call whose second argument, if there is one, is a text as a whole."""
_BLOCK: Final = lazy_regex(
    rf"(?<![\w.])dir(?:[ \t]*\([ \t]*|[ \t]+)(?:(?P<path>{_TEXT})|[\w.]+)[ \t]*\)?[ \t]*(?P<open>\{{)|(?P<brace>[{{}}])"
)
_VARIABLE: Final = lazy_regex(r"\$\{[^{}\n]*\}|\$[A-Za-z_][\w.]*")
_CHECKOUT: Final = lazy_regex(r"\$(?:\{(?:env\.)?WORKSPACE\}|(?:env\.)?WORKSPACE\b)/?")
_MOST_BLOCKS: Final = 20_000


class Jenkinsfile:
    """The text of a Jenkinsfile."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = [0]
        self._directories: list[str | None] = ["."]
        self._read_blocks()

    def directory(self, offset: int) -> str | None:
        """The directory of a step, relative to the root of the checkout; None if only a run could tell."""
        return self._directories[bisect_right(self._starts, offset) - 1]

    def builds(self) -> Iterator[tuple[int, str]]:
        """Yield the offset of each call of `docker.build`, and its command for the shell."""
        for match in _BUILD.finditer(self._text):
            rest = match["rest"]
            words = "." if rest is None else _VARIABLE.sub(lambda _match: UNKNOWN_VARIABLE, rest[1:-1])
            yield match.start(), f"docker build {words}"

    def _read_blocks(self) -> None:
        """Effect: note where the directory of the steps changes."""
        around: list[str | None] = []
        for number, match in enumerate(_BLOCK.finditer(self._text)):
            before = self._directories[-1]
            if match["brace"] == "}":
                after = around.pop() if around else "."
            else:
                around.append(before)
                after = _entered(before, match["path"]) if match["open"] else before
            if number >= _MOST_BLOCKS:
                after = None
            if after != before:
                self._starts.append(match.end())
                self._directories.append(after)


def _entered(before: str | None, path: str | None) -> str | None:
    """The directory of a block, given the one around it and the text of the path; None if one of them is unknown."""
    plain = None if path is None else _CHECKOUT.sub(f"{WORKSPACE}/", path[1:-1])
    return None if before is None or plain is None or re.search(r"[$\\~]", plain) else in_checkout(before, plain)
