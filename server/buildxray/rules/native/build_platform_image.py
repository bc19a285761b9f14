"""The image itself is built for the build machine."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from buildxray.localization import N_, _
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.official_images import exists_for
from buildxray.platforms.platform import Platform, Starting, is_known, starting
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import remove_flag
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Build, Effect, Run, Stage
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.mentions import Mention
from buildxray.semantics.origins import Machine
from buildxray.syntax.instructions import Cmd, Entrypoint
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.go import GO

_CHECKING: Final = lazy_regex(
    r"(?<![a-z])(?:audit|check|flake8|fmt|mypy|pytest|ruff|scan|shellcheck|test|validate|verify|vet)(?![a-z])|lint(?![a-z])"
)
_GENERATING: Final = lazy_regex(r"(?:^|[-_])(?:docs?|gen|generated?|manpages?|proto|update|vendor)(?:$|[-_])")
"""Names of stages whose files are exported into the source tree."""
_FOR_DEVELOPERS: Final = lazy_regex(r"dev|devel|development|devcontainer")

_WITHOUT_PROGRAMS: Final = lazy_regex(r"(?:^|/)distroless/static(?:[-:@]|$)")
"""Images that contain only certificates, time zones and /etc/passwd. Source: github.com/GoogleContainerTools/distroless, base/README.md."""


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
    A suggestion: the stage then runs once per platform, and native steps become emulated. It is offered for official images that are known
    to exist for all requested platforms; otherwise the message names what to check, because the build fails where an image is missing. No
    fix is offered if an argument of the project chooses the platform, as in `--platform=linux/${GOARCH}`.

    ## Limits
    A stage may be native if its files only leave it by `--output`, or if it only runs checks. So a stage that ends with a linter or a
    test, and starts nothing, is not reported, nor is one named `dev` or `test`, nor a stage that `--target` names for a build that
    only fills the cache: `docker/build-push-action` that neither pushes, loads nor exports. If such a build has the last stage as its
    target, the finding is a warning. An intermediate stage that others use, without CMD and ENTRYPOINT, is a cache or a development
    environment. A constant is intended if neither the file nor its project names several platforms. The finding is an error only if
    several platforms are requested and the flag is `$BUILDPLATFORM`: a constant may be meant to be emulated elsewhere. It is a warning
    if the image starts a program that was compiled for the target, which may need nothing else.
    """
    stage = ctx.build.target_stage
    if ctx.is_for_helping:
        # Such an image runs on the machine that builds it.
        return
    if stage is None or len(ctx.build.targets) < 2 or not stage.is_native or ctx.build.request.makes_files:
        return
    root = stage.root
    if root is None or root.from_.platform is None or any(it.startswith("TARGET") for it in _arguments_of_flag(root)):
        # `--platform=$TARGETPLATFORM` is one platform for all only if a default hides the argument, which `masked-platform-arg` reports.
        return
    keeps_nothing = ctx.build.request.keeps_nothing
    if _only_checks(stage) or (keeps_nothing and stage is not ctx.build.stages[-1]):
        # A stage in the middle of the file that is neither pushed nor loaded only fills the cache.
        return
    if stage is not ctx.build.stages[-1] and not _starts(stage) and stage.is_used:
        # A stage that others use, pushed or loaded as a cache or a development environment.
        return
    platform = stage.platforms[0]
    if not is_known(platform):
        # The image cannot be pulled at all.
        return
    wrong = [it for it in ctx.build.targets if starting(it, platform) is not Starting.ALL]
    if not wrong or _starts_target_program(ctx, root) or _is_deliberate(ctx, root):
        return
    if _compiles_started_program(stage) or _copies_started_program(ctx):
        message = _(
            "the image for {platforms} has programs and libraries for {platform}: it is built from this stage, which `--platform` makes {platform} for every target; copy what is compiled or chosen for the target into a last stage without `--platform`",
            platforms=platforms(wrong),
            platform=platform,
        )
        yield Finding(root.from_.range_of(root.from_.platform), message, doubt=Doubt.USE)
        return
    message = _(
        "{facts}: it is built from this stage, which `--platform` makes {platform} for every target",
        facts=_facts(wrong, platform),
        platform=platform,
    )
    fixes: tuple[Fix, ...] = ()
    if {*root.family} <= {*stage.ancestry} and not _is_chosen_by_argument(root):
        if all(exists_for(root.image_name, it) for it in ctx.build.targets):
            edit = remove_flag(root.from_, root.from_.platform)
            fixes = (Fix(_("Remove `--platform`"), (edit,), Safety.SUGGESTION),)
        elif root.from_.image is not None:
            message = _(
                "{fact}; remove `--platform` if `{image}` exists for {platforms}",
                fact=message,
                image=root.from_.image.text,
                platforms=platforms(wrong),
            )
    yield Finding(root.from_.range_of(root.from_.platform), message, fixes, doubt=_doubt(ctx, stage, root))


