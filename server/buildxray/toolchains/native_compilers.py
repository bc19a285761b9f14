"""Compilers for the machine on which they run, without an option for another machine that works in a Dockerfile.

Source: the command references of Swift, Dart, Crystal, Catkin and colcon (wiki.ros.org, docs.ros.org), Nim, Odin, opam, Stack, Cabal, Dune, Mix and rebar3;
the manuals of GNU Fortran, GNAT, Free Pascal, GnuCOBOL, MLton, OCaml, Pony, Racket, Mono and TCC.
"""

from __future__ import annotations

from typing import Final

from buildxray.plan.paths import clean
from buildxray.platforms.aliases import docker_name
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_COMPILING: Final = {
    "cabal": frozenset({"build", "install", "v2-build", "v2-install"}),
    "cobc": frozenset({""}),
    "catkin": frozenset({"build"}),
    "catkin_make": frozenset({""}),
    "catkin_make_isolated": frozenset({""}),
    "colcon": frozenset({"build"}),
    "crystal": frozenset({"build"}),
    "dart": frozenset({"compile"}),
    "dmd": frozenset({""}),
    "dub": frozenset({"build"}),
    "dune": frozenset({"build", "install"}),
    "emerge": frozenset({""}),
    "fpc": frozenset({""}),
    "gdc": frozenset({""}),
    "gfortran": frozenset({""}),
    "ghc": frozenset({""}),
    "gnatmake": frozenset({""}),
    "gprbuild": frozenset({""}),
    "kotlinc-native": frozenset({""}),
    "ldc2": frozenset({""}),
    "mix": frozenset({"release"}),
    "mkbundle": frozenset({""}),
    "mlton": frozenset({""}),
    "nim": frozenset({"c", "compile", "cpp"}),
    "nimble": frozenset({"build"}),
    "ocamlfind": frozenset({"ocamlopt"}),
    "ocamlopt": frozenset({""}),
    "odin": frozenset({"build"}),
    "opam": frozenset({"install", "reinstall", "switch create", "upgrade"}),
    "ponyc": frozenset({""}),
    "raco": frozenset({"exe"}),
    "rebar3": frozenset({"release", "tar"}),
    "shards": frozenset({"build"}),
    "stack": frozenset({"build", "install"}),
    "swift": frozenset({"build"}),
    "swiftc": frozenset({""}),
    "tcc": frozenset({""}),
}
"""Programs and their compiling subcommands; an empty subcommand means any arguments."""
_OPTIONS_FOR_TARGET: Final = (
    "--cpu",
    "--cross",
    "--cross-compile",
    "--swift-sdk",
    "--target",
    "--target-arch",
    "--triple",
    "-target",
)
_JOINED_TARGETS: Final = ("--cpu:", "-target:")
_OUTPUTS: Final = (
    "-o",
    "-output",
    "--build-path",
    "--build-base",
    "--install-base",
    "--install-space",
    "--installdir",
    "--local-bin-path",
    "--out",
    "--output",
    "--path",
    "--scratch-path",
)
_JOINED_OUTPUTS: Final = ("--out:", "--outdir:", "-o:", "-of=", "-of", "-out:", "-o/")
_BUILD_DIRECTORIES: Final = {
    "cabal": "dist-newstyle",
    "catkin": "devel",
    "catkin_make": "devel",
    "colcon": "install",
    "dune": "_build",
    "mix": "_build",
    "rebar3": "_build",
    "shards": "bin",
    "stack": ".stack-work",
    "swift": ".build",
}
"""The directories, in the working directory, into which these programs write unless an option names another. Source: their manuals."""
_NEUTRAL_OPTIONS: Final = ("--help", "--version", "-h", "-run", "-v", "-version")
_FOR_ALL: Final = frozenset({"js", "kernel", "wasm"})
"""Kinds of output of `dart compile` that suit every machine."""


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name = invocation.command.name
    compiling = _COMPILING.get(name)
    if compiling is None:
        return None
    subcommand = _subcommand(invocation, compiling)
    title = name if "" in compiling else f"{name} {subcommand}".strip()
    is_asking = invocation.has_option(*_NEUTRAL_OPTIONS) if name != "emerge" else not _emerges(invocation)
    manifests = () if is_asking else _manifests(invocation)
    if manifests and subcommand not in compiling:
        title = " ".join((name, *invocation.operand_texts[: 1 if name == "mix" else 2]))
        n_words = len(title.split()) if invocation.operands[:1] == [1] and name != "swift" else 1
        effect = Effect.EXECUTE if later_tasks(invocation) else Effect.FETCH
        return Use(toolchain, invocation, effect, title, n_words, manifests=manifests)
    if name == "rebar3" and subcommand not in compiling:
        # Byte code, for every machine; a release contains the virtual machine.
        return None
    lists = () if is_asking else _lists_of_build(invocation)
    if is_asking or ("" not in compiling and subcommand not in compiling):
        return Use(toolchain, invocation, Effect.EXECUTE, title, manifests=lists)
    if name == "dart" and {*invocation.command.arguments} & _FOR_ALL:
        return Use(toolchain, invocation, Effect.BUNDLE, title, outputs=_outputs(invocation))
    bundled = invocation.argument("--include-erts") if name == "rebar3" else None
    if bundled is not None and bundled.value == "false":
        # Byte code without the virtual machine.
        return Use(toolchain, invocation, Effect.BUNDLE, title, outputs=_outputs(invocation), may_differ=True)
    is_targeted = invocation.has_option(*_OPTIONS_FOR_TARGET) or any(
        it.startswith(_JOINED_TARGETS) for it in invocation.command.arguments
    )
    machines = tuple(None if is_targeted else it.architecture for it in invocation.step_platforms)
    named = invocation.argument("--target-arch")
    if named is not None:
        machines = invocation.architectures(named, lambda it: docker_name(it) or it)
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        len(title.split()) if invocation.command.arguments[:1] == (subcommand,) else 1,
        machines,
        is_targeted=is_targeted,
        outputs=_outputs(invocation),
        manifests=lists,
        must_run_on_target=True,
        is_native_only=True,
    )


