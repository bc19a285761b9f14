"""Findings for machines: JSON, JSON lines, GitHub annotations, SARIF. Lines and columns count from 1, columns in code points."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import buildxray
from buildxray.cli.console import visible
from buildxray.ide.diagnostics import Diagnostic, documentation_url
from buildxray.localization import _
from buildxray.rules.base import Fix, Severity
from buildxray.rules.registry import ALL
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import LineIndex, TextRange

if TYPE_CHECKING:
    from buildxray.ide.finding_costs import FindingCost

_GITHUB_COMMAND: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "notice"}
_SARIF_LEVEL: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "note"}


_INVISIBLE: Final = lazy_regex("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that JSON allows in a text, but that a terminal may interpret or UTF-8 cannot encode."""


class Located(NamedTuple):
    """A finding with its file."""

    path: str
    lines: LineIndex
    diagnostic: Diagnostic
    cost: FindingCost | None = None
    """The cost of the finding by a log; None without one."""


def as_json(finding: Located) -> str:
    """One object: the contract of `buildxray check --format json`."""
    it = finding.diagnostic
    fields: dict[str, Any] = {
        "path": finding.path,
        "rule": it.rule,
        "severity": it.severity.value,
        "message": it.message,
        **_range(finding.lines, it.range),
        "fixes": [
            {
                "title": fix.title,
                "safety": fix.safety.value,
                "edits": [{**_range(finding.lines, edit.range), "text": edit.new_text} for edit in fix.edits],
            }
            for fix in it.fixes
        ],
    }
    if finding.cost is not None:
        fields |= _cost(finding.cost)
    return escaped_json(json.dumps(fields, ensure_ascii=False))


def _cost(cost: FindingCost) -> dict[str, float | None]:
    return {
        "seconds": round(cost.seconds, 3),
        "emulated_seconds": round(cost.emulated, 3),
        "saved": None if cost.saved is None else round(cost.saved, 3),
        "total": round(cost.total, 3),
    }


def as_array(objects: Iterable[str]) -> str:
    """A JSON array of objects, each on a line of its own."""
    joined = ",\n".join(f"  {it}" for it in objects)
    return f"[\n{joined}\n]" if joined else "[]"


def escaped_json(text: str) -> str:
    """JSON with the same meaning that moves no cursor."""
    return _INVISIBLE.sub(lambda it: f"\\u{ord(it[0]):04x}", text)


def statistics_as_json(rows: Iterable[tuple[str, int, int]], *, is_array: bool) -> str:
    """The number of findings of each rule, in the format of `--statistics --format json`."""
    objects = [json.dumps({"rule": rule, "count": n, "fixable": n_fixable}) for rule, n, n_fixable in rows]
    return as_array(objects) if is_array else "\n".join(objects)


def as_github_annotation(finding: Located) -> str:
    """A workflow command, which GitHub shows at the line in a pull request."""
    it = finding.diagnostic
    region = _region(finding.lines, it.range)
    properties = {
        "file": finding.path,
        "line": region["startLine"],
        "col": region["startColumn"],
        "endLine": region["endLine"],
        "endColumn": region["endColumn"],
        "title": f"buildxray: {it.rule}",
    }
    listed = ",".join(f"{name}={_escaped(visible(str(value)), ':,')}" for name, value in properties.items())
    return f"::{_GITHUB_COMMAND[it.severity]} {listed}::{_escaped(visible(it.message))}"


def as_sarif(findings: Iterable[Located]) -> str:
    """One SARIF 2.1.0 log of all findings."""
    driver = {
        "name": "buildxray",
        "version": buildxray.__version__,
        "informationUri": "https://github.com/buildxray/buildxray",
        "rules": [
            {
                "id": rule.name,
                "shortDescription": {"text": _(rule.summary)},
                "help": {"text": rule.doc, "markdown": rule.doc},
                "helpUri": documentation_url(rule.name),
                "defaultConfiguration": {"level": _SARIF_LEVEL[rule.with_intent]},
            }
            for rule in ALL
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(it) for it in findings],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return escaped_json(json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, ensure_ascii=False))


def _sarif_result(finding: Located) -> dict[str, Any]:
    it = finding.diagnostic
    location = {"artifactLocation": _artifact(finding.path), "region": _region(finding.lines, it.range)}
    result: dict[str, Any] = {
        "ruleId": it.rule,
        "level": _SARIF_LEVEL[it.severity],
        "message": {"text": it.message},
        "locations": [{"physicalLocation": location}],
    }
    names = [rule.name for rule in ALL]
    if it.rule in names:
        result["ruleIndex"] = names.index(it.rule)
    if finding.cost is not None:
        result["properties"] = _cost(finding.cost)
    if it.fixes:
        result["fixes"] = [_sarif_fix(finding, fix) for fix in it.fixes]
    return result


def _sarif_fix(finding: Located, fix: Fix) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(finding.lines, edit.range), "insertedContent": {"text": edit.new_text}}
        for edit in fix.edits
    ]
    changes = [{"artifactLocation": _artifact(finding.path), "replacements": replacements}]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _artifact(path: str) -> dict[str, str]:
    pure = PurePath(path)
    return {"uri": pure.as_uri() if pure.is_absolute() else quote(os.fsencode(pure.as_posix()))}


def _region(lines: LineIndex, range_: TextRange) -> dict[str, int]:
    (line, column), (end_line, end_column) = lines.position(range_.start), lines.position(range_.end)
    return {"startLine": line + 1, "startColumn": column + 1, "endLine": end_line + 1, "endColumn": end_column + 1}


def _range(lines: LineIndex, range_: TextRange) -> dict[str, dict[str, int]]:
    region = _region(lines, range_)
    return {
        "start": {"line": region["startLine"], "column": region["startColumn"]},
        "end": {"line": region["endLine"], "column": region["endColumn"]},
    }


def _escaped(text: str, also: str = "") -> str:
    for char in f"%\r\n{also}":
        text = text.replace(char, f"%{ord(char):02X}")
    return text
