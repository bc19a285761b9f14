from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from buildxray.rules.base import Safety, Severity
from buildxray.rules.context import RuleContext
from buildxray.rules.habits.shared_cache_mount import shared_cache_mount
from buildxray.semantics.build import Builder
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings, request, severities


@every_case(
    "target, id_, run",
    [
        ("/var/cache/zypp", "zypp", "y"),
        ("/etc/apk/cache", "apk", "y"),
        ("target", "w-target", "cargo build"),
        ("build", "w-build", "cmake -B build && cmake --build build"),
        ("/src/build", "src-build", "make -C /src"),
        ("/src/node_modules", "src-node_modules", "npm ci"),
    ],
)
def test_a_cache_with_files_for_one_architecture_is_reported(target: str, id_: str, run: str) -> None:
    before = f"FROM x:alpine3.9\nWORKDIR /w\nRUN --mount=type=cache,target={target} {run}\n"
    named = f"FROM x:alpine3.9\nWORKDIR /w\nARG TARGETARCH TARGETVARIANT\nRUN --mount=type=cache,id={id_}-$TARGETARCH$TARGETVARIANT,target={target} {run}\n"
    check_fix(shared_cache_mount, before, named, title="Give each platform its own cache")


def test_the_range_is_the_directory() -> None:
    check_rule(
        shared_cache_mount,
        """
        FROM alpine:3.22
        RUN --mount=target=/var/cache/apk,id=a,type=cache apk add curl
                           ^^^^^^^^^^^^^^ 💡 the steps for linux/amd64 and linux/arm64 share this cache, whose files are for one architecture: one may use or replace those of another
        """,
    )


def test_the_fix_takes_a_declaration_that_comes_too_late() -> None:
    check_fix(
        shared_cache_mount,
        "FROM alpine:3.22\nRUN --mount=type=cache,target=/var/cache/apk apk add a\nARG TARGETARCH\nRUN b $TARGETARCH\n",
        "FROM alpine:3.22\nARG TARGETARCH TARGETVARIANT\n"
        "RUN --mount=type=cache,id=apk-$TARGETARCH$TARGETVARIANT,target=/var/cache/apk apk add a\nRUN b $TARGETARCH\n",
    )


def test_the_fix_extends_an_existing_id() -> None:
    check_fix(
        shared_cache_mount,
        "FROM alpine:3.22\nARG TARGETARCH\nRUN --mount=target=/var/cache/apk,id=a,type=cache apk add curl\n",
        "FROM alpine:3.22\nARG TARGETARCH\nARG TARGETVARIANT\nRUN --mount=target=/var/cache/apk,id=a-$TARGETARCH$TARGETVARIANT,type=cache apk add curl\n",
    )


@every_case(
    "mount",
    [
        "type=cache,target=/go/pkg/mod",
        "type=cache,target=/root/.cache/go-build",
        "type=cache,target=/root/.npm",
        "type=cache,target=/usr/local/cargo/registry",
        "type=cache,target=/var/cache/apk,sharing=private",
        "type=cache,target=/var/cache/apt,sharing=locked",
        "type=cache,target=/var/cache/yum",
        "type=cache,target=/var/cache/dnf",
        "type=cache,target=/var/cache/libdnf5",
        "type=cache,target=/var/cache/pacman/pkg",
        "type=cache,target=/var/cache/apk,id=apk-$TARGETARCH",
        "type=cache,target=/app/target,id=target-s390x",
        "type=cache,target=/app/target,id=arm64/target",
        "type=bind,target=/var/cache/apk",
        "type=cache",
        "type=cache,target=/var/cache/apk,nonsense",
    ],
)
def test_caches_that_separate_architectures_are_not_reported(mount: str) -> None:
    check_nothing(shared_cache_mount, f"FROM alpine:3.22\nARG TARGETARCH\nRUN --mount={mount} x\n")


