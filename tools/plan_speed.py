"""Compare the time from text to plan in several checkouts of the project: `tools/plan_speed.py CHECKOUT [CHECKOUT...]`.

Each CHECKOUT has an environment in `.venv`. All of them measure the documents and edits of `tests/bench/test_plan_speed.py`, in turn, ten times:
milliseconds of a new document with empty caches, and of a version with one changed line. Prints the minimum and its ratio to the first checkout.
One process of each is not enough: its minimum differs from that of the next by up to a half.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Final

PROCESSES: Final = 10
ROUNDS: Final = {"30 lines": 150, "500 lines": 15}


def measure() -> dict[str, float]:
    """The least milliseconds of each document and edit, in the checkout that is the working directory."""
    from tests.support.cost import EDITS, Document, forget  # noqa: PLC0415 - those of the checkout
    from tests.support.samples import THIRTY_LINES, dockerfile_of  # noqa: PLC0415

    texts = {"30 lines": THIRTY_LINES, "500 lines": dockerfile_of(500)}
    measured: dict[str, float] = {}
    # `make bench` measures without the collector too: when it runs does not depend on the code that is measured.
    gc.disable()
    for size, text in texts.items():
        best = float("inf")
        for _ in range(ROUNDS[size]):
            forget()
            best = min(best, milliseconds_of_plan(Document(), text))
        measured[f"{size}, new"] = best
        for name, edit in EDITS.items():
            document = Document()
            document.plan(text)
            numbers = count()
            versions = (edit(text, next(numbers)) for _ in range(ROUNDS[size]))
            measured[f"{size}, {name}"] = min(milliseconds_of_plan(document, it) for it in versions)
    return measured


def milliseconds_of_plan(document: object, text: str) -> float:
    """Milliseconds of the plan of a text."""
    start = time.perf_counter()
    document.plan(text)  # type: ignore[attr-defined]  # a Document of the checkout that is measured
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Measure here without a CHECKOUT; otherwise let each of them measure, and print the table."""
    checkouts = [Path(it).resolve() for it in sys.argv[1:]]
    if not checkouts:
        json.dump(measure(), sys.stdout)
        return
    best: list[dict[str, float]] = [{} for _ in checkouts]
    for _ in range(PROCESSES):
        for checkout, milliseconds in zip(checkouts, best, strict=True):
            command = [str(checkout / ".venv/bin/python"), __file__]
            environment = os.environ | {"PYTHONPATH": str(checkout)}
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=checkout, env=environment)
            for name, it in json.loads(done.stdout).items():
                milliseconds[name] = min(milliseconds.get(name, it), it)
    first = best[0]
    for name, before in first.items():
        columns = "".join(f"{it[name]:9.3f} ms ({it[name] / before:.2f})" for it in best)
        sys.stdout.write(f"{name:24} {columns}\n")


if __name__ == "__main__":
    main()
