"""Programs that tell the machine on which they run beside other uses: interpreters with a short program, and compilers.

Source: docs.python.org, "platform" and "os.uname"; nodejs.org/api/process.html, "process.arch"; the manuals of Ruby (RUBY_PLATFORM, RbConfig),
Perl (Config), PHP (php_uname) and Deno (Deno.build); the manual of GCC, "-dumpmachine"; the rustc book, "--print" and "-vV".
"""

from __future__ import annotations

from typing import Final

from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import Command
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_INTERPRETER: Final = lazy_regex(r"bun|deno|lua|node|perl|php|pwsh|python[\d.]*|ruby")
_PROGRAM: Final = lazy_regex(r"-[a-zA-Z]*[cepr]|eval|--eval|--print|-Command")
"""The option before a program in the words of a command."""
_MACHINE: Final = lazy_regex(
    r"platform\.(?:machine|uname|processor|architecture|platform)\(|\bos\.(?:uname|arch)\(|\bprocess\.arch\b|RUBY_PLATFORM|\bRbConfig\b"
    r"|\barchname\b|\bphp_uname\b|Deno\.build\b|sysconfig\.get_platform|OSArchitecture"
)
_ENVIRONMENT: Final = lazy_regex(r"environ|\bgetenv\b|process\.env|Deno\.env|\bENV\b|\$env:")
_OF_COMPILER: Final = frozenset({"-dumpmachine", "-print-multiarch", "--print-multiarch"})
_OF_RUSTC: Final = lazy_regex(r"-vV|-Vv|--verbose|host-tuple")


def asks_for_machine(command: Command) -> bool:
    """True if a program that also does other things is asked for the machine on which it runs."""
    if not _OF_COMPILER.isdisjoint(command.arguments):
        return True
    if command.name == "rustc":
        return any(map(_OF_RUSTC.fullmatch, command.arguments))
    if not command.words or _INTERPRETER.fullmatch(command.name) is None:
        return False
    return any(map(_PROGRAM.fullmatch, command.arguments)) and any(_MACHINE.search(it.text) for it in command.words[1:])


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    if not asks_for_machine(command):
        return None
    words = (command.name, *command.arguments[:1])
    return Use(toolchain, invocation, Effect.PROBE, " ".join(words), len(words))


def _reads(invocation: Invocation, name: str) -> Reading:
    text = " ".join(invocation.command.arguments)
    return Reading.MAYBE if name in text or _ENVIRONMENT.search(text) is not None else Reading.NO


MACHINE_PROBES: Final = Toolchain("programs that tell the machine", _recognize, _reads)
