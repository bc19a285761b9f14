"""Go's default for 32-bit arm does not run on every arm that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.intended import is_chosen
from buildxray.rules.fixing.edits import bring_arguments, set_target
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.base import CrossCompilation
from buildxray.toolchains.go import GO, checks_goarm, defaults_to_arm_v7, suits_goarm

_OLD = frozenset({"v5", "v6"})


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=["Go"])
def missing_goarm(ctx: RuleContext) -> Iterator[Finding]:
    """`GOARCH` follows the target, but `GOARM` does not, and an old arm is requested.

    ## What it does
    Looks for Go compilers with `GOARCH=arm` and without `GOARM`, for linux/arm/v6 or v5; for a constant such as `GOARM=7`, whose code these cannot
    run; and for `GOARM=$TARGETVARIANT`, which is `v6`, while Go expects `6`. The last two also in ENV and ARG.

    ## Why it matters
    When Go cross-compiles for arm, it uses version 7, whose instructions an older processor lacks: the program ends with SIGILL.

    Go before 1.23 refuses an invalid `GOARM`. Later versions use the default without a warning, so that `v7` does no harm there and is not reported.

    Before Go 1.21 the default was version 5, so a missing `GOARM` is not reported on an official image that cannot be newer, such as
    `golang:1.20` or `golang:alpine3.16`.

    ## Example
    For the platforms linux/amd64 and linux/arm/v6:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    ARG TARGETVARIANT
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    Safe: the variable is empty for other architectures. A suggestion in place of `6,softfloat`. No fix is offered if linux/arm/v8 or linux/amd64/v2 is one of the
    platforms: Go before 1.23 refuses `GOARM=8` and `GOARM=2`, the latter for every architecture.
    """
    seen: set[TextRange] = set()
    for stage in ctx.build.needed_stages:
        commands = [
            it
            for it in stage.commands(Effect.COMPILE)
            if it.use.toolchain is GO and it.use.is_targeted and it.syntax.is_writable
        ]
        for finding in (*_misread(stage, commands), *_too_new(stage)):
            if finding.range not in seen:
                seen.add(finding.range)
                yield finding
        yield from _missing(stage, commands) if stage.is_native else ()


def _missing(stage: Stage, commands: list[KnownCommand]) -> Iterator[Finding]:
    """Find compilers without `GOARM` that make code for arm/v7, which a target does not run."""
    if not defaults_to_arm_v7(stage.image_name):
        return
    for command in commands:
        use = command.use
        pairs = zip(use.architectures, use.invocation.targets, strict=True)
        old = [target for made, target in pairs if made == "arm" and target.variant in _OLD]
        if not old or use.invocation.setting("GOARM").is_set or command.name == "tinygo":
            # TinyGo has another default: arm/v6 (goenv/goenv.go of its later versions).
            continue
        yield Finding(
            command.title_range,
            _(
                "without `GOARM`, `{title}` makes code for arm/v7, which {platforms} cannot run",
                title=use.title,
                platforms=platforms(old),
            ),
            _fixes(_edits(command), [command]),
        )


def _too_new(stage: Stage) -> Iterator[Finding]:
    """Find a constant `GOARM` of a newer arm than a target is; an ENV has one finding for all commands."""
    places: dict[TextRange, list[KnownCommand]] = {}
    for command in stage.commands(Effect.COMPILE):
        is_go = command.use.toolchain is GO and command.use.follows_target
        if not is_go or not command.syntax.is_writable or not _targets_too_old(command) or is_chosen(command):
            continue
        place = _place(command)
        if place is not None:
            places.setdefault(place, []).append(command)
    for place, reading in places.items():
        value = reading[0].invocation.setting("GOARM").values[0] or ""
        if "TARGETVARIANT" in stage.build.text[slice(*place)]:
            # `masked-platform-arg` reports the default that makes the variant the same for all targets.
            continue
        old = [target for it in reading for target in _targets_too_old(it)]
        yield Finding(
            place,
            _(
                "`{title}` makes code for arm/v{value}, which {platforms} cannot run",
                title=reading[0].title,
                value=value[:1],
                platforms=platforms(dict.fromkeys(old)),
            ),
            _fixes(_edits_at(place, reading), reading, keeps_all="," not in value),
        )


def _targets_too_old(command: KnownCommand) -> list[Platform]:
    """The targets that cannot run what a command makes with the number in its `GOARM`, which is the same for all: `7` or `7,softfloat`."""
    values = {*command.invocation.setting("GOARM").values}
    version = _VERSION_OF_ARM.fullmatch((values.pop() or "") if len(values) == 1 else "")
    return [
        it
        for it in command.invocation.targets
        if version is not None and it.architecture == "arm" and it.variant in _OLD and it.variant < f"v{version[1]}"
    ]


_VERSION_OF_ARM: Final = lazy_regex(r"([567])(?:,(?:hard|soft)float)?")

_GOARM: Final = CrossCompilation((("GOARM", "${TARGETVARIANT#v}"),), ("TARGETVARIANT",), is_safe=True)


def _fixes(edits: tuple[Edit, ...], commands: list[KnownCommand], *, keeps_all: bool = True) -> tuple[Fix, ...]:
    """The fix that sets the number of each platform; none if Go does not know one of them.

    With `keeps_all` it loses nothing; otherwise it does away with the arithmetic that the author has chosen: `6,softfloat`.
    """
    is_known = all(suits_goarm(it.invocation.targets) for it in commands)
    safety = Safety.SAFE if keeps_all else Safety.SUGGESTION
    return (Fix(_("Set `GOARM=${{TARGETVARIANT#v}}`"), edits, safety),) if is_known else ()


def _settings(commands: list[KnownCommand]) -> Iterator[Edit]:
    return (edit for it in commands for edit in set_target(it, _GOARM))


def _declarations(commands: list[KnownCommand]) -> Iterator[Edit]:
    """The declaration of the argument before the first RUN of each stage that does not continue another one of these."""
    declared: set[Stage] = set()
    for run in dict.fromkeys(it.run for it in commands):
        stages = () if run.stage is None else run.stage.ancestry
        if declared.isdisjoint(stages):
            yield from bring_arguments(run, _GOARM.arguments)
            declared.update(stages[:1])


def _edits(command: KnownCommand) -> tuple[Edit, ...]:
    return (*set_target(command, _GOARM), *bring_arguments(command.run, _GOARM.arguments))


def _misread(stage: Stage, commands: list[KnownCommand]) -> Iterator[Finding]:
    """Find `GOARM=$TARGETVARIANT`, which is `v6` instead of Go's `6`; an ENV has one finding for all commands."""
    places: dict[TextRange, list[KnownCommand]] = {}
    for command in commands:
        place = _place(command)
        if place is not None and command.run.build.text[slice(*place)].strip('"') in _VARIANTS:
            places.setdefault(place, []).append(command)
    for place, reading in places.items():
        wrong = [it for command in reading for it in _targets_with_prefix(command)]
        message = _consequence(stage, wrong)
        if message is None:
            continue
        yield Finding(place, message, _fixes(_edits_at(place, reading), reading))


