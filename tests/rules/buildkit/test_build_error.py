from __future__ import annotations

from pathlib import Path

from buildxray.projects.sources import read_workspace
from buildxray.rules.base import Severity
from buildxray.rules.buildkit.build_error import build_error
from buildxray.rules.habits.broken_json import broken_json
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, context, findings

FROM = "FROM alpine AS base\n"


@every_case(
    "text, where, replacement",
    [
        (f"{FROM}RUNN echo\n", "RUNN", "RUN"),
        (f"{FROM}copyy a b\n", "copyy", "copy"),
        (f"{FROM}WAT a b\n", "WAT", None),
        (f"{FROM}assert a\n", "assert", None),
        (f"{FROM}FROM alpine\nCOPY --fromm=base /a /b\n", "--fromm", "--from"),
        (f"{FROM}COPY --link=maybe a b\n", "maybe", None),
        (f"{FROM}COPY --chmod=99z a b\n", "99z", None),
        (f"{FROM}COPY https://example.com/x a /b\n", "https://example.com/x", None),
        (f"{FROM}COPY a\n", "a", None),
        (f"{FROM}RUN --mount=type=cach,target=/x true\n", "cach", "cache"),
        (f"{FROM}RUN --mount=type=cache,tagret=/x true\n", "tagret", "target"),
        (f"{FROM}RUN --mount=type=cache,target=/x,sharing=lock true\n", "lock", "locked"),
        (f"{FROM}RUN --network=hots true\n", "hots", "host"),
        (f"{FROM}RUN --security=foo true\n", "foo", None),
        (f"{FROM}STOPSIGNAL SIGTREM\n", "SIGTREM", "SIGTERM"),
        (f"{FROM}EXPOSE 80 8080/tpc\n", "8080/tpc", None),
        (f"{FROM}HEALTHCHECK --interval=3x CMD true\n", "3x", None),
        (f"{FROM}HEALTHCHECK --intervall=3s CMD true\n", "--intervall", "--interval"),
        (f"{FROM}ENV A=1 B\n", "B", None),
        (f"{FROM}ENV A=${{B\n", "${B", None),
        (f"{FROM}ONBUILD FROM x\n", "FROM", None),
        (f"{FROM}COPY --from=base /a /b\n", "base", None),
        ("FROM alpine\nCOPY --from=late /a /b\nFROM alpine AS late\nFROM alpine\nCOPY --from=0 / /\n", "late", None),
        ("FROM alpine AS 1x\n", "1x", None),
        ("FROM --platfrom=linux/amd64 alpine\n", "--platfrom", "--platform"),
        ("FROM Alpine\n", "Alpine", "alpine"),
        ("FROM alpine of x\n", "of", "AS"),
        ("ARG TAG=3\nFROM alpine:$TAGG\n", "TAGG", "TAG"),
        ("FROM --platform=linux/$CPU alpine\n", "CPU", None),
        ("FROM --platform=$BUILDPLATFROM alpine\n", "BUILDPLATFROM", "BUILDPLATFORM"),
        ("FROM alpine:$VERSION\n", "VERSION", None),
        ("FROM debian:$ARCH\n", "ARCH", None),
        ("RUN true\n", "RUN", None),
        ("ARG A=1\n", "ARG", None),
        ("# escape=x\nFROM alpine\n", "x", None),
        ("# check=skp=all\nFROM alpine\n", "skp", "skip"),
        ("FROM -platform=linux/arm64 alpine\n", "-platform=linux/arm64", "--platform=linux/arm64"),
        ("FROM alpine build\n", "build", "AS build"),
        (f"{FROM}RUN --mount=type=secret,id=a,requird true\n", "requird", "required"),
        (f"{FROM}RUN --mount=type=cache,target=/x,uid=root true\n", "root", None),
        (f"{FROM}// notes\n", "//", "#"),
        (f"{FROM}//notes\n", "//", "# "),
        (f"{FROM}-- notes\n", "--", "#"),
        (f"{FROM}; notes\n", ";", "#"),
        ("FROM alpine --platform=linux/arm64 AS x\n", "--platform=linux/arm64", None),
        ("FROM alpine AS x --platform=linux/arm64\n", "--platform=linux/arm64", None),
        (f"{FROM}EXPOSE 80 # the web\n", "#", None),
        (f"{FROM}RUN --mount= type=cache,target=/x true\n", "--mount=", None),
    ],
)
def test_one_error_on_the_wrong_token(text: str, where: str, replacement: str | None) -> None:
    (finding,) = findings(build_error, context(text))
    assert context(text).text[slice(*finding.range)] == where
    assert [edit.new_text for fix in finding.fixes for edit in fix.edits] == ([replacement] if replacement else [])


def test_a_name_that_nothing_declares_is_one_error() -> None:
    text = "FROM alpine:$TAG AS a\nFROM alpine:$OTHER AS b\nFROM debian:${TAG}\nCOPY --from=a / /\nCOPY --from=b / /\n"
    first, second = findings(build_error, context(text))
    assert [text[slice(*it.range)] for it in first.related] == ["TAG"]
    assert text[slice(*second.range)] == "OTHER"
    assert not second.related


def test_one_edit_writes_the_declared_name_in_all_stages() -> None:
    text = "ARG TAG=3\nFROM alpine:{0} AS a\nFROM alpine:{0}\nCOPY --from=a / /\n"
    check_fix(build_error, text.format("$TAGG"), text.format("$TAG"))


