"""A source of COPY or ADD that leads out of the build context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _, ngettext
from buildxray.records import replace
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
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
    BuildKit removes each `..` that leads above the context, or above the root of the stage after `--from=`, without a warning:
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
    Safe if the rest of the path exists in the build context; the finding then is information, because BuildKit copies the same files
    without the `..`, and one finding for all paths of the file. A suggestion if the context is unknown, or if several
    directories may be the context; no fix is offered if the file does not exist, or if no directory has it with the other sources of the file.

    ## Limits
    Not reported if the path begins with a variable. The alternative to another context is a second one: `--build-context
    shared=../shared` and `COPY --from=shared`.
    """
    harmless: list[Finding] = []
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
            kept = posixpath.normpath(f"/{path}").lstrip("/") or "."
            holds = ctx.build.workspace.holds
            place = instruction.range_of(source)
            is_open = ctx.build.workspace.has_several_contexts
            if kept != "." and ("$" in kept or holds is None):
                # In an unknown context, the file may exist.
                yield Finding(place, message, () if "$" in kept else _shortened(ctx, place, path, Safety.SUGGESTION))
                continue
            if holds is not None and not holds(kept):
                message = (
                    _("{message}, and no directory that may be the context has `{kept}`", message=message, kept=kept)
                    if is_open
                    else _("{message}, and the build context has no `{kept}`", message=message, kept=kept)
                )
                yield Finding(place, message)
                continue
            if is_open and kept != "." and ctx.build.workspace.lacks_paths:
                message = _(
                    "{message}, and no directory of the repository has both `{kept}` and the other sources",
                    message=message,
                    kept=kept,
                )
                yield Finding(place, message)
                continue
            if is_open and kept != ".":
                yield Finding(place, message, _shortened(ctx, place, path, Safety.SUGGESTION))
                continue
            # The shortened path exists, as the whole context does in each one, so the build works and the file was probably meant.
            harmless.append(
                Finding(
                    place,
                    _("{message} and takes `{kept}`", message=message, kept=kept),
                    _shortened(ctx, place, path, Safety.SAFE),
                    severity=Severity.INFORMATION,
                )
            )
    if harmless:
        yield _joined(harmless)


_MOST_EDITS: Final = 100


def _joined(findings: list[Finding]) -> Finding:
    """One finding for all paths that work: their author takes another directory for the context, which is one cause."""
    first, *others = findings
    if not others:
        return first
    n_others = len(others)
    message = ngettext(
        "{message}; likewise in {n} more path", "{message}; likewise in {n} more paths", n_others, message=first.message
    )
    edits = tuple(edit for it in findings for fix in it.fixes for edit in fix.edits)
    is_whole = all(it.fixes for it in findings) and len(edits) <= _MOST_EDITS
    fixes = (Fix(_("Leave out each `..`"), edits, Safety.SAFE),) if is_whole else first.fixes
    related = tuple(Related(it.range, it.message) for it in others)
    return replace(first, message=message, fix=fixes, related=related)


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


def _shortened(ctx: RuleContext, place: TextRange, path: str, safety: Safety) -> tuple[Fix, ...]:
    """The fix that removes the `..` that BuildKit ignores; none if the path is quoted or escaped."""
    upward = _upward(path)
    start = ctx.text.find(path, place.start, place.end)
    if start < 0 or not upward:
        return ()
    shortened = path[len(upward) :] or "."
    edit = Edit(TextRange(start, start + len(path)), shortened)
    return (Fix(_("Write `{path}`", path=shortened), (edit,), safety),)
