"""Go compiles for the same architecture on every target."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.names import architecture_names
from buildxray.platforms.platform import Platform, normalize
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.intended import is_chosen, is_meant, is_named_for_one, runs_on
from buildxray.rules.facts.output_use import doubt_of_output
from buildxray.rules.facts.portability import generates_sources
from buildxray.rules.facts.project_scripts import ProjectScript, project_script, takes
from buildxray.rules.facts.shell_variables import SOLE_VARIABLE
from buildxray.rules.fixing.edits import bring_arguments, is_named_above
from buildxray.rules.one_cause import are_for_several_machines, one_for_each_stage
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Run, Stage, Use
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Arg, Env
from buildxray.syntax.shell import ShellWord
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.base import MAKE, stores_settings
from buildxray.toolchains.go import GO
from buildxray.toolchains.machine_names import refused_names


@rule(Severity.ERROR, Severity.OFF, FixAvailability.ALWAYS, about=[Mention.GOARCH])
def constant_goarch(ctx: RuleContext) -> Iterator[Finding]:
    """`GOARCH` has a constant value in a file that is meant for several platforms.

    ## What it does
    Looks for `GOARCH=amd64` and other constants, before a command, exported, in `ENV` or as the default of an `ARG`, if the compiler's
    output goes into the images of other architectures too; `ENV` also above a script of the build context that runs `go build` and names no
    architecture.

    ## Why it matters
    Every image contains a binary for the one architecture, and fails on all others with `exec format error`.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    RUN CGO_ENABLED=0 GOARCH=amd64 go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

    FROM scratch
    COPY --from=build /out/app /app
    ```

    ## Fix safety
    Safe with `CGO_ENABLED=0`, otherwise a suggestion; also a suggestion for `go install` on the build machine, which then writes the binary to
    another directory, after `go generate` or `make generate`, which may write sources for one architecture only, and if a comment above names
    the architecture. One finding, and one fix, is for all equal constants of a stage.

    ## Limits
    A script that compiles for several constants in turn, or chooses one by a condition, is not reported.
    """
    yield from one_for_each_stage(ctx, _findings(ctx))


def _findings(ctx: RuleContext) -> Iterator[Finding]:
    """Find each place with a constant."""
    seen: set[TextRange] = set()
    for stage in ctx.build.needed_stages:
        commands = [it for it in stage.commands(Effect.COMPILE) if it.use.is_targeted and it.use.toolchain is GO]
        if are_for_several_machines(commands, (it for it in commands if _constant(ctx, it) is not None)):
            continue
        for command in commands:
            constant = _constant(ctx, command)
            if constant is None or constant[1] in seen or not command.use.wrong_targets or is_chosen(command):
                continue
            if refused_names(command.use):
                continue
            if is_meant(ctx, stage, command) or not _is_for_system_of_target(command):
                continue
            instruction, range_ = constant
            architecture = ctx.text[slice(*range_)].strip("'")
            images = [it for it in command.wrong_images if not runs_on(architecture, it)]
            if not images or not _is_a_machine(architecture):
                continue
            if ctx.is_only_for(architecture):
                continue
            seen.add(range_)
            cgo = command.invocation.setting("CGO_ENABLED").values
            # `go install` writes binaries for another machine to another directory than the COPY reads (go help install).
            moves = stage.is_native and command.invocation.subcommand == "install"
            # A 32-bit program may be wanted where it runs.
            is_wanted = any(it not in images for it in command.wrong_images)
            is_safe = all(it == "0" for it in cgo) and not moves and not is_wanted and not generates_sources(stage)
            # What `go env -w` stores is for the tools of the stage too.
            is_safe = is_safe and (not isinstance(instruction, Run) or instruction is command.run)
            # `# amd64 only` and `-o app-amd64` would be wrong after the fix.
            is_safe = is_safe and not any(map(named_architectures, command.use.outputs))
            is_safe = is_safe and not is_named_above(instruction, (architecture,))
            safety = Safety.SAFE if is_safe else Safety.SUGGESTION
            edits = (Edit(range_, "$TARGETARCH"), *bring_arguments(instruction, ["TARGETARCH"]))
            yield Finding(
                range_,
                _message(command, architecture, images),
                (Fix(_("Compile for `$TARGETARCH`"), edits, safety),),
                doubt=Doubt.ARGUMENT if isinstance(instruction.node, Arg) else doubt_of_output(ctx, stage, command),
            )
        yield from _scripts(ctx, stage, seen)
        yield from _inside_scripts(ctx, stage, seen)


