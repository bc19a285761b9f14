"""Holds the rules against a directory of Dockerfiles: how many findings, and whether every fix keeps its promises.

.venv/bin/python tools/corpus.py DIRECTORY
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from pathlib import Path

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.fixes import fix_text
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Fix, Safety
from buildxray.syntax.text import apply_edits

BUILDER = Platform("linux", "amd64")
TARGETS = (BUILDER, Platform("linux", "arm64"))
COST_RULES = frozenset({"early-platform-arg", "emulated-build", "redundant-target-platform", "unused-platform-arg"})
"""Their fixes may not add steps; those of wrong results may."""


def main() -> int:
    """Print the totals, and every promise that is broken."""
    files = sorted(it for it in Path(sys.argv[1]).rglob("*") if it.is_file())
    start = time.perf_counter()
    totals: Counter[tuple[str, str, str]] = Counter()
    broken: list[str] = []
    failures = _Failures()
    logging.getLogger("buildxray").addHandler(failures)
    for path in files:
        text = path.read_bytes().decode("utf-8", "replace")
        analysis = analyze(text)
        for it in analysis.diagnostics:
            intent = "intent" if analysis.context.has_intent else "no intent"
            totals[it.rule, intent, kind(it)] += 1
            broken += [
                f"{path.name}: {it.rule}: {problem}" for fix in it.fixes for problem in problems(analysis, it, fix)
            ]
        broken += [f"{path.name}: {it}" for it in failures.take()]
        fixed = fix_text(analyzer(), text).text
        if fix_text(analyzer(), fixed).text != fixed:
            broken.append(f"{path.name}: fixing again changes something")
    for (rule, intent, fix_kind), n in sorted(totals.items()):
        print(f"{rule:28} {intent:10} {fix_kind:11} {n:4}")
    print(*broken, sep="\n")
    print(
        f"{len(files)} files, {totals.total()} findings, {len(broken)} broken promises, {time.perf_counter() - start:.1f} s"
    )
    return int(bool(broken))


class _Failures(logging.Handler):
    """Rules that have crashed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())

    def take(self) -> list[str]:
        """Those since the last call."""
        messages, self._messages = self._messages, []
        return messages


def analyzer() -> Analyzer:
    """An analyzer for the default platforms."""
    return Analyzer(BuildRequest(BUILDER, TARGETS))


def analyze(text: str) -> Analysis:
    """A text, on its own."""
    return analyzer().analyze(text)


def kind(diagnostic: Diagnostic) -> str:
    """Who may apply its preferred fix."""
    if not diagnostic.fixes:
        return "no fix"
    return "safe" if diagnostic.fixes[0].safety is Safety.SAFE else "suggestion"


def problems(before: Analysis, diagnostic: Diagnostic, fix: Fix) -> list[str]:
    """What a fix promises and does not keep."""
    after = analyze(apply_edits(before.text, fix.edits))
    found: list[str] = []
    old, new = Counter(it.rule for it in before.diagnostics), Counter(it.rule for it in after.diagnostics)
    if new[diagnostic.rule] >= old[diagnostic.rule]:
        found.append("the finding stays")
    if fix.safety is Safety.SAFE and (more := [rule for rule in new if new[rule] > old[rule]]):
        found.append(f"new findings: {', '.join(more)}")
    if len(after.plan.errors) > len(before.plan.errors):
        found.append("BuildKit refuses what it accepted")
    if diagnostic.rule in COST_RULES:
        if len(after.plan.steps) > len(before.plan.steps):
            found.append("more steps")
        if after.context.facts.emulated_steps() > before.context.facts.emulated_steps():
            found.append("more emulated steps")
    return found


if __name__ == "__main__":
    sys.exit(main())
