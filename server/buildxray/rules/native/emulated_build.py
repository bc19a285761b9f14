"""A compiler runs under emulation although it could run on the build machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.platforms.aliases import named_architectures
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import instructions_before
from buildxray.rules.facts.emulated_compilers import (
    building_tools,
    compiling_scripts,
    emulated_for_own_machine,
    emulated_targets,
    only_emulated,
    stages_to_move,
)
from buildxray.rules.facts.failing_builds import build_stops
from buildxray.rules.facts.native_image import arguments_of_flag
from buildxray.rules.facts.portability import makes_php_extension, movable
from buildxray.rules.facts.project_scripts import project_script
from buildxray.rules.facts.purpose import is_example
from buildxray.rules.facts.started_programs import (
    removes_node_modules,
    removes_packages,
    starts_a_compiler,
    starts_a_program,
    starts_app_host,
)
from buildxray.rules.fixing.cross_compile import may_cross_compile
from buildxray.rules.fixing.native_place import (
    advice_by_hand,
    advice_on_machine,
    for_other_machines,
    goes_into_image,
    has_way,
    installs_into_image,
    must_stay,
    native_fixes,
    needs_machine,
    own_root_advice,
    place_of,
    shares_image,
)
from buildxray.rules.fixing.split_stage import split_stage
from buildxray.rules.fixing.xx_advice import may_fail
from buildxray.rules.wording import listed
from buildxray.semantics.build import Effect, KnownCommand, Stage, Use
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import SHELLS
from buildxray.toolchains.base import MAKE
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.node import NODE
from buildxray.toolchains.scripting import SCRIPTING


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
    compiler, where the stage runs nothing that could behave differently on the build machine, and where only compiled files, or files for every
    architecture, are copied out of it. Of a script in the package.json beside the Dockerfile or in its context each command has to be a known
    bundler, or a program that writes the same files on each machine. Otherwise it is a suggestion, and so it is if a comment above the FROM
    speaks of emulation or of native builds. No fix is offered for `CGO_ENABLED=1`, which needs a C cross compiler, nor for `go install`, which
    writes binaries for other platforms to another directory, unless it installs a published tool that only this stage uses, nor for a script
    that makes a program or an addon for its machine (`pkg .`, `node-gyp rebuild`).

    "Split into build and run stage" is a suggestion: it copies the files that the command of the image names, directories of the build context
    such as `templates` and `migrations`, and what the sources name by its path. Where no sources are found, the title says what to check. The
    name of the stage stays that of the image. The fix is not offered if the stage installs packages, makes users or other files, or checks its
    health with a program that the new image lacks, nor if the sources of the program start other programs that the new image may lack, or need
    time zones or the data of languages on Alpine.

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
    holds if you build for them; a check of a directory only counts such a finding if it has no fix. In a repository with workflows, or whose files declare builds, such a Dockerfile is not reported unless one
    of the builds asks for several. Nor is an image that keeps its compiler, even if it mentions platforms. Nor is one that is probably for
    its own machine: the file names one architecture, its image is built on one for a kind of machine (`balenalib/raspberrypi3-debian`), or it is
    for graphics processors (CUDA, ROCm). Nothing is emulated for a platform
    for which a base image is known not to exist, or a script surely fails (`test "$TARGETARCH" = amd64`).

    Where no edit cross-compiles C, C++, Rust or Go with cgo, the message has the steps for tonistiigi/xx, but only on official images and if nothing else
    has to change, as far as the text tells: not with plugins of Cargo, tools or libraries that the stage compiles for itself, packages whose
    programs belong to their libraries (Qt, gRPC), a `configure` that Autoconf has not made, programs that the stage copies from another
    stage or image for the target, or another user than root. For a project of C or C++ that a build tool compiles they are a condition: it
    may not support Clang or another machine.

    If several platforms are requested and nothing else of the file is reported, extensions of PHP that are compiled
    (`docker-php-ext-install`, `pecl install`, `phpize` and `make`) and compilers for their own machine (`swift build`, `mix release`,
    `native-image`, `colcon build`) are information.

    Scripts of the project, and the recipes of `make` that they or the Dockerfile call, are read where the build context has them: a compiler that
    they surely run counts as if the Dockerfile called it, but no edit is offered, and in a file whose only stage is the image only if several
    platforms are requested; nothing is said if they surely compile nothing. Otherwise their effect is unknown. If the
    file or its project mentions several platforms, information
    says that they may compile on the image of a compiler; if these platforms are requested, also in a stage that installs a C
    compiler. Otherwise they are not reported. A script of package.json that only starts a program of the project (`node ./lists.js`) is not
    reported if neither its name nor its text tells that it bundles.
    """
    if _is_useless(ctx):
        return
    in_image = [] if ctx.build.workspace.is_for_one_platform else [*_in_image(ctx)]
    yield from in_image
    stages = stages_to_move(ctx)
    for stage, commands in stages.items():
        yield _finding(ctx, stage, commands)
    yield from _on_several_machines(ctx)
    if ctx.asks_for_several and not in_image and not stages:
        yield from _for_own_machine(ctx)


