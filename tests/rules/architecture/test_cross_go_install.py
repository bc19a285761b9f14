from __future__ import annotations

import pytest

from buildxray.rules.architecture.cross_go_install import cross_go_install
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule


@pytest.mark.parametrize(
    ("environment", "consequence"),
    [
        ("", "writes the binary to a subdirectory such as `bin/linux_arm64`"),
        ("GOBIN=/go/bin ", "is refused with `GOBIN` set"),
    ],
)
def test_go_install_for_another_platform_is_reported(environment: str, consequence: str) -> None:
    check_rule(
        cross_go_install,
        f"""
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        RUN {environment}GOARCH=$TARGETARCH go install ./cmd/app
            {" " * len(environment)}                   ^^^^^^^^^^ 💭 `go install` for linux/arm64 {consequence}
        FROM scratch
        COPY --from=build /go/bin/app /app
        """,
    )


@pytest.mark.parametrize(
    "text",
    [
        "FROM --platform=$BUILDPLATFORM golang AS b\nRUN go install ./app\nFROM scratch\nCOPY --from=b /go/bin/app /\n",
        "FROM golang AS b\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH go install ./app\nFROM scratch\nCOPY --from=b /go/bin/app /\n",
        "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nENV GOARCH=$TARGETARCH\nRUN go install ./tool\nFROM scratch\nCOPY --from=b /out /\n",
    ],
)
def test_go_install_for_its_own_platform_is_not_reported(text: str) -> None:
    check_nothing(cross_go_install, text)


INSTALLED = "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH {}\nFROM scratch\nCOPY --from=b {} /\n"


@pytest.mark.parametrize(
    ("install", "path", "build"),
    [
        ("go install -trimpath ./cmd/app", "/go/bin/app", "go build -o /go/bin/app -trimpath ./cmd/app"),
        ("GOBIN=/out go install ./cmd/app", "/out/", "GOBIN=/out go build -o /out/app ./cmd/app"),
    ],
)
def test_the_fix_writes_go_build(install: str, path: str, build: str) -> None:
    check_fix(cross_go_install, INSTALLED.format(install, path), INSTALLED.format(build, path))


@pytest.mark.parametrize("install", ["go install example.com/app@v1", "go install ./...", "go install ./app ./other"])
def test_go_install_that_go_build_cannot_replace_has_no_fix(install: str) -> None:
    check_no_fix(cross_go_install, INSTALLED.format(install, "/go/bin/app"))
