from __future__ import annotations

from pathlib import Path

from buildxray.projects.compose_builds import read_compose
from tests.support.cases import every_case


@every_case(
    "arguments, known, unknown",
    [
        ("{A: '${TOKEN:?}', B: x}", (("B", "x"),), ("A",)),
        ("{A: '${TOKEN}', B: x}", (("A", ""), ("B", "x")), ("A",)),
        ("['A=${TOKEN:?}', B=x]", (("B", "x"),), ("*",)),
        ("{A: '${TOKEN:-y}', B: x}", (("A", "y"), ("B", "x")), ()),
    ],
)
def test_a_variable_that_people_set_is_unknown_without_a_note(
    tmp_path: Path, arguments: str, known: tuple[tuple[str, str], ...], unknown: tuple[str, ...]
) -> None:
    (tmp_path / "compose.yaml").write_text(f"services:\n  a:\n    build: {{context: ., args: {arguments}}}\n")
    project, (build,) = read_compose(tmp_path, ["compose.yaml"])
    assert (build.arguments, build.unknown_arguments, project.notes) == (known, unknown, ())
