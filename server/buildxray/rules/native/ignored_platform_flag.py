"""`--platform` on a stage that is built on another stage has no effect."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.platforms.platform import Platform, PlatformError, normalize, parse
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import remove_flag, set_platform
from buildxray.rules.wording import platforms
from buildxray.syntax.expansion import ExpansionError, expand, lex
from buildxray.syntax.instructions import Flag, From
from buildxray.syntax.text import TextRange


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS)
def ignored_platform_flag(ctx: RuleContext) -> Iterator[Finding]:
    """`--platform` on `FROM <earlier stage>`, or on `FROM scratch`, is ignored by BuildKit.

    ## What it does
    Looks for `--platform` flags that ask for another platform than the stage has.

    ## Why it matters
    A stage has the platform of the image at its root, and one from scratch has the target's. BuildKit ignores the flag without a
    word, so a build stage that looks native runs under emulation.

    ## Example
    ```dockerfile
    FROM golang:1.26 AS base
    WORKDIR /src

    FROM --platform=$BUILDPLATFORM base AS test
    COPY . .
    RUN go vet ./... > /report

    FROM scratch
    COPY --from=test /report /report
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS base
    WORKDIR /src

    FROM base AS test
    COPY . .
    RUN go vet ./... > /report

    FROM scratch
    COPY --from=test /report /report
    ```

    ## Fix safety
    Moving the flag to the root is a suggestion, for it changes where steps run; it is offered where nothing else is built on that root.
    Removing it is safe: the plan stays as it is.

    ## References
    BuildKit: dockerfile2llb/convert.go, dispatchState.init.
    """
    for stage in ctx.plan.stages:
        instruction = ctx.instruction(stage.from_idx)
        node = instruction.node
        flag = node.platform if isinstance(node, From) else None
        if flag is None or flag.value is None or node.problem is not None:
            continue
        names = {it.stages[stage.idx].base_name for it in ctx.plan.targets}
        if not ctx.facts.bases(stage.idx) and names != {"scratch"}:
            continue
        actual = ctx.facts.platforms(stage.idx)
        asked = _asked_for(ctx, flag)
        if asked is None or asked == actual:
            continue
        root = ctx.facts.root(stage.idx)
        related: tuple[Related, ...] = ()
        if root is not None and root != stage.idx:
            related = (Related(_image_range(ctx, root), _("its platform comes from here")),)
        yield Finding(
            instruction.range_of(flag),
            _(
                "this flag is ignored: the stage is for {platforms}, not for {asked}",
                platforms=platforms(actual),
                asked=platforms(asked),
            ),
            tuple(_fixes(ctx, stage.idx, root, flag)),
            related,
        )


def _asked_for(ctx: RuleContext, flag: Flag) -> tuple[Platform, ...] | None:
    """What the flag says for each target; None where it is no platform."""
    assert flag.value is not None, "a flag without a value is refused before"
    found: list[Platform] = []
    for target in ctx.plan.targets:
        arguments = target.conversion.resolved.global_arguments
        try:
            text = expand(lex(flag.value.text, ctx.dockerfile.escape), arguments.get)
            found.append(normalize(parse(text)))
        except (ExpansionError, PlatformError):
            return None
    return tuple(found)


def _image_range(ctx: RuleContext, stage: int) -> TextRange:
    instruction = ctx.instruction(ctx.plan.stages[stage].from_idx)
    node = instruction.node
    assert isinstance(node, From), "a stage begins with FROM"
    return instruction.range_of(node.image if node.image is not None else node.keyword)


def _fixes(ctx: RuleContext, stage: int, root: int | None, flag: Flag) -> Iterator[Fix]:
    assert flag.value is not None, "a flag without a value is refused before"
    removal = remove_flag(ctx.instruction(ctx.plan.stages[stage].from_idx), flag)
    if root is not None and root != stage and {*ctx.facts.family(root)} == {*ctx.facts.ancestry(stage)}:
        moved = (*set_platform(ctx, ctx.plan.stages[root].from_idx, flag.value.text), removal)
        yield Fix(
            _("Move `--platform` to line {line}", line=ctx.instruction(ctx.plan.stages[root].from_idx).first_line),
            moved,
            Safety.SUGGESTION,
        )
    yield Fix(_("Remove `--platform`"), (removal,))