_OTHER_WORK_OF_EMERGE: Final = lazy_regex(
    r"-[a-zA-Z]*[cCfFgGhkKpPsSV][a-zA-Z]*|--(?:buildpkgonly|config|depclean|deselect|fetchonly|fetch-all-uri|getbinpkg(?:only)?|help|info|list-sets|metadata|pretend|prune"
    r"|regen|search|searchdesc|sync|unmerge|usepkg(?:only)?|version)(?:=.*)?"
)
"""Options of emerge with which it compiles nothing, or installs compiled packages where there are some. Source: emerge(1)."""
_PACKAGE_OF_GENTOO: Final = lazy_regex(r"@[\w-]+|[<>=~!]*[a-zA-Z][\w+.:/*-]*")


def _emerges(invocation: Invocation) -> bool:
    """True if emerge compiles packages."""
    is_other = any(_OTHER_WORK_OF_EMERGE.fullmatch(it) for it in invocation.command.arguments)
    return not is_other and any(_PACKAGE_OF_GENTOO.fullmatch(it) for it in invocation.operand_texts)


def _manifests(invocation: Invocation) -> tuple[str, ...]:
    """The lists of dependencies of Mix, Dart and Swift if a command downloads them.

    Source: hexdocs.pm, "mix deps.get"; dart.dev, "dart pub get"; docs.swift.org, "swift package resolve".
    """
    name, arguments = invocation.command.name, invocation.command.arguments
    if name == "mix" and any(it.rstrip(",") == "deps.get" for it in arguments):
        return ("mix.exs", "mix.lock")
    if name == "dart" and invocation.operand_texts[:2] == ["pub", "get"]:
        is_elsewhere = invocation.has_option("--offline", "-C", "--directory")
        return () if is_elsewhere else ("pubspec.yaml", "pubspec.lock")
    if name == "swift" and invocation.operand_texts[:2] in (["package", "resolve"], ["package", "update"]):
        return () if invocation.has_option(*_ELSEWHERE_OF_SWIFT) else LISTS_OF_SWIFT
    return ()


