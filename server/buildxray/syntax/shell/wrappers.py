"""Programs that only run another program: `env`, `exec`, `busybox`, `sh -c`, `eval`, `xargs`, `find -exec`.

Source: POSIX.1-2024, Shell & Utilities; the manuals of GNU coreutils, findutils and sudo.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Final

from buildxray.records import replace
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell.model import Assignment, Command, ShellWord, sole_variable
from buildxray.syntax.shell.programs import MULTI_CALL_BINARIES, SHELLS
from buildxray.syntax.text import TextRange

TESTS: Final = frozenset({"[", "[[", "test"})
_PREFIXES: Final = frozenset(
    {
        "builtin",
        "catatonit",
        "ccache",
        "chrt",
        "command",
        "distcc",
        "doas",
        "dumb-init",
        "eatmydata",
        "exec",
        "fakeroot",
        "flock",
        "gosu",
        "ionice",
        "nice",
        "nohup",
        "s6-setuidgid",
        "sccache",
        "setarch",
        "setpriv",
        "stdbuf",
        "su-exec",
        "sudo",
        "taskset",
        "time",
        "timeout",
        "tini",
        "unbuffer",
        "unshare",
        "with-contenv",
        "xvfb-run",
    }
)
_CONDA: Final = frozenset({"-n", "-p", "--cwd", "--name", "--prefix"})
_OPTIONS_WITH_VALUE: Final = {
    "conda": _CONDA,
    "doas": frozenset({"-C", "-u"}),
    "dumb-init": frozenset({"-r", "--rewrite"}),
    "env": frozenset({"-u", "-C", "-S", "--unset", "--chdir"}),
    "exec": frozenset({"-a"}),
    "nice": frozenset({"-n"}),
    "runuser": frozenset({"-G", "-g", "-u", "--group", "--supp-group", "--user"}),
    "fakeroot": frozenset({"-b", "-i", "-l", "-s"}),
    "flock": frozenset({"-E", "-w", "--conflict-exit-code", "--timeout", "--wait"}),
    "ionice": frozenset({"-c", "-n"}),
    "mamba": _CONDA,
    "micromamba": _CONDA,
    "sudo": frozenset({"-u", "-g", "-C", "-h", "-p"}),
    "time": frozenset({"-f", "-o"}),
    "timeout": frozenset({"-k", "-s"}),
    "tini": frozenset({"-e", "-p"}),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
    "xargs": frozenset({"-E", "-I", "-L", "-P", "-a", "-d", "-n", "-s", "--delimiter", "--max-args", "--max-procs"}),
}
_OPERANDS_BEFORE_PROGRAM: Final = {
    "asdf": 1,
    "chrt": 1,
    "conda": 1,
    "direnv": 2,
    "flock": 1,
    "gosu": 1,
    "mamba": 1,
    "micromamba": 1,
    "mise": 1,
    "opam": 1,
    "rustup": 2,
    "s6-setuidgid": 1,
    "scl": 2,
    "setarch": 1,
    "su-exec": 1,
    "taskset": 1,
    "timeout": 1,
}
_RUNNING: Final = {
    "asdf": (("exec",),),
    "conda": (("run",),),
    "corepack": (("npm",), ("npx",), ("pnpm",), ("pnpx",), ("yarn",)),
    "direnv": (("exec",),),
    "mamba": (("run",),),
    "micromamba": (("run",),),
    "mise": (("exec",), ("x",)),
    "opam": (("exec",),),
    "rustup": (("run",),),
    "scl": (("enable",),),
}
"""First arguments with which a program runs what follows.

