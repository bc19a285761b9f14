"""The savings of a fix, predicted from one log and compared with the log of the fixed Dockerfile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from buildxray.ide.build_times import MeasuredBuild
from buildxray.logs.reader import read_log_text
from buildxray.plan.request import BuildRequest
from buildxray.syntax.parser import parse
from tests.support.logs import AMD64, ARM64, CROSS, NAIVE, NAIVE_TTY, REQUEST, builds, dockerfile, times

FORMS = [
    "rawjson",
    "github.log",
    "dockerbuild",
    "history-logs.rawjson",
    "history-logs.plain.log",
    "history-logs.tty.log",
]


def measured(name: str) -> MeasuredBuild:
    return MeasuredBuild(dockerfile(name), builds(name)[0], REQUEST)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fixed", ["early-arg", "cross"])
def test_saved_seconds_are_those_of_the_pair_of_logs(form: str, fixed: str) -> None:
    naive = measured(f"naive.{form}")
    after = times(f"{fixed}.{form}").total
    prediction = naive.predict(dockerfile(f"{fixed}.{form}"))
    assert prediction.saved == pytest.approx(naive.times.total - after, rel=0.15)
    low, high = prediction.remaining
    assert low <= after <= high
    assert prediction.steps == 3
    assert prediction.unknown == 0


def test_all_safe_fixes_together() -> None:
    naive = measured("naive.github.log")
    assert naive.repaired == (dockerfile("cross.github.log"), True)
    assert naive.prediction == naive.predict(dockerfile("cross.github.log"))


def test_a_file_without_fixes_has_no_prediction() -> None:
    assert measured("cross.github.log").prediction is None


@pytest.mark.parametrize("name", ["small-fail.plain.log", "small-cached.plain.log"])
def test_a_cached_build_predicts_nothing(name: str) -> None:
    assert measured(name).prediction is None


def test_downloads_are_left_out_of_what_is_saved() -> None:
    naive = MeasuredBuild(NAIVE, read_log_text(NAIVE_TTY).builds[0], REQUEST)
    prediction = naive.predict(CROSS)
    # The compiler 158.9 - 18.3, upx 3.2 - 1.7; the RUN that downloads is left out, and so are pulls.
    assert prediction.saved == pytest.approx(142, abs=1)
    low, high = prediction.remaining
    assert low <= 222.6 <= high
    assert prediction.fewer_pulls == 1


def test_without_a_native_twin_the_factor_depends_on_the_kind_of_work() -> None:
    log = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s

#2 [build 1/3] FROM docker.io/library/golang:1.26@sha256:aa
#2 CACHED

#3 [build 2/3] COPY . .
#3 DONE 0.1s

#4 [build 3/3] RUN go build -o /app .
#4 DONE 100.0s

#5 [stage-1 1/1] COPY --from=build /app /app
#5 DONE 0.1s
"""
    text = "FROM golang:1.26 AS build\nCOPY . .\nRUN go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n"
    fixed = text.replace("FROM golang", "FROM --platform=$BUILDPLATFORM golang").replace(
        "RUN go", "ARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go"
    )
    arm64 = BuildRequest(AMD64, (ARM64,))
    prediction = MeasuredBuild(text, read_log_text(log).builds[0], arm64).predict(fixed)
    assert prediction.saved == pytest.approx(90, abs=1)
    low, high = prediction.remaining
    assert low == pytest.approx(100 / 16, abs=1)
    assert 100 / 7 < high < 100 / 4


def test_a_text_without_a_change_saves_nothing() -> None:
    naive = measured("naive.github.log")
    prediction = naive.predict(naive.text)
    assert prediction.saved == 0
    assert prediction.steps == 0


def test_fixes_of_rules_have_the_predicted_savings() -> None:
    naive = MeasuredBuild(NAIVE, read_log_text(NAIVE_TTY).builds[0], REQUEST)
    assert naive.prediction is not None
    assert naive.prediction.saved == pytest.approx(142, abs=1)
    assert naive.predict(f"{NAIVE}# a comment\n").saved == pytest.approx(0, abs=1e-9)


def test_a_slower_change_has_a_negative_saving() -> None:
    cross = measured("cross.github.log")
    assert cross.predict(dockerfile("naive.github.log")).saved < -50


def test_times_follow_an_edit() -> None:
    naive = measured("naive.github.log")
    text = naive.text.replace("FROM golang", "# comment\nFROM --platform=$BUILDPLATFORM golang").replace(
        "RUN CGO_ENABLED=0", "ARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH"
    )
    dockerfile_ = parse(text)
    found = naive.instructions(dockerfile_)
    lines = {dockerfile_.instructions[idx].first_line: it for idx, it in found.items()}
    assert [it.seconds for it in lines[12].times] == [19.9, 101.4]
    assert not lines[12].is_current
    assert lines[7].is_current


def with_cpu(name: str, **cpu: float) -> MeasuredBuild:
    """A recorded build with processor times, by a part of the name: `amd64_build` is in `[linux/amd64 … go build`."""
    (build,) = builds(name)
    vertices = tuple(
        replace(it, cpu_seconds=next((v for k, v in cpu.items() if all(w in it.name for w in k.split("_"))), None))
        for it in build.vertices
    )
    return MeasuredBuild(dockerfile(name), replace(build, vertices=vertices), REQUEST)


def test_a_native_step_that_waited_counts_by_its_processor_time() -> None:
    fixed = dockerfile("cross.dockerbuild")
    by_wall = measured("naive.dockerbuild").predict(fixed)
    # It took 19.9 s; for half of that, it waited for the emulated compiler beside it.
    by_cpu = with_cpu("naive.dockerbuild", amd64_build_CGO=10.0, arm64_build_CGO=101.0).predict(fixed)
    assert by_cpu.saved > by_wall.saved
    # Two RUN steps of 10 s on slightly more than one processor, as the log shows.
    assert by_cpu.saved == pytest.approx(by_wall.saved + 19.9 - 2 * 10.0 / 1.05, abs=0.8)
    assert by_cpu.remaining[0] <= by_wall.remaining[0]


def test_a_native_step_that_did_not_wait_counts_as_before() -> None:
    fixed = dockerfile("cross.dockerbuild")
    busy = with_cpu("naive.dockerbuild", amd64_build_CGO=39.8, arm64_build_CGO=400.0).predict(fixed)
    assert busy.saved == pytest.approx(measured("naive.dockerbuild").predict(fixed).saved, abs=0.5)


def test_without_a_twin_what_an_emulated_step_waited_does_not_count() -> None:
    text = "FROM golang\nRUN go build ./...\n"
    log = "#1 [1/2] FROM docker.io/library/golang\n#1 DONE 0.0s\n\n#2 [2/2] RUN go build ./...\n#2 DONE 100.0s\n"
    (build,) = read_log_text(log).builds
    request = BuildRequest(AMD64, (ARM64,))
    waited = replace(build, vertices=(build.vertices[0], replace(build.vertices[1], cpu_seconds=40.0)))
    native = text.replace("FROM", "FROM --platform=$BUILDPLATFORM")
    assert MeasuredBuild(text, build, request).predict(native).saved == pytest.approx(90, abs=0.1)
    assert MeasuredBuild(text, waited, request).predict(native).saved == pytest.approx(96, abs=0.1)
