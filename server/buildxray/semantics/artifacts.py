"""What reaches the image, who made it, and for which machine.

For each path that the image takes from another stage, from the build context or from another image, the makers are looked up by walking its
stage backwards: through COPY, mounts and FROM, and through `cp`, `mv`, `install`, `ln`, `rsync`, `tar` and `unzip` inside of RUNs. The rules about
wrong architectures and the proof that a fix is safe read the same list, so that they cannot disagree.

Paths are absolute and clean, as `semantics.file_flow` has them. What the text cannot tell is unknown, and never guessed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property, lru_cache
from typing import Final

from buildxray.plan.model import TargetPlan
from buildxray.plan.outline import StageOutline, StageRef
from buildxray.plan.paths import clean, holds
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.platform import Platform, normalize
from buildxray.semantics.commands import Inventory, is_nothing
from buildxray.semantics.file_flow import is_covered
from buildxray.semantics.outputs import copied_operands, unpacked_archives
from buildxray.semantics.stage_graph import Facts
from buildxray.syntax.expansion import ExpansionError, expand, lex
from buildxray.syntax.instructions import Copy, Copying, Run, Token
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.shell import UNKNOWN
from buildxray.toolchains.base import Effect, Invocation, Use

OF_THE_SYSTEM: Final = (
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libexec",
    "/root/.cargo",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/go",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/sbin",
)
"""Directories in which an image has programs and libraries, which are for its own architecture."""
FOR_ALL: Final = (
    "/etc",
    "/home",
    "/srv",
    "/usr/lib/os-release",
    "/usr/lib/ssl",
    "/usr/lib/tzdata",
    "/usr/share",
    "/var",
)
"""Directories and files of an image that suit every architecture."""
TRACED: Final = (".next/standalone", ".output/server")
"""What Next.js and Nitro copy packages of `node_modules` into, native addons included."""
_FROM_CONTEXT: Final = ("ADD", "COPY")
_DEEPEST: Final = 24
"""Stages in a row that files are followed through."""
_MOST_PATHS: Final = 64
"""Paths of one stage that are followed at once; what is beyond is unknown."""


class Machine(Enum):
    """Which machine a file is for."""

    TARGET = "target"
    """The target platform of each image."""
    BUILDER = "build machine"
    """The machine that builds, whatever the target is."""
    CONSTANT = "constant"
    """One architecture that the text names, whatever the target is."""
    NEUTRAL = "any"
    """Every machine: a script, a web page, bytecode."""
    UNKNOWN = "unknown"
    """The text does not tell."""


class Quality(Enum):
    """How certain it is that a file suits the image that it is in; ordered."""

    WRONG = 0
    """It is for another architecture."""
    UNKNOWN = 1
    RIGHT = 2
    """It is for the architecture of the image, or for every one."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What made a file, or some of the files in a directory."""

    maker: str
    """The command, the image or the kind of instruction, for people: `go build`, `debian:13`, `COPY`; empty where nothing is known."""
    instruction: int | None
    """Index of the instruction; None for the text's silence."""
    stage: int
    machine: Machine
    target: int
    """The number of the target in whose image it is."""
    architecture: str | None
    """What it is for in that image; None for NEUTRAL and UNKNOWN."""
    use: Use | None = None
    """The command, where a toolchain knows it."""
    is_certain: bool = True
    """True if it made what is copied, and not only might have."""
    uses_c: bool | None = None
    """Of Go: whether cgo is on; None where the text does not tell, or where it makes no difference."""

    @property
    def suits_every_machine(self) -> bool:
        """True if it is for every machine, or a file of the build context whose name says nothing else."""
        return self.machine is Machine.NEUTRAL or self.is_from_context

    @property
    def is_from_context(self) -> bool:
        """True if it is a file of the build context whose name does not tell a machine."""
        return self.maker in _FROM_CONTEXT and self.machine is Machine.UNKNOWN


