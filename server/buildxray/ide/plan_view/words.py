"""The labels of the picture that depend on the whole plan: names of platforms without their common prefix."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from buildxray.ide.plan_view.model import Box, PlanView, Row, Stage, Totals
from buildxray.localization import _, ngettext
from buildxray.platforms.platform import Platform

_MOST_NAMED: Final = 3
"""The largest number of platforms that a label names; for more it shows their number."""


def short(view: PlanView, platform: Platform) -> str:
    """A platform without its operating system, if that is linux everywhere."""
    return _short(view.target_platforms, platform)


@lru_cache(maxsize=256)
def _short(targets: tuple[Platform, ...], platform: Platform) -> str:
    is_linux = all(it.os == "linux" for it in (*targets, platform))
    return str(platform).removeprefix("linux/") if is_linux else str(platform)


def shorts(view: PlanView, platforms: Iterable[Platform]) -> str:
    """Several platforms, shortened like `short`."""
    return _(", ").join(short(view, it) for it in platforms)


def labels(view: PlanView, row: Row, box: Box) -> tuple[str, ...]:
    """The possible labels of a box, from the longest to the shortest: its platform, and the targets."""
    place = "" if box.platform is None else short(view, box.platform)
    if len(box.targets) == 1:
        target = short(view, box.targets[0])
        is_one_place = len({it.platform for it in row.boxes}) == 1 and bool(place)
        if place == target and (not is_one_place or len(row.boxes) == 1):
            return (target,)
        return (_("for {targets}", targets=target), target) if place else (target,)
    several = _("for {n} platforms", n=len(box.targets))
    if place:
        return (place,) if len(row.boxes) > 1 else (f"{place} {several}", place)
    is_for_all = len(box.targets) == len(view.target_platforms)
    listed = several if is_for_all else _("for {targets}", targets=shorts(view, box.targets))
    return listed, several, f"×{len(box.targets)}"


def column_detail(view: PlanView, stage: Stage) -> str:
    """The lines below the name of a stage: its platforms, their source, and the targets that need it."""
    n_platforms = len(stage.platforms)
    platforms = shorts(view, stage.platforms) if n_platforms <= _MOST_NAMED else _("{n} platforms", n=n_platforms)
    text = _("{platforms} ({origin})", platforms=platforms, origin=stage.origin)
    return _("{text}, only for {targets}", text=text, targets=shorts(view, stage.targets)) if stage.targets else text


def image_badge() -> str:
    """The mark of the stage that becomes the image."""
    return _("IMAGE")


def title(view: PlanView) -> str:
    """The title of the picture: the platforms that are built."""
    targets = _(", ").join(map(str, view.target_platforms))
    built = _("built on {machine} for {targets}", machine=view.build_platform, targets=targets)
    return f"{built} ({view.origin.replace('`', '')})" if view.origin else built


def emulated_caption(totals: Totals) -> str:
    """The line below the number of emulated steps."""
    if not 0 < len(totals.emulated_platforms) <= _MOST_NAMED:
        return _("emulated RUN steps")
    return _("emulated: {platforms}", platforms=_(", ").join(map(str, totals.emulated_platforms)))


def summary(view: PlanView) -> str:
    """The totals in a sentence."""
    totals = view.totals
    parts = [
        ngettext("{n} step", "{n} steps", totals.steps),
        ngettext("{n} RUN step", "{n} RUN steps", totals.runs),
        _("{n} emulated", n=totals.emulated),
        _("{n} RUN once per platform", n=totals.repeated),
    ]
    return _(", ").join(parts)
