"""BuildKit refuses to build the file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from buildxray.localization import _, localized
from buildxray.rules.base import Finding, Fix, FixAvailability, FixFinder, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.purpose import (
    is_for_helping,
    is_in_tests,
    is_template_by_name,
    is_test_data,
    is_wrong_by_name,
)
from buildxray.rules.one_cause import same_here
from buildxray.semantics.build import Build, PlanError, Run, Workspace
from buildxray.semantics.errors import (
    Cause,
    array_above,
    array_from,
    comment_after_pairs,
    comments_to_move,
    end_of_heredoc,
    errors_elsewhere,
    errors_of_triggers,
    foreign_frontend,
    forgotten_run,
    is_command,
    missing_escape,
    quotes_to_move,
)
from buildxray.syntax.instructions import From, Unknown
from buildxray.syntax.text import Edit, TextRange


@rule(Severity.ERROR, Severity.ERROR, FixAvailability.SOMETIMES)
def build_error(ctx: RuleContext) -> Iterator[Finding]:
    """BuildKit refuses to build the file.

    ## What it does
    Reports every independent mistake for which BuildKit would stop: unknown instructions, flags and options, missing arguments, invalid values,
    names that do not exist. BuildKit itself reports only the first, and so does this rule in a file without FROM that may be a part of others.

    The finding is only a warning in a stage that the image does not need, because the build does not run it; in the trigger of an ONBUILD,
    because only builds on this image fail; and for a missing target stage, because the request is wrong and not the file. It is information if a
    Bake file or a workflow makes that request (`check DIRECTORY` reports that one only in the file that makes it), and in a file that is
    probably not built as it is, unless a file of the project builds it: a file without FROM that is not where `docker build` looks for it
    (`Dockerfile.common`, `roles/base/Dockerfile` in a directory without sources), because it may be a part of others; data of tests
    (`fixtures/`, `testdata/`, `tests/positive.dockerfile`); and a file whose path says that it is a template (`tmpl.Dockerfile`, `templates/web/Dockerfile`) or wrong
    (`Dockerfile.bad`, `build-fail/Dockerfile`). A build by a script that writes the file before does not count. It is information too, in a file
    with a FROM, if files of the project build it and all of them with Buildah or Podman, which accept more.

    ## Why it matters
    `docker build` stops before the first step.

    ## Example
    ```dockerfile
    FROM alpine:3.22
    RUN --mount=type=tmpf,target=/scratch make check
    STOPSIGNAL SIGTREM
    ```

    Use instead:
    ```dockerfile
    FROM alpine:3.22
    RUN --mount=type=tmpfs,target=/scratch make check
    STOPSIGNAL SIGTERM
    ```

    ## Fix safety
    A suggestion, if a known word is similar, if a line of a script lacks its RUN, if the lines of an array lack their escape tokens, or if a comment
    comes after other words.

    ## Limits
    A file for another frontend (`# syntax=` names an image that is not Docker's) gets a note instead, because only that frontend defines its
    syntax; nothing is reported in a file without FROM that another Dockerfile includes (`INCLUDE`, `INCLUDE+`). For a template no rule reports
    anything, because BuildKit reads the text that a program makes of it; `check DIRECTORY` only counts templates, parts, data of tests and empty files
    that no file of the project builds. A template is recognised by settings between two lines of `---` at its beginning, by a line that begins with `{{`, `{%`,
    `<%`, `define(` or a word such as `@INCLUDE`, by `INCLUDE base` if the project has builds but none of the file as it is, by a line that holds
    only a variable or dots, by directives of the preprocessor of C (`#include "base"`) in a file with an error, or by a placeholder such as
    `__BASE__`, `@BASE@`, `%%BASE%%`, `{{ base }}`, `<base>`, `${project.name}`, `FROM BASE_IMAGE` or `FROM baseImage` where a name belongs. An empty file that no
    file of the project builds is information, and nothing is reported if its name is another than `Dockerfile` or `Containerfile`. Another name
    without lower-case letters, such as `FROM ALPINE`, gets no fix, because a program may replace it. Errors that depend on a registry or a build
    argument are not reported: whether an image exists, whether its WORKDIR suits `--mount=type=bind,target=.`, the value of a variable in
    `--mount`, `--checksum`, EXPOSE, STOPSIGNAL or VOLUME that the image or a build argument may set, and the value of `ARG BASE` without a
    default or with one that is not valid (`invalid-default-arg-in-from` reports that). An ARG without a default in the value of `--platform` is
    a warning.
    """
    note = _note_in_place_of_errors(ctx)
    if note is not None:
        yield note
        return
    is_headless = not ctx.build.stages and bool(ctx.build.instructions)
    if is_headless and ctx.build.workspace.is_part_of_another:
        return
    severity = _severity_of_place(ctx.build.workspace, is_headless=is_headless)
    is_part = is_headless and severity is Severity.INFORMATION
    is_unbuilt = severity is Severity.INFORMATION and not ctx.build.workspace.has_build
    for error, *others in [*_by_cause(ctx.build)][: 1 if is_part else None]:
        related = same_here(_shown(it, ctx.text) for it in others)
        if error.cause is Cause.FILE and not ctx.build.instructions:
            severity = _severity_of_empty_file(ctx.build.workspace)
            if severity is not Severity.OFF:
                is_unused = severity is Severity.INFORMATION
                place, message = _shown(error, ctx.text), localized(error.message)
                yield Finding(place, message, severity=severity, is_for_reader=is_unused)
        elif error.cause is Cause.FILE:
            message = _message(ctx.build, error, is_part=is_part)
            fixes = _fixes(ctx, error, *others)
            yield Finding(_shown(error, ctx.text), message, fixes, related, severity, is_for_reader=is_unbuilt)
        elif error.cause is Cause.IMAGE:
            yield _of_plain_image(ctx, error, related, severity)
        elif error.cause is Cause.PLATFORM_ARGUMENT:
            yield Finding(_shown(error, ctx.text), localized(error.message), severity=Severity.WARNING)
        elif error.cause is Cause.REQUEST:
            yield _wrong_request(ctx.build, error)
    for stage, error in errors_elsewhere(ctx.build):
        message = _(
            "{problem}; a build that needs the stage `{stage}` fails", problem=localized(error.message), stage=stage
        )
        yield Finding(_shown(error, ctx.text), message, _fixes(ctx, error), severity=Severity.WARNING)
    for error in errors_of_triggers(ctx.build):
        message = _("{problem}; every build on this image fails", problem=localized(error.message))
        yield Finding(_shown(error, ctx.text), message, _fixes(ctx, error), severity=Severity.WARNING)


def _note_in_place_of_errors(ctx: RuleContext) -> Finding | None:
    """The note on a file that BuildKit, or its usual frontend, does not read as it is; None for others."""
    frontend = foreign_frontend(ctx.build)
    if frontend is not None:
        name, place = frontend
        message = _("errors are not shown, because the frontend `{name}` may read this file in another way", name=name)
        return Finding(place, message, severity=Severity.INFORMATION, is_for_reader=True)
    template = ctx.template_mark
    if template is None:
        return None
    message = _("nothing is checked, because `{mark}` makes this file a template", mark=ctx.text[slice(*template)])
    is_for_reader = not ctx.build.workspace.has_build
    return Finding(template, message, severity=Severity.INFORMATION, is_for_reader=is_for_reader)


def _message(build: Build, error: PlanError, *, is_part: bool) -> str:
    """The message on an error of the file itself, with the reason for it that its line does not show."""
    message = localized(error.message)
    if is_part:
        # Only the program that joins the parts knows what the rest is.
        message = _("a build of this file alone stops: {problem}", problem=message)
    quoted = quotes_to_move(build, error)
    if quoted:
        name, _equals, value = quoted[0].new_text.partition("=")
        return _(
            "{problem}, because BuildKit splits at `=` first; write `{name}={quote}…{quote}`",
            problem=message,
            name=name,
            quote=value[0],
        )
    array = array_above(build, error)
    if array is not None:
        return _(
            "{problem}; it is a part of the array of line {line}, whose lines need a `{escape}` at their ends",
            problem=message,
            line=array.opening.syntax.first_line,
            escape=build.dockerfile.escape,
        )
    line = end_of_heredoc(build, error)
    if line is not None and is_command(build, error):
        return _("{problem}; the RUN above ends with its heredoc, in line {line}", problem=message, line=line)
    return message


def _of_plain_image(
    ctx: RuleContext, error: PlanError, related: tuple[Related, ...], severity: Severity | None
) -> Finding:
    """An error that other base images would prevent: by a WORKDIR, or by the variable that is empty on this one."""
    problem = localized(error.message)
    message = _("{problem}, or write a WORKDIR before: this image has none", problem=problem)
    instruction = ctx.build.instruction_at(error.range.start)
    if "$" in ctx.text[slice(*error.range)] or not isinstance(instruction, Run):
        message = _("{problem}; nothing sets its variable, so that it is empty", problem=problem)
    return Finding(_shown(error, ctx.text), message, related=related, severity=severity)


def _severity_of_place(workspace: Workspace, *, is_headless: bool) -> Severity | None:
    """Information for a file that is probably not built as it is, by its place in the project; None for another one.

    A program may put a file without FROM together with others, or replace words in a template. Data of tests, and files whose names say so,
    are wrong on purpose.
    """
    path = workspace.dockerfile
    if workspace.is_of_buildah if not is_headless else workspace.may_be_part:
        return Severity.INFORMATION
    if workspace.has_build:
        return Severity.INFORMATION if is_wrong_by_name(path) and is_for_helping(path) else None
    # A directory of tests also holds the `Dockerfile` in which they run.
    is_input = is_test_data(path) or (is_in_tests(path) and workspace.has_own_name)
    return Severity.INFORMATION if is_input or is_wrong_by_name(path) or is_template_by_name(path) else None


def _without_repetition(build: Build) -> Iterator[PlanError]:
    """The errors of a build: of a text without any instruction, such as a script with the name of a Dockerfile, only the first.

    A word with a variable may be wrong with the value of each target; only the first is yielded.
    """
    errors: dict[object, PlanError] = {}
    for it in build.errors:
        errors.setdefault(it.range if "$" in build.text[slice(*it.range)] else it, it)
    is_other_text = bool(build.instructions) and all(isinstance(it.node, Unknown) for it in build.instructions)
    yield from islice(errors.values(), 1 if is_other_text else None)


def _by_cause(build: Build) -> Iterator[list[PlanError]]:
    """The errors of a build, each with those of one cause.

    Of later texts with a variable that say the same, because one ARG declares it for all of them; of the other markers of a merge conflict;
    of the words `"NAME=value"` of an instruction; and of the lines of an array.
    """
    groups: dict[tuple[object, ...], list[PlanError]] = {}
    n_conflicts = 0
    array = None
    for it in _without_repetition(build):
        instruction = build.instruction_at(it.range.start)
        written = build.text[slice(*it.range)]
        array = array_above(build, it) or array
        n_conflicts += written == _CONFLICT[0]
        if written in _CONFLICT:
            key: tuple[object, ...] = (n_conflicts,)
        elif quoted := quotes_to_move(build, it):
            key = (quoted[0].range,)
        elif array is not None and instruction is not None and array.opening.idx < instruction.idx <= array.last.idx:
            key = (array.opening.idx,)
        elif instruction is not None and array_from(instruction) is not None:
            # `COPY ["a",` lacks a destination.
            key = (instruction.idx,)
        else:
            is_from = instruction is not None and isinstance(instruction.node, From)
            # A FROM, or a variable, that is wrong for the same reason.
            key = (localized(it.message), it.cause, written if is_from or "$" in written else it.range)
        groups.setdefault(key, []).append(it)
    for errors in groups.values():
        # The line that shows the cause comes first.
        yield sorted(errors, key=lambda it: array_above(build, it) is None) if len(errors) > 1 else errors


_CONFLICT: Final = ("<" * 7, "|" * 7, "=" * 7, ">" * 7)
"""The markers of a merge conflict, in their order. Source: git-merge(1), "How conflicts are presented"."""


def _severity_of_empty_file(workspace: Workspace) -> Severity:
    """The severity of a file without instructions: only if the project builds it, a build fails.

    Another one keeps a place, or is about to be written; with a name of its own, such as `Dockerfile.original`, it may be kept on purpose.
    """
    if workspace.has_build:
        return Severity.ERROR
    return Severity.OFF if workspace.has_own_name else Severity.INFORMATION


def _fixes(ctx: RuleContext, error: PlanError, *same: PlanError) -> tuple[Fix, ...] | FixFinder:
    """The text that was probably meant, also in the place of other errors that say the same; none if it would be an error too."""
    replacement = error.replacement
    edits: tuple[Edit, ...] = ()
    title = ""
    written = ctx.text[slice(*error.range)]
    if replacement is not None and replacement == written.lower() and written.isupper():
        # A placeholder, which a script replaces, or the name of an argument.
        is_argument = any(pair.name.text == written for it in ctx.build.global_instructions for pair in it.pairs)
        replacement = f"${written}" if is_argument else None
    if is_command(ctx.build, error):
        # `chmod` is not meant to be `CMD`.
        replacement = None
    if replacement is not None:
        edits, title = (
            tuple(Edit(it.range, replacement) for it in (error, *same)),
            _("Write `{name}`", name=replacement),
        )
    elif (array := array_above(ctx.build, error)) is not None:
        edits, title = array.edits, _("Join the lines of the array")
    elif (escape := missing_escape(ctx.build, error)) is not None:
        edits, title = (escape,), _("Join it with the line above")
    elif moved := comments_to_move(ctx.build, error) or comment_after_pairs(ctx.build, error):
        edits, title = moved, _("Put the comment on a line of its own")
    elif quoted := quotes_to_move(ctx.build, error):
        edits, title = quoted, _("Put the quotes around the value")
    elif (run := forgotten_run(ctx.build, error)) is not None:
        edits, title = (run,), _("Write a RUN for it")
    if not edits:
        return ()

    def find() -> tuple[Fix, ...]:
        n_before, n_after = _n_errors(ctx.build), _n_errors(ctx.after(edits).build)
        return (Fix(title, edits, Safety.SUGGESTION),) if n_after < n_before else ()

    return find


def _n_errors(build: Build) -> int:
    return len(build.errors) + len([*errors_elsewhere(build), *errors_of_triggers(build)])


def _wrong_request(build: Build, error: PlanError) -> Finding:
    """A missing target stage, reported at the first FROM, because nothing in the file is wrong."""
    place = build.stages[0].from_.keyword_range if build.stages else TextRange(0, 0)
    origin = build.request.target_origin
    if origin:
        problem = localized(error.message)
        message = _("the build of {origin} fails: {problem}; the last stage is checked", origin=origin, problem=problem)
        return Finding(place, message, severity=Severity.INFORMATION, is_of_request=True)
    message = _("the requested build fails: {problem}", problem=localized(error.message))
    return Finding(place, message, severity=Severity.WARNING)


def _shown(error: PlanError, text: str) -> TextRange:
    """The range of an error, cut at the end of its first line."""
    start, end = error.range
    if start == end:
        end = min(start + 1, len(text)) if text[start : start + 1] not in ("", "\r", "\n") else start
    line_end = text.find("\n", start, end)
    return (
        error.range if line_end < 0 and end == error.range.end else TextRange(start, line_end if line_end >= 0 else end)
    )
