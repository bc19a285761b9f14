"""A compiler runs under emulation although it could run on the build machine."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from buildxray.localization import _, ngettext
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.failing_builds import build_stops
from buildxray.rules.facts.intended import names_one_architecture
from buildxray.rules.facts.portability import (
    installs_c_compiler,
    makes_php_extension,
    movable,
    needs_c,
    takes_along_packages,
    takes_target_packages,
)
from buildxray.rules.facts.purpose import is_example
from buildxray.rules.fixing.cross_compile import OwnRoot, cross_compile, root_of_its_own, with_own_root
from buildxray.rules.fixing.split_stage import split_stage
from buildxray.rules.fixing.xx_advice import advice, may_fail, needs_target_machine
from buildxray.rules.wording import listed
from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.syntax.instructions import Cmd, Copying, Entrypoint
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.c import C
from buildxray.toolchains.common import REMOVING
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO
from buildxray.toolchains.node import NODE, removes_development_packages
from buildxray.toolchains.rust import RUST
from buildxray.toolchains.scripting import SCRIPTING, compiles_extensions

_COMPILER_IMAGE: Final = lazy_regex(
    r"/(?:buildpack-deps|clang|gcc|go|go-toolset|golang|gradle|haskell|maven|node|rust|sbt|swift|dotnet/sdk)(?:[:@]|$)"
)

_INTERPRETER_IMAGE: Final = lazy_regex(r"/(?:perl|php|pypy|python|ruby)(?:[:@]|$)")
"""Images in which a C compiler is for packages with native code, and a script that builds makes a package of the language."""

_BUILDS_OR_TESTS: Final = lazy_regex(
    r"""(?<![\w./-])(?:cargo|dotnet|go|make|mvn|mvnw|gradle|gradlew)["',\s]+(?:\S*\s+)*?["']?(?:bench|build|check|run|test|verify|watch)\b"""
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


@rule(
    Severity.WARNING,
    Severity.INFORMATION,
    FixAvailability.SOMETIMES,
    about=[Effect.COMPILE, Effect.BUNDLE, Effect.EXECUTE, Effect.INSTALL, Effect.UNKNOWN],
)
def emulated_build(ctx: RuleContext) -> Iterator[Finding]:
    """A stage compiles under emulation what it could compile on the build machine.

    ## What it does
    Looks for stages that are built for the target platform, are needed for the image without being it, and run a compiler that can
    produce code for other architectures. A file whose only stage compiles the project and is the image gets information at the
    compiler; if it has no CMD or ENTRYPOINT, such as a base for other images, only if several platforms are requested.

    ## Why it matters
    Without `--platform`, a stage is pulled and run for the target platform. On another build machine, each of its RUN steps executes
    under QEMU, five to ten times slower for a compiler, although the compiler could produce the same binary natively.

    ## Example
    ```dockerfile
    FROM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    RUN CGO_ENABLED=0 go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    The fix is safe where `CGO_ENABLED=0` reaches the compiler, or, in an official image, the Go sources beside the Dockerfile need no C
    compiler, where the stage runs nothing that could behave differently on the build machine, and where only compiled files, or files
    for every architecture, are copied out of it. Of a script in the package.json beside the Dockerfile or in its context each command has
    to be a known bundler, or a program that writes the same files on each machine. Otherwise it is a suggestion, and so it is if a
    comment above the FROM speaks of emulation or of native builds. No fix is offered for `CGO_ENABLED=1`, which needs a C
    cross compiler, nor for `go install`, which writes binaries for other platforms to another directory, nor for a script that makes a
    program or an addon for its machine (`pkg .`, `node-gyp rebuild`).

    "Split into build and run stage" is a suggestion: it copies the files that the command of the image names and directories of the build
    context such as `templates` and `migrations`; check whether the program opens other files too. The fix is not offered if
    the stage installs packages, makes users or other files, or checks its health with a program that the new image lacks.

    ## Limits
    If one build uses a machine for each platform, nothing is emulated. The finding then is information on how many machines the
    compiler runs. No fix is offered then: cross-compiling saves time only if one machine then builds for all platforms. If each platform has
    its own job on its own machine, nothing is reported: these jobs run at the same time, and one of them would take as long alone.

    If a build asks for several platforms, but no file tells its machine (`runs-on: ${{ vars.RUNNER }}`), the finding is information, and its
    message names the machine for which it holds.

    Nor is a file into which, or into a copy of which, a Makefile or script beside it writes `--platform` before it builds for other
    platforms, unless another build names several.

    A file for development or tests by its path (`Dockerfile.dev`, `e2e/Dockerfile`) is not reported unless several platforms are
    requested. Nor is one in a directory of examples that mentions no platforms, if the project builds other files for several.

    If neither the Dockerfile nor its project names platforms, `linux/amd64` and `linux/arm64` are checked, and the message says that it
    holds if you build for them. In a repository with workflows, or whose files declare builds, such a Dockerfile is not reported unless one
    of the builds asks for several. Nor is an image that keeps its compiler, even if it mentions platforms. Nor is one that is probably for
    its own machine: the file names one architecture, its image is built on one for a kind of machine (`balenalib/raspberrypi3-debian`), or it is
    for graphics processors (CUDA, ROCm). Nothing is emulated for a platform
    for which a base image is known not to exist.

    Where no edit cross-compiles C, C++ or Rust, the message has the steps for tonistiigi/xx, but only on official images and if nothing else
    has to change, as far as the text tells: not with plugins of Cargo, tools or libraries that the stage compiles for itself, packages whose
    programs belong to their libraries (Qt, gRPC), a `configure` that Autoconf has not made, programs that the stage copies from another
    stage or image for the target, or another user than root. For a project of C or C++ that a build tool compiles they are a condition: it
    may not support Clang or another machine.

    If several platforms are requested and nothing else of the file is reported, extensions of PHP that are compiled
    (`docker-php-ext-install`, `pecl install`, `phpize` and `make`) are information.

    The effect of `make` and of scripts of the project is unknown. If the file or its project mentions several platforms, information
    says that they may compile on the image of a compiler; if these platforms are requested, also in a stage that installs a C
    compiler. Otherwise they are not reported.
    """
    if _is_useless(ctx):
        return
    in_image = [] if ctx.build.workspace.is_for_one_platform else [*_in_image(ctx)]
    yield from in_image
    stages = _stages(ctx)
    for stage, commands in stages.items():
        yield _finding(ctx, stage, commands)
    yield from _on_several_machines(ctx)
    if ctx.asks_for_several and not in_image and not stages:
        yield from _of_php_extensions(ctx)


def stages_with_way(ctx: RuleContext) -> Iterator[Stage]:
    """The stages that the rule reports with an edit or with steps that surely make them compile on the build machine."""
    stages = {} if _is_useless(ctx) else _stages(ctx)
    return (stage for stage, commands in stages.items() if _has_way(ctx, stage, commands))


def _is_useless(ctx: RuleContext) -> bool:
    """True if nobody waits for emulation in a build of this file, as far as its project tells."""
    if build_stops(ctx.build):
        return True
    if ctx.is_for_one_machine:
        return True
    if ctx.assumes_platforms and _is_for_its_machine(ctx):
        return True
    workspace = ctx.build.workspace
    if workspace.recipe_sets_platform and not ctx.asks_for_several:
        # What the Makefile or script writes is what is built for other platforms.
        return True
    is_shown_only = workspace.has_unread_builds and not ctx.has_intent and is_example(workspace.dockerfile)
    # People build and run it on their own machine, without emulation.
    return ctx.is_for_helping or is_shown_only or ctx.may_have_own_machines


def _stages(ctx: RuleContext) -> dict[Stage, list[KnownCommand]]:
    """The stages to change, each with what it and the stages on it compile under emulation."""
    compiling = {stage: commands for stage in ctx.build.needed_stages if (commands := _compiling(ctx, stage))}
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


def _is_for_its_machine(ctx: RuleContext) -> bool:
    """True if a file whose builds nobody knows is probably for one architecture: it names one, or is for the graphics processors of servers."""
    named = {architecture for *_, architecture in named_architectures(ctx.text)}
    return len(named) == 1 or any(_FOR_GPU.search(it.image_name) for it in ctx.build.needed_stages)


_FOR_GPU: Final = lazy_regex(r"/(?:nvidia|nvcr\.io|rocm)/|nvcr\.io/|[/:-]cuda[\d:.-]|-gpu\b")


def _compiling(ctx: RuleContext, stage: Stage) -> list[KnownCommand]:
    """The commands of a stage that compile under emulation; if there are none, generators and scripts that may compile."""
    if stage.is_image or stage.is_native or stage.from_.image is None or names_one_architecture(stage.ancestry[-1]):
        return []
    commands = _emulated(movable(stage, stage.commands(Effect.COMPILE, Effect.BUNDLE)))
    if not ctx.has_intent and any(it.use.is_targeted and it.use.wrong_targets for it in commands):
        # `GOARCH=amd64 go build`: the file is for one architecture.
        return []
    if commands or makes_php_extension(stage) or not (ctx.has_intent or ctx.build.workspace.has_unread_builds):
        # A guess about unmentioned platforms is useless.
        return commands
    return _emulated(_generators(stage)) or _emulated(_building_scripts(ctx, stage))


class _Place(NamedTuple):
    """Where a stage could run instead."""

    own_root: OwnRoot | None
    """A new FROM on the build machine, if the stage shares its root with the image."""
    is_carrying: bool
    """True if on the build machine the stage would install packages for the wrong machine that the image takes along."""
    is_guess: bool
    """True if it is not known whether the stage compiles."""


def _place(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand]) -> _Place:
    is_guess = all(it.use.effect is Effect.UNKNOWN for it in commands)
    is_tied = is_guess or takes_target_packages(stage)
    is_carrying = not is_tied and takes_along_packages(ctx, stage)
    # What is compiled for the image would have to cross-compile on another root.
    is_tied = is_tied or is_carrying or (any(map(_goes_into_image, commands)) and _needs_machine(ctx, stage, commands))
    own_root = None if is_tied else root_of_its_own(stage)
    return _Place(own_root, is_carrying, is_guess)


