"""Convert a build for one target platform to a graph of operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from buildxray.localization import gettext_lazy as _
from buildxray.plan.bases import SCRATCH
from buildxray.plan.contexts import NamedContext
from buildxray.plan.dispatch import BuildArguments
from buildxray.plan.graph import Occurrence, vertex
from buildxray.plan.memo import Memo
from buildxray.plan.operations import Operation, context_operation, image_operation
from buildxray.plan.outline import Cause, ImageRef, Refusal, Source, StageRef, source_span
from buildxray.plan.request import BuildRequest
from buildxray.plan.runs import Recipe, Sources, StageRun, Start, read_recipe, run_stage
from buildxray.plan.scope import Scope, child_scope, configured_scope, directory_scope, image_scope, scratch_scope
from buildxray.plan.stages import ResolvedStage, ResolvedStages
from buildxray.platforms.platform import Platform
from buildxray.records import dataclass
from buildxray.syntax.instructions import Node, Onbuild, Span


@dataclass(slots=True)
class Conversion:
    """The executed stages that one target platform needs."""

    resolved: ResolvedStages
    runs: dict[int, StageRun]
    """The runs by number of the stage."""
    arguments: BuildArguments
    memo: Memo
    context: Occurrence
    """The loading of the build context."""
    replaced: dict[int, Occurrence | None] = field(default_factory=dict)
    """The files of stages that a named context replaces, by number of the stage; None for an empty directory."""
    refusals: list[Refusal] = field(default_factory=list)
    """The reasons why BuildKit refuses commands of these stages."""
    _unneeded: dict[int, Recipe | None] = field(default_factory=dict)

    def recipe(self, number: int) -> Recipe | None:
        """The recipe of a stage, whether the target needs the stage or not.

        None for an unneeded stage whose base has ONBUILD instructions, because triggers are resolved only
        for needed stages.
        """
        missing: list[int] = []
        base: int | None = number
        while base is not None and base not in self.runs and base not in self._unneeded:
            missing.append(base)
            base = self._base(base)
        for it in reversed(missing):
            self._unneeded[it] = self._unneeded_recipe(self.resolved.stages[it])
        run = self.runs.get(number)
        return self._unneeded[number] if run is None else run.recipe

    def _base(self, number: int) -> int | None:
        """The stage whose instructions precede those of a stage; None if it is built on an image or a context."""
        base = self.resolved.stages[number].base
        return None if base is None or self.resolved.stages[base].replacement is not None else base

    def _unneeded_recipe(self, stage: ResolvedStage) -> Recipe | None:
        below: Recipe | None = None
        base = self._base(stage.outline.idx)
        if base is not None:
            below = self.recipe(base)
            has_triggers = any(isinstance(it, Onbuild) for it in self.resolved.stages[base].outline.nodes)
            if below is None or (has_triggers and stage.outline.idx not in self.resolved.only_read):
                return None
        return stage_recipe(stage, below, self.arguments, self.memo, _replacing(self.resolved, stage))

    @property
    def context_paths(self) -> frozenset[str] | None:
        """The paths to which BuildKit limits the build context; None if it loads all of it (filterPaths)."""
        recipes = [it.recipe for it in self.runs.values()]
        recipes += [it for it in map(self.recipe, self.resolved.only_read) if it is not None]
        paths = {path for recipe in recipes for _position, it in recipe.operations for path in it.context_paths}
        return frozenset(paths) if paths and "/" not in paths else None

    @property
    def result(self) -> Occurrence | None:
        """The files of the image; None for an empty image."""
        target = self.resolved.target
        if target is None or target in self.replaced:
            return self.replaced.get(target) if target is not None else None
        return self.runs[target].files


def convert(resolved: ResolvedStages, request: BuildRequest, memo: Memo) -> Conversion:
    """Run all needed stages; `Conversion.refusals` has what BuildKit would refuse."""
    conversion = _converted(resolved, request, memo, None)
    if request.splits_context and conversion.context_paths is not None:
        return _converted(resolved, request, memo, conversion.context_paths)
    return conversion


def _converted(resolved: ResolvedStages, request: BuildRequest, memo: Memo, paths: frozenset[str] | None) -> Conversion:
    """Run all needed stages with the build context limited to these paths."""
    arguments = BuildArguments(
        dict(request.build_arguments), resolved.global_arguments, resolved.outline.dockerfile.escape
    )
    conversion = Conversion(resolved, {}, arguments, memo, memo.recall(paths, _context, memo, paths))
    for number in resolved.needed if resolved.contexts.known else ():
        stage = resolved.stages[number]
        if stage.replacement is not None:
            asked = stage.replacement_platform or stage.platform
            conversion.replaced[number] = _loaded(stage.replacement, asked, StageRef(number), memo)
    for number in resolved.needed:
        stage = resolved.stages[number]
        if number in conversion.replaced:
            continue
        conversion.runs[number] = run = _run(conversion, stage, memo)
        if run.recipe.problems:
            conversion.refusals += _refusals(stage, run.recipe)
    for number in resolved.only_read:
        _refuse_unused(conversion, resolved.stages[number])
    conversion.refusals += _late_refusals(conversion)
    return conversion


def _late_refusals(conversion: Conversion) -> list[Refusal]:
    """The refusals for commands of the stages that BuildKit reads; it ignores them in other stages."""
    resolved = conversion.resolved
    if not resolved.outline.late_refusals:
        return []
    read = [resolved.outline.stages[it] for it in (*conversion.runs, *resolved.only_read)]
    places = {idx for it in read for idx in range(it.from_idx, it.end_idx)}
    return [it for it in resolved.outline.late_refusals if it.instruction in places]


def _refuse_unused(conversion: Conversion, stage: ResolvedStage) -> None:
    """Effect: note why BuildKit refuses a stage that it reads, though nothing uses its files."""
    recipe = conversion.recipe(stage.outline.idx)
    conversion.refusals += [] if recipe is None else _refusals(stage, recipe)
    resolved = conversion.resolved
    from_idx = stage.outline.from_idx
    taken = [(from_idx, it.sources) for it in stage.triggers]
    taken += [(from_idx + 1 + position, sources) for position, sources in stage.outline.sources.items()]
    for instruction, sources in taken:
        for it in sources:
            if isinstance(it, StageRef) and it.idx >= stage.outline.idx and resolved.stages[it.idx].replacement is None:
                _refuse_later(conversion, it, instruction)


def _refusals(stage: ResolvedStage, recipe: Recipe) -> Iterator[Refusal]:
    """The reasons why BuildKit refuses the commands of a stage."""
    for position, problem in recipe.problems:
        span = None if position < len(stage.triggers) else problem.span
        replacement = None if span is None else problem.replacement
        cause = Cause.IMAGE if problem.depends_on_image else Cause.FILE
        yield Refusal(problem.message, stage.instruction(position), span, replacement, cause)


def _replacing(resolved: ResolvedStages, stage: ResolvedStage) -> NamedContext | None:
    """The context that replaces the base of a stage; None if the base is an image or is not replaced."""
    return None if stage.base is None else resolved.stages[stage.base].replacement


def stage_recipe(
    stage: ResolvedStage,
    below: Recipe | None,
    arguments: BuildArguments,
    memo: Memo,
    replacing: NamedContext | None = None,
) -> Recipe:
    """The recipe of a stage; `below` is the recipe of its base, or None if the base is an image.

    `replacing` is the context that replaces the base, if any.
    """
    if below is None:
        scope = _root_scope(stage, replacing, memo)
    else:
        final = below.final_scope
        scope = memo.recall((final, stage.platform), child_scope, final, stage.platform)
    nodes = _commands(stage)
    key = (scope, nodes, arguments.inherited.fingerprint, arguments.escape)
    return memo.recall(key, read_recipe, nodes, scope, arguments, memo)


def _commands(stage: ResolvedStage) -> tuple[Node, ...]:
    """The commands of a stage, inherited triggers first."""
    return (*[it.node for it in stage.triggers], *stage.outline.nodes) if stage.triggers else stage.outline.nodes


def _run(conversion: Conversion, stage: ResolvedStage, memo: Memo) -> StageRun:
    """Run a needed stage; those from which it takes files have been run."""
    resolved, arguments = conversion.resolved, conversion.arguments
    base = None if stage.base is None else conversion.runs.get(stage.base)
    sources = _sources(conversion, stage, memo)
    if resolved.contexts.known:
        return _new_run(conversion, stage, base, sources, memo)
    # An unchanged stage costs an edit one look into the memo.
    key = (
        stage.outline.idx,
        base,
        stage.reference,
        stage.base_name,
        stage.platform,
        resolved.target_platform,
        conversion.context,
        _commands(stage),
        arguments.inherited.fingerprint,
        arguments.escape,
        *sources.items(),
    )
    return memo.recall(key, _new_run, conversion, stage, base, sources, memo)


def _new_run(
    conversion: Conversion, stage: ResolvedStage, base: StageRun | None, sources: Sources, memo: Memo
) -> StageRun:
    below = None if base is None else base.recipe
    recipe = stage_recipe(stage, below, conversion.arguments, memo, _replacing(conversion.resolved, stage))
    own = StageRef(stage.outline.idx)
    if stage.context is not None:
        files = _loaded(stage.context, stage.platform, own, memo)
    elif stage.base is None:
        files = _image(stage.reference, stage.platform, own, 1, memo)
    elif stage.base in conversion.replaced:
        files = conversion.replaced[stage.base]
    else:
        files = conversion.runs[stage.base].files
    platform = recipe.final_scope.step_platform or conversion.resolved.target_platform
    # In the progress output, the image that a context replaces is counted as a step, but the context has no number.
    n_numbered = int(stage.reference != "" and stage.context is None)
    start = Start(own, files, n_numbered, platform, conversion.context)
    return memo.recall((recipe, start, *sources.items()), run_stage, recipe, start, sources, memo)


def _context(memo: Memo, paths: frozenset[str] | None) -> Occurrence:
    operation = context_operation(paths)
    return Occurrence(vertex(memo, operation, None, ()), operation, (), source=None, command=-1, number=0)


def _root_scope(stage: ResolvedStage, replacing: NamedContext | None, memo: Memo) -> Scope:
    context = replacing or stage.context
    if context is not None and not context.has_configuration:
        key = ("directory", stage.platform, replacing is None)
        return memo.recall(key, _directory_scope, stage.platform, replacing is not None)
    if context is not None and context.configuration is not None:
        of_image = (stage.platform, context.configuration)
        return memo.recall(of_image, configured_scope, stage.platform, context.configuration)
    if context is not None:
        return memo.recall(stage.platform, image_scope, stage.platform)
    if stage.base_name == SCRATCH:
        return memo.recall(stage.platform, scratch_scope, stage.platform)
    return memo.recall(stage.platform, image_scope, stage.platform)


def _directory_scope(platform: Platform, is_stage: bool) -> Scope:  # noqa: FBT001 - the memo passes positions
    return directory_scope(platform, is_stage=is_stage)


def _image(reference: str, platform: Platform, source: Source, number: int, memo: Memo) -> Occurrence | None:
    """The pull of an image; None for scratch."""
    if not reference:
        return None
    return memo.recall((reference, platform, source), _new_image, reference, platform, source, number, memo)


def _loaded(context: NamedContext, platform: Platform, source: Source, memo: Memo) -> Occurrence | None:
    """The step that loads a named context; None for an empty directory."""
    operation = context.operation(platform)
    if operation is None:
        return None
    where = context.step_platform(platform)
    key = ("named context", context, where, platform, source)
    return memo.recall(key, _new_context, operation, where, source, memo)


def _new_context(operation: Operation, platform: Platform | None, source: Source, memo: Memo) -> Occurrence:
    return Occurrence(vertex(memo, operation, platform, ()), operation, (), source=source, command=-1, number=0)


def _new_image(reference: str, platform: Platform, source: Source, number: int, memo: Memo) -> Occurrence:
    operation = image_operation(reference, platform)
    return Occurrence(vertex(memo, operation, platform, ()), operation, (), source=source, command=-1, number=number)


def _sources(conversion: Conversion, stage: ResolvedStage, memo: Memo) -> dict[int, tuple[Occurrence | None, ...]]:
    """The files of the stages and images named by commands, by position of the command."""
    by_position: dict[int, tuple[Occurrence | None, ...]] = {}
    for position, trigger in enumerate(stage.triggers):
        if trigger.sources:
            by_position[position] = _files(conversion, trigger.sources, stage.outline.from_idx, memo)
    for position, sources in stage.outline.sources.items():
        instruction = stage.outline.from_idx + 1 + position
        by_position[len(stage.triggers) + position] = _files(conversion, sources, instruction, memo)
    return by_position


def _files(
    conversion: Conversion, sources: tuple[Source | None, ...], instruction: int, memo: Memo
) -> tuple[Occurrence | None, ...]:
    return tuple([None if it is None else _files_of(conversion, it, instruction, memo) for it in sources])


def _naming(resolved: ResolvedStages, instruction: int, source: StageRef) -> Span | None:
    """The span in which an instruction names the stage whose files it uses; None if it names none."""
    for stage in resolved.outline.stages:
        position = instruction - stage.from_idx - 1
        if 0 <= position < len(stage.nodes):
            return source_span(stage, position, source)
    return None


def _files_of(conversion: Conversion, source: Source, instruction: int, memo: Memo) -> Occurrence | None:
    resolved = conversion.resolved
    if isinstance(source, ImageRef):
        name = resolved.images[source.idx].name
        context = resolved.contexts.of_image(name, resolved.target_platform)
        if context is not None:
            return _loaded(context, resolved.target_platform, source, memo)
        reference = resolved.image_references[source.idx]
        return _image(reference, resolved.target_platform, source, 0, memo)
    if source.idx in conversion.replaced:
        return conversion.replaced[source.idx]
    run = conversion.runs.get(source.idx)
    if run is None:
        _refuse_later(conversion, source, instruction)
        return None
    return run.files


def _refuse_later(conversion: Conversion, source: StageRef, instruction: int) -> None:
    """Effect: note that an instruction takes files from a stage that comes later in the file."""
    resolved = conversion.resolved
    name = resolved.stages[source.idx].outline.display_name
    message = _("the stage `{name}` comes later in the file: move it above this one", name=name)
    if not any(it.instruction == instruction for it in resolved.outline.refusals):
        conversion.refusals.append(Refusal(message, instruction, _naming(resolved, instruction, source)))
