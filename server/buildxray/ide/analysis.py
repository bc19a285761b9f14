"""One version of a document and everything derived from it, computed lazily."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from buildxray.ide.comment_edits import Known, moved_diagnostics
from buildxray.ide.diagnostics import BuildOfFile, Diagnostic, diagnose, merge_builds, proved_in_builds
from buildxray.records import cached_property, dataclass
from buildxray.rules.base import Rule
from buildxray.rules.context import RuleContext
from buildxray.rules.registry import ALL
from buildxray.semantics.build import Build, Builder, BuildRequest, Dockerfile, Plan, Workspace
from buildxray.syntax.text import Edit, LineIndex, TextRange, apply_edits

if TYPE_CHECKING:
    from buildxray.ide.build_times import InstructionTimes, MeasuredBuild, PlanSeconds

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Subject:
    """The data that all versions of one document share, apart from the build request."""

    rules: tuple[Rule, ...]
    asks_for_several: bool
    name: str
    """The name of the build among those of the document; empty if there is only one."""
    title: str
    origin: str
    shown_origin: str
    n_builds: int
    """The number of declared builds that this one represents."""
    n_unchecked: int
    """The number of declared builds of the document that are not checked."""


class Analysis:
    """An immutable view of one text. Features take it and return plain values."""

    def __init__(
        self,
        text: str,
        builder: Builder,
        subject: _Subject,
        *,
        earlier: Analysis | None,
        measured: MeasuredBuild | None,
        others: tuple[tuple[str, Analysis], ...],
    ) -> None:
        self.text = text
        self.measured = measured
        """The logged build whose times are shown; None without a log."""
        self.title = subject.title
        """The build in one line; empty if no file declares one."""
        self._others = others
        self._earlier = None if earlier is None else earlier.last_parsed
        self.known: Known | None = None if earlier is None else earlier.known
        """The diagnostics of this version, or of an earlier one until the diagnostics of this one are computed."""
        self.request = builder.request
        self.origin = subject.origin
        """The source of the target platforms, in words; empty if they are the default."""
        self.shown_origin = subject.shown_origin or subject.origin
        """The same, but defaults have words too; empty if the source is unknown."""
        self._builder = builder
        self._subject = subject
        self._cache: dict[Callable[[Analysis], Any], Any] = {}

    @cached_property
    def lines(self) -> LineIndex:
        """The lines of the text."""
        return LineIndex.of(self.text)

    @cached_property
    def dockerfile(self) -> Dockerfile:
        """The parsed text."""
        dockerfile = self._builder.parse(self.text, self._earlier)
        self._earlier = None
        return dockerfile

    @property
    def is_assumed(self) -> bool:
        """True if several platforms are checked that nothing asks for."""
        return not self.origin and len(self.request.target_platforms) > 1

    @property
    def last_parsed(self) -> Dockerfile | None:
        """The parsed text, or the last version that was parsed if this one is not parsed yet."""
        parsed: Dockerfile | None = self.__dict__.get("dockerfile")
        return self._earlier if parsed is None else parsed

    @cached_property
    def build(self) -> Build:
        """The build as objects: stages, instructions, commands."""
        return self._builder.build(self.dockerfile)

    @cached_property
    def build_in_stage(self) -> Build:
        """The build as if a FROM preceded the first instruction, for a text whose FROM is not typed yet."""
        instructions = self.dockerfile.instructions
        start = instructions[0].range.start if instructions else len(self.text)
        return self._builder.build(self._builder.parse(f"{self.text[:start]}FROM scratch\n{self.text[start:]}"))

    @property
    def plan(self) -> Plan:
        """The plan: the steps that BuildKit would execute."""
        return self.build.plan

    @cached_property
    def context(self) -> RuleContext:
        """The input of the rules."""
        return RuleContext(self.build, self._builder, asks_for_several=self._subject.asks_for_several)

    def release(self) -> None:
        """Effect: break the cycles of references, so that a version that an edit has replaced is freed at once."""
        self._cache.clear()
        context: RuleContext | None = self.__dict__.get("context")
        build: Build | None = self.__dict__.get("build")
        if context is not None:
            context.release()
        elif build is not None:
            build.release()
        for _name, other in self._others:
            other.release()

    def cached(self, compute: Callable[[Analysis], T]) -> T:
        """The result of `compute` for this analysis, computed on the first call."""
        if compute not in self._cache:
            self._cache[compute] = compute(self)
        result: T = self._cache[compute]
        return result

    def has_cached(self, compute: Callable[[Analysis], object]) -> bool:
        """True if `cached` has the result of `compute`."""
        return compute in self._cache

    @cached_property
    def logged(self) -> Mapping[int, InstructionTimes]:
        """The times of each instruction in the log, by its index; empty without a log."""
        return {} if self.measured is None else self.measured.instructions(self.dockerfile)

    @cached_property
    def times(self) -> Mapping[int, InstructionTimes]:
        """The results of `times_of` for all instructions with times, by index."""
        return {idx: it for idx in self.logged if (it := self.times_of(idx)) is not None}

    def times_of(self, instruction: int) -> InstructionTimes | None:
        """`MeasuredBuild.times_of` for an instruction of this text; None without a log."""
        return None if self.measured is None else self.measured.times_of(self.build, instruction)

    @cached_property
    def seconds(self) -> PlanSeconds | None:
        """The duration of each step by the log, measured or estimated, in seconds; None without a log."""
        return None if self.measured is None else self.measured.seconds_of(self.build)

    @cached_property
    def saved(self) -> float:
        """Seconds that this text saves, compared with the logged build; 0 without a log."""
        return 0.0 if self.measured is None else self.measured.saved_in(self.build)

    def saved_by(self, edits: Iterable[Edit]) -> float:
        """Seconds that edits of this text save; 0 without a log."""
        if self.measured is None:
            return 0.0
        return self.measured.saved_by(apply_edits(self.text, edits)) - self.saved

    @cached_property
    def _own_diagnostics(self) -> tuple[Diagnostic, ...]:
        known = self.known
        moved = None if known is None else moved_diagnostics(known, self.dockerfile, lambda: self._analyzed)
        diagnostics = self._analyzed if moved is None else moved
        self.known = Known.of(self.dockerfile, diagnostics)
        return diagnostics

    @cached_property
    def _analyzed(self) -> tuple[Diagnostic, ...]:
        return diagnose(self.context, self._subject.rules)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The findings of the rules in all builds of the document."""
        own = self._own_diagnostics
        if not self._others:
            return own
        contexts = [self.context, *(it.context for _name, it in self._others)]
        own, *others = (
            proved_in_builds(it, [one for one in contexts if one is not context])
            for it, context in zip((own, *(it.diagnostics for _name, it in self._others)), contexts, strict=True)
        )
        return merge_builds(
            self.of_file(self._subject.name, own),
            [it.of_file(name, found) for (name, it), found in zip(self._others, others, strict=True)],
            self._subject.n_unchecked,
        )

    def of_file(self, name: str, diagnostics: tuple[Diagnostic, ...]) -> BuildOfFile:
        """The findings of this build, as one of those of the document."""
        return BuildOfFile(name, diagnostics, self.is_assumed, self._subject.n_builds, self._needs)

    def _needs(self, place: TextRange) -> bool:
        """True if the build needs the stage around a range, or may need it: it stops with an error, or no stage is around the range."""
        if self.plan.error is not None:
            return True
        before = [it for it in self.build.stages if it.from_.syntax.range.start <= place.start]
        return not before or before[-1].is_needed


