"""A program is started with a build argument, which is not there when the image runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.shell_variables import may_set
from buildxray.rules.fixing.edits import declare_arguments, indentation, insert_lines
from buildxray.semantics.build import Instruction
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Cmd, Entrypoint, Env, Healthcheck
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import TESTS, Script, is_posix_shell, read_script
from buildxray.syntax.text import TextRange

_REFERENCE: Final = lazy_regex(
    rf"(?<!\\)\$(?:\{{(?P<braced>{'|'.join(AUTOMATIC_ARGUMENTS)})\}}|(?P<name>{'|'.join(AUTOMATIC_ARGUMENTS)})(?!\w))"
)


@rule(Severity.ERROR, Severity.ERROR, FixAvailability.SOMETIMES, about=[Mention.PLATFORM_ARGUMENT, Mention.TARGETSTAGE])
def runtime_platform_arg(ctx: RuleContext) -> Iterator[Finding]:
    """ENTRYPOINT, CMD or HEALTHCHECK uses a platform argument, which ends with the build.

    ## What it does
    Looks for `$TARGETARCH`, `${TARGETPLATFORM}` and the other automatic platform arguments in ENTRYPOINT, CMD and HEALTHCHECK of the image,
    where no ENV of that name comes before.

    ## Why it matters
    An ARG exists while the image is built. BuildKit writes these instructions into the image as they are. In JSON form the container looks for a
    program with a `$` in its name; in shell form the variable is empty when the container starts.

    ## Example
    ```dockerfile
    FROM alpine:3.22
    ARG TARGETARCH
    COPY dist/ /opt/tool/
    ENTRYPOINT /opt/tool/tool-$TARGETARCH
    ```

    Use instead:
    ```dockerfile
    FROM alpine:3.22
    ARG TARGETARCH
    COPY dist/ /opt/tool/
    ENV TARGETARCH=$TARGETARCH
    ENTRYPOINT /opt/tool/tool-$TARGETARCH
    ```

    ## Fix safety
    A suggestion, for the shell form: the variable becomes part of the image. No fix is offered for the JSON form, which no shell reads.
    Give the file one name while building instead: `RUN ln -s tool-$TARGETARCH /opt/tool/tool`.

    ## References
    BuildKit: dockerfile2llb/convert.go, dispatchCmd and dispatchEntrypoint do not expand their arguments.
    """
    image = [it for it in ctx.build.needed_stages if it.is_image]
    environments = (it for stage in image for it in stage.instructions if isinstance(it.node, Env))
    kept = {pair.name.text for it in environments for pair in it.pairs}
    starting = (
        it for stage in image for it in stage.instructions if isinstance(it.node, Entrypoint | Cmd | Healthcheck)
    )
    # A later instruction of the same name replaces an earlier one, which then has no effect.
    for instruction in {type(it.node): it for it in starting}.values():
        yield from _findings(instruction, kept)


def _findings(instruction: Instruction, kept: set[str]) -> Iterator[Finding]:
    node = instruction.node
    arguments = [it.text for it in node.arguments[isinstance(node, Healthcheck) :]]
    has_shell = not node.is_json or any(is_posix_shell(arguments[it:]) for it in range(len(arguments) - 2))
    script = read_script(node)
    for match in _REFERENCE.finditer(node.text):
        name = match["braced"] or match["name"]
        is_program = not has_shell and _names_program(instruction, match.start())
        if (name in kept and not is_program) or (has_shell and may_set(script, name)):
            # A program may expand its arguments itself, if the variable is in its environment.
            continue
        if has_shell and not script.has_errors and all(it.name != name for it in script.variables):
            # Single quotes: the shell does not expand it.
            continue
        range_ = node.logical.range(*match.span()).shifted(instruction.syntax.start)
        # `${TARGETARCH:?}` ends a container that is started without the variable.
        asks = f"${{{name}:?" in node.text or f"${{{name}?" in node.text
        if has_shell:
            message = _(
                "`{name}` is empty when the container starts: an ARG ends with the build; set `ENV {name}=${name}` before",
                name=name,
            )
        elif not is_program:
            message = _(
                "the program receives the text `${name}`: the JSON form expands no variables; start it by a script that sets the value",
                name=name,
            )
        else:
            message = _(
                "the container looks for a file with `${name}` in its name: nothing expands the JSON form; give the file one name in a RUN",
                name=name,
            )
        yield Finding(
            TextRange(*range_),
            message,
            _fixes(instruction, name) if has_shell else (),
            doubt=None if is_program or (has_shell and _is_needed(script, name) and not asks) else Doubt.USE,
        )
        return


_SHOWING: Final = frozenset({":", "echo", "printf"})


def _is_needed(script: Script, name: str) -> bool:
    """True if a script names a program or a file by a variable, or decides by it; False if programs only get it as an argument or print it."""
    users = [
        (it, word) for it in script.commands for word in it.words if any(one.name == name for one in word.variables)
    ]
    return (not users and not script.has_errors) or any(
        it.name in TESTS or (it.name not in _SHOWING and (word is it.words[0] or "/" in word.text.partition("=")[0]))
        for it, word in users
    )


def _names_program(instruction: Instruction, position: int) -> bool:
    """True if a position in the text of an instruction in JSON form is in the program that the container starts."""
    node = instruction.node
    arguments = node.arguments[isinstance(node, Healthcheck) :]
    stages = () if instruction.stage is None else instruction.stage.ancestry
    has_entrypoint = any(isinstance(it.node, Entrypoint) for stage in stages for it in stage.instructions)
    is_first = bool(arguments) and arguments[0].span.start <= position < arguments[0].span.end
    return is_first and not (isinstance(node, Cmd) and has_entrypoint)


def _fixes(instruction: Instruction, name: str) -> tuple[Fix, ...]:
    line = f"{indentation(instruction)}ENV {name}=${name}"
    declared = declare_arguments(instruction, [name])
    if declared:
        lines = [*(it.new_text.rstrip("\r\n") for it in declared), line]
        edits = (insert_lines(instruction, lines),)
    else:
        edits = (insert_lines(instruction, [line]),)
    return (Fix(_("Keep `{name}` in the image", name=name), edits, Safety.SUGGESTION),)
