"""The Python of a distribution refuses what pip installs into it."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.managed_python import asks_for_python_2, refused_by_pip, replaces_pip
from buildxray.rules.one_cause import same_here
from buildxray.semantics.build import Effect, KnownCommand
from buildxray.syntax.text import Edit, TextRange


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Effect.INSTALL])
def externally_managed_python(ctx: RuleContext) -> Iterator[Finding]:
    """The Python of a distribution refuses what pip installs into it.

    ## What it does
    Looks for `pip install` in stages on the official images of Alpine 3.19, Debian 12 and Ubuntu 23.04 or later, also without a tag, that install
    the pip of the distribution (`python3-pip`, `py3-pip`), and on other official images with such a distribution in their tag.

    ## Why it matters
    The build stops here with `error: externally-managed-environment`. With an older base image it worked, so that files with `FROM ubuntu` or
    `FROM alpine` have broken without a change.

    ## Example
    ```dockerfile
    FROM debian:12
    RUN apt-get update && apt-get install -y python3-pip
    RUN pip install flask
    ```

    Use instead:
    ```dockerfile
    FROM debian:12
    RUN apt-get update && apt-get install -y python3-pip
    RUN pip install --break-system-packages flask
    ```

    ## Fix safety
    A suggestion: a virtual environment, or an official image of Python, keeps the packages of the distribution as they are.

    ## Limits
    Not reported if the stage may have another Python, a virtual environment or settings of pip, if the script goes on after the failure, or if
    the build asks for a package of Python 2 (`python-dev`), which such a distribution does not have.

    ## References
    PEP 668; packaging.python.org, "Externally Managed Environments".
    """
    for stage in ctx.build.needed_stages:
        refused = [*refused_by_pip(stage)]
        if not refused or asks_for_python_2(stage):
            # A build for which no package of Python 2 is left stops there, and would not go on with another pip.
            continue
        image = stage.image_name.removeprefix("docker.io/").removeprefix("library/")
        if any(map(replaces_pip, refused)):
            message = _(
                "the build stops here, because the Python of `{image}` refuses pip: use a virtual environment, or keep the pip that is installed",
                image=image,
            )
            edits: tuple[Edit, ...] = ()
        else:
            message = _(
                "the build stops here, because the Python of `{image}` refuses pip: use a virtual environment, or `--break-system-packages`",
                image=image,
            )
            edits = tuple(edit for it in refused for edit in _edits(it))
        fix = Fix(_("Add `--break-system-packages`"), edits, Safety.SUGGESTION)
        related = same_here(it.title_range for it in refused[1:])
        yield Finding(refused[0].title_range, message, (fix,) if edits else (), related)


def _edits(command: KnownCommand) -> Iterator[Edit]:
    """Yield the edit that adds the option after `install`."""
    word = next((it for it in command.syntax.words if it.value == "install"), None)
    if word is not None and command.syntax.is_writable:
        end = command.run.shell_range(word.range).end
        yield Edit(TextRange(end, end), " --break-system-packages")
