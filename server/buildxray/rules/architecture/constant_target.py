"""A compiler or an installer is given the same architecture on every target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.intended import is_chosen, is_meant, is_named_for_one
from buildxray.rules.facts.output_use import doubt_of_output
from buildxray.rules.fixing.edits import declare_arguments
from buildxray.rules.one_cause import are_for_several_machines, one_for_each_stage
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Stage
from buildxray.syntax.instructions import Arg
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import ShellWord
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.bun import BUN
from buildxray.toolchains.c import C, configured_for
from buildxray.toolchains.dotnet import DOTNET, PROPERTIES
from buildxray.toolchains.go import GO
from buildxray.toolchains.machine_names import refused_names
from buildxray.toolchains.mapping import mapped_architecture
from buildxray.toolchains.node import NODE, installs_native_code
from buildxray.toolchains.rust import RUST
from buildxray.toolchains.scripting import SCRIPTING
from buildxray.toolchains.triples import architecture_of, is_for_another_system

_INSTALLER_OPTIONS: Final = ("--arch", "--cpu", "--target_arch")
_INSTALLER_SETTINGS: Final = ("npm_config_arch", "npm_config_cpu", "NPM_CONFIG_ARCH", "npm_config_target_arch")
_COMPILER_SETTINGS: Final = ("CARGO_BUILD_TARGET", "GOOS")
_COMPILERS: Final = ("CC", "CROSS_COMPILE", "CXX", "HOST")
_COMPILER_NAME: Final = lazy_regex(
    r"(?:.*/)?(?P<triple>[a-z0-9_]+-[a-z0-9_-]+?)(?:-(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)?(?:-[\d.]+)?)?"
)
_COMPILER_ARGUMENT: Final = lazy_regex(rf"(?:{'|'.join(_COMPILERS)})={_COMPILER_NAME.pattern}")
_RUNTIME: Final = ("-r", "--runtime")


class _Constant(NamedTuple):
    """The place in which a command is given an architecture."""

    instruction: Instruction
    range: TextRange
    is_branch: bool = False
    """True if a script assigns it for some machines only."""


@rule(
    Severity.ERROR,
    Severity.OFF,
    FixAvailability.SOMETIMES,
    about=[Effect.COMPILE, Effect.UNKNOWN, Effect.INSTALL, Effect.FETCH, Effect.DOWNLOAD],
)
def constant_target(ctx: RuleContext) -> Iterator[Finding]:
    """A compiler or package manager has a constant target architecture, in a file that is meant for several platforms.

    ## What it does
    Looks for `cargo build --target x86_64-…`, `CARGO_BUILD_TARGET`, `dotnet publish -r linux-x64`, `pip install --platform`, `bun build
    --target=bun-linux-x64`, `zig` and `deno` targets, cross compilers such as `x86_64-linux-gnu-gcc`, and `npm ci --arch=x64`, where the output
    goes into the images of other architectures too; and for `GOOS=linux` where the image is for Windows.

    ## Why it matters
    Every image gets the program, or the native addons, for the one architecture. On all others it fails with `exec format error`. Where a
    stage for another machine compiles it, the C compiler or the linker of that machine refuses the options for the one architecture, and the build
    stops, unless a cross compiler is installed.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:9.0 AS build
    WORKDIR /src
    COPY . .
    RUN dotnet publish App.csproj -o /out --self-contained --runtime linux-x64

    FROM debian:13-slim
    COPY --from=build /out /app
    ENTRYPOINT ["/app/App"]
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:9.0 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN dotnet publish App.csproj -o /out --self-contained -a $TARGETARCH

    FROM debian:13-slim
    COPY --from=build /out /app
    ENTRYPOINT ["/app/App"]
    ```

    ## Fix safety
    A suggestion. For .NET, `-a $TARGETARCH` accepts Docker's names (SDK 8 and later); for npm, the option is removed, or `--cpu` is given the
    target in a stage on the build machine. For other compilers, map the argument: `case "$TARGETARCH" in amd64)
    triple=x86_64-unknown-linux-musl;; arm64) triple=aarch64-unknown-linux-musl;; esac`.

    ## Limits
    A stage that compiles for several machines in turn or chooses one by a condition, and a stage or output that is named after its
    architecture, are not reported; nor are programs for another system, such as firmware (`arm-none-eabi-gcc`) or an installer for Windows.
    `GOARCH` is the subject of `constant-goarch`. In an image that starts nothing, and whose output is in no directory of programs, it is a warning,
    because somebody may take the output for another machine.
    """
    yield from one_for_each_stage(ctx, _findings(ctx))


def _findings(ctx: RuleContext) -> Iterator[Finding]:
    """Find each place with a constant."""
    image = ctx.build.target_stage
    if (
        image is not None
        and image.root is not None
        and image.root.from_.platform is not None
        and len({*image.platforms}) == 1
    ):
        # The whole image is for one architecture, which `build-platform-image` reports.
        return
    seen: set[TextRange] = set()
    """Constants that are reported, because several commands may read one variable."""
    for stage in ctx.build.needed_stages:
        commands = [it for it in stage.commands(Effect.COMPILE) if it.use.is_targeted and it.use.toolchain is not GO]
        are_several = are_for_several_machines(commands, (it for it in commands if _constant_of(it) is not None))
        for command in () if are_several else commands:
            if not command.use.wrong_targets or is_chosen(command) or is_meant(ctx, stage, command):
                continue
            if refused_names(command.use):
                continue
            if any(it is not None and ctx.is_only_for(it) for it in command.use.architectures):
                continue
            constant, wrong = _constant_of(command), command.wrong_images
            if constant is None or constant.range in seen:
                continue
            if wrong and not _is_for_another_system(ctx, constant, wrong):
                seen.add(constant.range)
                # A build argument may set another value, but one for all platforms of a build.
                doubt = Doubt.ARGUMENT if isinstance(constant.instruction.node, Arg) else _doubt(ctx, stage, command)
                yield Finding(
                    constant.range, _message(ctx, command, constant, wrong), _fixes(ctx, command, constant), doubt=doubt
                )
        yield from _scripts(ctx, stage)
        yield from _systems(ctx, stage)
        yield from _installers(ctx, stage)
        yield from _wheels(ctx, stage)


def _doubt(ctx: RuleContext, stage: Stage, command: KnownCommand) -> Doubt | None:
    """The reason why the program may run anyway: `dotnet App.dll` starts bytecode, which is for any machine."""
    if command.use.toolchain is not DOTNET:
        return doubt_of_output(ctx, stage, command)
    starting = ctx.build.starting
    return Doubt.USE if starting is None or ".dll" in starting.node.text or "dotnet" in starting.node.text else None


def _is_for_another_system(ctx: RuleContext, constant: _Constant, wrong: tuple[Platform, ...]) -> bool:
    """True if the program cannot be meant to run in the image: firmware, or a program for Windows in an image for Linux."""
    written = ctx.text[slice(*constant.range)]
    return is_for_another_system(written) and not any(it.os == "windows" for it in wrong)


def _scripts(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Find `CC=x86_64-linux-gnu-gcc make`, whose project is compiled for that machine unless its build files name another one."""
    constant = [(command, *it) for command in stage.commands(Effect.UNKNOWN) for it in _named_compilers(command)]
    if len({architecture for *_, architecture in constant}) != 1 or is_named_for_one(stage):
        return
    command, range_, architecture = constant[0]
    wrong = tuple(it for it in command.targets if it.architecture != architecture)
    if not wrong or is_chosen(command) or not _reaches_image(stage, command):
        return
    yield Finding(
        range_,
        _(
            "the image for {platforms} probably gets a program for another machine: `{title}` is told to compile for `{written}`",
            platforms=platforms(wrong),
            title=command.title,
            written=ctx.text[slice(*range_)],
        ),
        doubt=Doubt.PROGRAM,
    )


def _named_compilers(command: KnownCommand) -> Iterator[tuple[TextRange, str]]:
    """Yield the cross compilers that a build tool is given, in its environment or as an argument, with their architectures."""
    words = [(it.name, it.value) for it in command.syntax.assignments if it.name in _COMPILERS]
    for name, word in words:
        triple = _COMPILER_NAME.fullmatch(word.value or "")
        architecture = None if triple is None else architecture_of(triple["triple"])
        if architecture is not None and name and not is_for_another_system(word.value or ""):
            yield command.run.shell_range(word.range), architecture
    for word in command.syntax.words[1:]:
        match = _COMPILER_ARGUMENT.fullmatch(word.value or "")
        architecture = None if match is None else architecture_of(match["triple"])
        if architecture is not None and not is_for_another_system((word.value or "").partition("=")[2]):
            yield command.run.shell_range(word.range), architecture


def _message(ctx: RuleContext, command: KnownCommand, constant: _Constant, wrong: tuple[Platform, ...]) -> str:
    values = {
        "platforms": platforms(wrong),
        "title": command.title,
        "written": ctx.text[slice(*constant.range)],
    }
    if _may_stop(command):
        return (
            _(
                "the build for {platforms} stops, or gives a program for another machine: there `{title}` compiles for `{written}`",
                **values,
            )
            if constant.is_branch
            else _(
                "the build for {platforms} stops, or gives a program for another machine: `{title}` always compiles for `{written}`",
                **values,
            )
        )
    if constant.is_branch:
        return _(
            "the image for {platforms} gets a program for another machine: there `{title}` compiles for `{written}`",
            **values,
        )
    return _(
        "the image for {platforms} gets a program for another machine: `{title}` always compiles for `{written}`",
        **values,
    )


def _may_stop(command: KnownCommand) -> bool:
    """True if a command compiles for another machine than its own with a C compiler or a linker, which may be the one of its own machine.

    That of arm64 refuses `-m64`, with which rustc calls it for x86_64, and that of amd64 refuses objects for arm64. Source: rust-lang/rust,
    compiler/rustc_target/src/spec; gcc.gnu.org, "x86 Options". The text rarely tells if one for the other machine is there.
    """
    if command.use.toolchain not in (C, RUST):
        return False
    pairs = zip(command.use.architectures, command.invocation.step_platforms, strict=True)
    return any(machine not in (None, step.architecture) for machine, step in pairs)


def _reaches_image(stage: Stage, command: KnownCommand) -> bool:
    return stage.is_image or command.way_into_image is not None


def _constant_of(command: KnownCommand) -> _Constant | None:
    """The constant architecture of a compiler: in its name, in an option, or in a variable."""
    words = command.syntax.words
    for word in words:
        if (place := _constant_in(word)) is not None:
            return _Constant(command.run, command.run.shell_range(place))
    host = configured_for(command.invocation) if command.use.toolchain is C else None
    if host is not None and any(host[0] in it.syntax.words for it in command.run.commands):
        start, end = command.run.shell_range(host[0].range)
        written = command.run.build.text[start:end]
        position = written.find(host[1])
        return (
            None
            if position < 0
            else _Constant(command.run, TextRange(start + position, start + position + len(host[1])))
        )
    for name in _COMPILER_SETTINGS[:1]:
        if (constant := _constant_in_setting(command, name)) is not None:
            return constant
    return next((constant for it in words[1:] if (constant := _in_variables(command, it)) is not None), None)


def _in_variables(command: KnownCommand, word: ShellWord) -> _Constant | None:
    """The variable of the script, the default of an ARG, or the value of an ENV that names the machine of `--target=$target`."""
    for variable in word.variables:
        assigned = command.syntax.variables.get(variable.name, ())
        if len(assigned) == 1 and not assigned[0].is_conditional and (place := _constant_in(assigned[0].value)):
            return _Constant(command.run, command.run.shell_range(place))
        taken = _taken(command, variable.name)
        if taken is not None and (place := _constant_in(taken)):
            return _Constant(command.run, command.run.shell_range(place), is_branch=True)
        declaration = None if command.syntax.variables.get(variable.name) else command.run.declaration(variable.name)
        pairs = () if declaration is None else declaration.pairs
        for pair in reversed(pairs):
            if declaration is None or pair.name.text != variable.name or pair.value is None:
                continue
            values = {pair.value.text.strip("\"'")}
            if "$" in pair.value.text:
                # `ARG TRIPLE=x86_64-unknown-linux-${LIBC}`
                values = {it or "" for it in command.run.values(variable.name)}
            is_machine = len(values) == 1 and all(_is_machine_of(command, it) for it in values)
            if variable.name not in AUTOMATIC_ARGUMENTS and is_machine:
                return _Constant(declaration, declaration.range_of(pair.value))
    return None


def _taken(command: KnownCommand, name: str) -> ShellWord | None:
    """The value in the branch of a script that a target of another machine takes: `case $TARGETARCH in s390x) T=…;; *) T=x86_64-…;; esac`.

    None unless the text tells which value each target gets.
    """
    uses = zip(command.use.architectures, command.invocation.targets, command.invocation.evaluators, strict=True)
    for machine, target, evaluator in uses:
        value = evaluator.variable(name, command.syntax)
        if machine in (None, target.architecture) or not value:
            continue
        written = [it for it in command.syntax.variables.get(name, ()) if it.value.value == value]
        if written and all(it.is_conditional for it in written):
            # `wrong-arch-build` reports a branch for the build machine. The one for all others comes last.
            is_of_builder = any("BUILD" in it.text for it in written[-1].conditions)
            return None if is_of_builder else written[-1].value
    return None


def _is_machine_of(command: KnownCommand, value: str) -> bool:
    """True if a value names the machine that a command compiles for: `x86_64-unknown-linux-musl`, `linux-x64`, `arm64`."""
    named = {name for *_, name in named_architectures(value)}
    if "-" in value and (architecture := architecture_of(value)) is not None:
        named = {architecture}
    return len(named) == 1 and named.issuperset(command.use.architectures)


def _constant_in(word: ShellWord) -> TextRange | None:
    """The value of an option, or the prefix of a program, that names a machine and has no variable."""
    if word.value is None:
        return None
    option, separator, value = word.text.rpartition("=")
    if not separator and (joined := _RUNTIME_AND_VALUE.match(word.text)) is not None:
        option, separator = joined["option"], ":"
    # `--target=NAME`, `/p:RuntimeIdentifier=NAME`, `-r:NAME`
    start = len(option) + len(separator) if word.text.startswith(("-", "/")) else 0
    value = word.text[start:]
    match = re.match(r"['\"]?([\w.-]+)", value)
    if match is None:
        return None
    is_triple = architecture_of(match[1]) is not None and "-" in match[1]
    is_named = bool(named_architectures(match[1])) and re.fullmatch(r"[\w.-]*", match[1]) is not None
    if not is_triple and not is_named:
        return None
    return TextRange(word.range.start + start + match.start(1), word.range.start + start + match.end(1))


def _constant_in_setting(command: KnownCommand, name: str) -> _Constant | None:
    """The constant in a variable of the script, or in an ARG or ENV."""
    setting = command.invocation.setting(name)
    if setting.assignment is not None:
        value = setting.assignment.value
        return _Constant(command.run, command.run.shell_range(value.range)) if value.value else None
    declaration = command.run.declaration(name) if setting.is_set else None
    if declaration is None:
        return None
    pair = next(it for it in reversed(declaration.pairs) if it.name.text == name)
    if pair.value is None or "$" in pair.value.text:
        return None
    return _Constant(declaration, declaration.range_of(pair.value))


def _fixes(ctx: RuleContext, command: KnownCommand, constant: _Constant) -> tuple[Fix, ...]:
    """Replace the runtime identifier of .NET by the target's; others have names that need a mapping."""
    if command.use.toolchain is not DOTNET or constant.instruction is not command.run or not command.syntax.is_writable:
        return ()
    is_ahead_of_time = any("PublishAot=true" in it for it in command.syntax.arguments)
    if is_ahead_of_time and (command.run.stage is None or command.run.stage.is_native):
        # It would need the linker and the libraries of each target.
        return ()
    told = [_told_target(ctx, it) for it in (*_restoring(command), command)]
    if not all(told):
        # What is restored for one machine alone cannot be published for another.
        return ()
    if _is_in_path(ctx, command, ctx.text[slice(*constant.range)]):
        return ()
    first = min((it.run for it in (*_restoring(command), command)), key=lambda it: it.idx)
    edits = (*(edit for it in told if it for edit in it), *declare_arguments(first, ["TARGETARCH"]))
    return (Fix(_("Publish for `$TARGETARCH`"), edits, Safety.SUGGESTION),)


def _is_in_path(ctx: RuleContext, command: KnownCommand, identifier: str) -> bool:
    """True if the file names a directory by the runtime identifier, as .NET does: `bin/Release/net9.0/linux-x64/publish`."""
    stages = () if command.run.stage is None else command.run.stage.family
    takers = (it for stage in stages for it in (*stage.instructions, *stage.consumers))
    machine = re.escape(identifier.rpartition("-")[2])
    return any(re.search(rf"[/\\]linux-(?:musl-)?{machine}\b", ctx.text[slice(*it.range)]) for it in takers)


def _restoring(command: KnownCommand) -> list[KnownCommand]:
    """The earlier commands whose packages a command of .NET takes, because it restores none: `--no-restore`, `--no-build`.

    Source: learn.microsoft.com, NETSDK1047 ("assets file doesn't have a target").
    """
    if not command.invocation.has_option("--no-build", "--no-restore"):
        return []
    stages = () if command.run.stage is None else command.run.stage.ancestry
    return [
        it
        for stage in stages
        for run in stage.runs
        for it in run.known_commands
        if it.use.toolchain is DOTNET
        and it.invocation.subcommand in ("build", "restore")
        and it.range.start < command.range.start
    ]


def _told_target(ctx: RuleContext, command: KnownCommand) -> list[Edit]:
    """The edit that gives a command of .NET the target instead of a constant; empty if it names none, or if no edit can."""
    words = command.syntax.words
    for position, word in enumerate(words) if command.syntax.is_writable else ():
        joined = _RUNTIME_AND_VALUE.match(word.text)
        name, equals, value = word.text.partition("=" if joined is None else ":")
        is_single = bool(equals) and name in (*_RUNTIME, *_ARCHITECTURE, *PROPERTIES)
        if not is_single and (word.text not in (*_RUNTIME, *_ARCHITECTURE) or position + 1 == len(words)):
            continue
        last = word if is_single else words[position + 1]
        start, end = command.run.shell_range(word.range).start, command.run.shell_range(last.range).end
        if "\n" in ctx.text[start:end] or "$" in last.text:
            return []
        if name in _ARCHITECTURE:
            length = len(value if is_single else last.text)
            return [Edit(TextRange(end - length, end), "$TARGETARCH")]
        return [Edit(TextRange(start, end), f"{_system(command, last)}-a $TARGETARCH")]
    return []


_ARCHITECTURE: Final = ("-a", "--arch")
_RUNTIME_AND_VALUE: Final = lazy_regex(r"(?P<option>-[ar]|--arch|--runtime):")
"""Options of .NET before a value in the same word. Source: learn.microsoft.com/dotnet/standard/commandline/syntax."""


def _system(command: KnownCommand, identifier: ShellWord) -> str:
    """The option for the system of a runtime identifier such as `linux-musl-x64`, if `-a` alone may choose another one: that of the SDK.

    Source: learn.microsoft.com, "dotnet publish", `--arch` and `--os`.
    """
    joined = _RUNTIME_AND_VALUE.match(identifier.text)
    written = identifier.text.rpartition("=")[2] if joined is None else identifier.text[joined.end() :]
    system = written.strip("\"'").rpartition("-")[0]
    image = None if command.run.stage is None or command.run.stage.root is None else command.run.stage.root.from_.image
    is_musl = image is None or "alpine" in image.text
    return f"--os {system} " if system != "linux" or is_musl else ""


def _systems(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Go programs for Linux in images for Windows."""
    if not any(it.os == "windows" for it in stage.targets):
        return
    for command in stage.commands(Effect.COMPILE):
        if command.use.toolchain is not GO or is_chosen(command) or not _reaches_image(stage, command):
            continue
        values = command.invocation.setting("GOOS").values
        wrong = tuple(
            target
            for value, target in zip(values, command.invocation.targets, strict=True)
            if value == "linux" and target.os == "windows"
        )
        constant = _constant_in_setting(command, "GOOS") if wrong else None
        if constant is not None:
            yield Finding(constant.range, _message(ctx, command, constant, wrong))


def _installers(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Package managers of Node.js that are given an architecture, and whose packages are in the image."""
    commands = [it for it in stage.commands(Effect.INSTALL) if it.use.toolchain in (NODE, BUN)]
    every = [(it, constant) for it in commands if (constant := _installed_for(it)) is not None]
    if len({architecture for _, (_, architecture, _) in every}) > 1:
        # Addons for several machines are installed beside each other.
        return
    for command, constant in every:
        if is_chosen(command):
            continue
        range_, architecture, removed = constant
        wrong = [it for it in command.invocation.targets if it.architecture != architecture]
        if not wrong or not (stage.is_image or _is_in_image(ctx, stage, command)):
            continue
        is_known = installs_native_code(command.invocation)
        has_addons = is_known or _names_packages(command)
        if not has_addons and is_known is False:
            continue
        message = (
            _(
                "the image for {platforms} gets native addons for another machine: `{title}` always installs those for `{written}`",
                platforms=platforms(wrong),
                title=command.title,
                written=ctx.text[slice(*range_)],
            )
            if has_addons
            else _(
                "native addons, if there are any, do not run in the image for {platforms}: `{title}` always installs those for `{written}`",
                platforms=platforms(wrong),
                title=command.title,
                written=ctx.text[slice(*range_)],
            )
        )
        fixes: tuple[Fix, ...] = ()
        if removed is not None and "\n" not in ctx.text[slice(*removed)]:
            fixes = _fixes_of_installer(ctx, command, range_, removed)
        # Nobody names an architecture for packages without native code, so it is an error in either case.
        yield Finding(range_, message, fixes)


def _wheels(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Installers of Python on the build machine that are given an architecture, and whose packages are in the image.

    In a stage for the target, `single-arch-package` reports them.
    """
    if not stage.is_native:
        return
    commands = [it for it in stage.commands(Effect.FETCH, Effect.DOWNLOAD) if it.use.toolchain is SCRIPTING]
    told = [(it, word) for it in commands for name in _WHEEL_OPTIONS for word in it.invocation.arguments(name)]
    if len({word.text for _command, word in told}) > 1:
        # Packages for several machines, also by the option given twice.
        return
    for command, word in told:
        named = named_architectures(word.value or "")
        if len(named) != 1 or is_chosen(command) or not _is_in_image(ctx, stage, command):
            continue
        wrong = [it for it in command.invocation.targets if it.architecture != named[0][2]]
        range_ = command.run.shell_range(word.range)
        start = range_.end - len(word.text) + named[0][0]
        place = TextRange(start, start + named[0][1] - named[0][0])
        if wrong and ctx.text[slice(*place)] == word.text[named[0][0] : named[0][1]]:
            message = _(
                "native addons, if there are any, do not run in the image for {platforms}: `{title}` always installs those for `{written}`",
                platforms=platforms(wrong),
                title=command.title,
                written=ctx.text[slice(*place)],
            )
            yield Finding(place, message, doubt=Doubt.USE)


_WHEEL_OPTIONS: Final = ("--platform", "--python-platform")
"""Options of pip and uv for the machine of the packages. Source: their manuals."""


def _fixes_of_installer(
    ctx: RuleContext, command: KnownCommand, range_: TextRange, removed: TextRange
) -> tuple[Fix, ...]:
    """Remove the option where the machine is that of the image; on the build machine give it the target, if it chooses published packages.

    `--arch` and `--target_arch` tell node-gyp to compile, which needs a compiler for each target.
    """
    stage = command.run.stage
    if stage is None or not stage.is_native:
        return (Fix(_("Remove the option"), (Edit(removed, ""),), Safety.SUGGESTION),)
    names = {it.architecture: _NODE_NAMES.get(it.architecture, it.architecture) for it in ctx.build.targets}
    mapped = mapped_architecture(names, ctx.build.targets)
    option = ctx.text[slice(*removed)].strip()
    if mapped is None or not option.startswith("--cpu") or not command.syntax.is_writable or "'" in option:
        return ()
    edits = (Edit(range_, mapped), *declare_arguments(command.run, ["TARGETARCH"]))
    return (Fix(_("Write the names of {site}", site="Node.js"), edits, Safety.SUGGESTION),)


_NODE_NAMES: Final = {"amd64": "x64", "386": "ia32"}
"""The names of architectures in `process.arch` of Node.js that differ from those in TARGETARCH."""


def _names_packages(command: KnownCommand) -> bool:
    """True if an installer is given packages beside an architecture: `npm install --cpu=x64 sharp`, which is done for native code."""
    pairs = pairwise(command.syntax.words[command.use.title_words - 1 :])
    return any(
        not it.text.startswith("-") and (not before.text.startswith("-") or "=" in before.text) for before, it in pairs
    )


def _is_in_image(ctx: RuleContext, stage: Stage, command: KnownCommand) -> bool:
    """True if packages that a command installs are copied into the image, directly or moved first."""
    is_copied = any(stage.way_into_image(it) for it in command.use.outputs)
    return is_copied or bool(ctx.build.artifacts.made_by(command.invocation))


def _installed_for(command: KnownCommand) -> tuple[TextRange, str, TextRange | None] | None:
    """The option that gives an installer an architecture, the architecture, and the text to remove."""
    run, words = command.run, command.syntax.words
    for position, word in enumerate(words):
        option, separator, value = word.text.partition("=")
        if option not in _INSTALLER_OPTIONS or word.value is None:
            continue
        last = word if separator else words[position + 1] if position + 1 < len(words) else word
        named = named_architectures(value if separator else last.text)
        if len(named) == 1:
            start, end, architecture = named[0]
            offset = run.shell_range(last.range).start + (len(option) + 1 if separator else 0)
            before = run.shell_range(words[position - 1].range).end
            return (
                TextRange(offset + start, offset + end),
                architecture,
                TextRange(before, run.shell_range(last.range).end),
            )
    for name in _INSTALLER_SETTINGS:
        constant = _constant_in_setting(command, name)
        if constant is not None:
            written = run.build.text[slice(*constant.range)]
            named = named_architectures(written)
            if len(named) == 1:
                return constant.range, named[0][2], None
    return None
