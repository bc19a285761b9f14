"""A dynamically linked Go binary goes into an image without its C library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from itertools import groupby
from typing import Final

from buildxray.localization import N_, _, ngettext
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.copied_libraries import may_have_libraries
from buildxray.rules.facts.portability import needs_c
from buildxray.rules.facts.shell_variables import sets_unknown_variables
from buildxray.rules.fixing.edits import set_target
from buildxray.semantics.build import Build, Effect, KnownCommand, Stage
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import CrossCompilation
from buildxray.toolchains.go import GO

_GCC: Final = frozenset({"alpine-sdk", "build-base", "clang", "gcc", "musl-dev"})
_COMPATIBLE: Final = frozenset({"gcompat", "libc6-compat", "musl", "glibc"})
_LOADER: Final = lazy_regex(r"/ld-(?:linux|musl)|/libc\.musl-")
"""The loader of a C library: an image with musl in which it is linked to that of glibc starts programs for glibc."""
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
    Go sources beside the Dockerfile that import neither `net`, `os/user` nor `C`, and require no modules, are not reported; without a go.mod,
    they must import only packages of the standard library. Nor is an image
    into which a C library may be copied: with the root directory of another stage, its `/lib`, or a directory that a package manager fills;
    or one that links a loader of its own (`ln -s /lib/libc.musl-x86_64.so.1 /lib64/ld-linux-x86-64.so.2`).
    """
    compiles = any(it.use.toolchain is GO for stage in ctx.build.needed_stages for it in stage.commands(Effect.COMPILE))
    image = _image_library(ctx.build) if compiles else None
    if image is None or ctx.build.request.makes_files:
        return
    of_other_library = [
        (library, commands)
        for stage in ctx.build.needed_stages
        if not stage.is_image and (library := _library(stage)) not in (None, image)
        for commands in _dynamic_by_run(stage)
    ]
    target = ctx.build.target_stage
    if not of_other_library or target is None or may_have_libraries(target):
        return
    for library, commands in of_other_library:
        ways = {it.way_into_image for it in commands} - {None}
        yield Finding(
            commands[0].title_range,
            _message(commands, library, image),
            _fixes(commands),
            tuple(
                Related(it.keyword_range, _("the binary is taken from here"))
                for it in ctx.build.instructions
                if it in ways
            ),
        )


def _dynamic_by_run(stage: Stage) -> Iterator[list[KnownCommand]]:
    """The commands of each RUN whose binaries need the C library of the stage and are copied towards the image."""
    commands = (
        it
        for it in stage.commands(Effect.COMPILE)
        if it.use.toolchain is GO
        and it.invocation.workspace.may_use_libc is not False
        and it.syntax.words
        and it.use.outputs
        and _is_dynamic(stage, it)
        and it.way_into_image is not None
    )
    for _run, of_run in groupby(commands, key=lambda it: it.run):
        yield [*of_run]


def _message(commands: list[KnownCommand], library: _Library, image: _Library) -> str:
    command, n_more = commands[0], len(commands) - 1
    if command.invocation.workspace.may_use_libc:
        message = _(
            "`{title}` links to {library}, and the binary goes into an image with {other}",
            title=command.title,
            library=_(library.value),
            other=_(image.value),
        )
    else:
        message = _(
            "`{title}` compiles with cgo: a program that uses `net`, `os/user` or C links to {library}, and this one goes into an image with {other}",
            title=command.title,
            library=_(library.value),
            other=_(image.value),
        )
    if not n_more:
        return message
    return ngettext(
        "{message}; the same holds for {n} more command of this RUN",
        "{message}; the same holds for {n} more commands of this RUN",
        n_more,
        message=message,
    )


def _fixes(commands: list[KnownCommand]) -> tuple[Fix, ...]:
    if any(it.invocation.setting("CGO_ENABLED").is_set or needs_c(it) or not it.syntax.is_writable for it in commands):
        return ()
    off = CrossCompilation((("CGO_ENABLED", "0"),), (), is_safe=False)
    edits = tuple(edit for it in commands for edit in set_target(it, off))
    return (Fix(_("Compile with `CGO_ENABLED=0`"), edits, Safety.SUGGESTION),)


def _is_dynamic(stage: Stage, command: KnownCommand) -> bool:
    """True if Go links to the C library of the stage, for some target."""
    use, invocation = command.use, command.invocation
    options = (it or "" for name in ("GOFLAGS", "CGO_LDFLAGS") for it in invocation.setting(name).values)
    flags = " ".join((*invocation.command.arguments, *options))
    if _PURE.search(flags) or invocation.setting("CC").is_set or any(it.os != "linux" for it in invocation.targets):
        # An explicit compiler may come with another library.
        return False
    earlier = (it for it in command.run.commands if it.range.start < command.range.start)
    if any(sets_unknown_variables(it.syntax) for it in earlier):
        # `. ./env.sh` may switch cgo off.
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
    """The C library of the base image; None if it is not known, or if another one is installed."""
    target = build.target_stage
    if target is None or not build.targets or not _COMPATIBLE.isdisjoint(target.installed_words):
        return None
    if any(_LOADER.search(run.node.whole_text) for stage in target.ancestry for run in stage.runs):
        return None
    return _library(target)
