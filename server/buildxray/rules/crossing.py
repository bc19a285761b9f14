"""How a stage is made to compile for the target platforms on the build machine.

The root of the stage gets `--platform=$BUILDPLATFORM`, so all that is built on that root moves to the build
machine with it: each compiler in there has to be told its target in the same edit.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Final

from buildxray.localization import _
from buildxray.plan.paths import holds
from buildxray.rules.base import Fix, Safety
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import declare_arguments, merged, set_platform, set_target
from buildxray.rules.placement import Placement, placements
from buildxray.semantics.commands import is_nothing
from buildxray.semantics.file_flow import copied_paths
from buildxray.syntax.instructions import Copy, Onbuild, Run
from buildxray.syntax.text import Edit, apply_edits, edits_between
from buildxray.toolchains.base import Effect, Use

_HARMLESS: Final = frozenset(
    {Effect.BUNDLE, Effect.COMPILE, Effect.DOWNLOAD, Effect.FETCH, Effect.INSTALL, Effect.NEUTRAL}
)
"""What a safe fix may move to the build machine."""
_FOR_ALL: Final = ("/etc", "/usr/share", "/var", "/home", "/srv")
"""Directories whose files suit every architecture."""
_FOR_ONE: Final = ("/bin", "/lib", "/lib32", "/lib64", "/libexec", "/opt", "/sbin", "/usr", "/root/.cargo")
"""Directories whose files are for the architecture of the stage."""


def cross_compile(ctx: RuleContext, stage: int) -> Fix | None:
    """Make a stage compile for its targets on the build machine; None where no edit can."""
    root = ctx.facts.root(stage)
    if root is None or not _can_move(ctx, root):
        return None
    family = ctx.facts.family(root)
    uses = [use for it in family for use in ctx.inventory.stage_uses(it, Effect.COMPILE)]
    crossed = [it for it in uses if it.cross_compilation is not None]
    kept = [it for it in uses if it.cross_compilation is None]
    if any(it.is_bound or not it.follows_target for it in kept):
        return None
    if not all(it.invocation.command.is_writable for it in crossed):
        return None
    outputs = {path for use in uses for path in use.outputs}
    safety = _safety(ctx, family, outputs)
    if safety is None:
        return None
    if any(it.cross_compilation is not None and not it.cross_compilation.is_safe for it in crossed):
        safety = Safety.SUGGESTION
    edits = [*set_platform(ctx, ctx.plan.stages[root].from_idx, "$BUILDPLATFORM"), *crossing_edits(ctx, crossed)]
    edits = tidied(ctx, edits)
    if not _is_better(ctx, ctx.after(edits), family, safety):
        return None
    title = _("Cross-compile this stage") if crossed else _("Run this stage on the build platform")
    return Fix(title, tuple(edits), safety)


def crossing_edits(ctx: RuleContext, uses: list[Use]) -> list[Edit]:
    """Tell each command its target, and declare what that needs directly before the first RUN that needs it."""
    edits: list[Edit] = []
    needed: dict[int, list[str]] = {}
    for use in uses:
        if use.cross_compilation is not None:
            edits += set_target(ctx, use, use.cross_compilation)
            needed.setdefault(use.instruction, []).extend(use.cross_compilation.arguments)
    declared: dict[int, set[str]] = {}
    for idx in sorted(needed):
        stage = ctx.facts.stage_of(idx)
        assert stage is not None, "a RUN belongs to a stage"
        known = {name for it in ctx.facts.ancestry(stage.idx) for name in declared.get(it, ())}
        names = [it for it in needed[idx] if it not in known]
        edits += declare_arguments(ctx, idx, names)
        declared.setdefault(stage.idx, set()).update(names)
    return edits


def can_run_elsewhere(ctx: RuleContext, root: int) -> bool:
    """Whether what a stage hands on would be the same, had it run on a machine of another architecture."""
    if not _can_move(ctx, root):
        return False
    family = ctx.facts.family(root)
    uses = [use for it in family for use in ctx.inventory.stage_uses(it, Effect.COMPILE)]
    outputs = {path for use in uses for path in use.outputs}
    return all(it.follows_target for it in uses) and _safety(ctx, family, outputs) is not None


def files_taken(ctx: RuleContext, stage: int) -> tuple[str, ...]:
    """What is copied out of a stage, and those built on it, that may be for one architecture.

    What a compiler wrote is left out: it is known for which machine that is.
    """
    family = ctx.facts.family(stage)
    uses = [use for it in family for use in ctx.inventory.stage_uses(it, Effect.COMPILE)]
    outputs = {path for use in uses for path in use.outputs if use.follows_target}
    taken = [
        path
        for member in family
        for consumer in ctx.facts.consumers[member]
        if consumer.stage not in family
        for path in copied_paths(ctx.facts, consumer)
    ]
    return tuple(
        it for it in dict.fromkeys(taken) if not _is_for_all(it) and not any(holds(path, it) for path in outputs)
    )


def _can_move(ctx: RuleContext, root: int) -> bool:
    """Whether the platform of a root stage is free to change: it is no part of the image, and one for all targets."""
    resolved = [it.stages[root] for it in ctx.plan.targets]
    names = {it.base_name for it in resolved}
    return not {*ctx.facts.family(root)} & ctx.facts.image_stages and len(names) == 1 and names != {"scratch"}


def _safety(ctx: RuleContext, family: tuple[int, ...], outputs: set[str]) -> Safety | None:
    """Who may move these stages to the build machine; None where what they hand on would be wrong."""
    is_safe = True
    for stage in family:
        outlined = ctx.plan.stages[stage]
        if stage not in ctx.facts.needed_stages:
            # What the stages of another build do with it, this plan does not say.
            is_safe = False
        for idx in range(outlined.from_idx + 1, outlined.end_idx):
            node = ctx.node(idx)
            if isinstance(node, Run):
                if any(
                    it.command.words and _runs(it.command.words[0].text, outputs)
                    for it in ctx.inventory.invocations(idx)
                ):
                    return None
                is_safe &= _is_harmless(ctx, idx)
            elif isinstance(node, Onbuild):
                is_safe = False
            elif isinstance(node, Copy) and node.source_stage is not None:
                is_safe &= all(_is_for_all(it.text) for it in node.sources)
        for consumer in ctx.facts.consumers[stage]:
            if consumer.stage in family:
                continue
            paths = copied_paths(ctx.facts, consumer)
            if not paths:
                is_safe = False
            for path in paths:
                if any(holds(path, it) or holds(it, path) for it in outputs) or _is_for_all(path):
                    continue
                if path == "/" or any(holds(it, path) for it in _FOR_ONE):
                    return None
                is_safe &= not _may_hold_foreign_files(ctx, family, path)
    return Safety.SAFE if is_safe else Safety.SUGGESTION


def _is_harmless(ctx: RuleContext, idx: int) -> bool:
    node = ctx.node(idx)
    if any("from=" in it.value.text for it in node.flags if it.value is not None):
        # An image that is mounted is the target's, and would not run any more.
        return False
    script = ctx.inventory.script(idx)
    if script.has_errors or not script.commands:
        return False
    known = zip(ctx.inventory.invocations(idx), ctx.inventory.recognized(idx), strict=True)
    uses = [use for invocation, use in known if not is_nothing(invocation.command)]
    return all(it is not None and it.effect in _HARMLESS and not it.needs_agreement for it in uses)


def _may_hold_foreign_files(ctx: RuleContext, family: tuple[int, ...], path: str) -> bool:
    """Whether a path that no compiler wrote may hold files for the architecture of the stage."""
    if any(ctx.inventory.stage_uses(it, Effect.DOWNLOAD) for it in family):
        return True
    installed = (
        output for it in family for use in ctx.inventory.stage_uses(it, Effect.INSTALL) for output in use.outputs
    )
    return any(holds(path, it) or holds(it, path) for it in installed)


def _runs(program: str, outputs: set[str]) -> bool:
    """Whether a program is one that the stage has compiled."""
    name = posixpath.basename(program)
    is_path = "/" in program
    return is_path and any(it == program or posixpath.basename(it) == name for it in outputs)


def _is_for_all(path: str) -> bool:
    return any(holds(it, path) for it in _FOR_ALL)


def tidied(ctx: RuleContext, edits: list[Edit]) -> list[Edit]:
    """The edits with those that put declarations into their places, and delete the unused, where that pays now."""
    return _with(ctx, edits, Placement.paying_edits)


def in_place(ctx: RuleContext, edits: list[Edit]) -> list[Edit]:
    """The edits with those that put declarations into their places, where they stand too early now."""
    return _with(ctx, edits, lambda it: it.moving_edits() if it.moving_pays else [])


def _with(ctx: RuleContext, edits: list[Edit], tidy: Callable[[Placement], list[Edit]]) -> list[Edit]:
    after = ctx.after(edits)
    more = merged(edit for it in placements(after) for edit in tidy(it))
    return [*edits_between(ctx.text, apply_edits(after.text, more))] if more else edits


def _is_better(before: RuleContext, after: RuleContext, family: tuple[int, ...], safety: Safety) -> bool:
    """What a fix has to prove: right binaries, no more steps and fewer that are emulated.

    Of a suggestion the text need not tell for what it compiles, only nothing wrong.
    """
    uses = [use for it in family for use in after.inventory.stage_uses(it, Effect.COMPILE)]
    is_right = not any(it.wrong_targets for it in uses)
    if safety is Safety.SAFE:
        is_right = all(it.follows_target for it in uses)
    return (
        is_right
        and len(after.plan.errors) <= len(before.plan.errors)
        and len(after.plan.steps) <= len(before.plan.steps)
        and after.facts.emulated_steps() < before.facts.emulated_steps()
    )
