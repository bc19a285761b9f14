"""Resolve the stages of a build for one target platform: their bases, and which stages are needed.

Errors are recorded as refusals, and the rest is resolved as well as possible.

BuildKit: dockerfile2llb/convert.go, buildMetaArgs, buildDispatchStates and resolveStages.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.plan.bases import SCRATCH, Base, bases_of, image_of
from buildxray.plan.contexts import NamedContext, read_contexts
from buildxray.plan.from_refusals import image_refusal, platform_refusal
from buildxray.plan.global_arguments import global_arguments, unknown_arguments
from buildxray.plan.memo import Memo
from buildxray.plan.outline import (
    Cause,
    Linker,
    Outline,
    Refusal,
    StageOutline,
    StageRef,
    trigger_texts,
)
from buildxray.plan.request import BuildRequest
from buildxray.plan.stages import ResolvedStage, ResolvedStages, Trigger
from buildxray.platforms.platform import Platform, normalize
from buildxray.syntax.instructions import From, Node, Run, Span
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.parser import parse_trigger
from buildxray.syntax.suggestions import closest

_NO_PLATFORM: Final = Platform("", "")
"""The platform of a stage whose files come from a directory; its label shows `unknown`."""


def resolve_stages(outline: Outline, request: BuildRequest, target: Platform, memo: Memo) -> ResolvedStages:
    """Resolve all stages for one target platform."""
    arguments = global_arguments(outline, request, target, memo)
    builder = request.node(target)
    # Each machine receives its own platforms; if several machines build, all create a list of platforms (buildx:
    # build/opt.go, toSolveOpt).
    is_multi = not request.is_separate and len(request.target_platforms) > 1
    resolved = ResolvedStages(outline, target, is_multi, arguments.environment, [], list(outline.images), [], None)
    resolved.given_arguments = frozenset(name for name, _value in request.build_arguments)
    if request.unknown_arguments:
        resolved.unknown_arguments = unknown_arguments(outline, request)
    for position, message, span in arguments.problems:
        resolved.refusals.append(Refusal(message, outline.global_arguments[position], span))
        resolved.has_wrong_arguments = True
    if request.contexts:
        resolved.contexts = read_contexts(request, builder)
        resolved.refusals += [Refusal(it, None, cause=Cause.REQUEST) for it in resolved.contexts.problems]
    _resolve_bases(resolved, builder, memo)
    if resolved.stages:
        resolved.target = _target(resolved, request.target_stage)
        _resolve_triggers(resolved, resolved.target)
    return resolved


def _resolve_bases(resolved: ResolvedStages, builder: Platform, memo: Memo) -> None:
    arguments, outlined = resolved.global_arguments, resolved.outline
    escape = outlined.dockerfile.escape
    nodes = outlined.from_nodes
    bases = memo.recall((arguments, escape, builder, nodes), bases_of, nodes, arguments, escape, builder, memo)
    has_contexts = bool(resolved.contexts.known)
    by_name: dict[str, int] = {}
    for stage, node, base in zip(outlined.stages, nodes, bases, strict=True):
        if base.refusals:
            resolved.refusals += [platform_refusal(resolved, stage, node, it) for it in base.refusals]
        number = by_name.get(base.name)
        # BuildKit ignores `--platform` on scratch.
        platform = (None if base.name == SCRATCH else base.platform) or resolved.target_platform
        replacement = context = None
        if has_contexts:
            replacement = resolved.contexts.of_stage(stage.name, base.platform or resolved.target_platform)
            context = resolved.contexts.of_image(base.name, platform) if number is None else None
        if replacement is not None:
            # BuildKit validates the name of the image even if it does not pull it.
            if base.image.problem is not None:
                _refuse_image(resolved, stage, node, base)
            resolved.stages.append(_replaced(resolved, stage, base, replacement))
        elif context is not None:
            resolved.stages.append(
                ResolvedStage(stage, base.name, base.image.reference, platform, None, context=context)
            )
        elif number is not None:
            parent = resolved.stages[number]
            # A stage right on a directory has no platform while BuildKit reads it, and the target's afterwards: `Ensure platform is
            # set` in dispatchStages makes it point to the value that is filled in later.
            is_filled_in = parent.replacement is None and parent.platform is _NO_PLATFORM
            platform = resolved.target_platform if is_filled_in else parent.platform
            resolved.stages.append(ResolvedStage(stage, base.name, "", platform, number))
        else:
            if base.image.problem is not None:
                _refuse_image(resolved, stage, node, base)
            resolved.stages.append(ResolvedStage(stage, base.name, base.image.reference, platform, None))
        if stage.name:
            by_name[stage.name] = stage.idx
    _resolve_images(resolved)


def _replaced(resolved: ResolvedStages, stage: StageOutline, base: Base, replacement: NamedContext) -> ResolvedStage:
    """A stage that a named context replaces, with the platform that stages built on it inherit."""
    asked = base.platform or resolved.target_platform
    if replacement.has_configuration:
        platform = replacement.built_for or normalize(asked)
    else:
        platform = base.platform or _NO_PLATFORM
    return ResolvedStage(stage, base.name, "", platform, None, replacement=replacement, replacement_platform=asked)


def _refuse_image(resolved: ResolvedStages, stage: StageOutline, node: From, base: Base) -> None:
    """Effect: record the reason why BuildKit refuses the name of the image of a FROM."""
    # A flag with one dash is read as the image; the parser has already reported it.
    is_known = bool(node.problems) and base.name.startswith("-")
    if not base.refusals and not is_known:
        resolved.refusals.append(image_refusal(resolved, stage, node, base))


def _resolve_images(resolved: ResolvedStages) -> None:
    """Complete the names of the images that do not have a full name yet."""
    for named in resolved.images[len(resolved.image_references) :]:
        image = image_of(named.name)
        resolved.image_references.append(image.reference)
        if image.problem is not None:
            node = resolved.outline.dockerfile.instructions[named.instruction].node
            resolved.refusals.append(
                Refusal(image.problem, named.instruction, _named_span(node, named.name), image.replacement)
            )


def _named_span(node: Node, name: str) -> Span | None:
    """The span in which a COPY or a mount names an image."""
    values = [it.value for it in node.flags if it.name.text == "from" and it.value is not None]
    if isinstance(node, Run):
        with suppress(MountSyntaxError):
            for flag in node.mounts:
                values += [it.value for it in mount_options(flag) if it.key == "from" and it.value is not None]
    return next((it.span for it in values if it.text == name), None)


def _target(resolved: ResolvedStages, name: str) -> int:
    last = len(resolved.stages) - 1
    if not name:
        # A FROM that is being typed does not become the target, so that the file above it keeps its meaning.
        instructions = resolved.outline.dockerfile.instructions
        complete = (it.idx for it in reversed(resolved.outline.stages) if not instructions[it.from_idx].node.problems)
        return next(complete, last)
    named = [it.outline.idx for it in resolved.stages if it.outline.name == name.lower()]
    if not named:
        close = closest(name.lower(), [it.outline.name for it in resolved.stages if it.outline.name])
        message = _("there is no stage `{name}`", name=name)
        if close is not None:
            message = _("there is no stage `{name}`; did you mean `{close}`?", name=name, close=close)
        resolved.refusals.append(Refusal(message, None, None, close, Cause.REQUEST))
    return named[-1] if named else last


def _resolve_triggers(resolved: ResolvedStages, target: int) -> None:
    """Find the needed stages; triggers of a stage may add more (resolveStages)."""
    done: set[int] = set()
    read: list[int] = []
    has_new_sources = True
    while has_new_sources:
        has_new_sources = False
        read = _needed(resolved, target, through_replaced=True)
        for number in read:
            stage = resolved.stages[number]
            if (stage.base is not None or stage.context is not None) and number not in done:
                done.add(number)
                stage.triggers = _triggers(resolved, stage)
                has_new_sources |= any(it.sources for it in stage.triggers)
    resolved.needed = read
    if resolved.contexts.known and any(resolved.stages[it].replacement is not None for it in read):
        resolved.needed = _needed(resolved, target, through_replaced=False)
        resolved.only_read = [
            it for it in read if it not in resolved.needed and resolved.stages[it].replacement is None
        ]


def _needed(resolved: ResolvedStages, target: int, *, through_replaced: bool) -> list[int]:
    """The stages on which a target depends; `through_replaced` adds those from which replaced stages copy."""
    needed: set[int] = set()
    todo: list[int | None] = [target]
    while todo:
        number = todo.pop()
        if number is None or number in needed:
            continue
        needed.add(number)
        stage = resolved.stages[number]
        if stage.replacement is not None and not through_replaced:
            continue
        todo.append(stage.base)
        taken = [*stage.outline.sources.values()]
        if stage.triggers:
            taken += [it.sources for it in stage.triggers]
        todo += [it.idx for sources in taken for it in sources if isinstance(it, StageRef)]
    return sorted(needed)


def _inherited_triggers(resolved: ResolvedStages, stage: ResolvedStage) -> list[tuple[int | None, str]]:
    """The texts of the ONBUILD triggers of the base of a stage, with their lines; triggers of an image have no line."""
    if stage.base is not None:
        # BuildKit reads the triggers in the text even if a named context replaces the stage.
        base = resolved.stages[stage.base].outline
        lines = resolved.outline.dockerfile.instructions
        return [(lines[base.from_idx + 1 + position].first_line, text) for position, text in trigger_texts(base.nodes)]
    configuration = None if stage.context is None else stage.context.configuration
    return [] if configuration is None else [(None, it) for it in configuration.triggers]


def _triggers(resolved: ResolvedStages, stage: ResolvedStage) -> tuple[Trigger, ...]:
    """The ONBUILD triggers that a stage inherits (initOnBuildTriggers)."""
    triggers: list[Trigger] = []
    for line, text in _inherited_triggers(resolved, stage):
        node = parse_trigger(text)
        if node is None or node.problem is not None:
            reason = _("it is not one instruction") if node is None or node.problem is None else node.problem.message
            message = _("an ONBUILD of the image: {reason}", reason=reason)
            if line is not None:
                message = _("the ONBUILD in line {line}: {reason}", line=line, reason=reason)
            resolved.refusals.append(Refusal(message, stage.outline.from_idx))
            continue
        names = [it.name for it in resolved.outline.stages]
        linker = Linker(names, resolved.outline.dockerfile.escape, resolved.images)
        triggers.append(Trigger(node, linker.sources(node, stage.outline.from_idx)))
        resolved.refusals += linker.refusals
        _resolve_images(resolved)
    return tuple(triggers)
