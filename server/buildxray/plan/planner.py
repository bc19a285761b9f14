"""Plan builds: join the graphs of all target platforms into the steps that BuildKit executes."""

from __future__ import annotations

from buildxray.plan.convert import convert
from buildxray.plan.memo import Memo
from buildxray.plan.model import Plan, PlanError, StepCollector
from buildxray.plan.outline import Refusal, outline
from buildxray.plan.request import BuildRequest
from buildxray.plan.stages import resolve_stages
from buildxray.syntax.expansion import expansion_budget
from buildxray.syntax.parser import Dockerfile
from buildxray.syntax.text import TextRange


class Planner:
    """Plans the successive versions of one document for one request."""

    def __init__(self, request: BuildRequest) -> None:
        self.request = request
        self.memo = Memo()
        """The cached results of earlier plans, in which readers of plans may cache their own results."""

    def plan(self, dockerfile: Dockerfile) -> Plan:
        """Compute the steps that BuildKit would execute; never raises on any text."""
        with expansion_budget():
            return self._plan(dockerfile)

    def _plan(self, dockerfile: Dockerfile) -> Plan:
        self.memo.start(len(dockerfile.instructions) * len(self.request.target_platforms))
        outlined = outline(dockerfile)
        collector = StepCollector(self.request)
        refusals = [*outlined.refusals]
        target_stage: int | None = None
        for platform in self.request.target_platforms:
            resolved = resolve_stages(outlined, self.request, platform, self.memo)
            conversion = convert(resolved, self.request, self.memo)
            collector.add(conversion, platform)
            refusals += [it for it in (*resolved.refusals, *conversion.refusals) if it not in refusals]
            target_stage = resolved.target
        return Plan(
            dockerfile,
            self.request,
            outlined,
            target_stage,
            tuple(collector.targets),
            collector.steps,
            _errors(dockerfile, refusals) if refusals or dockerfile.problems else (),
        )


def plan(dockerfile: Dockerfile, request: BuildRequest) -> Plan:
    """Plan a Dockerfile once."""
    return Planner(request).plan(dockerfile)


def _errors(dockerfile: Dockerfile, refusals: list[Refusal]) -> tuple[PlanError, ...]:
    errors = [PlanError(it.message, it.line, it.range, it.replacement) for it in dockerfile.problems]
    for message, idx, span, replacement, cause in refusals:
        if idx is None:
            errors.append(PlanError(message, 1, TextRange(0, 0), replacement, cause))
        else:
            instruction = dockerfile.instructions[idx]
            range_ = instruction.range if span is None else instruction.range_of(span)
            errors.append(PlanError(message, instruction.first_line, range_, replacement, cause))
    return tuple(errors)
