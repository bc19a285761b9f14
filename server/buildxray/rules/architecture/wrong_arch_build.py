"""A binary for the build machine is copied into the images of all platforms."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.intended import is_for_another_system
from buildxray.rules.facts.output_use import doubt_of_output, is_run_by_stage
from buildxray.rules.facts.portability import generates_sources, needs_c
from buildxray.rules.facts.project_scripts import project_script, takes
from buildxray.rules.facts.shell_variables import SOLE_VARIABLE, sets_unknown_variables
from buildxray.rules.fixing.cross_compile import crossing_edits
from buildxray.rules.fixing.edits import bring_arguments, declare_arguments
from buildxray.rules.fixing.placement import with_paying_moves
from buildxray.rules.fixing.xx_advice import advice
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand, Stage, Use
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.origins import Artifact
from buildxray.syntax.instructions import Arg
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import SHELLS, ShellWord
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO

_OF_BUILDER: Final = lazy_regex(r"BUILD(?:ARCH|PLATFORM)\b")
_SOLE_BUILDER: Final = lazy_regex(r'"?\$\{?BUILD(?P<name>ARCH|OS)\}?"?')
_CROSSING: Final = lazy_regex(
    r"--host|--cross-file|TOOLCHAIN|CMAKE_SYSTEM|CROSS|\bC(?:C|XX)=(?![\"']?(?:cc|c\+\+|clang|clang\+\+|gcc|g\+\+)(?![\w.+-]))|xx-(?:clang|cc|c\+\+|go|cargo)|setup-target-triple|-linux-(?:gnu|musl)"
)
_MASKED: Final = ("TARGETARCH", "TARGETPLATFORM")
"""The automatic arguments of the target that choose the machine of a stage."""


@rule(
    Severity.ERROR,
    Severity.WARNING,
    FixAvailability.SOMETIMES,
    about=[Effect.COMPILE, Effect.BUNDLE, Effect.UNKNOWN],
)
def wrong_arch_build(ctx: RuleContext) -> Iterator[Finding]:
    """A native stage compiles for the build machine, and its binary is copied into images of other platforms.

    ## What it does
    Looks in stages that run on the build machine for compilers without a target, with an empty one (`GOARCH=$TARGETVARIANT`), with that of
    `$BUILDARCH`, or with an argument of the project without a default (`GOARCH=$ARCH`), which has one value for all platforms, and follows their output into the image; for `dotnet publish` if the image starts the launcher and not `dotnet App.dll`;
    and for C that is compiled without xx-clang although xx has installed the libraries.

    Scripts and Makefiles of the build context count if nothing in them names a machine; they have no fix.

    ## Why it matters
    The build succeeds and the image index lists every platform, but each image contains the binary of the build machine: on all
    other machines it fails with `exec format error`.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    RUN CGO_ENABLED=0 go build -o /out/app ./cmd/app

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
    The fix is safe where `CGO_ENABLED=0` reaches the compiler, or the Go sources beside the Dockerfile need no C compiler. Otherwise it is a
    suggestion, because it switches cgo off; so it is after `go generate` or `make generate`, which may write sources for one architecture only.
    No fix is offered for `CGO_ENABLED=1` and `go install`.
    """
    target = ctx.build.target_stage
    if target is None or target.is_native:
        # The whole image is of the build machine's architecture.
        return
    for stage in ctx.build.native_stages:
        if _has_masked_platform(stage):
            continue
        for command in stage.commands(Effect.COMPILE):
            use = command.use
            untold = _untold_targets(command)
            if not untold or not command.syntax.words or is_for_another_system(command):
                continue
            if _may_be_told(ctx, command):
                continue
            way = command.way_into_image
            images = [it for it in command.wrong_images if it in untold]
            if way is None or not images:
                continue
            # What `go install` needs there is not a cross compiler of C.
            advised = [command] if use.must_run_on_target and use.toolchain is not GO else []
            advices = advice(ctx, stage, advised)
            if advised and not advices and stage.root is not None and stage.root.from_.platform is not None:
                advices = [_("without its `--platform` the stage compiles for the target, under emulation")]
            yield Finding(
                command.title_range,
                _("; ").join([_message(use, images), *advices]),
                # For the target, the stage could not start it.
                () if is_run_by_stage(ctx, stage, command) else partial(_fixes, ctx, command),
                (Related(way.keyword_range, _("the binary is taken from here")),),
                doubt=Doubt.PROGRAM if _may_be_byte_code(target, command) else doubt_of_output(ctx, stage, command),
            )
        yield from _by_arguments(ctx, stage)
        yield from _by_scripts(stage)
        yield from _launchers(ctx, stage)
        yield from _without_xx(stage)


class _Argument(NamedTuple):
    """An argument of the project that gives GOARCH its value."""

    name: str
    user: Instruction
    """The instruction that names it."""
    edit: Edit
    """The edit that puts `$TARGETARCH` in its place."""


def _by_arguments(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Find `GOARCH=$ARCH` with an argument of the project that has no default, and so one value for all platforms: none, or that of `--build-arg`."""
    request = ctx.build.request
    if request.is_separate:
        return
    for command in stage.commands(Effect.COMPILE):
        argument = _empty_argument(command) if command.use.toolchain is GO else None
        if argument is None or command.is_chosen_by_platform or argument.name in dict(request.build_arguments):
            continue
        is_given = not {argument.name, "*"}.isdisjoint((*ctx.given_arguments, *request.unknown_arguments))
        if is_for_another_system(command) or _may_be_told(ctx, command) or (is_given and not ctx.asks_for_several):
            continue
        invocation = command.invocation
        made_for = {it for artifact in ctx.build.artifacts.made_by(invocation) for it in artifact.targets}
        pairs = zip(invocation.targets, invocation.step_platforms, strict=True)
        images = [it for it, machine in pairs if it in made_for and it.architecture != machine.architecture]
        if not images or ctx.build.artifacts.base_architecture is not None:
            continue
        message = (
            _(
                "`{title}` compiles for one architecture, because a build gives `{name}` one value for all its platforms: not each image for {platforms} gets a binary that runs there",
                title=command.title,
                name=argument.name,
                platforms=platforms(sorted(made_for, key=str)),
            )
            if is_given
            else _(
                "`{title}` compiles for {machine} unless a build argument gives `{name}`, which has one value for all platforms, and the binary goes into the image for {platforms} too",
                title=command.title,
                machine=invocation.step_platforms[0],
                name=argument.name,
                platforms=platforms(images),
            )
        )
        doubt = doubt_of_output(ctx, stage, command) if ctx.asks_for_several else Doubt.ARGUMENT
        yield Finding(command.title_range, message, partial(_with_target, ctx, argument), doubt=doubt)


