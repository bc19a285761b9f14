"""The calls `docker.build(…)`, the directories `dir(…) { … }` and the machines of a Jenkinsfile, which is read as text. Nothing is executed.

Source: jenkins.io, "Using Docker with Pipeline", "Pipeline: Basic Steps", and "Pipeline Syntax", `agent`; jenkinsci/docker-workflow-plugin, Docker.groovy: the
second argument is the rest of the command, by default `.`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from buildxray.platforms.machines import Machines
from buildxray.platforms.platform import Platform
from buildxray.projects.ci.expressions import UNKNOWN_VARIABLE
from buildxray.projects.ci.machines import named_architectures
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
_PLACE: Final = lazy_regex(
    rf"(?<![\w.])(?:(?P<agent>agent)[ \t]*(?P<of_agent>\{{)|label(?:[ \t]*\(|[ \t]*:)?[ \t]*(?P<label>{_TEXT})"
    rf"|node[ \t]*\([ \t]*(?P<node>{_TEXT})[ \t]*\)[ \t]*(?P<of_node>\{{))|(?P<brace>[{{}}])"
)
"""An agent of a pipeline, the label in one, a node, or a brace."""
_VARIABLE: Final = lazy_regex(r"\$\{[^{}\n]*\}|\$[A-Za-z_][\w.]*")
_CHECKOUT: Final = lazy_regex(r"\$(?:\{(?:env\.)?WORKSPACE\}|(?:env\.)?WORKSPACE\b)/?")
_MOST_BLOCKS: Final = 20_000
_MOST_LABELS: Final = 200


class _Labelled(NamedTuple):
    """A block of steps whose machine has a label."""

    start: int
    end: int
    label: str


class Jenkinsfile:
    """The text of a Jenkinsfile."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = [0]
        self._directories: list[str | None] = ["."]
        self._read_blocks()
        self._labels = [*self._read_labels()]
        """The ranges of offsets with a machine, each before those inside it, and its labels."""
        self._names_other = any(named_architectures(it.label) - {"amd64"} for it in self._labels)

    def machines(self, offset: int) -> Machines:
        """The machine of a step. Nothing is said if no label of the file names another architecture than amd64."""
        if not self._names_other:
            return Machines()
        around = [it.label for it in self._labels if it.start <= offset < it.end]
        named = named_architectures(around[-1]) if around and "$" not in around[-1] else set()
        return Machines(Platform("linux", named.pop())) if len(named) == 1 else Machines(is_unknown=True)

    def directory(self, offset: int) -> str | None:
        """The directory of a step, relative to the root of the checkout; None if only a run could tell."""
        return self._directories[bisect_right(self._starts, offset) - 1]

    def builds(self) -> Iterator[tuple[int, str]]:
        """Yield the offset of each call of `docker.build`, and its command for the shell."""
        for match in _BUILD.finditer(self._text):
            rest = match["rest"]
            words = "." if rest is None else _VARIABLE.sub(lambda _match: UNKNOWN_VARIABLE, rest[1:-1])
            yield match.start(), f"docker build {words}"

    def names(self, architecture: str) -> bool:
        """True if a label of a machine names an architecture."""
        return any(architecture in named_architectures(it.label) for it in self._labels)

    def _read_labels(self) -> Iterator[_Labelled]:
        """Yield the blocks whose machine has a label; that of an agent is for the block around it."""
        opened: list[int] = []
        agents: list[int] = []
        of_blocks: dict[int, str] = {}
        ends: dict[int, int] = {}
        for match in islice(_PLACE.finditer(self._text), _MOST_BLOCKS):
            if match["brace"] == "}":
                if opened:
                    ends[opened.pop()] = match.start()
                if agents and agents[-1] >= len(opened):
                    agents.pop()
            elif match["label"] is not None:
                # A label may be in `docker { … }` in the agent.
                if agents and agents[-1] > 0:
                    of_blocks.setdefault(opened[agents[-1] - 1], match["label"][1:-1])
            else:
                if match["agent"] is not None:
                    agents.append(len(opened))
                opened.append(match.start())
                if match["node"] is not None:
                    of_blocks[match.start()] = match["node"][1:-1]
        for start in sorted(of_blocks)[:_MOST_LABELS]:
            yield _Labelled(start, ends.get(start, len(self._text)), of_blocks[start])

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
