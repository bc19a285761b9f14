"""Programs that run a file of the project, and so may read any variable."""

from __future__ import annotations

from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_PROGRAMS: Final = frozenset({"bazel", "bazelisk", "earthly", "gmake", "just", "mage", "make", "ninja", "rake", "task"})
_INTERPRETERS: Final = frozenset({"bash", "node", "perl", "python", "python3", "ruby", "sh"})
_SCRIPT: Final = lazy_regex(r"(?:\.{0,2}/)?[\w./$-]*\.(?:sh|bash|py|pl|rb|js|ts)")


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    first = command.words[0]
    is_script = first.text.startswith(("./", "../")) or _SCRIPT.fullmatch(first.text) is not None
    runs_script = command.name in _INTERPRETERS and any(_SCRIPT.fullmatch(it) for it in command.arguments[:2])
    if command.name not in _PROGRAMS and not is_script and not runs_script:
        return None
    title = command.name if not runs_script else f"{command.name} {command.arguments[0]}"
    return Use(toolchain, invocation, Effect.UNKNOWN, title or first.text)


def _reads(invocation: Invocation, name: str) -> Reading:
    return invocation.reading_by_project(name)


PROJECT_SCRIPTS: Final = Toolchain("scripts", _recognize, _reads)
