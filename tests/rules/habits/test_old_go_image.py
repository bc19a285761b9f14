from __future__ import annotations

from buildxray.rules.base import Severity
from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.rules.habits.old_go_image import old_go_image
from buildxray.rules.native.emulated_build import emulated_build
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings


def workspace(*versions: tuple[int, int], path: str = "go.mod", given: str = "") -> Workspace:
    """Facts of a project whose go.mod asks for these versions, one for each directory that may be the context."""
    return Workspace(
        go_versions=lambda it: versions if it == path else (),
        holds=lambda it: it == path,
        given_arguments=frozenset({given} - {""}),
    )


def test_a_go_mod_for_a_newer_version() -> None:
    check_rule(
        old_go_image,
        """
        FROM golang:1.24-alpine AS build
             ^^^^^^^^^^^^^^^^^^ 💭 the build stops at `go mod download`: `go.mod` asks for Go 1.25.3, and this image has an older one and downloads no other
        WORKDIR /src
        COPY go.* ./
        RUN go mod download
        COPY . .
        RUN go build -o /a
        """,
        workspace=workspace((25, 3)),
    )


def test_the_first_command_that_reads_go_mod_is_named() -> None:
    text = "FROM golang:1.24\nCOPY . .\nRUN go env && go get -u ./cmd/a && go mod tidy\n"
    (finding,) = findings(old_go_image, context(text, workspace=workspace((25, 0))))
    assert "stops at `go get`" in finding.message


@every_case(
    "image, fixed",
    [
        ("golang:1.24", "golang:1.25"),
        ("golang:1.24.9", "golang:1.25"),
        ("docker.io/library/golang:1.21-alpine", "docker.io/library/golang:1.25-alpine"),
    ],
)
def test_the_fix_writes_the_version_of_go_mod(image: str, fixed: str) -> None:
    text = "FROM {}\nWORKDIR /w\nCOPY . .\nRUN go build -o /a ./cmd/a\n"
    check_fix(old_go_image, text.format(image), text.format(fixed), workspace=workspace((25, 0)))


@every_case(
    "image",
    [
        "golang:1.24-bullseye",
        "golang:1.24.2-alpine3.21",
        "golang:1.24@sha256:0123456789012345678901234567890123456789012345678901234567890123",
        "golang:1.$MINOR",
    ],
)
def test_no_fix_for_another_system(image: str) -> None:
    text = f"ARG MINOR=24\nFROM {image}\nCOPY go.mod .\nRUN go test ./...\n"
    (finding,) = findings(old_go_image, context(text, workspace=workspace((25, 0))))
    assert not finding.fixes


@every_case(
    "image, needed",
    [
        # The image has the version, or a tag may have it.
        ("golang:1.25", (25, 0)),
        ("golang:1.25", (25, 9)),
        ("golang:1.25.9", (25, 9)),
        ("golang:1", (25, 0)),
        ("golang", (25, 0)),
        ("golang:alpine", (25, 0)),
        ("golang:1.24", (0, 0)),
        # Older ones try to build.
        ("golang:1.20", (25, 0)),
        # Another image may download another version.
        ("example/golang:1.24", (25, 0)),
        ("debian:12", (25, 0)),
    ],
)
def test_other_images(image: str, needed: tuple[int, int]) -> None:
    text = f"FROM {image}\nWORKDIR /w\nCOPY . .\nRUN go build -o /a\n"
    check_nothing(old_go_image, text, workspace=workspace(needed))


@every_case(
    "run",
    [
        "apk add git && go build",
        "set -eux; go build; echo done",
        "cd /w && go build -o /a && rm -rf x",
        # With a go.mod, it is on anyway.
        "GO111MODULE=on go build",
        'export GO111MODULE="auto" && go build',
    ],
)
def test_scripts_that_stop(run: str) -> None:
    text = f"FROM golang:1.24\nWORKDIR /w\nCOPY . .\nRUN {run}\n"
    assert len(findings(old_go_image, context(text, workspace=workspace((25, 0))))) == 1


