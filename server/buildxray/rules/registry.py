"""All rules by name. Each module in a folder of rules defines the rule of its own name."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Final

from buildxray.rules import architecture, buildkit, habits, native, scope
from buildxray.rules.base import Rule

SUBJECTS: Final = (architecture, buildkit, habits, native, scope)


def _discover() -> tuple[Rule, ...]:
    rules: dict[str, Rule] = {}
    for subject in SUBJECTS:
        for module in pkgutil.iter_modules(subject.__path__):
            rule = getattr(import_module(f"{subject.__name__}.{module.name}"), module.name)
            assert isinstance(rule, Rule), f"{module.name} defines a rule of its own name"
            rules[rule.name] = rule
    return tuple(rules[name] for name in sorted(rules))


ALL: Final = _discover()
"""All rules, sorted by name."""


_BY_NAME: Final = {it.buildkit_check: it for it in ALL if it.buildkit_check} | {it.name: it for it in ALL}


def find_rule(name: str) -> Rule | None:
    """The rule of that name, or the rule for BuildKit's check of that name; None for another name."""
    return _BY_NAME.get(name)


@cache
def rule_names() -> tuple[str, ...]:
    """Return the names of all rules, sorted."""
    return tuple(it.name for it in ALL)
