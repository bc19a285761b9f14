"""Print how the CPU time of an analysis grows with the lines of a text: `tools/growth.py [SIZE…]`, ascending numbers of lines.

The exponent between two sizes is the logarithm of the ratio of the times over that of the ratio of the sizes: 1 is linear. Each time is the
minimum of three, each measured in a new process.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

ROUNDS: Final = 3
AXES: Final[dict[str, Callable[[int], str]]] = {
    "equal RUN lines": lambda n: "FROM a\nARG TARGETARCH\n" + "RUN echo a\n" * n,
    "continuation lines of one RUN": lambda n: "FROM a\nRUN echo \\\n" + "  a \\\n" * n + "  b\n",
    "&& chain of one RUN": lambda n: "FROM a\nRUN x" + " && \\\n  apt-get install a" * n + "\n",
    "FROM chain with a RUN in each stage": lambda n: (
        "FROM a AS s0\n" + "".join(f"FROM s{i - 1} AS s{i}\nRUN go build\n" for i in range(1, n // 2))
    ),
    "stages that copy from the one before": lambda n: (
        "FROM a AS s0\n" + "".join(f"FROM a AS s{i}\nCOPY --from=s{i - 1} /x /x\n" for i in range(1, n // 2))
    ),
    "ARGs, then RUNs that use them": lambda n: (
        "FROM a\n"
        + "".join(f"ARG A{i}=1\n" for i in range(n // 2))
        + "".join(f"RUN echo $A{i}\n" for i in range(n // 2))
    ),
    "ARG and RUN in turn": lambda n: "FROM a\n" + "".join(f"ARG A{i}=1\nRUN echo $A{i}\n" for i in range(n // 2)),
    "arms of one case": lambda n: (
        "FROM a\nARG TARGETARCH\nRUN case $TARGETARCH in \\\n"
        + "".join(f"  a{i}) b ;; \\\n" for i in range(n))
        + "  esac\n"
    ),
    "RUNs with an undeclared TARGETARCH": lambda n: (
        "FROM a\n" + "".join(f"RUN echo {i} $TARGETARCH && if [ $X = {i} ]; then echo a; fi\n" for i in range(n))
    ),
    "FROM chain with a download in each stage": lambda n: (
        "FROM debian AS s0\n"
        + "".join(f"FROM s{i - 1} AS s{i}\nRUN curl -o /t https://a.b/{i}-linux-amd64\n" for i in range(1, n // 2))
    ),
    "COPYs of files for one architecture": lambda n: (
        "FROM debian\n" + "".join(f"COPY x{i}_amd64.deb /tmp/x{i}.deb\n" for i in range(n))
    ),
    "native builds, then COPYs of their programs": lambda n: (
        "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\n"
        + "".join(f"RUN CGO_ENABLED=0 go build -o /o{i} ./{i}\n" for i in range(n // 2))
        + "FROM scratch\n"
        + "".join(f"COPY --from=b /o{i} /o{i}\n" for i in range(n // 2))
    ),
    "emulated builds, then COPYs of their programs": lambda n: (
        "FROM golang AS b\n"
        + "".join(f"RUN go build -o /o{i} ./{i}\n" for i in range(n // 2))
        + "FROM scratch\n"
        + "".join(f"COPY --from=b /o{i} /o{i}\n" for i in range(n // 2))
    ),
    "native builds and one COPY": lambda n: (
        "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\n"
        + "".join(f"RUN CGO_ENABLED=0 go build -o /o/{i} ./{i}\n" for i in range(n))
        + "FROM scratch\nCOPY --from=b /o /o\n"
    ),
    "go install": lambda n: (
        "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\n"
        + "".join(f"RUN GOARCH=$TARGETARCH go install ./{i}\n" for i in range(n))
        + "FROM scratch\nCOPY --from=b /go/bin/x /x\n"
    ),
    "FROM chain with an ENV in each stage": lambda n: (
        "FROM a AS s0\n" + "".join(f"FROM s{i - 1} AS s{i}\nENV P{i}=/usr/{i}\n" for i in range(1, n // 2))
    ),
    "FROM chain with a download of modules in each stage": lambda n: (
        "FROM golang AS s0\n"
        + "".join(f"FROM s{i - 1} AS s{i}\nCOPY . .\nRUN go mod download\n" for i in range(1, n // 3))
    ),
    "commands whose failure is ignored": lambda n: (
        "FROM debian\nRUN a" + "; \\\n  apt-get install a:amd64 || true" * n + "\n"
    ),
    "installs for one architecture in one RUN": lambda n: (
        "FROM debian\nRUN a" + "; \\\n  apt-get install a:amd64" * n + "\n"
    ),
    "downloads for one architecture in one RUN": lambda n: (
        "FROM debian\nRUN a"
        + "".join(f"; \\\n  curl -o /usr/bin/t{i} https://a.b/{i}/t-linux-amd64" for i in range(n))
        + "\n"
    ),
    "releases for one architecture in one RUN": lambda n: (
        "FROM debian\nRUN a" + "".join(f"; \\\n  gh release download -p t{i}_amd64.deb" for i in range(n)) + "\n"
    ),
    "lines with an error": lambda n: "FROM a\n" + "RUNN a\n" * n,
    "stages with a constant platform": lambda n: (
        "".join(f"FROM --platform=linux/amd64 a AS s{i}\nRUN make\n" for i in range(n // 3))
        + "FROM a\n"
        + "".join(f"COPY --from=s{i} /a /a\n" for i in range(n // 3))
    ),
    "downloads for one architecture": lambda n: (
        "FROM a\n" + "".join(f"RUN curl -LO https://a.b/{i}/t-linux-amd64.tgz\n" for i in range(n))
    ),
    "builds in their own directories": lambda n: (
        "FROM golang\n" + "".join(f"WORKDIR /w{i}\nRUN go build\n" for i in range(n // 2))
    ),
    "tests of a platform argument in one RUN": lambda n: (
        "FROM debian\nARG TARGETARCH\nRUN a" + "; \\\n  [ $TARGETARCH = x86_64 ] || b" * n + "\n"
    ),
}


def cpu_seconds(text: str) -> float:
    """The CPU time of an analysis from scratch."""
    from buildxray.ide.analysis import Analyzer  # noqa: PLC0415 - the process that prints needs none of it
    from buildxray.plan.request import BuildRequest  # noqa: PLC0415
    from buildxray.platforms.platform import parse_normalized  # noqa: PLC0415

    amd64, arm64 = parse_normalized("linux/amd64"), parse_normalized("linux/arm64")
    start = time.process_time()
    _ = Analyzer(BuildRequest(amd64, (amd64, arm64)), asks_for_several=True).analyze(text).diagnostics
    return time.process_time() - start


def least(name: str, size: int) -> float:
    """The minimum time of up to three processes; one if it takes long."""
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < 20:
        command = [sys.executable, __file__, "--one", name, str(size)]
        times.append(float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    return min(times)


def main() -> None:
    """Print each axis with its times and exponents; with `--one`, the time of one text."""
    if sys.argv[1:2] == ["--one"]:
        sys.stdout.write(str(cpu_seconds(AXES[sys.argv[2]](int(sys.argv[3])))))
        return
    sizes = [int(it) for it in sys.argv[1:]] or [500, 2000]
    for name in AXES:
        times = [least(name, it) for it in sizes]
        exponents = [
            math.log(times[n] / times[n - 1]) / math.log(sizes[n] / sizes[n - 1]) for n in range(1, len(sizes))
        ]
        columns = " | ".join(f"{it:.2f}" for it in times)
        sys.stdout.write(f"| {name} | {columns} | {', '.join(f'{it:.2f}' for it in exponents)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