@every_case(
    "image, is_reported",
    [
        ("alpine:3.22", True),
        ("alpine:3.9.6", True),
        ("node:22-alpine3.22", True),
        ("docker.io/library/python:3.12-alpine3.20@sha256:" + 64 * "a", True),
        ("acme/base:1-alpine-3.21", True),
        ("alpine:3.23", False),
        ("alpine:3.23.1", False),
        ("node:22-alpine3.24", False),
        # The tag follows the newest version.
        ("alpine", False),
        ("alpine:latest", False),
        ("alpine:edge", False),
        ("alpine:3", False),
        ("node:22-alpine", False),
        # Nothing tells that the number is a version of Alpine.
        ("acme/base:3.20", False),
        ("acme/alpine-tools:3.20", False),
    ],
)
def test_apk_3_names_an_index_for_each_architecture(image: str, is_reported: bool) -> None:
    text = f"FROM {image}\nRUN --mount=type=cache,target=/var/cache/apk apk add curl\n"
    assert bool(findings(shared_cache_mount, context(text))) is is_reported


def test_a_native_stage_has_one_architecture() -> None:
    text = "FROM --platform=$BUILDPLATFORM alpine:3.22 AS a\nRUN --mount=type=cache,target=/var/cache/apk x\nFROM scratch\nCOPY --from=a / /\n"
    check_nothing(shared_cache_mount, text)
    check_nothing(
        shared_cache_mount, "FROM alpine:3.22\nRUN --mount=type=cache,target=/var/cache/apk x\n", targets="linux/arm64"
    )


@pytest.mark.parametrize(("is_separate", "n_findings"), [(False, 1), (True, 0)])
def test_jobs_of_their_own_share_no_cache(is_separate: bool, n_findings: int) -> None:
    builder = Builder(replace(request(), is_separate=is_separate))
    build = builder.build(
        builder.parse("FROM alpine:3.22\nRUN --mount=type=cache,target=/var/cache/apk apk add curl\n")
    )
    assert len(findings(shared_cache_mount, RuleContext(build, builder, asks_for_several=True))) == n_findings


def test_unknown_machines_and_platforms_tell_nothing_of_a_cache() -> None:
    text = "FROM alpine:3.22\nRUN --mount=type=cache,target=/var/cache/apk apk add curl\n"
    assert len(findings(shared_cache_mount, context(text))) == 1
    assert not findings(shared_cache_mount, context(text, workspace=Workspace(machine_is_unknown=True)))


@every_case(
    "declared, id_, targets, added",
    [
        ("ARG TARGETARCH", "apk-$TARGETARCH", "linux/arm/v6,linux/arm/v7", "$TARGETVARIANT"),
        ("ARG TARGETARCH", "apk-${TARGETARCH}", "linux/arm/v6,linux/arm/v7", "$TARGETVARIANT"),
        ("ARG TARGETVARIANT", "apk$TARGETVARIANT", "linux/amd64,linux/arm64", "-$TARGETARCH$TARGETVARIANT"),
        # Other rules report why the platforms share the cache.
        ("ARG TARGETARCH=arm", "apk-$TARGETARCH", "linux/amd64,linux/arm64", None),
        ("ENV A=b", "apk-$TARGETARCH", "linux/amd64,linux/arm64", None),
        ("ENV A=b", "apk-${TARGETPLATFORM}", "linux/amd64,linux/arm64", None),
    ],
)
def test_an_id_that_names_the_platform_lacks_at_most_the_variant(
    declared: str, id_: str, targets: str, added: str | None
) -> None:
    text = f"FROM alpine:3.22\n{declared}\nRUN --mount=type=cache,id={id_},target=/var/cache/apk apk add curl\n"
    edits = [one for it in findings(shared_cache_mount, context(text, targets)) for one in it.fixes[0].edits]
    assert [it.new_text for it in edits if not it.new_text.startswith("ARG")] == ([] if added is None else [added])


