"""Dockerfiles of any size to measure with: several kinds of stages, and no instruction twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

_BASES = (
    "--platform=$BUILDPLATFORM golang:1.{n}-alpine",
    "node:{n}-bookworm-slim",
    "stage-{previous}",
    "--platform=$BUILDPLATFORM rust:1.{n}",
    "alpine:3.{n}",
)
_BLOCKS = (
    "WORKDIR /src/module-{n}",
    "COPY go.mod go.sum ./module-{n}/",
    "ARG TARGETOS TARGETARCH VERSION_{n}=1.{n}",
    "RUN --mount=type=cache,id=go-{n},target=/root/.cache/go-build \\\n    go mod download",
    "# The program itself.\nRUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/program-{n} ./cmd/program-{n}",
    "ENV CGO_ENABLED=0 \\\n    RELEASE_{n}=v${{VERSION_{n}:-0}}",
    "RUN apk add --no-cache git make-{n} && \\\n    # for the downloads below\n    update-ca-certificates",
    'LABEL org.opencontainers.image.title="program {n}"',
    "COPY --chown=1000:1000 assets-{n} /srv/assets/",
    "RUN <<EOF\nset -eu\ncurl -fsSL https://example.com/tool-{n}.tar.gz | tar -xz\nEOF",
    'RUN if [ "$TARGETARCH" = arm64 ]; then echo {n} > /etc/arm; fi',
    "ADD https://example.com/data-{n}.txt /data/",
    "EXPOSE ${{PORT_{n}:-8080}}",
    "USER service-{n}",
)


def sample_dockerfile(n_lines: int, n_stages: int) -> str:
    """A file of exactly `n_lines` lines; the last stage needs all others."""
    lines = ["# syntax=docker/dockerfile:1", "ARG REGISTRY=docker.io", ""]
    for stage in range(n_stages):
        n_left, stages_left = n_lines - len(lines), n_stages - stage
        lines += _stage(stage, n_left // stages_left)
    return "\n".join(lines) + "\n"


def _stage(stage: int, n_lines: int) -> Iterator[str]:
    base = _BASES[stage % len(_BASES)].format(n=stage, previous=stage - 1)
    yield f"FROM {base} AS stage-{stage}"
    n_left = n_lines - 1
    if stage:
        yield f"COPY --from=stage-{stage - 1} /out/program-{stage - 1} /usr/local/bin/"
        n_left -= 1
    for idx in count():
        if not n_left:
            return
        # Each stage begins at another place of the cycle, so that short stages differ too.
        block = _BLOCKS[(stage * 3 + idx) % len(_BLOCKS)].format(n=f"{stage}_{idx}").split("\n")
        if len(block) <= n_left:
            yield from block
            n_left -= len(block)
