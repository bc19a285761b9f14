"""An instruction without a shell contains shell syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from buildxray.caching import cached
from buildxray.localization import _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.rules.base import Finding, FixAvailability, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Instruction, Run
from buildxray.semantics.mentions import BUILTINS, Mention
from buildxray.syntax.instructions import (
    Add,
    Arg,
    Cmd,
    Copy,
    Copying,
    Entrypoint,
    Env,
    Healthcheck,
    Shell,
    ShellOrExec,
    Span,
    Token,
    User,
    Volume,
    WithPairs,
    Workdir,
)
from buildxray.syntax.instructions import Run as RunNode
from buildxray.syntax.lazy_regex import lazy_regex

_OPERATOR: Final = lazy_regex(r"(?<=\s)(?:&&|\|\||\||>>|2>&1|2?>)(?=\s)|(?<=\s)2?>(?=/dev/null(?:\s|$))")
_TILDE: Final = lazy_regex(r"~(?=/|$)")
_MOUNTED_HOME: Final = lazy_regex(r"(?:^|,)(?:target|dst|destination|source|src)=(?P<path>~(?:/[^,]*)?)(?=,|$)")
_COMMAND: Final = lazy_regex(
    r"(?<!\\)(?:\$\((?P<name>[a-z][\w.-]*)(?:\s[^()`]*)?\)|`(?P<old>[a-z][\w.-]*)(?:\s[^`]*)?`)"
)
_GIVEN_TO_SHELL: Final = lazy_regex(r"""-c[ \t]+["'$\\{]{0,5}(\w+)""")
_LONGEST_COMMAND: Final = 200
"""Code points of an unquoted command that may follow its first word."""
_VARIABLE: Final = lazy_regex(r"\$(?:\w+|\{\w+\})")
_PLATFORM_VARIABLE: Final = lazy_regex(rf"\$\{{?(?:{'|'.join(AUTOMATIC_ARGUMENTS)})\b")
_VARIABLE_IN_WORD: Final = lazy_regex(r"(?<![\\$])\$(?:[A-Z][A-Z0-9_]*(?!\w)|\{[A-Z][A-Z0-9_]*(?::?-[^${}]*)?\})")
_EXPANDS_NOTHING: Final = lazy_regex(
    r"(?:.*/)?(?:celery|curl|daphne|dotnet|flask|gunicorn|hypercorn|java|node|php|python[\d.]*|ruby|streamlit|uvicorn|wget)"
)
"""Programs that take the words of their command line as they are."""
_CODE: Final = frozenset({"-c", "-e", "-p", "-r", "--command", "--eval", "--print"})
"""Options whose value is a program, in which `$` may have another meaning."""
_COMPARING: Final = frozenset({"[", "[[", "expr", "find", "test"})
_SHELLS: Final = lazy_regex(r"(?:.*[/\\])?(?:ba|da|z|k|c|a|fi)?sh", re.IGNORECASE)
_OF_CMD: Final = lazy_regex(r".*\.(?:bat|cmd)|(?:.*[/\\])?(?:cmd|p(?:ower|w)sh(?:ell)?)(?:\.exe)?", re.IGNORECASE)
"""Programs that read operators in the words after them: the interpreter of commands of Windows, which runs batch files, and PowerShell.

Source: learn.microsoft.com, "Install Build Tools into a container", whose ENTRYPOINT has `"&&"`; "about_PowerShell_exe", `-Command`.
"""


