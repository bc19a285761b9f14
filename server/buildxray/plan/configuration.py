"""The configuration of the image that a build makes, for builds that use the image as a named context.

BuildKit: dockerfile2llb/convert.go, finalizeResultImage; buildx: build/build.go, waitContextDeps.
"""

from __future__ import annotations

from buildxray.plan.model import Plan, TargetPlan
from buildxray.plan.outline import trigger_texts
from buildxray.plan.request import ImageConfiguration
from buildxray.platforms.platform import Platform


def image_configurations(plan: Plan) -> tuple[tuple[Platform, ImageConfiguration], ...]:
    """Return the configuration of the image for each target platform; none if BuildKit refuses the build."""
    if plan.error is not None or plan.target_stage is None:
        return ()
    configurations = ((it.platform, _configuration(it, plan.target_stage)) for it in plan.targets)
    return tuple((platform, it) for platform, it in configurations if it is not None)


def _configuration(target: TargetPlan, number: int) -> ImageConfiguration | None:
    """The configuration for one target platform; None for a stage that a context replaces."""
    run = target.conversion.runs.get(number)
    if run is None:
        return None
    scope = run.recipe.final_scope
    return ImageConfiguration(
        tuple((it.name, it.value, it.is_known) for it in scope.image_environment.in_image_order()),
        has_unknown_variables=scope.has_base_image,
        working_directory=scope.working_directory,
        user=scope.user,
        shell=scope.shell,
        triggers=tuple(text for _position, text in trigger_texts(target.stages[number].outline.nodes)),
    )
