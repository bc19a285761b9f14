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


def chosen_rules(select: str | None, ignore: str | None) -> tuple[Rule, ...]:
    """The rules that `--select` names, without those that `--ignore` does. Raises `CliError`."""
    selected = ALL if select is None else _rules(select)
    ignored = () if ignore is None else _rules(ignore)
    return tuple(it for it in selected if it not in ignored)


def _rules(names: str) -> tuple[Rule, ...]:
    return tuple(rule_named(it.strip()) for it in names.split(",") if it.strip())