_READ: Final = frozenset({Add, Arg, Cmd, Copy, Entrypoint, Env, Healthcheck, RunNode, Shell, User, Volume, Workdir})


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.NEVER, about=[Mention.SHELL_SYNTAX])
def shell_syntax(ctx: RuleContext) -> Iterator[Finding]:
    """An instruction that no shell reads contains shell syntax.

    ## What it does
    Looks for `&&`, `|` and redirections among the arguments of COPY, ADD, WORKDIR, USER and VOLUME; for `~` at the beginning of their paths; for
    `$(command)` in the values of ENV and ARG; and, in the JSON form of RUN, CMD, ENTRYPOINT and HEALTHCHECK, for a whole command line, a
    variable or a builtin of shells such as `exec` as the program, for operators as arguments, and for variables among the arguments of
    programs such as `java` and `python`, which get `$PORT` as it is written.

    ## Why it matters
    No shell reads these: `COPY a b || true` copies files called `||` and `true`, `WORKDIR ~/app` makes a directory named `~`, the
    value of `ENV NOW=$(date)` is the text `$(date)`, and `CMD ["npm start"]` looks for a program whose name has a blank.

    ## Example
    ```dockerfile
    FROM node:22-alpine
    CMD ["npm start"]
    ```

    Use instead:
    ```dockerfile
    FROM node:22-alpine
    CMD ["npm", "start"]
    ```

    ## Limits
    Values in single quotes and prompts are not reported, nor are values in files with `eval`, `envsubst` or `sh -c "$NAME"`: a later
    shell may be meant to read them. A program whose path contains a blank is not reported, because it may exist. Nor is a CMD beside an
    ENTRYPOINT, whose program gets it: `ENTRYPOINT ["sh", "-c"]` has a shell read it.
    """
    relative = frozenset(it.instruction.idx for it in warned(ctx, "WorkdirRelativePath")) if "~" in ctx.text else ()
    is_evaluated = "eval" in ctx.text or "envsubst" in ctx.text
    for instruction in ctx.build.instructions:
        node = instruction.node
        if (
            node.__class__ not in _READ
            or node.problems
            or node.heredocs
            or Mention.SHELL_SYNTAX not in instruction.mentions
        ):
            continue
        if isinstance(node, Copying | Workdir | User | Volume):
            yield from _paths(instruction, says_home=instruction.idx not in relative)
        elif isinstance(node, Arg | Env) and not is_evaluated:
            yield from _values(ctx, instruction, node)
        if isinstance(instruction, Run):
            yield from _mounts(instruction)
        if node.is_json and isinstance(node, ShellOrExec | Healthcheck) and not _is_for_entrypoint(instruction):
            yield from _exec_form(instruction)


def _is_for_entrypoint(instruction: Instruction) -> bool:
    """True if the words of a CMD are arguments of an ENTRYPOINT of this file: `ENTRYPOINT ["sh", "-c"]` reads the first as a script."""
    stage = instruction.stage
    if not isinstance(instruction.node, Cmd) or stage is None:
        return False
    return any(isinstance(it.node, Entrypoint) for one in stage.ancestry for it in one.instructions)


def _paths(instruction: Instruction, *, says_home: bool) -> Iterator[Finding]:
    node = instruction.node
    keyword = instruction.keyword
    if not node.is_json and not set("\"'[#") & set(node.text):
        operator = _OPERATOR.search(node.text, node.keyword.span.end)
        if operator is not None:
            place = instruction.range_of(Span(operator.start(), operator.end()))
            sources = node.sources if isinstance(node, Copying) else ()
            source = next((it.text for it in sources if it.span.start == operator.start()), None)
            if source is None:
                message = _("no shell reads {keyword}: `{text}` is an argument", keyword=keyword, text=operator[0])
            else:
                message = _(
                    "no shell reads {keyword}: the build looks for a file called `{text}`, and stops without one",
                    keyword=keyword,
                    text=source,
                )
            yield Finding(place, message)
            return
    # An account is not a path, and `workdir-relative-path` reports the home directory itself.
    is_path = says_home and not isinstance(node, User)
    for argument in (it for it in node.arguments if is_path and _TILDE.match(it.text)):
        start, end = argument.span
        place = instruction.range_of(Span(start + 1, end - 1) if node.is_json else argument.span)
        message = _("no shell reads {keyword}: `~` is a directory of that name, not the home", keyword=keyword)
        yield Finding(place, message)


