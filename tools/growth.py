"""Print how the CPU time of an analysis grows with the lines of a text: `tools/growth.py [SMALL] [LARGE]`."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Final

from buildxray.ide.analysis import Analyzer
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import parse_normalized

REQUEST: Final = BuildRequest(
    parse_normalized("linux/amd64"), (parse_normalized("linux/amd64"), parse_normalized("linux/arm64"))
)
AXES: Final[dict[str, Callable[[int], str]]] = {
    "equal RUN lines": lambda n: "FROM a\nARG TARGETARCH\n" + "RUN echo a\n" * n,
    "continuation lines": lambda n: "FROM a\nRUN echo \\\n" + "  a \\\n" * n + "  b\n",
    "FROM chain": lambda n: "FROM a AS s0\n" + "".join(f"FROM s{i - 1} AS s{i}\nRUN go build\n" for i in range(1, n)),
    "&& chain": lambda n: "FROM a\nRUN x" + " && \\\n  apt-get install a" * n + "\n",
}


def cpu_seconds(text: str) -> float:
    """The CPU time of an analysis from scratch."""
    start = time.process_time()
    _ = Analyzer(REQUEST).analyze(text).diagnostics
    return time.process_time() - start


def main() -> None:
    """Print each axis with its times and its exponent."""
    small, large = (int(it) for it in sys.argv[1:3]) if len(sys.argv) > 2 else (500, 2000)
    for name, text in AXES.items():
        first, second = cpu_seconds(text(small)), cpu_seconds(text(large))
        exponent = math.log(second / first) / math.log(large / small)
        sys.stdout.write(
            f"{name:20} {small} lines {first:.2f} s, {large} lines {second:.2f} s, exponent {exponent:.2f}\n"
        )


if __name__ == "__main__":
    main()
