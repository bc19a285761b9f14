"""A dynamically linked Go binary goes into an image without its C library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final

from buildxray.localization import N_, _
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import set_target
from buildxray.semantics.file_flow import way_into_image
from buildxray.toolchains.base import CrossCompilation, Effect, Use

_GCC: Final = frozenset({"alpine-sdk", "build-base", "clang", "gcc", "musl-dev"})
_COMPATIBLE: Final = frozenset({"gcompat", "libc6-compat", "musl", "glibc"})
_PURE: Final = re.compile(r"-static\b|\bnetgo\b|\bosusergo\b")


class _Library(Enum):
    """The C library of an image."""

    NONE = N_("no C library")
    GLIBC = "glibc"
    MUSL = "musl"


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES)
def dynamic_binary_in_scratch(ctx: RuleContext) -> Iterator[Finding]:
    """A Go binary that may be linked to a C library is copied into an image without that library.

    ## What it does
    Looks for `go build` with cgo on: `CGO_ENABLED=1`, or unset where the compiler builds for its own machine and its image has a C compiler.
    The binary is followed into `scratch`, distroless `static`, or an image with the other C library, musl or glibc.

    ## Why it matters
    With cgo on, `net` and `os/user` are linked to the C library. Where it is missing, the binary does not start: `no such file or
    directory`. When only some of the targets are cross-compiled, cgo is on for one of them alone, and so the images differ.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN GOARCH=$TARGETARCH CGO_ENABLED=0 go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    A suggestion: with cgo off, host names are resolved by Go itself.

    ## Limits
    Go sources beside the Dockerfile that import neither `net`, `os/user` nor `C`, and require no modules, are left alone.
    """
    image = _image_library(ctx)
    if image is None:
        return
    for stage in sorted(ctx.facts.needed_stages - ctx.facts.image_stages):
        for use in ctx.inventory.stage_uses(stage, Effect.COMPILE):
            if (
                use.toolchain.name != "Go"
                or not use.invocation.command.words
                or use.invocation.workspace.may_use_libc is False
            ):
                continue
            library = _library(ctx, stage)
            if library is None or library is image or not _is_dynamic(ctx, stage, use):
                continue
            way = next((it for path in use.outputs if (it := way_into_image(ctx.facts, stage, path))), None)
            if way is not None:
                yield Finding(
                    ctx.command_range(use),
                    _(
                        "`{title}` links to {library}, and the binary goes into an image with {other}",
                        title=use.title,
                        library=_(library.value),
                        other=_(image.value),
                    ),
                    _fixes(ctx, use),
                    (Related(ctx.keyword_range(way.instruction), _("the binary is taken from here")),),
                )


def _fixes(ctx: RuleContext, use: Use) -> tuple[Fix, ...]:
    if use.invocation.setting("CGO_ENABLED").is_set or not use.invocation.command.is_writable:
        return ()
    edits = tuple(set_target(ctx, use, CrossCompilation((("CGO_ENABLED", "0"),), (), is_safe=False)))
    return (Fix(_("Compile with `CGO_ENABLED=0`"), edits, Safety.SUGGESTION),)


def _is_dynamic(ctx: RuleContext, stage: int, use: Use) -> bool:
    invocation = use.invocation
    flags = " ".join((*invocation.command.arguments, *(it or "" for it in invocation.setting("GOFLAGS").values)))
    if _PURE.search(flags) or invocation.setting("CC").is_set or any(it.os != "linux" for it in invocation.targets):
        # A compiler that somebody chose may bring another library.
        return False
    made = zip(invocation.setting("CGO_ENABLED").values, use.architectures, invocation.step_platforms, strict=True)
    return any(
        cgo == "1" or (cgo == "" and architecture == machine.architecture and _has_c_compiler(ctx, stage))
        for cgo, architecture, machine in made
    )


def _has_c_compiler(ctx: RuleContext, stage: int) -> bool:
    image = ctx.image(stage)
    if re.match(r"docker\.io/library/golang(?::|$)", image) and "alpine" not in image:
        return True
    return bool(_installed(ctx, stage) & _GCC)


def _installed(ctx: RuleContext, stage: int) -> set[str]:
    uses = (use for it in ctx.facts.ancestry(stage) for use in ctx.inventory.stage_uses(it, Effect.INSTALL))
    return {argument for use in uses for argument in use.invocation.command.arguments}


def _library(ctx: RuleContext, stage: int) -> _Library | None:
    image = ctx.image(stage)
    if image == "scratch" or "distroless/static" in image or "chainguard/static" in image:
        return _Library.NONE
    if re.search(r"alpine|busybox:.*musl", image):
        return _Library.MUSL
    if re.search(r"\b(?:debian|ubuntu|golang|fedora|centos|rockylinux|almalinux|ubi\d|distroless/(?:base|cc))", image):
        return _Library.GLIBC
    return None


def _image_library(ctx: RuleContext) -> _Library | None:
    """The C library of what becomes the image; None where it is not known, or another one is installed."""
    target = ctx.plan.target_stage
    if target is None or not ctx.plan.targets or _installed(ctx, target) & _COMPATIBLE:
        return None
    return _library(ctx, target)
