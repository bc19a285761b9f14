"""Logs of real builds, which are in tests/logs/recorded, and a log with the figures of an article."""

from __future__ import annotations

from pathlib import Path

from buildxray.logs.model import LoggedBuild
from buildxray.logs.reader import read_log, read_log_text
from buildxray.logs.times import Times, measure
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform

RECORDED = Path(__file__).parents[1] / "logs" / "recorded"
AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
REQUEST = BuildRequest(AMD64, (AMD64, ARM64))
_DOCKERFILES = {
    "small-cached": "small",
    "small-narrow": "small",
    "small-single": "small",
    "small-arm64only": "small",
    "bake": "small",
}


def dockerfile(name: str) -> str:
    """The Dockerfile of a recorded log."""
    stem = name.partition(".")[0]
    return (RECORDED / f"{_DOCKERFILES.get(stem, stem)}.Dockerfile").read_text()


def builds(name: str) -> tuple[LoggedBuild, ...]:
    """The builds of a recorded log."""
    return read_log(RECORDED / name).builds


def times(name: str, text: str = "", request: BuildRequest = REQUEST) -> Times:
    """The times of the first build of a recorded log, for its own Dockerfile or another text."""
    return measure(text or dockerfile(name), builds(name)[0], request)


def times_of(log: str, text: str, request: BuildRequest = REQUEST) -> Times:
    """The times of the first build of the text of a log."""
    return measure(text, read_log_text(log).builds[0], request)


NAIVE = """\
FROM golang:1.18-alpine AS build-env
WORKDIR /app
COPY go.mod .
COPY go.sum .
RUN apk add --no-cache upx && go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-w -s' -o /go/bin/hello
RUN upx /go/bin/hello
FROM scratch
COPY --from=build-env /go/bin/hello /go/bin/hello
ENTRYPOINT ["/go/bin/hello"]
"""
CROSS = NAIVE.replace("FROM golang", "FROM --platform=$BUILDPLATFORM golang").replace(
    "RUN CGO_ENABLED=0", "ARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH"
)
NAIVE_TTY = """\
[+] Building 440.1s (26/26) FINISHED                                        docker-container:builder
 => [internal] load build definition from Dockerfile                                            0.1s
 => [linux/arm64 internal] load metadata for docker.io/library/golang:1.18-alpine               2.7s
 => [linux/amd64 internal] load metadata for docker.io/library/golang:1.18-alpine               2.7s
 => [auth] library/golang:pull token for registry-1.docker.io                                   0.0s
 => [internal] load .dockerignore                                                               0.1s
 => [internal] load build context                                                               0.2s
 => => transferring context: 2.84MB                                                             0.1s
 => [linux/amd64 build-env 1/8] FROM docker.io/library/golang:1.18-alpine@sha256:77f2         235.0s
 => [linux/arm64 build-env 1/8] FROM docker.io/library/golang:1.18-alpine@sha256:77f2         204.6s
 => [linux/arm64 build-env 2/8] WORKDIR /app                                                    0.4s
 => [linux/arm64 build-env 3/8] COPY go.mod .                                                   0.1s
 => [linux/arm64 build-env 4/8] COPY go.sum .                                                   0.1s
 => [linux/arm64 build-env 5/8] RUN apk add --no-cache upx && go mod download                  62.0s
 => [linux/amd64 build-env 2/8] WORKDIR /app                                                    0.5s
 => [linux/amd64 build-env 3/8] COPY go.mod .                                                   0.1s
 => [linux/amd64 build-env 4/8] COPY go.sum .                                                   0.1s
 => [linux/amd64 build-env 5/8] RUN apk add --no-cache upx && go mod download                  47.7s
 => [linux/arm64 build-env 6/8] COPY . .                                                        0.1s
 => [linux/arm64 build-env 7/8] RUN CGO_ENABLED=0 go build -trimpath -ldflags '-w -s' -o /    158.9s
 => [linux/amd64 build-env 6/8] COPY . .                                                        0.1s
 => [linux/amd64 build-env 7/8] RUN CGO_ENABLED=0 go build -trimpath -ldflags '-w -s' -o /g    18.3s
 => [linux/amd64 build-env 8/8] RUN upx /go/bin/hello                                           1.7s
 => [linux/amd64 stage-1 1/1] COPY --from=build-env /go/bin/hello /go/bin/hello                 0.1s
 => [linux/arm64 build-env 8/8] RUN upx /go/bin/hello                                           3.2s
 => [linux/arm64 stage-1 1/1] COPY --from=build-env /go/bin/hello /go/bin/hello                 0.0s
 => exporting to image                                                                          7.7s
 => [auth] someone/hello:pull,push token for ghcr.io                                            0.0s
"""
"""A terminal's output of a build of `NAIVE`, with the figures of an article of 2024."""
