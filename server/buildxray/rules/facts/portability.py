"""Decide whether a stage may run on a machine of another architecture, by its commands and by the files that are copied from it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Final

from buildxray.rules.base import Safety
from buildxray.rules.context import RuleContext
from buildxray.semantics.artifacts import losses
from buildxray.semantics.build import Build, Command, Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.commands import is_nothing, recognize
from buildxray.semantics.file_flow import clean, holds, is_covered, moved
from buildxray.semantics.image_paths import contains_architecture, has_traced_packages, is_for_all, tells_architecture
from buildxray.semantics.origins import Artifact, Machine, Origin
from buildxray.semantics.outputs import programs_taken
from buildxray.semantics.package_scripts import compiles_for_its_machine, writes_for_every_machine
from buildxray.syntax.instructions import Cmd, Copy, Entrypoint, Onbuild
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.c import C
from buildxray.toolchains.common import COMMON, sources_unknown_file
from buildxray.toolchains.go import GO
from buildxray.toolchains.node import NODE, makes_native_files, starts_bundler

_HARMLESS: Final = frozenset(
    {Effect.BUNDLE, Effect.COMPILE, Effect.DOWNLOAD, Effect.FETCH, Effect.INSTALL, Effect.NEUTRAL}
)
"""The effects that a safe fix may move to the build machine."""
_NEEDING_C: Final = lazy_regex(
    r"-linkmode[= ]['\"]?external|-buildmode=(?:c-archive|c-shared|plugin|shared)|(?:^|\s)-(?:race|msan|asan)(?:\s|$)"
)
"""Options with which Go cannot do without a C compiler. Source: `go help buildmode`, cmd/link."""
_C_SETTINGS: Final = ("CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS")
_C_PACKAGE: Final = lazy_regex(
    r"(?:alpine-sdk|base-devel|build-base|build-essential|clang|gcc|g\+\+|.*-dev|.*-devel)(?:[=~<>@].*)?"
)
"""Packages that are only installed to compile C."""
_C_COMPILER_PACKAGE: Final = lazy_regex(
    r"(?:alpine-sdk|base-devel|build-base|build-essential|clang|gcc|g\+\+|gcc-c\+\+|gcc-toolset)"
    r"(?:-[\d.]+|-?(?P<variable>\$(?:\w+|\{\w+(?::?-[\d.]*)?\})))?(?:[=~<>@].*)?"
)
"""Packages that bring a C compiler, perhaps with a variable for the version: `gcc-${GCC_VERSION}`."""
_OF_OTHER_MACHINE: Final = lazy_regex(
    r"(?i:abi|arch|cpu|cross|gnu|host|machine|mingw|multi|platform|prefix|suffix|target|triple|tuple)"
)
"""Parts of the names of variables that may make a package one of another machine, `gcc-${TRIPLE}`, or another package."""
_BUILDING: Final = ("bazel", "bazelisk", "gmake", "make", "ninja", "samu", "scons", "waf")
"""Programs that build a project in any language, often C."""


def compilers(stages: Iterable[Stage]) -> list[KnownCommand]:
    """The commands of these stages that compile."""
    return [command for stage in stages for command in stage.commands(Effect.COMPILE)]


def is_own_tool(command: KnownCommand) -> bool:
    """True if a command compiles a published tool for its own stage: no other stage takes it, and it may be for the machine that runs it.

    `go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.0`, `cargo install wasm-pack`.
    """
    use, stage = command.use, command.run.stage
    if not use.fetches_sources or use.is_targeted or not use.outputs or stage is None or stage.is_image:
        return False
    takers = [*consumers_outside(stage.family)]
    if not all(it.copied_paths for it in takers):
        # A RUN may start it from a mount.
        return False
    elsewhere = [path for it in stage.family for path in it.copied_elsewhere]
    if any(holds(path, it) or holds(it, path) for path in elsewhere for it in use.outputs):
        return False
    taken = [path for it in takers for path in it.copied_paths]
    return bool(taken) and not any(holds(path, it) or holds(it, path) for path in taken for it in use.outputs)


def outputs_of(commands: Iterable[KnownCommand]) -> set[str]:
    """The paths that these commands may write to, absolute."""
    return {path for command in commands for path in command.use.outputs}


def needs_c(command: KnownCommand) -> bool:
    """True if a Go command needs a C compiler, as far as its options, its variables and the packages of its stage tell.

    False if cgo is off, or if the sources beside the Dockerfile contain no C.
    """
    invocation = command.invocation
    if command.use.toolchain is not GO or all(it == "0" for it in invocation.setting("CGO_ENABLED").values):
        return False
    flags = filter(None, invocation.setting("GOFLAGS").values)
    if any(_NEEDING_C.search(it) for it in (" ".join(invocation.command.arguments), *flags)):
        return True
    if any(any(invocation.setting(it).values) for it in _C_SETTINGS):
        return True
    stage = command.run.stage
    return stage is not None and invocation.workspace.uses_cgo is not False and _has_c_compiler(stage)


def uses_cgo(command: KnownCommand) -> bool:
    """True if a command compiles Go with cgo, for which another machine needs a C compiler of its own: `CGO_ENABLED=1`, or a module that needs C in an image that has a compiler."""
    invocation = command.invocation
    if command.use.toolchain is not GO or invocation.subcommand == "install" or not command.use.must_run_on_target:
        return False
    values = invocation.setting("CGO_ENABLED").values
    if any(values):
        return any(it == "1" for it in values)
    stage = command.run.stage
    # Without a C compiler, Go compiles without cgo on every machine.
    return (
        stage is not None and invocation.workspace.may_use_cgo and _WITH_C_AND_GO.search(stage.image_name) is not None
    )


_WITH_C_AND_GO: Final = lazy_regex(r"/library/golang(?![^:@])(?!:[^@]*alpine)")
"""The official images of Go on Debian, which have a C compiler. Source: github.com/docker-library/golang."""


def installs_c_compiler(stage: Stage) -> bool:
    """True if a stage or an ancestor installs a package with a C compiler."""
    found = filter(None, map(_C_COMPILER_PACKAGE.fullmatch, stage.installed_words))
    return any(_OF_OTHER_MACHINE.search(it["variable"] or "") is None for it in found)


def generates_sources(stage: Stage) -> bool:
    """True if a stage or an ancestor generates sources, perhaps for one architecture only: `bpf2go -target amd64`.

    By `go generate`, or by a goal or a script with such a name.
    """
    runs = [run for it in stage.ancestry for run in it.runs]
    is_go = (
        it.use.toolchain is GO and it.invocation.subcommand == "generate" for run in runs for it in run.known_commands
    )
    return any(is_go) or any(_is_generator(it) for run in runs for it in run.commands)


_GOAL_RUNNERS: Final = frozenset({"gmake", "just", "mage", "make", "task"})
_GENERATING: Final = lazy_regex(r"(?:.*[-_.:/])?(?:bpf|bpf2go|codegen|ebpf|gen|generate)(?:[-_.:].*)?", re.IGNORECASE)


def _is_generator(command: Command) -> bool:
    words = command.syntax.words
    named = words[1:] if command.name in _GOAL_RUNNERS else words[:1]
    return any(_GENERATING.fullmatch(it.text) for it in named)


def makes_php_extension(stage: Stage) -> bool:
    """True if a stage compiles an extension of its own PHP: `phpize` asks that PHP, which is for the target, how to compile it."""
    return any(it.name == "phpize" for one in stage.ancestry for run in one.runs for it in run.commands)


def movable(stage: Stage, commands: Iterable[KnownCommand]) -> list[KnownCommand]:
    """The commands of a stage that could run on the build machine: without compilers for their own machine only, and C for a PHP extension."""
    is_for_php = makes_php_extension(stage)
    return [it for it in commands if not it.use.is_native_only and not (is_for_php and it.use.toolchain is C)]


def _has_c_compiler(stage: Stage) -> bool:
    return any(map(_C_PACKAGE.fullmatch, stage.installed_words))


def _has_native_packages(stage: Stage) -> bool:
    """True if a stage or an ancestor installs packages of npm that have native code, which a script may put into its output."""
    own = stage.workspace
    # Of a list about which nothing is known, that of the root may tell.
    asked = (own,) if own.has_native_packages is not None else (own, stage.build.workspace)
    if not any(it.has_native_packages or it.may_take_native_packages for it in asked):
        return False
    return any(it.use.toolchain is NODE for one in stage.ancestry for it in one.commands(Effect.INSTALL))


def files_taken(stage: Stage) -> tuple[str, ...]:
    """The paths that are copied out of a stage and its descendants and that may be for one architecture.

    The output of a compiler that follows the target is left out, because its architecture is known.
    """
    family = stage.family
    outputs = outputs_of(it for it in compilers(family) if it.use.follows_target)
    taken = (path for consumer in consumers_outside(family) for path in consumer.copied_paths)
    return tuple(
        it for it in dict.fromkeys(taken) if not is_for_all(it) and not any(holds(path, it) for path in outputs)
    )


def consumers_outside(family: Iterable[Stage]) -> Iterator[Instruction]:
    """The instructions of other stages that use files of these stages."""
    members = {*family}
    return (
        consumer
        for stage in sorted(members, key=lambda it: it.idx)
        for consumer in stage.consumers
        if consumer.stage not in members
    )


_OF_ARCHITECTURE: Final = lazy_regex(
    r"\$\{?(?:\w*_)?(?:GO|HOST|DOCKER|IMAGE)?(?:ARCH|ARCHITECTURE|MACHINE)(?:_|\b)", re.IGNORECASE
)
"""The use of an argument of the project that contains an architecture: `builder:11-${HOST_ARCH}`."""


def can_change_platform(root: Stage) -> bool:
    """True if the platform of a root stage can be changed.

    It can if the stage has one image for all targets, and neither it nor a descendant is in the image, starts a
    program or is the target of another build: such a stage is an image of its own, built with `--target`.
    """
    names = {*root.base_names}
    image = root.from_.image
    if image is not None and _OF_ARCHITECTURE.search(image.text) is not None:
        # Such an image is for one machine.
        return False
    if any(it.is_image or it.is_image_of_another_build for it in root.family):
        return False
    if len(names) != 1 or names == {"scratch"}:
        return False
    return not any(isinstance(it.node, Cmd | Entrypoint) for stage in root.family for it in stage.instructions)


def safety_of_moving(before: RuleContext, after: RuleContext, family: Iterable[Stage]) -> Safety | None:
    """The safety of an edit that moves stages to the build machine; None if the image would be wrong.

    `family` is a root with its descendants, in the context before the edit.
    """
    members = tuple(family)
    tools = [it for it in compilers(members) if is_own_tool(it)]
    outputs = outputs_of(it for it in compilers(members) if it not in tools)
    if _has_tool_of_target(before, members) or _has_packages_of_target(after, members):
        return None
    if any(_runs(command, outputs) for stage in members for run in stage.runs for command in run.commands):
        return None
    taken = [path for it in consumers_outside(members) for path in it.copied_paths]
    if any(map(tells_architecture, taken)):
        return None
    programs = [
        it
        for it in (*taken, *(path for stage in members for path in stage.copied_elsewhere))
        if _OF_PROGRAMS.search(it)
    ]
    if programs and _fills_directories(members, programs):
        return None
    if any(_takes_installed_file(it, outputs) for it in members) or any(map(_makes_other_image, members)):
        return None
    if any(map(_fetches_packages, members)) and not all(any(holds(it, path) for it in outputs) for path in taken):
        return None
    makers = before.cached(_makers_of_native_files)
    if makers and not makers.isdisjoint(members):
        return None
    if any(
        it.use.toolchain is NODE and compiles_for_its_machine(it.invocation, recognize)
        for stage in members
        for it in stage.commands(Effect.BUNDLE)
    ):
        return None
    quality = _safety_of_files(before, after)
    is_harmless = all(map(_is_harmless_stage, members)) and all(it.copied_paths for it in consumers_outside(members))
    is_harmless = is_harmless and not _takes_directory_of_scripts(members) and not _takes_package(members)
    is_harmless = is_harmless and not _starts_bundled_program(before, members)
    is_harmless = is_harmless and not any(map(contains_architecture, taken))
    # What a tool writes, its project knows.
    return quality if (is_harmless and not tools) or quality is None else Safety.SUGGESTION


_OF_PROGRAMS: Final = lazy_regex(r"(?:^|[/_.-])s?bin(?:/[^/]*)?/?$")
"""The path of a directory of programs, or of a file in one: `/envtest-bin`, `/usr/local/bin/tool`."""


def _makes_other_image(stage: Stage) -> bool:
    """True if a stage that this build does not need runs what makes files for another one: no plan tells for which machine its compiler would make them."""
    return not stage.is_needed and bool(stage.runs) and bool(stage.copied_elsewhere)


_OF_SYSTEM: Final = lazy_regex(r"/(?:usr/(?:local/)?)?(?:s?bin|lib(?:32|64|exec)?)(?:/.*)?")
"""A path below the directories of programs and libraries of a system."""


_OF_IMAGE: Final = lazy_regex(r"/(?:usr/)?(?:s?bin|lib(?:32|64|exec)?)(?:/.*)?|/usr/local/go(?:/(?:bin|pkg)(?:/.*)?)?")
"""A path below the directories in which an image has its programs and libraries, or those of Go."""


def _takes_installed_file(stage: Stage, outputs: Collection[str]) -> bool:
    """True if a stage that this build does not need copies a program or library of the system, which the image, a package or a download of a stage has brought."""
    installs = stage.commands(Effect.INSTALL, Effect.DOWNLOAD)
    # The working directory of an image is unknown, and `/` holds what it has.
    written = [path for one in stage.ancestry for it in one.instructions for path in it.destinations if path != "/"]
    paths = [
        it
        for it in stage.copied_elsewhere
        if (installs and _OF_SYSTEM.fullmatch(it))
        or (_OF_IMAGE.fullmatch(it) and not is_for_all(it) and not any(holds(one, it) for one in written))
    ]
    return not all(any(holds(path, it) or holds(it, path) for it in outputs) for path in paths)


def _fetches_packages(stage: Stage) -> bool:
    """True if a stage downloads packages of its distribution as files, which another command may unpack anywhere: `apt-get download`, `apk fetch`."""
    return any(it.use.toolchain is COMMON and it.use.may_differ for it in stage.commands(Effect.INSTALL))


def _fills_directories(members: Iterable[Stage], paths: Iterable[str]) -> bool:
    """True if an option of an unknown program names one of these paths: it may fetch programs for the machine on which it runs (`setup-envtest use --bin-dir /bin`)."""
    paths = {it.rstrip("/") for it in paths}
    return any(
        it.rstrip("/") in paths
        for stage in members
        for run in stage.runs
        for command in run.commands
        if (command.use is None or command.use.effect is Effect.UNKNOWN) and not is_nothing(command.syntax)
        for it in _values_of_options(command)
    )


def _values_of_options(command: Command) -> Iterator[str]:
    """The words after options, as paths, and the texts after `=` in options."""
    for before, word in pairwise(command.syntax.words):
        if before.text.startswith("-") and "=" not in before.text:
            yield from command.invocation.paths(word)
    yield from (it.partition("=")[2] for it in command.syntax.arguments if it.startswith("-"))


def _makers_of_native_files(ctx: RuleContext) -> frozenset[Stage]:
    """The stages that make addons of Node.js, or programs with Node.js inside, for the machine on which they run."""
    return frozenset(
        stage
        for stage in ctx.build.stages
        if any(makes_native_files(it.invocation) for run in stage.runs for it in run.commands)
    )


_PACKAGE: Final = lazy_regex(r".*(?:\.(?:appimage|deb|exe|node|rpm|snap|so)|/linux-(?:\w+-)?unpacked/?)", re.IGNORECASE)
"""Paths of programs for one machine among the output of scripts of npm. Source: electron.build, "Linux"; nodejs.org, "C++ addons"."""


def _takes_package(members: Iterable[Stage]) -> bool:
    """True if a file that other stages take from ones with a bundler, or with packages of npm, is, by its name, a program for one machine."""
    members = tuple(members)
    commands = (it for stage in members for it in stage.commands(Effect.BUNDLE, Effect.INSTALL))
    uses_node = any(it.use.toolchain is NODE for it in commands)
    taken = (path for it in consumers_outside(members) for path in it.copied_paths)
    return uses_node and any(_PACKAGE.fullmatch(it) for it in taken)


def _starts_bundled_program(ctx: RuleContext, members: Iterable[Stage]) -> bool:
    """True if the image starts a file that a script of npm may have made in one of these stages, and that no interpreter reads."""
    starting = ctx.build.starting
    words = starting.node.arguments[:1] if starting is not None and isinstance(starting.node, Cmd | Entrypoint) else ()
    program = words[0].text.partition(" ")[0].strip("\"'") if words else ""
    if not program or _OF_INTERPRETER.search(program):
        return False
    indices = {it.idx for it in members}
    return any(
        origin.stage in indices and origin.use is not None and origin.use.toolchain is NODE
        for artifact in ctx.build.artifacts.all
        if holds(artifact.path, program) or _is_command(artifact.path, program)
        for origin in artifact.origins
    )


def _is_command(path: str, name: str) -> bool:
    """True if a file is in a directory of programs and is called by its name alone."""
    directory, base = posixpath.split(path)
    return base == name and posixpath.basename(directory) in ("bin", "sbin")


_OF_INTERPRETER: Final = lazy_regex(r"\.(?:[cm]?js|sh|bash|py)$")


def _takes_directory_of_scripts(members: Iterable[Stage]) -> bool:
    """True if other stages take a directory in which a script of npm runs, or may take packages from one that only the image names.

    Such a directory holds whatever the script writes beside its output: packages, native code.
    """
    members = tuple(members)
    taken = [path for it in consumers_outside(members) for path in it.copied_paths]
    commands = [
        it for stage in members for it in stage.commands(Effect.BUNDLE, Effect.INSTALL) if it.use.toolchain is NODE
    ]
    return _takes_package_of_workspace(members, commands, taken) or any(
        bool(command.use.outputs) and not all(it.working_directory for it in command.run.scopes)
        if command.use.effect is Effect.INSTALL
        else any(holds(path, directory) for path in taken for directory in command.invocation.directories)
        for command in commands
    )


def _takes_package_of_workspace(
    members: Iterable[Stage], commands: Iterable[KnownCommand], taken: Collection[str]
) -> bool:
    """True if other stages take a directory of a package of a workspace, into which an installation above it may write `node_modules`."""
    roots = {it for one in commands if one.use.effect is Effect.INSTALL for it in one.invocation.directories}
    manifests = ("package.json", "package*.json")
    packages = {it for stage in members for one in stage.instructions for it in _copied(one, manifests)}
    if any(it != root and holds(root, it) and holds(path, it) for root in roots for it in packages for path in taken):
        return True
    context_holds = next((it.build.workspace.holds for it in members), None)
    copied = {it for stage in members for one in stage.instructions for it in _copied(one, (".", "./"))}
    return context_holds is not None and any(
        path != root and holds(root, path) and context_holds(posixpath.relpath(f"{path}/package.json", root))
        for root in roots & copied
        for path in taken
    )


def _copied(instruction: Instruction, names: Collection[str]) -> Iterator[str]:
    """The absolute directories into which an instruction copies files of the build context with one of these base names, or a directory with such a path."""
    node = instruction.node
    if not isinstance(node, Copy) or node.source_stage is not None or node.destination is None:
        return
    if not any(it.text in names or posixpath.basename(it.text) in names for it in node.sources):
        return
    for destination in dict.fromkeys(instruction.expanded(node.destination.text)):
        for directory in instruction.directories if destination is not None else ():
            path = clean(posixpath.join(directory, destination or ""))
            yield posixpath.dirname(path) if posixpath.basename(path) == "package.json" else path


def _has_tool_of_target(before: RuleContext, members: Iterable[Stage]) -> bool:
    """True if the stages download something for their target that no image contains: a compiler for their own machine."""
    return any(
        not before.build.artifacts.made_by(it.invocation) and any(map(it.depends_on_platform, it.syntax.words[1:]))
        for stage in members
        for it in stage.commands(Effect.DOWNLOAD)
    )


def _has_packages_of_target(after: RuleContext, members: Iterable[Stage]) -> bool:
    """True if moved stages copy `node_modules` from a stage that was not moved, whose native addons fail in them."""
    return _take_target_packages(after.build, {it.idx for it in members})


def takes_target_packages(stage: Stage) -> bool:
    """True if a stage or an ancestor copies `node_modules` from a stage for the target, so that it cannot move alone."""
    return _take_target_packages(stage.build, {it.idx for it in stage.ancestry})


def _take_target_packages(build: Build, members: set[int]) -> bool:
    """True if stages, given by their numbers, copy `node_modules` from another stage that runs for the target."""
    return any(
        consumer.stage is not None and consumer.stage.idx in members and _takes_node_modules(consumer)
        for stage in build.stages
        if not stage.is_native and stage.idx not in members
        for consumer in stage.consumers
    )


def _takes_node_modules(instruction: Instruction) -> bool:
    return any(posixpath.basename(it.rstrip("/")) == "node_modules" for it in instruction.copied_paths)


def takes_along_packages(ctx: RuleContext, stage: Stage) -> bool:
    """True if the image takes packages from a stage, or from one on it, that would not suit it, had the stage run on the build machine."""
    members = {it.idx for it in stage.family}
    return any(
        origin.stage in members
        and (origin.is_certain or _OF_DISTRIBUTION.fullmatch(artifact.source) is not None or not _is_of_system(origin))
        and origin.machine is Machine.TARGET
        and origin.use is not None
        and origin.use.effect is Effect.INSTALL
        and not _may_suit(ctx, artifact, origin)
        for artifact in ctx.build.artifacts.all
        for origin in artifact.origins
    )


_OF_DISTRIBUTION: Final = lazy_regex(
    r"(?:/usr)?/(?:lib\w*|libexec|s?bin)(?:/(?!local)[\w.+*/-]*(?:-linux-|\.so)[\w.+*/-]*)?/?"
)
"""Paths that a package of a distribution may have written: its directories of programs and libraries, and a library. Another program there may be the project's."""


