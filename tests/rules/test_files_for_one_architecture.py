"""foreign-binary-copy, shared-cache-mount, single-arch-image."""

from __future__ import annotations

import pytest

from buildxray.rules.architecture.foreign_binary_copy import foreign_binary_copy
from buildxray.rules.architecture.single_arch_image import single_arch_image
from buildxray.rules.base import Severity
from buildxray.rules.habits.shared_cache_mount import shared_cache_mount
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings

TOOLS = "FROM --platform=$BUILDPLATFORM debian AS tools\nWORKDIR /w\n{}\nFROM debian\nCOPY --from=tools {} /x\n"


def test_a_program_of_the_system() -> None:
    check_rule(
        foreign_binary_copy,
        """
        FROM --platform=$BUILDPLATFORM debian AS tools
        RUN apt-get install -y jq
        FROM debian
        COPY --from=tools /usr/bin/jq /usr/bin/jq
                          ^^^^^^^^^^^ `apt-get install` installs for linux/amd64, and this copies the files into the image for linux/arm64 too
        """,
    )


def test_all_libraries_of_the_system() -> None:
    assert findings(foreign_binary_copy, context(TOOLS.format("COPY a b\nRUN apk add x && ./build.sh", "/usr/lib")))


@pytest.mark.parametrize(
    ("run", "path"),
    [
        ("pip install --target=/deps x", "/deps"),
        ("python -m venv /venv && /venv/bin/pip install x", "/venv"),
        ("bundle install", "/usr/local/bundle"),
        ("npm ci", "node_modules"),
        ("npm ci", "/w/node_modules"),
        ("npm ci && npm run build", "/w"),
        ("uv sync --frozen", "/w"),
        ("dnf install --installroot /root -y x", "/root"),
        ("apk add --root /r --initdb x", "/r/usr"),
    ],
)
def test_what_installers_of_languages_leave(run: str, path: str) -> None:
    (finding,) = findings(
        foreign_binary_copy, context(TOOLS.format(f"RUN {run}", path if path[0] == "/" else f"/w/{path}"))
    )
    is_hint = run.startswith("npm")
    assert finding.severity is (Severity.INFORMATION if is_hint else None)


@pytest.mark.parametrize(
    ("stage", "path"),
    [
        ("RUN apt-get install -y ca-certificates", "/etc/ssl/certs"),
        ("RUN apt-get install -y tzdata", "/usr/share/zoneinfo"),
        ("RUN apt-get install -y jq", "/out"),
        ("RUN apk add curl && curl -o /usr/bin/tool https://x", "/usr/bin/tool"),
        ("RUN apk add go && go build -o /usr/bin/app .", "/usr/bin/app"),
        ("RUN apk add make && make install", "/usr/bin/app"),
        ("COPY app /usr/bin/app\nRUN apk add x", "/usr/bin/app"),
        ("RUN xx-apk add gcc", "/usr/lib/x"),
        ("RUN npm ci --cpu=$TARGETARCH --os=linux", "/w/node_modules"),
        ("RUN echo a", "/usr/bin/jq"),
        ("RUN npm ci && npm run build", "/w/dist"),
        ("WORKDIR /w\nRUN npm ci && npm run build && rm -rf node_modules", "/w"),
        ("RUN dnf install --installroot /root --forcearch aarch64 -y x", "/root"),
        ("RUN apk add --root /r --arch aarch64 x", "/r"),
        ("RUN pip install --platform manylinux2014_aarch64 --target /d x", "/d"),
        ("RUN apk add 'unclosed", "/usr/bin/jq"),
    ],
)
def test_files_for_every_architecture_or_of_somebody_else(stage: str, path: str) -> None:
    check_nothing(foreign_binary_copy, TOOLS.format(stage, path))


def test_a_stage_for_the_target_installs_the_right_programs() -> None:
    check_nothing(
        foreign_binary_copy, TOOLS.format("RUN apk add jq", "/usr/bin/jq").replace("--platform=$BUILDPLATFORM ", "")
    )
    check_nothing(foreign_binary_copy, TOOLS.format("RUN apk add jq", "/usr/bin/jq"), targets="linux/amd64")


