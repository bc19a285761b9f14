"""The warnings of BuildKit's checks, as the rules of `rules/buildkit` read them: what every one of these rules has in common."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from buildxray.localization import _
from buildxray.rules.base import Fix, FixFinder, Safety
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import CheckWarning, Instruction
from buildxray.syntax.text import Edit, TextRange


class Warned(NamedTuple):
    """A warning and the instruction that it is about."""

    warning: CheckWarning
    instruction: Instruction

    @property
    def range(self) -> TextRange:
        """The smallest token that causes it."""
        return self.warning.range

    @property
    def subject(self) -> str:
        """The name or value that it is about."""
        return self.warning.subject

    @property
    def is_misspelled(self) -> bool:
        """True if another name is close: BuildKit allows for two wrong letters, even in a word of three."""
        replacement = self.warning.replacement
        return bool(replacement) and get_close_matches(self.subject, [replacement]) != []

    def written(self, text: str, safety: Safety) -> Fix:
        """The fix that writes `text` in place of the token."""
        return Fix(_("Write `{name}`", name=text), (Edit(self.range, text),), safety)

    def meant(self, ctx: RuleContext) -> tuple[Fix, ...] | FixFinder:
        """The suggestion to write what was probably meant; nothing where no name is close, or where that is an error."""
        if not self.is_misspelled:
            return ()
        fix = self.written(self.warning.replacement, Safety.SUGGESTION)

        def find() -> tuple[Fix, ...]:
            is_right = len(ctx.after(fix.edits).build.errors) <= len(ctx.build.errors)
            return (fix,) if is_right else ()

        return find


def warned(ctx: RuleContext, check: str) -> Iterator[Warned]:
    """Yield what a check of BuildKit warns of, in its order."""
    for warning in ctx.build.warnings_of(check):
        yield Warned(warning, ctx.build.instructions[warning.instruction])
