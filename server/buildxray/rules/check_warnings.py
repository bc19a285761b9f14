"""The warnings of BuildKit's checks, as the rules of `rules/buildkit` share them."""

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
    """A warning and its instruction."""

    warning: CheckWarning
    instruction: Instruction

    @property
    def range(self) -> TextRange:
        """The range of the smallest token that causes it."""
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
        """The fix that writes what was probably meant; none if no name is similar, or if that would be an error."""
        if not self.is_misspelled:
            return ()
        fix = self.written(self.warning.replacement, Safety.SUGGESTION)

        def find() -> tuple[Fix, ...]:
            is_right = len(ctx.after(fix.edits).build.errors) <= len(ctx.build.errors)
            return (fix,) if is_right else ()

        return find


def warned(ctx: RuleContext, check: str) -> Iterator[Warned]:
    """Yield the warnings of one of BuildKit's checks, in its order."""
    for warning in ctx.build.warnings_of(check):
        yield Warned(warning, ctx.build.instructions[warning.instruction])