def _is_of_system(origin: Origin) -> bool:
    return origin.use is not None and origin.use.toolchain is COMMON


def carries_packages(before: RuleContext, after: RuleContext) -> bool:
    """True if after an edit packages of npm, which may have native code, are installed on the build machine for the image."""
    lost = losses(before.build.artifacts, after.build.artifacts)
    origins = (origin for it in after.build.artifacts.all if it.path in lost for origin in it.origins)
    return any(
        it.use is not None and it.use.effect is Effect.INSTALL and it.machine is not Machine.NEUTRAL for it in origins
    )


def _safety_of_files(before: RuleContext, after: RuleContext) -> Safety | None:
    """SAFE if each file suits its image as well as before, SUGGESTION if a person can decide that, else None."""
    lost = losses(before.build.artifacts, after.build.artifacts)
    if not lost:
        return Safety.SAFE
    doubtful = [
        (it, origin)
        for it in after.build.artifacts.all
        if it.path in lost
        for origin in it.origins
        if origin.machine not in (Machine.NEUTRAL, Machine.TARGET) and not origin.is_from_context
    ]
    return Safety.SUGGESTION if all(_may_suit(after, *it) for it in doubtful) else None


_COMPILER_IMAGE: Final = lazy_regex(
    r"(?:^|/)(?:clang|crystal|gcc|ghc|go|golang|haskell|nim|ocaml|rust|swift|zig)(?:[-:@]|$)"
)
"""The name of an image whose compiler makes programs for a machine."""


