from __future__ import annotations

from buildxray.rules.architecture.constant_goarch import constant_goarch
from buildxray.rules.base import Doubt, Safety, Severity
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings, reported, severities


def test_a_constant_goarch_is_reported() -> None:
    check_rule(
        constant_goarch,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -o /out/app .
                                            ^^^^^ 💡 `go build` compiles for amd64, and the binary goes into the image for linux/arm64 too
        FROM scratch
        COPY --from=build /out/app /app
        """,
    )


def stage(lines: str, head: str = "FROM --platform=$BUILDPLATFORM golang AS build") -> str:
    return f"{head}\n{lines}\nFROM scratch\nCOPY --from=build /out/app /app\n"


@every_case(
    "before, after",
    [
        ("RUN GOARCH=arm64 go build -o /out/app", "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app"),
        (
            "RUN export GOARCH=amd64 && go build -o /out/app",
            "ARG TARGETARCH\nRUN export GOARCH=$TARGETARCH && go build -o /out/app",
        ),
        (
            "ENV CGO_ENABLED=0 GOARCH=amd64\nRUN go build -o /out/app\nRUN go build -o /out/app ./b",
            "ARG TARGETARCH\nENV CGO_ENABLED=0 GOARCH=$TARGETARCH\nRUN go build -o /out/app\nRUN go build -o /out/app ./b",
        ),
        (
            "ARG TARGETARCH\nRUN env GOARCH=amd64 go build -o /out/app",
            "ARG TARGETARCH\nRUN env GOARCH=$TARGETARCH go build -o /out/app",
        ),
        (
            "RUN GOARCH=amd64 make a && GOARCH=amd64 make b",
            "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH make a && GOARCH=$TARGETARCH make b",
        ),
        (
            'RUN GOARCH="arm64" go build -o /out/app',
            'ARG TARGETARCH\nRUN GOARCH="$TARGETARCH" go build -o /out/app',
        ),
        ("RUN GOARCH='arm64' go build -o /out/app", "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app"),
        (
            'ENV GOARCH="arm64"\nRUN go build -o /out/app',
            'ARG TARGETARCH\nENV GOARCH="$TARGETARCH"\nRUN go build -o /out/app',
        ),
        (
            "ENV GOARCH='arm64'\nRUN go build -o /out/app",
            "ARG TARGETARCH\nENV GOARCH=$TARGETARCH\nRUN go build -o /out/app",
        ),
    ],
)
def test_the_fix_replaces_the_constant_by_the_target(before: str, after: str) -> None:
    check_fix(constant_goarch, stage(before), stage(after))


@every_case(
    "lines",
    [
        "ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app",
        "RUN GOARCH=amd64 go build -o /out/app-amd64 && GOARCH=arm64 go build -o /out/app-arm64",
        'ARG TARGETARCH\nRUN if [ "$TARGETARCH" = amd64 ]; then GOARCH=amd64 go build -o /out/app; fi',
        "RUN GOARCH=amd64 go build -o /tool",
        "RUN GOOS=js GOARCH=wasm go build -o /out/app",
        'RUN GOARCH="$(go env GOARCH)" go build -o /out/app',
        "RUN go build -o /out/app",
    ],
)
def test_a_constant_for_one_of_several_binaries_is_not_reported(lines: str) -> None:
    check_nothing(constant_goarch, stage(lines))


TWO = "FROM golang AS b\nARG TARGETARCH\n{}\nFROM alpine\nCOPY --from=b /out/a /a\nCOPY --from=b /out/b /b\n"
BUILD = "CGO_ENABLED=0 GOARCH={} go build -o /out/{} ./cmd/{}"


@every_case(
    "one, other, separator, n_findings",
    [
        ("amd64", "amd64", " && ", 1),
        ("amd64", "amd64", "\nRUN ", 1),
        # A compiler that follows the target says nothing about the other one.
        ("$TARGETARCH", "amd64", " && ", 1),
        ("amd64", "$TARGETARCH", "\nRUN ", 1),
        ("amd64", "arm64", " && ", 0),
        ("$TARGETARCH", "$TARGETARCH", " && ", 0),
        ("$(cat arch)", "amd64", " && ", 0),
    ],
)
def test_constants_beside_others(one: str, other: str, separator: str, n_findings: int) -> None:
    commands = BUILD.format(one, "a", "a"), BUILD.format(other, "b", "b")
    text = TWO.format(f"RUN {separator.join(commands)}")
    assert len(findings(constant_goarch, context(text))) == n_findings
    if n_findings:
        check_fix(constant_goarch, text, text.replace("amd64", "$TARGETARCH"))


def test_one_finding_and_one_fix_for_all_constants_of_a_run() -> None:
    text = TWO.format(f"RUN {BUILD.format('amd64', 'a', 'a')} && {BUILD.format('amd64', 'b', 'b')}")
    (finding,) = findings(constant_goarch, context(text))
    assert [it.message for it in finding.related] == ["the same here"]
    (fix,) = finding.fixes
    assert (len(fix.edits), fix.safety) == (2, Safety.SAFE)


def test_one_finding_for_all_constants_of_a_stage_names_the_other_lines() -> None:
    runs = [f"RUN {BUILD.format('amd64', it, it)}" for it in "abcd"]
    text = TWO.replace("ARG TARGETARCH\n", "").format("\n".join(runs)) + "COPY --from=b /out/c /out/d /\n"
    (finding,) = findings(constant_goarch, context(text))
    assert finding.message.endswith(" too; also in lines 3, 4 and 5")
    check_fix(constant_goarch, text, text.replace("RUN", "ARG TARGETARCH\nRUN", 1).replace("amd64", "$TARGETARCH"))


def test_constants_of_two_stages_are_two_findings() -> None:
    one, other = (f"FROM golang AS {it}\nRUN {BUILD.format('amd64', it, it)}\n" for it in "ab")
    copies = "".join(f"COPY --from={it} /out/{it} /{it}\n" for it in "ab")
    assert len(findings(constant_goarch, context(f"{one}{other}FROM alpine\n{copies}"))) == 2


def test_the_fix_for_all_constants_is_safe_only_if_each_edit_is() -> None:
    cgo = BUILD.format("amd64", "b", "b").replace("CGO_ENABLED=0 ", "")
    text = TWO.format(f"RUN {BUILD.format('amd64', 'a', 'a')} && {cgo}")
    (finding,) = findings(constant_goarch, context(text))
    assert [it.safety for it in finding.fixes] == [Safety.SUGGESTION]


def test_a_default_of_an_arg_is_only_a_warning() -> None:
    text = stage("ARG TARGETOS GOARCH=amd64\nRUN CGO_ENABLED=0 go build -o /out/app")
    assert severities(constant_goarch, context(text)) == [Severity.WARNING]
    check_fix(
        constant_goarch,
        stage("ARG GOARCH=amd64\nRUN CGO_ENABLED=0 go build -o /out/app"),
        stage("ARG TARGETARCH\nARG GOARCH=$TARGETARCH\nRUN CGO_ENABLED=0 go build -o /out/app"),
    )


def test_a_binary_for_the_architecture_of_its_image_is_not_reported() -> None:
    check_nothing(
        constant_goarch,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN CGO_ENABLED=0 GOARCH=arm64 go build -o /out/app .
        FROM alpine AS base
        FROM base AS amd64
        RUN apk add app
        FROM base AS arm64
        COPY --from=build /out/app /app
        FROM ${TARGETARCH}
        """,
    )


