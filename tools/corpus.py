"""Check a directory of Dockerfiles: count the findings, and print every fix that breaks a promise.

.venv/bin/python tools/corpus.py [--platform P,P…] [--build-platform P] [--mutated N [--seed N]] DIRECTORY…

With `--mutated`, lines of the files are changed at random until there are N texts, and only the law of safe fixes is checked on these
(`tools/fix_law.py`). A file `*.txt` of tests/rules/dockerfiles contains several Dockerfiles.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
import time
from collections import Counter
from pathlib import Path

from buildxray.ide.analysis import Analysis, Analyzer
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.fixes import fix_text
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import parse_normalized
from buildxray.rules.base import Fix, Safety
from buildxray.syntax.instructions import Unknown
from buildxray.syntax.text import apply_edits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import fix_law

COST_RULES = frozenset(
    {"early-platform-arg", "emulated-build", "needless-emulation", "redundant-target-platform", "unused-platform-arg"}
)
"""Rules about cost: their fixes may not add steps, unlike those of rules about wrong results."""


def main() -> int:
    """Print the totals and every broken promise; 1 if there is one."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--platform", default="linux/amd64,linux/arm64")
    options.add_argument("--build-platform", default="linux/amd64")
    options.add_argument("--mutated", type=int, default=0, metavar="N")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("directories", nargs="+", type=Path)
    given = options.parse_args()
    request = BuildRequest(
        parse_normalized(given.build_platform), tuple(map(parse_normalized, given.platform.split(",")))
    )
    files = sorted(it for directory in given.directories for it in directory.rglob("*") if it.is_file())
    start = time.perf_counter()
    if given.mutated:
        return _try_law(request, [text for it in files for text in _texts(it)], given.mutated, given.seed)
    totals: Counter[tuple[str, str, str]] = Counter()
    broken: list[str] = []
    failures = _Failures()
    logging.getLogger("buildxray").addHandler(failures)
    for path, text in ((it, text) for it in files for text in _texts(it)):
        analysis = analyze(request, text)
        for it in analysis.diagnostics:
            intent = "intent" if analysis.context.has_intent else "no intent"
            totals[it.rule, intent, kind(it)] += 1
            broken += [
                f"{path.name}: {it.rule}: {problem}"
                for fix in it.fixes
                for problem in problems(request, analysis, it, fix)
            ]
        broken += [f"{path.name}: {it}" for it in failures.take()]
        for with_suggestions in (False, True):
            broken += [
                f"{path.name}: {it}" for it in problems_of_all(request, analysis, with_suggestions=with_suggestions)
            ]
    for (rule, intent, fix_kind), n in sorted(totals.items()):
        print(f"{rule:28} {intent:10} {fix_kind:11} {n:4}")
    print(*broken, sep="\n")
    print(
        f"{len(files)} files, {totals.total()} findings, {len(broken)} broken promises, {time.perf_counter() - start:.1f} s"
    )
    return int(bool(broken))


def _texts(path: Path) -> list[str]:
    """The Dockerfiles in a file: its text, or the examples of a test file."""
    text = path.read_bytes().decode("utf-8", "replace")
    if not text.startswith("=== "):
        return [text]
    blocks = [block.partition("\n")[2] for block in f"\n{text}".split("\n=== ")[1:]]
    return [re.sub(r"(?m)^\s*\^+.*\n", "", it) for it in blocks]


def _try_law(request: BuildRequest, texts: list[str], n: int, seed: int) -> int:
    """Print the texts for which the law of safe fixes does not hold."""
    start = time.perf_counter()
    n_fixes = n_broken = 0
    for number, text in enumerate(fix_law.mutated(texts, n, seed)):
        fixes, broken = law_of(request, text)
        n_fixes += fixes
        n_broken += len(broken)
        if broken:
            print(f"--- {number}", *broken, text, sep="\n", flush=True)
    seconds = time.perf_counter() - start
    print(f"{n} mutated files (seed {seed}), {n_fixes} safe fixes, {n_broken} broken promises, {seconds:.1f} s")
    return int(n_broken > 0)