def _has_way(ctx: RuleContext, stage: Stage, commands: list[KnownCommand]) -> bool:
    """True if an edit or steps by hand surely move what a stage compiles to the build machine."""
    place = _place(ctx, stage, commands)
    if place.is_guess or place.is_carrying or ctx.build.workspace.recipe_sets_platform:
        return False
    if _fixes(ctx, stage, place.own_root):
        return True
    compiling = _for_other_machines(commands)
    if takes_target_packages(stage) or (place.own_root is None and _shares_image(stage)):
        return False
    if compiling:
        return not may_fail(compiling) and bool(advice(ctx, stage, compiling))
    return place.own_root is not None or _starts_app_host(stage, commands)


def _finding(ctx: RuleContext, stage: Stage, commands: list[KnownCommand]) -> Finding:
    image = stage.from_.image
    assert image is not None, "a stage without an image compiles nothing"
    place = _place(ctx, stage, commands)
    own_root, is_guess = place.own_root, place.is_guess
    fact = _fact(ctx, commands, is_guess=is_guess)
    parts = [_("{fact}, which takes 5 to 10 times as long", fact=fact) + _consequence(stage)]
    if own_root is not None:
        parts.append(_own_root_advice(own_root))
        if any(map(_goes_into_image, commands)):
            parts.append(_("the compiler must then be told the target platform"))
    if place.is_carrying:
        parts.append(
            _(
                "on the build platform it would install packages for the wrong machine, and the image may contain their files"
            )
        )
    if is_guess or place.is_carrying or (own_root is None and _shares_image(stage)):
        parts.append(_by_machine())
    else:
        advised = _advice(ctx, stage, commands)
        if not advised and _must_stay(stage, commands):
            advised = [_by_machine()]
        parts += advised
    starts_app_host = _starts_app_host(stage, commands)
    if starts_app_host:
        parts.append(
            _(
                "on the build platform, the program that the image starts needs `dotnet publish -a $TARGETARCH`, with `ARG TARGETARCH` before it"
            )
        )
    if any(map(_installs_into_image, commands)):
        parts.append(
            _(
                "on the build platform, `GOARCH=$TARGETARCH go install` would write to another directory, such as `bin/linux_arm64`"
            )
        )
    is_written_later = ctx.build.workspace.recipe_sets_platform
    if is_written_later:
        parts.append(_("a Makefile or script writes `--platform` into this file, or into a copy, before the build"))
    is_untold = ctx.is_only_prepared or ctx.build.workspace.machine_is_unknown
    is_doubtful = is_guess or is_written_later or is_untold
    severity = Severity.INFORMATION if is_doubtful else None
    return Finding(
        stage.from_.range_of(image),
        _("; ").join(parts),
        () if is_guess or is_written_later or starts_app_host else partial(_fixes, ctx, stage, own_root),
        tuple(Related(it.title_range, _("`{command}` runs here", command=it.title)) for it in commands),
        severity,
    )


