from __future__ import annotations

from buildxray.rules.base import Severity
from buildxray.rules.scope.unused_platform_arg import unused_platform_arg
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings, severities


def test_an_unused_argument_is_reported() -> None:
    check_rule(
        unused_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM alpine AS docs
        ARG TARGETARCH
            ^^^^^^^^^^ 💡 nothing uses this ARG, yet 2 RUN steps run once per platform because of it
        RUN apk add gzip
        RUN gzip /manual
        FROM scratch
        COPY --from=docs /manual /
        """,
    )


def test_an_argument_that_is_declared_again_below_is_reported() -> None:
    check_rule(
        unused_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETPLATFORM
            ^^^^^^^^^^^^^^ 💡 nothing uses this ARG before it is declared again, yet 2 RUN steps run once per platform because of it
        RUN go mod download
        ARG TARGETPLATFORM
        RUN xx-go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
    )


@every_case(
    "before, after",
    [
        ("ARG TARGETARCH", ""),
        ("# Why.\nARG TARGETARCH", ""),
        ("ARG VERSION=1 TARGETARCH", "ARG VERSION=1\n"),
        ("ARG TARGETARCH  VERSION=1", "ARG VERSION=1\n"),
        ("ARG TARGETARCH TARGETPLATFORM", ""),
        ("ARG TARGETARCH\nARG TARGETPLATFORM", ""),
    ],
)
def test_the_fix_removes_the_name(before: str, after: str) -> None:
    rest = "RUN apk add gzip\nFROM scratch\nCOPY --from=docs /manual /\n"
    head = "FROM --platform=$BUILDPLATFORM alpine AS docs\n"
    check_fix(unused_platform_arg, f"{head}{before}\n{rest}", f"{head}{after}{rest}")


@every_case(
    "line",
    [
        "RUN gzip -c /x > /manual-$TARGETARCH",
        "RUN make manual",
        "RUN <<EOF\necho $TARGETARCH\nEOF",
        "COPY x /$TARGETARCH/",
        "RUN --mount=type=cache,id=c-$TARGETARCH,target=/c gzip /x",
        "ONBUILD RUN echo $TARGETARCH",
    ],
)
def test_an_argument_that_something_uses_is_not_reported(line: str) -> None:
    check_nothing(
        unused_platform_arg,
        f"FROM --platform=$BUILDPLATFORM alpine AS docs\nARG TARGETARCH\n{line}\nRUN gzip /x\nFROM scratch\nCOPY --from=docs / /\n",
    )


@every_case(
    "run, n_findings",
    [
        ("make all", 1),
        ("make all FLAGS='GOARCH=${TARGETARCH}'", 0),
        ("make all FLAGS=GOARCH=\\$TARGETARCH", 0),
        ("make all 'GOARCH=$(TARGETARCH)'", 0),
        ("make all FLAGS='GOARCH=${GOARCH}'", 1),
    ],
)
def test_make_expands_what_the_shell_does_not(run: str, n_findings: int) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN {run}\nFROM scratch\nCOPY --from=b /x /\n"
    # No file of the project names the argument.
    workspace = Workspace(search=frozenset)
    assert len(findings(unused_platform_arg, context(text, workspace=workspace))) == n_findings


def test_an_argument_that_a_child_stage_uses_is_not_reported() -> None:
    check_nothing(
        unused_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS base
        ARG TARGETARCH
        RUN go mod download
        FROM base AS build
        RUN GOARCH=$TARGETARCH go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
    )


def test_an_argument_in_a_stage_for_the_target_is_not_reported() -> None:
    check_nothing(
        unused_platform_arg,
        """
        FROM alpine
        ARG TARGETARCH
        RUN apk add gzip
        """,
    )


def test_the_fix_removes_lines_at_the_end_of_the_file() -> None:
    check_fix(
        unused_platform_arg,
        "FROM --platform=$BUILDPLATFORM alpine AS test\nARG TARGETARCH\nRUN gzip /x\nARG TARGETPLATFORM\nARG TARGETVARIANT",
        "FROM --platform=$BUILDPLATFORM alpine AS test\nRUN gzip /x",
    )


def test_the_fix_splits_an_arg_with_several_names() -> None:
    check_fix(
        unused_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM alpine AS docs
        ARG TARGETOS TARGETARCH TARGETVARIANT
        RUN gzip -9 /manual
        RUN mv /manual.gz /manual-$TARGETOS.gz
        FROM scratch
        COPY --from=docs / /
        """,
        """
        FROM --platform=$BUILDPLATFORM alpine AS docs
        ARG TARGETOS
        RUN gzip -9 /manual
        RUN mv /manual.gz /manual-$TARGETOS.gz
        FROM scratch
        COPY --from=docs / /
        """,
        targets="linux/amd64,linux/arm/v7",
    )


