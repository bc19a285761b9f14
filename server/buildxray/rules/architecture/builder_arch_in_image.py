"""The image contains a file that is chosen by the architecture of the build machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.intended import is_chosen
from buildxray.rules.fixing.edits import declare_arguments
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, Instruction, Run, Stage
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Add, Arg, Copying, Env, From
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_NAME: Final = lazy_regex(r"BUILD(?:ARCH|OS|PLATFORM|VARIANT)")
_USE: Final = lazy_regex(
    r"\$(?:\{(?P<braced>BUILD(?:ARCH|OS|PLATFORM|VARIANT))[^}]*\}|(?P<name>BUILD(?:ARCH|OS|PLATFORM|VARIANT))(?!\w))"
)
_TELLING: Final = frozenset({"echo", "printf", "[", "[[", "test", "export"})


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.BUILD_MACHINE])
def builder_arch_in_image(ctx: RuleContext) -> Iterator[Finding]:
    """`BUILDARCH` or `BUILDPLATFORM` chooses a file in a stage for the target platform.

    ## What it does
    Looks in stages that are built for each target for FROM, COPY, ADD, and commands with paths or URLs that contain `$BUILDARCH`,
    `$BUILDPLATFORM` or `$BUILDVARIANT`; in stages on the build machine, for such downloads whose file goes into the image.
    Commands that only print, and conditions, are not reported.

    ## Why it matters
    These arguments describe the machine that builds. The images for all platforms get the file for that one machine, and another build
    machine gives other images.

    ## Example
    ```dockerfile
    FROM alpine:3.22
    ARG BUILDARCH
    COPY bin/goss-${BUILDARCH} /usr/local/bin/goss
    ```

    Use instead:
    ```dockerfile
    FROM alpine:3.22
    ARG TARGETARCH
    COPY bin/goss-${TARGETARCH} /usr/local/bin/goss
    ```

    ## Fix safety
    A suggestion: the image gets another file.
    """
    given = {name for name, _value in ctx.build.request.build_arguments}
    for stage in ctx.build.needed_stages:
        wrong = [it for it in stage.targets if it.architecture != ctx.build.build_platform.architecture]
        if not wrong:
            continue
        uses = [(instruction, range_) for instruction in stage.instructions for range_ in _uses(ctx, instruction)]
        if stage.is_native:
            # A program that a stage on the build machine downloads and runs must be for that machine.
            uses = [(instruction, range_) for instruction, range_ in uses if _reaches_image(ctx, instruction, range_)]
        else:
            # A stage beside the image may use such a tool itself, because its steps run on the build machine's kernel.
            is_beside = ctx.build.target_stage is None or stage not in ctx.build.target_stage.ancestry
            uses = [it for it in uses if not is_beside or not _is_tool(ctx, *it)]
            if not is_beside:
                uses += [(stage.from_, it) for it in _uses(ctx, stage.from_)]
            uses += [use for instruction in stage.instructions for use in _by_variables(ctx, instruction)]
            uses += [use for run in stage.runs for use in _by_addresses(ctx, run, is_beside=is_beside)]
        seen: set[Instruction] = set()
        for instruction, range_ in uses:
            name = _name(ctx, range_)
            # The system is the same almost everywhere, so that alone it chooses no wrong file.
            # `ARG BUILDARCH=amd64` is a constant, which `masked-platform-arg` reports, or an argument that the builds give.
            # BuildKit: dockerfile2llb/platform.go, defaultArgs: a build argument replaces the value of a platform argument.
            is_other = name == "BUILDOS" or name in given or instruction.has_default(name)
            if instruction not in seen and not is_other:
                seen.add(instruction)
                yield Finding(
                    range_,
                    _(
                        "the image for {platforms} gets the file for {machine}: `{name}` is the machine that builds",
                        platforms=platforms(wrong),
                        machine=ctx.build.build_platform,
                        name=name,
                    ),
                    _fixes(ctx, stage, instruction, uses),
                )


def _is_tool(ctx: RuleContext, instruction: Instruction, place: TextRange) -> bool:
    """True if a place is in the URL of a download that no image gets."""
    is_download = isinstance(instruction.node, Add) or any(
        it.use.effect is Effect.DOWNLOAD and it.range.contains(place.start)
        for it in (instruction.known_commands if isinstance(instruction, Run) else ())
    )
    return is_download and not _reaches_image(ctx, instruction, place)


def _reaches_image(ctx: RuleContext, instruction: Instruction, place: TextRange) -> bool:
    """True if a wrong image contains the file whose URL has this place in it."""
    if not isinstance(instruction, Run):
        return isinstance(instruction.node, Add) and bool(ctx.build.artifacts.wrong_images(instruction.idx))
    commands = (it for it in instruction.known_commands if it.use.effect is Effect.DOWNLOAD)
    return any(
        it.range.contains(place.start) and bool(ctx.build.artifacts.wrong_images(instruction.idx, it.invocation))
        for it in commands
    )


def _name(ctx: RuleContext, range_: TextRange) -> str:
    match = _NAME.search(ctx.text[slice(*range_)])
    return "" if match is None else match[0]


def _uses(ctx: RuleContext, instruction: Instruction) -> Iterator[TextRange]:
    """The ranges in which an instruction uses the build machine's architecture to choose a file."""
    node = instruction.node
    if Mention.BUILD_MACHINE not in instruction.mentions:
        return
    if isinstance(node, From):
        # The platform of the flag is that of the stage.
        if node.image is not None:
            yield from _in_text(ctx, instruction.range_of(node.image).start, node.image.text)
    elif isinstance(node, Copying):
        for token in node.sources:
            yield from _in_text(ctx, instruction.range_of(token).start, token.text)
    elif isinstance(instruction, Run):
        for command in instruction.commands:
            if command.name in _TELLING or is_chosen(command) or command.syntax.is_substitution:
                continue
            for word in command.syntax.words:
                if "/" in word.text or "://" in word.text:
                    yield from _in_text(ctx, instruction.shell_range(word.range).start, word.text)


