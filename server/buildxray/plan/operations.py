"""What one instruction adds to the graph of a build, before it is known what files it works on.

BuildKit: the operations of client/llb.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Final, Literal, NamedTuple

from buildxray.plan.environment import Environment
from buildxray.plan.labels import StepLabel
from buildxray.platforms.platform import Platform

StepKind = Literal["source", "exec", "file", "merge"]
"""`source`: an image, the build context, a download; `exec`: RUN; `file`: COPY, ADD, WORKDIR; `merge`: the
second half of `COPY --link`."""


class Origin(Enum):
    """Where an operation takes files from, other than from another operation or a source of the command."""

    PREVIOUS = "previous"
    """What the stage has so far."""
    CONTEXT = "context"
    """The build context."""


class CommandSource(NamedTuple):
    """The files of the stage or image that the command names: COPY's `--from` or one of RUN's mounts."""

    idx: int


class Operation(NamedTuple):
    """One node of the graph; `identity` tells it from others of its kind."""

    kind: StepKind
    identity: Hashable
    """All that distinguishes it from other operations of its kind, except its platform and inputs."""
    inputs: tuple[Input | None, ...]
    """In the order in which BuildKit numbers them; None for an empty directory, some may be there twice."""
    label: StepLabel
    has_line: bool = True
    """Whether BuildKit knows the line that it comes from."""
    arguments: tuple[str, ...] = ()
    """Of a RUN: what the container executes."""
    environment: Environment | None = None
    """Of a RUN: what the container sees."""


Input = Origin | CommandSource | Operation


def internal_operation(identity: Hashable, inputs: tuple[Input | None, ...], label: str) -> Operation:
    """A BuildKit-internal file operation, without a number or a line."""
    return Operation("file", identity, inputs, StepLabel(f"[internal] {label}", is_numbered=False), has_line=False)


CONTEXT: Final = Operation(
    "source", "build context", (), StepLabel("[internal] load build context", is_numbered=False), has_line=False
)


def image_operation(reference: str, platform: Platform) -> Operation:
    """The pull of an image."""
    return Operation("source", ("image", reference), (), StepLabel(f"FROM {reference}", platform))


def inline_document(name: str, content: str, mode: int) -> Operation:
    """A file that a heredoc makes."""
    return internal_operation(("make file", name, content, mode), (), "preparing inline document")