def _message(command: KnownCommand, architecture: str, images: list[Platform]) -> str:
    machines = zip(command.invocation.targets, command.invocation.step_platforms, strict=True)
    is_foreign = all(step.architecture != architecture for target, step in machines if target in images)
    if command.invocation.subcommand == "install" and is_foreign:
        # `go help install`: a binary for another machine has a directory of its own, and GOBIN refuses it.
        if command.invocation.setting("GOBIN").is_set:
            return _(
                "the build for {platforms} stops: `{title}` refuses to put a binary for {architecture} into `GOBIN`",
                platforms=platforms(images),
                title=command.title,
                architecture=architecture,
            )
        return _(
            "for {platforms}, `{title}` writes a binary for {architecture}, and to another directory, `bin/linux_{architecture}`",
            platforms=platforms(images),
            title=command.title,
            architecture=architecture,
        )
    setting, invocation = command.invocation.setting("CGO_ENABLED"), command.invocation
    triples = zip(invocation.targets, invocation.step_platforms, setting.values, strict=True)
    needs_c = any(it in images and step.architecture != architecture and cgo == "1" for it, step, cgo in triples)
    if needs_c and not invocation.setting("CC").is_set:
        # The C compiler of another machine does not know the options for this architecture, such as -m64.
        return _(
            "`{title}` compiles for {architecture} with cgo: the build for {platforms} stops at C code, or its image gets that binary",
            title=command.title,
            architecture=architecture,
            platforms=platforms(images),
        )
    return _(
        "`{title}` compiles for {architecture}, and the binary goes into the image for {platforms} too",
        title=command.title,
        architecture=architecture,
        platforms=platforms(images),
    )


def _scripts(ctx: RuleContext, stage: Stage, seen: set[TextRange]) -> Iterator[Finding]:
    """Find `GOARCH=amd64 make`, whose script compiles for that architecture unless it sets another one.

    Effect: add the places of the findings to `seen`; one place is reported once.
    """
    for command in stage.commands(Effect.UNKNOWN):
        constant = _given(command) or _constant(ctx, command)
        if constant is None or is_chosen(command) or is_named_for_one(stage) or not (stage.is_image or stage.consumers):
            continue
        if not _is_for_system_of_target(command):
            continue
        instruction, range_ = constant
        architecture = ctx.text[slice(*range_)].strip("'")
        wrong = [it for it in command.invocation.targets if it.architecture != architecture]
        if (
            ctx.is_only_for(architecture)
            or not wrong
            or not _is_a_machine(architecture)
            or range_ in seen
            or not (instruction is command.run or (isinstance(instruction.node, Env) and command.name in MAKE))
        ):
            continue
        seen.add(range_)
        edits = (Edit(range_, "$TARGETARCH"), *bring_arguments(instruction, ["TARGETARCH"]))
        yield Finding(
            range_,
            _(
                "the image for {platforms} may get a binary for {architecture}: `{title}` is told this architecture for every platform",
                platforms=platforms(wrong),
                title=command.title,
                architecture=architecture,
            ),
            (Fix(_("Compile for `$TARGETARCH`"), edits, Safety.SUGGESTION),),
            doubt=Doubt.PROGRAM,
        )


def _inside_scripts(ctx: RuleContext, stage: Stage, seen: set[TextRange]) -> Iterator[Finding]:
    """Find `ENV GOARCH=amd64` above a script of the build context that compiles with Go, sets no architecture itself, and writes what the image takes.

    Effect: as of `_scripts`.
    """
    for command in stage.commands(Effect.UNKNOWN):
        constant = _constant(ctx, command)
        if constant is None or constant[1] in seen or not isinstance(constant[0].node, Env) or command.name in MAKE:
            continue
        instruction, range_ = constant
        architecture = ctx.text[slice(*range_)].strip("'")
        script = project_script(command)
        compiler = None if script is None else _compiler(command, script)
        images = [it for it in command.invocation.targets if it.architecture != architecture]
        images = [it for it in images if not runs_on(architecture, it)]
        if (
            script is None
            or compiler is None
            or not images
            or not _is_a_machine(architecture)
            or ctx.is_only_for(architecture)
        ):
            continue
        if is_chosen(command) or is_meant(ctx, stage, command) or not _is_for_system_of_target(command):
            continue
        outputs = script.outputs(command, compiler)
        if not stage.is_image and not any(takes(it, outputs) for it in stage.consumers):
            continue
        seen.add(range_)
        edits = (Edit(range_, "$TARGETARCH"), *bring_arguments(instruction, ["TARGETARCH"]))
        yield Finding(
            range_,
            _(
                "`{title}` compiles for {architecture}, and the binary goes into the image for {platforms} too",
                title=f"{command.title}: {compiler.title}",
                architecture=architecture,
                platforms=platforms(images),
            ),
            (Fix(_("Compile for `$TARGETARCH`"), edits, Safety.SUGGESTION),),
            doubt=Doubt.PROGRAM,
        )


def _compiler(command: KnownCommand, script: ProjectScript) -> Use | None:
    """The command of Go that surely compiles in the script that a command runs; None if the script may choose the machine, or use a C compiler."""
    cgo = command.invocation.setting("CGO_ENABLED")
    if script.may_choose_machine or script.enters_directories or (cgo.is_set and any(it != "0" for it in cgo.values)):
        return None
    uses = (it.use for it in script.commands if it.use is not None and script.surely_runs(it))
    found = next((it for it in uses if it.toolchain is GO and it.effect is Effect.COMPILE), None)
    return found if found is not None and found.title == "go build" else None


