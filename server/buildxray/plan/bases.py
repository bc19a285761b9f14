"""The content of each FROM: the name of the base, its platform, the full name of the image.

BuildKit: dockerfile2llb/convert.go, buildDispatchStates.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.plan.environment import Environment
from buildxray.plan.memo import Memo
from buildxray.plan.outline import (
    Refusal,
)
from buildxray.plan.references import ImageNameError, normalized
from buildxray.platforms.platform import Platform, PlatformError, parse
from buildxray.syntax.expansion import expand_text
from buildxray.syntax.instructions import From, Node, of_node
from buildxray.syntax.lexer import ExpansionError, lex

SCRATCH: Final = "scratch"


class Base(NamedTuple):
    """The content of a FROM for one target platform."""

    name: str
    platform: Platform | None
    image: Image
    """The image, if `name` is not the name of an earlier stage."""
    refusals: tuple[Refusal, ...]
    """The refusals, with 0 for the index of the instruction."""


class Image(NamedTuple):
    """An image that a FROM names."""

    reference: str
    """The full name; the name as written if BuildKit refuses it; empty for scratch."""
    problem: str | None = None
    replacement: str | None = None
    """The name that was probably meant."""


def bases_of(
    nodes: tuple[From, ...], arguments: Environment, escape: str, builder: Platform, memo: Memo
) -> tuple[Base, ...]:
    """Evaluate each FROM of a file."""
    bases: list[Base] = []
    for node in nodes:
        values = [arguments.get(name) for name in _variables(node, escape)]
        bases.append(memo.recall((node, escape, builder, *values), _base, node, arguments, escape, builder))
    return tuple(bases)


def _base(node: From, arguments: Environment, escape: str, builder: Platform) -> Base:
    """Evaluate a FROM. BuildKit: convert.go, buildDispatchStates."""
    refusals: list[Refusal] = []
    name, platform = SCRATCH, None
    if node.image is not None:
        name = node.image.text
        try:
            name = expand_text(name, escape, arguments.get)
            if not name:
                name = node.image.text
        except ExpansionError as error:
            message = _("`{text}` cannot be expanded: {error}", text=name, error=error)
            refusals.append(Refusal(message, 0, node.image.span))
    value = node.platform.value if node.platform is not None else None
    if value is not None and value.text:
        try:
            text = expand_text(value.text, escape, arguments.get)
            if not text:
                raise PlatformError(_("`{text}` is empty", text=value.text))
            platform = parse(text, local=builder)
        except (ExpansionError, PlatformError) as error:
            refusals.append(Refusal(str(error), 0, value.span))
    return Base(name, platform, image_of(name), tuple(refusals))


def image_of(name: str) -> Image:
    """The image of a name; the reason if BuildKit refuses the name."""
    if name == SCRATCH:
        return Image("")
    try:
        return Image(normalized(name))
    except ImageNameError as error:
        lower = name.lower()
        return Image(name, str(error), lower if lower != name and image_of(lower).problem is None else None)


@of_node
def _variables(node: Node, escape: str) -> tuple[str, ...]:
    """The names of the variables in the image and the flags of a FROM."""
    texts = [it.text for it in node.arguments[:1]] + [it.value.text for it in node.flags if it.value is not None]
    return tuple([use.name for text in texts for use in lex(text, escape).uses])
