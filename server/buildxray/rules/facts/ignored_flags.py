"""`--platform` flags that BuildKit ignores, because their stage has the platform of another stage or of the image."""

from __future__ import annotations

from buildxray.platforms.platform import Platform, PlatformError, normalize, parse
from buildxray.semantics.build import From, Stage
from buildxray.syntax.instructions import Token


def platforms_despite_flag(stage: Stage) -> list[Platform]:
    """The platforms of a stage whose flag asks for others, and is ignored; empty if the stage has those that its flag asks for.

    Source: dockerfile2llb/convert.go, dispatchState.init.
    """
    flag = stage.from_.platform
    if flag is None or flag.value is None or stage.from_.node.problem is not None:
        return []
    if not stage.bases and {*stage.base_names} != {"scratch"}:
        return []
    if stage.from_.image is not None and "$" in stage.from_.image.text and not stage.bases:
        # With another build argument it is an image, and the flag has an effect.
        return []
    asked = _asked_for(stage.from_, flag.value)
    pairs = zip(stage.build.targets, stage.platforms, asked or (), strict=False)
    is_free = not stage.is_needed and bool(stage.bases)
    # An unneeded stage from scratch is built only by its name, with the platform of that build.
    needed = [(actual, wanted) for target, actual, wanted in pairs if target in stage.targets or is_free]
    return [] if all(actual == wanted for actual, wanted in needed) else [actual for actual, _wanted in needed]


def _asked_for(from_: From, value: Token) -> tuple[Platform, ...] | None:
    """The platform in the flag for each target; None if it is not a platform."""
    try:
        texts = from_.expanded(value.text)
        return None if None in texts else tuple(normalize(parse(it)) for it in texts if it is not None)
    except PlatformError:
        return None
