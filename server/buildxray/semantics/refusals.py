"""The target platforms for which a RUN surely fails: its script tests for another one (`test "$TARGETARCH" = amd64`), or installs a package that does not exist there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from buildxray.platforms.platform import Platform
from buildxray.semantics.instruction import Command, Run
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import TESTS
from buildxray.toolchains.packages import ANY_NAME, known_architectures

_MAY_REFUSE: Final = lazy_regex(r"(?<![\w-])(?:exit|test)(?![\w-])|\[")
_SUBSHELL: Final = lazy_regex(r"(?<![$\w<>])\(")
"""A group of commands in parentheses, whose `exit` ends only the group; a function is one too."""
_GOES_ON: Final = lazy_regex(r"[;|\n]|(?<!&)&(?!&)|<<")
"""After a test, anything but `&&` before the end of the script."""
_END: Final = lazy_regex(r"[;\n]")
_ENDS_AT_FAILURE: Final = lazy_regex(r"\A\s*(?:<<-?[\"']?\w+[\"']?\s)?\s*set\s+-[a-z]*e")
"""`set -eux` at the beginning of a script, or of a heredoc."""
_ASKED: Final = lazy_regex(r"(?:!|(?<![\w-])(?:if|elif|while|until))\Z")
"""Before a command whose failure decides something."""
_ESCAPED_LINE: Final = lazy_regex(r"[\\`][ \t]*\n")
_LEFT_OUT: Final = lazy_regex(r"(?<=\n)[ \t]*(?:#[^\n]*)?\n")
"""A comment or an empty line, which BuildKit leaves out of a continued instruction (parser.go, Parse), and a shell out of a script."""


def refused_targets(run: Run) -> frozenset[Platform]:
    """The targets for which a RUN fails on purpose while it goes on for others; none if it fails for all, or if it is not sure."""
    if not _may_fail(run, _MAY_REFUSE):
        return frozenset()
    return _some(run, (target for it in run.commands for target in (*_exited(it), *_failed(run, it))))


def targets_without_package(run: Run) -> frozenset[Platform]:
    """The targets for which a RUN surely finds no package of a name, while it goes on for others."""
    if not _may_fail(run, ANY_NAME):
        return frozenset()
    return _some(run, (target for it in run.commands for target in _without_package(run, it)))


def _may_fail(run: Run, sign: re.Pattern[str]) -> bool:
    """True if a script has the sign of a failure, and its text tells what a failure ends."""
    text = run.node.text
    return sign.search(text) is not None and not run.script.has_errors and _SUBSHELL.search(text) is None


def _some(run: Run, failing: Iterable[Platform]) -> frozenset[Platform]:
    """The targets for which a RUN fails; none if it fails for all, which is not about platforms."""
    refused = frozenset(failing)
    targets = {target for step in run.steps for target in step.targets}
    return refused if refused < targets else frozenset()


def _exited(command: Command) -> tuple[Platform, ...]:
    """The targets for which a script surely ends with a failure: `[ "$TARGETARCH" = amd64 ] || exit 1`."""
    status, *others = (*command.syntax.arguments, "")
    is_failure = command.name == "exit" and status.isdigit() and int(status) % 256 != 0 and others == [""]
    return tuple(it for it in command.targets if command.is_certain(it)) if is_failure else ()


def _failed(run: Run, command: Command) -> tuple[Platform, ...]:
    """The targets for which the last statement of a script, a test with what follows it after `&&`, surely fails."""
    if command.name not in TESTS or not ends_script(run, command):
        return ()
    invocation = command.invocation
    pairs = zip(invocation.targets, invocation.evaluators, strict=True)
    return tuple(
        target
        for target, it in pairs
        if command.is_certain(target) and it.decides(command.syntax) and it.status(command.syntax) is False
    )


def _without_package(run: Run, command: Command) -> tuple[Platform, ...]:
    """The targets for which a command surely finds no package of a name, so that the script fails."""
    packages = [*known_architectures([it.text for it in command.syntax.words])]
    if not packages or not ends_script(run, command):
        return ()
    return tuple(
        target
        for target in command.targets
        if command.is_certain(target) and any(target.architecture not in it for _index, it in packages)
    )


def ends_script(run: Run, command: Command) -> bool:
    """True if a script ends with a failure as soon as a command fails: nothing but `&&` is between it and the end, or between it and the end of its statement after `set -e`."""
    if command.syntax.is_substitution or command.syntax.is_piped:
        return False
    text = run.build.text
    rest = _ESCAPED_LINE.sub(" ", _LEFT_OUT.sub("", text[command.range.end : run.range.end].rstrip()))
    before = text[run.keyword_range.end : command.range.start].rstrip()
    if _ENDS_AT_FAILURE.search(before) is not None:
        rest = _END.split(rest, maxsplit=1)[0]
    return _GOES_ON.search(rest) is None and _ASKED.search(before) is None
