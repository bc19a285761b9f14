"""A native stage reads the architecture of the build machine to choose files for the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from buildxray.localization import _
from buildxray.platforms.names import architecture_names
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.portability import consumers_outside, files_taken
from buildxray.rules.facts.refused_machines import machines_refused_by
from buildxray.rules.fixing.edits import declare_arguments
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Command as CommandOfRun
from buildxray.semantics.build import Effect, KnownCommand, Run, Stage
from buildxray.syntax.instructions import Copying
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import Command
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.archivers import UNPACKERS
from buildxray.toolchains.mapping import mapped_architecture


@rule(Severity.WARNING, Severity.INFORMATION, FixAvailability.SOMETIMES, about=[Effect.PROBE])
def build_arch_probe(ctx: RuleContext) -> Iterator[Finding]:
    """A native stage asks for the architecture of the build machine to choose a file for the image.

    ## What it does
    Looks in stages that run on the build machine for `uname -m`, `dpkg --print-architecture`, `apk --print-arch`, `arch`,
    `go env GOARCH`, `gcc -dumpmachine`, and short programs such as `node -p process.arch` and `python3 -c 'print(platform.machine())'` whose output decides which files are downloaded or compiled, if files of that stage go into the image. A program
    that only the stage itself starts must be for the build machine, and is not reported.

    ## Why it matters
    The output is the architecture of the build machine for every target: each image gets the file for that one, and fails on all other
    machines with `exec format error`.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM debian AS tools
    RUN apt-get update && apt-get install -y curl
    RUN curl -o /tool https://example.com/tool-$(dpkg --print-architecture)

    FROM debian
    COPY --from=tools /tool /usr/local/bin/tool
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM debian AS tools
    RUN apt-get update && apt-get install -y curl
    ARG TARGETARCH
    RUN curl -o /tool https://example.com/tool-$TARGETARCH

    FROM debian
    COPY --from=tools /tool /usr/local/bin/tool
    ```

    ## Fix safety
    A suggestion: the file may be a tool that runs in this stage. If the names of the command differ from those of `TARGETARCH`, the
    fix inserts a mapping.
    """
    for stage in ctx.build.native_stages:
        probes = () if stage.is_image else stage.commands(Effect.PROBE)
        for probe in probes if probes and files_taken(stage) else ():
            wrong = [it for it in probe.foreign_targets if _differs(probe, it)]
            if not wrong or not probe.syntax.is_substitution or not _decides(probe) or _is_for_tool(stage, probe):
                continue
            if _is_unpacked_for_stage(stage, probe) or _is_refused(probe):
                continue
            yield Finding(probe.title_range, _message(probe, wrong), _fixes(probe))


def _message(probe: KnownCommand, wrong: list[Platform]) -> str:
    name = _name(probe, probe.use.machine)
    if name is None:
        return _(
            "`{title}` describes {machine} for {platforms} too, although it chooses files for the image",
            title=probe.title,
            machine=probe.use.machine,
            platforms=platforms(wrong),
        )
    return _(
        "`{title}` returns {architecture} for {platforms} too, although it chooses files for the image",
        title=probe.title,
        architecture=name,
        platforms=platforms(wrong),
    )


_OF_32_BITS: Final = frozenset({"386", "arm"})
_MACRO_OF_MACHINE: Final = lazy_regex(r".*(?:arch|build|cpu|host|isa|lib\b|lib}|target).*")


def _differs(probe: KnownCommand, target: Platform) -> bool:
    """True if the output of a command for the build machine is wrong for a target: `getconf LONG_BIT` prints 64 on most, `rpm -E %fedora` a version."""
    machine = probe.use.machine.architecture
    match probe.name:
        case "getconf":
            return (machine in _OF_32_BITS) != (target.architecture in _OF_32_BITS)
        case "rpm":
            return any(map(_MACRO_OF_MACHINE.fullmatch, probe.syntax.arguments[1:]))
        case _:
            return True


def _decides(probe: KnownCommand) -> bool:
    """True if a compilation or a download of the same RUN depends on the output."""
    return any(
        it.use.effect in (Effect.COMPILE, Effect.DOWNLOAD) and _takes(it.syntax, probe.syntax.range)
        for it in probe.run.known_commands
    )


def _is_refused(probe: KnownCommand) -> bool:
    """True if a compiler does not know the name that the output is, which `unknown-machine-name` reports."""
    words = (name.word for it in probe.run.known_commands for name in machines_refused_by(it))
    return any(it is not None and it.range.contains(probe.syntax.range.start) for it in words)


def _is_for_tool(stage: Stage, probe: KnownCommand) -> bool:
    """True if the RUN only downloads a program that the stage itself starts and that is not in the image.

    Such a program must be for the build machine: `rustup-init`, a compiler.
    """
    programs = {
        posixpath.basename(it.syntax.words[0].text)
        for member in stage.family
        for run in member.runs
        for it in run.commands
        if it.syntax.words
    }
    paths = {
        path
        for it in probe.run.commands
        # A package manager is given the names of packages: `apk add curl`.
        if it.use is None or it.use.effect is not Effect.INSTALL
        for word in it.syntax.words[1:]
        for path in it.invocation.paths(word)
        if posixpath.basename(path) in programs
    }
    return bool(paths) and all(member.way_into_image(it) is None for it in paths for member in stage.family)


def _is_unpacked_for_stage(stage: Stage, probe: KnownCommand) -> bool:
    """True if the RUN only installs programs in directories of which no image gets anything: `curl … | tar x -C /usr/local`, `cargo install`."""
    deciding = [
        it
        for it in probe.run.known_commands
        if it.use.effect in (Effect.COMPILE, Effect.DOWNLOAD) and _takes(it.syntax, probe.syntax.range)
    ]
    directories = [_installed_in(it) for it in deciding]
    consumers = [*consumers_outside(stage.family)]
    if not directories or not all(isinstance(it.node, Copying) for it in consumers):
        return False
    taken = [path for it in consumers for path in it.copied_paths]
    moved = [path for member in stage.family for run in member.runs for path in _moved(run)]
    return all(
        places and not any(_overlap(it, path) for it in places for path in (*taken, *moved)) for places in directories
    )


def _installed_in(command: KnownCommand) -> list[str]:
    """The directories and files that a command certainly writes, and those into which its RUN unpacks them; empty if that is unknown."""
    piped = _unpacked_into(command)
    if piped is not None or command.syntax.is_piped:
        return [] if piped is None else [piped]
    places = [*command.use.outputs]
    for reader in command.run.commands:
        unpacker = UNPACKERS.get(reader.name)
        if unpacker is None or not any(it in command.use.outputs for it in _paths(reader)):
            continue
        into = [
            path
            for before, word in pairwise(reader.syntax.words)
            if before.text in unpacker.into
            for path in reader.invocation.paths(word)
        ]
        places += into or reader.invocation.directories
    return places


def _moved(run: Run) -> Iterator[str]:
    """The paths that a RUN copies, moves or links."""
    for command in run.commands:
        if command.name in _MOVING:
            yield from _paths(command)


def _paths(command: CommandOfRun) -> Iterator[str]:
    return (path for word in command.syntax.words[1:] for path in command.invocation.paths(word))


_MOVING: Final = frozenset({"cp", "install", "ln", "mv", "rsync"})


def _overlap(directory: str, path: str) -> bool:
    """True if one of two absolute paths is in the other."""
    inner, outer = sorted((f"{directory.rstrip('/')}/", f"{path.rstrip('/')}/"), key=len, reverse=True)
    return inner.startswith(outer)


def _unpacked_into(download: KnownCommand) -> str | None:
    """The directory into which a pipe unpacks a download; None if there is none, or if it is unknown."""
    reader = next((it for it in download.run.commands if it.syntax.input is download.syntax), None)
    unpacker = None if reader is None else UNPACKERS.get(reader.name)
    if reader is None or unpacker is None or not download.syntax.is_piped:
        return None
    for before, word in pairwise(reader.syntax.words):
        paths = {*reader.invocation.paths(word)} if before.text in unpacker.into else set()
        if len(paths) == 1:
            return paths.pop()
    return None


def _takes(command: Command, place: TextRange) -> bool:
    """True if a command, one of its conditions or a variable that it uses contains the range."""
    if any(it.range.contains(place.start) for it in command.conditions):
        return True
    todo = [*command.words, *(it.value for it in command.assignments)]
    seen: set[str] = set()
    while todo:
        word = todo.pop()
        if word.range.start <= place.start and place.end <= word.range.end:
            return True
        for variable in word.variables:
            if variable.name not in seen:
                seen.add(variable.name)
                assigned = command.variables.get(variable.name, ())
                if any(range_.contains(place.start) for it in assigned for range_ in it.decided_by):
                    return True
                todo += [it.value for it in assigned]
    return False


def _fixes(probe: KnownCommand) -> tuple[Fix, ...]:
    text, targets = probe.run.build.text, probe.invocation.targets
    range_ = _substitution(probe)
    names = {it.architecture: _name(probe, it) for it in targets}
    known = {architecture: name for architecture, name in names.items() if name is not None}
    is_condition = any(
        range_.contains(probe.syntax.range.start)
        for it in probe.run.script.commands
        for range_ in (*(one.range for one in it.conditions), *_deciding(it))
    )
    if range_ is None or is_condition or not probe.syntax.is_writable or len(known) != len(names):
        return ()
    value: str | None = "$TARGETARCH"
    if any(architecture != name for architecture, name in known.items()):
        value = mapped_architecture(known, targets)
    if value is None:
        return ()
    if value == "$TARGETARCH" and (text[range_.end : range_.end + 1].isalnum() or text.startswith("_", range_.end)):
        value = "${TARGETARCH}"
    edits = (Edit(range_, value), *declare_arguments(probe.run, ["TARGETARCH"]))
    return (Fix(_("Use the target's architecture"), edits, Safety.SUGGESTION),)


def _deciding(command: Command) -> Iterator[TextRange]:
    return (range_ for them in command.variables.values() for it in them for range_ in it.decided_by)


def _name(probe: KnownCommand, target: Platform) -> str | None:
    """The output of the command on a target; None if it is not known."""
    arguments = probe.syntax.arguments
    if probe.name == "go":
        return target.architecture if "GOARCH" in arguments else None
    names = architecture_names(target)
    if names is None:
        return None
    match probe.name, arguments:
        case "apk", _:
            return names.alpine
        case ("arch", ()) | ("uname", ("-i" | "-m" | "-p",)):
            return names.uname
        case ("dpkg", _) | ("dpkg-architecture", ("-qDEB_BUILD_ARCH" | "-qDEB_HOST_ARCH",)):
            return names.debian
        case "rpm", (_, ("%_arch" | "%{_arch}" | "'%_arch'" | "'%{_arch}'" | '"%_arch"' | '"%{_arch}"')):
            return names.rpm
        case "node", ("-p" | "--print", ("process.arch" | "'process.arch'" | '"process.arch"')):
            return _OF_NODE.get(target.architecture, target.architecture)
        case _:
            return None


_OF_NODE: Final = {"386": "ia32", "amd64": "x64", "ppc64le": "ppc64"}
"""The values of `process.arch` that differ from the names of TARGETARCH. Source: nodejs.org/api/process.html."""


def _substitution(probe: KnownCommand) -> TextRange | None:
    """The command substitution that contains only this command; None if it contains more."""
    text, place = probe.run.build.text, probe.range
    for opening, closing in (("$(", ")"), ("`", "`")):
        start, end = place.start - len(opening), place.end + len(closing)
        if text[start : place.start] == opening and text[place.end : end] == closing:
            return TextRange(start, end)
    return None
