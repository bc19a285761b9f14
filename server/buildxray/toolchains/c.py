"""C and C++: compilers and the build systems that call them.

Another target needs a compiler for it, its headers and its libraries: xx-clang with xx-apk or xx-apt, or a
compiler whose name begins with a target triple.

Source: the manuals of GCC ("Invoking GCC"), Clang ("Cross-compilation using Clang"), Autoconf ("Specifying Target
Triplets"), CMake ("cmake-toolchains") and Meson ("Cross compilation").
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from buildxray.localization import N_
from buildxray.plan.paths import clean
from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import ShellWord
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use
from buildxray.toolchains.triples import architecture_of

_COMPILER: Final = lazy_regex(
    r"(?P<triple>[a-z0-9_]+-[a-z0-9_-]*?-?)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-[0-9.]+)?"
)
_TARGETS: Final = ("--target", "-target", "--host")
_ASKING: Final = frozenset({"--help", "--version", "-V", "-dumpmachine", "-dumpversion", "-h", "-v"})
_PREPROCESSING: Final = frozenset({"-E", "-M", "-MM", "-fsyntax-only"})
"""Options with which a compiler writes no code for a machine."""
_CONFIGURING: Final = frozenset({"cmake", "configure", "meson"})
_BUILDING: Final = (("cmake", "--build"), ("meson", "compile"))
_OTHER_GOALS: Final = frozenset({"check", "clean", "distclean", "install", "test"})
_CROSSING: Final = lazy_regex(
    r"--host\b|--target\b|--cross-file|TOOLCHAIN|CMAKE_SYSTEM|CMAKE_(?:C|CXX)_COMPILER|CROSS|xx-|-linux-|\$\{?TARGET"
)
_COMPILER_VARIABLES: Final = ("AR", "CC", "CMAKE_TOOLCHAIN_FILE", "CROSS_COMPILE", "CXX")
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
        if {*arguments} & _PREPROCESSING:
            return Use(toolchain, invocation, Effect.EXECUTE, name)
        return _compile(invocation, toolchain, name, 1, compiler["triple"] or "")
    if (name, *arguments[:1]) in _BUILDING:
        return _build(invocation, toolchain, f"{name} {arguments[0]}")
    if name in _CONFIGURING:
        return Use(toolchain, invocation, Effect.NEUTRAL, name)
    is_known = name in ("ninja", "samu") or (
        name == "make" and any(it.name in _CONFIGURING for it in invocation.preparations)
    )
    if is_known and not {*arguments} & _ASKING and not _is_only_for(_OTHER_GOALS, arguments):
        return _build(invocation, toolchain, name)
    return None


def _is_only_for(goals: frozenset[str], arguments: tuple[str, ...]) -> bool:
    asked = [it for it in arguments if not it.startswith("-") and "=" not in it]
    return bool(asked) and {*asked} <= goals


def _compile(invocation: Invocation, toolchain: Toolchain, title: str, n_words: int, triple: str) -> Use:
    target = invocation.argument(*_TARGETS)
    machines: tuple[str | None, ...] = tuple(it.architecture for it in invocation.step_platforms)
    is_targeted = bool(triple) or target is not None
    if target is not None:
        machines = invocation.architectures(target, architecture_of)
    elif triple:
        machines = (architecture_of(triple),) * len(invocation.targets)
    elif _is_elsewhere(invocation):
        machines = (None,) * len(invocation.targets)
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        n_words,
        machines,
        is_targeted=is_targeted,
        outputs=invocation.option_paths("-o"),
        must_run_on_target=True,
    )


def _is_elsewhere(invocation: Invocation) -> bool:
    """True if a compiler is called by a path at which no distribution installs one, so that it may be a cross compiler."""
    directory, _, _ = invocation.text_at(0).rpartition("/")
    return directory not in ("", "/bin", "/usr/bin", "/usr/local/bin")


def _build(invocation: Invocation, toolchain: Toolchain, title: str) -> Use:
    """Recognise a build whose target machine an earlier configuring command has set."""
    is_native = any(it.name in _CONFIGURING for it in invocation.preparations) and not _may_cross(invocation)
    host = configured_for(invocation)
    host_architecture = None if host is None else architecture_of(host[1])
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        len(title.split()),
        tuple(it.architecture if is_native else host_architecture for it in invocation.step_platforms),
        is_targeted=not is_native,
        outputs=_directories(invocation) if is_native or host_architecture is not None else (),
        must_run_on_target=True,
    )


def configured_for(invocation: Invocation) -> tuple[ShellWord, str] | None:
    """The only word by which earlier commands configure a build for another machine, with the triple in it.

    None if no word does, if several do, or if the machine depends on a variable or a condition.
    """
    hosts: list[tuple[ShellWord, str] | None] = []
    for command in invocation.preparations:
        if command.name not in _CONFIGURING:
            continue
        for word in command.words[1:]:
            match = _HOST.fullmatch(word.value or "")
            if match is not None and not command.conditions:
                hosts.append((word, match["triple"]))
            elif _CROSSING.search(word.text) is not None and not word.text.startswith("-DCMAKE_SYSTEM_"):
                hosts.append(None)
    triples = {it[1] for it in hosts if it is not None}
    return hosts[0] if None not in hosts and len(triples) == 1 else None


_HOST: Final = lazy_regex(
    r"(?:--host=|-DCMAKE_(?:C|CXX)_COMPILER=(?:/[\w./-]*/)?)(?P<triple>[a-z0-9_]+-linux-[a-z0-9_]+)(?:-(?:gcc|g\+\+|clang|clang\+\+)(?:-[\d.]+)?)?"
)


def _may_cross(invocation: Invocation) -> bool:
    """True if a command hints at a compiler for another machine, or at a script that reads the target."""
    commands = [*invocation.preparations, invocation.command]
    texts = [word.text for it in commands for word in (*it.words, *(one.value for one in it.assignments))]
    if any(_CROSSING.search(it) for it in texts):
        return True
    names = {*PER_TARGET_ARGUMENTS, *_COMPILER_VARIABLES}
    assigned = {name for it in commands for name in (*it.variables, *(one.name for one in it.assignments))}
    return bool(names & assigned) or any(invocation.setting(it).is_set for it in names)


def _directories(invocation: Invocation) -> tuple[str, ...]:
    """The directories with the binaries before they are installed."""
    directory = invocation.argument("-C", "--build")
    return tuple(map(clean, invocation.directories)) if directory is None else invocation.paths(directory)


def _reads(invocation: Invocation, name: str) -> Reading:
    if name in _READ_VARIABLES:
        return Reading.YES
    # Build files may look at any variable; a compiler alone looks at its own.
    return Reading.NO if _COMPILER.fullmatch(invocation.command.name) else Reading.MAYBE


def needs_own_machine(invocation: Invocation) -> bool:
    """True if only a machine of the target is practical for a command that compiles.

    It is for a `configure` that runs what it compiles, as those of nginx and of Python with optimisation by profiles do, and for Ninja
    with files that neither CMake nor Meson has written: GN needs a toolchain of its own for each target.

    Source: nginx, auto/cc and auto/types; the README of CPython.
    """
    words = [word.text for it in invocation.preparations if it.name == "configure" for word in it.words]
    if any(map(_RUNNING.match, words)):
        return True
    return invocation.command.name in ("ninja", "samu") and _configuring(invocation).isdisjoint({"cmake", "meson"})


def _configuring(invocation: Invocation) -> set[str]:
    """The configuring programs that a command is, or that come before it."""
    return {it.name for it in invocation.preparations if it.name in _CONFIGURING} | (
        {invocation.command.name} & _CONFIGURING
    )


def crossing(invocation: Invocation) -> str:
    """The command of xx that replaces a compiling one, as code; empty if none surely does.

    Many projects, such as FFmpeg and x264, have written a `configure` with options of their own; only one that the build makes with
    Autoconf surely knows `--host`.

    Source: github.com/tonistiigi/xx, README (Autotools, CMake); FFmpeg, configure.
    """
    name = invocation.command.name
    if _COMPILER.fullmatch(name) is not None:
        return "`xx-clang++ …`" if is_for_cxx(name) else "`xx-clang …`"
    match sorted(_configuring(invocation)):
        case ["cmake"]:
            return "`cmake $(xx-clang --print-cmake-defines) …`"
        case ["meson"]:
            return "`meson setup --cross-file …`"
        case ["configure"] if any(it.name in _AUTOCONF for it in invocation.preparations):
            return "`./configure --host=$(xx-clang --print-target-triple) …`"
        case _:
            return ""


def is_compiler(name: str) -> bool:
    """True for the name of a compiler of C or C++, not of a tool that calls one: `gcc-13`, `clang++`."""
    return _COMPILER.fullmatch(name) is not None


def machine_of_compiler(text: str) -> str | None:
    """The architecture for which a compiler with its options, the value of `CC`, compiles; None if it does not tell, or tells none of images.

    Source: the manuals of GCC and Clang; ziglang.org/learn/overview, "zig cc".
    """
    words = text.split()
    for before, word in pairwise((*words, "")):
        option, _, value = before.partition("=")
        if option in _TARGETS and (value or word):
            return architecture_of(value or word)
    compilers = (_COMPILER.fullmatch(it.rpartition("/")[2]) for it in words[:2])
    triple = next((it["triple"] for it in compilers if it is not None and it["triple"]), "")
    return architecture_of(triple)


def is_for_cxx(name: str) -> bool:
    """True for the name of a compiler of C++: `g++-13`, `clang++`."""
    return "++" in name


_RUNNING: Final = lazy_regex(
    r"--(?:with|without)-http_|--add-(?:dynamic-)?module\b|--(?:http-[a-z-]+|error-log)-path\b|--enable-optimizations\b"
)
"""Options of `configure` scripts that run what they compile."""
_AUTOCONF: Final = frozenset({"autogen.sh", "autoreconf", "buildconf"})
"""Programs that make a `configure` with Autoconf."""

C: Final = Toolchain(
    "C and C++",
    _recognize,
    _reads,
    preparing=_CONFIGURING | _AUTOCONF,
    advice=N_(
        "tonistiigi/xx cross-compiles: `FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx`, {place} `--platform=$BUILDPLATFORM`, `COPY --from=xx / /`, `ARG TARGETPLATFORM`, `RUN {install}`, {compile}"
    ),
)
