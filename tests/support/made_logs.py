"""Logs made from a plan and chosen times, in every form that BuildKit and CI systems write.

The grammar of each form is that of BuildKit's own printers (util/progress/progressui, client/graph.go).
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from buildxray.plan.model import Plan, Step
from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.syntax.parser import parse

BEGIN = datetime(2026, 3, 4, 23, 58, 30, 123456, tzinfo=timezone.utc)
"""Shortly before midnight, to test clocks without a date."""


@dataclass(frozen=True)
class Vertex:
    """A vertex of a made log; times are seconds since the beginning."""

    name: str
    start: float
    end: float
    status: str = "done"
    inputs: tuple[int, ...] = ()
    output: tuple[str, ...] = ()
    group: str = ""
    place: int = 0
    """Distinguishes vertices with equal names and no inputs, such as the pulls of an image for two platforms."""

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(f"{self.name} {self.inputs} {self.place}".encode()).hexdigest()


@dataclass(frozen=True)
class MadeBuild:
    """A build that was never run: the vertices of a plan, each started as soon as its inputs are done."""

    plan: Plan
    vertices: tuple[Vertex, ...]

    @property
    def total(self) -> float:
        return max(it.end for it in self.vertices)


def made_build(text: str, request: BuildRequest, seconds: Callable[[Step], float], seed: int = 0) -> MadeBuild:
    """A build in which each step takes the seconds that a function returns, with the labels of the plan."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    plan = Planner(request).plan(parse(text))
    vertices = [
        Vertex("[internal] load build definition from Dockerfile", 0.0, 0.1),
        Vertex("[internal] load .dockerignore", 0.1, 0.1),
    ]
    ends: dict[int, float] = {}
    places: dict[int, int] = {}
    for step in plan.steps:
        start = max([0.1, *(ends[it] for it in step.inputs)])
        end = start + round(seconds(step), 1)
        ends[step.idx] = end
        name = chance.choice(step.labels)
        if step.kind == "source" and "FROM " in name:
            name += "@sha256:" + hashlib.sha256(name.encode()).hexdigest()
        group = name if step.kind == "file" and "COPY --link" in name else ""
        if step.kind == "merge":
            group = name.replace("LINK COPY", "COPY")
        places[step.idx] = len(vertices)
        inputs = tuple(places[it] for it in step.inputs)
        output = ("#7 DONE 0.1s", "hello \u00e9 \u65e5\u672c") if step.kind == "exec" else ()
        vertices.append(Vertex(name, start, end, inputs=inputs, output=output, group=group, place=step.idx))
    end = max(ends.values(), default=0.1)
    vertices.append(Vertex("exporting to image", end, end + 0.3))
    return MadeBuild(plan, tuple(vertices))


def cached(build: MadeBuild, names: Callable[[str], bool]) -> MadeBuild:
    """The same build with some of its vertices from the cache, which takes no time."""
    found = tuple(
        replace(it, status="cached", end=it.start, output=()) if names(it.name) else it for it in build.vertices
    )
    return replace(build, vertices=found)


def plain(build: MadeBuild, *, prefix: str = "", seed: int = 0, numbers_from: int = 1) -> list[str]:
    """`--progress=plain`: the output of several vertices that run at once is interleaved in blocks."""
    return [line for line, _when in timed_plain(build, prefix=prefix, seed=seed, numbers_from=numbers_from)]


def timed_plain(build: MadeBuild, *, prefix: str = "", seed: int = 0, numbers_from: int = 1) -> list[tuple[str, float]]:
    """The lines of the plain form with the seconds at which each is written."""
    chance = random.Random(seed)  # noqa: S311
    shown = [it for it in build.vertices if not (it.group and "LINK COPY" in it.name)]
    events: list[tuple[float, int, int]] = []
    for idx, it in enumerate(shown):
        events += [(it.start, 0, idx), (it.end, 2, idx)]
        events += [(it.start + it.seconds * chance.random(), 1, idx) for _ in it.output]
    events.sort()
    lines: list[tuple[str, float]] = [('#0 building with "default" instance using docker driver', 0.0), ("", 0.0)]
    number: dict[int, int] = {}
    n_output: dict[int, int] = {}
    done: set[int] = set()
    current = -1
    for when, kind, idx in events:
        it = shown[idx]
        if idx not in number:
            number[idx] = len(number) + numbers_from
        if current != idx:
            if current >= 0:
                if current not in done:
                    lines.append((f"#{number[current]} ...", when))
                lines.append(("", when))
            lines.append((f"#{number[idx]} {_prefixed(it.name, prefix)}", when))
            current = idx
        if kind == 1:
            text = it.output[n_output.get(idx, 0)]
            n_output[idx] = n_output.get(idx, 0) + 1
            lines.append((f"#{number[idx]} {_clock(when - it.start)} {text}", when))
        elif kind == 2:
            done.add(idx)
            lines.append((f"#{number[idx]} {_end(it)}", when))
    return lines


