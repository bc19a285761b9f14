"""The stages of a Dockerfile as far as its text determines them, before a platform is chosen.

BuildKit: dockerfile2llb/convert.go, buildStageDependencyGraph, and validations.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from enum import Enum
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.plan.circles import find_circle
from buildxray.plan.mounts import source_stages
from buildxray.records import dataclass
from buildxray.syntax.expansion import expand_text
from buildxray.syntax.instructions import Arg, Copy, From, Node, Onbuild, Run, Span, of_node
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lexer import ExpansionError
from buildxray.syntax.mounts import mount_options
from buildxray.syntax.parser import Dockerfile


class Cause(Enum):
    """The part of a build that must change if BuildKit refuses it."""

    FILE = "file"
    """The text is wrong for any request."""
    ARGUMENT = "argument"
    """The text leaves the name of an image to `--build-arg`, and no value is given. One of BuildKit's checks reports this too."""
    UNKNOWN_ARGUMENT = "unknown argument"
    """A build argument gives the name of an image or its platform, and only a run of the build knows its value."""
    PLATFORM_ARGUMENT = "platform argument"
    """The text leaves the `--platform` of a FROM to `--build-arg`, and no value is given."""
    IMAGE = "image"
    """The text is valid for some base images, and nothing is known of this one."""
    REQUEST = "request"
    """The request names something that does not exist, such as a target stage."""


class Refusal(NamedTuple):
    """A reason why BuildKit refuses the file."""

    message: str
    instruction: int | None
    """The index of the instruction; None for the file as a whole."""
    span: Span | None = None
    """The span in the instruction; None for the whole instruction."""
    replacement: str | None = None
    """The text that was probably meant instead of the text of `span`; None if no known name is close."""
    cause: Cause = Cause.FILE


class StageRef(NamedTuple):
    """A stage as a source of files."""

    idx: int
    """The index among the stages of the file."""


class ImageRef(NamedTuple):
    """An image as a source of files."""

    idx: int
    """The index among the images that commands name (`Outline.images`, then those of ONBUILD triggers)."""
    kind: Literal["image"] = "image"
    """Distinguishes it from the stage with the same index, as two tuples are equal if their values are."""


Source = StageRef | ImageRef


class NamedImage(NamedTuple):
    """An image named by `--from` of COPY or by a mount."""

    name: str
    instruction: int
    """The index of the instruction that names it."""
    has_line: bool
    """True if BuildKit knows the line of that instruction; False for a mount."""


@dataclass(frozen=True, slots=True)
class StageOutline:
    """A FROM and the instructions after it, up to the next FROM."""

    idx: int
    name: str
    """The name in lower case, as BuildKit compares it; empty for a stage without a name."""
    from_idx: int
    """The index of the FROM among the instructions."""
    nodes: tuple[Node, ...]
    """The instructions after the FROM."""
    sources: dict[int, tuple[Source | None, ...]]
    """The sources of each COPY with `--from` and each RUN with mounts, by position among the nodes; None for a source that does not exist."""

    @property
    def display_name(self) -> str:
        """The name, or BuildKit's default name."""
        return self.name or f"stage-{self.idx}"

    @property
    def end_idx(self) -> int:
        """The index of its last instruction plus one."""
        return self.from_idx + 1 + len(self.nodes)


@dataclass(frozen=True, slots=True)
class Outline:
    """The stages of a file and the images that its commands name."""

    dockerfile: Dockerfile
    global_arguments: tuple[int, ...]
    """The indices of the ARG instructions before the first FROM."""
    stages: tuple[StageOutline, ...]
    from_nodes: tuple[From, ...]
    """The FROM of each stage."""
    images: tuple[NamedImage, ...]
    refusals: tuple[Refusal, ...]
    late_refusals: tuple[Refusal, ...] = ()
    """The refusals that BuildKit reports only for stages that a build reads."""

    def stage_argument_line(self, name: str, before: int) -> int | None:
        """The 1-based line of an ARG below the first FROM that declares a name; None without one.

        It is the last one before the instruction with the index `before`, or else the first one after it.
        """
        declaring = [
            stage.from_idx + 1 + n
            for stage in self.stages
            for n, it in enumerate(stage.nodes)
            if isinstance(it, Arg) and any(pair.name.text == name for pair in it.pairs)
        ]
        idx = next(iter([it for it in declaring if it < before][-1:] or declaring), None)
        return None if idx is None else self.dockerfile.instructions[idx].first_line


