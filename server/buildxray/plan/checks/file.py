"""The data of a file that several checks of the linter read."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.plan.checks.catalogue import Check
from buildxray.plan.checks.events import CheckWarning
from buildxray.plan.checks.options import CheckOptions, options_above
from buildxray.plan.outline import StageOutline
from buildxray.syntax.instructions import Flag, Instruction, Pair, Span, Token
from buildxray.syntax.parser import Dockerfile
from buildxray.syntax.text import TextRange


class CheckedFile:
    """A Dockerfile with the options of its checks."""

    def __init__(self, dockerfile: Dockerfile, stages: tuple[StageOutline, ...], options: CheckOptions) -> None:
        self.dockerfile = dockerfile
        self.stages = stages
        self.options = options
        self._of_instruction = {idx: options.with_others(own) for idx, own in options_above(dockerfile)}

    def may_make(self, check: Check) -> bool:
        """True if a check is enabled for some instruction."""
        return self.options.makes(check) or any(it.makes(check) for it in self._of_instruction.values())

    def instruction(self, idx: int) -> Instruction:
        """The instruction with that index."""
        return self.dockerfile.instructions[idx]

    def options_within(self, start: int, end: int) -> tuple[object, ...]:
        """Cache key: the check options of the file and of the instructions with indices `[start, end)`."""
        if not self._of_instruction:
            return (self.options,)
        own = ((idx - start, self._of_instruction.get(idx)) for idx in range(start, end))
        return (self.options, *(it for it in own if it[1] is not None))

    def lifted(self, warning: CheckWarning, start: int) -> CheckWarning:
        """The warning relative to its place: lines and range to its instruction, the index of the instruction to `start`."""
        instruction = self.instruction(warning.instruction)
        first, last = warning.lines
        return warning._replace(
            lines=(first - instruction.first_line, last - instruction.first_line),
            range=warning.range.shifted(-instruction.start),
            instruction=warning.instruction - start,
        )

    def placed(self, warning: CheckWarning, start: int) -> CheckWarning:
        """The inverse of `lifted`: the warning with its place in the file."""
        idx = warning.instruction + start
        instruction = self.instruction(idx)
        first, last = warning.lines
        return warning._replace(
            lines=(first + instruction.first_line, last + instruction.first_line),
            range=warning.range.shifted(instruction.start),
            instruction=idx,
        )

    def warn(
        self,
        check: Check,
        idx: int,
        message: str,
        where: Token | Flag | Pair | Span | TextRange,
        *,
        subject: str = "",
        replacement: str = "",
        reported_by: int | None = None,
    ) -> Iterator[CheckWarning]:
        """The warning about an instruction, unless a comment above it skips the check.

        `reported_by` is the index of the instruction whose comments count, if that is another one.
        """
        options = self._of_instruction.get(idx if reported_by is None else reported_by, self.options)
        if options.makes(check):
            warning = self._warning(check, idx, message, where)
            yield warning._replace(subject=subject, replacement=replacement)

    def warn_regardless(
        self, check: Check, idx: int, message: str, where: Token | Span | TextRange, *, subject: str = ""
    ) -> Iterator[CheckWarning]:
        """The warning of a check of the whole file, which only the directive at the top can skip."""
        if self.options.makes(check):
            yield self._warning(check, idx, message, where)._replace(subject=subject)

    def _warning(
        self, check: Check, idx: int, message: str, where: Token | Flag | Pair | Span | TextRange
    ) -> CheckWarning:
        instruction = self.instruction(idx)
        range_ = where if isinstance(where, TextRange) else instruction.range_of(where)
        lines = (instruction.first_line, instruction.last_line)
        return CheckWarning(check, message, lines, self._first_line(range_), idx)

    def _first_line(self, range_: TextRange) -> TextRange:
        """The part of a range that is on its first line."""
        end = self.dockerfile.text.find("\n", range_.start, range_.end)
        return range_ if end < 0 else TextRange(range_.start, len(self.dockerfile.text[:end].rstrip("\r")))
