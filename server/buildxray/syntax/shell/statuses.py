"""The exit statuses of statements as expressions, and which commands are presumed to succeed."""

from __future__ import annotations

from typing import Final

from buildxray.syntax.shell.model import (
    All,
    Expression,
    Not,
    Some,
    Status,
)
from buildxray.syntax.shell.wrappers import (
    TESTS,
)

_ASKING: Final = TESTS | {
    ":",
    "cmp",
    "command",
    "diff",
    "egrep",
    "expr",
    "false",
    "fgrep",
    "getent",
    "grep",
    "hash",
    "type",
    "true",
    "which",
}
"""Programs that are run for their exit status."""


def negated(expression: Expression) -> Expression:
    """The status of `! statement`."""
    if expression is None or isinstance(expression, bool):
        return None if expression is None else not expression
    return expression.expression if isinstance(expression, Not) else Not(expression)


def presumed_status(expression: Expression) -> Expression:
    """The condition that an `&&` after this expression adds.

    An ordinary command that fails ends the build, so it is presumed to succeed. `[ test ] && a || b` then becomes the
    choice between `a` and `b` that its author means.
    """
    match expression:
        case Status(command):
            return expression if command.name in _ASKING else True
        case All(expressions):
            kept = tuple(it for it in map(presumed_status, expressions) if it is not True)
            return True if not kept else kept[0] if len(kept) == 1 else All(kept)
        case Some(expressions):
            presumed = tuple(map(presumed_status, expressions))
            return True if any(it is True for it in presumed) else Some(presumed)
        case Not(inner):
            return True if presumed_status(inner) is True else expression
        case None:
            return True
        case _:
            return expression


def both(first: Expression, second: Expression) -> Expression:
    """The status of `first && second`.

    Nothing tells whether ordinary commands succeed, so the last one of a row represents them.
    """
    if _is_ordinary(second):
        if _is_ordinary(first):
            return second
        if isinstance(first, All) and _is_ordinary(first.expressions[-1]):
            return first
    return All((first, second))


def _is_ordinary(expression: Expression) -> bool:
    return isinstance(expression, Status) and expression.command.name not in _ASKING
