"""Match the vertices of a log to the steps of a plan.

If a history record maps the digest of a vertex to a line of this text, the digest decides. Otherwise the label does,
for any target of the step, because BuildKit shows the label of the target that is first. The parts of a label that are
not in the instruction (platform, stage, number) may have changed since; the most similar step is then the match, and
is marked as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from buildxray.logs.model import LoggedBuild, LoggedVertex, Status
from buildxray.logs.names import VertexName, read_name, without_digest
from buildxray.plan.model import Plan, Step
from buildxray.records import dataclass

_SIMILAR: Final = 0.6
"""The least similarity of an instruction before and after an edit, from 0 to 1."""
_TWIN: Final = 0.001
"""Seconds; a faster vertex may be one that BuildKit found equal to another at run time, and so did nothing."""


class StepTime(NamedTuple):
    """A step of a plan and its vertex in a log."""

    step: Step
    vertex: LoggedVertex
    is_exact: bool
    """True if the text of the instruction is still the logged one."""

    @property
    def seconds(self) -> float | None:
        """Seconds of execution; None if the log does not have them."""
        return self.vertex.seconds

    @property
    def is_cached(self) -> bool:
        """True if the result was in the cache."""
        return self.vertex.status is Status.CACHED


@dataclass(frozen=True, slots=True)
class Matching:
    """The result of matching vertices to steps."""

    plan: Plan
    build: LoggedBuild
    times: dict[int, StepTime]
    """The time by index of the step; steps without a vertex are left out."""
    unmatched: tuple[LoggedVertex, ...]
    """Vertices of Dockerfile steps without a step in the plan."""
    others: tuple[LoggedVertex, ...]
    """Vertices that are not steps of a Dockerfile: metadata of images, exports."""

    @property
    def n_missing(self) -> int:
        """The number of plan steps without a vertex; the second half of `COPY --link` is part of the first."""
        return sum(it.idx not in self.times and it.kind != "merge" for it in self.plan.steps)


class _Label(NamedTuple):
    """A label to match."""

    platform: str
    stages: tuple[str, ...]
    number: int
    n_steps: int
    text: str

    @classmethod
    def of(cls, name: VertexName) -> _Label:
        text = without_digest(name.text) if name.text.upper().startswith("FROM ") else name.text
        # A regular expression takes a hundred times as long for a name of a million blanks.
        return cls(name.platform, name.stages, name.number, name.n_steps, " ".join(text.split()))


@dataclass(slots=True)
class _Candidate:
    """A step with all its labels."""

    step: Step
    labels: tuple[_Label, ...]


def match(plan: Plan, build: LoggedBuild) -> Matching:
    """Match all vertices of a build."""
    matcher = _Matcher(plan, build)
    own = [it for it in build.vertices if _belongs_to_plan(it)]
    left = matcher.take(own)
    matcher.take(build.others, is_borrowed=True)
    unmatched = [it for it in left if read_name(it.name).is_step]
    matched = {id(it.vertex) for it in matcher.times.values()} | matcher.twins
    others = [it for it in build.vertices if id(it) not in matched and not read_name(it.name).is_step]
    return Matching(plan, build, matcher.times, tuple(unmatched), tuple(others))


def _belongs_to_plan(vertex: LoggedVertex) -> bool:
    return not vertex.name.startswith(("exporting", "importing", "resolve image config", "[auth]"))


Rule = Callable[[_Label, _Label, LoggedVertex], bool]


class _Matcher:
    """Matches vertices, from the strictest comparison to the loosest."""

    def __init__(self, plan: Plan, build: LoggedBuild) -> None:
        self.times: dict[int, StepTime] = {}
        self.twins: set[int] = set()
        """Duplicates of matched vertices, by identity."""
        self._labels: dict[int, _Label] = {}
        """The labels of vertices, by identity."""
        self._n_comparisons = 0
        """The comparisons of texts that are only similar."""
        self._build = build
        self._candidates = [_Candidate(it, tuple(map(_Label.of, map(read_name, it.labels)))) for it in plan.steps]
        self._lines = build.lines if build.dockerfile == plan.dockerfile.text else {}
        self._plan = plan

    def take(self, vertices: Iterable[LoggedVertex], *, is_borrowed: bool = False) -> list[LoggedVertex]:
        """Effect: match vertices; returns those without a match. Borrowed vertices must be equal, not just similar."""
        left = [it for it in vertices if not self._take_by_line(it)]
        left = [it for it in left if not self._take_by(it, _is_equal, is_exact=True)]
        if is_borrowed:
            return left
        for rule, is_exact in _RULES:
            left = [it for it in left if not self._take_by(it, rule, is_exact=is_exact)]
        return [it for it in left if not self._take_similar(it)]

    def _take_by_line(self, vertex: LoggedVertex) -> bool:
        line = next((self._lines[it] for it in vertex.digests if it in self._lines), None)
        if line is None:
            return False
        label = self._label(vertex)
        here = [it for it in self._candidates if self._is_at(it.step, line)]
        same = [it for it in here if any(_is_equal(other, label, vertex) for other in it.labels)]
        same = same or [it for it in here if any(other.platform == label.platform for other in it.labels)]
        if not same:
            return False
        self._assign(same[0].step, vertex, is_exact=True)
        return True

    def _label(self, vertex: LoggedVertex) -> _Label:
        """The label of a vertex of the build."""
        label = self._labels.get(id(vertex))
        if label is None:
            label = self._labels[id(vertex)] = _Label.of(read_name(vertex.name))
        return label

    def _is_at(self, step: Step, line: int) -> bool:
        return any(self._plan.instruction(it).first_line == line for it in step.instructions)

    def _take_by(self, vertex: LoggedVertex, rule: Rule, *, is_exact: bool) -> bool:
        label = self._label(vertex)
        fitting = [it for it in self._candidates if any(rule(other, label, vertex) for other in it.labels)]
        free = [it for it in fitting if it.step.idx not in self.times]
        if rule is not _is_equal:
            fitting = free
        if not fitting:
            return False
        best = min(free or fitting, key=lambda it: abs(it.labels[0].number - label.number))
        self._assign(best.step, vertex, is_exact=is_exact)
        return True

    def _take_similar(self, vertex: LoggedVertex) -> bool:
        """Effect: match each vertex to the most similar instruction, for instructions that were edited since."""
        label = self._label(vertex)
        keyword = label.text.partition(" ")[0]
        if not label.n_steps:
            return False
        # It prepares its second text, which takes most of the time, once for all comparisons.
        comparison = SequenceMatcher(None, "", label.text[:_COMPARED])
        best: tuple[float, _Candidate] | None = None
        for candidate in self._candidates:
            if candidate.step.idx in self.times:
                continue
            for other in candidate.labels:
                if _runs_on(other) != _runs_on(label) or other.text.partition(" ")[0] != keyword:
                    continue
                if self._n_comparisons >= _MOST_COMPARISONS:
                    return False
                self._n_comparisons += 1
                comparison.set_seq1(other.text[:_COMPARED])
                likeness = comparison.ratio()
                likeness += 0.1 * (other.stages[0] in label.stages) + 0.05 * (other.number == label.number)
                if likeness >= _SIMILAR + 0.1 and (best is None or likeness > best[0]):
                    best = (likeness, candidate)
        if best is None:
            return False
        self._assign(best[1].step, vertex, is_exact=False)
        return True

    def _assign(self, step: Step, vertex: LoggedVertex, *, is_exact: bool) -> None:
        known = self.times.get(step.idx)
        if known is not None and not _counts_more(vertex, known.vertex):
            self.twins.add(id(vertex))
            return
        if known is not None:
            self.twins.add(id(known.vertex))
        self.times[step.idx] = StepTime(step, vertex, is_exact)


_MOST_COMPARISONS: Final = 5_000
"""Limit for the comparisons of one build; each takes about 1 ms, and 50 edited instructions need at most 2,500."""
_COMPARED: Final = 2_000
"""The most characters of an instruction that are compared."""


def _counts_more(vertex: LoggedVertex, known: LoggedVertex) -> bool:
    """True if, of two vertices of one step, it is the executed one."""
    return (vertex.seconds or 0.0) > max(known.seconds or 0.0, _TWIN)


def _runs_on(label: _Label) -> str:
    return label.platform.partition("->")[0]


def _is_equal(label: _Label, other: _Label, _vertex: LoggedVertex) -> bool:
    return (
        label.text == other.text
        and label.platform == other.platform
        and (label.number, label.n_steps) == (other.number, other.n_steps)
        and label.stages[0] in other.stages
    )


def _has_same_text(label: _Label, other: _Label, _vertex: LoggedVertex) -> bool:
    """True if only the numbers differ: an image was replaced by a named context, or instructions came and went."""
    return label.text == other.text and label.platform == other.platform and label.stages[0] in other.stages


def _begins_alike(label: _Label, other: _Label, vertex: LoggedVertex) -> bool:
    """True if a name that the width of a terminal cut is the beginning of a label."""
    return (
        vertex.is_cut
        and label.text.startswith(other.text)
        and label.platform == other.platform
        and (label.number, label.n_steps) == (other.number, other.n_steps)
        and label.stages[0] in other.stages
    )


def _is_same_image(label: _Label, other: _Label, _vertex: LoggedVertex) -> bool:
    """True if it pulls the same image, perhaps for another stage, because each image is pulled only once."""
    return (
        label.text.startswith("FROM ")
        and label.text == other.text
        and (_runs_on(label) == _runs_on(other) or not label.platform or not other.platform)
    )


def _is_elsewhere(label: _Label, other: _Label, _vertex: LoggedVertex) -> bool:
    """True if the same text is in a stage of another name."""
    return label.text == other.text and label.platform == other.platform


_RULES: Final[tuple[tuple[Rule, bool], ...]] = (
    (_begins_alike, True),
    (_has_same_text, True),
    (_is_same_image, True),
    (_is_elsewhere, True),
)
