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
from buildxray.semantics.build import Build, Effect, KnownCommand, Stage
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import CrossCompilation
from buildxray.toolchains.go import GO

_GCC: Final = frozenset({"alpine-sdk", "build-base", "clang", "gcc", "musl-dev"})
_COMPATIBLE: Final = frozenset({"gcompat", "libc6-compat", "musl", "glibc"})
_PURE: Final = lazy_regex(r"-static\b|\bnetgo\b|\bosusergo\b")


class _Library(Enum):
    """The C library of an image."""

    NONE = N_("no C library")
    GLIBC = "glibc"
    MUSL = "musl"


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=["Go"])
def dynamic_binary_in_scratch(ctx: RuleContext) -> Iterator[Finding]:
    """A Go binary that may be linked to a C library is copied into an image without that library.

    ## What it does
    Looks for `go build` with cgo on: `CGO_ENABLED=1`, or unset if the compiler builds for its own machine and its image has a C
    compiler. The binary is followed into `scratch`, distroless `static`, or an image with the other C library, musl or glibc.

    ## Why it matters
    With cgo on, `net` and `os/user` are linked to the C library. Without it, the binary does not start: `no such file or directory`.
    If only some of the targets are cross-compiled, cgo is on for the others only, and the images differ.

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
    Go sources beside the Dockerfile that import neither `net`, `os/user` nor `C`, and require no modules, are not reported.
    """
    compiles = any(it.use.toolchain is GO for stage in ctx.build.needed_stages for it in stage.commands(Effect.COMPILE))
    image = _image_library(ctx.build) if compiles else None
    if image is None or ctx.build.request.makes_files:
        return
    for stage in ctx.build.needed_stages:
        for command in () if stage.is_image else stage.commands(Effect.COMPILE):
            if command.use.toolchain is not GO or command.invocation.workspace.may_use_libc is False:
                continue
            library = _library(stage)
            if not command.syntax.words or library is None or library is image or not _is_dynamic(stage, command):
                continue
            way = next((it for path in command.use.outputs if (it := stage.way_into_image(path))), None)
            if way is not None:
                yield Finding(
                    command.title_range,
                    _message(command, library, image),
                    _fixes(command),
                    (Related(way.keyword_range, _("the binary is taken from here")),),
                )


def _message(command: KnownCommand, library: _Library, image: _Library) -> str:
    if command.invocation.workspace.may_use_libc:
        return _(
            "`{title}` links to {library}, and the binary goes into an image with {other}",
            title=command.title,
            library=_(library.value),
            other=_(image.value),
        )
    return _(
        "`{title}` compiles with cgo: a program that uses `net`, `os/user` or C links to {library}, and this one goes into an image with {other}",
        title=command.title,
        library=_(library.value),
        other=_(image.value),
    )


def _fixes(command: KnownCommand) -> tuple[Fix, ...]:
    if command.invocation.setting("CGO_ENABLED").is_set or not command.syntax.is_writable:
        return ()
    edits = tuple(set_target(command, CrossCompilation((("CGO_ENABLED", "0"),), (), is_safe=False)))
    return (Fix(_("Compile with `CGO_ENABLED=0`"), edits, Safety.SUGGESTION),)


def _is_dynamic(stage: Stage, command: KnownCommand) -> bool:
    """True if Go links to the C library of the stage, for some target."""
    use, invocation = command.use, command.invocation
    flags = " ".join((*invocation.command.arguments, *(it or "" for it in invocation.setting("GOFLAGS").values)))
    if _PURE.search(flags) or invocation.setting("CC").is_set or any(it.os != "linux" for it in invocation.targets):
        # An explicit compiler may come with another library.
        return False
    if any(it not in ("", "linux") for it in invocation.setting("GOOS").values):
        # Programs for other systems link to nothing of this image, and cgo is off when cross-compiling.
        return False
    made = zip(invocation.setting("CGO_ENABLED").values, use.architectures, invocation.step_platforms, strict=True)
    return any(
        cgo == "1" or (cgo == "" and architecture == machine.architecture and _has_c_compiler(stage))
        for cgo, architecture, machine in made
    )


def _has_c_compiler(stage: Stage) -> bool:
    image = stage.image_name
    if re.match(r"docker\.io/library/golang(?::|$)", image) and "alpine" not in image:
        return True
    return not _GCC.isdisjoint(stage.installed_words)


def _library(stage: Stage) -> _Library | None:
    image = stage.image_name
    if image == "scratch" or "distroless/static" in image or "chainguard/static" in image:
        return _Library.NONE
    if re.search(r"alpine|busybox:.*musl", image):
        return _Library.MUSL
    if re.search(r"\b(?:debian|ubuntu|golang|fedora|centos|rockylinux|almalinux|ubi\d|distroless/(?:base|cc))", image):
        return _Library.GLIBC
    return None


def _image_library(build: Build) -> _Library | None:
    """The C library of the image; None if it is not known, or if another one is installed."""
    target = build.target_stage
    if target is None or not build.targets or not _COMPATIBLE.isdisjoint(target.installed_words):
        return None
    return _library(target)
