"""Join findings that have one cause: the same words several times in one instruction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from buildxray.localization import _
from buildxray.records import replace
from buildxray.rules.base import Finding, Fix, Related, Safety
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import KnownCommand


def one_for_each_instruction(ctx: RuleContext, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one of the findings of an instruction whose ranges have the same text; its fix makes the edits of all of them.

    Findings with different doubts or fixes are not joined. Their fixes must be known, not functions.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for it in findings:
        instruction = ctx.build.instruction_at(it.range.start)
        titles = tuple(fix.title for fix in it.fixes)
        groups.setdefault((instruction, ctx.text[slice(*it.range)], it.doubt, titles), []).append(it)
    for first, *others in groups.values():
        related = (related for it in others for related in (Related(it.range, _("the same here")), *it.related))
        fixes = tuple(map(_joined, zip(first.fixes, *(it.fixes for it in others), strict=True)))
        yield replace(first, fix=fixes, related=(*first.related, *related))


def _joined(fixes: tuple[Fix, ...]) -> Fix:
    """The fix that makes the edits of several, each once; safe only if all are."""
    edits = tuple(dict.fromkeys(edit for it in fixes for edit in it.edits))
    is_safe = all(it.safety is Safety.SAFE for it in fixes)
    return replace(fixes[0], edits=edits, safety=Safety.SAFE if is_safe else Safety.SUGGESTION)


def are_for_several_machines(commands: Iterable[KnownCommand], constant: Iterable[KnownCommand]) -> bool:
    """True if compilers are told several machines in turn; one that follows the target, and has no constant, does not count."""
    with_constant = {id(it) for it in constant}
    return len({it.use.architectures for it in commands if id(it) in with_constant or not it.use.follows_target}) > 1