def _given(command: KnownCommand) -> tuple[Instruction, TextRange] | None:
    """The constant in `make GOARCH=amd64`, which overrides the environment (POSIX, make, "Macros")."""
    for word in command.syntax.words[1:]:
        architecture = (word.value or "").removeprefix("GOARCH=")
        if command.name in MAKE and word.text == f"GOARCH={architecture}" and architecture.isalnum():
            end = command.run.shell_range(word.range).end
            return command.run, TextRange(end - len(architecture), end)
    return None


def _is_for_system_of_target(command: KnownCommand) -> bool:
    """True if the binary could run in the image apart from its architecture; a program for macOS is only exported."""
    targets = command.invocation.targets
    # `make GOOS=windows`
    given = {(it.value or "").removeprefix("GOOS=") for it in command.syntax.words[1:] if it.text.startswith("GOOS=")}
    if given and not any(it.os in given for it in targets):
        return False
    values = command.invocation.setting("GOOS").values
    return all(it in ("", None, one.os) for it, one in zip(values, targets, strict=True))


def _is_a_machine(architecture: str) -> bool:
    return architecture_names(normalize(Platform("linux", architecture))) is not None


def _constant(ctx: RuleContext, command: KnownCommand) -> tuple[Instruction, TextRange] | None:
    """The constant value of GOARCH, and the instruction in which it is written."""
    setting = command.invocation.setting("GOARCH")
    if setting.assignment is None:
        return _declared_constant(command, "GOARCH") or _stored(ctx, command, setting.values)
    value = setting.assignment.value
    if setting.assignment.is_conditional:
        return None
    variable = SOLE_VARIABLE.fullmatch(value.text)
    if variable is not None and not command.syntax.variables.get(variable["name"]):
        return _declared_constant(command, variable["name"])
    place = None if value.value is None else _place(value.text, command.run.shell_range(value.range))
    return None if place is None else (command.run, place)


def _place(written: str, range_: TextRange) -> TextRange | None:
    """The place that an edit replaces in a plain word; None for another one. A variable is expanded in double quotes, and not in single ones."""
    if written.isalnum():
        return range_
    is_quoted = len(written) > 2 and written[0] == written[-1] and written[0] in "\"'" and written[1:-1].isalnum()
    if not is_quoted:
        return None
    return TextRange(range_.start + 1, range_.end - 1) if written[0] == '"' else range_


def _stored(
    ctx: RuleContext, command: KnownCommand, values: tuple[str | None, ...]
) -> tuple[Instruction, TextRange] | None:
    """The constant in `go env -w GOARCH=amd64`, which an earlier command of the stage or of its ancestors has stored."""
    wanted = {*values}
    architecture = wanted.pop() if len(wanted) == 1 else None
    stages = () if command.run.stage is None or not architecture else command.run.stage.ancestry
    for stored in (ctx.cached(_stores)[it] for it in stages):
        position = bisect_left(stored, command.range.start, key=lambda it: it.start)
        if position:
            last = stored[position - 1]
            end = last.run.shell_range(last.word.range).end
            is_constant = last.word.text == f"GOARCH={architecture}"
            return (last.run, TextRange(end - len(architecture or ""), end)) if is_constant else None
    return None


class _Store(NamedTuple):
    """A command that stores GOARCH."""

    start: int
    """The offset of the command."""
    run: Run
    word: ShellWord


def _stores(ctx: RuleContext) -> dict[Stage, list[_Store]]:
    """The commands of each stage that store GOARCH, in order."""
    stores: dict[Stage, list[_Store]] = {}
    for stage in ctx.build.stages:
        storing = [(run, it) for run in stage.runs for it in run.commands if stores_settings(it.syntax)]
        stores[stage] = [
            _Store(it.range.start, run, named[-1])
            for run, it in storing
            if (named := [word for word in it.syntax.words[2:] if word.text.partition("=")[0] == "GOARCH"])
        ]
    return stores


def _declared_constant(command: KnownCommand, name: str) -> tuple[Instruction, TextRange] | None:
    """The constant in the ARG or ENV that gives a variable its value, and that instruction."""
    declaration = command.run.declaration(name)
    if declaration is None or name in AUTOMATIC_ARGUMENTS:
        return None
    pair = next(it for it in reversed(declaration.pairs) if it.name.text == name)
    if pair.value is None:
        return None
    place = _place(pair.value.text, declaration.range_of(pair.value))
    if place is not None:
        return declaration, place
    # `ENV GOARCH=$ARCH` after `ARG ARCH=amd64`
    variable = SOLE_VARIABLE.fullmatch(pair.value.text)
    source = None if variable is None else declaration.declaration(variable["name"])
    if variable is None or source is None or variable["name"] in AUTOMATIC_ARGUMENTS:
        return None
    pair = next(it for it in reversed(source.pairs) if it.name.text == variable["name"])
    place = None if pair.value is None else _place(pair.value.text, source.range_of(pair.value))
    return None if place is None else (source, place)