def _clock(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 10 else f"{seconds:.2f}" if seconds < 100 else f"{seconds:.1f}"


def _end(vertex: Vertex) -> str:
    match vertex.status:
        case "cached":
            return "CACHED"
        case "canceled":
            return "CANCELED"
        case "failed":
            return "ERROR: process did not complete successfully: exit code: 1"
        case _:
            return f"DONE {vertex.seconds:.1f}s"


def _prefixed(name: str, prefix: str) -> str:
    """The name with the target of a Bake file."""
    if not prefix:
        return name
    return f"[{prefix} {name[1:]}" if name.startswith("[") else f"[{prefix}] {name}"


def tty(build: MadeBuild, width: int = 200) -> list[str]:
    """The last frame of a terminal, with names cut at its width."""
    shown = [it for it in build.vertices if not (it.group and "LINK COPY" in it.name)]
    n = len(shown)
    lines = [f"[+] Building {build.total:.1f}s ({n}/{n}) FINISHED{'docker:default':>{max(15, width - 40)}}"]
    for it in sorted(shown, key=lambda it: it.start):
        word = {"cached": "CACHED ", "failed": "ERROR ", "canceled": "CANCELED "}.get(it.status, "")
        right = f"{it.seconds:.1f}s"
        name = f"{word}{it.name}"[: width - len(right) - 5]
        lines.append(f" => {name}{' ' * (width - 4 - len(name) - len(right))}{right}")
    return lines


def frames(build: MadeBuild, width: int = 100) -> str:
    """The output to a terminal: a frame after each step, which overwrites the one before."""
    text = ""
    height = 0
    for n in range(1, len(build.vertices) + 1):
        part = replace(build, vertices=build.vertices[:n])
        lines = tty(part, width)
        if n < len(build.vertices):
            lines[0] = lines[0].replace(f"({len(lines) - 1}/{len(lines) - 1}) FINISHED", f"({n}/{len(build.vertices)})")
        up = f"\x1b[{height}A" if height else ""
        shown = "\r\n".join(f"\x1b[34m{it}\x1b[0m" for it in lines)
        text += f"{up}\x1b[0G\x1b[?25l{shown}\r\n\x1b[?25h"
        height = len(lines)
    return text


def rawjson(build: MadeBuild) -> list[str]:
    """`--progress=rawjson`: one status message per line."""
    lines: list[str] = []
    events: list[tuple[float, int]] = []
    for idx, it in enumerate(build.vertices):
        events += [(it.start, idx), (it.end, idx)]
        lines.append(json.dumps({"vertexes": [_announced(build, it)]}))
    for when, idx in sorted(events):
        it = build.vertices[idx]
        fields = {**_announced(build, it), "started": _time(it.start)}
        if when >= it.end:
            fields["completed"] = _time(it.end)
            if it.status == "cached":
                fields["cached"] = True
            if it.status in ("failed", "canceled"):
                fields["error"] = "context canceled" if it.status == "canceled" else "exit code: 1"
        message: dict[str, object] = {"vertexes": [fields]}
        if it.output and when < it.end:
            data = base64.b64encode(it.output[0].encode()).decode()
            message["logs"] = [{"vertex": it.digest, "stream": 1, "data": data, "timestamp": _time(when)}]
        lines.append(json.dumps(message))
    return lines


def _announced(build: MadeBuild, vertex: Vertex) -> dict[str, object]:
    fields: dict[str, object] = {"digest": vertex.digest, "name": vertex.name}
    if vertex.inputs:
        fields["inputs"] = [build.vertices[it].digest for it in vertex.inputs]
    if vertex.group:
        fields["progressGroup"] = {"id": vertex.group, "name": vertex.group}
    return fields


def _time(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def github(lines: Iterable[tuple[str, float]]) -> Iterator[str]:
    """A job of GitHub Actions: a time stamp per line, groups, ANSI sequences, a byte order mark."""
    yield f"\ufeff{_time(0)[:-3]}Z ##[group]Run docker/build-push-action@v6"
    yield f"{_time(0)[:-3]}Z with:"
    yield f"{_time(0)[:-3]}Z ##[endgroup]"
    for line, when in lines:
        yield f"{_time(when)[:-3]}Z {line}"


def gitlab(lines: Iterable[tuple[str, float]]) -> Iterator[str]:
    """A job of GitLab with time stamps and sections."""
    yield f'{_time(0)[:-4]}Z 00O section_start:1700000000:step_script\r\x1b[0K\x1b[0K\x1b[36;1mExecuting "step_script"\x1b[0;m'
    for line, when in lines:
        yield f"{_time(when)[:-4]}Z 01E {line}"


def jenkins(lines: Iterable[tuple[str, float]]) -> Iterator[str]:
    """A job of Jenkins with the clock of its Timestamper."""
    for line, when in lines:
        moment = BEGIN + timedelta(seconds=when)
        yield f"[{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z] {line}"


def clock(lines: Iterable[tuple[str, float]]) -> Iterator[str]:
    """Time stamps without a date, across midnight."""
    for line, when in lines:
        yield f"{BEGIN + timedelta(seconds=when):%H:%M:%S}  {line}"


def docker_json(lines: Iterable[tuple[str, float]], longest: int = 16_384) -> Iterator[str]:
    """Docker's json-file driver, which splits long lines into several objects; only the last one ends with a newline."""
    for line, seconds in lines:
        whole = f"{line}\n"
        for start in range(0, len(whole), longest):
            part = whole[start : start + longest]
            yield json.dumps({"log": part, "stream": "stderr", "time": _time(seconds)}, ensure_ascii=False)


def collected(lines: Iterable[tuple[str, float]]) -> Iterator[str]:
    """A log collector that adds its own members to each line."""
    for line, seconds in lines:
        yield json.dumps({"severity": "INFO", "@timestamp": _time(seconds), "message": line, "labels": {"pod": "x"}})


def compose(lines: Iterable[str]) -> Iterator[str]:
    """Lines with the name of a job before each, like those of `docker compose` and some runners."""
    for line in lines:
        yield f"build-images_1  | {line}"