@every_case(
    "platform, command, safety",
    [
        ("--platform=$BUILDPLATFORM ", "go build -o /go/bin/y x.org/y", Safety.SAFE),
        ("--platform=$BUILDPLATFORM ", "go install x.org/y@v1", Safety.SUGGESTION),
        ("", "go install x.org/y@v1", Safety.SAFE),
    ],
)
def test_the_fix_of_go_install_is_safe_only_if_the_path_stays(platform: str, command: str, safety: Safety) -> None:
    text = f"FROM {platform}golang AS b\nRUN CGO_ENABLED=0 GOARCH=amd64 {command}\nFROM scratch\nCOPY --from=b /go/bin/y /y\n"
    (finding,) = findings(constant_goarch, context(text))
    assert [it.safety for it in finding.fixes] == [safety]


@every_case(
    "run, place",
    [
        ("make GOOS=linux GOARCH=amd64 build", ["amd64"]),
        ("GOARCH=amd64 make build", ["amd64"]),
        ("make GOARCH=$TARGETARCH build", []),
        ("case $TARGETARCH in amd64) make GOARCH=amd64 build;; esac", []),
        ("echo GOARCH=amd64", []),
        ("true\nENV GOARCH=amd64\nRUN make", ["amd64"]),
        ("true\nENV GOARCH=amd64\nRUN make a\nRUN make b", ["amd64"]),
        ("true\nENV GOARCH=amd64\nRUN ./prepare.sh", []),
        ("true\nENV GOARCH=$TARGETARCH\nRUN make", []),
    ],
)
def test_a_variable_that_make_is_given(run: str, place: list[str]) -> None:
    text = f"FROM golang AS b\nWORKDIR /s\nCOPY . .\nARG TARGETARCH\nRUN {run}\nFROM scratch\nCOPY --from=b /s/a /a\n"
    assert [text[slice(*it.range)] for it in findings(constant_goarch, context(text))] == place