def _may_suit(ctx: RuleContext, artifact: Artifact, origin: Origin) -> bool:
    """True if files from the build machine may still suit the image.

    A script may compile nothing if no compiler is there for it. A bundler includes only the npm packages that a
    program uses, which rarely have native code; among all packages of a project some usually have.
    """
    use = origin.use
    is_script = use is None or use.effect in (Effect.EXECUTE, Effect.UNKNOWN)
    if is_script and origin.machine is Machine.UNKNOWN and origin.instruction is not None:
        stage = ctx.build.stages[origin.stage]
        is_compiled = any(it.use is not None and it.use.effect is Effect.COMPILE for it in artifact.origins)
        # What no known compiler makes in the image of one, an unknown program compiles: `builder --config=manifest.yaml`.
        is_by_program = not is_compiled and _COMPILER_IMAGE.search(stage.image_name) is not None
        may_compile = is_by_program or origin.maker in _BUILDING or _has_c_compiler(stage)
        return not may_compile and not _has_native_packages(stage)
    if use is None:
        return False
    if use.effect is Effect.INSTALL:
        workspace = use.invocation.workspace
        may_be_neutral = workspace.has_native_packages is None and not workspace.may_take_native_packages
        return has_traced_packages(artifact.source) and use.toolchain is NODE and may_be_neutral
    return use.effect in (Effect.COMPILE, Effect.DOWNLOAD) and origin.machine is Machine.UNKNOWN


