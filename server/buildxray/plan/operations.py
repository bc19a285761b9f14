"""The operation that one instruction adds to the graph of a build, before its input files are known.

BuildKit: the operations of client/llb.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Literal, NamedTuple

from buildxray.plan.environment import Environment
from buildxray.plan.labels import StepLabel
from buildxray.plan.paths import clean, join
from buildxray.platforms.platform import Platform

StepKind = Literal["source", "exec", "file", "merge"]
"""`source`: an image, the build context, a download; `exec`: RUN; `file`: COPY, ADD, WORKDIR; `merge`: the second half of `COPY --link`."""


class Origin(Enum):
    """The kind of input that is neither another operation nor a source named by the command."""

    PREVIOUS = "previous"
    """The files of the stage after the commands before."""
    CONTEXT = "context"
    """The build context."""


class CommandSource(NamedTuple):
    """The files of the stage or image that a command names: the `--from` of COPY or a mount of RUN."""

    idx: int


class Operation(NamedTuple):
    """One node of the graph."""

    kind: StepKind
    identity: Hashable
    """All that distinguishes the operation from others of its kind, except its platform and inputs."""
    inputs: tuple[Input | None, ...]
    """The inputs in the order in which BuildKit numbers them, perhaps repeated; None for an empty directory."""
    label: StepLabel
    has_line: bool = True
    """True if BuildKit knows the line of its instruction."""
    arguments: tuple[str, ...] = ()
    """The command line in the container of a RUN; empty for other operations."""
    environment: Environment | None = None
    """The environment in the container of a RUN; None for other operations."""
    context_sources: tuple[str, ...] = ()
    """The paths in the build context that BuildKit sends for it, as its instruction names them, variables expanded."""

    @property
    def context_paths(self) -> tuple[str, ...]:
        """The paths in the build context that BuildKit sends for it, from `/` on; `/` for all of it."""
        return tuple([clean(join("/", it)) for it in self.context_sources])


Input = Origin | CommandSource | Operation


def internal_operation(identity: Hashable, inputs: tuple[Input | None, ...], label: str) -> Operation:
    """A BuildKit-internal file operation, without a number or a line."""
    return Operation("file", identity, inputs, StepLabel(f"[internal] {label}", is_numbered=False), has_line=False)


def context_operation(paths: frozenset[str] | None = None) -> Operation:
    """The loading of the build context: of these paths, or of all of it."""
    label = StepLabel("[internal] load build context", is_numbered=False)
    return Operation("source", ("build context", paths), (), label, has_line=False)


def image_operation(reference: str, platform: Platform) -> Operation:
    """The pull of an image."""
    return Operation("source", ("image", reference), (), StepLabel(f"FROM {reference}", platform))


def inline_document(name: str, content: str, mode: int) -> Operation:
    """The creation of a file with the content of a heredoc."""
    return internal_operation(("make file", name, content, mode), (), "preparing inline document")
