"""`buildxray explain` and `buildxray rules`."""

from __future__ import annotations

from rich.markdown import Markdown
from rich.table import Table

from buildxray.cli.console import output
from buildxray.cli.rule_names import rule_named
from buildxray.localization import _
from buildxray.rules.registry import ALL


def explain(name: str) -> int:
    """Effect: print the manual page of a rule. Raises `CliError`."""
    rule = rule_named(name)
    console = output()
    page = f"# {rule.name}\n\n{rule.doc.replace(rule.summary, _(rule.summary), 1)}\n"
    if console.is_terminal:
        console.print(Markdown(page))
    else:
        console.out(page, end="")
    return 0


def list_rules() -> int:
    """Effect: print the names of all rules, and what each finds."""
    table = Table.grid(padding=(0, 2))
    for rule in ALL:
        table.add_row(rule.name, _(rule.with_intent.value), _(rule.summary))
    output().print(table)
    return 0
