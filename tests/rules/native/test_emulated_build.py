from __future__ import annotations

from dataclasses import replace

import pytest

from buildxray.platforms.platform import parse_normalized
from buildxray.rules.base import Safety, Severity
from buildxray.rules.context import RuleContext
from buildxray.rules.native.emulated_build import emulated_build
from buildxray.semantics.build import Builder
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import (
    check_fix,
    check_no_fix,
    check_nothing,
    check_rule,
    check_silent,
    context,
    findings,
    reported,
    request,
)


def test_an_emulated_compiler_is_reported() -> None:
    check_rule(
        emulated_build,
        """
        FROM golang:1.26 AS build
             ^^^^^^^^^^^ 💡 `go build` runs under emulation for linux/arm64, which takes 5 to 10 times as long; so do both RUN instructions of this stage
        RUN go mod download
        RUN CGO_ENABLED=0 go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
    )


def test_several_compilers_and_platforms() -> None:
    check_rule(
        emulated_build,
        """
        FROM --platform=$TARGETPLATFORM golang AS build
                                        ^^^^^^ 💭 `go build` and `garble build` run under emulation for linux/arm64 and linux/arm/v7, which takes 5 to 10 times as long
        RUN go build -o /out/app . && garble build -o /out/b .
        FROM scratch
        COPY --from=build /out/ /
        """,
        targets="linux/amd64,linux/arm64,linux/arm/v7",
    )


def test_the_finding_is_at_the_from_of_the_compiling_stage() -> None:
    check_rule(
        emulated_build,
        """
        FROM golang AS base
        RUN go mod download
        FROM base AS build
             ^^^^ 💡 `go build` runs under emulation for linux/arm64, which takes 5 to 10 times as long
        RUN CGO_ENABLED=0 go build -o /out/app
        FROM scratch
        COPY --from=build /out/app /app
        """,
    )


@every_case(
    "markup",
    [
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
        """
        FROM golang
        RUN go build -o /app .
        """,
        """
        FROM golang AS build
        RUN go build -o /app .
        FROM build
        """,
        """
        FROM golang AS unused
        RUN go build -o /app .
        FROM scratch
        COPY go.mod /
        """,
        """
        FROM golang AS build
        RUN go mod download && go vet ./...
        FROM scratch
        COPY --from=build /go/pkg /pkg
        """,
        """
        FROM alpine AS build
        RUN echo go build && apk add go
        FROM scratch
        COPY --from=build /x /x
        """,
        """
        FROM --platform=linux/arm64 golang AS build
        RUN go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
    ],
)
def test_stages_that_need_no_repair_are_not_reported(markup: str) -> None:
    check_nothing(emulated_build, markup)


def test_a_build_for_the_build_machine_alone_is_not_reported() -> None:
    check_nothing(
        emulated_build,
        """
        FROM golang AS build
        RUN go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
        targets="linux/amd64",
    )


@every_case(
    "targets, settings, arguments",
    [
        ("linux/amd64,linux/arm64", "GOARCH=$TARGETARCH", "TARGETARCH"),
        ("linux/amd64,windows/amd64", "GOOS=$TARGETOS GOARCH=$TARGETARCH", "TARGETOS TARGETARCH"),
        ("linux/amd64,windows/arm64", "GOOS=$TARGETOS GOARCH=$TARGETARCH", "TARGETOS TARGETARCH"),
        ("linux/amd64,linux/arm/v6", "GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v}", "TARGETARCH TARGETVARIANT"),
    ],
)
def test_the_fix_sets_what_the_targets_need(targets: str, settings: str, arguments: str) -> None:
    check_fix(
        emulated_build,
        """
        FROM golang AS build
        RUN CGO_ENABLED=0 go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
        f"""
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG {arguments}
        RUN CGO_ENABLED=0 {settings} go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
        targets=targets,
        title="Cross-compile this stage",
    )


def test_a_version_of_arm_that_go_does_not_know_has_no_fix() -> None:
    text = "FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /out/app .\nFROM scratch\nCOPY --from=build /out/app /app\n"
    for targets, is_fixed in (("linux/amd64,linux/arm/v7", True), ("linux/amd64,linux/arm/v6,linux/arm/v8", False)):
        (finding,) = findings(emulated_build, context(text, targets))
        assert bool(finding.fixes) is is_fixed


def test_the_fix_keeps_everything_else() -> None:
    check_fix(
        emulated_build,
        """
        # syntax=docker/dockerfile:1
        from   --platform=$TARGETPLATFORM golang   as build
        env CGO_ENABLED=0
        # Build.
          run --mount=type=cache,target=/root/.cache \\
              # comment
              cd cmd  &&  \\
              time go  build -o /out/app  # done
        from scratch
        copy --from=build /out/app /app
        """,
        """
        # syntax=docker/dockerfile:1
        from   --platform=$BUILDPLATFORM golang   as build
        env CGO_ENABLED=0
          arg TARGETARCH
        # Build.
          run --mount=type=cache,target=/root/.cache \\
              # comment
              cd cmd  &&  \\
              GOARCH=$TARGETARCH time go  build -o /out/app  # done
        from scratch
        copy --from=build /out/app /app
        """,
    )


def test_the_fix_goes_to_the_root_and_to_all_stages_on_it() -> None:
    check_fix(
        emulated_build,
        """
        FROM golang AS base
        ENV CGO_ENABLED=0
        FROM base AS one
        RUN go build -o /out/one ./one
        RUN go build -o /out/more ./more
        FROM base AS two
        RUN go build -o /out/two ./two
        FROM scratch
        COPY --from=one /out/ /
        COPY --from=two /out/two /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS base
        ENV CGO_ENABLED=0
        FROM base AS one
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /out/one ./one
        RUN GOARCH=$TARGETARCH go build -o /out/more ./more
        FROM base AS two
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /out/two ./two
        FROM scratch
        COPY --from=one /out/ /
        COPY --from=two /out/two /
        """,
    )


def test_the_fix_moves_a_declaration_that_would_be_early() -> None:
    check_fix(
        emulated_build,
        """
        FROM golang AS build
        ARG TARGETARCH
        RUN go mod download
        RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN go mod download
        ARG TARGETARCH
        RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
        title="Run this stage on the build platform",
    )


def test_the_fix_keeps_line_ends() -> None:
    text = "FROM golang AS build\r\nRUN CGO_ENABLED=0 go build -o /o\r\nFROM scratch\r\nCOPY --from=build /o /o"
    check_fix(
        emulated_build,
        text,
        "FROM --platform=$BUILDPLATFORM golang AS build\r\nARG TARGETARCH\r\n"
        "RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /o\r\nFROM scratch\r\nCOPY --from=build /o /o",
    )


@every_case(
    "before, safety",
    [
        ("RUN CGO_ENABLED=0 go build -o /out/app .", "safe"),
        ("RUN export CGO_ENABLED=0; go build -o /out/app .", "safe"),
        ("RUN apk add git && CGO_ENABLED=0 go build -o /out/app . && ls -l /out", "safe"),
        ("RUN go build -o /out/app .", "suggestion"),
        ("RUN CGO_ENABLED=0 go build -o /out/app . && ./check.sh", "suggestion"),
        ("RUN go test ./... && CGO_ENABLED=0 go build -o /out/app .", "suggestion"),
        ("RUN CGO_ENABLED=0 go build -o /out/app-$(uname -m) .", "suggestion"),
        ("RUN go version && CGO_ENABLED=0 go build -o /out/app .", "safe"),
        ('RUN CGO_ENABLED=0 go build -ldflags "-X main.go=$(go version)" -o /out/app .', "suggestion"),
        ('RUN V=$(go version) && CGO_ENABLED=0 go build -ldflags "-X main.go=$V" -o /out/app .', "suggestion"),
        ("RUN go version > /out/go && CGO_ENABLED=0 go build -o /out/app .", "suggestion"),
        ("RUN CGO_ENABLED=0 go build -ldflags \"-X a.b=$(go version | awk '{print $3}')\" -o /out/app .", "safe"),
        ("RUN CGO_ENABLED=0 go build -ldflags \"-X a.b=$(go version | cut -d' ' -f4)\" -o /out/app .", "suggestion"),
        ('RUN CGO_ENABLED=0 go build -ldflags "-X a.b=$(go version | sed s/go//)" -o /out/app .', "suggestion"),
        ("COPY --from=alpine /bin/x /bin/x\nRUN CGO_ENABLED=0 go build -o /out/app .", "suggestion"),
    ],
)
def test_the_fix_is_safe_only_if_every_command_is_portable(before: str, safety: str) -> None:
    text = f"FROM golang AS build\n{before}\nFROM scratch\nCOPY --from=build /out/app /app\n"
    (finding,) = findings(emulated_build, context(text))
    assert [it.safety.value for it in finding.fixes] == [safety]


@every_case(
    "above, safety",
    [
        ("# Build the program.\n", "safe"),
        ("# QEMU: cross-compiled programs crashed.\n", "suggestion"),
        ("# Compiled natively on each machine\n", "suggestion"),
    ],
)
def test_a_comment_about_emulation_needs_a_review(above: str, safety: str) -> None:
    text = f"{above}FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=build /a /a\n"
    (finding,) = findings(emulated_build, context(text))
    assert [it.safety.value for it in finding.fixes] == [safety]


@every_case(
    "run, safety",
    [
        ("npx vite build", "safe"),
        ("yarn build", "safe"),
        # Scripts of another package.json.
        ("npm --prefix web run build", "suggestion"),
        ("pnpm --filter web build", "suggestion"),
        ("yarn workspace web build", "suggestion"),
        ("npm run build:web", "suggestion"),
    ],
)
def test_a_script_that_is_not_read_may_write_anything(run: str, safety: str) -> None:
    text = f"FROM node AS b\nWORKDIR /w\nRUN npm ci\nRUN {run}\nFROM nginx\nCOPY --from=b /w/dist /srv\n"
    for scripts, expected in (((("build", "vite build"),), safety), ((), "safe")):
        (finding,) = findings(emulated_build, context(text, workspace=Workspace(scripts=scripts)))
        assert [it.safety.value for it in finding.fixes] == [expected]


def test_the_sources_decide_on_cgo() -> None:
    text = "FROM golang AS build\nRUN go build -o /out/app .\nFROM scratch\nCOPY --from=build /out/app /app\n"
    (finding,) = findings(emulated_build, context(text, uses_cgo=False))
    assert [it.safety.value for it in finding.fixes] == ["safe"]
    check_no_fix(emulated_build, text, uses_cgo=True)


@every_case(
    "workspace, expected",
    [
        (Workspace(project_uses_cgo=lambda: True), []),
        (Workspace(project_uses_cgo=lambda: None), ["suggestion"]),
        (Workspace(project_uses_cgo=lambda: False), ["suggestion"]),
        # The module beside the Dockerfile is the one that is compiled.
        (Workspace(uses_cgo=False, project_uses_cgo=lambda: True), ["safe"]),
    ],
)
def test_cgo_is_not_turned_off_where_a_go_file_of_the_project_needs_it(
    workspace: Workspace, expected: list[str]
) -> None:
    text = "FROM golang AS build\nRUN go build -o /out/app .\nFROM scratch\nCOPY --from=build /out/app /app\n"
    (finding,) = findings(emulated_build, context(text, workspace=workspace))
    assert [it.safety.value for it in finding.fixes] == expected


@every_case(
    "markup",
    [
        "FROM golang AS build\nRUN CGO_ENABLED=1 go build -o /out/app .\nFROM scratch\nCOPY --from=build /out/app /\n",
        "FROM golang AS build\nRUN go install ./...\nFROM scratch\nCOPY --from=build /go/bin/app /\n",
        "FROM golang AS build\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /o .\nFROM scratch\nARG TARGETOS\nCOPY --from=build /o /\n",
        'FROM golang AS build\nRUN ["go", "build", "-o", "/o"]\nFROM scratch\nCOPY --from=build /o /\n',
        "FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /o .\nRUN /o --check\nFROM scratch\nCOPY --from=build /o /\n",
        "FROM golang AS build\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=build /usr/bin/git /o /\n",
        "FROM golang AS base\nFROM base AS build\nRUN go build -race -o /o .\nFROM base\nCOPY --from=build /o /\n",
        "FROM golang-$TARGETARCH AS build\nRUN go build -o /o .\nFROM scratch\nCOPY --from=build /o /\n",
        "FROM golang AS build\nENV GOFLAGS='-mod=mod -race'\nRUN go build -o /o .\nFROM scratch\nCOPY --from=build /o /\n",
        "FROM golang AS build\nENV GOFLAGS=-buildmode=c-shared\nRUN go build -o /o .\nFROM scratch\nCOPY --from=build /o /\n",
    ],
)
def test_stages_that_cannot_move_have_no_fix(markup: str) -> None:
    check_no_fix(emulated_build, markup)


def test_the_fix_duplicates_a_shared_root() -> None:
    check_fix(
        emulated_build,
        """
        FROM golang AS base
        WORKDIR /w
        FROM base AS build
        RUN CGO_ENABLED=0 go build -o /o .
        FROM base
        COPY --from=build /o /o
        """,
        """
        FROM golang AS base
        WORKDIR /w
        FROM --platform=$BUILDPLATFORM golang AS build
        WORKDIR /w
        ARG TARGETARCH
        RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /o .
        FROM base
        COPY --from=build /o /o
        """,
        title="Give this stage its own base image on the build platform",
    )