@every_case(
    "trigger, where, replacement",
    [
        ("RUNN x", "RUNN", "RUN"),
        ("HEALTHCHECK --intrval=1s CMD x", "--intrval", "--interval"),
        ("COPY a", "a", None),
        ("STOPSIGNAL", "STOPSIGNAL", None),
    ],
)
def test_a_trigger_fails_in_other_builds(trigger: str, where: str, replacement: str | None) -> None:
    ctx = context(f"{FROM}ONBUILD {trigger}\n")
    (finding,) = findings(build_error, ctx)
    assert (ctx.text[slice(*finding.range)], finding.severity) == (where, Severity.WARNING)
    assert finding.message.endswith("; every build on this image fails")
    assert [edit.new_text for fix in finding.fixes for edit in fix.edits] == ([replacement] if replacement else [])


@every_case(
    "text, n_errors",
    [
        (f"{FROM}RUNN a\nCOPPY b c\nEXPOSE x y\n", 4),
        (f"{FROM}RUN --network=x --mount=type=y,target=/z --mount=type=cache,targt=/z true\n", 3),
        (f"{FROM}HEALTHCHECK --interval=1 --timeout=2 CMD true\n", 2),
        # Consequences of the first error are not errors of their own.
        ("FORM alpine\nRUN true\nCOPY a b\n", 1),
        ("RUN true\nRUN true\nCOPY a b\n", 1),
        ("FROM alpine AS a\nCOPY --from=b / /\nFROM alpine AS b\nCOPY --from=a / /\n", 1),
    ],
)
def test_all_independent_errors_are_reported(text: str, n_errors: int) -> None:
    assert len(findings(build_error, context(text))) == n_errors


@every_case(
    "text",
    [
        "ARG BASE\nFROM $BASE\nRUN true\n",
        "ARG TAG\nFROM alpine:${TAG}\n",
        "FROM alpine\nRUN --mount=type=cache,target=/x,sharing=locked true\n",
        "FROM alpine\nEXPOSE 80/tcp 8000-8010\nSTOPSIGNAL SIGRTMIN+3\nSTOPSIGNAL 9\n",
        "# syntax=docker/dockerfile:1-labs\nFROM alpine\nRUN --device=x true\n",
        "FROM alpine AS Build\nFROM alpine\nCOPY --from=build /a /b\n",
        "FROM alpine\nRUN\n",
    ],
)
def test_files_that_buildkit_accepts_are_not_reported(text: str) -> None:
    check_nothing(build_error, text)


def test_an_error_in_a_stage_that_the_image_does_not_need_is_a_warning() -> None:
    ctx = context("FROM alpine AS lint\nSTOPSIGNAL SIGFOO\nFROM alpine\n")
    (finding,) = findings(build_error, ctx)
    assert finding.severity is Severity.WARNING
    assert "the stage `lint`" in finding.message


def test_a_missing_target_is_an_error_of_the_request() -> None:
    (finding,) = findings(build_error, context("FROM alpine AS build\n", target_stage="biuld"))
    assert finding.severity is Severity.WARNING
    assert "the requested build" in finding.message
    assert "did you mean `build`" in finding.message


@every_case(
    "frontend, is_foreign",
    [
        ("docker/dockerfile:1", False),
        ("docker.io/docker/dockerfile-upstream:master", False),
        ("mirror.example.com/docker/dockerfile:1.7-labs", False),
        ("example.com/mockerfile", True),
        ("devthefuture/dockerfile-x", True),
        (" ", False),
    ],
)
def test_a_file_for_another_frontend_gets_a_note(frontend: str, is_foreign: bool) -> None:
    found = findings(build_error, context(f"# syntax={frontend}\nFROM alpine\nINCLUDE x\nINCLUDE y\n"))
    assert [it.severity for it in found] == ([Severity.INFORMATION] if is_foreign else [None, None])


def test_a_fix_that_would_be_wrong_too_is_not_offered() -> None:
    (finding,) = findings(build_error, context("FROM alpine\nCOPPY a\n"))
    assert list(finding.fixes) == []


def test_an_unfinished_from_does_not_change_earlier_findings() -> None:
    text = "FROM golang AS build\nRUN go build -o /a .\nFROM alpine\nCOPY --from=build /a /a\n"
    for unfinished in ("FROM ", "FROM alpine AS", "FROM --platform", "RUN --mo"):
        build = context(text + unfinished).build
        assert [it.is_needed for it in build.stages[:2]] == [True, True], unfinished


def test_the_fix_writes_the_nearest_known_word() -> None:
    check_fix(
        build_error, f"{FROM}RUN --mount=type=tmpf,target=/x true\n", f"{FROM}RUN --mount=type=tmpfs,target=/x true\n"
    )


@every_case("platform", ["$CPU", "linux/$CPU", "linux/${CPU}/v7"])
def test_an_argument_that_only_the_platform_lacks(platform: str) -> None:
    text = f"ARG CPU\nFROM --platform={platform} alpine\n"
    (finding,) = findings(build_error, context(text))
    assert finding.severity is Severity.WARNING
    assert text[slice(*finding.range)] == platform
    assert "--build-arg CPU=" in finding.message


@every_case(
    "text",
    [
        "ARG CPU=arm64\nFROM --platform=linux/$CPU alpine\n",
        "ARG CPU\nFROM --platform=linux/${CPU:-arm64} alpine\n",
        "ARG OS\nFROM --platform=$BUILDPLATFORM alpine-$OS\n",
    ],
)
def test_a_platform_that_has_a_value(text: str) -> None:
    check_nothing(build_error, text)


