"""Read the form `--progress=rawjson`: one status message of BuildKit per line, among other lines.

BuildKit: client/graph.go, SolveStatus; a key with an empty value is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from buildxray.logs.model import Form, LoggedBuild
from buildxray.logs.stamps import seconds_of
from buildxray.logs.status_stream import DetailReport, StatusCollector, VertexReport


class RawJsonReader:
    """Reads status messages line by line; a log may contain several builds in sequence."""

    def __init__(self) -> None:
        self._finished: list[LoggedBuild] = []
        self._collector = StatusCollector()
        self.n_broken = 0

    def read(self, line: str) -> bool:
        """Effect: read a line; returns True if it has this form."""
        if not line.startswith("{"):
            return False
        if '"vertexes"' not in line and '"statuses"' not in line:
            # The output of commands, which is most of a log, and warnings.
            return '"logs"' in line or '"warnings"' in line
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            self.n_broken += 1
            return False
        if not isinstance(message, dict):
            return False
        for vertex in _reports(message.get("vertexes")):
            if _is_beginning(vertex) and self._collector.has_ended:
                self.finish()
            self._collector.add_vertex(vertex)
        for detail in _objects(message.get("statuses")):
            self._collector.add_detail(
                DetailReport(
                    _text(detail.get("vertex")),
                    _text(detail.get("id")),
                    seconds_of(_text(detail.get("started"))),
                    seconds_of(_text(detail.get("completed"))),
                )
            )
        return True

    def finish(self) -> None:
        """Effect: end the build that is being read."""
        if not self._collector.is_empty:
            self._finished.append(self._collector.build(Form.RAWJSON))
        self._collector = StatusCollector()

    def builds(self) -> list[LoggedBuild]:
        """Effect: end the last build; returns all."""
        self.finish()
        return self._finished


def _is_beginning(vertex: VertexReport) -> bool:
    """True if a report announces the first vertex of a build, which has neither inputs nor times."""
    return vertex.started is None and vertex.completed is None and "load build definition" in vertex.name


def _reports(raw: object) -> Iterator[VertexReport]:
    for it in _objects(raw):
        digest = _text(it.get("digest"))
        if not digest:
            continue
        inputs = it.get("inputs")
        group = it.get("progressGroup")
        yield VertexReport(
            digest,
            _text(it.get("name")),
            tuple(map(_text, inputs)) if isinstance(inputs, list) else (),
            it.get("cached") is True,
            seconds_of(_text(it.get("started"))),
            seconds_of(_text(it.get("completed"))),
            _text(it.get("error")),
            (_text(group.get("id")), _text(group.get("name"))) if isinstance(group, dict) and group.get("id") else None,
        )


def _objects(raw: object) -> Iterator[dict[str, Any]]:
    for it in raw if isinstance(raw, list) else ():
        if isinstance(it, dict):
            yield it


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""
