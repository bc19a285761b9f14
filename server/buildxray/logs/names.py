"""The names of vertices: `[app linux/amd64->arm64 build 5/8] RUN go build`.

BuildKit: dockerfile2llb/convert.go, prefixCommand; buildx puts the target of a Bake file first.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from buildxray.syntax.lazy_regex import lazy_regex

_BRACKET: Final = lazy_regex(r"\[([^\[\]]{1,400})\] ?(.*)", re.DOTALL)
_COUNT: Final = lazy_regex(r"(\d{1,6})/(\d{1,6})")
_PLATFORM: Final = lazy_regex(r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9.]+)?(?:\([^)]*\))?(?:->[a-z0-9_/]+)?")


class VertexName(NamedTuple):
    """The parts of a name; a missing part is empty or 0."""

    words: tuple[str, ...] = ()
    """The words before the platform: the target of a Bake file, or nothing. Without a platform: target and stage, or one of these."""
    platform: str = ""
    """`linux/amd64`, or `linux/amd64->arm64`."""
    stage: str = ""
    """The words after the platform; empty without a platform, because they are in `words` then."""
    number: int = 0
    n_steps: int = 0
    kind: str = ""
    """`internal`, `auth` or `context` for a vertex without a stage."""
    text: str = ""

    @property
    def is_step(self) -> bool:
        """True if it is a numbered step of a stage."""
        return self.n_steps > 0

    @property
    def stages(self) -> tuple[str, ...]:
        """The possible stages, the likeliest first."""
        if self.platform:
            return (self.stage,)
        return (*reversed(self.words), "") if self.words else ("",)

    @property
    def runs_on(self) -> str:
        """The platform on which it runs."""
        return self.platform.partition("->")[0]

    @property
    def builds_for(self) -> str:
        """The architecture, or the operating system and architecture, after the arrow; empty without one."""
        return self.platform.partition("->")[2]


def read_name(name: str) -> VertexName:
    """The parts of the name of a vertex."""
    match = _BRACKET.match(name)
    if match is None:
        return VertexName(text=name)
    words, text = match[1].split(), match[2]
    count = _COUNT.fullmatch(words[-1]) if words else None
    if count is not None:
        words.pop()
    elif words and words[-1] == "internal":
        words.pop()
        return _named(words, text)._replace(kind="internal")
    elif words and words[0] in ("auth", "context"):
        return VertexName(kind=words[0], text=name)
    else:
        position = next((idx for idx, it in enumerate(words) if it in ("auth", "context")), None)
        if position is None:
            return VertexName(text=name)
        return VertexName(tuple(words[:position]), kind=words[position], text=name)
    return _named(words, text)._replace(number=int(count[1]), n_steps=int(count[2]))


def _named(words: list[str], text: str) -> VertexName:
    position = next((idx for idx, it in enumerate(words) if _PLATFORM.fullmatch(it)), None)
    if position is None:
        return VertexName(tuple(words), text=text)
    return VertexName(tuple(words[:position]), words[position], " ".join(words[position + 1 :]), text=text)


def without_digest(text: str) -> str:
    """`FROM golang:1.26@sha256:…` without the resolved digest, even if a terminal has cut it."""
    return text.partition("@")[0]
