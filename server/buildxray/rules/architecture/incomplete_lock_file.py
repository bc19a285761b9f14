"""A lock file lists the native code of a package for some machines only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import context_paths
from buildxray.rules.wording import listed, platforms
from buildxray.semantics.build import KnownCommand, Stage
from buildxray.semantics.needed_paths import needed_paths
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import LackingPackage
from buildxray.toolchains.node import LOCK_FILES, NODE, removes_development_packages, replaces_packages

_OTHER_CHOICE: Final = ("-C", "--cpu", "--libc", "--no-optional", "--os", "--prefix")
"""Options with which npm installs for another machine or in another directory, or none of the optional packages."""
_OF_WORKSPACE: Final = ("-w", "--workspace", "--filter")
"""Options of npm and Turborepo that choose one of the packages of a repository."""
_DEBIAN: Final = lazy_regex(r"docker\.io/library/(?:debian|node|ubuntu)(?::(?!.*alpine).*)?")


@rule(Severity.WARNING, Severity.WARNING, about=["Node.js"])
def incomplete_lock_file(ctx: RuleContext) -> Iterator[Finding]:
    """A lock file lists the native code of a package for some machines only.

    ## What it does
    Reads the package-lock.json that `npm ci` finds, and looks for packages that consist of one for each machine, as Rollup, Lightning CSS, Biome and
    Rspack do, of which the lock file lists some and lacks the one for the machine on which the step runs.

    ## Why it matters
    `npm ci` installs what the lock file lists. npm 10 and older succeed, and the program stops later with `Cannot find module
    @rollup/rollup-linux-arm64-gnu`; npm 11 stops at once. npm writes such a lock file if `node_modules` of another machine was there already.

    ## Example
    With a package-lock.json that lists `@rollup/rollup-linux-x64-gnu` only:
    ```dockerfile
    FROM node:22 AS build
    WORKDIR /src
    COPY package.json package-lock.json ./
    RUN npm ci
    COPY . .
    RUN npm run build

    FROM nginx
    COPY --from=build /src/dist /usr/share/nginx/html
    ```

    Use instead, besides a complete lock file:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM node:22 AS build
    WORKDIR /src
    COPY package.json package-lock.json ./
    RUN npm ci
    COPY . .
    RUN npm run build

    FROM nginx
    COPY --from=build /src/dist /usr/share/nginx/html
    ```

    ## Limits
    Only for packages that were found not to start without their native code, and for amd64 and arm64. Not reported for `npm install`, which newer
    versions complete, nor if no build tells the context and a source of the stage does not exist in the probable one, nor if the Dockerfile mentions the lacking package or changes the lock file. Of a lock file that serves several
    workspaces, only packages count that the root requires, and none in a stage that builds some of them (`npm run build -w apps/api`).

    ## References
    github.com/npm/cli/issues/4828.
    """
    find = ctx.build.workspace.lacking_packages
    for stage in ctx.build.needed_stages if find is not None else ():
        commands = [it for run in stage.runs for it in run.known_commands if _installs_from_lock_file(it)]
        if not commands or any(LOCK_FILES["npm"] in run.node.whole_text for one in stage.ancestry for run in one.runs):
            continue
        if _is_in_other_context(ctx, stage):
            continue
        if any(it.invocation.has_option(*_OF_WORKSPACE) for run in stage.runs for it in run.known_commands):
            # The lock file is that of all workspaces, and another one may need the package.
            continue
        for command in commands:
            for path, _base in context_paths(command, LOCK_FILES["npm"], command.invocation.directories[0]):
                lacking = _lacking(ctx, command, path)
                if lacking:
                    yield _finding(command, path, lacking)
                    break


def _is_in_other_context(ctx: RuleContext, stage: Stage) -> bool:
    """True if no build tells the context, and the directory that is read for it lacks what the stage copies: the lock file there may be another project's."""
    workspace = ctx.build.workspace
    holds = None if workspace.has_build else workspace.holds
    return holds is not None and not all(map(holds, needed_paths([stage])))


def _installs_from_lock_file(command: KnownCommand) -> bool:
    invocation = command.invocation
    is_locked = command.use.toolchain is NODE and replaces_packages(invocation) and bool(invocation.directories)
    leaves_out = "optional" in [it.value for it in invocation.arguments("--omit")]
    return is_locked and not leaves_out and not invocation.has_option(*_OTHER_CHOICE)


def _lacking(ctx: RuleContext, command: KnownCommand, path: str) -> dict[Platform, list[LackingPackage]]:
    """The packages that each target lacks that surely runs a command, given the path of the lock file in the build context."""
    find = ctx.build.workspace.lacking_packages
    known = () if find is None else find(path)
    if removes_development_packages(command.invocation):
        known = tuple(it for it in known if not it.is_for_development)
    known = tuple(it for it in known if it.name not in ctx.text)
    image = "" if command.run.stage is None else command.run.stage.image_name
    libraries = {"musl"} if "alpine" in image else {"gnu"} if _DEBIAN.fullmatch(image) else {"gnu", "musl"}
    lacking: dict[Platform, list[LackingPackage]] = {}
    for target, machine in zip(command.invocation.targets, command.invocation.step_platforms, strict=True):
        for parent in dict.fromkeys(it.parent for it in known):
            of_machine = [it for it in known if it.parent == parent and it.architecture == machine.architecture]
            # With an unknown library the one or the other may be there.
            if command.is_certain(target) and libraries <= {it.library for it in of_machine}:
                lacking.setdefault(target, []).extend(it for it in of_machine if it.library in libraries)
    return lacking


def _finding(command: KnownCommand, path: str, lacking: dict[Platform, list[LackingPackage]]) -> Finding:
    packages = [it for of_target in lacking.values() for it in of_target]
    message = _(
        "`{command}` does not install {packages} for {platforms}, so that {parents} does not start there: `{path}` lists such packages for other "
        "machines only; delete it and `node_modules`, and run `npm install`",
        command=command.title,
        packages=listed(it.name for it in packages),
        platforms=platforms(lacking),
        parents=listed(it.parent for it in packages),
        path=path,
    )
    return Finding(command.title_range, message)
