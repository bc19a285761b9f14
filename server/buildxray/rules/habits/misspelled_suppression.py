"""A comment that should suppress a rule has no effect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from buildxray.localization import _
from buildxray.rules.base import Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.registry import rule_names
from buildxray.rules.suppression import SCOPES, SuppressionComment, suppression_comments
from buildxray.semantics.check_options import CHECK_NAMES, kebab_case, skipped_names
from buildxray.semantics.mentions import Mention
from buildxray.syntax.text import Edit, TextRange


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.SOMETIMES, about=[Mention.CHECK_OPTIONS])
def misspelled_suppression(ctx: RuleContext) -> Iterator[Finding]:
    """A `# buildxray: ignore=…` comment names no rule, so it silences nothing.

    ## What it does
    Looks at comments that begin with `buildxray:` for names that no rule has, for `ignore` without a name, and for words other than
    `ignore` and `ignore-file`. Looks at `# check=skip=…` for names that neither BuildKit nor buildxray knows.

    ## Why it matters
    The comment looks as if the finding were silenced, but the finding is still reported, and a job fails because of a typing error.
    There is no `*`: each rule is named, so that no new rule is silenced by accident.

    ## Example
    ```dockerfile
    # buildxray: ignore=emulated-biuld the machines are arm64
    FROM golang:1.26 AS build
    WORKDIR /src
    ```

    Use instead:
    ```dockerfile
    # buildxray: ignore=emulated-build the machines are arm64
    FROM golang:1.26 AS build
    WORKDIR /src
    ```

    ## Fix safety
    A suggestion, if a known name is similar.
    """
    yield from _misspelled_checks(ctx, rule_names())
    for comment in suppression_comments(ctx.dockerfile):
        if comment.scope not in SCOPES:
            close = get_close_matches(comment.scope, SCOPES, n=1)
            yield Finding(
                comment.scope_range,
                _("this comment silences nothing: write `ignore=` or `ignore-file=`, and the name of a rule"),
                _renamed(comment, close),
            )
        elif not comment.rules:
            yield Finding(
                comment.scope_range,
                _("this comment silences nothing: `{scope}=` and the name of a rule are missing", scope=comment.scope),
            )
        for name, place in comment.rules if comment.scope in SCOPES else ():
            if name in rule_names():
                continue
            close = get_close_matches(name, rule_names(), n=1, cutoff=0.5)
            message = _("this comment silences nothing: there is no rule `{name}`", name=name)
            if close:
                message = _("{problem}; did you mean `{close}`?", problem=message, close=close[0])
            fixes = tuple(Fix(_("Write `{name}`", name=it), (Edit(place, it),), Safety.SUGGESTION) for it in close)
            yield Finding(place, message, fixes)


def _misspelled_checks(ctx: RuleContext, names: tuple[str, ...]) -> Iterator[Finding]:
    """The names in `# check=skip=` at the top of the file that are neither BuildKit's nor ours."""
    # BuildKit knows its own names alone for what it checks too.
    known = [*CHECK_NAMES, *(it for it in names if it not in map(kebab_case, CHECK_NAMES))]
    directive = next((it for it in ctx.dockerfile.directives if it.name == "check"), None)
    for name in skipped_names(ctx.dockerfile) if directive is not None else ():
        if name in CHECK_NAMES or (kebab_case(name) in names and name not in map(kebab_case, CHECK_NAMES)):
            continue
        assert directive is not None, "the loop has looked"
        match = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", ctx.text[slice(*directive.range)])
        if match is None:
            continue
        place = TextRange(directive.range.start + match.start(), directive.range.start + match.end())
        close = next((it for it in CHECK_NAMES if it.lower() == re.sub("[-_]", "", name).lower()), None)
        matches = [close] if close else get_close_matches(name, known, n=1, cutoff=0.5)
        message = _("this silences nothing: there is no check `{name}`", name=name)
        if matches:
            message = _("{problem}; did you mean `{close}`?", problem=message, close=matches[0])
        fixes = tuple(Fix(_("Write `{name}`", name=it), (Edit(place, it),), Safety.SUGGESTION) for it in matches)
        yield Finding(place, message, fixes)


def _renamed(comment: SuppressionComment, close: list[str]) -> tuple[Fix, ...]:
    return tuple(
        Fix(_("Write `{name}`", name=it), (Edit(comment.scope_range, it),), Safety.SUGGESTION)
        for it in close
        if comment.rules
    )
