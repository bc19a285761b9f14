"""Go compiles for one architecture, whatever the target is."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.platforms.names import architecture_names
from buildxray.platforms.platform import Platform, normalize
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import declare_arguments
from buildxray.rules.wording import platforms
from buildxray.semantics.file_flow import way_into_image
from buildxray.syntax.instructions import Arg, Env
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.base import Effect, Use


@rule(Severity.ERROR, Severity.OFF, FixAvailability.ALWAYS)
def constant_goarch(ctx: RuleContext) -> Iterator[Finding]:
    """`GOARCH` has a constant value in a file that is meant for several platforms.

    ## What it does
    Looks for `GOARCH=amd64` and its kin, in front of a command, exported, in `ENV` or as the default of an `ARG`, where the compiler's output goes into the
    images of other architectures too.

    ## Why it matters
    Every image holds the binary of one architecture, and fails on all others with `exec format error`.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    RUN CGO_ENABLED=0 GOARCH=amd64 go build -o /out/app ./cmd/app

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
    Safe with `CGO_ENABLED=0`, else a suggestion.

    ## Limits
    A script that compiles for several constants in turn, or chooses one by a condition, is left alone.
    """
    for stage in sorted(ctx.facts.needed_stages):
        uses = [
            it for it in ctx.inventory.stage_uses(stage, Effect.COMPILE) if it.is_targeted and it.toolchain.name == "Go"
        ]
        if len({it.architectures for it in uses}) > 1:
            continue
        seen: set[TextRange] = set()
        for use in uses:
            found = _constant(ctx, use)
            if found is None or found[1] in seen or not use.wrong_targets or use.invocation.command.conditions:
                continue
            if stage not in ctx.facts.image_stages and not any(
                way_into_image(ctx.facts, stage, it) for it in use.outputs
            ):
                continue
            idx, range_ = found
            if not _is_a_machine(ctx.text[slice(*range_)]):
                continue
            seen.add(range_)
            cgo = use.invocation.setting("CGO_ENABLED").values
            safety = Safety.SAFE if all(it == "0" for it in cgo) else Safety.SUGGESTION
            edits = (Edit(range_, "$TARGETARCH"), *declare_arguments(ctx, idx, ["TARGETARCH"]))
            yield Finding(
                range_,
                _(
                    "`{title}` compiles for {architecture}, and the binary goes into the image for {platforms} too",
                    title=use.title,
                    architecture=ctx.text[slice(*range_)],
                    platforms=platforms(use.wrong_targets),
                ),
                (Fix(_("Compile for `$TARGETARCH`"), edits, safety),),
                severity=Severity.WARNING if ctx.has_intent and isinstance(ctx.node(idx), Arg) else None,
            )


def _is_a_machine(architecture: str) -> bool:
    """Whether images are built for it: wasm is no mistake."""
    return architecture_names(normalize(Platform("linux", architecture))) is not None


def _constant(ctx: RuleContext, use: Use) -> tuple[int, TextRange] | None:
    """The instruction and place of a literal GOARCH that a command sees."""
    setting = use.invocation.setting("GOARCH")
    if setting.assignment is not None:
        value = setting.assignment.value
        is_literal = value.value is not None and value.value == value.text and not setting.assignment.is_conditional
        place = ctx.instruction(use.instruction).place(value.range)
        return (use.instruction, place) if is_literal and value.text else None
    declared = ctx.facts.declaration("GOARCH", use.instruction)
    node = None if declared is None else ctx.node(declared)
    if declared is None or not isinstance(node, Arg | Env):
        return None
    pair = next(it for it in reversed(node.pairs) if it.name.text == "GOARCH")
    if pair.value is None or not pair.value.text.isalnum():
        return None
    return declared, ctx.instruction(declared).range_of(pair.value)
