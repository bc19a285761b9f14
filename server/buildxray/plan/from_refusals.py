"""Why BuildKit refuses a FROM, attributed to the argument that is the cause."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.plan.bases import Base, image_of
from buildxray.plan.global_arguments import declared_arguments, given_arguments
from buildxray.plan.outline import (
    Cause,
    Refusal,
    StageOutline,
)
from buildxray.plan.stages import ResolvedStages
from buildxray.syntax.expansion import expand
from buildxray.syntax.instructions import From, Span, Token
from buildxray.syntax.lexer import ExpansionError, VariableUse, lex
from buildxray.syntax.suggestions import closest, nearest

_HASH: Final = "0" * 64
_ANY_VALUES: Final = ("x", _HASH, f"sha256:{_HASH}")
"""Texts of which one is valid as each part of the name of an image: repository, tag or all of it, the hash of a digest, a digest."""


def image_refusal(resolved: ResolvedStages, stage: StageOutline, node: From, base: Base) -> Refusal:
    """The reason why BuildKit refuses the name of the image of a FROM."""
    assert base.image.problem is not None, "the caller has looked"
    span = None if node.image is None else node.image.span
    by_argument = None if node.image is None else _argument_refusal(resolved, stage, node.image)
    if by_argument is not None:
        return by_argument
    by_default = None if node.image is None else _wrong_default(resolved, node.image)
    if by_default is not None:
        message = _(
            "the build needs `--build-arg {name}=…`, because its default gives no valid image name", name=by_default
        )
        return Refusal(message, stage.from_idx, span, cause=Cause.ARGUMENT)
    is_literal = node.image is not None and node.image.text == base.name
    return Refusal(base.image.problem, stage.from_idx, span, base.image.replacement if is_literal else None)


def platform_refusal(resolved: ResolvedStages, stage: StageOutline, node: From, refusal: Refusal) -> Refusal:
    """Attribute a wrong `--platform` to the variable without a value, if it contains one."""
    value = None if node.platform is None else node.platform.value
    by_argument = None
    if value is not None and refusal.span == value.span:
        by_argument = _argument_refusal(resolved, stage, value)
    if by_argument is None:
        return refusal._replace(instruction=stage.from_idx)
    is_missing = by_argument.cause is Cause.ARGUMENT
    return by_argument._replace(cause=Cause.PLATFORM_ARGUMENT) if is_missing else by_argument


def _argument_refusal(resolved: ResolvedStages, stage: StageOutline, word: Token) -> Refusal | None:
    """The refusal for a variable without a value that makes a word of FROM wrong; None if all variables have one."""
    uses = lex(word.text, resolved.outline.dockerfile.escape).uses
    if any(it.name in resolved.unknown_arguments for it in uses):
        message = _("only a run of the build knows the value of `{text}`", text=word.text)
        return Refusal(message, stage.from_idx, word.span, cause=Cause.UNKNOWN_ARGUMENT)
    declared = declared_arguments(resolved.outline)
    for use in uses:
        if use.name in declared and not resolved.global_arguments.get(use.name):
            message = _("the build needs `--build-arg {name}=…`, since the ARG has no default", name=use.name)
            return Refusal(message, stage.from_idx, word.span, cause=Cause.ARGUMENT)
    known = [it.name for it in resolved.global_arguments.in_order()]
    for use in uses:
        if use.name not in known and use.name not in declared:
            line = resolved.outline.stage_argument_line(use.name, stage.from_idx)
            # An argument of BuildKit is meant by a name with a slip only: VERSION is not BUILDOSVERSION.
            close = closest(use.name, declared) or nearest(use.name, known) or None
            return _undeclared(stage, word, use, close if line is None else None, line)
    return None


def _wrong_default(resolved: ResolvedStages, word: Token) -> str | None:
    """The first ARG whose default makes the name of an image invalid, so that another value makes it valid; None if no value would."""
    text = lex(word.text, resolved.outline.dockerfile.escape)
    constant = declared_arguments(resolved.outline) - given_arguments(resolved.outline, resolved.given_arguments)
    names = [it.name for it in text.uses if it.name in constant]
    if not names:
        return None
    for value in _ANY_VALUES:
        environment = resolved.global_arguments
        for name in names:
            environment = environment.with_variable(name, value)
        with suppress(ExpansionError):
            if image_of(expand(text, environment.get)).problem is None:
                return names[0]
    return None


def _undeclared(stage: StageOutline, word: Token, use: VariableUse, close: str | None, line: int | None) -> Refusal:
    """The refusal for an undeclared variable in a word of FROM, with the name that was probably meant, or the line of an ARG for a stage only."""
    message = _("no ARG above the first FROM declares `{name}`", name=use.name)
    if line is not None:
        message = _(
            "no ARG above the first FROM declares `{name}`: the one of line {line} is for the stage that has it; move it above the first FROM",
            name=use.name,
            line=line,
        )
    if close is not None:
        message = _(
            "no ARG above the first FROM declares `{name}`; did you mean `{close}`?", name=use.name, close=close
        )
    start = word.span.start
    return Refusal(message, stage.from_idx, Span(start + use.name_range.start, start + use.name_range.end), close)
