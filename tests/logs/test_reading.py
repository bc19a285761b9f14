"""Logs of every form give the same builds."""

from __future__ import annotations

import gzip
import io
import itertools
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildxray.files import archives
from buildxray.logs.escapes import visible, without_sequences
from buildxray.logs.model import Form, Interval, LogError, Status, covered, merged
from buildxray.logs.reader import read_log, read_log_text, read_stream
from tests.support.cases import every_case
from tests.support.logs import NAIVE_TTY, RECORDED, builds

PLAIN = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.1s

#2 [linux/amd64 1/2] FROM docker.io/library/alpine:3.20@sha256:aa
#2 extracting sha256:bb 1.5s done
#2 DONE 2.0s

#3 [linux/amd64 2/2] RUN echo "#9 DONE 5.0s"
#3 0.412 #9 DONE 5.0s
#3 ...

#4 [linux/arm64 2/2] RUN make
#4 CACHED

#3 [linux/amd64 2/2] RUN echo "#9 DONE 5.0s"
#3 DONE 3.2s
"""


@every_case(
    "name, form, n_vertices, total",
    [
        ("naive.rawjson", Form.RAWJSON, 24, 155.8),
        ("naive.github.log", Form.PLAIN, 24, 111.9),
        ("naive.dockerbuild", Form.RECORD, 24, 112.0),
        ("naive.history-logs.rawjson", Form.RAWJSON, 24, 112.0),
        ("naive.history-logs.plain.log", Form.PLAIN, 24, None),
        ("naive.history-logs.tty.log", Form.TTY, 24, None),
        ("cross.tty.log", Form.TTY, 17, 22.9),
        ("small-narrow.tty.log", Form.TTY, 23, 4.1),
        ("small-fail.tty.log", Form.TTY, 22, 5.2),
        ("small-fail.rawjson", Form.RAWJSON, 22, 5.0),
        ("small-fail.dockerbuild", Form.RECORD, 22, 5.0),
        ("small-cancel.rawjson", Form.RAWJSON, 22, 4.9),
        ("copylink.rawjson", Form.RAWJSON, 24, 3.1),
        ("copylink.plain.log", Form.PLAIN, 24, None),
    ],
)
def test_recorded_logs_are_read_completely(name: str, form: Form, n_vertices: int, total: float | None) -> None:
    (build,) = builds(name)
    assert (build.form, len(build.vertices)) == (form, n_vertices)
    assert build.total == (None if total is None else pytest.approx(total, abs=0.06))


@every_case("case", ["naive", "early-arg", "cross"])
def test_the_forms_of_one_build_agree(case: str) -> None:
    (exact,) = builds(f"{case}.dockerbuild")
    for name in ("github.log", "history-logs.plain.log", "history-logs.tty.log", "history-logs.rawjson"):
        (build,) = builds(f"{case}.{name}")
        shown = {it.name: it for it in build.vertices}
        for vertex in exact.vertices:
            # A terminal of 80 columns cuts names.
            other = next(it for title, it in shown.items() if vertex.name.startswith(title.rstrip()))
            assert other.seconds == pytest.approx(vertex.seconds, abs=build.precision + 0.001), (name, vertex.name)
            if not other.is_cut:
                assert other.status is vertex.status or Status.CACHED in (other.status, vertex.status), vertex.name


def test_vertices_of_a_plain_log() -> None:
    (build,) = read_log_text(PLAIN).builds
    assert [(it.name, it.status, it.seconds) for it in build.vertices] == [
        ("[internal] load build definition from Dockerfile", Status.DONE, 0.1),
        ("[linux/amd64 1/2] FROM docker.io/library/alpine:3.20@sha256:aa", Status.DONE, 2.0),
        ('[linux/amd64 2/2] RUN echo "#9 DONE 5.0s"', Status.DONE, 3.2),
        ("[linux/arm64 2/2] RUN make", Status.CACHED, 0.0),
    ]
    assert build.vertices[1].extracting == 1.5
    assert build.total is None


@every_case(
    "prefix",
    [
        "2026-07-08T12:34:5{s}.7890123Z ",
        "\ufeff2026-07-08T12:34:5{s}.7890123Z ",
        "build\tBuild and push\t2026-07-08T12:34:5{s}.7890123Z ",
        "2026-07-08T12:34:5{s}.789012Z 00O ",
        "[2026-07-08T12:34:5{s}.789Z] ",
        "12:34:5{s}  ",
        "[12:34:5{s}] ",
        "2026-07-08 12:34:5{s} INFO builder-7 | ",
        "étape 4/9 12:34:5{s} > ",
    ],
)
def test_prefixes_of_ci_systems_are_removed(prefix: str) -> None:
    lines = PLAIN.splitlines()
    stamped = "\n".join(prefix.format(s=idx * 9 // len(lines)) + it for idx, it in enumerate(lines))
    (build,) = read_log_text(stamped).builds
    (plain,) = read_log_text(PLAIN).builds
    assert [(it.name, it.status, it.seconds) for it in build.vertices] == [
        (it.name, it.status, it.seconds) for it in plain.vertices
    ]
    assert build.total == pytest.approx(8, abs=1.01)


def test_steps_of_a_log_with_time_stamps_have_intervals() -> None:
    (build,) = builds("naive.github.log")
    (exact,) = builds("naive.dockerbuild")
    compile_, exactly = (
        next(it for it in them.vertices if "linux/arm64 build 7/8" in it.name) for them in (build, exact)
    )
    assert compile_.intervals[0].start == pytest.approx(exactly.intervals[0].start, abs=1)
    assert compile_.intervals[0].end == pytest.approx(exactly.intervals[0].end, abs=1)


def test_builds_of_one_job_are_separated() -> None:
    other = PLAIN.replace("RUN make", "RUN cargo build").replace("3.2s", "7.7s")
    log = f"$ docker buildx build .\n{PLAIN}\nsome other step\n#0 building with x\n\n{other}\n{NAIVE_TTY}{PLAIN}"
    read = read_log_text(log)
    assert [it.form for it in read.builds].count(Form.TTY) == 1
    plain = [it for it in read.builds if it.form is Form.PLAIN]
    assert [next(v.seconds for v in it.vertices if "[linux/amd64 2/2]" in v.name) for it in plain] == [3.2, 7.7, 3.2]


def test_targets_of_bake_are_separated() -> None:
    for name in ("bake.plain.log", "bake.rawjson"):
        assert {it.name for it in builds(name)} == {"app", "tool"}
        assert all(not any("[app " in v.name or "[tool linux" in v.name for v in it.vertices) for it in builds(name))


def test_failed_and_cancelled_vertices_are_marked() -> None:
    statuses = {it.name: it.status for it in builds("small-fail.plain.log")[0].vertices}
    assert statuses["[linux/amd64 stage-3 5/5] RUN cat /arch /target && cat /missing"] is Status.FAILED
    assert statuses["[linux/arm64 stage-3 5/5] RUN cat /arch /target && cat /missing"] is Status.CANCELED
    (cancelled,) = builds("small-cancel.rawjson")
    assert Status.CANCELED in {it.status for it in cancelled.vertices}
    assert any(it.status is Status.UNFINISHED and it.seconds is None for it in cancelled.vertices)


def test_a_history_record_has_lines_and_the_dockerfile() -> None:
    (build,) = builds("cross.dockerbuild")
    assert build.dockerfile == (RECORDED / "cross.Dockerfile").read_text()
    assert build.request is not None
    assert (build.request.platforms, build.request.file_name) == (("linux/amd64", "linux/arm64"), "Dockerfile.cross")
    lines = {build.lines[digest]: it.name for it in build.vertices for digest in it.digests if digest in build.lines}
    assert lines[11].endswith('go build -trimpath -ldflags "-s -w" -o /out/greet ./cmd/greet')
    assert len(build.lines) == 12


@pytest.mark.parametrize("name", ["naive.github.log", "small.rawjson", "small-fail.tty.log", "cross.dockerbuild"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_log_gives_what_can_be_read(name: str, share: float, tmp_path: Path) -> None:
    content = (RECORDED / name).read_bytes()
    for part in (content[: int(len(content) * share)], content[int(len(content) * (1 - share)) :]):
        path = tmp_path / "log"
        path.write_bytes(part)
        with suppress(LogError):
            assert read_log(path).builds


def test_lines_whose_start_is_missing_are_counted() -> None:
    log = read_log_text(f"#7 2.919 text of a step that began before\n#7 DONE 3.0s\n\n{PLAIN}")
    assert log.n_broken == 2
    assert len(log.builds) == 1
    assert read_log_text('{"vertexes":[{"digest"\n' + PLAIN).n_broken == 1


@every_case(
    "content",
    [
        b"",
        b"FROM alpine\nRUN make\n",
        b"# Title\n\n#1 is the best issue\n",
        b'{"vertexes": "no", "statuses": [1, 2]}\n',
        b"\x00\x01\x02" * 1000,
        b"\x1f\x8b" + b"\x00" * 50,
        gzip.compress(b"not a tar archive" * 100, mtime=0),
        "日本語".encode("utf-16"),
    ],
)
def test_other_files_are_errors(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(LogError, match="expected"):
        read_log(path)


def test_a_missing_file_and_a_directory_are_errors(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="No such file"):
        read_log(tmp_path / "missing")
    with pytest.raises(LogError, match="directory"):
        read_log(tmp_path)


def test_a_log_in_utf_16_is_read() -> None:
    text = PLAIN.replace("\n", "\r\n")
    stream = io.BufferedReader(io.BytesIO(text.encode("utf-16")))
    assert len(read_stream(stream).builds[0].vertices) == 4


def _archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            it = tarfile.TarInfo(name)
            it.size = len(content)
            archive.addfile(it, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.slow
def test_hostile_archives_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_LARGEST_ARCHIVE", 16 << 20)  # in place of 512 MB, which takes seconds
    path = tmp_path / "x.dockerbuild"
    outside = tmp_path.parent / "escaped"
    path.write_bytes(_archive({"../escaped": b"x", "/etc/escaped": b"x", "index.json": b"[" * 100_000}))
    with pytest.raises(LogError, match="history record"):
        read_log(path)
    assert not outside.exists()
    path.write_bytes(gzip.compress(b"\0" * (20 << 20), 1))
    with pytest.raises(LogError, match="history record"):
        read_log(path)
    path.write_bytes(_archive({"filler": b"\0" * (20 << 20), "index.json": b"{}"}))
    with pytest.raises(LogError, match="MB"):
        read_log(path)


@pytest.mark.slow
@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).map(lambda it: Interval(*sorted(it)))))
def test_merged_intervals_do_not_overlap(intervals: list[Interval]) -> None:
    result = merged(intervals)
    assert all(a.end < b.start for a, b in itertools.pairwise(result))
    assert covered(intervals) <= sum(it.end - it.start for it in intervals) + 1e-6


@pytest.mark.slow
@given(st.text())
def test_any_text_is_a_log_or_an_error(text: str) -> None:
    with suppress(LogError):
        assert read_log_text(text).builds


@pytest.mark.slow
@given(st.text(st.sampled_from("\x1b[]0;31mAa#1 \x07\\HP")))
def test_no_control_character_is_shown(text: str) -> None:
    assert visible(without_sequences(text)).isprintable() or "\ufeff" in text
