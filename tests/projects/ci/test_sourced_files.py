from __future__ import annotations

from pathlib import Path

from buildxray.projects.ci.sourced_files import sourced_values
from tests.support.cases import every_case


@every_case(
    "text, expected",
    [
        ("A=1\nexport B='x y'\nreadonly C=\"z\"  # why\n", {"A": "1", "B": "x y", "C": "z"}),
        ("A=\"${A:-linux/amd64}\"\nB='$C'\n", {"A": "linux/amd64", "B": "$C"}),
        ("A=$(date)\nB=$C\nC=`x`\nD=(1 2)\n", {}),
        ("A=1\nif x; then\n  A=2\nfi\n", {}),
        ("if x; then\n  A=2\nfi\n", {}),
        ("A=1\nA+=2\n", {}),
        ("A=1 command\n", {}),
        ("A=\n", {"A": ""}),
    ],
)
def test_values_that_a_file_surely_sets(tmp_path: Path, text: str, expected: dict[str, str]) -> None:
    (tmp_path / "common.sh").write_text(text)
    assert sourced_values(tmp_path / "common.sh") == expected


def test_a_file_that_does_not_exist_sets_nothing(tmp_path: Path) -> None:
    assert sourced_values(tmp_path / "common.sh") == {}
