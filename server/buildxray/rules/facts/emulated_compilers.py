"""The commands that compile, or may compile, under emulation."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Final

from buildxray.platforms.platform import Platform
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import context_paths
from buildxray.rules.facts.intended import names_one_architecture
from buildxray.rules.facts.portability import installs_c_compiler, makes_php_extension, movable
from buildxray.rules.facts.project_scripts import project_script
from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.go import GO
from buildxray.toolchains.node import plain_programs
from buildxray.toolchains.scripting import compiles_extensions

_COMPILER_IMAGE: Final = lazy_regex(
    r"/(?:buildpack-deps|clang|gcc|go|go-toolset|golang|gradle|haskell|maven|node|rust|sbt|swift|dotnet/sdk)(?:[:@]|$)"
)
_INTERPRETER_IMAGE: Final = lazy_regex(r"/(?:perl|php|pypy|python|ruby)(?:[:@]|$)")
"""Images in which a C compiler is for packages with native code, and a script that builds makes a package of the language."""
_BUILDING_TOOLS: Final = frozenset({"gmake", "make", "ninja", "samu"})
_OTHER_GOALS: Final = frozenset(
    {
        "--help",
        "--version",
        "check",
        "clean",
        "deps",
        "distclean",
        "doc",
        "docs",
        "fmt",
        "help",
        "html",
        "lint",
        "test",
        "vendor",
    }
)
_BUILD_ARGUMENT: Final = lazy_regex(r"(?:\S*[/.]\S+\s+)?(?:build|compile)(?:\s.*)?")
"""The arguments of a script that builds: `build -r`, `hyperbole.py build -r`."""
_BUILDING: Final = lazy_regex(r"\b(?:bazel|build|compile|just|mage|make|ninja|task)")


def only_emulated(commands: Iterable[KnownCommand]) -> list[KnownCommand]:
    """Those of some commands that this build runs under emulation for at least one target."""
    return [
        command
        for command in commands
        if emulated_targets([command]) and not command.is_skipped and not _starts_no_compiler(command)
    ]


def _starts_no_compiler(command: KnownCommand) -> bool:
    """True if a script of package.json, by its name one that builds, only starts programs of the project that no bundler seems to be a part of."""
    files = plain_programs(command.invocation) if command.use.effect is Effect.BUNDLE else ()
    find = command.run.build.workspace.texts
    if find is None:
        return bool(files)
    paths = [
        path
        for file in files
        for directory in command.invocation.directories
        for path, _copied in context_paths(command, file, directory)
    ]
    return bool(files) and not any(_OF_BUNDLERS.search(text) for path in paths for text in find(path))


_OF_BUNDLERS: Final = lazy_regex(
    r"(?i)babel|browserify|build\(|child_process|compile|esbuild|execa|parcel|rollup|swc|terser|typescript|uglify|vite|webpack|zx"
)
"""What a program that bundles, or that starts others, mentions."""


def emulated_targets(commands: Iterable[KnownCommand]) -> list[Platform]:
    """The targets for which one of these commands runs under emulation; a branch may exclude targets."""
    emulated: dict[Platform, None] = {}
    for command in commands:
        of_steps = {target for step in command.run.steps if step.is_emulated for target in step.targets}
        # A build without a base image stops before it runs anything.
        of_steps -= command.run.build.impossible_targets
        emulated.update(dict.fromkeys(it for it in command.targets if it in of_steps))
    return list(emulated)


def stages_to_move(ctx: RuleContext) -> dict[Stage, list[KnownCommand]]:
    """The stages to change, each with what it and the stages on it compile under emulation."""
    compiling = {stage: commands for stage in ctx.build.needed_stages if (commands := emulated_compilers(ctx, stage))}
    joined: dict[Stage, list[KnownCommand]] = {}
    for stage, commands in compiling.items():
        # The root of a stage determines its platform: one cause is one finding.
        owner = [it for it in stage.ancestry if it in compiling][-1]
        root = owner.root
        if root is not None and not root.is_image:
            # Stages on a root of their own move together.
            owner = next(it for it in compiling if it.root is root)
        joined.setdefault(owner, []).extend(commands)
    return joined


def emulated_compilers(ctx: RuleContext, stage: Stage) -> list[KnownCommand]:
    """The commands of a stage that compile under emulation; if there are none, generators and scripts that may compile."""
    if stage.is_image or stage.is_native or stage.from_.image is None or names_one_architecture(stage.ancestry[-1]):
        return []
    commands = only_emulated(movable(stage, stage.commands(Effect.COMPILE, Effect.BUNDLE)))
    if not ctx.has_intent and any(it.use.is_targeted and it.use.wrong_targets for it in commands):
        # `GOARCH=amd64 go build`: the file is for one architecture.
        return []
    if commands or makes_php_extension(stage) or not (ctx.has_intent or ctx.build.workspace.has_unread_builds):
        # A guess about unmentioned platforms is useless.
        return commands
    return only_emulated(_generators(stage)) or only_emulated(_building_scripts(ctx, stage))


def _installing_extensions(stage: Stage) -> Iterator[KnownCommand]:
    """The commands of a stage that install extensions of PHP, which are compiled: `docker-php-ext-install`, `pecl install`."""
    return (it for it in stage.commands(Effect.INSTALL) if compiles_extensions(it.invocation))


def _made_after_phpize(stage: Stage) -> Iterator[KnownCommand]:
    """Yield the first `make` after each `phpize` of a stage, which compiles an extension of PHP."""
    for run in stage.runs:
        is_prepared = False
        for it in run.commands:
            if it.name == "phpize":
                is_prepared = True
            elif is_prepared and isinstance(it, KnownCommand) and it.name in _BUILDING_TOOLS:
                is_prepared = False
                yield it


def emulated_for_own_machine(ctx: RuleContext) -> list[KnownCommand]:
    """The commands that compile under emulation and only for their own machine: extensions of PHP, `swift build`."""
    return only_emulated(
        it
        for stage in ctx.build.needed_stages
        for it in (*_installing_extensions(stage), *_made_after_phpize(stage), *_compilers_for_own_machine(stage))
        if not names_one_architecture(stage.chain[0])
    )


def _compilers_for_own_machine(stage: Stage) -> list[KnownCommand]:
    """The commands of a stage that compile and have no option for another machine."""
    return [it for it in stage.commands(Effect.COMPILE) if it.use.is_native_only]


def building_tools(stage: Stage) -> list[KnownCommand]:
    """`make` and similar tools in a stage with a C compiler, because their effect depends on the project."""
    if not _has_c_compiler(stage):
        return []
    tools = [it for it in stage.commands(Effect.UNKNOWN) if it.name in _BUILDING_TOOLS]
    return [
        it
        for it in tools
        if _OTHER_GOALS.isdisjoint(it.syntax.arguments) and _compiles(it) is not False and not _makes_small_program(it)
    ]


_SMALL: Final = lazy_regex(r"(?:catatonit|dumb-init|su-exec|tini)(?:-static)?(?:\.git)?/?")
"""Programs of one or two files of C, which are compiled in a second on any machine. Source: their repositories."""


def compiling_scripts(stage: Stage) -> list[KnownCommand]:
    """The scripts of the project that a stage runs and that surely compile for their own machine; `make` is one of `building_tools`."""
    return [it for it in stage.commands(Effect.UNKNOWN) if it.name not in _BUILDING_TOOLS and _compiles(it)]


def _makes_small_program(command: KnownCommand) -> bool:
    """True if `make` is in the checkout of a small program, or makes one by its goal, and its RUN clones no other."""
    cloned = [it.syntax.arguments for it in command.run.commands if it.name == "git" and "clone" in it.syntax.arguments]
    addresses = [word for words in cloned for word in words if "/" in word and ("://" in word or "@" in word)]
    names = {posixpath.basename(it.rstrip("/")) for it in addresses}
    goals = [it for it in command.syntax.arguments if not it.startswith("-") and "=" not in it and not it.isdigit()]
    is_small = bool(goals) and all(map(_SMALL.fullmatch, goals))
    return all(map(_SMALL.fullmatch, names)) and (is_small or bool(names))


def _compiles(command: KnownCommand) -> bool | None:
    """True if the script or the recipes that a command runs compile for their own machine; False if they surely do not; None if that is unknown."""
    script = project_script(command)
    return None if script is None else script.compiles


def _has_c_compiler(stage: Stage) -> bool:
    """True if a C compiler is in the stage: by its image, or as a package."""
    return _COMPILER_IMAGE.search(stage.image_name) is not None or installs_c_compiler(stage)


def _building_scripts(ctx: RuleContext, stage: Stage) -> list[KnownCommand]:
    """Scripts and tools with names that suggest building, in a stage on the image of a compiler.

    If the file or a build names several platforms, the arguments count too (`python tools.py build`), and an installed
    C compiler suggests what `make` compiles. A script that is given `GOARCH` cross-compiles already.
    """
    is_for_c = (
        ctx.asks_for_several and installs_c_compiler(stage) and _INTERPRETER_IMAGE.search(stage.image_name) is None
    )
    if not _COMPILER_IMAGE.search(stage.image_name) and not is_for_c:
        # What a script of the project compiles is known from its text alone.
        return [it for it in stage.commands(Effect.UNKNOWN) if ctx.asks_for_several and _compiles(it)]
    return [
        it
        for it in stage.commands(Effect.UNKNOWN, Effect.EXECUTE)
        if (
            it.use.effect is Effect.UNKNOWN
            and (any(_BUILDING.search(posixpath.basename(one)) for one in it.title.split()) or _compiles(it))
        )
        or (ctx.asks_for_several and _BUILD_ARGUMENT.fullmatch(" ".join(it.syntax.arguments)))
        if not it.invocation.setting("GOARCH").is_set and _OTHER_GOALS.isdisjoint(it.syntax.arguments)
        if it.use.effect is not Effect.UNKNOWN or _compiles(it) is not False
        if it.name not in _BUILDING_TOOLS or not _makes_small_program(it)
    ]


def _generators(stage: Stage) -> list[KnownCommand]:
    """`go run ./cmd/docs > docs.html`: a program that is compiled and run here, and whose output is copied from here."""
    return [
        it
        for it in stage.commands(Effect.EXECUTE)
        if it.use.toolchain is GO and it.invocation.subcommand in ("generate", "run")
    ]
