"""The stages of a build for one target platform, with their resolved bases."""

from __future__ import annotations

from dataclasses import field
from typing import Final, NamedTuple

from buildxray.plan.contexts import NO_CONTEXTS, NamedContext, NamedContexts
from buildxray.plan.environment import Environment
from buildxray.plan.outline import (
    ImageRef,
    NamedImage,
    Outline,
    Refusal,
    Source,
    StageOutline,
    StageRef,
)
from buildxray.platforms.platform import Platform
from buildxray.records import dataclass
from buildxray.syntax.instructions import Add, Copy, Node, Run, Workdir

_SHOWN: Final = (Add, Copy, Run, Workdir)
"""The instructions that the progress output numbers."""


class Trigger(NamedTuple):
    """An ONBUILD instruction that a stage inherits from its base."""

    node: Node
    sources: tuple[Source | None, ...]


@dataclass(slots=True)
class ResolvedStage:
    """A stage with its resolved base."""

    outline: StageOutline
    base_name: str
    """The image or stage after FROM, variables expanded."""
    reference: str
    """The full name of the image; empty for a stage, and for scratch."""
    platform: Platform
    """The platform requested for its base image, not normalised."""
    base: int | None
    """The index of the stage that it is built on; None for an image."""
    triggers: tuple[Trigger, ...] = ()
    replacement: NamedContext | None = None
    """The context that replaces the stage; none of its instructions is executed then."""
    replacement_platform: Platform | None = None
    """The platform for which the replacement is requested; None without one."""
    context: NamedContext | None = None
    """The context that replaces its base image."""

    @property
    def given(self) -> NamedContext | None:
        """The context that gives the files with which the stage begins: it replaces the stage or its base image."""
        return self.replacement or self.context

    @property
    def n_numbers(self) -> int:
        """The number of steps that the progress output announces for the stage."""
        n_shown = sum(isinstance(node, _SHOWN) and node.problem is None for node in self.outline.nodes)
        return n_shown + len(self.triggers) + (self.reference != "")

    def instruction(self, command: int) -> int:
        """The index of the instruction of the command at a position; the index of the FROM for a trigger."""
        return self.outline.from_idx + max(0, command + 1 - len(self.triggers))


@dataclass(slots=True)
class ResolvedStages:
    """All stages of a build for one target platform."""

    outline: Outline
    target_platform: Platform
    is_multi: bool
    """True if several platforms are built at once."""
    global_arguments: Environment
    stages: list[ResolvedStage]
    images: list[NamedImage]
    image_references: list[str]
    """The full names of the images; empty for scratch."""
    target: int | None
    """The index of the stage that becomes the image; None only in a file without stages."""
    needed: list[int] = field(default_factory=list)
    """The stages on which the target depends, itself included, in the order of the file."""
    only_read: list[int] = field(default_factory=list)
    """The stages that BuildKit reads although nothing uses their files: those from which only a replaced stage copies."""
    refusals: list[Refusal] = field(default_factory=list)
    unknown_arguments: frozenset[str] = frozenset()
    """The global arguments whose value only a run of the build knows."""
    given_arguments: frozenset[str] = frozenset()
    """The names of the build arguments of the request."""
    has_wrong_arguments: bool = False
    """True if BuildKit refuses a global argument, which it does before it reads any stage."""
    contexts: NamedContexts = NO_CONTEXTS
    """The named contexts on the machine that builds for the target platform."""

    def stage_of(self, source: Source | None) -> ResolvedStage | None:
        """The stage that a source refers to; None for an image."""
        return self.stages[source.idx] if isinstance(source, StageRef) else None

    def label_name(self, source: Source | None) -> str:
        """The name of a stage in the progress output; empty for an image, and for the only stage."""
        stage = self.stage_of(source)
        if stage is None or (len(self.stages) == 1 and not self.outline.images):
            return ""
        return stage.outline.display_name

    def has_line(self, source: Source) -> bool:
        """True if BuildKit knows the line of the steps of a source; False for an image that a mount names."""
        return isinstance(source, StageRef) or self.images[source.idx].has_line

    def instruction(self, source: Source, command: int) -> int:
        """The index of the instruction from which an occurrence comes."""
        if isinstance(source, ImageRef):
            return self.images[source.idx].instruction
        return self.stages[source.idx].instruction(command)
