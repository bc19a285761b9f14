"""Several files are copied to one path, so that only the last one remains."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.platforms.official_images import is_directory_of
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import path_in_context
from buildxray.semantics.build import Command, Instruction, Run
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.mentions import Mention, names_in_directories
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.instructions import Add, Copy, Copying
from buildxray.syntax.text import Edit, TextRange


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.SEVERAL_SOURCES])
def overwritten_copy(ctx: RuleContext) -> Iterator[Finding]:
    """Several sources are copied to one path without a `/` at its end.

    ## What it does
    Looks for COPY and ADD with several sources whose destination does not end with `/`, and is not known to be a directory: one of every
    distribution, such as `/usr/local/bin`, one of an official image, such as `/etc/nginx/conf.d`, or one that an instruction above creates. Also
    for a pattern that names files of one name in several directories of the build context (`COPY packages/*/package.json packages/`).

    ## Why it matters
    Unless the path is a directory already, it becomes a file: each source replaces the one before. The old builder refused it;
    BuildKit does not.

    ## Example
    ```dockerfile
    FROM alpine
    COPY package.json package-lock.json /srv/app
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    COPY package.json package-lock.json /srv/app/
    ```

    ## Fix safety
    A suggestion: only the author knows where the files should be.

    ## Limits
    Not reported if the last source is a pattern for a file like the destination, which may be absent: `COPY .gitkeep own.ini* /etc/php.ini`.
    Whether another base image has a directory of that name is not known. Not reported if the first source is a directory, whose files are
    copied into the destination, nor if a program above works on the path: `git clone … /src`.

    ## References
    docs.docker.com, "COPY --parents".
    """
    yield from _of_one_name(ctx)
    for instruction in ctx.build.instructions:
        node = instruction.node
        if not isinstance(node, Copying) or node.problems or node.destination is None or node.is_enabled("parents"):
            continue
        path = node.destination.text
        if len(node.arguments) < 3 or path.endswith(("/", ".", "\\")) or "$" in path or "~" in path:
            continue
        if _is_optional_file(node, path):
            continue
        # Other rules report invalid JSON, comments, flags, shell operators and other instructions among the arguments.
        if any(_is_not_path(it.text, is_json=node.is_json) for it in node.arguments):
            continue
        paths = {clean(posixpath.join(it, path)) for it in instruction.directories}
        if not paths or any(_is_directory(instruction, it) for it in paths) or _is_of_directory(ctx, node):
            continue
        range_ = instruction.range_of(node.destination)
        end = range_.end - (1 if node.is_json else 0)
        fix = Fix(_("Write `{name}`", name=f"{path}/"), (Edit(TextRange(end, end), "/"),), Safety.SUGGESTION)
        message = _(
            "unless `{path}` is a directory already, only the last of the {n} sources stays",
            path=path,
            n=len(node.arguments) - 1,
        )
        yield Finding(range_, message, (fix,))


def _of_one_name(ctx: RuleContext) -> Iterator[Finding]:
    """Find patterns for files of one name in several directories: each replaces the one before. BuildKit: dockerfile2llb/convert.go, dispatchCopy."""
    workspace = ctx.build.workspace
    for instruction in ctx.build.instructions:
        node = instruction.node
        if not isinstance(node, Copying) or node.problems or node.destination is None or node.is_enabled("parents"):
            continue
        for source in (it for it in node.sources if node.flag("from") is None and names_in_directories(it)):
            found = () if workspace.matching is None else workspace.matching(path_in_context(source))
            sent = [it for it in found if workspace.ignored is None or not workspace.ignored.excludes(it)]
            if len(sent) <= 1:
                continue
            place, name = node.destination.text, posixpath.basename(source.text)
            message = ngettext(
                "{n} file becomes one, `{path}`: a pattern keeps no directories, and each file replaces the one before; `COPY --parents` keeps them",
                "{n} files become one, `{path}`: a pattern keeps no directories, and each file replaces the one before; `COPY --parents` keeps them",
                len(sent),
                path=posixpath.join(place, name) if place.endswith(("/", ".")) else place,
            )
            yield Finding(instruction.range_of(source), message)


def _is_optional_file(node: Copying, path: str) -> bool:
    """True if the last source names a file of the destination's kind with a `*` after its name: it replaces the others, or it does not exist."""
    name = node.sources[-1].text if node.sources else ""
    extension = posixpath.splitext(path)[1]
    return extension != "" and name.endswith(f"{extension}*")


def _is_not_path(text: str, *, is_json: bool) -> bool:
    return (
        text.startswith(("-", "#", "\N{EN DASH}"))
        or text in _OPERATORS
        or text in INSTRUCTION_KINDS
        or (not is_json and (text.startswith("[") or '"' in text))
    )


_OPERATORS: Final = frozenset({"&&", "||", "|", ">", "2>"})


def _is_of_directory(ctx: RuleContext, node: Copying) -> bool:
    """True if the first source is a directory, as far as known: its files are copied, and the destination becomes a directory."""
    if not node.sources:
        # A heredoc is a file.
        return False
    source = node.sources[0].text
    holds = ctx.build.workspace.holds
    is_of_context = not isinstance(node, Copy) or node.source_stage is None
    return source.endswith(("/", ".")) or (is_of_context and holds is not None and holds(f"{source}/"))


def _is_directory(instruction: Instruction, path: str) -> bool:
    """True if an absolute path is a directory already, as far as the text and the name of the image tell."""
    stage = instruction.stage
    if stage is None or any(it == path or it.startswith(f"{path}/") for it in instruction.directories):
        return True
    if stage.is_on_unread_image or is_directory_of(stage.image_name, path):
        return True
    return any(_makes(it, path) for one in stage.ancestry for it in one.instructions if it.idx < instruction.idx)


def _makes(instruction: Instruction, path: str) -> bool:
    """True if an instruction makes a path a directory: `mkdir -p`, or a COPY of files into it; or if a program may do so."""
    node = instruction.node
    if isinstance(instruction, Run):
        return any(_makes_by_command(it, path) for it in instruction.commands)
    if isinstance(node, Copying) and node.destination is not None:
        destination = node.destination.text
        is_directory = destination.endswith("/") or any(it.text.endswith(("/", ".")) for it in node.sources)
        is_archive = isinstance(node, Add) and any(".t" in it.text for it in node.sources)
        # A destination without a slash may be a file, but the path of its directory is one.
        inside = destination if is_directory or is_archive else posixpath.dirname(destination)
        made = [clean(posixpath.join(one, inside)) for one in instruction.directories]
    else:
        made = [*instruction.directories]
    return any(holds(path, one) for one in made)


def _makes_by_command(command: Command, path: str) -> bool:
    if command.name in _WITH_FILES or (command.name == "install" and not _is_for_directories(command)):
        return False
    if command.name in ("adduser", "useradd") and path.startswith("/home/"):
        return posixpath.basename(path) in command.syntax.arguments
    operands = [it for word in command.syntax.words[1:] for it in command.invocation.paths(word)]
    return any(holds(path, it) for it in operands)


def _is_for_directories(command: Command) -> bool:
    return any(it.startswith("-") and "d" in it for it in command.syntax.arguments)


_WITH_FILES: Final = frozenset({"[", "cat", "echo", "printf", "rm", "sed", "test", "touch"})
"""Programs that make no directory of their operands."""