def stages_with_way(ctx: RuleContext) -> Iterator[Stage]:
    """The stages that the rule reports with an edit or with steps that surely make them compile on the build machine."""
    stages = {} if _is_useless(ctx) else stages_to_move(ctx)
    return (stage for stage, commands in stages.items() if has_way(ctx, stage, commands))


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


def _is_for_its_machine(ctx: RuleContext) -> bool:
    """True if a file whose builds nobody knows is probably for one architecture: its instructions name one, or it is for the graphics processors of servers.

    A comment may name one of several.
    """
    texts = (it.node.whole_text for it in ctx.build.instructions)
    named = {architecture for it in texts for *_, architecture in named_architectures(it)}
    return len(named) == 1 or any(_FOR_GPU.search(it.image_name) for it in ctx.build.needed_stages)


_FOR_GPU: Final = lazy_regex(r"/(?:nvidia|nvcr\.io|rocm)/|nvcr\.io/|[/:-]cuda[\d:.-]|-gpu\b")


def _finding(ctx: RuleContext, stage: Stage, commands: list[KnownCommand]) -> Finding:
    image = stage.from_.image
    assert image is not None, "a stage without an image compiles nothing"
    place = place_of(ctx, stage, commands)
    own_root, is_guess = place.own_root, place.is_guess
    is_unsure = is_guess and not all(map(_compiler_in_script, commands))
    fact = _fact(ctx, commands, is_guess=is_unsure)
    parts = [_("{fact}, which takes 5 to 10 times as long", fact=fact) + _consequence(stage)]
    if own_root is not None:
        parts.append(own_root_advice(own_root))
        if any(map(goes_into_image, commands)):
            parts.append(_("the compiler must then be told the target platform"))
    if place.is_carrying:
        parts.append(
            _(
                "on the build platform it would install packages for the wrong machine, and the image may contain their files"
            )
        )
    if is_guess or place.is_carrying or (own_root is None and shares_image(stage)):
        parts.append(advice_on_machine())
    else:
        advised = advice_by_hand(ctx, stage, commands)
        if not advised and must_stay(stage, commands):
            advised = [advice_on_machine()]
        parts += advised
    has_app_host = starts_app_host(stage, commands)
    if has_app_host:
        parts.append(
            _(
                "on the build platform, the program that the image starts needs `dotnet publish -a $TARGETARCH`, with `ARG TARGETARCH` before it"
            )
        )
    if any(map(installs_into_image, commands)):
        parts.append(
            _(
                "on the build platform, `GOARCH=$TARGETARCH go install` would write to another directory, such as `bin/linux_arm64`"
            )
        )
    if len(parts) == 1 and not may_cross_compile(stage):
        parts.append(advice_on_machine())
    is_written_later = ctx.build.workspace.recipe_sets_platform
    if is_written_later:
        parts.append(_("a Makefile or script writes `--platform` into this file, or into a copy, before the build"))
    is_untold = ctx.is_only_prepared or ctx.build.workspace.machine_is_unknown
    is_doubtful = is_unsure or is_written_later or is_untold
    severity = Severity.INFORMATION if is_doubtful else None
    return Finding(
        stage.from_.range_of(image),
        _("; ").join(parts),
        () if is_guess or is_written_later or has_app_host else partial(native_fixes, ctx, stage, own_root),
        tuple(Related(it.title_range, _("`{command}` runs here", command=it.title)) for it in commands),
        severity,
    )


def _in_image(ctx: RuleContext) -> Iterator[Finding]:
    """Find the stages that compile the project and are the image that is started."""
    stage = ctx.build.target_stage
    if stage is None or stage.is_native or any(map(starts_a_compiler, stage.chain)):
        return
    commands = only_emulated(
        # The packages of Composer are a part of the program.
        it
        for one in stage.chain
        for it in movable(one, one.commands(Effect.COMPILE, Effect.BUNDLE))
        if it.use.toolchain is not SCRIPTING
    )
    is_known = commands or not ctx.asks_for_several or any(map(makes_php_extension, stage.chain))
    guesses = [] if is_known else only_emulated(it for one in stage.chain for it in building_tools(one))
    if not is_known and not guesses and not emulated_for_own_machine(ctx):
        guesses = only_emulated(it for one in stage.chain for it in compiling_scripts(one))
    if not commands and not guesses:
        return
    starts = any(map(starts_a_program, stage.chain))
    if not starts and not ctx.asks_for_several:
        return
    last = (commands or guesses)[-1].run
    has_sources = any(isinstance(it.node, Copying) for it in instructions_before(last))
    if not has_sources and not (ctx.asks_for_several and any(_fetches_sources(it, commands) for it in stage.chain)):
        return
    fact = _fact(ctx, commands or guesses, is_guess=not all(map(_compiler_in_script, guesses)))
    advised = advice_by_hand(ctx, stage, commands)
    if guesses or may_fail(for_other_machines(commands)):
        # C needs a cross compiler, which the project may not support.
        advised = [advice_on_machine()]
    elif not needs_machine(ctx, stage, commands):
        advised.insert(0, _("a build stage of its own can compile natively"))
    yield Finding(
        (commands or guesses)[0].title_range,
        _("; ").join([_fact_of_image(stage, commands, guesses, fact), *advised]),
        partial(_splits, ctx, stage, commands) if commands and starts else (),
        severity=Severity.INFORMATION,
    )


