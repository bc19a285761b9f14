"""A default hides the value that BuildKit gives an automatic argument."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.plan.environment import Environment
from buildxray.plan.model import TargetPlan
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS, automatic_values
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.crossing import tidied
from buildxray.rules.wording import platforms
from buildxray.syntax.instructions import Arg, Pair
from buildxray.syntax.text import Edit, TextRange


@rule(Severity.ERROR, Severity.WARNING, FixAvailability.ALWAYS)
def masked_platform_arg(ctx: RuleContext) -> Iterator[Finding]:
    """A default in `ARG` hides the value that BuildKit gives a platform argument.

    ## What it does
    Looks for `ARG TARGETARCH=…` and its kin, in stages and above the first `FROM`, where the value for some
    target platform is not BuildKit's.

    ## Why it matters
    The default of an `ARG` is no fallback here: it always wins. `ARG TARGETARCH=amd64` builds for amd64 whatever is asked
    for, and `ARG TARGETARCH=${TARGETARCH:-amd64}` in a stage does the same, since the stage knows no TARGETARCH before that line.

    ## Example
    ```dockerfile
    FROM alpine
    ARG TARGETARCH=amd64
    RUN wget -O /tool https://example.com/tool-$TARGETARCH
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    ARG TARGETARCH
    RUN wget -O /tool https://example.com/tool-$TARGETARCH
    ```

    ## Fix safety
    Safe with BuildKit, unless a `FROM name-$TARGETARCH` had a stage for the default alone. A builder without BuildKit, which knows no automatic arguments, needs `--build-arg` then.
    """
    given = dict(ctx.plan.request.build_arguments)
    for idx, instruction in enumerate(ctx.dockerfile.instructions):
        node = instruction.node
        if not isinstance(node, Arg) or node.problem is not None:
            continue
        for pair in node.pairs:
            name = pair.name.text
            if pair.value is None or name not in AUTOMATIC_ARGUMENTS or name in given or name == "TARGETSTAGE":
                continue
            values = [it.get(name) for it in _environments(ctx, idx)]
            targets = [it.platform for it in _targets(ctx, idx)]
            wrong = [
                target
                for target, value in zip(targets, values, strict=True)
                if value != automatic_values(ctx.plan.request.build_platform, target, "")[name]
            ]
            if wrong:
                value = values[targets.index(wrong[0])] or ""
                edits = tuple(tidied(ctx, [_drop(ctx, idx, pair)]))
                safety = Safety.SUGGESTION if _loses_stages(ctx, ctx.after(edits)) else Safety.SAFE
                yield Finding(
                    instruction.range_of(pair),
                    _(
                        "this default hides BuildKit's value: `{name}` is `{value}` for {platforms}",
                        name=name,
                        value=value,
                        platforms=platforms(wrong),
                    ),
                    (Fix(_("Drop the default of `{name}`", name=name), edits, safety),),
                )


def _environments(ctx: RuleContext, idx: int) -> list[Environment]:
    """The variables behind an ARG, for each target that needs it."""
    if ctx.facts.stage_of(idx) is None:
        return [it.conversion.resolved.global_arguments for it in ctx.plan.targets]
    return [it.environment for it in ctx.facts.scopes_behind(idx)]


def _loses_stages(before: RuleContext, after: RuleContext) -> bool:
    """Whether a FROM that names a stage by platform finds none any more for some target."""
    pairs = zip(before.plan.targets, after.plan.targets, strict=True)
    stages = [it for old, new in pairs for it in zip(old.stages, new.stages, strict=True)]
    return any(old.base is not None and new.base is None for old, new in stages)


def _targets(ctx: RuleContext, idx: int) -> list[TargetPlan]:
    stage = ctx.facts.stage_of(idx)
    return [it for it in ctx.plan.targets if stage is None or it.is_needed(stage.idx)]


def _drop(ctx: RuleContext, idx: int, pair: Pair) -> Edit:
    instruction = ctx.instruction(idx)
    return Edit(TextRange(instruction.range_of(pair.name).end, instruction.range_of(pair).end), "")
