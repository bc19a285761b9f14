from __future__ import annotations

from dataclasses import replace

from buildxray.rules.base import Safety, Severity
from buildxray.rules.context import RuleContext
from buildxray.rules.scope.early_platform_arg import early_platform_arg
from buildxray.semantics.build import Builder
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings, request, severities


def test_an_arg_above_a_download_is_reported() -> None:
    check_rule(
        early_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
            ^^^^^^^^^^ 💡 3 RUN steps run once per platform because of this ARG; 1 of them comes before its first use
        RUN go mod download
        RUN GOARCH=$TARGETARCH go build -o /out/app .
        RUN test -s /out/app
        FROM scratch
        COPY --from=build /out/app /app
        """,
    )


@every_case("shell", ["sh", "zsh", "ksh", "busybox sh"])
def test_the_script_of_a_shell_is_read(shell: str) -> None:
    check_rule(
        early_platform_arg,
        f"""
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
            ^^^^^^^^^^ 💡 2 RUN steps run once per platform because of this ARG; 1 of them comes before its first use
        RUN {shell} -c 'go mod download'
        RUN GOARCH=$TARGETARCH go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
    )


def test_an_arg_that_only_child_stages_use_moves_there() -> None:
    check_fix(
        early_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS base
        ARG TARGETARCH
        RUN go mod download
        FROM base AS one
        RUN apt-get update
        RUN GOARCH=$TARGETARCH go build -o /one .
        FROM base AS two
        RUN GOARCH=$TARGETARCH go build -o /two .
        FROM scratch
        COPY --from=one /one /
        COPY --from=two /two /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS base
        RUN go mod download
        FROM base AS one
        RUN apt-get update
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /one .
        FROM base AS two
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /two .
        FROM scratch
        COPY --from=one /one /
        COPY --from=two /two /
        """,
    )


def test_an_env_computed_from_the_argument_moves_with_it() -> None:
    check_fix(
        early_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETOS TARGETARCH
        ENV GOOS=$TARGETOS \\
            GOARCH=$TARGETARCH \\
            CGO_ENABLED=0
        RUN go mod download
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ENV CGO_ENABLED=0
        RUN go mod download
        ARG TARGETOS TARGETARCH
        ENV GOOS=$TARGETOS GOARCH=$TARGETARCH
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
    )


def test_an_env_with_two_arguments_moves_after_both() -> None:
    check_fix(
        early_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETOS TARGETARCH
        ENV SUFFIX=$TARGETOS GOARCH=$TARGETARCH
        RUN go mod download
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETOS
        ENV SUFFIX=$TARGETOS
        RUN go mod download
        ARG TARGETARCH
        ENV GOARCH=$TARGETARCH
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
    )


def test_names_of_one_arg_go_where_each_is_used() -> None:
    check_fix(
        early_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG VERSION  TARGETARCH TARGETVARIANT
        RUN go mod download
        RUN GOARCH=$TARGETARCH go build -o /app .
        RUN go mod verify
        RUN echo $TARGETVARIANT $VERSION > /variant
        FROM scratch
        COPY --from=build /app /variant /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG VERSION
        RUN go mod download
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /app .
        RUN go mod verify
        ARG TARGETVARIANT
        RUN echo $TARGETVARIANT $VERSION > /variant
        FROM scratch
        COPY --from=build /app /variant /
        """,
        targets="linux/amd64,linux/arm/v6,linux/arm/v7",
    )


def test_env_moves_with_its_arg_and_comments() -> None:
    check_fix(
        early_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS build

        # The target.
        ARG TARGETARCH
        ENV GOARCH=$TARGETARCH

        RUN apt-get update
        # Compile.
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build

        RUN apt-get update
        # The target.
        ARG TARGETARCH
        ENV GOARCH=$TARGETARCH
        # Compile.
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        title="Move `TARGETARCH` and `GOARCH` next to `go build`",
    )


@every_case(
    "markup",
    [
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETOS TARGETARCH
        WORKDIR /src
        ADD . .
        RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM golang AS build
        ARG TARGETARCH
        RUN go mod download
        RUN GOARCH=$TARGETARCH go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        RUN ./prepare.sh
        RUN GOARCH=$TARGETARCH go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETPLATFORM
        RUN xx-go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG BUILDARCH
        RUN go mod download
        RUN echo $BUILDARCH
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH=amd64
        RUN go mod download
        RUN GOARCH=$TARGETARCH go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
    ],
)
def test_a_declaration_before_its_first_use_is_not_reported(markup: str) -> None:
    check_nothing(early_platform_arg, markup)


