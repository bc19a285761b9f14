"""Named contexts, which replace a stage or an image (`--build-context NAME=VALUE`).

BuildKit: frontend/dockerui/namedcontext.go; dockerfile2llb/convert.go, toDispatchState. buildx: build/build.go,
waitContextDeps and validateTargetLinks; bake/bake.go, loadLinks.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from buildxray.localization import gettext_lazy as _
from buildxray.plan.labels import StepLabel
from buildxray.plan.operations import Operation
from buildxray.plan.references import ImageNameError, normalized
from buildxray.plan.request import BuildRequest, ImageConfiguration, TargetResult
from buildxray.platforms.platform import Platform, normalize
from buildxray.records import dataclass

_IMAGE: Final = "docker-image://"
_LAYOUT: Final = "oci-layout://"
_OF_A_TARGET: Final = "target:"
_SCRATCH: Final = "scratch"
_NO_CONTEXTS: Final = frozenset((_SCRATCH, "context"))
"""Names of stages that no context replaces (BuildKit: dockerfile2llb/convert.go, namedContextFunc)."""


class NamedContext(NamedTuple):
    """The replacement of the stage or image of this name (`--build-context`)."""

    name: str
    value: str
    built_for: Platform | None = None
    """The platform for which another target builds the files; None for other contexts and if the platform is not known."""
    configuration: ImageConfiguration | None = None
    """The configuration of the image that another target builds; None for other contexts and if it is not known."""

    @property
    def has_configuration(self) -> bool:
        """True if the context has an image configuration: environment, working directory, platform."""
        is_image = self.value.startswith(_IMAGE) and self.value != _IMAGE + _SCRATCH
        return is_image or self.value.startswith((_LAYOUT, _OF_A_TARGET))

    def operation(self, platform: Platform) -> Operation | None:
        """The operation that loads the context for a platform; None for an empty directory."""
        if self.value.startswith(_IMAGE):
            return self._image_operation(self.value.removeprefix(_IMAGE))
        if self.value.startswith(_OF_A_TARGET):
            # The result of another target differs by platform; a directory has the same files for all platforms.
            return self._operation(("context", self.value, self.built_for or platform), self.value)
        if self.value.startswith(_LAYOUT):
            return self._operation(("context", self.name, self.value), "OCI load from client")
        if "://" in self.value:
            return self._operation(("context", self.value), self.value)
        # BuildKit identifies a directory only by the name of its context.
        return self._operation(("context", self.name, "directory"), "load from client")

    def step_platform(self, platform: Platform) -> Platform | None:
        """The platform of the step that loads the context for `platform`; None for a step without a platform."""
        return platform if self.value.startswith((_IMAGE, _LAYOUT)) else self.built_for

    def _image_operation(self, reference: str) -> Operation | None:
        if reference == _SCRATCH:
            return None
        # BuildKit refuses an invalid name.
        full = reference
        with suppress(ImageNameError):
            full = normalized(reference)
        return self._operation(("image", full), reference)

    def _operation(self, identity: tuple[object, ...], what: str) -> Operation:
        label = StepLabel(f"[context {self.name}] {what}", is_numbered=False)
        return Operation("source", identity, (), label, has_line=False)


@dataclass(frozen=True, slots=True)
class NamedContexts:
    """The named contexts of a build on one machine."""

    known: Mapping[str, NamedContext]
    """The contexts by short name, which may end with the platform of the context (`base::linux/arm64`)."""
    problems: tuple[str, ...] = ()
    """The reasons why Bake refuses the build."""

    def of_stage(self, name: str, platform: Platform) -> NamedContext | None:
        """The context that replaces a stage of the file, if any; a context for the platform takes precedence."""
        return None if name in _NO_CONTEXTS else self.of_image(name, platform)

    def of_image(self, name: str, platform: Platform) -> NamedContext | None:
        """The context that replaces an image, if any; a context for the platform takes precedence."""
        if not self.known or not name or name == _SCRATCH:
            return None
        familiar = _familiar(name)
        return self.known.get(f"{familiar}::{normalize(platform)}") or self.known.get(familiar)


NO_CONTEXTS: Final = NamedContexts({})
"""Those of a build without named contexts."""


def read_contexts(request: BuildRequest, machine: Platform) -> NamedContexts:
    """The named contexts for the target platforms that one machine builds.

    A target for several platforms is a context for each of these, and for no others: there, the stage or image of that
    name is used. A target for a single platform is a context for all platforms.
    """
    known: dict[str, NamedContext] = {}
    problems: list[str] = []
    results = {it.target: it for it in request.results}
    for given, value in request.contexts:
        head, separator, rest = given.partition("::")
        key = _familiar(head) + separator + rest
        result = results.get(value.removeprefix(_OF_A_TARGET)) if value.startswith(_OF_A_TARGET) else None
        if result is None:
            known[key] = NamedContext(key, value)
            continue
        if problem := _problem(result, key, request, machine):
            problems.append(problem)
        if not result.machines:
            known[key] = NamedContext(key, value)
        configurations = dict(result.configurations)
        for platform, builder in result.machines:
            configuration = configurations.get(platform)
            if len(result.machines) == 1:
                known[key] = NamedContext(key, value, platform, configuration)
            elif builder == machine:
                name = f"{key}::{platform}"
                known[name] = NamedContext(name, value, platform, configuration)
    return NamedContexts(known, tuple(problems))


def _problem(result: TargetResult, name: str, request: BuildRequest, machine: Platform) -> str:
    """The reason why Bake cannot use a target as a context; empty if it can."""
    if result.problem:
        return result.problem
    asked = request.target_platforms
    missing = [it for it in asked if it not in result.platforms]
    if missing and len(asked) > 1 and len(result.machines) > 1:
        return _(
            "Bake refuses the build: the target `{target}`, its context `{name}`, is not built for {platform}",
            target=result.target,
            name=name,
            platform=missing[0],
        )
    if all(builder != machine for _platform, builder in result.machines):
        return _(
            "Bake refuses the build: the target `{target}`, its context `{name}`, is not built on the {machine} machine",
            target=result.target,
            name=name,
            machine=machine,
        )
    return ""


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
