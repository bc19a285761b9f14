"""The artifacts of a plan: the files that the image takes from elsewhere, with their makers and how well they suit the image.

The rules about wrong architectures and the proof that a fix is safe read the same list, so that they cannot disagree.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from enum import Enum

from buildxray.platforms.aliases import architectures_of_image
from buildxray.platforms.platform import Platform
from buildxray.records import cached_property, replace
from buildxray.semantics.commands import Inventory
from buildxray.semantics.origins import Artifact, Origin
from buildxray.semantics.stage_graph import StageGraph
from buildxray.semantics.tracing import Tracer
from buildxray.syntax.instructions import Copying, Token
from buildxray.toolchains.base import Effect, Invocation


class Quality(Enum):
    """The certainty that a file suits its image, from worst to best."""

    WRONG = 0
    """The file is for another architecture."""
    UNKNOWN = 1
    RIGHT = 2
    """The file is for the architecture of the image, or for every architecture."""


class Artifacts:
    """The artifacts of one plan."""

    def __init__(self, graph: StageGraph, inventory: Inventory) -> None:
        self._graph = graph
        self._plan = graph.plan
        self._tracers = [Tracer(graph, inventory, it) for it in range(len(graph.plan.targets))]

    @cached_property
    def all(self) -> tuple[Artifact, ...]:
        """The artifacts of all target platforms, in the order of the Dockerfile."""
        artifacts: dict[tuple[int, str, str], Artifact] = {}
        for tracer in self._tracers:
            for stage in self._plan.stages:
                if stage.idx in self._graph.image_stages and tracer.planned.is_needed(stage.idx):
                    for it in tracer.artifacts(stage):
                        key = it.instruction, it.source, it.path
                        artifacts[key] = it if key not in artifacts else _joined(artifacts[key], it)
        return tuple(sorted(artifacts.values(), key=lambda it: it.instruction))

    def line(self, artifact: Artifact) -> int:
        """The 1-based line of the instruction that adds an artifact to the image."""
        return self._plan.instruction(artifact.instruction).first_line

    def of(self, instruction: int) -> tuple[Artifact, ...]:
        """The artifacts of one instruction; empty if it adds nothing to the image."""
        return tuple(it for it in self.all if it.instruction == instruction)

    def made_by(self, invocation: Invocation) -> tuple[Artifact, ...]:
        """The artifacts with files that a command of a RUN may have made."""
        return tuple(self._by_maker.get(id(invocation), ()))

    @cached_property
    def _by_maker(self) -> dict[int, list[Artifact]]:
        """The artifacts by the identity of the commands that may have made their files."""
        by_maker: dict[int, list[Artifact]] = {}
        for artifact in self.all:
            for maker in {id(it.use.invocation) for it in artifact.origins if it.use is not None}:
                by_maker.setdefault(maker, []).append(artifact)
        return by_maker

    def qualities(self) -> dict[tuple[str, Platform], Quality]:
        """The quality of each path of each image; the worst one if several instructions write to a path, such as a directory."""
        qualities: dict[tuple[str, Platform], Quality] = {}
        for artifact in self.all:
            for target, tracer in enumerate(self._tracers):
                platform = tracer.planned.platform
                if platform in artifact.targets:
                    key = artifact.path, platform
                    quality = self.quality(artifact.origins, target)
                    qualities[key] = min(quality, qualities.get(key, quality), key=lambda it: it.value)
        return qualities

    def quality(self, origins: Iterable[Origin], target: int) -> Quality:
        """The quality of files of these makers in the image of the target with this index.

        Files of the build context without an architecture in their name count as right, because no edit of the
        Dockerfile changes them.
        """
        worst = Quality.RIGHT
        wanted = self._architecture(target)
        of_image = self.base_architecture or wanted
        for it in origins:
            is_right = it.architecture == of_image or it.suits_every_machine
            if it.target != target or is_right:
                continue
            is_unknown = it.architecture in (None, wanted) or not it.is_certain
            quality = Quality.UNKNOWN if is_unknown else Quality.WRONG
            worst = min(worst, quality, key=lambda one: one.value)
        return worst

    def c_users(self) -> dict[str, frozenset[bool]]:
        """The settings of cgo of the Go programs at each path; paths without a known setting are left out."""
        users = {it.path: frozenset(one.uses_c for one in it.origins if one.uses_c is not None) for it in self.all}
        return {path: settings for path, settings in users.items() if settings}

    def wrong_images(self, instruction: int, invocation: Invocation | None = None) -> tuple[Platform, ...]:
        """The target platforms whose images contain a file that an instruction made for another architecture.

        With `invocation`, only the files of this command of a RUN count. A file that may also be from another maker
        counts only if that maker writes files for a wrong architecture too; a download only if no other maker is certain.
        """
        numbers = sorted(self._wrong_origins.get((instruction, id(invocation)), ()))
        return tuple(self._plan.targets[it].platform for it in numbers)

    @cached_property
    def _wrong_origins(self) -> dict[tuple[int | None, int], set[int]]:
        """The indices of the targets that receive wrong files, by instruction and identity of the command, if any."""
        wrong: dict[tuple[int | None, int], set[int]] = {}
        named_alike: dict[str, list[Artifact]] = {}
        for artifact in self.all:
            if posixpath.basename(artifact.source) == posixpath.basename(artifact.path):
                named_alike.setdefault(artifact.path, []).append(artifact)
        for artifact in self.all:
            if _may_be_replaced(artifact, named_alike.get(artifact.path, ())):
                continue
            for target in range(len(self._tracers)):
                makers = [it for it in artifact.origins if it.target == target and not it.suits_every_machine]
                suitable = (None, self._architecture(target), self.base_architecture)
                foreign = [it for it in makers if it.architecture not in suitable]
                is_made_surely = any(it.is_certain for it in makers)
                for it in foreign:
                    may_be_other = is_made_surely and it.use is not None and it.use.effect is Effect.DOWNLOAD
                    if it.is_certain or (len(foreign) == len(makers) and not may_be_other):
                        invocation = None if it.use is None else it.use.invocation
                        wrong.setdefault((it.instruction, id(invocation)), set()).add(target)
        return wrong

    def _architecture(self, target: int) -> str:
        return self._plan.targets[target].platform.architecture

    @cached_property
    def base_architecture(self) -> str | None:
        """The architecture that the name of the image's base tells: `arm64v8/alpine` has that machine for every target.

        None if it tells none or several, or depends on the target.
        """
        image = self._plan.target_stage
        root = None if image is None else self._graph.root(image)
        names = set() if root is None else {it.stages[root].base_name for it in self._plan.targets}
        architectures = architectures_of_image(names.pop()) if len(names) == 1 else frozenset()
        return next(iter(architectures)) if len(architectures) == 1 else None

    def origins(self, stage: int, path: str) -> tuple[Origin, ...]:
        """The makers of the files at a path at the end of a stage, for all targets together; the last one first."""
        origins: dict[Origin, None] = {}
        for tracer in self._tracers:
            if tracer.planned.is_needed(stage):
                origins |= dict.fromkeys(tracer.trace(stage, path))
        return tuple(origins)

    def copied(self, instruction: int) -> tuple[tuple[Token, tuple[Origin, ...]], ...]:
        """Each source of a COPY or ADD with its makers, for all targets together."""
        node = self._plan.node(instruction)
        stage = self._graph.stage_of(instruction)
        if not isinstance(node, Copying) or stage is None:
            return ()
        copied: list[tuple[Token, tuple[Origin, ...]]] = []
        for token in node.sources:
            origins: dict[Origin, None] = {}
            for tracer in self._tracers:
                source = tracer.expanded(instruction, token, "/") if tracer.planned.is_needed(stage.idx) else None
                if source is not None:
                    origins |= dict.fromkeys(tracer.taken(stage, instruction, node, source))
            copied.append((token, tuple(origins)))
        return tuple(copied)


def _may_be_replaced(artifact: Artifact, named_alike: Iterable[Artifact]) -> bool:
    """True if a later instruction writes a file of the same name to the same place, so that the image probably has that one.

    `named_alike` are the artifacts of that place whose source has its name.
    """
    later = (it for it in named_alike if it.instruction > artifact.instruction)
    is_file = not artifact.path.endswith("/")
    return is_file and {*artifact.targets} <= {target for it in later for target in it.targets}


def _joined(one: Artifact, other: Artifact) -> Artifact:
    """The artifact of two groups of targets."""
    origins = dict.fromkeys((*one.origins, *other.origins))
    return replace(one, targets=(*one.targets, *other.targets), origins=tuple(origins))


def losses(before: Artifacts, after: Artifacts) -> tuple[str, ...]:
    """The paths of the image that an edit makes worse; an edit without any is proved safe.

    A path is worse if its quality is lower after the edit, if it is missing, or if cgo changes for a program that was
    not for the wrong machine before.
    """
    old, new = before.qualities(), after.qualities()
    worse = [path for (path, platform), it in old.items() if it.value > new.get((path, platform), Quality.WRONG).value]
    old_c, new_c = before.c_users(), after.c_users()
    repaired = {path for (path, platform), it in new.items() if it.value > old.get((path, platform), it).value}
    changed = [path for path, users in new_c.items() if old_c.get(path, users) != users and path not in repaired]
    return tuple(dict.fromkeys((*worse, *changed)))


def artifacts_as_json(artifacts: Artifacts) -> list[dict[str, object]]:
    """The `artifacts` of `buildxray plan --format json`: one object for each path, in the order of the file."""
    return [
        {
            "path": artifact.path,
            "source": artifact.source,
            "line": artifacts.line(artifact),
            "machine": artifact.machine.value,
            "targets": [str(it) for it in artifact.targets],
            "makers": [
                {
                    "maker": it.maker,
                    "machine": it.machine.value,
                    "architecture": it.architecture,
                    "certain": it.is_certain,
                }
                for it in dict.fromkeys(replace(one, target=0, use=None, uses_c=None) for one in artifact.origins)
            ],
        }
        for artifact in artifacts.all
    ]
