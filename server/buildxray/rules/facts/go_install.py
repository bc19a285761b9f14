"""The directory to which `go install` for another machine writes its binary; several rules use it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from buildxray.semantics.build import Build, Effect, KnownCommand
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.go import GO
from buildxray.toolchains.xx import XX

_OF_MACHINE: Final = lazy_regex(r"/(?:linux|darwin|windows)_|(?:OS|os)\}?_\$|/\*")
"""The directory of another machine in a path: `/go/bin/linux_arm64/app`, `$GOBIN/${TARGETOS}_$TARGETARCH`, `/go/bin/*/app`."""
_MOVING: Final = frozenset({"cp", "find", "ln", "mv", "rsync"})


def misplaced_installs(build: Build) -> Iterator[tuple[KnownCommand, Sequence[str]]]:
    """Yield each `go install` for another machine whose binary the file copies from `bin`, with the paths that are copied.

    Only for its own machine does Go install into `bin`. Source: `go help install`.
    """
    for stage in build.native_stages:
        for command in stage.commands(Effect.COMPILE):
            if command.use.toolchain not in (GO, XX) or command.invocation.subcommand != "install":
                continue
            copied = [it for it in command.use.outputs if stage.way_into_image(it) is not None]
            if command.cross_targets and copied and not _is_moved(command, copied):
                yield command, copied


def misplaces_installs(before: Build, after: Build) -> bool:
    """True if after an edit a `go install` writes to another directory than before, where no COPY looks for the binary."""
    return len([*misplaced_installs(after)]) > len([*misplaced_installs(before)])


def _is_moved(command: KnownCommand, outputs: Sequence[str]) -> bool:
    """True if the file takes the binary from the directory of the other machine: a later command moves it, or a COPY names that directory."""
    directories = {posixpath.dirname(it.rstrip("/")) for it in outputs}
    stage = command.run.stage
    later = [] if stage is None else [run for one in stage.family for run in one.runs if run.idx >= command.run.idx]
    for run in later:
        for it in run.commands:
            words = [word.text for word in it.syntax.words]
            if it.name in _MOVING and (any(map(_OF_MACHINE.search, words)) or any(one in words for one in directories)):
                return True
    taking = [] if stage is None else [it for one in stage.family for it in one.consumers]
    return any(
        _OF_MACHINE.search(source.text) for it in taking if isinstance(it.node, Copying) for source in it.node.sources
    )
