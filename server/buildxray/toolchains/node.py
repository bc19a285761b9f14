"""Node.js: `npm ci`, `yarn build` and their kin.

What a bundler makes suits every machine; packages may bring native addons, which do not.

Source: the command references of npm 11, Yarn 4, pnpm 10 and Bun.
"""

from __future__ import annotations

import re
from typing import Final

from buildxray.plan.paths import clean
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_MANAGERS: Final = frozenset({"bun", "npm", "pnpm", "yarn"})
_RUNNERS: Final = frozenset({"bunx", "npx", "pnpx"})
_BUNDLERS: Final = frozenset(
    {
        "astro",
        "esbuild",
        "gulp",
        "next",
        "ng",
        "nuxt",
        "parcel",
        "react-scripts",
        "rollup",
        "tsc",
        "turbo",
        "vite",
        "vue-cli-service",
        "webpack",
    }
)
_INSTALLING: Final = frozenset({"add", "ci", "clean-install", "i", "install", "install-clean", "rebuild", "update"})
_FETCHING: Final = frozenset({"fetch"})
_NEUTRAL: Final = frozenset({"cache", "config", "prune", "set", "version", "--version", "-v"})
_LOCK_FILES: Final = {"bun": "bun.lock", "npm": "package-lock.json", "pnpm": "pnpm-lock.yaml", "yarn": "yarn.lock"}
_BUILDING: Final = re.compile(r"(?:^|[:_-])(?:build|bundle|compile|dist|generate|prod|production)(?:$|[:_-])")


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name, arguments = invocation.command.name, [it for it in invocation.command.arguments if not it.startswith("-")]
    if name in _BUNDLERS or (name in _RUNNERS and arguments and arguments[0] in _BUNDLERS):
        return Use(toolchain, invocation, Effect.BUNDLE, " ".join((name, *arguments[:1])), 1 + bool(arguments))
    if name not in _MANAGERS:
        return None
    subcommand = arguments[0] if arguments else "install" if name == "yarn" else ""
    if subcommand in ("run", "run-script") and len(arguments) > 1:
        script, title, n_words = arguments[1], f"{name} {subcommand} {arguments[1]}", 3
    else:
        script, title, n_words = subcommand, f"{name} {subcommand}".strip(), 1 + bool(arguments)
    # Options may stand in between; a title that is not in one piece is underlined at its first word.
    n_words = n_words if [*invocation.command.arguments[: n_words - 1]] == title.split()[1:] else 1
    if subcommand in _INSTALLING:
        is_global = invocation.has_option("-g", "--global")
        outputs = () if is_global else tuple(f"{clean(it)}/node_modules" for it in invocation.directories)
        manifests = () if is_global or len(arguments) > 1 else ("package.json", _LOCK_FILES[name])
        return Use(toolchain, invocation, Effect.INSTALL, title, n_words, outputs=outputs, manifests=manifests)
    if _BUILDING.search(script):
        return Use(toolchain, invocation, Effect.BUNDLE, title, n_words)
    effect = Effect.EXECUTE
    if subcommand in _FETCHING:
        effect = Effect.FETCH
    elif subcommand in _NEUTRAL:
        effect = Effect.NEUTRAL
    return Use(toolchain, invocation, effect, title, n_words)


def _reads(invocation: Invocation, _name: str) -> Reading:
    use = _recognize(invocation, NODE)
    is_script = use is None or use.effect is Effect.EXECUTE
    return Reading.MAYBE if is_script else Reading.NO


NODE: Final = Toolchain("Node.js", _recognize, _reads)
