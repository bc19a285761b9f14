"""Decide whether a constant architecture is intended: chosen by a condition, named, or one of several."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Final

from buildxray.platforms.aliases import architectures_of_image, docker_name, named_architectures
from buildxray.platforms.platform import Platform
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Command, KnownCommand, Run, Stage
from buildxray.semantics.errors import Cause
from buildxray.semantics.origins import Machine
from buildxray.syntax.instructions import Env
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import TESTS
from buildxray.toolchains.triples import architecture_of


def is_chosen(command: Command) -> bool:
    """True if a condition that the text does not decide controls whether the command runs for a target."""
    return command.is_chosen_by_platform


def is_meant(ctx: RuleContext, stage: Stage, command: KnownCommand) -> bool:
    """True if the constant target of a compiler is intended.

    It is if the name of the stage or of that of the image, of the output or of its place in the image contains the architecture, or if the image contains the
    outputs of several constants: a bundle with one program for each platform. The name of a stage whose target the plan tells does not count,
    nor does that of an output that has a name for every architecture in the image: `COPY --from=build /out/app-amd64 /app`.
    """
    if named_architectures(stage.name):
        return is_named_for_one(stage)
    image = ctx.build.target_stage
    if image is not None and is_named_for_one(image):
        return True
    outputs = {name for it in command.use.outputs if architecture_of(name := posixpath.basename(it)) is None}
    artifacts = ctx.build.artifacts.made_by(command.invocation)
    is_renamed = bool(artifacts) and all(
        posixpath.basename(it.source) in outputs and posixpath.basename(it.path) not in _DIRECTORIES for it in artifacts
    )
    names = {it.path for it in artifacts} | (set() if is_renamed else outputs)
    return any(map(named_architectures, names)) or len(ctx.cached(_constants)) > 1


_DIRECTORIES: Final = ("", "bin", "opt", "sbin")
"""The last parts of paths of directories, in which a file keeps its name."""
_RUNS_TOO: Final = {("amd64", "386"), ("arm64", "arm")}
"""Architectures with that of the 32-bit programs that most of their machines execute."""


def runs_on(architecture: str, target: Platform) -> bool:
    """True if most machines of a target execute the programs for an architecture, 32-bit ones included."""
    return architecture == target.architecture or (target.architecture, architecture) in _RUNS_TOO


def is_for_no_target(ctx: RuleContext, architecture: str) -> bool:
    """True if no target has an architecture that a file names: it may be meant for a device or for a cross compiler.

    amd64 does not count, because it is named where nobody has thought of other machines.
    """
    return architecture != "amd64" and all(it.architecture != architecture for it in ctx.build.targets)


def is_for_another_system(command: KnownCommand) -> bool:
    """True if Go compiles for a system that no target has: `GOOS=windows` in a file that is not built for `windows/amd64`."""
    systems = {*command.invocation.setting("GOOS").values} - {"", None}
    return bool(systems) and systems.isdisjoint(it.os for it in command.invocation.targets)


_EVERY_MACHINE: Final = frozenset({"386", "amd64", "arm", "arm64", "ppc64le", "riscv64", "s390x"})
_EMULATORS: Final = lazy_regex(
    r"\b(?P<name>box64|box86|fex-emu|fexinterpreter|qemu-user(?:-static)?|qemu-(?:aarch64|arm|i386|x86_64)(?:-static)?)\b",
    re.IGNORECASE,
)
_EMULATED: Final = {
    "box64": frozenset({"amd64"}),
    "box86": frozenset({"386"}),
    "fex-emu": frozenset({"386", "amd64"}),
    "fexinterpreter": frozenset({"386", "amd64"}),
    "qemu-aarch64": frozenset({"arm64"}),
    "qemu-arm": frozenset({"arm"}),
    "qemu-i386": frozenset({"386"}),
    "qemu-x86_64": frozenset({"386", "amd64"}),
}
"""The architectures whose programs an emulator runs; those without an entry run all. Source: the READMEs of box64, box86 and FEX; qemu.org, "User space emulator"."""
_ADDS_ARCHITECTURE: Final = lazy_regex(r"dpkg\s+--add-architecture")
_CROSS_COMPILER: Final = lazy_regex(
    r"(?<![\w.+-])(?:(?:binutils|gcc|g\+\+|gfortran)-(?:\d+-)?[a-z]\w*-linux-(?:gnu|musl)\w*|crossbuild-essential-\w+|lib[\w.+-]+-cross)(?![\w.+-])"
)
"""Packages of Debian that compile for another machine, or hold its libraries."""
_CROSS_VARIABLE: Final = lazy_regex(
    r"CROSS_\w+|CARGO_TARGET_\w+_LINKER|(?:AR|CC|CXX)_\w+_linux_\w+|PKG_CONFIG_ALLOW_CROSS|QEMU_LD_PREFIX"
)
"""Variables with which compilers are told to compile for another machine. Source: the documentation of cargo and of the crates cc and pkg-config; qemu."""
_FOREIGN_PACKAGE: Final = lazy_regex(
    r"(?<![\w./:+-])(?!musl)[a-z0-9][a-z0-9.+-]+(?<!-dev):(?P<name>\$|(?:amd64|arm64|armel|armhf|i386|ppc64el|riscv64|s390x)\b)"
)
"""A package of another architecture that brings its C library: neither headers nor musl, whose loader runs few programs."""


def is_named_for_one(stage: Stage) -> bool:
    """True if the name of a stage says for which machine its files are, and the plan does not.

    Where `FROM tools-$TARGETARCH` chooses a stage by its name, the plan tells its target, for which the files then have to be.
    """
    named = {name for *_, name in named_architectures(stage.name)}
    targets = {it.architecture for it in stage.targets}
    return bool(named) and not (stage.is_chosen and targets == named)


def is_meant_for_one(ctx: RuleContext, stage: Stage) -> bool:
    """True if a stage is for one architecture by its name, or has a platform that only a build argument tells."""
    return is_named_for_one(stage) or _has_unknown_platform(ctx, stage)


def _has_unknown_platform(ctx: RuleContext, stage: Stage) -> bool:
    errors = [it for it in ctx.build.errors if it.cause is Cause.PLATFORM_ARGUMENT]
    root = stage.root if errors else None
    return root is not None and any(root.from_.range.contains(it.range.start) for it in errors)


def runs_programs_of(ctx: RuleContext, stage: Stage, architecture: str) -> bool:
    """True if a stage, or one that it is built on, installs what runs programs of an architecture, so that they are meant.

    That is an emulator for it, or a library as a package of this architecture (`libc6:amd64`).
    """
    emulated = ctx.cached(_emulated).get(stage, frozenset())
    libraries = ctx.cached(_foreign_packages).get(stage, frozenset()) if adds_architecture(ctx, stage) else frozenset()
    return architecture in emulated | libraries


def is_for_cross_compiling(ctx: RuleContext, stage: Stage) -> bool:
    """True if a stage, or one that it is built on, installs a cross compiler or tells one its target: developers fill in the files of that machine."""
    return stage in ctx.cached(_for_cross_compiling)


def _for_cross_compiling(ctx: RuleContext) -> frozenset[Stage]:
    stages: set[Stage] = set()
    for stage in ctx.build.stages:
        names = (pair.name.text for it in stage.instructions if isinstance(it.node, Env) for pair in it.pairs)
        if (
            any(_CROSS_COMPILER.search(run.node.whole_text) for run in stage.runs)
            or any(map(_CROSS_VARIABLE.fullmatch, names))
            or not stages.isdisjoint(stage.bases)
        ):
            stages.add(stage)
    return frozenset(stages)


def adds_architecture(ctx: RuleContext, stage: Stage) -> bool:
    """True if a stage, or one that it is built on, lets apt install packages of other architectures; that alone runs no program."""
    return stage in ctx.cached(_adding_architectures)


def _emulated(ctx: RuleContext) -> dict[Stage, frozenset[str]]:
    """The architectures whose programs the emulators of a stage run."""
    return _named_in_runs(ctx, _EMULATORS, lambda it: _EMULATED.get(it.lower().removesuffix("-static"), _EVERY_MACHINE))


def _foreign_packages(ctx: RuleContext) -> dict[Stage, frozenset[str]]:
    """The architectures of the packages that a stage installs beside those of its machine; all if a variable tells one."""
    return _named_in_runs(
        ctx,
        _FOREIGN_PACKAGE,
        lambda it: _EVERY_MACHINE if it == "$" else frozenset({_DEBIAN.get(it, docker_name(it) or it)}),
    )


_DEBIAN: Final = {"ppc64el": "ppc64le"}
"""Names of Debian for architectures that no other distribution uses."""


def _adding_architectures(ctx: RuleContext) -> frozenset[Stage]:
    """The stages in which a RUN adds an architecture, and those that are built on them."""
    stages: set[Stage] = set()
    for stage in ctx.build.stages:
        if any(_ADDS_ARCHITECTURE.search(run.node.whole_text) for run in stage.runs) or not stages.isdisjoint(
            stage.bases
        ):
            stages.add(stage)
    return frozenset(stages)


def _named_in_runs(
    ctx: RuleContext, pattern: re.Pattern[str], read: Callable[[str], frozenset[str]]
) -> dict[Stage, frozenset[str]]:
    """The architectures that `read` finds in the matches of a pattern in each RUN of a stage and of those that it is built on."""
    machines: dict[Stage, frozenset[str]] = {}
    for stage in ctx.build.stages:
        names = {
            name for run in stage.runs for it in pattern.finditer(run.node.whole_text) for name in read(it["name"])
        }
        names.update(*(machines[it] for it in stage.bases if it in machines))
        if names:
            machines[stage] = frozenset(names)
    return machines


_DOES_NOTHING: Final = frozenset({":", "echo", "printf", "true"})


def with_ignored_failure(run: Run) -> frozenset[int]:
    """The identities of the commands after whose failure the script goes on as if nothing had happened: `… || … || true`."""
    ignored: set[int] = set()
    for other in reversed(run.script.commands):
        if other.name in _DOES_NOTHING or id(other) in ignored:
            ignored.update(id(command) for it in other.conditions if it.kind == "or" for command in it.commands)
    return frozenset(ignored)


_FAILING: Final = frozenset({"exit", "false", "kill", "return"})


def with_alternative(run: Run) -> frozenset[int]:
    """The identities of the commands after whose failure the script tries another one: `… || apt-get install -y curl`."""
    others = (it for it in run.script.commands if it.name not in _DOES_NOTHING | _FAILING)
    return frozenset(
        id(command) for other in others for it in other.conditions if it.kind == "or" for command in it.commands
    )


def stops_build(command: KnownCommand) -> bool:
    """True if each build runs a command, and stops if it fails."""
    conditions = command.syntax.conditions
    if any(it.kind not in ("and", "exit") for it in conditions) or command.syntax.is_piped:
        return False
    if any(one.name in TESTS for it in conditions for one in it.commands):
        return False
    run = command.run
    is_ignored = id(command.syntax) in with_ignored_failure(run) | with_alternative(run)
    return not is_ignored and not _goes_on(run, command)


def _goes_on(run: Run, command: KnownCommand) -> bool:
    """True if a script may go on after a command that fails: another one follows without `&&`, and there is no `set -e`."""
    later = [it for it in run.commands if it.syntax.range.start > command.syntax.range.end]
    options = (word for it in run.commands if it.name == "set" for word in it.syntax.arguments)
    if not later or any(it.startswith("-") and "e" in it for it in options):
        return False
    return "&&" not in run.build.text[command.range.end : later[0].range.start]


def names_one_architecture(stage: Stage) -> bool:
    """True if the image of a stage's ancestry has an architecture in its name, so that the stage is for that one only."""
    names = {*(stage.root or stage).base_names}
    return len(names) == 1 and bool(architectures_of_image(names.pop()))


def is_on_image_for(stage: Stage, architecture: str) -> bool:
    """True if the image at the root of a stage is for an architecture by its name, so that every target gets the files of that one."""
    return all(architecture in architectures_of_image(it) for it in (stage.root or stage).base_names)


def _constants(ctx: RuleContext) -> frozenset[str | None]:
    """The architectures of constant targets whose outputs are in the image."""
    return frozenset(
        origin.architecture
        for artifact in ctx.build.artifacts.all
        for origin in artifact.origins
        if origin.machine is Machine.CONSTANT and origin.use is not None and origin.is_certain
    )
