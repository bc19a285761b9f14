"""Rules by the names that users type."""

from __future__ import annotations

from buildxray.cli.errors import CliError
from buildxray.ide.settings import no_rule
from buildxray.rules.base import Rule
from buildxray.rules.registry import ALL


def rule_named(name: str) -> Rule:
    """The rule of that name. Raises `CliError`, which suggests the most similar name."""
    for rule in ALL:
        if rule.name == name:
            return rule
    raise CliError(no_rule(name))