@every_case(
    "install, taken, is_advised",
    [
        ("npm ci", "/w/dist", True),
        ("npm ci", "/w/node_modules", False),
        ("npm ci", "/w", False),
        ("apt-get install -y curl", "/w/dist", True),
        ("apt-get install -y libpq5", "/usr/lib", False),
        ("apt-get install -y cmake", "/usr/local/lib/libmade.so", True),
    ],
)
def test_no_base_image_of_its_own_is_advised_where_the_image_takes_packages_of_the_stage(
    install: str, taken: str, *, is_advised: bool
) -> None:
    text = (
        "FROM node AS base\nWORKDIR /w\nFROM base AS build\nCOPY . .\n"
        f"RUN {install}\nRUN npm run build\nFROM base\nCOPY --from=build {taken} {taken}\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert ("its own base image" in finding.message) == is_advised
    assert ("for the wrong machine" in finding.message) != is_advised
    if not is_advised:
        assert finding.fixes == ()


@every_case(
    "taken, is_carried",
    [
        ("/w/node_modules", True),
        ("/w", True),
        ("/w/.next", False),
        ("/w/.next/standalone", False),
    ],
)
def test_packages_that_the_image_takes_along_need_a_machine_of_the_target(taken: str, *, is_carried: bool) -> None:
    text = f"FROM node AS b\nWORKDIR /w\nCOPY . .\nRUN npm ci\nRUN npm run build\nFROM node\nCOPY --from=b {taken} {taken}\n"
    (finding,) = findings(emulated_build, context(text))
    way = "on the build platform it would install packages for the wrong machine, and the image may contain their files; a machine of the target platform avoids the emulation"
    assert finding.message.endswith(way) == is_carried
    assert bool(finding.fixes) != is_carried


@every_case(
    "text, way",
    [
        # Another `--target` is built on the same root.
        (
            "FROM node AS root\nWORKDIR /w\nFROM root AS dev\nCMD npm start\nFROM root AS b\nRUN npm ci && npm run build\nFROM nginx\nCOPY --from=b /w/dist /\n",
            "`FROM --platform=$BUILDPLATFORM node AS b`, followed by the 1 instruction of the stages that it continues",
        ),
        # Another `--target` is built on the stage itself.
        (
            "FROM node AS b\nWORKDIR /w\nRUN npm ci && npm run build\nFROM b AS dev\nCMD npm start\nFROM nginx\nCOPY --from=b /w/dist /\n",
            "; a machine of the target platform avoids the emulation",
        ),
        (
            "FROM golang AS b\nRUN GOBIN=/o go install example.com/a@latest\nFROM debian\nCOPY --from=b /o/a /a\n",
            "; a machine of the target platform avoids the emulation",
        ),
        # The libraries of the root are for the target too.
        (
            "FROM ubuntu AS base\nRUN apt-get install -y g++ libopencv-dev\nFROM base AS b\nRUN cmake -B o && cmake --build o\nFROM base\nCOPY --from=b /o /o\n",
            "5 to 10 times as long; a machine of the target platform avoids the emulation",
        ),
    ],
)
def test_a_message_without_an_edit_ends_with_a_way(text: str, way: str) -> None:
    (finding,) = findings(emulated_build, context(text))
    assert finding.message.endswith(way)


@every_case(
    "taken, is_carried",
    [("/usr/lib", True), ("/usr/lib/libpq.so.5", True), ("/lib64/ld-linux-x86-64.so.2", True), ("/bin/server", False)],
)
def test_a_program_among_those_of_the_system_may_be_the_project_s(taken: str, *, is_carried: bool) -> None:
    text = f"FROM rust:1.90-slim AS b\nRUN apt-get install -y libpq5\nRUN cargo build && cp target/a /bin/server\nFROM debian\nCOPY --from=b {taken} /x\n"
    (finding,) = findings(emulated_build, context(text))
    assert ("for the wrong machine" in finding.message) == is_carried


def test_a_release_with_its_virtual_machine_needs_a_machine_of_the_target() -> None:
    text = (
        "FROM hexpm/elixir AS b\nWORKDIR /w\nCOPY . .\nRUN gleam build\n{}FROM debian\nCOPY --from=b /w/_build /app\n"
    )
    (finding,) = findings(emulated_build, context(text.format("RUN mix release\n")))
    assert finding.message.endswith("; a machine of the target platform avoids the emulation")
    (finding,) = findings(emulated_build, context(text.format("")))
    assert "a machine of the target platform" not in finding.message


@every_case(
    "earlier, copy, has_steps",
    [
        ("FROM rust:1.90-slim AS deps\nRUN cargo build\n", "COPY --from=deps /w/target target", False),
        ("", "COPY --from=lukemathwalker/cargo-chef /usr/local/cargo /usr/local/cargo", False),
        ("FROM debian AS tools\nRUN curl -o /x https://x\n", "COPY --from=tools /x /usr/bin/x", False),
        ("FROM --platform=$BUILDPLATFORM debian AS tools\n", "COPY --from=tools /x /usr/bin/x", True),
        ("FROM node AS web\nRUN npm ci && npm run build\n", "COPY --from=web /dist dist", True),
        ("", "COPY --from=alpine /etc/ssl/certs /etc/ssl/certs", True),
    ],
)
def test_no_steps_for_xx_where_the_stage_takes_programs_for_the_target(
    earlier: str, copy: str, *, has_steps: bool
) -> None:
    text = (
        f"{earlier}FROM rust:1.90-slim AS b\n{copy}\nRUN cargo build\nFROM debian\nCOPY --from=b /w/target/debug/a /a\n"
    )
    messages = [it.message for it in findings(emulated_build, context(text)) if "`cargo build`" in it.message]
    assert any("tonistiigi/xx" in it for it in messages) == has_steps


@every_case(
    "run, is_conditional",
    [
        ("gcc -o /o x.c", False),
        ("cmake -B b && cmake --build b", True),
        ("meson setup b && ninja -C b", True),
        ("autoreconf -i && ./configure && make", True),
    ],
)
def test_another_compiler_for_a_whole_project_is_a_condition(run: str, *, is_conditional: bool) -> None:
    text = f"FROM debian AS b\nWORKDIR /w\nRUN {run}\nFROM debian\nCOPY --from=b /o /o\n"
    (finding,) = findings(emulated_build, context(text))
    condition = "; a machine of the target platform avoids the emulation; if the project compiles with Clang for another machine, tonistiigi/xx cross-compiles: "
    assert "tonistiigi/xx" in finding.message
    assert (condition in finding.message) == is_conditional


ALONE = "; a build stage of its own can compile natively"


@every_case(
    "run, remaining",
    [
        ("npm ci && npm run build", ", and the build tools in `node_modules` stay in the image"),
        ("npm ci && npm run build && npm prune --omit=dev", ALONE),
        ("npm ci && npm run build\nRUN npm ci --omit=dev", ALONE),
        ("npm ci && npm run build && npm install --omit dev", ALONE),
        ("yarn && yarn run build && yarn install --production", ALONE),
        ("yarn && yarn run build && NODE_ENV=production yarn", ALONE),
        ("pnpm i && pnpm run build && pnpm install --prod", ALONE),
        ("npm ci && npm run build && rm -rf node_modules", ALONE),
        # Nobody can tell what builds then.
        ("npm ci --only=production && npm run build", ALONE),
        ("pnpm install --prod --frozen-lockfile\nRUN pnpm run build", ALONE),
        # Before the build it removes nothing; nor does what installs all packages again, or others.
        (
            "npm ci --only=production && npm ci && npm run build",
            ", and the build tools in `node_modules` stay in the image",
        ),
        ("rm -rf node_modules && npm ci && npm run build", ", and the build tools in `node_modules` stay in the image"),
        ("npm ci && npm run build && npm install", ", and the build tools in `node_modules` stay in the image"),
        (
            "npm ci && npm run build && npm i -g --omit=dev x",
            ", and the build tools in `node_modules` stay in the image",
        ),
        (
            "yarn && yarn build && yarn install --production=false",
            ", and the build tools in `node_modules` stay in the image",
        ),
        ("bun install && bun run build", ", and the build tools in `node_modules` stay in the image"),
        ("mvn package", ", and the compiler stays in the image"),
    ],
)
def test_what_stays_in_an_image_that_compiles(run: str, remaining: str) -> None:
    text = f"FROM x\nWORKDIR /w\nCOPY . .\nRUN {run}\nCMD /w/run\n"
    (finding,) = findings(emulated_build, context(text))
    assert f"5 to 10 times as long{remaining}" in finding.message


@every_case(
    "image, is_said",
    [
        ("node:22", True),
        ("resin/raspberry-pi-alpine-node", False),
        ("balenalib/raspberrypi4-64-debian-node", False),
        ("arm32v6/node", False),
        ("example/raspberry-pi-camera", True),
    ],
)
def test_a_file_on_an_image_for_one_machine_is_made_for_it(image: str, *, is_said: bool) -> None:
    text = f"FROM {image}\nWORKDIR /w\nCOPY . .\nRUN npm ci && npm run build\nCMD /w/run\n"
    assert bool(findings(emulated_build, context(text))) is is_said


def test_one_cause_is_one_finding() -> None:
    text = (
        "FROM node AS a\nRUN npm run build\nFROM a AS b\nRUN npm run build:more\nFROM scratch\nCOPY --from=b /dist /\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert "`npm run build` and `npm run build:more`" in finding.message


@pytest.mark.parametrize(
    ("image", "run", "is_advised"), [("debian", "apt-get install gcc", True), ("almalinux:9", "dnf install gcc", False)]
)
def test_xx_is_advised_where_it_can_install(image: str, run: str, *, is_advised: bool) -> None:
    text = f"FROM {image} AS b\nRUN {run} && gcc -o /o o.c\nFROM scratch\nCOPY --from=b /o /o\n"
    (finding,) = findings(emulated_build, context(text))
    assert ("xx-apt-get" in finding.message) == is_advised


def test_a_makefile_that_writes_the_flag_itself() -> None:
    text = "FROM golang AS b\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=b /o /o\n"
    workspace = Workspace(recipe_sets_platform_in=frozenset({"*"}))
    check_nothing(emulated_build, text, workspace=workspace)
    builder = Builder(request(), workspace)
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    (finding,) = findings(emulated_build, ctx)
    assert finding.severity is Severity.INFORMATION
    assert finding.fixes == ()


@every_case(
    "stages, expected",
    [
        ({"build"}, []),
        ({"0"}, []),
        ({"check"}, []),
        ({"other"}, [Safety.SUGGESTION]),
        ({"stage-2"}, [Safety.SUGGESTION]),
    ],
)
def test_a_stage_that_another_build_publishes_is_not_moved(stages: set[str], expected: list[Safety]) -> None:
    text = (
        "FROM golang AS Build\nRUN CGO_ENABLED=0 go build -o /o .\nFROM build AS check\nRUN go vet .\n"
        "FROM scratch\nCOPY --from=build /o /o\n"
    )
    (finding,) = findings(emulated_build, context(text, workspace=Workspace(stages_of_images=frozenset(stages))))
    assert [it.safety for it in finding.fixes] == expected


@every_case(
    "lines, workspace, expected",
    [
        ("ARG CGO_ENABLED=0", Workspace(), Safety.SUGGESTION),
        ("ARG CGO_ENABLED=0\nENV CGO_ENABLED=$CGO_ENABLED", Workspace(), Safety.SUGGESTION),
        ("ARG CGO=0\nENV CGO_ENABLED=$CGO", Workspace(), Safety.SUGGESTION),
        (
            "ARG CGO=0\nENV CGO_ENABLED=$CGO",
            Workspace(has_build=True, given_arguments=frozenset({"CGO"})),
            Safety.SUGGESTION,
        ),
        ("ARG CGO_ENABLED=0", Workspace(has_build=True, given_arguments=frozenset({"CGO_ENABLED"})), Safety.SUGGESTION),
        ("ARG CGO_ENABLED=0", Workspace(has_build=True, given_arguments=frozenset({"*"})), Safety.SUGGESTION),
        ("ARG CGO_ENABLED=0", Workspace(has_build=True), Safety.SAFE),
        ("ARG CGO_ENABLED=0\nENV CGO_ENABLED=0", Workspace(), Safety.SAFE),
        ("ARG CGO_ENABLED=1\nRUN go version\nENV CGO_ENABLED=0", Workspace(), Safety.SAFE),
    ],
)
def test_a_build_argument_may_switch_cgo_on(lines: str, workspace: Workspace, expected: Safety) -> None:
    text = f"FROM golang AS b\n{lines}\nRUN go build -o /o .\nFROM scratch\nCOPY --from=b /o /o\n"
    (finding,) = findings(emulated_build, context(text, workspace=workspace))
    assert [it.safety for it in finding.fixes] == [expected]


@every_case(
    "copy, expected",
    [
        ("COPY --from=web /web/dist ./web/dist", Safety.SAFE),
        ("COPY --from=web /web/logo.svg ./logo.svg", Safety.SAFE),
        ("COPY --from=web /web/node_modules ./node_modules", None),
        ("COPY --from=web /usr/local/bin/node /usr/local/bin/", Safety.SUGGESTION),
        ("COPY --from=web /web/dist /usr/local/bin/node ./", Safety.SUGGESTION),
        ("COPY --from=web /opt/yarn ./yarn", Safety.SUGGESTION),
    ],
)
def test_a_stage_may_take_files_that_suit_every_machine_from_another_one(copy: str, expected: Safety | None) -> None:
    text = (
        "FROM --platform=$TARGETPLATFORM node AS web\nWORKDIR /web\nCOPY web .\nRUN npm ci && npm run build\n"
        f"FROM golang AS build\nWORKDIR /s\nCOPY . .\n{copy}\nRUN CGO_ENABLED=0 go build -o /o .\n"
        "FROM scratch\nCOPY --from=build /o /o\n"
    )
    of_go = [it for it in findings(emulated_build, context(text)) if "`go build`" in it.message]
    assert [fix.safety for it in of_go for fix in it.fixes] == ([] if expected is None else [expected])


@every_case(
    "command, expected",
    [
        ('ENTRYPOINT ["/opt/app/app"]', Safety.SUGGESTION),
        ("CMD /opt/app/app --port 80", Safety.SUGGESTION),
        ('CMD ["node", "/opt/app/app"]', Safety.SAFE),
        ('CMD ["/opt/app/start.sh"]', Safety.SAFE),
        ('CMD ["/opt/other"]', Safety.SAFE),
        ('CMD ["app"]', Safety.SAFE),
        ('COPY --from=b /w/app /usr/bin/app\nCMD ["app"]', Safety.SUGGESTION),
        ('COPY --from=b /w/app /usr/bin/app\nCMD ["node", "app"]', Safety.SAFE),
    ],
)
def test_a_program_that_a_script_of_npm_may_have_made(command: str, expected: Safety) -> None:
    text = (
        "FROM node AS b\nWORKDIR /w\nCOPY . .\nRUN npm ci && npm run build\n"
        f"FROM debian\nCOPY --from=b /w/dist /opt/app\n{command}\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert [it.safety for it in finding.fixes] == [expected]


def test_targets_whose_branch_does_not_compile_are_not_named() -> None:
    text = (
        "FROM alpine AS b\nARG TARGETARCH\n"
        'RUN if [ -f /ready ]; then true; elif [ "$TARGETARCH" = amd64 ] || [ "$TARGETARCH" = arm64 ]; then cargo build; fi\n'
        "FROM alpine\nCOPY --from=b /x /x\n"
    )
    (finding,) = findings(emulated_build, context(text, "linux/arm64,linux/arm/v7"))
    assert "for linux/arm64," in finding.message
    assert "arm/v7" not in finding.message


@every_case(
    "command, n_findings",
    [
        ('["air", "-c", ".air.toml"]', 0),
        ("exec /go/bin/CompileDaemon -build=x", 0),
        ('["npm", "run", "dev"]', 0),
        ('["app", "--air"]', 1),
        ('["/srv/air/app"]', 1),
        ('["npm", "run", "devices"]', 1),
        ('["cargo", "test"]', 0),
        ("cargo run --release", 0),
        ('["./target/debug/cargo-test"]', 1),
        ('["app", "run"]', 1),
    ],
)
def test_an_image_that_starts_the_compiler_keeps_it(command: str, n_findings: int) -> None:
    text = f"FROM rust\nWORKDIR /w\nCOPY . .\nRUN cargo build\nCMD {command}\n"
    assert len(findings(emulated_build, context(text))) == n_findings


def test_a_compiler_downloaded_for_the_target_does_not_move() -> None:
    text = (
        "FROM debian AS b\nARG TARGETARCH\nRUN curl -o go.tgz https://go.dev/dl/go1.26.linux-{}.tar.gz && tar -C /usr/local -xzf go.tgz\n"
        "RUN CGO_ENABLED=0 go build -o /app .\nFROM scratch\nCOPY --from=b /app /app\n"
    )
    check_no_fix(emulated_build, text.format("$TARGETARCH"))


def test_a_bundler_needs_the_flag_only() -> None:
    check_fix(
        emulated_build,
        "FROM node AS web\nWORKDIR /web\nCOPY . .\nRUN npm ci && npm run build\nFROM nginx\nCOPY --from=web /web/dist /srv\n",
        "FROM --platform=$BUILDPLATFORM node AS web\nWORKDIR /web\nCOPY . .\nRUN npm ci && npm run build\n"
        "FROM nginx\nCOPY --from=web /web/dist /srv\n",
        title="Run this stage on the build platform",
    )


@every_case(
    "run, copied, safety",
    [
        ("npm ci && npm run build", "/w/dist", "safe"),
        ("npm ci && npm run build", "/w/.next/standalone", "suggestion"),
        ("npm ci && npm run build", "/w/.output", "suggestion"),
        ("npm ci && npm run build", "/w/.output/public", "safe"),
        ("npm ci && npm run build", "/w/release/app.AppImage", "suggestion"),
        ("npm ci && npm run build", "/w/dist/linux-unpacked", "suggestion"),
        ("npm ci && npm run build", "/w/lib/a.node", "suggestion"),
        ("npm ci && npm run build:linux-x64", "/w/dist", "suggestion"),
        ("npm ci && npm run build:prod", "/w/dist", "safe"),
        ("corepack pnpm install && corepack pnpm run build", "/w/dist", "safe"),
        ("hugo", "/w/public", "safe"),
        ("mvn package", "/w/target/app.jar", "suggestion"),
        ("dotnet publish -o /w/out", "/w/out", "suggestion"),
        ("curl -o x https://x && hugo", "/w/public", "safe"),
        ("pip install mkdocs && mkdocs build", "/w/site", "suggestion"),
    ],
)
def test_the_safety_of_a_bundler_s_fix_depends_on_its_files(run: str, copied: str, safety: str) -> None:
    text = f"FROM x AS b\nWORKDIR /w\nRUN {run}\nFROM scratch\nCOPY --from=b {copied} /\n"
    (finding,) = findings(emulated_build, context(text))
    assert [it.safety.value for it in finding.fixes] == [safety]


@every_case("run", ["npm ci", "npm test", "dotnet restore", "cargo fetch", "mvn test", "mkdocs serve"])
def test_commands_that_compile_nothing_are_not_reported(run: str) -> None:
    check_nothing(emulated_build, f"FROM x AS b\nWORKDIR /w\nRUN {run}\nFROM scratch\nCOPY --from=b /w/x /\n")


@every_case(
    "run",
    [
        "gcc -o /o x.c",
        "cmake --build b",
        "ninja",
        "dotnet publish -r linux-x64 -o /o",
        "dotnet publish --sc --no-restore -o /o",
        "dotnet publish -p:PublishAot=true -o /o",
        "goreleaser build --single-target",
        "ko build .",
        "zig build -Dtarget=x86_64-linux-musl",
    ],
)
def test_compilers_without_an_option_for_the_target_have_no_fix(run: str) -> None:
    check_no_fix(
        emulated_build, f"FROM x AS b\nWORKDIR /w\nRUN {run}\nFROM scratch\nARG TARGETOS\nCOPY --from=b /o /\n"
    )


def test_the_message_lists_the_steps_for_xx() -> None:
    text = "FROM x AS b\nWORKDIR /w\nRUN gcc -o /o x.c\nFROM scratch\nCOPY --from=b /o /\n"
    (finding,) = findings(emulated_build, context(text))
    steps = "`FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx`, in this stage `--platform=$BUILDPLATFORM`, `COPY --from=xx / /`, `ARG TARGETPLATFORM`, `RUN apt-get update && apt-get install -y clang lld && xx-apt-get install -y gcc libc6-dev`, `xx-clang …`"
    assert finding.message.endswith(f"; tonistiigi/xx cross-compiles: {steps}")
    (finding,) = findings(
        emulated_build, context(text.replace("FROM x", "FROM rust:1.90-alpine").replace("gcc", "cargo build;", 1))
    )
    assert "`RUN apk add clang lld && xx-apk add gcc musl-dev`, `xx-cargo build`, whose files" in finding.message


def test_a_target_with_variants_has_no_option() -> None:
    text = "FROM x AS b\nRUN zig build\nFROM scratch\nCOPY --from=b /o /\n"
    found = findings(emulated_build, context(text, "linux/amd64,linux/arm/v6"))
    assert [it.fixes for it in found] == [()]


def test_a_script_on_a_compiler_image_is_an_information() -> None:
    text = "FROM {} AS b\nRUN {}\nFROM scratch\nCOPY --from=b /o /\nLABEL architecture=$TARGETARCH\n"
    check_rule(
        emulated_build,
        """
        FROM golang:1.26 AS b
             ^^^^^^^^^^^ information: `make` may compile under emulation for linux/arm64, which takes 5 to 10 times as long; a machine of the target platform avoids the emulation
        RUN make all
        FROM scratch
        COPY --from=b /o /
        LABEL architecture=$TARGETARCH
        """,
    )
    sdk = text.format("mcr.microsoft.com/dotnet/sdk:10.0", "./build.sh")
    assert findings(emulated_build, context(sdk))
    # Nothing mentions the other platform.
    check_nothing(emulated_build, sdk.replace("LABEL architecture=$TARGETARCH", ""))
    for image, run in [
        ("debian", "make"),
        ("golang", "frobnicate"),
        ("golang-$TARGETARCH", "make"),
        ("x/golang-tools", "make"),
        ("golang", "./validate.sh"),
    ]:
        check_nothing(emulated_build, text.format(image, run))


@every_case(
    "shared, has_edit",
    [
        ("RUN corepack enable", True),
        ("RUN apk add --no-cache mosquitto openjdk21", False),
        ("ENV A=1\nENV B=1\nENV C=1\nENV D=1\nENV E=1\nENV F=1", False),
    ],
)
def test_a_root_that_does_much_is_not_repeated(shared: str, has_edit: bool) -> None:
    text = f"FROM node:alpine AS base\n{shared}\nFROM base AS b\nRUN npm run build\nFROM base\nCOPY --from=b /dist /d\n"
    (finding,) = findings(emulated_build, context(text))
    assert bool(finding.fixes) is has_edit
    assert ("give this stage a base image of its own that has what it runs" in finding.message) is not has_edit


@every_case(
    "image, is_said",
    [
        ("example/rust-musl-cross:aarch64-musl-amd64", False),
        ("amd64/golang", False),
        ("golang:1.26", True),
    ],
)
def test_an_image_that_is_named_for_an_architecture_runs_on_that_one(image: str, is_said: bool) -> None:
    text = f"FROM {image} AS b\nRUN go build -o /o .\nFROM scratch\nCOPY --from=b /o /o\n"
    assert bool(findings(emulated_build, context(text))) is is_said


def asked(text: str, *, is_asked: bool = True) -> list[str]:
    builder = Builder(request())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=is_asked)
    return [it.message for it in findings(emulated_build, ctx)]


ONLY = 'FROM {}\n{}\nCMD ["/app"]\n'
GCC = "RUN apt-get update && apt-get install -y gcc make"


@pytest.mark.slow
@every_case(
    "image, lines, is_said, stays",
    [
        ("debian", f"{GCC}\nCOPY . /s\nRUN make -C /s all", True, True),
        ("debian", f"{GCC}\nRUN git clone https://x.org/a /s && make -C /s", True, True),
        ("debian", f"{GCC} && curl -fsSL https://x.org/a.tgz | tar xz && make && apt-get purge -y gcc", True, False),
        ("debian", f"{GCC}\nCOPY . /s\nRUN make -C /s install", True, True),
        ("debian", "COPY . /s\nRUN make -C /s all", False, False),
        ("debian", f"{GCC}\nCOPY . /s\nRUN make test", False, False),
        ("debian", f"{GCC}\nRUN make", False, False),
        ("gcc:14", "COPY . /s\nRUN ninja -C /s", True, True),
    ],
)
def test_a_build_tool_in_the_only_stage(image: str, lines: str, is_said: bool, stays: bool) -> None:
    text = ONLY.format(image, lines)
    messages = asked(text)
    assert len(messages) == is_said
    assert any("the compiler stays in the image" in it for it in messages) is stays
    if "ninja" not in text:
        assert asked(text, is_asked=False) == []


@every_case(
    "image, run, is_said",
    [
        ("debian", f"{GCC}\nRUN git clone https://x.org/a /s && make -C /s", True),
        ("debian", f"{GCC}\nCOPY . .\nRUN ./scripts/build.sh", True),
        ("alpine", "RUN apk add alpine-sdk cargo\nCOPY . .\nRUN make -j4", True),
        ("alpine", "RUN apk add make git\nCOPY . .\nRUN make", False),
        ("debian", f"{GCC}\nCOPY . .\nRUN make docs", False),
        ("debian", f"{GCC}\nCOPY . .\nRUN ./scripts/fetch.sh", False),
        ("debian", f"{GCC}\nCOPY . .\nRUN bash build_scripts/fetch.sh", False),
        # The compiler is for packages with native code.
        ("python:3.13-slim", f"{GCC}\nCOPY . .\nRUN bash scripts/build_package.sh", False),
        ("ruby", f"{GCC}\nCOPY . .\nRUN ./build.sh", False),
        ("--platform=$BUILDPLATFORM debian", f"{GCC}\nCOPY . .\nRUN make", False),
    ],
)
def test_a_build_tool_beside_an_installed_compiler(image: str, run: str, *, is_said: bool) -> None:
    text = f"FROM {image} AS b\n{run}\nFROM alpine\nCOPY --from=b /o /o\n"
    messages = asked(text)
    assert len(messages) == is_said
    assert all("may compile under emulation for linux/arm64" in it for it in messages)
    assert not asked(text, is_asked=False)


@pytest.mark.parametrize(
    ("run", "copied", "is_said"),
    [
        ("cargo build --release && cp target/release/a /a", "/a", True),
        ("cargo build --release && ./target/release/a > /docs", "/docs", False),
    ],
)
def test_a_compiler_with_a_base_image_of_its_own_is_told_the_target(run: str, copied: str, *, is_said: bool) -> None:
    text = f"FROM rust:slim AS base\nRUN apt-get install -y x\nFROM base AS b\nRUN {run}\nFROM base\nCOPY --from=b {copied} /o\n"
    (message,) = asked(text)
    assert "a base image of its own" in message
    assert ("told the target platform" in message) is is_said


def test_a_fetched_project_is_compiled_in_the_only_stage() -> None:
    text = ONLY.format(
        "debian", f"{GCC} cmake && git clone https://x.org/a /s && cmake /s && make && apt-get remove -y gcc"
    )
    (message,) = asked(text)
    assert message.startswith("`make` runs under emulation for linux/arm64")
    assert asked(text, is_asked=False) == []


@every_case(
    "command, is_said",
    [
        ("python hyperbole.py build -r", True),
        ("./tool.sh compile", True),
        ("python hyperbole.py deploy", False),
        ("echo build", False),
        ("GOARCH=arm64 python hyperbole.py build", False),
    ],
)
def test_arguments_of_a_script_may_say_that_it_builds(command: str, is_said: bool) -> None:
    text = f"FROM golang AS b\nCOPY . .\nRUN {command}\nFROM alpine\nCOPY --from=b /o /o\n"
    assert bool(asked(text)) is is_said
    assert not asked(text, is_asked=False)


def test_asking_for_a_version_generates_nothing() -> None:
    text = "FROM debian AS b\nRUN protoc {}\nFROM alpine\nCOPY --from=b /o /o\n"
    assert findings(emulated_build, context(text.format("--version"))) == []
    assert findings(emulated_build, context(text.format("--go_out=/o a.proto")))


def test_a_constant_target_is_not_emulation_where_nobody_asks() -> None:
    text = "FROM golang AS b\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /o .\nFROM scratch\nCOPY --from=b /o /o\n"
    assert findings(emulated_build, context(text)) == []


def test_packages_of_npm_keep_a_stage_where_it_is() -> None:
    text = "FROM node AS b\nWORKDIR /w\nCOPY . .\nRUN npm ci && npm run build\nFROM node:slim\nCOPY --from=b /w{} /w\n"
    fixes = [findings(emulated_build, context(text.format(it)))[0].fixes for it in ("", "/.next/standalone", "/dist")]
    assert [[it.title for it in one] for one in fixes] == [
        [],
        ["Run this stage on the build platform, if its packages have no native code"],
        ["Run this stage on the build platform"],
    ]


@every_case(
    "run, taken, safety",
    [
        ("npx node-gyp rebuild", "/w/build/Release/a.node", []),
        ("npx --prefix ext node-gyp rebuild", "/w/ext", []),
        ("npm exec -- cmake-js compile", "/w/build", []),
        ("npx --prefix ext vite build", "/w/ext/dist", ["safe"]),
        # `node_modules` of the working directory may be of the copied context.
        ("npm ci", "/w/a.node", ["suggestion"]),
        ("npm ci", "/w/a.json", ["safe"]),
    ],
)
def test_addons_that_a_stage_makes_beside_go_are_for_its_machine(run: str, taken: str, safety: list[str]) -> None:
    text = (
        f"FROM golang AS b\nWORKDIR /w\nCOPY . .\nRUN {run}\nRUN CGO_ENABLED=0 go build -o /o .\n"
        f"FROM debian\nCOPY --from=b /o {taken} /\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert [it.safety.value for it in finding.fixes] == safety


def test_a_branch_that_no_target_takes_emulates_nothing() -> None:
    text = (
        'FROM alpine AS b\nARG TARGETARCH\nRUN if [ "$TARGETARCH" = amd64 ]; then cargo build -r; else cp /made/$TARGETARCH /o; fi\n'
        "FROM scratch\nCOPY --from=b /o /o\n"
    )
    assert findings(emulated_build, context(text)) == []
    assert findings(emulated_build, context(text.replace("= amd64", "!= amd64")))


@every_case(
    "is_unknown, is_separate, severities",
    [(False, False, [None]), (True, False, [Severity.INFORMATION]), (True, True, []), (False, True, [None])],
)
def test_an_unknown_machine_lowers_the_severity(
    is_unknown: bool, is_separate: bool, severities: list[Severity | None]
) -> None:
    text = "FROM golang AS b\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=b /o /o\n"
    builder = Builder(replace(request(), is_separate=is_separate), Workspace(machine_is_unknown=is_unknown))
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    found = findings(emulated_build, ctx)
    assert [it.severity for it in found] == severities
    condition = " for linux/arm64 (if the build machine is linux/amd64), which"
    assert all((condition in it.message) is is_unknown for it in found)


def test_an_image_with_its_compiler_that_no_build_makes_for_several_platforms() -> None:
    text = 'FROM golang\nCOPY . .\nRUN go build -o /app .\nLABEL architecture=$TARGETARCH\nCMD ["/app"]\n'
    assert findings(emulated_build, context(text))
    assert not findings(emulated_build, context(text, workspace=Workspace(is_for_one_platform=True)))
    split = "FROM golang AS b\nRUN go build -o /app .\nFROM alpine\nCOPY --from=b /app /app\nLABEL a=$TARGETARCH\n"
    assert findings(emulated_build, context(split, workspace=Workspace(is_for_one_platform=True)))


@pytest.mark.parametrize(("run", "n_findings"), [("composer install --no-dev", 0), ("npm run build", 1)])
def test_packages_of_php_are_a_part_of_the_image(run: str, n_findings: int) -> None:
    text = f'FROM php:8.4\nWORKDIR /app\nCOPY . .\nRUN {run}\nCMD ["php", "-S", "0.0.0.0:80"]\n'
    assert len(findings(emulated_build, context(text))) == n_findings


def test_php_packages_installed_in_a_separate_stage_are_reported() -> None:
    text = (
        "FROM composer AS vendor\nWORKDIR /app\nCOPY . .\nRUN composer install\n"
        "FROM php:8.4\nCOPY --from=vendor /app/vendor /app/vendor\n"
    )
    assert len(findings(emulated_build, context(text))) == 1


def test_advice_about_xx_is_given_once() -> None:
    text = "FROM golang AS b\nRUN apt-get install -y gcc && CGO_ENABLED=1 go build -o /b .\nRUN gcc -o /a a.c\nFROM debian\nCOPY --from=b /a /b /x/\n"
    (finding,) = findings(emulated_build, context(text))
    assert finding.message.count("COPY --from=xx / /") == 1


@pytest.mark.parametrize(
    ("copies", "has_advice"), [("FROM alpine AS sys", True), ("FROM scratch AS sys\nCOPY --from=up / /", False)]
)
def test_a_system_that_is_copied_onto_scratch_gets_no_other_root(copies: str, has_advice: bool) -> None:
    text = f"FROM alpine AS up\nRUN apk upgrade\n{copies}\nFROM sys AS b\nRUN apk add gcc && gcc -o /o a.c\nFROM sys\nARG TARGETARCH\nCOPY --from=b /o /o\nCMD app\n"
    builder = Builder(request())
    found = findings(emulated_build, RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True))
    assert any("BUILDPLATFORM" in str(it.message) for it in found) is has_advice
    assert found


@pytest.mark.parametrize(("last", "n_findings"), [("FROM scratch", 1), ("FROM base", 2)])
def test_stages_on_a_root_of_their_own_are_one_finding(last: str, n_findings: int) -> None:
    stages = "".join(f"FROM base AS {it}\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /{it} ./{it}\n" for it in "xy")
    text = f"FROM golang AS base\nRUN apt-get install -y git\n{stages}{last}\nCOPY --from=x /x /\nCOPY --from=y /y /\n"
    assert len(findings(emulated_build, context(text))) == n_findings


@every_case(
    "workspace, severities",
    [
        (Workspace(), [None]),
        (Workspace(is_automated=True), [Severity.INFORMATION]),
        (Workspace(platforms_are_unknown=True), [Severity.INFORMATION]),
        # Each platform may have a machine of its own.
        (Workspace(is_automated=True, machine_is_unknown=True), []),
    ],
)
def test_a_mention_alone_is_no_build(workspace: Workspace, severities: list[Severity | None]) -> None:
    text = "FROM golang AS b\nRUN CGO_ENABLED=0 go build -o /a .\nFROM alpine\nARG TARGETARCH\nCOPY --from=b /a /a-$TARGETARCH\n"
    assert [it.severity for it in findings(emulated_build, context(text, workspace=workspace))] == severities


def _for_several(text: str) -> RuleContext:
    builder = Builder(request(), Workspace())
    return RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)


@every_case(
    "text, is_said",
    [
        (
            "FROM cgr.dev/chainguard/wolfi-base\nRUN apk add go\nRUN GOBIN=/usr/bin go install x.org/x/cmd/imports@v1",
            True,
        ),
        ("FROM alpine\nRUN apk add go && go install x.org/x/cmd/lint@latest && apk del go\nCMD lint", True),
        ("FROM debian\nRUN apt-get install -y cargo && cargo install ripgrep", True),
        ("FROM alpine\nRUN apk add go\nRUN go install ./cmd/app", False),
        ("FROM debian\nRUN apt-get install -y cargo\nRUN cargo install --path /usr/src/app", False),
        ("FROM golang:1.26\nRUN go install x.org/x/tools/gopls@latest", True),
        ("FROM golang:1.26\nRUN go install x.org/x/tools/gopls@latest\nCOPY . .\nCMD go test ./...", False),
    ],
)
def test_published_tools_that_an_image_compiles(text: str, is_said: bool) -> None:
    assert [it.severity for it in findings(emulated_build, _for_several(text + "\n"))] == [
        Severity.INFORMATION
    ] * is_said


@every_case(
    "text, is_said",
    [
        (f"FROM debian\n{GCC}\nCOPY . /s\nRUN cd /s && ./configure && make && make install", True),
        ("FROM alpine\nRUN apk add g++ make && git clone https://x.org/a && make -C a && apk del g++", True),
        ("FROM rust:1\nCOPY . /s\nRUN cargo install --path /s", True),
        (
            "FROM nginx\nRUN apt-get install -y gcc && curl https://x.org/a.tgz | tar xz && gcc -shared -o /a.so a.c",
            True,
        ),
        # Nothing to compile is there, or no compiler.
        (f"FROM debian\n{GCC}\nRUN make", False),
        ("FROM debian\nCOPY . /s\nRUN make -C /s install", False),
        ("FROM golang:1.26\nCOPY . .\nRUN go vet ./...", False),
        ("FROM --platform=$BUILDPLATFORM rust:1\nCOPY . /s\nRUN cargo install --path /s", False),
    ],
)
def test_an_image_that_starts_nothing_of_its_own(text: str, *, is_said: bool) -> None:
    messages = [it.message for it in findings(emulated_build, _for_several(f"{text}\n"))]
    assert len(messages) == is_said
    assert not any("stays in the image" in it for it in messages)
    assert all("machine of the target" in it or "a build stage of its own" in it for it in messages)
    check_nothing(emulated_build, f"{text}\n")


def test_tools_that_an_image_compiles_are_not_reported_unless_several_platforms_are_requested() -> None:
    check_nothing(emulated_build, "FROM alpine\nARG TARGETARCH\nRUN apk add go && go install x.org/x/lint@v1\n")


def test_an_installed_tool_gets_advice_instead_of_a_fix() -> None:
    check_rule(
        emulated_build,
        """
        FROM golang AS tools
             ^^^^^^ `go install` runs under emulation for linux/arm64, which takes 5 to 10 times as long; on the build platform, `GOARCH=$TARGETARCH go install` would write to another directory, such as `bin/linux_arm64`
        RUN CGO_ENABLED=0 go install x.org/x/dlv@v1
        FROM alpine
        COPY --from=tools /go/bin/dlv /usr/bin/dlv
        """,
    )


@pytest.mark.parametrize(("run", "safety"), [("deno task build", "suggestion"), ("npm run build", "safe")])
def test_a_task_of_deno_may_compile_a_program(run: str, safety: str) -> None:
    text = f"FROM image AS b\nWORKDIR /s\nCOPY . .\nRUN {run}\nFROM nginx\nCOPY --from=b /s/dist /www\n"
    (finding,) = findings(emulated_build, context(text))
    assert [it.safety.value for it in finding.fixes] == [safety]


@every_case(
    "given, run, is_reported",
    [
        ("true", 'if [ "$PREBUILT" = true ]; then cp bin/a /a; else go build -o /a .; fi', False),
        ("true", '[ "$PREBUILT" = true ] || go build -o /a .', False),
        ("false", 'if [ "$PREBUILT" = true ]; then cp bin/a /a; else go build -o /a .; fi', True),
        # Another build may give another value than the default.
        (None, 'if [ "$PREBUILT" = false ]; then cp bin/a /a; else go build -o /a .; fi', True),
        ("true", 'if [ "$OTHER" = true ]; then cp bin/a /a; else go build -o /a .; fi', True),
        ("true", 'go build -o /a . || [ "$PREBUILT" = true ]', True),
    ],
)
def test_a_compiler_that_the_given_arguments_skip_is_not_reported(
    given: str | None, run: str, *, is_reported: bool
) -> None:
    text = f"FROM golang AS b\nARG PREBUILT=false\nARG OTHER\nRUN {run}\nFROM scratch\nCOPY --from=b /a /a\n"
    arguments = () if given is None else (("PREBUILT", given),)
    builder = Builder(replace(request(), build_arguments=arguments), Workspace())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    assert [it.message for it in findings(emulated_build, ctx)] == (
        ["`go build` runs under emulation for linux/arm64, which takes 5 to 10 times as long"] if is_reported else []
    )


@pytest.mark.parametrize("has_native", [False, True])
def test_what_a_script_makes_of_native_packages_is_not_moved(*, has_native: bool) -> None:
    text = """
        FROM node AS b
        WORKDIR /w
        COPY . .
        RUN npm install
        RUN npm run build
        RUN node scripts/bundle.js --out app
        FROM node
        COPY --from=b /w/app /w/app
    """
    (finding,) = findings(emulated_build, context(text, workspace=Workspace(may_take_native_packages=has_native)))
    assert bool(finding.fixes) is not has_native


@every_case(
    "packages, setting, expected",
    [
        ("git", "", Safety.SAFE),
        ("gcc musl-dev", "", Safety.SUGGESTION),
        ("gcc musl-dev", "CGO_ENABLED=0 ", Safety.SAFE),
    ],
)
def test_cgo_is_not_switched_off_unsaid_where_a_c_compiler_is_installed(
    packages: str, setting: str, expected: Safety
) -> None:
    text = (
        f"FROM golang:alpine AS b\nRUN apk add {packages}\nCOPY . .\nRUN {setting}go build -o /a .\n"
        "FROM alpine\nCOPY --from=b /a /a\n"
    )
    (finding,) = findings(emulated_build, context(text, uses_cgo=False))
    assert [it.safety for it in finding.fixes] == [expected]


def test_an_image_for_one_architecture_cannot_run_on_the_build_machine() -> None:
    text = "FROM {}\nRUN go build -o /app .\nFROM scratch\nCOPY --from=0 /app /app\n"
    assert reported(emulated_build, text.format("example/go:1.26-jammy"))
    for image in ("example/go:1.26-jammy-arm64v8", "arm64v8/golang", "example/go:1-arm64", "arm32v7/golang:1.26"):
        check_silent(emulated_build, text.format(image))
        check_silent(emulated_build, f"ARG IMAGE={image}\n" + text.format("$IMAGE"))


def test_an_extension_of_php_is_compiled_by_the_php_of_the_target() -> None:
    text = "FROM {}\nCOPY . .\nRUN {}gcc -shared -o /a.so a.c\nFROM php\nCOPY --from=0 /a.so /a.so\n"
    assert reported(emulated_build, text.format("php", ""))
    check_silent(emulated_build, text.format("php", "phpize && "))


@every_case(
    "head, install, taken, safety",
    [
        ("WORKDIR /app", "npm ci", "/app/dist", Safety.SAFE),
        ("WORKDIR /app", "npm i -g pnpm", "/app/dist", Safety.SAFE),
        ("RUN npm i -g pnpm\nWORKDIR /app", "npm ci", "/app/dist", Safety.SAFE),
        # Packages for one machine need no script.
        ("WORKDIR /app", "npm ci --ignore-scripts", "/app/dist", Safety.SAFE),
        ("WORKDIR /app", "npm ci --ignore-scripts", "/app/node_modules", None),
        ("WORKDIR /app", "npm ci", "/app/node_modules", None),
        # The image names the directory.
        ("COPY . .", "npm ci", "/app/node_modules", Safety.SUGGESTION),
        # A script may compile beside its output.
        ("WORKDIR /app", "true", "/app", Safety.SUGGESTION),
        ("WORKDIR /app/web", "true", "/app", Safety.SUGGESTION),
        ("WORKDIR /app", "true", "/app/public", Safety.SAFE),
    ],
)
def test_files_beside_the_output_of_a_script(head: str, install: str, taken: str, safety: Safety | None) -> None:
    text = (
        f"FROM node:24 AS build\n{head}\nCOPY package.json ./\nRUN {install}\nCOPY . .\nRUN npm run build\n"
        f"FROM node:24\nCOPY --from=build {taken} /srv/x\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert [it.safety for it in finding.fixes] == ([] if safety is None else [safety])


def test_the_advice_names_the_libraries_that_the_stage_installs() -> None:
    text = (
        "FROM rust:slim AS build\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends cmake libssl-dev=3.* libc6-dev libpq-dev ca-certificates\n"
        "RUN cargo build --release\nFROM debian\nCOPY --from=build /app /app\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert " && xx-apt-get install -y gcc libc6-dev libssl-dev libpq-dev`" in finding.message


def compiled_in(image: str, *runs: str) -> str:
    """The message about a stage that compiles C or C++ with these RUN instructions."""
    lines = "".join(f"RUN {it}\n" for it in runs)
    text = f"FROM {image} AS b\nWORKDIR /w\nCOPY . .\n{lines}FROM scratch\nCOPY --from=b /w/out /\n"
    (finding,) = findings(emulated_build, context(text))
    return finding.message


C_ON_DEBIAN = "xx-apt-get install -y gcc libc6-dev`"
CXX_ON_DEBIAN = "xx-apt-get install -y xx-cxx-essentials`"
CXX_ON_ALPINE = "xx-apk add xx-cxx-essentials`"


@every_case(
    "image, runs, end",
    [
        ("debian", ["apt-get install -y gcc", "gcc -o out x.c"], f"{C_ON_DEBIAN}, `xx-clang …`"),
        ("debian", ["apt-get install -y g++", "gcc -o out x.c"], f"{C_ON_DEBIAN}, `xx-clang …`"),
        ("debian", ["apt-get install -y g++", "g++ -o out x.cc"], f"{CXX_ON_DEBIAN}, `xx-clang++ …`"),
        ("debian", ["gcc -c y.c && clang++-18 -o out x.cc y.o"], f"{CXX_ON_DEBIAN}, `xx-clang …`, `xx-clang++ …`"),
        (
            "alpine",
            ["apk add build-base cmake", "cmake -B out && cmake --build out"],
            f"{CXX_ON_ALPINE}, `cmake $(xx-clang --print-cmake-defines) …`",
        ),
        (
            "alpine",
            ["apk add alpine-sdk cmake", "cmake -B out && cmake --build out"],
            f"{CXX_ON_ALPINE}, `cmake $(xx-clang --print-cmake-defines) …`",
        ),
        (
            "debian",
            ["apt-get install -y gcc cmake ninja-build", "cmake -G Ninja . && ninja"],
            f"{C_ON_DEBIAN}, `cmake $(xx-clang --print-cmake-defines) …`",
        ),
        ("gcc:14", ["gcc -o out x.c -lm"], f"{C_ON_DEBIAN}, `xx-clang …`"),
        (
            "debian",
            ["apt-get install -y g++", "meson setup out && ninja -C out"],
            f"{CXX_ON_DEBIAN}, `meson setup --cross-file …`",
        ),
        (
            "debian",
            [
                "apt-get install -y build-essential",
                "autoreconf -i && ./configure --prefix=/w/out && make && make install",
            ],
            f"{CXX_ON_DEBIAN}, `./configure --host=$(xx-clang --print-target-triple) …`",
        ),
    ],
)
def test_the_advice_names_the_compiler_and_how_the_build_tool_takes_it(image: str, runs: list[str], end: str) -> None:
    assert compiled_in(image, *runs).endswith(end)


@every_case(
    "run",
    [
        "./configure --with-http_ssl_module --add-module=../rtmp && make",
        "./configure --error-log-path=/var/log/e.log && make -j4",
        "./configure --enable-optimizations --prefix=/w/out && make && make install",
        "gn gen out && ninja -C out",
        "python3 configure.py && ninja",
        "./configure && make && make check",
        "cmake -B out && cmake --build out && ctest --test-dir out",
        "meson setup out && ninja -C out && ninja -C out test",
    ],
)
def test_a_build_that_runs_what_it_compiles_needs_a_machine_of_the_target(run: str) -> None:
    message = compiled_in("debian", "apt-get install -y build-essential", run)
    assert "tonistiigi/xx" not in message
    assert (
        "; a machine of the target platform avoids the emulation; cross-compiling is not practical, because" in message
    )


@every_case(
    "run, has_fix",
    [
        ("/src/out/app --init", False),
        ("./out/app --init || true && sed -i s/a/b/ app.conf", False),
        ("/src/out/my\\ app --init", False),
        ("cd out && ./app --init", False),
        ("/src/tools/app --init", True),
        ("ls -l /src/out/app", True),
        ("cp app.conf out/", True),
    ],
)
def test_a_program_that_the_stage_publishes_and_runs_stays_for_the_target(run: str, *, has_fix: bool) -> None:
    publish = "dotnet publish --self-contained -p:PublishSingleFile=true -o out"
    text = f"FROM mcr.microsoft.com/dotnet/sdk:8.0 AS b\nWORKDIR /src\nCOPY . .\nRUN {publish}\nRUN {run}\nFROM debian\nCOPY --from=b /src/out /app\n"
    (finding,) = findings(emulated_build, context(text))
    assert bool(finding.fixes) is has_fix


@every_case(
    "publish, start, has_fix",
    [
        ("dotnet publish -o /out", 'ENTRYPOINT ["dotnet", "app.dll"]', True),
        ("dotnet publish -o /out", 'ENTRYPOINT ["/usr/bin/dotnet", "app.dll"]', True),
        ("dotnet publish -o /out", 'ENTRYPOINT ["./entrypoint.sh"]', True),
        ("dotnet publish -o /out", "CMD dotnet app.dll", True),
        ("dotnet publish -o /out", 'ENTRYPOINT ["./app"]', False),
        ("dotnet publish -o /out", 'CMD ["/srv/My.App"]', False),
        ("dotnet publish -o /out /p:UseAppHost=false", 'CMD ["/srv/run"]', True),
    ],
)
def test_a_program_of_dotnet_for_its_machine_stays_for_the_target(publish: str, start: str, *, has_fix: bool) -> None:
    text = (
        f"FROM mcr.microsoft.com/dotnet/sdk:8.0 AS build\nWORKDIR /s\nCOPY . .\nRUN {publish}\n"
        f"FROM mcr.microsoft.com/dotnet/aspnet:8.0\nWORKDIR /srv\nCOPY --from=build /out .\n{start}\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert bool(finding.fixes) is has_fix
    assert ("needs `dotnet publish -a $TARGETARCH`" in finding.message) is not has_fix


@every_case(
    "run, end",
    [
        (
            "apk add gcc snappy-dev && CGO_ENABLED=1 go build -o /o .",
            "`RUN apk add clang lld && xx-apk add gcc musl-dev snappy-dev`, `xx-go build`",
        ),
        (
            "apk add g++ snappy-dev && CGO_ENABLED=1 go build -o /o .",
            "`RUN apk add clang lld && xx-apk add xx-cxx-essentials snappy-dev`, `xx-go build`",
        ),
        # Go switches cgo off when it compiles for another machine.
        (
            "apk add alpine-sdk && go build -o /o .",
            "`RUN apk add clang lld && xx-apk add xx-cxx-essentials`, `CGO_ENABLED=1 xx-go build`",
        ),
        ("CGO_ENABLED=1 go build -o /o .", "`RUN apk add clang lld && xx-apk add gcc musl-dev`, `xx-go build`"),
        ("CGO_ENABLED=0 go build -o /o .", "5 to 10 times as long"),
        ("CGO_ENABLED=0 go install -o /o .", "such as `bin/linux_arm64`"),
    ],
)
def test_a_program_of_go_with_c_is_compiled_by_xx(run: str, end: str) -> None:
    text = f"FROM golang:1.26-alpine AS b\nRUN {run}\nFROM alpine\nCOPY --from=b /o /go/bin/ /o/\n"
    (finding,) = findings(emulated_build, context(text))
    assert finding.message.endswith(end)


@every_case(
    "image, command, end",
    [
        ("golang:1.26", "go build -o /o .", "`xx-apt-get install -y gcc libc6-dev`, `CGO_ENABLED=1 xx-go build`"),
        # Without a C compiler, Go compiles without cgo here too, and only the author knows if that is intended.
        ("golang:1.26-alpine", "go build -o /o .", "; a machine of the target platform avoids the emulation"),
        ("golang:1.26", "CGO_ENABLED=0 go build -o /o .", "5 to 10 times as long"),
    ],
)
def test_a_module_of_go_that_needs_c_is_compiled_by_xx(image: str, command: str, end: str) -> None:
    text = f"FROM {image} AS b\nCOPY . .\nRUN {command}\nFROM alpine\nCOPY --from=b /o /o\n"
    (finding,) = findings(emulated_build, context(text, uses_cgo=True))
    assert finding.message.replace("`RUN apt-get update && apt-get install -y clang lld && ", "`").endswith(end)


@every_case(
    "settings, command, has_fix",
    [
        ("", "go build", True),
        ("ENV GOEXPERIMENT=boringcrypto\n", "go build", False),
        ('ENV GOFLAGS="-mod=vendor -tags=strictfipsruntime"\n', "go build", False),
        ("", "go build -tags netgo,strictfipsruntime", False),
        # Without cgo, the program has no such library on any machine.
        ("ENV GOEXPERIMENT=boringcrypto CGO_ENABLED=0\n", "go build", True),
        ("", "go build -tags netgo", True),
    ],
)
def test_a_certified_library_of_cryptography_needs_cgo(settings: str, command: str, *, has_fix: bool) -> None:
    text = f"FROM golang:1.26 AS b\nCOPY . .\n{settings}RUN {command} -o /o .\nFROM alpine\nCOPY --from=b /o /o\n"
    (finding,) = findings(emulated_build, context(text))
    assert bool(finding.fixes) is has_fix
    assert finding.message.endswith("a machine of the target platform avoids the emulation") is not has_fix


@every_case("arch, is_told", [("$ARCH", True), ("amd64", True), ("$TARGETARCH", False)])
def test_where_surely_no_edit_helps_a_machine_does(arch: str, *, is_told: bool) -> None:
    text = (
        "FROM golang:1.26 AS b\nARG ARCH TARGETARCH\nCOPY . .\n"
        f"RUN CGO_ENABLED=0 GOARCH={arch} go build -o /o .\nFROM alpine\nCOPY --from=b /o /o\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert finding.message.endswith("; a machine of the target platform avoids the emulation") is is_told
    assert bool(finding.fixes) is not is_told


@every_case(
    "targets, start, safety",
    [
        # The step for amd64 is that of the image for amd64.
        ("linux/amd64,linux/arm64", "RUN apk add tzdata", Safety.SAFE),
        # The image for amd64 is one more, and then the RUN for amd64 too.
        ("linux/arm64", "RUN apk add curl", Safety.SUGGESTION),
        ("linux/arm64", "RUN apk add tzdata", Safety.SUGGESTION),
    ],
)
def test_a_step_that_a_stage_shares_with_the_image_is_worth_less_emulation(
    targets: str, start: str, safety: Safety
) -> None:
    text = (
        "FROM node:22-alpine AS b\nRUN apk add tzdata\nCOPY . .\nRUN npx vite build\n"
        f"FROM node:22-alpine\n{start}\nCOPY --from=b /dist /dist\n"
    )
    (finding,) = findings(emulated_build, context(text, targets))
    (fix,) = finding.fixes
    assert fix.safety is safety


@every_case(
    "args, expected",
    [
        (
            "",
            "`go build` runs under emulation for linux/arm64 (if you build for it), which takes 5 to 10 times as long",
        ),
        # The file itself says that it is for several platforms.
        ("ARG TARGETOS\n", "`go build` runs under emulation for linux/arm64, which takes 5 to 10 times as long"),
    ],
)
def test_default_platforms_are_a_condition(args: str, expected: str) -> None:
    text = f"FROM golang AS build\n{args}RUN go build -o /out/app .\nFROM scratch\nCOPY --from=build /out/app /app\n"
    (finding,) = findings(emulated_build, context(text, workspace=Workspace(platforms_are_assumed=True)))
    assert finding.message.partition("; ")[0] == expected


@every_case(
    "stages, expected",
    [
        ("FROM x AS b", "in this stage `--platform=$BUILDPLATFORM`"),
        # BuildKit ignores the flag in the FROM of a stage on another stage.
        ("FROM x AS a\nRUN echo 1\nFROM a AS b", "in line 1 `--platform=$BUILDPLATFORM`"),
        ("FROM x AS b\nRUN apt-get install -y lld clang", "`RUN xx-apt-get install -y gcc libc6-dev`"),
        ("FROM x AS b\nRUN apt-get install -y lld", "`RUN apt-get update && apt-get install -y clang && xx-apt-get"),
    ],
)
def test_the_steps_for_xx_suit_the_stage(stages: str, expected: str) -> None:
    text = f"{stages}\nWORKDIR /w\nRUN gcc -o /o x.c\nFROM scratch\nCOPY --from=b /o /\n"
    (finding,) = findings(emulated_build, context(text))
    assert expected in finding.message


@every_case(
    "script, safety",
    [
        ("vite build", "safe"),
        ("tsc -p . && npx vite build", "safe"),
        ("cross-env NODE_ENV=production webpack", "safe"),
        ("npm run clean && yarn compile && cp -r a dist", "safe"),
        ("run-s clean compile", "safe"),
        ("run-s clean package", "suggestion"),
        ("npm run missing", "suggestion"),
        ("ncc build src/a.js", "suggestion"),
        # These write programs and addons for the machine on which they run.
        ("electron-builder --linux", ""),
        ("vite build && pkg .", ""),
        ("vite build && npx @yao-pkg/pkg .", ""),
        ("yarn package", ""),
        ("bun build --compile a.ts --outfile dist/a", ""),
        ("node-gyp rebuild", ""),
        ("cargo build --release && cp target/release/a dist", ""),
        ("node build.js", "suggestion"),
        ("./build.sh", "suggestion"),
        ("npm run build", "suggestion"),
    ],
)
def test_a_script_that_may_write_programs_for_its_machine_is_reviewed(script: str, safety: str) -> None:
    text = "FROM node AS b\nWORKDIR /w\nRUN npm ci\nRUN npm run build\nFROM nginx\nCOPY --from=b /w/dist /srv\n"
    scripts = (("build", script), ("clean", "rimraf dist"), ("compile", "tsc"), ("package", "pkg ."))
    (finding,) = findings(emulated_build, context(text, workspace=Workspace(scripts=scripts)))
    assert [it.safety.value for it in finding.fixes] == [safety][: bool(safety)]


@every_case(
    "run, safety",
    [
        ("cp /usr/bin/helm embed/helm", Safety.SUGGESTION),
        ("mv /usr/local/bin/helm embed/", Safety.SUGGESTION),
        ("install -m755 /bin/busybox embed/busybox", Safety.SUGGESTION),
        ("tar cf embed/tools.tar /usr/bin/helm", Safety.SUGGESTION),
        ("cp $(which helm) embed/helm", Safety.SUGGESTION),
        # Files for every machine, other names in the system, and what the stage compiles there.
        ("cp /usr/share/zoneinfo/UTC embed/", Safety.SAFE),
        ("cp /etc/ssl/certs/ca-certificates.crt embed/", Safety.SAFE),
        ("cp /usr/local/go/misc/wasm/wasm_exec.js embed/", Safety.SAFE),
        ("ln -s /usr/bin/helm /usr/bin/h", Safety.SAFE),
        ("mv /usr/bin/helm /usr/local/bin/helm", Safety.SAFE),
        ("cp assets/* embed/", Safety.SAFE),
        ("CGO_ENABLED=0 go build -o /usr/local/bin/helper ./helper && cp /usr/local/bin/helper embed/", Safety.SAFE),
    ],
)
def test_a_program_of_the_image_may_become_part_of_what_is_compiled(run: str, safety: Safety) -> None:
    text = (
        f"FROM golang:1.26-alpine AS b\nWORKDIR /s\nCOPY . .\nRUN apk add helm && {run}\n"
        "RUN CGO_ENABLED=0 go build -o /app .\nFROM alpine\nCOPY --from=b /app /app\n"
    )
    (finding,) = findings(emulated_build, context(text, uses_cgo=False))
    assert [it.safety for it in finding.fixes] == [safety]


@every_case(
    "pack, taken, has_fix",
    [
        ("tar czf /o.tgz .", "/o.tgz", False),
        ("zip -r /o.zip .", "/o.zip", False),
        ("zip -qr9 /o dist node_modules", "/o.zip", False),
        ("7z a /o.7z dist node_modules", "/o.7z", False),
        ("zip -r /o.zip dist", "/o.zip", True),
        ("zip -r /o.zip dist -x '*.map' node_modules", "/o.zip", True),
        ("zip -r /o.zip .", "/a/dist", True),
    ],
)
def test_an_archive_with_packages_is_for_its_machine(pack: str, taken: str, *, has_fix: bool) -> None:
    text = (
        f"FROM node:22 AS b\nWORKDIR /a\nCOPY . .\nRUN npm ci\nRUN npm run build && {pack}\n"
        f"FROM node:22\nCOPY --from=b {taken} /x/\n"
    )
    workspace = Workspace(scripts=(("build", "vite build"),), has_native_packages=True)
    found = findings(emulated_build, context(text, workspace=workspace))
    assert any(it.fixes for it in found) is has_fix


@every_case(
    "image, runs",
    [
        # A `configure` that the project may have written itself knows other options.
        ("debian", ["./configure --enable-gpl --enable-libx264 && make"]),
        ("debian", ["./configure --prefix=/w/out && make && make install"]),
        # Libraries that the stage compiles are those of the build machine.
        ("gcc:14", ["cmake -S l -B k && cmake --build k && cmake --install k", "g++ -o out x.cc"]),
        ("debian", ["autoreconf -i && ./configure && make && make install && ldconfig", "cmake . && ninja"]),
        # Programs that run while it compiles have to match their libraries.
        ("debian", ["apt-get install -y cmake qt6-base-dev", "cmake . && cmake --build ."]),
        ("debian", ["apt-get install -y cmake libgrpc++-dev", "cmake . && cmake --build ."]),
        ("debian", ["vcpkg install fmt", "cmake . && cmake --build ."]),
        ("debian", ["cmake -DCMAKE_TOOLCHAIN_FILE=/opt/vcpkg.cmake . && cmake --build ."]),
        # A compiler of another language, which Clang does not replace.
        ("debian", ["apt-get install -y ldc build-essential", "./configure && make"]),
        ("alpine", ["apk add build-base gcc-gnat cmake", "cmake -B out && cmake --build out"]),
        ("debian", ["apt-get install -y gfortran-12 cmake", "cmake -B out && cmake --build out"]),
        # A build tool compiles more than the recipe changes.
        ("golang:alpine", ["apk add gcc musl-dev make", "make -C tools", "CGO_ENABLED=1 go build -o /out ."]),
        # A file for the machine on which the stage runs.
        ("debian", ["curl -fsSLO https://example.org/lib-$(uname -m).tar.gz", "gcc -o out x.c"]),
        ("debian", ["sudo apt-get install -y gcc", "gcc -o out x.c"]),
        # Cargo without rustup, plugins, tools that the stage runs.
        ("alpine", ["apk add cargo", "cargo build --release"]),
        ("rust:slim", ["cargo chef cook --release", "cargo build --release"]),
        ("rust:slim", ["cargo install cargo-pgrx", "cargo pgrx package"]),
        ("rust:slim", ["cargo install sqlx-cli", "cargo build --release"]),
        ("rust:slim", ["cargo build --release && cargo test"]),
        ("rust:slim", ["gcc -shared -o liba.so a.c && cargo build --release"]),
        ("rust:slim", ["apt-get install -y libclang-dev", "cargo build --release"]),
        ("rust:slim", ["apt-get install -y clang", "cargo build --release"]),
        # The image brings libraries for the build machine.
        ("rust", ["cargo build --release"]),
        ("rust:1.90-bookworm", ["cargo build --release"]),
        ("rustlang/rust:nightly-bullseye", ["cargo build --release"]),
        ("gcc:14", ["gcc -o out x.c -lssl"]),
        ("gcc:14", ["cmake . && cmake --build ."]),
    ],
)
def test_no_recipe_is_given_that_may_not_work(image: str, runs: list[str]) -> None:
    message = compiled_in(image, *runs)
    assert "tonistiigi/xx" not in message
    assert message.endswith("; a machine of the target platform avoids the emulation")


@every_case(
    "user, has_recipe", [("", True), ("USER root\n", True), ("USER app\n", False), ("USER app\nUSER 0:0\n", True)]
)
def test_no_recipe_installs_packages_as_another_user_than_root(user: str, *, has_recipe: bool) -> None:
    text = f"FROM rust:1-slim-bookworm AS b\n{user}RUN cargo build --release\nFROM debian\nCOPY --from=b /target/release/a /a\n"
    (finding,) = findings(emulated_build, context(text))
    assert ("tonistiigi/xx" in finding.message) is has_recipe


@every_case(
    "run, end",
    [
        (
            "gcc -o /o x.c",
            "`COPY --from=xx / /`, `ARG TARGETPLATFORM`, `RUN apt-get update && apt-get install -y clang lld && xx-apt-get install -y gcc libc6-dev`, `xx-clang …`",
        ),
        (
            "./configure && make",
            "and the compiler stays in the image; a machine of the target platform avoids the emulation",
        ),
    ],
)
def test_advice_about_an_image_that_compiles_is_for_another_stage(run: str, end: str) -> None:
    (finding,) = findings(emulated_build, context(f'FROM debian\nCOPY . .\nRUN {run}\nCMD ["/o"]\n'))
    assert finding.message.endswith(end)
    is_recipe = "xx-clang" in end
    assert ("; a build stage of its own can compile natively; " in finding.message) is is_recipe
    assert (", in that stage `--platform=$BUILDPLATFORM`, " in finding.message) is is_recipe


@every_case(
    "package, libraries",
    [("g++", "xx-cxx-essentials"), ("build-essential", "xx-cxx-essentials"), ("pkg-config", "gcc libc6-dev")],
)
def test_crates_with_cxx_need_its_library_for_the_target(package: str, libraries: str) -> None:
    message = compiled_in("rust:slim", f"apt-get install -y {package}", "cargo build --release")
    assert f" && xx-apt-get install -y {libraries}`, `xx-cargo build`" in message


@every_case("image, is_said", [("openjdk:17-slim", True), ("openjdk:17-jdk-alpine", False)])
def test_a_build_without_its_base_image_emulates_nothing(image: str, *, is_said: bool) -> None:
    text = f"FROM maven:3-eclipse-temurin-17 AS b\nCOPY . .\nRUN mvn package\nFROM {image}\nCOPY --from=b /target/a.jar /a.jar\n"
    assert bool(findings(emulated_build, context(text))) is is_said


def test_the_recipe_for_xx_leaves_a_root_that_the_image_shares() -> None:
    stages = (
        "FROM debian:13 AS common\nRUN apt-get update && apt-get install -y curl\n"
        "FROM common AS build\nRUN gcc -o /out/a a.c\nFROM {}\nCOPY --from=build /out/a /a\n"
    )
    (shared,) = findings(emulated_build, context(stages.format("common")))
    assert "in this stage `--platform=$BUILDPLATFORM`" in shared.message
    (alone,) = findings(emulated_build, context(stages.format("debian:13")))
    assert "in line 1 `--platform=$BUILDPLATFORM`" in alone.message
    (with_platform,) = findings(
        emulated_build, context("ARG A\n" + stages.format("common\nARG TARGETARCH\nRUN echo $TARGETARCH"))
    )
    assert "in line" not in with_platform.message


@every_case(
    "image, line, is_said",
    [
        ("golang", "", True),
        ("golang", "ENV LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu\n", False),
        ("golang", "# for amd64 and arm64\n", True),
        ("nvidia/cuda:12.2.0-devel-ubuntu22.04", "", False),
        ("nvcr.io/nvidia/pytorch:24.01-py3", "", False),
        ("pytorch/pytorch:2.3.0-cuda12.1-cudnn8-devel", "", False),
    ],
)
def test_a_file_that_nobody_builds_for_others_may_name_its_machine(image: str, line: str, *, is_said: bool) -> None:
    text = f"FROM {image} AS build\n{line}RUN go build -o /out/app .\nFROM alpine\nCOPY --from=build /out/app /app\n"
    assumed = context(text, workspace=Workspace(platforms_are_assumed=True))
    assert bool(findings(emulated_build, assumed)) is is_said
    assert findings(emulated_build, context(text))


def test_no_recipe_is_for_an_image_of_others() -> None:
    message = compiled_in("nvidia/cuda:12.2.0-devel-ubuntu22.04", "cmake . && cmake --build .")
    assert message.endswith("; a machine of the target platform avoids the emulation")


def test_the_environment_of_a_developer_is_not_reported() -> None:
    text = 'FROM mcr.microsoft.com/devcontainers/go:1\nCOPY . .\nRUN go build -o /a .\nCMD ["/a"]\n'
    assert findings(emulated_build, context(text)) == []
    assert findings(emulated_build, context(text.replace("mcr.microsoft.com/devcontainers/go:1", "golang")))


def test_a_guess_names_no_stage_that_compiles_natively() -> None:
    (message,) = asked('FROM gcc:13\nCOPY . /src\nWORKDIR /src\nRUN make\nCMD ["./app"]\n')
    assert message.endswith(
        "and the compiler stays in the image; a machine of the target platform avoids the emulation"
    )


@every_case(
    "workspace, has_condition",
    [
        (Workspace(platforms_are_assumed=True, is_automated=True), True),
        (Workspace(platforms_are_assumed=True, builds_for_itself=True), True),
        # A file that names platform arguments, and of whose builds nothing is known, is for several platforms.
        (Workspace(platforms_are_assumed=True), False),
        (Workspace(), False),
    ],
)
def test_platforms_that_no_build_asks_for_are_a_condition(workspace: Workspace, *, has_condition: bool) -> None:
    text = "FROM golang AS b\nCOPY . .\nRUN go build -o /o .\nFROM alpine\nCOPY --from=b /o /o\nLABEL a=$TARGETARCH\n"
    (finding,) = findings(emulated_build, context(text, workspace=workspace))
    assert ("(if you build for it)" in finding.message) is has_condition


def test_an_extension_of_postgresql_is_named_with_its_tool() -> None:
    message = compiled_in("rust:slim", "cargo install --locked cargo-pgrx", "cargo pgrx package")
    assert message.startswith("`cargo install` and `cargo pgrx package` run under emulation for linux/arm64, ")
    assert "tonistiigi/xx" not in message


@every_case(
    "copied, taken, safety",
    [
        ("COPY packages/a/package.json packages/a/", "/w/packages/a", "suggestion"),
        ("COPY packages/a/package*.json ./packages/a/", "/w/packages", "suggestion"),
        ("COPY packages/a/package.json packages/a/package.json", "/w/packages/a", "suggestion"),
        ("COPY packages/a/package.json packages/a/", "/w/packages/a/dist", "safe"),
        ("COPY packages/a/package.json packages/a/", "/w/packages/b", "safe"),
        ("COPY package.json ./", "/w/packages/a", "safe"),
        ("COPY . .", "/w/packages/a", "safe"),
        ("COPY . .", "/w/packages/b", "suggestion"),
    ],
)
def test_a_package_of_a_workspace_may_hold_packages_for_one_machine(copied: str, taken: str, safety: str) -> None:
    text = (
        f"FROM node AS build\nWORKDIR /w\n{copied}\nRUN npm ci\nWORKDIR /w/web\nRUN npm run build\n"
        f"FROM node\nCOPY --from=build {taken} /a\n"
    )
    workspace = Workspace(holds=lambda it: it == "packages/b/package.json" and copied == "COPY . .")
    (finding,) = findings(emulated_build, context(text, workspace=workspace))
    assert [it.safety.value for it in finding.fixes] == [safety]


@every_case(
    "image, command, safety",
    [
        ("golang:1.25", "go build -o /a", "safe"),
        ("docker.io/library/alpine", "go build -o /a", "safe"),
        ("example.org/builder", "CGO_ENABLED=0 go build -o /a", "safe"),
        ("example.org/builder", "go build -o /a", "suggestion"),
        ("example/golang", "go build -o /a", "suggestion"),
    ],
)
def test_another_image_may_ask_for_cgo(image: str, command: str, safety: str) -> None:
    text = f"FROM {image} AS b\nWORKDIR /s\nCOPY . .\nRUN {command}\nFROM scratch\nCOPY --from=b /a /\n"
    (finding,) = findings(emulated_build, context(text, workspace=Workspace(uses_cgo=False)))
    assert [it.safety.value for it in finding.fixes] == [safety]


@every_case(
    "lines, commands",
    [
        ("RUN docker-php-ext-install gd\nRUN pecl install apcu && docker-php-ext-enable apcu", ["docker-php-ext-install", "pecl"]),
        ("RUN docker-php-ext-configure gd && docker-php-ext-install gd", ["docker-php-ext-configure", "docker-php-ext-install"]),
        ("RUN cd x && phpize && ./configure && make && make install", ["make"]),
        ("RUN cd x && phpize && ./configure", []),
        ("RUN docker-php-ext-enable gd", []),
        ("RUN install-php-extensions @composer blackfire", []),
        ("RUN pecl list", []),
        ("RUN composer install", []),
    ],
)  # fmt: skip
def test_extensions_of_php_are_compiled_under_emulation(lines: str, commands: list[str]) -> None:
    text = f"FROM php:8.4-apache\n{lines}\nCOPY . /var/www/html\n"
    builder = Builder(request(), Workspace())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    given = findings(emulated_build, ctx)
    places = [text[slice(*place)] for it in given for place in (it.range, *(one.range for one in it.related))]
    assert places == commands
    assert {it.severity for it in given} <= {Severity.INFORMATION}
    # Nobody asks for several platforms.
    assert findings(emulated_build, context(text)) == []


def test_extensions_of_php_are_one_finding_for_a_file() -> None:
    text = "FROM php:8.4-fpm AS base\nRUN docker-php-ext-install gd\nFROM base\nRUN docker-php-ext-install zip\n"
    builder = Builder(request(), Workspace())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    (finding,) = findings(emulated_build, ctx)
    assert finding.message == (
        "`docker-php-ext-install` runs under emulation for linux/arm64, which takes 5 to 10 times as long, in 2 RUN instructions; "
        "a machine of the target platform avoids the emulation"
    )
    native = text.replace("FROM php", "FROM --platform=$BUILDPLATFORM php")
    ctx = RuleContext(builder.build(builder.parse(native)), builder, asks_for_several=True)
    assert findings(emulated_build, ctx) == []


@every_case(
    "script, speaks",
    [
        ("node ./generate-lists.js", False),
        ("node lists.mjs && node tools/icons.cjs", False),
        ("node lists.js && tsc", True),
        ("tsc && node lists.js", True),
        ("node scripts/build.js", True),
        ("node esbuild.config.mjs", True),
        ("node node_modules/x/cli.js", True),
        ("node -r esbuild-register lists.js", True),
        ("node ace build --production", True),
        ("npm run lists", True),
        ("ts-node lists.ts", True),
        # Its text tells.
        ("node site.js", True),
        ("node data.js", False),
    ],
)
def test_a_program_of_the_project_that_bundles_nothing_is_no_compiler(script: str, speaks: bool) -> None:
    text = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\nCMD npm start\n"
    texts = {"site.js": ("require('esbuild').build({})",), "data.js": ("require('fs').writeFileSync('a', 'b')",)}
    workspace = Workspace(scripts=(("build", script),), texts=lambda path: texts.get(path, ()))
    assert bool(findings(emulated_build, context(text, workspace=workspace))) is speaks


@every_case(
    "start, script, speaks",
    [
        ('["npm", "start"]', "webpack serve --port 80", False),
        ('["npm", "run", "serve"]', "vue-cli-service serve", False),
        ("yarn start", "react-scripts start", False),
        ("pnpm start", "vite --host", False),
        ('["npm", "start"]', "next dev", False),
        ('["npm", "start"]', "next start", True),
        ('["npm", "start"]', "vite preview", True),
        ('["npm", "start"]', "serve -s build", True),
        ('["npm", "start"]', "node vite.js", True),
        ('["node", "server.js"]', "webpack serve", True),
    ],
)
def test_an_image_that_bundles_when_it_starts_needs_its_tools(start: str, script: str, speaks: bool) -> None:
    text = f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\nCMD {start}\n"
    scripts = (("build", "webpack"), ("start", script), ("serve", script))
    assert bool(findings(emulated_build, context(text, workspace=Workspace(scripts=scripts)))) is speaks


@every_case(
    "wrapper, has_fix",
    [("sudo", False), ("env -i PATH=/usr/local/go/bin", False), ("sudo -E", True), ("env A=b", True)],
)
def test_a_program_that_does_not_see_the_environment_has_no_fix(wrapper: str, *, has_fix: bool) -> None:
    text = f"FROM golang:1.25 AS b\nENV CGO_ENABLED=0\nCOPY . .\nRUN {wrapper} go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    found = findings(emulated_build, context(text))
    assert [bool(it.fixes) for it in found] == [has_fix]


def test_nothing_is_emulated_for_a_platform_that_a_script_refuses() -> None:
    text = """FROM rust AS build
ARG TARGETARCH
RUN test "$TARGETARCH" = {value}
COPY . .
RUN cargo build --release
FROM debian
COPY --from=build /target/release/app /app
"""
    assert not findings(emulated_build, context(text.format(value="amd64")))
    # The machine that builds is refused, and not the one that is emulated.
    assert findings(emulated_build, context(text.format(value="arm64")))


@every_case(
    "path, safety",
    [
        ("/var/lib/dpkg/status", None),
        ("/etc/ld.so.cache", None),
        ("/etc", Safety.SUGGESTION),
        ("/etc/ssl/certs", Safety.SAFE),
        ("/var/lib/app", Safety.SAFE),
    ],
)
def test_files_that_tell_the_architecture_keep_the_stage_on_its_machine(path: str, safety: Safety | None) -> None:
    text = f"FROM golang:1.25 AS b\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=b {path} {path}\nCOPY --from=b /a /a\n"
    (finding,) = findings(emulated_build, context(text))
    assert next((it.safety for it in finding.fixes), None) is safety


@every_case(
    "image, command, title",
    [
        ("swift", "swift build -c release", "swift build"),
        ("elixir", "mix do deps.get, release", "mix release"),
        ("ros:humble", ". /opt/ros/humble/setup.sh && colcon build", "colcon build"),
        ("maven", "mvn -B -P prod,native package", "mvn package"),
        ("gradle", "gradle nativeCompile", "gradle nativeCompile"),
        ("swift", "swift test", ""),
        ("elixir", "mix deps.get", ""),
    ],
)
def test_compilers_for_their_own_machine_need_one_of_the_target(image: str, command: str, title: str) -> None:
    text = f"FROM {image} AS b\nCOPY . .\nRUN {command}\nFROM debian\nCOPY --from=b /app /app\n"
    messages = [it.message for it in findings(emulated_build, _for_several(text))]
    assert messages == [
        f"`{title}` runs under emulation for linux/arm64, which takes 5 to 10 times as long; a machine of the target platform avoids the emulation"
    ] * bool(title)
    assert findings(emulated_build, context(text)) == []
    native = text.replace("FROM ", "FROM --platform=$BUILDPLATFORM ", 1)
    assert findings(emulated_build, _for_several(native)) == []


def test_an_edit_elsewhere_comes_before_compilers_for_their_own_machine() -> None:
    text = "FROM golang AS b\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /a .\nFROM swift\nRUN swift build\nCOPY --from=b /a /a\n"
    (finding,) = findings(emulated_build, _for_several(text))
    assert "go build" in finding.message


@every_case(
    "stages, command",
    [
        (["COPY . .", 'RUN go build -o /a .\nCMD ["/a"]'], "go build"),
        (["RUN go install example.com/b@v1", 'ENTRYPOINT ["b"]'], "go install"),
        (["COPY . .\nRUN go build -o /a .", "ENV A=1", 'CMD ["/a"]'], "go build"),
        # One of them starts a compiler.
        (['COPY . .\nCMD ["go", "test"]', "RUN go build -o /a ."], ""),
        (["COPY . .", "RUN go mod download"], ""),
    ],
)
def test_an_image_of_several_stages_that_compiles(stages: list[str], command: str) -> None:
    froms = ("golang AS s0", *(f"s{number} AS s{number + 1}" for number in range(len(stages))))
    text = "".join(f"FROM {from_}\n{lines}\n" for from_, lines in zip(froms, stages, strict=False))
    found = findings(emulated_build, _for_several(text))
    assert [text[slice(*it.range)] for it in found] == [command] * bool(command)
    assert not any(it.fixes for it in found)
    native = text.replace("FROM ", "FROM --platform=$BUILDPLATFORM ", 1)
    assert findings(emulated_build, _for_several(native)) == []


@every_case(
    "tool, last, safety",
    [
        ("go install example.com/gen@v1", "COPY --from=b /a /a", Safety.SUGGESTION),
        ("CGO_ENABLED=1 go install example.com/gen@v1", "COPY --from=b /a /a", Safety.SUGGESTION),
        # The image takes the tool, or starts it from a mount.
        ("CGO_ENABLED=0 go install example.com/gen@v1", "COPY --from=b /go/bin/gen /a /", None),
        ("CGO_ENABLED=0 go install example.com/gen@v1", "COPY --from=b /go /go", None),
        (
            "CGO_ENABLED=0 go install example.com/gen@v1",
            "RUN --mount=from=b,target=/m cp /m/a /a && /m/go/bin/gen",
            None,
        ),
        # It is a part of the project.
        ("CGO_ENABLED=0 go install ./cmd/gen", "COPY --from=b /a /a", None),
    ],
)
def test_a_published_tool_of_the_stage_runs_on_its_machine(tool: str, last: str, safety: Safety | None) -> None:
    text = f"FROM golang:1.25 AS b\nRUN {tool}\nCOPY . .\nRUN gen && CGO_ENABLED=0 go build -o /a .\nFROM debian:13\n{last}\n"
    (finding,) = (it for it in findings(emulated_build, context(text)) if "go build" in it.message)
    assert next((it.safety for it in finding.fixes), None) is safety


@every_case(
    "options, has_fix",
    [
        ('-ldflags "-X main.arch=$(uname -m)"', False),
        ("-tags $(dpkg --print-architecture)", False),
        ('-ldflags "-X main.system=$(uname -s)"', True),
        ('-ldflags "-X main.version=$(git describe)"', True),
    ],
)
def test_an_option_with_the_name_of_the_machine_keeps_the_stage(options: str, *, has_fix: bool) -> None:
    text = f"FROM golang:1.25 AS b\nCOPY . .\nRUN CGO_ENABLED=0 go build {options} -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    (finding,) = findings(emulated_build, context(text))
    assert bool(finding.fixes) is has_fix


@every_case(
    "use, copy, is_moved",
    [
        ("setup-envtest use 1.29 --bin-dir /envtest-bin", "/envtest-bin", False),
        ("setup-envtest use 1.29 --bin-dir=/envtest-bin/", "/envtest-bin", False),
        ("setup-envtest use --to /opt/bin/etcd", "/opt/bin/etcd", False),
        ("chmod -R 755 /envtest-bin", "/envtest-bin", True),
    ],
)
def test_programs_that_another_image_takes_are_for_the_machine_that_fetches_them(
    use: str, copy: str, *, is_moved: bool
) -> None:
    stages = f"FROM alpine AS mock\nCOPY --from=b {copy} /x\n", "FROM alpine AS release\nCOPY --from=b /o /o\n"
    start = f"FROM golang AS b\nRUN {use}\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /o .\n"
    for last in (f"{stages[0]}{stages[1]}", f"{stages[1]}COPY --from=b {copy} /x\n"):
        (finding,) = findings(emulated_build, context(start + last))
        assert bool(finding.fixes) == is_moved


@every_case(
    "install, copy, is_moved",
    [
        ("apt-get install -y etcd", "/usr/bin/etcd", False),
        ("apt-get install -y libx", "/usr/lib", False),
        ("apt-get install -y make", "/o", True),
        ("apt-get install -y tzdata", "/usr/share/zoneinfo", True),
        ("go vet ./...", "/usr/local/bin/x", True),
        # The image has these, with nothing installed.
        ("go vet ./...", "/bin/busybox", False),
        ("go vet ./...", "/usr/lib/libx.so", False),
        ("go vet ./...", "/usr/local/go", False),
        ("go vet ./...", "/usr/local/go/lib/time/zoneinfo.zip", True),
        ("go vet ./...", "/usr/lib/ssl/cert.pem", True),
        ("go vet ./...\nCOPY run.sh /usr/bin/", "/usr/bin/run.sh", True),
    ],
)
def test_programs_of_packages_that_another_image_takes_are_for_its_machine(
    install: str, copy: str, *, is_moved: bool
) -> None:
    text = (
        f"FROM golang AS b\nRUN {install}\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /o .\nFROM alpine AS mock\n"
        f"COPY --from=b {copy} /x\nFROM scratch\nCOPY --from=b /o /o\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert bool(finding.fixes) == is_moved


@every_case(
    "flag, n_findings",
    [
        ("", 1),
        ("--platform=$TARGETPLATFORM ", 1),
        # It is ready for one machine already.
        ("--platform=$BUILDPLATFORM ", 0),
        ("--platform=${BUILDOS}/${BUILDARCH} ", 0),
    ],
)
def test_a_compiler_on_several_machines_may_be_ready_for_one(flag: str, n_findings: int) -> None:
    amd64, arm64 = parse_normalized("linux/amd64"), parse_normalized("linux/arm64")
    text = f"FROM {flag}golang AS b\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /o .\nFROM scratch\nCOPY --from=b /o /o\n"
    builder = Builder(replace(request(), nodes=((amd64, amd64), (arm64, arm64))))
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    assert len(findings(emulated_build, ctx)) == n_findings


@every_case(
    "image, program, is_moved",
    [
        # Such a program compiles for the machine on which it runs.
        ("golang:1.25", "go install example.org/builder@v1 && builder --config=a.yaml", False),
        ("golang:1.25", "go install example.org/tool@v1 && CGO_ENABLED=0 go build -o /o . && tool /o", True),
    ],
)
def test_an_installed_tool_that_makes_the_program(image: str, program: str, *, is_moved: bool) -> None:
    text = f"FROM {image} AS b\nENV CGO_ENABLED=0 GOOS=linux\nRUN {program}\nFROM alpine\nCOPY --from=b /o /o\n"
    (finding,) = findings(emulated_build, context(text))
    assert bool(finding.fixes) is is_moved


@every_case(
    "image, is_moved",
    [
        ("example.org/go:1-${HOST_ARCH}", False),
        ("example.org/$ARCH/go", False),
        ("example.org/go:${MATRIX_ARCH}-alpine", False),
        ("example.org/go:${OPENSEARCH_VERSION}", True),
        ("example.org/go:${ARCHIVE}", True),
        ("golang:${VERSION}", True),
    ],
)
def test_an_image_whose_name_an_architecture_completes_stays(image: str, *, is_moved: bool) -> None:
    names = "HOST_ARCH=x ARCH=x MATRIX_ARCH=x OPENSEARCH_VERSION=1 ARCHIVE=a VERSION=1.26"
    text = f"ARG {names}\nFROM {image} AS b\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=b /o /o\n"
    (finding,) = findings(emulated_build, context(text))
    assert bool(finding.fixes) is is_moved


@every_case(
    "other, is_moved",
    [
        ("FROM base AS x\nRUN go build -o /x ./x\nFROM alpine AS worker\nCOPY --from=x /x /x\n", False),
        ("FROM base AS test\nRUN go test ./...\n", True),
        ("FROM base AS x\nCOPY a /a\nFROM alpine AS worker\nCOPY --from=x /a /a\n", True),
        ("FROM golang AS x\nRUN go build -o /x ./x\nFROM alpine AS worker\nCOPY --from=x /x /x\n", True),
    ],
)
def test_a_base_of_other_images_moves_only_with_all_their_compilers(other: str, *, is_moved: bool) -> None:
    text = (
        f"FROM golang AS base\nWORKDIR /w\n{other}FROM base AS b\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /o .\n"
        "FROM scratch\nCOPY --from=b /o /o\n"
    )
    found = findings(emulated_build, context(text))
    moved = [it for one in found for it in one.fixes if "own base" not in it.title]
    assert bool(moved) is is_moved


@every_case(
    "lines, is_said",
    [
        ("# The image exists for s390x, x86 and others.", True),
        ("COPY tool-s390x /tool", False),
        ("COPY tool-s390x tool-arm64 /tools/", True),
    ],
)
def test_an_architecture_in_a_comment_is_one_of_several(lines: str, *, is_said: bool) -> None:
    text = f"FROM golang AS b\n{lines}\nWORKDIR /s\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /a .\nFROM alpine\nCOPY --from=b /a /a\n"
    workspace = Workspace(platforms_are_assumed=True)
    assert bool(findings(emulated_build, context(text, workspace=workspace))) is is_said


@every_case(
    "run, is_said",
    [
        ("git clone https://github.com/ncopa/su-exec && cd su-exec && make su-exec-static", False),
        ("git clone --depth 1 https://github.com/Yelp/dumb-init.git /d && make -C /d", False),
        ("make su-exec-static", False),
        ("git clone https://example.org/app && cd app && make", True),
        ("git clone https://github.com/ncopa/su-exec && git clone https://example.org/app && make -C app", True),
        ("make", True),
        ("make -j 4 tini server", True),
    ],
)
def test_a_program_of_one_file_is_compiled_at_once(run: str, *, is_said: bool) -> None:
    text = f"FROM debian AS b\nRUN apt-get update && apt-get install -y gcc make git\nRUN {run}\nFROM alpine\nCOPY --from=b /x /x\n"
    builder = Builder(request())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    assert any("`make`" in it.message for it in findings(emulated_build, ctx)) is is_said


@every_case(
    "install, copy, expected",
    [
        ("apt-get download busybox && dpkg -x busybox*.deb /out", "/out", ""),
        ("apk fetch --stdout busybox | tar xz -C /out", "/out", ""),
        # A file of the package may be a part of the program.
        ("apt-get download busybox", "/out/a", "suggestion"),
        ("apt-get install -y busybox", "/out/a", "safe"),
        ("dpkg -x /busybox.deb /out", "/out/a", "safe"),
    ],
)
def test_a_package_that_is_downloaded_as_a_file_is_for_its_machine(install: str, copy: str, expected: str) -> None:
    text = (
        f"FROM golang AS b\nRUN {install}\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /out/a .\nFROM scratch\n"
        f"COPY --from=b {copy} /x\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert next((it.safety.value for it in finding.fixes), "") == expected


@every_case(
    "script, expected",
    [
        (". ./env.sh", "suggestion"),
        ("source build/settings", "suggestion"),
        (". /etc/os-release", "safe"),
        (". $HOME/.nvm/nvm.sh", "safe"),
    ],
)
def test_a_file_that_a_script_reads_may_depend_on_the_machine(script: str, expected: str) -> None:
    text = (
        f"FROM golang AS b\nCOPY . .\nRUN {script} && CGO_ENABLED=0 go build -o /a .\nFROM scratch\n"
        "COPY --from=b /a /a\n"
    )
    (finding,) = findings(emulated_build, context(text))
    assert [it.safety.value for it in finding.fixes] == [expected]


def test_a_published_tool_that_another_image_takes_is_for_its_machine() -> None:
    text = (
        "FROM golang AS b\nRUN CGO_ENABLED=0 go install example.com/dlv@v1\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /a .\n"
        "FROM alpine AS debug\nCOPY --from=b /go/bin/{} /x\nFROM scratch\nCOPY --from=b /a /a\n"
    )
    fixes = {
        name: [fix.title for it in findings(emulated_build, context(text.replace("{}", name))) for fix in it.fixes]
        for name in ("dlv", "other")
    }
    assert fixes["dlv"] == []


@every_case(
    "frontend, lines",
    [
        ("docker/dockerfile:1.1-experimental", "ARG TARGETARCH\nARG TARGETVARIANT"),
        ("docker/dockerfile:experimental", "ARG TARGETARCH\nARG TARGETVARIANT"),
        ("docker.io/docker/dockerfile:1.0", "ARG TARGETARCH\nARG TARGETVARIANT"),
        ("docker/dockerfile:1.2", "ARG TARGETARCH TARGETVARIANT"),
        ("docker/dockerfile:1.10", "ARG TARGETARCH TARGETVARIANT"),
        ("docker/dockerfile:1", "ARG TARGETARCH TARGETVARIANT"),
        ("example.org/dockerfile:1.1", "ARG TARGETARCH TARGETVARIANT"),
    ],
)
def test_an_old_frontend_knows_one_name_in_an_arg(frontend: str, lines: str) -> None:
    text = (
        f"# syntax={frontend}\nFROM golang AS b\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /a .\nFROM scratch\n"
        "COPY --from=b /a /a\n"
    )
    (finding,) = findings(emulated_build, context(text, "linux/amd64,linux/arm/v7"))
    assert f"\n{lines}\nRUN" in apply_edits(text, finding.fixes[0].edits)


@every_case(
    "tool, program, is_advised",
    [
        ("go install example.com/gen@v1", "CGO_ENABLED=0 go build -o /a .", False),
        ("CGO_ENABLED=1 go build -o /gen ./gen", "CGO_ENABLED=0 go build -o /a .", False),
        ("CGO_ENABLED=1 go build -o /gen ./gen", "CGO_ENABLED=1 go build -o /a .", True),
        # The image takes the tool too.
        ("CGO_ENABLED=1 go build -o /a/gen ./gen", "CGO_ENABLED=0 go build -o /a/b .", True),
    ],
)
def test_a_tool_with_cgo_that_stays_in_its_stage_needs_no_cross_compiler(
    tool: str, program: str, is_advised: bool
) -> None:
    text = f"FROM golang:1.25-alpine AS b\nRUN apk add gcc musl-dev\nRUN {tool}\nCOPY . .\nRUN {program}\nFROM alpine\nCOPY --from=b /a /a\n"
    (finding,) = findings(emulated_build, context(text))
    assert ("xx-go" in finding.message) is is_advised


@every_case(
    "package, is_said",
    [
        ("gcc-${GCC_VERSION}", True),
        ("g++-$V", True),
        ("clang-${LLVM:-19}", True),
        ("gcc$GCC", True),
        # Compilers for another machine, and other packages.
        ("gcc-${TRIPLE}", False),
        ("gcc-$TARGET_ARCH", False),
        ("gcc-${V}-doc", False),
        ("gcc-${V}-base", False),
        ("gcc-doc", False),
        ("$PACKAGES", False),
    ],
)
def test_a_compiler_whose_version_is_a_variable(package: str, *, is_said: bool) -> None:
    text = f"FROM debian AS b\nARG V\nRUN apt-get install -y make {package}\nCOPY . .\nRUN make\nFROM alpine\nCOPY --from=b /o /o\n"
    assert bool(asked(text)) is is_said
