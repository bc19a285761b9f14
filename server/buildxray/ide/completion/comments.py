"""Completion in comments: BuildKit's directives at the top of the file, and our own comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from buildxray.ide.completion.base import Completion, documentation, first_sentence
from buildxray.ide.completion.place import Place
from buildxray.ide.reference import DIRECTIVES
from buildxray.localization import _
from buildxray.plan.checks.catalogue import CHECK_NAMES
from buildxray.rules.registry import find_rule, rule_names


def comments(place: Place) -> Iterator[Completion]:
    """The completions after `#`."""
    content = place.line.lstrip().removeprefix("#").lstrip()
    ours = re.match(r"buildxray:\s*(?P<rest>.*)$", content)
    if ours is not None:
        yield from _ours(place, ours["rest"])
        return
    name, equals, value = (it.strip() for it in content.partition("="))
    directive = DIRECTIVES.get(name.lower())
    if _may_hold_directives(place):
        if equals and directive is not None:
            yield from _values(place, directive.name, content.partition("=")[2].lstrip())
            return
        given = {it.name for it in place.analysis.dockerfile.directives if not it.range.contains(place.offset)}
        blank = "" if place.line.rstrip().endswith("#") and not place.line.endswith("#") else " "
        for entry in DIRECTIVES.values():
            if entry.name not in given and not equals:
                text = f"{entry.name}="
                if place.line.endswith("#"):
                    text = blank + text
                yield Completion(
                    f"{entry.name}=",
                    "keyword",
                    first_sentence(entry.summary),
                    place.edit(text, content),
                    documentation=documentation(entry.summary, entry.url, entry.since),
                    goes_on=True,
                )
    if not equals and not value:
        yield Completion(
            "buildxray: ignore=",
            "keyword",
            _("silences a rule for the next instruction"),
            place.edit(("" if place.line.endswith(" ") or content else " ") + "buildxray: ignore=", content),
            goes_on=True,
        )


def _may_hold_directives(place: Place) -> bool:
    """True if only directives are above the line of the cursor."""
    above = place.analysis.text[: place.offset - len(place.line)].removeprefix("\ufeff")
    return all(re.match(r"\s*#\s*\w+\s*=", it) for it in above.split("\n")[:-1])


def _values(place: Place, name: str, value: str) -> Iterator[Completion]:
    if name == "check":
        option, equals, typed = value.rpartition(";")[2].partition("=")
        if equals and option.strip() in ("skip", "experimental"):
            last = typed.rpartition(",")[2]
            given = {it.strip() for it in typed.split(",")[:-1]}
            for check in CHECK_NAMES:
                if check not in given:
                    rule = find_rule(check)
                    yield Completion(check, "value", _(rule.summary) if rule else "", place.edit(check, last))
            if option.strip() == "skip" and not given:
                yield Completion("all", "value", _("every check"), place.edit("all", last))
            return
        if equals and option.strip() == "error":
            yield from (Completion(it, "value", "", place.edit(it, typed)) for it in ("true", "false"))
            return
        if equals:
            return
        value = option
    for it in DIRECTIVES[name].values:
        yield Completion(it, "value", "", place.edit(it, value), goes_on=it.endswith("="))


def _ours(place: Place, rest: str) -> Iterator[Completion]:
    scope, equals, typed = rest.partition("=")
    if not equals:
        for text, detail in (
            ("ignore=", _("silences a rule for the next instruction")),
            ("ignore-file=", _("silences a rule in this file")),
        ):
            yield Completion(text, "keyword", detail, place.edit(text, rest), goes_on=True)
    elif scope.strip() in ("ignore", "ignore-file"):
        last = typed.rpartition(",")[2].lstrip()
        given = {it.strip() for it in typed.split(",")[:-1]}
        here = [it.rule for it in place.analysis.diagnostics if it.range.start >= place.offset]
        for name in dict.fromkeys((*here, *rule_names())):
            rule = find_rule(name)
            if rule is not None and name not in given:
                yield Completion(name, "value", _(rule.summary), place.edit(name, last))
