"""Messages about tools for one architecture only."""

from __future__ import annotations

from buildxray.rules.architecture.target_binary_run import target_binary_run
from buildxray.rules.base import Severity
from tests.support.cases import every_case
from tests.support.rules import check_nothing, check_rule, context, findings

STRIPPED = """\
FROM --platform=$BUILDPLATFORM golang AS b
ARG TARGETARCH
RUN {}GOARCH=$TARGETARCH go build -o /o . && {} /o
FROM scratch
COPY --from=b /o /
"""


WITH_TARGET = "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETOS TARGETARCH\nENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH\n"


def test_strip_says_what_to_write_instead() -> None:
    (finding,) = findings(target_binary_run, context(STRIPPED.format("CGO_ENABLED=0 ", "strip")))
    assert '-ldflags="-s -w"' in finding.message


def test_strip_for_every_architecture() -> None:
    check_nothing(target_binary_run, STRIPPED.format("CGO_ENABLED=0 ", "llvm-strip"))


def test_running_a_program_compiled_for_the_target_is_reported() -> None:
    check_rule(
        target_binary_run,
        """
        FROM --platform=$BUILDPLATFORM golang AS b
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /o . && /o --version
                                                   ^^ the build stops here (`exec format error`) without an emulator: linux/amd64 runs what `go build` compiled for linux/arm64
        FROM scratch
        COPY --from=b /o /
        """,
    )


NATIVE = "FROM --platform=$BUILDPLATFORM x AS b\nWORKDIR /w\nARG TARGETARCH\n{}\nFROM scratch\nCOPY --from=b /o /o\n"


@every_case(
    "instructions",
    [
        "RUN GOARCH=$TARGETARCH go build -o app .\nRUN ./app",
        "RUN GOARCH=$TARGETARCH go build -o /usr/local/bin/app .\nRUN app --help",
        "RUN GOARCH=arm64 go build -o /a . && strip /a",
        "RUN GOARCH=arm64 go build -o /a . && ldd /a",
        "RUN aarch64-linux-gnu-gcc -o /a x.c && /a",
        "RUN GOARCH=$TARGETARCH go build -o /a . && mv /a /usr/bin/ && strip /usr/bin/a",
        "RUN cargo build -r --target aarch64-unknown-linux-musl\nRUN strip target/aarch64-unknown-linux-musl/release/a",
        "RUN cargo build -r --target aarch64-unknown-linux-musl && cp target/aarch64-unknown-linux-musl/release/a /b && /b -h",
    ],
)
def test_every_way_to_start_the_program_is_reported(instructions: str) -> None:
    assert len(findings(target_binary_run, context(NATIVE.format(instructions)))) == 1


@every_case(
    "instructions",
    [
        "RUN go build -o /a . && /a",
        "RUN GOARCH=$TARGETARCH go build -o /a . && file /a",
        "RUN GOARCH=$TARGETARCH go build -o /a . && test -x /a",
        "RUN GOARCH=$TARGETARCH go build -o /a . && ./b",
        "RUN GOARCH=$TARGETARCH go build -o bin/ . && strip $X",
        'RUN GOARCH=$TARGETARCH go build -o /a . && if [ "$TARGETARCH" = amd64 ]; then /a; fi',
        "RUN GOARCH=$(x) go build -o /a . && /a",
        "RUN GOARCH=$TARGETARCH go build -o /a . && cp /usr/bin/true /a && /a",
        "RUN GOARCH=arm64 go build -o app . && cp app /a && go build -o app . && ./app",
        # a program of the build machine beside the others
        "RUN cargo build -r --target aarch64-unknown-linux-musl && cargo build -r && target/release/gen > /gen",
    ],
)
def test_programs_for_the_build_machine_are_not_reported(instructions: str) -> None:
    check_nothing(target_binary_run, NATIVE.format(instructions))


def test_a_program_compiled_in_the_base_stage_is_reported() -> None:
    text = "FROM --platform=$BUILDPLATFORM golang AS a\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /o .\nFROM a AS b\nRUN /o\nFROM scratch\nCOPY --from=b /o /\n"
    assert len(findings(target_binary_run, context(text))) == 1
    check_nothing(target_binary_run, text, targets="linux/amd64")


def test_a_tool_that_is_installed_for_the_target_is_left_to_go_env_for_tools() -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nCOPY . .\n"
        "RUN export CGO_ENABLED=0 GOARCH=$TARGETARCH; go install example.org/cmd/tool{} && tool generate\n"
        "FROM scratch\nCOPY --from=b /go /go\n"
    )
    assert not findings(target_binary_run, context(text.format("@v1.2.3")))


@every_case(
    "end, severity",
    [
        ("FROM scratch\nCOPY --from=b /a /a", None),
        ("FROM alpine\nCOPY --from=b /a /a", None),
        ("FROM alpine\nRUN apk add git\nCOPY --from=b /a /a", Severity.INFORMATION),
        (
            "FROM --platform=$BUILDPLATFORM alpine AS c\nRUN apk add git\nFROM scratch\nCOPY --from=b /a /a\nCOPY --from=c /x /x",
            None,
        ),
    ],
)
def test_it_is_information_where_the_build_needs_an_emulator_anyway(end: str, severity: Severity | None) -> None:
    text = f"{WITH_TARGET}RUN go build -o /a . && /a --version\n{end}\n"
    (finding,) = findings(target_binary_run, context(text))
    assert finding.severity == severity


@every_case(
    "run, titles",
    [
        (
            "if [ $X = 1 ]; then go build -o /a .; else xcaddy build --output /a; fi; /a version",
            "`go build` or `xcaddy build`",
        ),
        ("xcaddy build --output /a || go build -o /a .; /a version", "`xcaddy build` or `go build`"),
        ("if [ $X = 1 ]; then go build -o /a .; else go build -tags x -o /a .; fi; /a version", "`go build`"),
        ("xcaddy build --output /a; go build -o /a . && /a version", "`go build`"),
    ],
)
def test_the_compilers_of_two_branches(run: str, titles: str) -> None:
    (finding,) = findings(target_binary_run, context(f"{WITH_TARGET}RUN {run}\nFROM scratch\nCOPY --from=b /a /a\n"))
    assert f" runs what {titles} compiled for linux/arm64" in finding.message