def test_the_caches_of_apt_are_locked_together() -> None:
    mounts = (
        "RUN --mount=type=cache,target=/var/cache/apt{0} --mount=type=cache{0},target=/var/lib/apt apt-get update\n"
    )
    text = (
        f"FROM debian\n{mounts.format('')}RUN --mount=type=cache,sharing=shared,target=/var/lib/apt apt-get upgrade\n"
    )
    (finding,) = findings(shared_cache_mount, context(text))
    assert len(finding.related) == 2
    check_fix(
        shared_cache_mount,
        text,
        "FROM debian\n"
        "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update\n"
        "RUN --mount=type=cache,sharing=locked,target=/var/lib/apt apt-get upgrade\n",
    )


def test_one_fix_separates_all_uses_of_a_cache() -> None:
    mount = "RUN --mount=type=cache{},target=/w/target"
    text = f"FROM rust AS a\n{mount} cargo fetch\n{mount} cargo build\nFROM a\n{mount} cargo doc\nFROM rust\n{mount} cargo test\nCOPY --from=1 /x /\n"
    named = mount.format(",id=w-target-$TARGETARCH$TARGETVARIANT")
    declared = "ARG TARGETARCH TARGETVARIANT\n"
    (finding,) = findings(shared_cache_mount, context(text.replace("{}", "")))
    assert len(finding.related) == 3
    check_fix(
        shared_cache_mount,
        text.replace("{}", ""),
        f"FROM rust AS a\n{declared}{named} cargo fetch\n{named} cargo build\nFROM a\n{named} cargo doc\n"
        f"FROM rust\n{declared}{named} cargo test\nCOPY --from=1 /x /\n",
    )


@every_case(
    "runs, n_findings",
    [
        # Cargo's files have the compiler and its machine in their names, but not the program.
        (("target,sharing=locked cargo build && cp target/release/a /",), 0),
        (("target,sharing=locked cargo build", "target,sharing=locked cp target/release/a /"), 1),
        (("target cargo build && cp target/release/a /",), 1),
        (("node_modules,sharing=locked npm ci",), 1),
    ],
)
def test_cargo_needs_only_a_lock(runs: tuple[str, ...], n_findings: int) -> None:
    text = "FROM rust\nWORKDIR /w\n" + "".join(f"RUN --mount=type=cache,target=/w/{it}\n" for it in runs)
    assert len(findings(shared_cache_mount, context(text))) == n_findings


def test_a_directory_of_the_cache_for_each_platform() -> None:
    text = "FROM debian\nARG TARGETARCH\nRUN --mount=type=cache,target=/var/cache/apt apt-get -o Dir::Cache={} install -y a\n"
    assert not findings(shared_cache_mount, context(text.format("/var/cache/apt/$TARGETARCH")))
    assert findings(shared_cache_mount, context(text.format("/var/cache/apt/own")))


@every_case(
    "before, mounted, is_reported",
    [
        ("RUN echo 'Dir::Cache var/cache/apt/${TARGETARCH};' > /etc/apt/apt.conf.d/c", "/var/cache/apt", False),
        ('RUN echo "dir::cache /c/$(dpkg --print-architecture);" > /etc/apt/apt.conf.d/c', "/var/cache/apt", False),
        ("RUN printf 'Dir::State::lists l/%s;' $TARGETARCH > /etc/apt/apt.conf.d/c", "/var/lib/apt/lists", False),
        ("RUN echo Dir::Cache $TARGETPLATFORM > /etc/apt/apt.conf\nRUN true\nFROM base", "/var/cache/apt", False),
        # One directory for all, another kind of files, another stage, or an option of a command.
        ("RUN echo 'Dir::Cache var/cache/own;' > /etc/apt/apt.conf.d/c", "/var/cache/apt", True),
        ("RUN echo Dir::Cache $TARGETARCH > /etc/apt/apt.conf.d/c", "/var/lib/apt", True),
        ("RUN echo Dir::Cache $TARGETARCH > /etc/apt/apt.conf\nFROM debian", "/var/cache/apt", True),
        ("RUN apt-get -o Dir::Cache=/c/$TARGETARCH install -y b", "/var/cache/apt", True),
        ("RUN echo $TARGETARCH", "/var/cache/apt", True),
    ],
)
def test_a_setting_that_an_earlier_instruction_has_written(before: str, mounted: str, *, is_reported: bool) -> None:
    install = f"RUN --mount=type=cache,target={mounted} apt-get install -y a\n"
    text = f"FROM debian AS base\nARG TARGETARCH\nARG TARGETPLATFORM\n{before}\n{install}"
    assert bool(findings(shared_cache_mount, context(text))) is is_reported
    later = f"FROM debian\nARG TARGETARCH\n{install}{before.partition(chr(10))[0]}\n"
    assert findings(shared_cache_mount, context(later))


