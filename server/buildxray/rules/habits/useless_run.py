"""A RUN has no lasting effect."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from buildxray.localization import _, ngettext
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import instructions_before
from buildxray.rules.fixing.edits import remove_line
from buildxray.rules.one_cause import same_here
from buildxray.semantics.build import Instruction, Run, Stage
from buildxray.semantics.file_flow import clean
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Arg, Cmd, Copying, Entrypoint, Env, Healthcheck, Workdir
from buildxray.syntax.instructions import Run as RunNode
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import Command
from buildxray.syntax.text import Edit, TextRange, first_line

_EXPORTED: Final = lazy_regex(r"export|[A-Za-z_]\w*=(?P<value>[\w./:@%+,-]*|\"?[\w./:@%+,${}-]*\"?)", re.ASCII)
"""The words of an `export` that an ENV may have too."""
_USED: Final = lazy_regex(r"\$\{?(\w*)")
_OF_THE_SHELL: Final = frozenset({"alias", "cd", "pushd", "set", "shopt", "ulimit", "umask", "unalias"})
"""Commands that change the shell only, if they have arguments."""
_YIELDING: Final = frozenset(
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
    `umask`, or `source` with a script that is known to do no more, such as `.bashrc` and `activate` of a virtual environment. Also for an
    `export` that is the last command of a longer RUN, and for `export` of a variable without a value,
    or with the value that an ENV above has given it.

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
    A suggestion: WORKDIR creates the directory if it does not exist, and later instructions run in it; ENV stays in the image. If a later RUN
    changes to the directory itself, or an instruction works in the directory of before, the RUN is deleted instead, as it is after a WORKDIR if nothing follows that
    works in a directory; no fix is offered if one changes to another relative directory. A `cd` into the working directory is information, and is deleted. At the end of a stage of which others only take files, neither has an effect, so the RUN is deleted.
    An `export` of PATH becomes an ENV if it keeps the old one; in place of `source /opt/venv/bin/activate`, ENV puts the programs of the
    environment first in PATH.

    ## Limits
    Except for an `export` at its end, a RUN is not reported if its shell starts any other program, because that may do something, or if it
    writes a file. A variable is reported only if a later instruction of the stage reads it (`$VERSION`), or if it is known that programs read
    it, such as `PATH`, `JAVA_HOME` or `DEBIAN_FRONTEND`: nothing is lost if its value only makes the next steps run again.
    """
    yield from _without_values(ctx)
    for instruction in ctx.build.instructions:
        if not isinstance(instruction, Run) or instruction.node.problems or instruction.node.heredocs:
            continue
        if _changes_nothing(instruction):
            continue
        if not instruction.node.arguments and not instruction.node.is_json:
            yield Finding(instruction.keyword_range, _("this RUN has no command"))
            continue
        if instruction.node.is_json:
            continue
        if _changes_only_the_shell(instruction) and not instruction.mounts:
            finding = _without_effect(instruction)
            if finding is None and _is_missed(ctx, instruction, _names_of_script(instruction)):
                finding = _finding(instruction)
        else:
            finding = _at_the_end(ctx, instruction)
        if finding is not None:
            yield finding


_NAMES_ONLY: Final = lazy_regex(r"export(?:[ \t]+[A-Za-z_]\w*)+[ \t]*;?")


def _changes_nothing(run: Run) -> bool:
    """True if a RUN only exports variables, without giving them values or with the values that an ENV has given them."""
    arguments = run.node.arguments
    if run.node.is_json or run.node.heredocs or len(arguments) != 1:
        return False
    text = arguments[0].text
    if _NAMES_ONLY.fullmatch(text) is not None:
        return True
    first, *words = text.split() or [""]
    is_plain = first == "export" and all(map(_EXPORTED.fullmatch, words))
    return is_plain and bool(words) and all(_is_set_so(run, it) for it in words)


