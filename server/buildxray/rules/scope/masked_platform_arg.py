"""A default hides the value that BuildKit gives an automatic argument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS, automatic_values
from buildxray.platforms.official_images import exists_for
from buildxray.platforms.platform import Platform, PlatformError, is_known, normalize, parse_normalized
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.downloads import downloads
from buildxray.rules.facts.site_files import n_missing_files
from buildxray.rules.fixing.edits import declare, is_named_above
from buildxray.rules.fixing.placement import with_paying_moves
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Build, From, Instruction, Run
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Arg, Env, Onbuild, Pair
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import TESTS
from buildxray.syntax.text import Edit, TextRange

_OF_OTHER_MACHINE: Final = ("TARGETARCH", "TARGETOS", "TARGETPLATFORM")
"""Arguments whose default may name another machine than the targets."""
_OF_BUILDER: Final = frozenset({"BUILDPLATFORM", "BUILDOS", "BUILDARCH"})
"""Arguments that depend on the build machine: a default that is right here is wrong on another machine."""


_GOARM: Final = lazy_regex(r"GOARM=[\"']?\$\{?TARGETVARIANT\b(?!#)")
_VARIANT: Final = lazy_regex(r"\$\{?TARGETVARIANT\b")

_FALLBACK: Final = lazy_regex(r"\$\w+|\$\{\w+(?::?-[^}]*)?\}")
"""A variable whose value is not changed."""


@rule(Severity.ERROR, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.PLATFORM_ARGUMENT])
def masked_platform_arg(ctx: RuleContext) -> Iterator[Finding]:
    """A default in `ARG` hides the value that BuildKit gives a platform argument.

    ## What it does
    Looks for `ARG TARGETARCH=…` and other platform arguments, in stages and above the first `FROM`, if the value for some target
    platform differs from BuildKit's. A default above the first `FROM` counts if a `FROM` or a stage takes it. A default that is made of
    the platform's own value is not reported: `ARG TARGETARCH` and then `ARG TARGETARCH=${TARGETARCH/amd64/x64}`. A default in a stage where
    nothing uses the argument is information. Not reported is
    `ARG BUILDPLATFORM=linux/amd64` where the stage downloads a program for that machine, such as a cross compiler, which runs on no other; nor is
    `ARG TARGETPLATFORM=linux/arm64` for `FROM --platform=$TARGETPLATFORM` alone, if no build of the project names platforms: the file is
    for that one. Neither is an empty default of TARGETVARIANT that only `GOARM=$TARGETVARIANT` uses: Go takes 7 for an empty `GOARM`, and refuses
    `v7`.

    ## Why it matters
    The default of an `ARG` is not a fallback here: it always wins. `ARG TARGETARCH=amd64` builds for amd64, whatever platforms are
    requested, and `ARG TARGETARCH=${TARGETARCH:-amd64}` in a stage does the same, because TARGETARCH is unset before that line.

    ## Example
    ```dockerfile
    FROM alpine
    ARG TARGETARCH=amd64
    RUN wget -O /tool https://example.com/tool-$TARGETARCH
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    ARG TARGETARCH
    RUN wget -O /tool https://example.com/tool-$TARGETARCH
    ```

    ## Fix safety
    Safe with BuildKit, unless a `FROM name-$TARGETARCH` had a stage for the default alone. A builder without BuildKit, which has no automatic
    arguments, then needs `--build-arg`. It is a suggestion if the default is the value of no target (`ARG TARGETOS=windows`), because programs
    for another machine may be wanted, if a FROM would name another image (`FROM base:$TARGETARCH`), or pull one for another platform (`FROM
    --platform=$TARGETPLATFORM`), which may not exist, if a comment above speaks of the default, if the default is the value of an argument of
    the build machine (`ARG TARGETARCH=$BUILDARCH`), or one that BuildKit never gives, such as `x86_64`: the names that are made of it change for
    every platform. It is one too if a script names the machine of the default in a path, or if the default is empty and each use has its own one. No
    fix is offered where `GOARM=$TARGETVARIANT` would become `GOARM=v7`, which Go refuses, nor where a well-known site has no
    file with the name that BuildKit gives: `x86_64` is the default, and the site knows no `amd64`. If the default changes the argument before it
    is declared (`ARG TARGETARCH=${TARGETARCH/amd64/x64}` alone), the fix declares it first, as a suggestion.
    """
    request = ctx.build.request
    given = {*dict(request.build_arguments), *request.unknown_arguments}
    for instruction in ctx.build.instructions:
        if not isinstance(instruction.node, Arg) or instruction.node.problem is not None:
            continue
        for pair in instruction.pairs:
            name = pair.name.text
            if pair.value is None or name not in AUTOMATIC_ARGUMENTS or name in given or name == "TARGETSTAGE":
                continue
            if instruction.stage is None and not _is_read_above_stages(ctx.build, name):
                continue
            if _is_replaced(instruction, name):
                continue
            values = instruction.values(name, after=True)
            wrong = [
                (target, value)
                for target, value in zip(ctx.build.targets, values, strict=True)
                # BuildKit refuses a half-typed default, and `build-error` reports it.
                if value is not None
                and (instruction.stage is None or target in instruction.stage.targets)
                and not _is_same(name, value, automatic_values(ctx.build.request.node(target), target, "")[name])
            ]
            if wrong and (_is_platform_of_file(ctx, instruction, name) or _leaves_goarm_to_go(ctx, name, wrong)):
                continue
            if name in _OF_BUILDER and _has_tools_for(ctx.build, pair.value.text):
                continue
            if wrong and not _follows_platform(instruction, pair):
                range_ = TextRange(instruction.range_of(pair.name).end, instruction.range_of(pair).end)
                is_unread = _is_unread(instruction, name)
                yield Finding(
                    instruction.range_of(pair),
                    _message_on_unread(name, wrong) if is_unread else _message(ctx.build, name, wrong),
                    partial(_fixes, ctx, instruction, pair, range_),
                    severity=Severity.INFORMATION if is_unread else None,
                    doubt=_doubt(ctx.build, instruction, name, [it for it, __ in wrong]),
                )
            elif (
                not wrong
                and name in _OF_BUILDER
                and values
                and "$" not in pair.value.text
                and pair.value.text
                and not _is_unread(instruction, name)
            ):
                range_ = TextRange(instruction.range_of(pair.name).end, instruction.range_of(pair).end)
                yield Finding(
                    instruction.range_of(pair),
                    _(
                        "`{name}` is always {value} because of this default: on any other build machine the stages that use it are emulated or wrong",
                        name=name,
                        value=pair.value.text.strip("\"'"),
                    ),
                    partial(_fixes, ctx, instruction, pair, range_),
                    doubt=Doubt.BUILD,
                )


def _has_tools_for(build: Build, default: str) -> bool:
    """True if a stage downloads a file for the build machine that a default names, such as a cross compiler, so that it runs on no other."""
    machines = {architecture for *_, architecture in named_architectures(default)}
    return any(
        architecture in machines
        for stage in build.needed_stages
        if machines and any(it.name in _OF_BUILDER for it in (stage.root or stage).from_.variable_references())
        for download in downloads(stage)
        for piece in download.pieces
        for *_, architecture in named_architectures(piece.text)
    )


def _is_read_above_stages(build: Build, name: str) -> bool:
    """True if a FROM or an ARG above the first FROM uses an argument, or if a stage takes its value by `ARG name`.

    Otherwise a default above the first FROM changes nothing. BuildKit: dockerfile2llb/convert.go, dispatchArg.
    """
    return any(_reads_from_above(it, name) for it in build.instructions)


def _reads_from_above(instruction: Instruction, name: str) -> bool:
    node = instruction.node
    if isinstance(node, Onbuild):
        return name in node.text
    if isinstance(node, Arg) and instruction.stage is not None:
        return any(it.name.text == name and it.value is None for it in instruction.pairs)
    return (instruction.stage is None or isinstance(instruction, From)) and name in instruction.variable_names


def _is_platform_of_file(ctx: RuleContext, declaration: Instruction, name: str) -> bool:
    """True if a default only chooses the platform of images, as a constant `--platform` does, in a file that is built for several by assumption only."""
    if name != "TARGETPLATFORM" or not declaration.is_global or not ctx.build.workspace.platforms_are_assumed:
        return False
    using = [it for it in ctx.build.instructions if any(one.name == name for one in it.variable_references())]
    return bool(using) and all(isinstance(it, From) for it in using)


def _leaves_goarm_to_go(ctx: RuleContext, name: str, wrong: list[tuple[Platform, str]]) -> bool:
    """True if an empty default makes `GOARM` empty and nothing else, so that Go takes 7 by itself; BuildKit's `v7` it refuses.

    Source: go, src/cmd/dist/build.go, xgetgoarm, and src/internal/buildcfg/cfg.go, goarm.
    """
    if name != "TARGETVARIANT" or any(value for _target, value in wrong):
        return False
    n_uses = len(_VARIANT.findall(ctx.text))
    return n_uses > 0 and n_uses == len(_GOARM.findall(ctx.text))


def _uses(instruction: Instruction, pair: Pair) -> list[str]:
    """The variables whose values are in the default of a pair; that of `${NAME:+word}` is not."""
    if pair.value is None:
        return []
    range_, text = instruction.range_of(pair.value), instruction.build.text
    return [
        it.name
        for it in instruction.variable_references()
        if range_.contains(it.range.start) and not text.startswith(("+", ":+"), it.name_range.end)
    ]


def _follows_platform(instruction: Instruction, pair: Pair) -> bool:
    """True if a default is made of a value that depends on the target platform, so that it masks nothing.

    BuildKit expands the default with the arguments that are declared before it, the automatic ones included.
    Source: dockerfile2llb/convert.go, dispatchArg.
    """
    for name in _uses(instruction, pair):
        values = [it for it in instruction.values(name) if it is not None]
        is_automatic = name == pair.name.text or (name in AUTOMATIC_ARGUMENTS and not name.startswith("BUILD"))
        if len({*values}) > 1 or (is_automatic and values):
            return True
    return False


def _fixes(ctx: RuleContext, instruction: Instruction, pair: Pair, default: TextRange) -> tuple[Fix, ...]:
    name, used = pair.name.text, _uses(instruction, pair)
    if name in used and not _is_only_fallback(instruction, pair):
        # The value of the platform is to be changed, as in `${TARGETARCH/amd64/x64}`, but is not declared yet.
        title = _("Declare `ARG {names}` directly before its first use", names=name)
        return (Fix(title, (declare(instruction, [name]),), Safety.SUGGESTION),)
    if name == "TARGETVARIANT" and _GOARM.search(ctx.text):
        # `GOARM=v7` is refused; without the default it needs `${TARGETVARIANT#v}`.
        return ()
    edits = tuple(with_paying_moves(ctx, [Edit(default, "")]))
    is_other = any(it != name and it in AUTOMATIC_ARGUMENTS for it in used)
    is_spelled_alike = all(it is None or _may_be_automatic(name, it) for it in instruction.values(name, after=True))
    after = ctx.after(edits).build
    if n_missing_files(after) > n_missing_files(ctx.build):
        # The default is the name of an architecture on a site that knows no other.
        return ()
    is_suggestion = (
        is_other
        or not is_spelled_alike
        or _names_no_target(instruction, name)
        or _loses_stages(ctx.build, after)
        or not all(exists_for(*it) for it in _pulled(after) - _pulled(ctx.build))
        or is_named_above(instruction, (*_words_of(pair), "default"))
        or _is_written_too(instruction, name)
        or _is_left_to_others(instruction, name)
    )
    return (
        Fix(_("Drop the default of `{name}`", name=name), edits, Safety.SUGGESTION if is_suggestion else Safety.SAFE),
    )


def _is_written_too(declaration: Instruction, name: str) -> bool:
    """True if a script that uses an argument also has a path with the machine of its default, which would not follow: `mv tool-linux-amd64/tool /usr/bin`."""
    machines = {it for value in declaration.values(name, after=True) for *_, it in named_architectures(value or "")}
    stage = declaration.stage
    stages = declaration.build.stages if stage is None else stage.family
    return bool(machines) and any(
        architecture in machines
        for one in stages
        for run in one.runs
        if run.idx > declaration.idx and run.uses_variable(name)
        for command in run.commands
        if command.name not in TESTS
        for word in command.syntax.words[1:]
        for *_, architecture in named_architectures(word.text)
    )


def _pulled(build: Build) -> set[tuple[str, Platform]]:
    """The images that the stages are built on, each with the platform for which it is pulled."""
    return {
        pair
        for stage in build.stages
        for pair in zip(stage.image_references, stage.platforms, strict=True)
        if pair[0] and stage.is_needed
    }


def _words_of(pair: Pair) -> tuple[str, ...]:
    """The default as a word that a comment may contain; empty if it is more than a word."""
    value = "" if pair.value is None else pair.value.text.strip("\"'")
    return (value,) if value and "$" not in value else ()


def _may_be_automatic(name: str, value: str) -> bool:
    """True if BuildKit gives an argument this value for some platform: names that are made of it then stay the same there."""
    kind = name.removeprefix("TARGET").removeprefix("BUILD")
    if kind == "VARIANT":
        return not value or value.startswith("v")
    if kind == "PLATFORM":
        try:
            return str(parse_normalized(value)) == value
        except PlatformError:
            return False
    platform = Platform(value, "amd64") if kind == "OS" else Platform("linux", value)
    return is_known(platform) and normalize(platform) == platform


def _names_no_target(instruction: Instruction, name: str) -> bool:
    """True if no target has the value that a default gives, so that programs for another machine may be wanted."""
    if name not in _OF_OTHER_MACHINE:
        return False
    build, values = instruction.build, {it for it in instruction.values(name, after=True) if it}
    automatic = {automatic_values(build.request.node(it), it, "")[name] for it in build.targets}
    return bool(values) and values.isdisjoint(automatic) and all(_may_be_automatic(name, it) for it in values)


def _is_only_fallback(instruction: Instruction, pair: Pair) -> bool:
    """True if the default uses its own argument as in `${TARGETARCH:-amd64}` or `$TARGETARCH` only, not changed and with no text around."""
    value = "" if pair.value is None else instruction.build.text[slice(*instruction.range_of(pair.value))]
    return _FALLBACK.fullmatch(value.strip("\"'")) is not None


def _doubt(build: Build, declaration: Instruction, name: str, targets: Iterable[Platform]) -> Doubt | None:
    """The reason why a default may make no wrong image; None if it is used for more than a label or the output of a RUN.

    BuildKit gives an argument to each RUN, whose programs hardly know it. A variant that the platform lacks is mostly wanted:
    `${TARGETVARIANT}` as `v1` in the names that GoReleaser gives directories.
    """
    if name == "TARGETVARIANT" and (not any(it.variant for it in targets) or _is_emptied(declaration, name)):
        return Doubt.USE
    if _is_left_to_others(declaration, name):
        return Doubt.USE
    if _names_no_target(declaration, name):
        if name == "TARGETOS":
            # No image can run the program, which is exported.
            return Doubt.USE
        if build.workspace.platforms_are_assumed:
            return Doubt.BUILD
    is_used = any(
        it.idx > declaration.idx and name in build.text[slice(*it.range)] and not it.only_shows(name)
        for it in build.instructions
    )
    return None if is_used else Doubt.SAME


def _is_unread(declaration: Instruction, name: str) -> bool:
    """True if nothing after a declaration in a stage uses the argument, and no program is known or likely to read it."""
    stage = declaration.stage
    later = [
        it for one in (() if stage is None else stage.family) for it in one.instructions if it.idx > declaration.idx
    ]
    return stage is not None and not any(
        it.uses_variable(name) or (isinstance(it, Run) and it.may_read(name)) for it in later
    )


def _is_replaced(declaration: Instruction, name: str) -> bool:
    """True if a later ARG or ENV sets a variable before anything uses the value of a declaration, so that its default hides nothing.

    In the stage, or in each stage that continues it.
    """
    pending = [] if declaration.stage is None else [declaration.stage]
    is_replaced = bool(pending)
    while pending and is_replaced:
        stage = pending.pop()
        first = next((it for it in stage.instructions if it.idx > declaration.idx and _concerns(it, name)), None)
        if first is None:
            is_replaced = bool(stage.children)
            pending += stage.children
        else:
            is_replaced = not _may_use(first, name)
    return is_replaced


def _concerns(instruction: Instruction, name: str) -> bool:
    """True if an instruction sets a variable, or may use its value."""
    sets = isinstance(instruction.node, Arg | Env) and any(it.name.text == name for it in instruction.pairs)
    return sets or _may_use(instruction, name)


def _may_use(instruction: Instruction, name: str) -> bool:
    is_read = isinstance(instruction, Run) and instruction.may_read(name)
    return is_read or isinstance(instruction.node, Onbuild) or instruction.uses_variable(name)


def _is_left_to_others(declaration: Instruction, name: str) -> bool:
    """True if an empty default leaves each user to its own one: `${TARGETARCH:-$(uname -m)}`, which may have other names than BuildKit."""
    if not _is_emptied(declaration, name):
        return False
    text = declaration.build.text
    uses = [
        one
        for it in declaration.build.instructions
        for one in it.variable_references()
        if it.idx > declaration.idx and one.name == name
    ]
    return bool(uses) and all(text.startswith((":-", "-"), it.name_range.end) for it in uses)


def _is_emptied(declaration: Instruction, name: str) -> bool:
    """True if the default is the empty text, so that programs use their own defaults."""
    return any(
        it.name.text == name and it.value is not None and not it.value.text.strip("\"'") for it in declaration.pairs
    )


def _is_same(name: str, value: str | None, automatic: str) -> bool:
    """True if a value means the same as BuildKit's: `amd64` and `linux/amd64` are one platform."""
    if value == automatic or not value or name != "BUILDPLATFORM":
        return value == automatic
    try:
        return parse_normalized(value) == parse_normalized(automatic)
    except PlatformError:
        return False