COMPILED = "FROM --platform=$BUILDPLATFORM golang AS b\nCOPY . .\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /app .\nFROM alpine\nARG TARGETARCH\n"


@every_case(
    "copies, is_said",
    [
        ("COPY --from=b /app /app\n", True),
        # What has the architecture in its name is given away, not started.
        ("COPY --from=b /app /srv/agent-linux-amd64\n", False),
        # The later file replaces it, for every target.
        ("COPY --from=b /app /app\nCOPY bin/$TARGETARCH/app /app\n", False),
        ("COPY bin/$TARGETARCH/app /app\nCOPY --from=b /app /app\n", True),
        # Directories are merged.
        ("COPY --from=b /app /opt/app\nCOPY etc /opt/app\n", True),
    ],
)
def test_the_file_that_the_image_has_in_the_end(copies: str, is_said: bool) -> None:
    assert bool(findings(constant_goarch, context(COMPILED + copies))) is is_said


@every_case(
    "argument, run, place",
    [
        ("ARG ARCH=amd64", "GOARCH=$ARCH go build -o /a .", ["amd64"]),
        ("ARG GOARCH=amd64", 'GOARCH="${GOARCH}" go build -o /a .', ["amd64"]),
        ("ENV ARCH=arm64", "GOARCH=${ARCH} go build -o /a .", ["arm64"]),
        ("ARG ARCH", "GOARCH=$ARCH go build -o /a .", []),
        ("ARG ARCH=$TARGETARCH", "GOARCH=$ARCH go build -o /a .", []),
        ("ARG ARCH=amd64", "ARCH=$(x); GOARCH=$ARCH go build -o /a .", []),
        ("ARG TARGETARCH", "GOARCH=$TARGETARCH go build -o /a .", []),
    ],
)
def test_an_argument_of_the_project_is_one_value_for_all(argument: str, run: str, place: list[str]) -> None:
    text = f"FROM golang AS b\nARG TARGETARCH\n{argument}\nCOPY . .\nRUN {run}\nFROM scratch\nCOPY --from=b /a /a\n"
    assert [text[slice(*it.range)] for it in findings(constant_goarch, context(text))] == place


@every_case(
    "first, second, choice, places",
    [
        ("amd64", "arm64", "build_$TARGETARCH", []),
        ("arm64", "amd64", "build_${TARGETARCH}", ["arm64", "amd64"]),
        ("arm64", "amd64", "build_amd64", []),
    ],
)
def test_stages_chosen_by_their_names_compile_for_their_targets(
    first: str, second: str, choice: str, places: list[str]
) -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM golang AS src\nCOPY . .\nENV CGO_ENABLED=0\n"
        f"FROM src AS build_amd64\nRUN GOARCH={first} go build -o /x .\n"
        f"FROM src AS build_arm64\nRUN GOARCH={second} go build -o /x .\n"
        f"FROM {choice} AS build\nFROM alpine\nCOPY --from=build /x /x\n"
    )
    assert [text[slice(*it.range)] for it in findings(constant_goarch, context(text))] == places


@every_case(
    "copy, expected",
    [
        ("COPY --from=build /out/tool-amd64 /usr/bin/tool", [Safety.SUGGESTION]),
        ("RUN --mount=from=build,target=/b cp /b/out/tool-amd64 /usr/bin/tool", [Safety.SUGGESTION]),
        ("COPY --from=build /out/ /usr/bin/", []),
        ("COPY --from=build /out/tool-amd64 /usr/bin/", []),
        ("COPY --from=build /out/tool-amd64 /usr/local/bin", []),
        ("COPY --from=build /out/tool-amd64 /srv/tool-amd64", []),
    ],
)
def test_an_output_that_is_renamed_for_the_image_is_for_its_machine(copy: str, expected: list[Safety]) -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM golang AS build\nARG TARGETARCH\n"
        f"RUN CGO_ENABLED=0 GOARCH=amd64 go build -o /out/tool-amd64 .\nFROM alpine\n{copy}\n"
    )
    assert [fix.safety for it in findings(constant_goarch, context(text)) for fix in it.fixes] == expected


