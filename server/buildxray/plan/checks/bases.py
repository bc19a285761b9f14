"""The checks of FROM: its image, its platform, and the arguments that they name.

BuildKit: dockerfile2llb/convert.go, toDispatchState and buildDispatchStates; dockerfile2llb/validations.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from buildxray.plan.checks import catalogue
from buildxray.plan.checks.events import CheckWarning, Event, Stop
from buildxray.plan.checks.file import CheckedFile
from buildxray.plan.environment import Environment
from buildxray.plan.memo import Memo
from buildxray.plan.outline import StageOutline
from buildxray.plan.references import ImageNameError, normalized
from buildxray.platforms.platform import Platform, PlatformError, parse
from buildxray.syntax.expansion import expand, expand_text
from buildxray.syntax.instructions import Arg, Flag, From, Token
from buildxray.syntax.lexer import ExpansionError, Word, lex
from buildxray.syntax.suggestions import nearest


def default_image_warnings(file: CheckedFile, defaults: Environment, memo: Memo) -> Iterator[CheckWarning]:
    """Warn of images whose names are invalid without build arguments; `defaults` are the global arguments in that case."""
    for stage in file.stages:
        node = file.instruction(stage.from_idx).node
        image = node.image if isinstance(node, From) else None
        if image is None:
            continue
        escape = file.dockerfile.escape
        default = memo.recall(("default image", image.text, escape, defaults), _default_image, image, escape, defaults)
        if default.name is None:
            return
        if not default.is_valid:
            name = default.name
            message = f"Default value for ARG {image.text} results in empty or invalid base image name"
            yield from file.warn_regardless(
                catalogue.INVALID_DEFAULT_ARG_IN_FROM, stage.from_idx, message, image, subject=name
            )


class _DefaultImage(NamedTuple):
    name: str | None
    """None if BuildKit refuses to expand the name."""
    is_valid: bool


def _default_image(image: Token, escape: str, defaults: Environment) -> _DefaultImage:
    """The image of a FROM without build arguments."""
    try:
        name = expand_text(image.text, escape, defaults.get)
    except ExpansionError:
        return _DefaultImage(None, is_valid=False)
    try:
        normalized(name)
    except ImageNameError:
        return _DefaultImage(name, is_valid=False)
    return _DefaultImage(name, is_valid=True)


def base_events(file: CheckedFile, arguments: Environment, builder: Platform, memo: Memo) -> Iterator[Event]:
    """The events of each FROM; `arguments` are the global ones."""
    declared = {
        pair.name.text: None
        for it in file.dockerfile.instructions[: file.stages[0].from_idx if file.stages else 0]
        if isinstance(it.node, Arg)
        for pair in it.node.pairs
    }
    known = tuple(dict.fromkeys([*declared, *(it.name for it in arguments.in_order())]))
    for stage in file.stages:
        idx = stage.from_idx
        node = file.instruction(idx).node
        if isinstance(node, From):
            options = file.options_within(idx, idx + 1)
            key = ("checks of FROM", node, stage.name, arguments, known, file.dockerfile.escape, options)
            events = memo.recall(key, _from_events, file, stage, node, arguments, known, builder=builder)
            yield from (it if isinstance(it, Stop) else file.placed(it, idx) for it in events)


def _from_events(
    file: CheckedFile,
    stage: StageOutline,
    node: From,
    arguments: Environment,
    known: tuple[str, ...],
    *,
    builder: Platform,
) -> tuple[Event, ...]:
    """The events of one FROM, relative to its place in the file."""
    events: list[Event] = []
    if node.image is not None:
        events += _image_events(file, stage, node.image, arguments, known)
        flag = node.platform
        if flag is not None and flag.value is not None and flag.value.text:
            text = _expanded(flag.value, file.dockerfile.escape, arguments)
            events += _undeclared(file, stage, flag.value, text, known)
            events += _platform_events(file, stage, flag, text, builder)
    return tuple(it if isinstance(it, Stop) else file.lifted(it, stage.from_idx) for it in events)


def _image_events(
    file: CheckedFile, stage: StageOutline, image: Token, arguments: Environment, known: tuple[str, ...]
) -> Iterator[Event]:
    text = _expanded(image, file.dockerfile.escape, arguments)
    yield from _undeclared(file, stage, image, text, known)
    if not text.result:
        yield Stop()


def _platform_events(
    file: CheckedFile, stage: StageOutline, flag: Flag, text: _Text, builder: Platform
) -> Iterator[Event]:
    value = flag.value
    assert value is not None, "the caller has looked"
    names = {it.name for it in text.word.uses}
    if names == {"TARGETPLATFORM"} and text.target_platform == text.result:
        message = f"Setting platform to predefined {value.text} in FROM is redundant as this is the default behavior"
        yield from file.warn(catalogue.REDUNDANT_TARGET_PLATFORM, stage.from_idx, message, flag, subject=value.text)
    platform: Platform | None = None
    with suppress(PlatformError):
        platform = parse(text.result or "", local=builder)
    if not names and platform is not None and not any(it in stage.name for it in platform[:2]):
        message = f'FROM --platform flag should not use constant value "{text.result}"'
        yield from file.warn(
            catalogue.FROM_PLATFORM_FLAG_CONST_DISALLOWED, stage.from_idx, message, flag, subject=text.result or ""
        )
    if platform is None:
        yield Stop()


class _Text(NamedTuple):
    word: Word
    result: str | None
    """None if BuildKit refuses to expand the text."""
    unset: tuple[str, ...]
    """The names of the unset variables, in the order of the text."""
    target_platform: str | None


def _expanded(token: Token, escape: str, arguments: Environment) -> _Text:
    word = lex(token.text, escape)
    unset = tuple(dict.fromkeys(it.name for it in word.uses if arguments.get(it.name) is None))
    result: str | None = None
    with suppress(ExpansionError):
        result = expand(word, arguments.get)
    return _Text(word, result, unset, arguments.get("TARGETPLATFORM"))


def _undeclared(
    file: CheckedFile, stage: StageOutline, token: Token, text: _Text, known: tuple[str, ...]
) -> Iterator[CheckWarning]:
    for name in text.unset:
        if name in known:
            continue
        close = nearest(name, known)
        message = f"FROM argument '{name}' is not declared" + (f" (did you mean {close}?)" if close else "")
        use = next(it for it in text.word.uses if it.name == name)
        where = token.span._replace(
            start=token.span.start + use.name_range.start, end=token.span.start + use.name_range.end
        )
        yield from file.warn(
            catalogue.UNDEFINED_ARG_IN_FROM, stage.from_idx, message, where, subject=name, replacement=close
        )
