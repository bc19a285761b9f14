"""Decide what becomes of the output of a compiler: a program of the image, or a tool or a file that it only serves."""

from __future__ import annotations

import posixpath

from buildxray.rules.base import Doubt
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.download_use import NO_PROGRAMS, is_run_after
from buildxray.rules.facts.intended import is_for_no_target
from buildxray.semantics.build import KnownCommand, Stage


def doubt_of_output(ctx: RuleContext, stage: Stage, command: KnownCommand) -> Doubt | None:
    """The reason why the output of a compiler may not be meant for the machine of the image; None if there is none."""
    constant = {*command.use.architectures}
    if len(constant) == 1 and None not in constant and all(it and is_for_no_target(ctx, it) for it in constant):
        return Doubt.USE
    if is_run_by_stage(ctx, stage, command):
        # It may be a tool of the build that is copied by the way.
        return Doubt.USE
    places = [it.path for it in ctx.build.artifacts.made_by(command.invocation)]
    if places and all(NO_PROGRAMS.search(it) for it in places):
        return Doubt.USE
    return None


def is_run_by_stage(ctx: RuleContext, stage: Stage, command: KnownCommand) -> bool:
    """True if the stage starts the output of a compiler, which then has to be for the machine of the stage."""
    return is_run_after(ctx, stage, command, {posixpath.basename(it) for it in command.use.outputs} - {""})
