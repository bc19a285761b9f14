"""Completion of stages: in FROM, in `--from=`, in `--mount=…,from=`."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.ide.completion.base import Completion
from buildxray.ide.completion.place import Place
from buildxray.localization import _
from buildxray.plan.outline import StageOutline
from buildxray.syntax.instructions import From


def bases(place: Place) -> Iterator[Completion]:
    """After `FROM`: the named stages above."""
    for stage, image in _stages_above(place):
        if stage.name:
            yield Completion(stage.name, "stage", f"FROM {image}", place.edit(stage.name))
    yield Completion("scratch", "value", _("nothing: an empty image"), place.edit("scratch"))


def sources(place: Place, typed: str) -> Iterator[Completion]:
    """After `from=`: the stages above, by their numbers where they have no names; `typed` is what follows the `=`."""
    own = place.stage
    for stage, image in _stages_above(place):
        if own is None or own.idx != stage.idx:
            name = stage.name or str(stage.idx)
            if stage.name or place.keyword in ("COPY", ""):
                yield Completion(name, "stage", f"FROM {image}", place.edit(name, typed))


def _stages_above(place: Place) -> Iterator[tuple[StageOutline, str]]:
    for stage in place.analysis.plan.stages:
        instruction = place.analysis.dockerfile.instructions[stage.from_idx]
        if instruction.end < place.offset and isinstance(instruction.node, From):
            yield stage, "" if instruction.node.image is None else instruction.node.image.text
