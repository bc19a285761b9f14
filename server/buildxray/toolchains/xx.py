"""xx: `xx-go`, `xx-cargo`, `xx-clang` and related programs cross-compile for the target in the TARGET* variables.

Source: github.com/tonistiigi/xx, src/xx-info and README.
"""

from __future__ import annotations

from typing import Final

from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use
from buildxray.toolchains.go import outputs_of_go

_INSTALLING: Final = frozenset({"xx-apk", "xx-apt", "xx-apt-get"})
_COMPILING: Final = frozenset({"xx-cargo", "xx-cc", "xx-clang", "xx-clang++", "xx-c++", "xx-go", "xx-windres"})
_WRAPPING: Final = frozenset({"xx-cargo", "xx-go"})
_FETCHING: Final = frozenset({"fetch", "generate-lockfile", "get", "mod", "update", "vendor", "work"})
_NEUTRAL: Final = frozenset({"clean", "env", "fmt", "init", "list", "metadata", "new", "tree", "version", "vet"})
"""Subcommands of Go and Cargo that write no program, whatever the target is."""
_INFORMING: Final = ("--print", "--version", "--setup-target-triple", "--unwrap", "-V", "--help")
"""Beginnings of options with which a program of xx compiles nothing: it prints, or prepares the machine."""
_READ_VARIABLES: Final = PER_TARGET_ARGUMENTS | {"TARGETPAIR"}


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name = invocation.command.name
    if f"xx-{name}" in _WRAPPING and _is_wrapped(invocation, f"xx-{name}"):
        if invocation.subcommand in _FETCHING:
            # A download is that of the wrapped program.
            return None
        name = f"xx-{name}"
    if not name.startswith("xx-"):
        return None
    if "--wrap" in invocation.command.arguments:
        return Use(toolchain, invocation, Effect.NEUTRAL, name)
    if name in _INSTALLING:
        return Use(toolchain, invocation, Effect.INSTALL, name)
    if name in _WRAPPING and invocation.subcommand in _FETCHING:
        return Use(toolchain, invocation, Effect.FETCH, name)
    is_neutral = name in _WRAPPING and invocation.subcommand in _NEUTRAL
    if is_neutral or any(it.startswith(_INFORMING) for it in invocation.command.arguments[:1]):
        return Use(toolchain, invocation, Effect.NEUTRAL, name)
    if name in _COMPILING:
        return Use(
            toolchain,
            invocation,
            Effect.COMPILE,
            name,
            architectures=_architectures(invocation),
            is_targeted=True,
            outputs=_outputs(invocation, name),
        )
    return Use(toolchain, invocation, Effect.NEUTRAL, name)


def _is_wrapped(invocation: Invocation, name: str) -> bool:
    """True if `xx-go --wrap` has replaced `go`."""
    wrapping = [it.arguments for it in invocation.preparations if it.name == name]
    changes = [it for it in wrapping if {*it} & {"--wrap", "--unwrap"}]
    return bool(changes) and "--wrap" in changes[-1]


def _outputs(invocation: Invocation, name: str) -> tuple[str, ...]:
    """The files of an option; those of `xx-go install`, which starts `go install` with the GOARCH of the target."""
    if name == "xx-go" and invocation.subcommand == "install":
        return outputs_of_go(invocation)
    return invocation.option_paths("-o", "--output")


def _architectures(invocation: Invocation) -> tuple[str | None, ...]:
    names = ("TARGETPLATFORM", "TARGETARCH", "TARGETPAIR")
    is_set = any(any(invocation.setting(name).values) for name in names)
    platforms = invocation.targets if is_set else invocation.step_platforms
    return tuple(it.architecture for it in platforms)


def _reads(_invocation: Invocation, name: str) -> Reading:
    return Reading.YES if name in _READ_VARIABLES else Reading.NO


XX: Final = Toolchain("xx", _recognize, _reads, preparing=_WRAPPING)