def test_a_file_whose_builds_may_have_their_own_machines_is_not_reported() -> None:
    text = "FROM debian\nRUN --mount=type=cache,target=/var/cache/apt apt-get update\n"
    assert findings(shared_cache_mount, context(text))
    assert not findings(shared_cache_mount, context(text, workspace=Workspace(has_unread_builds=True)))
    named = f"{text}ARG TARGETARCH\nRUN echo $TARGETARCH\n"
    assert severities(shared_cache_mount, context(named)) == [None]
    itself = context(named, workspace=Workspace(builds_for_itself=True))
    assert severities(shared_cache_mount, itself) == [Severity.INFORMATION]


@every_case(
    "target, run",
    [
        ("target", "mix compile && mix release"),
        ("target", "mvn -B package"),
        ("target", "./build.sh"),
        ("build", "npm run build"),
        ("build", "gradle assemble"),
    ],
)
def test_a_directory_in_which_the_command_writes_no_files_for_its_machine_is_not_reported(
    target: str, run: str
) -> None:
    check_nothing(shared_cache_mount, f"FROM x\nWORKDIR /w\nRUN --mount=type=cache,target={target} {run}\n")


@every_case(
    "before, target, run, is_said",
    [
        ("", "/volume/target", "cargo build --release", False),
        ("", "/w/crate/target", "cargo build --release", False),
        ("", "/volume/target", "cd /volume && cargo build", True),
        ("", "/volume/target", "cargo build && cp -r /volume/target/x .", True),
        ("", "/volume/target", "cargo build --target-dir ../volume/target", True),
        ("", "/w/crate/target", "cargo build --manifest-path crate/Cargo.toml", True),
        ("ENV CARGO_TARGET_DIR=/volume/target", "/volume/target", "cargo build", True),
        ("ARG DIR\nWORKDIR /$DIR", "/volume/target", "cargo build", True),
        # The root of the workspace may be above the directory of the crate.
        ("WORKDIR /w/crate", "/w/target", "cargo build", True),
        ("", "/target", "cargo build", True),
        ("COPY . .", "/target", "cargo build", False),
        ("COPY . /", "/target", "cargo build", True),
        ("COPY Cargo.toml /Cargo.toml\nCOPY . .", "/target", "cargo build", True),
        ("ARG D\nCOPY . /$D", "/target", "cargo build", True),
        ("COPY crate /w/crate\nWORKDIR /w/crate", "/w/target", "cargo build", False),
        ("COPY . /w\nWORKDIR /w/crate", "/w/target", "cargo build", True),
        # A cloned repository is a workspace of its own.
        ("", "/w/target", "git clone https://x.org/a && cd a && cargo build", False),
        ("", "/w/a/target", "git clone https://x.org/a && cd a && cargo build", True),
        ("", "/w/target", "git clone https://x.org/a . && cargo build", True),
        ("", "/w/target", "cd a && cargo build", True),
        # The base image may set a directory.
        ("WORKDIR /", "/w/target", "cargo build", True),
    ],
)
def test_a_target_in_which_cargo_does_not_write(before: str, target: str, run: str, is_said: bool) -> None:
    text = f"FROM rust\nWORKDIR /w\n{before}\nRUN --mount=type=cache,target={target} {run}\n"
    assert bool(findings(shared_cache_mount, context(text))) is is_said


def test_apt_allows_one_user_of_its_files() -> None:
    (finding,) = findings(
        shared_cache_mount, context("FROM debian\nRUN --mount=type=cache,target=/var/cache/apt apt-get update\n")
    )
    assert (
        finding.message
        == "the steps for linux/amd64 and linux/arm64 use this cache at the same time, which apt does not allow: one of them may fail"
    )


