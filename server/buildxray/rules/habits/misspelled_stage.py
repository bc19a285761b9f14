"""A name that no stage has, but nearly."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.syntax.text import Edit

_OF_IMAGES: Final = frozenset("/:@$.")
"""Characters that say that an image is meant, or a variable."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS)
def misspelled_stage(ctx: RuleContext) -> Iterator[Finding]:
    """COPY or a mount takes files from an image whose name is nearly that of a stage.

    ## What it does
    Compares the names after `COPY --from=` and `--mount=from=` that no stage has with the names of earlier stages. A name with a tag, a digest
    or a registry is an image's on purpose.

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
        for instruction in stage.instructions:
            for token in instruction.sources_named:
                name = token.text.lower()
                if name in names or name.isdecimal() or set(name) & _OF_IMAGES:
                    continue
                earlier = [it.name for it in ctx.build.stages[: stage.idx] if it.name]
                close = get_close_matches(name, earlier, n=1, cutoff=0.7)
                if not close:
                    continue
                first = next(it for it in ctx.build.stages if it.name == close[0])
                message = _(
                    "no stage is called `{name}`, so an image of that name is pulled; did you mean `{close}`?",
                    name=token.text,
                    close=close[0],
                )
                place = instruction.range_of(token)
                fix = Fix(_("Write `{name}`", name=close[0]), (Edit(place, close[0]),), Safety.SUGGESTION)
                related = (Related(first.from_.keyword_range, _("the stage `{name}`", name=close[0])),)
                yield Finding(place, message, (fix,), related)