@every_case(
    "line, reason",
    [
        ("FROM alpine --platform=linux/arm64", "a flag of FROM comes before the image"),
        ("RUN --mount=type=cache, target=/x true", "a mount is one word, without blanks"),
        ("RUN --mount=type=cache target=/x true", "a mount needs a `target`, in one word"),
        ("RUN --mount=type=cache,target=/ true", "a mount cannot replace `/`"),
        ("ARG VERSION = 1", "a blank comes before `=`: write `VERSION=value`"),
        ("ARG =1", "ARG needs a name before `=`"),
        ("ENV A= 1", "a blank comes after `=`: write `A=1`"),
        ("ENV A=1 && make", "no shell reads this instruction"),
        ("LABEL title=My app", 'a value with blanks is quoted, `title="My app"`'),
        ("LABEL title='My app' x", "`x` has no `=`: write `name=value`"),
        ("ENV A=b   # the first", "`#` has no `=`: a comment has a line to itself"),
        ("LABEL a='b' #c d", "`#c` has no `=`: a comment has a line to itself"),
        ("EXPOSE 80,443", "ports are separated by blanks, not by commas: `80 443`"),
        ("EXPOSE 80 # the web", "a comment has a line to itself"),
        ("<<<<<<< HEAD", "a conflict of a merge is not resolved"),
        ("<<<<<< HEAD", "unknown instruction `<<<<<<`"),
        ('RUN python -c "\nimport a', "the RUN above begins a string and does not end it"),
    ],
)
def test_the_message_says_what_was_meant(line: str, reason: str) -> None:
    text = f"{line}\n" if line.startswith("FROM") else f"{FROM}{line}\n"
    (finding,) = findings(build_error, context(text))
    assert reason in finding.message


@every_case(
    "lines",
    [
        "RUN apk add \\\n    git\ngcc",
        "RUN apk add \\\n    git\n  gcc",
        "RUN apk add \\\n    git\n    RUNN gcc",
        "RUN apk add git\n    gcc",
        "RUN apk add \\\n    git\n\n    gcc",
        "ENV A=1 \\\n    B=2\n    gcc",
    ],
)
def test_only_a_line_like_the_last_one_of_a_script_goes_on(lines: str) -> None:
    finding = findings(build_error, context(f"{FROM}{lines}\n"))[-1]
    assert "is `\\` missing" not in finding.message


@every_case(
    "line, fixed",
    [
        ("ENV A=b   # the first", "# the first\nENV A=b"),
        ("  LABEL a='b' #c d\r", "  #c d\r\n  LABEL a='b'\r"),
        ("ENV A=b \\\n  C=d # the second", None),
        ("ENV A=b c # d", None),
    ],
)
def test_a_comment_after_pairs_gets_its_line(line: str, fixed: str | None) -> None:
    (finding,) = findings(build_error, context(f"{FROM}{line}\n"))
    texts = [apply_edits(f"{FROM}{line}\n", it.edits) for it in finding.fixes]
    assert texts == ([] if fixed is None else [f"{FROM}{fixed}\n"])


def test_a_merge_conflict_is_one_finding() -> None:
    conflict = "<<<<<<< HEAD\nRUN one\n=======\nRUN two\n>>>>>>> topic\n"
    text = f"{FROM}{conflict}RUN make\n{conflict}BUILD x\n"
    messages = [(it.message, len(it.related)) for it in findings(build_error, context(text))]
    assert [n for _, n in messages] == [2, 2, 0]
    assert "`BUILD`" in messages[-1][0]


@every_case(
    "before, line, word",
    [
        ("RUN apk update", "    && apk add git", "&&"),
        ("RUN apk update &&", "    apk add git", "apk"),
        ("RUN --network=none", "    --mount=type=cache,target=/x make", "--mount=type=cache,target=/x"),
        ("RUN make", "  -j4", "-j4"),
        ("RUN apk add \\\n    git \\\n    make", "    gcc && make", "gcc"),
    ],
)
def test_the_fix_joins_a_line_with_the_instruction_above(before: str, line: str, word: str) -> None:
    text = f"{FROM}{before}\n{line}\n"
    finding = findings(build_error, context(text))[-1]
    assert context(text).text[slice(*finding.range)] == word
    assert "is `\\` missing at the end of the line above?" in finding.message
    check_fix(build_error, text, f"{FROM}{before} \\\n{line}\n")


@every_case(
    "before, after",
    [
        (
            "FROM a\nRUN apt-get install -y \\ # tools\n    gdb \\\t# don't\n    vim\nCMD x\n",
            "FROM a\n# tools\nRUN apt-get install -y \\\n    # don't\n    gdb \\\n    vim\nCMD x\n",
        ),
        ("FROM a\r\nRUN b \\ # a\r\n  c\r\n", "FROM a\r\n# a\r\nRUN b \\\r\n  c\r\n"),
        ("# escape=`\nFROM a\nRUN b ` # c\n  d\n", "# escape=`\nFROM a\n# c\nRUN b `\n  d\n"),
    ],
)
def test_a_comment_after_the_escape_token_ends_an_instruction(before: str, after: str) -> None:
    (finding,) = findings(build_error, context(before))
    assert "ends the instruction above; a comment needs a line of its own" in finding.message
    check_fix(build_error, before, after)


@every_case(
    "lines",
    [
        # The line is not continued, or goes on after a blank one.
        "RUN a # b\ngdb c",
        "RUN a \\ # b\n\ngdb c",
        "RUN a ` # b\ngdb c",
        "RUN a \\#b\ngdb c",
    ],
)
def test_a_comment_elsewhere_ends_nothing(lines: str) -> None:
    (finding,) = findings(build_error, context(f"FROM x\n{lines}\n"))
    assert finding.message == "unknown instruction `gdb`"


