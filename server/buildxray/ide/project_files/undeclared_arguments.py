"""Arguments that a build gives and its Dockerfile does not declare, so that they have no effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.hover.variables import PREDEFINED
from buildxray.ide.project_files.base import diagnostic, shown_path
from buildxray.ide.project_files.build_entry import BuildEntry
from buildxray.localization import _, ngettext
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.projects.file_names import similar_name
from buildxray.rules.base import Fix, Related, Safety, Severity
from buildxray.rules.wording import joined, listed
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_OF_BUILDKIT: Final = lazy_regex(r"BUILDKIT_\w+")
_OTHER_SOURCES: Final = lazy_regex(
    r"\brepository[ \t]*:(?![ \t]*[\"']?\$\{\{[ \t]*github\.repository[ \t]*\}\})|\bref[ \t]*:(?![^\n]*\$\{\{)"
)


class _Undeclared(NamedTuple):
    """The arguments without effect that one place writes."""

    names: tuple[str, ...]
    places: tuple[TextRange, ...]
    """The place of each name, in the order of the file."""
    dockerfile: str
    """The path of the Dockerfile for messages."""
    meant: str | None
    """The argument that is probably meant; None for several names, or if the Dockerfile declares no similar one."""


def undeclared_arguments(entries: Iterable[BuildEntry]) -> Iterator[Diagnostic]:
    """Find the arguments of the builds of one file that have no effect, with one finding for the same names in several places.

    A place that builds several Dockerfiles gives arguments for some of them.
    """
    by_place: dict[TextRange, list[BuildEntry]] = {}
    for it in entries:
        by_place.setdefault(it.own.name, []).append(it)
    by_names: dict[tuple[object, ...], list[_Undeclared]] = {}
    for same in by_place.values():
        first = same[0]
        if len({it.declared.dockerfile for it in same}) == 1 and "args" in first.own.own and first.has_dockerfile:
            found = _undeclared(same)
            if found is not None:
                by_names.setdefault((found.names, found.meant), []).append(found)
    yield from map(_finding, by_names.values())


def _finding(found: list[_Undeclared]) -> Diagnostic:
    first = found[0]
    message = ngettext(
        "no ARG in {file} declares {names}, so that it has no effect",
        "no ARG in {file} declares {names}, so that they have no effect",
        len(first.names),
        file=joined(dict.fromkeys(it.dockerfile for it in found)),
        names=listed(first.names),
    )
    fixes: tuple[Fix, ...] = ()
    if first.meant is not None:
        message = _("{message}; did you mean `{close}`?", message=message, close=first.meant)
        edits = tuple(Edit(place, first.meant) for it in found for place in it.places)
        fixes = (Fix(_("Write `{name}`", name=first.meant), edits, Safety.SUGGESTION),)
    pairs = [pair for it in found for pair in zip(it.names, it.places, strict=True)]
    return diagnostic(
        "undeclared-build-arg",
        Severity.WARNING if fixes else Severity.INFORMATION,
        first.places[0],
        message,
        fixes,
        related=tuple(Related(place, _("`{name}` has no effect either", name=name)) for name, place in pairs[1:]),
    )


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


def _undeclared(same: list[BuildEntry]) -> _Undeclared | None:
    """The arguments of one place that have no effect; None if it writes none of them."""
    entry = same[0]
    given = dict.fromkeys(
        name for it in same for name in (*dict(it.declared.arguments), *it.declared.unknown_arguments)
    )
    names = [it for it in given if it not in entry.arguments and not _is_predefined(it)]
    written = {it: found for it in names if (found := entry.argument_place(it)) is not None}
    if not written or not _is_certain(entry):
        return None
    ordered = tuple(sorted(written, key=lambda it: written[it]))
    others = [it for it in entry.arguments if it not in given]
    return _Undeclared(
        ordered,
        tuple(written[it] for it in ordered),
        shown_path(entry.declared.source, entry.declared.dockerfile),
        similar_name(ordered[0], others) if len(ordered) == 1 else None,
    )


def _is_predefined(name: str) -> bool:
    return name in PREDEFINED or name in AUTOMATIC_ARGUMENTS or _OF_BUILDKIT.fullmatch(name) is not None
