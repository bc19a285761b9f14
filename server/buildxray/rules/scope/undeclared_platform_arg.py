"""An automatic platform argument is used where it is not declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Final

from buildxray.localization import _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS, automatic_values
from buildxray.platforms.official_images import exists_for
from buildxray.platforms.platform import Platform
from buildxray.records import replace
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, FixFinder, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.go_install import misplaces_installs
from buildxray.rules.facts.undeclared_uses import Use, may_be_of_image, undeclared_uses
from buildxray.rules.facts.untargeted_xx import TARGETS_OF_XX, is_covered, untargeted_commands
from buildxray.rules.fixing.edits import bring_declarations, declare, in_order, indentation, insert_lines
from buildxray.rules.fixing.placement import with_moves
from buildxray.rules.wording import listed
from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.mentions import Mention
from buildxray.semantics.origins import Machine
from buildxray.syntax.instructions import Arg, Env, Onbuild, WithPairs
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import TESTS
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.go import GO
from buildxray.toolchains.node import NODE
from buildxray.toolchains.xx import XX

_NEEDING: Final = frozenset(
    {"[", "[[", "cat", "cd", "chmod", "cp", "dpkg", "install", "ln", "mv", "rpm", "source", ".", "tar", "test", "unzip"}
)
"""Commands that compare a word, or take it as the name of a file."""
_SETTING: Final = frozenset({"[", "[[", ":", "echo", "export", "printf", "set", "test", "true", "unset"})
"""Commands without an effect of their own; assignments show in the words that use them."""

_REDIRECTED: Final = frozenset({"echo", "export", "printf", "set"})
"""Those whose output a redirection may keep."""

_REFERENCE: Final = lazy_regex(rf"(?<!\\)\$\{{?(?P<name>{'|'.join(AUTOMATIC_ARGUMENTS)})\b")


@rule(Severity.ERROR, Severity.ERROR, FixAvailability.SOMETIMES, about=[Mention.PLATFORM_ARGUMENT, Mention.TARGETSTAGE])
def undeclared_platform_arg(ctx: RuleContext) -> Iterator[Finding]:
    """A platform argument is used in a stage that does not declare it, so it expands to nothing.

    ## What it does
    Looks for uses of the automatic platform arguments, in the shell text of RUN too, in stages where neither they themselves
    nor a stage they are built on has an `ARG` of that name.

    ## Why it matters
    BuildKit defines these arguments for `FROM` lines only; a stage sees them only after its own `ARG`. Without it,
    `GOARCH=$TARGETARCH` is an empty `GOARCH`, and the compiler uses the machine that it runs on. BuildKit does not report this in RUN,
    because the shell expands there.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app

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
    Safe: the argument is declared directly before the first instruction that uses it. The output of the stage changes, as intended. It is a
    suggestion where a script or an installer may do something else with the value, in a stage that the build does not need, and for a name of
    the build machine (`BUILDARCH`) in a stage for other platforms or where a compiler makes files for them. No fix is offered where `go
    install` then writes to a directory that no COPY reads.

    ## Limits
    The finding is a warning if the use only prints the value, gives a default for it, passes it to a program that may not need it, or to a
    compiler that runs on its target anyway; also in a stage that the build does not need, and on an image that another Dockerfile of the
    directory may make, whose ENV sets the name. It is information, with an edit that deletes the use, if only npm and similar programs get the
    value on the build machine and only files for every machine leave the stage. A default that suits every requested platform is not reported.
    buildxray does not know if a base image sets a variable of that name; nothing is reported if the file uses other variables that only an image
    of its owner can set. What one declaration repairs is one finding.
    """
    compiled_by_xx = cache(partial(_compiled_by_xx, ctx))
    # What one declaration repairs is one finding, at its first grave use.
    together: dict[tuple[Instruction, frozenset[str]], dict[tuple[Stage, Instruction], list[Use]]] = {}
    first_uses: dict[tuple[Stage, str], Instruction] = {}
    for stage in ctx.build.stages:
        uses = [] if may_be_of_image(ctx, stage) else [*undeclared_uses(stage)]
        names_at: dict[Instruction, set[str]] = {}
        for use in uses:
            names_at.setdefault(use.instruction, set()).add(use.reference.name)
        for use in uses:
            name = use.reference.name
            # A stage inherits the declarations of its base, so the place nearest to the root suits all.
            places = [it for above in stage.ancestry if (it := first_uses.get((above, name))) is not None]
            place = first_uses[stage, name] = places[-1] if places else use.instruction
            names = frozenset({name, *names_at.get(place, ())})
            together.setdefault((place, names), {}).setdefault((stage, use.instruction), []).append(use)
        yield from _in_triggers(stage)
    for (place, names), users in together.items():
        finding = _joined(ctx, users, compiled_by_xx, cache(partial(_fixes, ctx, place, names)))
        deletions = _deletions(users) if _is_needless(ctx, users) else ()
        if not deletions:
            yield finding
            continue
        # A declaration would do harm: it repeats the steps for each platform, and packages for the target do not run on the build machine.
        yield replace(
            finding,
            message=_(
                "{fact}; nothing needs it, because only files for every platform leave this stage", fact=finding.message
            ),
            severity=Severity.INFORMATION,
            fix=deletions,
        )


def _joined(
    ctx: RuleContext,
    users: dict[tuple[Stage, Instruction], list[Use]],
    compiled_by_xx: Callable[[Stage], str],
    fixes: FixFinder,
) -> Finding:
    """The finding at the first use that does the most harm, with the other uses that the same declaration repairs."""
    graves = {place: [it for it in uses if not _is_harmless(it)] or uses for place, uses in users.items()}
    candidates = []
    for (stage, _idx), uses in graves.items():
        by_xx = "" if TARGETS_OF_XX.isdisjoint(it.reference.name for it in uses) else compiled_by_xx(stage)
        candidates.append(_finding(ctx, stage, uses, by_xx, fixes))
    certain = next((it for it in candidates if it.doubt is None), None)
    at_harmful = (it for it, uses in zip(candidates, graves.values(), strict=True) if not all(map(_is_harmless, uses)))
    main = certain or next(at_harmful, candidates[0])
    others = (use for uses in users.values() for use in uses)
    known = {main.range, *(it.range for it in main.related)}
    related = [
        Related(it.reference.name_range, _("`{name}` is used here", name=it.reference.name))
        for it in others
        if it.reference.name_range not in known
    ]
    return replace(main, related=(*main.related, *related))


def _is_needless(ctx: RuleContext, users: dict[tuple[Stage, Instruction], list[Use]]) -> bool:
    """True if the empty value is right: programs of npm get it in a stage on the build machine from which only files for every machine are copied."""
    for (stage, instruction), uses in users.items():
        if not stage.is_native or stage.is_image or not isinstance(instruction, Run):
            return False
        for use in uses:
            users_in_run = [it for it in instruction.commands if _names(it, use.reference.name)]
            if not all(it.use is not None and it.use.toolchain in (BUN, NODE) for it in users_in_run):
                return False
    members = {it.idx for stage, _ in users for it in stage.family}
    taken = [it for it in ctx.build.artifacts.all if any(one.stage in members for one in it.origins)]
    if any(one.use is not None and one.use.effect is Effect.INSTALL for it in taken for one in it.origins):
        # Packages may have parts for one machine.
        return False
    # The first origin of each target is the last command that wrote there.
    last = [{one.target: one for one in reversed(it.origins)} for it in taken]
    return bool(taken) and all(one.machine is Machine.NEUTRAL for it in last for one in it.values())


def _deletions(users: dict[tuple[Stage, Instruction], list[Use]]) -> tuple[Fix, ...]:
    """The fix that deletes the settings of npm that use the value, such as `npm_config_target_arch=$TARGETARCH`; none if another word uses it.

    A setting of npm is for the packages that it installs; another variable may be for the project.
    """
    edits: dict[TextRange, str] = {}
    for (_stage, run), uses in users.items():
        assert isinstance(run, Run), "only a RUN gives values to npm"
        for use in run.variable_references():
            if use.name not in {it.reference.name for it in uses}:
                continue
            assigned = [
                (it, one.name, run.shell_range(one.range), run.shell_range(one.value.range))
                for it in run.commands
                for one in it.syntax.assignments
            ]
            assigned = [it for it in assigned if it[2].contains(use.range.start)]
            if len(assigned) != 1 or not assigned[0][1].lower().startswith("npm_config_"):
                return ()
            command, name, range_, value = assigned[0]
            if run.build.text[slice(*value)].strip('"') not in (f"${use.name}", f"${{{use.name}}}"):
                return ()
            rest = run.build.text[range_.end : run.shell_range(command.syntax.words[0].range).start]
            blanks = rest[: len(rest) - len(rest.lstrip(" \t"))]
            if not blanks or rest.startswith("\\", len(blanks)):
                return ()
            edits[TextRange(range_.start, range_.end + len(blanks))] = name
    title = _("Delete {assignments}", assignments=listed(f"{it}=…" for it in edits.values()))
    return (Fix(title, tuple(Edit(it, "") for it in edits), Safety.SUGGESTION),)


def _in_triggers(stage: Stage) -> Iterator[Finding]:
    """Uses in ONBUILD triggers, which run at the start of derived stages, so that only an ARG among the triggers precedes them.

    A derived stage of this file inherits the arguments of its base before it runs the triggers, but another file does
    not. BuildKit: dockerfile2llb/convert.go, dispatchState.init, dispatchOnBuildTriggers.
    """
    declared: set[str] = set()
    if not any(isinstance(it.node, Onbuild) for it in stage.instructions):
        return
    if stage.may_be_base:
        arguments = (it for one in stage.ancestry for it in one.instructions if isinstance(it.node, Arg))
        declared = {pair.name.text for it in arguments for pair in it.pairs}
    for instruction in stage.instructions:
        trigger = instruction.node.trigger if isinstance(instruction.node, Onbuild) else None
        if trigger is None:
            continue
        if isinstance(trigger, WithPairs):
            declared |= {it.name.text for it in trigger.pairs}
            continue
        match = next((it for it in _REFERENCE.finditer(trigger.logical.text) if it["name"] not in declared), None)
        if match is None:
            continue
        name = match["name"]
        declared.add(name)
        line = f"{indentation(instruction)}{instruction.node.keyword.text} ARG {name}"
        fix = Fix(_("Declare `ONBUILD ARG {name}` before", name=name), (insert_lines(instruction, [line]),))
        yield Finding(
            trigger.logical.range(*match.span("name")).shifted(instruction.syntax.start),
            _(
                "`{name}` is not declared where this runs, in the stages built on this one: it expands to nothing",
                name=name,
            ),
            (fix,),
        )


def _finding(ctx: RuleContext, stage: Stage, uses: Sequence[Use], by_xx: str, fixes: FixFinder) -> Finding:
    """The finding for undeclared names in one instruction, of which either all are harmful or none is."""
    fact, consequence = _of_one(stage, uses[0]) if len(uses) == 1 else _of_several(stage, uses)
    compiled = next((it for it in map(_compiled_for, uses) if it), by_xx)
    if compiled:
        consequence = _("{consequence}, and {compiled}", consequence=consequence, compiled=compiled)
    message = _("{fact}: {consequence}", fact=fact, consequence=consequence)
    if _moves_binary(ctx, uses):
        message = _(
            "{fact}; with a declaration, `go install` writes to `bin/$GOOS_$GOARCH`, from which nothing is copied",
            fact=message,
        )
    return Finding(
        uses[0].reference.name_range,
        message,
        fixes,
        tuple(Related(it.reference.name_range, _("`{name}` is used here", name=it.reference.name)) for it in uses[1:]),
        doubt=None if by_xx else _doubt(ctx, stage, uses),
    )


def _moves_binary(ctx: RuleContext, uses: Sequence[Use]) -> bool:
    """True if a `go install` of the first instruction writes its binary to another directory once the names are declared."""
    first = uses[0].instruction
    if not any(it.invocation.subcommand == "install" and it.use.toolchain is GO for it in _compilers(uses[0])):
        return False
    names = frozenset(it.reference.name for it in uses)
    return misplaces_installs(ctx.build, ctx.after(with_moves(ctx, bring_declarations(first, names))).build)


def _doubt(ctx: RuleContext, stage: Stage, uses: Sequence[Use]) -> Doubt | None:
    """The reason why the missing value may do no harm; None if it certainly breaks a build or its image."""
    if all(it.instruction.only_shows(it.reference.name) or _compiles_right(it) for it in uses):
        return Doubt.SAME
    if all(_is_harmless(it) or _is_for_unknown_program(it) or _is_empty_anyway(stage, it) for it in uses):
        return Doubt.USE
    if not stage.is_needed:
        return Doubt.USE
    if all(_may_come_from_base(stage, it.reference.name) for it in uses):
        return Doubt.ARGUMENT
    if not ctx.is_for_several and all(map(_compiled_for, uses)):
        # Without a target, a compiler compiles for its own machine, which is right if that is the only platform.
        return Doubt.BUILD
    return None if _changes_something(ctx, stage, uses) else Doubt.SAME


def _may_come_from_base(stage: Stage, name: str) -> bool:
    """True if the image below a stage may be built from another Dockerfile of the directory, one whose ENV sets a variable."""
    root = stage.root
    image = None if root is None else root.from_.image
    if root is None or image is None or ("$" not in image.text and exists_for(root.image_name, _EVERYWHERE)):
        return False
    return stage.build.workspace.may_set(name)


_EVERYWHERE: Final = Platform("linux", "amd64")
"""The platform for which every official image exists."""


def _changes_something(ctx: RuleContext, stage: Stage, uses: Sequence[Use]) -> bool:
    """True if a declaration would change a RUN for some target: which commands run apart from assignments, or one of their words.

    `[ "$TARGETARCH" != arm ] || [ "$TARGETARCH" != riscv64 ]` is true with any value.
    """
    runs = [it.instruction for it in uses if isinstance(it.instruction, Run)]
    if len(runs) != len(uses) or not ctx.build.plan.targets:
        return True
    names = {it.reference.name for it in uses}
    after = ctx.after((declare(runs[0], names),)).build
    place = next((it.idx for it in stage.instructions if it.idx >= runs[0].idx), runs[0].idx)
    declared = after.instructions[place + 1] if place + 1 < len(after.instructions) else None
    return not isinstance(declared, Run) or _effects(runs[0]) != _effects(declared)


def _effects(run: Run) -> list[tuple[object, ...]]:
    """What a RUN does for each target, as far as the text tells: the commands that may run, their words, and the targets of compilers."""
    effects: list[tuple[object, ...]] = []
    writes = ">" in run.node.whole_text
    for it in (one for one in run.commands if one.name not in _SETTING or (writes and one.name in _REDIRECTED)):
        words = (*it.syntax.words, *(one.value for one in it.syntax.assignments))
        values = [it.invocation.evaluate_partly(one) for one in words]
        architectures = None if it.use is None else it.use.architectures
        effects += [(target, architectures, *(one[n] for one in values)) for n, target in enumerate(it.targets)]
    return effects


def _of_one(stage: Stage, use: Use) -> tuple[str, str]:
    """The message for one name: the undeclared argument and the consequence."""
    name = use.reference.name
    fact = (
        _("`{name}` is not declared in stage `{stage}`", name=name, stage=stage.name)
        if stage.name
        else _("`{name}` is not declared in this stage", name=name)
    )
    if use.reference.has_default:
        return fact, _("its default is taken for every platform")
    return fact, _("it expands to nothing")


def _of_several(stage: Stage, uses: Sequence[Use]) -> tuple[str, str]:
    """The same for several names."""
    names = listed(it.reference.name for it in uses)
    fact = (
        _("{names} are not declared in stage `{stage}`", names=names, stage=stage.name)
        if stage.name
        else _("{names} are not declared in this stage", names=names)
    )
    if all(it.reference.has_default for it in uses):
        return fact, _("their defaults are taken for every platform")
    return fact, _("they expand to nothing")


def _is_harmless(use: Use) -> bool:
    """True if the missing value has no wrong effect, as far as the text tells."""
    return (
        use.reference.has_default
        or use.instruction.only_shows(use.reference.name)
        or _compiles_right(use)
        or _is_only_kept(use)
        or _is_only_asked(use)
    )


def _is_only_kept(use: Use) -> bool:
    """True if the value goes into a variable of the image only, which nothing else in the file uses but a log: `ENV TARGETARCH=$TARGETARCH`."""
    instruction = use.instruction
    if not isinstance(instruction.node, Arg | Env) or instruction.stage is None:
        return False
    return not any(instruction.build.uses_after(instruction, it.name.text) for it in instruction.pairs)


def _is_only_asked(use: Use) -> bool:
    """True if the only use is the question whether there is a value: `[ -n "$TARGETARCH" ]`."""
    run, name = use.instruction, use.reference.name
    if not isinstance(run, Run):
        return False
    users = [it for it in run.commands if _names(it, name)]
    return bool(users) and all(it.name in TESTS and not {"-n", "-z"}.isdisjoint(it.syntax.arguments) for it in users)


def _fixes(ctx: RuleContext, place: Instruction, names: frozenset[str]) -> tuple[Fix, ...]:
    # If the first use is a declaration, it may be too early for its own users.
    edits = with_moves(ctx, bring_declarations(place, names))
    listed_names = " ".join(in_order(names))
    if misplaces_installs(ctx.build, ctx.after(edits).build):
        # The binary is copied from the directory that it is in now, so that the build would stop.
        return ()
    title = _("Declare `ARG {names}` directly before its first use", names=listed_names)
    # An unneeded stage is not planned, so that no proof is possible.
    is_planned = place.stage is not None and place.stage.is_needed
    # With the value of the build machine, a stage for other platforms gets its files, and a compiler makes the same as without it.
    is_of_builder = any(it.startswith("BUILD") for it in names) and (
        not (place.stage and place.stage.is_native) or _compiles_for_builder(place)
    )
    return (Fix(title, tuple(edits), Safety.SAFE if is_planned and not is_of_builder else Safety.SUGGESTION),)


def _is_empty_anyway(stage: Stage, use: Use) -> bool:
    """True if the declared argument would be empty for each requested platform, as TARGETVARIANT is for amd64 and arm64."""
    request = stage.build.request
    return not any(automatic_values(request.node(it), it, "")[use.reference.name] for it in request.target_platforms)


def _is_for_unknown_program(use: Use) -> bool:
    """True if the value only goes to programs that may do without it: a script of the project, an installer, or a build tool."""
    run = use.instruction
    if not isinstance(run, Run):
        return False
    users = [it for it in run.commands if _names(it, use.reference.name)]
    return bool(users) and not any(_needs_its_values(it) or _is_started_by(it, use.reference.name) for it in users)


def _is_started_by(command: Command, name: str) -> bool:
    """True if a variable is in the name of the program: `./tool-$TARGETARCH`."""
    words = command.syntax.words
    return bool(words) and any(it.name == name for it in words[0].variables)


def _names(command: Command, name: str) -> bool:
    words = (*command.syntax.words, *(it.value for it in command.syntax.assignments))
    return any(it.name == name for word in words for it in word.variables)


def _needs_its_values(command: Command) -> bool:
    """True if a command does something else with an empty value: it compares, compiles, downloads, or names files."""
    is_known = command.use is not None and command.use.effect in (Effect.COMPILE, Effect.DOWNLOAD)
    words = command.syntax.words
    # `./install` is a script of the project.
    return is_known or not words or (command.name in _NEEDING and not words[0].text.startswith("./"))


def _compiles_right(use: Use) -> bool:
    """True if the value only goes to a compiler that runs on its target, and so does not need it."""
    start = use.reference.name_range.start
    return any(
        command.use.follows_target and command.run.shell_range(assignment.value.range).contains(start)
        for command in _compilers(use)
        for assignment in command.syntax.assignments
    )


def _compiles_for_builder(instruction: Instruction) -> bool:
    """True if a compiler of a RUN makes files for the build machine that go into images for others."""
    commands = instruction.known_commands if isinstance(instruction, Run) else ()
    return any(it.use.effect is Effect.COMPILE and it.use.wrong_targets for it in commands)


def _compiled_for(use: Use) -> str:
    """The architecture for which a compiler compiles with the missing value."""
    for command in _compilers(use):
        if command.use.wrong_targets:
            values = [value for it in command.syntax.assignments for value in it.value.variables]
            if any(value.name == use.reference.name for value in values):
                return _("`{title}` compiles for {machine}", title=command.title, machine=command.use.machine)
    return ""


def _compiled_by_xx(ctx: RuleContext, stage: Stage) -> str:
    """The machine for which xx compiles in a stage, or one on the same root, because its target is not declared; empty without xx."""
    if XX.name not in ctx.build.subjects:
        return ""
    for it in (command for one in stage.family if is_covered(ctx, one) for command in untargeted_commands(one)):
        return _("`{title}` compiles for {machine}", title=it.use.title, machine=it.use.machine)
    return ""


def _compilers(use: Use) -> list[KnownCommand]:
    commands = use.instruction.known_commands if isinstance(use.instruction, Run) else ()
    return [it for it in commands if it.use.effect is Effect.COMPILE]
