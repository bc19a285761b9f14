"""Join findings that have one cause: the same words several times in one stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from buildxray.localization import _, ngettext
from buildxray.records import replace
from buildxray.rules.base import Finding, Fix, Related, Safety
from buildxray.rules.context import RuleContext
from buildxray.rules.wording import joined
from buildxray.semantics.build import KnownCommand
from buildxray.syntax.text import Edit, TextRange


def one_for_each_stage(
    ctx: RuleContext, findings: Iterable[Finding], same: Callable[[Finding], object] | None = None
) -> Iterator[Finding]:
    """Yield one of the findings of a stage for which `same` is equal, by default the text of their ranges; its fix makes the edits of all.

    Findings with different doubts or fixes are not joined. Their fixes must be known, not functions. The message names the other lines.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for it in findings:
        instruction = ctx.build.instruction_at(it.range.start)
        place = instruction if instruction is None or instruction.stage is None else instruction.stage
        titles = tuple(fix.title for fix in it.fixes)
        key = ctx.text[slice(*it.range)] if same is None else same(it)
        groups.setdefault((place, key, it.doubt, titles), []).append(it)
    for group in groups.values():
        # What the fix of one declares is seen by those below it only.
        first, *others = sorted(group, key=lambda it: it.range.start)
        yield join(ctx, first, others)


def join(ctx: RuleContext, first: Finding, others: Iterable[Finding]) -> Finding:
    """The finding for several that have one cause, at the place of the first one."""
    rest = [*others]
    related = (related for it in rest for related in (*same_here([it.range]), *it.related))
    fixes = tuple(map(_joined, zip(first.fixes, *(it.fixes for it in rest), strict=True)))
    message = with_lines(ctx, first.message, first.range, (it.range for it in rest))
    return replace(first, message=message, fix=fixes, related=(*first.related, *related))


def same_here(ranges: Iterable[TextRange]) -> tuple[Related, ...]:
    """The places in which the same is true again."""
    return tuple(Related(it, _("the same here")) for it in ranges)


def with_lines(ctx: RuleContext, message: str, range_: TextRange, others: Iterable[TextRange]) -> str:
    """A message, and the lines in which the same is true again."""
    line_of = ctx.build.dockerfile.line_of
    lines = dict.fromkeys(line_of(it.start) for it in others)
    lines.pop(line_of(range_.start), None)
    if not lines:
        return message
    listed = joined(map(str, sorted(lines)))
    return ngettext(
        "{problem}; also in line {lines}",
        "{problem}; also in lines {lines}",
        len(lines),
        problem=message,
        lines=listed,
    )


def _joined(fixes: tuple[Fix, ...]) -> Fix:
    """The fix that makes the edits of several, each once; safe only if all are.

    A line that declares what an earlier one declares is left out.
    """
    edits: dict[Edit, None] = {}
    declared: set[str] = set()
    for edit in (edit for it in fixes for edit in it.edits):
        line = edit.new_text.strip() if edit.range.start == edit.range.end else ""
        if not line or line not in declared:
            edits[edit] = None
        declared.add(line)
    is_safe = all(it.safety is Safety.SAFE for it in fixes)
    return replace(fixes[0], edits=tuple(edits), safety=Safety.SAFE if is_safe else Safety.SUGGESTION)


def are_for_several_machines(commands: Iterable[KnownCommand], constant: Iterable[KnownCommand]) -> bool:
    """True if compilers are told several machines in turn; one that follows the target, and has no constant, does not count."""
    with_constant = {id(it) for it in constant}
    return len({it.use.architectures for it in commands if id(it) in with_constant or not it.use.follows_target}) > 1
