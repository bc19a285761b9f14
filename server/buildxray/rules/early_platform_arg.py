"""An ARG splits steps that it has nothing to do with."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.placement import Placement, placements, split_by
from buildxray.rules.wording import counted, listed
from buildxray.syntax.instructions import WithPairs
from buildxray.toolchains.base import Effect


@rule(Severity.WARNING, Severity.INFORMATION, FixAvailability.ALWAYS)
def early_platform_arg(ctx: RuleContext) -> Iterator[Finding]:
    """A platform argument is declared before steps that do not use it, so that they run once per platform.

    ## What it does
    Looks in stages that run on the build machine for an `ARG` with a value per target platform, or an `ENV` made
    of one, which stands before RUN steps that do not use it.

    ## Why it matters
    From its declaration on, an argument is in the environment of every RUN, and BuildKit shares a step between
    platforms only where its environment is the same. So everything behind `ARG TARGETARCH` is executed once per platform,
    downloads of dependencies above all.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    ARG TARGETARCH
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN go mod download
    COPY . .
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN go mod download
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    Safe: the declaration is moved to directly before its first user, and the plan proves that fewer steps run.
    A program that this tool does not know counts as a user, since it might look at its environment.
    """
    for placement in placements(ctx):
        if placement.moving_pays:
            yield _finding(ctx, placement)


def _finding(ctx: RuleContext, placement: Placement) -> Finding:
    first = next((it for it in placement.moves if it.splits), next(iter(placement.moves)))
    instruction = ctx.instruction(first.instruction)
    node = instruction.node
    assert isinstance(node, WithPairs), "what declares has pairs"
    others = dict.fromkeys(it.instruction for it in placement.moves if it.instruction != first.instruction)
    n_split = len(split_by(ctx, [it.instruction for it in placement.moves]))
    n_needless = placement.n_shared_by_moving()
    return Finding(
        instruction.range_of(node.pairs[first.position].name),
        _message(n_split, n_needless, node.name),
        (Fix(_title(ctx, placement), tuple(placement.moving_edits())),),
        (
            *(Related(ctx.keyword_range(it), f"`{first.name}` is first used here") for it in placement.moves[first]),
            *(Related(ctx.keyword_range(it), "has to move along") for it in others),
        ),
    )


def _message(n_split: int, n_needless: int, keyword: str) -> str:
    repeated = f"{counted(n_split, 'RUN step')} {'runs' if n_split == 1 else 'run'} once per platform because of this {keyword}"
    if n_split == n_needless:
        return f"{repeated} without using it"
    return f"{repeated}; {n_needless} of them {'does' if n_needless == 1 else 'do'} not use it"


def _title(ctx: RuleContext, placement: Placement) -> str:
    place = min(place for them in placement.moves.values() for place in them)
    compiled = [it.title for it in ctx.inventory.uses(place) if it.effect is Effect.COMPILE]
    what = f"`{compiled[0]}`" if compiled else f"its first use in line {ctx.instruction(place).first_line}"
    keywords = {ctx.node(it.instruction).name for it in placement.moves}
    names = list(dict.fromkeys(it.name for it in placement.moves))
    if len(keywords) == 1:
        return f"Move `{keywords.pop()} {' '.join(names)}` next to {what}"
    return f"Move {listed(names)} next to {what}"
