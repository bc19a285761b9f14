"""Completion of stages: in FROM, in `--from=`, in `--mount=…,from=`."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.ide.completion.base import Completion
from buildxray.ide.completion.place import Place
from buildxray.localization import _
from buildxray.semantics.build import Stage


def bases(place: Place) -> Iterator[Completion]:
    """After `FROM`: the named stages above."""
    for stage, image in _stages_above(place):
        if stage.name:
            yield Completion(stage.name, "stage", f"FROM {image}", place.edit(stage.name))
    yield Completion("scratch", "value", _("nothing: an empty image"), place.edit("scratch"))


def sources(place: Place, typed: str) -> Iterator[Completion]:
    """The earlier stages after `from=`, by number if they have no name; `typed` is the text after the `=`."""
    own = place.stage
    for stage, image in _stages_above(place):
        if own is None or own is not stage:
            name = stage.name or str(stage.idx)
            if stage.name or place.keyword in ("COPY", ""):
                yield Completion(name, "stage", f"FROM {image}", place.edit(name, typed))


def _stages_above(place: Place) -> Iterator[tuple[Stage, str]]:
    for stage in place.analysis.build.stages:
        if stage.from_.syntax.end < place.offset:
            yield stage, "" if stage.from_.image is None else stage.from_.image.text
