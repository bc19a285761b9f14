"""The conformance cases and BuildKit's recorded answers to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1] / "conformance"
CASES = sorted(it.name.removesuffix(".Dockerfile") for it in (ROOT / "cases").iterdir())


def case_text(case: str) -> str:
    """The Dockerfile, line ends untouched."""
    return (ROOT / "cases" / f"{case}.Dockerfile").read_bytes().decode()


def expected(case: str) -> dict[str, Any]:
    """The recorded answer of BuildKit."""
    answer: dict[str, Any] = json.loads((ROOT / "expected" / f"{case}.json").read_text(encoding="utf-8"))
    return answer
