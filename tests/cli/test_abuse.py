"""Hostile repositories, full disks and interruptions: the command line exits with 2 and prints one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files"),
]
UNDECLARED = "FROM alpine\nRUN wget $TARGETARCH\n"
COMMAND = [sys.executable, "-m", "buildxray"]
LIMIT = 60


def run(
    *arguments: str | bytes | Path, cwd: Path | None = None, **options: object
) -> subprocess.CompletedProcess[bytes]:
    started = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, timeout=LIMIT, cwd=cwd, check=False, **options
    )  # type: ignore[call-overload]
    assert b"Traceback" not in started.stderr
    return started  # type: ignore[no-any-return]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(UNDECLARED)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "go.mod",
        "package-lock.json",
        "compose.yaml",
        "docker-bake.hcl",
        "docker-bake.json",
        "buildxray.toml",
        "pyproject.toml",
        ".gitignore",
        ".dockerignore",
        ".github/workflows/ci.yml",
        "main.go",
    ],
)
@pytest.mark.parametrize("kind", ["device", "fifo"])
def test_a_special_file_of_a_project_is_not_read(project: Path, name: str, kind: str) -> None:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name == "main.go":
        (project / "go.mod").write_text("module a\n")
    if kind == "device":
        path.symlink_to("/dev/zero")
    else:
        os.mkfifo(path)
    assert run("check", cwd=project).returncode == 1


@pytest.mark.parametrize(
    "arguments", [("check", "x" * 5000), ("check", "no/such"), ("plan", "x" * 5000), ("fix", "/dev/zero")]
)
def test_an_unreadable_argument_is_an_error_that_names_it(arguments: tuple[str, ...]) -> None:
    started = run(*arguments)
    assert started.returncode == 2
    assert b"cannot be read" in started.stderr


def test_a_full_disk_is_an_error(project: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [*COMMAND, "check"], stdout=full, stderr=subprocess.PIPE, cwd=project, timeout=LIMIT, check=False
        )
    assert process.returncode == 2
    assert process.stderr.startswith(b"buildxray: the output cannot be written: ")
    assert process.stderr.count(b"\n") == 1


def test_a_closed_pipe_ends_the_output_without_a_traceback(project: Path) -> None:
    for n in range(60):
        (project / f"{n}.Dockerfile").write_text(UNDECLARED * 20)
    script = f"{' '.join(COMMAND)} check | head -n 1"
    process = subprocess.run(["/bin/sh", "-c", script], capture_output=True, cwd=project, timeout=LIMIT, check=False)
    assert process.stderr == b""


def test_a_closed_standard_input() -> None:
    process = subprocess.run(
        ["/bin/sh", "-c", f"{' '.join(COMMAND)} check - <&-"], capture_output=True, timeout=LIMIT, check=False
    )
    assert process.returncode == 2
    assert b"Traceback" not in process.stderr


@pytest.mark.parametrize(("streams", "code"), [("<&-", 2), (">&-", 2), ("2>&- </dev/null", 1)])
def test_a_server_without_a_stream(streams: str, code: int) -> None:
    started = subprocess.run(
        ["/bin/sh", "-c", f"{' '.join(COMMAND)} lsp {streams}"], capture_output=True, timeout=LIMIT, check=False
    )
    assert started.returncode == code
    assert b"internal error" not in started.stderr


def test_a_full_standard_error_is_no_finding(project: Path) -> None:
    script = f"{' '.join(COMMAND)} check no/such 2>/dev/full"
    assert subprocess.run(["/bin/sh", "-c", script], cwd=project, timeout=LIMIT, check=False).returncode == 2


@pytest.mark.parametrize("format_", ["text", "json", "json-lines", "sarif", "github"])
def test_a_file_name_that_is_not_utf_8_is_printed(project: Path, format_: str) -> None:
    (project / "Dockerfile").rename(os.fsdecode(bytes(project) + b"/\xff\x1b[31m.Dockerfile"))
    started = run("check", "--format", format_, cwd=project)
    assert started.returncode == 1
    assert b"\x1b" not in started.stdout
    started.stdout.decode("utf-8")


@pytest.mark.parametrize("command", ["check", "plan"])
def test_control_characters_are_shown_escaped(project: Path, command: str) -> None:
    (project / "Dockerfile").write_text("FROM golang:\x1b[2J AS b\nRUN wget $TARGETARCH # \x1b]0;pwn\a\u202e\x9b2J\n")
    started = run(command, cwd=project)
    for character in ("\x1b", "\a", "\u202e", "\x9b"):
        assert character not in started.stdout.decode()
    assert rb"\x1b" in started.stdout


def test_deeply_nested_directories_are_searched(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(2100):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    (tmp_path / "Dockerfile").write_text(UNDECLARED)
    try:
        started = run("check", cwd=tmp_path)
    finally:
        # pytest cannot remove directories deeper than the longest possible path.
        subprocess.run(["/bin/rm", "-rf", str(tmp_path / "d")], check=True)
    assert b"cannot be searched" in started.stderr
    assert b"1 finding in 1 file" in started.stdout


def test_ctrl_c_prints_one_line(project: Path) -> None:
    for n in range(300):
        (project / f"{n}.Dockerfile").write_text("FROM golang\n" + "RUN go build ./a\n" * 300)
    with subprocess.Popen(
        [*COMMAND, "check"], cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        _out, err = process.communicate(timeout=LIMIT)
    assert time.monotonic() - start < 20
    assert (process.returncode, err) == (130, b"buildxray: interrupted\n")


def test_hostile_patterns_of_an_ignore_file_take_bounded_time(project: Path) -> None:
    (project / ".gitignore").write_text(
        "[z-a]\n[[:foo:]]\n"
        + "a*" * 16
        + "b\n"
        + "**/" * 14
        + "b\n"
        + "**/" * 50_000
        + "c\n"
        + "".join(f"/x{n}/**/y\n" for n in range(20_000))
    )
    # Only directories and Dockerfiles are compared with the patterns.
    (project / ("a" * 200)).mkdir()
    (project / f"{'a' * 200}.Dockerfile").write_text(UNDECLARED)
    assert run("check", cwd=project).returncode == 1


def test_fix_stays_in_its_directory(project: Path) -> None:
    (project / "w" / ".git").mkdir(parents=True)
    (project / "w" / "Dockerfile").symlink_to(project / "Dockerfile")
    run("fix", "w", cwd=project)
    assert (project / "Dockerfile").read_text() == UNDECLARED


def test_fix_of_the_standard_input_keeps_its_encoding_and_line_ends(project: Path) -> None:
    text = "FROM alpine\r\nRUN echo é€ $TARGETARCH\r\n".encode()
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    started = run("fix", "-", cwd=project, input=text, env=environment)
    assert started.stdout == text.replace(b"RUN", b"ARG TARGETARCH\r\nRUN")


HOSTILE_FILES = {
    **dict.fromkeys(
        ("sitecustomize.py", "buildxray.py", "rich.py", "json.py", "setup.py", "conftest.py"), "open('pwned', 'w')\n"
    ),
    "compose.yaml": "x: !!python/object/apply:os.system ['touch pwned']\nservices: {x: {build: {args: {A: '$(touch pwned)'}}}}\n",
    "build.sh": "touch pwned; docker build --build-arg A=$(touch pwned) .\n",
    "Makefile": "A := $(shell touch pwned)\nB != touch pwned\n$(eval C := $(shell touch pwned))\nall:\n\ttouch pwned; docker build $(A) .\n",
    "package.json": '{"scripts": {"preinstall": "touch pwned", "build": "docker build $(touch pwned) ."}}',
    ".github/workflows/a.yml": "jobs: {b: {steps: [{run: 'touch pwned; docker build .'}, {uses: ./}]}}\n",
    "action.yml": "runs: {using: composite, steps: [{run: touch pwned, shell: sh}]}\n",
    "docker-bake.hcl": 'target "default" { args = { A = "$(touch pwned)" } }\n',
    "go.mod": "module a\n",
    "main.go": "package main\n//go:generate touch pwned\n",
    ".git/config": "[core]\n\tfsmonitor = touch pwned\n\tpager = touch pwned\n",
    ".envrc": "touch pwned\n",
}
PROGRAMS = ("bash", "docker", "env", "git", "go", "make", "node", "npm", "python", "python3", "sh", "touch")


@pytest.mark.parametrize("command", ["check", "fix", "plan", "builds"])
def test_nothing_of_a_repository_is_executed_or_imported(project: Path, tmp_path: Path, command: str) -> None:
    for name, content in HOSTILE_FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(content)
    # Programs of the machine are not started either: each of these would leave a trace.
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).write_text(f"#!/bin/sh\n: > {project}/pwned\n")
        (programs / name).chmod(0o755)
    script = str(Path(sys.executable).with_name("buildxray"))
    environment = {**os.environ, "PATH": str(programs)}
    started = subprocess.run(
        [script, command, "."], cwd=project, env=environment, capture_output=True, timeout=LIMIT, check=False
    )
    assert started.returncode in {0, 1}, started.stderr
    assert not (project / "pwned").exists()
