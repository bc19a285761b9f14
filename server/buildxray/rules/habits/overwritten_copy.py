"""Several files are copied to one path, so that only the last one remains."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Command, Instruction, Run
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Copying
from buildxray.syntax.text import Edit, TextRange


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=[Mention.SEVERAL_SOURCES])
def overwritten_copy(ctx: RuleContext) -> Iterator[Finding]:
    """Several sources are copied to one path without a `/` at its end.

    ## What it does
    Looks for COPY and ADD with several sources whose destination does not end with `/`, and is not a directory that a WORKDIR, a `mkdir`
    or a COPY above has created.

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
    Whether the base image has a directory of that name is not known.
    """
    for instruction in ctx.build.instructions:
        node = instruction.node
        if not isinstance(node, Copying) or node.problems or node.destination is None or node.is_enabled("parents"):
            continue
        path = node.destination.text
        # Other rules report invalid JSON, and comments, flags and shell operators after the arguments.
        if (
            len(node.arguments) < 3
            or node.arguments[0].text.startswith("[")
            or any(it.text.startswith("--") or it.text in ("#", "&&", "||", "|", ">", "2>") for it in node.arguments)
            or path.endswith(("/", ".", "\\"))
            or "$" in path
            or "~" in path
        ):
            continue
        if any(_is_made(path, directory) for directory in instruction.directories) or not instruction.directories:
            continue
        if any(
            _is_made_before(instruction, clean(f"{it}/{path}" if path[0] != "/" else path))
            for it in instruction.directories
        ):
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


def _is_made(path: str, directory: str) -> bool:
    """True if a path exists because it is the working directory or a parent of it."""
    target = path if path.startswith("/") else f"{directory.rstrip('/')}/{path}"
    return directory == target or directory.startswith(f"{target}/")


def _is_made_before(instruction: Instruction, path: str) -> bool:
    """True if an earlier instruction makes a path a directory: `mkdir -p`, or a COPY of files into it; `path` is absolute."""
    stage = instruction.stage
    earlier = (it for one in (() if stage is None else stage.ancestry) for it in one.instructions)
    for it in earlier:
        if it.idx >= instruction.idx:
            continue
        if isinstance(it, Run):
            made = [
                one for command in it.commands if command.name in ("install", "mkdir") for one in _operands(command)
            ]
        elif isinstance(it.node, Copying) and it.node.destination is not None:
            destination = it.node.destination.text
            # A destination without a slash may be a file, but the path of its directory is one.
            inside = destination if destination.endswith("/") else posixpath.dirname(destination)
            made = [clean(posixpath.join(one, inside)) for one in it.directories]
        else:
            made = [*it.directories]
        if any(holds(path, one) for one in made):
            return True
    return False


def _operands(command: Command) -> list[str]:
    """The directories that `mkdir` and `install -d` make."""
    if command.name == "install" and not any(it.startswith("-") and "d" in it for it in command.syntax.arguments):
        return []
    return [path for word in command.syntax.words[1:] for path in command.invocation.paths(word)]
