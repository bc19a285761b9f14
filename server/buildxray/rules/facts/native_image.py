"""Images that a `--platform` makes the same for every target."""

from __future__ import annotations

from typing import Final

from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.platform import Platform, Starting, is_known, starting
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Run, Stage
from buildxray.semantics.origins import Machine
from buildxray.syntax.instructions import Cmd, Entrypoint
from buildxray.syntax.lazy_regex import lazy_regex

_CHECKING: Final = lazy_regex(
    r"(?<![a-z])(?:audit|check|flake8|fmt|mypy|pytest|ruff|scan|shellcheck|test|validate|verify|vet)(?![a-z])|lint(?![a-z])"
)
_GENERATING: Final = lazy_regex(r"(?:^|[-_])(?:docs?|gen|generated?|manpages?|proto|update|vendor)(?:$|[-_])")
"""Names of stages whose files are exported into the source tree."""
_FOR_DEVELOPERS: Final = lazy_regex(r"dev|devel|development|devcontainer")

_WITHOUT_PROGRAMS: Final = lazy_regex(r"(?:^|/)distroless/static(?:[-:@]|$)")
"""Images that contain only certificates, time zones and /etc/passwd. Source: github.com/GoogleContainerTools/distroless, base/README.md."""


def targets_of_native_image(ctx: RuleContext) -> tuple[Platform, ...]:
    """The targets for which the image is wrong, because the stage that becomes it has a platform of its own; none if that may be intended.

    Each target is compared with the platform that the stage has on the machine which builds for it.
    """
    stage = ctx.build.target_stage
    if ctx.repeats_nothing:
        # Such an image runs on the machine that builds it, or is for one architecture by its name.
        return ()
    root = None if stage is None else stage.root
    if stage is None or root is None or root.from_.platform is None or not _has_own_platform(ctx, stage, root):
        return ()
    if ctx.build.request.makes_files:
        return ()
    if _only_checks(stage) or (ctx.build.request.keeps_nothing and stage is not ctx.build.stages[-1]):
        # A stage in the middle of the file that is neither pushed nor loaded only fills the cache.
        return ()
    if stage is not ctx.build.stages[-1] and not starts(stage) and stage.is_used:
        # A stage that others use, pushed or loaded as a cache or a development environment.
        return ()
    # An image for an unknown platform cannot be pulled at all.
    pairs = [it for it in zip(ctx.build.targets, stage.platforms, strict=True) if is_known(it[1])]
    wrong = tuple(target for target, platform in pairs if starting(target, platform) is not Starting.ALL)
    return () if not wrong or _starts_target_program(ctx, root) or _is_deliberate(ctx, root) else wrong


def _has_own_platform(ctx: RuleContext, stage: Stage, root: Stage) -> bool:
    """True if the flag of a stage surely gives it a platform that does not follow the target.

    `--platform=$TARGETPLATFORM` is one platform for all only if a default hides the argument, which `masked-platform-arg` reports.
    That of the build machine is the right one where each target may have a machine of its own; for one target alone the machine has to
    be told, because people build the image of their own machine.
    """
    names = arguments_of_flag(root)
    if any(it.startswith("TARGET") for it in names) or all(it == "scratch" for it in root.base_names):
        return False
    if any(it.startswith("BUILD") for it in names):
        if "BUILDPLATFORM" in dict(ctx.build.request.build_arguments):
            return len(ctx.build.targets) > 1 and stage.is_native
        if ctx.may_have_own_machines:
            return False
        return len(ctx.build.targets) > 1 or ctx.build.workspace.machine_is_told
    return len(ctx.build.targets) > 1 and stage.is_native


def arguments_of_flag(root: Stage) -> tuple[str, ...]:
    """The names of the arguments in the `--platform` of a stage."""
    flag = root.from_.platform
    if flag is None:
        return ()
    place = root.from_.range_of(flag)
    return tuple(it.name for it in root.from_.variable_references() if place.contains(it.range.start))


def _is_deliberate(ctx: RuleContext, root: Stage) -> bool:
    """True if the file is meant for the constant platform, as neither a build nor the file names another one, or if a build argument chooses it."""
    flag = root.from_.platform
    if ctx.asks_for_several or flag is None or flag.value is None:
        return False
    names = arguments_of_flag(root)
    if "$" in flag.value.text:
        # `--build-arg ARCH=arm64` gives another image; that one build is for several platforms is only assumed.
        return not ctx.has_intent and bool(names) and not any(it in AUTOMATIC_ARGUMENTS for it in names)
    if not ctx.has_intent:
        return True
    named = [it for *_, it in named_architectures(ctx.text)]
    return len(named) > 1 and len({*named}) == 1


def _starts_target_program(ctx: RuleContext, root: Stage) -> bool:
    """True if a program compiled for the target is copied onto an image without programs of its own.

    The platform of such an image, for example distroless `static`, only decides what the image declares about itself.
    """
    if not has_no_programs(root):
        return False
    origins = [origin for it in ctx.build.artifacts.all for origin in it.origins if origin.use is not None]
    return any(it.machine is Machine.TARGET for it in origins)


def has_no_programs(root: Stage) -> bool:
    """True if the image of a stage has neither programs nor libraries."""
    return _WITHOUT_PROGRAMS.search(root.image_name) is not None


def starts_nothing(root: Stage) -> bool:
    """True if the image of a stage has neither a command nor a shell, by its name. Source: github.com/GoogleContainerTools/distroless, README.md."""
    return "distroless" in root.image_name and "debug" not in root.image_name


def starts(stage: Stage) -> bool:
    """True if the file sets the command of the image of a stage."""
    return any(isinstance(it.node, Cmd | Entrypoint) for one in stage.ancestry for it in one.instructions)


def _only_checks(stage: Stage) -> bool:
    """True if a stage is for developers, by its name, or because it ends with a check and starts nothing.

    A stage without instructions is judged by its base.
    """
    chain = [stage]
    while not chain[-1].instructions and len(chain[-1].bases) == 1:
        chain.append(chain[-1].bases[0])
    if any(_FOR_DEVELOPERS.fullmatch(it.name) or _CHECKING.search(it.name) for it in chain):
        return True
    last = chain[-1].last
    if not isinstance(last, Run) or starts(stage):
        return False
    commands = last.script.commands
    if any(_GENERATING.search(it.name) for it in chain):
        return True
    if not commands:
        return False
    # Compiling several packages at once is a check: `go build ./...` writes nothing.
    is_compile_check = commands[-1].arguments[:1] == ("build",) and "./..." in commands[-1].arguments
    return is_compile_check or any(_CHECKING.search(it) for it in (commands[-1].name, *commands[-1].arguments[:2]))
