"""Flutter: `flutter build web` writes files for any machine, other builds write programs for one.

Source: docs.flutter.dev, "The flutter command-line tool" and "Build and release".
"""

from __future__ import annotations

from typing import Final

from buildxray.plan.paths import clean
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_FOR_ALL: Final = frozenset({"aar", "apk", "appbundle", "bundle", "web"})
"""Outputs that are not for the build machine: web pages, and Android packages with code for all architectures."""
_EXECUTING: Final = frozenset({"drive", "gen-l10n", "run", "test"})


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    if invocation.command.name != "flutter":
        return None
    arguments = invocation.operand_texts
    n_title = min(len(arguments), 2 if arguments[:1] in (["build"], ["pub"]) else 1)
    title = " ".join(("flutter", *arguments[:n_title]))
    n_words = 1 + n_title if invocation.operands[:n_title] == [*range(1, n_title + 1)] else 1
    if arguments[:1] == ["build"] and len(arguments) > 1:
        if arguments[1] in _FOR_ALL:
            return Use(toolchain, invocation, Effect.BUNDLE, title, n_words)
        return Use(
            toolchain,
            invocation,
            Effect.COMPILE,
            title,
            n_words,
            tuple(it.architecture for it in invocation.step_platforms),
            outputs=tuple(f"{clean(it)}/build" for it in invocation.directories),
            must_run_on_target=True,
            is_native_only=True,
        )
    effect = Effect.NEUTRAL
    if arguments[:1] in (["pub"], ["precache"]):
        effect = Effect.FETCH
    elif arguments[:1] and arguments[0] in _EXECUTING:
        effect = Effect.EXECUTE
    manifests = ("pubspec.yaml", "pubspec.lock") if arguments[:2] == ["pub", "get"] else ()
    return Use(toolchain, invocation, effect, title, n_words, manifests=manifests)


def _reads(invocation: Invocation, name: str) -> Reading:
    """The certainty of reading a variable: only build hooks can, because programs read `--dart-define` instead."""
    is_building = invocation.subcommand in ("build", *_EXECUTING)
    return invocation.reading_by_project(name) if is_building else Reading.NO


FLUTTER: Final = Toolchain("Flutter", _recognize, _reads)