@pytest.mark.parametrize(
    ("target", "id_"),
    [
        ("/var/cache/apt", "apt"),
        ("/var/lib/apt/lists", "apt-lists"),
        ("/etc/apk/cache", "apk"),
        ("/var/cache/yum", "yum"),
        ("target", "w-target"),
        ("/src/node_modules", "src-node_modules"),
    ],
)
def test_a_cache_for_one_architecture(target: str, id_: str) -> None:
    before = f"FROM x\nWORKDIR /w\nRUN --mount=type=cache,target={target} y\n"
    named = f"FROM x\nWORKDIR /w\nARG TARGETARCH TARGETVARIANT\nRUN --mount=type=cache,id={id_}-$TARGETARCH$TARGETVARIANT,target={target} y\n"
    check_fix(shared_cache_mount, before, named, title="Give each platform its own cache")


def test_the_range_is_the_directory() -> None:
    check_rule(
        shared_cache_mount,
        """
        FROM alpine
        RUN --mount=target=/var/cache/apk,id=a,type=cache apk add curl
                           ^^^^^^^^^^^^^^ 💡 the steps for linux/amd64 and linux/arm64 share this cache, whose files are for one architecture
        """,
    )


def test_an_id_keeps_its_name() -> None:
    check_fix(
        shared_cache_mount,
        "FROM alpine\nARG TARGETARCH\nRUN --mount=target=/var/cache/apk,id=a,type=cache apk add curl\n",
        "FROM alpine\nARG TARGETARCH\nARG TARGETVARIANT\nRUN --mount=target=/var/cache/apk,id=a-$TARGETARCH$TARGETVARIANT,type=cache apk add curl\n",
    )


@pytest.mark.parametrize(
    "mount",
    [
        "type=cache,target=/go/pkg/mod",
        "type=cache,target=/root/.cache/go-build",
        "type=cache,target=/root/.npm",
        "type=cache,target=/usr/local/cargo/registry",
        "type=cache,target=/var/cache/apk,sharing=private",
        "type=cache,target=/var/cache/apt,sharing=locked",
        "type=cache,target=/var/cache/apk,id=apk-$TARGETARCH",
        "type=bind,target=/var/cache/apk",
        "type=cache",
        "type=cache,target=/var/cache/apk,nonsense",
    ],
)
def test_caches_that_keep_architectures_apart(mount: str) -> None:
    check_nothing(shared_cache_mount, f"FROM alpine\nARG TARGETARCH\nRUN --mount={mount} x\n")


def test_a_native_stage_has_one_architecture() -> None:
    text = "FROM --platform=$BUILDPLATFORM alpine AS a\nRUN --mount=type=cache,target=/var/cache/apk x\nFROM scratch\nCOPY --from=a / /\n"
    check_nothing(shared_cache_mount, text)
    check_nothing(
        shared_cache_mount, "FROM alpine\nRUN --mount=type=cache,target=/var/cache/apk x\n", targets="linux/arm64"
    )


@pytest.mark.parametrize(
    ("image", "architecture"),
    [
        ("arm64v8/alpine", "arm64"),
        ("docker.io/amd64/alpine:3", "amd64"),
        ("arm32v7/debian@sha256:" + "0" * 64, "arm"),
        ("gcr.io/x/tool:v1-amd64", "amd64"),
        ("gcr.io/x/tool:arm64v8", "arm64"),
        ("registry:5000/x/tool:1.0-aarch64", "arm64"),
    ],
)
def test_an_image_of_one_architecture(image: str, architecture: str) -> None:
    (finding,) = findings(single_arch_image, context(f"FROM {image}\nRUN a\n"))
    assert finding.message.startswith(f"this image is for {architecture} only")


@pytest.mark.parametrize(
    "text",
    [
        "FROM alpine\n",
        "FROM library/amd64\n",
        "FROM x/amd64/alpine\n",
        "FROM registry:5000/amd64\n",
        "FROM tool:v1-amd64 AS tool-amd64\nFROM tool-amd64\n",
        "FROM x:amd64 AS a-amd64\nFROM x:arm64 AS a-arm64\nFROM a-$TARGETARCH\n",
        "FROM --platform=linux/amd64 amd64/alpine AS a\nFROM b\nCOPY --from=a / /\n",
        "FROM x:$TAG\n",
    ],
)
def test_images_for_every_architecture_or_on_purpose(text: str) -> None:
    check_nothing(single_arch_image, text)
