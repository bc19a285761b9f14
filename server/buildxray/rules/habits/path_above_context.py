"""A source of COPY or ADD that leads out of the build context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, FixAvailability, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.syntax.instructions import Copy, Copying


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.NEVER)
def path_above_context(ctx: RuleContext) -> Iterator[Finding]:
    """A source of COPY or ADD leads above the build context, which BuildKit does not leave.

    ## What it does
    Looks at paths such as `../shared` and `a/../../b`.

    ## Why it matters
    BuildKit leaves out each `..` that leads above the context, or above the root of the stage after `--from=`, and says nothing:
    `COPY ../shared /srv` copies `shared` of the context, or fails because there is none.

    ## Example
    ```dockerfile
    FROM alpine
    COPY ../shared /srv
    ```

    Use instead, with the directory above as the context (`docker buildx build -f app/Dockerfile .`):
    ```dockerfile
    FROM alpine
    COPY shared /srv
    ```

    ## Limits
    Silent where the path begins with a variable. The alternative to another context is a second one: `--build-context shared=../shared` and
    `COPY --from=shared`.
    """
    for instruction in ctx.build.instructions:
        node = instruction.node
        if not isinstance(node, Copying) or node.problems:
            continue
        for source in node.sources:
            path = source.text.replace("\\", "/") if node.is_json else source.text
            if "://" in path or path.startswith("/"):
                continue
            literal = path.partition("$")[0]
            kept = posixpath.normpath(literal)
            if "$" in path and not literal.endswith("/"):
                kept = posixpath.dirname(kept)
            if kept != ".." and not kept.startswith("../"):
                continue
            is_of_stage = isinstance(node, Copy) and node.source_stage is not None
            message = (
                _("`{path}` cannot lead above the root: BuildKit leaves out the `..`", path=source.text)
                if is_of_stage
                else _("`{path}` cannot leave the build context: BuildKit leaves out the `..`", path=source.text)
            )
            yield Finding(instruction.range_of(source), message)