def test_the_argument_moves_no_further_than_an_env_that_uses_it() -> None:
    check_fix(
        early_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        RUN apt-get update
        ENV GOARCH=$TARGETARCH
        ENV CGO_ENABLED=0
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN apt-get update
        ARG TARGETARCH
        ENV GOARCH=$TARGETARCH
        ENV CGO_ENABLED=0
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """,
    )


def test_a_download_after_an_installation_for_the_target() -> None:
    check_rule(
        early_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx
        FROM --platform=$BUILDPLATFORM golang:alpine AS build
        COPY --from=xx / /
        ARG TARGETPLATFORM
        RUN xx-apk add gcc musl-dev
        COPY go.mod go.sum ./
        RUN go mod download
            ^^^^^^^^^^^^^^^ information: `go mod download` runs once per platform only because it comes after `xx-apk`, which needs the target platform; above line 4 it would run once
        RUN go mod verify
        COPY . .
        RUN xx-go build -o /app .
        FROM scratch
        COPY --from=build /app /app
        """,
    )


@every_case(
    "download",
    [
        "RUN echo $TARGETPLATFORM && go mod download",  # it needs the target itself
        "RUN ./configure && go mod download",  # an unknown program
        "COPY $TARGETPLATFORM/go.mod ./\nRUN go mod download",  # its input files differ
        "ARG TARGETPLATFORM\nRUN go build ./... && xx-verify /a\nRUN go mod download",
    ],
)
def test_a_download_that_needs_the_target(download: str) -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx\n"
        "FROM --platform=$BUILDPLATFORM golang:alpine AS build\nCOPY --from=xx / /\nARG TARGETPLATFORM\n"
        f"RUN xx-apk add gcc\n{download}\nRUN xx-go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n"
    )
    check_nothing(early_platform_arg, text)


@every_case("between, n_findings", [("", 1), ("FROM build AS more\n", 0)])
def test_a_download_in_a_stage_without_a_place_before_the_declaration(between: str, n_findings: int) -> None:
    last = "more" if between else "build"
    text = (
        "FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx\n"
        "FROM --platform=$BUILDPLATFORM golang:alpine AS build\nCOPY --from=xx / /\nARG TARGETPLATFORM\n"
        f"{between}RUN xx-apk add gcc\nRUN go mod download\nRUN xx-go build -o /app .\nFROM scratch\nCOPY --from={last} /app /app\n"
    )
    assert len(findings(early_platform_arg, context(text))) == n_findings


