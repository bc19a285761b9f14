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
from buildxray.plan.outline import StageOutline
from buildxray.plan.references import ImageNameError, normalized
from buildxray.platforms.platform import Platform, PlatformError, parse
from buildxray.syntax.expansion import ExpansionError, Word, expand, lex
from buildxray.syntax.instructions import Arg, Flag, From, Token
from buildxray.syntax.suggestions import nearest


def default_image_warnings(file: CheckedFile, defaults: Environment) -> Iterator[CheckWarning]:
    """Whether the images have valid names where no build argument is given; `defaults` are the global arguments then."""
    for stage in file.stages:
        node = file.instruction(stage.from_idx).node
        image = node.image if isinstance(node, From) else None
        if image is None:
            continue
        try:
            name = expand(lex(image.text, file.dockerfile.escape), defaults.get)
        except ExpansionError:
            return
        try:
            normalized(name)
        except ImageNameError:
            message = f"Default value for ARG {image.text} results in empty or invalid base image name"
            yield from file.warn_regardless(
                catalogue.INVALID_DEFAULT_ARG_IN_FROM, stage.from_idx, message, image, subject=name
            )


def base_events(file: CheckedFile, arguments: Environment, builder: Platform) -> Iterator[Event]:
    """The checks of each FROM; `arguments` are the global ones."""
    declared = {
        pair.name.text: None
        for it in file.dockerfile.instructions[: file.stages[0].from_idx if file.stages else 0]
        if isinstance(it.node, Arg)
        for pair in it.node.pairs
    }
    known = tuple(dict.fromkeys([*declared, *(it.name for it in arguments.in_order())]))
    for stage in file.stages:
        node = file.instruction(stage.from_idx).node
        if isinstance(node, From) and node.image is not None:
            yield from _image_events(file, stage, node.image, arguments, known)
            flag = node.platform
            if flag is not None and flag.value is not None and flag.value.text:
                text = _expanded(flag.value, file.dockerfile.escape, arguments)
                yield from _undeclared(file, stage, flag.value, text, known)
                yield from _platform_events(file, stage, flag, text, builder)


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
    """None where BuildKit refuses to expand it."""
    unset: tuple[str, ...]
    """The names of the variables that are not set, in the order of the text."""
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