@every_case(
    "destination, n_findings",
    [("/opt/tool", 1), ("/opt/linux_amd64/tool", 0), ("/agents/amd64/", 0), ("/srv/tool-amd64", 0)],
)
def test_a_place_in_the_image_that_names_the_machine_is_meant_for_it(destination: str, n_findings: int) -> None:
    text = f"""\
FROM --platform=$BUILDPLATFORM golang AS build
ARG TARGETARCH
RUN CGO_ENABLED=0 GOARCH=amd64 go build -o /out/tool .
FROM alpine
COPY --from=build /out/tool {destination}
"""
    assert len(reported(constant_goarch, text)) == n_findings


@every_case(
    "base, goarch, places",
    [
        ("arm64v8/alpine", "arm64", []),
        ("docker.io/arm64v8/alpine:3", "arm64", []),
        ("ghcr.io/x/base:3-arm64", "arm64", []),
        ("arm64v8/alpine AS base\nFROM base", "arm64", []),
        ("arm64v8/alpine", "amd64", ["amd64"]),
        ("alpine", "arm64", ["arm64"]),
        ("$TARGETARCH/alpine", "arm64", ["arm64"]),
    ],
)
def test_an_image_on_a_base_of_one_machine_needs_programs_for_that_machine(
    base: str, goarch: str, places: list[str]
) -> None:
    text = f"FROM golang AS b\nARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH={goarch} go build -o /a .\nFROM {base}\nCOPY --from=b /a /a\n"
    assert [text[slice(*it.range)] for it in findings(constant_goarch, context(text))] == places


@every_case(
    "command, safety",
    [
        ("go generate ./...", Safety.SUGGESTION),
        ("make generate", Safety.SUGGESTION),
        ("make -C bpf gen-sources", Safety.SUGGESTION),
        ("./scripts/generate.sh", Safety.SUGGESTION),
        ("bpf2go -target amd64 x x.c", Safety.SUGGESTION),
        ("make general", Safety.SAFE),
        ("go mod tidy", Safety.SAFE),
    ],
)
def test_generated_sources_may_be_for_one_machine(command: str, safety: Safety) -> None:
    text = stage(f"RUN {command}\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /out/app .")
    (finding,) = findings(constant_goarch, context(text))
    assert [it.safety for it in finding.fixes] == [safety]


@every_case(
    "lines, safety",
    [
        ("# The server\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /out/app .", Safety.SAFE),
        ("# amd64 only\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /out/app .", Safety.SUGGESTION),
        ("RUN cd /src && \\\n  # for amd64.\n  CGO_ENABLED=0 GOARCH=amd64 go build -o /out/app .", Safety.SUGGESTION),
        ("# not amd64v3\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /out/app .", Safety.SAFE),
    ],
)
def test_a_comment_about_the_architecture_needs_a_review(lines: str, safety: Safety) -> None:
    (finding,) = findings(constant_goarch, context(stage(lines)))
    assert [it.safety for it in finding.fixes] == [safety]


@every_case("name, n_findings", [("", 1), (" AS bin", 1), (" AS bin-amd64", 0)])
def test_an_image_that_is_named_for_an_architecture_gets_files_for_it(name: str, n_findings: int) -> None:
    text = f"FROM golang AS b\nARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /a .\nFROM scratch{name}\nCOPY --from=b /a /a\n"
    assert len(findings(constant_goarch, context(text))) == n_findings


@every_case(
    "run, places",
    [
        ("GOARCH=amd64 ./build.sh", ["amd64"]),
        ("GOOS=linux GOARCH=amd64 ./build.sh", ["amd64"]),
        ("GOOS=windows GOARCH=amd64 ./build.sh", []),
        ("make GOOS=windows GOARCH=amd64", []),
        ("make GOOS=linux GOARCH=amd64", ["amd64"]),
    ],
)
def test_a_script_that_builds_for_another_system_only_exports(run: str, places: list[str]) -> None:
    text = f"FROM golang:1.26\nARG TARGETARCH\nCOPY . .\nRUN {run}\n"
    assert [text[slice(*it.range)] for it in findings(constant_goarch, context(text))] == places


