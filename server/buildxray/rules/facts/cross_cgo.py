"""Go compilers with cgo for another machine than that of their C compiler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.platforms.platform import Platform
from buildxray.rules.facts.intended import is_for_another_system
from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.toolchains.c import machine_of_compiler
from buildxray.toolchains.go import GO

_COMPILERS: Final = ("CC", "CC_FOR_TARGET", "CC_FOR_linux_arm64", "CC_FOR_linux_amd64")


def without_compiler(stage: Stage) -> Iterator[tuple[KnownCommand, list[Platform]]]:
    """Yield the compilers of a native stage with `CGO_ENABLED=1` and no C compiler for another machine, with these targets."""
    for command in _with_cgo(stage):
        if any(command.invocation.setting(it).is_set for it in _COMPILERS):
            continue
        values = zip(command.invocation.setting("CGO_ENABLED").values, command.invocation.targets, strict=True)
        foreign = [target for value, target in values if value == "1" and target in command.cross_targets]
        if foreign:
            yield command, foreign


def with_other_compiler(stage: Stage) -> Iterator[tuple[KnownCommand, str, list[Platform]]]:
    """Yield the compilers of a native stage with a `CC` for one machine that is not theirs, with that machine and the targets: `CC=aarch64-linux-gnu-gcc GOARCH=$TARGETARCH`."""
    for command in _with_cgo(stage):
        compiler = command.invocation.setting("CC")
        if not compiler.is_set or any(command.invocation.setting(it).is_set for it in _COMPILERS[1:]):
            continue
        has_cgo = command.invocation.setting("CGO_ENABLED").values
        wrong: dict[str, list[Platform]] = {}
        for value, cc, machine, target in zip(
            has_cgo, compiler.values, command.use.architectures, command.invocation.targets, strict=True
        ):
            made_for = machine_of_compiler(cc or "")
            if (
                value == "1"
                and None not in (made_for, machine)
                and made_for != machine
                and machine == target.architecture
            ):
                wrong.setdefault(made_for or "", []).append(target)
        for architecture, targets in wrong.items():
            yield command, architecture, targets


def _with_cgo(stage: Stage) -> Iterator[KnownCommand]:
    for command in stage.commands(Effect.COMPILE):
        if command.use.toolchain is GO and command.use.is_targeted and not is_for_another_system(command):
            yield command
