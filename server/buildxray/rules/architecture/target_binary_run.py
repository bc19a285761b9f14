"""The build machine runs a binary that is compiled for the target."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterable, Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Finding, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Command, Effect, KnownCommand
from buildxray.semantics.image_paths import PROGRAM_DIRECTORIES
from buildxray.syntax.shell import ShellWord
from buildxray.toolchains.go import GO
from buildxray.toolchains.rust import RUST

_PATHS: Final = (*PROGRAM_DIRECTORIES, "/go/bin")


@rule(Severity.WARNING, Severity.WARNING, about=[Effect.COMPILE])
def target_binary_run(ctx: RuleContext) -> Iterator[Finding]:
    """A native stage runs a binary that it compiled for the target.

    ## What it does
    Looks in stages on the build machine for commands that start, `strip` or `ldd` a file which a compiler made for another architecture,
    unless a condition on the platform restricts it to a target that can run.

    ## Why it matters
    It fails with `exec format error`, or runs under emulation where QEMU is installed, so that the build depends on the machine. Check the
    binary in a stage for the target, or by `file` or `xx-verify`; strip it by `-ldflags="-s -w"`. Where other stages need
    an emulator anyway, it is information.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app && /out/app --version

    FROM scratch
    COPY --from=build /out/app /app
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    ARG TARGETARCH
    RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app ./cmd/app && file /out/app

    FROM scratch
    COPY --from=build /out/app /app
    ```
    """
    for stage in ctx.build.native_stages:
        makers: dict[str, KnownCommand] = {}
        others: dict[str, KnownCommand] = {}
        for compiler in (it for ancestor in stage.ancestry[1:] for it in ancestor.commands(Effect.COMPILE)):
            makers |= _foreign_outputs(compiler)
        for command in (it for run in stage.runs for it in run.commands):
            if isinstance(command, KnownCommand) and command.use.effect is Effect.COMPILE:
                for output in command.use.outputs:
                    # A later compilation replaces the file, unless only one of the two runs.
                    replaced = makers.pop(output, None)
                    if replaced is not None and replaced.run is command.run and _may_be_left_out(command):
                        others[output] = replaced
                makers |= _foreign_outputs(command)
                continue
            _move(command, makers)
            started = _started(command, makers)
            if started is None or command.is_chosen_by_platform:
                continue
            word, maker = started
            if _is_installed_tool(maker) and maker.run.stage is stage:
                # `go-env-for-tools` reports the command that installs it, which is to be repaired.
                continue
            foreign = [it for it in maker.foreign_targets if it in command.targets]
            if not foreign:
                continue
            yield Finding(
                command.run.shell_range(word.range),
                _message(command, _titles(command, word, maker, others), platforms(foreign), maker),
                related=(Related(maker.title_range, _("compiled here")),),
                # Without an emulator, this build stops elsewhere too.
                severity=Severity.INFORMATION if _needs_emulator(ctx, foreign) else None,
            )


def _may_be_left_out(command: KnownCommand) -> bool:
    return not all(map(command.is_certain, command.targets))


def _titles(command: Command, word: ShellWord, maker: KnownCommand, others: dict[str, KnownCommand]) -> str:
    """The compiler of a file, with the one of another branch that may have written it instead."""
    other = next((others[it] for it in command.invocation.paths(word) if it in others), maker)
    if other.title == maker.title:
        return f"`{maker.title}`"
    return _("{one} or {other}", one=f"`{other.title}`", other=f"`{maker.title}`")


def _needs_emulator(ctx: RuleContext, targets: Iterable[Platform]) -> bool:
    """True if the build runs steps of other stages on an emulated machine for each of some targets."""
    emulated = {it.platform for it in ctx.build.emulated_steps}
    return all(any(one is not None and one.architecture == it.architecture for one in emulated) for it in targets)


def _message(command: Command, titles: str, foreign: str, maker: KnownCommand) -> str:
    if command.name != "strip":
        return _(
            "the build stops here (`exec format error`) without an emulator: {machine} runs what {titles} compiled for {platforms}",
            machine=maker.use.machine,
            titles=titles,
            platforms=foreign,
        )
    fact = _(
        "`strip` of {machine} gets what {titles} compiled for {platforms}, which it does not know",
        machine=maker.use.machine,
        titles=titles,
        platforms=foreign,
    )
    advice = (
        _('write `-ldflags="-s -w"` after `go build` instead')
        if maker.use.toolchain is GO
        else _("`llvm-strip` works on files for every platform")
    )
    return _("{fact}; {advice}", fact=fact, advice=advice)


def _foreign_outputs(compiler: KnownCommand) -> dict[str, KnownCommand]:
    """The files that a compiler writes for another machine than its own, each with the compiler."""
    return {it: compiler for it in compiler.use.outputs if not it.endswith("/")} if compiler.cross_targets else {}


def _move(command: Command, makers: dict[str, KnownCommand]) -> None:
    """Effect: give the files that a command copies or moves their new names in `makers`, and forget those that it replaces."""
    operands = [it for it in command.syntax.words[1:] if not it.text.startswith("-")]
    if command.name not in _MOVING or len(operands) != _N_OPERANDS:
        return
    source, destination = operands
    maker = _maker(command, source, makers)
    name = posixpath.basename(source.text)
    for path in command.invocation.paths(destination):
        file = path + name if path.endswith("/") else path
        if maker is not None:
            makers[file] = maker
        else:
            makers.pop(file, None)


_MOVING: Final = frozenset({"cp", "install", "mv"})
_N_OPERANDS: Final = 2


def _maker(command: Command, word: ShellWord, makers: dict[str, KnownCommand]) -> KnownCommand | None:
    """The compiler that wrote the file of a word: under its own name, or in Cargo's directory for a target."""
    for path in command.invocation.paths(word):
        if path in makers:
            return makers[path]
        for directory in itertools.islice(_directories_above(path), _MOST_DIRECTORIES):
            maker = makers.get(directory)
            # `target/release` has programs of the build machine beside those in `target/aarch64-unknown-linux-musl`.
            if maker is not None and maker.use.toolchain is RUST and "-" in posixpath.basename(directory):
                return maker
    return None


def _directories_above(path: str) -> Iterator[str]:
    while path not in ("", "/"):
        path = posixpath.dirname(path)
        yield path


_MOST_DIRECTORIES: Final = 3
"""The depth of a program below the directory of a target: `release/app`, `release/examples/app`."""


def _is_installed_tool(maker: KnownCommand) -> bool:
    """True for `go install example.org/tool@v1`, which the stage starts later."""
    is_install = maker.use.toolchain is GO and maker.invocation.subcommand == "install"
    return is_install and not maker.is_chosen_by_platform and any("@" in it for it in maker.syntax.arguments)


def _started(command: Command, makers: dict[str, KnownCommand]) -> tuple[ShellWord, KnownCommand] | None:
    """The word by which a command runs a compiled file, or processes it in a way that needs its machine; and the compiler."""
    words = command.syntax.words
    if not words:
        return None
    if command.use is not None and command.use.is_for_own_machine:
        found = ((it, _maker(command, it, makers)) for it in words[1:])
        return next(((it, maker) for it, maker in found if maker is not None), None)
    name = words[0].value
    if name is None:
        return None
    if "/" in name:
        maker = _maker(command, words[0], makers)
        return None if maker is None else (words[0], maker)
    paths = (posixpath.join(it, name) for it in _PATHS)
    return next(((words[0], makers[path]) for path in paths if path in makers), None)
