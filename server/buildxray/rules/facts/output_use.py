"""Decide what becomes of the output of a compiler: a program of the image, or a tool or a file that it only serves."""

from __future__ import annotations

import posixpath
from typing import Final

from buildxray.rules.base import Doubt
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.download_use import NO_PROGRAMS, is_run_after
from buildxray.rules.facts.intended import is_for_no_target
from buildxray.semantics.build import KnownCommand, Stage
from buildxray.syntax.lazy_regex import lazy_regex


def doubt_of_output(ctx: RuleContext, stage: Stage, command: KnownCommand) -> Doubt | None:
    """The reason why the output of a compiler may not be meant for the machine of the image; None if there is none."""
    constant = {*command.use.architectures}
    if len(constant) == 1 and None not in constant and all(it and is_for_no_target(ctx, it) for it in constant):
        return Doubt.USE
    if is_run_by_stage(ctx, stage, command):
        # It may be a tool of the build that is copied by the way.
        return Doubt.USE
    if stage.is_image and ctx.build.starting is None and not any(map(_is_program, command.use.outputs)):
        # An image of compilers, from which somebody takes the output.
        return Doubt.USE
    artifacts = ctx.build.artifacts.made_by(command.invocation)
    if artifacts and all(NO_PROGRAMS.search(it.path) or _is_kept_archive(ctx, it.source) for it in artifacts):
        return Doubt.USE
    return None


def _is_program(path: str) -> bool:
    """True for a path in a directory in which shells look for programs."""
    return _PROGRAMS.search(path) is not None


_PROGRAMS: Final = lazy_regex(r"(?:^|/)s?bin/")
_ARCHIVE: Final = lazy_regex(r"\.(?:7z|tar(?:\.\w+)?|tbz2?|tgz|txz|tzst|zip)$")


def _is_kept_archive(ctx: RuleContext, path: str) -> bool:
    """True for a path of an archive that no command of the image names: the image keeps it for another machine, such as the package of a function."""
    name = posixpath.basename(path)
    is_archive = _ARCHIVE.search(name) is not None
    return is_archive and not any(
        name in run.node.text for stage in ctx.build.stages if stage.is_image for run in stage.runs
    )


def is_run_by_stage(ctx: RuleContext, stage: Stage, command: KnownCommand) -> bool:
    """True if the stage starts the output of a compiler, which then has to be for the machine of the stage."""
    return is_run_after(ctx, stage, command, {posixpath.basename(it) for it in command.use.outputs} - {""})
