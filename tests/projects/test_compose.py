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


@every_case(
    "text, n_notes",
    [
        ("services:\n  {{ name }}:\n  web\n", 0),
        ("{%- if web %}\nservices:\n  web: {build: .}\n{%- endif %}\n", 0),
        ("services:\n  <%= name %>: [\n", 0),
        ("services:\n  web: [\n", 1),
        ("services:\n  web: {build: .}\n  check: [curl, -w, '${{CODE}}'\n", 1),
    ],
)
def test_a_template_is_not_yaml_on_purpose(tmp_path: Path, text: str, n_notes: int) -> None:
    (tmp_path / "compose.yaml").write_text(text)
    project, builds = read_compose(tmp_path, ["compose.yaml"])
    assert len(project.notes) == n_notes
    assert [*builds] == []
