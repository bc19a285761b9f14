"""Each rule has tests of its own, in the file that is named after it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from buildxray.rules.base import Rule
from buildxray.rules.registry import ALL

ROOT = Path(__file__).parents[1] / "rules"


@pytest.mark.parametrize("rule", ALL, ids=[it.name for it in ALL])
def test_a_rule_has_its_file(rule: Rule) -> None:
    subject = rule.check.__module__.rpartition(".")[0].rpartition(".")[2]
    name = rule.name.replace("-", "_")
    tree = ast.parse((ROOT / subject / f"test_{name}.py").read_text(encoding="utf-8"))
    tests = [it for it in tree.body if isinstance(it, ast.FunctionDef) and it.name.startswith("test_")]
    # One for what it finds, and one for what it leaves alone.
    assert len(tests) >= 2 or any(it.decorator_list for it in tests)
    assert any(isinstance(it, ast.Name) and it.id == name for it in ast.walk(tree))