def outline(dockerfile: Dockerfile) -> Outline:
    """Find the stages, and the sources of their commands."""
    nodes = tuple([it.node for it in dockerfile.instructions])
    heads = [(idx, node) for idx, node in enumerate(nodes) if isinstance(node, From)]
    starts = [idx for idx, _node in heads]
    from_nodes = tuple([node for _idx, node in heads])
    arguments = tuple([idx for idx in range(starts[0] if starts else len(nodes)) if isinstance(nodes[idx], Arg)])
    linker = Linker([_stage_name(it) for it in from_nodes], dockerfile.escape)
    stages: list[StageOutline] = []
    for start, end in pairwise([*starts, len(nodes)]):
        sources: dict[int, tuple[Source | None, ...]] = {}
        for idx in range(start + 1, end):
            node = nodes[idx]
            if node.flags and not node.problems and (named := linker.sources(node, idx)):
                sources[idx - start - 1] = named
        name = linker.names[len(stages)]
        stages.append(StageOutline(len(stages), name, start, nodes[start + 1 : end], sources))
    refusals = linker.refusals
    late = [Refusal(_NEEDS_LABS, idx, flag) for idx, flag in _devices(nodes) if not _has_labs(dockerfile)]
    if not stages and not dockerfile.problems:
        keyword = nodes[0].keyword.span if nodes else None
        refusals.append(Refusal(_("there is no FROM, so there is nothing to build"), 0 if nodes else None, keyword))
    if (circle := _circle(stages)) is not None:
        stage, needed = circle
        if needed is stage:
            message = _("the stage `{name}` cannot take files from itself", name=stage.display_name)
        else:
            message = _(
                "`{name}` needs files of `{needed}`, which needs files of `{name}`: neither can be built first",
                name=stage.display_name,
                needed=needed.display_name,
            )
        idx, span = _needing_command(stage, needed.idx)
        refusals.append(Refusal(message, idx, span))
    images = tuple(linker.images)
    return Outline(dockerfile, arguments, tuple(stages), from_nodes, images, tuple(refusals), tuple(late))


_NEEDS_LABS: Final = _("`--device` needs a frontend with it: `# syntax=docker/dockerfile:1-labs`")
_STABLE: Final = lazy_regex(r"(?:(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?![^:@]).*)?")


def _devices(nodes: Sequence[Node]) -> Iterator[tuple[int, Span]]:
    for idx, node in enumerate(nodes):
        if node.flags and isinstance(node, Run):
            yield from ((idx, it.span) for it in node.flags if it.name.text == "device")


def _has_labs(dockerfile: Dockerfile) -> bool:
    """True if the frontend may accept experimental flags; nothing is known of frontends that are not Docker's.

    BuildKit: dockerfile2llb/convert_norundevice.go.
    """
    return "labs" in dockerfile.frontend or _STABLE.fullmatch(dockerfile.frontend) is None


def _stage_name(node: From) -> str:
    alias = node.alias
    return "" if alias is None else alias.text.lower()


@dataclass(slots=True)
class Linker:
    """Resolves the stages and images that commands name (toCommand, detectRunMount)."""

    names: Sequence[str]
    """The names of all stages."""
    escape: str
    images: list[NamedImage] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    _numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._numbers = {name: number for number, name in enumerate(self.names) if name}

    def sources(self, node: Node, idx: int) -> tuple[Source | None, ...]:
        """The sources of `node`, which is the instruction with index `idx`."""
        references = _references(node, self.escape)
        return tuple([self._source(it, idx) for it in references]) if references else ()

    def _source(self, reference: _Reference, idx: int) -> Source | None:
        if reference.problem is not None:
            self.refusals.append(Refusal(reference.problem, idx, reference.span))
            return None
        if reference.number is None:
            return self._find_or_add(reference.name, idx, has_line=reference.span is not None)
        if 0 <= reference.number < len(self.names):
            return StageRef(reference.number)
        # BuildKit appends the named images to its list of stages, so a number may refer to one.
        if 0 <= reference.number - len(self.names) < len(self.images):
            return ImageRef(reference.number - len(self.names))
        self.refusals.append(
            Refusal(_("there is no stage number {number}", number=reference.number), idx, reference.span)
        )
        return None

    def _find_or_add(self, name: str, idx: int, *, has_line: bool) -> Source:
        number = self._numbers.get(name.lower())
        if number is not None:
            return StageRef(number)
        self.images.append(NamedImage(name, idx, has_line))
        return ImageRef(len(self.images) - 1)


