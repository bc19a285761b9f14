"""The form `--progress=plain`.

BuildKit: util/progress/progressui/printer.go.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final

from buildxray.logs.model import Form, Interval, LoggedBuild, LoggedVertex, Status
from buildxray.logs.stamps import SECONDS, seconds_between
from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex

_LINE: Final = lazy_regex(r"#(\d{1,9})(?: (.*))?$", re.DOTALL)
_OUTPUT: Final = lazy_regex(r"(\d+\.\d+)(?: |$)")
_DONE: Final = lazy_regex(rf"DONE(?: ({SECONDS})s)?$")
_EXTRACTING: Final = lazy_regex(rf"extracting (\S+)(?: .*?)? ({SECONDS})s(?: done)?$")
_FAILURE: Final = lazy_regex(r"(?:ERROR|error): |failed to solve|failed to build")
_NUMBERED: Final = lazy_regex(r"\[[^\]]*\d/\d+\] ")
_MOST_VERTICES: Final = 10_000


@dataclass(slots=True)
class _Vertex:
    """A vertex as read so far."""

    name: str
    status: Status = Status.UNFINISHED
    seconds: float | None = None
    end: str = ""
    """The time stamp of its end."""
    extracting: dict[str, float] = field(default_factory=dict)
    error: str = ""


class PlainReader:
    """Reads a plain log line by line; a log may contain several builds in sequence."""

    def __init__(self) -> None:
        self._finished: list[LoggedBuild] = []
        self.n_broken = 0
        self._begin()

    def _begin(self) -> None:
        self._vertices: dict[int, _Vertex] = {}
        self._number = -1
        """The number of the vertex whose block is being read; -1 between two blocks."""
        self._output = "\n"
        """The prefix of the command's output in that block; between two blocks, a text with which no line begins."""
        self._first_stamp = ""
        self._last_stamp = ""
        self._is_failed = False
        self._has_ended = False

    def is_output(self, line: str, place: int) -> bool:
        """True if a line, from a place on, is output of the command of the vertex that the printer is on."""
        if not line.startswith(self._output, place):
            return False
        place += len(self._output)
        return line[place : place + 1].isdigit()

    def read(self, line: str, stamp: str) -> bool:
        """Effect: read a line with its optional time stamp; returns True if it has this form."""
        match = _LINE.match(line)
        if match is None:
            self._read_tail(line)
            return False
        number, text = int(match[1]), match[2] or ""
        if number == 0:
            if self._vertices and text.startswith("building with "):
                self.finish()
            return True
        if number != self._number:
            if not self._enter(number, text):
                self.n_broken += 1
                self._leave()
                return False
        elif number in self._vertices:
            self._read_state(self._vertices[number], text, stamp)
        self._first_stamp = self._first_stamp or stamp
        self._last_stamp = stamp
        return True

    def _leave(self) -> None:
        self._number, self._output = -1, "\n"

    def _go_to(self, number: int) -> None:
        self._number, self._output = number, f"#{number} "

    def _read_tail(self, line: str) -> None:
        if not line:
            return
        if self._vertices and _FAILURE.match(line):
            self._is_failed = self._has_ended = True

    def _enter(self, number: int, name: str) -> bool:
        """Effect: begin a block; returns True if its first line has a name."""
        known = self._vertices.get(number)
        if known is None and (not name or _OUTPUT.match(name) or _DONE.match(name) or name in _STATES):
            # The log begins in the middle of a block.
            return False
        if known is not None and (known.name != name or self._is_restart(number, known)):
            if _OUTPUT.match(name) or _DONE.match(name) or name in _STATES:
                # Two concurrent builds, or lost lines: the header is missing, and the number identifies the vertex.
                self._read_state(known, name, "")
                self._go_to(number)
                return True
            self.finish()
            known = None
        if known is None:
            if len(self._vertices) >= _MOST_VERTICES:
                return False
            self._vertices[number] = _Vertex(name)
        self._go_to(number)
        return True

    def _is_restart(self, number: int, known: _Vertex) -> bool:
        """True if a header that was printed before begins another build: numbers count from 1 in each."""
        return number == 1 and known.status is not Status.UNFINISHED and self._has_ended

    def _read_state(self, vertex: _Vertex, text: str, stamp: str) -> None:
        if _OUTPUT.match(text):
            return
        done = _DONE.match(text)
        if done is not None:
            if vertex.status in (Status.UNFINISHED, Status.DONE):
                vertex.status = Status.DONE
            if done[1] is not None:
                # The time counts from the start of the vertex, so the last one includes all earlier ones.
                vertex.seconds = float(done[1])
                vertex.end = stamp
            elif vertex.seconds is None:
                vertex.seconds = 0.0
            if _NUMBERED.match(vertex.name) or vertex.name.startswith("exporting"):
                self._has_ended = True
        elif text == "CACHED":
            vertex.status = Status.CACHED
            vertex.seconds = vertex.seconds or 0.0
        elif text == "CANCELED":
            vertex.status = Status.CANCELED
        elif text.startswith("ERROR: "):
            vertex.status, vertex.error = Status.FAILED, text[len("ERROR: ") :]
        elif text.startswith("extracting "):
            extracting = _EXTRACTING.match(text)
            if extracting is not None:
                vertex.extracting[extracting[1]] = float(extracting[2])

    def finish(self) -> None:
        """Effect: end the build that is being read."""
        if any(it.status is not Status.UNFINISHED or it.name.startswith("[") for it in self._vertices.values()):
            self._finished.append(self._build())
        self._begin()

    def _build(self) -> LoggedBuild:
        vertices = [*self._vertices.values()]
        has_failed = self._is_failed or any(it.status is Status.FAILED for it in vertices)
        return LoggedBuild(
            Form.PLAIN,
            tuple(
                LoggedVertex(
                    it.name,
                    it.status,
                    it.seconds,
                    self._interval(it),
                    extracting=sum(it.extracting.values()),
                    error=it.error,
                )
                for it in vertices
            ),
            self._since_beginning(self._last_stamp),
            is_failed=has_failed,
            is_complete=has_failed or all(it.status is not Status.UNFINISHED for it in vertices),
        )

    def _interval(self, vertex: _Vertex) -> tuple[Interval, ...]:
        """The interval of a vertex: it ends when its last line was written, and begins the logged seconds before."""
        end = self._since_beginning(vertex.end)
        if end is None or not vertex.seconds:
            return ()
        return (Interval(end - vertex.seconds, end),)

    def _since_beginning(self, stamp: str) -> float | None:
        if not self._first_stamp or not stamp:
            return None
        return seconds_between(self._first_stamp, stamp)

    def builds(self) -> list[LoggedBuild]:
        """Effect: end the last build; returns all."""
        self.finish()
        return self._finished


_STATES: Final = frozenset({"CACHED", "CANCELED", "..."})