def _message(build: Build, name: str, wrong: list[tuple[Platform, str]]) -> str:
    target, value = wrong[0]
    if name in _OF_BUILDER or name == "BUILDVARIANT":
        return _(
            "`{name}` is always `{value}` because of this default; BuildKit would set it to your build machine, {machine}",
            name=name,
            value=value,
            machine=build.request.node(target),
        )
    affected = platforms(target for target, other in wrong if other == value)
    if not value:
        return _(
            "`{name}` is empty for {platforms} because of this default; BuildKit would set it for each platform",
            name=name,
            platforms=affected,
        )
    return _(
        "`{name}` is `{value}` for {platforms} because of this default; BuildKit would set it for each platform",
        name=name,
        value=value,
        platforms=affected,
    )


def _message_on_unread(name: str, wrong: list[tuple[Platform, str]]) -> str:
    """The message on a default without an effect: the next one who uses the argument gets it."""
    return _(
        "this default would hide BuildKit's value of `{name}` for {platforms}, but nothing uses it",
        name=name,
        platforms=platforms(target for target, _value in wrong),
    )


def _loses_stages(before: Build, after: Build) -> bool:
    """True if a FROM that names a stage by platform names an image instead for some target, after a fix."""
    stages = zip(before.stages, after.stages, strict=True)
    return any(not old and new for one, other in stages for old, new in zip(one.on_image, other.on_image, strict=True))
