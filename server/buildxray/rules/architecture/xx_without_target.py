"""xx compiles for the build machine, because no target is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.untargeted_xx import first_place, is_covered, untargeted_commands
from buildxray.rules.fixing.edits import bring_arguments
from buildxray.rules.one_cause import same_here
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.toolchains.xx import XX


@rule(Severity.ERROR, Severity.ERROR, FixAvailability.ALWAYS, about=["xx"])
def xx_without_target(ctx: RuleContext) -> Iterator[Finding]:
    """`xx-*` is used where no target platform is declared, so it builds for the build machine.

    ## What it does
    Looks for the compilers of xx in stages on the build machine where none of `TARGETPLATFORM`, `TARGETARCH` and `TARGETPAIR` is set. What
    one declaration repairs is one finding, and one of `undeclared-platform-arg` where an instruction before uses one of the first two.

    ## Why it matters
    xx reads its target from these variables. Without them, it compiles for its own machine without a warning, and every image contains
    that binary.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx
    FROM --platform=$BUILDPLATFORM golang:1.26-alpine AS build
    COPY --from=xx / /
    COPY . .
    RUN xx-go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx
    FROM --platform=$BUILDPLATFORM golang:1.26-alpine AS build
    COPY --from=xx / /
    COPY . .
    ARG TARGETPLATFORM
    RUN xx-go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    Safe: xx reads the variable from its environment. The declaration goes before the first `xx-apk` or `xx-apt`, because these install
    libraries for the target; a suggestion where that is in another stage, where a compiler of C or Rust, or cgo, has no such libraries, and where a path
    names an architecture, because the file is in another directory then: `target/x86_64-unknown-linux-musl`.

    ## References
    github.com/tonistiigi/xx, src/xx-info.
    """
    reported: dict[Stage, Finding] = {}
    for stage in ctx.build.native_stages:
        commands = untargeted_commands(stage)
        if not commands or is_covered(ctx, stage):
            continue
        above = next((it for it in stage.bases if it in reported), None)
        if above is not None:
            # A stage sees what the stages that it continues declare.
            reported[stage] = reported[above]
            continue
        reported[stage] = _finding(stage, commands)
        yield reported[stage]


def _finding(stage: Stage, commands: Sequence[KnownCommand]) -> Finding:
    """The finding for all commands of a stage, which one declaration repairs."""
    command, *others = commands
    place = first_place(stage)
    if place is None or place.idx >= command.run.idx:
        place = command.run
        title = _("Declare `ARG TARGETPLATFORM` directly before it")
    else:
        title = _("Declare `ARG {names}` directly before its first use", names="TARGETPLATFORM")
    is_safe = place.stage == stage and not _lacks_libraries(stage, commands) and not _names_machine(stage)
    safety = Safety.SAFE if is_safe else Safety.SUGGESTION
    edits = tuple(bring_arguments(place, ["TARGETPLATFORM"]))
    return Finding(
        command.title_range,
        _(
            "`{title}` compiles for {machine} instead of {platforms}, because no target platform is declared",
            title=command.use.title,
            machine=command.use.machine,
            platforms=platforms(command.use.wrong_targets),
        ),
        (Fix(title, edits, safety),),
        same_here(it.title_range for it in others),
    )


def _lacks_libraries(stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if a compiler needs libraries of C for its target, and xx installs none: those of the build machine do not suit another one."""
    installs = any(it.use.toolchain is XX for one in stage.ancestry for it in one.commands(Effect.INSTALL))
    return not installs and any(
        it.use.title != "xx-go" or any(value not in ("", "0") for value in it.invocation.setting("CGO_ENABLED").values)
        for it in commands
    )


def _names_machine(stage: Stage) -> bool:
    """True if a path in a script of a stage, or of what is copied from it, contains the name of an architecture."""
    words = (word.text for run in stage.runs for it in run.commands for word in it.syntax.words)
    copied = (path for it in stage.consumers for path in it.copied_paths)
    return any("/" in it and any(named_architectures(it)) for it in (*words, *copied))