@dataclass(frozen=True, slots=True)
class Artifact:
    """A path that the image takes from elsewhere."""

    path: str
    """Where it is in the image; with a slash at the end for files in a directory."""
    source: str
    """Where it is taken from, in its stage, image or context."""
    instruction: int
    """Index of the COPY or ADD that puts it into the image."""
    targets: tuple[Platform, ...]
    """The images that it is in."""
    origins: tuple[Origin, ...]
    """Its makers, the last one first."""

    @property
    def machine(self) -> Machine:
        """For which machine it is, as far as all makers agree; UNKNOWN where they do not."""
        machines = {it.machine for it in self.origins if not it.is_from_context}
        told = machines - {Machine.NEUTRAL}
        if not machines or len(told) > 1:
            return Machine.UNKNOWN
        return told.pop() if told else Machine.NEUTRAL


class Artifacts:
    """The artifacts of one plan."""

    def __init__(self, facts: Facts, inventory: Inventory) -> None:
        self._facts = facts
        self._plan = facts.plan
        self._tracers = [_Tracer(facts, inventory, it) for it in range(len(facts.plan.targets))]

    @cached_property
    def all(self) -> tuple[Artifact, ...]:
        """Everything that COPY and ADD put into the image, in the order of the file."""
        found: dict[tuple[int, str, str], Artifact] = {}
        for tracer in self._tracers:
            for stage in self._plan.stages:
                if stage.idx in self._facts.image_stages and tracer.planned.is_needed(stage.idx):
                    for it in tracer.artifacts(stage):
                        key = it.instruction, it.source, it.path
                        found[key] = it if key not in found else _joined(found[key], it)
        return tuple(sorted(found.values(), key=lambda it: it.instruction))

    def line(self, artifact: Artifact) -> int:
        """The line of the instruction that puts an artifact into the image, 1-based."""
        return self._plan.instruction(artifact.instruction).first_line

    def of(self, instruction: int) -> tuple[Artifact, ...]:
        """Those that one COPY or ADD puts into the image; empty for other instructions."""
        return tuple(it for it in self.all if it.instruction == instruction)

    def qualities(self) -> dict[tuple[str, Platform], Quality]:
        """How good each path of each image is; where several instructions write to one path, as to a directory, the worst counts."""
        found: dict[tuple[str, Platform], Quality] = {}
        for artifact in self.all:
            for target, tracer in enumerate(self._tracers):
                platform = tracer.planned.platform
                if platform in artifact.targets:
                    key = artifact.path, platform
                    quality = self.quality(artifact.origins, target)
                    found[key] = min(quality, found.get(key, quality), key=lambda it: it.value)
        return found

    def quality(self, origins: Iterable[Origin], target: int) -> Quality:
        """How good files of these makers are in the image of the target with this number.

        Files of the build context, of which the name tells nothing, count as right: they are the same whatever the Dockerfile does.
        """
        worst = Quality.RIGHT
        wanted = self._architecture(target)
        for it in origins:
            is_right = it.architecture == wanted or it.suits_every_machine
            if it.target != target or is_right:
                continue
            quality = Quality.UNKNOWN if it.architecture is None or not it.is_certain else Quality.WRONG
            worst = min(worst, quality, key=lambda one: one.value)
        return worst

    def c_users(self) -> dict[str, frozenset[bool]]:
        """By path, the settings of cgo of its Go programs; paths where that is unknown or makes no difference are left out."""
        users = {it.path: frozenset(one.uses_c for one in it.origins if one.uses_c is not None) for it in self.all}
        return {path: them for path, them in users.items() if them}

    def wrong_images(self, instruction: int, invocation: Invocation | None = None) -> tuple[Platform, ...]:
        """Return the target platforms whose images hold a file that an instruction made for another architecture.

        With `invocation`, only what this command of a RUN made counts. A file that somebody else may have made counts
        only where that would be for a wrong architecture too.
        """
        numbers = sorted(self._wrong_origins.get((instruction, id(invocation)), ()))
        return tuple(self._plan.targets[it].platform for it in numbers)

    @cached_property
    def _wrong_origins(self) -> dict[tuple[int | None, int], set[int]]:
        """The targets that get wrong files, by the instruction and the identity of the command, if there is one."""
        wrong: dict[tuple[int | None, int], set[int]] = {}
        for artifact in self.all:
            for target in range(len(self._tracers)):
                makers = [it for it in artifact.origins if it.target == target and not it.suits_every_machine]
                foreign = [it for it in makers if it.architecture not in (None, self._architecture(target))]
                for it in foreign:
                    if it.is_certain or len(foreign) == len(makers):
                        invocation = None if it.use is None else it.use.invocation
                        wrong.setdefault((it.instruction, id(invocation)), set()).add(target)
        return wrong

    def _architecture(self, target: int) -> str:
        return self._plan.targets[target].platform.architecture

    def origins(self, stage: int, path: str) -> tuple[Origin, ...]:
        """The makers of what is at a path at the end of a stage, for all targets together; the last one first."""
        found: dict[Origin, None] = {}
        for tracer in self._tracers:
            if tracer.planned.is_needed(stage):
                found |= dict.fromkeys(tracer.trace(stage, path))
        return tuple(found)

    def copied(self, instruction: int) -> tuple[tuple[Token, tuple[Origin, ...]], ...]:
        """Each source of a COPY or ADD with its makers, for all targets together."""
        node = self._plan.node(instruction)
        stage = self._facts.stage_of(instruction)
        if not isinstance(node, Copying) or stage is None:
            return ()
        found: list[tuple[Token, tuple[Origin, ...]]] = []
        for token in node.sources:
            origins: dict[Origin, None] = {}
            for tracer in self._tracers:
                source = tracer.expanded(instruction, token, "/") if tracer.planned.is_needed(stage.idx) else None
                if source is not None:
                    origins |= dict.fromkeys(tracer.taken(stage, instruction, node, source))
            found.append((token, tuple(origins)))
        return tuple(found)