def _is_set_so(run: Run, assignment: str) -> bool:
    """True if the last ENV before a RUN gives a variable the value of an assignment, as the text tells for each target.

    A value such as `$PATH:/opt/bin` is the same if the ENV is written like it: PATH would only have the directory twice.
    """
    name, _equals, value = assignment.partition("=")
    value = value.strip('"')
    declaration = run.declaration(name)
    if declaration is None or not isinstance(declaration.node, Env) or not run.scopes:
        return False
    used = {*_USED.findall(value)}
    if used:
        pair = next((it for it in reversed(declaration.pairs) if it.name.text == name), None)
        written = "" if pair is None or pair.value is None else pair.value.text.strip('"')
        return used == {name} and written == value
    return all(it.environment.get(name) == value for it in run.scopes)


def _without_values(ctx: RuleContext) -> Iterator[Finding]:
    """Find RUN instructions that export what each shell has already, one finding for those in a row."""
    for stage in ctx.build.stages:
        for exports, row in groupby(stage.instructions, lambda it: isinstance(it, Run) and _changes_nothing(it)):
            runs = [it for it in row if exports and isinstance(it, Run)]
            if not runs:
                continue
            title = ngettext("Delete this RUN", "Delete these RUN instructions", len(runs))
            edits = tuple(remove_line(it, with_comments=True, gone=runs) for it in runs)
            yield Finding(
                _place(runs[0]),
                _("this `export` changes nothing: each RUN exports the variables of ENV and ARG by itself"),
                (Fix(title, edits, Safety.SUGGESTION),),
                same_here(map(_place, runs[1:])),
                Severity.INFORMATION,
            )


_NAME: Final = lazy_regex(
    r"(?<![\w$\"'=:/.-])(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)(?==)|\bexport[ \t]+(?P<only>[A-Za-z_]\w*)(?![\w=])"
)


def _names_of_script(run: Run) -> frozenset[str]:
    """The variables that a script of nothing but assignments sets; none for any other script, or if the text does not tell them."""
    if any(not it.is_substitution for it in run.script.commands):
        return frozenset()
    return frozenset(it["name"] or it["only"] for it in _NAME.finditer(run.node.arguments[0].text))


_READ_BY_PROGRAMS: Final = lazy_regex(
    r"PATH|HOME|USER|SHELL|TERM|DISPLAY|TZ|TMPDIR|LANG|LANGUAGE|LC_\w+|LD_\w+|DEBIAN_FRONTEND|\w+_(?:proxy|PROXY)"
    r"|AR|CC|CXX|FC|LD|\w*FLAGS|CLASSPATH|(?:CGO|CMAKE|CUDA|NVIDIA|PKG_CONFIG)_\w+|GO[A-Z0-9]+|\w+_(?:HOME|PATH|ROOT|PREFIX)|[A-Z]+PATH"
    r"|(?:ASPNETCORE|BUNDLE|CARGO|COMPOSER|CONDA|DJANGO|DOTNET|FLASK|GEM|GRADLE|JAVA|MAVEN|NODE|NPM|npm_config|NVM|PHP|PIP|POETRY|RAILS|RUSTUP|SDKMAN|UV|YARN)_\w+"
    r"|(?:PERL|PYTHON|RUBY|RUST)[A-Z0-9]\w*|\w+_(?:ENV|OPTS|OPTIONS)"
)
"""Variables that programs read by their names, for which the text of no instruction has to use them.

Those of the shell, the dynamic loader and the C library (sh(1), ld.so(8), environ(7)); of apt; of programs that download; of compilers and build tools;
and of languages, their package managers and frameworks.
"""


class _Uses(NamedTuple):
    """The instructions of a stage that matter for a variable, by index and in order."""

    reading: dict[str, list[int]]
    """Those that expand a variable that they do not set themselves."""
    setting: dict[str, list[int]]
    """The ARG and ENV that set it."""
    starting: list[int]
    """Those that start a program."""


def _uses(ctx: RuleContext) -> dict[Stage, _Uses]:
    return {it: _uses_of(it) for it in ctx.build.stages}


def _uses_of(stage: Stage) -> _Uses:
    uses = _Uses({}, {}, [])
    for it in stage.instructions:
        text = it.written
        if isinstance(it.node, RunNode | Cmd | Entrypoint | Healthcheck):
            uses.starting.append(it.idx)
        names = {match["name"] for match in _EXPANDED.finditer(text)} if "$" in text else set()
        if names and isinstance(it, Run):
            names.difference_update(match["name"] for match in _NAME.finditer(text))
        for name in names:
            uses.reading.setdefault(name, []).append(it.idx)
        if isinstance(it.node, Arg | Env):
            for pair in it.pairs:
                uses.setting.setdefault(pair.name.text, []).append(it.idx)
    return uses


