"""`buildxray explain` and `buildxray rules`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from buildxray.cli.console import output
from buildxray.cli.reports import as_array
from buildxray.cli.rule_names import rule_named
from buildxray.ide.diagnostics import documentation_url
from buildxray.localization import _
from buildxray.rules.base import Rule
from buildxray.rules.registry import ALL


def explain(options: argparse.Namespace) -> int:
    """Effect: print the manual page of a rule. Raises `CliError`."""
    rule = rule_named(options.rule)
    out = output()
    if options.format == "json":
        out.data(json.dumps({**_as_object(rule), "documentation": rule.doc}, ensure_ascii=False))
        return 0
    page = f"# {rule.name}\n\n{rule.doc.replace(rule.summary, _(rule.summary), 1)}\n"
    if out.is_terminal:
        from rich.markdown import Markdown  # noqa: PLC0415 - for terminals only

        out.print(Markdown(page))
    else:
        out.out(page, end="")
    return 0


def list_rules(options: argparse.Namespace) -> int:
    """Effect: print the names and summaries of all rules, and whether they have a fix."""
    out = output()
    if options.format == "json":
        out.data(as_array(json.dumps(_as_object(rule), ensure_ascii=False) for rule in ALL))
        return 0
    if options.format == "json-lines":
        for rule in ALL:
            out.data(json.dumps(_as_object(rule), ensure_ascii=False))
        return 0
    n_name = max(len(rule.name) for rule in ALL)
    n_severity = max(len(_(rule.with_intent.value)) for rule in ALL)
    n_fix = max(len(rule.fix.value) for rule in ALL)
    for rule in ALL:
        columns = f"{rule.name:{n_name}}  {_(rule.with_intent.value):{n_severity}}  {rule.fix.value:{n_fix}}  "
        out.line((rule.name, "bold"), columns[len(rule.name) :], _(rule.summary), indent=" " * (n_name + 2))
    return 0


def _as_object(rule: Rule) -> dict[str, Any]:
    """The contract of `buildxray rules --format json`."""
    return {
        "name": rule.name,
        "summary": rule.summary,
        "severity": rule.with_intent.value,
        "severityWithoutIntent": rule.without_intent.value,
        "fix": rule.fix.value,
        "url": documentation_url(rule.name),
    }
