"""What a package manager put into a native stage is copied into the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.plan.paths import holds
from buildxray.rules.base import Finding, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.wording import platforms
from buildxray.semantics.commands import is_nothing
from buildxray.semantics.file_flow import copied_files, way_into_image
from buildxray.syntax.instructions import Copying, Onbuild, Run
from buildxray.toolchains.base import Effect, Use

_OF_THE_SYSTEM: Final = (
    "/bin",
    "/lib",
    "/lib64",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/sbin",
)
_FOR_ALL: Final = ("/usr/lib/os-release", "/usr/lib/ssl", "/usr/lib/tzdata")
_FOR_TARGET: Final = ("--arch", "--cpu", "--forcearch", "--ignore-scripts", "--os", "--python-platform")
"""Options by which an installer is told the target, or installs no native code."""


@rule(Severity.WARNING, Severity.INFORMATION)
def foreign_binary_copy(ctx: RuleContext) -> Iterator[Finding]:
    """Programs or libraries that were installed in a native stage are copied into the image.

    ## What it does
    Looks in stages that run on the build machine for package managers, and for `COPY --from` that takes programs and libraries of the system,
    `node_modules` with native addons, virtual environments, gems, or a directory that holds these.

    ## Why it matters
    A package manager installs for the machine that it runs on. In the images for other architectures the programs fail with `exec format
    error`, and the libraries cannot be loaded. Install them in a stage for the target platform.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM debian AS tools
    RUN apt-get update && apt-get install -y jq

    FROM debian
    COPY --from=tools /usr/bin/jq /usr/bin/jq
    ```

    Use instead:
    ```dockerfile
    FROM debian AS tools
    RUN apt-get update && apt-get install -y jq

    FROM debian
    COPY --from=tools /usr/bin/jq /usr/bin/jq
    ```

    ## Limits
    Whether packages of npm have native code, the lock file beside the Dockerfile tells; without one the finding is a mere hint.
    """
    if ctx.plan.target_stage in ctx.facts.native_stages:
        return
    for stage in sorted(ctx.facts.needed_stages & ctx.facts.native_stages - ctx.facts.image_stages):
        machine = ctx.facts.platforms(stage)[0]
        foreign = [
            it.platform
            for it in ctx.plan.targets
            if it.is_needed(stage) and it.platform.architecture != machine.architecture
        ]
        uses = [
            use
            for it in ctx.facts.ancestry(stage)
            for use in ctx.inventory.stage_uses(it, Effect.INSTALL)
            if not use.invocation.has_option(*_FOR_TARGET) and not use.title.startswith("xx-")
        ]
        has_other_makers = bool(uses) and _has_other_makers(ctx, stage)
        removed = _removed(ctx, stage) if uses else set()
        for consumer in ctx.facts.consumers[stage] if foreign and uses else ():
            if consumer.stage not in ctx.facts.image_stages and way_into_image(ctx.facts, stage, "/") is None:
                continue
            for token, path in copied_files(ctx.facts, consumer):
                use = _installer(path, uses, removed, has_other_makers=has_other_makers)
                if use is None:
                    continue
                is_certain = use.toolchain.name != "Node.js" or use.invocation.workspace.has_native_packages
                yield Finding(
                    ctx.instruction(consumer.instruction).range_of(token),
                    _(
                        "`{title}` installs for {machine}, and this copies the files into the image for {platforms} too",
                        title=use.title,
                        machine=machine,
                        platforms=platforms(foreign),
                    ),
                    related=(Related(ctx.command_range(use), _("installed here")),),
                    severity=None if is_certain else Severity.INFORMATION,
                )


def _removed(ctx: RuleContext, stage: int) -> set[str]:
    """What the stage deletes again."""
    return {
        path
        for idx in ctx.runs(stage)
        for it in ctx.inventory.invocations(idx)
        if it.command.name == "rm"
        for word in it.command.words[1:]
        for path in it.paths(word)
    }


def _installer(path: str, uses: list[Use], removed: set[str], *, has_other_makers: bool) -> Use | None:
    """What has installed the files at a path."""
    if any(holds(it, path) for it in _FOR_ALL):
        return None
    for use in uses:
        if use.outputs:
            is_pure = use.toolchain.name == "Node.js" and use.invocation.workspace.has_native_packages is False
            if not is_pure and any(holds(it, path) or holds(path, it) for it in use.outputs if it not in removed):
                return use
        elif use.toolchain.name == "common programs" and _is_of_the_system(path, has_other_makers=has_other_makers):
            return use
    return None


def _is_of_the_system(path: str, *, has_other_makers: bool) -> bool:
    if any(path.rstrip("/") == it for it in (*_OF_THE_SYSTEM, "/usr")):
        return True
    return not has_other_makers and any(holds(it, path) for it in _OF_THE_SYSTEM)


def _has_other_makers(ctx: RuleContext, stage: int) -> bool:
    """Whether anything but a package manager may have put a program into a stage: a compiler, a download, a COPY."""
    for member in ctx.facts.ancestry(stage):
        outlined = ctx.plan.stages[member]
        for idx in range(outlined.from_idx + 1, outlined.end_idx):
            node = ctx.node(idx)
            if isinstance(node, Copying | Onbuild) or (isinstance(node, Run) and not _only_installs(ctx, idx)):
                return True
    return False


def _only_installs(ctx: RuleContext, idx: int) -> bool:
    if ctx.inventory.script(idx).has_errors:
        return False
    known = zip(ctx.inventory.invocations(idx), ctx.inventory.recognized(idx), strict=True)
    uses = [use for invocation, use in known if not is_nothing(invocation.command)]
    return all(it is not None and it.effect in (Effect.INSTALL, Effect.NEUTRAL) for it in uses)
