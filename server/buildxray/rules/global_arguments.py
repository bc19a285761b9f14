"""Messages and fixes for an `ARG` above the first FROM that a stage uses without declaring it."""

from __future__ import annotations

from buildxray.localization import _
from buildxray.rules.base import Fix, Safety
from buildxray.rules.edits import declare
from buildxray.semantics.build import Build, Instruction
from buildxray.syntax.text import TextRange


def declarations(build: Build) -> dict[str, TextRange]:
    """The names declared above the first FROM, with their declarations."""
    return {
        pair.name.text: instruction.range_of(pair.name)
        for instruction in build.global_instructions
        for pair in instruction.pairs
    }


def unseen_message(name: str, image: str, *, has_default: bool = False) -> str:
    """The message for a use in a stage on an image; in a stage on scratch, no image can set the variable."""
    if has_default:
        return _("`{name}` is declared above the first FROM only, so the default is taken here", name=name)
    if image in ("", "scratch"):
        return _("`{name}` is declared above the first FROM only, so it is empty here", name=name)
    return _(
        "`{name}` is declared above the first FROM only: it is empty here unless the image `{image}` sets it",
        name=name,
        image=image,
    )


def declaring(instruction: Instruction, name: str) -> Fix:
    """The fix; a suggestion, because the value of an ARG hides a value set by the image."""
    title = _("Declare `ARG {names}` directly before its first use", names=name)
    return Fix(title, (declare(instruction, [name]),), Safety.SUGGESTION)
