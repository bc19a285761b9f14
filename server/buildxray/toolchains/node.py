"""Node.js: `npm ci`, `yarn build` and related commands.

The output of a bundler is for any machine; packages may contain native addons, which are not. A bundler itself reads
only the variables that its documentation names (`VITE_*`, `NEXT_PUBLIC_*`, `NODE_ENV`), but its configuration is a
program of the project.

Source: the command references of npm 11, Yarn 4, pnpm 10 and Bun; Vite, "Env Variables and Modes"; Next.js,
"Environment Variables"; webpack, "Environment Variables".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from buildxray.plan.paths import clean
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import IGNORING_SCRIPTS, Effect, Invocation, Reading, Toolchain, Use

MANAGERS: Final = frozenset({"bun", "npm", "pnpm", "yarn"})
"""Package managers."""
RUNNERS: Final = frozenset({"bunx", "npx", "pnpx"})
"""Programs that run a program of a package."""
_BUNDLER_NAMES: Final = """
astro babel docusaurus eleventy ember esbuild gatsby gulp lerna ncc nest next ng nuxt nx parcel react-scripts rollup rsbuild
rspack rush swc tsc tsdown tsup turbo unbuild vite vitepress vue-cli-service vuepress webpack
"""
_BUNDLERS: Final = frozenset(_BUNDLER_NAMES.split())
_TASK_RUNNERS: Final = frozenset({"lerna", "nx", "rush", "turbo"})
"""Bundlers that run tasks of the packages of a repository: `turbo run build`, `nx run-many --target=test`."""
RUNNING: Final = frozenset({"dlx", "exec", "x"})
"""Subcommands of package managers that run a program of a package: `pnpm exec vite build`."""
_NOT_BUNDLING: Final = frozenset(
    {"analytics", "cache", "config", "info", "link", "login", "logout", "prune", "telemetry", "unlink", "version"}
)
"""First arguments with which bundlers do not bundle: `turbo prune` copies sources, `next telemetry` sets an option."""
_INSTALLING: Final = frozenset(
    {"add", "ci", "clean-install", "i", "ic", "install", "install-clean", "rebuild", "update"}
)
_FETCHING: Final = frozenset({"fetch"})
_NEUTRAL: Final = frozenset({"--version", "-v", "cache", "config", "prune", "set", "store", "version"})
_LOCKED: Final = frozenset({"ci", "clean-install", "ic", "install-clean"})
"""Subcommands that fail without a lock file. Source: the manual of npm, npm ci."""
LOCK_FILES: Final = {"bun": "bun.lock", "npm": "package-lock.json", "pnpm": "pnpm-lock.yaml", "yarn": "yarn.lock"}
"""The names of the lock files of package managers. Bun also reads `bun.lockb`, and npm `npm-shrinkwrap.json`."""
_BUILDING: Final = lazy_regex(r"(?:^|[:_-])(?:build|bundle|compile|dist|generate|prod|production)(?:$|[:_-])")


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name = invocation.command.name
    if name not in MANAGERS and name not in _BUNDLERS and name not in RUNNERS:
        return None
    operands = invocation.operands
    arguments = [invocation.text_at(it) for it in operands]
    words = arguments if name in RUNNERS else [name, *arguments]
    if words[:1] and words[0] in _BUNDLERS and words[1:2] and words[1] in _NOT_BUNDLING:
        return Use(toolchain, invocation, Effect.NEUTRAL, " ".join(words[:2]), 1)
    if name in _BUNDLERS or (name in RUNNERS and arguments and arguments[0] in _BUNDLERS):
        n_words = 1 + invocation.is_subcommand_first
        effect = _effect_of_bundler(words[0], invocation)
        may_differ = _copies_addons(words[0], invocation)
        return Use(toolchain, invocation, effect, " ".join((name, *arguments[:1])), n_words, may_differ=may_differ)
    if name not in MANAGERS:
        return None
    if name == "yarn" and arguments[:1] == ["workspace"] and len(arguments) > 2:
        # `yarn workspace web build`
        arguments, operands = arguments[2:], operands[2:]
    elif name == "pnpm" and arguments[:1] == ["recursive"]:
        arguments, operands = arguments[1:], operands[1:]
    n_running = bool(arguments) and (arguments[0] in RUNNING or _runs_program(name, arguments, invocation))
    program = next(iter(arguments[n_running:]), "")
    if program in _BUNDLERS and program not in _INSTALLING:
        n_title = n_running + 1
        n_words = 1 + n_title if operands[:n_title] == [*range(1, n_title + 1)] else 1
        title = " ".join((name, *arguments[:n_title]))
        is_neutral = arguments[n_title : n_title + 1] and arguments[n_title] in _NOT_BUNDLING
        effect = Effect.NEUTRAL if is_neutral else _effect_of_bundler(program, invocation)
        return Use(toolchain, invocation, effect, title, n_words, may_differ=_copies_addons(program, invocation))
    subcommand = arguments[0] if arguments else "install" if name == "yarn" else ""
    script, n_title = subcommand, min(len(arguments), 1)
    if subcommand in ("run", "run-script") and len(arguments) > 1:
        script, n_title = arguments[1], 2
    title = " ".join((name, *(arguments[:n_title] or filter(None, [subcommand]))))
    # Options may separate the words; the finding is then at the first word.
    n_words = 1 + n_title if operands[:n_title] == [*range(1, n_title + 1)] else 1
    if subcommand in _INSTALLING:
        # npm leaves out the directory of the project among the packages: `npm install .` is `npm install`.
        is_global = invocation.has_option("-g", "--global") or "--location=global" in invocation.command.arguments
        outputs = () if is_global else tuple(f"{clean(it)}/node_modules" for it in _directories(invocation))
        is_named = len(arguments) > 1 and not (name == "npm" and {*arguments[1:]} <= {".", "./"})
        manifests = () if is_global or is_named else _manifests(invocation, name, subcommand)
        return Use(toolchain, invocation, Effect.INSTALL, title, n_words, outputs=outputs, manifests=manifests)
    if (use := _of_one_package(invocation, toolchain, arguments, operands)) is not None:
        return use
    if _BUILDING.search(script):
        return Use(toolchain, invocation, Effect.BUNDLE, title, n_words)
    effect = Effect.EXECUTE
    if subcommand in _FETCHING:
        effect = Effect.FETCH
    elif subcommand in _NEUTRAL or (not subcommand and invocation.has_option("--version", "-v", "--help", "-h")):
        effect = Effect.NEUTRAL
    return Use(toolchain, invocation, effect, title, n_words)


def _of_one_package(
    invocation: Invocation, toolchain: Toolchain, arguments: list[str], operands: list[int]
) -> Use | None:
    """Recognise the commands that install what one package of a workspace needs; None for others."""
    name = invocation.command.name
    if name == "pnpm" and arguments[:1] == ["deploy"]:
        # Copies a package with its dependencies: `pnpm --filter api deploy --prod /out`.
        n_words = 2 if operands[:1] == [1] else 1
        outputs = invocation.paths(invocation.command.words[operands[-1]])
        return Use(toolchain, invocation, Effect.INSTALL, "pnpm deploy", n_words, outputs=outputs)
    if name == "yarn" and arguments[:2] == ["workspaces", "focus"]:
        # Source: yarnpkg.com, "yarn workspaces focus".
        n_words = 3 if operands[:2] == [1, 2] else 1
        outputs = tuple(f"{clean(it)}/node_modules" for it in _directories(invocation))
        return Use(toolchain, invocation, Effect.INSTALL, "yarn workspaces focus", n_words, outputs=outputs)
    return None


def removes_development_packages(invocation: Invocation) -> bool:
    """True if a package manager deletes the packages that only the build needs: `npm prune`, `yarn install --production`.

    Source: the command references; npm and Yarn 1 also do so if `NODE_ENV` is `production`.
    """
    if invocation.command.name not in MANAGERS or invocation.has_option("-g", "--global"):
        return False
    words = [invocation.text_at(it) for it in invocation.operands]
    if words[:1] == ["prune"]:
        return True
    is_install = not words or words[0] in ("i", "install", *_LOCKED) or words[:2] == ["workspaces", "focus"]
    arguments = invocation.command.arguments
    leaves_out = any(it in _WITHOUT_DEVELOPMENT for it in arguments) or ("--omit", "dev") in pairwise(arguments)
    is_production = any(it == "production" for it in invocation.setting("NODE_ENV").values)
    return is_install and (leaves_out or (is_production and not any(it in _WITH_DEVELOPMENT for it in arguments)))


_WITHOUT_DEVELOPMENT: Final = frozenset(
    {"--omit=dev", "--only=prod", "--only=production", "--prod", "--production", "--production=true", "-P"}
)
_WITH_DEVELOPMENT: Final = frozenset({"--include=dev", "--prod=false", "--production=false"})


def runs_no_scripts(invocation: Invocation) -> bool:
    """True if an installation runs no script of a package. Source: the references of npm, Yarn 1, pnpm and Bun; yarnpkg.com, "install"."""
    return not _RUNNING_NO_SCRIPTS.isdisjoint(invocation.command.arguments)


_RUNNING_NO_SCRIPTS: Final = frozenset({IGNORING_SCRIPTS, f"{IGNORING_SCRIPTS}=true", "--mode=skip-build"})


def installs_native_code(invocation: Invocation) -> bool | None:
    """True if an installation writes native code for the machine on which it runs; None if no lock file tells.

    Without scripts nothing is compiled, but packages that are published for each machine are installed all the same.
    """
    workspace = invocation.workspace
    return workspace.has_prebuilt_packages if runs_no_scripts(invocation) else workspace.has_native_packages


def replaces_packages(invocation: Invocation) -> bool:
    """True for `npm ci`, which deletes `node_modules` before it installs. Source: the manual of npm, npm ci."""
    return invocation.command.name == "npm" and not _LOCKED.isdisjoint(invocation.operand_texts[:1])


def _manifests(invocation: Invocation, name: str, subcommand: str) -> tuple[str, ...]:
    """The lists of dependencies that an installation reads; none if the packages are in the repository, or the directory is unknown."""
    if invocation.has_option("--offline") or (name == "yarn" and invocation.workspace.has_package_cache):
        return ()
    # Without one of these commands, the lock file is optional.
    is_locked = subcommand in _LOCKED or invocation.has_option("--frozen-lockfile", "--immutable")
    named = ["package.json", *([LOCK_FILES[name]] if is_locked else ())]
    directory = invocation.argument("-C", "--cwd", "--dir", "--prefix")
    if directory is None:
        return (*named,)
    return () if directory.value is None else tuple(posixpath.join(directory.value, it) for it in named)


def _copies_addons(program: str, invocation: Invocation) -> bool:
    """True if a bundler may copy the native addons of packages into its output. Source: the README of @vercel/ncc."""
    return program == "ncc" and invocation.workspace.has_native_packages is not False


def _effect_of_bundler(program: str, invocation: Invocation) -> Effect:
    """The effect of a bundler. A runner of tasks bundles if the name of a task implies it.

    Source: the manuals of Lerna ("run"), Nx ("run", "run-many"), Rush ("build", "rebuild") and Turborepo ("run").
    """
    if program not in _TASK_RUNNERS:
        return Effect.BUNDLE
    tasks = (part for it in invocation.command.arguments for part in re.split(r"[=,]", it))
    return Effect.BUNDLE if any(it == "rebuild" or _BUILDING.search(it) for it in tasks) else Effect.EXECUTE


def _directories(invocation: Invocation) -> tuple[str, ...]:
    """The directories in which the command works: `npm --prefix directory`, `yarn --cwd directory`, `pnpm -C directory`."""
    directory = invocation.argument("-C", "--cwd", "--dir", "--prefix")
    return invocation.directories if directory is None else invocation.paths(directory) or invocation.directories


def _reads(invocation: Invocation, name: str) -> Reading:
    """The certainty of reading a variable.

    Scripts of package.json and configuration files of bundlers are programs of the project. Installation scripts of
    packages read variables of npm, by convention.
    """
    use = _recognize(invocation, NODE)
    if use is None:
        return Reading.MAYBE
    match use.effect:
        case Effect.BUNDLE | Effect.EXECUTE:
            return _reading_of_program(invocation, name)
        case Effect.INSTALL:
            return Reading.NO if runs_no_scripts(invocation) else Reading.UNLIKELY
        case _:
            return Reading.NO


def _reading_of_program(invocation: Invocation, name: str) -> Reading:
    """True if a bundler reads a variable: one of those that its documentation names, or any variable in its configuration file."""
    words = [invocation.command.name, *(invocation.text_at(it) for it in invocation.operands[:1])]
    program = words[-1] if words[0] in RUNNERS else words[0]
    if program in READING_NOTHING:
        return Reading.NO
    reading = invocation.reading_by_project(name)
    return Reading.NO if reading is Reading.UNLIKELY and program in _BUNDLERS else reading


def _runs_program(name: str, arguments: Sequence[str], invocation: Invocation) -> bool:
    """True for `bun run` and `yarn run` with a program of a package, which they start if no script has its name. Source: bun.sh/docs/cli/run; yarnpkg.com, "run"."""
    scripts = dict(invocation.workspace.scripts)
    return name in ("bun", "yarn") and arguments[0] == "run" and len(arguments) > 1 and arguments[1] not in scripts


def starts_bundler(invocation: Invocation) -> bool:
    """True if a command starts a bundler by its name, not a script of a package.json: `vite build`, `npx vite`, `pnpm exec vite`."""
    name, arguments = invocation.command.name, invocation.operand_texts
    if name in MANAGERS or name in RUNNERS:
        arguments = arguments[arguments[:1] != [] and arguments[0] in RUNNING :]
        name = next(iter(arguments), "")
    return name in _BUNDLERS and name not in _INSTALLING


def package_scripts(invocation: Invocation) -> tuple[str, ...]:
    """The scripts of the package.json beside the Dockerfile that `npm run build` runs; empty if there are none.

    Source: npm-scripts(7), "Pre & Post Scripts".
    """
    if invocation.command.name not in MANAGERS or invocation.has_option(*_ELSEWHERE):
        return ()
    arguments = invocation.operand_texts
    if arguments[:1] in (["run"], ["run-script"]):
        arguments = arguments[1:]
    elif invocation.command.name == "bun" and arguments[:1] == ["build"]:
        # The bundler, whatever the scripts are. Source: bun.sh/docs/cli/run.
        return ()
    scripts = dict(invocation.workspace.scripts)
    if not arguments or arguments[0] not in scripts:
        return ()
    names = (f"pre{arguments[0]}", arguments[0], f"post{arguments[0]}")
    return tuple(scripts[it] for it in names if it in scripts)


def plain_programs(invocation: Invocation) -> tuple[str, ...]:
    """The files that `npm run build` starts with Node.js if its scripts do nothing else: `node ./list.js`; empty for other scripts."""
    scripts = package_scripts(invocation)
    found = [_PLAIN_PROGRAM.fullmatch(part.strip()) for text in scripts for part in text.split("&&")]
    return tuple(it["file"] for it in found if it is not None) if all(found) else ()


_PLAIN_PROGRAM: Final = lazy_regex(
    r"node\s+(?P<file>(?!\S*(?:babel|build|bundl|compil|dist|grunt|gulp|make|node_modules|pack|prod|releas|rollup|transpil|tsc|vite))[\w./-]+\.[cm]?js)",
    re.IGNORECASE,
)
"""A program of the project whose name does not tell that it builds."""


def makes_native_files(invocation: Invocation) -> bool:
    """True if a command makes a program or an addon for one machine: `pkg .` in a script of package.json, `npx node-gyp rebuild`.

    Source: the READMEs of these packages.
    """
    name, operands = invocation.command.name, invocation.operand_texts
    if name in MANAGERS and operands[:1] and operands[0] in RUNNING:
        return not _MAKING_NATIVE.isdisjoint(operands[1:2])
    return not _MAKING_NATIVE.isdisjoint((name, *(operands[:1] if name in RUNNERS else ())))


_MAKING_NATIVE: Final = frozenset(
    [
        "@electron/packager",
        "@yao-pkg/pkg",
        "boxednode",
        "caxa",
        "cmake-js",
        "electron-builder",
        "electron-forge",
        "electron-packager",
        "napi",
        "neon",
        "nexe",
        "node-gyp",
        "node-pre-gyp",
        "pkg",
        "prebuild",
        "prebuildify",
        "tauri",
    ]
)
_ELSEWHERE: Final = ("-C", "-F", "-w", "--cwd", "--dir", "--filter", "--prefix", "--workspace", "--workspaces")
"""Options by which a package manager runs the scripts of another package.json."""
READING_NOTHING: Final = frozenset(
    {"copyfiles", "esbuild", "mkdirp", "rimraf", "sass", "svgo", "tsc", "tsc-alias", "vue-tsc"}
)
"""Programs whose configuration is data, such as `tsconfig.json`, and which read no variable."""
NODE: Final = Toolchain("Node.js", _recognize, _reads)