_EXPANDED: Final = lazy_regex(r"\$\{?(?P<name>[A-Za-z_]\w*)")


def _is_missed(ctx: RuleContext, run: Run, names: frozenset[str]) -> bool:
    """True if something after a RUN reads one of these variables before another instruction sets it, or if no names are known."""
    return not names or any(_is_read_after(ctx, run, it) for it in names)


def _is_read_after(ctx: RuleContext, run: Run, name: str) -> bool:
    is_known = _READ_BY_PROGRAMS.fullmatch(name) is not None
    for stage in () if run.stage is None else run.stage.family:
        uses = ctx.cached(_uses)[stage]
        first = run.idx if stage is run.stage else -1
        read = _next(uses.starting if is_known else uses.reading.get(name, ()), first)
        set_ = _next(uses.setting.get(name, ()), first)
        if read is not None and (set_ is None or read <= set_):
            return True
        if stage is run.stage and set_ is not None:
            return False
    # The command of the base image reads it.
    return is_known and run.stage is not None and (run.stage.is_image or not run.stage.is_used)


def _next(places: Sequence[int], place: int) -> int | None:
    """The first of these sorted places after another one."""
    position = bisect_right(places, place)
    return places[position] if position < len(places) else None


_VALUE: Final = r"""(?:[^\s;&|<>()"'`$]|\$\w|\$\{\w+\}|\$\([^()]*\)|"[^"]*"|'[^']*')*"""
_LAST_EXPORT: Final = lazy_regex(rf"(?P<export>export(?:[ \t]+[A-Za-z_]\w*={_VALUE})+)[ \t]*;?\s*")


_ASSIGNED: Final = lazy_regex(rf"[ \t](?P<name>[A-Za-z_]\w*)=(?P<value>{_VALUE})")
_UNKNOWN_START: Final = lazy_regex(r"\$(?:\([^()]*\)|\{\w+\}|\w+)")


def _has_value(run: Run, name: str, value: str) -> bool:
    """True if the last ENV of a variable already has the parts of a value, as far as the text tells: `$(pwd)/tool/bin` in `$PATH:/opt/tool/bin`."""
    declaration = run.declaration(name)
    pair = next((it for it in declaration.pairs if it.name.text == name), None) if declaration is not None else None
    if pair is None or pair.value is None:
        return False
    parts = [it for it in value.strip("\"'").split(":") if it not in (f"${name}", f"${{{name}}}")]
    literals = [_UNKNOWN_START.sub("", it, count=1) if it.startswith("$") else it for it in parts]
    return all(it and it in pair.value.text for it in literals)


def _at_the_end(ctx: RuleContext, run: Run) -> Finding | None:
    """The finding on an `export` that is the last command of a longer script, so that nothing sees what it sets; else None."""
    token = run.node.arguments[0]
    position = token.text.rfind("export ")
    if position <= 0 or not run.is_read or run.script.has_errors:
        return None
    before = token.text[:position].rstrip()
    match = _LAST_EXPORT.fullmatch(token.text, position)
    if match is None or not before.endswith(("&&", ";")) or before.endswith(";;"):
        return None
    names = frozenset(
        it["name"] for it in _ASSIGNED.finditer(match["export"]) if not _has_value(run, it["name"], it["value"])
    )
    if not names or not _is_missed(ctx, run, names):
        return None
    start = token.span.start
    place = run.node.logical.range(start + position, start + match.end("export")).shifted(run.syntax.start)
    line_end = run.build.text.find("\n", place.start, place.end)
    return Finding(TextRange(place.start, place.end if line_end < 0 else line_end), _message(run, "export"))


def _message(run: Run, command: str | None) -> str:
    if run.stage is not None and run.stage.instructions[-1] is run and len(run.stage.family) == 1:
        return _("what this `{command}` sets ends with its RUN: the image does not have it", command=command)
    return _("what this `{command}` sets ends with its RUN: the next instruction does not see it", command=command)


