"""Dockerfiles of any size for measurements: several kinds of stages, no instruction twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

_BASES = ("golang:1.{n}-alpine", "node:{n}-bookworm-slim", "rust:1.{n}", "python:3.{n}-slim", "debian:bookworm-{n}")
_BLOCKS = (
    "WORKDIR /src/module-{n}",
    "COPY go.mod go.sum ./module-{n}/",
    "ARG TARGETOS TARGETARCH VERSION_{n}=1.{n}",
    "ENV CGO_ENABLED=0 \\\n    GOFLAGS=-buildvcs=false \\\n    RELEASE_{n}=v${{VERSION_{n}:-0}}",
    "RUN apk add --no-cache git make-{n} && \\\n    # certificates for the download below\n    update-ca-certificates",
    "RUN --mount=type=cache,id=go-{n},target=/root/.cache/go-build \\\n    go mod download",
    "# The program itself.\nRUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/program-{n} ./cmd/program-{n}",
    "RUN <<EOF\nset -eu\ncurl -fsSL https://example.com/tool-{n}.tar.gz | tar -xz\nEOF",
    "LABEL org.opencontainers.image.title=\"program {n}\"",
    "RUN if [ \"$TARGETARCH\" = arm64 ]; then echo {n} > /etc/arm; fi",
    "ADD https://example.com/data-{n}.txt /data/",
    "COPY --chown=1000:1000 assets-{n} /srv/assets/",
    "EXPOSE 80{n}",
    "USER service-{n}",
    "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]",
)


def sample_dockerfile(n_lines: int, n_stages: int) -> str:
    """A file of about `n_lines` lines, in which the last stage needs all others."""
    return "\n".join(line for stage in range(n_stages) for line in _stage(stage, n_lines // n_stages, n_stages)) + "\n"


def _stage(stage: int, n_lines: int, n_stages: int) -> Iterator[str]:
    """A stage of exactly `n_lines` lines, which the next one takes a file from."""
    lines = [_from(stage, n_stages)]
    if stage:
        lines.append(f"COPY --from=stage-{stage - 1} /out/program-{stage - 1} /usr/local/bin/")
    for n in count(stage):
        block = _BLOCKS[n % len(_BLOCKS)].format(n=f"{stage}{n}").split("\n")
        if len(lines) + len(block) + 2 > n_lines:
            break
        lines += block
    lines += [""] * (n_lines - len(lines) - 1)
    ...


def _from(stage: int, n_stages: int) -> str:
    base = _BASES[stage % len(_BASES)].format(n=stage)
    ...
