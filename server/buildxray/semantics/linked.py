"""The images of other targets that a build uses as named contexts."""

from __future__ import annotations

from buildxray.caching import cached
from buildxray.plan.configuration import image_configurations
from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest, ImageConfiguration, TargetResult
from buildxray.platforms.platform import Platform
from buildxray.syntax.parser import parse


def with_configurations(result: TargetResult, text: str, request: BuildRequest) -> TargetResult:
    """Return the result of a target with the configurations of its images, given its Dockerfile and its request."""
    return result._replace(configurations=_configurations(text, request))


@cached(64)
def _configurations(text: str, request: BuildRequest) -> tuple[tuple[Platform, ImageConfiguration], ...]:
    return image_configurations(plan(parse(text), request))
