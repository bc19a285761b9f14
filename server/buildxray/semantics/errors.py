"""The errors for which BuildKit refuses a build, or would refuse builds of other stages of the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.plan.model import PlanError
from buildxray.plan.outline import Cause, StageRef, source_span
from buildxray.semantics.build import Build, Stage
from buildxray.syntax.instructions import Onbuild
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.parser import goes_on_above
from buildxray.syntax.text import Edit, TextRange
from buildxray.syntax.validation import find_problems

__all__ = ["Cause", "errors_elsewhere", "errors_of_triggers", "foreign_frontend", "missing_escape"]

_DOCKERS: Final = lazy_regex(r"(?:.*/)?dockerfile(?:-upstream)?(?:[:@].*)?")
"""The image of Docker's frontend, in its own repository or a mirror."""


def foreign_frontend(build: Build) -> tuple[str, TextRange] | None:
    """The name of a frontend other than Docker's and the range of its directive; None if the file has none."""
    for directive in build.dockerfile.directives:
        if directive.name == "syntax":
            name = directive.value.split()[0]
            return None if _DOCKERS.fullmatch(name) or "$" in name else (name, directive.range)
    return None


def missing_escape(build: Build, error: PlanError) -> Edit | None:
    """The escape token that the line above an unknown instruction lacks; None for other errors."""
    unknown = build.instruction_at(error.range.start)
    if unknown is None or not unknown.idx or unknown.keyword_range != error.range:
        return None
    above = build.instructions[unknown.idx - 1].syntax
    if not goes_on_above(above, unknown.syntax):
        return None
    end = above.start + len(build.text[above.start : above.end].rstrip())
    return Edit(TextRange(end, end), f" {build.dockerfile.escape}")


def errors_elsewhere(build: Build) -> Iterator[tuple[str, PlanError]]:
    """The errors in stages that no target needs, each with the name of its stage."""
    if not build.plan.targets:
        return
    conversion = build.plan.targets[0].conversion
    for stage in build.stages:
        recipe = None if stage.is_needed else conversion.recipe(stage.outline.idx)
        if recipe is None:
            continue
        yield from _late_sources(stage)
        for position, problem in recipe.problems:
            instruction = build.instructions[stage.outline.from_idx + 1 + position]
            place = instruction.range_of(problem)
            if not problem.depends_on_image:
                error = PlanError(problem.message, instruction.line, place, problem.replacement)
                yield stage.outline.display_name, error


def errors_of_triggers(build: Build) -> Iterator[PlanError]:
    """The errors in ONBUILD triggers, which BuildKit reports only when another stage or image is built on this one."""
    for idx, syntax in enumerate(build.dockerfile.instructions):
        node = syntax.node
        if isinstance(node, Onbuild) and node.trigger is not None and not node.problems:
            instruction = build.instructions[idx]
            for problem in find_problems(node.trigger):
                place = instruction.range_of(problem)
                yield PlanError(problem.message, instruction.line, place, problem.replacement)


def _late_sources(stage: Stage) -> Iterator[tuple[str, PlanError]]:
    """The errors of instructions that use files of a later stage, each with the name of its stage.

    An instruction that uses files of its own stage is refused anyway.
    """
    outline, stages = stage.outline, stage.build.stages
    for position, sources in outline.sources.items():
        for source in sources:
            if not isinstance(source, StageRef) or source.idx <= outline.idx:
                continue
            instruction = stage.build.instructions[outline.from_idx + 1 + position]
            span = source_span(outline, position, source)
            place = instruction.range if span is None else instruction.range_of(span)
            name = stages[source.idx].display_name
            message = _("the stage `{name}` comes later in the file: move it above this one", name=name)
            yield outline.display_name, PlanError(message, instruction.line, place)
