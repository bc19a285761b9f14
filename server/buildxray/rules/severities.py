"""Decide the severity of a finding: the one place that turns doubts into warnings.

An error says that a build which the project asks for fails or makes a wrong image; if nothing is known of the builds of a file that
names platform arguments, a build for the default platforms. Where what a rule proves does not include that, the finding is a warning.
"""

from __future__ import annotations

from buildxray.rules.base import Doubt, Finding, Rule, Severity
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.intended import with_ignored_failure
from buildxray.rules.facts.purpose import is_example, is_out_of_use
from buildxray.semantics.build import Run
from buildxray.syntax.text import TextRange


def severity(ctx: RuleContext, rule: Rule, finding: Finding) -> Severity:
    """The severity of a finding: that of the rule, unless the finding has its own or is doubtful."""
    if finding.severity is not None:
        return finding.severity
    usual = rule.with_intent if ctx.has_intent else rule.without_intent
    if usual is Severity.ERROR and not rule.buildkit_check and doubt(ctx, rule, finding) is not None:
        return Severity.WARNING
    return usual


def doubt(ctx: RuleContext, rule: Rule, finding: Finding) -> Doubt | None:
    """The first reason why a finding may be no defect; None if there is none."""
    if finding.doubt is not None:
        return finding.doubt
    workspace = ctx.build.workspace
    if not workspace.has_build and not ctx.asks_for_several and is_out_of_use(workspace.dockerfile):
        return Doubt.PURPOSE
    if not rule.about:
        # `build-error` reports what BuildKit refuses.
        return None
    if rule.is_about_platforms and not ctx.is_for_several:
        return Doubt.BUILD
    if not ctx.asks_for_several and (ctx.is_for_helping or is_example(workspace.dockerfile)):
        return Doubt.PURPOSE
    if rule.is_about_platforms and _is_edited(ctx, finding.range):
        return Doubt.PROGRAM
    return _doubt_of_command(ctx, finding.range)


def _is_edited(ctx: RuleContext, place: TextRange) -> bool:
    """True if a script of the project writes another architecture into the lines at a place before it builds the file."""
    workspace = ctx.build.workspace
    if workspace.writes_architecture is None:
        return False
    start = ctx.text.rfind("\n", 0, place.start) + 1
    end = ctx.text.find("\n", place.end)
    return workspace.writes_architecture(workspace.dockerfile, ctx.text[start : end if end >= 0 else None])


def _doubt_of_command(ctx: RuleContext, place: TextRange) -> Doubt | None:
    """The reason why the command at a place of a RUN may not run, or may fail without harm."""
    instruction = ctx.build.instruction_at(place.start)
    if not isinstance(instruction, Run):
        return None
    known = ctx.cached(_doubts_by_run)
    if instruction.idx not in known:
        known[instruction.idx] = _doubts_in(instruction)
    return next((it for range_, it in known[instruction.idx] if range_.contains(place.start)), None)


_Doubts = list[tuple[TextRange, Doubt]]


def _doubts_by_run(_ctx: RuleContext) -> dict[int, _Doubts]:
    """The doubts of the commands of each RUN that has findings, by its index; a RUN may have hundreds."""
    return {}


def _doubts_in(run: Run) -> _Doubts:
    may_fail = with_ignored_failure(run)
    doubts: _Doubts = []
    of_users: dict[TextRange, list[Doubt | None]] = {}
    """For each assignment, the doubts of the commands whose words use it."""
    for command in run.commands:
        found = None
        if not all(map(command.is_certain, command.targets)):
            found = Doubt.CONDITION
        elif id(command.syntax) in may_fail:
            found = Doubt.ALTERNATIVE
        if found is not None:
            doubts.append((command.range, found))
        for name in {it.name for word in command.syntax.words for it in word.variables}:
            for assigned in command.syntax.variables.get(name, ()):
                of_users.setdefault(assigned.range, []).append(found)
    # `if [ "$WITH_TOOL" = yes ]; then FILE=tool-amd64.tgz; curl -O https://example.com/$FILE; fi`: a value does no more than its users.
    doubts += [
        (run.shell_range(it), users[0]) for it, users in of_users.items() if users[0] is not None and None not in users
    ]
    return doubts
