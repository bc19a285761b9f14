"""A name that no stage has, but nearly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Final

from buildxray.localization import _
from buildxray.platforms.official_images import is_official
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Instruction, Stage
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Token
from buildxray.syntax.text import Edit

_OF_IMAGES: Final = frozenset("/:@$.")
"""Characters that only occur in images or variables."""
_SIMILAR: Final = 0.7
"""The minimal similarity of two names after `--from=`, where stages are common."""
_MISTAKABLE: Final = 0.8
"""The minimal similarity of two names after FROM, where images are common."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=[Mention.ALIAS])
def misspelled_stage(ctx: RuleContext) -> Iterator[Finding]:
    """An image has almost the name of a stage.

    ## What it does
    Compares the names after FROM, `COPY --from=` and `--mount=from=` that no stage has with the names of earlier stages. A name with a tag, a
    digest or a registry is certainly an image, and so is that of an official image, such as `node`, after `--from=`; after FROM, so is one
    that other stages are built on, and one that begins like the stage, unless it is a usual name of stages (`build` beside the stage `builder`).

    ## Why it matters
    BuildKit pulls an image of that name from Docker Hub: the build fails, or copies files from an image of somebody else.

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
    stages = ctx.build.stages
    named = {name.partition("::")[0].lower() for name, _value in ctx.build.request.contexts}
    names = _StageNames({it.name for it in stages if it.name}, named)
    if not names.names or not any(map(names.may_be_misspelled, _names_of_sources(stages))):
        return
    n_built_on = Counter(_program(it.from_.image.text) for it in stages if it.from_.image)
    misspelled: dict[tuple[str, str], list[_Use]] = {}
    for stage in stages:
        image = stage.from_.image
        if image is not None:
            close = names.close_to_image(image.text)
            n_others = n_built_on[image.text.lower()] - (_program(image.text) == image.text.lower())
            if close and not n_others:
                misspelled.setdefault((image.text.lower(), close), []).append((stage.from_, image))
        for instruction in stage.instructions:
            for token in instruction.sources_named:
                close = names.close_to_source(token.text)
                # Of two stages with one name the later one counts, and a stage cannot take files from itself.
                if close and close != stage.name:
                    misspelled.setdefault((token.text.lower(), close), []).append((instruction, token))
        if stage.name:
            names.earlier.append(stage.name)
    for (_name, close), uses in misspelled.items():
        yield _finding(ctx, uses, close)


_Use = tuple[Instruction, Token]
"""The name of a stage in an instruction."""


def _names_of_sources(stages: Iterable[Stage]) -> Iterator[str]:
    """The names after FROM, after `--from=` of COPY and in mounts."""
    for stage in stages:
        if stage.from_.image is not None:
            yield stage.from_.image.text
        for instruction in stage.instructions:
            yield from (it.text for it in instruction.sources_named)


class _StageNames:
    """The names of stages, compared with other names; each name is compared with each stage only once."""

    def __init__(self, names: set[str], contexts: set[str]) -> None:
        self.names = names
        """The names of all stages."""
        self._contexts = contexts
        self.earlier: list[str] = []
        """The names of the stages so far, in order."""
        self._closest: dict[tuple[str, float], tuple[int, list[str]]] = {}
        """By name and minimal similarity: the number of earlier stages it was compared with, and the closest of these."""

    def may_be_misspelled(self, text: str) -> bool:
        """True if no stage has this name, and it is not certainly the name of an image or the number of a stage."""
        name = text.lower()
        return name not in self.names | self._contexts and _OF_IMAGES.isdisjoint(name) and not name.isdecimal()

    def close_to_source(self, text: str) -> str:
        """The earlier stage with a name similar to a name after `--from=`; empty if none is similar, or the text is certainly right."""
        return "" if is_official(text.lower()) else self._close(text, _SIMILAR, lambda _name: False)

    def close_to_image(self, text: str) -> str:
        """The same for a name after FROM."""
        return self._close(text, _MISTAKABLE, lambda name: _is_variant(text, name) and text.lower() not in _OF_STAGES)

    def _close(self, text: str, least: float, is_other: Callable[[str], bool]) -> str:
        if not self.may_be_misspelled(text):
            return ""
        name = text.lower()
        n_compared, closest = self._closest.get((name, least), (0, []))
        if n_compared < len(self.earlier):
            candidates = [it for it in self.earlier[n_compared:] if not is_other(it)]
            closest = get_close_matches(name, closest + candidates, n=1, cutoff=least)
            self._closest[name, least] = (len(self.earlier), closest)
        return closest[0] if closest else ""


_OF_STAGES: Final = frozenset(
    {
        "base",
        "build",
        "builder",
        "dependencies",
        "deps",
        "dev",
        "final",
        "prod",
        "production",
        "publish",
        "release",
        "runner",
        "runtime",
        "test",
    }
)
"""Names that people give to stages, and that no official image has."""


def _is_variant(image: str, name: str) -> bool:
    """True if the name of a stage is that of an image with a number or word more, or less: `alpine2` is not a misspelled `alpine`."""
    return name.startswith(image.lower()) or image.lower().startswith(name)


def _program(image: str) -> str:
    """The name of an image without registry, tag and digest."""
    return image.rpartition("/")[2].partition("@")[0].partition(":")[0].lower()


def _finding(ctx: RuleContext, uses: Sequence[_Use], close: str) -> Finding:
    """One finding for all uses of a name, which one edit repairs."""
    first = next(it for it in ctx.build.stages if it.name == close)
    places = [instruction.range_of(token) for instruction, token in uses]
    message = _(
        "no stage is called `{name}`, so an image of that name is pulled; did you mean `{close}`?",
        name=uses[0][1].text,
        close=close,
    )
    fix = Fix(_("Write `{name}`", name=close), tuple(Edit(it, close) for it in places), Safety.SUGGESTION)
    related = (
        Related(first.from_.keyword_range, _("the stage `{name}`", name=close)),
        *(Related(it, _("the same name")) for it in places[1:]),
    )
    return Finding(places[0], message, (fix,), related)
