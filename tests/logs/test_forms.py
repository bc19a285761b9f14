"""One build in every form that BuildKit and CI systems write: all forms give equal results.

The logs are made from plans (`tests/support/made_logs.py`), of programs without a recorded log.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from zlib import crc32

import pytest

from buildxray.ide.analysis import Analyzer
from buildxray.ide.build_times import MeasuredBuild
from buildxray.ide.fixes import fix_text
from buildxray.logs.model import Log
from buildxray.logs.reader import read_stream
from buildxray.logs.times import Times, measure
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import parse_normalized
from buildxray.semantics.build import Step
from tests.support.cases import every_case
from tests.support.logs import REQUEST
from tests.support.made_logs import (
    MadeBuild,
    Vertex,
    cached,
    clock,
    collected,
    compose,
    docker_json,
    frames,
    github,
    gitlab,
    jenkins,
    made_build,
    plain,
    rawjson,
    timed_plain,
    tty,
)
from tests.support.programs import PROGRAMS

pytestmark = pytest.mark.slow


def seconds_of(step: Step) -> float:
    """The seconds of a step, from its name alone; an emulated step takes nine times as long."""
    share = crc32(step.label.encode()) % 1000 / 1000
    match step.kind:
        case "source":
            return 0.0 if "context" in step.label else 2 + 8 * share
        case "exec":
            return (3 + 20 * share) * (9 if step.is_emulated else 1)
        case "merge":
            # The second half of its COPY; a terminal shows both as one step.
            return 0.0
        case _:
            return 0.1 + 0.2 * share


@cache
def built(program: str) -> MadeBuild:
    """The build of a program, which no form changes."""
    return made_build(PROGRAMS[program], REQUEST, seconds_of, seed=3)


def prefixed(prefix: str) -> Callable[[MadeBuild], str]:
    return lambda build: "\n".join(f"{prefix}{it}" for it in plain(build))


def noisy(build: MadeBuild) -> str:
    """Lines of other programs between those of BuildKit."""
    lines: list[str] = []
    for n, it in enumerate(plain(build)):
        lines += [f"+ echo {n}", 'time="2026-03-04T00:00:00Z" level=info msg="x"'] if n % 9 == 4 else []
        lines.append(it)
    return "\n".join(lines)


def with_progress(build: MadeBuild) -> str:
    """Add lines of a progress bar that overwrites its line."""
    lines = plain(build)
    return "\n".join(f"Downloading 1%\rDownloading 40%\r{it}" if n % 7 == 3 else it for n, it in enumerate(lines))


FORMS: dict[str, Callable[[MadeBuild], str | bytes]] = {
    "plain": lambda it: "\n".join(plain(it)),
    "windows line ends": lambda it: "\r\n".join(plain(it)),
    "mark of UTF-8": lambda it: "\ufeff" + "\n".join(plain(it)),
    "UTF-16": lambda it: "\n".join(plain(it)).encode("utf-16"),
    "UTF-16 without a mark": lambda it: "\r\n".join(plain(it)).encode("utf-16-le"),
    "UTF-16 without a mark, the greater byte first": lambda it: "\n".join(plain(it)).encode("utf-16-be"),
    "copied from a web page": lambda it: "\n".join(plain(it)).replace(" ", "\xa0"),
    "a terminal, copied from a web page": lambda it: "\n".join(tty(it)).replace(" ", "\xa0"),
    "quoted": lambda it: "\n".join(f"> {line}" for line in ("```", *plain(it), "```")),
    "a terminal, quoted": lambda it: "\n".join(f"> {line}" for line in ("```", *tty(it), "```")),
    "numbers of lines": lambda it: "\n".join(f"{number:4} {line}" for number, line in enumerate(plain(it), 1)),
    "numbers of lines, not padded": lambda it: "\n".join(f"{n}{line}" for n, line in enumerate(plain(it), 1)),
    "UTF-16, the greater byte first": lambda it: ("\ufeff" + "\r\n".join(plain(it))).encode("utf-16-be"),
    "colours": lambda it: "\n".join(f"\x1b[36m{line}\x1b[0m" for line in plain(it)),
    "GitHub": lambda it: "\n".join(github(timed_plain(it))),
    "GitLab": lambda it: "\n".join(gitlab(timed_plain(it))),
    "Jenkins": lambda it: "\n".join(jenkins(timed_plain(it))),
    "clock over midnight": lambda it: "\n".join(clock(timed_plain(it))),
    "Compose": lambda it: "\n".join(compose(plain(it))),
    "Docker's JSON": lambda it: "\n".join(docker_json(timed_plain(it))),
    "Docker's JSON, long lines cut": lambda it: "\r\n".join(docker_json(timed_plain(it), 40)),
    "Docker's JSON of rawjson": lambda it: "\n".join(docker_json(((line, 0.0) for line in rawjson(it)), 300)),
    "a collector's JSON": lambda it: "\n".join(collected(timed_plain(it))),
    "CircleCI": lambda it: "\r\n".join(f"\x1b[90m{line}\x1b[0m" for line in plain(it)),
    "Azure": lambda it: "\ufeff" + "\n".join(f"2026-03-04T23:58:30.1234567Z {line}" for line in plain(it)),
    "Bitbucket": lambda it: "\n".join(["+ docker buildx build .", *plain(it), "Build teardown script"]),
    "Drone": prefixed("[build:17] "),
    "Jenkins with a branch": prefixed("[Pipeline] [linux] 23:58:30  "),
    "Cloud Build": prefixed('Step #1 - "build": '),
    "step 0": prefixed("Step #0: "),
    "journal": prefixed("Mar 04 23:58:30 host docker[123]: "),
    "Kubernetes": prefixed("2026-03-04T23:58:30.123456789Z stderr F "),
    "act": prefixed("[CI/build]   | "),
    "Tekton": prefixed("[build-image : build-and-push] "),
    "Buildkite": prefixed("\x1b_bk;t=1700000000123\x07"),
    "TeamCity": prefixed("[23:58:30]\t[Step 2/3] "),
    "gh run view": prefixed("build\tBuild and push\t2026-03-04T23:58:30.1234567Z "),
    "French": prefixed("étape « construire » › "),
    "Japanese": prefixed("ビルド："),
    "indented": prefixed("    "),
    "logger": prefixed("INFO  2026-03-04 23:58:30,123 [pool-1-thread-4] docker - "),
    "noise": noisy,
    "progress": with_progress,
    "terminal": lambda it: "\n".join(tty(it)),
    "terminal of 120 columns": lambda it: "\n".join(tty(it, 120)),
    "terminal of 80 columns": lambda it: "\r\n".join(tty(it, 80)),
    "frames": lambda it: frames(it, 160),
    "rawjson": lambda it: "\n".join(rawjson(it)),
    "rawjson in a job": lambda it: "\n".join(f"2026-03-04T23:58:30.1234567Z {line}" for line in rawjson(it)),
}


def read(log: str | bytes) -> Log:
    content = log if isinstance(log, bytes) else log.encode("utf-8", "replace")
    return read_stream(io.BufferedReader(io.BytesIO(content)))


def measured(log: str | bytes, text: str, request: BuildRequest = REQUEST) -> list[Times]:
    return [measure(text, it, request) for it in read(log).builds]


def check_complete(times: Times) -> None:
    """Check that every vertex is a step, and every step has a vertex."""
    assert [it.name for it in times.matching.unmatched] == []
    assert times.matching.n_missing == 0
    assert not times.has_changed
    assert not times.is_doubtful


@every_case("program, form", product(PROGRAMS, FORMS))
def test_every_form_of_a_log_gives_equal_times(program: str, form: str) -> None:
    log = read(FORMS[form](built(program)))
    assert log.n_broken == 0
    (times,) = [measure(PROGRAMS[program], it, REQUEST) for it in log.builds]
    check_complete(times)
    for step in times.plan.steps:
        assert times.seconds(step) == pytest.approx(seconds_of(step), abs=0.11)


@every_case("program, form", product(PROGRAMS, ["plain", "terminal", "rawjson"]))
def test_an_earlier_build_of_another_dockerfile_is_skipped(program: str, form: str) -> None:
    other = next(it for it in PROGRAMS if it != program)
    logs = [FORMS[form](made_build(PROGRAMS[it], REQUEST, seconds_of)) for it in (other, program)]
    first, second = measured("\n".join(map(str, logs)), PROGRAMS[program])
    assert not first.fits
    check_complete(second)


@every_case("program, form", product(PROGRAMS, ["plain", "terminal", "rawjson"]))
def test_a_failed_build_and_its_retry_are_two_builds(program: str, form: str) -> None:
    build = made_build(PROGRAMS[program], REQUEST, seconds_of)
    n = len(build.vertices) - 4
    kept = [*build.vertices[:n], replace(build.vertices[n], status="failed")]
    tail = "\n------\n > [x] RUN foo:\n1.2 boom\n------\nDockerfile:5\n----\nERROR: failed to solve: exit code: 1\n"
    failed = replace(build, vertices=tuple(kept))
    first, second = measured(f"{FORMS[form](failed)!s}{tail}{FORMS[form](build)!s}", PROGRAMS[program])
    assert first.build.is_failed
    assert not first.matching.unmatched
    check_complete(second)


@every_case("program, form", product(PROGRAMS, ["plain", "terminal", "rawjson"]))
def test_a_cached_build_has_no_times_and_no_predictions(program: str, form: str) -> None:
    build = made_build(PROGRAMS[program], REQUEST, lambda _: 0.0)
    log = FORMS[form](cached(build, lambda name: "] " in name and "internal" not in name))
    (times,) = measured(log, PROGRAMS[program])
    check_complete(times)
    assert all(it.is_cached for it in times.measured if it.step.kind == "exec")
    found = MeasuredBuild(PROGRAMS[program], times.build, REQUEST)
    assert found.prediction is None


def blocks(lines: list[tuple[str, float]]) -> list[list[tuple[str, float]]]:
    found: list[list[tuple[str, float]]] = [[]]
    for line, when in lines[2:]:
        if line:
            found[-1].append((line, when))
        else:
            found.append([])
    return [it for it in found if it]


@every_case("program", PROGRAMS)
def test_targets_of_a_bake_file_in_one_log_are_separated(program: str) -> None:
    other = next(it for it in PROGRAMS if it != program)
    lines: list[list[tuple[str, float]]] = []
    for number, (name, text) in enumerate((("app", PROGRAMS[program]), ("web", PROGRAMS[other]))):
        build = made_build(text, REQUEST, seconds_of, seed=number)
        lines += blocks(timed_plain(build, prefix=name, numbers_from=1 + 500 * number))
    mixed = "\n\n".join("\n".join(line for line, _ in it) for it in sorted(lines, key=lambda it: it[0][1]))
    times = {it.build.name: it for it in measured(mixed, PROGRAMS[program])}
    assert [*times] == ["app", "web"]
    check_complete(times["app"])
    assert not times["web"].fits


@every_case("program", PROGRAMS)
def test_a_truncated_log_gives_the_times_that_it_contains(program: str) -> None:
    lines = plain(made_build(PROGRAMS[program], REQUEST, seconds_of))
    for place in range(12, len(lines) - 6, 11):
        for part in (lines[:place], lines[place:]):
            try:
                (times,) = measured("\n".join(part), PROGRAMS[program])
            except ValueError:
                assert not [it for it in part if "] RUN" in it or "] COPY" in it or "] FROM" in it]
                continue
            assert [it.name for it in times.matching.unmatched] == []


@every_case(
    "program, machine, platforms",
    product(
        PROGRAMS,
        ["linux/amd64", "linux/arm64"],
        ["linux/amd64", "linux/arm64,linux/amd64", "linux/amd64,linux/arm64,linux/arm/v7"],
    ),
)
def test_machine_and_platforms_come_from_the_log(program: str, machine: str, platforms: str) -> None:
    asked = BuildRequest(parse_normalized(machine), tuple(map(parse_normalized, platforms.split(","))))
    log = "\n".join(plain(made_build(PROGRAMS[program], asked, seconds_of)))
    (times,) = measured(log, PROGRAMS[program])
    assert {*times.plan.request.target_platforms} == {*asked.target_platforms}
    check_complete(times)


@every_case("program, form", product(PROGRAMS, ["GitHub", "terminal", "rawjson"]))
def test_predicted_savings_equal_the_difference_of_two_builds(program: str, form: str) -> None:
    """The fixed build has a processor for every step, and each step takes the time of its native twin."""

    def take(step: Step) -> float:
        text = step.label.partition("] ")[2].partition("TARGETARCH")[0]
        for it in ("GOARCH=amd64 ", "GOARCH=arm64 ", "CGO_ENABLED=0 "):
            text = text.replace(it, "")
        share = crc32(text[:50].encode()) % 1000 / 1000
        if step.kind == "source":
            return 0.0
        is_download = any(it in text for it in ("go mod download", "apt-get"))
        factor = (1.2 if is_download else 10) if step.is_emulated else 1
        return (5 + 30 * share) * factor if step.kind == "exec" else 0.1

    text = PROGRAMS[program]
    fixed = fix_text(Analyzer(REQUEST, asks_for_several=True), text, with_suggestions=True).text
    before, after = made_build(text, REQUEST, take), made_build(fixed, REQUEST, take)
    found = MeasuredBuild(text, read(FORMS[form](before)).builds[0], REQUEST).predict(fixed)
    assert found.saved == pytest.approx(before.total - after.total, rel=0.15, abs=1.0)
    assert found.remaining[0] - 0.5 <= after.total <= found.remaining[1] + 0.5


def test_a_vertex_that_was_cancelled_is_not_a_failure() -> None:
    build = made_build(PROGRAMS["node"], REQUEST, seconds_of)
    place = next(n for n, it in enumerate(build.vertices) if "npm run build" in it.name)
    vertices: list[Vertex] = [*build.vertices]
    vertices[place] = replace(vertices[place], status="canceled")
    for form in ("plain", "terminal", "rawjson"):
        (times,) = measured(FORMS[form](replace(build, vertices=tuple(vertices))), PROGRAMS["node"])
        assert not times.matching.unmatched
        assert not times.build.is_failed


def test_json_that_is_not_a_status_is_skipped() -> None:
    build = made_build(PROGRAMS["go"], REQUEST, seconds_of)
    lines = [json.dumps({"other": 1}), "{", *rawjson(build), "[]", "{}"]
    (times,) = measured("\n".join(lines), PROGRAMS["go"])
    check_complete(times)
