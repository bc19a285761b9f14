"""Named contexts: what takes the place of a stage or an image (`--build-context NAME=VALUE`).

BuildKit: frontend/dockerui/namedcontext.go; dockerfile2llb/convert.go, toDispatchState.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from buildxray.plan.labels import StepLabel
from buildxray.plan.operations import Operation
from buildxray.plan.references import ImageNameError, normalized
from buildxray.platforms.platform import Platform

_IMAGE: Final = "docker-image://"
_OF_A_TARGET: Final = "target:"


class NamedContext(NamedTuple):
    """What a build uses in place of a stage or image of this name (`--build-context`)."""

    name: str
    value: str

    def operation(self, platform: Platform) -> Operation | None:
        """The operation that loads it for a platform; None for an empty directory."""
        if not self.value.startswith(_IMAGE):
            is_of_target = self.value.startswith(_OF_A_TARGET)
            what = self.value if is_of_target or "://" in self.value else "load from client"
            # What another target gives, it gives for each platform; files are the same for all.
            identity = ("context", self.value, platform) if is_of_target else ("context", self.value)
            return Operation("source", identity, (), self._label(what), has_line=False)
        reference = self.value.removeprefix(_IMAGE)
        if reference == "scratch":
            return None
        # BuildKit refuses a name that is not one; the plan shows it as it is.
        with suppress(ImageNameError):
            reference = normalized(reference)
        return Operation("source", ("image", reference), (), self._label(reference), has_line=False)

    @property
    def is_for_platform(self) -> bool:
        """Whether it is loaded for each platform of its own."""
        return self.value.startswith(_IMAGE)

    def _label(self, what: str) -> StepLabel:
        return StepLabel(f"[context {self.name}] {what}", is_numbered=False)


def named_context(contexts: Sequence[tuple[str, str]], name: str, platform: Platform) -> NamedContext | None:
    """What takes the place of a stage or an image of that name; one for the platform (`name::linux/arm64`) comes first."""
    if not contexts or not name:
        return None
    known = {}
    for given, value in contexts:
        head, separator, rest = given.partition("::")
        known[_familiar(head) + separator + rest] = value
    familiar = _familiar(name)
    for key in (f"{familiar}::{platform}", familiar):
        if key in known:
            return NamedContext(key, known[key])
    return None


def _familiar(name: str) -> str:
    """The short name of an image, without `:latest`. Source: github.com/distribution/reference, FamiliarString."""
    try:
        full = normalized(name)
    except ImageNameError:
        return name
    for prefix in ("docker.io/library/", "docker.io/"):
        if full.startswith(prefix):
            full = full.removeprefix(prefix)
            break
    return full.removesuffix(":latest")