def _changes_only_the_shell(run: Run) -> bool:
    """True if a RUN only sets what ends with its shell, as far as the text tells."""
    script = run.script
    return (
        run.is_read
        and not script.has_errors
        and ">" not in run.node.arguments[0].text
        and _first_word(run) is not None
        and all(it.name in _YIELDING if it.is_substitution else _is_of_the_shell(it) for it in script.commands)
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
        directory = words[1] if len(words) == 2 else ""
        unclosed = directory.rstrip(";")
        if _is_plain(unclosed) and _is_there(run, unclosed):
            message = _("the working directory is `{path}` already: this `cd` does nothing", path=run.directories[0])
            return Finding(_place(run), message, _fixes_of_cd(run, unclosed), severity=Severity.INFORMATION)
        message = (
            _("this `cd` ends with its RUN: the image starts in the old directory")
            if run.stage is not None and run.stage.instructions[-1] is run
            else _("this `cd` ends with its RUN: the next instruction is in the old directory")
        )
        return Finding(_place(run), message, _fixes_of_cd(run, directory) if _is_plain(directory) else ())
    return Finding(_place(run), _message(run, first), tuple(_fixes_of_variables(run, words)))


def _is_plain(directory: str) -> bool:
    """True if a path is written without variables and other signs of the shell."""
    return bool(directory) and not set(directory) & set("$&|;<>`'\"\\*?(){}~#")


def _place(run: Run) -> TextRange:
    """The script, or its first line."""
    return first_line(run.build.text, run.range_of(run.node.arguments[0]))


def _fixes_of_cd(run: Run, directory: str) -> tuple[Fix, ...]:
    """A WORKDIR in place of the RUN; if a later RUN changes to the directory itself, the RUN goes, because a WORKDIR would take that one elsewhere."""
    if directory.startswith("-"):
        return ()
    later = {
        it.syntax.arguments[:1]
        for one in (run.stage.runs if run.stage is not None else ())
        if one.idx > run.idx
        for it in one.commands
        if it.syntax.changes_directory
    }
    names = {posixpath.normpath(it[0]) for it in later if it}
    is_needless = posixpath.normpath(directory) in names or _is_there(run, directory) or _is_for_nothing(run)
    if is_needless or _depends_on_directory(run):
        return (Fix(_("Delete this RUN"), (remove_line(run, with_comments=True),), Safety.SUGGESTION),)
    if any(not it.startswith(("/", "~", "$", "-")) for it in names):
        # The later directory is relative to the one that a WORKDIR would replace.
        return ()
    keyword = "workdir" if run.node.keyword.text.islower() else "WORKDIR"
    return (Fix(_("Make it a WORKDIR"), (Edit(run.range, f"{keyword} {directory}"),), Safety.SUGGESTION),)


def _is_there(run: Run, directory: str) -> bool:
    """True if the working directory of a RUN is surely this one already."""
    directories = {*run.directories}
    return bool(directories) and {clean(posixpath.join(it, directory)) for it in directories} == directories


def _is_for_nothing(run: Run) -> bool:
    """True if nothing of the file works in a directory after a RUN, and a WORKDIR has named the one in which the image starts."""
    stages = () if run.stage is None else run.stage.family
    later = (it for stage in stages for it in stage.instructions if it.idx > run.idx)
    is_named = any(isinstance(it.node, Workdir) for it in instructions_before(run))
    return is_named and not any(isinstance(it.node, _WORKING) for it in later)


_WORKING: Final = (Cmd, Copying, Entrypoint, Healthcheck, RunNode, Workdir)


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
    new = [it for it in words[1:] if not _is_set_so(run, it)]
    for assignment in new:
        name, __, value = assignment.partition("=")
        used = {*_USED.findall(value)}
        # For all programs of the image, a whole PATH may leave out directories that they need.
        is_whole = name in ("HOME", "LD_LIBRARY_PATH", "PATH") and name not in used
        if is_whole or not all(it == "PATH" or run.is_set(it) for it in used):
            return
    yield Fix(_("Make it an ENV"), (Edit(run.range, f"{keyword} {' '.join(new)}"),), Safety.SUGGESTION)