def _advice(ctx: RuleContext, stage: Stage, commands: Iterable[KnownCommand]) -> list[str]:
    """The ways to avoid emulation by hand, where no edit can."""
    compiling = _for_other_machines(commands)
    if needs_target_machine(stage, compiling):
        return [
            _(
                "a machine of the target platform avoids the emulation; cross-compiling is not practical, because such a build runs what it has compiled, or needs settings of its own for each target"
            )
        ]
    steps = advice(ctx, stage, compiling)
    # Where no recipe surely works, people still have machines.
    return [_by_machine(), *steps] if compiling and (not steps or may_fail(compiling)) else steps


def _must_stay(stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if no change of the file makes a stage run on the build machine.

    It copies packages for the target, a stage on it is an image of its own, a compiler writes for its own machine only (`mix release` copies
    the virtual machine of Erlang), or `go install` writes where another machine's programs are refused (`go help install`, GOBIN).
    """
    return (
        takes_target_packages(stage)
        or any(isinstance(it.node, Cmd | Entrypoint) for one in stage.family for it in one.instructions)
        or any(it.use.is_native_only for one in stage.family for it in one.commands(Effect.COMPILE))
        or any(_is_install(it) and _has_gobin(it) for it in commands)
    )


def _by_machine() -> str:
    return _("a machine of the target platform avoids the emulation")


def _needs_machine(ctx: RuleContext, stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if no recipe makes all of these commands cross-compile surely."""
    compiling = _for_other_machines(commands)
    return bool(compiling) and not advice(ctx, stage, compiling)


def _for_other_machines(commands: Iterable[KnownCommand]) -> list[KnownCommand]:
    """The commands that need a cross compiler to compile for another machine."""
    return [it for it in commands if needs_c(it) or (it.use.must_run_on_target and it.use.toolchain in (C, RUST))]


def _shares_image(stage: Stage) -> bool:
    """True if the image is built on the same root as a stage: `--platform` there would make the image native too."""
    return stage.root is not None and stage.root is not stage and stage.root.is_image


def _starts_app_host(stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if the image starts the program that .NET writes beside the IL, which is for the machine of the build, and not `dotnet app.dll`.

    Source: learn.microsoft.com, "UseAppHost".
    """
    programs = stage.build.started_programs
    is_own = any("/" in it and not it.endswith(("/dotnet", ".dll", ".sh")) for it in programs)
    publishing = (it for it in commands if it.use.toolchain is DOTNET and it.use.effect is Effect.BUNDLE)
    return is_own and any(not any("UseAppHost=false" in word for word in it.syntax.arguments) for it in publishing)


def _goes_into_image(command: KnownCommand) -> bool:
    """True if the output of a command is copied into the image, and not only run in its stage."""
    is_known = command.use.effect is Effect.COMPILE and bool(command.use.outputs)
    return is_known and command.way_into_image is not None


def _installs_into_image(command: KnownCommand) -> bool:
    """True for a `go install` that could cross-compile, and whose binary is copied into the image."""
    return _is_install(command) and not _has_gobin(command) and not needs_c(command) and _goes_into_image(command)


def _has_gobin(command: KnownCommand) -> bool:
    return any(it != "" for it in command.invocation.setting("GOBIN").values)


def _is_install(command: KnownCommand) -> bool:
    return command.use.toolchain is GO and command.invocation.subcommand == "install"


def _in_image(ctx: RuleContext) -> Iterator[Finding]:
    """Find a single stage that compiles the project and is the image that is started."""
    stage = ctx.build.target_stage
    if stage is None or stage.is_native or stage.bases or _starts_a_compiler(stage):
        return
    commands = _emulated(
        # The packages of Composer are a part of the program.
        it
        for it in movable(stage, stage.commands(Effect.COMPILE, Effect.BUNDLE))
        if it.use.toolchain is not SCRIPTING
    )
    is_known = commands or not ctx.asks_for_several or makes_php_extension(stage)
    guesses = [] if is_known else _emulated(_building_tools(stage))
    if not commands and not guesses:
        return
    if not _starts_a_program(stage) and not ctx.asks_for_several:
        return
    last = (commands or guesses)[-1].run
    has_sources = any(isinstance(it.node, Copying) and it.idx < last.idx for it in stage.instructions)
    if not has_sources and not (ctx.asks_for_several and _fetches_sources(stage, commands)):
        return
    fact = _fact(ctx, commands or guesses, is_guess=bool(guesses))
    advised = _advice(ctx, stage, commands)
    if guesses or may_fail(_for_other_machines(commands)):
        # C needs a cross compiler, which the project may not support.
        advised = [_by_machine()]
    elif not _needs_machine(ctx, stage, commands):
        advised.insert(0, _("a build stage of its own can compile natively"))
    yield Finding(
        (commands or guesses)[0].title_range,
        _("; ").join([_fact_of_image(stage, commands, fact), *advised]),
        partial(_splits, ctx, stage, commands) if commands and _starts_a_program(stage) else (),
        severity=Severity.INFORMATION,
    )


def _of_php_extensions(ctx: RuleContext) -> Iterator[Finding]:
    """Find the extensions of PHP that the stages compile under emulation: only a machine of the target avoids that."""
    compiling = _emulated(
        it for stage in ctx.build.needed_stages for it in (*_installing_extensions(stage), *_made_after_phpize(stage))
    )
    if not compiling:
        return
    first, *others = compiling
    n_runs = len({it.run for it in compiling})
    fact = _("{fact}, which takes 5 to 10 times as long", fact=_fact(ctx, compiling))
    if n_runs > 1:
        fact = ngettext("{fact}, in {n} RUN instruction", "{fact}, in {n} RUN instructions", n_runs, fact=fact)
    yield Finding(
        first.title_range,
        _("; ").join([fact, _by_machine()]),
        related=tuple(Related(it.title_range, _("`{command}` runs here", command=it.title)) for it in others),
        severity=Severity.INFORMATION,
    )


def _installing_extensions(stage: Stage) -> Iterator[KnownCommand]:
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


def _fact_of_image(stage: Stage, commands: Sequence[KnownCommand], fact: str) -> str:
    """What is emulated, and what remains in the image for no use."""
    is_of_node = bool(commands) and all(it.use.toolchain in (BUN, NODE) for it in commands)
    is_removed = _removes_packages(stage) or (is_of_node and _removes_node_modules(stage, commands[-1]))
    # An image that starts nothing of its own may be a base for others, which need its compiler.
    if is_removed or not _starts_a_program(stage):
        return _("{fact}, which takes 5 to 10 times as long", fact=fact)
    if is_of_node:
        return _(
            "{fact}, which takes 5 to 10 times as long, and the build tools in `node_modules` stay in the image",
            fact=fact,
        )
    return _("{fact}, which takes 5 to 10 times as long, and the compiler stays in the image", fact=fact)


def _removes_node_modules(stage: Stage, bundler: KnownCommand) -> bool:
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


def _building_tools(stage: Stage) -> list[KnownCommand]:
    """`make` and similar tools in a stage with a C compiler, because their effect depends on the project."""
    if not _has_c_compiler(stage):
        return []
    tools = [it for it in stage.commands(Effect.UNKNOWN) if it.name in _BUILDING_TOOLS]
    return [it for it in tools if _OTHER_GOALS.isdisjoint(it.syntax.arguments)]


def _has_c_compiler(stage: Stage) -> bool:
    """True if a C compiler is in the stage: by its image, or as a package."""
    return _COMPILER_IMAGE.search(stage.image_name) is not None or installs_c_compiler(stage)


def _fetches_sources(stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if a stage downloads or clones the sources that it compiles, or if one of its compilers does: `go install path@version`."""
    if any(it.use.fetches_sources for it in commands):
        return True
    is_cloning = any(it.name == "git" and "clone" in it.syntax.arguments for run in stage.runs for it in run.commands)
    return is_cloning or bool(stage.commands(Effect.DOWNLOAD))


def _removes_packages(stage: Stage) -> bool:
    """True if a stage uninstalls packages, which usually includes the compiler."""
    return any(
        it.name in ("apk", "apt", "apt-get", "dnf", "microdnf", "yum") and not REMOVING.isdisjoint(it.syntax.arguments)
        for run in stage.runs
        for it in run.commands
    )


def _on_several_machines(ctx: RuleContext) -> Iterator[Finding]:
    """Find stages that several machines of one build compile, each for itself."""
    if ctx.build.request.is_separate:
        # Separate jobs run at the same time, so one job alone would take as long.
        return
    for stage in ctx.build.needed_stages:
        image = stage.from_.image
        if stage.is_image or stage.is_native or image is None:
            continue
        commands = [
            it for it in stage.commands(Effect.COMPILE) if not it.use.is_native_only and not it.use.must_run_on_target
        ]
        steps = [step for it in commands for step in it.run.steps]
        n_machines = len({step.node for step in steps})
        if n_machines < 2 or any(step.is_emulated for step in steps):
            continue
        yield Finding(
            stage.from_.range_of(image),
            ngettext(
                "{commands} runs on {n} machine; cross-compiled, one suffices",
                "{commands} runs on {n} machines; cross-compiled, one suffices",
                n_machines,
                commands=listed(it.title for it in commands),
            ),
            related=tuple(Related(it.title_range, _("`{command}` runs here", command=it.title)) for it in commands),
            severity=Severity.INFORMATION,
        )


def _targets(commands: Iterable[KnownCommand]) -> list[Platform]:
    """The targets for which one of these commands runs under emulation; a branch may exclude targets."""
    emulated: dict[Platform, None] = {}
    for command in commands:
        of_steps = {target for step in command.run.steps if step.is_emulated for target in step.targets}
        # A build without a base image stops before it runs anything.
        of_steps -= command.run.build.impossible_targets
        emulated.update(dict.fromkeys(it for it in command.targets if it in of_steps))
    return list(emulated)


def _own_root_advice(own_root: OwnRoot) -> str:
    if not own_root.is_small:
        return _("give this stage a base image of its own that has what it runs, with `--platform=$BUILDPLATFORM`")
    if not own_root.copied:
        return _("give this stage its own base image: `{line}`", line=own_root.line)
    return ngettext(
        "give this stage its own base image: `{line}`, followed by the {n} instruction of the stages that it continues",
        "give this stage its own base image: `{line}`, followed by the {n} instructions of the stages that it continues",
        len(own_root.copied),
        line=own_root.line,
    )


def _starts_a_program(stage: Stage) -> bool:
    return any(isinstance(it.node, Cmd | Entrypoint) for it in stage.instructions)


def _starts_a_compiler(stage: Stage) -> bool:
    """True if the image is for building or testing: its command runs a compiler, which must remain in the image.

    Source: the manuals of cargo, go, make, Maven, Gradle; `npm test` and similar commands for Node.js, and what its script in package.json runs.
    """
    starts = [it for it in stage.instructions if isinstance(it.node, Cmd | Entrypoint)]
    written = " ".join(stage.build.text[slice(*it.range)] for it in starts)
    scripts = dict(stage.build.workspace.scripts)
    started = (scripts.get(it["name"], "") for it in _SCRIPT.finditer(written))
    return _BUILDS_OR_TESTS.search(written) is not None or any(_SERVES_SOURCES.search(it) for it in started)


def _splits(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand]) -> tuple[Fix, ...]:
    fix = split_stage(ctx, stage, commands)
    return () if fix is None else (fix,)


def _emulated(commands: Iterable[KnownCommand]) -> list[KnownCommand]:
    return [command for command in commands if _targets([command]) and not command.is_skipped]


def _building_scripts(ctx: RuleContext, stage: Stage) -> list[KnownCommand]:
    """Scripts and tools with names that suggest building, in a stage on the image of a compiler.

    If the file or a build names several platforms, the arguments count too (`python tools.py build`), and an installed
    C compiler suggests what `make` compiles. A script that is given `GOARCH` cross-compiles already.
    """
    is_for_c = (
        ctx.asks_for_several and installs_c_compiler(stage) and _INTERPRETER_IMAGE.search(stage.image_name) is None
    )
    if not _COMPILER_IMAGE.search(stage.image_name) and not is_for_c:
        return []
    return [
        it
        for it in stage.commands(Effect.UNKNOWN, Effect.EXECUTE)
        if (
            it.use.effect is Effect.UNKNOWN
            and any(_BUILDING.search(posixpath.basename(one)) for one in it.title.split())
        )
        or (ctx.asks_for_several and _BUILD_ARGUMENT.fullmatch(" ".join(it.syntax.arguments)))
        if not it.invocation.setting("GOARCH").is_set and _OTHER_GOALS.isdisjoint(it.syntax.arguments)
    ]


def _generators(stage: Stage) -> list[KnownCommand]:
    """`go run ./cmd/docs > docs.html`: a program that is compiled and run here, and whose output is copied from here."""
    return [
        it
        for it in stage.commands(Effect.EXECUTE)
        if it.use.toolchain is GO and it.invocation.subcommand in ("generate", "run")
    ]


def _fixes(ctx: RuleContext, stage: Stage, own_root: OwnRoot | None) -> tuple[Fix, ...]:
    fix = cross_compile(ctx, stage)
    if fix is None and own_root is not None:
        fix = with_own_root(ctx, stage, own_root)
    return () if fix is None else (fix,)


def _fact(ctx: RuleContext, commands: Sequence[KnownCommand], *, is_guess: bool = False) -> str:
    """What is emulated, with a condition where the platforms of the build, or its machine, are only assumed."""
    names = listed(it.title for it in commands)
    n_names = len({it.title for it in commands})
    targets = _targets(commands)
    places = ctx.emulated_places(targets)
    if is_guess:
        return ngettext(
            "{names} may compile under emulation for {platforms}",
            "{names} may compile under emulation for {platforms}",
            n_names,
            names=names,
            platforms=places,
        )
    return ngettext(
        "{names} runs under emulation for {platforms}",
        "{names} run under emulation for {platforms}",
        n_names,
        names=names,
        platforms=places,
    )


def _consequence(stage: Stage) -> str:
    """The other emulated commands of the stage, for the message; empty if there is only the RUN that it names."""
    n_runs = sum(any(it.is_emulated for it in run.steps) for run in stage.runs)
    if n_runs < 2:
        return ""
    if n_runs == len(stage.runs) == 2:
        return _("; so do both RUN instructions of this stage")
    return (
        ngettext("; so does its {n} RUN instruction", "; so do all {n} RUN instructions of this stage", n_runs)
        if n_runs == len(stage.runs)
        else ngettext(
            "; so does {n} RUN instruction of this stage", "; so do {n} RUN instructions of this stage", n_runs
        )
    )
