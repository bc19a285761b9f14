"""Advice on cross-compiling with tonistiigi/xx by hand, where no edit can.

Source: github.com/tonistiigi/xx, README.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.portability import consumers_outside
from buildxray.semantics.build import Effect, KnownCommand, Run, Stage
from buildxray.semantics.image_paths import is_for_all
from buildxray.syntax.instructions import Copy
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Use
from buildxray.toolchains.c import C, crossing, is_compiler, is_for_cxx, needs_own_machine
from buildxray.toolchains.go import GO
from buildxray.toolchains.rust import RUST


def advice(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand]) -> list[str]:
    """Advice on cross-compiling by hand if no edit can: a sentence for each toolchain of these commands.

    None for a stage on a distribution whose packages xx cannot install: it supports apt and apk. None for one whose system is copied onto `scratch`,
    nor where only a machine of the target is practical, or where a step of the advice may not work.
    """
    if needs_target_machine(stage, commands) or _may_not_work(ctx, stage, commands):
        return []
    uses = [it.use for it in commands]
    install = _xx_install(stage, has_cxx=_has_cxx(stage, uses))
    templates = dict.fromkeys(it.toolchain.advice for it in uses if it.toolchain.advice and not it.is_native_only)
    possible = [it for it in templates if install is not None or "{install}" not in it]
    # The installation of xx is described once, even if it compiles several languages.
    first = next((it for it in possible if _OF_XX in it), None)
    compile_ = _(", ").join(dict.fromkeys(crossing(it.invocation) for it in uses if it.toolchain is C))
    place = _platform_place(stage)
    steps = [
        _(it, place=place, install=install or "", compile=compile_, go=_xx_go(commands))
        for it in possible
        if _OF_XX not in it or it is first
    ]
    if may_fail(commands):
        return [_("if the project compiles with Clang for another machine, {steps}", steps=it) for it in steps]
    return steps


def _xx_go(commands: Iterable[KnownCommand]) -> str:
    """The call of xx-go with cgo on, which Go switches off when it compiles for another machine.

    Source: github.com/tonistiigi/xx, README, "Go / Cgo"; `go help environment`, CGO_ENABLED.
    """
    settings = [it.invocation.setting("CGO_ENABLED").values for it in commands if it.use.toolchain is GO]
    is_on = all(value == "1" for values in settings for value in values)
    return "xx-go build" if is_on else "CGO_ENABLED=1 xx-go build"


def may_fail(commands: Iterable[KnownCommand]) -> bool:
    """True if the steps replace the compiler of a project of C or C++ and tell it another machine, which its build files may not support.

    They may ask for GCC or a newer Clang, run what they compile, or look at the machine that builds.
    """
    return any(it.use.toolchain is C and not is_compiler(it.name) for it in commands)


def _platform_place(stage: Stage) -> str:
    """Where `--platform` makes a stage native: in its own FROM, or in that of the stage that it is built on, unless the image is built on that too.

    For an image that compiles, it is a stage that its file does not have yet.
    """
    root = stage.root
    if stage.is_image:
        return _("in that stage")
    if root is None or root is stage or root.is_image:
        # A root that becomes the image must stay for the target: the stage gets one of its own.
        return _("in this stage")
    return _("in line {line}", line=root.from_.line)


def needs_target_machine(stage: Stage, commands: Iterable[KnownCommand]) -> bool:
    """True if a stage compiles C or C++ in a way that rarely cross-compiles: only a machine of the target avoids emulation."""
    compiling = [it.use for it in commands if it.use.toolchain is C]
    return bool(compiling) and (_runs_tests(stage) or any(needs_own_machine(it.invocation) for it in compiling))


def _runs_tests(stage: Stage) -> bool:
    """True if a stage runs the tests of what it compiles: `make check`, `ctest`, `ninja test`."""
    return any(
        it.name == "ctest" or (it.name in _BUILD_TOOLS and not _TESTS.isdisjoint(it.syntax.arguments))
        for run in stage.runs
        for it in run.commands
    )


def _may_not_work(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand]) -> bool:
    """True if something may need more than the advice says."""
    return _needs_more(_surroundings(ctx, stage), commands)


def _needs_more(surroundings: _Surroundings, commands: Sequence[KnownCommand]) -> bool:
    return (
        not surroundings.is_simple
        or any(it.use.toolchain is C and not crossing(it.invocation) for it in commands)
        or (surroundings.has_unnamed_libraries and any(map(_may_link_them, commands)))
        or (not surroundings.has_rustup and any(it.use.toolchain is RUST for it in commands))
    )


class _Surroundings(NamedTuple):
    """What a stage and its ancestors do around a compiler, as far as the advice depends on it."""

    is_simple: bool
    """True if nothing else has to change.

    Only the author knows what has to change for a user who is not root, tools that the stage compiles and then runs, libraries that it compiles
    for later compilers, files that it chooses by its own architecture, and packages whose programs belong to their libraries.
    """
    has_rustup: bool
    """True if the stage has rustup, from which xx-cargo gets the standard library of the target."""
    has_unnamed_libraries: bool
    """True if the image brings libraries with their headers, such as libssl-dev, so that no instruction tells which ones the project needs.

    Source: github.com/docker-library/buildpack-deps, on which these images are built.
    """


def _surroundings(ctx: RuleContext, stage: Stage) -> _Surroundings:
    known = ctx.cached(_surroundings_by_stage)
    if stage not in known:
        known[stage] = _surroundings_of(stage)
    return known[stage]


def _surroundings_by_stage(_ctx: RuleContext) -> dict[Stage, _Surroundings]:
    """What `_surroundings` has computed: a stage may have hundreds of compilers."""
    return {}


def _surroundings_of(stage: Stage) -> _Surroundings:
    runs = [run for it in stage.ancestry for run in it.runs]
    known = [command for run in runs for command in run.known_commands]
    toolchains = {it.use.toolchain for it in known if it.use.effect is Effect.COMPILE}
    words = stage.installed_words
    is_complex = (
        _PLAIN_IMAGE.search(stage.image_name) is None
        # Another user cannot install packages.
        or any(not run.runs_as_root for run in runs)
        or any(it.name in _OTHER_PROGRAMS for run in runs for it in run.commands)
        # A build tool without a known compiler may compile what the steps do not change.
        or (C not in toolchains and any(it.name in _BUILD_TOOLS for run in runs for it in run.commands))
        or any(it.use.toolchain is RUST and _is_other_cargo(it) for it in known)
        or any(it.use.effect is Effect.PROBE for it in known)
        or (C in toolchains and RUST in toolchains)
        or any(it.use.effect is Effect.DOWNLOAD and any(map(it.depends_on_platform, it.syntax.words)) for it in known)
        or (C in toolchains and _installs_own_library(runs))
        or any(map(_BOUND_PACKAGE.match, words))
        or (C in toolchains and any(map(_OTHER_COMPILER.fullmatch, words)))
        # Crates with bindings to C load the libclang of the build machine.
        or (RUST in toolchains and any(it.startswith(("clang", "llvm")) for it in words))
        or any(_OTHER_WORDS.search(run.node.whole_text) for run in runs)
        or _takes_programs(stage)
        or any(it.stage is not None and it.stage.commands(Effect.COMPILE) for it in consumers_outside(stage.family))
    )
    return _Surroundings(
        not is_complex,
        _RUSTUP_IMAGE.search(stage.image_name) is not None or any(it.name in ("rustup", "rustup-init") for it in known),
        _WITH_LIBRARIES.search(stage.image_name) is not None,
    )


def _takes_programs(stage: Stage) -> bool:
    """True if a stage copies what is for the target from an image, or from a stage that does not only write text: programs, libraries, compiled crates.

    On the build machine, such programs do not run.
    """
    known = (it for it in stage.build.stages if it.is_native or _only_writes_text(it))
    harmless = {consumer for it in known for consumer in it.consumers}
    return any(
        it not in harmless and not all(is_for_all(source.text) for source in it.node.sources)
        for one in stage.ancestry
        for it in one.instructions
        if isinstance(it.node, Copy) and it.node.source_stage is not None
    )


def _only_writes_text(stage: Stage) -> bool:
    """True if a stage bundles, and neither compiles nor downloads programs."""
    return bool(stage.commands(Effect.BUNDLE)) and not stage.commands(Effect.COMPILE, Effect.DOWNLOAD, Effect.UNKNOWN)


def _may_link_them(command: KnownCommand) -> bool:
    """True if a command may link libraries of its image: Cargo and build tools may, a compiler does if it is told so."""
    if command.use.toolchain is RUST:
        return True
    libraries = {it for it in command.syntax.arguments if it.startswith("-l")}
    return command.use.toolchain is C and (command.name in _BUILD_TOOLS | {"cmake"} or not libraries <= _LIBRARIES_OF_C)


def _is_other_cargo(command: KnownCommand) -> bool:
    """True if a command of Cargo is not one that `xx-cargo build` replaces: a plugin, an installation, a test."""
    if command.use.effect is Effect.COMPILE:
        return command.title not in ("cargo build", "cargo b")
    return command.use.effect is Effect.EXECUTE


def _installs_own_library(runs: Iterable[Run]) -> bool:
    """True if a stage installs what it compiles, or tells the loader so, before it compiles more."""
    has_installed = False
    for command in (it for run in runs for it in run.commands):
        is_compiling = isinstance(command, KnownCommand) and command.use.effect is Effect.COMPILE
        if has_installed and (is_compiling or command.name in ("configure", "cmake", "meson")):
            return True
        words = command.syntax.arguments
        is_installing = command.name in _BUILD_TOOLS or command.name in ("b2", "bootstrap.sh", "cmake", "gmake")
        has_installed = (
            has_installed
            or command.name == "ldconfig"
            or (is_installing and not {"install", "--install", "install_sw"}.isdisjoint(words))
        )
    return False


_RUSTUP_IMAGE: Final = lazy_regex(r"/(?:rust|rust-musl-cross|rustlang)(?:[:@/]|$)")
_PLAIN_IMAGE: Final = lazy_regex(r"docker\.io/(?:library|rustlang)/|docker\.io/tonistiigi/")
"""Official images; what another one brings for its own architecture, such as CUDA, is not known."""
_WITH_LIBRARIES: Final = lazy_regex(
    r"/(?:library/(?:buildpack-deps|gcc|rust)|rustlang/rust)(?![^:@])(?!:[^@]*(?:alpine|curl|scm|slim))"
)
_LIBRARIES_OF_C: Final = frozenset({"-lc", "-ldl", "-lm", "-lpthread", "-lrt", "-lstdc++"})
_OTHER_PROGRAMS: Final = frozenset(
    {
        "autocxx",
        "bazel",
        "conan",
        "maturin",
        "qmake",
        "tauri",
        "trunk",
        "vcpkg",
        "wasm-pack",
        "bootstrap-vcpkg.sh",
    }
)
"""Programs that set compilers and libraries of their own."""
_OTHER_WORDS: Final = lazy_regex(r"vcpkg|(?<![\w/.-])sudo(?![\w/.-])")
"""Words of a manager of packages for C++, and of a user who is not root."""
_BOUND_PACKAGE: Final = lazy_regex(
    r"(?:lib)?(?:clang-|qt|kf[56]|protobuf|grpc|protoc|python[\d.]*-dev|cuda|cudnn|nvidia|llvm|clang-?\d*-dev|gobject|gir|ros-|opencv|openjdk|vala)"
)
"""Names of packages whose programs run while the project is compiled, and belong to libraries of the same version."""
_OTHER_COMPILER: Final = lazy_regex(
    r"(?:crystal|dmd|fpc|fp-compiler|gcc-(?:ada|gdc|gnat)|gdc|gfortran|ghc|gnat|ldc|nim|ocaml|rustc|valac|zig)(?:-?\d[\w.-]*)?(?:[=~<>@].*)?"
)
"""Packages with a compiler of another language, which a build tool may call, and which Clang does not replace."""


def _has_cxx(stage: Stage, uses: Iterable[Use]) -> bool:
    """True if commands may compile C++: by the name of a compiler, or by a package with one, if a build tool calls the compiler."""
    names = {it.invocation.command.name for it in uses if it.toolchain is C or it.toolchain is GO}
    is_rust = any(it.toolchain is RUST for it in uses)
    if any(map(is_for_cxx, names)):
        return True
    is_installed = any(map(_CXX_PACKAGE.fullmatch, stage.installed_words))
    has_compiler = _CXX_IMAGE.search(stage.image_name) is not None or is_installed
    return (is_rust or not names.isdisjoint(_CALLING)) and has_compiler


_BUILD_TOOLS: Final = frozenset({"make", "meson", "ninja", "samu"})
_CALLING: Final = _BUILD_TOOLS | {"cmake", "go"}
_TESTS: Final = frozenset({"check", "test", "tests"})
_CXX_IMAGE: Final = lazy_regex(r"/library/(?:buildpack-deps|gcc)(?:[:@]|$)")
_CXX_PACKAGE: Final = lazy_regex(
    r"(?:alpine-sdk|build-base|build-essential|(?:g|clang|libstdc)\+\+[a-z0-9.-]*)(?:[=~<>@].*)?"
)


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
