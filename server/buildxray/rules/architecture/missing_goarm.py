"""Go's default for 32-bit arm does not run on every arm that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import bring_arguments, set_target
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, KnownCommand
from buildxray.syntax.text import Edit
from buildxray.toolchains.base import CrossCompilation
from buildxray.toolchains.go import GO, defaults_to_arm_v7

_OLD = frozenset({"v5", "v6"})


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=["Go"])
def missing_goarm(ctx: RuleContext) -> Iterator[Finding]:
    """`GOARCH` follows the target, but `GOARM` does not, and an old arm is requested.

    ## What it does
    Looks for Go compilers with `GOARCH=arm` and without `GOARM`, for linux/arm/v6 or v5; and for `GOARM=$TARGETVARIANT`, which is
    `v6`, while Go expects `6`.

    ## Why it matters
    When Go cross-compiles for arm, it uses version 7, whose instructions an older processor lacks: the program ends with SIGILL. An
    invalid `GOARM` is an error in older versions of Go; newer ones use the default without a warning.

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
    Safe: for other architectures, Go does not read `GOARM`.
    """
    for stage in ctx.build.native_stages:
        for command in stage.commands(Effect.COMPILE):
            use = command.use
            pairs = zip(use.architectures, use.invocation.targets, strict=True)
            old = [target for made, target in pairs if made == "arm" and target.variant in _OLD]
            is_asked = use.toolchain is GO and use.is_targeted and use.invocation.command.is_writable
            if is_asked and (misread := _misread(command)) is not None:
                yield misread
            is_for_v7 = command.run.stage is None or defaults_to_arm_v7(command.run.stage.image_name)
            if not old or not is_asked or not is_for_v7 or use.invocation.setting("GOARM").is_set:
                continue
            crossing = CrossCompilation((("GOARM", "${TARGETVARIANT#v}"),), ("TARGETVARIANT",), is_safe=True)
            edits = (*set_target(command, crossing), *bring_arguments(command.run, crossing.arguments))
            yield Finding(
                command.title_range,
                _(
                    "without `GOARM`, `{title}` makes code for arm/v7, which {platforms} cannot run",
                    title=use.title,
                    platforms=platforms(old),
                ),
                (Fix(_("Set `GOARM=${{TARGETVARIANT#v}}`"), edits),),
            )


def _misread(command: KnownCommand) -> Finding | None:
    """Find `GOARM=$TARGETVARIANT`, which is `v6` instead of Go's `6`."""
    use, setting = command.use, command.invocation.setting("GOARM")
    if setting.assignment is None:
        return None
    pairs = zip(setting.values, use.architectures, use.invocation.targets, strict=True)
    wrong = [
        (value, target) for value, made, target in pairs if made == "arm" and value is not None and value[:1] == "v"
    ]
    place = command.run.shell_range(setting.assignment.value.range)
    if not wrong or command.run.build.text[slice(*place)].strip('"') not in ("$TARGETVARIANT", "${TARGETVARIANT}"):
        return None
    return Finding(
        place,
        _(
            "the build fails for {platforms}: Go refuses `GOARM={value}`, it expects the number alone",
            value=wrong[0][0],
            platforms=platforms(target for __, target in wrong),
        ),
        (Fix(_("Set `GOARM=${{TARGETVARIANT#v}}`"), (Edit(place, "${TARGETVARIANT#v}"),)),),
    )
