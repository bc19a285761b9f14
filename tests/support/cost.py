"""The cost of plans: of a new document, and after an edit of one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

from buildxray.plan.model import Plan
from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform
from buildxray.syntax.parser import Dockerfile, parse

TARGETS = [Platform("linux", it) for it in ("amd64", "arm64", "386", "s390x", "ppc64le", "riscv64", "arm", "mips64le")]


class Document:
    """A document in an editor."""

    def __init__(self, *, n_targets: int = 2) -> None:
        self.planner = Planner(BuildRequest(TARGETS[0], tuple(TARGETS[:n_targets])))
        self.dockerfile: Dockerfile | None = None

    def plan(self, text: str) -> Plan:
        """The plan of the next version of the text."""
        self.dockerfile = parse(text, earlier=self.dockerfile)
        return self.planner.plan(self.dockerfile)


def forget() -> None:
    """Empty the caches that outlive a document."""
    modules = [module for name, module in sys.modules.items() if name.startswith("buildxray.")]
    for it in [value for module in modules for value in vars(module).values()]:
        if hasattr(it, "cache_clear"):
            it.cache_clear()


def with_comment(text: str, n: int) -> str:
    """The text with a comment in its middle."""
    start = text.index("\nCOPY", len(text) // 2)
    return f"{text[:start]}\n# {n}{text[start:]}"


def with_copy(text: str, n: int) -> str:
    """The text with its middle COPY changed."""
    start = text.index("COPY", len(text) // 2)
    return f"{text[:start]}COPY file-{n} /there{text[text.index(chr(10), start) :]}"


def with_directory(text: str, n: int) -> str:
    """The text with its first WORKDIR changed, on which the rest of its stage depends."""
    start = text.index("WORKDIR")
    return f"{text[:start]}WORKDIR /directory-{n}{text[text.index(chr(10), start) :]}"


EDITS = {"a comment": with_comment, "a COPY": with_copy, "a WORKDIR": with_directory}


def n_calls(function: Callable[[], object], *, most: int = 1_000_000_000) -> int:
    """The number of function calls: a measure of time that does not depend on other processes; it fails after `most` of them."""
    n = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal n
        n += event in ("call", "c_call")
        assert n <= most

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return n
