"""The variables that the scripts of a package.json read and the files that they write, command by command, as in a RUN."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from buildxray.caching import cached
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.parser import parse
from buildxray.syntax.shell import TESTS, Command, read_script
from buildxray.toolchains.base import Effect, Invocation, Reading, Use
from buildxray.toolchains.node import (
    NODE,
    READING_NOTHING,
    RUNNERS,
    makes_native_files,
    package_scripts,
    starts_bundler,
)

_DEEPEST: Final = 5
"""Nesting depth of scripts that call other scripts."""

_PORTABLE_NAMES: Final = """
[ : autoprefixer cat cd chmod copyfiles cp cpx cpy del del-cli echo eslint exit export find graphql-codegen gzip html-minifier husky is-ci
lessc ls lingui mkdir mkdirp mv ncp next-sitemap openapi-typescript orval postcss prettier printf react-router remix rimraf rm sass sed set
shx stylelint svelte-check svelte-kit svgo tailwindcss terser test touch tsc tsc-alias true tsr typedoc uglifyjs vue-tsc workbox
"""
_PORTABLE: Final = frozenset(_PORTABLE_NAMES.split())
"""Programs that write the same files on each machine: of the system, and of packages that scripts start beside a bundler."""
_SEQUENCES: Final = frozenset({"npm-run-all", "npm-run-all2", "run-p", "run-s"})
"""Programs that run the scripts whose names are their arguments. Source: github.com/mysticatea/npm-run-all."""
_WRAPPER: Final = lazy_regex(
    r"(?<![\w./@-])(?:cross-env(?:-shell)?(?:\s+[A-Za-z_]\w*=\S*)*|dotenvx?(?:\s+(?:run|-\w+\s+\S+))*\s+--)\s+"
)
"""The words before a command that only set its environment: `cross-env NODE_ENV=production`."""

Recognizer = Callable[[Invocation], Use | None]


def reading_of_scripts(invocation: Invocation, name: str, recognize: Recognizer, depth: int = 0) -> Reading | None:
    """The certainty that the scripts of `npm run …` read a variable: the highest one of their commands.

    None for a command that runs no known script. An unknown program is presumed to come from a package of the project.
    """
    scripts = package_scripts(invocation)
    if not scripts or depth > _DEEPEST:
        return None
    strongest = Reading.NO
    for command in _commands(scripts):
        inner = invocation.of_script(command)
        reading = reading_of_scripts(inner, name, recognize, depth + 1)
        if reading is None:
            use = recognize(inner)
            if use is not None:
                reading = use.toolchain.reads(inner, name)
            else:
                is_data = command.name in READING_NOTHING
                reading = Reading.NO if is_data else invocation.reading_by_project(name)
        strongest = max(strongest, reading, key=lambda it: it.value)
    return strongest


def writes_for_every_machine(invocation: Invocation, recognize: Recognizer, depth: int = 0) -> bool | None:
    """True if the scripts of `npm run …` start only programs that write the same files on each machine.

    False if one may write files for its own machine, as `pkg` and `electron-builder` do, or is not known; None for a command that
    runs no known script.
    """
    scripts = package_scripts(invocation)
    if not scripts:
        return None
    return depth <= _DEEPEST and all(_is_portable(invocation, it, recognize, depth) for it in _commands(scripts))


def compiles_for_its_machine(invocation: Invocation, recognize: Recognizer, depth: int = 0) -> bool:
    """True if the scripts of `npm run …` surely write programs or addons for the machine on which they run."""
    if depth > _DEEPEST:
        return False
    for command in _commands(package_scripts(invocation)):
        inner = invocation.of_script(command)
        if makes_native_files(inner) or compiles_for_its_machine(inner, recognize, depth + 1):
            return True
        use = recognize(inner)
        if use is not None and use.effect is Effect.COMPILE:
            return True
    return False


def _is_portable(invocation: Invocation, command: Command, recognize: Recognizer, depth: int) -> bool:
    inner = invocation.of_script(command)
    by_scripts = writes_for_every_machine(inner, recognize, depth + 1)
    if by_scripts is not None:
        return by_scripts
    if command.name in _SEQUENCES:
        names = [it for it in command.arguments if not it.startswith("-")]
        known = dict(invocation.workspace.scripts)
        commands = _commands(tuple(known[it] for it in names)) if all(it in known for it in names) else ()
        is_shallow = bool(commands) and depth < _DEEPEST
        return is_shallow and all(_is_portable(invocation, it, recognize, depth + 1) for it in commands)
    operands = inner.operand_texts
    program = operands[0] if command.name in RUNNERS and operands else command.name
    if program in _PORTABLE or program in TESTS:
        return True
    use = recognize(inner)
    if use is None or use.may_differ:
        return False
    is_bundling = use.effect is Effect.BUNDLE and (use.toolchain is not NODE or starts_bundler(inner))
    return is_bundling or use.effect is Effect.NEUTRAL


@cached(256)
def _commands(scripts: Iterable[str]) -> tuple[Command, ...]:
    """The commands of these scripts, in order."""
    lines = "".join(f"RUN {_WRAPPER.sub('', ' '.join(it.split()))}\n" for it in scripts)
    instructions = parse(f"FROM scratch\n{lines}").instructions
    return tuple(command for it in instructions[1:] for command in read_script(it.node).commands if command.words)
