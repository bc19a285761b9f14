"""Files that a package manager installed in a native stage are copied into the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.commands import is_nothing
from buildxray.semantics.file_flow import holds
from buildxray.semantics.mentions import Mention
from buildxray.semantics.origins import Machine
from buildxray.semantics.outputs import copies_files
from buildxray.syntax.instructions import Copy, Copying, Onbuild, Token
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.common import COMMON, INSTALLING_NOTHING
from buildxray.toolchains.node import NODE, installs_native_code, replaces_packages, runs_no_scripts
from buildxray.toolchains.scripting import SCRIPTING

_OF_THE_SYSTEM: Final = (
    "/bin",
    "/lib",
    "/lib64",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/sbin",
)
_FOR_ALL: Final = ("/usr/lib/os-release", "/usr/lib/ssl", "/usr/lib/tzdata")
_FOR_TARGET: Final = ("--arch", "--cpu", "--forcearch", "--os", "--python-platform")
"""Options that set the target of an installer."""
_OTHER_ROOT: Final = ("--installroot", "--root", "--rootdir", "--sysroot", "-R")
"""Options for the directory of another system. Source: the manuals of dnf, zypper, apk and microdnf."""


_TOOLCHAIN: Final = lazy_regex(
    r"/usr/local/go(?:/(?:bin|pkg).*)?/?|/usr/lib/jvm(?:/.*)?|/usr/local/bin/(?:bun|deno|node|python[\d.]*|ruby|php|uvx?)"
    r"|/(?:usr/)?(?:local/)?lib(?:64)?/(?:.*/)?[\w+.-]+\.so(?:\.[\d.]+)?"
)
"""Paths of the programs and libraries of official images and of distributions, without those of scripts."""
_OF_SCRIPTS: Final = frozenset(
    {"ant", "composer", "gradle", "groovy", "maven", "mvn", "phive", "wp", "wp-cli", "xx", "yarn"}
)
"""Images with a program of their name that runs on every machine: a script, or a file for PHP or Java."""


@rule(Severity.WARNING, Severity.INFORMATION, about=[Effect.INSTALL, Mention.SOURCE])
def foreign_binary_copy(ctx: RuleContext) -> Iterator[Finding]:
    """Programs or libraries that were installed in a native stage are copied into the image.

    ## What it does
    Looks in stages that run on the build machine for package managers, and for `COPY --from` that takes programs and libraries of the system,
    `node_modules` with native addons, virtual environments, gems, or a directory that contains these. Also for programs of the image on which
    such a stage is built: the directories of Go and Java, interpreters, libraries, and a program with the name of the image.

    ## Why it matters
    A package manager installs for the machine that it runs on. In the images for other architectures the programs fail with `exec format
    error`, and the libraries cannot be loaded. Install them in a stage for the target platform.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM debian AS tools
    RUN apt-get update && apt-get install -y jq

    FROM debian
    COPY --from=tools /usr/bin/jq /usr/bin/jq
    ```

    Use instead:
    ```dockerfile
    FROM debian AS tools
    RUN apt-get update && apt-get install -y jq

    FROM debian
    COPY --from=tools /usr/bin/jq /usr/bin/jq
    ```

    ## Limits
    The lock file beside the Dockerfile tells if packages of npm have native code; without one, or if the program works without them, the finding
    is information. With `--ignore-scripts`, only packages that are published for each machine are reported. The last `npm ci` of a stage counts.
    """
    target = ctx.build.target_stage
    if target is None or target.is_native or ctx.build.request.makes_files:
        return
    for stage in ctx.build.native_stages:
        foreign = stage.foreign_targets
        installers = [] if stage.is_image or not foreign else _installers(stage)
        has_other_makers = bool(installers) and _has_other_makers(stage)
        lasting = _lasting(stage, installers) if installers else []
        removed = _removed(stage) if installers else set()
        verified = _verified(stage) if installers else set()
        for consumer in stage.consumers if installers else ():
            assert consumer.stage is not None, "what takes files belongs to a stage"
            if not consumer.stage.is_image and stage.way_into_image("/") is None:
                continue
            for token, path in consumer.copied_files:
                if any(holds(path, it) for it in verified):
                    continue
                installer = _installer(path, lasting, removed, has_other_makers=has_other_makers)
                installer = installer or _maker(
                    ctx, stage, path, installers, removed, lasting=lasting, has_other_makers=has_other_makers
                )
                if installer is None:
                    continue
                if installer.use.toolchain is SCRIPTING and installer.invocation.has_option("--no-deps"):
                    # The project's own package, which mostly is pure Python.
                    continue
                # Packages of Node.js, Python, Ruby and PHP may have no native code.
                is_certain = (
                    installs_native_code(installer.invocation)
                    if installer.use.toolchain is NODE
                    else installer.use.toolchain is not SCRIPTING
                )
                yield Finding(
                    consumer.range_of(token),
                    _(
                        "`{title}` installs for {machine}, and this copies the files into the image for {platforms} too",
                        title=installer.title,
                        machine=stage.platforms[0],
                        platforms=platforms(foreign),
                    ),
                    related=(Related(installer.title_range, _("installed here")),),
                    severity=None if is_certain else Severity.INFORMATION,
                )
    yield from _of_images(ctx)


def _of_images(ctx: RuleContext) -> Iterator[Finding]:
    """Find programs of the image on which a stage on the build machine is built: `COPY --from=build /usr/local/go /usr/local/go`."""
    for stage in ctx.build.native_stages:
        for copy in stage.consumers:
            for token, path in copy.copied_files if isinstance(copy.node, Copy) else ():
                # Tracing costs more than the name.
                if _is_program_of(stage.image_name, path):
                    yield from _of_image(ctx, stage, copy, token, path)


def _of_image(ctx: RuleContext, stage: Stage, copy: Instruction, token: Token, path: str) -> Iterator[Finding]:
    for artifact in ctx.build.artifacts.of(copy.idx):
        if artifact.source.rstrip("/") != path.rstrip("/") or not artifact.origins:
            continue
        if any(it.machine is not Machine.BUILDER or it.use is not None or not it.is_certain for it in artifact.origins):
            continue
        first = artifact.origins[0]
        targets = (ctx.build.targets[it.target] for it in artifact.origins)
        wrong = [*dict.fromkeys(it for it in targets if it.architecture != first.architecture)]
        if wrong:
            yield Finding(
                copy.range_of(token),
                _(
                    "`{path}` of `{image}` is for {machine}, and this copies it into the image for {platforms} too",
                    path=path,
                    image=first.maker,
                    machine=stage.platforms[0],
                    platforms=platforms(wrong),
                ),
                related=(Related(stage.from_.range, _("`--platform` chooses the machine here")),),
            )
            return


def _is_program_of(image: str, path: str) -> bool:
    """True if a path in an image is surely a program or a library: by its place, or by the name of the image (`caddy`, `/usr/bin/caddy`)."""
    if _TOOLCHAIN.fullmatch(path) is not None:
        return True
    name = posixpath.basename(image.partition("@")[0]).partition(":")[0]
    directory, _slash, program = path.rstrip("/").rpartition("/")
    return directory.endswith("/bin") and program == name and name not in _OF_SCRIPTS


def _installers(stage: Stage) -> list[KnownCommand]:
    """The commands that install files for the machine of a stage."""
    return [
        command
        for it in stage.ancestry
        for command in it.commands(Effect.INSTALL)
        if not command.invocation.has_option(*_FOR_TARGET) and not command.title.startswith("xx-")
        if not _fills_other_root(command)
        if not runs_no_scripts(command.invocation) or installs_native_code(command.invocation)
        if command.use.toolchain is not COMMON or command.invocation.subcommand not in INSTALLING_NOTHING
    ]


def _lasting(stage: Stage, installers: list[KnownCommand]) -> list[KnownCommand]:
    """The installers whose files remain where they wrote them: no `npm ci` later deletes them first."""
    every = [it for one in reversed(stage.ancestry) for it in one.commands(Effect.INSTALL)]
    last: dict[str, int] = {}
    for position, command in enumerate(every):
        if command.use.toolchain is NODE and replaces_packages(command.invocation) and _always_runs(command):
            last |= dict.fromkeys(command.use.outputs, position)
    replaced = {
        id(it)
        for position, it in enumerate(every)
        if it.use.outputs and all(last.get(path, 0) > position for path in it.use.outputs)
    }
    return [it for it in installers if id(it) not in replaced]


def _always_runs(command: KnownCommand) -> bool:
    return all(map(command.invocation.is_certain, command.invocation.targets))


def _fills_other_root(command: KnownCommand) -> bool:
    """True if an installer fills the directory of another system, after a step that knows the target, and so may have set its architecture."""
    knows_target = any(map(command.run.sees, ("TARGETARCH", "TARGETPLATFORM")))
    return command.use.toolchain is COMMON and knows_target and command.invocation.has_option(*_OTHER_ROOT)


def _verified(stage: Stage) -> set[str]:
    """The files that the stage checks with `xx-verify`, which fails for a program of another machine."""
    return _operands(stage, "xx-verify")


def _removed(stage: Stage) -> set[str]:
    """The paths that the stage deletes."""
    return _operands(stage, "rm")


def _operands(stage: Stage, program: str) -> set[str]:
    """The paths that a stage gives to a program."""
    commands = (it for run in stage.runs for it in run.commands if it.name == program)
    return {path for it in commands for word in it.syntax.words[1:] for path in it.invocation.paths(word)}


def _is_removed(path: str, removed: set[str]) -> bool:
    """True if a path or a parent directory is deleted."""
    return any(holds(it, path) for it in removed)


def _are_removed(command: KnownCommand, removed: set[str]) -> bool:
    return not command.use.outputs or any(_is_removed(it, removed) for it in command.use.outputs)


def _installer(
    path: str, installers: list[KnownCommand], removed: set[str], *, has_other_makers: bool
) -> KnownCommand | None:
    """The command that has installed the files at a path."""
    if any(holds(it, path) for it in _FOR_ALL):
        return None
    for command in installers:
        use = command.use
        if use.outputs:
            is_pure = use.toolchain is NODE and installs_native_code(command.invocation) is False
            if not is_pure and any(
                holds(it, path) or holds(path, it) for it in use.outputs if not _is_removed(it, removed)
            ):
                return command
        elif use.toolchain is COMMON and _is_of_the_system(path, has_other_makers=has_other_makers):
            return command
    return None


def _maker(
    ctx: RuleContext,
    stage: Stage,
    path: str,
    installers: list[KnownCommand],
    removed: set[str],
    *,
    lasting: list[KnownCommand],
    has_other_makers: bool,
) -> KnownCommand | None:
    """The command whose installed files other commands have moved to a path, or a bundler has included."""
    known = {id(it.invocation): it for it in lasting if not _are_removed(it, removed)}
    # A moved system program comes from the image or from a package; in both cases it is for the build machine.
    may_be_moved = not has_other_makers and not _is_of_the_system(path, has_other_makers=False) and _moves(stage)
    if may_be_moved:
        known |= {id(it.invocation): it for it in installers}
    origins = ctx.build.artifacts.origins(stage.idx, path) if known else ()
    is_moved = may_be_moved and all(
        it.machine is Machine.BUILDER and (it.use is None or it.use.toolchain is COMMON) for it in origins
    )
    for origin in origins:
        if origin.use is not None and origin.machine is Machine.BUILDER and (origin.is_certain or is_moved):
            command = known.get(id(origin.use.invocation))
            if command is not None:
                return command
    return None


def _moves(stage: Stage) -> bool:
    """True if a RUN copies, moves or links files that are in the stage."""
    return any(copies_files(it.name) for run in stage.runs for it in run.commands)


def _is_of_the_system(path: str, *, has_other_makers: bool) -> bool:
    if any(path.rstrip("/") == it for it in (*_OF_THE_SYSTEM, "/usr")):
        return True
    return not has_other_makers and any(holds(it, path) for it in _OF_THE_SYSTEM)


def _has_other_makers(stage: Stage) -> bool:
    """True if something other than a package manager may have written a program into a stage: a compiler, a download, a COPY."""
    return any(
        isinstance(it.node, Copying | Onbuild) or (isinstance(it, Run) and not _only_installs(it))
        for member in stage.ancestry
        for it in member.instructions
    )


def _only_installs(run: Run) -> bool:
    if run.script.has_errors:
        return False
    uses = [it.use for it in run.commands if not is_nothing(it.syntax)]
    return all(it is not None and it.effect in (Effect.INSTALL, Effect.NEUTRAL) for it in uses)