Source: the README of Corepack, "Utility Commands"; the rustup book, "Overrides"; the manuals of asdf, conda, direnv, mise, opam and scl.
"""
_COMPILER_CACHES: Final = frozenset({"ccache", "distcc", "sccache"})
"""Prefixes that run nothing if an option follows: `ccache --zero-stats`."""
_FIND_ACTIONS: Final = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_TAKING_VARIABLES: Final = frozenset({"env", "sudo"})
"""Programs that take variables before the program: `sudo GOARCH=arm64 make`. Source: sudo(8), "Synopsis"."""
_NAMING: Final = frozenset({"-V", "-v"})
"""Options with which `command` looks up a program instead of running it."""


def unwrapped(command: Command) -> Command:
    """The command that `env`, `exec` and similar programs run, with the assignments of `env` and `sudo`."""
    while (
        command.name == "env"
        or command.name in _PREFIXES
        or command.name in MULTI_CALL_BINARIES
        or _starts_known_script(command)
        or _runs_program(command)
    ):
        words = list(command.words[1:])
        if command.name in MULTI_CALL_BINARIES and words and words[0].text.startswith("-"):
            # `busybox --install -s /bin`
            return command
        if command.name == "command" and words and words[0].text in _NAMING:
            return command
        if command.name in _COMPILER_CACHES and words and words[0].text.startswith("-"):
            return command
        options = _OPTIONS_WITH_VALUE.get(command.name, frozenset())
        assignments = list(command.assignments)
        insertion = command.insertion
        given = [it.text for it in words]
        takes_variables = command.name in _TAKING_VARIABLES
        while words and (words[0].text.startswith("-") or (takes_variables and "=" in words[0].text)):
            word = words.pop(0)
            if command.name == "env" and (unset := _unset(word, words, command)) is not None:
                assignments.append(unset)
            elif word.text in options and words:
                words.pop(0)
            elif "=" in word.text and not word.text.startswith("-"):
                assignments.append(_env_assignment(word, command))
        sees_environment = command.sees_environment and not _clears_environment(
            command.name, given[: len(given) - len(words)]
        )
        del words[: _OPERANDS_BEFORE_PROGRAM.get(command.name, 0)]
        if command.name in _RUNNING:
            words = _after_options(words, options, has_tools=command.name == "mise")
        if not words:
            return command
        if command.name == "corepack":
            words[0] = _without_version(words[0])
        if command.name == "env":
            insertion = words[0].range.start
        command = replace(
            command,
            words=tuple(words),
            assignments=tuple(assignments),
            insertion=insertion,
            sees_environment=sees_environment,
        )
    return command


def _runs_program(command: Command) -> bool:
    """True for `rustup run …`, `corepack pnpm@9 …` and similar commands, and for `runuser -u user -- program`."""
    if command.name == "scl" and script_arguments(command):
        return False
    if command.name == "runuser":
        has_user = any(it.startswith(("-u", "--user")) for it in command.arguments)
        return has_user and script_argument(command) is None
    running = _RUNNING.get(command.name)
    if running is None:
        return False
    first = command.arguments[:1]
    return (tuple(it.partition("@")[0] for it in first) if command.name == "corepack" else first) in running


def _without_version(word: ShellWord) -> ShellWord:
    """The name of a program without the version that is asked for: `pnpm@9`."""
    name = word.text.partition("@")[0]
    return ShellWord(name, name, TextRange(word.range.start, word.range.start + len(name)))


_IGNORING_ENVIRONMENT: Final = lazy_regex(r"-|-\w*i\w*|--ignore-environment")
_PRESERVING_ENVIRONMENT: Final = lazy_regex(r"-[A-Zbknis]*E[A-Zbknis]*|--preserve-env(?:=.*)?")


def _clears_environment(wrapper: str, options: Iterable[str]) -> bool:
    """True if a wrapper with these options starts its program without the variables of the shell: `sudo` without `-E`, `doas`, `env -i`.

    Source: sudoers(5), "Command environment" (`env_reset` is on by default); doas.conf(5), "setenv"; POSIX.1-2024, env.
    """
    if wrapper == "doas":
        return True
    if wrapper == "sudo":
        return not any(map(_PRESERVING_ENVIRONMENT.fullmatch, options))
    return wrapper == "env" and any(map(_IGNORING_ENVIRONMENT.fullmatch, options))


def _after_options(words: list[ShellWord], options: Collection[str], *, has_tools: bool) -> list[ShellWord]:
    """The words of the program after the options of a subcommand such as `exec`, and after `--` if names of tools come first: `mise exec go@1 -- go build`."""
    texts = [it.text for it in words]
    if has_tools:
        return words[texts.index("--") + 1 :] if "--" in texts else []
    start = 0
    while start < len(words) and texts[start].startswith("-"):
        start += 2 if texts[start] in options else 1
    return words[start:]


def awaits_program(command: Command) -> bool:
    """True if a command only runs a program that its words do not name: `["tini", "--"]`, to which the CMD of an image is added."""
    return command.name in _PREFIXES and unwrapped(command) is command


_KNOWN_SCRIPTS: Final = frozenset({"gradlew", "mvnw"})
"""Scripts of projects whose meaning their names tell: the wrappers of Gradle and Maven."""


def _starts_known_script(command: Command) -> bool:
    """True for `sh ./gradlew build`, which needs no permission to execute the file."""
    operands = [it.text for it in command.words[1:] if not it.text.startswith("-")]
    is_script = bool(operands) and operands[0].rpartition("/")[2] in _KNOWN_SCRIPTS
    return is_script and command.name in SHELLS and script_argument(command) is None


def run_by(command: Command) -> Iterator[Command]:
    """The commands that `xargs` and `find -exec` run in addition, with the words that the text tells."""
    if command.name == "xargs":
        words = list(command.words[1:])
        while words and words[0].text.startswith("-"):
            if words.pop(0).text in _OPTIONS_WITH_VALUE["xargs"] and words:
                words.pop(0)
        if words:
            yield _part_of(command, words)
    elif command.name == "find":
        words = []
        is_inside = False
        for word in command.words[1:]:
            if word.text in _FIND_ACTIONS:
                is_inside, words = True, []
            elif is_inside and word.value in (";", "+"):
                is_inside = False
                if words:
                    yield _part_of(command, words)
            elif is_inside:
                words.append(word)


def _part_of(command: Command, words: list[ShellWord]) -> Command:
    return replace(
        command,
        words=tuple(words),
        range=TextRange(words[0].range.start, words[-1].range.end),
        insertion=words[0].range.start,
        is_writable=False,
        input=None,
    )


def named_by_variable(command: Command) -> Command:
    """Replace a program written as a variable, `$GO build` after `GO=go`, by the words of its value."""
    first = command.words[0]
    values = command.variables.get(sole_variable(first) or "", ())
    if len(values) != 1 or not values[0].value.value:
        return command
    words = tuple(ShellWord(it, it, first.range) for it in values[0].value.value.split())
    return replace(command, words=(*words, *command.words[1:]))


def script_arguments(command: Command) -> tuple[ShellWord, ...]:
    """The words that a command reads as a script: those of `eval`, the one after `sh -c`, `su user -c` or `nix-shell --run`; none for other commands."""
    if command.name == "eval":
        return command.words[1:]
    if command.name == "scl":
        # `scl enable gcc-toolset-14 'make install'`
        return tuple(it for it in command.words[-1:] if it.text[:1] in "'\"")
    if command.name in _WITH_SCRIPT:
        pairs = pairwise(command.words)
        return tuple(it for option, it in pairs if _WITH_SCRIPT[command.name].fullmatch(option.text))[:1]
    argument = script_argument(command) if command.name in SHELLS or command.name in USER_CHANGERS else None
    return () if argument is None else (argument,)


_WITH_SCRIPT: Final = {"nix-shell": lazy_regex(r"--run|--command"), "script": lazy_regex(r"-[a-z]*c|--command")}
"""Programs that start a shell, with the option before its script. Source: the manuals of nix-shell and of script(1)."""
USER_CHANGERS: Final = frozenset({"runuser", "su"})
"""Programs that run a script as another user, with the same environment unless they begin a login."""
_LOGIN: Final = frozenset({"-", "-l", "--login"})


def script_argument(command: Command) -> ShellWord | None:
    """The first word after the options of a shell if one of them is `-c`; the word after the `-c` of `su`, if it begins no login."""
    if command.name in USER_CHANGERS:
        is_login = any(it.text in _LOGIN for it in command.words[1:])
        pairs = pairwise(command.words)
        return None if is_login else next((it for option, it in pairs if option.text in ("-c", "--command")), None)
    words = iter(command.words[1:])
    has_script = False
    for word in words:
        if not word.text.startswith(("-", "+")):
            return word if has_script else None
        has_script |= re.fullmatch(r"-\w*c\w*", word.text) is not None
        if re.fullmatch(r"[-+]\w*[oO]", word.text):
            # `-o pipefail`, `-euxo pipefail`
            next(words, None)
    return None


def has_read_script(command: Command) -> bool:
    """True if the script argument of a shell is a text that can be read."""
    argument = script_argument(command)
    if argument is None:
        return False
    return argument.value is not None or (len(argument.text) > 1 and argument.text[0] == argument.text[-1] == '"')


def reads_script(command: Command) -> bool:
    """True if the command is a shell that reads its script from standard input."""
    if command.name not in SHELLS:
        return False
    operands = [it.text for it in command.words[1:] if not it.text.startswith(("-", "+"))]
    is_option_value = any(re.fullmatch(r"[-+]\w*[oO]", it.text) for it in command.words[1:])
    return script_argument(command) is None and len(operands) <= is_option_value


def _unset(word: ShellWord, rest: list[ShellWord], command: Command) -> Assignment | None:
    """The empty variable that `env -u NAME` leaves; None for other options. Effect: drop NAME from `rest`."""
    option, _, name = word.text.partition("=")
    if option not in ("-u", "--unset") or not (name or rest):
        return None
    named = word.after(f"{option}=") if name else rest.pop(0)
    empty = ShellWord("", "", TextRange(named.range.end, named.range.end))
    return Assignment(
        named.text,
        empty,
        named.range,
        named.range,
        is_exported=True,
        conditions=command.conditions,
        variables=command.variables,
    )


def _env_assignment(word: ShellWord, command: Command) -> Assignment:
    name = word.text.partition("=")[0]
    start = word.range.start + len(name) + 1
    value = word.after(f"{name}=")._replace(range=TextRange(start, word.range.end))
    name_range = TextRange(word.range.start, start - 1)
    return Assignment(
        name,
        value,
        word.range,
        name_range,
        is_exported=True,
        conditions=command.conditions,
        variables=command.variables,
    )
