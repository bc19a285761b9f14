"""Checks of rules on Dockerfiles with markup; tests of rules use the API through this module only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import parse_normalized
from buildxray.rules.base import Finding, Fix, FixAvailability, Rule, Safety, Severity
from buildxray.rules.context import RuleContext
from buildxray.rules.severities import severity
from buildxray.semantics.build import Builder
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import Absence, LackingPackage, RustAsking, RustNeed, Workspace
from tests.support.markup import annotate, fixture

TARGETS = "linux/amd64,linux/arm64"
IGNORED = IgnorePatterns("secret.txt")
"""The `.dockerignore` of every example."""
OF_EXAMPLES: Mapping[str, Workspace] = {
    "incomplete-lock-file": Workspace(
        lacking_packages={
            "package-lock.json": (
                LackingPackage("@rollup/rollup-linux-arm64-gnu", "rollup", "arm64", "gnu", is_for_development=False),
            )
        }.__getitem__
    ),
    "missing-source": Workspace(
        holds=frozenset({"package.json"}).__contains__, absence={"yarn.lock": Absence.MISSING}.get
    ),
    "old-dotnet-image": Workspace(dotnet_versions={"app.csproj": (9,)}.__getitem__),
    "old-go-image": Workspace(go_versions={"go.mod": ((25, 0),)}.__getitem__),
    "old-rust-image": Workspace(
        rust_needs=lambda path: (
            ((RustNeed("Cargo.toml", RustAsking.EDITION, (85, 0), "2024"),),) if path == "Cargo.toml" else ()
        )
    ),
}
"""The projects of the examples that are about other files than the Dockerfile, by the name of the rule."""
_BLOCK = re.compile(r"```dockerfile\n(.*?)```", re.DOTALL)


def request(targets: str = TARGETS, builder: str = "linux/amd64", target_stage: str = "") -> BuildRequest:
    platforms = tuple(parse_normalized(it) for it in targets.split(","))
    return BuildRequest(parse_normalized(builder), platforms, target_stage=target_stage)


@lru_cache(maxsize=32)
def context(
    text: str,
    targets: str = TARGETS,
    *,
    uses_cgo: bool | None = None,
    target_stage: str = "",
    workspace: Workspace | None = None,
) -> RuleContext:
    """The context of a text, cached, because tests often need it more than once. The build gives the changing arguments of the workspace."""
    workspace = workspace or Workspace(uses_cgo, ignored=IGNORED)
    wanted = replace(
        request(targets, target_stage=target_stage), unknown_arguments=(*sorted(workspace.changing_arguments),)
    )
    builder = Builder(wanted, workspace)
    return RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=False)


def findings(rule: Rule, ctx: RuleContext) -> list[Finding]:
    found = list(rule.check(ctx))
    assert not found or not rule.about or not rule.about.isdisjoint(ctx.build.subjects)
    for it in found:
        assert it.fixes or rule.fix is not FixAvailability.ALWAYS
        assert not it.fixes or rule.fix is not FixAvailability.NEVER
        assert "\n" not in ctx.text[slice(*it.range)]
        assert it.range.start < it.range.end
    return found


def reported(rule: Rule, text: str, targets: str = TARGETS) -> list[str]:
    """The text of the range of each finding."""
    return [text[slice(*it.range)] for it in findings(rule, context(text, targets))]


def check_rule(
    rule: Rule,
    markup: str,
    *,
    targets: str = TARGETS,
    uses_cgo: bool | None = None,
    target_stage: str = "",
    workspace: Workspace | None = None,
) -> None:
    """Check that the rule reports exactly the annotated ranges; a label is a mark of the fix, the severity and the message."""
    __tracebackhide__ = True
    given = fixture(markup)
    ctx = context(given.text, targets, uses_cgo=uses_cgo, target_stage=target_stage, workspace=workspace)
    actual = [(it.range, f"{_mark(it.fixes)}{_severity(rule, ctx, it)}{it.message}") for it in findings(rule, ctx)]
    assert annotate(given.text, actual) == annotate(given.text, given.annotations)


def check_nothing(
    rule: Rule, markup: str, *, targets: str = TARGETS, target_stage: str = "", workspace: Workspace | None = None
) -> None:
    """Check that the rule reports nothing in a text without its markup."""
    __tracebackhide__ = True
    plain = re.sub(r"(?m)^\s*\^.*$", "", markup)
    check_rule(rule, plain, targets=targets, target_stage=target_stage, workspace=workspace)


def check_fix(
    rule: Rule,
    before: str,
    after: str,
    *,
    targets: str = TARGETS,
    uses_cgo: bool | None = None,
    title: str = "",
    workspace: Workspace | None = None,
) -> None:
    """Check that applying the first fix repeatedly ends at `after`, where the rule reports nothing."""
    __tracebackhide__ = True
    text = fixture(before).text
    for _ in range(10):
        found = [
            it for it in findings(rule, context(text, targets, uses_cgo=uses_cgo, workspace=workspace)) if it.fixes
        ]
        if not found:
            break
        assert not title or found[0].fixes[0].title == title
        title = ""
        text = apply_edits(text, found[0].fixes[0].edits)
    assert text == fixture(after).text
    assert findings(rule, context(text, targets, uses_cgo=uses_cgo, workspace=workspace)) == []


def check_no_fix(rule: Rule, markup: str, *, uses_cgo: bool | None = None) -> None:
    """Check that the rule reports something without a fix."""
    __tracebackhide__ = True
    found = findings(rule, context(fixture(markup).text, uses_cgo=uses_cgo))
    assert found
    assert [fix.title for it in found for fix in it.fixes] == []


def examples(rule: Rule) -> tuple[str, str, str]:
    """The bad and the good Dockerfile of the manual page, and the target platforms that it names."""
    bad, good = _BLOCK.findall(rule.doc)
    named = re.search(r"For the platforms (\S+) and (\S+):", rule.doc)
    return bad, good, ",".join(named.groups()) if named else TARGETS


def _mark(fixes: Iterable[Fix]) -> str:
    return "".join("💡 " if it.safety is Safety.SAFE else "💭 " for it in fixes)


def _severity(rule: Rule, ctx: RuleContext, finding: Finding) -> str:
    lowered = _lowered(rule, ctx, finding)
    return f"{lowered.value}: " if lowered else ""


def severities(rule: Rule, ctx: RuleContext) -> list[Severity | None]:
    """The severity of each finding that differs from the rule's, by itself or by a doubt; None for those with the rule's."""
    return [_lowered(rule, ctx, it) for it in findings(rule, ctx)]


def _lowered(rule: Rule, ctx: RuleContext, finding: Finding) -> Severity | None:
    shown = severity(ctx, rule, finding)
    usual = rule.with_intent if ctx.has_intent else rule.without_intent
    return shown if finding.severity is not None or shown is not usual else None


def check_token(rule: Rule, before: str, where: str, after: str | None) -> None:
    """Check that the first finding is at this token, and that its fix gives the text `after`; None for no fix."""
    __tracebackhide__ = True
    ctx = context(before)
    finding = findings(rule, ctx)[0]
    assert ctx.text[slice(*finding.range)] == where
    assert [apply_edits(before, it.edits) for it in finding.fixes[:1]] == ([] if after is None else [after])


def check_silent(rule: Rule, text: str) -> None:
    """Check that the rule reports nothing in a text without markup."""
    __tracebackhide__ = True
    assert findings(rule, context(text)) == []
