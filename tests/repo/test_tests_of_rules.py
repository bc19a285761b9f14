"""Each rule has a test file of its name, with findings and with a near miss that is not reported."""

from __future__ import annotations

import ast
from pathlib import Path

from buildxray.rules.base import Rule
from buildxray.rules.registry import ALL
from tests.support.cases import every_case

ROOT = Path(__file__).parents[1] / "rules"
SILENT = {"check_nothing", "check_silent"}
MARKUP = {"check_rule", *SILENT}


@every_case("rule", ALL)
def test_a_rule_has_its_file(rule: Rule) -> None:
    subject = rule.check.__module__.rpartition(".")[0].rpartition(".")[2]
    name = rule.name.replace("-", "_")
    tree = ast.parse((ROOT / subject / f"test_{name}.py").read_text(encoding="utf-8"))
    assert any(isinstance(it, ast.Name) and it.id == name for it in ast.walk(tree))
    assert has_near_miss(tree), f"test_{name}.py has no case in which the rule finds nothing"


def has_near_miss(tree: ast.AST) -> bool:
    """True if some case expects no finding: by its helper, by markup without a caret, or by an empty list."""
    return any(
        _is_silent_call(it) or _is_compared_with_nothing(it) or _is_row_without_findings(it) for it in ast.walk(tree)
    )


def _is_silent_call(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    if node.func.id in SILENT:
        return True
    markup = node.args[1] if node.func.id in MARKUP and len(node.args) > 1 else None
    return isinstance(markup, ast.Constant) and "^" not in str(markup.value)


def _is_compared_with_nothing(node: ast.AST) -> bool:
    """True for `findings(rule, context(…)) == []`."""
    return isinstance(node, ast.Compare) and isinstance(node.left, ast.Call) and _is_empty(node.comparators[-1])


def _is_row_without_findings(node: ast.AST) -> bool:
    """True for a row of cases that ends with an empty list: `("RUN true", [])`."""
    return isinstance(node, ast.Tuple) and len(node.elts) > 1 and _is_empty(node.elts[-1])


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple) and not node.elts


@every_case(
    "code, expected",
    [
        ('check_rule(r, "FROM a\\n^^^^ x")', False),
        ('check_rule(r, "FROM a")', True),
        ("check_nothing(r, TEXT)", True),
        ("check_silent(r, TEXT)", True),
        ("assert findings(r, context(TEXT)) == []", True),
        ("assert findings(r, context(TEXT)) == [one]", False),
        ("assert found == []", False),
        ('CASES = [("RUN a", ["a"]), ("RUN b", [])]', True),
        ('CASES = [("RUN a", ["a"]), ("RUN b", ["b"])]', False),
        ("check_fix(r, BEFORE, AFTER)", False),
    ],
)
def test_what_counts_as_a_near_miss(code: str, *, expected: bool) -> None:
    assert has_near_miss(ast.parse(code)) is expected
