"""Run BuildKit's linter on one plan.

BuildKit: dockerfile2llb/convert.go, toDispatchState with AllStages, as DockerfileLint calls it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import takewhile
from typing import TypeGuard

from buildxray.plan.checks.bases import base_events, default_image_warnings
from buildxray.plan.checks.commands import CheckedStage, Inherited
from buildxray.plan.checks.events import CheckWarning, Event, Stop
from buildxray.plan.checks.file import CheckedFile
from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.plan.checks.options import CheckOptions, CheckOptionsError, file_options
from buildxray.plan.checks.reading import reading_events
from buildxray.plan.convert import Conversion, stage_recipe
from buildxray.plan.global_arguments import global_arguments
from buildxray.plan.memo import Memo
from buildxray.plan.model import Plan, TargetPlan
from buildxray.plan.outline import StageRef
from buildxray.plan.runs import Recipe
from buildxray.plan.stages import ResolvedStage
from buildxray.syntax.instructions import Node


def buildkit_warnings(plan: Plan, memo: Memo, ignored: IgnorePatterns | None = None) -> tuple[CheckWarning, ...]:
    """The warnings of BuildKit itself, in its order: only those before the point at which it refuses the file."""
    until_stop = takewhile(lambda it: not isinstance(it, Stop), _events(plan, memo, ignored))
    return tuple(filter(_is_warning, until_stop))


def all_warnings(plan: Plan, memo: Memo, ignored: IgnorePatterns | None = None) -> tuple[CheckWarning, ...]:
    """All warnings, including those after errors at which BuildKit stops, so that people can fix everything at once."""
    return tuple(filter(_is_warning, _events(plan, memo, ignored)))


def failing_warnings(plan: Plan, memo: Memo, options: CheckOptions) -> tuple[CheckWarning, ...]:
    """The warnings for which BuildKit refuses a build that has no other error, where the options say `error=true`.

    A build reads fewer stages than `--call=check` does. It warns for the first target of each machine only.
    BuildKit: linter.go, Linter.Error; frontend/dockerfile/builder/build.go, `opt.Warn = nil`.
    """
    if not options.is_error:
        return ()
    request = plan.request
    first = {request.machine(number): number for number in reversed(range(len(plan.targets)))}
    return tuple(
        warning
        for number in sorted(first.values())
        for warning in filter(_is_warning, _events(plan, memo, None, plan.targets[number], options, is_build=True))
    )


def _is_warning(event: Event) -> TypeGuard[CheckWarning]:
    return isinstance(event, CheckWarning)


def _events(
    plan: Plan,
    memo: Memo,
    ignored: IgnorePatterns | None,
    target: TargetPlan | None = None,
    options: CheckOptions | None = None,
    *,
    is_build: bool = False,
) -> Iterator[Event]:
    """The events for a target, the first one by default; of the stages that a build reads, or of all.

    `options` count in place of those of the file.
    """
    dockerfile = plan.dockerfile
    target = target or plan.targets[0]
    if options is None:
        try:
            options = file_options(dockerfile)
        except CheckOptionsError:
            options = CheckOptions()
            yield Stop()
    if any(it.is_syntax for it in dockerfile.problems):
        yield Stop()
    file = CheckedFile(dockerfile, plan.stages, options)
    yield from reading_events(file)
    defaults = global_arguments(plan.outline, plan.request, target.platform, memo, with_given=False)
    if not defaults.problems:
        yield from default_image_warnings(file, defaults.environment, memo)
    resolved = target.conversion.resolved
    if resolved.has_wrong_arguments:
        yield Stop()
    yield from base_events(file, resolved.global_arguments, plan.request.node(target.platform), memo)
    if plan.outline.refusals or plan.outline.late_refusals or resolved.refusals:
        yield Stop()
    read = {*target.conversion.runs, *resolved.only_read} if is_build else set(range(len(resolved.stages)))
    yield from _stage_events(file, target.conversion, read, memo, ignored)


def _stage_events(
    file: CheckedFile, conversion: Conversion, read: Collection[int], memo: Memo, ignored: IgnorePatterns | None
) -> Iterator[Event]:
    """The events of the stages with the numbers `read`."""
    resolved = conversion.resolved
    recipes: list[Recipe] = []
    inherited: list[Inherited] = []
    for stage in resolved.stages:
        run = conversion.runs.get(stage.outline.idx)
        if run is not None:
            recipe = run.recipe
        else:
            below = None if stage.base is None else recipes[stage.base]
            recipe = stage_recipe(stage, below, conversion.arguments, memo)
        recipes.append(recipe)
        before = Inherited() if stage.base is None else inherited[stage.base]
        checked = CheckedStage(file, stage, recipe, before, conversion.arguments, ignored=ignored)
        late = frozenset(
            len(stage.triggers) + position
            for position, sources in stage.outline.sources.items()
            if any(isinstance(it, StageRef) and stage.outline.idx <= it.idx for it in sources)
        )
        from_idx = stage.outline.from_idx
        from_node = file.instruction(from_idx).node
        options = file.options_within(from_idx, stage.outline.end_idx)
        # A RUN without possible warnings is not part of the key, because people edit these most.
        key = ("checks", from_node, before, late, ignored, options, len(stage.triggers), *checked.causes(_nodes(stage)))
        events, after = memo.recall(key, _checked, checked, stage, late, file)
        if stage.outline.idx in read:
            yield from (it if isinstance(it, Stop) else file.placed(it, from_idx) for it in events)
        inherited.append(after)


def _checked(
    checked: CheckedStage, stage: ResolvedStage, late: frozenset[int], file: CheckedFile
) -> tuple[tuple[Event, ...], Inherited]:
    """The events of a stage, relative to its place in the file, and the state that stages built on it inherit."""
    from_idx = stage.outline.from_idx
    events = [it if isinstance(it, Stop) else file.lifted(it, from_idx) for it in checked.events(_nodes(stage), late)]
    return tuple(events), checked.inherited


def _nodes(stage: ResolvedStage) -> tuple[Node, ...]:
    """The triggers that a stage inherits, then its own commands."""
    return (*[it.node for it in stage.triggers], *stage.outline.nodes)
