"""The hover of RUN, COPY, ADD, WORKDIR: the number of executions, their platforms, and the reason for several."""

from __future__ import annotations

from typing import Final

from buildxray.ide.analysis import Analysis
from buildxray.ide.hover.base import Hover, platforms_note
from buildxray.ide.literals import literal
from buildxray.ide.times_text import instruction_times
from buildxray.localization import _, ngettext
from buildxray.semantics.build import Instruction, Step
from buildxray.semantics.cost import Execution, Sharing, execution, split_reason
from buildxray.semantics.origins import Artifact, Machine
from buildxray.syntax.instructions import Copying, Run, Workdir


def keyword(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the keyword at an offset; None for instructions that make no step."""
    instruction = analysis.build.instruction_at(offset)
    if instruction is None or not isinstance(instruction.node, Run | Copying | Workdir):
        return None
    if not instruction.keyword_range.contains(offset):
        return None
    return Hover(instruction.keyword_range, "\n\n".join(filter(None, _described(analysis, instruction))))


def _described(analysis: Analysis, instruction: Instruction) -> list[str]:
    name = instruction.keyword
    executed = execution(instruction)
    if executed.sharing is Sharing.NONE:
        return [_("**`{name}`** makes no step: no target needs it.", name=name)]
    return [
        _headline(name, executed),
        "\n".join(f"- {_shown(it)}" for it in executed.steps),
        split_reason(instruction),
        _reruns(analysis, instruction),
        _artifacts(analysis, instruction),
        instruction_times(analysis, instruction),
        platforms_note(analysis),
    ]


def _reruns(analysis: Analysis, instruction: Instruction) -> str:
    """The steps that run again after a change of files that an instruction reads from the build context; empty if it reads none."""
    from buildxray.ide.reruns import rerun_of_files, rerun_words  # noqa: PLC0415 - a server starts without it

    rerun = rerun_of_files(analysis, instruction)
    if rerun is None or not rerun.runs:
        return ""
    words = rerun_words(rerun, len(analysis.request.target_platforms))
    return _("A change in these files re-runs {what}.", what=words)


_MOST_ARTIFACTS: Final = 6
"""Lines of a hover; a COPY with more sources is cut."""


def _artifacts(analysis: Analysis, instruction: Instruction) -> str:
    """The machine and the makers of the files that a COPY or ADD adds to the image; empty for other instructions."""
    lines = [_artifact(it) for it in analysis.build.artifacts.of(instruction.idx)]
    return "\n".join(f"- {it}" for it in dict.fromkeys(lines[:_MOST_ARTIFACTS]))


def _artifact(artifact: Artifact) -> str:
    makers = dict.fromkeys(it.maker for it in artifact.origins if it.maker and not it.is_from_context)
    machine = {
        Machine.TARGET: _("for the target platform"),
        Machine.BUILDER: _("**for the build machine**, whatever the target is"),
        Machine.CONSTANT: _("**for one architecture**, whatever the target is"),
        Machine.NEUTRAL: _("for every machine"),
        Machine.UNKNOWN: _("for an unknown machine"),
    }[artifact.machine]
    if not makers:
        return _("`{path}`: {machine}", path=literal(artifact.source), machine=machine)
    made_by = _(", ").join(f"`{literal(it)}`" for it in [*makers][:3])
    return _("`{path}`: {machine} (made by {makers})", path=literal(artifact.source), machine=machine, makers=made_by)


def _headline(name: str, executed: Execution) -> str:
    if executed.sharing is not Sharing.SHARED:
        return ngettext("**`{name}`** runs once", "**`{name}`** runs {n} times", executed.n_steps, name=name)
    if executed.n_served == executed.n_targets:
        return _("**`{name}`** runs once for all {n} platforms", name=name, n=executed.n_targets)
    return _(
        "**`{name}`** runs once, shared by {n} of {n_targets} platforms",
        name=name,
        n=executed.n_served,
        n_targets=executed.n_targets,
    )


def _shown(step: Step) -> str:
    targets = _(", ").join(f"`{it}`" for it in step.targets)
    if step.platform is None:
        return _("for {targets}", targets=targets)
    if step.is_emulated:
        return _("on `{platform}`, **emulated**, for {targets}", platform=step.platform, targets=targets)
    return _("on `{platform}`, native, for {targets}", platform=step.platform, targets=targets)
