"""The image itself is built for the build machine."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from buildxray.localization import N_, _, ngettext
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.official_images import OFFICIAL, exists_for
from buildxray.platforms.platform import Platform, Starting, starting
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.native_image import (
    arguments_of_flag,
    has_no_programs,
    starts,
    starts_nothing,
    targets_of_native_image,
)
from buildxray.rules.fixing.edits import remove_flag
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Build, Effect, KnownCommand, Stage
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.image_paths import is_for_all
from buildxray.semantics.mentions import Mention
from buildxray.semantics.origins import Artifact, Machine
from buildxray.syntax.instructions import Flag
from buildxray.toolchains.go import GO


@rule(Severity.ERROR, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.PLATFORM_FLAG])
def build_platform_image(ctx: RuleContext) -> Iterator[Finding]:
    """The stage that becomes the image has a platform of its own, so the image is the same for every target.

    ## What it does
    Looks at the stage that is built last, or that `--target` names, when its platform is `$BUILDPLATFORM` or a constant.

    ## Why it matters
    The image index lists every requested platform, but each entry contains files for the one platform. On another architecture it fails
    with `exec format error`; on a processor with fewer instructions, such as an arm/v6 with an image for arm/v7, a program may stop with
    `Illegal instruction`. An arm64 machine starts an image for arm only if its processor also runs 32-bit programs.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM alpine
    RUN apk add --no-cache curl
    ENTRYPOINT ["curl"]
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    RUN apk add --no-cache curl
    ENTRYPOINT ["curl"]
    ```

    ## Fix safety
    A suggestion: the stage then runs once per platform, and steps for other platforms need an emulator (QEMU) on the machine that builds, as
    the title says. It is offered for official images that are known to exist for all requested platforms, if the stage downloads nothing with
    one name for all and runs no script of the project; otherwise the message names what to check, because the build fails where an image is
    missing. No fix is offered if an argument of the project chooses the platform, as in `--platform=linux/${GOARCH}`.

    ## Limits
    If several machines build, each target is compared with the platform of its machine. A build for one platform is reported only if its project
    tells the machine (`runs-on: ubuntu-latest`) and the flag is that of the build machine; nothing is reported if each platform may have a
    machine of its own.

    A stage may be native if its files only leave it by `--output`, or if it only runs checks. So a stage that ends with a linter or a test, and
    starts nothing, is not reported, nor is one named `dev` or `test`, nor a stage that `--target` names for a build that only fills the cache:
    `docker/build-push-action` that neither pushes, loads nor exports. If such a build has the last stage as its target, the finding is a
    warning. An intermediate stage that others use, without CMD and ENTRYPOINT, is a cache or a development environment. Nor is an image whose
    known builds are all for the machine that builds it. A constant is intended if neither the file nor its project names several platforms, and
    so is an argument of the project, with which each build can choose one. The finding is an error only if several platforms are requested and
    the flag is `$BUILDPLATFORM`: a constant may be meant to be emulated elsewhere. It is a warning if the image starts a program that was
    compiled for the target, which may need nothing else, or if it gets one and the file does not say what starts. Where a build argument of the project sets `BUILDPLATFORM`, the message names that as
    the cause.
    """
    stage = ctx.build.target_stage
    wrong = ctx.cached(targets_of_native_image)
    root = None if stage is None else stage.root
    flag = None if root is None else root.from_.platform
    if not wrong or stage is None or root is None or flag is None:
        return
    own = dict(zip(ctx.build.targets, stage.platforms, strict=True))
    platform = platforms(dict.fromkeys(own[it] for it in wrong))
    is_given = "BUILDPLATFORM" in arguments_of_flag(root) and "BUILDPLATFORM" in dict(ctx.build.request.build_arguments)
    if is_given and not ctx.asks_for_several:
        yield Finding(root.from_.range_of(flag), _of_given(ctx, stage, wrong), doubt=_doubt(ctx, stage, root))
        return
    facts = _facts(ctx, wrong, own)
    starts_program = _compiles_started_program(stage) or _copies_started_program(ctx) or _may_start_program(ctx, root)
    if starts_program and has_no_programs(root):
        facts = _(
            "the image for {platforms} says that it is for {platform}", platforms=ctx.places(wrong), platform=platform
        )
    elif starts_program:
        facts = _(
            "the image for {platforms} has programs and libraries for {platform}",
            platforms=ctx.places(wrong),
            platform=platform,
        )
    if stage.is_native and len(own) > 1:
        message = _(
            "{facts}: it is built from this stage, which `--platform` makes {platform} for every target",
            facts=facts,
            platform=platform,
        )
    else:
        message = _(
            "{facts}: it is built from this stage, which `--platform` makes {platform}, the platform of the machine that builds it",
            facts=facts,
            platform=platform,
        )
    if is_given:
        origin = ctx.build.request.target_origin or "--build-arg"
        message = _("{fact}, because {origin} sets `BUILDPLATFORM`", fact=message, origin=origin)
    fixes: tuple[Fix, ...] = ()
    if starts_program and any(one.runs for one in stage.ancestry):
        message = _(
            "{fact}; copy what is compiled or chosen for the target into a last stage without `--platform`",
            fact=message,
        )
    elif _is_chosen_by_argument(root):
        # A `--build-arg` gives another platform.
        pass
    elif not {*root.family} <= {*stage.ancestry}:
        message = _("{fact}; build the image on another stage, without `--platform`", fact=message)
    elif _may_get_one_architecture(root):
        message = _(
            "{fact}; remove `--platform` if what the stage downloads exists for {platforms}, or do not build for {platforms}",
            fact=message,
            platforms=platforms(wrong),
        )
        message = _with_emulator(message, _emulated_without(ctx, root, flag))
    elif source := _source_for_one(ctx):
        message = _(
            "{fact}; remove `--platform` here and from line {line}, because the image takes files from that stage",
            fact=message,
            line=source.from_.line,
        )
    elif all(exists_for(root.image_name, it) for it in ctx.build.targets):
        fixes = (_removal(ctx, root, flag),)
    elif root.from_.image is not None:
        message = _(
            "{fact}; remove `--platform` if `{image}` exists for {platforms}",
            fact=message,
            image=root.from_.image.text,
            platforms=platforms(wrong),
        )
        message = _with_emulator(message, _emulated_without(ctx, root, flag))
    doubt = Doubt.USE if starts_program else _doubt(ctx, stage, root)
    yield Finding(root.from_.range_of(flag), message, fixes, doubt=doubt)


def _source_for_one(ctx: RuleContext) -> Stage | None:
    """The first other stage for one platform from which the image takes files that may be for that platform.

    Such are programs that `make` installs in a stage with a constant platform, and files of the image on which a stage without RUN is built.
    """
    sources = {
        origin.stage
        for artifact in ctx.build.artifacts.all
        for origin in artifact.origins
        if not origin.suits_every_machine and (origin.use is None or origin.use.effect is not Effect.DOWNLOAD)
    }
    for stage in ctx.build.stages:
        root = stage.root
        if root is None or root.from_.platform is None or not stage.is_native or stage.is_image:
            continue
        if stage.idx in sources and not arguments_of_flag(root):
            return root
        if root.from_.image is not None and not any(one.runs for one in stage.ancestry) and _is_in_image(stage):
            return root
    return None


def _is_in_image(stage: Stage) -> bool:
    """True if the image takes files from a stage that may be for one machine, as programs are."""
    return any(
        it.stage is not None and it.stage.is_image and not all(map(is_for_all, it.copied_paths))
        for it in stage.consumers
    )


def _removal(ctx: RuleContext, root: Stage, flag: Flag) -> Fix:
    """The suggestion to remove the flag; its title says what then needs an emulator."""
    n_runs = _emulated_without(ctx, root, flag)
    title = (
        ngettext(
            "Remove `--platform`; {n} RUN instruction then needs an emulator (QEMU)",
            "Remove `--platform`; {n} RUN instructions then need an emulator (QEMU)",
            n_runs,
        )
        if n_runs
        else _("Remove `--platform`")
    )
    return Fix(title, (remove_flag(root.from_, flag),), Safety.SUGGESTION)


def _emulated_without(ctx: RuleContext, root: Stage, flag: Flag) -> int:
    """The number of RUN instructions that only without the flag run on another architecture than that of the machine that builds."""
    after = ctx.after((remove_flag(root.from_, flag),)).build
    before = _emulated(ctx.build)
    return len(_emulated(after) - before)


def _emulated(build: Build) -> set[int]:
    """The indices of the RUN instructions of which a step is emulated."""
    return {run.idx for stage in build.needed_stages for run in stage.runs if any(it.is_emulated for it in run.steps)}


def _with_emulator(message: str, n_runs: int) -> str:
    if not n_runs:
        return message
    return ngettext(
        "{fact}; {n} RUN instruction then needs an emulator (QEMU)",
        "{fact}; {n} RUN instructions then need an emulator (QEMU)",
        n_runs,
        fact=message,
    )


def _of_given(ctx: RuleContext, stage: Stage, wrong: Sequence[Platform]) -> str:
    """The message for a build on one machine whose argument replaces the platform of that machine."""
    request = ctx.build.request
    n_runs = sum(len(it.runs) for it in stage.ancestry)
    message = _(
        "{origin} sets `BUILDPLATFORM`: on a machine for {platforms}, this image is built for {platform}",
        origin=request.target_origin or "--build-arg",
        platforms=platforms(wrong),
        platform=stage.platforms[0],
    )
    if n_runs:
        message = ngettext(
            "{fact}, so that the RUN instruction of this stage needs an emulator",
            "{fact}, so that the {n} RUN instructions of this stage need an emulator",
            n_runs,
            fact=message,
        )
    return _("{fact}; leave out that argument, because BuildKit sets it to the platform of the machine", fact=message)


def _may_get_one_architecture(root: Stage) -> bool:
    """True if a stage or one on it runs a script of the project, or downloads something: it may exist for the one platform only, for which the author chose it."""
    for command in (it for one in root.family for run in one.runs for it in run.commands):
        if isinstance(command, KnownCommand) and command.use.effect is Effect.DOWNLOAD:
            if not any(map(command.depends_on_platform, command.syntax.words)):
                return True
        elif command.syntax.words and (
            "/" in command.syntax.words[0].text or any(it.endswith((".py", ".sh")) for it in command.syntax.arguments)
        ):
            return True
    return False


def _facts(ctx: RuleContext, targets: Sequence[Platform], own: Mapping[Platform, Platform]) -> str:
    """The consequences for the image of each target, given the platform that the stage has for it: it does not start, or not on every machine."""
    groups = {it: [one for one in targets if starting(one, own[one]) is it] for it in _FACTS}
    return _("; ").join(_(_FACTS[it], platforms=ctx.places(group)) for it, group in groups.items() if group)


_FACTS: Final = {
    Starting.NONE: N_("the image for {platforms} will not start (`exec format error`)"),
    Starting.NEWER: N_("the image for {platforms} may stop with `Illegal instruction`"),
    Starting.WITH_32_BIT: N_("the image for {platforms} starts only on machines that also run 32-bit programs"),
}


def _doubt(ctx: RuleContext, stage: Stage, root: Stage) -> Doubt | None:
    """The reason why a native image may be wanted."""
    if not ctx.asks_for_several or ctx.build.request.keeps_nothing:
        return Doubt.BUILD
    if _is_chosen_by_argument(root):
        return Doubt.ARGUMENT
    # Who writes a constant may want it emulated on other machines.
    is_constant = not arguments_of_flag(root)
    return None if _runs(ctx, stage) and not is_constant else Doubt.USE


def _is_chosen_by_argument(root: Stage) -> bool:
    """True if an argument of the project sets the platform: with `--platform=linux/${GOARCH}`, a `--build-arg` can change it."""
    return any(it not in AUTOMATIC_ARGUMENTS for it in arguments_of_flag(root))


def _started_program(build: Build) -> str | None:
    """The program that the image starts without a shell; None if there is none."""
    starting = build.starting
    if starting is None or not starting.node.is_json or not starting.node.arguments:
        return None
    return starting.node.arguments[0].text.strip('"')


def _compiles_started_program(stage: Stage) -> bool:
    """True if the image starts a program that the stage compiles for the target, and no shell or other program of the stage."""
    program = _started_program(stage.build)
    # Without cgo, a program of Go needs no loader of its machine. For another machine, cgo is off unless it is switched on.
    compiling = (it for one in stage.ancestry for it in one.commands(Effect.COMPILE) if it.use.toolchain is GO)
    return any(
        it.use.follows_target
        and all(value != "1" for value in it.invocation.setting("CGO_ENABLED").values)
        and program in it.use.outputs
        for it in compiling
    )


def _copies_started_program(ctx: RuleContext) -> bool:
    """True if the image starts a program that may be for the target, which another stage has made, and none of its own base."""
    starting, program = ctx.build.starting, _started_program(ctx.build)
    if starting is None or program is None:
        return False
    artifacts = _files_for_target(ctx)
    if "/" in program:
        paths = {clean(posixpath.join(it, program)) for it in starting.directories}
        return any(holds(it.path, path) for it in artifacts for path in paths)
    return any(program in (posixpath.basename(it.path), posixpath.basename(it.source)) for it in artifacts)


def _may_start_program(ctx: RuleContext, root: Stage) -> bool:
    """True if the file does not say what the image starts, and it gets a program that may be for the target.

    The command line that runs the image then names that program, unless the base image starts one of its own, as most official images do.
    """
    if ctx.build.starting is not None:
        return False
    image = root.image_name
    if image.startswith(OFFICIAL) and image.removeprefix(OFFICIAL).partition(":")[0].partition("@")[0] not in _SYSTEMS:
        return False
    return any(
        any(one.machine is Machine.TARGET for one in it.origins)
        or starts_nothing(root)
        or posixpath.dirname(it.path).endswith(("/bin", "/sbin"))
        for it in _files_for_target(ctx)
    )


_SYSTEMS: Final = frozenset(
    {
        "almalinux",
        "alpine",
        "amazonlinux",
        "busybox",
        "buildpack-deps",
        "debian",
        "fedora",
        "oraclelinux",
        "photon",
        "rockylinux",
        "scratch",
        "ubuntu",
    }
)
"""Official images that start a shell and nothing else. Source: github.com/docker-library/official-images."""


def _files_for_target(ctx: RuleContext) -> list[Artifact]:
    """The files of the image that may be for the target, and that another stage or a name in the build context tells apart."""
    return [
        it
        for it in ctx.build.artifacts.all
        if it.machine is Machine.TARGET
        or (it.machine is Machine.UNKNOWN and not all(one.is_from_context for one in it.origins))
    ]


def _runs(ctx: RuleContext, stage: Stage) -> bool:
    """True if an image is there to be started, and not only to carry files: it runs or starts something, or gets a program."""
    origins = (origin for it in ctx.build.artifacts.all for origin in it.origins)
    return (
        starts(stage)
        or any(one.runs for one in stage.ancestry)
        or any(it.use is not None and not it.suits_every_machine for it in origins)
    )
