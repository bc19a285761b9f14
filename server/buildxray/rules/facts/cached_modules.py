"""The modules of Go that a cache mount keeps, where too many lists of modules would have to be copied before the source.

Source: go.dev/ref/mod, "Module cache"; hub.docker.com, "golang", which sets GOPATH to /go; docs.docker.com, "RUN --mount=type=cache": the mount
belongs to root.
"""

from __future__ import annotations

from typing import Final

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.dependent_downloads import needs_only_many_lists
from buildxray.rules.facts.kept_downloads import may_be_needed_later
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Run
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.go import GO

_IMAGE: Final = lazy_regex(r"docker\.io/library/golang(?:[:@].*)?")
PLACE_OF_MODULES: Final = "/go/pkg/mod"
_SETTINGS: Final = ("GOFLAGS", "GOMODCACHE", "GOPATH")
"""Variables that may make Go look for modules at another place."""


def runs_with_modules(ctx: RuleContext, whole: Instruction, command: KnownCommand) -> tuple[Run, ...]:
    """The RUN of a command that downloads modules after the whole source, and all later ones that use them; none if a mount may not be the way.

    It is not where the image has the modules, or another stage takes them, or where their user may not write to the mount.
    """
    stage = command.run.stage
    if stage is None or command.use.toolchain is not GO or _IMAGE.fullmatch(stage.image_name) is None:
        return ()
    if not needs_only_many_lists(ctx, whole, command) or any(command.invocation.setting(it).is_set for it in _SETTINGS):
        return ()
    later = [it for one in stage.family for it in one.runs if it.idx >= command.run.idx]
    runs = (*(it for it in later if any(map(_may_use_modules, it.commands))),)
    if any(it.mounts or not it.runs_as_root for it in runs):
        return ()
    return () if may_be_needed_later(stage, runs[-1], PLACE_OF_MODULES, GO) else runs


def _may_use_modules(command: object) -> bool:
    """True for a command of Go, and for one that may run Go itself."""
    if not isinstance(command, KnownCommand):
        return True
    return command.use.toolchain is GO or command.use.effect in (Effect.EXECUTE, Effect.UNKNOWN)
