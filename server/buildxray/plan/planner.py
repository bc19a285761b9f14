"""Plan builds: join the graphs of all target platforms into the steps that BuildKit executes."""

from __future__ import annotations

from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.plan.checks.options import CheckOptionsError, file_options, parse_options
from buildxray.plan.convert import convert
from buildxray.plan.memo import Memo
from buildxray.plan.model import Plan, PlanError, StepCollector
from buildxray.plan.outline import Cause, Refusal, outline
from buildxray.plan.request import BuildRequest
from buildxray.plan.resolution import resolve_stages
from buildxray.records import replace
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
        plan = Plan(
            dockerfile,
            self.request,
            outlined,
            target_stage,
            tuple(collector.targets),
            collector.steps,
            _errors(dockerfile, refusals, self.request) if refusals or dockerfile.problems else (),
        )
        return plan if plan.errors else _checked(plan, self.memo)


def plan(dockerfile: Dockerfile, request: BuildRequest) -> Plan:
    """Plan a Dockerfile once."""
    return Planner(request).plan(dockerfile)


_CHECK_OPTIONS: Final = "BUILDKIT_DOCKERFILE_CHECK"
"""The build argument with check options that count in place of those of the file. Source: frontend/dockerui/config.go."""


def _checked(plan: Plan, memo: Memo) -> Plan:
    """The plan of a file without errors, with the refusal for which a warning of a check is enough."""
    given = dict(plan.request.build_arguments).get(_CHECK_OPTIONS)
    try:
        options = file_options(plan.dockerfile) if given is None else parse_options(given)
    except CheckOptionsError as error:
        message = _("unknown check option `{option}`", option=str(error))
        return replace(plan, errors=(PlanError(message, 1, TextRange(0, 0), cause=Cause.REQUEST),))
    # Most files do not ask for it, and an import at the start would cost all of them.
    if not options.is_error:
        return plan
    from buildxray.plan.checks.linter import failing_warnings  # noqa: PLC0415

    names = sorted({it.check.name for it in failing_warnings(plan, memo, options)})
    if not names:
        return plan
    message = _("`error=true`: the build fails, since it does not pass {checks}", checks=", ".join(names))
    line, place = 1, TextRange(0, 0)
    if given is None:
        place = next((it.range for it in plan.dockerfile.directives if it.name == "check"), place)
        line = plan.dockerfile.text.count("\n", 0, place.start) + 1
    return replace(plan, failing=PlanError(message, line, place, cause=Cause.FILE if given is None else Cause.REQUEST))


def _errors(dockerfile: Dockerfile, refusals: list[Refusal], request: BuildRequest) -> tuple[PlanError, ...]:
    # BuildKit does not read the options of the file where the build has its own.
    unread = [
        it.range
        for it in dockerfile.directives
        if it.name == "check" and _CHECK_OPTIONS in dict(request.build_arguments)
    ]
    errors = [
        PlanError(it.message, it.line, it.range, it.replacement)
        for it in dockerfile.problems
        if not any(place.start <= it.range.start <= place.end for place in unread)
    ]
    for message, idx, span, replacement, cause in refusals:
        if idx is None:
            errors.append(PlanError(message, 1, TextRange(0, 0), replacement, cause))
        else:
            instruction = dockerfile.instructions[idx]
            range_ = instruction.range if span is None else instruction.range_of(span)
            errors.append(PlanError(message, instruction.first_line, range_, replacement, cause))
    return tuple(errors)