def _with_target(ctx: RuleContext, argument: _Argument) -> tuple[Fix, ...]:
    edits = with_paying_moves(ctx, [argument.edit, *bring_arguments(argument.user, ["TARGETARCH"])])
    return (Fix(_("Compile for `$TARGETARCH`"), tuple(edits), Safety.SUGGESTION),)


def _empty_argument(command: KnownCommand) -> _Argument | None:
    """The argument without a value that alone gives GOARCH its value; None if there is none, or if an automatic one does."""
    setting = command.invocation.setting("GOARCH")
    if not setting.is_set or any(setting.values):
        return None
    run, assignment = command.run, setting.assignment
    if assignment is None:
        user = run.declaration("GOARCH")
        pair = None if user is None else next((it for it in user.pairs if it.name.text == "GOARCH"), None)
        if user is None or pair is None:
            return None
        if pair.value is None or not pair.value.text:
            variable, edit = "GOARCH", Edit(user.range_of(pair), "GOARCH=$TARGETARCH")
        else:
            match = SOLE_VARIABLE.fullmatch(pair.value.text)
            variable = "" if match is None else match["name"]
            edit = Edit(user.range_of(pair.value), "$TARGETARCH")
    else:
        match = SOLE_VARIABLE.fullmatch(assignment.value.text)
        variable = "" if match is None or command.syntax.variables.get(match["name"]) else match["name"]
        user, edit = run, Edit(run.shell_range(assignment.value.range), "$TARGETARCH")
    declaration = user.declaration(variable) if variable != "GOARCH" or assignment is not None else user
    if (
        not variable
        or variable in AUTOMATIC_ARGUMENTS
        or declaration is None
        or (assignment is not None and assignment.is_conditional)
    ):
        return None
    has_value = any(it.name.text == variable and it.value and it.value.text for it in declaration.pairs)
    is_open = isinstance(declaration.node, Arg) and not has_value
    return _Argument(variable, user, edit) if is_open else None