class _Reference(NamedTuple):
    """A source of files as the text names it."""

    name: str
    """The name of a stage or an image."""
    number: int | None = None
    """The number of a stage, by which COPY may refer to it."""
    span: Span | None = None
    """The span of the value of `--from` of COPY; None for a mount, whose line BuildKit does not know."""
    problem: str | None = None
    """The reason why BuildKit refuses the reference."""


@of_node
def _references(node: Node, escape: str) -> tuple[_Reference, ...]:
    if isinstance(node, Run) and node.mounts:
        return tuple([_Reference(it) for it in source_stages(node.mounts)])
    value = node.source_stage.value if isinstance(node, Copy) and node.source_stage is not None else None
    if value is None or not value.text:
        return ()
    if not _is_plain(value.text, escape):
        problem = _(
            "`--from` does not expand variables: add a stage `FROM image-$NAME AS source`, and write `--from=source`"
        )
        return (_Reference(value.text, None, value.span, problem),)
    is_number = re.fullmatch(r"[-+]?[0-9]{1,18}", value.text) is not None
    return (_Reference(value.text, int(value.text) if is_number else None, value.span),)


def _is_plain(text: str, escape: str) -> bool:
    """True if `text` expands to itself."""
    try:
        return expand_text(text, escape, lambda _: None) == text
    except ExpansionError:
        return False


def _circle(stages: Sequence[StageOutline]) -> tuple[StageOutline, StageOutline] | None:
    """A stage of a circular dependency, and the stage below it, or itself, from which it takes files; None without a circle.

    BuildKit: validateCircularDependency.
    """
    needs = {stage.idx: _needed_stages(stage) for stage in stages if stage.sources}
    if all(needed < idx for idx, numbers in needs.items() for needed in numbers):
        return None
    finished: set[int] = set()
    for root in needs:
        circle = find_circle(root, lambda it: needs.get(it, ()), finished)
        # One member of each circle takes files from a stage further down, and that member is the one to change.
        pairs = zip(circle, [*circle[1:], *circle[:1]], strict=True)
        wrong = next((pair for pair in pairs if pair[0] <= pair[1]), None)
        if wrong is not None:
            return stages[wrong[0]], stages[wrong[1]]
    return None


def _needing_command(stage: StageOutline, needed: int) -> tuple[int, Span | None]:
    """The first instruction of a stage that takes files from another one, and the span that names the other."""
    wanted = StageRef(needed)
    position = next(position for position, sources in stage.sources.items() if wanted in sources)
    return stage.from_idx + 1 + position, source_span(stage, position, wanted)


def source_span(stage: StageOutline, position: int, needed: Source) -> Span | None:
    """The span in which a command of a stage names a stage or image; None if it names none."""
    node = stage.nodes[position]
    if isinstance(node, Copy) and node.source_stage is not None:
        flag = node.source_stage
        return flag.span if flag.value is None else flag.value.span
    if isinstance(node, Run):
        for source, flag in zip(stage.sources[position], node.mounts, strict=False):
            if source == needed:
                spans = [it.value.span for it in mount_options(flag) if it.key == "from" and it.value is not None]
                return spans[-1] if spans else flag.span
    return None


def _needed_stages(stage: StageOutline) -> list[int]:
    return [it.idx for sources in stage.sources.values() for it in sources if isinstance(it, StageRef)]


def trigger_texts(nodes: Iterable[Node]) -> list[tuple[int, str]]:
    """The texts of the ONBUILD triggers among the nodes of a stage, with their positions.

    The text of a trigger is followed by its heredocs. BuildKit: instructions/parse.go, parseOnBuild.
    """
    return [
        (position, _trigger_text(node))
        for position, node in enumerate(nodes)
        if isinstance(node, Onbuild) and node.problem is None
    ]


def _trigger_text(node: Onbuild) -> str:
    text = re.sub(r"^[\t\n\f\r ]*ONBUILD[\t\n\f\r ]*", "", node.text, flags=re.IGNORECASE)
    return text + "".join(f"\n{it.content}{it.name}" for it in node.heredocs)
