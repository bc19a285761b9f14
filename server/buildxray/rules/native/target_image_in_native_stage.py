"""A native stage takes programs from an image, which is the target's."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.plan.outline import StageOutline
from buildxray.plan.paths import clean
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import insert_lines
from buildxray.rules.wording import platforms
from buildxray.semantics.file_flow import way_into_image
from buildxray.syntax.instructions import Copy, Run, Token
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.syntax.text import Edit

_PROGRAMS: Final = ("/bin", "/lib", "/lib64", "/opt", "/sbin", "/usr")
_SCRIPTS_ONLY: Final = re.compile(r"(?:.*/)?(?:tonistiigi/xx|crazymax/osxcross|docker/dockerfile)(?:[:@].*)?")
"""Images without binaries, or with the same for every platform."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS)
def target_image_in_native_stage(ctx: RuleContext) -> Iterator[Finding]:
    """A native stage takes programs directly from an image: they are the target's, and run under emulation or not at all.

    ## What it does
    Looks in stages that run on the build machine for `COPY --from=` and `RUN --mount=from=` that name an image instead of a stage, where
    what comes from it is a program of this stage. The image `tonistiigi/xx`, which holds scripts only, is left alone.

    ## Why it matters
    BuildKit pulls such an image for the target platform, whatever the platform of the stage is. On the build machine its programs run
    under emulation, or not at all, and the stage is built once per platform from there on.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM alpine AS web
    COPY --from=oven/bun:1 /usr/local/bin/bun /usr/local/bin/bun
    WORKDIR /web
    COPY . .
    RUN bun run build

    FROM nginx
    COPY --from=web /web/dist /usr/share/nginx/html
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM oven/bun:1 AS bun
    FROM --platform=$BUILDPLATFORM alpine AS web
    COPY --from=bun /usr/local/bin/bun /usr/local/bin/bun
    WORKDIR /web
    COPY . .
    RUN bun run build

    FROM nginx
    COPY --from=web /web/dist /usr/share/nginx/html
    ```

    ## Fix safety
    A suggestion, for the files may be meant for the image after all.

    ## References
    BuildKit: dockerfile2llb/convert.go, buildDispatchStates; github.com/moby/buildkit/issues/5671.
    """
    for stage in ctx.plan.stages:
        if stage.idx not in ctx.facts.needed_stages & ctx.facts.native_stages - ctx.facts.image_stages:
            continue
        for position in stage.sources:
            idx = stage.from_idx + 1 + position
            for name in _images(ctx, stage, idx):
                if _SCRIPTS_ONLY.fullmatch(name.text) or not _is_run_here(ctx, stage, idx):
                    continue
                pulled = [
                    step.platform
                    for step in ctx.plan.steps
                    if step.kind == "source" and idx in step.instructions and step.platform is not None
                ]
                machine = ctx.facts.platforms(stage.idx)[0]
                foreign = [it for it in pulled if it.architecture != machine.architecture]
                if foreign:
                    yield Finding(
                        ctx.instruction(idx).range_of(name),
                        _(
                            "this stage runs on {machine}, but gets the files of this image for {platforms}",
                            machine=machine,
                            platforms=platforms(foreign),
                        ),
                        _fixes(ctx, stage, idx, name),
                    )


def _images(ctx: RuleContext, stage: StageOutline, idx: int) -> Iterator[Token]:
    """The names of images in an instruction."""
    node = ctx.node(idx)
    names: list[Token] = []
    if isinstance(node, Copy) and node.source_stage is not None and node.source_stage.value is not None:
        names.append(node.source_stage.value)
    for flag in node.mounts if isinstance(node, Run) else ():
        try:
            names += [it.value for it in mount_options(flag) if it.key == "from" and it.value is not None]
        except MountSyntaxError:
            continue
    known = {it.name for it in ctx.plan.stages[: stage.idx]} | {str(it.idx) for it in ctx.plan.stages[: stage.idx]}
    yield from (it for it in names if it.text.lower() not in {*known, "", "scratch"})


def _is_run_here(ctx: RuleContext, stage: StageOutline, idx: int) -> bool:
    """Whether the files look like programs of the stage, and do not go on into the image."""
    node = ctx.node(idx)
    if not isinstance(node, Copy):
        return True
    if node.destination is None or not any(idx < it for it in ctx.runs(stage.idx)):
        return False
    scopes = ctx.facts.scopes(idx)
    destination = clean(posixpath.join(scopes[0].directory, node.destination.text))
    if not any(destination == it or destination.startswith(f"{it}/") for it in _PROGRAMS):
        return False
    names = [posixpath.basename(it.text.rstrip("/")) for it in node.sources]
    paths = [f"{destination}/{it}" for it in names] + [destination]
    return not any(way_into_image(ctx.facts, stage.idx, it) for it in paths)


def _fixes(ctx: RuleContext, stage: StageOutline, idx: int, name: Token) -> tuple[Fix, ...]:
    taken = {it.name for it in ctx.plan.stages}
    alias = re.sub(r"[^a-z0-9_.-]", "-", posixpath.basename(name.text.partition("@")[0]).partition(":")[0].lower())
    if not alias or not alias[0].isalpha():
        alias = f"image-{alias}"
    while alias in taken:
        alias += "-tools"
    line = f"FROM --platform=$BUILDPLATFORM {name.text} AS {alias}"
    edits = (insert_lines(ctx, stage.from_idx, [line]), Edit(ctx.instruction(idx).range_of(name), alias))
    return (Fix(_("Take it from a stage for the build platform"), edits, Safety.SUGGESTION),)