def _by_scripts(stage: Stage) -> Iterator[Finding]:
    """Find scripts and Makefiles of the project that compile for the build machine what the image takes, and nothing in which names another machine."""
    for command in stage.commands(Effect.UNKNOWN):
        script = project_script(command)
        compiler = None if script is None else script.compiler
        if script is None or compiler is None or compiler.effect is not Effect.COMPILE or command.is_chosen_by_platform:
            continue
        if script.may_choose_machine or script.enters_directories:
            continue
        if any("=" in it.text for it in command.syntax.words) or any(
            command.invocation.setting(it).is_set for it in _TELLING
        ):
            # `make GOARCH=$TARGETARCH`, `CC=aarch64-linux-gnu-gcc ./build.sh`
            continue
        way = next((it for it in stage.consumers if takes(it, script.outputs(command, compiler))), None)
        images = [it for it in compiler.wrong_targets if it in stage.foreign_targets]
        if way is not None and images and command.invocation.argument("-C", "--directory") is None:
            message = _(
                "`{title}` compiles for {machine}, and the binary goes into the image for {platforms} too",
                title=f"{command.title}: {compiler.title}",
                machine=compiler.machine,
                platforms=platforms(images),
            )
            related = (Related(way.keyword_range, _("the binary is taken from here")),)
            yield Finding(command.title_range, message, related=related, doubt=Doubt.PROGRAM)


_TELLING: Final = ("GOARCH", "GOENV", "CARGO_BUILD_TARGET", "CC", "CXX", "CROSS_COMPILE")
"""Variables of the environment with which a compiler is told a machine."""


def _has_masked_platform(stage: Stage) -> bool:
    """True if only the default of an automatic argument makes a stage native, as `masked-platform-arg` reports.

    `ARG TARGETPLATFORM=linux/amd64` above `FROM --platform=$TARGETPLATFORM`.
    """
    flag = None if stage.root is None else stage.root.from_.platform
    if flag is None or flag.value is None:
        return False
    given = dict(stage.build.request.build_arguments)
    pairs = (pair for it in stage.build.global_instructions for pair in it.pairs if pair.value is not None)
    masked = {it.name.text for it in pairs}.intersection(_MASKED).difference(given)
    return any(it in flag.value.text for it in masked)


class _Changes(NamedTuple):
    """Where a stage begins to do what may change a compiler, as offsets in the text."""

    configured: dict[str, int]
    """The first command that configures the compiler of a name for good, or puts another program in its place."""
    copied: int
    """The first COPY of all files of another image, which may hold a compiler of the same name; beyond the text if there is none.

    `tonistiigi/xx:golang` replaced `go` by a program that reads TARGETPLATFORM; `tonistiigi/xx` adds programs of other names.
    """


_WRITING: Final = frozenset({"echo", "printf"})
_REPLACING: Final = frozenset({"alias", "cp", "install", "ln", "mv"})


def _changes(ctx: RuleContext) -> dict[Stage, _Changes]:
    return {it: _changes_of(it) for it in ctx.build.stages}


def _changes_of(stage: Stage) -> _Changes:
    configured: dict[str, int] = {}
    for run in stage.runs:
        if ".cargo/config" in run.node.whole_text:
            # Whatever the order: its directory may be copied before.
            configured["cargo"] = -1
        for command in run.commands:
            for name in _configured_by(command):
                configured[name] = min(command.range.start, configured.get(name, command.range.start))
    copies = (it.range.start for it in stage.instructions if it.takes_unknown_programs)
    return _Changes(configured, next(copies, len(stage.build.text)))


def _configured_by(command: Command) -> set[str]:
    """The names of the compilers that a command configures for good, or replaces."""
    if command.name in _WRITING and ">" in command.run.node.whole_text:
        # The environment file of Go, or a profile of the shell: `echo "GOARCH=$TARGETARCH" >> "$(go env GOENV)"`.
        return {"go"} if any("GOARCH=" in it.text for it in command.syntax.words) else set()
    words = command.syntax.words[1:] if command.name in _REPLACING else ()
    return {posixpath.basename(it.text.partition("=")[0].strip("\"'")) for it in words}


def _may_be_told(ctx: RuleContext, command: KnownCommand) -> bool:
    """True if the stage may tell a compiler the target in a way that the text does not show.

    By variables of a sourced file, or of a program's output that is evaluated, in the same RUN; by a configuration of cargo or an environment
    file of Go that the stage writes; by a program of its name that the stage puts in its place, or that comes with another image; or by an image that is made for
    cross-compiling.
    """
    stage = command.run.stage
    if stage is None or _is_image_of_cross_compiler(stage) or any(command.run.values("BASH_ENV")):
        return True
    start = command.range.start
    changes = ctx.cached(_changes)
    if any(
        changes[it].configured.get(command.name, start) < start or changes[it].copied < start for it in stage.ancestry
    ):
        return True
    return any(sets_unknown_variables(it.syntax) and it.range.start < start for it in command.run.commands)


