"""A compiler runs under emulation although it could run on the build machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, LaterFixes, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.cross_compile import cross_compile
from buildxray.rules.split_stage import split_stage
from buildxray.rules.wording import advice, listed, platforms
from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.syntax.instructions import Cmd, Copying, Entrypoint

_COMPILER_IMAGE: Final = re.compile(
    r"/(?:buildpack-deps|clang|gcc|go|go-toolset|golang|gradle|haskell|maven|node|rust|sbt|swift|dotnet/sdk)(?:[:@]|$)"
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
    What `make` and scripts of the project do, only they know: on the image of a compiler they are a mere hint, elsewhere nothing.
    """
    yield from _in_image(ctx)
    for stage in ctx.build.needed_stages:
        image = stage.from_.image
        if stage.is_image or stage.is_native or image is None:
            continue
        commands = _emulated(it for it in stage.commands(Effect.COMPILE, Effect.BUNDLE) if not it.use.is_native_only)
        scripts = [] if commands else _emulated(_building_scripts(stage))
        commands = commands or scripts
        if not commands:
            continue
        steps = [step for run in stage.runs for step in run.steps]
        emulated = [it for it in steps if it.is_emulated]
        targets = dict.fromkeys(target for it in emulated for target in it.targets)
        fixes = () if scripts else LaterFixes(partial(_fixes, ctx, stage))
        yield Finding(
            stage.from_.range_of(image),
            _("; ").join(
                [
                    _(
                        "{fact}: {consequence}",
                        fact=_fact(commands, targets),
                        consequence=_consequence(len(emulated), len(steps)),
                    ),
                    *advice(stage.image_name, [it for it in commands if it.use.is_bound]),
                ]
            ),
            fixes,
            tuple(Related(it.title_range, _("`{command}` runs here", command=it.title)) for it in commands),
            Severity.INFORMATION if scripts else None,
        )


def _in_image(ctx: RuleContext) -> Iterator[Finding]:
    """Find a single stage that compiles the project and is the image that is started."""
    stage = ctx.build.target_stage
    if stage is None or stage.is_native or stage.bases or not _starts_a_program(stage):
        return
    commands = _emulated(it for it in stage.commands(Effect.COMPILE, Effect.BUNDLE) if not it.use.is_native_only)
    sources = [it for it in stage.instructions if isinstance(it.node, Copying)]
    if not commands or not any(it.idx < commands[-1].run.idx for it in sources):
        return
    targets = dict.fromkeys(
        target for it in commands for step in it.run.steps if step.is_emulated for target in step.targets
    )
    yield Finding(
        commands[0].title_range,
        _("; ").join(
            [
                _(
                    "{fact}, 5 to 16 times slower than natively, and the compiler stays in the image; a build stage of its own can compile natively",
                    fact=_fact(commands, targets),
                ),
                *advice(stage.image_name, [it for it in commands if it.use.is_bound]),
            ]
        ),
        LaterFixes(partial(_splits, ctx, stage, commands)),
        severity=Severity.INFORMATION,
    )


def _starts_a_program(stage: Stage) -> bool:
    return any(isinstance(it.node, Cmd | Entrypoint) for it in stage.instructions)


def _splits(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand]) -> tuple[Fix, ...]:
    fix = split_stage(ctx, stage, commands)
    return () if fix is None else (fix,)


def _emulated(commands: Iterable[KnownCommand]) -> list[KnownCommand]:
    return [command for command in commands if any(it.is_emulated for it in command.run.steps)]


def _building_scripts(stage: Stage) -> list[KnownCommand]:
    """Scripts whose names say that they build, in a stage on an image that is used for its compiler."""
    if not _COMPILER_IMAGE.search(stage.image_name):
        return []
    return [it for it in stage.commands(Effect.UNKNOWN) if _BUILDING.search(it.title)]


def _fixes(ctx: RuleContext, stage: Stage) -> tuple[Fix, ...]:
    fix = cross_compile(ctx, stage)
    return () if fix is None else (fix,)


def _fact(commands: Sequence[KnownCommand], targets: Iterable[Platform]) -> str:
    names = dict.fromkeys(it.title for it in commands)
    return ngettext(
        "{names} runs under emulation for {platforms}",
        "{names} run under emulation for {platforms}",
        len(names),
        names=listed(names),
        platforms=platforms(targets),
    )


def _consequence(n_emulated: int, n_steps: int) -> str:
    return ngettext(
        "{n} of {n_steps} RUN steps of this stage is emulated",
        "{n} of {n_steps} RUN steps of this stage are emulated",
        n_emulated,
        n_steps=n_steps,
    )
