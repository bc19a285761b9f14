"""Compare what an edit of a RUN costs in several versions of the project: `tools/keystroke.py [--calls] DIRECTORY PYTHON [PYTHON...]`.

Each PYTHON is the interpreter of an environment where one version is installed. All of them measure the same edits, in turn, several times: CPU
milliseconds of `Analyzer.analyze(text).diagnostics` for two target platforms, for written texts and for a sample of the files of a directory.
An edit makes one line of a RUN longer, another RUN each time. Prints the minimum of the rounds and the ratio to the first version.
With `--calls`, it counts function calls, which do not depend on the load of the machine, instead of milliseconds.
"""

from __future__ import annotations

import gc
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

ROUNDS: Final = 3
EDITS: Final = 16
SAMPLE: Final = 40
STAGE: Final = (
    "FROM --platform=$BUILDPLATFORM golang:1.22 AS build{n}\nARG TARGETARCH\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN go mod download\n"
    "COPY . .\nRUN GOARCH=$TARGETARCH go build -o /out/app{n} ./cmd/app{n}\nRUN apt-get update && apt-get install -y curl\n"
    "ENV PATH=/out:$PATH\nRUN ./test.sh {n}\nRUN curl -fsSL https://example.org/tool-{n}.tar.gz | tar xz\n\n"
)


def written(n_stages: int) -> str:
    """A text of `n` build stages and one that copies their files."""
    stages = "".join(STAGE.format(n=it) for it in range(n_stages))
    copies = "".join(f"COPY --from=build{it} /out/app{it} /usr/bin/\n" for it in range(n_stages))
    return f"{stages}FROM alpine:3.20\nRUN apk add --no-cache ca-certificates\n{copies}"


def texts_of(directory: Path) -> dict[str, str]:
    """The texts to measure, by their label in the table."""
    texts = {f"written, {len(it.splitlines())} lines": it for it in map(written, (1, 12, 40))}
    files = [
        (it.name, it.read_text(encoding="utf-8", errors="replace"))
        for it in sorted(directory.iterdir())
        if it.is_file()
    ]
    files = [(name, text) for name, text in files if text.count("\nRUN ") >= 1 and len(text) < 30_000]
    for name, text in files[:: max(1, len(files) // SAMPLE)]:
        texts[f"{name}, {len(text.splitlines())} lines"] = text
    return texts


def versions_of(text: str) -> list[str]:
    """The text after each edit."""
    starts = [idx for idx in range(len(text)) if text.startswith("\nRUN ", idx)]
    versions: list[str] = []
    for n in range(EDITS):
        start = starts[n % len(starts)] + 1
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        while text[end - 1] in "\\ \t":
            end -= 1
        text = f"{text[:end]} x{text[end:]}"
        starts = [it + 2 * (it > start) for it in starts]
        versions.append(text)
    return versions


def measure(directory: Path, *, in_calls: bool) -> dict[str, float]:
    """CPU milliseconds or calls of an edit of each text, in the version that this interpreter imports."""
    from buildxray.ide.analysis import Analyzer  # noqa: PLC0415 - only where it is measured
    from buildxray.plan.request import BuildRequest  # noqa: PLC0415
    from buildxray.platforms.platform import parse_normalized  # noqa: PLC0415

    amd64, arm64 = parse_normalized("linux/amd64"), parse_normalized("linux/arm64")
    cost_of = calls_of if in_calls else milliseconds_of
    measured: dict[str, float] = {}
    for name, text in texts_of(directory).items():
        analyzer = Analyzer(BuildRequest(amd64, (amd64, arm64)))
        _ = analyzer.analyze(text).diagnostics
        versions = versions_of(text)
        # A full collection would scan the objects of earlier texts, at a random moment.
        gc.collect()
        gc.freeze()
        measured[name] = cost_of(lambda: [analyzer.analyze(it).diagnostics for it in versions]) / EDITS  # noqa: B023
    return measured


def milliseconds_of(function: Callable[[], object]) -> float:
    """CPU milliseconds of a call."""
    start = time.process_time()
    function()
    return (time.process_time() - start) * 1000


def calls_of(function: Callable[[], object]) -> float:
    """The number of functions that a call runs, including those written in C."""
    n_calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal n_calls
        n_calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return n_calls


def main() -> None:
    """Measure in this interpreter without a PYTHON; otherwise let each of them measure, and print the table."""
    options = [it for it in sys.argv[1:] if it == "--calls"]
    directory, *pythons = (it for it in sys.argv[1:] if it not in options)
    if not pythons:
        json.dump(measure(Path(directory), in_calls=bool(options)), sys.stdout)
        return
    unit = "calls" if options else "ms"
    best: list[dict[str, float]] = [{} for _ in pythons]
    for _ in range(1 if options else ROUNDS):
        for python, milliseconds in zip(pythons, best, strict=True):
            command = [python, __file__, *options, directory]
            measured = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            for name, it in measured.items():
                milliseconds[name] = min(milliseconds.get(name, it), it)
    first = best[0]
    for name, before in first.items():
        columns = "".join(f"{it[name]:9.2f} {unit} ({it[name] / before:.2f})" for it in best)
        sys.stdout.write(f"{name[:50]:50} {columns}\n")
    for python, milliseconds in zip(pythons, best, strict=True):
        ratios = [milliseconds[it] / first[it] for it in first]
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        total = sum(milliseconds.values()) / sum(first.values())
        sys.stdout.write(
            f"{python}: geometric mean of the ratios {mean:.2f}, greatest {max(ratios):.2f}, of the sums {total:.2f}\n"
        )


if __name__ == "__main__":
    main()