def _for_own_machine(ctx: RuleContext) -> Iterator[Finding]:
    """Find what the stages compile under emulation and only a machine of the target avoids: extensions of PHP, compilers for their own machine."""
    compiling = emulated_for_own_machine(ctx)
    if not compiling:
        return
    first, *others = compiling
    n_runs = len({it.run for it in compiling})
    fact = _("{fact}, which takes 5 to 10 times as long", fact=_fact(ctx, compiling))
    if n_runs > 1:
        fact = ngettext("{fact}, in {n} RUN instruction", "{fact}, in {n} RUN instructions", n_runs, fact=fact)
    yield Finding(
        first.title_range,
        _("; ").join([fact, advice_on_machine()]),
        related=tuple(Related(it.title_range, _("`{command}` runs here", command=it.title)) for it in others),
        severity=Severity.INFORMATION,
    )


def _fact_of_image(stage: Stage, commands: Sequence[KnownCommand], guesses: Iterable[KnownCommand], fact: str) -> str:
    """What is emulated, and what remains in the image for no use."""
    # A script may remove the compiler that it has used.
    is_in_script = any(it.name not in MAKE and _compiler_in_script(it) is not None for it in guesses)
    is_of_node = bool(commands) and all(it.use.toolchain in (BUN, NODE) for it in commands)
    is_removed = is_in_script or any(
        removes_packages(it) or (is_of_node and removes_node_modules(it, commands[-1])) for it in stage.chain
    )
    # An image that starts nothing of its own may be a base for others, which need its compiler.
    if is_removed or not any(map(starts_a_program, stage.chain)):
        return _("{fact}, which takes 5 to 10 times as long", fact=fact)
    if is_of_node:
        return _(
            "{fact}, which takes 5 to 10 times as long, and the build tools in `node_modules` stay in the image",
            fact=fact,
        )
    return _("{fact}, which takes 5 to 10 times as long, and the compiler stays in the image", fact=fact)


def _fetches_sources(stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if a stage downloads or clones the sources that it compiles, or if one of its compilers does: `go install path@version`."""
    if any(it.use.fetches_sources for it in commands):
        return True
    is_cloning = any(it.name == "git" and "clone" in it.syntax.arguments for run in stage.runs for it in run.commands)
    return is_cloning or bool(stage.commands(Effect.DOWNLOAD))


def _on_several_machines(ctx: RuleContext) -> Iterator[Finding]:
    """Find stages that several machines of one build compile, each for itself."""
    if ctx.build.request.is_separate:
        # Separate jobs run at the same time, so one job alone would take as long.
        return
    for stage in ctx.build.needed_stages:
        image = stage.from_.image
        if stage.is_image or stage.is_native or image is None:
            continue
        root = stage.root
        if root is not None and any(it.startswith("BUILD") for it in arguments_of_flag(root)):
            # It is ready for one machine; the builder sends each platform to its own.
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


def _splits(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand]) -> tuple[Fix, ...]:
    fix = split_stage(ctx, stage, commands)
    return () if fix is None else (fix,)


def _fact(ctx: RuleContext, commands: Sequence[KnownCommand], *, is_guess: bool = False) -> str:
    """What is emulated, with a condition where the platforms of the build, or its machine, are only assumed."""
    titles = [*map(_title, commands)]
    names = listed(titles)
    n_names = len({*titles})
    targets = emulated_targets(commands)
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


def _compiler_in_script(command: KnownCommand) -> Use | None:
    """The compiler that a script or a Makefile of the project runs, for a command that runs it."""
    script = project_script(command) if command.use.effect is Effect.UNKNOWN else None
    return None if script is None else script.compiler


def _title(command: KnownCommand) -> str:
    """The name of a command, with that of the compiler that its script runs: `make: go build`."""
    compiler = _compiler_in_script(command)
    if compiler is None:
        return command.title
    operands = [it.text for it in command.syntax.words[1:] if not it.text.startswith(("-", "+"))]
    # In `sh -x build.sh`, the title has the option.
    program = " ".join((command.name, *operands[:1])) if command.name in SHELLS else command.title
    return f"{program}: {compiler.title}"


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
