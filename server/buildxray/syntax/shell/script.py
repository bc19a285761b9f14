"""Read the shell script of an instruction: a shell form, a JSON array that starts a shell, or a heredoc."""

from __future__ import annotations

import re

from buildxray.syntax.expansion import heredoc_marker
from buildxray.syntax.instructions import Healthcheck, Node, Run, ShellOrExec, of_node
from buildxray.syntax.shell.model import NOTHING, Command, Script, ShellWord, Variables
from buildxray.syntax.shell.place import Place
from buildxray.syntax.shell.programs import is_posix_shell, program_name
from buildxray.syntax.shell.reader import Reader
from buildxray.syntax.shell.source import ShellText
from buildxray.syntax.text import TextRange


@of_node
def read_script(node: Node, shell: tuple[str, ...] = ("/bin/sh", "-c")) -> Script:
    """Read the script of a RUN, CMD, ENTRYPOINT or HEALTHCHECK that `shell` executes; never raises."""
    if not isinstance(node, ShellOrExec | Healthcheck):
        return NOTHING
    if node.is_json:
        return _exec_form(node)
    text = node.arguments[-1] if node.arguments else None
    if text is None or not is_posix_shell(shell):
        return NOTHING
    if isinstance(node, Run) and node.heredocs and heredoc_marker(text.text) is not None:
        return _heredoc_script(node)
    reader = Reader()
    reader.read(ShellText(text.text, node.logical.locating(text.span.start)))
    for heredoc in node.heredocs if isinstance(node, Run) else ():
        # The bodies of heredocs are not in the text, which the parser reports as an error.
        reader.has_errors = False
        reader.read_heredoc(heredoc.content, heredoc.start, is_expanded=heredoc.marker.expand)
    return reader.script()


def _exec_form(node: Node) -> Script:
    """Read a JSON array, which no shell interprets unless the array starts one."""
    tokens = node.arguments[isinstance(node, Healthcheck) :]
    words = tuple(ShellWord(it.text, it.text, node.logical.range(*it.span)) for it in tokens)
    if not words:
        return NOTHING
    range_ = TextRange(words[0].range.start, words[-1].range.end)
    command = Command(words, range_, insertion=range_.start, is_writable=False)
    reader = Reader()
    try:
        reader.add(command, Place(Variables()))
    except RecursionError:
        reader.has_errors = True
    return reader.script()


def _heredoc_script(node: Run) -> Script:
    """Read the body of `RUN <<EOF` as the script, unless its first line names another interpreter."""
    heredoc = node.heredocs[0]
    interpreter = re.match(r"\t*#!([^\n]*)", heredoc.content)
    if interpreter is not None:
        words = interpreter[1].split()
        if words and program_name(words[0]) == "env":
            words = [it for it in words[1:] if not it.startswith("-")]
        if not is_posix_shell(words):
            return NOTHING
    reader = Reader()
    start = heredoc.start
    reader.read(ShellText(heredoc.content, lambda first, last: TextRange(start + first, start + last)))
    return reader.script()
