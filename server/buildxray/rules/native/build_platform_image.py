"""The image itself is built for the build machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import remove_flag
from buildxray.rules.wording import platforms
from buildxray.syntax.instructions import Cmd, Entrypoint, From, Run

_CHECKING: Final = re.compile(
    r"(?<![a-z])(?:audit|check|flake8|fmt|mypy|pytest|ruff|scan|shellcheck|test|validate|verify|vet)(?![a-z])|lint(?![a-z])"
)
_FOR_DEVELOPERS: Final = re.compile(r"dev|devel|development|devcontainer")


@rule(Severity.ERROR, Severity.WARNING, FixAvailability.SOMETIMES)
def build_platform_image(ctx: RuleContext) -> Iterator[Finding]:
    """The stage that becomes the image has a platform of its own, so the image is the same for every target.

    ## What it does
    Looks at the stage that is built last, or that `--target` names, when its platform is `$BUILDPLATFORM` or a constant.

    ## Why it matters
    The image index lists every platform that was asked for, but each entry holds files of the one platform; on all others it fails
    with `exec format error`.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM alpine
    RUN apk add --no-cache curl
    ENTRYPOINT ["curl"]
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    RUN apk add --no-cache curl
    ENTRYPOINT ["curl"]
    ```

    ## Fix safety
    A suggestion: the stage runs once per platform then, and steps that were native are emulated.

    ## Limits
    A stage whose files only leave it by `--output`, or that only runs checks, is right to be native. So a stage that ends with a linter or a
    test, and starts nothing, is left alone, and so is one called `dev` or `test`, and the finding is an error only where somebody has asked for several platforms.
    """
    stage = ctx.plan.target_stage
    if stage is None or len(ctx.plan.targets) < 2 or stage not in ctx.facts.native_stages:
        return
    root = ctx.facts.root(stage)
    if root is None:
        return
    instruction = ctx.instruction(ctx.plan.stages[root].from_idx)
    node = instruction.node
    if not isinstance(node, From) or node.platform is None:
        return
    if not ctx.asks_for_several and _only_checks(ctx, stage):
        return
    platform = ctx.facts.platforms(stage)[0]
    wrong = [it.platform for it in ctx.plan.targets if it.platform.architecture != platform.architecture]
    if not wrong:
        return
    fix = Fix(_("Remove `--platform`"), (remove_flag(instruction, node.platform),), Safety.SUGGESTION)
    yield Finding(
        instruction.range_of(node.platform),
        _("the image for {platforms} holds files for {platform}", platforms=platforms(wrong), platform=platform),
        (fix,) if {*ctx.facts.family(root)} <= {*ctx.facts.ancestry(stage)} else (),
        severity=None if ctx.asks_for_several else Severity.WARNING,
    )


def _only_checks(ctx: RuleContext, stage: int) -> bool:
    """Whether a stage is for those who work on the sources, by its name or since it ends with a check and starts nothing."""
    outlined = ctx.plan.stages[stage]
    if _FOR_DEVELOPERS.fullmatch(outlined.name) or _CHECKING.search(outlined.name):
        return True
    nodes = [ctx.node(it) for it in range(outlined.from_idx + 1, outlined.end_idx)]
    if not nodes or not isinstance(nodes[-1], Run) or any(isinstance(it, Cmd | Entrypoint) for it in nodes):
        return False
    commands = ctx.inventory.script(outlined.end_idx - 1).commands
    return bool(commands) and any(_CHECKING.search(it) for it in (commands[-1].name, *commands[-1].arguments[:2]))