def _facts(targets: Sequence[Platform], platform: Platform) -> str:
    """The consequences for the image of each target: it does not start, or not on every machine."""
    groups = {it: [one for one in targets if starting(one, platform) is it] for it in _FACTS}
    return _("; ").join(_(_FACTS[it], platforms=platforms(group)) for it, group in groups.items() if group)


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
    is_constant = not _arguments_of_flag(root)
    return None if _runs(ctx, stage) and not is_constant else Doubt.USE


def _is_chosen_by_argument(root: Stage) -> bool:
    """True if an argument of the project sets the platform: with `--platform=linux/${GOARCH}`, a `--build-arg` can change it."""
    return any(it not in AUTOMATIC_ARGUMENTS for it in _arguments_of_flag(root))


def _arguments_of_flag(root: Stage) -> tuple[str, ...]:
    """The names of the arguments in the `--platform` of a stage."""
    flag = root.from_.platform
    if flag is None:
        return ()
    place = root.from_.range_of(flag)
    return tuple(it.name for it in root.from_.variable_references() if place.contains(it.range.start))


def _is_deliberate(ctx: RuleContext, root: Stage) -> bool:
    """True if the file is meant for the constant platform: neither a build nor the file names another one."""
    flag = root.from_.platform
    if ctx.asks_for_several or flag is None or flag.value is None or "$" in flag.value.text:
        return False
    if not ctx.has_intent:
        return True
    named = [it for *_, it in named_architectures(ctx.text)]
    return len(named) > 1 and len({*named}) == 1


def _starts_target_program(ctx: RuleContext, root: Stage) -> bool:
    """True if a program compiled for the target is copied onto an image without programs of its own.

    The platform of such an image, for example distroless `static`, only decides what the image declares about itself.
    """
    if _WITHOUT_PROGRAMS.search(root.image_name) is None:
        return False
    origins = [origin for it in ctx.build.artifacts.all for origin in it.origins if origin.use is not None]
    return any(it.machine is Machine.TARGET for it in origins)


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
    artifacts = [
        it
        for it in ctx.build.artifacts.all
        if it.machine is Machine.TARGET
        or (it.machine is Machine.UNKNOWN and not all(one.is_from_context for one in it.origins))
    ]
    if "/" in program:
        paths = {clean(posixpath.join(it, program)) for it in starting.directories}
        return any(holds(it.path, path) for it in artifacts for path in paths)
    return any(program in (posixpath.basename(it.path), posixpath.basename(it.source)) for it in artifacts)


def _starts(stage: Stage) -> bool:
    """True if the file sets the command of the image of a stage."""
    return any(isinstance(it.node, Cmd | Entrypoint) for one in stage.ancestry for it in one.instructions)


def _runs(ctx: RuleContext, stage: Stage) -> bool:
    """True if an image is there to be started, and not only to carry files: it runs or starts something, or gets a program."""
    origins = (origin for it in ctx.build.artifacts.all for origin in it.origins)
    return (
        _starts(stage)
        or any(one.runs for one in stage.ancestry)
        or any(it.use is not None and not it.suits_every_machine for it in origins)
    )


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
    if not isinstance(last, Run) or _starts(stage):
        return False
    commands = last.script.commands
    if any(_GENERATING.search(it.name) for it in chain):
        return True
    if not commands:
        return False
    # Compiling several packages at once is a check: `go build ./...` writes nothing.
    is_compile_check = commands[-1].arguments[:1] == ("build",) and "./..." in commands[-1].arguments
    return is_compile_check or any(_CHECKING.search(it) for it in (commands[-1].name, *commands[-1].arguments[:2]))
