"""Vertices of a log are matched to the steps of a plan."""

from __future__ import annotations

import pytest

from buildxray.logs.reader import read_log
from buildxray.logs.times import measure
from tests.support.cases import every_case
from tests.support.logs import AMD64, ARM64, NAIVE, NAIVE_TTY, RECORDED, REQUEST, builds, dockerfile, times, times_of

ALL = sorted(it.name for it in RECORDED.iterdir() if it.suffix in (".log", ".rawjson", ".dockerbuild"))


@pytest.mark.slow
@every_case("name", ALL)
def test_every_recorded_log_fits_its_dockerfile(name: str) -> None:
    for build in read_log(RECORDED / name).builds:
        found = measure(dockerfile(name), build, REQUEST)
        assert found.matching.unmatched == ()
        assert found.matching.n_missing == 0 or build.is_failed
        assert not found.has_changed
        assert not found.is_doubtful


@pytest.mark.slow
@every_case("case", ["naive", "early-arg", "cross"])
def test_the_critical_path_takes_as_long_as_the_build(case: str) -> None:
    for form in ("rawjson", "github.log", "dockerbuild"):
        found = times(f"{case}.{form}")
        assert found.deviation == pytest.approx(0, abs=0.02)


def test_a_copied_terminal_screen_fits_its_dockerfile() -> None:
    found = times_of(NAIVE_TTY, NAIVE)
    assert not found.matching.unmatched
    assert found.matching.n_missing == 0
    assert found.critical_path.seconds == pytest.approx(440.1, abs=0.5)
    chain = [found.plan.steps[it].label for it in found.critical_path.steps]
    assert all("linux/amd64" not in it for it in chain)


def test_a_history_record_gives_exact_lines() -> None:
    build = builds("naive.dockerbuild")[0]
    found = times("naive.dockerbuild")
    for it in found.measured:
        lines = {build.lines[digest] for digest in it.vertex.digests if digest in build.lines}
        assert lines <= {it.step.line}


def test_platforms_come_from_the_log() -> None:
    single = times("small-single.plain.log").plan.request
    assert single.target_platforms == (AMD64,)
    emulated = times("small-arm64only.plain.log").plan.request
    assert emulated.target_platforms == (ARM64,)


def test_the_target_of_a_bake_file_shares_steps_with_another() -> None:
    for build in builds("bake.plain.log"):
        assert measure(dockerfile("bake.plain.log"), build, REQUEST).matching.n_missing == 0


def test_a_log_of_another_target_stage_fits() -> None:
    log = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s

#2 [tool 1/2] FROM docker.io/library/busybox:latest@sha256:aa
#2 DONE 0.5s

#3 [tool 2/2] RUN uname -m && i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo counted; uname -m > /arch
#3 DONE 2.5s
"""
    found = times_of(log, dockerfile("small.plain.log"))
    assert found.plan.request.target_stage == "tool"
    assert found.matching.n_missing == 0


def test_an_edited_instruction_keeps_its_time_and_is_marked() -> None:
    edited = dockerfile("naive.github.log").replace("-trimpath -ldflags", "-ldflags")
    found = times("naive.github.log", edited)
    assert found.has_changed
    assert {(it.step.line, it.seconds) for it in found.matching.times.values() if not it.is_exact} == {
        (10, 101.4),
        (10, 19.9),
    }


def test_instructions_after_an_added_one_keep_their_times() -> None:
    edited = dockerfile("naive.github.log").replace("COPY go.mod", "ENV A=b\nRUN mkdir /x\nCOPY go.mod")
    found = times("naive.github.log", edited)
    assert not found.matching.unmatched
    assert found.matching.n_missing == 2
    assert all(it.is_exact for it in found.matching.times.values())


def test_a_removed_instruction_is_listed() -> None:
    edited = dockerfile("naive.github.log").replace("RUN test -s /out/greet\n", "")
    found = times("naive.github.log", edited)
    assert [it.name.partition("] ")[2] for it in found.matching.unmatched] == ["RUN test -s /out/greet"] * 2
    assert found.fits


def test_a_log_of_another_project_does_not_fit() -> None:
    assert not times("naive.github.log", "FROM node\nRUN npm ci\n").fits


def test_a_named_context_instead_of_an_image_fits() -> None:
    log = """\
#1 [context golang] load from client
#1 DONE 0.1s

#2 [build 1/7] WORKDIR /src
#2 DONE 0.1s

#3 [build 2/7] COPY go.mod ./
#3 DONE 0.1s

#4 [build 6/7] RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/greet ./cmd/greet
#4 DONE 9.0s
"""
    found = times_of(log, dockerfile("naive.github.log"))
    assert not found.matching.unmatched
    assert {it.step.line: it.seconds for it in found.measured}[10] == 9.0