@every_case("end", ["\\\\", "\\\\\\", "\\\\  "])
def test_an_escape_token_after_another_is_one_too_many(end: str) -> None:
    text = f"{FROM}RUN cd a {end}\n  && make\n"
    check_fix(build_error, text, f"{FROM}RUN cd a \\{end[len(end.rstrip()) :]}\n  && make\n")


@every_case("lines", ["RUN a\n\n&& b", "RUN a\ngit add", "RUN <<EOF\na &&\nEOF\ngit add", "&& a"])
def test_a_line_that_does_not_continue_the_one_above_has_no_such_fix(lines: str) -> None:
    messages = [it.message for it in findings(build_error, context(f"FROM alpine\nUSER a\n# x\n{lines}\n"))]
    assert messages
    assert all(it.startswith("unknown instruction") for it in messages)


@every_case(
    "image, n_findings", [("alpine:3.22", 1), ("python@sha256:" + "a" * 64, 1), ("golang:1.26", 0), ("me/x", 0)]
)
def test_a_mount_at_the_working_directory_of_the_image(image: str, n_findings: int) -> None:
    build_here = "RUN --mount=type=bind,target=. make\n"
    assert len(findings(build_error, context(f"FROM {image} AS a\nFROM a\n{build_here}"))) == n_findings
    check_nothing(build_error, f"FROM {image}\nWORKDIR /src\n{build_here}")


@every_case(
    "lines, mark",
    [
        ("@INCLUDE base\nRUN a\n@IF [ x ]\nFROM debian\n@ENDIF", "@INCLUDE"),
        ("{{ if .Debug }}\nRUN a\n{{ end }}", "{{"),
        ("  {%- for it in all %}\nRUN {{ it }}\n{% endfor %}", "{%-"),
        ("<% if x %>\nRUN a\n<% end %>", "<%"),
        ("@include base\nRUN a", "@include"),
        ("%if debug\nRUN a\n%endif", "%if"),
        ("define(`VERSION', `3')dnl\nRUN a", "define("),
        ("  m4_include(base.m4)\nRUN a", "m4_include("),
        ("dnl tools\nRUN a", "dnl"),
        ("$TOOLS\nRUN a", "$TOOLS"),
        ("${TOOLS}\r\nRUN a", "${TOOLS}\r"),
        ("...\nRUN a", "..."),
        ("[…]\nRUN a", "[…]"),
        ('#include "tools"\nRUNN a', '#include "'),
        ("#ifdef DEBUG\nRUN a\n#else\nDEBUG a\n#endif", "#ifdef DEBUG"),
    ],
)
def test_a_template_gets_one_note(lines: str, mark: str) -> None:
    text = f"FROM alpine\n{lines}\n"
    (finding,) = findings(build_error, context(text))
    assert (finding.severity, text[slice(*finding.range)]) == (Severity.INFORMATION, mark)


@every_case(
    "line",
    [
        "--- tools ---",
        "@base",
        "@",
        "INCLUDE base",
        "R{{N a",
        "RNU {{ x }}",
        "%FROM x",
        "definition (a)",
        "dnlx a",
        "  $TOOLS",
        "$TOOLS all",
        "${TOOLS:-a}",
        "....a",
        "# include 'tools'\nRUNN a",
        "# if defined, it is used\nRUNN a",
    ],
)
def test_a_file_that_is_not_a_template_has_errors(line: str) -> None:
    (finding,) = findings(build_error, context(f"FROM alpine\n{line}\n"))
    assert finding.severity is None


def test_a_placeholder_is_not_written_in_lower_case() -> None:
    assert [len(it.fixes) for it in findings(build_error, context("FROM BASE-IMAGE\nRUN a\n"))] == [0]
    assert [len(it.fixes) for it in findings(build_error, context("FROM Alpine\nRUN a\n"))] == [1]


@every_case(
    "text, mark",
    [
        ("FROM __BASE_IMAGE__/debian\nRUN true\n", "__BASE_IMAGE__"),
        ("FROM @BASE@\nRUN true\n", "@BASE@"),
        ("FROM %%BASE%%\nRUN true\n", "%%BASE%%"),
        ("FROM %base_image%\nRUN true\n", "%base_image%"),
        ("FROM alpine:%tag%\nRUN true\n", "%tag%"),
        ("FROM alpine\n__COPY_TOOLS a b\n", "__COPY_TOOLS"),
        ("FROM --platform=__PLATFORM__ alpine\nRUN true\n", "__PLATFORM__"),
        ("FROM node:{{ version }} AS build\nRUN true\n", "{{ version }}"),
        ("FROM python:{{version}}-slim AS build\nRUN true\n", "{{version}}"),
        ("FROM alpine\nEXPOSE {{ port }}\n", "{{ port }}"),
        ("FROM alpine\nENV A={{ value }}\n", "{{ value }}"),
        ("FROM node:<%= version %>\nRUN true\n", "<%= version %>"),
        ("FROM [% image %]\nRUN true\n", "[% image %]"),
        ("FROM <your image>\nRUN true\n", "<your image>"),
        ("FROM example.com/<name>:1\nRUN true\n", "<name>"),
        ("FROM #{image}#\nRUN true\n", "#{image}"),
        ("FROM {image}\nRUN true\n", "{image}"),
        ("FROM %(image)s\nRUN true\n", "%(image)s"),
        ("FROM BASEIMAGE\nRUN true\n", "BASEIMAGE"),
        ("FROM BASE_IMAGE\nRUN true\n", "BASE_IMAGE"),
        ("FROM baseImage\nRUN true\n", "baseImage"),
        ("FROM yourImageName:1\nRUN true\n", "yourImageName:1"),
        ("FROM ARG_FROM:1\nRUN true\n", "ARG_FROM:1"),
        ("FROM ARG_SITE/tool-ARG_ARCH:ARG_TAG\nRUN true\n", "ARG_SITE/tool-ARG_ARCH:ARG_TAG"),
        ("FROM example.com/BASE_IMAGE\nRUN true\n", "example.com/BASE_IMAGE"),
        ("FROM alpine:#TAG#\nRUN true\n", "#TAG#"),
        ("FROM ~BASE~\nRUN true\n", "~BASE~"),
        ("FROM {}\nRUN true\n", "{}"),
        ("FROM alpine:{0}\nRUN true\n", "{0}"),
        ("FROM %s\nRUN true\n", "%s"),
        ("FROM [[ image ]]\nRUN true\n", "[[ image ]]"),
        ("FROM alpine:((tag))\nRUN true\n", "((tag))"),
        ("FROM [BASE_IMAGE]\nRUN true\n", "[BASE_IMAGE]"),
        ("FROM alpine\nADD ${project.build.name}.jar /\n", "${project.build.name}"),
        ("FROM alpine\n{# a comment #}\nRUN true\n", "{#"),
        ("---\nto: app/Dockerfile\n---\nFROM alpine\n", "---"),
        ("\n---\r\nto: a\r\n# x\r\n\r\n- b\r\n---\r\nFROM alpine\n", "---"),
    ],
)
def test_a_placeholder_makes_a_template(text: str, mark: str) -> None:
    (finding,) = findings(build_error, context(text))
    assert finding.severity is Severity.INFORMATION
    assert f"`{mark}`" in finding.message


