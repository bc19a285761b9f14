"""Comments that silence rules: `# buildxray: ignore=rule[,rule] [reason]`, `# buildxray: ignore-file=…`, `# check=skip=…`."""

from __future__ import annotations

from buildxray.rules.suppression import suppression_comments
from buildxray.semantics.build import Dockerfile
from buildxray.semantics.check_options import read_skipped_rules
from buildxray.syntax.instructions import Instruction
from buildxray.syntax.text import Edit, TextRange


class Suppressions:
    """The rules that the comments of a file silence."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._dockerfile = dockerfile
        self._in_file: set[str] = set()
        self._of_instruction: dict[int, set[str]] = {}
        """Silenced rules by the offset at which the instruction starts."""
        for comment in suppression_comments(dockerfile):
            rules = {name for name, _ in comment.rules}
            if comment.scope == "ignore-file":
                self._in_file |= rules
            elif comment.scope == "ignore" and (instruction := self._below(comment.range)) is not None:
                self._of_instruction.setdefault(instruction.start, set()).update(rules)

        skipped = read_skipped_rules(dockerfile)
        self._in_file |= skipped.in_file
        for start, names in skipped.by_start:
            self._of_instruction.setdefault(start, set()).update(names)
        self.checks_fail = skipped.fails
        """True if the findings of BuildKit's checks are errors: `# check=error=true`."""

    def silence(self, rule: str, place: TextRange) -> bool:
        """True if findings of a rule are silenced at a place."""
        if rule in self._in_file:
            return True
        if not self._of_instruction:
            return False
        instruction = self._dockerfile.instruction_at(place.start)
        return instruction is not None and rule in self._of_instruction.get(instruction.start, ())

    def _below(self, comment: TextRange) -> Instruction | None:
        """The instruction that contains a comment, or that follows it directly or after other comments."""
        for instruction in self._dockerfile.instructions:
            if comment.start < instruction.end:
                between = self._dockerfile.text[comment.end : instruction.start].split("\n")[1:-1]
                return instruction if all(it.lstrip().startswith("#") for it in between) else None
        return None


def ignore_here(dockerfile: Dockerfile, rule: str, place: TextRange) -> Edit | None:
    """The edit that silences a rule for the instruction at an offset."""
    instruction = dockerfile.instruction_at(place.start)
    if instruction is None:
        return None
    indent = dockerfile.text[instruction.start : instruction.range.start].removeprefix("\ufeff")
    start = instruction.range.start - len(indent)
    return Edit(TextRange(start, start), f"{indent}# buildxray: ignore={rule}{_line_end(dockerfile.text)}")


def ignore_in_file(dockerfile: Dockerfile, rule: str) -> Edit:
    """The edit that silences a rule in the file, below the directives, which have to stay at the top."""
    text = dockerfile.text
    start = max((it.range.end for it in dockerfile.directives), default=0)
    line_end = _line_end(text)
    if start:
        return Edit(TextRange(start, start), f"{line_end}# buildxray: ignore-file={rule}")
    start = len(text) - len(text.removeprefix("\ufeff"))
    return Edit(TextRange(start, start), f"# buildxray: ignore-file={rule}{line_end}")


def _line_end(text: str) -> str:
    end = text.find("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"
