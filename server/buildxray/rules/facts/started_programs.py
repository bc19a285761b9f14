"""What an image starts, and which tools of its build stay in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.syntax.instructions import Cmd, Entrypoint
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.common import REMOVING
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.node import NODE, removes_development_packages

_BUILDS_OR_TESTS: Final = lazy_regex(
    r"""(?<![\w./-])(?:cargo|dotnet|go|make|mvn|mvnw|gradle|gradlew)["',\s]+(?:\S+\s+)*?["']?(?:bench|build|check|run|test|verify|watch)\b"""
    r"""|(?<![\w./-])(?:bun|npm|npx|pnpm|yarn)["',\s]+(?:run["',\s]+)?(?:cypress|dev|jest|playwright|start:dev|test|vitest|watch)\b"""
    r"""|(?<![\w.-])(?:air|CompileDaemon|gow|modd|nodemon|reflex|ts-node(?:-dev)?|tsx|wgo)(?=["'\s]|$)"""
)
"""Commands that compile or test, and programs that compile again when a file changes."""
_SERVES_SOURCES: Final = lazy_regex(
    r"""(?<![\w./-])(?:webpack-dev-server|vite(?!\s+(?:build|preview)\b)|parcel(?!\s+build\b)|(?:webpack|ng|vue-cli-service)\s+serve|react-scripts\s+start"""
    r"""|(?:next|nuxt|nuxi|astro)\s+dev|gatsby\s+develop)(?![\w./-])"""
)
"""Servers for development, which bundle the sources when they start. Source: their manuals."""
_SCRIPT: Final = lazy_regex(r"""(?<![\w./-])(?:bun|npm|pnpm|yarn)["',\s]+(?:run["',\s]+)?(?P<name>[\w:.-]+)""")


def starts_app_host(stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if the image starts the program that .NET writes beside the IL, which is for the machine of the build, and not `dotnet app.dll`.

    Source: learn.microsoft.com, "UseAppHost".
    """
    programs = stage.build.started_programs
    is_own = any("/" in it and not it.endswith(("/dotnet", ".dll", ".sh")) for it in programs)
    publishing = (it for it in commands if it.use.toolchain is DOTNET and it.use.effect is Effect.BUNDLE)
    return is_own and any(not any("UseAppHost=false" in word for word in it.syntax.arguments) for it in publishing)


def removes_node_modules(stage: Stage, bundler: KnownCommand) -> bool:
    """True if a stage deletes packages of npm that only the build needs, after a command, or never installs them.

    `npm prune --omit=dev` and `rm -rf node_modules` delete them; `pnpm install --prod` as the only installation leaves them out.
    """
    installing = [it for it in stage.commands(Effect.INSTALL) if it.use.toolchain in (BUN, NODE) and it.use.manifests]
    if installing and all(removes_development_packages(it.invocation) for it in installing):
        return True
    later = (it for run in stage.runs for it in run.commands if it.range.start > bundler.range.start)
    return any(
        removes_development_packages(it.invocation)
        or (it.name == "rm" and any("node_modules" in word for word in it.syntax.arguments))
        for it in later
    )


def removes_packages(stage: Stage) -> bool:
    """True if a stage uninstalls packages, which usually includes the compiler."""
    return any(
        it.name in ("apk", "apt", "apt-get", "dnf", "microdnf", "yum") and not REMOVING.isdisjoint(it.syntax.arguments)
        for run in stage.runs
        for it in run.commands
    )


def starts_a_program(stage: Stage) -> bool:
    """True if a stage says what its image starts: a CMD or ENTRYPOINT."""
    return any(isinstance(it.node, Cmd | Entrypoint) for it in stage.instructions)


def starts_a_compiler(stage: Stage) -> bool:
    """True if the image is for building or testing: its command runs a compiler, which must remain in the image.

    Source: the manuals of cargo, go, make, Maven, Gradle; `npm test` and similar commands for Node.js, and what its script in package.json runs.
    """
    starts = [it for it in stage.instructions if isinstance(it.node, Cmd | Entrypoint)]
    written = " ".join(it.written for it in starts)
    scripts = dict(stage.build.workspace.scripts)
    started = (scripts.get(it["name"], "") for it in _SCRIPT.finditer(written))
    return _BUILDS_OR_TESTS.search(written) is not None or any(_SERVES_SOURCES.search(it) for it in started)
