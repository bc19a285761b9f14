"""The files that one command writes: their paths, and the machine they are for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from buildxray.plan.paths import clean, holds
from buildxray.platforms.download_sites import architectures_in_address
from buildxray.semantics.image_paths import is_of_system
from buildxray.semantics.origins import Machine
from buildxray.syntax.shell import UNKNOWN
from buildxray.toolchains.base import Effect, Invocation, Use
from buildxray.toolchains.go import GO
from buildxray.toolchains.node import NODE, installs_native_code

MAKING: Final = frozenset({Effect.BUNDLE, Effect.COMPILE, Effect.DOWNLOAD, Effect.INSTALL})
"""Effects of commands that write files."""
_TELLING_INSTALLERS: Final = (
    "--arch",
    "--cpu",
    "--forcearch",
    "--os",
    "--platform",
    "--python-platform",
    "--target_arch",
)
"""Options that set the target of an installer. `--ignore-scripts` does not: npm takes prebuilt packages for its own machine without a script."""
_PROBES: Final = ("uname -m", "--print-architecture", "--print-arch", "go env GOARCH", "$(arch)", "`arch`")
"""Commands that print the architecture of the machine that they run on."""


def machine_of(use: Use, position: int) -> tuple[Machine, str | None]:
    """The machine for which a known command writes files, and their architecture for the target at `position`.

    The architecture is None if the files are for any machine, or if it is unknown.
    """
    invocation = use.invocation
    match use.effect:
        case Effect.BUNDLE:
            return Machine.NEUTRAL, None
        case Effect.DOWNLOAD:
            downloaded = [_downloaded(invocation, it) for it in range(len(invocation.targets))]
            is_set = not any(probe in it.text for it in invocation.command.words for probe in _PROBES)
            return _classified(downloaded, invocation, is_set=is_set), downloaded[position]
        case Effect.INSTALL:
            if use.toolchain is NODE and installs_native_code(invocation) is False:
                return Machine.NEUTRAL, None
            if use.title.startswith("xx-"):
                return Machine.TARGET, invocation.targets[position].architecture
            if invocation.has_option(*_TELLING_INSTALLERS):
                return Machine.UNKNOWN, None
            machines = [it.architecture for it in invocation.step_platforms]
            return _classified(machines, invocation, is_set=False), machines[position]
    architectures = use.architectures or (None,) * len(invocation.targets)
    return _classified(architectures, invocation, is_set=use.is_targeted), architectures[position]


def _classified(architectures: Sequence[str | None], invocation: Invocation, *, is_set: bool) -> Machine:
    """The machine of files for these architectures, one for each target; `is_set` is True if the text sets them."""
    wanted = [it.architecture for it in invocation.targets]
    if None in architectures:
        return Machine.UNKNOWN
    if [*architectures] == wanted:
        return Machine.TARGET
    return Machine.CONSTANT if is_set and len({*architectures}) == 1 else Machine.BUILDER


def output_paths(invocation: Invocation) -> tuple[str, ...]:
    """The paths that a command writes if its toolchain does not name them: its `-o`, otherwise its working directory.

    If the value of `-o` is known only in part, its directory.
    """
    output = invocation.argument("-o", "--output", "--out", "--outfile", "--out-dir", "--outDir", "-d", "--prefix")
    if output is not None:
        known = [it.partition(UNKNOWN)[0].rpartition("/")[0] for it in invocation.evaluate_partly(output)]
        paths = invocation.paths(output) or tuple(f"{clean(it)}/" for it in known if it.startswith("/"))
        if paths:
            return paths
    return tuple(clean(it) for it in invocation.directories)


def may_write(invocation: Invocation, wanted: set[str]) -> bool:
    """True if an unknown program may write to a wanted path: below its working directory, or near an argument."""
    if any(it == "/" for it in invocation.directories) and not all(map(is_of_system, wanted)):
        return True
    values = [
        value.rpartition("=")[2] for it in invocation.command.words[1:] for value in invocation.evaluate(it) if value
    ]
    places = [*map(clean, invocation.directories), *(clean(it) for it in values if it.startswith("/"))]
    return any(holds(place, it) or holds(it, place) for place in places if place != "/" for it in wanted)


def _downloaded(invocation: Invocation, position: int) -> str | None:
    """The architecture in the URL of a download for one target; None if it contains none or several."""
    named: set[str] = set()
    for word in invocation.command.words[1:]:
        value = invocation.evaluate(word)[position]
        text = word.text if value is None else value
        if "://" not in text and "://" not in word.text:
            continue
        if any(it in word.text for it in _PROBES):
            named.add(invocation.step_platforms[position].architecture)
        named |= architectures_in_address(text)
    return named.pop() if len(named) == 1 else None


def uses_c(use: Use, position: int) -> bool | None:
    """True if a Go program of a target is built with cgo; None if that is unknown or irrelevant.

    By default, cgo is on for the machine that compiles and off for others (Go: cmd/go, the environment
    variable CGO_ENABLED).
    """
    if use.effect is not Effect.COMPILE or use.toolchain is not GO or use.invocation.workspace.uses_cgo is False:
        return None
    setting = use.invocation.setting("CGO_ENABLED").values[position]
    if setting in ("0", "1"):
        return setting == "1"
    if setting is None:
        return None
    compiled_for = use.architectures[position] if use.architectures else None
    return None if compiled_for is None else compiled_for == use.invocation.step_platforms[position].architecture
