"""Dockerfiles of any size, with the variety of real ones."""

from __future__ import annotations

THIRTY_LINES = """\
# syntax=docker/dockerfile:1
ARG GO_VERSION=1.26
FROM --platform=$BUILDPLATFORM node:22-alpine AS web
WORKDIR /web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY web .
RUN npm run build

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-alpine AS build
ENV CGO_ENABLED=0 GOFLAGS=-trimpath
WORKDIR /src
RUN apk add --no-cache ca-certificates git && \\
    update-ca-certificates
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
COPY --from=web /web/dist ./internal/web/dist
ARG VERSION=dev
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod \\
    GOOS=$TARGETOS GOARCH=$TARGETARCH go build -ldflags "-s -w -X main.version=$VERSION" -o /out/server ./cmd/server

FROM gcr.io/distroless/static:nonroot
LABEL org.opencontainers.image.title="server"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/server /usr/local/bin/server
EXPOSE 8080/tcp
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/server"]
"""


def dockerfile_of(n_lines: int, lines_per_stage: int = 12) -> str:
    """A Dockerfile of about that many lines: a tool stage and service stages in turn, joined by the last one."""
    lines = ["# syntax=docker/dockerfile:1", "ARG GO_VERSION=1.26"]
    stages: list[str] = []
    while len(lines) < n_lines - len(stages) - 3:
        name = f"service{len(stages)}"
        lines += [
            "",
            f"FROM --platform=$BUILDPLATFORM golang:${{GO_VERSION}} AS {name}",
            f"ENV CGO_ENABLED=0 SERVICE={name}",
            f"WORKDIR /src/{name}",
            "RUN apt-get update && \\",
            f"    apt-get install -y --no-install-recommends git lib{name}-dev",
            f"COPY {name}/go.mod {name}/go.sum ./",
            "RUN --mount=type=cache,target=/go/pkg/mod go mod download",
            f"COPY {name} .",
            "ARG TARGETOS TARGETARCH",
        ]
        lines += [
            f"RUN --mount=type=cache,target=/go/pkg/mod GOARCH=$TARGETARCH go build -o /out/{name}-{it} ./cmd/{it}"
            for it in range(lines_per_stage - 10)
        ]
        stages.append(name)
    lines += ["", "FROM alpine"]
    lines += [f"COPY --from={it} /out /usr/local/bin/" for it in stages]
    lines.append('ENTRYPOINT ["/usr/local/bin/service0"]')
    return "\n".join(lines) + "\n"
