"""A compiler runs under emulation although it could run on the build machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.cross_compile import OwnRoot, cross_compile, root_of_its_own, with_own_root
from buildxray.rules.portability import takes_target_packages
from buildxray.rules.split_stage import split_stage
from buildxray.rules.wording import advice, listed, platforms
from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.syntax.instructions import Cmd, Copying, Entrypoint

_COMPILER_IMAGE: Final = re.compile(
    r"/(?:buildpack-deps|clang|gcc|go|go-toolset|golang|gradle|haskell|maven|node|rust|sbt|swift|dotnet/sdk)(?:[:@]|$)"
)

_BUILDS_OR_TESTS: Final = re.compile(
    r"""(?<![\w./-])(?:cargo|dotnet|go|make|mvn|mvnw|gradle|gradlew)["',\s]+(?:\S*\s+)*?["']?(?:bench|build|check|run|test|verify|watch)\b"""
    r"""|(?<![\w./-])(?:bun|npm|npx|pnpm|yarn)["',\s]+(?:run["',\s]+)?(?:cypress|jest|playwright|test|vitest)\b"""
)
_BUILDING: Final = re.compile(r"\b(?:bazel|build|compile|just|mage|make|ninja|task)")


@rule(Severity.WARNING, Severity.INFORMATION, FixAvailability.SOMETIMES)
def emulated_build(ctx: RuleContext) -> Iterator[Finding]:
    """A stage compiles under emulation what it could compile on the build machine.

    ## What it does
    Looks for stages that are built for the target platform, are needed for the image without being it, and run a
    compiler which can produce code for other architectures. A file whose only stage compiles the project and is the image gets an
    information where it compiles.

    ## Why it matters
    Without `--platform`, a stage is pulled and run for the target platform. Where the build machine is another
    one, every RUN of it executes under QEMU, five to ten times slower for a compiler, although the
    compiler could produce the same binary natively.

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
    The fix is safe where `CGO_ENABLED=0` reaches the compiler, or the Go sources beside the Dockerfile need no C
    compiler, where the stage runs nothing that could behave differently on the build machine, and where only what was compiled,
    or files for every architecture, are copied out of it. Else it is a suggestion. There is none for `CGO_ENABLED=1`, which needs a
    C cross compiler, nor for `go install`, which puts binaries for other platforms elsewhere.

    "Split into build and run stage" is a suggestion: it copies what the command of the image names, and nobody but its author knows
    which other files the program opens. There is none where the stage installs packages, since the program may need them.

    ## Limits
    Where one build uses a machine for each platform, nothing is emulated. An information then says on how many machines the compiler runs.
    It has no fix: cross-compiling saves time only if one machine then builds for all platforms. Where each platform is built by a job of
    its own, on its own machine, nothing is reported: these jobs run at the same time, and one of them would take as long alone.

    A file for development, tests or examples by its path (`Dockerfile.dev`, `e2e/Dockerfile`) is left alone unless something asks for
    several platforms.

    What `make` and scripts of the project do, only they know: on the image of a compiler they are a mere hint, elsewhere nothing.
    """
    if not ctx.asks_for_several and named_architectures(ctx.build.workspace.dockerfile):
        # Meant for machines of that architecture.
        return
    if ctx.is_for_helping:
        # Built and run on one's own machine, where nothing is emulated.
        return
    yield from _in_image(ctx)
    found = {stage: commands for stage in ctx.build.needed_stages if (commands := _compiling(stage))}
    joined: dict[Stage, list[KnownCommand]] = {}
    for stage, commands in found.items():
        # What a stage is built on decides where it runs: one cause is one finding.
        owner = [it for it in stage.ancestry if it in found][-1]
        joined.setdefault(owner, []).extend(commands)
    for stage, commands in joined.items():
        yield _finding(ctx, stage, commands)
    yield from _on_several_machines(ctx)


def _compiling(stage: Stage) -> list[KnownCommand]:
    """The commands of a stage that compile under emulation; where there are none, generators and scripts that may."""
    if stage.is_image or stage.is_native or stage.from_.image is None:
        return []
    commands = _emulated(it for it in stage.commands(Effect.COMPILE, Effect.BUNDLE) if not it.use.is_native_only)
    return commands or _emulated(_generators(stage)) or _emulated(_building_scripts(stage))


def _finding(ctx: RuleContext, stage: Stage, commands: list[KnownCommand]) -> Finding:
    image = stage.from_.image
    assert image is not None, "a stage without an image compiles nothing"
    is_guess = all(it.use.effect is Effect.UNKNOWN for it in commands)
    targets = _targets(commands)
    own_root = None if is_guess or takes_target_packages(stage) else root_of_its_own(stage)
    fact = _fact(commands, targets, is_guess=is_guess)
    parts = [_("{fact}, which takes 5 to 10 times as long", fact=fact) + _consequence(stage)]
    if own_root is not None:
        parts.append(_own_root_advice(own_root))
    parts += advice(stage, [it for it in commands if it.use.is_bound])
    is_written_later = ctx.build.workspace.makefile_sets_platform
    if is_written_later:
        parts.append(_("the Makefile beside it writes `--platform` into a copy of this file"))
    severity = Severity.INFORMATION if is_guess or is_written_later else None
    return Finding(
        stage.from_.range_of(image),
        _("; ").join(parts),
        () if is_guess or is_written_later else partial(_fixes, ctx, stage, own_root),
        tuple(Related(it.title_range, _("`{command}` runs here", command=it.title)) for it in commands),
        severity,
    )