@every_case(
    "text",
    [
        "FROM Alpine__x\n",
        "FROM alpine@BASE\n",
        "FROM alpine\n_COPY a b\n",
        "FROM a%b\n",
        "ARG VERSION=3\nFROM alpine:{VERSION}\n",
        "FROM alpine:$(VERSION)\n",
        "FROM ALPINE\n",
        "FROM My_app\n",
        "FROM library/Alpine_BASE\n",
        "ARG BASE_IMAGE=alpine\nFROM BASE_IMAGE\n",
        "FROM alpine:#TAG\n",
        "FROM alpine:[3]\n",
        "FROM $BASE_IMAGE\n",
        "FROM alpine\nENV A=1 BASE_IMAGE\n",
        "FROM alpine\nBASE_IMAGE\n",
        "ARG baseImage=alpine\nFROM baseImage\n",
        "FROM myBaseImage\n",
        "FROM alpine\nADD ${name}.jar ${name/}\nRUN\n",
        "FROM alpine\nLABEL a={{b}} c\n",
        "FROM alpine\nEXPOSE 80/tpc\nRUN echo {{ a }}\n",
        "FROM alpine\nRUN <<EOF > log\ntrue\n",
    ],
)
def test_a_wrong_name_is_not_a_placeholder(text: str) -> None:
    assert [it.severity for it in findings(build_error, context(text))] != [Severity.INFORMATION]


@every_case("text", ["", "\n \n", "# later\n"])
def test_an_empty_file_is_information(text: str) -> None:
    (finding,) = build_error.check(context(text))
    assert (finding.severity, finding.is_for_reader) == (Severity.INFORMATION, True)
    (finding,) = build_error.check(context(text, workspace=Workspace(has_build=True)))
    assert (finding.severity, finding.is_for_reader) == (Severity.ERROR, False)


@every_case("head", ["---", "---\nFROM a\n---", "--- x\nto: a\n---"])
def test_lines_of_dashes_alone_make_no_template(head: str) -> None:
    assert all(it.severity is None for it in findings(build_error, context(f"{head}\nFROM alpine\n")))


@every_case(
    "name, has_build, severity",
    [
        ("Dockerfile", False, None),
        ("containerfile", False, None),
        ("", False, None),
        ("roles/base/Dockerfile", True, None),
        ("roles/base/Dockerfile", False, Severity.INFORMATION),
        ("docker/Dockerfile.common", True, None),
        ("docker/Dockerfile.common", False, Severity.INFORMATION),
        ("users.dockerfile", False, Severity.INFORMATION),
    ],
)
def test_a_file_without_from_may_be_a_part_of_others(name: str, severity: Severity | None, *, has_build: bool) -> None:
    workspace = Workspace(dockerfile=name, has_build=has_build)
    (finding,) = findings(build_error, context("RUN true\n", workspace=workspace))
    assert finding.severity is severity
    assert finding.message.startswith("a build of this file alone stops: ") is (severity is Severity.INFORMATION)
    several = findings(build_error, context("RUN true\nRUNN a\nCOPPY b\n", workspace=workspace))
    assert len(several) == (1 if severity is Severity.INFORMATION else 3)
    # With a FROM, it is a file of its own.
    assert [it.severity for it in findings(build_error, context("FROM a\nRUNN b\n", workspace=workspace))] == [None]


@every_case(
    "beside, severity",
    [
        (["package.json"], None),
        (["main.py", "README.md"], None),
        (["README.md"], Severity.INFORMATION),
        ([], Severity.INFORMATION),
    ],
)
def test_a_file_beside_sources_is_built_as_it_is(beside: list[str], severity: Severity | None, tmp_path: Path) -> None:
    for name in beside:
        (tmp_path / name).write_text("{}")
    workspace = read_workspace(tmp_path)._replace(dockerfile="web/Dockerfile")
    assert [it.severity for it in findings(build_error, context("RUN true\n", workspace=workspace))] == [severity]


