"""`buildxray explain` and `buildxray rules`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from buildxray.cli.console import Output, output
from buildxray.cli.reports import as_array
from buildxray.cli.rule_names import rule_named
from buildxray.ide import project_codes
from buildxray.ide.diagnostics import documentation_url, project_address
from buildxray.localization import _
from buildxray.rules.base import Rule
from buildxray.rules.registry import ALL


def explain(options: argparse.Namespace) -> int:
    """Effect: print the manual page of a rule, or of a code of findings in files that declare builds. Raises `CliError`."""
    out = output()
    page = project_codes.PAGES.get(options.rule)
    if page is not None:
        if options.format == "json":
            address = project_address(options.rule)
            out.data(json.dumps({"name": options.rule, "url": address, "documentation": page}, ensure_ascii=False))
        else:
            _print_page(out, f"# {options.rule}\n\n{page}\n")
        return 0
    rule = rule_named(options.rule)
    if options.format == "json":
        out.data(json.dumps({**_as_object(rule), "documentation": rule.doc}, ensure_ascii=False))
        return 0
    _print_page(out, f"# {rule.name}\n\n{rule.doc.replace(rule.summary, _(rule.summary), 1)}\n")
    return 0


def _print_page(out: Output, page: str) -> None:
    """Effect: print a page in Markdown, formatted on a terminal."""
    if out.is_terminal:
        from rich.markdown import Markdown  # noqa: PLC0415 - for terminals only

        out.print(Markdown(page))
    else:
        out.out(page, end="")


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
