"""A flag comes after the arguments of an instruction, so it is not a flag."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Instruction, Run
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.instructions import Add, Copy, Copying, Healthcheck, Node, Span
from buildxray.syntax.instructions import Run as RunNode
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import Command, ShellWord
from buildxray.syntax.text import Edit, TextRange

_FLAG: Final = lazy_regex(r"--(?P<name>[a-z-]+)(?:=(?P<value>\S*))?")
_OF_RUN: Final = lazy_regex(
    r"(?<!\S)--(?:mount=type=(?:bind|cache|tmpfs|secret|ssh)(?:,\S*)?|network=(?:none|host|default)|security=(?:insecure|sandbox))(?![^\s;&|)])"
)
_COUNT: Final = lazy_regex("[0-9]+")
_DURATION: Final = lazy_regex(r"(?:[0-9.]+(?:[nuµm]?s|m|h))+")
_WITH_FLAGS: Final = frozenset({Add, Copy, Healthcheck, RunNode})
_MOST_FLAGS: Final = 20
"""Words of one RUN that look like its flags and are examined."""
_INSTALLERS: Final = frozenset(
    [
        "apk",
        "apt",
        "apt-get",
        "bundle",
        "cargo",
        "chmod",
        "chown",
        "cmake",
        "cp",
        "curl",
        "dnf",
        "gem",
        "go",
        "make",
        "microdnf",
        "mkdir",
        "mvn",
        "npm",
        "pip",
        "pip3",
        "pnpm",
        "rm",
        "tar",
        "wget",
        "yarn",
        "yum",
    ]
)
"""Programs without such flags; programs that run containers have them."""
_RUNNERS: Final = frozenset({"--", "dlx", "exec", "run", "tool", "x"})
"""Words after which the rest of a command may be for another program."""
_NO_TIMERS: Final = frozenset({"curl", "nc", "pg_isready", "redis-cli", "test", "true", "wget"})
"""Programs for health checks that have none of `--interval`, `--retries` and `--start-period`."""
_WITH_TIMEOUT: Final = frozenset({"pg_isready", "wget"})
"""Those of them that have an option `--timeout`."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=[Mention.LATE_FLAG])
def misplaced_flag(ctx: RuleContext) -> Iterator[Finding]:
    """A flag comes after the arguments of an instruction, so it is not a flag.

    ## What it does
    Looks for flags of COPY and ADD after the first path, for flags of HEALTHCHECK after `CMD`, and for `--mount`, `--network` and `--security` after
    the command of a RUN.

    ## Why it matters
    BuildKit reads flags before the first argument only. After it, COPY reads them as paths, and a command receives them: the check
    runs at the default interval, and the cache is not mounted.

    ## Example
    ```dockerfile
    FROM alpine
    HEALTHCHECK CMD --interval=10s wget -q localhost
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    HEALTHCHECK --interval=10s CMD wget -q localhost
    ```

    ## Fix safety
    A suggestion: the flag then has an effect.

    ## Limits
    In a RUN and at the end of a health check only after programs that are known to have no such flag: `docker run --network=none` is right.
    """
    for instruction in ctx.build.instructions:
        node = instruction.node
        if node.__class__ not in _WITH_FLAGS or "--" not in node.logical.text or not node.arguments:
            continue
        places: Iterator[TextRange]
        if isinstance(node, Copying) and not node.is_json:
            places = (instruction.range_of(it) for it in _of_copy(node))
        elif isinstance(node, Healthcheck):
            places = (instruction.range_of(it) for it in _of_healthcheck(node))
        elif isinstance(instruction, Run) and not node.is_json and not node.heredocs:
            places = _of_run(instruction)
        else:
            continue
        for place in places:
            yield _finding(instruction, place)


def _of_copy(node: Copying) -> Iterator[Span]:
    for argument in node.arguments:
        match = _FLAG.fullmatch(argument.text)
        kind = INSTRUCTION_KINDS[node.name].flags.get(match["name"]) if match else None
        if match and kind and (match["value"] or kind.is_switch):
            yield argument.span


def _of_healthcheck(node: Healthcheck) -> Iterator[Span]:
    """The flags at the start of the command, and those at its end if the program has no such flags."""
    if node.arguments[0].text.upper() != "CMD" or len(node.arguments) == 1:
        return
    if node.is_json:
        words = [(it.text, it.span) for it in node.arguments[1:]]
    else:
        first = node.arguments[1]
        start = first.span.start
        words = [
            (it[0], Span(start + it.start(), start + it.end()))
            for it in re.finditer(r"\S+", node.text[start : first.span.end])
        ]
    n_leading = 0
    while n_leading < len(words) and _is_timer(words[n_leading][0]):
        yield words[n_leading][1]
        n_leading += 1
    rest = words[n_leading:]
    if not rest or rest[0][0].rpartition("/")[2] not in _NO_TIMERS or node.is_json:
        return
    trailing: list[Span] = []
    while rest and _is_timer(rest[-1][0]):
        word, span = rest.pop()
        if not word.startswith("--timeout") or rest[0][0].rpartition("/")[2] not in _WITH_TIMEOUT:
            trailing.append(span)
    yield from reversed(trailing)


def _is_timer(word: str) -> bool:
    match = _FLAG.fullmatch(word)
    if match is None or match["name"] not in INSTRUCTION_KINDS["HEALTHCHECK"].flags or not match["value"]:
        return False
    return (_COUNT if match["name"] == "retries" else _DURATION).fullmatch(match["value"]) is not None


def _of_run(run: Run) -> Iterator[TextRange]:
    """The flags of RUN among the arguments of programs that have no such flags."""
    if _OF_RUN.search(run.node.text, run.node.arguments[0].span.start) is None:
        return
    text = run.build.text
    flags = (flag for command in run.script.commands if command.name in _INSTALLERS for flag in _late_words(command))
    for word in islice(flags, _MOST_FLAGS):
        place = run.shell_range(word.range)
        # A word of a quoted script may have no exact range.
        if text[slice(*place)] == word.text:
            yield place


def _late_words(command: Command) -> Iterator[ShellWord]:
    for word in command.words[1:]:
        if word.text in _RUNNERS:
            return
        if word.value == word.text and _OF_RUN.fullmatch(word.text) is not None:
            yield word


def _finding(instruction: Instruction, place: TextRange) -> Finding:
    node = instruction.node
    flag = instruction.build.text[slice(*place)].strip('"')
    name = flag.partition("=")[0]
    message = _("`{flag}` comes after the first argument, so the command receives it", flag=name)
    if isinstance(node, Copying):
        message = _("`{flag}` comes after the first argument, so it is read as a path", flag=name)
    fix = Fix(_("Move it before the arguments"), _moved(instruction, node, place, flag), Safety.SUGGESTION)
    return Finding(place, message, (fix,))


def _moved(instruction: Instruction, node: Node, place: TextRange, flag: str) -> tuple[Edit, ...]:
    """The edits that move a flag, with one separator, before the first argument."""
    first = instruction.range_of(node.arguments[0]).start
    text = instruction.build.text
    after = re.compile(r"(?:\s*,)?[ \t]+" if node.is_json else "[ \t]+").match(text, place.end)
    start, end = place
    if after is None:
        start = len(text[:start].rstrip(" \t"))
    else:
        end = after.end()
    return Edit(TextRange(first, first), f"{flag} "), Edit(TextRange(start, end), "")