def _by_variables(ctx: RuleContext, instruction: Instruction) -> Iterator[tuple[Instruction, TextRange]]:
    """Yield the declarations of ENV variables that depend on the build machine and by which an instruction chooses a file."""
    for reference in instruction.variable_references() if isinstance(instruction.node, Copying) else ():
        yield from _in_declaration(ctx, instruction, reference.name)


def _by_addresses(ctx: RuleContext, run: Run, *, is_beside: bool) -> Iterator[tuple[Instruction, TextRange]]:
    """Yield the assignments in a script, and the declarations of ENV variables, that depend on the build machine and by which a RUN chooses a download.

    If the stage is not the image, only downloads that reach an image count: others may be tools.
    """
    for command in run.known_commands:
        if command.use.effect is not Effect.DOWNLOAD or is_chosen(command) or command.syntax.is_substitution:
            continue
        if is_beside and not ctx.build.artifacts.wrong_images(run.idx, command.invocation):
            continue
        names = [one.name for word in command.syntax.words[1:] if "/" in word.text for one in word.variables]
        seen: set[str] = set()
        while names:
            name = names.pop()
            if name in seen or name in AUTOMATIC_ARGUMENTS:
                continue
            seen.add(name)
            assigned = command.syntax.variables.get(name, ())
            for it in assigned:
                yield from ((run, one) for one in _in_text(ctx, run.shell_range(it.value.range).start, it.value.text))
                names += [one.name for one in it.value.variables]
            if not assigned:
                yield from _in_declaration(ctx, run, name)


def _in_declaration(ctx: RuleContext, instruction: Instruction, name: str) -> Iterator[tuple[Instruction, TextRange]]:
    """Yield the places in the ENV that sets a variable for an instruction where the value depends on the build machine."""
    declaration = instruction.declaration(name)
    if declaration is None or not isinstance(declaration.node, Env):
        return
    for pair in declaration.pairs:
        if pair.name.text == name and pair.value is not None:
            start = declaration.range_of(pair.value).start
            yield from ((declaration, it) for it in _in_text(ctx, start, pair.value.text))


def _in_text(ctx: RuleContext, start: int, text: str) -> Iterator[TextRange]:
    for match in _USE.finditer(text):
        range_ = TextRange(start + match.start(), start + match.end())
        if ctx.text[slice(*range_)] == match[0]:
            yield range_


def _fixes(
    ctx: RuleContext, stage: Stage, instruction: Instruction, uses: list[tuple[Instruction, TextRange]]
) -> tuple[Fix, ...]:
    """Replace BUILD by TARGET, also in the ARG if nothing else of the stage uses it."""
    if isinstance(instruction.node, From):
        # In FROM all automatic arguments are set. Source: docs.docker.com, "Automatic platform ARGs in the global scope".
        edits = [_renamed(ctx, range_) for one, range_ in uses if one is instruction]
        return (Fix(_("Use the target's architecture"), tuple(edits), Safety.SUGGESTION),)
    ranges = [range_ for one, range_ in uses if one is instruction]
    names = {_name(ctx, it) for it in ranges}
    edits = [_renamed(ctx, it) for it in ranges]
    declared: list[Edit] = []
    for name in sorted(names):
        wanted = name.replace("BUILD", "TARGET")
        if instruction.sees(wanted):
            continue
        argument = _argument_to_rename(ctx, stage, name, uses)
        if argument is not None:
            pair = next(it for it in argument.pairs if it.name.text == name)
            declared.append(Edit(argument.range_of(pair.name), wanted))
            all_ranges = [range_ for _, range_ in uses if _name(ctx, range_) == name]
            edits = [_renamed(ctx, it) for it in dict.fromkeys((*ranges, *all_ranges))]
        else:
            declared += declare_arguments(instruction, [wanted])
    return (Fix(_("Use the target's architecture"), (*edits, *declared), Safety.SUGGESTION),)


def _argument_to_rename(
    ctx: RuleContext, stage: Stage, name: str, uses: list[tuple[Instruction, TextRange]]
) -> Instruction | None:
    """The ARG of a name that the stage uses in these places only."""
    references = (it for one in stage.instructions if not isinstance(one.node, Arg) for it in one.variable_references())
    n_uses = sum(it.name == name for it in references)
    if n_uses != sum(_name(ctx, it) == name for _, it in uses):
        return None
    return next((it for it in stage.instructions if it.declares(name)), None)


def _renamed(ctx: RuleContext, range_: TextRange) -> Edit:
    return Edit(range_, _NAME.sub(lambda it: it[0].replace("BUILD", "TARGET"), ctx.text[slice(*range_)]))