class Analyzer:
    """Analyzes the versions of one document for one request."""

    def __init__(
        self,
        request: BuildRequest,
        *,
        asks_for_several: bool = False,
        origin: str = "",
        shown_origin: str = "",
        rules: tuple[Rule, ...] = ALL,
        workspace: Workspace | None = None,
        title: str = "",
        name: str = "",
        others: tuple[tuple[str, Analyzer], ...] = (),
        default_platforms: tuple[str, ...] = (),
        n_builds: int = 1,
        n_unchecked: int = 0,
    ) -> None:
        self._builder = Builder(request, workspace)
        self.default_platforms = default_platforms
        """The target platforms if they are the default; empty otherwise."""
        self._subject = _Subject(rules, asks_for_several, name, title, origin, shown_origin, n_builds, n_unchecked)
        self._others = others
        """The other builds of the document by name. They are checked, but not shown."""
        self._latest: Analysis | None = None
        self.measured: MeasuredBuild | None = None
        """The logged build that later analyses show the times of."""

    def release(self) -> None:
        """Effect: `release` the last version, for a document that is closed."""
        if self._latest is not None:
            self._latest.release()

    def skips_other_machines(self, analysis: Analysis) -> bool:
        """True if a rule about problems that exist only on some platforms has a subject in the text, and was not asked; see `Rule.may_find`."""
        context = analysis.context
        if context.is_for_other_machines or context.is_for_windows or context.template_mark is not None:
            return False
        rules = (it for it in self._subject.rules if it.is_about_platforms)
        return any(not it.about or not it.about.isdisjoint(context.build.subjects) for it in rules)

    def analyze(self, text: str) -> Analysis:
        """Analyze a version of the document."""
        others = tuple((name, it.analyze(text)) for name, it in self._others)
        latest = Analysis(
            text, self._builder, self._subject, earlier=self._latest, measured=self.measured, others=others
        )
        self._latest = latest
        return latest