def _is_image_of_cross_compiler(stage: Stage) -> bool:
    """True if the name of the image at the root depends on the target, names an architecture, or says that it cross-compiles."""
    names = {*stage.ancestry[-1].base_names}
    return len(names) > 1 or any(named_architectures(it) or "cross" in it for it in names)


def _may_be_byte_code(image: Stage, command: KnownCommand) -> bool:
    """True for a release of Erlang in an image that has a virtual machine: `include_erts` of the project decides if it brings another one.

    Source: the manuals of rebar3 ("Releases") and Mix ("mix release", `:include_erts`).
    """
    has_machine = any("erlang" in it or "elixir" in it for it in image.base_names)
    return command.name in ("mix", "rebar3") and has_machine


def _untold_targets(command: KnownCommand) -> set[Platform]:
    """The targets for which a compiler makes a file for the build machine, because nobody tells it another one, or somebody tells it the build machine.

    Go is told nothing by an empty `GOARCH`: if a condition gives it a value for others only, or an automatic argument has none for a target, as in
    `GOARCH=$TARGETVARIANT` for arm64. One that is not declared has a finding of its own.
    Source: go.dev/cmd/go, "Environment variables".
    """
    wrong = {*command.use.wrong_targets}
    if not wrong or not command.use.is_targeted or _is_told_the_builder(command):
        return wrong
    setting = command.invocation.setting("GOARCH")
    variables = () if setting.assignment is None else setting.assignment.value.variables
    is_automatic = bool(variables) and all(
        it.name in AUTOMATIC_ARGUMENTS and command.run.declaration(it.name) is not None for it in variables
    )
    if not any(setting.values) and not is_automatic:
        return set()
    values = zip(setting.values, command.invocation.targets, strict=True)
    return wrong.intersection(target for it, target in values if it == "")


def _is_told_the_builder(command: KnownCommand) -> bool:
    """True if Go is given `GOARCH=$BUILDARCH`, or another compiler a target that depends on the build machine."""
    if command.use.toolchain is not GO:
        return any(_depends_on_builder(command, it) for it in command.syntax.words[1:])
    setting = command.invocation.setting("GOARCH")
    if setting.assignment is not None:
        return bool(_OF_BUILDER.search(setting.assignment.value.text))
    declaration = command.run.declaration("GOARCH") if setting.is_set else None
    pairs = () if declaration is None else declaration.pairs
    return any(it.name.text == "GOARCH" and it.value and _OF_BUILDER.search(it.value.text) for it in pairs)


def _depends_on_builder(command: KnownCommand, word: ShellWord) -> bool:
    """True if a word names an argument of the build machine, or a variable that one decides: `case $BUILDARCH in amd64) T=x86_64;; …`."""
    if word.value is not None:
        return False
    assigned = [one for it in word.variables for one in command.syntax.variables.get(it.name, ())]
    conditions = [one.text for it in assigned for one in it.conditions]
    return any(map(_OF_BUILDER.search, (word.text, *(it.value.text for it in assigned), *conditions)))