def test_the_fix_changes_runs_that_read_what_another_one_has_left() -> None:
    mount = "RUN --mount=type=cache{},target=/w/target"
    text = f"FROM rust\nARG TARGETARCH TARGETVARIANT\n{mount} cargo build\n{mount} cp /w/target/release/a /a\n"
    before, after = (text.replace("{}", it) for it in ("", ",id=w-target-$TARGETARCH$TARGETVARIANT"))
    check_fix(shared_cache_mount, before, after)


def test_a_run_for_one_platform_may_have_filled_the_cache() -> None:
    mount = "RUN --mount=type=cache,target=/w/target"
    text = f"FROM --platform=$BUILDPLATFORM rust AS a\n{mount} cargo fetch\nFROM rust\nCOPY --from=a /a /a\n{mount} cargo build\n"
    (finding,) = findings(shared_cache_mount, context(text))
    assert [it.safety for it in finding.fixes] == [Safety.SUGGESTION]


def test_a_run_for_one_platform_is_locked_too() -> None:
    mount = "RUN --mount=type=cache,target=/var/cache/apt{} apt-get update\n"
    text = f"FROM --platform=$BUILDPLATFORM debian AS a\n{mount}FROM debian\nCOPY --from=a /a /a\n{mount}"
    check_fix(shared_cache_mount, text.format("", ""), text.format(",sharing=locked", ",sharing=locked"))


@every_case("restores, safety", [(None, Safety.SAFE), (lambda: False, Safety.SAFE), (lambda: True, Safety.SUGGESTION)])
def test_a_cache_that_a_workflow_finds_by_its_id_needs_a_review(
    restores: Callable[[], bool] | None, safety: Safety
) -> None:
    text = "FROM alpine:3.22\nRUN --mount=type=cache,target=/var/cache/apk apk add curl\n"
    (finding,) = findings(shared_cache_mount, context(text, workspace=Workspace(restores_caches=restores)))
    assert [it.safety for it in finding.fixes] == [safety]


@every_case(
    "target, lines, is_assumed, words",
    [
        ("/var/cache/apk", "ARG TARGETARCH\n", True, " (if you build for them)"),
        ("/var/cache/apt", "ARG TARGETARCH\n", True, " (if you build for them)"),
        ("/var/cache/apk", "", False, ""),
        ("/var/cache/apt", "", False, ""),
        # Nobody builds for several platforms at once.
        ("/var/cache/apk", "", True, None),
        ("/var/cache/apt", "ARG A\n", True, None),
    ],
)
def test_platforms_that_nobody_builds_for_are_a_condition(
    target: str, lines: str, words: str | None, *, is_assumed: bool
) -> None:
    text = f"FROM alpine:3.22\n{lines}RUN --mount=type=cache,target={target} apt-get install -y curl\n"
    workspace = Workspace(platforms_are_assumed=is_assumed, is_automated=is_assumed)
    ctx = context(text, workspace=workspace)
    found = [f"linux/amd64 and linux/arm64{words} " in it.message for it in findings(shared_cache_mount, ctx)]
    assert found == ([] if words is None else [True])


@every_case(
    "frontend, is_offered",
    [
        ("docker/dockerfile:1.0-experimental", False),
        ("docker/dockerfile:experimental", False),
        ("docker/dockerfile:1.2.1", False),
        ("docker/dockerfile:1.3", True),
        ("docker/dockerfile:1.3-labs", True),
        ("docker/dockerfile:1", True),
        ("docker/dockerfile", True),
        (" ", True),
    ],
)
def test_an_old_frontend_expands_no_variables_in_mounts(frontend: str, *, is_offered: bool) -> None:
    text = f"# syntax={frontend}\nFROM alpine:3.22\nRUN --mount=type=cache,target=/var/cache/apk apk add curl\n"
    (finding,) = findings(shared_cache_mount, context(text))
    assert bool(finding.fixes) is is_offered
