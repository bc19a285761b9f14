"""The form of a terminal (`--progress=tty`), recorded or copied: the last frame of each build counts.

BuildKit: util/progress/progressui/display.go.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final

from buildxray.logs.escapes import without_sequences
from buildxray.logs.model import Form, LoggedBuild, LoggedVertex, Status
from buildxray.logs.stamps import SECONDS
from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex

_HEADER: Final = lazy_regex(rf"\s*\[\+\] Building ({SECONDS})s(?: \((\d{{1,9}})/(\d{{1,9}})\))?(.*)$")
_STEP: Final = lazy_regex(rf"\s{{0,8}}=> (?!=> )(?:(CACHED|ERROR|CANCELED) )?(.*\S)(\s+)({SECONDS})s\s*$")
_UNTIMED: Final = lazy_regex(r"\s{0,8}=> (?!=> )(?:(CACHED|ERROR|CANCELED) )?(\[.*\S)\s*$")
_DETAIL: Final = lazy_regex(rf"\s{{0,8}}=> => extracting .*?\s({SECONDS})s\s*$")
_UP: Final = lazy_regex(r"\x1b\[\d*A")
_STATUS: Final = {"CACHED": Status.CACHED, "ERROR": Status.FAILED, "CANCELED": Status.CANCELED}
_CUT_BY: Final = 5
"""The number of blanks after a name from which it is certainly complete; a cut name may itself end with a few."""
_MOST_LINES: Final = 20_000
"""The most lines of a frame; terminals are smaller."""


@dataclass(slots=True)
class _Frame:
    """One screen of a build."""

    seconds: float = 0.0
    is_finished: bool = False
    n_done: int = 0
    n_all: int = 0
    vertices: list[LoggedVertex] = field(default_factory=list)

    def build(self) -> LoggedBuild:
        """The build that the frame shows."""
        longest = max((it.seconds or 0.0 for it in self.vertices), default=0.0)
        statuses = {it.status for it in self.vertices}
        return LoggedBuild(
            Form.TTY,
            tuple(self.vertices),
            # A replayed build has the original times of its steps, but its header counts from the replay.
            self.seconds if self.seconds + 1 >= longest else None,
            is_failed=Status.FAILED in statuses,
            is_complete=self.is_finished or self.n_done == self.n_all,
        )


class TtyReader:
    """Reads recorded terminal output line by line."""

    def __init__(self) -> None:
        self._finished: list[LoggedBuild] = []
        self._frame: _Frame | None = None

    def read(self, line: str) -> bool:
        """Effect: read a line with its escape sequences; returns True if it has this form."""
        text = without_sequences(line)
        header = _HEADER.match(text)
        if header is not None:
            self._enter(header, is_redrawn=_UP.search(line) is not None)
            return True
        if self._frame is None or len(self._frame.vertices) >= _MOST_LINES:
            return False
        step = _STEP.match(text)
        if step is not None:
            status = _STATUS.get(step[1] or "", Status.DONE)
            cut = len(step[3]) < _CUT_BY
            self._frame.vertices.append(LoggedVertex(step[2], status, float(step[4]), is_cut=cut))
            return True
        untimed = _UNTIMED.match(text)
        if untimed is not None:
            status = _STATUS.get(untimed[1] or "", Status.UNFINISHED)
            self._frame.vertices.append(LoggedVertex(untimed[2], status, None))
            return True
        detail = _DETAIL.match(text)
        if detail is not None and self._frame.vertices:
            last = self._frame.vertices[-1]
            self._frame.vertices[-1] = _with_extracting(last, float(detail[1]))
        return "=> =>" in text

    def _enter(self, header: re.Match[str], *, is_redrawn: bool) -> None:
        """Effect: begin a frame; it replaces the last one unless it belongs to another build."""
        seconds = float(header[1])
        known = self._frame
        if known is not None and not is_redrawn and (known.is_finished or seconds < known.seconds) and known.vertices:
            self._finished.append(known.build())
        self._frame = _Frame(seconds, "FINISHED" in header[4], int(header[2] or 0), int(header[3] or 0))

    def builds(self) -> list[LoggedBuild]:
        """Effect: end the last build; returns all."""
        if self._frame is not None and self._frame.vertices:
            self._finished.append(self._frame.build())
        self._frame = None
        return self._finished


def _with_extracting(vertex: LoggedVertex, seconds: float) -> LoggedVertex:
    return LoggedVertex(
        vertex.name,
        vertex.status,
        vertex.seconds,
        is_cut=vertex.is_cut,
        extracting=min(vertex.extracting + seconds, vertex.seconds or seconds),
    )