def _is_harmless_stage(stage: Stage) -> bool:
    # The use of an unneeded stage in another build is unknown. An argument may name any image.
    image = stage.from_.image
    is_known = image is not None and not image.text.startswith("$")
    return is_known and stage.is_needed and all(map(is_harmless, stage.instructions))


def is_harmless(instruction: Instruction) -> bool:
    """True if an instruction may run on another machine: it starts nothing of the project, and takes nothing from the target's images."""
    node = instruction.node
    if isinstance(instruction, Run):
        return _is_harmless_run(instruction)
    if isinstance(node, Copy) and node.source_stage is not None:
        return all(is_for_all(it.text) for it in node.sources) or _copies_neutral_files(instruction)
    return not isinstance(node, Onbuild)


def _copies_neutral_files(copy: Instruction) -> bool:
    """True if a COPY takes what suits every machine, such as the output of a bundler, and so no program that the stage could run."""
    copied = copy.build.artifacts.copied(copy.idx)
    return bool(copied) and all(
        bool(origins) and all(it.suits_every_machine for it in origins) for _source, origins in copied
    )


def _is_harmless_run(run: Run) -> bool:
    if any("from=" in it.value.text for it in run.node.flags if it.value is not None):
        # A mounted image is the target's: on the build machine its programs would no longer run.
        return False
    if run.script.has_errors or not run.script.commands:
        return False
    uses = [it.use for it in run.commands if not is_nothing(it.syntax)]
    return (
        all(it is not None and it.effect in _HARMLESS and not it.may_differ for it in uses)
        and not any(_names_machine(run, it) or _may_package(it) for it in run.known_commands)
        and not any(_takes_program_of_system(it) or sources_unknown_file(it.invocation) for it in run.commands)
    )


