"""All rules by name. Each module in a folder of rules defines the rule of its own name."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Final

from buildxray.rules.base import Rule
from buildxray.rules.index import RULES

SUBJECTS: Final = ("architecture", "buildkit", "habits", "native", "scope")
"""The folders of rules."""

ALL: Final = RULES
"""All rules, sorted by name."""


_BY_NAME: Final = {it.buildkit_check: it for it in ALL if it.buildkit_check} | {it.name: it for it in ALL}


def discover() -> tuple[Rule, ...]:
    """All rules as their modules define them, sorted by name; `rules/index.py` is generated from them.

    The index only names these modules: a check imports the few rules that a file has a subject of.
    """
    rules: dict[str, Rule] = {}
    for subject in SUBJECTS:
        folder = import_module(f"buildxray.rules.{subject}")
        for module in pkgutil.iter_modules(folder.__path__):
            rule = getattr(import_module(f"{folder.__name__}.{module.name}"), module.name)
            assert isinstance(rule, Rule), f"{module.name} defines a rule of its own name"
            rules[rule.name] = rule
    return tuple(rules[name] for name in sorted(rules))


def import_all() -> None:
    """Effect: import the modules of all rules, so that processes that are forked later need not."""
    for rule in ALL:
        rule.check  # noqa: B018 - it imports the module


def find_rule(name: str) -> Rule | None:
    """The rule of that name, or the rule for BuildKit's check of that name; None for another name."""
    return _BY_NAME.get(name)


@cache
def rule_names() -> tuple[str, ...]:
    """Return the names of all rules, sorted."""
    return tuple(it.name for it in ALL)
