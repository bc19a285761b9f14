"""Why BuildKit refuses a build, and why it would refuse builds of other stages of the same file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildxray.plan.model import PlanError
from buildxray.plan.outline import Cause
from buildxray.semantics.build import Build
from buildxray.syntax.text import TextRange

__all__ = ["Cause", "errors_elsewhere", "foreign_frontend"]

_DOCKERS: Final = re.compile(r"(?:.*/)?dockerfile(?:-upstream)?(?:[:@].*)?")
"""The image of Docker's frontend, in its own repository or in a mirror of it."""


def foreign_frontend(build: Build) -> tuple[str, TextRange] | None:
    """The name of a frontend that is not Docker's and the place of its directive; None where the file has none."""
    for directive in build.dockerfile.directives:
        if directive.name == "syntax":
            name = directive.value.split()[0]
            return None if _DOCKERS.fullmatch(name) or "$" in name else (name, directive.range)
    return None


def errors_elsewhere(build: Build) -> Iterator[tuple[str, PlanError]]:
    """What is wrong in stages that no target needs, each with the name of its stage."""
    if not build.plan.targets:
        return
    conversion = build.plan.targets[0].conversion
    for stage in build.stages:
        recipe = None if stage.is_needed else conversion.recipe(stage.outline.idx)
        if recipe is None:
            continue
        for position, problem in recipe.problems:
            instruction = build.instructions[stage.outline.from_idx + 1 + position]
            place = instruction.range_of(problem)
            yield stage.outline.display_name, PlanError(problem.message, instruction.line, place, problem.replacement)
