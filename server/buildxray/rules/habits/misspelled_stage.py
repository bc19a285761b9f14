"""A name that no stage has, but nearly."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Instruction
from buildxray.syntax.instructions import Token
from buildxray.syntax.text import Edit

_OF_IMAGES: Final = frozenset("/:@$.")
"""Characters that say that an image is meant, or a variable."""
_SIMILAR: Final = 0.7
"""The least likeness of two names after `--from=`, where stages are usual."""
_MISTAKABLE: Final = 0.8
"""The least likeness of two names after FROM, where images are usual."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS)
def misspelled_stage(ctx: RuleContext) -> Iterator[Finding]:
    """An image is called nearly like a stage.

    ## What it does
    Compares the names after FROM, `COPY --from=` and `--mount=from=` that no stage has with the names of earlier stages. A name with a tag, a
    digest or a registry is an image's on purpose; after FROM also one that other stages are built on, and one that begins like the stage.

    ## Why it matters
    BuildKit pulls an image of that name from Docker Hub: the build fails, or takes files from a stranger's image.

    ## Example
    ```dockerfile
    FROM golang AS build
    RUN true
    FROM alpine
    COPY --from=biuld /etc/os-release /build-release
    ```

    Use instead:
    ```dockerfile
    FROM golang AS build
    RUN true
    FROM alpine
    COPY --from=build /etc/os-release /build-release
    ```

    ## Fix safety
    A suggestion: an image of that name may exist.
    """
    names = {it.name for it in ctx.build.stages if it.name}
    if not names:
        return
    for stage in ctx.build.stages:
        earlier = [it.name for it in ctx.build.stages[: stage.idx] if it.name]
        image = stage.from_.image
        if image is not None and earlier:
            others = {_program(it.from_.image.text) for it in ctx.build.stages if it is not stage and it.from_.image}
            close = _close(image.text, names, [it for it in earlier if not _is_variant(image.text, it)], _MISTAKABLE)
            if close and image.text.lower() not in others:
                yield _finding(ctx, stage.from_, image, close)
        for instruction in stage.instructions:
            for token in instruction.sources_named:
                close = _close(token.text, names, earlier, _SIMILAR)
                if close:
                    yield _finding(ctx, instruction, token, close)


def _close(text: str, names: set[str], earlier: list[str], least: float) -> str:
    """The earlier stage whose name is nearly a text; empty where none is, or the text is certainly right."""
    name = text.lower()
    if name in names or name.isdecimal() or set(name) & _OF_IMAGES:
        return ""
    return next(iter(get_close_matches(name, earlier, n=1, cutoff=least)), "")


def _is_variant(image: str, name: str) -> bool:
    """Whether the name of a stage is that of an image with a number or word more, or less: `alpine2` is not a misspelled `alpine`."""
    return name.startswith(image.lower()) or image.lower().startswith(name)


def _program(image: str) -> str:
    """The name of an image without registry, tag and digest."""
    return image.rpartition("/")[2].partition("@")[0].partition(":")[0].lower()


def _finding(ctx: RuleContext, instruction: Instruction, token: Token, close: str) -> Finding:
    first = next(it for it in ctx.build.stages if it.name == close)
    message = _(
        "no stage is called `{name}`, so an image of that name is pulled; did you mean `{close}`?",
        name=token.text,
        close=close,
    )
    place = instruction.range_of(token)
    fix = Fix(_("Write `{name}`", name=close), (Edit(place, close),), Safety.SUGGESTION)
    related = (Related(first.from_.keyword_range, _("the stage `{name}`", name=close)),)
    return Finding(place, message, (fix,), related)