def test_a_download_before_the_installation() -> None:
    check_nothing(
        early_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang:alpine AS build
        COPY go.mod go.sum ./
        RUN go mod download
        ARG TARGETPLATFORM
        RUN xx-apk add gcc musl-dev
        RUN xx-go build -o /app .
        FROM scratch
        COPY --from=build /app /app
        """,
    )


def test_one_platform_repeats_nothing() -> None:
    markup = """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        RUN go mod download
        RUN GOARCH=$TARGETARCH go build -o /app .
        FROM scratch
        COPY --from=build /app /
        """
    check_nothing(early_platform_arg, markup, targets="linux/arm64")


PRINTED = """FROM --platform=$BUILDPLATFORM golang AS build
{before}RUN mkdir /out
RUN go mod download
{after}
FROM alpine
COPY --from=build /go/pkg /go/pkg
"""


def test_a_line_for_the_log_repeats_what_comes_after_it() -> None:
    printing = 'ARG TARGETPLATFORM\nRUN echo "building for $TARGETPLATFORM on $(uname -m)"\n'
    (finding,) = findings(early_platform_arg, context(PRINTED.format(before=printing, after="")))
    assert finding.message == "2 RUN steps after this one run once per platform only because `echo` prints the platform"
    check_fix(
        early_platform_arg,
        PRINTED.format(before=printing, after=""),
        PRINTED.format(before="", after=printing),
    )


def test_the_line_moves_to_before_the_first_user() -> None:
    text = """FROM --platform=$BUILDPLATFORM golang AS build
{}RUN go mod download
{}RUN GOARCH=$TARGETARCH go build -o /x .
FROM scratch
COPY --from=build /x /x
"""
    printing = 'ARG TARGETARCH\nRUN printf "%s" $TARGETARCH\n'
    check_fix(early_platform_arg, text.format(printing, ""), text.format("", printing))
    printing = printing.replace("RUN", "# The target\nRUN")
    check_fix(early_platform_arg, text.format(printing, ""), text.format("", printing))


@every_case(
    "run",
    [
        "echo $TARGETPLATFORM > /platform",
        "echo $TARGETPLATFORM | tee /platform",
        "echo $TARGETPLATFORM && ./prepare.sh",
        "echo $BUILDPLATFORM",
        "--mount=type=cache,target=/c echo $TARGETPLATFORM",
    ],
)
def test_what_writes_a_file_is_not_for_the_log(run: str) -> None:
    arguments = "ARG BUILDPLATFORM\n" if "$BUILD" in run else "ARG TARGETPLATFORM\n"
    check_nothing(early_platform_arg, PRINTED.format(before=f"{arguments}RUN {run}\n", after=""))


def test_what_may_read_the_platform_itself_is_its_first_user() -> None:
    printing = "ARG TARGETPLATFORM\nRUN echo $TARGETPLATFORM\n"
    check_nothing(early_platform_arg, PRINTED.format(before=printing, after="").replace("mkdir /out", "npm run build"))


def test_a_line_for_the_log_before_the_first_user_repeats_nothing() -> None:
    text = "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN echo $TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /x .\n"
    check_nothing(early_platform_arg, text + "FROM scratch\nCOPY --from=b /x /x\n")


@every_case(
    "unused, installing, safety",
    [
        ("", "npm install -g esbuild", Safety.SAFE),
        ("ARG TARGETPLATFORM\n", "npm install -g esbuild", Safety.SUGGESTION),
        ("ARG TARGETPLATFORM\n", "true", Safety.SAFE),
    ],
)
def test_a_move_is_safe_only_if_it_saves_steps_without_another_change_that_needs_a_review(
    unused: str, installing: str, safety: Safety
) -> None:
    text = (
        f"FROM --platform=$BUILDPLATFORM golang AS b\n{unused}ARG TARGETARCH\nRUN apk add git\n"
        f"RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /a .\nRUN {installing}\nFROM scratch\nCOPY --from=b /a /a\n"
    )
    (finding,) = findings(early_platform_arg, context(text, uses_cgo=False))
    assert [it.safety for it in finding.fixes] == [safety]


@every_case(
    "declared, left",
    [
        ("\nARG TARGETOS\nARG TARGETARCH\n\n", "\n"),
        ("\nARG TARGETOS\n\nARG TARGETARCH\n\n", "\n"),
        ("ARG TARGETOS\nARG TARGETARCH\n\n", "\n"),
        ("\nARG TARGETOS\nARG TARGETARCH\n", "\n"),
        ("\n# both\nARG TARGETOS\nARG TARGETARCH\n\n", "\n"),
    ],
)
def test_deleted_lines_leave_no_two_empty_lines(declared: str, left: str) -> None:
    build = "RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    head = "FROM --platform=$BUILDPLATFORM golang AS b\n"
    text = f"{head}{declared}RUN apk add git\n{build}"
    ctx = context(text, "linux/amd64,linux/arm64,windows/amd64")
    (finding,) = findings(early_platform_arg, ctx)
    after = apply_edits(text, finding.fixes[0].edits)
    assert after.startswith(f"{head}{left}RUN apk add git\n")


def test_a_file_that_is_only_built_for_one_platform_gets_information() -> None:
    text = "FROM --platform=$BUILDPLATFORM debian AS a\nARG TARGETARCH\nRUN gzip -9 /m\nRUN echo $TARGETARCH > /a\nFROM scratch\nCOPY --from=a /m /a /\n"
    workspace = Workspace(is_automated=True)
    assert severities(early_platform_arg, context(text, workspace=workspace)) == [Severity.INFORMATION]
    assert severities(early_platform_arg, context(text)) == [None]
    # Nothing is repeated where each image is for the machine that builds it, or for one architecture by name.
    assert severities(early_platform_arg, context(text, workspace=Workspace(builds_for_itself=True))) == []
    assert severities(early_platform_arg, context(text, workspace=Workspace(dockerfile="Dockerfile.arm64"))) == []


def test_a_run_that_prints_no_platform_is_not_the_cause() -> None:
    """`TARGETOS` is not declared, so that the RUN prints the same for every target."""
    printing = 'ARG TARGETPLATFORM\nRUN echo "for $TARGETOS with $(uname -m)"\n'
    (finding,) = findings(
        early_platform_arg, context(PRINTED.format(before=printing, after="RUN echo $TARGETPLATFORM > /t\n"))
    )
    assert "because of this ARG" in finding.message


def test_the_fix_deletes_what_would_repeat_the_same_steps() -> None:
    check_fix(
        early_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH
        # The rest.
        ARG TARGETPLATFORM TARGETVARIANT
        RUN go mod download
        RUN GOARCH=$TARGETARCH go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN go mod download
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /out/app .
        FROM scratch
        COPY --from=build /out/app /app
        """,
        title="Move `ARG TARGETARCH` next to `go build`, and delete `ARG TARGETPLATFORM` and `ARG TARGETVARIANT`, which nothing uses",
    )