def _edits_at(place: TextRange, reading: list[KnownCommand]) -> tuple[Edit, ...]:
    """Write the value in a script; where an ENV or ARG has another one, set it for each command."""
    if not reading[0].run.range.contains(place.start):
        return tuple(edit for edits in (_settings(reading), _declarations(reading)) for edit in edits)
    declared = bring_arguments(reading[0].run, _GOARM.arguments)
    return (Edit(place, "${TARGETVARIANT#v}"), *declared)


_VARIANTS: Final = ("$TARGETVARIANT", "${TARGETVARIANT}")


def _place(command: KnownCommand) -> TextRange | None:
    """The range of the value of GOARM, in the script or in ENV or ARG; None if it is not set there."""
    assignment = command.invocation.setting("GOARM").assignment
    if assignment is not None:
        return command.run.shell_range(assignment.value.range)
    declaration = command.run.declaration("GOARM")
    pairs = () if declaration is None else declaration.pairs
    values = [it.value for it in pairs if it.name.text == "GOARM" and it.value is not None]
    return declaration.range_of(values[-1]) if declaration is not None and values else None


def _targets_with_prefix(command: KnownCommand) -> Iterator[tuple[str, Platform]]:
    """The values of GOARM that begin with a `v`, with their targets."""
    values = command.invocation.setting("GOARM").values
    for value, made, target in zip(values, command.use.architectures, command.invocation.targets, strict=True):
        if made == "arm" and value is not None and value[:1] == "v":
            yield value, target


def _consequence(stage: Stage, wrong: list[tuple[str, Platform]]) -> str | None:
    """What such values do: before Go 1.23 the build fails, later the code is for arm/v7 if it is cross-compiled; None for no harm."""
    is_checked = checks_goarm(stage.image_name)
    if is_checked and wrong:
        return _(
            "the build fails for {platforms}: Go refuses `GOARM={value}`, it expects the number alone",
            value=wrong[0][0],
            platforms=platforms(dict.fromkeys(it for _value, it in wrong)),
        )
    old = [(value, it) for value, it in wrong if it.variant in _OLD]
    if not old or not stage.is_native:
        return None
    names = platforms(dict.fromkeys(it for _value, it in old))
    if is_checked is None:
        return _(
            "the build fails for {platforms} with Go before 1.23, and later ones make code for arm/v7, which {platforms} cannot run: `GOARM={value}` is not the number alone",
            value=old[0][0],
            platforms=names,
        )
    return _(
        "`go` makes code for arm/v7, which {platforms} cannot run: it ignores `GOARM={value}`, because it expects the number alone",
        value=old[0][0],
        platforms=names,
    )
