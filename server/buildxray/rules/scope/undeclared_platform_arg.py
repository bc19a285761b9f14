"""An automatic platform argument is used where it is not declared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.plan.outline import StageOutline
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS, automatic_values
from buildxray.rules.base import Finding, Fix, FixAvailability, LaterFixes, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.crossing import in_place
from buildxray.rules.edits import declare, in_order
from buildxray.syntax.instructions import Arg, Instruction, Label, Onbuild, Run
from buildxray.syntax.shell import Script
from buildxray.syntax.variables import VariableReference, variable_references
from buildxray.toolchains.base import Effect

_DEFAULT: Final = re.compile(r":?-(?P<value>[\w./]*)\}")
_PRINTING: Final = frozenset({"echo", "printf"})


class _Use(NamedTuple):
    instruction: int
    reference: VariableReference


@rule(Severity.ERROR, Severity.ERROR, FixAvailability.ALWAYS)
def undeclared_platform_arg(ctx: RuleContext) -> Iterator[Finding]:
    """A platform argument is used in a stage that does not declare it, so it expands to nothing.

    ## What it does
    Looks for uses of the automatic platform arguments, in the shell text of RUN too, in stages where neither they themselves
    nor a stage they are built on has an `ARG` of that name.

    ## Why it matters
    BuildKit defines these arguments for `FROM` lines only; a stage sees them from its own `ARG` on. Without it
    `GOARCH=$TARGETARCH` is an empty `GOARCH`, and the compiler takes the machine that it runs on. BuildKit is
    silent about RUN, for there the shell expands.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
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
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    Safe: the argument is declared directly before the first instruction that uses it. What the stage builds changes,
    as it has to.

    ## Limits
    Where the use only prints the value, gives a default for it, or tells it to a compiler that runs on its target anyway, the finding is a warning.
    A default that suits every requested platform is none. A base image that sets a variable of that
    name is not known.
    """
    first_uses: dict[tuple[int, str], int] = {}
    for stage in ctx.plan.stages:
        for use in _undeclared(ctx, stage):
            name = use.reference.name
            # A stage inherits what is declared in one that it is built on, so the lowest place suits all.
            places = [
                it for above in ctx.facts.ancestry(stage.idx) if (it := first_uses.get((above, name))) is not None
            ]
            place = first_uses[stage.idx, name] = places[-1] if places else use.instruction
            yield _finding(ctx, stage, use, place)


def _finding(ctx: RuleContext, stage: StageOutline, use: _Use, place: int) -> Finding:
    name = use.reference.name
    is_harmless = use.reference.has_default or _only_shows(ctx, use) or _compiles_right(ctx, use)
    fact = (
        _("`{name}` is not declared in stage `{stage}`", name=name, stage=stage.name)
        if stage.name
        else _("`{name}` is not declared in this stage", name=name)
    )
    consequence = (
        _("its default is taken for every platform") if use.reference.has_default else _("it expands to nothing")
    )
    if compiled := _compiled_for(ctx, use):
        consequence = _("{consequence}, and {compiled}", consequence=consequence, compiled=compiled)
    names = {name} | {it.reference.name for it in _undeclared(ctx, stage) if it.instruction == place}
    return Finding(
        use.reference.name_range,
        _("{fact}: {consequence}", fact=fact, consequence=consequence),
        LaterFixes(partial(_fixes, ctx, place, names)),
        severity=Severity.WARNING if is_harmless else None,
    )


def _fixes(ctx: RuleContext, place: int, names: set[str]) -> tuple[Fix, ...]:
    # Where the first use is a declaration itself, that may stand too early for its own users then.
    edits = in_place(ctx, [declare(ctx, place, names)])
    title = _("Declare `ARG {names}` directly before its first use", names=" ".join(in_order(names)))
    return (Fix(title, tuple(edits)),)


def _undeclared(ctx: RuleContext, stage: StageOutline) -> Iterator[_Use]:
    """The first use of each name in each instruction that does not see it."""
    for idx in range(stage.from_idx + 1, stage.end_idx):
        instruction = ctx.instruction(idx)
        if isinstance(instruction.node, Onbuild) or (
            "$" not in instruction.node.text and not instruction.node.heredocs
        ):
            continue
        scopes = ctx.facts.scopes(idx)
        shell = scopes[0].shell_command if scopes else ("/bin/sh", "-c")
        script = ctx.inventory.script(idx)
        seen: set[str] = set()
        for reference in variable_references(instruction, ctx.dockerfile.escape, shell):
            name = reference.name
            if name not in AUTOMATIC_ARGUMENTS or name in seen or _is_own_default(instruction, reference):
                continue
            seen.add(name)
            is_own = reference.is_shell and _sets(script, name)
            if not _is_declared(ctx, idx, name) and not is_own and not _defaults_right(ctx, reference):
                yield _Use(idx, reference)


def _is_own_default(instruction: Instruction, reference: VariableReference) -> bool:
    """Whether it stands in the default of an ARG of that name, which hides BuildKit's value and is reported as that."""
    node = instruction.node
    return isinstance(node, Arg) and any(
        it.name.text == reference.name and instruction.range_of(it).contains(reference.range.start) for it in node.pairs
    )


def _defaults_right(ctx: RuleContext, reference: VariableReference) -> bool:
    """Whether the default is what BuildKit would give for every target of this build."""
    default = _DEFAULT.match(ctx.text, reference.name_range.end) if reference.has_default else None
    request = ctx.plan.request
    return default is not None and all(
        automatic_values(request.build_platform, it, "")[reference.name] == default["value"]
        for it in request.target_platforms
    )


def _is_declared(ctx: RuleContext, idx: int, name: str) -> bool:
    if ctx.facts.declaration(name, idx) is not None:
        return True
    return any(it.environment.get(name) is not None for it in ctx.facts.scopes(idx))


def _sets(script: Script, name: str) -> bool:
    """Whether the script gives a variable of its own that name."""
    for command in script.commands:
        loops = (it for it in command.conditions if it.kind == "for")
        if name in command.variables or any(name in it.variables for it in loops):
            return True
        if command.name == "read" and name in command.arguments:
            return True
    return False


def _only_shows(ctx: RuleContext, use: _Use) -> bool:
    """Whether the value only goes into a label, or into what a RUN prints."""
    node = ctx.node(use.instruction)
    if isinstance(node, Label):
        return True
    if not isinstance(node, Run) or not use.reference.is_shell or node.heredocs or ">" in node.text:
        return False
    users = [
        command
        for command in ctx.inventory.script(use.instruction).commands
        if any(it.name == use.reference.name for word in command.words for it in word.variables)
    ]
    return bool(users) and all(it.name in _PRINTING and not it.is_substitution for it in users)


def _compiles_right(ctx: RuleContext, use: _Use) -> bool:
    """Whether the value only goes to a compiler that runs on its target, and so needs none."""
    place = use.reference.name_range
    instruction = ctx.instruction(use.instruction)
    return any(
        it.effect is Effect.COMPILE
        and it.follows_target
        and instruction.place(assignment.value.range).contains(place.start)
        for it in ctx.inventory.uses(use.instruction)
        for assignment in it.invocation.command.assignments
    )


def _compiled_for(ctx: RuleContext, use: _Use) -> str:
    """What a compiler makes of the missing value."""
    for it in ctx.inventory.uses(use.instruction):
        if it.effect is Effect.COMPILE and it.wrong_targets:
            values = [value for a in it.invocation.command.assignments for value in a.value.variables]
            if any(value.name == use.reference.name for value in values):
                return _("`{title}` compiles for {machine}", title=it.title, machine=it.machine)
    return ""
