"""Dependencies are downloaded only after the whole source has been copied."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from buildxray.localization import _, ngettext
from buildxray.plan.paths import clean
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import indentation, insert_lines, remove_line
from buildxray.rules.wording import listed
from buildxray.syntax.instructions import Copying, Run
from buildxray.syntax.mounts import MountSyntaxError, mount_options
from buildxray.toolchains.base import Use


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.SOMETIMES)
def late_module_download(ctx: RuleContext) -> Iterator[Finding]:
    """Dependencies are downloaded only after the whole source was copied, and so again after each change of it.

    ## What it does
    Looks for `go mod download`, `npm ci`, `dotnet restore`, `cargo fetch`, `pip install -r` and their kin behind a `COPY . .` without an
    earlier download in the stage. A RUN that mounts a cache or the manifest is left alone. `go build` counts where `go.mod` requires modules.

    ## Why it matters
    A layer is rebuilt when what was copied before it has changed. Behind the whole source, every edit downloads everything again, and in a
    stage for several platforms once for each. Copied on their own, the manifests change far less often.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    RUN go mod download
    ARG TARGETARCH
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
    A suggestion, for Go: a `replace` in `go.mod` by a local directory needs more files than these two.
    """
    for stage in sorted(ctx.facts.needed_stages):
        whole = _whole_source(ctx, stage)
        if whole is None:
            continue
        done = {
            use.toolchain.name
            for member in ctx.facts.ancestry(stage)
            for idx in ctx.runs(member)
            if member != stage or idx < whole
            for use in ctx.inventory.uses(idx)
            if use.manifests or use.toolchain.name == "Rust"
        }
        for idx in ctx.runs(stage):
            if idx < whole:
                continue
            for use in ctx.inventory.uses(idx):
                if not use.manifests or use.toolchain.name in done or not use.invocation.command.words:
                    continue
                done.add(use.toolchain.name)
                if not _is_mounted(ctx, idx):
                    yield _finding(ctx, whole, use)


def _finding(ctx: RuleContext, whole: int, use: Use) -> Finding:
    n_steps = len(ctx.facts.steps(use.instruction))
    return Finding(
        ctx.command_range(use),
        _(
            "{fact}: {reason}",
            fact=_fact(use, n_steps),
            reason=ngettext(
                "{files} is not copied before the rest",
                "{files} are not copied before the rest",
                len(use.manifests),
                files=listed(use.manifests),
            ),
        ),
        _fixes(ctx, whole, use),
        (Related(ctx.keyword_range(whole), _("the whole source is copied here")),),
    )


def _fact(use: Use, n_steps: int) -> str:
    if n_steps == 1:
        return _("`{title}` downloads the dependencies again after each change of the source", title=use.title)
    return _(
        "`{title}` downloads the dependencies again after each change of the source, in {n} steps",
        title=use.title,
        n=n_steps,
    )


def _whole_source(ctx: RuleContext, stage: int) -> int | None:
    """The first COPY or ADD of a whole build context."""
    outlined = ctx.plan.stages[stage]
    for idx in range(outlined.from_idx + 1, outlined.end_idx):
        node = ctx.node(idx)
        if (
            isinstance(node, Copying)
            and node.flag("from") is None
            and any(clean(it.text.lstrip("/") or ".") == "." for it in node.sources)
        ):
            return idx
    return None


def _is_mounted(ctx: RuleContext, idx: int) -> bool:
    """Whether a RUN keeps what it downloads in a cache, or gets the manifest by a mount."""
    node = ctx.node(idx)
    for flag in node.mounts if isinstance(node, Run) else ():
        try:
            kinds = [it.value.text for it in mount_options(flag) if it.key == "type" and it.value is not None]
        except MountSyntaxError:
            return True
        if not kinds or kinds[-1] in ("bind", "cache"):
            return True
    return False


def _fixes(ctx: RuleContext, whole: int, use: Use) -> tuple[Fix, ...]:
    node = ctx.node(whole)
    scopes = ctx.facts.scopes(whole)
    if use.toolchain.name != "Go" or not isinstance(node, Copying) or node.destination is None:
        return ()
    directories = {it.directory for it in scopes} | {it.directory for it in ctx.facts.scopes(use.instruction)}
    destinations = {clean(posixpath.join(it, node.destination.text)) for it in directories}
    if len(directories) != 1 or destinations != directories or use.invocation.directories != tuple(directories):
        return ()
    instruction = ctx.instruction(use.instruction)
    indent = indentation(ctx, ctx.instruction(whole))
    is_alone = len(ctx.inventory.invocations(use.instruction)) == 1 and use.effect.value == "fetch"
    download = ctx.text[slice(*instruction.range)] if is_alone else "RUN go mod download"
    lines = [f"{indent}COPY {' '.join(use.manifests)} ./", f"{indent}{download}"]
    edits = [insert_lines(ctx, whole, lines)]
    if is_alone:
        edits.append(remove_line(ctx, instruction, with_comments=False))
    return (Fix(_("Download the modules before the source is copied"), tuple(edits), Safety.SUGGESTION),)