_PACKAGING: Final = lazy_regex(
    r"(?:^|[:_-])(?:app-?image|bin|binary|deb|electron|exe|linux|native|pkg|rpm|sea|standalone|tauri|arm64|x64|amd64|armv7l)(?:$|[:_-])"
)
"""Parts of names of scripts that make a program for one machine."""


def _may_package(command: KnownCommand) -> bool:
    """True if a script of a package.json may write files for its own machine: by its commands, or if they are unknown, by its name."""
    if (
        command.use.toolchain is not NODE
        or command.use.effect is not Effect.BUNDLE
        or starts_bundler(command.invocation)
    ):
        return False
    is_portable = writes_for_every_machine(command.invocation, recognize)
    if is_portable is not None:
        return not is_portable
    # In a known project, a script that is not read is one of another package.
    return bool(command.invocation.workspace.scripts) or _PACKAGING.search(command.use.title) is not None


_SELECTING: Final = frozenset({"awk", "cut", "gawk", "grep"})


def _names_machine(run: Run, command: KnownCommand) -> bool:
    """True if the output of `go version`, whose fourth word is the machine (`go help version`), is used, perhaps in a program of the image."""
    is_used = command.syntax.is_substitution or command.syntax.is_piped
    if command.use.toolchain is not GO or command.invocation.subcommand != "version" or not is_used:
        return False
    readers = [it for it in run.script.commands if it.input is command.syntax]
    return not readers or any(it.name not in _SELECTING or any("4" in one for one in it.arguments) for it in readers)


