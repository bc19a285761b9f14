"""Find the makers of the files at a path of a stage, for one target platform.

A stage is walked backwards from its last instruction: through COPY, mounts and FROM, and through `cp`, `mv`,
`install`, `ln`, `rsync`, `tar` and `unzip` in RUNs. What the text does not tell is unknown, and never guessed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import field
from typing import Final

from buildxray.plan.model import TargetPlan
from buildxray.plan.outline import StageOutline, StageRef
from buildxray.plan.paths import clean, holds
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.download_sites import architectures_in_address
from buildxray.platforms.platform import Platform, normalize
from buildxray.records import dataclass, replace
from buildxray.semantics.commands import Inventory, is_nothing
from buildxray.semantics.file_flow import is_covered
from buildxray.semantics.image_paths import FOR_ALL, before_copy, has_traced_packages, is_of_system, may_be_directory
from buildxray.semantics.makers import MAKING, machine_of, may_write, output_paths, uses_c
from buildxray.semantics.origins import Artifact, Machine, Origin
from buildxray.semantics.outputs import copied_operands, packed_members, removed_paths, unpacked_archives
from buildxray.semantics.path_index import PathIndex
from buildxray.semantics.stage_graph import StageGraph
from buildxray.syntax.expansion import expand_text
from buildxray.syntax.instructions import Copy, Copying, Run, Token
from buildxray.syntax.lexer import ExpansionError
from buildxray.syntax.mounts import MountSyntaxError, mount_target, mount_values
from buildxray.toolchains.base import Effect, Invocation, Use
from buildxray.toolchains.common import INSTALLING_NOTHING

_DEEPEST: Final = 24
"""Length of a chain of stages through which a file is traced."""
_LEAST_WORK: Final = 1_000
"""The number of paths that are compared with instructions, without those for each instruction. Of 584 public Dockerfiles, none needs more than 500."""
_WORK_PER_INSTRUCTION: Final = 10
_MOST_PATHS: Final = 64
"""Paths of one stage that are followed at once; the makers of more paths are unknown."""


@dataclass
class _Search:
    """The state of walking a stage backwards."""

    paths: set[str]
    """The wanted files and directories, by their paths before the current instruction."""
    doubtful: set[str] = field(default_factory=set)
    """Archives among `paths` that may not contain the wanted files, because another command may have written these."""
    removed: set[str] = field(default_factory=set)
    """Paths that a later command certainly removes, or moves elsewhere."""
    has_maker: bool = False
    """True if a later instruction of the stage made, or may have made, the wanted files."""


class Tracer:
    """Follows files backwards for one target of a plan."""

    def __init__(self, graph: StageGraph, inventory: Inventory, target: int) -> None:
        self._graph = graph
        self._plan = graph.plan
        self._inventory = inventory
        self._target = target
        self.planned = graph.plan.targets[target]
        self._architecture = self.planned.platform.architecture
        self._known: dict[tuple[int, str], tuple[Origin, ...]] = {}
        self._uses: dict[int, dict[int, Use]] = {}
        """The recognised commands of each stage, by the identities of their invocations."""
        self._writers: dict[int, PathIndex] = {}
        """The instructions of each stage by the paths that they may write."""
        self._depth = 0
        self._traced: set[int] = set()
        """The stages that are searched at the moment, each for the sake of one that was searched before."""
        n_instructions = self._plan.stages[-1].end_idx if self._plan.stages else 0
        self._work = _LEAST_WORK + _WORK_PER_INSTRUCTION * n_instructions
        """The number of paths that may still be compared."""

    def artifacts(self, stage: StageOutline) -> Iterator[Artifact]:
        """Yield the artifacts of a stage: what its COPY and ADD instructions copy, and what its RUNs copy from mounts."""
        for idx in range(stage.from_idx + 1, stage.end_idx):
            node = self._plan.node(idx)
            if isinstance(node, Copying):
                for source, path in self._moves(idx, node):
                    origins = self.taken(stage, idx, node, source)
                    yield Artifact(path, source, idx, (self.planned.platform,), origins)
            elif isinstance(node, Run) and node.mounts:
                yield from self._copied_from_mounts(stage, idx, node)

    def _copied_from_mounts(self, stage: StageOutline, idx: int, node: Run) -> Iterator[Artifact]:
        for invocation in self._inventory.invocations(idx):
            if self.planned.platform in invocation.targets:
                for source, path in dict(copied_operands(invocation) or ()).items():
                    origins = tuple(self._mounted(stage, idx, node, {source}))
                    if origins:
                        yield Artifact(path, source, idx, (self.planned.platform,), origins)

    def trace(self, stage: int, path: str) -> tuple[Origin, ...]:
        """The makers of the files at a path at the end of a stage, the last one first."""
        key = stage, path
        known = self._known.get(key)
        if known is None and (stage in self._traced or self._depth > _DEEPEST or self._work < 0):
            # BuildKit refuses a circle of stages, in which each turn would find longer paths. Without one, they may double in each stage.
            return (self._unknown("", None, stage),)
        if known is None:
            # An empty answer ends the search in a circle of stages.
            self._known[key] = ()
            self._depth += 1
            self._traced.add(stage)
            known = self._known[key] = tuple(dict.fromkeys(self._walk(stage, path)))
            self._traced.discard(stage)
            self._depth -= 1
        return known

    def taken(self, stage: StageOutline, idx: int, node: Copying, source: str) -> tuple[Origin, ...]:
        """The makers of the files that a COPY or ADD copies from `source`."""
        if not isinstance(node, Copy) or node.source_stage is None:
            return (self._of_context(stage.idx, idx, node, source),)
        sources = stage.sources.get(idx - stage.from_idx - 1, ())
        origin = sources[0] if sources else None
        if isinstance(origin, StageRef):
            return self.trace(origin.idx, source)
        name = node.source_stage.value
        return tuple(self._image_files(name.text if name else "", idx, stage.idx, {source}, self.planned.platform))

    def expanded(self, idx: int, token: Token, directory: str) -> str | None:
        """Return the absolute path that a word of an instruction means, or its URL; None if BuildKit refuses the word."""
        return _expanded(self._graph, self.planned, idx, token, directory)

    def _walk(self, stage: int, path: str) -> Iterator[Origin]:
        """Yield the makers from the end of a stage backwards, through its ancestors, to the base image."""
        search = _Search({path})
        if has_traced_packages(path):
            # Packages of a workspace are in a directory above that of the application (nodejs.org: Modules, Loading from node_modules).
            parts = path.partition("/.next")[0].partition("/.output")[0].split("/")[:_DEEPEST]
            search.paths |= {"/".join((*parts[:n], "node_modules")) for n in range(1, len(parts) + 1)}
        current: int | None = stage
        while current is not None and search.paths:
            outlined = self._plan.stages[current]
            for idx in self._relevant(outlined, search):
                self._work -= len(search.paths)
                for it in self._made_by(outlined, idx, search):
                    search.has_maker = True
                    yield it
                if len(search.paths) > _MOST_PATHS or self._depth > _DEEPEST or self._work < 0:
                    yield self._unknown("", None, stage)
                    return
            base = self.planned.stages[current].base
            if base is None:
                yield from self._of_image(current, search)
            current = base

    def _relevant(self, stage: StageOutline, search: _Search) -> Iterator[int]:
        """Yield the instructions that may write wanted paths, the last one first; the paths may change meanwhile."""
        if self._depth > _DEEPEST:
            # The search ends after one instruction, whichever it is.
            yield from range(stage.end_idx - 1, stage.from_idx, -1)
            return
        if stage.idx not in self._writers:
            self._writers[stage.idx] = self._index(stage)
        writers = self._writers[stage.idx]
        idx = writers.last_before(stage.end_idx, search.paths)
        while idx is not None:
            yield idx
            idx = writers.last_before(idx, search.paths)

    def _index(self, stage: StageOutline) -> PathIndex:
        """The instructions of a stage by the paths that they may write."""
        writers = PathIndex()
        for idx in range(stage.from_idx + 1, stage.end_idx):
            node = self._plan.node(idx)
            if isinstance(node, Run):
                writers.add(idx, None if _mounts_files(node) else self._written_paths(stage, idx))
            elif isinstance(node, Copying):
                writers.add(idx, None)
        return writers

    def _written_paths(self, stage: StageOutline, idx: int) -> list[str] | None:
        """The paths that the commands of a RUN write; None if the text does not tell all of them."""
        paths: list[str] = []
        pairs = self._commands(stage, idx)
        if not pairs:
            return None
        for invocation, use in pairs:
            if copied_operands(invocation) is not None or unpacked_archives(invocation) is not None:
                return None
            if use is None or use.effect in (Effect.UNKNOWN, Effect.EXECUTE):
                if not is_nothing(invocation.command):
                    return None
            elif use.effect in MAKING:
                if not use.outputs:
                    return None
                paths += use.outputs
            paths += removed_paths(invocation)
        return paths

    def _commands(self, stage: StageOutline, idx: int) -> list[tuple[Invocation, Use | None]]:
        """The commands of a RUN for this target, with what is recognised of each."""
        if stage.idx not in self._uses:
            self._uses[stage.idx] = {id(it.invocation): it for it in self._inventory.stage_uses(stage.idx)}
        known = self._uses[stage.idx]
        commands = zip(self._inventory.invocations(idx), self._inventory.recognized(idx), strict=True)
        platform = self.planned.platform
        return [(it, known.get(id(it), use)) for it, use in commands if platform in it.targets]

    def _made_by(self, stage: StageOutline, idx: int, search: _Search) -> Iterator[Origin]:
        """Yield the origins of wanted paths that an instruction wrote. Effect: replace copies among the wanted paths by their sources."""
        node, wanted = self._plan.node(idx), search.paths
        if isinstance(node, Run):
            yield from self._run(stage, idx, node, search)
        elif isinstance(node, Copying):
            if node.heredocs and node.destination is not None:
                wanted.discard(clean(posixpath.join(self._directory(idx), node.destination.text)))
            for source, path in self._moves(idx, node):
                for it in sorted(wanted):
                    inner = before_copy(it, source, path)
                    if inner is None:
                        continue
                    if it == path and not may_be_directory(source):
                        wanted.discard(it)
                    yield from self.taken(stage, idx, node, inner)

    def _of_context(self, stage: int, idx: int, node: Copying, source: str) -> Origin:
        """The origin of a file from the build context or from a URL, whose machine only its name may tell."""
        named = architectures_in_address(source)
        if len(named) != 1:
            return self._unknown(node.name, idx, stage)
        (architecture,) = named
        spellings = [
            {
                _expanded(self._graph, planned, idx, token, "/")
                for planned in self._plan.targets
                if planned.is_needed(stage)
            }
            for token in node.sources
        ]
        is_same_for_all = any(source in them and len(them) == 1 for them in spellings)
        follows = architecture == self._architecture and not (is_same_for_all and len(self._plan.targets) > 1)
        machine = Machine.TARGET if follows else Machine.CONSTANT
        return Origin(node.name, idx, stage, machine, self._target, architecture)

    def _run(self, stage: StageOutline, idx: int, node: Run, search: _Search) -> Iterator[Origin]:
        """Yield the origins of wanted paths that the commands of a RUN wrote. Effect: as `_made_by`."""
        wanted = search.paths
        pairs = self._commands(stage, idx)
        if not pairs and self._inventory.script(idx).has_errors:
            yield self._unknown("RUN", idx, stage.idx, is_certain=False)
        # None if no later command unpacks a pipe; otherwise True if the unpacked files are certainly wanted.
        piped: bool | None = None
        for invocation, use in reversed(pairs):
            if piped is not None and use is not None and use.effect is Effect.DOWNLOAD:
                yield self._made(use, stage.idx, is_certain=piped)
                piped = None
            elif piped is not None and (packed := packed_members(invocation)) is not None:
                # `tar -c … | tar -x …`
                wanted |= {*packed[1]}
                piped = None
            elif (operands := copied_operands(invocation)) is not None:
                for source, destination in operands:
                    inner = {path for it in wanted if (path := before_copy(it, source, destination)) is not None}
                    wanted |= inner
                    if invocation.command.name == "mv" and not inner and invocation.is_certain(self.planned.platform):
                        search.removed.add(source)
            elif (removed := removed_paths(invocation)) and invocation.is_certain(self.planned.platform):
                search.removed |= {*removed}
            elif (unpacked := unpacked_archives(invocation)) is not None:
                archives, directories = unpacked
                # An archive that is unpacked into `/` only by default is not meant for the directories of the system.
                is_default = invocation.argument("-C", "-d", "--directory") is None and "/" in directories
                is_elsewhere = is_default and "/" not in wanted and all(map(is_of_system, wanted))
                if not is_elsewhere and any(holds(one, it) or holds(it, one) for it in wanted for one in directories):
                    is_certain = not search.has_maker or any(holds(it, one) for it in wanted for one in directories)
                    search.doubtful |= set() if is_certain else {*archives} - wanted
                    wanted |= {*archives}
                    piped = None if archives else is_certain
            else:
                yield from self._by_command(stage.idx, invocation, use, search)
        yield from self._mounted(stage, idx, node, wanted)

    def _by_command(self, stage: int, invocation: Invocation, use: Use | None, search: _Search) -> Iterator[Origin]:
        """Yield the origins of wanted paths that one command wrote. Effect: drop paths that it certainly replaced."""
        wanted = search.paths
        if use is None or use.effect in (Effect.UNKNOWN, Effect.EXECUTE):
            if not is_nothing(invocation.command) and may_write(invocation, wanted):
                yield self._by_opaque(stage, invocation, use)
            return
        if use.effect not in MAKING:
            return
        if use.effect is Effect.INSTALL and not use.outputs:
            is_installing = invocation.subcommand not in INSTALLING_NOTHING
            if is_installing and any(is_of_system(it) for it in wanted):
                yield self._made(use, stage, is_certain=False)
            return
        written = use.outputs or output_paths(invocation)
        outputs = [it for it in written if not any(holds(one, it) for one in search.removed)]
        for it in sorted(wanted):
            is_elsewhere = not use.outputs and is_of_system(it) and "/" in outputs
            if is_elsewhere or not any(is_covered(it, one) or holds(one, it) for one in outputs):
                continue
            # The unpacked files may only be the input of a later maker in that directory.
            is_above = not any(holds(it, one) for one in outputs)
            is_doubtful = use.effect is Effect.DOWNLOAD and is_above and search.has_maker
            yield self._made(use, stage, is_certain=bool(use.outputs) and it not in search.doubtful and not is_doubtful)
            is_certain = invocation.is_certain(self.planned.platform)
            if use.effect is Effect.COMPILE and it in use.outputs and not it.endswith("/") and is_certain:
                wanted.discard(it)

    def _made(self, use: Use, stage: int, *, is_certain: bool) -> Origin:
        """The origin of the files of a known command."""
        position = use.invocation.targets.index(self.planned.platform)
        machine, architecture = machine_of(use, position)
        return Origin(
            use.title,
            use.instruction,
            stage,
            machine,
            self._target,
            None if machine in (Machine.NEUTRAL, Machine.UNKNOWN) else architecture,
            use,
            is_certain=is_certain,
            uses_c=uses_c(use, position),
        )

    def _by_opaque(self, stage: int, invocation: Invocation, use: Use | None) -> Origin:
        """The origin of files that a script, `make` or an unknown program may have written.

        A program on the target's platform is presumed to write files for it. On the build machine it may know the
        target, so the machine of its files is unknown.
        """
        position = invocation.targets.index(self.planned.platform)
        runs_on_target = invocation.step_platforms[position].architecture == self._architecture
        is_shared = len(invocation.targets) > 1 and len({*invocation.step_platforms}) == 1
        title = invocation.command.name if use is None else use.title
        if not runs_on_target or is_shared:
            return replace(self._unknown(title, invocation.instruction, stage, is_certain=False), use=use)
        return Origin(
            title,
            invocation.instruction,
            stage,
            Machine.TARGET,
            self._target,
            self._architecture,
            use,
            is_certain=False,
        )

    def _mounted(self, stage: StageOutline, idx: int, node: Run, wanted: set[str]) -> Iterator[Origin]:
        """Yield the makers of wanted paths below a mount of a stage or an image. Effect: drop these paths."""
        sources = iter(stage.sources.get(idx - stage.from_idx - 1, ()))
        for flag in node.mounts:
            try:
                options = mount_values(flag)
            except MountSyntaxError:
                continue
            if "from" not in options:
                continue
            origin = next(sources, None)
            target = mount_target(flag)
            directory = clean(posixpath.join(self._directory(idx), "/" if target is None else target.text))
            source = options.get("source") or options.get("src") or "/"
            for it in [one for one in wanted if directory != "/" and holds(directory, one)]:
                wanted.discard(it)
                inner = clean(f"/{source}/{it[len(directory) :]}")
                if isinstance(origin, StageRef):
                    yield from self.trace(origin.idx, inner)
                else:
                    yield from self._image_files(options["from"], idx, stage.idx, {inner}, self.planned.platform)

    def _of_image(self, stage: int, search: _Search) -> Iterator[Origin]:
        """Yield the origins of wanted paths in the base image of a stage; only paths of the operating system are in it."""
        resolved = self.planned.stages[stage]
        if resolved.base_name != "scratch":
            idx = self._plan.stages[stage].from_idx
            paths = {it for it in search.paths if is_of_system(it)}
            platform = normalize(resolved.platform)
            for it in self._image_files(resolved.base_name, idx, stage, paths, platform):
                yield replace(it, is_certain=not search.has_maker)

    def _image_files(self, name: str, idx: int, stage: int, paths: set[str], platform: Platform) -> Iterator[Origin]:
        """Yield the origins of files of an image that is pulled for a platform."""
        named = {it for _, _, it in named_architectures(name)}
        architecture = platform.architecture
        is_shared = idx == self._plan.stages[stage].from_idx and stage in self._graph.native_stages
        machine = Machine.BUILDER
        if len(named) == 1 and named != {architecture}:
            (architecture,) = named
            machine = Machine.CONSTANT
        elif architecture == self._architecture and (not is_shared or len(self._plan.targets) == 1):
            machine = Machine.TARGET
        for path in sorted(paths):
            if not any(holds(it, path) for it in FOR_ALL):
                yield Origin(name, idx, stage, machine, self._target, architecture)

    def _moves(self, idx: int, node: Copying) -> Iterator[tuple[str, str]]:
        """Yield the path of each source of a COPY or ADD, and its new path."""
        if node.destination is None:
            return
        destination = self.expanded(idx, node.destination, self._directory(idx))
        if destination is None:
            return
        if len(node.sources) > 1 and not destination.endswith("/"):
            destination += "/"
        for token in node.sources:
            source = self.expanded(idx, token, "/")
            if source is not None:
                yield source, destination

    def _directory(self, idx: int) -> str:
        stage = self._graph.stage_of(idx)
        scope = None if stage is None else self.planned.scope_before(stage, idx)
        return "/" if scope is None else scope.directory

    def _unknown(self, maker: str, instruction: int | None, stage: int, *, is_certain: bool = True) -> Origin:
        return Origin(maker, instruction, stage, Machine.UNKNOWN, self._target, None, is_certain=is_certain)


def _mounts_files(node: Run) -> bool:
    """True if a RUN may mount files of a stage or an image."""
    return any(it.value is not None and "from" in it.value.text.lower() for it in node.mounts)


def _expanded(graph: StageGraph, planned: TargetPlan, idx: int, token: Token, directory: str) -> str | None:
    stage = graph.stage_of(idx)
    scope = None if stage is None else planned.scope_before(stage, idx)
    if scope is None:
        return None
    try:
        text = expand_text(token.text, graph.plan.dockerfile.escape, scope.environment.get)
    except ExpansionError:
        return None
    if "://" in text:
        return text
    return clean(posixpath.join(directory, text)) + ("/" if text.endswith("/") and text.strip("/") else "")