def _mounts(run: Run) -> Iterator[Finding]:
    for flag in run.mounts:
        value = flag.value
        if value is None:
            continue
        for match in _MOUNTED_HOME.finditer(value.text):
            start = value.span.start
            place = run.range_of(Span(start + match.start("path"), start + match.end("path")))
            yield Finding(place, _("no shell reads `--mount`: `~` is a directory of that name, not the home"))


@cached(4)
def _names_for_later_shells(text: str) -> frozenset[str]:
    """The variables that `sh -c "$NAME"` has a shell read."""
    return frozenset(_GIVEN_TO_SHELL.findall(text))


def _values(ctx: RuleContext, instruction: Instruction, node: WithPairs) -> Iterator[Finding]:
    for pair in node.pairs:
        if pair.value is None or pair.name.text.startswith(("PS", "PROMPT")):
            continue
        start, end = pair.value.span
        # The blanks of an unquoted command end the word, not the command.
        match = None if "'" in pair.value.text else _COMMAND.search(node.text, start, end + _LONGEST_COMMAND)
        if match is None or match.start() >= end or (match["old"] and ctx.build.dockerfile.escape == "`"):
            continue
        if pair.name.text in _names_for_later_shells(ctx.text):
            continue
        place = instruction.range_of(Span(match.start(), match.end()))
        message = _("no shell reads {keyword}: the value is this text, no command is run", keyword=instruction.keyword)
        yield Finding(place, message)


def _exec_form(instruction: Instruction) -> Iterator[Finding]:
    node = instruction.node
    words = node.arguments[1:] if isinstance(node, Healthcheck) else node.arguments
    if not words:
        return
    program, *rest = words
    first, blank, second = program.text.partition(" ")
    if blank and first and (not set("/\\") & set(program.text) or second.startswith("-")):
        message = _("the program is called `{name}`, blanks included: give each word its own string", name=program.text)
        yield Finding(instruction.range_of(program), message)
    elif not isinstance(node, Shell) and _VARIABLE.search(program.text):
        if not isinstance(instruction, Run) and _PLATFORM_VARIABLE.search(program.text):
            # `runtime-platform-arg` reports it, with a repair.
            return
        message = _("no shell reads the JSON form: the program is called `{name}`", name=program.text)
        yield Finding(instruction.range_of(program), message)
    elif not isinstance(node, Shell) and program.text not in _COMPARING and _OF_CMD.fullmatch(program.text) is None:
        yield from _words(instruction, program, rest)


def _words(instruction: Instruction, program: Token, rest: Sequence[Token]) -> Iterator[Finding]:
    """Find the first word of a command line in JSON form that only a shell would understand."""
    if program.text in BUILTINS:
        message = _(
            "`{name}` is a builtin of shells, not a program, and no shell reads the JSON form", name=program.text
        )
        yield Finding(instruction.range_of(program), message)
        return
    takes_words = _EXPANDS_NOTHING.fullmatch(program.text) and not any(it.text in _CODE for it in rest)
    for word in rest:
        is_operator = word.text in ("&&", "||", "|", ">>", "2>&1") or (word.text == ">" and word is not rest[-1])
        if is_operator:
            yield Finding(instruction.range_of(word), _operator(program, word))
            return
        variable = _VARIABLE_IN_WORD.search(word.text) if takes_words else None
        # Spring expands `${NAME}` in the properties that Java gets.
        is_property = variable is not None and "{" in variable[0] and program.text.endswith("java")
        if variable is not None and not is_property and _PLATFORM_VARIABLE.search(word.text) is None:
            message = _("no shell reads the JSON form: `{program}` gets `{text}`", program=program.text, text=word.text)
            yield Finding(instruction.range_of(word), message)
            return


def _operator(program: Token, word: Token) -> str:
    if _SHELLS.fullmatch(program.text):
        return _("the shell reads the string after `-c` only: `{text}` is a parameter of it", text=word.text)
    return _("no shell reads the JSON form: `{program}` gets `{text}`", program=program.text, text=word.text)
