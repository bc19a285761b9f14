"""An unused ARG causes steps to differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from buildxray.localization import _, ngettext
from buildxray.platforms.aliases import named_architectures
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.downloads import downloads
from buildxray.rules.fixing.placement import Declaration, placements, split_by
from buildxray.rules.wording import listed
from buildxray.semantics.build import Effect, Stage
from buildxray.semantics.mentions import Mention
from buildxray.syntax.text import TextRange


@rule(Severity.WARNING, Severity.INFORMATION, FixAvailability.ALWAYS, about=[Mention.PLATFORM_ARGUMENT])
def unused_platform_arg(ctx: RuleContext) -> Iterator[Finding]:
    """A platform argument that nothing uses makes steps run once per platform.

    ## What it does
    Looks in stages that run on the build machine for an `ARG` with a value per target platform which no instruction of the
    stage, nor of the stages that are built on it, uses.

    ## Why it matters
    The argument is in the environment of every RUN after it, used or not, and BuildKit shares a step between platforms only where its
    environment is the same. The finding is information if no known build asks for several platforms, and not reported if each known build is for
    one. Unused arguments of one stage are one finding, because none of them alone is the cause. Nothing is reported if a program of the stage
    should use the argument: a compiler that compiles for the wrong architecture, a download for one, or `uname -m`. Nothing is reported in an
    image that its `--platform` makes the same for every target, because only without it each platform gets its own image.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM debian:13 AS docs
    ARG TARGETARCH
    RUN apt-get update && apt-get install -y gzip
    COPY manual /manual
    RUN gzip -9 /manual/app.1

    FROM scratch
    COPY --from=docs /manual /manual
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM debian:13 AS docs
    RUN apt-get update && apt-get install -y gzip
    COPY manual /manual
    RUN gzip -9 /manual/app.1

    FROM scratch
    COPY --from=docs /manual /manual
    ```

    ## Fix safety
    Safe: an unknown program counts as a user, because it may read its environment; so do scripts and build files of the project. If
    packages are installed, whose scripts see the environment, the fix is a suggestion.
    """
    if ctx.repeats_nothing:
        return
    for placement in placements(ctx):
        if placement.is_in_native_image or not placement.removing_pays or not placement.saves_time:
            continue
        if placement.removing_needs_moving and placement.moving_needs_removing:
            # The fix of `early-platform-arg` deletes them too.
            continue
        if _is_missed(placement.stage, {it.name for it in placement.unused if it.splits}):
            # Another rule reports what lacks the argument, and `early-platform-arg` its place once that is repaired.
            continue
        edits = tuple(placement.removing_edits())
        safety = Safety.SAFE if placement.removing_is_safe else Safety.SUGGESTION
        runs = split_by(ctx.build, [it.instruction for it in placement.unused])
        title = _("Delete {declarations}", declarations=listed(map(_written, placement.unused)))
        for group in _groups(placement.unused):
            # They repeat the same steps, so that one finding tells all; its place is the first that differs between these targets.
            causes = [it for it in group if it.splits]
            n_split = sum(run.idx > causes[0].instruction.idx for run in runs) if causes else 0
            if not n_split:
                continue
            yield Finding(
                _range(causes[0]),
                ngettext(
                    "{fact}, yet {n} RUN step runs once per platform because of it",
                    "{fact}, yet {n} RUN steps run once per platform because of it",
                    n_split,
                    fact=_fact(causes[0]),
                )
                if len(causes) == 1
                else ngettext(
                    "{fact}, yet {n} RUN step runs once per platform because of them",
                    "{fact}, yet {n} RUN steps run once per platform because of them",
                    n_split,
                    fact=_("nothing uses {names}", names=listed(it.name for it in causes)),
                ),
                (Fix(title, edits, safety),),
                tuple(Related(_range(it), _("unused too")) for it in group if it is not causes[0]),
                severity=Severity.INFORMATION if ctx.is_only_prepared else None,
                is_unnecessary=True,
            )


def _is_missed(stage: Stage, names: set[str]) -> bool:
    """True if a command of a stage is for the wrong architecture because it does not use one of these arguments."""
    family = stage.family
    used = {it for one in family for instruction in one.instructions for it in instruction.variable_names}
    if any(it not in names and it.replace("_", "").upper() in names for it in used):
        # `$TARGET_ARCH`, for which nobody declares an argument.
        return True
    if names.isdisjoint(("TARGETARCH", "TARGETOS", "TARGETVARIANT")):
        return False
    return any(
        any(one.commands(Effect.PROBE))
        or any(named_architectures(it.address) for it in downloads(one))
        or any(it.use.wrong_targets and it.wrong_images for it in one.commands(Effect.COMPILE))
        for one in family
    )


def _groups(unused: Iterable[Declaration]) -> Iterator[list[Declaration]]:
    """The unused declarations of a stage that are reported together: each that is declared again below alone, and the others."""
    others: list[Declaration] = []
    for it in unused:
        if _is_declared_again(it):
            yield [it]
        else:
            others.append(it)
    if others:
        yield others


def _is_declared_again(declaration: Declaration) -> bool:
    instruction = declaration.instruction
    later = () if instruction.stage is None else instruction.stage.instructions
    return any(it.idx > instruction.idx and it.declares(declaration.name) for it in later)


def _range(declaration: Declaration) -> TextRange:
    return declaration.instruction.range_of(declaration.instruction.pairs[declaration.position].name)


def _written(declaration: Declaration) -> str:
    return f"{declaration.instruction.keyword} {declaration.name}"


def _fact(declaration: Declaration) -> str:
    keyword = declaration.instruction.keyword
    if _is_declared_again(declaration):
        return _("nothing uses this {keyword} before it is declared again", keyword=keyword)
    return _("nothing uses this {keyword}", keyword=keyword)