LISTS_OF_SWIFT: Final = ("Package.swift", "Package.resolved")
LISTS_OF_CABAL: Final = ("*.cabal",)
_ELSEWHERE_OF_SWIFT: Final = (
    "--build-path",
    "--cache-path",
    "--disable-automatic-resolution",
    "--only-use-versions-from-resolved-file",
    "--package-path",
    "--scratch-path",
    "--show-bin-path",
    "--skip-build",
    "--swift-sdk",
)
"""Options with which nothing is downloaded, or of another package or directory of downloads, and of what `swift package resolve` would have to be given too."""
_ELSEWHERE_OF_CABAL: Final = ("--builddir", "--project-dir", "--project-file", "--store-dir", "--offline")


def _lists_of_build(invocation: Invocation) -> tuple[str, ...]:
    """The lists of dependencies of Swift and Haskell that a command which builds downloads. Source: docs.swift.org, "swift build"; cabal.readthedocs.io, "cabal build"."""
    name, subcommand = invocation.command.name, invocation.subcommand
    if name == "swift" and subcommand in ("build", "run", "test"):
        return () if invocation.has_option(*_ELSEWHERE_OF_SWIFT) else LISTS_OF_SWIFT
    if name == "cabal" and subcommand in ("build", "v2-build"):
        return () if invocation.has_option(*_ELSEWHERE_OF_CABAL) else LISTS_OF_CABAL
    return ()


def later_tasks(invocation: Invocation) -> tuple[str, ...]:
    """What `mix do` does after it has downloaded the dependencies: `deps.compile` of `mix do deps.get, deps.compile`."""
    arguments = invocation.command.arguments
    place = next((index for index, it in enumerate(arguments) if it.rstrip(",") == "deps.get"), len(arguments))
    later = arguments[place + 1 :]
    is_one = not arguments[place : place + 1] or not arguments[place].endswith(",")
    # `deps.get --only prod, compile`, `deps.get + compile`
    ends = [index for index, it in enumerate(later) if it.endswith(",") or it == "+"]
    return later if not is_one else later[ends[0] + 1 :] if ends else ()


def _outputs(invocation: Invocation) -> tuple[str, ...]:
    """The paths that options name, or the program's own directory below the working directory; empty if it has none."""
    named = invocation.option_paths(*_OUTPUTS)
    for word in invocation.command.words[1:]:
        # `nim c -o:app`, `odin build . -out:app`, `ldc2 -of=app`, `fpc -o/out`
        before = next((it for it in _JOINED_OUTPUTS if word.text.startswith(it)), None)
        named += () if before is None else invocation.paths(word.after(before.removesuffix("/")))
    directory = _BUILD_DIRECTORIES.get(invocation.command.name)
    package = invocation.option_paths("--package-path") if invocation.command.name == "swift" else ()
    if package and not named:
        return tuple(clean(f"{it}/{directory}") for it in package)
    return named if named or directory is None else tuple(clean(f"{it}/{directory}") for it in invocation.directories)


def _subcommand(invocation: Invocation, compiling: frozenset[str]) -> str:
    """The subcommand, the compiling one if a program runs several: `mix do deps.get, release`, `rebar3 as prod tar`."""
    if invocation.command.name == "opam" and invocation.subcommand == "switch":
        # Other subcommands change to a compiler that is there.
        return " ".join(invocation.operand_texts[:2])
    if invocation.command.name not in ("mix", "rebar3", "stack"):
        return invocation.subcommand
    return invocation.goal(compiling) or invocation.subcommand


def _reads(invocation: Invocation, name: str) -> Reading:
    # Their build files are programs.
    return invocation.reading_by_project(name)


NATIVE_COMPILERS: Final = Toolchain("compilers for their own machine", _recognize, _reads)
