"""A stage is built on an image of one architecture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.caching import cached
from buildxray.localization import _
from buildxray.platforms.aliases import REPOSITORY_PREFIXES, named_architectures
from buildxray.platforms.official_images import OFFICIAL
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.intended import is_meant_for_one, is_on_image_for, runs_programs_of
from buildxray.rules.facts.portability import files_taken
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, Instruction, Stage
from buildxray.semantics.image_paths import is_for_all
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Copy
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange

_SUFFIX: Final = lazy_regex(r"(?:.*[-_.])?(?P<architecture>amd64|x86_64|arm64|arm64v8|aarch64|arm32v[567]|armv7|armhf)")
_OF_WHEELS: Final = lazy_regex(r"/(?:many|musl)linux\w*_(?P<architecture>x86_64|aarch64)$")
"""The images of the Python Packaging Authority. Source: the README of github.com/pypa/manylinux."""
_CROSS: Final = lazy_regex(r"cross(?![a-z])")
"""A word in the names of images with cross compilers: `rust-musl-cross:aarch64-musl`, `manylinux_2_28-cross:aarch64`, `dockcross/…`."""


@rule(Severity.INFORMATION, Severity.OFF, about=[Mention.IMAGE_OF_ARCHITECTURE])
def single_arch_image(ctx: RuleContext) -> Iterator[Finding]:
    """A stage is built on an image of one architecture, in a file that is meant for several.

    ## What it does
    Looks for `arm64v8/…`, `amd64/…` and similar prefixes, and for tags such as `…-amd64`, except in stages that are chosen by platform
    or named after their architecture, and in files whose name or directory contains it: `Dockerfile.arm64`,
    `linux/arm32v7/Dockerfile`. If a build asks for several platforms, official images that exist for amd64 only are a warning: old tags such
    as `openjdk:8-jdk-alpine` and `mysql:5.7`, and `archlinux`; so are a few others, such as `mcr.microsoft.com/mssql/server`.
    BuildKit refuses another platform if the image is an index, as official ones are; it takes a single manifest for every platform, and the image
    then holds programs for amd64.

    Where the project has builds of the file and none asks for several platforms, an image that is the default of an ARG is not reported.

    In a stage whose compiler makes a program of the image, it is a warning. `COPY --from` with such an image is reported in the stage that
    becomes the image.

    ## Why it matters
    BuildKit uses such an image for every target, whatever the `--platform`: its programs are emulated, or do not run at all, and its
    compilers make programs for its architecture. The same image without the prefix exists for every platform.

    ## Example
    ```dockerfile
    FROM arm64v8/alpine
    ARG TARGETARCH
    RUN echo $TARGETARCH
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    ARG TARGETARCH
    RUN echo $TARGETARCH
    ```
    """
    for stage in ctx.build.needed_stages:
        image = stage.from_.image
        missing = stage.impossible_targets
        if missing and image is not None and ctx.asks_for_several:
            yield Finding(
                stage.from_.range_of(image),
                _message_of_missing(stage, platforms(missing)),
                severity=Severity.WARNING,
            )
            continue
        if stage.is_chosen or stage.bases or image is None or any(stage.on_context) or named_architectures(stage.name):
            continue
        workspace = ctx.build.workspace
        if "$" in image.text and not ctx.asks_for_several and (workspace.has_build or workspace.has_unread_builds):
            # A build argument may name the image for each platform: its default is for one of them.
            continue
        names = {*stage.base_names}
        architecture = _architecture(names.pop()) if len(names) == 1 else None
        wrong = [it for it in stage.platforms if it.architecture != architecture]
        if architecture is not None and architecture not in ctx.build.file_architectures and wrong:
            yield from _finding(ctx, stage, stage.from_.range_of(image), architecture, wrong)
    yield from _copied(ctx)


def _message_of_missing(stage: Stage, names: str) -> str:
    """The message for an image that exists for amd64 only.

    BuildKit refuses another platform if the name is that of an index, as those of all official images are. It takes a single manifest for
    every platform, with the warning InvalidBaseImagePlatform; which of both other publishers push, no text tells.
    """
    if all(it.startswith(OFFICIAL) and "@" not in it for it in stage.image_references):
        return _("the build for {platforms} stops here: this image exists for amd64 only", platforms=names)
    if stage.is_image:
        return _(
            "the build for {platforms} stops here, or its image holds programs for amd64, which do not start there: this image exists for amd64 only",
            platforms=names,
        )
    return _(
        "the build for {platforms} stops here, or gets programs and files for amd64 from this stage: this image exists for amd64 only",
        platforms=names,
    )


def _copied(ctx: RuleContext) -> Iterator[Finding]:
    """Find `COPY --from=amd64/busybox …`, unless several architectures are copied so."""
    copies = [
        (stage, it, name, architecture)
        for stage in ctx.build.needed_stages
        for it in stage.instructions
        if isinstance(it.node, Copy)
        for name in it.sources_named
        if it.stage_named(name) is None and (architecture := _architecture(name.text)) is not None
    ]
    if len({architecture for *_, architecture in copies}) != 1:
        return
    contexts = dict(ctx.build.request.contexts)
    for stage, copy, name, architecture in copies:
        wrong = [it for it in stage.targets if it.architecture != architecture]
        if not wrong or stage.is_native or is_meant_for_one(ctx, stage) or is_on_image_for(stage, architecture):
            continue
        if runs_programs_of(ctx, stage, architecture) or _is_named(copy) or name.text in contexts:
            continue
        # An emulator is for the machine that runs it, and a file for all machines is the same in each image.
        if not stage.is_image or all(is_for_all(it) for it in copy.copied_paths) or "qemu" in name.text:
            continue
        yield Finding(copy.range_of(name), _message_of_files(architecture, wrong))


def _is_named(copy: Instruction) -> bool:
    """True if the destination of a COPY names an architecture."""
    destination = copy.node.destination if isinstance(copy.node, Copy) else None
    return destination is not None and bool(named_architectures(destination.text))


def _message_of_files(architecture: str, wrong: list[Platform]) -> str:
    return _(
        "the image for {platforms} gets files of this image, which is for {architecture} only; use the image without an architecture in its name, if there is one",
        platforms=platforms(wrong),
        architecture=architecture,
    )


def _finding(
    ctx: RuleContext, stage: Stage, place: TextRange, architecture: str, wrong: list[Platform]
) -> Iterator[Finding]:
    """Find what an image for one architecture does: in the image, to the programs that a stage makes, or on another build machine."""
    if stage.is_image:
        message = _(
            "on {platforms} the programs of this image run under emulation or not at all, because its base image is for {architecture} only; use that image without an architecture in its name, if there is one",
            architecture=architecture,
            platforms=platforms(wrong),
        )
        yield Finding(place, message)
        return
    compilers = [it for it in stage.commands(Effect.COMPILE) if not it.use.is_targeted and it.way_into_image]
    image = ctx.build.target_stage
    if compilers and image is not None and not is_on_image_for(image, architecture):
        images = [it for it in compilers[0].targets if it.architecture != architecture]
        if images:
            message = _(
                "the image for {platforms} gets a program for {architecture}: `{title}` runs in this image, which is for {architecture} only; use the image without an architecture in its name, if there is one",
                platforms=platforms(images),
                architecture=architecture,
                title=compilers[0].title,
            )
            yield Finding(place, message, severity=Severity.WARNING)
            return
    taken = [it for it in files_taken(stage) if stage.way_into_image(it)]
    images = [it for it in stage.targets if it.architecture != architecture]
    if taken and images and not any(stage.runs) and image is not None and not is_on_image_for(image, architecture):
        yield Finding(place, _message_of_files(architecture, images))
        return
    is_elsewhere = architecture != ctx.build.build_platform.architecture
    # On this build machine nothing is emulated, and only programs that nobody knows may compile.
    if is_elsewhere or any(True for _it in stage.commands(Effect.COMPILE, Effect.UNKNOWN)):
        message = _(
            "on a build machine of another architecture this stage runs under emulation or not at all, because its image is for {architecture} only; use the image without an architecture in its name, if there is one",
            architecture=architecture,
        )
        yield Finding(place, message)


@cached(256)
def _architecture(image: str) -> str | None:
    name, _, tag = image.partition("@")[0].rpartition(":")
    if "/" in tag or not name:
        name, tag = image.partition("@")[0], ""
    repository = name.removeprefix("docker.io/")
    prefix = repository.partition("/")[0]
    if repository.count("/") == 1 and prefix in REPOSITORY_PREFIXES:
        return REPOSITORY_PREFIXES[prefix]
    if _CROSS.search(repository) is not None:
        # Its compilers make programs for the architecture in its name.
        return None
    suffix = _SUFFIX.fullmatch(tag) or _OF_WHEELS.search(repository)
    return None if suffix is None else _named(suffix["architecture"])


def _named(text: str) -> str:
    """The architecture in the name of an image or file, as TARGETARCH spells it."""
    named = named_architectures(text)
    return named[0][2] if named else REPOSITORY_PREFIXES[text]
