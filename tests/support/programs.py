"""Dockerfiles of several kinds of programs, without recorded logs."""

from __future__ import annotations

from typing import Final

RUST: Final = """\
# syntax=docker/dockerfile:1
FROM rust:1.80-bookworm AS chef
WORKDIR /app
RUN cargo install cargo-chef --locked
FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json
FROM chef AS builder
COPY --from=planner /app/recipe.json recipe.json
RUN --mount=type=cache,target=/usr/local/cargo/registry cargo chef cook --release --recipe-path recipe.json
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \\
    cargo build --release --bin server \\
 && strip target/release/server
FROM debian:bookworm-slim AS runtime
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=builder /app/target/release/server /usr/local/bin/server
ENTRYPOINT ["server"]
"""
NODE: Final = """\
FROM node:22-alpine AS deps
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
FROM node:22-alpine AS build
WORKDIR /app
COPY --from=deps /app/node_modules ./node_modules
COPY . .
RUN npm run build
FROM nginx:alpine
COPY --link --from=build /app/dist /usr/share/nginx/html
"""
PYTHON: Final = """\
FROM python:3.12-slim AS build
WORKDIR /src
RUN apt-get update && apt-get install -y build-essential
COPY requirements.txt .
RUN pip wheel --no-cache-dir -r requirements.txt -w /wheels
FROM python:3.12-slim
COPY --from=build /wheels /wheels
RUN pip install --no-index --find-links=/wheels /wheels/*
COPY . /app
RUN python -m compileall /app
CMD ["python", "-m", "app"]
"""
JAVA: Final = """\
FROM eclipse-temurin:21-jdk AS build
WORKDIR /workspace
COPY mvnw pom.xml ./
COPY .mvn .mvn
RUN ./mvnw -B dependency:go-offline
COPY src src
RUN <<EOF
./mvnw -B package -DskipTests
java -Djarmode=layertools -jar target/*.jar extract --destination out
EOF
FROM eclipse-temurin:21-jre
COPY --from=build /workspace/out/ ./
RUN useradd -r app
USER app
"""
GO: Final = """\
FROM golang:1.23 AS base
WORKDIR /src
FROM base AS deps
COPY go.mod go.sum ./
RUN go mod download
FROM deps AS build
COPY . .
RUN go vet ./... && go build -o /out/app ./cmd/app
FROM base AS tools
RUN go install example.com/tool@latest
FROM gcr.io/distroless/static
COPY --from=build /out/app /app
COPY --from=tools /go/bin/tool /tool
COPY --from=alpine:3.20 /etc/ssl/certs /etc/ssl/certs
"""
PROGRAMS: Final = {"rust": RUST, "node": NODE, "python": PYTHON, "java": JAVA, "go": GO}
