"""The parser reads the conformance cases as BuildKit does."""

from __future__ import annotations

from typing import Any

from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.instructions import Instruction, Node, Onbuild, WithPairs
from buildxray.syntax.parser import parse
from tests.support.cases import every_case
from tests.support.conformance import CASES, case_text, expected


@every_case("case", CASES)
def test_instructions_equal_those_of_buildkit(case: str) -> None:
    want = expected(case)
    dockerfile = parse(case_text(case))
    assert bool(dockerfile.problems) == bool(want["parse_error"]), (dockerfile.problems, want["parse_error"])
    if want["instructions"]:
        assert [_described(it) for it in dockerfile.instructions] == want["instructions"]
    if want["escape"] is not None:
        assert dockerfile.escape == want["escape"]


def _described(instruction: Instruction) -> dict[str, Any]:
    node = instruction.node
    described: dict[str, Any] = {
        "name": node.keyword.text,
        "start": instruction.first_line,
        "end": instruction.last_line,
    }
    if node.flags:
        described["flags"] = [
            f"--{it.name.text}" + ("" if it.value is None else f"={it.value.text}") for it in node.flags
        ]
    if node.heredocs:
        described["heredocs"] = [it.name for it in node.heredocs]
    described["args"] = _arguments(node)
    if node.is_json:
        described["json"] = True
    if node.name == "FROM" and not node.arguments:
        del described["args"]
    return described


def _arguments(node: Node) -> list[str]:
    if isinstance(node, Onbuild) or node.name not in INSTRUCTION_KINDS:
        return [""]
    if node.name in ("ENV", "LABEL") and isinstance(node, WithPairs):
        return [
            text
            for pair in node.pairs
            for text in (pair.name.text, "" if pair.value is None else pair.value.text, pair.separator)
        ]
    return [it.text for it in node.arguments]
