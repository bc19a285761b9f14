"""The context of a rule: one version of a document, and the means to plan it again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, TypeVar

from buildxray.localization import _, ngettext
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.platform import Platform
from buildxray.records import cached_property
from buildxray.rules.facts.purpose import is_for_helping, is_for_windows, is_image_for_helping
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Build, Builder, Dockerfile, Effect, Instruction
from buildxray.semantics.errors import template_mark
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Env
from buildxray.syntax.text import Edit, TextRange, apply_edits

T = TypeVar("T")


def _names_other_arguments(instruction: Instruction, own: Collection[str]) -> bool:
    """True if an instruction mentions an automatic platform argument apart from variables of the file with such names."""
    if Mention.PLATFORM_ARGUMENT not in instruction.mentions:
        return False
    names = (*instruction.variable_names, *(it.name.text for it in instruction.pairs))
    return any(it in AUTOMATIC_ARGUMENTS and it not in own and it != "TARGETSTAGE" for it in names)


class RuleContext:
    """One document with its build, and the means to plan the text that a fix would leave."""

    def __init__(self, build: Build, builder: Builder, *, asks_for_several: bool) -> None:
        self.build = build
        """The build as objects, which rules read."""
        self._builder = builder
        self._cache: dict[Callable[[RuleContext], Any], Any] = {}
        self._after: tuple[tuple[Edit, ...], RuleContext] | None = None
        self._n_planned = 0
        self.asks_for_several = asks_for_several
        """True if the build request names several platforms, by a setting, an option or a project file."""

    def release(self) -> None:
        """Effect: forget what refers to this context, and `release` its build; for a version that an edit has replaced."""
        self._cache.clear()
        if self._after is not None:
            self._after[1].release()
            self._after = None
        self.build.release()

    @property
    def dockerfile(self) -> Dockerfile:
        """The document."""
        return self.build.dockerfile

    @property
    def text(self) -> str:
        """The text of the document."""
        return self.build.text

    @cached_property
    def template_mark(self) -> TextRange | None:
        """The range of the word that shows that the file is a template; None for other files."""
        return template_mark(self.build)

    @cached_property
    def has_intent(self) -> bool:
        """True if the file is meant for several platforms.

        A file is if it names an automatic platform argument that no ENV sets to a constant, or if the build request names several platforms.
        """
        if self.asks_for_several:
            return True
        if Mention.PLATFORM_ARGUMENT not in self.build.mentions:
            return False
        own = {
            pair.name.text
            for it in self.build.instructions
            if isinstance(it.node, Env)
            for pair in it.pairs
            if pair.value is not None and "$" not in pair.value.text
        }
        # `ENV TARGETARCH=linux-x64` gives a variable of that name a meaning of its own.
        own.intersection_update(AUTOMATIC_ARGUMENTS)
        return not own or any(_names_other_arguments(it, own) for it in self.build.instructions)

    @cached_property
    def is_meant_for_several(self) -> bool:
        """True if the file is meant for several platforms, or reads the architecture on which it runs."""
        probes = (
            it.use.effect is Effect.PROBE
            for stage in self.build.stages
            for run in stage.runs
            for it in run.known_commands
        )
        return self.has_intent or any(probes)

    @property
    def is_for_several(self) -> bool:
        """True if a build is known to be for several platforms, so that a mistake on some of them is an error.

        The request names several platforms; or nothing is known of the builds of a file that uses platform arguments. Where
        a repository has builds, workflows or scripts, and none of those that can be read names several platforms for
        the file, no build is known that goes wrong.
        """
        workspace = self.build.workspace
        is_told_otherwise = workspace.builds_for_itself or workspace.platforms_are_unknown or workspace.is_automated
        return self.asks_for_several or (self.has_intent and not is_told_otherwise)

    @property
    def is_only_prepared(self) -> bool:
        """True if the file names platform arguments, but the known builds of its project ask for one platform each: nothing is repeated yet."""
        return self.has_intent and not self.is_for_several

    @property
    def is_for_one_machine(self) -> bool:
        """True if the image is for machines of one architecture, so that nobody waits for another one: by the path of the file, or the name of its base.

        The name of the base does not count in a file that is meant for several platforms, whose image then has the wrong programs.
        """
        if not self.asks_for_several and self.build.file_architectures:
            return True
        return not self.has_intent and self.build.artifacts.base_architecture is not None

    @property
    def repeats_nothing(self) -> bool:
        """True if no step runs once per platform: each image is built on the machine that runs it, or the file is for one architecture by its name."""
        is_for_one = self.build.workspace.builds_for_itself or bool(self.build.file_architectures)
        return self.is_for_helping or (is_for_one and not self.asks_for_several)

    @cached_property
    def is_for_other_machines(self) -> bool:
        """True if findings about other platforms are useful to the people who build the file.

        They are not useful in a Dockerfile for Windows, nor in one beside which another builds the same image for several platforms.
        Nor are they in a file that is not meant for several platforms,
        if it is for tests or development, or if the project has builds, but none of this file for several platforms.
        """
        workspace = self.build.workspace
        if self.is_for_windows or workspace.is_plain_variant:
            return False
        return self.has_intent or not (
            self.is_for_helping or workspace.builds_for_itself or workspace.is_for_one_platform
        )

    @cached_property
    def is_for_helping(self) -> bool:
        """True if the file is for tests or development, and no build names several platforms for it."""
        if self.asks_for_several:
            return False
        return is_for_helping(self.build.workspace.dockerfile) or is_image_for_helping(self.build)

    @property
    def assumes_platforms(self) -> bool:
        """True if only the default platforms say for what the file is built, so that a statement about them is a condition."""
        return self.build.workspace.platforms_are_assumed and not self.has_intent

    def places(self, targets: Iterable[Platform]) -> str:
        """Targets in words, with a condition if the file may never be built for them: `linux/arm64 (if you build for it)`."""
        different = dict.fromkeys(targets)
        words = platforms(different)
        if not self.build.workspace.platforms_are_assumed or self.is_for_several:
            return words
        return ngettext(
            "{platforms} (if you build for it)", "{platforms} (if you build for them)", len(different), platforms=words
        )

    def emulated_places(self, targets: Iterable[Platform]) -> str:
        """Targets that are emulated, with a condition if no file tells the machine: `linux/arm64 (if the build machine is linux/amd64)`."""
        emulated = [*targets]
        words = self.places(emulated)
        if not self.build.workspace.machine_is_unknown:
            return words
        machines = platforms(dict.fromkeys(map(self.build.request.node, emulated)))
        return _("{platforms} (if the build machine is {machine})", platforms=words, machine=machines)

    @property
    def may_have_own_machines(self) -> bool:
        """True if each platform may have a machine of its own, because the machines or the platforms of the build are unknown."""
        workspace = self.build.workspace
        is_one_each = self.build.request.is_separate or not self.asks_for_several
        return workspace.may_have_own_machines or (workspace.machine_is_unknown and is_one_each)

    @cached_property
    def given_arguments(self) -> frozenset[str]:
        """The names of the build arguments that this build or another one of the project gives; `*` if one may give others too."""
        request = self.build.request
        return self.build.workspace.given_arguments | {*dict(request.build_arguments), *request.unknown_arguments}

    def is_only_for(self, architecture: str) -> bool:
        """True if the names of files, or its scripts, show that this Dockerfile is for one architecture only.

        `Dockerfile.arm64` and `arm64/Dockerfile` are for arm64; a `Dockerfile` beside `Dockerfile.arm64` is for the
        others, unless a build request names several platforms. A script may refuse each other platform of the request: `test "$TARGETARCH" = amd64`.
        """
        if architecture in self.build.file_architectures:
            return True
        refused = self.build.refused_targets
        if refused and {it.architecture for it in self.build.targets if it not in refused} == {architecture}:
            return True
        return not self.asks_for_several and bool(self.build.sibling_architectures - {architecture})

    @cached_property
    def is_for_windows(self) -> bool:
        """True if the image is for Windows, for which no other platform is known."""
        return is_for_windows(self.build)

    def after(self, edits: Iterable[Edit]) -> RuleContext:
        """The context of the text after these edits."""
        edits = tuple(edits)
        if self._after is None or self._after[0] != edits:
            # Cached, because the text that a rule tried last is planned again to prove its fix.
            dockerfile = self._builder.parse(apply_edits(self.text, edits), self.dockerfile)
            context = RuleContext(self._builder.build(dockerfile), self._builder, asks_for_several=self.has_intent)
            self._after = edits, context
            self._n_planned += len(dockerfile.instructions) * len(self.build.targets)
        return self._after[1]

    @property
    def may_plan(self) -> bool:
        """True if fixes may still be sought: each plans the whole text again, so that many fixes of a long file would take minutes."""
        return self._n_planned < _MOST_PLANNED

    def cached(self, compute: Callable[[RuleContext], T]) -> T:
        """The result of a function of this context, computed on the first call and kept as long as the context."""
        if compute not in self._cache:
            self._cache[compute] = compute(self)
        result: T = self._cache[compute]
        return result


_MOST_PLANNED: Final = 100_000
"""The most instructions that are planned again to find the fixes of one version, counted once per target: some seconds."""
