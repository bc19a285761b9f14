"""A RUN has no lasting effect."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.edits import remove_line
from buildxray.semantics.build import Instruction, Run
from buildxray.semantics.file_flow import clean
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Cmd, Copying, Entrypoint, Workdir
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import Command
from buildxray.syntax.text import Edit, TextRange

_EXPORTED: Final = lazy_regex(r"export|[A-Za-z_]\w*=(?P<value>[\w./:@%+,-]*|\"?[\w./:@%+,${}-]*\"?)", re.ASCII)
"""The words of an `export` that an ENV may have too."""
_USED: Final = lazy_regex(r"\$\{?(\w*)")
_OF_THE_SHELL: Final = frozenset({"alias", "cd", "pushd", "set", "shopt", "ulimit", "umask", "unalias"})
"""Commands that change the shell only, if they have arguments."""
_PRINTING: Final = frozenset(
    {
        "arch", "basename", "cat", "cut", "date", "dirname", "dpkg", "echo", "getconf", "grep", "head", "hostname", "id", "nproc",
        "printf", "pwd", "readlink", "realpath", "tail", "tr", "uname", "which", "whoami",
    }
)  # fmt: skip
"""Commands that change nothing, whose output becomes a value."""
_SETTING_SCRIPTS: Final = lazy_regex(
    r"(?:.*/)?(?:(?:bin/)?activate|\.(?:ba|z)?shrc|\.(?:bash_|z)?profile|\.env|emsdk_env\.sh|nvm\.sh|sdkman-init\.sh|setvars\.sh)|.*/\.cargo/env|/etc/profile(?:\.d/.*)?|/opt/ros/.*setup\.(?:ba|z)?sh"
)
"""Scripts that only set variables and functions."""
_BEGINNING: Final = lazy_regex(
    r"""(?:\S*sh[ \t]+-l?c[ \t]+["'])?(?:(?P<word>\.|alias|cd|conda|export|pushd|set|shopt|source|ulimit|umask|unalias)[ \t]+[^\s;&|]|(?P<name>[A-Za-z_]\w*)=)"""
)
"""The beginning of a script that sets something."""
_SHELLS: Final = lazy_regex("(?:ba|da|a|z)?sh")
_ACTIVATED: Final = lazy_regex(r"(?P<directory>/[\w./-]+)/bin/activate")


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.NOTHING_LASTING])
def useless_run(ctx: RuleContext) -> Iterator[Finding]:
    """A RUN has no lasting effect.

    ## What it does
    Looks for RUN without a command, and for RUN whose commands only change the shell itself: `cd`, `export`, an assignment, `alias`, `set`,
    `umask`, or `source` with a script that is known to do no more, such as `.bashrc` and `activate` of a virtual environment.

    ## Why it matters
    Each RUN has its own shell: the next instruction is in the old directory and has the old variables. The step costs time and a
    layer.

    ## Example
    ```dockerfile
    FROM alpine
    RUN cd /srv
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    WORKDIR /srv
    ```

    ## Fix safety
    A suggestion: WORKDIR creates the directory if it does not exist, and later instructions run in it; ENV stays in the image. If a later
    RUN changes to the directory itself, or an instruction works in the directory of before, the RUN is deleted instead; no fix is offered if one changes to another relative directory. At the
    end of a stage of which others only take files, neither has an effect, so the RUN is deleted. An `export` of PATH becomes an ENV if it
    keeps the old one; in place of `source /opt/venv/bin/activate`, ENV puts the programs of the environment first in PATH.

    ## Limits
    A RUN is not reported if its shell starts any other program, because that may do something, or if it writes a file.
    """
    for instruction in ctx.build.instructions:
        if not isinstance(instruction, Run) or instruction.node.problems or instruction.node.heredocs:
            continue
        if not instruction.node.arguments and not instruction.node.is_json:
            yield Finding(instruction.keyword_range, _("this RUN has no command"))
            continue
        if not instruction.node.is_json and not instruction.mounts and _changes_only_the_shell(instruction):
            yield _without_effect(instruction) or _finding(instruction)


def _changes_only_the_shell(run: Run) -> bool:
    """True if a RUN only sets what ends with its shell, as far as the text tells."""
    script = run.script
    return (
        run.is_read
        and not script.has_errors
        and ">" not in run.node.arguments[0].text
        and _first_word(run) is not None
        and all(it.name in _PRINTING if it.is_substitution else _is_of_the_shell(it) for it in script.commands)
    )


def _is_of_the_shell(command: Command) -> bool:
    """True if a command changes the shell only; assignments and `export` are not commands."""
    if command.is_piped or not command.arguments:
        return False
    if command.name in (".", "source"):
        return _SETTING_SCRIPTS.fullmatch(command.arguments[0].strip("\"'")) is not None
    if command.name == "conda":
        return command.arguments[0] == "activate"
    # The commands of `bash -c` follow it.
    if command.name == "cd" and sum(not it.startswith("-") for it in command.arguments) > 1:
        # An `&&` is missing.
        return False
    return command.name in _OF_THE_SHELL or (
        _SHELLS.fullmatch(command.name) is not None and command.arguments[0] in ("-c", "-lc")
    )


def _first_word(run: Run) -> str | None:
    """The first word of a script that sets something, in short: `export`, `A=…`; None for another script."""
    match = _BEGINNING.match(run.node.arguments[0].text)
    if match is None:
        return None
    return match["word"] or f"{match['name']}=…"


