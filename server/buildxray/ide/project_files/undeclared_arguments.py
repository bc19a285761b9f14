"""Arguments that a build gives and its Dockerfile does not declare, so that they have no effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.hover.variables import PREDEFINED
from buildxray.ide.project_files.base import diagnostic
from buildxray.ide.project_files.build_entry import BuildEntry
from buildxray.localization import _, ngettext
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.projects.file_names import similar_name
from buildxray.rules.base import Fix, Related, Safety, Severity
from buildxray.rules.wording import listed
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_NAME: Final = lazy_regex(r"[A-Za-z_]\w*")
_OF_BUILDKIT: Final = lazy_regex(r"BUILDKIT_\w+")
_OTHER_SOURCES: Final = lazy_regex(
    r"\brepository[ \t]*:(?![ \t]*[\"']?\$\{\{[ \t]*github\.repository[ \t]*\}\})|\bref[ \t]*:(?![^\n]*\$\{\{)"
)


def undeclared_arguments(entries: Iterable[BuildEntry]) -> Iterator[Diagnostic]:
    """Find the arguments of the builds of one file that have no effect. A place that builds several Dockerfiles gives arguments for some of them."""
    by_place: dict[TextRange, list[BuildEntry]] = {}
    for it in entries:
        by_place.setdefault(it.own.name, []).append(it)
    for same in by_place.values():
        first = same[0]
        if len({it.declared.dockerfile for it in same}) == 1 and "args" in first.own.own and first.has_dockerfile:
            yield from _undeclared(same)


def _is_certain(entry: BuildEntry) -> bool:
    """True if the Dockerfile that is built is the one of this checkout, and its text tells all arguments."""
    declared, own = entry.declared, entry.own
    fields = (it for name, it in own.fields.items() if name in ("context", "dockerfile"))
    return (
        not declared.may_be_written
        and "context" not in declared.unknown
        and not own.is_parent
        and not declared.is_overridden
        and not any("$" in entry.file.text[slice(*it)] for it in fields)
        and not _checks_out_other_sources(entry.file.text)
        and not entry.has_other_frontend
        and not entry.may_declare_more
    )


def _checks_out_other_sources(text: str) -> bool:
    """True if a step of a workflow checks out another repository, or an older commit, whose Dockerfile is another one."""
    is_checkout = False
    for line in text.split("\n"):
        if line.lstrip().startswith("- "):
            is_checkout = False
        is_checkout = is_checkout or "actions/checkout" in line
        if is_checkout and _OTHER_SOURCES.search(line) is not None:
            return True
    return False


def _undeclared(same: list[BuildEntry]) -> Iterator[Diagnostic]:
    """The finding of one place for all arguments that it writes."""
    entry = same[0]
    given = dict.fromkeys(
        name for it in same for name in (*dict(it.declared.arguments), *it.declared.unknown_arguments)
    )
    names = [it for it in given if it not in entry.arguments and not _is_predefined(it)]
    written = {it: found for it in names if (found := _place(entry, it)) is not None}
    if not written or not _is_certain(entry):
        return
    close = {it: similar_name(it, [one for one in entry.arguments if one not in given]) for it in written}
    first, *others = sorted(written, key=lambda it: written[it])
    message = ngettext(
        "no ARG in {file} declares {names}, so that it has no effect",
        "no ARG in {file} declares {names}, so that they have no effect",
        len(written),
        file=entry.declared.dockerfile.name,
        names=listed((first, *others)),
    )
    meant = close[first]
    fixes: tuple[Fix, ...] = ()
    if meant is not None and not others:
        message = _("{message}; did you mean `{close}`?", message=message, close=meant)
        fixes = (Fix(_("Write `{name}`", name=meant), (Edit(written[first], meant),), Safety.SUGGESTION),)
    yield diagnostic(
        "undeclared-build-arg",
        Severity.WARNING if fixes else Severity.INFORMATION,
        written[first],
        message,
        fixes,
        related=tuple(Related(written[it], _("`{name}` has no effect either", name=it)) for it in others),
    )


def _is_predefined(name: str) -> bool:
    return name in PREDEFINED or name in AUTOMATIC_ARGUMENTS or _OF_BUILDKIT.fullmatch(name) is not None


def _place(entry: BuildEntry, name: str) -> TextRange | None:
    """The place where the entry itself writes the name of an argument; None if it does not, or more than once."""
    range_ = entry.own.fields["args"]
    if range_.start < entry.own.name.start or _NAME.fullmatch(name) is None:
        # A merged or named value of YAML, which other entries may share.
        return None
    is_script = "--build-arg" in entry.file.text[slice(*range_)]
    before, after = (
        (r"--build-arg[ =][\"']?", r"(?!\w)") if is_script else (r"(?<![^\s\"'{,])", r"(?=[\"']?[ \t]*(?:[=:]|$))")
    )
    pattern = re.compile(rf"{before}(?P<name>{name}){after}", re.MULTILINE)
    found = [*pattern.finditer(entry.file.text, range_.start, range_.end)]
    return TextRange(*found[0].span("name")) if len(found) == 1 else None
