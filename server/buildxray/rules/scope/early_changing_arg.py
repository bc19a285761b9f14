"""An ARG with the commit, the time or the number of the build comes before installations that do not use it."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.localization import _, ngettext
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.changing_arguments import slow_command
from buildxray.rules.fixing.late_declarations import LateDeclarations, late_declarations
from buildxray.rules.wording import listed
from buildxray.semantics.mentions import Mention


@rule(Severity.INFORMATION, Severity.INFORMATION, FixAvailability.ALWAYS, about=[Mention.CHANGING_ARGUMENT])
def early_changing_arg(ctx: RuleContext) -> Iterator[Finding]:
    """An argument that has another value in each build is declared before installations that do not use it.

    ## What it does
    Looks for an `ARG` with the commit, the time or the number of the build (`GIT_SHA`, `VCS_REF`, `BUILD_DATE`), and an `ENV` or `LABEL` computed
    from it, before RUN steps that install, download or compile, and do not use it. It is reported if a build of the project gives the argument a
    value that only a run tells, and may find steps of earlier builds in a cache: a script or a Makefile that people run, or a workflow with
    `cache-from`. Without a workflow and a known build the name alone decides, unless the default is a commit, a number or a date.

    ## Why it matters
    From its declaration on, an argument is in the environment of every RUN, and a RUN whose environment has changed is not taken from the cache. So
    each commit installs the packages again, although nothing else has changed.

    ## Example
    ```dockerfile
    FROM python:3.14-slim
    ARG GIT_SHA=unknown
    RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*
    WORKDIR /app
    COPY requirements.txt ./
    RUN pip install --no-cache-dir -r requirements.txt
    COPY . .
    RUN echo "$GIT_SHA" > revision.txt
    CMD ["python", "main.py"]
    ```

    Use instead:
    ```dockerfile
    FROM python:3.14-slim
    RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*
    WORKDIR /app
    COPY requirements.txt ./
    RUN pip install --no-cache-dir -r requirements.txt
    COPY . .
    ARG GIT_SHA=unknown
    RUN echo "$GIT_SHA" > revision.txt
    CMD ["python", "main.py"]
    ```

    ## Fix safety
    A suggestion: the declaration is moved to directly before its first user, with a LABEL and an ENV that use it, and with the other arguments of the
    stage whose value only a run tells. Planning the fixed text shows that another value runs fewer steps again. An unknown program counts as a user, because it may read its environment; the scripts of packages that are
    installed in between are presumed not to.

    ## Limits
    Not reported if each of these steps comes after a COPY of sources, which runs it again anyway; if nothing uses the argument, because it may be
    there to install everything again; or if a program fetches the revision that it names (`git checkout $COMMIT`), which is that of another project.
    """
    for stage in ctx.build.needed_stages:
        found = late_declarations(ctx, stage)
        if found is not None:
            yield _finding(found)


def _finding(found: LateDeclarations) -> Finding:
    first = next(it for it in found.moves if it.name in found.changing)
    command = next(filter(None, map(slow_command, found.freed)))
    names, n_others = listed(found.changing), len(found.freed) - 1
    message = (
        ngettext(
            "`{command}` and {n} other RUN step run again with each new value of {names}, which they do not use",
            "`{command}` and {n} other RUN steps run again with each new value of {names}, which they do not use",
            n_others,
            command=command.title,
            names=names,
        )
        if n_others
        else _(
            "`{command}` runs again with each new value of {names}, which it does not use",
            command=command.title,
            names=names,
        )
    )
    instruction = first.instruction
    return Finding(
        instruction.range_of(instruction.pairs[first.position].name),
        message,
        (Fix(_("Declare {names} after these steps", names=listed(found.names)), found.edits, Safety.SUGGESTION),),
        tuple(Related(it.keyword_range, _("this runs again")) for it in found.freed),
    )
