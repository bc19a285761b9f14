"""A logged build of a Dockerfile as people see it: what each instruction took, and what a change of the text would save."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from buildxray.ide.analysis import Analyzer
from buildxray.ide.fixes import FixedText, fix_text
from buildxray.logs.alignment import aligned
from buildxray.logs.matching import StepTime
from buildxray.logs.model import LoggedBuild, Status
from buildxray.logs.prediction import Prediction, predict
from buildxray.logs.times import Times, measure
from buildxray.plan.request import BuildRequest
from buildxray.rules.base import Rule
from buildxray.rules.registry import ALL
from buildxray.semantics.build import Build, Builder, Dockerfile, Step
from buildxray.syntax.text import Edit, apply_edits
from buildxray.toolchains.base import Workspace


class InstructionTimes(NamedTuple):
    """What a log says of one instruction."""

    times: tuple[StepTime, ...]
    """Its executions, native ones first; those that did not run are left out."""
    is_current: bool
    """Whether the instruction is still what was built."""

    @property
    def seconds(self) -> float:
        """Seconds of all executions together."""
        return sum(it.seconds or 0.0 for it in self.times)


class MeasuredBuild:
    """One build of a log, and the text that it was of: the recorded one, or else the text when the log was read."""

    def __init__(
        self,
        text: str,
        logged: LoggedBuild,
        request: BuildRequest,
        *,
        workspace: Workspace | None = None,
        asks_for_several: bool = True,
        rules: tuple[Rule, ...] = ALL,
    ) -> None:
        self.text = text
        self.times: Times = measure(text, logged, request)
        self._workspace = workspace or Workspace()
        self._asks_for_several = asks_for_several
        self._rules = rules
        self._latest: tuple[Dockerfile, dict[int, InstructionTimes]] | None = None

    @cached_property
    def _builder(self) -> Builder:
        return Builder(self.times.plan.request, self._workspace)

    @cached_property
    def build(self) -> Build:
        """The build as objects."""
        return self._builder.of_plan(self.times.plan)

    def predict(self, text: str) -> Prediction:
        """What another text would change."""
        dockerfile = self._builder.parse(text, self.times.plan.dockerfile)
        return predict(self.times, self.build, self._builder.build(dockerfile))

    def predict_edits(self, edits: Iterable[Edit]) -> Prediction:
        """What edits of the text that was built would change."""
        return self.predict(apply_edits(self.text, edits))

    @cached_property
    def repaired(self) -> FixedText:
        """The text with all safe fixes."""
        analyzer = Analyzer(
            self.times.plan.request,
            asks_for_several=self._asks_for_several and len(self.times.plan.request.target_platforms) > 1,
            rules=self._rules,
            workspace=self._workspace,
        )
        return fix_text(analyzer, self.text)

    @cached_property
    def prediction(self) -> Prediction | None:
        """What all safe fixes together would change; None where there is nothing to fix, or where too little ran to tell."""
        if not self.repaired.titles or self.times.build.is_failed or not self._has_run:
            return None
        return self.predict(self.repaired.text)

    @property
    def _has_run(self) -> bool:
        return any(it.step.kind == "exec" and not it.is_cached and it.seconds for it in self.times.measured)

    def instructions(self, dockerfile: Dockerfile) -> dict[int, InstructionTimes]:
        """What the log says of the instructions of a later text, by their indices; those that it does not know are left out."""
        if self._latest is None or self._latest[0] is not dockerfile:
            self._latest = (dockerfile, self._instructions(dockerfile))
        return self._latest[1]

    def _instructions(self, dockerfile: Dockerfile) -> dict[int, InstructionTimes]:
        own = self.times.plan.dockerfile
        found: dict[int, InstructionTimes] = {}
        for new, old in aligned(own, dockerfile).items():
            times = self._of_instruction.get(old)
            if times:
                same = dockerfile.instructions[new].node.text == own.instructions[old].node.text
                found[new] = InstructionTimes(times, same and all(it.is_exact for it in times))
        return found

    @cached_property
    def _of_instruction(self) -> dict[int, tuple[StepTime, ...]]:
        found: dict[int, list[StepTime]] = {}
        for it in self.times.matching.times.values():
            if it.seconds is None or it.vertex.status is Status.UNFINISHED:
                continue
            for idx in it.step.instructions:
                found.setdefault(idx, []).append(it)
        return {idx: tuple(sorted(them, key=lambda it: it.step.is_emulated)) for idx, them in found.items()}

    def is_critical(self, step: Step) -> bool:
        """Whether a step is on the chain that took longest."""
        return step.idx in self.times.critical_path.steps
