"""Compilers and build tools whose output suits every machine: byte code, JavaScript, WebAssembly.

A dependency may still bring native code, as a library inside a jar or a NIF of Erlang.

Source: the command references of Ant, Boot, the Clojure CLI, Elm, Gleam, javac, kotlinc, Leiningen, Mill, rebar3, scalac, shadow-cljs,
Spago, Trunk and wasm-pack.
"""

from __future__ import annotations

from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_COMPILING: Final = {
    "ant": frozenset({""}),
    "boot": frozenset({"jar", "target", "uber", "uberjar"}),
    "elm": frozenset({"make"}),
    "erlc": frozenset({""}),
    "gleam": frozenset({"build", "export"}),
    "javac": frozenset({""}),
    "kotlinc": frozenset({""}),
    "lein": frozenset({"compile", "jar", "uberjar"}),
    "mill": frozenset({""}),
    "rebar3": frozenset({"compile", "escriptize"}),
    "scalac": frozenset({""}),
    "shadow-cljs": frozenset({"compile", "release"}),
    "spago": frozenset({"build", "bundle", "bundle-app", "bundle-module"}),
    "trunk": frozenset({"build"}),
    "wasm-pack": frozenset({"build"}),
}
"""Programs and their compiling subcommands; an empty subcommand means any arguments but those of `_OTHER`."""
_FETCHING: Final = {
    "gleam": frozenset({"deps"}),
    "lein": frozenset({"deps"}),
    "rebar3": frozenset({"deps", "get-deps"}),
}
_CLOJURE: Final = frozenset({"clj", "clojure"})
_OF_A_BUILD: Final = lazy_regex(r"-[TX]\S*(?:build|jar|uber)\S*")
"""An alias of deps.edn that packs the program: `clojure -T:build uber`, `clojure -X:uberjar`."""
_OTHER: Final = frozenset({"--help", "--version", "-help", "-version", "clean", "help", "test", "version"})


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    name = invocation.command.name
    arguments = invocation.command.arguments
    if name in _CLOJURE:
        return _clojure(invocation, toolchain)
    compiling = _COMPILING.get(name)
    if compiling is None:
        return None
    if "" in compiling:
        effect = Effect.NEUTRAL if {*arguments} & _OTHER else Effect.BUNDLE
        return Use(toolchain, invocation, effect, name, may_differ=effect is Effect.BUNDLE)
    goal = invocation.goal(compiling)
    if goal is not None:
        return Use(toolchain, invocation, Effect.BUNDLE, f"{name} {goal}", may_differ=True)
    operands = invocation.operand_texts
    title = " ".join((name, *operands[:1])).rstrip(",")
    if invocation.goal(_FETCHING.get(name, frozenset())) is not None:
        return Use(toolchain, invocation, Effect.FETCH, title)
    effect = Effect.NEUTRAL if not operands or {*arguments} & _OTHER - {"test"} else Effect.EXECUTE
    return Use(toolchain, invocation, effect, title)


def _clojure(invocation: Invocation, toolchain: Toolchain) -> Use:
    arguments = invocation.command.arguments
    alias = next((it for it in arguments if _OF_A_BUILD.fullmatch(it)), None)
    if alias is not None:
        return Use(toolchain, invocation, Effect.BUNDLE, f"{invocation.command.name} {alias}", may_differ=True)
    effect = Effect.FETCH if "-P" in arguments else Effect.EXECUTE
    return Use(toolchain, invocation, effect, invocation.command.name)


def _reads(invocation: Invocation, name: str) -> Reading:
    """The certainty of reading a variable: build files, annotation processors and macros are programs of the project; Elm has none."""
    return Reading.NO if invocation.command.name == "elm" else invocation.reading_by_project(name)


PORTABLE_COMPILERS: Final = Toolchain("compilers for every machine", _recognize, _reads)
