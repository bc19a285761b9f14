"""Prove that a fix is safe: that the build after it is as good as before.

A rule marks the fixes that are equivalent, or that repair a certain error. Before such a fix is offered as safe, the
edited text is planned: no file of the image may suit its platform less, no more steps may be emulated, no program for another
machine may run on the build machine, no other command may fail, no other image may be pulled, and neither a default nor a build may give the platform
arguments that the new text uses another value. Nor may a comment after an ARG, which is an argument too, be all that is left
of it. Otherwise it becomes a suggestion.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS
from buildxray.rules.base import Fix, Safety
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.failing_commands import n_failures, n_too_new_for_arm
from buildxray.rules.facts.go_install import misplaces_installs
from buildxray.rules.facts.portability import n_foreign_programs_run
from buildxray.semantics.artifacts import losses
from buildxray.semantics.build import Build
from buildxray.syntax.instructions import Arg, Env
from buildxray.syntax.text import Edit

_MOST: Final = 50
"""Proofs for one version of a document; each plans the whole text. Further fixes are suggestions until some are applied."""


def proved(ctx: RuleContext, fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Turn fixes whose safety cannot be proved into suggestions."""
    proofs = ctx.cached(_Proofs)
    return tuple(
        replace(it, safety=Safety.SUGGESTION) if it.safety is Safety.SAFE and not proofs.hold(it.edits) else it
        for it in fixes
    )


def proved_in_others(contexts: Iterable[RuleContext], fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Turn fixes into suggestions that are safe in the build for which they were found, and do harm in another build of the file.

    There a compiler may also lack `GOARM`, which no finding of the first build would say.
    """
    known = tuple(fixes)
    for ctx in contexts:
        known = tuple(
            replace(it, safety=Safety.SUGGESTION)
            if it.safety is Safety.SAFE and n_too_new_for_arm(ctx.after(it.edits).build) > n_too_new_for_arm(ctx.build)
            else it
            for it in proved(ctx, known)
        )
    return known


class _Proofs:
    """The proofs in one context, cached because findings with one cause share their edits."""

    def __init__(self, ctx: RuleContext) -> None:
        self._ctx = ctx
        self._known: dict[tuple[Edit, ...], bool] = {}

    def hold(self, edits: tuple[Edit, ...]) -> bool:
        """True if the build after these edits is as good as before."""
        known = self._known.get(edits)
        if known is None:
            known = len(self._known) < _MOST and self._is_as_good(edits)
            self._known[edits] = known
        return known

    def _is_as_good(self, edits: tuple[Edit, ...]) -> bool:
        after = self._ctx.after(edits).build
        return (
            _n_bare_comments(after) <= _n_bare_comments(self._ctx.build)
            and not _uses_hidden_argument(after, edits)
            and not _uses_given_argument(self._ctx, edits)
            and _images(after) <= _images(self._ctx.build)
            and not misplaces_installs(self._ctx.build, after)
            and n_failures(after) <= self._ctx.cached(_n_failures)
            and is_as_good(self._ctx.build, after)
        )


def _n_failures(ctx: RuleContext) -> Counter[str]:
    return n_failures(ctx.build)


def _images(build: Build) -> set[str]:
    """The names of the images that the stages are built on, for all targets. Whether an image of another name exists is unknown."""
    return {
        name
        for stage in build.stages
        for name, is_image in zip(stage.base_names, stage.on_image, strict=True)
        if is_image
    }


def _n_bare_comments(build: Build) -> int:
    """The number of `ARG # comment`: the comment was written after an argument, which is gone."""
    declarations = (it for it in build.instructions if isinstance(it.node, Arg))
    return sum(1 for it in declarations if it.pairs and it.pairs[0].name.text == "#")


def _uses_hidden_argument(after: Build, edits: Iterable[Edit]) -> bool:
    """True if new text uses a platform argument that a default or an ENV of the file hides: the fix would change nothing for other targets."""
    used = _used_arguments(edits)
    declarations = (it for it in after.instructions if used and isinstance(it.node, Arg | Env))
    return any(
        pair.name.text in used and pair.value is not None and (isinstance(it.node, Arg) or "$" not in pair.value.text)
        for it in declarations
        for pair in it.pairs
    )


def _uses_given_argument(ctx: RuleContext, edits: Iterable[Edit]) -> bool:
    """True if new text uses a platform argument that a build of the project gives, perhaps in another spelling than BuildKit's."""
    return any(name in ctx.given_arguments for name in _used_arguments(edits))


def _used_arguments(edits: Iterable[Edit]) -> set[str]:
    """The platform arguments that the new text of edits expands."""
    return {name for it in edits for name in PER_TARGET_ARGUMENTS if re.search(rf"\$\{{?{name}\b", it.new_text)}


def is_as_good(before: Build, after: Build) -> bool:
    """True if each file of the image suits its platform as well as before, with no more emulation, and no more programs for another machine run.

    An image that was for the wrong platform, and is for the right one now, may need emulation.
    """
    has_more = len(after.emulated_steps) > len(before.emulated_steps)
    return (
        not (has_more and not _follows_now(before, after))
        and not losses(before.artifacts, after.artifacts)
        and n_foreign_programs_run(after) <= n_foreign_programs_run(before)
    )


def _follows_now(before: Build, after: Build) -> bool:
    wrong, right = (it.target_stage is not None and it.target_stage.platforms == it.targets for it in (before, after))
    return right and not wrong