@every_case(
    "path, has_build, severity",
    [
        ("Dockerfile.bad", False, Severity.INFORMATION),
        ("invalid.Dockerfile", False, Severity.INFORMATION),
        ("e2e/build-fail/Dockerfile", False, Severity.INFORMATION),
        ("e2e/build-fail/Dockerfile", True, Severity.INFORMATION),
        ("src/testdata/Dockerfile", False, Severity.INFORMATION),
        ("rules/port/test/positive.dockerfile", False, Severity.INFORMATION),
        ("rules/port/test/positive.dockerfile", True, None),
        ("src/test/web/Dockerfile", False, None),
        ("latest/web.dockerfile", False, None),
        ("web/__fixtures__/Dockerfile", False, Severity.INFORMATION),
        ("alpine/tmplv1.Dockerfile", False, Severity.INFORMATION),
        ("alpine/Dockerfile.template-2", False, Severity.INFORMATION),
        ("templates/web/Dockerfile", False, Severity.INFORMATION),
        ("{{ cookiecutter.name }}/Dockerfile", False, Severity.INFORMATION),
        ("templates/web/Dockerfile", True, None),
        ("email-template-service/Dockerfile", False, None),
        ("Dockerfile.templating", False, None),
        ("broken-links/Dockerfile", True, None),
        ("fixtures/Dockerfile", True, None),
        ("fail2ban/Dockerfile", False, None),
        ("failover/Dockerfile", False, None),
        ("tests/Dockerfile", False, None),
        ("data/Dockerfile", False, None),
        ("Dockerfile", False, None),
    ],
)
def test_a_file_that_may_be_wrong_on_purpose(path: str, severity: Severity | None, *, has_build: bool) -> None:
    ctx = context("FROM a\nRUNN b\n", workspace=Workspace(dockerfile=path, has_build=has_build))
    assert [it.severity for it in findings(build_error, ctx)] == [severity]


@every_case(
    "text, wrong",
    [
        ("services:\n  web:\n    image: nginx\n", ["services:"]),
        ("docker build .\ndocker push a\n", ["docker"]),
        ("docker build .\nFROM alpine\npush a\n", ["docker", "push"]),
    ],
)
def test_a_text_of_another_kind_has_one_error(text: str, wrong: list[str]) -> None:
    assert [text[slice(*it.range)] for it in findings(build_error, context(text))] == wrong


def test_the_name_of_an_argument_lacks_its_dollar_sign() -> None:
    check_fix(
        build_error,
        "ARG BASE=alpine\nARG BASE_IMAGE=debian\nFROM BASE\n",
        "ARG BASE=alpine\nARG BASE_IMAGE=debian\nFROM $BASE\n",
        title="Write `$BASE`",
    )


@every_case(
    "other, line, is_part",
    [
        ("app/Dockerfile", "INCLUDE+ docker/Dockerfile.users", True),
        ("app/app.dockerfile", "include ./Dockerfile.users", True),
        ("Dockerfile", "INCLUDE app/Dockerfile.users", True),
        ("app/Dockerfile", "INCLUDE ./users", False),
        ("app/Dockerfile", "RUN cat Dockerfile.users", False),
        ("app/README", "INCLUDE Dockerfile.users", False),
    ],
)
def test_a_file_that_another_one_includes_has_no_errors(
    other: str, line: str, tmp_path: Path, *, is_part: bool
) -> None:
    root = tmp_path / other.replace("/", "-") / line.replace("/", "-")
    (root / "app").mkdir(parents=True)
    (root / other).write_text(f"FROM alpine\n{line}\n")
    workspace = read_workspace(root / "app")._replace(dockerfile="app/Dockerfile.users")
    severities = [it.severity for it in findings(build_error, context("RUN true\n", workspace=workspace))]
    assert severities == ([] if is_part else [Severity.INFORMATION])


@every_case(
    "lines, wrong",
    [
        ('RUN python -c "\nimport a\nassert a\nprint(1)\n"\nWRONG\n', ["import", "WRONG"]),
        ("RUN python -c '\nimport a\n\nfrom b import c\nprint(\"it\")'\nWRONG\n", ["import", "WRONG"]),
        ('RUN python -c "import a\nprint(1)"\nWRONG\n', ['print(1)"', "WRONG"]),
        ('RUN echo "\nONE\nENV A=1\nTWO\n', ["ONE", "TWO"]),
        ("RUN echo 'a' \"it's\"\nONE\nTWO\n", ["ONE", "TWO"]),
        ('RUN echo \\"\nONE\nTWO\n', ["ONE", "TWO"]),
        ('RUN <<EOF\necho "\nEOF\nONE\nTWO\n', ["ONE", "TWO"]),
        ('CMD echo "\nONE\nTWO\n', ["ONE", "TWO"]),
    ],
)
def test_the_lines_of_a_string_have_one_error(lines: str, wrong: list[str]) -> None:
    text = f"{FROM}{lines}"
    assert [text[slice(*it.range)] for it in findings(build_error, context(text))] == wrong


@every_case(
    "path, has_build, severities",
    [
        ("", False, [Severity.INFORMATION]),
        ("web/Dockerfile", False, [Severity.INFORMATION]),
        ("dockerfile", False, [Severity.INFORMATION]),
        ("Containerfile", False, [Severity.INFORMATION]),
        ("web/Dockerfile.original", False, []),
        ("Dockerfile.dev", False, []),
        ("web/Dockerfile", True, [Severity.ERROR]),
        ("Dockerfile.dev", True, [Severity.ERROR]),
    ],
)
def test_an_empty_file_is_an_error_if_a_build_names_it(
    path: str, *, has_build: bool, severities: list[Severity]
) -> None:
    ctx = context("# later\n", workspace=Workspace(dockerfile=path, has_build=has_build))
    assert [it.severity for it in findings(build_error, ctx)] == severities


