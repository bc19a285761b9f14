"""The names and programs that a Dockerfile mentions, so that a rule runs only on files that mention its subject.

Each node is searched once, and an edit changes the nodes of few instructions.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.library_paths import architectures_in_paths
from buildxray.syntax.instructions import Node, of_node
from buildxray.syntax.lazy_regex import lazy_regex


class Mention(Enum):
    """A name or program in the text of an instruction or of its heredocs."""

    ARCHITECTURE = "the name of an architecture"
    ARCHITECTURE_IN_PATH = "a path that exists on one architecture alone"
    PLATFORM_ARGUMENT = "the name of an automatic argument about platforms"
    BUILD_MACHINE = "the name of an automatic argument about the build machine"
    TARGETSTAGE = "TARGETSTAGE"
    GOARCH = "GOARCH"
    CONDA_PLATFORM = "what conda calls a platform"


_AUTOMATIC: Final = lazy_regex(rf"\b(?:{'|'.join(AUTOMATIC_ARGUMENTS)})\b")

_OF_CONDA: Final = lazy_regex(r"\blinux-(?:32|64|aarch64|ppc64le|s390x)\b")


@of_node
def mentions(node: Node) -> frozenset[Mention]:
    """The names and programs that an instruction mentions."""
    found: set[Mention] = set()
    for text in (node.text, *(it.content for it in node.heredocs)):
        if named_architectures(text):
            found.add(Mention.ARCHITECTURE)
        if architectures_in_paths(text):
            found.add(Mention.ARCHITECTURE_IN_PATH)
        if "linux-" in text and _OF_CONDA.search(text):
            found.add(Mention.CONDA_PLATFORM)
        if "GOARCH" in text:
            found.add(Mention.GOARCH)
        if "TARGET" in text or "BUILD" in text:
            found.update(map(_of_argument, _AUTOMATIC.findall(text)))
    if Mention.BUILD_MACHINE in found:
        found.add(Mention.PLATFORM_ARGUMENT)
    return frozenset(found)


def _of_argument(name: str) -> Mention:
    if name == "TARGETSTAGE":
        # It has nothing to do with platforms.
        return Mention.TARGETSTAGE
    return Mention.BUILD_MACHINE if name.startswith("BUILD") else Mention.PLATFORM_ARGUMENT
