"""Advice on cross-compiling with tonistiigi/xx by hand, where no edit can.

Source: github.com/tonistiigi/xx, README.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Final

from buildxray.localization import _
from buildxray.semantics.build import Effect, KnownCommand, Stage
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Use
from buildxray.toolchains.c import C, crossing, is_for_cxx
from buildxray.toolchains.go import GO


def advice(stage: Stage, commands: Sequence[KnownCommand]) -> list[str]:
    """Advice on cross-compiling by hand if no edit can: a sentence for each toolchain of these commands.

    None for a stage on a distribution whose packages xx cannot install: it supports apt and apk. None for one whose system is copied onto `scratch`,
    nor where only a machine of the target is practical.
    """
    if needs_target_machine(stage, commands):
        return []
    uses = [it.use for it in commands]
    install = _xx_install(stage, has_cxx=_has_cxx(stage, uses))
    templates = dict.fromkeys(it.toolchain.advice for it in uses if it.toolchain.advice and not it.is_native_only)
    possible = [it for it in templates if install is not None or "{install}" not in it]
    # The installation of xx is described once, even if it compiles several languages.
    first = next((it for it in possible if _OF_XX in it), None)
    compile_ = _(", ").join(dict.fromkeys(crossing(it.invocation) for it in uses if it.toolchain is C))
    place = _platform_place(stage)
    return [
        _(it, place=place, install=install or "", compile=compile_)
        for it in possible
        if _OF_XX not in it or it is first
    ]


def _platform_place(stage: Stage) -> str:
    """Where `--platform` makes a stage native: in its own FROM, or in that of the stage that it is built on."""
    root = stage.root
    if root is None or root is stage:
        return _("in this stage")
    return _("in line {line}", line=root.from_.line)


def needs_target_machine(stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if a stage compiles C or C++ in a way that rarely cross-compiles: only a machine of the target avoids emulation."""
    compiling = [it.use for it in commands if it.use.toolchain is C]
    return bool(compiling) and (_runs_tests(stage) or not all(crossing(it.invocation) for it in compiling))


def _runs_tests(stage: Stage) -> bool:
    """True if a stage runs the tests of what it compiles: `make check`, `ctest`, `ninja test`."""
    return any(
        it.name == "ctest" or (it.name in _BUILD_TOOLS and not _TESTS.isdisjoint(it.syntax.arguments))
        for run in stage.runs
        for it in run.commands
    )


def _has_cxx(stage: Stage, uses: Iterable[Use]) -> bool:
    """True if commands may compile C++: by the name of a compiler, or by a package with one, if a build tool calls the compiler."""
    names = {it.invocation.command.name for it in uses if it.toolchain is C or it.toolchain is GO}
    if any(map(is_for_cxx, names)):
        return True
    is_installed = any(map(_CXX_PACKAGE.fullmatch, stage.installed_words))
    has_compiler = _CXX_IMAGE.search(stage.image_name) is not None or is_installed
    return not names.isdisjoint(_CALLING) and has_compiler


_BUILD_TOOLS: Final = frozenset({"make", "meson", "ninja", "samu"})
_CALLING: Final = _BUILD_TOOLS | {"cmake", "go"}
_TESTS: Final = frozenset({"check", "test", "tests"})
_CXX_IMAGE: Final = lazy_regex(r"/library/(?:buildpack-deps|gcc)(?:[:@]|$)")
_CXX_PACKAGE: Final = lazy_regex(r"(?:build-base|build-essential|(?:g|clang|libstdc)\+\+[a-z0-9.-]*)(?:[=~<>@].*)?")


def xx_can_install(stage: Stage) -> bool:
    """True if xx can install packages for another architecture on the distribution of a stage."""
    return _xx_install(stage) is not None


def _xx_install(stage: Stage, *, has_cxx: bool = False) -> str | None:
    """The commands that install a compiler for the build machine and the libraries of C or C++ for the target; None for another package manager.

    Source: github.com/tonistiigi/xx, README: xx-apk and xx-apt; xx-clang and xx-cargo need clang and lld of the build machine.
    """
    if stage.image_name == "scratch":
        # The files of the system are copied from another stage, which is for the target.
        return None
    managers = {it.name for one in stage.ancestry for it in one.commands(Effect.INSTALL)}
    if managers & _OTHER_MANAGERS or _OTHER_DISTRIBUTIONS.search(stage.image_name):
        return None
    is_alpine = "alpine" in stage.image_name or "apk" in managers
    if is_alpine:
        command = f"xx-apk add {_FOR_CXX if has_cxx else 'gcc musl-dev'}"
        of_target = {"libc-dev", "libstdc++-dev", "musl-dev"}
    else:
        command = f"xx-apt-get install -y {_FOR_CXX if has_cxx else 'gcc libc6-dev'}"
        of_target = {"libc6-dev", "libc-dev"}
    # An image of Debian comes without lists of packages.
    program = "apk add" if is_alpine else "apt-get update && apt-get install -y"
    missing = [it for it in ("clang", "lld") if it not in stage.installed_words]
    own = f"{program} {' '.join(missing)} && " if missing else ""
    return " ".join((f"{own}{command}", *_libraries(stage, of_target)))


def _libraries(stage: Stage, known: Container[str]) -> tuple[str, ...]:
    """The packages of C libraries that a stage installs, which are needed for the target; of many the first ones and an ellipsis."""
    names = (match["name"] for it in stage.installed_words if (match := _LIBRARY.fullmatch(it)) is not None)
    libraries = [it for it in dict.fromkeys(names) if it not in known]
    return (*libraries[:_MOST_LIBRARIES], "…") if len(libraries) > _MOST_LIBRARIES else (*libraries,)


_LIBRARY: Final = lazy_regex(r"(?P<name>[a-z0-9][a-z0-9.+-]*-dev)(?:[=~<>@].*)?")
_MOST_LIBRARIES: Final = 5
_FOR_CXX: Final = "xx-cxx-essentials"
"""The name by which xx-apk and xx-apt-get install what C++ needs, `libstdc++` included."""
_OF_XX: Final = "tonistiigi/xx"
_OTHER_MANAGERS: Final = frozenset({"dnf", "microdnf", "pacman", "tdnf", "yum", "zypper"})
_OTHER_DISTRIBUTIONS: Final = lazy_regex(
    r"alma|amazonlinux|archlinux|centos|fedora|manylinux|mariner|nixos|oracle|photon|rhel|rocky|suse|ubi\d|wolfi"
)
