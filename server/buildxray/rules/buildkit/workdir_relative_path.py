"""A relative WORKDIR depends on the base image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Instruction
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange

_OF_A_DRIVE: Final = lazy_regex(r"[\"']?[A-Za-z]:")


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, buildkit_check="WorkdirRelativePath")
def workdir_relative_path(ctx: RuleContext) -> Iterator[Finding]:
    """A relative WORKDIR depends on the base image.

    ## What it does
    Looks for a relative path in the first WORKDIR of a stage and of those that it is built on.

    ## Why it matters
    The directory is below that of the base image, which another version of the image may change.

    ## Example
    ```dockerfile
    FROM scratch
    WORKDIR app
    ```

    Use instead:
    ```dockerfile
    FROM scratch
    WORKDIR /app
    ```

    ## Fix safety
    A suggestion, offered only for a stage on `scratch`, whose directory is `/`. The directory of any other base image is not in the
    Dockerfile: on `golang` it is `/go`, and `/app` would not be the directory that other instructions name.

    ## Limits
    A path that begins with a variable of the base image (`$HOME`) is not reported. A path with a drive (`C:` and a directory) is not reported in a Dockerfile for Windows, although the requested platforms may be Linux.

    ## References
    BuildKit's own check `WorkdirRelativePath`.
    """
    for it in warned(ctx, "WorkdirRelativePath"):
        written = ctx.text[slice(*it.range)]
        if ctx.is_for_windows and _OF_A_DRIVE.match(written):
            # The directory is absolute for Windows, for which the image is made, whatever the requested platforms.
            continue
        if _begins_with_variable_of_image(it.instruction, it.range):
            # `$HOME` of the base image is absolute, and BuildKit reads it.
            continue
        message = _("`{path}` is relative to a directory that the base image chooses", path=written)
        if written.startswith("~"):
            message = _("no shell reads WORKDIR: `~` is a directory of that name, in one that the base image chooses")
        is_known = not written.startswith("~") and not _is_below_image(ctx, it.range)
        fixes = (it.written(f"/{written.removeprefix('./')}", Safety.SUGGESTION),) if is_known else ()
        yield Finding(it.range, message, fixes)


def _begins_with_variable_of_image(instruction: Instruction, place: TextRange) -> bool:
    """True if a path begins with a variable that the file does not set, and that the base image may."""
    if instruction.stage is None or instruction.stage.written_image in ("", "scratch"):
        return False
    return any(
        it.range.start == place.start and not instruction.is_set(it.name) for it in instruction.variable_references()
    )


def _is_below_image(ctx: RuleContext, place: TextRange) -> bool:
    """True if a range is in a stage on an image, whose working directory the text does not tell, or in an unneeded stage."""
    for stage in ctx.build.needed_stages:
        for instruction in stage.instructions:
            if instruction.range.contains(place.start):
                return any(it.has_base_image for it in instruction.scopes)
    return True