def law_of(request: BuildRequest, text: str) -> tuple[int, list[str]]:
    """The number of safe fixes of a text, and the parts of the law that they break."""
    analysis = analyze(request, text)
    broken: list[str] = []
    safe = [(it, fix) for it in analysis.diagnostics for fix in it.fixes if fix.safety is Safety.SAFE]
    for diagnostic, fix in safe:
        fixed = apply_edits(text, fix.edits)
        after = analyze(request, fixed)
        # A fix that writes the first platform argument, or removes the last one, changes the severity of other findings.
        is_meant = after.context.has_intent or analysis.context.has_intent
        before = analyze(request, text, is_meant=True) if is_meant else analysis
        after = analyze(request, fixed, is_meant=True) if is_meant else after
        problems = fix_law.broken(before, after, diagnostic, fix)
        broken += [f"{diagnostic.rule}: {fix.title}: {problem}" for problem in problems]
    return len(safe), broken


class _Failures(logging.Handler):
    """Collects the crashes of rules from the log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())

    def take(self) -> list[str]:
        """The crashes since the last call."""
        messages, self._messages = self._messages, []
        return messages


def analyze(request: BuildRequest, text: str, *, is_meant: bool = False) -> Analysis:
    """The analysis of a text without a project; `is_meant` sets a request for several platforms, on which severities depend."""
    return Analyzer(request, asks_for_several=is_meant).analyze(text)


def kind(diagnostic: Diagnostic) -> str:
    """The safety of the preferred fix."""
    if not diagnostic.fixes:
        return "no fix"
    return "safe" if diagnostic.fixes[0].safety is Safety.SAFE else "suggestion"


def problems_of_all(request: BuildRequest, before: Analysis, *, with_suggestions: bool) -> list[str]:
    """The promises that applying all fixes together breaks."""
    fixed = fix_text(Analyzer(request), before.text, with_suggestions=with_suggestions).text
    again = fix_text(Analyzer(request), fixed, with_suggestions=with_suggestions).text
    found = ["fixing again changes something"] if again != fixed else []
    after = analyze(request, fixed)
    if len(after.plan.errors) > len(before.plan.errors):
        found.append("BuildKit refuses what all fixes leave")
    left = [it.rule for it in after.diagnostics if it.fixes and (with_suggestions or it.fixes[0].safety is Safety.SAFE)]
    if left and not any(isinstance(it.node, Unknown) for it in before.dockerfile.instructions):
        # A text with an unknown instruction is not formatted.
        found.append(f"left after all fixes: {', '.join(left)}")
    return found


def problems(request: BuildRequest, before: Analysis, diagnostic: Diagnostic, fix: Fix) -> list[str]:
    """The promises that a fix breaks."""
    after = analyze(request, apply_edits(before.text, fix.edits))
    found: list[str] = []
    old, new = Counter(it.rule for it in before.diagnostics), Counter(it.rule for it in after.diagnostics)
    if new[diagnostic.rule] >= old[diagnostic.rule]:
        found.append("the finding stays")
    if new["early-platform-arg"] > old["early-platform-arg"]:
        found.append("an argument is declared too early")
    if fix.safety is Safety.SAFE:
        found += fix_law.broken(before, after, diagnostic, fix)
    if fix.safety is Safety.SAFE and (
        more := [
            rule
            for rule in new
            if new[rule] > old[rule] and rule not in fix_law.BROUGHT_TO_LIGHT.get(diagnostic.rule, ())
        ]
    ):
        found.append(f"new findings: {', '.join(more)}")
    if len(after.plan.errors) > len(before.plan.errors):
        found.append("BuildKit refuses what it accepted")
    if diagnostic.rule in COST_RULES and fix.safety is Safety.SAFE:
        if len(after.plan.steps) > len(before.plan.steps):
            found.append("more steps")
        if len(after.build.emulated_steps) > len(before.build.emulated_steps):
            found.append("more emulated steps")
    return found


if __name__ == "__main__":
    sys.exit(main())
