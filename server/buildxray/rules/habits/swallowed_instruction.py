"""An instruction is part of the RUN above it, whose last line is continued."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.records import replace
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.fixing.edits import indentation, line_end
from buildxray.semantics.build import Run
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import Command
from buildxray.syntax.text import Edit, TextRange

_BEGINS_A_LINE: Final = lazy_regex(rf"\n[ \t]*(?:{'|'.join(INSTRUCTION_KINDS)})\b")
_GOES_ON: Final = lazy_regex(
    r"(?P<rest>[ \t]*(?:(?:&&|\|\||;)[ \t]*)?[\\`])[ \t]*\r?\n(?:[ \t]*(?:#[^\n]*|\r)?\n)*[ \t]*\Z"
)


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.KEYWORD])
def swallowed_instruction(ctx: RuleContext) -> Iterator[Finding]:
    r"""An instruction is part of the RUN above it, whose last line is continued.

    ## What it does
    Looks for a line of a RUN that begins with the name of an instruction in upper case, such as `COPY`, after a line that ends with the escape token;
    and for an `rm` whose last pattern has lost the line end after it: `rm -rf /tmp/*USER app`.

    ## Why it matters
    The line is text for the shell: nothing is copied, and the build fails with `COPY: not found`, or the words are arguments of the command before.

    ## Example
    ```dockerfile
    FROM alpine
    RUN mkdir /srv/app && \
    COPY . /srv/app/
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    RUN mkdir /srv/app
    COPY . /srv/app/
    ```

    ## Fix safety
    A suggestion: a program may have this name. None for a FROM if other stages use the stage that it would divide, nor for a RUN after a `cd` or
    an assignment, which the commands after it may need.
    """
    for run in ctx.build.instructions:
        if not isinstance(run, Run) or run.node.heredocs or run.node.is_json or run.node.problems:
            continue
        yield from _after_a_pattern(ctx, run)
        if _BEGINS_A_LINE.search(ctx.text, *run.range) is None:
            continue
        for command in run.script.commands:
            for word in command.words:
                place = run.shell_range(word.range)
                text = ctx.text[slice(*place)]
                if (
                    text in INSTRUCTION_KINDS
                    and (before := _GOES_ON.search(ctx.text, run.range.start, place.start)) is not None
                ):
                    finding = _found(text, place, TextRange(*before.span("rest")))
                    is_divided = (text == "FROM" and _is_used(run)) or (text == "RUN" and _leaves_state(run, command))
                    yield replace(finding, fix=()) if is_divided else finding


def _leaves_state(run: Run, command: Command) -> bool:
    """True if a script up to a command changes its directory or its variables, which the commands after it would lose in a RUN of their own."""
    before = [it for it in run.script.commands if it.range.start <= command.range.start]
    return any(it.changes_directory or it.name == "export" for it in before) or bool(command.variables)


def _is_used(run: Run) -> bool:
    """True if another stage uses the one of a RUN, of which only a part would be left under its name."""
    return run.stage is not None and bool(run.stage.consumers or run.stage.copied_elsewhere)


def _after_a_pattern(ctx: RuleContext, run: Run) -> Iterator[Finding]:
    """Find `rm -rf /tmp/*USER app`: the words after the pattern are an instruction that begins in the middle of a line."""
    commands = run.script.commands if "*" in run.node.text else ()
    for command in (it for it in commands if it.name == "rm"):
        for word in command.words[1:-1]:
            place = run.shell_range(word.range)
            match = _AFTER_PATTERN.fullmatch(ctx.text, *place)
            if match is not None:
                keyword = match["keyword"]
                start = match.start("keyword")
                edit = Edit(TextRange(start, start), line_end(run) + indentation(run))
                fix = Fix(_("Begin a line with it"), (edit,), Safety.SUGGESTION)
                message = _(
                    "this {keyword} is not executed: `rm` gets it as a part of the path before it", keyword=keyword
                )
                yield Finding(TextRange(*match.span("keyword")), message, (fix,))


_AFTER_PATTERN: Final = lazy_regex(rf"/[\w./-]*/\*(?P<keyword>{'|'.join(INSTRUCTION_KINDS)})")


def _found(keyword: str, place: TextRange, rest: TextRange) -> Finding:
    message = _("this {keyword} is part of the RUN above, whose last line is continued", keyword=keyword)
    fix = Fix(_("End the RUN before it"), (Edit(rest, ""),), Safety.SUGGESTION)
    return Finding(place, message, (fix,))
