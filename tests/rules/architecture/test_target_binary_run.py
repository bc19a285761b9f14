"""What is said of tools that know one architecture only."""

from buildxray.rules.architecture.target_binary_run import target_binary_run
from tests.support.rules import check_nothing, context, findings

STRIPPED = """\
FROM --platform=$BUILDPLATFORM golang AS b
ARG TARGETARCH
RUN {}GOARCH=$TARGETARCH go build -o /o . && {} /o
FROM scratch
COPY --from=b /o /
"""


def test_strip_says_what_to_write_instead() -> None:
    (finding,) = findings(target_binary_run, context(STRIPPED.format("CGO_ENABLED=0 ", "strip")))
    assert '-ldflags="-s -w"' in finding.message


def test_strip_for_every_architecture() -> None:
    check_nothing(target_binary_run, STRIPPED.format("CGO_ENABLED=0 ", "llvm-strip"))
