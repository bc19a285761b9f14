"""C and C++: compilers and the build systems that call them.

Another target needs a compiler for it, its headers and its libraries: xx-clang with xx-apk or xx-apt, or a
compiler whose name begins with a target triple.

Source: the manuals of GCC ("Invoking GCC"), Clang ("Cross-compilation using Clang"), Autoconf ("Specifying Target
Triplets"), CMake ("cmake-toolchains") and Meson ("Cross compilation").
"""

from __future__ import annotations

import re
from typing import Final

from buildxray.localization import N_
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use
from buildxray.toolchains.triples import architecture_of

_COMPILER: Final = re.compile(
    r"(?P<triple>[a-z0-9_]+-[a-z0-9_-]*?-?)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-[0-9.]+)?"
)
_TARGETS: Final = ("--target", "-target", "--host")
_ASKING: Final = frozenset({"--help", "--version", "-V", "-dumpmachine", "-dumpversion", "-h", "-v"})
_READ_VARIABLES: Final = frozenset(
    {"AR", "CC", "CFLAGS", "CMAKE_TOOLCHAIN_FILE", "CPPFLAGS", "CXX", "CXXFLAGS", "LD", "LDFLAGS", "PKG_CONFIG_PATH"}
)


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    name, arguments = command.name, command.arguments
    compiler = _COMPILER.fullmatch(name)
    if compiler is not None:
        if not arguments or {*arguments} & _ASKING:
            return Use(toolchain, invocation, Effect.NEUTRAL, name)
        return _compile(invocation, toolchain, name, 1, compiler["triple"] or "")
    if name == "cmake" and arguments[:1] == ("--build",):
        return _build(invocation, toolchain, "cmake --build", 2)
    if name in ("cmake", "configure") or (name == "meson" and arguments[:1] == ("setup",)):
        return Use(toolchain, invocation, Effect.NEUTRAL, name)
    if name == "meson" and arguments[:1] == ("compile",):
        return _build(invocation, toolchain, "meson compile", 2)
    if name in ("ninja", "samu") and not {*arguments} & _ASKING:
        return _build(invocation, toolchain, name, 1)
    return None


def _compile(invocation: Invocation, toolchain: Toolchain, title: str, n_words: int, triple: str) -> Use:
    target = invocation.argument(*_TARGETS)
    machines: tuple[str | None, ...] = tuple(it.architecture for it in invocation.step_platforms)
    is_targeted = bool(triple) or target is not None
    if target is not None:
        machines = tuple(None if it is None else architecture_of(it) for it in invocation.evaluate(target))
    elif triple:
        machines = (architecture_of(triple),) * len(invocation.targets)
    output = invocation.argument("-o")
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        n_words,
        machines,
        is_targeted=is_targeted,
        outputs=() if output is None else invocation.paths(output),
        is_bound=True,
    )


def _build(invocation: Invocation, toolchain: Toolchain, title: str, n_words: int) -> Use:
    """What was configured before decides for which machine; in the same script or in another."""
    unknown = (None,) * len(invocation.targets)
    return Use(toolchain, invocation, Effect.COMPILE, title, n_words, unknown, is_targeted=True, is_bound=True)


def _reads(invocation: Invocation, name: str) -> Reading:
    if name in _READ_VARIABLES:
        return Reading.YES
    # Build files may look at any variable; a compiler alone looks at its own.
    return Reading.NO if _COMPILER.fullmatch(invocation.command.name) else Reading.MAYBE


C: Final = Toolchain(
    "C and C++",
    _recognize,
    _reads,
    advice=N_(
        "tonistiigi/xx cross-compiles: `COPY --from=tonistiigi/xx / /`, `ARG TARGETPLATFORM`, `RUN {install}`, `xx-clang …`"
    ),
)
