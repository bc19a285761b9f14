"""Programs that tell the machine on which they run beside other uses: interpreters with a short program, and compilers.

Source: docs.python.org, "platform" and "os.uname"; nodejs.org/api/process.html, "process.arch"; the manuals of Ruby (RUBY_PLATFORM, RbConfig),
Perl (Config), PHP (php_uname) and Deno (Deno.build); the manual of GCC, "-dumpmachine"; the rustc book, "--print" and "-vV".
"""

from __future__ import annotations

import sys
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


def reading_of_program(invocation: Invocation, name: str) -> Reading | None:
    """The certainty that a program which is written out as an argument of an interpreter reads a variable; None for other commands.

    Packages that it imports have no reason to read the variable. Files of the project may, and so may other programs that it starts.
    """
    command = invocation.command
    option = _OPTIONS.get(_VERSION.sub("", command.name))
    if option is None:
        return None
    words = command.words[1:]
    positions = [n for n, it in enumerate(words[:-1]) if option.fullmatch(it.text) is not None]
    if not positions or any(not it.text.startswith("-") for it in words[: positions[0]]):
        # A word before the option is the path of a script, or the value of another option.
        return None
    text = " ".join(it.text if it.value is None else it.value for it in words)
    if name in text or _ENVIRONMENT.search(text) is not None or _OTHER_PROGRAM.search(text) is not None:
        return Reading.MAYBE
    if command.name.startswith("python") and not all(_is_of_package(invocation, it) for it in _modules(text)):
        return Reading.MAYBE
    return Reading.UNLIKELY


def _modules(text: str) -> list[str]:
    """The names of the modules of Python that a program imports."""
    lists = [match[1] or match[2] for match in _IMPORT.finditer(text)]
    return [it.split(".")[0].split()[0] for one in lists for it in one.split(",") if it.strip()]


def _is_of_package(invocation: Invocation, module: str) -> bool:
    """True if a module is one of Python, or surely none of the project."""
    known = invocation.workspace.holds
    if module in sys.stdlib_module_names:
        return True
    return known is not None and not any(known(f"{it}{module}{end}") for it in ("", "src/") for end in (".py", "/"))


_OPTIONS: Final = {
    "bun": lazy_regex(r"-e|-p|--eval|--print"),
    "node": lazy_regex(r"-e|-p|-pe|--eval|--print"),
    "perl": lazy_regex(r"-[a-zA-Z0-9]*[eE]"),
    "php": lazy_regex(r"-r"),
    "python": lazy_regex(r"-[a-zA-Z]*c"),
    "ruby": lazy_regex(r"-[a-zA-Z]*e"),
}
"""The option of an interpreter before a program that is written out. Source: their manuals."""
_VERSION: Final = lazy_regex(r"[\d.]+$")
_IMPORT: Final = lazy_regex(r"\bfrom\s+([\w.]+)\s+import\b|\bimport\s+([\w., ]+)")
_OTHER_PROGRAM: Final = lazy_regex(
    r"child_process|execa|subprocess|\bos\.(?:exec|popen|spawn|system)|\b(?:eval|exec|passthru|popen|proc_open|shell_exec|spawn|system)\b|\bFunction\("
    r"|\benv\b|_ENV|_SERVER|%x|`|runpy|__import__|importlib|expandvars|dotenv|(?<![\w.])\.{0,2}/[\w.@/-]+[\"']|\b(?:include|require)(?:_once|_relative)?\b[^;]*\$"
)
"""What may run other programs, or files of the project, in the text of a program."""


MACHINE_PROBES: Final = Toolchain("programs that tell the machine", _recognize, _reads)
