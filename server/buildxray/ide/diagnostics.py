"""The findings of rules as editors show them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

from buildxray.ide.suppressions import Suppressions
from buildxray.localization import N_, _, localized, ngettext
from buildxray.records import cached_property, dataclass, replace
from buildxray.rules.base import Doubt, Finding, Fix, FixFinder, Related, Rule, Safety, Severity, find_fixes
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.purpose import is_case_of_test
from buildxray.rules.fixing.proof import proved, proved_in_others
from buildxray.rules.fixing.review import reviewed
from buildxray.rules.registry import ALL
from buildxray.rules.severities import doubt, severity
from buildxray.semantics.errors import is_refused
from buildxray.syntax.text import TextRange

_DOCUMENTATION: Final = "https://github.com/buildxray/buildxray/blob/main/docs/rules/"
_BUILDS: Final = "https://github.com/buildxray/buildxray/blob/main/docs/builds.md"
_log = logging.getLogger("buildxray")


@dataclass(frozen=True)
class Diagnostic:
    """A finding with its rule and severity, as editors and reports show it."""

    rule: str
    severity: Severity
    range: TextRange
    message: str
    fix: tuple[Fix, ...] | FixFinder
    """The fixes, the preferred one first, or the function that finds them."""
    related: tuple[Related, ...]
    is_unnecessary: bool
    is_of_request: bool = False
    """True if the file that declares the build is wrong, and not the one with the range."""
    is_for_reader: bool = False
    """True if it only says why there is nothing to check, or is about an input of tests."""
    is_about_other_machines: bool = False
    """True if it is about an architecture that nothing asks for, in a file for another one, or in a file that BuildKit refuses."""
    is_cost_on_other_machines: bool = False
    """True if it is about the time that a build for a platform would take which nothing asks for."""

    @property
    def is_for_other_machines(self) -> bool:
        """True if it is about an architecture that nothing asks for, and no edit avoids what it says.

        Readers were glad of an edit that makes a later build for several platforms fast; what such a build would cost was of no use to them.
        """
        return self.is_about_other_machines or (self.is_cost_on_other_machines and not self.fixes)

    @property
    def is_listed(self) -> bool:
        """True if a list of all files has it; those who look at the file see the others too."""
        return not (self.is_for_reader or self.is_for_other_machines)

    @cached_property
    def fixes(self) -> tuple[Fix, ...]:
        """The fixes, computed on first access."""
        return find_fixes(self.fix)

    def __getstate__(self) -> dict[str, object]:
        """Compute the fixes before pickling: another process cannot."""
        return {**self.__dict__, "fix": self.fixes}

    @property
    def documentation_url(self) -> str:
        """The manual page of its rule."""
        return documentation_url(self.rule)


def documentation_url(rule: str) -> str:
    """The address of the manual page of a rule."""
    return f"{_DOCUMENTATION}{rule}.md"


def project_address(code: str) -> str:
    """The address of the page of a code of findings in files that declare builds."""
    return f"{_BUILDS}#{code}"


def diagnose(ctx: RuleContext, rules: Iterable[Rule] = ALL) -> tuple[Diagnostic, ...]:
    """The findings of the rules, in the order of the text. If a rule raises, only its own findings are lost."""
    if ctx.template_mark is not None:
        # Only `build-error`, which has no subject, names the mark. What other rules say about branches that exclude each other is wrong.
        rules = [it for it in rules if not it.about]
    suppressions = Suppressions(ctx.dockerfile)
    fails = suppressions.checks_fail
    diagnostics: list[Diagnostic] = []
    for rule in _with_subject(ctx, rules):
        try:
            findings = [*rule.check(ctx)] if rule.may_find(ctx) else ()
        except Exception:  # noqa: BLE001 - a bug in one rule must not take the others' findings along
            _log.exception("the rule %s has failed", rule.name)
            continue
        diagnostics += [
            _diagnostic(ctx, rule, finding)
            for finding in findings
            if not suppressions.silence(rule.name, finding.range)
        ]
        if fails and rule.buildkit_check:
            diagnostics = [replace(it, severity=Severity.ERROR) if it.rule == rule.name else it for it in diagnostics]
    shown = (it for it in _without_swallowed(ctx, diagnostics) if it.severity is not Severity.OFF)
    return tuple(sorted(shown, key=lambda it: (it.range, it.rule)))


def _without_swallowed(ctx: RuleContext, diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """The findings without those in lines that `swallowed-instruction` reports: the shell reads no FROM, whatever its arguments are.

    What BuildKit's own checks say there is kept.
    """
    swallowed: list[TextRange] = []
    for it in diagnostics:
        run = ctx.build.instruction_at(it.range.start) if it.rule == _SWALLOWED else None
        if run is not None:
            swallowed.append(TextRange(it.range.start, run.range.end))
    if not swallowed:
        return diagnostics
    kept = {_SWALLOWED, "build-error", *(it.name for it in ALL if it.buildkit_check)}
    return [it for it in diagnostics if it.rule in kept or not any(one.contains(it.range.start) for one in swallowed)]


_SWALLOWED: Final = "swallowed-instruction"


def _with_subject(ctx: RuleContext, rules: Iterable[Rule]) -> Iterable[Rule]:
    """The rules of which the file has a subject; at each edit that is faster than `Rule.may_find` for each rule."""
    try:
        subjects = ctx.build.subjects
    except Exception:  # noqa: BLE001 - `may_find` fails for each rule that needs them, and the others still run
        return rules
    rules = tuple(rules)
    are_absent = map(subjects.isdisjoint, [it.about for it in rules])
    return [it for it, is_absent in zip(rules, are_absent, strict=True) if not is_absent or not it.about]


class BuildOfFile(NamedTuple):
    """The findings of one build of a document."""

    name: str
    diagnostics: Sequence[Diagnostic]
    is_assumed: bool = False
    """True if nothing asks for the platforms that were checked: the build itself may be for one of them only."""
    n_builds: int = 1
    """The number of declared builds that it represents."""
    needs: Callable[[TextRange], bool] = lambda _range: True
    """True if the build needs the stage around a range, or may need it."""


def proved_in_builds(diagnostics: Iterable[Diagnostic], contexts: Sequence[RuleContext]) -> tuple[Diagnostic, ...]:
    """Findings of one build, whose safe fixes are suggestions if another build of the document proves them harmful."""
    unchanging = {it.name for it in ALL if it.buildkit_check}
    return tuple(
        it if not it.fix or it.rule in unchanging else replace(it, fix=partial(_proved, it, contexts))
        for it in diagnostics
    )


def _proved(diagnostic: Diagnostic, contexts: Sequence[RuleContext]) -> tuple[Fix, ...]:
    return proved_in_others(contexts, diagnostic.fixes)


def merge_builds(own: BuildOfFile, others: Sequence[BuildOfFile], n_unchecked: int = 0) -> tuple[Diagnostic, ...]:
    """Merge the findings of several builds of one document; the message of a finding that is not in all builds names its builds.

    `n_unchecked` is the number of declared builds of the document that are not among these. A finding in a stage counts in the builds that need the stage; if some do and
    none of these has it, it is left out.
    """
    merged: dict[tuple[str, TextRange], list[Diagnostic]] = {}
    builds: dict[tuple[str, TextRange], list[BuildOfFile]] = {}
    for build in (own, *others):
        here: dict[tuple[str, TextRange], list[Diagnostic]] = {}
        for it in build.diagnostics:
            here.setdefault((it.rule, it.range), []).append(it)
        for key, listed in here.items():
            merged.setdefault(key, listed)
            builds.setdefault(key, []).append(build)
    everything = (own, *others)
    about_platforms = {it.name for it in ALL if it.is_about_platforms}
    shown: list[Diagnostic] = []
    for key, listed in merged.items():
        having = builds[key]
        if len(having) == len(everything):
            shown += listed
            continue
        needing = [it for it in everything if it.needs(key[1])]
        having = [it for it in having if it in needing]
        if needing and not having and not n_unchecked:
            continue
        is_assumed = key[0] in about_platforms and any(it.is_assumed for it in having)
        if not having or is_assumed:
            # No build that needs the stage is known to have the finding.
            shown += listed
        else:
            shown += (replace(it, message=_in_builds(it.message, having, everything, n_unchecked)) for it in listed)
    return tuple(sorted(shown, key=lambda it: (it.range, it.rule)))


def _in_builds(message: str, having: Sequence[BuildOfFile], builds: Sequence[BuildOfFile], n_unchecked: int) -> str:
    """A message with the names of its builds, which do not count if builds of the same name lack the finding."""
    names = dict.fromkeys(it.name for it in having)
    listed = _(", ").join(f"`{it}`" for it in names)
    n_having, total = sum(it.n_builds for it in having), sum(it.n_builds for it in builds) + n_unchecked
    if n_unchecked:
        template = N_("{message} (in at least {n} of {total} builds: {names})")
    elif any(it.name in names for it in builds if not any(it is one for one in having)):
        template = N_("{message} (in {n} of {total} builds: {names})")
    elif n_having > len(names):
        # Some builds do the same as a named one.
        template = N_("{message} (in {n} of {total} builds, such as {names})")
    else:
        return ngettext(
            "{message} (in the build {names})",
            "{message} (in the builds {names})",
            len(names),
            message=localized(message),
            names=listed,
        )
    return _(template, message=localized(message), n=n_having, total=total, names=listed)


def _diagnostic(ctx: RuleContext, rule: Rule, finding: Finding) -> Diagnostic:
    fix = finding.fix
    if fix:
        fix = partial(_offered, ctx, rule, finding)
    level = severity(ctx, rule, finding)
    # Nearly every file for one architecture is for the machines that its people have.
    is_conditional = level is Severity.INFORMATION and rule.is_about_platforms and ctx.assumes_platforms
    return Diagnostic(
        rule.name,
        level,
        finding.range,
        finding.message,
        fix,
        finding.related,
        finding.is_unnecessary,
        finding.is_of_request,
        finding.is_for_reader or _is_case_of_test(ctx),
        # An edit that saves time is of no use before BuildKit takes the file.
        is_conditional and (rule.subject == "architecture" or is_refused(ctx.build)),
        is_conditional and rule.subject == "native",
    )


def _is_case_of_test(ctx: RuleContext) -> bool:
    """True if a file is an input of tests that nothing builds: what is wrong in it is wrong on purpose, or of no importance."""
    workspace = ctx.build.workspace
    return not workspace.has_build and is_case_of_test(workspace.dockerfile)


def _offered(ctx: RuleContext, rule: Rule, finding: Finding) -> tuple[Fix, ...]:
    """The fixes of a finding; those that nothing proves are suggestions. None if too much has been planned to find others."""
    if callable(finding.fix) and not ctx.may_plan:
        return ()
    if rule.buildkit_check:
        # These fixes do not change the build.
        return reviewed(ctx, finding.fixes)
    fixes = reviewed(ctx, proved(ctx, finding.fixes))
    if rule.with_intent is Severity.ERROR and doubt(ctx, rule, finding) not in (None, Doubt.SAME):
        # What may be no defect needs a review, whatever the plan proves.
        return tuple(replace(it, safety=Safety.SUGGESTION) for it in fixes)
    return fixes
