"""SECURITY.md names an existing test for each promise."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<promise>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(?P<file>tests/[\w/]+\.py)(?:::(?P<name>test_\w+))?`")


def test_every_promise_names_an_existing_test() -> None:
    rows = [it for it in ROW.finditer((ROOT / "SECURITY.md").read_text(encoding="utf-8")) if it["promise"] != "promise"]
    assert len(rows) > 15
    missing: list[str] = []
    for row in rows:
        tests = [*TEST.finditer(row["tests"])]
        if not tests:
            missing.append(row["promise"])
        for test in tests:
            path = ROOT / test["file"]
            content = path.read_text(encoding="utf-8") if path.is_file() else ""
            name = f"{test['name']}\\b" if test["name"] else "test_"
            if not re.search(rf"^(?:async )?def {name}", content, re.MULTILINE):
                missing.append(test[0])
    assert missing == []