def _joined(one: Artifact, other: Artifact) -> Artifact:
    """An artifact of two targets."""
    origins = dict.fromkeys((*one.origins, *other.origins))
    return replace(one, targets=(*one.targets, *other.targets), origins=tuple(origins))


@dataclass
class _Search:
    """What is looked for while a stage is walked backwards."""

    paths: set[str]
    """The wanted files and directories, by the names that they have at this place of the stage."""
    doubtful: set[str] = field(default_factory=set)
    """Archives among them that need not hold what is wanted: something else may have made it where they were unpacked."""
    has_maker: bool = False
    """True if something was found, later in the stage, that made or may have made what is wanted."""


class _Tracer:
    """Follows files backwards for one target of a plan."""

    def __init__(self, facts: Facts, inventory: Inventory, target: int) -> None:
        self._facts = facts
        self._plan = facts.plan
        self._inventory = inventory
        self._target = target
        self.planned = facts.plan.targets[target]
        self._architecture = self.planned.platform.architecture
        self._known: dict[tuple[int, str], tuple[Origin, ...]] = {}
        self._depth = 0

    def artifacts(self, stage: StageOutline) -> Iterator[Artifact]:
        """Yield what the COPY and ADD instructions of a stage of the image take, and what its RUNs copy from mounts."""
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
        """Return the makers of what is at a path at the end of a stage, the last one first."""
        key = stage, path
        known = self._known.get(key)
        if known is None and self._depth > _DEEPEST:
            # A stage that takes a directory from itself, which BuildKit refuses, would have ever deeper paths.
            return (self._unknown("", None, stage),)
        if known is None:
            # An empty answer ends circles, which BuildKit refuses.
            self._known[key] = ()
            self._depth += 1
            known = self._known[key] = tuple(dict.fromkeys(self._walk(stage, path)))
            self._depth -= 1
        return known

    def taken(self, stage: StageOutline, idx: int, node: Copying, source: str) -> tuple[Origin, ...]:
        """Return the makers of what a COPY or ADD takes."""
        if not isinstance(node, Copy) or node.source_stage is None:
            return (self._of_context(stage.idx, idx, node, source),)
        sources = stage.sources.get(idx - stage.from_idx - 1, ())
        origin = sources[0] if sources else None
        if isinstance(origin, StageRef):
            return self.trace(origin.idx, source)
        name = node.source_stage.value
        return tuple(self._image_files(name.text if name else "", idx, stage.idx, {source}, self.planned.platform))

    def expanded(self, idx: int, token: Token, directory: str) -> str | None:
        """Return the path that a word of an instruction means; a URL as it is; None where BuildKit refuses the word."""
        return _expanded(self._facts, self.planned, idx, token, directory)

    def _walk(self, stage: int, path: str) -> Iterator[Origin]:
        search = _Search({path})
        if any(it in path for it in TRACED):
            search.paths.add(f"{path.partition('/.next')[0].partition('/.output')[0]}/node_modules")
        current: int | None = stage
        while current is not None and search.paths:
            outlined = self._plan.stages[current]
            for idx in range(outlined.end_idx - 1, outlined.from_idx, -1):
                for it in self._made_by(outlined, idx, search):
                    search.has_maker = True
                    yield it
                if len(search.paths) > _MOST_PATHS or self._depth > _DEEPEST:
                    yield self._unknown("", None, stage)
                    return
            base = self.planned.stages[current].base
            if base is None:
                yield from self._of_image(current, search)
            current = base

    def _made_by(self, stage: StageOutline, idx: int, search: _Search) -> Iterator[Origin]:
        """Yield what an instruction has made of the wanted paths. Effect: replaces paths by those that they are copies of."""
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
                    if it == path and not _may_be_directory(source):
                        wanted.discard(it)
                    yield from self.taken(stage, idx, node, inner)

    def _of_context(self, stage: int, idx: int, node: Copying, source: str) -> Origin:
        """Return the origin of a file of the build context or of a URL, of which only the name may tell the machine."""
        named = {it for _, _, it in named_architectures(source)}
        if len(named) != 1:
            return self._unknown(node.name, idx, stage)
        (architecture,) = named
        spellings = [
            {
                _expanded(self._facts, planned, idx, token, "/")
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
        wanted = search.paths
        known = {id(it.invocation): it for it in self._inventory.stage_uses(stage.idx)}
        commands = zip(self._inventory.invocations(idx), self._inventory.recognized(idx), strict=True)
        pairs = [it for it in commands if self.planned.platform in it[0].targets]
        if not pairs and self._inventory.script(idx).has_errors:
            yield self._unknown("RUN", idx, stage.idx, is_certain=False)
        # True if what a download writes to a pipe is certainly wanted; None where no pipe is unpacked.
        piped: bool | None = None
        for invocation, recognized in reversed(pairs):
            use = known.get(id(invocation), recognized)
            if piped is not None and use is not None and use.effect is Effect.DOWNLOAD:
                yield self._made(use, stage.idx, is_certain=piped)
                piped = None
            elif (operands := copied_operands(invocation)) is not None:
                for source, destination in operands:
                    inner = [before_copy(it, source, destination) for it in wanted]
                    wanted |= {it for it in inner if it is not None}
            elif (unpacked := unpacked_archives(invocation)) is not None:
                archives, directories = unpacked
                if any(holds(one, it) or holds(it, one) for it in wanted for one in directories):
                    is_certain = not search.has_maker or any(holds(it, one) for it in wanted for one in directories)
                    search.doubtful |= set() if is_certain else {*archives} - wanted
                    wanted |= {*archives}
                    piped = None if archives else is_certain
            else:
                yield from self._by_command(stage.idx, invocation, use, search)
        yield from self._mounted(stage, idx, node, wanted)

    def _by_command(self, stage: int, invocation: Invocation, use: Use | None, search: _Search) -> Iterator[Origin]:
        wanted = search.paths
        if use is None or use.effect in (Effect.UNKNOWN, Effect.EXECUTE):
            if not is_nothing(invocation.command) and _may_write(invocation, wanted):
                yield self._by_opaque(stage, invocation, use)
            return
        if use.effect not in _MAKING:
            return
        if use.effect is Effect.INSTALL and not use.outputs:
            if any(_is_of_system(it) for it in wanted):
                yield self._made(use, stage, is_certain=False)
            return
        outputs = use.outputs or _outputs(invocation)
        for it in sorted(wanted):
            is_elsewhere = not use.outputs and _is_of_system(it) and "/" in outputs
            if is_elsewhere or not any(is_covered(it, one) or holds(one, it) for one in outputs):
                continue
            yield self._made(use, stage, is_certain=bool(use.outputs) and it not in search.doubtful)
            is_certain = invocation.is_certain(self.planned.platform)
            if use.effect is Effect.COMPILE and it in use.outputs and not it.endswith("/") and is_certain:
                wanted.discard(it)

    def _made(self, use: Use, stage: int, *, is_certain: bool) -> Origin:
        """Return the origin of what a known command has made."""
        position = use.invocation.targets.index(self.planned.platform)
        machine, architecture = _machine_of(use, position)
        return Origin(
            use.title,
            use.instruction,
            stage,
            machine,
            self._target,
            None if machine in (Machine.NEUTRAL, Machine.UNKNOWN) else architecture,
            use,
            is_certain=is_certain,
            uses_c=_uses_c(use, position),
        )

    def _by_opaque(self, stage: int, invocation: Invocation, use: Use | None) -> Origin:
        """Return the origin of what a script, `make` or an unknown program may have made.

        One may assume that it is for the machine that the program runs on: on the target that is right. Elsewhere the program may have
        been told the target, and nobody can know.
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
        """Yield the makers of wanted paths that are below a mount of another stage. Effect: takes these paths out."""
        sources = iter(stage.sources.get(idx - stage.from_idx - 1, ()))
        for flag in node.mounts:
            try:
                options = {it.key: it.value.text for it in mount_options(flag) if it.value is not None}
            except MountSyntaxError:
                continue
            if "from" not in options:
                continue
            origin = next(sources, None)
            place = next((options[it] for it in ("target", "dst", "destination") if options.get(it)), "/")
            directory = clean(posixpath.join(self._directory(idx), place))
            source = options.get("source") or options.get("src") or "/"
            for it in [one for one in wanted if directory != "/" and holds(directory, one)]:
                wanted.discard(it)
                inner = clean(f"/{source}/{it[len(directory) :]}")
                if isinstance(origin, StageRef):
                    yield from self.trace(origin.idx, inner)
                else:
                    yield from self._image_files(options["from"], idx, stage.idx, {inner}, self.planned.platform)

    def _of_image(self, stage: int, search: _Search) -> Iterator[Origin]:
        """Yield what the image at the root of a stage has at the wanted paths."""
        resolved = self.planned.stages[stage]
        if resolved.base_name != "scratch":
            idx = self._plan.stages[stage].from_idx
            paths = {it for it in search.paths if _is_of_system(it)}
            platform = normalize(resolved.platform)
            for it in self._image_files(resolved.base_name, idx, stage, paths, platform):
                yield replace(it, is_certain=not search.has_maker)

    def _image_files(self, name: str, idx: int, stage: int, paths: set[str], platform: Platform) -> Iterator[Origin]:
        """Yield the origins of files of an image that is pulled for a platform."""
        named = {it for _, _, it in named_architectures(name)}
        architecture = platform.architecture
        is_shared = idx == self._plan.stages[stage].from_idx and stage in self._facts.native_stages
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
        """Yield each source of a COPY or ADD, and where it puts it."""
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
        stage = self._facts.stage_of(idx)
        scope = None if stage is None else self.planned.scope_before(stage, idx)
        return "/" if scope is None else scope.directory

    def _unknown(self, maker: str, instruction: int | None, stage: int, *, is_certain: bool = True) -> Origin:
        return Origin(maker, instruction, stage, Machine.UNKNOWN, self._target, None, is_certain=is_certain)


def _expanded(facts: Facts, planned: TargetPlan, idx: int, token: Token, directory: str) -> str | None:
    stage = facts.stage_of(idx)
    scope = None if stage is None else planned.scope_before(stage, idx)
    if scope is None:
        return None
    try:
        text = expand(lex(token.text, facts.plan.dockerfile.escape), scope.environment.get)
    except ExpansionError:
        return None
    if "://" in text:
        return text
    return clean(posixpath.join(directory, text)) + ("/" if text.endswith("/") and text.strip("/") else "")


def _machine_of(use: Use, position: int) -> tuple[Machine, str | None]:
    """Return for which machine a known command makes files, and for which architecture the target with this number gets them."""
    invocation = use.invocation
    match use.effect:
        case Effect.BUNDLE:
            return Machine.NEUTRAL, None
        case Effect.DOWNLOAD:
            made = [_downloaded(invocation, it) for it in range(len(invocation.targets))]
            is_told = not any(probe in it.text for it in invocation.command.words for probe in _PROBES)
            return _classified(made, invocation, is_told=is_told), made[position]
        case Effect.INSTALL:
            if use.toolchain.name == "Node.js" and invocation.workspace.has_native_packages is False:
                return Machine.NEUTRAL, None
            if use.title.startswith("xx-"):
                return Machine.TARGET, invocation.targets[position].architecture
            if invocation.has_option(*TELLING_INSTALLERS):
                return Machine.UNKNOWN, None
            machines = [it.architecture for it in invocation.step_platforms]
            return _classified(machines, invocation, is_told=False), machines[position]
    architectures = use.architectures or (None,) * len(invocation.targets)
    return _classified(architectures, invocation, is_told=use.is_targeted), architectures[position]


def _classified(made: Sequence[str | None], invocation: Invocation, *, is_told: bool) -> Machine:
    wanted = [it.architecture for it in invocation.targets]
    if None in made:
        return Machine.UNKNOWN
    if [*made] == wanted:
        return Machine.TARGET
    return Machine.CONSTANT if is_told and len({*made}) == 1 else Machine.BUILDER


_MAKING: Final = frozenset({Effect.BUNDLE, Effect.COMPILE, Effect.DOWNLOAD, Effect.INSTALL})
TELLING_INSTALLERS: Final = (
    "--arch",
    "--cpu",
    "--forcearch",
    "--ignore-scripts",
    "--os",
    "--platform",
    "--python-platform",
)
"""Options by which an installer is told the target, or installs no native code."""


def before_copy(path: str, source: str, destination: str) -> str | None:
    """What a path was before `source` was copied to `destination`; None where the copy did not make it."""
    if "://" in source:
        return source if holds(destination, path) or holds(path, destination) else None
    if path == "/" or (holds(path, destination.rstrip("/") or "/") and path.rstrip("/") != destination.rstrip("/")):
        # The path is a directory that holds all that was copied.
        return source
    directory = destination.rstrip("/") or "/"
    name = posixpath.basename(source.rstrip("/"))
    if path.rstrip("/") == directory:
        return source
    if not holds(directory, path):
        return None
    rest = path[len(directory) :].lstrip("/")
    first, _, below = rest.partition("/")
    if any(it in name for it in "*?["):
        return (
            posixpath.join(posixpath.dirname(source), rest)
            if is_covered(source, posixpath.join(posixpath.dirname(source), first))
            else None
        )
    if first == name and destination.endswith("/"):
        return posixpath.join(source.rstrip("/"), below) if below else source.rstrip("/")
    # The contents of a directory were copied.
    return posixpath.join(source.rstrip("/") or "/", rest)


def _may_be_directory(source: str) -> bool:
    """True if a source may be a directory, whose contents do not replace what is there."""
    return source.endswith("/") or source == "/" or "." not in posixpath.basename(source)


@lru_cache(maxsize=1024)
def _is_of_system(path: str) -> bool:
    path = path.rstrip("/") or "/"
    if any(holds(it, path) for it in FOR_ALL):
        return False
    return any(holds(it, path) or holds(path, it) for it in OF_THE_SYSTEM)


def _outputs(invocation: Invocation) -> tuple[str, ...]:
    """Where a command writes that a toolchain does not tell of: to its `-o`, else into its working directory.

    Of an `-o` that is known in part, the directory.
    """
    output = invocation.argument("-o", "--output", "--out", "--outfile", "--out-dir", "--outDir", "-d", "--prefix")
    if output is not None:
        known = [it.partition(UNKNOWN)[0].rpartition("/")[0] for it in invocation.evaluate_partly(output)]
        paths = invocation.paths(output) or tuple(f"{clean(it)}/" for it in known if it.startswith("/"))
        if paths:
            return paths
    return tuple(clean(it) for it in invocation.directories)


def _may_write(invocation: Invocation, wanted: set[str]) -> bool:
    """True if an unknown program may write to a wanted path: below its working directory, or near an argument."""
    if any(it == "/" for it in invocation.directories) and not all(map(_is_of_system, wanted)):
        return True
    values = [
        value.rpartition("=")[2] for it in invocation.command.words[1:] for value in invocation.evaluate(it) if value
    ]
    places = [*map(clean, invocation.directories), *(clean(it) for it in values if it.startswith("/"))]
    return any(holds(place, it) or holds(it, place) for place in places if place != "/" for it in wanted)


_PROBES: Final = ("uname -m", "--print-architecture", "--print-arch", "go env GOARCH", "$(arch)", "`arch`")


def _downloaded(invocation: Invocation, position: int) -> str | None:
    """The architecture that the URL of a download names for one target; None where it names none or several."""
    named: set[str] = set()
    for word in invocation.command.words[1:]:
        value = invocation.evaluate(word)[position]
        text = word.text if value is None else value
        if "://" not in text and "://" not in word.text:
            continue
        if any(it in word.text for it in _PROBES):
            named.add(invocation.step_platforms[position].architecture)
        named |= {it for _, _, it in named_architectures(text)}
    return named.pop() if len(named) == 1 else None


def _uses_c(use: Use, position: int) -> bool | None:
    """True if Go calls a C compiler: by default it does for its own machine, and not for another one."""
    if use.effect is not Effect.COMPILE or use.toolchain.name != "Go" or use.invocation.workspace.uses_cgo is False:
        return None
    setting = use.invocation.setting("CGO_ENABLED").values[position]
    if setting in ("0", "1"):
        return setting == "1"
    if setting is None:
        return None
    made = use.architectures[position] if use.architectures else None
    return None if made is None else made == use.invocation.step_platforms[position].architecture


def losses(before: Artifacts, after: Artifacts) -> tuple[str, ...]:
    """Return the paths of the image that were better before an edit than after it; an edit is proved safe where there are none.

    A path gets worse that certainly is for another machine afterwards, that nobody can tell of any more, or that is gone; and where cgo is
    switched on or off, unless the program was for the wrong machine before.
    """
    old, new = before.qualities(), after.qualities()
    worse = [path for (path, platform), it in old.items() if it.value > new.get((path, platform), Quality.WRONG).value]
    old_c, new_c = before.c_users(), after.c_users()
    repaired = {path for (path, platform), it in new.items() if it.value > old.get((path, platform), it).value}
    changed = [path for path, users in new_c.items() if old_c.get(path, users) != users and path not in repaired]
    return tuple(dict.fromkeys((*worse, *changed)))


def artifacts_as_json(artifacts: Artifacts) -> list[dict[str, object]]:
    """Return the `artifacts` of `buildxray plan --format json`: one object for each path, in the order of the file."""
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
