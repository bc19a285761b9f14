"""Stages as objects. See `semantics.build`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from buildxray.files.globs import match_text
from buildxray.plan.contexts import NamedContext
from buildxray.plan.model import Step, TargetPlan
from buildxray.plan.outline import StageOutline, StageRef
from buildxray.plan.references import ImageNameError, repository_of
from buildxray.plan.scope import Scope
from buildxray.platforms.official_images import OFFICIAL, is_missing_for, is_of_general_use, is_of_machine
from buildxray.platforms.platform import Platform, can_run
from buildxray.records import cached_property
from buildxray.semantics.file_flow import clean, way_into_image
from buildxray.semantics.instruction import From, Instruction, KnownCommand, Run
from buildxray.syntax.expansion import expand_text
from buildxray.syntax.instructions import Copy, Node
from buildxray.syntax.lexer import ExpansionError
from buildxray.toolchains.base import Effect, Use, Workspace

if TYPE_CHECKING:
    from buildxray.semantics.build import Build

_LONGEST_CHAIN: Final = 10
"""Stages on one another, so that a file of hundreds of them takes linear time."""


class Stage:
    """A FROM and the instructions after it, up to the next FROM."""

    def __init__(self, build: Build, outline: StageOutline) -> None:
        self.build = build
        self.outline = outline
        """For `semantics` only."""
        self.idx = outline.idx
        """The 0-based number, by which COPY can name the stage."""
        self.name = outline.name
        """The name after AS in lower case; empty without one."""
        self._commands: dict[tuple[Effect, ...], tuple[KnownCommand, ...]] = {}
        self._known_commands: dict[int, KnownCommand] = {}

    def release(self) -> None:
        """Effect: forget the views of its instructions and commands, which refer to it; see `Build.release`."""
        self._commands.clear()
        self._known_commands.clear()
        for name in ("chain", "consumers", "from_", "instructions", "runs"):
            self.__dict__.pop(name, None)

    def __repr__(self) -> str:
        """`<Stage build>`."""
        return f"<Stage {self.display_name}>"

    # The text

    @property
    def display_name(self) -> str:
        """The name, or BuildKit's default name: `stage-0`."""
        return self.outline.display_name

    @cached_property
    def from_(self) -> From:
        """The FROM of the stage."""
        view = self.build.instructions[self.outline.from_idx]
        assert isinstance(view, From), "a stage begins with FROM"
        return view

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions after its FROM."""
        return self.build.instructions[self.outline.from_idx + 1 : self.outline.end_idx]

    @property
    def last(self) -> Instruction:
        """The last instruction; the FROM of a stage without others."""
        return self.instructions[-1] if self.instructions else self.from_

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Its RUN instructions."""
        return tuple(it for it in self.instructions if isinstance(it, Run))

    @property
    def installed_words(self) -> tuple[str, ...]:
        """The words after the programs that install packages, in the stage and its ancestors: subcommands, options and names."""
        return tuple(
            word for it in self.ancestry for one in it.commands(Effect.INSTALL) for word in one.syntax.arguments
        )

    @property
    def workspace(self) -> Workspace:
        """The facts about the project for its commands: those of packages are from the list that it copies."""
        return self.build.inventory.workspace_of(self.idx)

    @property
    def impossible_targets(self) -> tuple[Platform, ...]:
        """The targets that need the stage and for which its image is known not to exist."""
        return tuple(
            target
            for target, image, platform, is_given in zip(
                self.build.targets, self.image_references, self.platforms, self.on_context, strict=True
            )
            if target in self.targets and not is_given and is_missing_for(image, platform)
        )

    def commands(self, *effects: Effect) -> tuple[KnownCommand, ...]:
        """The commands of its RUN instructions with one of these effects, in order.

        The `outputs` of each include the paths to which later commands of the stage copy or move them.
        """
        known = self._commands.get(effects)
        if known is None:
            known = self._commands[effects] = tuple(
                [self._command(it) for it in self.build.inventory.stage_uses(self.idx) if it.effect in effects]
            )
        return known

    def _command(self, use: Use) -> KnownCommand:
        """The view of a command; the same for each effect that is asked for."""
        known = self._known_commands.get(id(use))
        if known is None:
            run = self.build.instructions[use.instruction]
            assert isinstance(run, Run), "commands are those of RUN"
            known = self._known_commands[id(use)] = KnownCommand(run, use.invocation, use)
        return known

    # Its part in the build

    @property
    def is_needed(self) -> bool:
        """True if the image of some target depends on it; BuildKit skips it otherwise."""
        return self.idx in self.build.graph.needed_stages

    @property
    def is_native(self) -> bool:
        """True if its platform is the same for all targets, so that they can share its steps.

        With one target, it is True if the platform would be the same for other targets. A stage from
        scratch is never native.
        """
        return self.idx in self.build.graph.native_stages

    @property
    def is_target(self) -> bool:
        """True if it becomes the image: the last stage, or the one named by `--target`."""
        return self.idx == self.build.plan.target_stage

    @property
    def is_image(self) -> bool:
        """True if its files are in the image: the target stage and its ancestors."""
        return self.idx in self.build.graph.image_stages

    @property
    def is_image_of_another_build(self) -> bool:
        """True if another build of the project makes an image of it, for platforms that it names or for everybody."""
        return not self.build.workspace.stages_of_images.isdisjoint((self.name.lower(), str(self.idx)))

    @property
    def is_chosen(self) -> bool:
        """True if only some targets need it, as with `FROM build-$TARGETARCH`."""
        return self.idx in self.build.graph.chosen_stages

    @cached_property
    def targets(self) -> tuple[Platform, ...]:
        """The target platforms that need it."""
        return tuple(it.platform for it in self.build.plan.targets if it.is_needed(self.idx))

    @cached_property
    def platforms(self) -> tuple[Platform, ...]:
        """The platform for each target of the build, normalised."""
        return self.build.graph.platforms(self.idx)

    @property
    def foreign_targets(self) -> tuple[Platform, ...]:
        """For a native stage: the targets that need it and have another architecture."""
        architecture = self.platforms[0].architecture
        return tuple(it for it in self.targets if it.architecture != architecture)

    # Its bases and the stages built on it

    @property
    def bases(self) -> tuple[Stage, ...]:
        """The stages that its FROM names: none for an image, several if the name depends on the target."""
        return self._stages(self.build.graph.bases(self.idx))

    @property
    def root(self) -> Stage | None:
        """The ancestor that is built on an image, perhaps itself; None if it depends on the target."""
        root = self.build.graph.root(self.idx)
        return None if root is None else self.build.stages[root]

    @property
    def ancestry(self) -> tuple[Stage, ...]:
        """The stage and its ancestors, nearest first, for all targets together."""
        return self._stages(self.build.graph.ancestry(self.idx))

    @cached_property
    def chain(self) -> tuple[Stage, ...]:
        """The stages whose instructions have run at the end of this one: its ancestors, the first one first, and itself.

        Only itself if one of them has several possible bases, or if there are more than 10.
        """
        stages: list[Stage] = [self]
        while bases := stages[-1].bases:
            if len(bases) > 1 or len(stages) == _LONGEST_CHAIN:
                return (self,)
            stages.append(bases[0])
        return (*reversed(stages),)

    @property
    def children(self) -> tuple[Stage, ...]:
        """The stages whose FROM names it."""
        return self._stages(self.build.graph.children(self.idx))

    @property
    def family(self) -> tuple[Stage, ...]:
        """The stage and its descendants, in the order of the file."""
        return self._stages(self.build.graph.family(self.idx))

    @property
    def is_used(self) -> bool:
        """True if another stage is built on it or takes files from it, whether the build needs that stage or not."""
        if len(self.family) > 1:
            return True
        later = (it for stage in self.build.stages[self.idx + 1 :] for it in stage.instructions)
        return any(it.stage_named(name) is self for it in later for name in it.sources_named)

    @property
    def may_be_base(self) -> bool:
        """True if a later FROM names it, or could name it with other values of the variables in its image name."""
        later = (it for it in self.build.stages if it.idx > self.idx)
        return any(self in it.bases or it._may_name(self.name) for it in later)  # noqa: SLF001 - of the same class

    def _may_name(self, name: str) -> bool:
        """True if its FROM names a stage, for some values of the variables in the image name."""
        image = self.from_.image
        if image is None or not name:
            return False
        try:
            pattern = expand_text(image.text, self.build.dockerfile.escape, lambda _: "*")
        except ExpansionError:
            return False
        return match_text(name, pattern.lower())

    @cached_property
    def base_names(self) -> tuple[str, ...]:
        """The name in the FROM with variables expanded, for each target: an image, a stage or `scratch`."""
        return tuple(it.stages[self.idx].base_name for it in self.build.plan.targets)

    @cached_property
    def on_image(self) -> tuple[bool, ...]:
        """True if the FROM names an image or `scratch` and not a stage, for each target."""
        return tuple(it.stages[self.idx].base is None for it in self.build.plan.targets)

    @cached_property
    def on_context(self) -> tuple[bool, ...]:
        """True if a named context gives the image that the FROM names, or replaces the stage, for each target."""
        return tuple(it.stages[self.idx].given is not None for it in self.build.plan.targets)

    @cached_property
    def image_references(self) -> tuple[str, ...]:
        """The full name of the image that its FROM names, for each target; empty if it names a stage or `scratch`."""
        return tuple(it.stages[self.idx].reference for it in self.build.plan.targets)

    @cached_property
    def foreign_contexts(self) -> tuple[tuple[Platform, NamedContext], ...]:
        """The targets for which it is built on files of another target that are for another architecture, with the context.

        Files of a target that is not built on an image may be the same for all platforms.
        """
        return tuple(
            (it.platform, context)
            for it in self.build.plan.targets
            for context in self._contexts(it)
            if context.built_for is not None
            and not can_run(it.platform, context.built_for)
            and (context.configuration is None or context.configuration.has_unknown_variables)
        )

    def _contexts(self, target: TargetPlan) -> Iterator[NamedContext]:
        """The named context that the stage is built on for one target, if that needs the stage."""
        stage = target.stages[self.idx]
        if not target.is_needed(self.idx):
            return
        context = stage.context if stage.base is None else target.stages[stage.base].replacement
        if context is not None:
            yield context

    @property
    def written_image(self) -> str:
        """The image of its root as FROM names it, with unexpanded variables; empty if no root or no name is known."""
        root = self.root
        return "" if root is None or root.from_.image is None else root.from_.image.text

    @cached_property
    def image_name(self) -> str:
        """The full name of the image of its root, or `scratch`; empty if it depends on the target, or if a named context gives the image."""
        root = self.root
        if root is None or any(root.on_context):
            return ""
        names = {reference or name for reference, name in zip(root.image_references, root.base_names, strict=True)}
        return names.pop() if len(names) == 1 else ""

    @cached_property
    def is_on_official_image(self) -> bool:
        """True if the image of its root is one of the official images of Docker Hub, which hold nothing of a project."""
        return self.image_name.startswith(OFFICIAL) and not self.is_on_unread_image

    @property
    def may_be_on_own_image(self) -> bool:
        """True unless the image of its root is known and published for everybody: another one may set variables for the builds of its owner."""
        return self.is_on_unread_image or not self.image_name or not is_of_general_use(self.image_name)

    @cached_property
    def is_on_unread_image(self) -> bool:
        """True if the image of its root is made for this project, or may be, and is not read: it may hold files, packages and tools for it.

        A named context gives it (another target of a Bake file, an image, a directory), a build of the project makes it, or its name is that
        of no published image: a name without an owner that is not one of the official images of Docker Hub is that of an image on the machine
        that builds. What such an image lacks is unknown. Of other images with an owner, the name alone tells nothing.
        """
        root = self.root
        if root is None or any(root.on_context):
            return root is not None
        return is_of_machine(root.image_name) or self._is_on_own_image(root.image_name)

    def _is_on_own_image(self, name: str) -> bool:
        own = self.build.workspace.own_images
        if not own or name in ("", "scratch"):
            return False
        with suppress(ImageNameError):
            return repository_of(name) in own
        return False

    @cached_property
    def idx_of_unknown_programs(self) -> int | None:
        """The index of its first COPY after which its programs are unknown; None without one."""
        return next((it.idx for it in self.instructions if it.takes_unknown_programs), None)

    @cached_property
    def consumers(self) -> tuple[Instruction, ...]:
        """The instructions of needed stages that use its files: FROM, COPY, and RUN with a mount."""
        return tuple(self.build.instructions[it.instruction] for it in self.build.graph.consumers[self.idx])

    @property
    def copied_elsewhere(self) -> tuple[str, ...]:
        """The absolute paths, without variables, that stages which this build does not need copy from it; other builds of the file may need them."""
        graph = self.build.graph
        nodes = (
            stage.nodes[position]
            for stage in graph.plan.stages
            if stage.idx not in graph.needed_stages
            for position, sources in stage.sources.items()
            if any(isinstance(it, StageRef) and it.idx == self.idx for it in sources)
        )
        tokens = (token for it in nodes if isinstance(it, Copy) for token in it.sources)
        return tuple(clean(f"/{it.text}") for it in tokens if "$" not in it.text)

    def way_into_image(self, path: str) -> Instruction | None:
        """The instruction that first copies a file out of this stage towards the image; None if none does.

        `path` is absolute; a slash at its end means a file of unknown name in that directory.
        """
        consumer = way_into_image(self.build.graph, self.idx, path)
        return None if consumer is None else self.build.instructions[consumer.instruction]

    def scope_in_text(self, idx: int) -> Scope | None:
        """The scope before the instruction at index `idx`, or after the last one, for the first target; also if not needed.

        None in a file without targets, or if the scope depends on ONBUILD triggers.
        """
        if not self.build.plan.targets:
            return None
        position = max(min(idx, self.outline.end_idx), self.outline.from_idx + 1)
        return self.build.plan.targets[0].scope_in_text(self.outline, position)

    @property
    def trigger_steps(self) -> tuple[tuple[Node, tuple[Step, ...]], ...]:
        """The ONBUILD triggers that it inherits, and the distinct steps of each."""
        return self.build.graph.trigger_steps(self.idx)

    def _stages(self, indices: tuple[int, ...]) -> tuple[Stage, ...]:
        return tuple(self.build.stages[it] for it in indices)