def test_a_patch_version_may_be_too_old() -> None:
    text = "FROM golang:1.25.3\nWORKDIR /w\nCOPY . .\nRUN go build -o /a\n"
    assert len(findings(old_go_image, context(text, workspace=workspace((25, 4))))) == 1


@every_case(
    "lines",
    [
        "ENV GOTOOLCHAIN=auto\nCOPY . .\nRUN go build",
        "COPY . .\nRUN GOTOOLCHAIN=go1.25.0 go build",
        "COPY . .\nRUN go env -w GOTOOLCHAIN=auto && go build",
        "ENV GO111MODULE=off\nCOPY . .\nRUN go build",
        "ENV GO111MODULE=$MODULES\nCOPY . .\nRUN go build",
        "COPY . .\nRUN go mod edit -go=1.24 && go build",
        "COPY . .\nRUN sed -i s/1.25/1.24/ go.mod && go build",
        "COPY . .\nRUN rm go.mod && go mod init a && go build",
        "COPY . .\nRUN go install golang.org/dl/go1.25.0@latest && go1.25.0 build",
        "COPY --from=other /usr/local/go /usr/local/go\nCOPY . .\nRUN go build",
        "COPY go.work .\nCOPY . .\nRUN go build",
        # Another module, or none.
        "COPY other.mod go.mod\nWORKDIR /x\nRUN go build",
        "RUN go install example.com/a@latest",
        "COPY . .\nRUN go version",
        "COPY . .\nRUN if [ -d a ]; then go build; fi",
        "COPY . .\nRUN [ -d a ] && go build",
        "COPY . .\nRUN go build || true",
        "COPY . .\nRUN go build; echo done",
        "COPY . .\nWORKDIR /w/sub\nRUN go build",
    ],
)
def test_near_misses(lines: str) -> None:
    text = f"FROM golang:1.25 AS other\nFROM golang:1.24\nWORKDIR /w\n{lines}\n"
    check_nothing(old_go_image, text, workspace=workspace((25, 0)))


def test_each_directory_that_may_be_the_context_counts() -> None:
    text = "FROM golang:1.24\nWORKDIR /w\nCOPY . .\nRUN go build\n"
    assert findings(old_go_image, context(text, workspace=workspace((25, 0), (26, 1))))
    check_nothing(old_go_image, text, workspace=workspace((25, 0), (24, 0)))


def test_a_build_argument_may_choose_the_image() -> None:
    text = "ARG VERSION=1.24\nFROM golang:$VERSION\nWORKDIR /w\nCOPY . .\nRUN go build\n"
    assert findings(old_go_image, context(text, workspace=workspace((25, 0))))
    check_nothing(old_go_image, text, workspace=workspace((25, 0), given="VERSION"))


def test_stages_on_one_image_are_one_finding() -> None:
    text = "FROM golang:1.24 AS a\nWORKDIR /w\nFROM a AS b\nCOPY . .\nRUN go build -o /b\nFROM a\nCOPY . .\nRUN go build -o /c\nCOPY --from=b /b /b\n"
    (finding,) = findings(old_go_image, context(text, workspace=workspace((25, 0))))
    assert finding.severity in (None, Severity.WARNING)


def test_nothing_else_is_said_of_a_build_that_stops() -> None:
    text = "FROM golang:1.24 AS b\nWORKDIR /w\nCOPY . .\nRUN go mod download\nRUN go build -o /a\nFROM scratch\nCOPY --from=b /a /\n"
    for rule in (late_module_download, emulated_build):
        assert findings(rule, context(text, workspace=workspace((24, 0))))
        assert not findings(rule, context(text, workspace=workspace((25, 0))))


def test_the_module_may_come_with_the_stage_that_it_is_built_on() -> None:
    text = "FROM golang:1.24 AS a\nWORKDIR /w\nCOPY {}\nFROM a\nRUN go build -o /b\n"
    assert findings(old_go_image, context(text.format("go.mod ."), workspace=workspace((25, 0))))
    assert findings(old_go_image, context(text.format(". ."), workspace=workspace((25, 0))))
    check_nothing(old_go_image, text.format("go.sum ."), workspace=workspace((25, 0)))
    check_nothing(old_go_image, text.format(". ."), workspace=workspace((24, 0)))