def _in_image(ctx: RuleContext) -> Iterator[Finding]:
    """Find a single stage that compiles the project and is the image that is started."""
    stage = ctx.build.target_stage
    if stage is None or stage.is_native or stage.bases or not _starts_a_program(stage) or _starts_a_compiler(stage):
        return
    commands = _emulated(it for it in stage.commands(Effect.COMPILE, Effect.BUNDLE) if not it.use.is_native_only)
    sources = [it for it in stage.instructions if isinstance(it.node, Copying)]
    if not commands or not any(it.idx < commands[-1].run.idx for it in sources):
        return
    targets = _targets(commands)
    yield Finding(
        commands[0].title_range,
        _("; ").join(
            [
                _(
                    "{fact}, which takes 5 to 10 times as long, and the compiler stays in the image; a build stage of its own can compile natively",
                    fact=_fact(commands, targets),
                ),
                *advice(stage, [it for it in commands if it.use.is_bound]),
            ]
        ),
        partial(_splits, ctx, stage, commands),
        severity=Severity.INFORMATION,
    )


def _on_several_machines(ctx: RuleContext) -> Iterator[Finding]:
    """Find stages that each machine of one build compiles for itself."""
    if ctx.build.request.is_separate:
        # Jobs of their own run at the same time: one of them would take as long alone.
        return
    for stage in ctx.build.needed_stages:
        image = stage.from_.image
        if stage.is_image or stage.is_native or image is None:
            continue
        commands = [it for it in stage.commands(Effect.COMPILE) if not it.use.is_native_only and not it.use.is_bound]
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
    """The targets for which one of these commands runs under emulation, without those whose branch does not reach it."""
    emulated: dict[Platform, None] = {}
    for command in commands:
        of_steps = {target for step in command.run.steps if step.is_emulated for target in step.targets}
        emulated.update(dict.fromkeys(it for it in command.targets if it in of_steps))
    return list(emulated)


def _own_root_advice(own_root: OwnRoot) -> str:
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
    """Whether the image is for building or testing: its command is one of these, and the compiler has to stay.

    Source: the manuals of cargo, go, make, Maven, Gradle; `npm test` and its like for Node.js.
    """
    starts = [it for it in stage.instructions if isinstance(it.node, Cmd | Entrypoint)]
    written = " ".join(stage.build.text[slice(*it.range)] for it in starts)
    return _BUILDS_OR_TESTS.search(written) is not None


def _splits(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand]) -> tuple[Fix, ...]:
    fix = split_stage(ctx, stage, commands)
    return () if fix is None else (fix,)


def _emulated(commands: Iterable[KnownCommand]) -> list[KnownCommand]:
    return [command for command in commands if any(it.is_emulated for it in command.run.steps)]


def _building_scripts(stage: Stage) -> list[KnownCommand]:
    """Scripts whose names say that they build, in a stage on an image that is used for its compiler.

    Where a script is told `GOARCH`, it cross-compiles already.
    """
    if not _COMPILER_IMAGE.search(stage.image_name):
        return []
    return [
        it
        for it in stage.commands(Effect.UNKNOWN)
        if _BUILDING.search(it.title) and not it.invocation.setting("GOARCH").is_set
    ]


def _generators(stage: Stage) -> list[KnownCommand]:
    """`go run ./cmd/docs > docs.html`: compiled and run here, and what it writes is taken from here."""
    return [
        it
        for it in stage.commands(Effect.EXECUTE)
        if it.use.toolchain.name == "Go" and it.invocation.subcommand in ("generate", "run")
    ]


def _fixes(ctx: RuleContext, stage: Stage, own_root: OwnRoot | None) -> tuple[Fix, ...]:
    fix = cross_compile(ctx, stage)
    if fix is None and own_root is not None:
        fix = with_own_root(ctx, stage, own_root)
    return () if fix is None else (fix,)


def _fact(commands: Sequence[KnownCommand], targets: Iterable[Platform], *, is_guess: bool = False) -> str:
    names = listed(it.title for it in commands)
    n_names = len({it.title for it in commands})
    if is_guess:
        return ngettext(
            "{names} may compile under emulation for {platforms}",
            "{names} may compile under emulation for {platforms}",
            n_names,
            names=names,
            platforms=platforms(targets),
        )
    return ngettext(
        "{names} runs under emulation for {platforms}",
        "{names} run under emulation for {platforms}",
        n_names,
        names=names,
        platforms=platforms(targets),
    )


def _consequence(stage: Stage) -> str:
    """What else of the stage is emulated; empty where that is the one RUN that is named already."""
    n_runs = sum(any(it.is_emulated for it in run.steps) for run in stage.runs)
    if n_runs < 2:
        return ""
    return (
        ngettext("; so does its {n} RUN instruction", "; so do all {n} RUN instructions of this stage", n_runs)
        if n_runs == len(stage.runs)
        else ngettext(
            "; so does {n} RUN instruction of this stage", "; so do {n} RUN instructions of this stage", n_runs
        )
    )
