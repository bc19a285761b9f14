"""A stage runs under emulation, although nothing that the image takes from it depends on the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.intended import names_one_architecture
from buildxray.rules.facts.portability import can_change_platform, consumers_outside, is_harmless
from buildxray.rules.facts.same_files import OF_THE_MACHINE
from buildxray.rules.fixing.cross_compile import cross_compile
from buildxray.semantics.build import Command, Effect, Instruction, Run, Stage
from buildxray.semantics.image_paths import is_for_all
from buildxray.semantics.mentions import Mention
from buildxray.semantics.origins import Origin
from buildxray.syntax.instructions import Copy
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.common import COMMON

_STARTING: Final = frozenset({".", "chroot", "env", "eval", "exec", "find", "ldd", "source", "su", "xargs"})
"""Programs that start others, or read programs of the target."""
_UNPACKING: Final = frozenset({"--extract", "--fsys-tarfile", "--vextract", "-X", "-x"})
"""Options of dpkg and dpkg-deb that install nothing."""
_PLAIN: Final = lazy_regex(
    r"(?:^|/)(?:almalinux|alpine|amazonlinux|archlinux|buildpack-deps|busybox|curl|debian|fedora|opensuse/leap|photon|rockylinux|ubi\d*(?:-minimal)?|ubuntu)(?:[:@]|$)"
)
"""Images of distributions, whose `/opt` and its like are empty."""


@rule(Severity.INFORMATION, Severity.OFF, FixAvailability.SOMETIMES, about=[Mention.SOURCE])
def needless_emulation(ctx: RuleContext) -> Iterator[Finding]:
    """A stage runs under emulation, although nothing that the image takes from it depends on the machine.

    ## What it does
    Looks for stages for the target platform that only install packages of the distribution, download and unpack, and from which the
    image takes only files that would be the same on the build machine: downloaded files, and files that are equal for every
    architecture, such as `/etc/ssl/certs`.

    ## Why it matters
    Without `--platform`, the stage is pulled and run once for each platform, most of them under QEMU. On the build platform it runs
    natively, and only once if no command names the target platform.

    ## Example
    ```dockerfile
    FROM alpine:3.22 AS certs
    RUN apk add --no-cache ca-certificates

    FROM scratch
    ARG TARGETARCH
    COPY --from=certs /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
    COPY dist/app-$TARGETARCH /app
    ENTRYPOINT ["/app"]
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM alpine:3.22 AS certs
    RUN apk add --no-cache ca-certificates

    FROM scratch
    ARG TARGETARCH
    COPY --from=certs /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
    COPY dist/app-$TARGETARCH /app
    ENTRYPOINT ["/app"]
    ```

    ## Fix safety
    A suggestion: only the address tells that a download is the same on every machine.

    ## Limits
    A stage that other stages are built on, that is an image itself, that looks at its machine (`uname -m`, `dpkg
    --print-architecture`), that starts a downloaded program, or from which the image takes programs or libraries of packages, is not
    reported.
    """
    if ctx.is_for_helping or ctx.may_have_own_machines or ctx.is_for_one_machine:
        return
    for stage in ctx.build.needed_stages:
        if not _only_prepares(stage) or not _is_taken_for_all(ctx, stage):
            continue
        image = stage.from_.image
        emulated = dict.fromkeys(
            target for run in stage.runs for step in run.steps if step.is_emulated for target in step.targets
        )
        n_runs = sum(any(it.is_emulated for it in run.steps) for run in stage.runs)
        if image is None or not emulated:
            continue
        yield Finding(
            stage.from_.range_of(image),
            ngettext(
                "{n} RUN instruction of this stage runs under emulation for {platforms}, and the image takes nothing from the stage that depends on the machine",
                "{n} RUN instructions of this stage run under emulation for {platforms}, and the image takes nothing from the stage that depends on the machine",
                n_runs,
                platforms=ctx.emulated_places(emulated),
            )
            + _("; with `--platform=$BUILDPLATFORM` it runs natively"),
            partial(_fixes, ctx, stage),
        )


def _fixes(ctx: RuleContext, stage: Stage) -> tuple[Fix, ...]:
    fix = cross_compile(ctx, stage)
    return () if fix is None else (replace(fix, safety=Safety.SUGGESTION),)


def _only_prepares(stage: Stage) -> bool:
    """True if a stage for the target, alone on its base image, only installs, downloads and unpacks, and never looks at its machine."""
    if stage.is_image or stage.is_native or not stage.runs or len(stage.family) > 1 or stage.root is not stage:
        return False
    if not stage.commands(Effect.DOWNLOAD, Effect.INSTALL):
        # The remaining commands take no time.
        return False
    if not can_change_platform(stage) or names_one_architecture(stage):
        return False
    return all(map(is_harmless, stage.instructions)) and all(map(_is_preparing, stage.runs))


def _is_preparing(run: Run) -> bool:
    return OF_THE_MACHINE.search(run.node.whole_text) is None and all(map(_is_independent, run.commands))


def _is_independent(command: Command) -> bool:
    """True if a command of the common programs writes the same files on every machine, apart from those of the system's packages."""
    use = command.use
    if use is None or use.toolchain is not COMMON or command.name in _STARTING:
        return False
    if command.name.startswith("dpkg"):
        return not _UNPACKING.isdisjoint(command.syntax.arguments)
    # `apt-get install ./tool_$TARGETARCH.deb` fails on another machine.
    return use.effect is not Effect.INSTALL or not any(map(command.depends_on_platform, command.syntax.words[1:]))


def _is_taken_for_all(ctx: RuleContext, stage: Stage) -> bool:
    """True if the image takes files of a stage, and each of them is downloaded, or the same for every machine."""
    consumers = [*consumers_outside([stage])]
    return bool(consumers) and all(_takes_for_all(ctx, stage, it) for it in consumers)


def _takes_for_all(ctx: RuleContext, stage: Stage, consumer: Instruction) -> bool:
    if not isinstance(consumer.node, Copy) or consumer.stage is None or not consumer.stage.is_image:
        return False
    for path in consumer.copied_paths:
        if path.rstrip("/") == "":
            return False
        if is_for_all(path):
            continue
        if path.count("/") < 2 and _PLAIN.search(stage.image_name) is None:
            # `/opt` of another image may contain programs already.
            return False
        # Tracing costs more than all of the above together.
        artifacts = [it for it in ctx.build.artifacts.of(consumer.idx) if it.source == path]
        if not artifacts or not _is_downloaded(stage, path, artifacts[-1].origins, len(ctx.build.targets)):
            return False
    return bool(consumer.copied_paths)


_PROGRAM: Final = lazy_regex(r".*/s?bin/[^/*?]+")
"""The path of one program, which a later download replaces as a whole, while a directory may also have those of packages."""


def _is_downloaded(stage: Stage, path: str, origins: tuple[Origin, ...], n_targets: int) -> bool:
    """True if the last maker of the files at a path is, for each target, certainly a download or a program that suits every machine."""
    last: dict[int, Origin] = {}
    is_program = _PROGRAM.fullmatch(path) is not None
    for it in origins:
        last.setdefault(it.target, it)
        is_download = it.use is not None and it.use.effect is Effect.DOWNLOAD and it.stage == stage.idx
        is_from_image = it.use is None and not it.is_certain
        may_be_package = it.use is not None and it.use.effect is Effect.INSTALL and not it.is_certain
        is_replaced = is_program and may_be_package and last[it.target] is not it
        if not (is_download or it.suits_every_machine or is_from_image or is_replaced):
            return False
    return len(last) == n_targets and all(it.is_certain and it.use is not None for it in last.values())
