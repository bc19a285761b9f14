"""The build machine runs what was compiled for the target."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.wording import platforms
from buildxray.syntax.shell import ShellWord
from buildxray.toolchains.base import Effect, Invocation, Use

_PATHS: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/go/bin")
_NATIVE_ONLY: Final = frozenset({"ldd", "strip"})
"""Programs that handle binaries of their own machine only."""


@rule(Severity.WARNING, Severity.WARNING)
def target_binary_run(ctx: RuleContext) -> Iterator[Finding]:
    """A native stage runs a binary that it compiled for the target.

    ## What it does
    Looks in stages on the build machine for commands that start, `strip` or `ldd` a file which a compiler made for another architecture,
    outside of conditions.

    ## Why it matters
    It fails with `exec format error`, or runs under emulation where QEMU is installed, so that the build depends on the machine. Check the
    binary in a stage for the target, or by `file` or `xx-verify`; strip it by `-ldflags="-s -w"`.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app && /out/app --version

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app && file /out/app

    FROM scratch
    COPY --from=build /out/app /app
    ```
    """
    for stage in sorted(ctx.facts.needed_stages & ctx.facts.native_stages):
        made: dict[str, Use] = {}
        for ancestor in ctx.facts.ancestry(stage)[1:]:
            for use in ctx.inventory.stage_uses(ancestor, Effect.COMPILE):
                made |= _foreign_outputs(use)
        for idx in ctx.runs(stage):
            uses = {id(it.invocation.command): it for it in ctx.inventory.uses(idx)}
            for invocation in ctx.inventory.invocations(idx):
                compiled = uses.get(id(invocation.command))
                if compiled is not None and compiled.effect is Effect.COMPILE:
                    made |= _foreign_outputs(compiled)
                    continue
                found = _run(invocation, made)
                if found is None or any(it.kind != "for" and it.variables for it in invocation.command.conditions):
                    continue
                word, use = found
                foreign = [
                    it
                    for it, machine in zip(use.invocation.targets, use.invocation.step_platforms, strict=True)
                    if it.architecture != machine.architecture
                ]
                yield Finding(
                    ctx.instruction(idx).place(word.range),
                    _(
                        "{machine} runs what `{title}` compiled for {platforms}",
                        machine=use.machine,
                        title=use.title,
                        platforms=platforms(foreign),
                    ),
                    related=(Related(ctx.command_range(use), _("compiled here")),),
                )


def _foreign_outputs(use: Use) -> dict[str, Use]:
    """Files that are certainly for another machine than the one that they are on."""
    machines = zip(use.architectures, use.invocation.step_platforms, strict=True)
    if not any(made is not None and made != machine.architecture for made, machine in machines):
        return {}
    return {it: use for it in use.outputs if not it.endswith("/")}


def _run(invocation: Invocation, made: dict[str, Use]) -> tuple[ShellWord, Use] | None:
    words = invocation.command.words
    if not words:
        return None
    if invocation.command.name in _NATIVE_ONLY:
        return next(((it, made[path]) for it in words[1:] for path in invocation.paths(it) if path in made), None)
    name = words[0].value
    if name is None:
        return None
    paths = invocation.paths(words[0]) if "/" in name else tuple(posixpath.join(it, name) for it in _PATHS)
    return next(((words[0], made[path]) for path in paths if path in made), None)