def _finding(run: Run) -> Finding:
    words = run.node.arguments[0].text.split()
    first = _first_word(run)
    if first == "cd":
        message = (
            _("this `cd` ends with its RUN: the image starts in the old directory")
            if run.stage is not None and run.stage.instructions[-1] is run
            else _("this `cd` ends with its RUN: the next instruction is in the old directory")
        )
        is_plain = len(words) == 2 and not set(words[1]) & set("$&|;<>`'\"\\*?(){}~#")
        return Finding(_place(run), message, _fixes_of_cd(run, words[1]) if is_plain else ())
    message = _("what this `{command}` sets ends with its RUN: the next instruction does not see it", command=first)
    return Finding(_place(run), message, tuple(_fixes_of_variables(run, words)))


def _place(run: Run) -> TextRange:
    """The script, or its first line."""
    start, end = run.range_of(run.node.arguments[0])
    return TextRange(start, start + len(run.build.text[start:end].partition("\n")[0].rstrip("\r\\ \t")))


def _fixes_of_cd(run: Run, directory: str) -> tuple[Fix, ...]:
    """A WORKDIR in place of the RUN; if a later RUN changes to the directory itself, the RUN goes, because a WORKDIR would take that one elsewhere."""
    if directory.startswith("-"):
        return ()
    later = {
        it.syntax.arguments[:1]
        for one in (run.stage.runs if run.stage is not None else ())
        if one.idx > run.idx
        for it in one.commands
        if it.name in ("cd", "pushd")
    }
    names = {posixpath.normpath(it[0]) for it in later if it}
    is_there = bool(run.directories) and {clean(posixpath.join(it, directory)) for it in run.directories} == {
        *run.directories
    }
    if posixpath.normpath(directory) in names or is_there or _depends_on_directory(run):
        return (Fix(_("Delete this RUN"), (remove_line(run, with_comments=True),), Safety.SUGGESTION),)
    if any(not it.startswith(("/", "~", "$", "-")) for it in names):
        # The later directory is relative to the one that a WORKDIR would replace.
        return ()
    keyword = "workdir" if run.node.keyword.text.islower() else "WORKDIR"
    return (Fix(_("Make it a WORKDIR"), (Edit(run.range, f"{keyword} {directory}"),), Safety.SUGGESTION),)


def _depends_on_directory(run: Run) -> bool:
    """True if an instruction after a RUN works in the directory of before, as far as the text tells: a WORKDIR would take it elsewhere."""
    family = () if run.stage is None else run.stage.family
    return any(_works_in_directory(it for it in stage.instructions if it.idx > run.idx) for stage in family)


def _works_in_directory(instructions: Iterable[Instruction]) -> bool:
    """True if one of these instructions of a stage names a relative path, or runs an unknown program, before a WORKDIR."""
    for it in instructions:
        node = it.node
        if isinstance(node, Workdir) and node.arguments and node.arguments[0].text.startswith("/"):
            return False
        if (
            isinstance(node, Copying)
            and node.destination is not None
            and not node.destination.text.startswith(("/", "$"))
        ):
            return True
        if isinstance(node, Cmd | Entrypoint) and any(
            "/" in one or "." in one for one in _relative(node.text.split()[1:])
        ):
            return True
        if isinstance(it, Run):
            commands = it.script.commands
            if not commands or any(
                one.name not in _ANYWHERE or any("/" in arg or "." in arg for arg in _relative(one.arguments))
                for one in commands
            ):
                return True
    return False


def _relative(words: Iterable[str]) -> Iterator[str]:
    """The words that are relative paths or plain names: not absolute paths, options, variables or addresses."""
    return (
        it for word in words if not (it := word.strip("[]\"',")).startswith(("/", "-", "$", "~")) and "://" not in it
    )


_ANYWHERE: Final = frozenset(
    {
        "addgroup", "adduser", "apk", "apt", "apt-get", "chmod", "chown", "dnf", "echo", "groupadd", "ldconfig", "ln", "locale-gen",
        "microdnf", "mkdir", "printf", "rm", "true", "update-ca-certificates", "useradd", "yum",
    }
)  # fmt: skip
"""Programs that do the same in every directory, if they get no relative path."""


def _without_effect(run: Run) -> Finding | None:
    """The finding on a RUN that ends a stage of which only files are taken, so that no directory or variable matters after it; else None."""
    stage = run.stage
    if stage is None or stage.is_image or stage.instructions[-1] is not run or stage.may_be_base or not stage.is_used:
        return None
    fix = Fix(_("Delete this RUN"), (remove_line(run, with_comments=True),), Safety.SUGGESTION)
    message = _(
        "this `{command}` has no effect: its RUN is the last instruction of the stage", command=_first_word(run)
    )
    return Finding(_place(run), message, (fix,))


def _fixes_of_variables(run: Run, words: list[str]) -> Iterator[Fix]:
    """An ENV in place of a RUN that exports, or that activates a virtual environment."""
    keyword = "env" if run.node.keyword.text.islower() else "ENV"
    if words[0] in (".", "source") and len(words) == 2 and (match := _ACTIVATED.fullmatch(words[1])):
        # What `activate` does for the programs of the environment.
        text = f"{keyword} PATH={match['directory']}/bin:$PATH"
        yield Fix(_("Make it an ENV"), (Edit(run.range, text),), Safety.SUGGESTION)
    if words[0] != "export" or not all(map(_EXPORTED.fullmatch, words)):
        return
    for assignment in words[1:]:
        name, __, value = assignment.partition("=")
        used = {*_USED.findall(value)}
        # For all programs of the image, a whole PATH may leave out directories that they need.
        is_whole = name in ("HOME", "LD_LIBRARY_PATH", "PATH") and name not in used
        if is_whole or not all(it == "PATH" or run.is_set(it) for it in used):
            return
    yield Fix(_("Make it an ENV"), (Edit(run.range, f"{keyword} {' '.join(words[1:])}"),), Safety.SUGGESTION)