@every_case(
    "run, safeties",
    [
        ("corepack pnpm run build", []),
        ("strace -f ./x", []),
        ("buf generate", []),
        ("protoc --plugin=protoc-gen-x=./gen --x_out=. a.proto", []),
        ("protoc --go_out=. a.proto", ["safe"]),
        ("corepack enable", ["safe"]),
    ],
)
def test_who_may_delete_it(run: str, safeties: list[str]) -> None:
    text = f"FROM --platform=$BUILDPLATFORM a AS b\nARG TARGETARCH\nRUN {run}\nFROM scratch\nCOPY --from=b /o /o\n"
    assert [it.safety.value for one in findings(unused_platform_arg, context(text)) for it in one.fixes] == safeties


@every_case(
    "text, n_findings",
    [
        ("FROM --platform=linux/arm/v7 debian\nARG TARGETARCH\nRUN apt-get update\n", 0),
        ("FROM --platform=linux/amd64 debian AS base\nARG TARGETARCH\nRUN apt-get update\nFROM base\nRUN true\n", 0),
        ("FROM --platform=$BUILDPLATFORM debian\nARG TARGETARCH\nRUN apt-get update\n", 0),
        ('FROM --platform=$BUILDPLATFORM debian AS a\nARG TARGETARCH\nRUN apt-get update\nFROM a\nCMD ["sh"]\n', 0),
        # An image that only runs checks may be native.
        ("FROM --platform=$BUILDPLATFORM debian AS lint\nARG TARGETARCH\nRUN apt-get update\n", 1),
        # Files of another stage with a constant platform may suit every target.
        (
            "FROM --platform=linux/amd64 debian AS a\nARG TARGETARCH\nRUN gzip -9 /m\nFROM scratch\nCOPY --from=a /m /m\n",
            1,
        ),
    ],
)
def test_an_image_that_is_the_same_for_every_platform_is_left_to_its_own_rule(text: str, n_findings: int) -> None:
    assert len(findings(unused_platform_arg, context(text))) == n_findings


def test_a_file_that_is_only_built_for_one_platform_gets_information() -> None:
    text = "FROM --platform=$BUILDPLATFORM debian AS lint\nARG TARGETARCH\nRUN gzip -9 /m\n"
    workspace = Workspace(is_automated=True)
    assert severities(unused_platform_arg, context(text, workspace=workspace)) == [Severity.INFORMATION]
    assert severities(unused_platform_arg, context(text)) == [None]
    # Nothing is repeated where each image is for the machine that builds it, or for one architecture by name.
    assert severities(unused_platform_arg, context(text, workspace=Workspace(builds_for_itself=True))) == []
    assert severities(unused_platform_arg, context(text, workspace=Workspace(dockerfile="Dockerfile.arm64"))) == []


