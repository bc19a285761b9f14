"""CMD or ENTRYPOINT starts a shell, which keeps signals from the program."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.check_warnings import warned
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.broken_arrays import broken_array
from buildxray.rules.facts.context_files import path_in_context, sources_of
from buildxray.semantics.build import Instruction
from buildxray.semantics.shell_words import plain_words
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import SHELLS
from buildxray.syntax.text import Edit

_OF_TERMINAL: Final = lazy_regex(r"-[il]{1,2}|--login")
"""Options of a shell at a terminal."""
_EXEC: Final = lazy_regex(r"exec[ \t][^|&;\n]*")
"""A command that replaces its shell."""


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.SOMETIMES, buildkit_check="JSONArgsRecommended")
def json_args_recommended(ctx: RuleContext) -> Iterator[Finding]:
    """CMD or ENTRYPOINT starts a shell, which keeps signals from the program.

    ## What it does
    Looks for CMD and ENTRYPOINT that are not a JSON array, in stages without SHELL. One that was meant as an array is reported by
    `broken-json` alone, and one that a later one replaces by `multiple-instructions-disallowed`.

    ## Why it matters
    The container runs `/bin/sh -c`. `docker stop` signals that shell; if the shell does not pass the signal on, the program is killed
    after ten seconds. After `exec` the program gets it, and a shell at a terminal (`CMD bash`) ignores it in either form; the array saves a process.

    ## Example
    ```dockerfile
    FROM alpine
    CMD httpd -f -p 8080
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    CMD ["httpd", "-f", "-p", "8080"]
    ```

    ## Fix safety
    A suggestion, if the shell only starts the program, which may not be a script of the build context without `#!`. After the fix, each word of CMD is an argument of the ENTRYPOINT, also of that
    of the base image.

    ## Limits
    A base image may have set another shell.

    ## References
    BuildKit's own check `JSONArgsRecommended`.
    """
    replaced = {it.instruction for it in ctx.build.warnings_of("MultipleInstructionsDisallowed")}
    for it in warned(ctx, "JSONArgsRecommended"):
        if broken_array(it.instruction) is not None or it.instruction.idx in replaced:
            # It was meant as an array, which `broken-json` reports, or a later one replaces it.
            continue
        yield Finding(it.range, _message(it.instruction), (*_fixes(it.instruction),))


def _message(instruction: Instruction) -> str:
    """What the shell does that starts the program."""
    keyword = instruction.keyword
    words = plain_words(instruction.node) or [""]
    program, options = posixpath.basename(words[0]), words[1:]
    if program in SHELLS and all(map(_OF_TERMINAL.fullmatch, options)):
        # A shell at a terminal ignores SIGTERM in any form.
        return _(
            "`{keyword}` starts `{program}` in another shell, which it does not need", keyword=keyword, program=program
        )
    if instruction.node.arguments and _EXEC.fullmatch(instruction.node.arguments[0].text) is not None:
        return _("`{keyword}` starts a shell first, which `exec` then replaces with the program", keyword=keyword)
    return _("`{keyword}` runs in a shell, which may keep signals from the program", keyword=keyword)


def _fixes(instruction: Instruction) -> Iterator[Fix]:
    """Yield the fix that writes the command as an array, on one line; none for a text with a comment between its lines, or a script that needs the shell."""
    words = plain_words(instruction.node)
    if words is None or _names_no_interpreter(instruction, words[0]):
        return
    range_ = instruction.range_of(instruction.node.arguments[0])
    if not any(range_.contains(it.range.start) for it in instruction.build.dockerfile.comments):
        written = json.dumps(words, ensure_ascii=False)
        yield Fix(_("Write `{name}`", name=written), (Edit(range_, written),), Safety.SUGGESTION)


def _names_no_interpreter(instruction: Instruction, program: str) -> bool:
    """True if a program is a file of the build context, copied by its name, that does not begin with `#!`.

    A shell runs such a script itself, where the system says `exec format error`. Source: execve(2), ENOEXEC; sh(1p), "Command Search and Execution".
    """
    texts = instruction.build.workspace.texts
    if texts is None or "/" not in program:
        return False
    copies = (it for it in instruction.build.instructions if it.node.flag("from") is None)
    paths = {path_in_context(it) for copy in copies for it in sources_of(copy)}
    found = [text for it in paths if posixpath.basename(it) == posixpath.basename(program) for text in texts(it)]
    return any(not text.startswith("#!") for text in found)
