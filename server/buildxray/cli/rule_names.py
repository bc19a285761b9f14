"""Rules by the names that users type."""

from __future__ import annotations

from difflib import get_close_matches

from buildxray.cli.errors import CliError
from buildxray.rules.base import Rule
from buildxray.rules.registry import ALL


def rule_named(name: str) -> Rule:
    """The rule of that name. Raises `CliError`, which names the nearest right one."""
    for rule in ALL:
        if rule.name == name:
            return rule
    close = get_close_matches(name, [it.name for it in ALL], n=1, cutoff=0.5)
    hint = f"did you mean `{close[0]}`?" if close else "`buildxray rules` lists all"
    raise CliError(f"there is no rule `{name}`; {hint}")