@every_case(
    "declared",
    [
        # It repeats other steps.
        "RUN true\nARG TARGETARCH\nRUN go mod download\nRUN GOARCH=$TARGETARCH go build -o /out/app .\nARG TARGETPLATFORM\nRUN apt-get update\n",
        # It has the same value for both platforms.
        "ARG TARGETARCH TARGETOS\nRUN go mod download\nRUN GOARCH=$TARGETARCH go build -o /out/app .\n",
    ],
)
def test_the_fix_leaves_what_repeats_nothing_else(declared: str) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS build\n{declared}FROM scratch\nCOPY --from=build /out/app /app\n"
    (finding,) = findings(early_platform_arg, context(text))
    assert [it.title for it in finding.fixes] == ["Move `ARG TARGETARCH` next to `go build`"]


def test_an_image_that_is_the_same_for_every_platform_is_left_to_its_own_rule() -> None:
    lines = "ARG TARGETARCH\nRUN apt-get update\nRUN curl -o /t https://example.org/t-$TARGETARCH\n"
    check_nothing(early_platform_arg, f"FROM --platform=$BUILDPLATFORM debian\n{lines}")
    assert findings(early_platform_arg, context(f"FROM --platform=$BUILDPLATFORM debian AS test\n{lines}"))


@every_case(
    "run, is_said",
    [
        ("mkdir -p /out && chmod 755 /out", False),
        ("mkdir -p /out && apk add git", True),
        ("echo compiling", False),
        ("pwd && ls -a", False),
        ("test -f go.sum && cat go.mod | head -3", True),
        ("test -f go.sum && cat go.mod", False),
        ("ls -a > /files", True),
        ("pwd && ls -a && go mod download", True),
        ('printf "%s" "$(uname -m)" && date', False),
        ("echo compiling > /log", True),
        ('echo "$(go version)"', True),
        ("go mod download", True),
        # The step for the first platform fills the cache.
        ("--mount=type=cache,target=/go/pkg/mod go mod download -x", False),
        ("--mount=type=cache,target=$GOPATH/pkg/mod,sharing=locked go mod download && go mod verify", False),
        ("--mount=type=cache,target=/go cd /src && go mod download", False),
        ("--mount=type=cache,target=/go/pkg/mod,sharing=private go mod download", True),
        ("--mount=type=cache,target=/root/.cache go mod download", True),
        ("--mount=type=cache,target=/go/pkg/mod go mod download && apk add git", True),
        ("--mount=type=cache,target=/go/pkg/mod go install example.org/tool@v1", True),
    ],
)
def test_a_step_that_ends_at_once_is_not_worth_a_change(run: str, *, is_said: bool) -> None:
    head = "FROM --platform=$BUILDPLATFORM golang AS build\nARG TARGETARCH\n"
    build = "RUN GOARCH=$TARGETARCH go build -o /out/app .\nFROM scratch\nCOPY --from=build /out/app /app\n"
    assert bool(findings(early_platform_arg, context(f"{head}RUN {run}\n{build}"))) is is_said


