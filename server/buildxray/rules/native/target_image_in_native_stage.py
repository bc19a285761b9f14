"""A native stage copies programs from an image, which are for the target."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.aliases import architectures_of_image
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.fixing.edits import insert_lines, set_platform
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Instruction, Run, Stage
from buildxray.semantics.file_flow import clean
from buildxray.semantics.image_paths import is_for_all
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Copy, Copying, Onbuild, Token
from buildxray.syntax.instructions import Run as RunNode
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.mounts import mount_options
from buildxray.syntax.text import Edit

_PROGRAMS: Final = ("/bin", "/lib", "/lib64", "/opt", "/sbin", "/usr")
_SCRIPTS_ONLY: Final = lazy_regex(r"(?:.*/)?(?:tonistiigi/xx|crazymax/osxcross|docker/dockerfile)(?:[:@].*)?")
"""Images without binaries, or with the same for every platform."""
_COMPOSER: Final = lazy_regex(r"(?:.*/)?composer(?:/composer)?(?:[:@].*)?")
"""The image of Composer, whose program `/usr/bin/composer` is an archive of PHP. Source: github.com/composer/docker."""
_DATA: Final = lazy_regex(r"/usr/(?:local/)?(?:include|share|src)(?:/.*)?")
"""Directories without programs. Source: Filesystem Hierarchy Standard 3.0, chapter 4."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.SOURCE])
def target_image_in_native_stage(ctx: RuleContext) -> Iterator[Finding]:
    """A native stage takes programs directly from an image: they are the target's, and run under emulation or not at all.

    ## What it does
    Looks in stages that run on the build machine for `COPY --from=` and `RUN --mount=from=` that name an image, or a stage which is
    an image and nothing else (`FROM image AS alias`), if its files are programs of this stage. The image `tonistiigi/xx`, which
    contains only scripts, is not reported, nor are the program of `composer`, which PHP runs, an image that an architecture is named
    after (`example/x86_64-tools`), settings, keys and certificates (`/etc`), and files that go to `/usr/share` and similar directories.

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
    A suggestion, because the files may be for the image after all. The numbers of later stages change with a new stage, so there is none if a
    build names one of them by its number (`--target 1`).

    ## References
    BuildKit: dockerfile2llb/convert.go, buildDispatchStates; github.com/moby/buildkit/issues/5671.
    """
    for stage in ctx.build.native_stages:
        if stage.is_image:
            continue
        for instruction in stage.instructions:
            for name in instruction.sources_named:
                alias = instruction.stage_named(name)
                if alias is not None and (any(alias.on_context) or not _is_image_alone(alias)):
                    continue
                image = name.text if alias is None else alias.image_name
                # An image that an architecture is named after is mostly the same for every target.
                if (
                    _SCRIPTS_ONLY.fullmatch(image)
                    or architectures_of_image(image)
                    or (_COMPOSER.fullmatch(image) and _takes_only_composer(instruction, name))
                    or not _is_run_here(stage, instruction)
                ):
                    continue
                if alias is None:
                    pulled = [it.platform for it in instruction.pulled_images if it.platform is not None]
                    if dict(ctx.build.request.contexts).get(name.text, "").startswith("docker-image://"):
                        # A named context that is an image is pulled for the target, as any other image.
                        pulled += stage.targets
                else:
                    pulled = [*dict.fromkeys(alias.platforms)]
                machine = stage.platforms[0]
                foreign = [it for it in pulled if it.architecture != machine.architecture]
                if foreign:
                    yield Finding(
                        instruction.range_of(name),
                        _(
                            "this stage runs on {machine}, but gets the files of this image for {platforms}",
                            machine=machine,
                            platforms=platforms(foreign),
                        ),
                        _fixes(stage, instruction, name, alias),
                    )


