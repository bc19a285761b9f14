"""One build as its log tells it, whatever the form of the log.

Times are seconds. Where a log has them, intervals count from the beginning of the build.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from buildxray.localization import Message, gettext_lazy


class Form(Enum):
    """The form of a log."""

    PLAIN = "plain"
    TTY = "tty"
    RAWJSON = "rawjson"
    RECORD = "record"


class Status(Enum):
    """How a vertex ended."""

    DONE = "done"
    CACHED = "cached"
    FAILED = "failed"
    CANCELED = "canceled"
    UNFINISHED = "unfinished"
    """The log ends before the vertex does, or the vertex never started."""


class LogError(ValueError):
    """A file that cannot be read as a build log; the message says what was expected."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message
        """The text, which can still be translated."""


class Interval(NamedTuple):
    """When something ran, in seconds since the beginning of the build; half-open."""

    start: float
    end: float


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Intervals without overlaps, in order of time: a vertex that two targets wait for is reported twice."""
    result: list[Interval] = []
    for it in sorted(intervals):
        if result and it.start <= result[-1].end:
            result[-1] = Interval(result[-1].start, max(result[-1].end, it.end))
        else:
            result.append(it)
    return tuple(result)


def covered(intervals: Iterable[Interval]) -> float:
    """The seconds that intervals cover, overlaps once."""
    return sum(it.end - it.start for it in merged(intervals))


@dataclass(frozen=True, slots=True)
class LoggedVertex:
    """One operation of a build; the members of a progress group (`COPY --link`) are one vertex, as on a terminal."""

    name: str
    """As BuildKit wrote it; perhaps cut at the width of a terminal."""
    status: Status
    seconds: float | None
    """How long it ran, waiting for its inputs not counted; None where the log does not tell."""
    intervals: tuple[Interval, ...] = ()
    """Without overlaps; empty where the log does not tell."""
    digests: tuple[str, ...] = ()
    """Of the operations that it is; empty for a text."""
    inputs: tuple[str, ...] = ()
    """Digests of what it works on."""
    is_cut: bool = False
    """True if the name may have been cut."""
    extracting: float = 0.0
    """Of the seconds, those spent on unpacking layers of an image."""
    cpu_seconds: float | None = None
    """Processor time, where a history record has it."""
    error: str = ""


class LoggedRequest(NamedTuple):
    """What was asked of a build, where a history record tells."""

    platforms: tuple[str, ...] = ()
    arguments: tuple[tuple[str, str], ...] = ()
    target: str = ""
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class LoggedBuild:
    """One build of a log."""

    form: Form
    vertices: tuple[LoggedVertex, ...]
    """In the order in which the log first names each."""
    total: float | None
    """Seconds from the beginning to the end; None for a plain log without time stamps, which does not tell."""
    name: str = ""
    """What tells it from other builds of the log: the target of a Bake or Compose file; empty for a build on its own."""
    is_failed: bool = False
    is_complete: bool = True
    """True if the log holds the end of the build."""
    request: LoggedRequest | None = None
    dockerfile: str | None = None
    """The text that was built, where a history record has it."""
    others: tuple[LoggedVertex, ...] = ()
    """Vertices with the names of other targets of the same log, some of which this build may share."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The first line of the instruction (from 1 on) of each digest, where a history record has it."""

    @property
    def precision(self) -> float:
        """How far a time of a vertex may be off, in seconds: BuildKit rounds in texts."""
        return 0.05 if self.form in (Form.PLAIN, Form.TTY) else 0.001


@dataclass(frozen=True, slots=True)
class Log:
    """All builds of one log."""

    builds: tuple[LoggedBuild, ...]
    """At least one."""
    n_broken: int = 0
    """Lines that began like those of a log and could not be read."""


NOT_A_LOG = gettext_lazy(
    "not a build log: expected the output of `docker buildx build` (--progress plain, rawjson or a copied terminal)"
    " or a history record (.dockerbuild)"
)
