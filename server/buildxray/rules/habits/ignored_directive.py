"""A line that is written like a directive is a comment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.semantics.mentions import Mention
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.suggestions import nearest
from buildxray.syntax.text import Edit, TextRange

_WRITTEN: Final = lazy_regex(r"#\s*(?P<name>[A-Za-z][A-Za-z0-9]*)\s*=\s*(?P<value>\S.*)")
_DIRECTIVES: Final = ("syntax", "escape", "check")
_FOR_THE_FILE: Final = ("syntax", "escape")
"""The directives without a meaning further down; `# check=` applies to the instruction below it."""
_LIKE_A_FRONTEND: Final = lazy_regex(r"(?:[\w.-]+(?::[0-9]+)?/)*dockerfile(?:-upstream)?(?:[:@]\S+)?\s*")
_LIKE_CHECKS: Final = lazy_regex(r"(?:skip|error|experimental)=\S+\s*")


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.ASSIGNING_COMMENT])
def ignored_directive(ctx: RuleContext) -> Iterator[Finding]:
    """A line that is written like a directive is a comment.

    ## What it does
    Looks for `# syntax=` and `# escape=` below another line, and at the top of the file for names similar to those or to `# check=`.

    ## Why it matters
    BuildKit reads directives only before every other line, including blank lines and other comments. Later ones are comments: the
    named frontend is not used, and the escape token stays a backslash. Only `# syntax=` may come after a first line with `#!`.

    ## Example
    ```dockerfile
    # sintax=docker/dockerfile:1
    FROM alpine
    RUN apk add --no-cache git
    ```

    Use instead:
    ```dockerfile
    # syntax=docker/dockerfile:1
    FROM alpine
    RUN apk add --no-cache git
    ```

    ## Fix safety
    A suggestion, if the name is similar to that of a directive.
    """
    dockerfile = ctx.build.dockerfile
    seen = {it.name for it in dockerfile.directives}
    first = dockerfile.instructions[0].start if dockerfile.instructions else len(ctx.text)
    is_top, after_shebang = True, -1
    for comment in dockerfile.comments:
        if comment.range.start > first:
            return
        if comment.text.startswith("#!") and not ctx.text[: comment.range.start].strip("\ufeff"):
            # BuildKit leaves out this line when it looks for the frontend. BuildKit: parser/directives.go, parseDirective.
            after_shebang = ctx.text.find("\n", comment.range.start) + 1
            continue
        match = _WRITTEN.fullmatch(comment.text)
        if match is None:
            is_top = False
            continue
        place = TextRange(comment.range.start + match.start("name"), comment.range.start + match.end("name"))
        name, value = match["name"].lower(), match["value"]
        if is_top and name not in _DIRECTIVES and (close := nearest(name, _DIRECTIVES)) and _fits(close, value):
            message = _(
                "this is a comment: there is no directive `{name}`; did you mean `{close}`?", name=name, close=close
            )
            fix = Fix(_("Write `{name}`", name=close), (Edit(place, close),), Safety.SUGGESTION)
            yield Finding(place, message, (fix,))
        elif name == "syntax" and comment.range.start == after_shebang:
            continue
        elif name in _FOR_THE_FILE and name not in seen and _fits(name, value):
            yield Finding(place, _("this is a comment: directives come before every other line of the file"))
        is_top = False


def _fits(name: str, value: str) -> bool:
    """True if a text is a value of the directive, and not prose with an equals sign."""
    match name:
        case "escape":
            return value.strip() in ("\\", "`")
        case "syntax":
            return _LIKE_A_FRONTEND.fullmatch(value) is not None
        case _:
            return _LIKE_CHECKS.fullmatch(value) is not None
