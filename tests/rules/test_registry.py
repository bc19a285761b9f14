"""Properties of every rule."""

from __future__ import annotations

import re

import pytest

from buildxray.rules.base import FixAvailability, Rule
from buildxray.rules.registry import ALL, discover
from tests.support.cases import every_case
from tests.support.rules import OF_EXAMPLES, check_fix, context, examples, findings

SECTIONS = ["What it does", "Why it matters", "Example", "Fix safety", "Limits", "References"]

every_rule = every_case("rule", ALL)


def test_the_index_has_the_rules_of_all_modules() -> None:
    assert discover() == ALL


def test_rules_are_sorted_and_unique() -> None:
    names = [it.name for it in ALL]
    assert names == sorted({*names})


@every_rule
def test_a_name_is_the_bad_pattern(rule: Rule) -> None:
    # BuildKit has named its checks.
    assert rule.buildkit_check or not re.match(r"(no|avoid|prefer|use|require|missing-no)-", rule.name)


@every_rule
def test_the_manual_page_is_complete(rule: Rule) -> None:
    sections = re.findall(r"^## (.+)$", rule.doc, re.MULTILINE)
    assert sections == [it for it in SECTIONS if it in sections]
    assert sections[:3] == SECTIONS[:3]
    assert re.fullmatch(r"[A-Z`].+\.", rule.summary)
    assert (rule.fix is FixAvailability.NEVER) == ("Fix safety" not in sections)


@pytest.mark.slow
@every_rule
def test_the_example_raises_the_rule_and_the_fix_repairs_it(rule: Rule) -> None:
    bad, good, targets = examples(rule)
    workspace = OF_EXAMPLES.get(rule.name)
    bad_context, good_context = (context(it, targets, workspace=workspace) for it in (bad, good))
    assert findings(rule, bad_context) != []
    before = {it.message for other in ALL if other.buildkit_check for it in findings(other, bad_context)}
    after = [it.message for other in ALL for it in findings(other, good_context)]
    # An example may be about a form that BuildKit's checks do not like, such as a variable in a shell form.
    assert [it for it in after if rule.buildkit_check or it not in before] == []
    if rule.fix is not FixAvailability.NEVER:
        check_fix(rule, bad, good, targets=targets, workspace=workspace)


@every_rule
def test_messages_state_facts(rule: Rule) -> None:
    bad, _, targets = examples(rule)
    for finding in findings(rule, context(bad, targets)):
        assert not finding.message.endswith(".")
        assert not finding.message[0].isupper()
        assert "should" not in finding.message
