"""A build argument of the file is used in a RUN without a declaration in its stage."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from buildxray.localization import _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.rules.base import Finding, FixAvailability, Related, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.shell_variables import may_set
from buildxray.rules.fixing.global_arguments import Declarer, declarations, is_of_image, unseen_message
from buildxray.rules.wording import listed
from buildxray.semantics.build import Run, VariableReference
from buildxray.semantics.mentions import Mention


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.GLOBAL_ARGUMENT])
def undeclared_global_arg(ctx: RuleContext) -> Iterator[Finding]:
    """A RUN uses an `ARG` that is declared above the first FROM only, so it expands to nothing.

    ## What it does
    Looks for uses of these arguments in the shell text of RUN, in stages where neither they themselves nor a stage they are built on declares
    them again. `undefined-var` reports the other instructions, which BuildKit itself expands.

    ## Why it matters
    An `ARG` above the first FROM is for FROM lines. A stage sees it only after its own `ARG`; without one, the shell expands it to
    nothing, and `wget https://example.org/tool-$VERSION.tar.gz` asks for another file.

    ## Example
    ```dockerfile
    ARG VERSION=3.2
    FROM alpine:3.20
    RUN wget https://example.org/tool-$VERSION.tar.gz
    ```

    Use instead:
    ```dockerfile
    ARG VERSION=3.2
    FROM alpine:3.20
    ARG VERSION
    RUN wget https://example.org/tool-$VERSION.tar.gz
    ```

    ## Fix safety
    A suggestion: the base image may set a variable of that name. If several stages use the argument, the fix declares it in each of them,
    because one may write a path that another one reads. No fix is offered if the variable has a default in another stage, or if the script
    or the image of that stage may set it.

    ## Limits
    Not reported if the use has a default, if the script may set the variable itself, or if the image is known or likely to set it, as with
    `PG_MAJOR` in `postgres` and `NODE_VERSION` in `node`. Nor if the use only prints the value, in a stage on an image that is not of general use.
    """
    declared = {name: it for name, it in declarations(ctx.build).items() if name not in AUTOMATIC_ARGUMENTS}
    if not declared:
        return
    declarer = Declarer(ctx.build, declared)
    for stage in ctx.build.stages:
        image = stage.written_image
        if not image:
            continue
        # An image of the same owner may set the variable; if it does not, a line of the log lacks a word.
        repaired: set[str] = set()
        for run in stage.runs:
            uses = [
                it
                for it in _unseen(run, declared.keys() - repaired)
                if not is_of_image(it.name, image) and not (run.only_shows(it.name) and stage.may_be_on_own_image)
            ]
            # One declaration is seen by all later instructions.
            repaired.update(it.name for it in uses)
            if len(uses) > 1:
                yield _of_several(declarer, run, image, uses)
                continue
            for use in uses:
                related = (Related(declared[use.name], _("this `ARG` is for FROM lines")),)
                yield Finding(
                    use.name_range, unseen_message(use.name, image), partial(declarer.fixes, run, use.name), related
                )


def _of_several(declarer: Declarer, run: Run, image: str, uses: list[VariableReference]) -> Finding:
    """The finding for several arguments that one RUN lacks, for one cause; one edit declares all, if each can be declared."""
    names = listed(it.name for it in uses)
    message = (
        _("{names} are declared above the first FROM only, so they are empty here", names=names)
        if image in ("", "scratch")
        else _(
            "{names} are declared above the first FROM only: they are empty here unless the image `{image}` sets them",
            names=names,
            image=image,
        )
    )
    related = tuple(Related(it.name_range, _("`{name}` is used here", name=it.name)) for it in uses[1:])
    return Finding(uses[0].name_range, message, partial(declarer.fixes, run, *(it.name for it in uses)), related)


def _unseen(run: Run, names: set[str]) -> Iterator[VariableReference]:
    """The uses of some names in the shell text of a RUN that are unset there, each name once."""
    returned: set[str] = set()
    for it in run.variable_references() if names & run.variable_names else ():
        if it.name not in names or it.name in returned or not it.is_shell or it.has_default:
            continue
        if not run.is_set(it.name) and not may_set(run.script, it.name):
            returned.add(it.name)
            yield it