def _launchers(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """The bytecode of .NET and the launcher beside it, which is for the machine that publishes; images start either.

    Source: learn.microsoft.com/dotnet/core/deploying, "Framework-dependent executable"; the property UseAppHost.
    """
    if not stage.foreign_targets:
        return
    publishing = {
        id(it.invocation): it
        for it in stage.commands(Effect.BUNDLE)
        if it.use.toolchain is DOTNET and not any("UseAppHost=false" in one for one in it.syntax.arguments)
    }
    for artifact in ctx.build.artifacts.all if publishing else ():
        program = _started(ctx, artifact)
        command = next(
            (
                publishing[id(it.use.invocation)]
                for it in artifact.origins
                if it.use and id(it.use.invocation) in publishing
            ),
            None,
        )
        if program is not None and command is not None and command.foreign_targets:
            yield Finding(
                command.title_range,
                _(
                    "the image for {platforms} does not start: `{program}` is a launcher for {machine}, which `{title}` makes beside {program}.dll",
                    platforms=platforms(command.foreign_targets),
                    program=program,
                    machine=command.use.machine,
                    title=command.title,
                ),
                _for_target(stage),
            )
            return


def _started(ctx: RuleContext, artifact: Artifact) -> str | None:
    """The name of the program in an artifact that the image starts; None if it starts another one."""
    starting = ctx.build.starting
    directories = () if starting is None else starting.directories
    for program in ctx.build.started_programs:
        name = posixpath.basename(program)
        is_own = "/" in program and "." not in name and name not in ("dotnet", *SHELLS)
        if is_own and any(holds(artifact.path, clean(posixpath.join(it, program))) for it in directories):
            return name
    return None


def _for_target(stage: Stage) -> tuple[Fix, ...]:
    commands = [
        it
        for it in stage.commands(Effect.BUNDLE, Effect.FETCH)
        if it.use.toolchain is DOTNET and it.invocation.subcommand in ("build", "publish", "restore")
    ]
    if not all(it.syntax.is_writable for it in commands):
        return ()
    ends = [it.run.shell_range(it.syntax.words[-1].range).end for it in commands]
    edits = [Edit(TextRange(it, it), " -a $TARGETARCH") for it in ends]
    declared = declare_arguments(commands[0].run, ["TARGETARCH"])
    return (Fix(_("Publish for `$TARGETARCH`"), (*declared, *edits), Safety.SUGGESTION),)


def _without_xx(stage: Stage) -> Iterator[Finding]:
    """Find builds that call the compiler of the build machine, although xx has installed libraries for the target."""
    uses_xx = any(it.title in ("xx-apk", "xx-apt", "xx-apt-get") for it in stage.commands(Effect.INSTALL))
    texts = " ".join(run.node.whole_text for run in stage.runs)
    if not uses_xx or not stage.foreign_targets or _CROSSING.search(texts):
        return
    if any(
        any(it.values(name)) for it in stage.runs for name in ("CC", "CXX", "CROSS_COMPILE", "CMAKE_TOOLCHAIN_FILE")
    ):
        return
    for command in stage.commands(Effect.COMPILE, Effect.UNKNOWN):
        is_building = command.name in ("cmake", "make", "meson", "ninja")
        if is_building and any(stage.way_into_image(it) for it in command.use.outputs or ("/",)):
            yield Finding(
                command.title_range,
                _(
                    "the image for {platforms} probably gets a binary for {machine}: `{title}` is not told to use xx-clang",
                    platforms=platforms(stage.foreign_targets),
                    machine=command.use.machine,
                    title=command.title,
                ),
                doubt=Doubt.PROGRAM,
            )
            return


def _message(use: Use, images: Iterable[Platform]) -> str:
    return _(
        "`{title}` compiles for {machine}, and the binary goes into the image for {platforms} too",
        title=use.title,
        machine=use.machine,
        platforms=platforms(images),
    )


def _fixes(ctx: RuleContext, command: KnownCommand) -> tuple[Fix, ...]:
    if command.use.is_targeted:
        return _told_the_target(ctx, command)
    crossing = command.use.cross_compilation
    if crossing is None or not command.syntax.is_writable or needs_c(command):
        return ()
    edits = with_paying_moves(ctx, crossing_edits([command]))
    stage = command.run.stage
    is_safe = crossing.is_safe and stage is not None and not generates_sources(stage)
    safety = Safety.SAFE if is_safe else Safety.SUGGESTION
    return (Fix(_("Compile for the target platform with `{settings}`", settings=crossing.text), tuple(edits), safety),)


def _told_the_target(ctx: RuleContext, command: KnownCommand) -> tuple[Fix, ...]:
    """`GOARCH=$TARGETARCH` for `GOARCH=$BUILDARCH`, in the variables before the command; `-a $TARGETARCH` for `-a $BUILDARCH`."""
    edits: list[Edit] = []
    names: set[str] = set()
    is_go = command.use.toolchain is GO
    for word in (it.value for it in command.syntax.assignments) if is_go else command.syntax.words[1:]:
        match = _SOLE_BUILDER.fullmatch(word.text)
        if match is not None:
            edits.append(Edit(command.run.shell_range(word.range), word.text.replace("BUILD", "TARGET")))
            names.add(f"TARGET{match['name']}")
    settings = (it.value.text for it in command.syntax.assignments if it.name == "GOARCH")
    if (
        "TARGETARCH" not in names
        or not command.syntax.is_writable
        or (is_go and not any(map(_SOLE_BUILDER.fullmatch, settings)))
    ):
        return ()
    title = _("Compile for the target platform")
    return (
        Fix(title, tuple(with_paying_moves(ctx, [*edits, *declare_arguments(command.run, names)])), Safety.SUGGESTION),
    )
