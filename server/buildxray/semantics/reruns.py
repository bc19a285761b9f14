"""The steps that run again after a change of files in the build context, or of the value of a build argument."""

from __future__ import annotations

from collections.abc import Iterable

from buildxray.records import replace
from buildxray.semantics.build import Build, Builder, Instruction, Run, Step
from buildxray.semantics.step_content import StepContents
from buildxray.syntax.instructions import Copying


def context_files(instruction: Instruction) -> str:
    """The files of the build context that an instruction reads, as written; empty for none."""
    node = instruction.node
    if isinstance(node, Copying) and node.flag("from") is None:
        return " ".join(it.text for it in node.sources if "://" not in it.text)
    if isinstance(instruction, Run):
        return " ".join(it.text or "." for it in instruction.context_sources)
    return ""


def steps_from(build: Build, instruction: Instruction) -> tuple[Step, ...]:
    """The steps of an instruction and all steps that work on their files, in the order of the build."""
    changed = {it.idx for it in instruction.steps}
    for step in build.steps:
        if any(it in changed for it in step.inputs):
            changed.add(step.idx)
    return tuple(it for it in build.steps if it.idx in changed)


def steps_by_argument(build: Build, names: Iterable[str]) -> dict[str, tuple[Step, ...]]:
    """The steps that run again if a build argument changes, by the name of the argument.

    Empty if nothing depends on it, or if another value is an error because it names a stage or a platform.
    """
    contents = StepContents()
    return {name: _steps_of_argument(contents, build, name) for name in names}


def _steps_of_argument(contents: StepContents, build: Build, name: str) -> tuple[Step, ...]:
    changed = _with_another_value(build, name)
    if changed.errors and not build.errors:
        return ()
    return contents.new_steps(changed.steps, build.steps) if contents.new_steps(build.steps, changed.steps) else ()


def _with_another_value(build: Build, name: str) -> Build:
    """The build of the same text with another value of an argument."""
    given = dict(build.request.build_arguments)
    changed = {**given, name: f"{given.get(name, '')}0"}
    builder = Builder(replace(build.request, build_arguments=tuple(changed.items())), build.workspace)
    return builder.build(builder.parse(build.text, build.dockerfile))
