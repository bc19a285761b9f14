"""late-module-download, dynamic-binary-in-scratch."""

from __future__ import annotations

import pytest

from buildxray.rules.architecture.dynamic_binary_in_scratch import dynamic_binary_in_scratch
from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.toolchains.base import Workspace
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings

WITH_MODULES = Workspace(requires_modules=True)


def test_npm_behind_the_source() -> None:
    check_rule(
        late_module_download,
        """
        FROM node
        WORKDIR /w
        COPY . .
        RUN npm ci
            ^^^^^^ `npm ci` downloads the dependencies again after each change of the source: `package.json` and `package-lock.json` are not copied before the rest
        RUN npm ci
        """,
    )


@pytest.mark.parametrize(
    "run",
    [
        "npm install",
        "yarn",
        "pnpm install",
        "dotnet restore",
        "cargo fetch",
        "pip install -r r.txt",
        "bundle install",
        "uv sync",
        "go mod download",
    ],
)
def test_downloads_behind_the_source(run: str) -> None:
    assert len(findings(late_module_download, context(f"FROM x\nADD ./ /w\nRUN {run}\n"))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "COPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm run build",
        "COPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm ci --omit=dev",
        "COPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci",
        "COPY . .\nRUN --mount=target=/x,source=go.mod go mod download",
        'COPY . .\nRUN --mount=a="b npm ci',
        "COPY src src\nRUN npm ci",
        "COPY --from=x . .\nRUN npm ci",
        "COPY . .\nRUN npm install -g yarn",
        "COPY . .\nRUN npm install express",
        "COPY . .\nRUN pip install flask",
        "COPY . .\nRUN go build .",
        "COPY . .\nRUN cargo build",
        "RUN npm ci\nCOPY . .",
    ],
)
def test_downloads_before_the_source_or_kept(text: str) -> None:
    check_nothing(late_module_download, f"FROM x\nWORKDIR /w\n{text}\n")


def test_the_stage_below_has_downloaded() -> None:
    check_nothing(
        late_module_download,
        "FROM x AS deps\nCOPY go.mod .\nRUN go mod download\nFROM deps\nCOPY . .\nRUN go mod download\n",
    )


def test_go_build_downloads_what_go_mod_requires() -> None:
    text = "FROM golang\nWORKDIR /w\nCOPY . ./\nRUN go build .\n"
    (finding,) = findings(late_module_download, context(text, workspace=WITH_MODULES))
    assert [it.safety.value for it in finding.fixes] == ["suggestion"]
    check_fix(
        late_module_download,
        text,
        "FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . ./\nRUN go build .\n",
        workspace=WITH_MODULES,
    )
    assert findings(late_module_download, context(text, workspace=Workspace(requires_modules=False))) == []


def test_a_download_of_its_own_moves() -> None:
    check_fix(
        late_module_download,
        "FROM golang\nWORKDIR /w\nCOPY . .\nRUN --network=default go mod download -x\nRUN x\n",
        "FROM golang\nWORKDIR /w\nCOPY go.mod go.sum ./\nRUN --network=default go mod download -x\nCOPY . .\nRUN x\n",
    )


@pytest.mark.parametrize(
    "text",
    [
        "COPY . /elsewhere\nRUN cd /elsewhere && go mod download",
        "COPY . /w/\nWORKDIR /w\nRUN go mod download",
        "COPY . .\nRUN npm ci",
    ],
)
def test_what_only_a_human_can_move(text: str) -> None:
    check_no_fix(late_module_download, f"FROM x\n{text}\n")


DYNAMIC = "FROM {} AS b\nRUN {}\nRUN {}\nFROM {}\nCOPY --from=b /o /o\n"
DEBIAN_GO = "golang:1.26"


def test_a_binary_that_needs_glibc_in_scratch() -> None:
    check_rule(
        dynamic_binary_in_scratch,
        """
        FROM golang AS b
        RUN go build -o /o .
            ^^^^^^^^ 💭 `go build` links to glibc, and the binary goes into an image with no C library
        FROM scratch
        COPY --from=b /o /o
        """,
    )
    check_fix(
        dynamic_binary_in_scratch,
        DYNAMIC.format(DEBIAN_GO, "a", "X=1 go build -o /o .", "scratch"),
        DYNAMIC.format(DEBIAN_GO, "a", "X=1 CGO_ENABLED=0 go build -o /o .", "scratch"),
        title="Compile with `CGO_ENABLED=0`",
    )


@pytest.mark.parametrize(
    ("image", "install", "build", "target"),
    [
        (DEBIAN_GO, "a", "go build -o /o .", "gcr.io/distroless/static"),
        (DEBIAN_GO, "a", "go build -o /o .", "alpine:3"),
        ("golang:alpine", "apk add build-base", "go build -o /o .", "scratch"),
        ("golang:alpine", "a", "CGO_ENABLED=1 go build -o /o .", "debian"),
        ("ubuntu", "apt-get install -y gcc golang", "go build -o /o .", "alpine"),
    ],
)
def test_other_images_without_its_library(image: str, install: str, build: str, target: str) -> None:
    assert len(findings(dynamic_binary_in_scratch, context(DYNAMIC.format(image, install, build, target)))) == 1


@pytest.mark.parametrize(
    ("image", "install", "build", "target"),
    [
        (DEBIAN_GO, "a", "CGO_ENABLED=0 go build -o /o .", "scratch"),
        (DEBIAN_GO, "a", "go build -o /o .", "debian"),
        (DEBIAN_GO, "a", "go build -o /o .", "gcr.io/distroless/base"),
        (DEBIAN_GO, "a", "go build -o /other .", "scratch"),
        (DEBIAN_GO, "a", "go build -tags netgo,osusergo -o /o .", "scratch"),
        (DEBIAN_GO, "a", "go build -ldflags '-extldflags -static' -o /o .", "scratch"),
        (DEBIAN_GO, "a", "go build -o /o .", "frobnicate/base"),
        (DEBIAN_GO, "a", "go build -o /o .", "alpine\nRUN apk add gcompat"),
        ("golang:alpine", "a", "go build -o /o .", "scratch"),
        ("golang:alpine", "apk add gcc", "go build -o /o .", "alpine"),
        ("frobnicate/go", "a", "go build -o /o .", "scratch"),
        ("golang-$TARGETARCH", "a", "go build -o /o .", "scratch"),
    ],
)
def test_binaries_that_start(image: str, install: str, build: str, target: str) -> None:
    check_nothing(dynamic_binary_in_scratch, DYNAMIC.format(image, install, build, target))


def test_sources_that_need_no_library() -> None:
    text = DYNAMIC.format(DEBIAN_GO, "a", "go build -o /o .", "scratch")
    assert findings(dynamic_binary_in_scratch, context(text, workspace=Workspace(may_use_libc=False))) == []


def test_cgo_that_is_asked_for_is_left_on() -> None:
    check_no_fix(dynamic_binary_in_scratch, DYNAMIC.format(DEBIAN_GO, "a", "CGO_ENABLED=1 go build -o /o .", "scratch"))
    check_nothing(dynamic_binary_in_scratch, "")