def test_jobs_of_their_own_share_nothing() -> None:
    text = "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN xx-apk add gcc\nRUN go mod download\nRUN GOARCH=$TARGETARCH go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    apart = replace(request(), nodes=tuple((it, it) for it in request().target_platforms), is_separate=True)
    builder = Builder(apart)
    assert (
        findings(early_platform_arg, RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True))
        == []
    )
    assert findings(early_platform_arg, context(text))


@every_case(
    "comment, is_moved",
    [
        ("# Settings of the build", False),
        ("# TARGETOS is set for each platform", True),
        ("# TARGETOS and FLAGS", False),
    ],
)
def test_a_comment_of_a_group_stays_with_the_lines_that_remain(comment: str, *, is_moved: bool) -> None:
    head, line = "FROM --platform=$BUILDPLATFORM golang AS b\n", f"{comment}\n"
    arguments = "ARG TARGETOS\nARG TARGETARCH\n"
    rest = "ARG FLAGS\nCOPY . .\nRUN go mod download\n"
    run = "RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /a\nFROM scratch\nCOPY --from=b /a /\n"
    before = f"{head}{line}{arguments}{rest}{run}"
    after = f"{head}{rest}{line}{arguments}{run}" if is_moved else f"{head}{line}{rest}{arguments}{run}"
    check_fix(early_platform_arg, before, after)


@every_case(
    "run, message, title",
    [
        ("./build.sh", "the first program that may read it", "line 4, whose program may read it"),
        ("./build.sh $TARGETARCH", "its first use", "its first use in line 4"),
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app", "its first use", "`go build`"),
    ],
)
def test_the_message_tells_a_use_from_a_program_that_may_read_it(run: str, message: str, title: str) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN apt-get update\nRUN {run}\nFROM scratch\nCOPY --from=b /app /\n"
    (finding,) = findings(early_platform_arg, context(text))
    assert finding.message.endswith(message)
    assert finding.fixes[0].title.endswith(title)


def test_the_title_names_each_place() -> None:
    text = """FROM --platform=$BUILDPLATFORM golang AS b
ARG TARGETARCH TARGETVARIANT
RUN go mod download
RUN GOARCH=$TARGETARCH go build -o /a .
RUN go mod verify
RUN echo $TARGETVARIANT > /v
FROM scratch
COPY --from=b /a /v /
"""
    (finding,) = findings(early_platform_arg, context(text, "linux/amd64,linux/arm/v6,linux/arm/v7"))
    assert [it.title for it in finding.fixes] == [
        "Move `ARG TARGETARCH` next to `go build`, and `TARGETVARIANT` to before line 6"
    ]


def test_the_command_that_prints_the_platform_is_underlined() -> None:
    printing = 'ARG TARGETPLATFORM\nRUN echo for "$TARGETPLATFORM" && printf "%s" "$(uname -m)"\n'
    text = PRINTED.format(before=printing, after="")
    (finding,) = findings(early_platform_arg, context(text))
    assert text[slice(*finding.range)] == "echo"
    assert finding.message.endswith("`echo` prints the platform")


@every_case(
    "run, is_said",
    [("go mod download", True), ("--mount=type=cache,target=/go/pkg/mod go mod download", False), ("echo b", False)],
)
def test_a_line_for_the_log_that_repeats_nothing_of_weight(run: str, *, is_said: bool) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN echo $TARGETARCH\nRUN {run}\nFROM alpine\nCOPY --from=b /x /x\n"
    assert bool(findings(early_platform_arg, context(text))) is is_said


@every_case(
    "command, copied, is_said",
    [
        # The image gets a program for the build machine, so that the command needs the argument.
        ("go install x.org/dlv@v1", "/go/bin/dlv", False),
        ("CGO_ENABLED=0 go build -o /dlv ./dlv", "/dlv", False),
        # A tool of the stage.
        ("go install x.org/dlv@v1", "/etc/passwd", True),
        ("apt-get install -y make", "/dlv", True),
    ],
)
def test_a_compiler_that_lacks_the_argument_keeps_it(command: str, copied: str, *, is_said: bool) -> None:
    text = f"""FROM --platform=$BUILDPLATFORM golang AS b
ARG TARGETARCH
RUN {command}
RUN GOARCH=$TARGETARCH go build -o /a .
FROM alpine
COPY --from=b /a {copied} /
"""
    assert bool(findings(early_platform_arg, context(text))) is is_said
