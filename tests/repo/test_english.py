"""Phrases that made the texts of the project hard to read, and for which CONTRIBUTING has better ones."""

from __future__ import annotations

import re
from pathlib import Path

SERVER = Path(__file__).parents[2] / "server"
PHRASES = re.compile(
    r"\banew\b|\band (?:its|their) kin\b|\bof (?:its|their) own accord\b|\bwhoever\b|(?<!here )\bis no (?!longer|\w+er\b)|\bin front of\b|\bstands?\b|\bbehind\b",
    re.IGNORECASE,
)


def test_no_text_reads_as_if_translated() -> None:
    found = [
        f"{path.relative_to(SERVER)}:{number}: {line.strip()}"
        for path in sorted(SERVER.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if PHRASES.search(line)
    ]
    assert found == []