def _is_image_alone(stage: Stage) -> bool:
    """True if a stage only names an image of a registry, without changing it."""
    is_pulled = not stage.bases and not stage.is_native and all(it != "scratch" for it in stage.base_names)
    return is_pulled and not any(isinstance(it.node, Copying | RunNode | Onbuild) for it in stage.instructions)


def _takes_only_composer(instruction: Instruction, name: Token) -> bool:
    """True if the program of Composer, which runs with the PHP of the stage, is all that an instruction takes from its image."""
    node = instruction.node
    if isinstance(node, Copy):
        paths = [it.text for it in node.sources]
    else:
        mounts = [mount_options(it) for it in instruction.mounts] if isinstance(instruction, Run) else []
        mine = [it for it in mounts if any(one.key == "from" and one.value == name for one in it)]
        paths = [one.value.text for it in mine for one in it if one.key in ("source", "src") and one.value is not None]
    return bool(paths) and all(posixpath.basename(it) == "composer" for it in paths)


def _is_run_here(stage: Stage, instruction: Instruction) -> bool:
    """True if the files are likely to be run by this stage: a mount, or programs that go into its system. Settings, keys and certificates are none."""
    node = instruction.node
    if not isinstance(node, Copy):
        return True
    if all(is_for_all(clean(f"/{it.text}")) for it in node.sources):
        return False
    if node.destination is None or not any(instruction.idx < it.idx for it in stage.runs):
        return False
    destination = clean(posixpath.join(instruction.scopes[0].directory, node.destination.text))
    is_of_programs = any(destination == it or destination.startswith(f"{it}/") for it in _PROGRAMS)
    if not is_of_programs or _DATA.fullmatch(destination):
        return False
    names = [posixpath.basename(it.text.rstrip("/")) for it in node.sources]
    paths = [f"{destination}/{it}" for it in names] + [destination]
    return not any(stage.way_into_image(it) for it in paths)


def _is_for_native_stages(source: Stage) -> bool:
    """True if only native stages use files of a stage, and none of these copies them on into the image."""
    return not source.is_image and all(
        it.stage is not None and it.stage.is_native and not it.stage.is_image and _is_run_here(it.stage, it)
        for it in source.consumers
    )


def _fixes(stage: Stage, instruction: Instruction, name: Token, source: Stage | None) -> tuple[Fix, ...]:
    if source is not None and _is_for_native_stages(source):
        edit = set_platform(source.from_, "$BUILDPLATFORM")
        return (Fix(_("Pull this image for the build platform"), (edit,), Safety.SUGGESTION),)
    image = name.text if source is None or source.from_.image is None else source.from_.image.text
    named = [
        (it, one)
        for it in stage.build.instructions
        for one in it.sources_named
        if (it.idx, one) != (instruction.idx, name)
    ]
    # An image of that name would be the new stage.
    images = {it.from_.image.text.lower() for it in stage.build.stages if it.from_.image is not None}
    images |= {one.text.lower() for __, one in named}
    taken = {it.name for it in stage.build.stages} | {it for it, __ in stage.build.request.contexts} | images
    alias = re.sub(r"[^a-z0-9_.-]", "-", posixpath.basename(image.partition("@")[0]).partition(":")[0].lower())
    if not alias or not alias[0].isalpha():
        alias = f"image-{alias}"
    while alias in taken:
        alias += "-tools"
    line = f"FROM --platform=$BUILDPLATFORM {image} AS {alias}"
    numbers = [(it, one) for it, one in named if one.text.isdecimal() and int(one.text) >= stage.idx]
    if any(it.isdecimal() and int(it) >= stage.idx for it in stage.build.workspace.stages_of_images):
        # A build names a later stage by its number, `--target 1`.
        return ()
    edits = (
        insert_lines(stage.from_, [line]),
        Edit(instruction.range_of(name), alias),
        *(Edit(it.range_of(one), str(int(one.text) + 1)) for it, one in numbers if it.stage_named(one) is not None),
    )
    return (Fix(_("Use a stage for the build platform"), edits, Safety.SUGGESTION),)
