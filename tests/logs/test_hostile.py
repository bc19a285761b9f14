"""Numbers and times that no build writes: the rest of the log is read, and no time is infinite."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

import pytest

from buildxray.ide.build_times import MeasuredBuild
from buildxray.ide.settings import Settings
from buildxray.ide.time_budget import time_budget
from buildxray.ide.times_as_json import times_as_json
from buildxray.logs import matching, status_stream
from buildxray.logs.model import Log, LogError
from buildxray.logs.reader import read_log_text, read_stream
from tests.support.logs import RECORDED

pytestmark = pytest.mark.slow

DOCKERFILE = (RECORDED / "naive.Dockerfile").read_text()
PLAIN = (RECORDED / "naive.history-logs.plain.log").read_text()
TTY = (RECORDED / "naive.history-logs.tty.log").read_text()
RECORD = RECORDED / "naive.dockerbuild"
USAGE = rb'("llbDefinition": *\[\s*\{)'
"""The start of the first operation of a build, which may have used processor time."""
NUMBERS = ("9" * 400, "9" * 5_000, f"{'9' * 400}.5", f"0.{'9' * 5_000}")


def shown(log: Log) -> list[str]:
    """The times of each build as JSON, in which no number is infinite. Raises `ValueError` otherwise."""
    measured = [MeasuredBuild(DOCKERFILE, it, Settings().request()) for it in log.builds]
    return [json.dumps(times_as_json(it), allow_nan=False) for it in measured]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("text", "pattern", "replacement"),
    [
        (PLAIN, r"DONE \d+\.\d+s", "DONE {n}s"),
        (PLAIN, r"(DONE \d+\.\d+s)", "extracting sha256:aa {n}s done\n#9 \\1"),
        (PLAIN, r"(?m)^(#\d+) \d+\.\d+ ", "\\1 {n} "),
        (TTY, r"\d+\.\d+s", "{n}s"),
        (TTY, r"\((\d+)/(\d+)\)", "({n}/{n})"),
        (TTY, r"Building \d+\.\d+s", "Building {n}s"),
    ],
)
def test_a_number_that_is_too_long_is_not_a_time(text: str, pattern: str, replacement: str, number: str) -> None:
    broken = re.sub(pattern, replacement.format(n=number), text)
    assert broken != text
    assert shown(read_log_text(broken + PLAIN))


def test_seconds_of_years_are_a_time() -> None:
    (build,) = read_log_text(re.sub(r"DONE \d+\.\d+s", "DONE 99999999.5s", PLAIN)).builds
    assert {it.seconds for it in build.vertices} >= {99_999_999.5}


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (rb'"CreatedAt": *\{[^}]*\}', b'"CreatedAt":{"seconds":1,"nanos":[1]}'),
        (rb'"CreatedAt": *\{[^}]*\}', b'"CreatedAt":{"seconds":1,"nanos":1e999}'),
        (rb'"CreatedAt": *\{[^}]*\}', b'"CreatedAt":{"seconds":1,"nanos":NaN}'),
        (rb'"CreatedAt": *\{[^}]*\}', b'"CreatedAt":{"seconds":' + b"9" * 4_000 + b"}"),
        (rb'"CreatedAt": *\{[^}]*\}', b'"CreatedAt":{"seconds":"' + b"9" * 400 + b'"}'),
        (USAGE, b'\1"resourceUsage":{"cpuStat":{"usageNanos":' + b"9" * 4_000 + b"}},"),
        (USAGE, b'\1"resourceUsage":{"cpuStat":{"usageNanos":-5}},'),
        (rb'"line": *\d+', b'"line":' + b"9" * 4_000),
        (rb'"line": *\d+', b'"line":-5'),
    ],
)
def test_a_number_of_a_history_record_may_be_anything(pattern: bytes, replacement: bytes) -> None:
    packed, n_changed = io.BytesIO(), 0
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members():
            changed, n = re.subn(pattern, replacement, content)
            n_changed += n
            # The name of a blob is its digest, which is not checked.
            member = tarfile.TarInfo(name)
            member.size = len(changed)
            archive.addfile(member, io.BytesIO(changed))
    assert n_changed
    packed.seek(0)
    (build,) = read_stream(io.BufferedReader(packed)).builds
    assert all(it.cpu_seconds is None or it.cpu_seconds >= 0 for it in build.vertices)
    assert shown(Log((build,)))


def test_similar_steps_are_compared_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[object] = []

    class Counted(SequenceMatcher[str]):
        def ratio(self) -> float:
            compared.append(self)
            return super().ratio()

    monkeypatch.setattr(matching, "SequenceMatcher", Counted)
    edited = "FROM alpine AS build\n" + "".join(f"RUN a{n} b{n} c{n}\n" for n in range(9))
    steps = "".join(f"#{n} [build {n % 9 + 1}/10] RUN x{n}\n#{n} DONE 0.1s\n\n" for n in range(1, 4_000))
    (build,) = read_log_text(steps).builds
    MeasuredBuild(edited, build, Settings().request())
    assert 1_000 < len(compared) <= 3 * matching._MOST_COMPARISONS


def test_a_text_is_prepared_for_comparison_once(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[object] = []
    compared: list[object] = []

    class Counted(SequenceMatcher[str]):
        def ratio(self) -> float:
            compared.append(self)
            return super().ratio()

        def set_seq2(self, b: Sequence[str]) -> None:
            prepared.append(b)
            super().set_seq2(b)

    monkeypatch.setattr(matching, "SequenceMatcher", Counted)
    edited = "FROM alpine AS build\n" + "".join(f"RUN a{n} b{n} c{n}\n" for n in range(9))
    steps = "".join(f"#{n} [build {n % 9 + 1}/10] RUN x{n}\n#{n} DONE 0.1s\n\n" for n in range(1, 40))
    (build,) = read_log_text(steps).builds
    MeasuredBuild(edited, build, Settings().request())
    assert len(compared) > len(prepared) > 1
    # One text after the other: the comparisons of one share its preparation.
    assert all(one != next_one for one, next_one in pairwise(prepared))


def test_blanks_of_names_are_joined_in_linear_time() -> None:
    name = f"RUN{' abcdefg' * 40_000}"
    steps = "".join(f"#{n} [build {n}/20] {name}\n#{n} DONE 0.1s\n\n" for n in range(1, 20))
    (build,) = read_log_text(steps).builds
    with time_budget(4):
        # A third of a second on a quiet machine; 7 s with a regular expression for each comparison.
        MeasuredBuild(DOCKERFILE, build, Settings().request())


def test_many_beginnings_of_builds_do_not_look_at_all_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []

    def is_numbered(name: str) -> bool:
        looked_at.append(name)
        return re.match(r"\[[^\]]*\d/\d+\] ", name) is not None

    monkeypatch.setattr(status_stream, "_is_numbered", is_numbered)
    times = {"started": "2026-11-26T10:00:01Z", "completed": "2026-11-26T10:00:02Z"}
    steps = [{"digest": f"sha256:{n}", "name": f"[{n}/999] RUN {n}", **times} for n in range(1, 900)]
    waiting = {"digest": "sha256:w", "name": "[1/1] RUN w"}
    beginning = {"digest": "sha256:b", "name": "[internal] load build definition"}
    lines = [{"vertexes": [*steps, waiting]}, *[{"vertexes": [beginning]}] * 500]
    text = "".join(f"{json.dumps(it)}\n" for it in lines)
    (build,) = read_log_text(text).builds
    assert len(build.vertices) == 901
    assert len(looked_at) == 900 + 500
    ended = json.dumps({"vertexes": [{**waiting, **times}]})
    assert len(read_log_text(f"{text}{ended}\n{json.dumps(lines[-1])}\n").builds) == 2


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_attributes_of_an_archive_are_bounded(kind: bytes) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as archive:
        header = tarfile.TarInfo("x")
        header.type, header.size = kind, 2_000_000
        # The search for their encoding takes quadratic time: with 2 MB it would take hours.
        archive.write(header.tobuf() + b"1" * 2_000_000)
    packed.seek(0)
    with time_budget(10), pytest.raises(LogError, match="history record"):
        read_stream(io.BufferedReader(packed))


def members() -> Iterator[tuple[str, bytes]]:
    with gzip.open(RECORD) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                yield member.name, file.read()
