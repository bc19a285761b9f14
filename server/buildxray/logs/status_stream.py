"""Builds out of BuildKit's status messages, which the rawjson form and history records consist of.

BuildKit: client/graph.go, SolveStatus; api/services/control/control.proto, StatusResponse.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final, NamedTuple

from buildxray.logs.model import Form, Interval, LoggedBuild, LoggedVertex, Status, covered, merged
from buildxray.records import dataclass

_MOST_VERTICES: Final = 10_000
_MOST_INTERVALS: Final = 1_000
"""Intervals of one vertex that are kept; BuildKit reports about five."""


class VertexReport(NamedTuple):
    """The report of one status message on a vertex; times are seconds since 1970."""

    digest: str
    name: str
    inputs: tuple[str, ...]
    is_cached: bool
    started: float | None
    completed: float | None
    error: str
    group: tuple[str, str] | None
    """Identifier and name of the progress group."""


class DetailReport(NamedTuple):
    """The report of a status message on a part of a vertex; times are seconds since 1970."""

    vertex: str
    id: str
    started: float | None
    completed: float | None


def _is_numbered(name: str) -> bool:
    return re.match(r"\[[^\]]*\d/\d+\] ", name) is not None


@dataclass(slots=True)
class _Vertex:
    """The accumulated reports on a vertex."""

    name: str = ""
    inputs: tuple[str, ...] = ()
    is_cached: bool = False
    error: str = ""
    group: tuple[str, str] | None = None
    ends: dict[float, float | None] = field(default_factory=dict)
    """The end of each interval by its start; None while it runs."""
    n_running: int = 0
    """The number of intervals without an end."""
    extracting: dict[tuple[str, float], float] = field(default_factory=dict)


class StatusCollector:
    """Collects the reports of one build."""

    def __init__(self) -> None:
        self._vertices: dict[str, _Vertex] = {}
        self._steps: dict[str, bool] = {}
        """The numbered steps by digest; True if all intervals of one have ended."""
        self._n_ended = 0
        """The number of steps that have ended: a log may ask for it at each of its lines."""
        self._last = 0.0
        self._first = float("inf")

    @property
    def is_empty(self) -> bool:
        """True if nothing was reported."""
        return not self._vertices

    @property
    def has_ended(self) -> bool:
        """True if steps of a Dockerfile were reported and all of them have run, so that the next report begins another build.

        A replayed log announces all vertices first, so that some have no times until its end.
        """
        return bool(self._steps) and self._n_ended == len(self._steps)

    def add_vertex(self, report: VertexReport) -> None:
        """Effect: add a report on a vertex; it replaces the last one, but its times add an interval."""
        vertex = self._vertices.get(report.digest)
        if vertex is None:
            if len(self._vertices) >= _MOST_VERTICES:
                return
            vertex = self._vertices[report.digest] = _Vertex()
        vertex.name = report.name or vertex.name
        vertex.inputs = report.inputs or vertex.inputs
        vertex.is_cached = report.is_cached
        vertex.error = report.error
        vertex.group = report.group or vertex.group
        if report.started is not None and (report.started in vertex.ends or len(vertex.ends) < _MOST_INTERVALS):
            end = vertex.ends.get(report.started)
            vertex.n_running -= report.started in vertex.ends and end is None
            vertex.ends[report.started] = report.completed if report.completed is not None else end
            vertex.n_running += vertex.ends[report.started] is None
            self._first = min(self._first, report.started)
            self._last = max(self._last, report.started, report.completed or 0.0)
        self._n_ended -= self._steps.pop(report.digest, False)
        if _is_numbered(vertex.name):
            self._steps[report.digest] = bool(vertex.ends) and not vertex.n_running
            self._n_ended += self._steps[report.digest]

    def add_detail(self, report: DetailReport) -> None:
        """Effect: add a report on a part of a vertex; only the unpacking of layers matters."""
        vertex = self._vertices.get(report.vertex)
        if (
            vertex is not None
            and report.id.startswith("extracting ")
            and report.started is not None
            and report.completed is not None
            and len(vertex.extracting) < _MOST_INTERVALS
        ):
            vertex.extracting[report.id, report.started] = report.completed - report.started

    def build(self, form: Form) -> LoggedBuild:
        """The build so far."""
        grouped: dict[str, list[tuple[str, _Vertex]]] = {}
        for digest, vertex in self._vertices.items():
            grouped.setdefault(vertex.group[0] if vertex.group else digest, []).append((digest, vertex))
        vertices = tuple(self._vertex(members) for members in grouped.values())
        is_failed = any(it.status is Status.FAILED for it in vertices)
        return LoggedBuild(
            form,
            vertices,
            max(0.0, self._last - self._first) if self._last else None,
            is_failed=is_failed,
            is_complete=is_failed or all(it.status is not Status.UNFINISHED for it in vertices),
        )

    def _vertex(self, members: list[tuple[str, _Vertex]]) -> LoggedVertex:
        first = members[0][1]
        name = first.group[1] if first.group and first.group[1] else first.name
        intervals = merged(
            Interval(start - self._first, end - self._first)
            for _, it in members
            for start, end in it.ends.items()
            if end is not None and end >= start
        )
        errors = [it.error for _, it in members if it.error]
        has_run = any(it.ends for _, it in members)
        is_running = any(None in it.ends.values() for _, it in members)
        if errors:
            # BuildKit: progressui, a vertex is shown as cancelled by the end of its error.
            status = Status.CANCELED if errors[0].endswith("context canceled") else Status.FAILED
        elif all(it.is_cached for _, it in members):
            status = Status.CACHED
        elif not has_run or is_running:
            status = Status.UNFINISHED
        else:
            status = Status.DONE
        inside = {digest for digest, _ in members}
        inputs = dict.fromkeys(it for _, vertex in members for it in vertex.inputs if it not in inside)
        return LoggedVertex(
            name,
            status,
            covered(intervals) if has_run else None,
            intervals,
            tuple(inside),
            tuple(inputs),
            extracting=min(sum(sum(it.extracting.values()) for _, it in members), covered(intervals)),
            error=errors[0] if errors else "",
        )
