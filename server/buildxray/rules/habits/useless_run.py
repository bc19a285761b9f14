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
from buildxray.syntax.text import Edit

_EXPORTED: Final = lazy_regex(r"export|[A-Za-z_]\w*=[\w./:@%+,-]*", re.ASCII)
"""The words of an `export` whose values are plain text."""


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.NOTHING_LASTING])
def useless_run(ctx: RuleContext) -> Iterator[Finding]:
    """A RUN has no lasting effect.

    ## What it does
    Looks for RUN without a command, and for RUN whose only command is `cd`, or `export` with plain values.

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
    end of a stage of which others only take files, neither has an effect, so the RUN is deleted.
    """
    for instruction in ctx.build.instructions:
        if not isinstance(instruction, Run) or instruction.node.problems or instruction.node.heredocs:
            continue
        if not instruction.node.arguments and not instruction.node.is_json:
            yield Finding(instruction.keyword_range, _("this RUN has no command"))
            continue
        words = instruction.node.arguments[0].text.split() if len(instruction.node.arguments) == 1 else []
        if len(words) > 1 and words[0] == "export" and not instruction.mounts and all(map(_EXPORTED.fullmatch, words)):
            yield _without_effect(instruction, "export") or _useless_export(instruction, words[1:])
        if len(words) != 2 or words[0] != "cd" or instruction.mounts or set(words[1]) & set("$&|;<>`'\"\\*?(){}~#"):
            continue
        place = instruction.range_of(instruction.node.arguments[0])
        message = (
            _("this `cd` ends with its RUN: the image starts in the old directory")
            if instruction.stage is not None and instruction.stage.instructions[-1] is instruction
            else _("this `cd` ends with its RUN: the next instruction is in the old directory")
        )
        yield _without_effect(instruction, "cd") or Finding(place, message, _fixes_of_cd(instruction, words[1]))


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


def _without_effect(run: Run, command: str) -> Finding | None:
    """The finding on a RUN that ends a stage of which only files are taken, so that no directory or variable matters after it; else None."""
    stage = run.stage
    if stage is None or stage.is_image or stage.instructions[-1] is not run or stage.may_be_base or not stage.is_used:
        return None
    fix = Fix(_("Delete this RUN"), (remove_line(run, with_comments=True),), Safety.SUGGESTION)
    message = _("this `{command}` has no effect: its RUN is the last instruction of the stage", command=command)
    return Finding(run.range_of(run.node.arguments[0]), message, (fix,))


def _useless_export(run: Run, assignments: list[str]) -> Finding:
    fixes: tuple[Fix, ...] = ()
    keyword = "env" if run.node.keyword.text.islower() else "ENV"
    if not any(it.startswith(("HOME=", "LD_LIBRARY_PATH=", "PATH=")) for it in assignments):
        # For all programs of the image, a whole PATH may leave out directories that they need.
        fixes = (Fix(_("Make it an ENV"), (Edit(run.range, f"{keyword} {' '.join(assignments)}"),), Safety.SUGGESTION),)
    message = _("what this `export` sets ends with its RUN: the next instruction does not see it")
    return Finding(run.range_of(run.node.arguments[0]), message, fixes)