@every_case("line", ["FROM alpine # base", "FROM alpine #base", "FROM alpine AS a # base"])
def test_a_comment_is_not_made_a_name(line: str) -> None:
    (finding,) = findings(build_error, context(f"{line}\n"))
    assert finding.fixes == ()


@every_case(
    "head, option, n_findings",
    [
        # The image, or a build argument, may set it.
        ("FROM example.org/base:1", "target=$DIR", 0),
        ("FROM example.org/base:1", "target=/x,uid=$ID", 0),
        ("FROM alpine\nARG DIR", "target=$DIR", 0),
        ("FROM alpine\nARG ID", "target=/x,uid=$ID", 0),
        # Nothing does.
        ("FROM alpine", "target=$DIR", 1),
        ("FROM scratch", "target=$DIR", 1),
        ("FROM example.org/base:1\nENV DIR=", "target=$DIR", 1),
        # Another option is wrong.
        ("FROM example.org/base:1", "target=$DIR,uid=nobody", 1),
        ("FROM example.org/base:1", "target=/$DIR,sharing=all", 1),
        ("FROM example.org/base:1\nWORKDIR /x", "target=$DIR", 0),
    ],
)
def test_a_variable_of_a_mount_that_the_text_does_not_set(head: str, option: str, n_findings: int) -> None:
    text = f"{head}\nRUN --mount=type=cache,{option} make\n"
    assert len(findings(build_error, context(text))) == n_findings


def test_a_variable_that_is_empty_in_several_mounts_is_one_finding() -> None:
    run = "RUN --mount=type=cache,target=$DIR make {}\n"
    (finding,) = findings(build_error, context(f"FROM alpine\n{run.format('a')}{run.format('b')}"))
    assert finding.message.endswith("nothing sets its variable, so that it is empty")
    assert len(finding.related) == 1


@every_case(
    "head, line, n_findings",
    [
        ("FROM example.org/base:1", "EXPOSE $PORT/tcp", 0),
        ("FROM alpine\nARG PORT", "EXPOSE ${PORT}/tcp", 0),
        ("FROM alpine\nARG SIGNAL", "STOPSIGNAL $SIGNAL", 0),
        ("FROM example.org/base:1", "VOLUME $DIR", 0),
        ("FROM alpine", "EXPOSE $PORT/tcp", 1),
        ("FROM alpine\nARG PORT=http", "EXPOSE $PORT/tcp", 1),
        ("FROM alpine\nARG PORT", "EXPOSE $PORT/tcp http", 1),
        ("FROM alpine", "VOLUME $DIR", 1),
        ("FROM example.org/base:1\nARG SUM", "ADD --checksum=sha256:$SUM https://example.org/a /a", 0),
        ("FROM alpine\nARG URL", f"ADD --checksum=sha256:{'0' * 64} $URL /a", 0),
        ("FROM alpine", "ADD --checksum=sha256:$SUM https://example.org/a /a", 1),
        ("FROM example.org/base:1", "ADD --checksum=sha256:1 https://example.org/a /a", 1),
    ],
)
def test_a_variable_of_a_setting_that_the_text_does_not_set(head: str, line: str, n_findings: int) -> None:
    assert len(findings(build_error, context(f"{head}\n{line}\n"))) == n_findings


def test_a_word_that_is_wrong_for_each_target_is_one_finding() -> None:
    text = "FROM alpine\nARG TARGETARCH\nCOPY https://example.org/a-$TARGETARCH /a\n"
    assert [it.message for it in findings(build_error, context(text))] == [
        "COPY cannot download `https://example.org/a-amd64`; ADD can"
    ]


@every_case(
    "above, line, title, written",
    [
        ("RUN <<EOF\ntrue\nEOF", "chmod +x /a", "Write a RUN for it", "RUN chmod +x /a"),
        ("RUN <<EOF\ntrue\nEOF", "&& chmod +x /a", "Write a RUN for it", "RUN chmod +x /a"),
        ("COPY <<EOF /a\ntrue\nEOF", "  chmod +x /a", "Write a RUN for it", "  RUN chmod +x /a"),
        ("RUN true", "cp /a \\\n  /b", "Write a RUN for it", "RUN cp /a \\\n  /b"),
        # Parts of a longer script
        ("RUN if true; then", "  rm /a\nfi", None, ""),
        ("RUN true", "echo a\nEOF", None, ""),
        ("RUN true", "cp /a &&", None, ""),
        # Without an effect of their own
        ("RUN <<EOF\ntrue\nEOF", "cd /app", None, ""),
        ("RUN <<EOF\ntrue\nEOF", "|| true", None, ""),
        # Misspelt instructions
        ("RUN <<EOF\ntrue\nEOF", "CMDD /app", "Write `CMD`", "CMD /app"),
        ("RUN <<EOF\ntrue\nEOF", "CHMOD 1 /a", "Write `CMD`", "CMD 1 /a"),
        ("RUN <<EOF\ntrue\nEOF", "cmdd /app", "Write `cmd`", "cmd /app"),
        # An instruction that goes on
        ("RUN true", "&& chmod +x /a", "Join it with the line above", None),
    ],
)
def test_a_line_of_a_script_after_an_instruction(above: str, line: str, title: str | None, written: str | None) -> None:
    text = f"{FROM}{above}\n{line}\n"
    finding = findings(build_error, context(text))[0]
    assert [it.title for it in finding.fixes] == ([] if title is None else [title])
    if title is not None and written is not None:
        assert apply_edits(text, finding.fixes[0].edits) == f"{FROM}{above}\n{written}\n"


