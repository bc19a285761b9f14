"""`--platform` on a stage that is built on another stage has no effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from buildxray.localization import _
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.ignored_flags import platforms_despite_flag
from buildxray.rules.facts.portability import consumers_outside
from buildxray.rules.facts.same_files import can_run_elsewhere
from buildxray.rules.fixing.edits import remove_flag, set_platform
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Stage
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Flag, Token
from buildxray.syntax.text import Edit


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=[Mention.PLATFORM_FLAG])
def ignored_platform_flag(ctx: RuleContext) -> Iterator[Finding]:
    """`--platform` on `FROM <earlier stage>`, or on `FROM scratch`, is ignored by BuildKit.

    ## What it does
    Looks for `--platform` flags that ask for another platform than the stage has.

    ## Why it matters
    A stage has the platform of the image at its root, and one from scratch has the target's. BuildKit ignores the flag without a
    warning, so a build stage that looks native runs under emulation. On a stage from scratch that
    runs nothing and is not the image, nothing follows from it, and the finding is information.

    ## Example
    ```dockerfile
    FROM golang:1.26 AS base
    WORKDIR /src

    FROM --platform=$BUILDPLATFORM base AS build
    COPY . .
    ARG TARGETARCH
    RUN GOARCH=$TARGETARCH CGO_ENABLED=0 go build -o /app .

    FROM scratch
    COPY --from=build /app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS base
    WORKDIR /src

    FROM base AS build
    COPY . .
    ARG TARGETARCH
    RUN GOARCH=$TARGETARCH CGO_ENABLED=0 go build -o /app .

    FROM scratch
    COPY --from=build /app /app
    ```

    ## Fix safety
    Moving the flag to the root is a suggestion, because it changes where steps run; it is offered if no other stage is built on that root, if
    none of them becomes the image, which would then be for the platform of the flag, and if all that other stages take is provably the same
    on every machine: not what a script of the project, `make` or a package has written. Removing it from `FROM <earlier stage>` is a suggestion
    too: the plan does not change, but the author wanted another one. Removing it from `FROM scratch` is safe.

    ## References
    BuildKit: dockerfile2llb/convert.go, dispatchState.init.
    """
    for stage in ctx.build.stages:
        flag = stage.from_.platform
        actual = platforms_despite_flag(stage)
        if not actual or flag is None or flag.value is None:
            continue
        root = stage.root
        related: tuple[Related, ...] = ()
        if root is not None and root is not stage:
            image = root.from_.image
            range_ = root.from_.keyword_range if image is None else root.from_.range_of(image)
            related = (Related(range_, _("its platform comes from here")),)
        yield Finding(
            stage.from_.range_of(flag),
            _message(stage, actual),
            tuple(_fixes(ctx, stage, flag, flag.value)),
            related,
            severity=None
            if stage.bases or any(one.runs or one.is_image for one in stage.family)
            else Severity.INFORMATION,
        )


def _message(stage: Stage, actual: list[Platform]) -> str:
    if not stage.bases:
        return _("`--platform` on `FROM scratch` is ignored: this stage is always built for the platform of the image")
    return _(
        "`--platform` on `FROM {base}` is ignored: this stage is built for {platforms}, as the stage that it is built on",
        base=stage.base_names[0],
        platforms=platforms(actual),
    )


def _fixes(ctx: RuleContext, stage: Stage, flag: Flag, value: Token) -> Iterator[Fix]:
    root, removal = stage.root, remove_flag(stage.from_, flag)
    is_of_image = any(it.is_image for it in stage.ancestry)
    if root is not None and root is not stage and not is_of_image and {*root.family} == {*stage.ancestry}:
        edits = (set_platform(root.from_, value.text), removal)
        if not _moves(ctx, root, edits) or can_run_elsewhere(ctx, root, edits):
            yield Fix(_("Move `--platform` to line {line}", line=root.from_.line), edits, Safety.SUGGESTION)
    # The plan does not change, but the author wanted another one, such as a stage on the build machine.
    safety = Safety.SUGGESTION if stage.bases else Safety.SAFE
    yield Fix(_("Remove `--platform`, which has no effect"), (removal,), safety)


def _moves(ctx: RuleContext, root: Stage, edits: Sequence[Edit]) -> bool:
    """True if edits make a stage run on another machine for some target, and another stage uses its files."""
    return (
        any(True for _it in consumers_outside(root.family))
        and ctx.after(edits).build.stages[root.idx].platforms != root.platforms
    )
