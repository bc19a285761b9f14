"""A source of COPY or ADD that leads out of the build context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Copy, Copying
from buildxray.syntax.text import Edit, TextRange


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.PARENT_DIRECTORY])
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

    ## Fix safety
    Where the rest of the path exists in the build context, the finding is an information, and the fix leaves out the `..`: BuildKit copies the
    same files then.

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
            if not _leads_above(path):
                continue
            if isinstance(node, Copy) and node.source_stage is not None:
                message = _("`{path}` cannot lead above the root: BuildKit leaves out the `..`", path=source.text)
                yield Finding(instruction.range_of(source), message)
                continue
            message = _("`{path}` cannot leave the build context: BuildKit leaves out the `..`", path=source.text)
            kept = path[len(_upward(path)) :]
            if "$" in kept or ctx.build.workspace.holds is None or not ctx.build.workspace.holds(kept or "."):
                yield Finding(instruction.range_of(source), message)
                continue
            # What BuildKit takes exists, and was meant, or the build would be seen to fail.
            yield Finding(
                instruction.range_of(source),
                _("{message} and takes `{kept}`", message=message, kept=kept or "."),
                _shortened(ctx, instruction.range_of(source), path),
                severity=Severity.INFORMATION,
            )


def _leads_above(path: str) -> bool:
    """True if a source leads above the root that it is relative to, as far as the text tells."""
    if "://" in path or path.startswith("/"):
        return False
    literal = path.partition("$")[0]
    kept = posixpath.normpath(literal)
    if "$" in path and not literal.endswith("/"):
        kept = posixpath.dirname(kept)
    return kept == ".." or kept.startswith("../")


def _upward(path: str) -> str:
    """The part of a path that leads to the directories above: `../../` of `../../a`; empty where another directory comes first."""
    rest = path
    while rest.startswith(("../", "./")) or rest == "..":
        rest = rest.partition("/")[2].lstrip("/")
    return path[: len(path) - len(rest)]


def _shortened(ctx: RuleContext, place: TextRange, path: str) -> tuple[Fix, ...]:
    """The fix that leaves out what BuildKit leaves out; none where the path is written in another way, or nothing would be left of it."""
    upward = _upward(path)
    start = ctx.text.find(path, place.start, place.end)
    if start < 0 or upward == path or not upward:
        return ()
    edit = Edit(TextRange(start, start + len(upward)), "")
    return (Fix(_("Write `{path}`", path=path[len(upward) :]), (edit,), Safety.SAFE),)
