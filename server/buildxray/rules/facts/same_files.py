"""Decide whether what other stages take from a stage is provably the same, whichever machine runs the stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from buildxray.rules.context import RuleContext
from buildxray.rules.facts.portability import can_change_platform, compilers, consumers_outside, safety_of_moving
from buildxray.semantics.build import Effect, Instruction, Stage
from buildxray.semantics.image_paths import is_for_all
from buildxray.semantics.origins import Origin
from buildxray.syntax.instructions import Copy
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit
from buildxray.toolchains.base import Use

OF_THE_MACHINE: Final = lazy_regex(
    r"\$\{?(?:HOSTTYPE|MACHTYPE)\b|/etc/apk/arch\b|/proc/(?:cpuinfo|version)\b|/var/lib/dpkg/arch\b"
)
"""Variables that bash sets to the machine that it runs on, and files that name it."""


def can_run_elsewhere(ctx: RuleContext, root: Stage, edits: Sequence[Edit]) -> bool:
    """True if the image is surely the same after edits that move a root stage, and what is built on it, to another machine."""
    if not can_change_platform(root):
        return False
    after = ctx.after(edits)
    moved = [after.build.stages[it.idx] for it in root.family]
    return (
        _gives_same_files(moved)
        and all(it.use.follows_target for it in compilers(moved))
        and safety_of_moving(ctx, after, root.family) is not None
    )


def _gives_same_files(stages: Iterable[Stage]) -> bool:
    """True if all that other stages take from these, and from nothing else, is provably the same on every machine that may run these.

    What a bundler writes is, and so is a download, in a stage that does not ask for its machine, and what a compiler writes whose target
    is given. What `make`, a script or a package writes is not, nor what the text does not tell.
    """
    members = {*stages}
    consumers = [*consumers_outside(members)]
    asks = any(map(_asks_for_machine, members))
    return bool(consumers) and all(_takes_same_files(it, asks=asks) for it in consumers)


def _asks_for_machine(stage: Stage) -> bool:
    return any(
        OF_THE_MACHINE.search(run.node.whole_text) is not None
        or any(it.use.effect is Effect.PROBE for it in run.known_commands)
        for run in stage.runs
    )


def _takes_same_files(consumer: Instruction, *, asks: bool) -> bool:
    """True if an instruction copies files that are the same on every machine; False for a mount, whose files may be used in any way."""
    if not isinstance(consumer.node, Copy) or not consumer.copied_paths:
        return False
    copied = [origins for _token, origins in consumer.build.artifacts.copied(consumer.idx)]
    if not any(copied):
        return all(map(is_for_all, consumer.copied_paths))
    return all(bool(origins) and all(_is_same(it, asks=asks) for it in origins) for origins in copied)


def _is_same(origin: Origin, *, asks: bool) -> bool:
    if origin.suits_every_machine:
        return True
    if origin.use is None:
        return False
    if origin.use.effect is Effect.DOWNLOAD:
        return not asks
    return origin.use.effect is Effect.COMPILE and _is_crossing(origin.use)


def _is_crossing(use: Use) -> bool:
    """True if a compiler is told the target, as its output for another machine than its own shows: an empty `GOARCH` names none."""
    machines = zip(use.architectures, use.invocation.step_platforms, strict=False)
    return use.is_targeted and use.follows_target and any(it != own.architecture for it, own in machines)