def _takes_program_of_system(command: Command) -> bool:
    """True if a command copies a program of its image to where a compiler may put it into its output; not one that the stage has compiled there."""
    stage = command.run.stage
    made = set() if stage is None else outputs_of(compilers(stage.ancestry))
    taken = programs_taken(command.invocation)
    return taken is None or any(not any(holds(it, path) for it in made) for path in taken)


def _runs(command: Command, outputs: set[str]) -> bool:
    """True if a command runs a program compiled in the stage, or would fail on one for another machine."""
    if command.use is not None and command.use.is_for_own_machine:
        return any(
            fnmatchcase(it, path)
            for word in command.syntax.words[1:]
            for path in command.invocation.paths(word)
            for it in outputs
        )
    program = command.syntax.words[0].text if command.syntax.words else ""
    paths = command.invocation.paths(command.syntax.words[0]) if "/" in program else ()
    if any(holds(it, path) and path != it for path in paths for it in outputs):
        # `dotnet publish -o out` writes a program of an unknown name into a directory.
        return True
    name = posixpath.basename(program)
    return any(
        posixpath.basename(it) == name and ("/" in program or posixpath.basename(posixpath.dirname(it)) == "bin")
        for it in outputs
        if name
    )


def n_foreign_programs_run(build: Build) -> int:
    """The number of commands on the build machine that run what a stage there has compiled for another architecture, or read its code."""
    return sum(map(_n_foreign_in, build.native_stages))


