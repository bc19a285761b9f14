"""Errors of Bake expressions are translated to the language of the user."""

from __future__ import annotations

from pathlib import Path

from buildxray.localization import Message
from buildxray.projects.bake.reader import load_bake
from tests.support.cases import every_case


@every_case(
    "expression, expected",
    [
        ("missing", "no Bake file here sets `missing`"),
        ("element([], 0)", "`element` requires a list with elements"),
        ('1 + "a"', "a number is required, not 'a'"),
        ("join(1, [])", ""),
        ("[{a = 1}.b]", "there is no attribute 'b'"),
        ("nothing(1)", ""),
    ],
)
def test_a_note_and_its_reason_are_messages(tmp_path: Path, expression: str, expected: str) -> None:
    (tmp_path / "docker-bake.hcl").write_text(f'variable "X" {{ default = {expression} }}\n')
    notes = load_bake(tmp_path, ["docker-bake.hcl"]).notes
    reasons = [value for note in notes for value in getattr(note.message, "_values", {}).values()]
    assert all(isinstance(it, Message) for it in reasons)
    assert not expected or reasons == [expected]
