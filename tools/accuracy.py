"""Measure the precision and recall of the rules on repositories that did not shape them.

draw:   check repositories as their users would, and draw findings and silent Dockerfiles at random into a sheet:
            .venv/bin/python tools/accuracy.py draw --findings 150 --silent 100 --seed 7 --sheet sheet.tsv DIRECTORY…
        Each DIRECTORY is the checkout of one repository. Choose the repositories before running any rule on them.
        A reader fills the columns `verdict` and `fix` next to the files.
score:  print precision, recall and the share of fixes that can be merged, each with its 95 % interval:
            .venv/bin/python tools/accuracy.py score sheet.tsv

`verdict` of a finding: `right` (true, and useful to people who build the file for these platforms), `debatable` (true, but useless to them)
or `wrong`. `verdict` of a silent file: the number of things that an expert would have reported. `fix`: `merge` or `reject`; empty without a fix.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from buildxray.projects.search import search

COLUMNS = (
    "kind",
    "repository",
    "path",
    "line",
    "rule",
    "severity",
    "message",
    "safety",
    "title",
    "verdict",
    "fix",
    "note",
)
FINDING, SILENT = "finding", "silent"
Row = dict[str, str]


def main() -> int:
    """Draw a sheet, or score one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw")
    drawing.add_argument("--findings", type=int, default=150)
    drawing.add_argument("--silent", type=int, default=100)
    drawing.add_argument("--seed", type=int, default=0)
    drawing.add_argument("--sheet", type=Path, required=True)
    drawing.add_argument("--ignore", default="", help="rules that are not measured, separated by commas")
    drawing.add_argument("repositories", nargs="+", type=Path)
    scoring = commands.add_parser("score")
    scoring.add_argument("sheets", nargs="+", type=Path)
    options = parser.parse_args()
    if options.command == "score":
        print("\n".join(score([row for sheet in options.sheets for row in read_sheet(sheet)])))
        return 0
    rows = draw(options.repositories, options.findings, options.silent, options.seed, options.ignore)
    with options.sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", dialect="excel-tab")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} rows in {options.sheet}")
    return 0


def draw(repositories: Sequence[Path], n_findings: int, n_silent: int, seed: int, ignore: str) -> list[Row]:
    """Return a random sample of the findings, and of the files without any, of some repositories."""
    findings: list[Row] = []
    silent: list[Row] = []
    for repository in repositories:
        reported = list(check(repository, ignore))
        findings += reported
        noisy = {row["path"] for row in reported}
        paths = (str(path.relative_to(repository.resolve())) for path in search(repository.resolve()))
        silent += [{"kind": SILENT, "repository": repository.name, "path": path} for path in paths if path not in noisy]
    print(f"{len(findings)} findings, {len(silent)} silent files in {len(repositories)} repositories")
    chance = random.Random(seed)  # noqa: S311 - a sample that can be repeated
    return [
        *sorted(chance.sample(findings, min(n_findings, len(findings))), key=lambda row: (row["rule"], row["path"])),
        *sorted(chance.sample(silent, min(n_silent, len(silent))), key=lambda row: (row["repository"], row["path"])),
    ]


def check(repository: Path, ignore: str) -> Iterator[Row]:
    """Yield what `buildxray check .` reports in a repository."""
    command = [sys.executable, "-m", "buildxray", "check", "--format", "json", "--exit-zero"]
    command += [*(["--ignore", ignore] if ignore else []), "."]
    run = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    text = run.stdout if run.stdout.startswith("[") else f"[{','.join(run.stdout.splitlines())}]"
    finding: dict[str, Any]
    for finding in json.loads(text):
        fix = finding["fixes"][0] if finding["fixes"] else {"safety": "", "title": ""}
        yield {
            "kind": FINDING,
            "repository": repository.name,
            "path": finding["path"],
            "line": str(finding["start"]["line"]),
            "rule": finding["rule"],
            "severity": finding["severity"],
            "message": finding["message"],
            "safety": fix["safety"],
            "title": fix["title"],
        }


def read_sheet(path: Path) -> list[Row]:
    """Read a sheet that was filled in; every row needs a verdict."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, dialect="excel-tab"))
    missing = [number for number, row in enumerate(rows, 2) if not row["verdict"]]
    if missing:
        sys.exit(f"{path}: no verdict in line {', '.join(map(str, missing[:10]))}")
    return rows


def score(rows: Sequence[Row]) -> list[str]:
    """Return the lines of the report."""
    findings = [row for row in rows if row["kind"] == FINDING]
    by_rule: dict[str, Counter[str]] = defaultdict(Counter)
    for row in findings:
        by_rule[row["rule"]][row["verdict"]] += 1
    lines = ["| rule | read | right | debatable | wrong |", "|---|---|---|---|---|"]
    lines += [
        f"| {rule} | {verdicts.total()} | {verdicts['right']} | {verdicts['debatable']} | {verdicts['wrong']} |"
        for rule, verdicts in sorted(by_rule.items())
    ]
    errors = [row for row in findings if row["severity"] == "error"]
    fixes = [row for row in findings if row["fix"]]
    silent = [row for row in rows if row["kind"] == SILENT]
    n_missed = sum(int(row["verdict"]) for row in silent)
    lines += [
        "",
        proportion("findings right", _count(findings, "right"), len(findings)),
        proportion("findings right or debatable", len(findings) - _count(findings, "wrong"), len(findings)),
        proportion("errors right", _count(errors, "right"), len(errors)),
        proportion("safe fixes that can be merged", *_merged(row for row in fixes if row["safety"] == "safe")),
        proportion("suggestions that can be merged", *_merged(row for row in fixes if row["safety"] == "suggestion")),
        proportion("silent files that are rightly silent", sum(row["verdict"] == "0" for row in silent), len(silent)),
        f"missed in {len(silent)} silent files: {n_missed}",
    ]
    return lines


def _count(rows: Iterable[Row], verdict: str) -> int:
    return sum(row["verdict"] == verdict for row in rows)


def _merged(rows: Iterable[Row]) -> tuple[int, int]:
    verdicts = [row["fix"] for row in rows]
    return verdicts.count("merge"), len(verdicts)


def proportion(label: str, n: int, total: int) -> str:
    """Return a share with Wilson's interval at 95 %."""
    if not total:
        return f"{label}: none read"
    z = 1.96
    share = n / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return f"{label}: {n} of {total}, {share:.0%} (95 % interval {low:.0%} to {high:.0%})"


if __name__ == "__main__":
    sys.exit(main())