def test_declarations_that_repeat_the_same_steps_are_one_finding() -> None:
    check_rule(
        unused_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM alpine AS docs
        ARG TARGETOS
        ARG TARGETPLATFORM
            ^^^^^^^^^^^^^^ 💡 nothing uses `TARGETPLATFORM` and `TARGETARCH`, yet 2 RUN steps run once per platform because of them
        RUN apk add gzip
        ARG TARGETARCH
        RUN gzip /manual
        FROM scratch
        COPY --from=docs /manual /
        """,
    )
    check_rule(
        unused_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM alpine AS docs
        RUN apk add gzip
        ARG TARGETOS
        ARG TARGETARCH
            ^^^^^^^^^^ 💡 nothing uses this ARG, yet 1 RUN step runs once per platform because of it
        RUN gzip /manual
        FROM scratch
        COPY --from=docs /manual /
        """,
    )


def test_the_title_of_the_fix_names_all_that_it_deletes() -> None:
    text = "FROM --platform=$BUILDPLATFORM alpine AS docs\nARG TARGETOS TARGETARCH\nRUN gzip /x\nFROM scratch\nCOPY --from=docs /x /\n"
    (finding,) = findings(unused_platform_arg, context(text))
    assert [it.title for it in finding.fixes] == ["Delete `ARG TARGETOS` and `ARG TARGETARCH`"]


def test_what_only_an_early_declaration_beside_it_would_still_repeat_is_left_to_its_own_rule() -> None:
    check_nothing(
        unused_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM alpine AS docs
        ARG TARGETARCH
        ARG TARGETPLATFORM
        RUN gzip -9 /manual
        RUN mv /manual.gz /manual-$TARGETARCH.gz
        FROM scratch
        COPY --from=docs / /
        """,
    )


def test_a_step_that_ends_at_once_is_not_worth_a_change() -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM alpine AS docs\nARG TARGETARCH\nRUN {}\nFROM scratch\nCOPY --from=docs /x /\n"
    )
    assert findings(unused_platform_arg, context(text.format("mkdir -p /x"))) == []
    assert findings(unused_platform_arg, context(text.format("mkdir -p /x && apk add git")))


@every_case(
    "argument, run, n_findings",
    [
        ("TARGETARCH", "CGO_ENABLED=0 go build -o /o .", 0),
        ("TARGETARCH", "CGO_ENABLED=0 GOARCH=amd64 go build -o /o .", 0),
        ("TARGETARCH", "curl -o /o https://example.org/tool-amd64", 0),
        ("TARGETARCH", "curl -o /o https://example.org/tool-$(uname -m)", 0),
        ("TARGETARCH", "curl -o /o https://example.org/tool-$TARGET_ARCH", 0),
        # Files for every platform, or for none.
        ("TARGETARCH", "curl -o /o https://example.org/tool", 1),
        ("TARGETARCH", "CGO_ENABLED=0 go vet ./... > /o", 1),
        ("TARGETARCH", "CGO_ENABLED=0 go build -o /other .", 1),
        # A compiler takes the architecture, not the platform.
        ("TARGETPLATFORM", "CGO_ENABLED=0 go build -o /o .", 1),
    ],
)
def test_an_argument_that_a_program_should_use_is_not_reported(argument: str, run: str, n_findings: int) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nARG {argument}\nRUN go mod download\nRUN {run}\nFROM scratch\nCOPY --from=b /o /\n"
    assert len(findings(unused_platform_arg, context(text))) == n_findings


@every_case(
    "image, is_reported",
    [("tonistiigi/xx:golang", False), ("example.org/toolchain", False), ("tonistiigi/xx:1.6", True)],
)
def test_a_program_that_another_image_replaces_may_read_the_argument(image: str, *, is_reported: bool) -> None:
    text = (
        f"FROM --platform=$BUILDPLATFORM {image} AS tools\nFROM --platform=$BUILDPLATFORM alpine AS docs\nCOPY --from=tools / /\nARG TARGETPLATFORM\nCOPY . .\n"
        "RUN gzip /manual\nFROM scratch\nCOPY --from=docs /manual /\n"
    )
    assert bool(findings(unused_platform_arg, context(text))) is is_reported
