"""Writes the files that are generated from the code; with --check it only says which are stale."""

from __future__ import annotations

import sys
from pathlib import Path

from buildxray.rules.base import Rule
from buildxray.rules.registry import ALL

ROOT = Path(__file__).resolve().parents[1]


def generated() -> dict[Path, str]:
    """What each generated file has to hold."""
    pages = {ROOT / "docs" / "rules" / f"{rule.name}.md": rule_page(rule) for rule in ALL}
    return {**pages, ROOT / "docs" / "rules" / "README.md": rules_index()}


def rule_page(rule: Rule) -> str:
    """The manual page of a rule."""
    severity = f"Severity: {rule.with_intent.value}"
    if rule.without_intent is not rule.with_intent:
        severity += f"; {rule.without_intent.value} in a file that is not meant for several platforms"
    return f"# {rule.name}\n\n{severity}. Fix: {rule.fix.value}.\n\n{rule.doc}\n"


def rules_index() -> str:
    """The list of all rules."""
    rows = [f"| [{rule.name}]({rule.name}.md) | {rule.summary} | {rule.fix.value} |" for rule in ALL]
    return "\n".join(["# Rules", "", "| rule | finds | fix |", "|---|---|---|", *rows, ""])


def stale() -> list[Path]:
    """The generated files that are not as they should be."""
    return [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]


def main() -> int:
    """Write what is stale, or list it."""
    paths = stale()
    for path in paths:
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated()[path], "utf-8")
    return int(bool(paths) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
