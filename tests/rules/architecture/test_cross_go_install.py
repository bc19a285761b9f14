from __future__ import annotations

import pytest

from buildxray.rules.architecture.cross_go_install import cross_go_install
from buildxray.rules.base import Severity
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings, severities


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


@every_case(
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


@every_case("install", ["go install example.com/app@v1", "go install ./...", "go install ./app ./other"])
def test_go_install_that_go_build_cannot_replace_has_no_fix(install: str) -> None:
    check_no_fix(cross_go_install, INSTALLED.format(install, "/go/bin/app"))


@every_case(
    "lines, copy, is_said",
    [
        ("", "/go/bin/app", True),
        (" && (mv /go/bin/linux_*/* /go/bin/ || true)", "/go/bin/app", False),
        ("\nRUN find /go/bin -type f -exec mv -t /go/bin {} +", "/go/bin/app", False),
        (" && cp -r /go/bin/${TARGETOS}_$TARGETARCH/. /go/bin/", "/go/bin/app", False),
        ("\nRUN cp /etc/hosts /go/bin/hosts", "/go/bin/app", True),
        ("", "/go/bin/*/app /go/bin/app", False),
    ],
)
def test_a_file_that_knows_where_the_binary_is(lines: str, copy: str, is_said: bool) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nWORKDIR /s\nCOPY . .\nARG TARGETARCH TARGETOS\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go install ./cmd/app{lines}\nFROM scratch\nCOPY --from=b {copy} /\n"
    assert bool(findings(cross_go_install, context(text))) is is_said


@every_case(
    "install, severity",
    [
        ("GOBIN=/out go install ./cmd/app", None),
        # If the command is refused, the other one runs.
        ("GOBIN=/out go install ./cmd/app || GOARCH=$TARGETARCH go build -o /out/app ./cmd/app", Severity.WARNING),
        ("GOBIN=/out go install ./cmd/app || exit 1", None),
    ],
)
def test_a_command_with_an_alternative_is_no_error(install: str, severity: Severity | None) -> None:
    assert severities(cross_go_install, context(INSTALLED.format(install, "/out/app"))) == [severity]
