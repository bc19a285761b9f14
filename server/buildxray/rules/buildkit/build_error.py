"""BuildKit refuses to build the file."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _, localized
from buildxray.rules.base import Finding, Fix, FixAvailability, FixFinder, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Build, PlanError, Workspace
from buildxray.semantics.errors import (
    Cause,
    errors_elsewhere,
    errors_of_triggers,
    foreign_frontend,
    missing_escape,
)
from buildxray.syntax.text import Edit, TextRange


@rule(Severity.ERROR, Severity.ERROR, FixAvailability.SOMETIMES)
def build_error(ctx: RuleContext) -> Iterator[Finding]:
    """BuildKit refuses to build the file.

    ## What it does
    Reports every independent mistake for which BuildKit would stop: unknown instructions, flags and options, missing arguments,
    invalid values, names that do not exist. BuildKit itself reports only the first.

    The finding is only a warning in a stage that the image does not need, because the build does not run it; in the trigger of an
    ONBUILD, because only builds on this image fail; in a file without FROM that no file of the project builds and that has a name such as
    `Dockerfile.common`, because it may be a part of others; and for a missing target stage, because the request is wrong and not the file. It
    is information if a Bake file or a workflow makes that request.

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
    A suggestion, if a known word is similar.

    ## Limits
    A file for another frontend (`# syntax=` names an image that is not Docker's) gets a note instead, because only that frontend
    defines its syntax; nothing is reported in a file without FROM that another Dockerfile includes (`INCLUDE`, `INCLUDE+`). For a template no rule reports anything, because BuildKit reads the text that a program makes of it. It is
    recognised by settings between two lines of `---` at its beginning, by a line that begins with `{{`, `{%`, `<%` or a word such as `@INCLUDE`, or by a placeholder such as `__BASE__`, `@BASE@`,
    `%%BASE%%`, `{{ base }}`, `<base>`, `${project.name}` or `FROM BASE_IMAGE` where a name belongs. An empty file that no file of the project
    builds is information, and nothing is reported if its name is another than `Dockerfile` or `Containerfile`. Another
    name without lower-case letters, such as `FROM ALPINE`, gets no fix, because a program may replace it. Errors that depend on a registry or a build argument are not
    reported: whether an image exists, whether its WORKDIR suits `--mount=type=bind,target=.`, and the value of `ARG BASE` without a
    default or with one that is not valid (`invalid-default-arg-in-from` reports that). An ARG without a default in the value of
    `--platform` is a warning.
    """
    frontend = foreign_frontend(ctx.build)
    if frontend is not None:
        name, place = frontend
        message = _("errors are not shown, because the frontend `{name}` may read this file in another way", name=name)
        yield Finding(place, message, severity=Severity.INFORMATION)
        return
    template = ctx.template_mark
    if template is not None:
        mark = ctx.text[slice(*template)]
        message = _("nothing is checked, because `{mark}` makes this file a template", mark=mark)
        yield Finding(template, message, severity=Severity.INFORMATION)
        return
    is_headless = not ctx.build.stages and bool(ctx.build.instructions)
    if is_headless and ctx.build.workspace.is_part_of_another:
        return
    # A file without FROM that nothing builds may be a part that a script puts together with others.
    severity = Severity.WARNING if is_headless and ctx.build.workspace.may_be_part else None
    for error in dict.fromkeys(ctx.build.errors):
        if error.cause is Cause.FILE and not ctx.build.instructions:
            severity = _severity_of_empty_file(ctx.build.workspace)
            if severity is not Severity.OFF:
                yield Finding(_shown(error, ctx.text), localized(error.message), severity=severity)
        elif error.cause is Cause.FILE:
            yield Finding(_shown(error, ctx.text), localized(error.message), _fixes(ctx, error), severity=severity)
        elif error.cause is Cause.IMAGE:
            message = _("{problem}, or write a WORKDIR before: this image has none", problem=localized(error.message))
            yield Finding(_shown(error, ctx.text), message)
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


def _severity_of_empty_file(workspace: Workspace) -> Severity:
    """The severity of a file without instructions: only if the project builds it, a build fails.

    Another one keeps a place, or is about to be written; with a name of its own, such as `Dockerfile.original`, it may be kept on purpose.
    """
    if workspace.has_build:
        return Severity.ERROR
    return Severity.OFF if workspace.may_be_part else Severity.INFORMATION


def _fixes(ctx: RuleContext, error: PlanError) -> tuple[Fix, ...] | FixFinder:
    """The text that was probably meant; none if it would be an error too."""
    replacement = error.replacement
    edits: tuple[Edit, ...] = ()
    title = ""
    written = ctx.text[slice(*error.range)]
    if replacement is not None and replacement == written.lower() and written.isupper():
        # A placeholder, which a script replaces.
        return ()
    if replacement is not None:
        edits, title = (Edit(error.range, replacement),), _("Write `{name}`", name=replacement)
    elif (escape := missing_escape(ctx.build, error)) is not None:
        edits, title = (escape,), _("Join it with the line above")
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
        return Finding(place, message, severity=Severity.INFORMATION)
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
