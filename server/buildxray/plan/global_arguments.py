"""The values of the ARG instructions above the first FROM.

BuildKit: dockerfile2llb/convert.go, buildMetaArgs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from buildxray.caching import cached
from buildxray.localization import gettext_lazy as _
from buildxray.plan.environment import Environment
from buildxray.plan.memo import Memo
from buildxray.plan.outline import (
    Outline,
)
from buildxray.plan.request import BuildRequest
from buildxray.platforms.arguments import automatic_values
from buildxray.platforms.platform import Platform
from buildxray.syntax.expansion import expand_text
from buildxray.syntax.instructions import Arg, Node, Span
from buildxray.syntax.lexer import ExpansionError, lex


class GlobalArguments(NamedTuple):
    """The values of the ARG instructions above the first FROM, and of the automatic arguments."""

    environment: Environment
    problems: list[tuple[int, str, Span]]
    """The position of the ARG instruction, the message and the span of each problem."""


def global_arguments(
    outline: Outline, request: BuildRequest, target: Platform, memo: Memo, *, with_given: bool = True
) -> GlobalArguments:
    """The global arguments for a target platform; `with_given` False ignores those of the command line."""
    given = request.build_arguments if with_given else ()
    nodes = global_nodes(outline)
    # A memo serves one request, so the key does not have the machine.
    key = (target, _target_name(outline, request), outline.dockerfile.escape, given, *nodes)
    return memo.recall(key, _global_arguments, outline, request, target, given)


def _target_name(outline: Outline, request: BuildRequest) -> str:
    return request.target_stage or (outline.stages[-1].name if outline.stages else "")


def global_nodes(outline: Outline) -> list[Node]:
    """The instructions above the first FROM."""
    return [outline.dockerfile.instructions[idx].node for idx in outline.global_arguments]


def _global_arguments(
    outline: Outline, request: BuildRequest, target: Platform, build_arguments: tuple[tuple[str, str], ...]
) -> GlobalArguments:
    """Evaluate the global arguments. BuildKit: platform.go, defaultArgs; convert.go, buildMetaArgs."""
    given = dict(build_arguments)
    escape = outline.dockerfile.escape
    problems: list[tuple[int, str, Span]] = []
    environment = _automatic(request.node(target), target, _target_name(outline, request), build_arguments)
    for position, node in enumerate(global_nodes(outline)):
        for pair in node.pairs if isinstance(node, Arg) else ():
            argument = given.get(pair.name.text)
            if argument is None and pair.value is not None:
                try:
                    argument = expand_text(pair.value.text, escape, environment.get)
                except ExpansionError as error:
                    problems.append(
                        (
                            position,
                            _("`{text}` cannot be expanded: {error}", text=pair.value.text, error=error),
                            pair.span,
                        )
                    )
            if argument is not None:
                environment = environment.with_variable(pair.name.text, argument)
    return GlobalArguments(environment, problems)


@cached(64)
def _automatic(
    builder: Platform, target: Platform, stage: str, build_arguments: tuple[tuple[str, str], ...]
) -> Environment:
    """The automatic arguments, which most Dockerfiles of a build machine share."""
    given = dict(build_arguments)
    automatic = automatic_values(builder, target, stage)
    return Environment.of({name: given.get(name, value) for name, value in automatic.items()})


def unknown_arguments(outline: Outline, request: BuildRequest) -> frozenset[str]:
    """The names of the global arguments whose value is unknown, or made of an unknown value."""
    unknown: set[str] = set()
    known = {name for name, _value in request.build_arguments}
    escape = outline.dockerfile.escape
    for node in global_nodes(outline):
        for pair in node.pairs if isinstance(node, Arg) else ():
            name = pair.name.text
            is_given = name in known
            if name in request.unknown_arguments or (not is_given and "*" in request.unknown_arguments):
                unknown.add(name)
            elif not is_given and pair.value is not None:
                uses = lex(pair.value.text, escape).uses
                unknown = unknown | {name} if any(it.name in unknown for it in uses) else unknown - {name}
    return frozenset(unknown)


def declared_arguments(outline: Outline) -> set[str]:
    """The names that the ARG instructions above the first FROM declare, with a value or without."""
    nodes = global_nodes(outline)
    return {pair.name.text for it in nodes if isinstance(it, Arg) for pair in it.pairs}


def given_arguments(outline: Outline, names: Iterable[str]) -> set[str]:
    """The names of the global arguments that a request gives, `names`, and of those whose default is made of these."""
    given = {*names}
    escape = outline.dockerfile.escape
    for node in global_nodes(outline):
        for pair in node.pairs if isinstance(node, Arg) else ():
            if pair.value is not None and any(it.name in given for it in lex(pair.value.text, escape).uses):
                given.add(pair.name.text)
    return given