def _n_foreign_in(stage: Stage) -> int:
    crossing = [it for it in compilers(stage.ancestry) if it.use.outputs and _is_cross(it)]
    copied = _foreign_programs_copied(stage)
    if not crossing and not copied:
        return 0
    first = min((*(it.range.start for it in crossing), *copied.values()))
    outputs = outputs_of(crossing) | {*copied}
    return sum(it.range.start > first and _runs(it, outputs) for run in stage.runs for it in run.commands)


def _foreign_programs_copied(stage: Stage) -> dict[str, int]:
    """The paths to which a COPY of a stage brings what other native stages have compiled for another architecture, each with the offset of the COPY."""
    copied: dict[str, int] = {}
    for instruction in stage.instructions:
        node = instruction.node
        source = node.source_stage if isinstance(node, Copy) else None
        maker = None if source is None or source.value is None else instruction.stage_named(source.value)
        if maker is None or not maker.is_native or not isinstance(node, Copy) or node.destination is None:
            continue
        outputs = outputs_of(it for it in compilers(maker.ancestry) if _is_cross(it))
        ends = "/" if node.destination.text.endswith("/") else ""
        for path in outputs:
            for _token, one in instruction.copied_files:
                if is_covered(one, path):
                    copied.update(
                        (moved(path, one, it + ends), instruction.range.start) for it in instruction.destinations
                    )
    return copied


def _is_cross(command: KnownCommand) -> bool:
    machines = zip(command.use.architectures, command.invocation.step_platforms, strict=False)
    return any(compiled_for not in (None, it.architecture) for compiled_for, it in machines)