@every_case(
    "line, written",
    [
        ('ARG "a=b c"', 'ARG a="b c"'),
        ("ENV 'a=$HOME b' c=d", "ENV a='$HOME b' c=d"),
        ('LABEL "a=b" "c=d"', 'LABEL a="b" c="d"'),
        # A quote that is open, and names with spaces
        ('ENV "a=b', None),
        ('ENV "a b=c"', None),
        ('ENV "a=b"c"', None),
    ],
)
def test_quotes_around_name_and_value(line: str, written: str | None) -> None:
    finding, *others = findings(build_error, context(f"{FROM}{line}\n"))
    assert ("BuildKit splits at `=` first" in finding.message) == (written is not None)
    if written is not None:
        assert not others
        assert apply_edits(f"{FROM}{line}\n", finding.fixes[0].edits) == f"{FROM}{written}\n"


@every_case(
    "lines, fixed",
    [
        ('CMD [\n  "a",\n  "b c"\n]', 'CMD [ \\\n  "a", \\\n  "b c" \\\n]'),
        ('ENTRYPOINT ["a",\n"b"]', 'ENTRYPOINT ["a", \\\n"b"]'),
        (
            'RUN [\n  # with a shell\n  "sh",\n\n  "-c", "b"\n]',
            'RUN [ \\\n  # with a shell\n  "sh", \\\n\n  "-c", "b" \\\n]',
        ),
        # Not an array, one without an end, and a line of something else.
        ('RUN echo [\n"a"', None),
        ('CMD [\n"a",\n"b"', None),
        ('CMD [\n"a",\nWRONG\n]', None),
        ('RUN true\n"a",\n]', None),
    ],
)
def test_an_array_over_several_lines_needs_escapes(lines: str, fixed: str | None) -> None:
    finding, *others = findings(build_error, context(f"{FROM}{lines}\n"))
    assert ("a part of the array of line 2" in finding.message) is (fixed is not None)
    if fixed is not None:
        assert not others
        assert apply_edits(f"{FROM}{lines}\n", finding.fixes[0].edits) == f"{FROM}{fixed}\n"


def test_the_end_of_a_heredoc_ends_its_run() -> None:
    text = f"{FROM}RUN <<EOF\ntrue\nEOF\nchmod +x /a\n"
    (finding,) = findings(build_error, context(text))
    assert finding.message.endswith("; the RUN above ends with its heredoc, in line 4")
    (finding,) = findings(build_error, context(f"{FROM}RUN true\nchmod +x /a\n"))
    assert "heredoc" not in finding.message


@every_case(
    "line, is_automated, has_build, n_errors",
    [
        ("INCLUDE ./docker/base", True, False, 0),
        ("INCLUDE+ ./docker/base", True, False, 0),
        ("INCLUDE ./docker/base", True, True, 1),
        ("INCLUDE ./docker/base", False, False, 1),
        ("INCLUDED ./docker/base", True, False, 1),
    ],
)
def test_a_file_whose_parts_a_program_of_the_project_joins(
    line: str, *, is_automated: bool, has_build: bool, n_errors: int
) -> None:
    workspace = Workspace(is_automated=is_automated, has_build=has_build)
    found = findings(build_error, context(f"FROM alpine\n{line}\n", workspace=workspace))
    assert sum(it.severity is None for it in found) == n_errors


@every_case(
    "lines, fixed",
    [
        ('COPY ["a",\n"b", "/"]', 'COPY ["a", \\\n"b", "/"]'),
        ('SHELL [\n"/bin/sh", "-c"]', 'SHELL [ \\\n"/bin/sh", "-c"]'),
        ('CMD ["a",\n"b"]', 'CMD ["a", \\\n"b"]'),
        ('HEALTHCHECK CMD ["a", \\\n"b",\n"c"]', 'HEALTHCHECK CMD ["a", \\\n"b", \\\n"c"]'),
    ],
)
def test_what_an_instruction_lacks_because_its_array_goes_on_is_the_same_error(lines: str, fixed: str) -> None:
    text = f"FROM alpine\n{lines}\n"
    (finding,) = findings(build_error, context(text))
    assert "a part of the array of line 2" in finding.message
    assert findings(broken_json, context(text)) == []
    check_fix(build_error, text, f"FROM alpine\n{fixed}\n")


@every_case(
    "text, line",
    [
        ("FROM alpine AS a\nARG BUILDVERSION=3\nRUN true\nFROM alpine:$BUILDVERSION\n", 2),
        ("FROM alpine AS a\nARG VERSION\nFROM alpine AS b\nARG VERSION=3\nFROM alpine:${VERSION}\nARG VERSION\n", 4),
        ("ARG VERSIONS=3\nFROM alpine:$VERSION\nRUN true\nARG VERSION=3\n", 4),
        # No stage has it.
        ("ARG VERSIONS=3\nFROM alpine AS a\nARG OTHER=3\nFROM alpine:$VERSION\n", None),
        ("FROM alpine AS a\nENV VERSION=3\nFROM alpine:$VERSION\n", None),
    ],
)
def test_the_argument_of_a_stage_has_no_value_in_from(text: str, line: int | None) -> None:
    (finding,) = findings(build_error, context(text))
    ending = f": the one of line {line} is for the stage that has it; move it above the first FROM"
    assert finding.message.endswith(ending) is (line is not None)
    assert ("did you mean" in finding.message) is ("VERSIONS" in text and line is None)
    assert bool(finding.fixes) is ("did you mean" in finding.message)
