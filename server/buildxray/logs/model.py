"""One build as its log describes it, independent of the form of the log.

Times are seconds. Where a log has them, intervals count from the beginning of the build.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import Enum
from typing import NamedTuple

from buildxray.localization import Message, gettext_lazy
from buildxray.records import dataclass


class Form(Enum):
    """The form of a log."""

    PLAIN = "plain"
    TTY = "tty"
    RAWJSON = "rawjson"
    RECORD = "record"


class Status(Enum):
    """The outcome of a vertex."""

    DONE = "done"
    CACHED = "cached"
    FAILED = "failed"
    CANCELED = "canceled"
    UNFINISHED = "unfinished"
    """The log ends before the vertex does, or the vertex never started."""


class LogError(ValueError):
    """Raised for a file that cannot be read as a build log; the message says what was expected."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message
        """The text, which can still be translated."""


class Interval(NamedTuple):
    """A half-open interval in seconds since the beginning of the build."""

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
    """One operation of a build. The members of a progress group (`COPY --link`) are one vertex, as on a terminal."""

    name: str
    """The name as BuildKit wrote it, possibly cut at the width of a terminal."""
    status: Status
    seconds: float | None
    """Seconds of execution, without waiting for inputs; None if the log does not have them."""
    intervals: tuple[Interval, ...] = ()
    """The intervals in which it ran, without overlaps; empty if the log has no times of day."""
    digests: tuple[str, ...] = ()
    """The digests of its operations; empty for text logs."""
    inputs: tuple[str, ...] = ()
    """The digests of its inputs."""
    is_cut: bool = False
    """True if the name may have been cut."""
    extracting: float = 0.0
    """The part of the seconds that went into unpacking image layers."""
    cpu_seconds: float | None = None
    """Processor seconds from a history record; None in other logs."""
    error: str = ""


class LoggedRequest(NamedTuple):
    """The request of a build, from a history record."""

    platforms: tuple[str, ...] = ()
    arguments: tuple[tuple[str, str], ...] = ()
    target: str = ""
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class LoggedBuild:
    """One build of a log."""

    form: Form
    vertices: tuple[LoggedVertex, ...]
    """The vertices in the order of their first mention."""
    total: float | None
    """Seconds from beginning to end; None for a plain log without time stamps."""
    name: str = ""
    """The target of a Bake or Compose file; empty for a single build."""
    is_failed: bool = False
    is_complete: bool = True
    """True if the log contains the end of the build."""
    request: LoggedRequest | None = None
    dockerfile: str | None = None
    """The text that was built, from a history record; None in other logs."""
    others: tuple[LoggedVertex, ...] = ()
    """Vertices with the names of other targets of the same log, some of which this build may share."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The 1-based first line of the instruction of each digest in a history record."""

    @property
    def precision(self) -> float:
        """The rounding error of a vertex's times in seconds: BuildKit rounds in text logs."""
        return 0.05 if self.form in (Form.PLAIN, Form.TTY) else 0.001


@dataclass(frozen=True, slots=True)
class Log:
    """All builds of one log."""

    builds: tuple[LoggedBuild, ...]
    """The builds; at least one."""
    n_broken: int = 0
    """The number of unreadable lines that began like those of a log."""


NOT_A_LOG = gettext_lazy(
    "not a build log: expected the output of `docker buildx build` (--progress plain, rawjson or a copied terminal)"
    " or a history record (.dockerbuild)"
)