@every_case(
    "lines, place",
    [
        ("RUN go env -w GOOS=linux GOARCH=amd64\nCOPY . .\nRUN go build -o /out/app", "amd64"),
        ("RUN go env -w GOARCH=arm64\nRUN go env -w GOARCH=amd64\nRUN go build -o /out/app", "amd64"),
        ("RUN go env -w GOARCH=amd64 && go build -o /out/app", "amd64"),
        ("RUN go env -w GOARCH=amd64\nRUN GOARCH=$TARGETARCH go build -o /out/app", None),
        ("RUN go env -w GOARCH=amd64 && go env -u GOARCH\nRUN GOARCH=$TARGETARCH go build -o /out/app", None),
        ("RUN go env -w GOARCH=$TARGETARCH\nRUN go build -o /out/app", None),
        ("RUN go env -w GOPROXY=direct\nRUN GOARCH=$TARGETARCH go build -o /out/app", None),
    ],
)
def test_what_go_env_stores_is_a_constant(lines: str, place: str | None) -> None:
    text = stage(f"ARG TARGETARCH\n{lines}")
    found = findings(constant_goarch, context(text))
    assert [text[slice(*it.range)] for it in found] == ([] if place is None else [place])
    if place is not None:
        changed = text[: found[0].range.start] + "$TARGETARCH" + text[found[0].range.end :]
        check_fix(constant_goarch, text, changed)


@every_case(
    "archive, later, doubt",
    [
        ("/fn.zip", "", Doubt.USE),
        ("/fn.tgz", "", Doubt.USE),
        ("/fn.tgz", "RUN tar xzf /fn.tgz\n", None),
    ],
)
def test_an_archive_that_the_image_keeps_may_be_for_another_machine(
    archive: str, later: str, doubt: Doubt | None
) -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM golang:1.25 AS b\nCOPY . .\n"
        f"RUN CGO_ENABLED=0 GOARCH=arm64 go build -o bootstrap . && zip {archive} bootstrap\n"
        f"FROM debian\nARG TARGETARCH\nCOPY --from=b {archive} /\nRUN echo $TARGETARCH\n{later}"
    )
    assert [it.doubt for it in findings(constant_goarch, context(text))] == [doubt]


@every_case(
    "image, setting, is_refused",
    [
        ("golang", "CGO_ENABLED=1", True),
        ("golang", "CGO_ENABLED=0", False),
        # Without C code nothing calls the C compiler, and cgo is off by default for another machine.
        ("golang", "GOFLAGS=-v", False),
        ("golang", "CGO_ENABLED=1 CC=x86_64-linux-gnu-gcc", False),
        ("--platform=$BUILDPLATFORM golang", "CGO_ENABLED=1", False),
    ],
)
def test_the_c_compiler_of_another_machine_may_refuse_the_architecture(
    image: str, setting: str, is_refused: bool
) -> None:
    text = (
        f"FROM {image} AS b\nENV {setting} GOARCH=amd64\nRUN go build -o /app .\nFROM debian\nCOPY --from=b /app /app\n"
    )
    (finding,) = findings(constant_goarch, context(text))
    assert ("stops at C code" in finding.message) is is_refused


@every_case(
    "platform, setting, message",
    [
        (
            "",
            "GOARCH=amd64",
            "for linux/arm64, `go install` writes a binary for amd64, and to another directory, `bin/linux_amd64`",
        ),
        (
            "",
            "GOBIN=/b GOARCH=amd64",
            "the build for linux/arm64 stops: `go install` refuses to put a binary for amd64 into `GOBIN`",
        ),
        (
            "--platform=$BUILDPLATFORM ",
            "GOARCH=amd64",
            "`go install` compiles for amd64, and the binary goes into the image for linux/arm64 too",
        ),
    ],
)
def test_the_directory_of_an_installed_binary(platform: str, setting: str, message: str) -> None:
    text = f"FROM {platform}golang AS b\nARG TARGETARCH\nRUN {setting} go install x.org/y@v1\nFROM scratch\nCOPY --from=b /go/bin/y /b/y /\n"
    assert [it.message for it in findings(constant_goarch, context(text))] == [message]


@every_case(
    "lines, is_said",
    [
        ("ARG ARCH=amd64\nENV GOARCH=$ARCH", True),
        ('ARG ARCH=amd64\nENV GOOS=linux GOARCH="${ARCH}"', True),
        ("ARG TARGETARCH\nENV GOARCH=$TARGETARCH", False),
        ("ARG TARGETARCH\nARG ARCH=$TARGETARCH\nENV GOARCH=$ARCH", False),
        ("ARG ARCH\nENV GOARCH=$ARCH", False),
    ],
)
def test_a_constant_that_env_takes_from_an_argument(lines: str, *, is_said: bool) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\n{lines}\nRUN CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    found = findings(constant_goarch, context(text))
    assert [text[slice(*it.range)] for it in found] == ["amd64"] * is_said
    assert all(it.doubt is Doubt.ARGUMENT for it in found)
