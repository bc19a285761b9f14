from __future__ import annotations

import pytest

from buildxray.rules.architecture.go_env_for_tools import go_env_for_tools
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule


def test_tools_that_run_with_the_goarch_of_the_target_are_reported() -> None:
    check_rule(
        go_env_for_tools,
        """
        FROM --platform=$BUILDPLATFORM golang AS b
        ARG TARGETARCH
        ENV GOARCH=$TARGETARCH
        RUN go generate ./... && go build -o /o .
            ^^^^^^^^^^^ 💭 `go generate` runs on linux/amd64 what it compiles for linux/arm64
        FROM scratch
        COPY --from=b /o /
        """,
    )


NATIVE = "FROM --platform=$BUILDPLATFORM x AS b\nWORKDIR /w\nARG TARGETARCH\n{}\nFROM scratch\nCOPY --from=b /o /o\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("export GOARCH=$TARGETARCH; go run ./tool", "export GOARCH=$TARGETARCH; GOOS= GOARCH= go run ./tool"),
        (
            "export GOARCH=$TARGETARCH && X=1 go test ./...",
            "export GOARCH=$TARGETARCH && X=1 GOOS= GOARCH= go test ./...",
        ),
        # A C compiler for the target makes no program for the build machine.
        (
            "export CC=aarch64-linux-gnu-gcc CGO_ENABLED=1 GOARCH=$TARGETARCH; go tool yq",
            "export CC=aarch64-linux-gnu-gcc CGO_ENABLED=1 GOARCH=$TARGETARCH; CGO_ENABLED=0 GOOS= GOARCH= go tool yq",
        ),
        (
            'if [ "$TARGETARCH" = arm64 ]; then export CC=x-gcc; fi; export GOARCH=$TARGETARCH; go tool yq',
            'if [ "$TARGETARCH" = arm64 ]; then export CC=x-gcc; fi; export GOARCH=$TARGETARCH; CGO_ENABLED=0 GOOS= GOARCH= go tool yq',
        ),
        (
            "export CC=x-gcc CGO_ENABLED=0 GOARCH=$TARGETARCH; go tool yq",
            "export CC=x-gcc CGO_ENABLED=0 GOARCH=$TARGETARCH; GOOS= GOARCH= go tool yq",
        ),
        (
            "export CGO_ENABLED=1 GOARCH=$TARGETARCH; go tool yq",
            "export CGO_ENABLED=1 GOARCH=$TARGETARCH; GOOS= GOARCH= go tool yq",
        ),
    ],
)
def test_tools_are_set_back_to_the_build_machine(before: str, after: str) -> None:
    check_fix(go_env_for_tools, NATIVE.format(f"RUN {before}"), NATIVE.format(f"RUN {after}"))


@every_case(
    "run",
    [
        "go generate",
        "GOARCH=$TARGETARCH go build && go run ./x",
        "export GOARCH=$TARGETARCH; go vet ./...",
        "export GOARCH=$TARGETARCH; go test -c",
        "export GOARCH=amd64; go run ./x",
        "export GOARCH=$TARGETARCH; env -u GOOS -u GOARCH go run ./x",
        "export GOARCH=$TARGETARCH; env --unset=GOARCH go generate",
        "export GOARCH=$(x); go run ./x",
        'export GOARCH=$TARGETARCH; if [ "$TARGETARCH" = amd64 ]; then go test; fi',
    ],
)
def test_tools_with_the_goarch_of_their_machine_are_not_reported(run: str) -> None:
    check_nothing(go_env_for_tools, NATIVE.format(f"RUN {run}"))


def test_an_assignment_in_the_command_itself_has_no_fix() -> None:
    check_no_fix(go_env_for_tools, NATIVE.format("RUN GOARCH=$TARGETARCH go run ./x"))
