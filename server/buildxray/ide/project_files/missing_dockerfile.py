"""Builds of Dockerfiles that do not exist."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from buildxray.files.reading import (
    ReadError,
    entries_of,
    exists,
    is_directory,
    is_file,
    list_directory,
    read_project_text,
    repository_root,
)
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project_files.base import (
    context_fix,
    diagnostic,
    is_of_other_project,
    shown_path,
    written,
)
from buildxray.ide.project_files.build_entry import BuildEntry, DeclaringFile, copied_paths
from buildxray.ide.project_files.similar_files import similar_dockerfile
from buildxray.localization import _, ngettext
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.fetched import is_fetched
from buildxray.projects.file_names import is_dockerfile, similar_name
from buildxray.projects.places import FilePlaces
from buildxray.projects.search import is_ignored
from buildxray.projects.submodules import is_in_missing_submodule
from buildxray.records import replace
from buildxray.rules.base import Fix, Related, Safety, Severity
from buildxray.rules.facts.purpose import is_documentation, is_example
from buildxray.rules.wording import joined
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_OF_MATRIX: Final = lazy_regex(r"\$\{\{[ \t]*matrix\.[\w.-]+[ \t]*\}\}")
"""A value of the matrix alone, which the file itself lists, unlike an input or a secret."""

_EXPRESSION: Final = lazy_regex(r"\$\{\{(.{0,500}?)\}\}")
_PLACEHOLDER: Final = lazy_regex(r"\[[\w -]{1,60}\]|<[\w -]{1,60}>")
_LITERAL: Final = lazy_regex(r"'[^']*'")
_NAME: Final = lazy_regex(r"(?<![\w.-])(?P<root>[A-Za-z_][\w-]*)(?:\.(?P<name>[\w-]+))?(?![\w(-])")
_CONDITIONAL: Final = lazy_regex(r"hashFiles\([^()]{0,200}ockerfile", re.IGNORECASE)
"""A condition that a Dockerfile exists."""


class Missing(NamedTuple):
    """A place that names a Dockerfile that does not exist."""

    place: TextRange
    dockerfile: Path
    """The absolute path."""
    meant: Path | None
    """The file that is probably meant; None if nothing shows one."""
    close: str = ""
    """The name of that file in the message."""
    fixes: tuple[Fix, ...] = ()
    is_misnamed: bool = False
    """True if the place is an input `dockerfile`, which the action does not have."""
    is_for_podman: bool = False
    """True if Podman builds another file, which Docker does not look for."""
    context: str = ""
    """The build context from which the path as written exists, for messages; empty if none is known."""


def missing_dockerfile(entry: BuildEntry) -> Missing | None:
    """The Dockerfile of a build if it does not exist, and nothing in the repository may make it."""
    declared, own = entry.declared, entry.own
    if entry.has_dockerfile or (own.is_parent and not declared.is_default):
        # Other targets inherit from a parent, and set the missing attributes.
        return None
    named = next((it for it in ("dockerfile", "context") if it in own.own), None)
    if (named is None and own.misnamed is None and not declared.is_default) or exists(declared.dockerfile):
        return None
    if declared.is_overridden or _is_elsewhere(declared) or _depends_on_machine(entry) or _may_run_elsewhere(entry):
        return None
    if _is_shown_in_document(declared):
        return None
    place = own.name if named is None else own.fields.get(named, own.name)
    if own.misnamed is not None and named != "dockerfile":
        fix = Fix(_("Write `{name}`", name="file"), (Edit(own.misnamed, "file"),), Safety.SUGGESTION)
        return Missing(own.misnamed, declared.dockerfile, None, fixes=(fix,), is_misnamed=True)
    of_podman = declared.dockerfile.with_name("Containerfile")
    if declared.is_of_service and named != "dockerfile" and exists(of_podman):
        return Missing(place, declared.dockerfile, of_podman, of_podman.name, is_for_podman=True)
    other = _with_other_context(entry, place) if named == "dockerfile" else None
    if other is not None:
        return other
    beside = _beside(
        entry.file.text, place, declared.dockerfile, lambda it: _has_stage(entry, it) and _suits(entry, it)
    )
    if beside.meant is not None:
        return beside
    elsewhere = _elsewhere(entry)
    if elsewhere is None:
        return beside
    # Without its context the build fails all the same.
    is_certain = is_directory(declared.context) and not _is_of_unknown_directory(entry)
    fixes = _moved(entry, place, elsewhere) if named == "dockerfile" and is_certain else ()
    return Missing(place, declared.dockerfile, elsewhere, shown_path(declared.source, elsewhere), fixes)


def missing_through_inputs(file: DeclaringFile, passed: Iterable[DeclaredBuild]) -> Iterator[Missing]:
    """The missing Dockerfiles whose paths the jobs of a workflow give to workflows that they call; `passed` are the builds of those.

    That is certain if the paths there consist of inputs and values of the matrix alone, and the file, or the default of an input, writes each out.
    """
    for declared in passed:
        if declared.call is None or exists(declared.dockerfile) or _is_elsewhere(declared):
            continue
        called = read_project_text(declared.source)
        if called is None or _CONDITIONAL.search(called) is not None:
            continue
        fields = FilePlaces(declared.source.name, called).of(declared).fields
        paths = [called[slice(*it)] for key, it in fields.items() if key in ("context", "dockerfile")]
        names = _inputs_in(paths)
        given = file.places.inputs_of(declared.call.name)
        values = {name: file.text[slice(*given[name])] for name in names or () if name in given}
        if not names or any("$" in _OF_MATRIX.sub("", it) for it in values.values()):
            continue
        place = _naming(declared, file.text, [given[it] for it in values])
        if place is not None:
            yield _beside(file.text, place, declared.dockerfile, lambda _path: True)


def _inputs_in(paths: Iterable[str]) -> frozenset[str] | None:
    """The inputs that the expressions in some paths name; None if they name anything else but values of the matrix."""
    names: set[str] = set()
    for expression in (it[1] for path in paths for it in _EXPRESSION.finditer(path)):
        for it in _NAME.finditer(_LITERAL.sub("", expression)):
            if it["root"] not in {"inputs", "matrix"}:
                return None
            names |= {it["name"]} if it["root"] == "inputs" else set()
    return frozenset(names)


def _naming(declared: DeclaredBuild, text: str, places: Iterable[TextRange]) -> TextRange | None:
    """The first place that names a missing Dockerfile, or a directory above it that is missing too; None if none does."""
    root = repository_root(declared.source.parent)
    if root is None or not declared.dockerfile.is_relative_to(root):
        return None
    path = declared.dockerfile.relative_to(root)
    above = [it.as_posix() for it in path.parents if it.name and not is_directory(root / it)]
    named = [path.as_posix(), *above, path.name, *(PurePosixPath(it).name for it in above)]
    listed = [(it, _as_pattern(text[slice(*it)])) for it in places]
    return next((place for name in named for place, pattern in listed if pattern.fullmatch(name)), None)


def _as_pattern(value: str) -> re.Pattern[str]:
    """The pattern of the paths that a text with values of the matrix gives."""
    parts = (re.escape(it) for it in _OF_MATRIX.split(posixpath.normpath(value.strip().removesuffix("/"))))
    return re.compile("[^/]{0,200}".join(parts))


def _with_other_context(entry: BuildEntry, place: TextRange) -> Missing | None:
    """A missing Dockerfile whose path as written exists from a directory above the context, which has all that it copies; None without one."""
    declared, root = entry.declared, repository_root(entry.declared.source.parent)
    context = declared.context
    if root is None or not declared.dockerfile.is_relative_to(context) or not is_directory(context):
        return None
    path = declared.dockerfile.relative_to(context)
    for base in (it for it in context.parents if it.is_relative_to(root)):
        sources = copied_paths(base / path) if is_file(base / path) else ()
        if all(exists(base / it) for it in sources) and not all(exists(context / it) for it in sources):
            return _in_context(entry, place, base)
    return None


def _in_context(entry: BuildEntry, place: TextRange, base: Path) -> Missing:
    """A missing Dockerfile with the context from which its path exists; the fix for a Compose file writes that."""
    declared, own = entry.declared, entry.own
    places = own.fields if "context" in own.own and declared.is_of_service else {}
    fixes = context_fix(entry.file.text, declared.source.parent, base, places)
    return Missing(place, declared.dockerfile, None, fixes=fixes, context=shown_path(declared.source, base))


def missing_in_script(text: str, place: TextRange, dockerfile: Path) -> Missing:
    """The missing Dockerfile that a script names at a place."""
    return _beside(text, place, dockerfile, lambda _path: True)


def _beside(text: str, place: TextRange, dockerfile: Path, is_meant: Callable[[Path], bool]) -> Missing:
    """A missing Dockerfile with the file beside it that may be meant."""
    close = similar_dockerfile(dockerfile, is_meant)
    meant = None if close is None else dockerfile.with_name(close)
    return Missing(place, dockerfile, meant, close or "", written(text, place, dockerfile.name, close))


def findings_of(source: Path, text: str, places: Iterable[Missing]) -> Iterator[Diagnostic]:
    """One finding of a file for each Dockerfile that does not exist, and for all those of one directory that does not exist."""
    listed = _without_common_hints([*dict.fromkeys(places)])
    by_cause: dict[Path, list[Missing]] = {}
    for it in listed:
        by_cause.setdefault(_missing_directory(it.dockerfile) or it.dockerfile, []).append(it)
    for cause, (first, *others) in by_cause.items():
        is_one = all(it.dockerfile == first.dockerfile for it in others)
        titles = {fix.title for it in (first, *others) for fix in it.fixes}
        edits = tuple(edit for it in (first, *others) for fix in it.fixes for edit in fix.edits)
        is_misspelled = first.meant is not None and first.meant.parent == first.dockerfile.parent
        is_doubtful = first.is_for_podman or (not is_misspelled and _is_template_for_others(source))
        yield diagnostic(
            "missing-dockerfile",
            Severity.INFORMATION if is_doubtful else Severity.WARNING,
            first.place,
            _message(source, text, first, others, None if is_one else cause),
            tuple(replace(it, edits=edits) for it in first.fixes) if is_one and len(titles) == 1 else first.fixes,
            related=tuple(
                Related(it.place, _("`{path}` does not exist", path=shown_path(source, it.dockerfile))) for it in others
            ),
        )


def _is_template_for_others(source: Path) -> bool:
    """True if a file in a directory of examples has a Dockerfile beside it: it may be copied to a project that has the missing one."""
    root = repository_root(source.parent)
    if root is None or not is_example(source.relative_to(root).as_posix()):
        return False
    return any(is_dockerfile(it.name) for it in entries_of(source.parent))


def _message(source: Path, text: str, first: Missing, others: Sequence[Missing], directory: Path | None) -> str:
    """The message for a Dockerfile that does not exist, the other lines that have the same cause, and the file that may be meant."""
    message = _("`{path}` does not exist", path=shown_path(source, first.dockerfile))
    if first.is_misnamed:
        return _(
            "{fact}: `docker/build-push-action` has no input `dockerfile`, `file` names the Dockerfile", fact=message
        )
    own = _line(text, first.place)
    lines = [it for it in dict.fromkeys(_line(text, it.place) for it in others) if it != own]
    if directory is not None:
        message = _(
            "{fact}: the directory `{directory}` is missing", fact=message, directory=shown_path(source, directory)
        )
    if lines and directory is None:
        message = ngettext(
            "{fact}; line {lines} names it too",
            "{fact}; lines {lines} name it too",
            len(lines),
            fact=message,
            lines=joined(map(str, lines)),
        )
    elif lines:
        message = ngettext(
            "{fact}; line {lines} also names a Dockerfile in it",
            "{fact}; lines {lines} also name Dockerfiles in it",
            len(lines),
            fact=message,
            lines=joined(map(str, lines)),
        )
    if first.context:
        return _("{message}; did you mean the context `{context}`?", message=message, context=first.context)
    return (
        message if first.meant is None else _("{message}; did you mean `{close}`?", message=message, close=first.close)
    )


def _line(text: str, place: TextRange) -> int:
    """The 1-based line of a place."""
    return text.count("\n", 0, place.start) + 1


def _without_common_hints(places: Sequence[Missing]) -> list[Missing]:
    """The same without a file that may be meant for several Dockerfiles: it is that of one of them at most."""
    wanted: dict[Path, set[Path]] = {}
    for it in places:
        if it.meant is not None:
            wanted.setdefault(it.meant, set()).add(it.dockerfile)
    return [
        it if it.meant is None or len(wanted[it.meant]) == 1 else Missing(it.place, it.dockerfile, None)
        for it in places
    ]


def _missing_directory(path: Path) -> Path | None:
    """The highest directory above a path that does not exist; None if its own directory does."""
    missing = None
    for it in path.parents:
        if is_directory(it):
            break
        missing = it
    return missing


def _is_elsewhere(declared: DeclaredBuild) -> bool:
    """True if the Dockerfile of a build may exist where the build runs, although it is not in this checkout."""
    dockerfile = declared.dockerfile
    if _is_in_empty_directory(dockerfile) or declared.may_be_written or is_of_other_project(declared.source):
        # Git keeps no empty directories: this is a submodule that is not checked out here.
        return True
    root = repository_root(declared.source.parent)
    if root is None:
        return False
    # Another repository may be beside this one, or in a directory that Git ignores; there a program may make files too.
    is_outside = not dockerfile.is_relative_to(root)
    return (
        is_outside
        or is_in_missing_submodule(root, dockerfile)
        or is_ignored(dockerfile, root)
        or is_fetched(root, dockerfile)
    )


def _depends_on_machine(entry: BuildEntry) -> bool:
    """True if the path contains a variable whose value is known on the machine that builds only, or is a sentence that says to set one."""
    if entry.declared.source.suffix in (".hcl", ".json") and len(entry.declared.dockerfile.name.split()) > 2:
        return True
    paths = [entry.file.text[slice(*it)] for key, it in entry.own.fields.items() if key in ("context", "dockerfile")]
    # A template has the name of something to write in brackets: `../[service]/Dockerfile`.
    return any("$" in _OF_MATRIX.sub("", it) or _PLACEHOLDER.search(it) is not None for it in paths)


def _elsewhere(entry: BuildEntry) -> Path | None:
    """The Dockerfile of the same name in another directory that may be meant, if there is only one and no build of the file names it."""
    missing = entry.declared.dockerfile
    candidates = [
        it
        for it in entry.file.dockerfiles
        if it.name.lower() == missing.name.lower()
        and not entry.file.names(it)
        and _has_stage(entry, it)
        and _suits(entry, it)
    ]
    renamed = [it for it in candidates if _is_in_renamed_directory(it, missing)]
    near = [it for it in candidates if _is_moved(it, entry)]
    return next((it[0] for it in (renamed, near) if len(it) == 1), None)


def _is_in_renamed_directory(path: Path, missing: Path) -> bool:
    """True if one directory of a path has another name than that of a missing file, which is spelled alike or has words more or less.

    A directory that exists under the name of the missing one was not renamed: it is something else, such as `frontend` beside `legacy-frontend`.
    """
    parts, others = path.parts[:-1], missing.parts[:-1]
    different = [pair for pair in zip(parts, others, strict=False) if pair[0] != pair[1]]
    if len(parts) != len(others) or len(different) != 1 or is_directory(missing.parent):
        return False
    name, other = different[0]
    words, other_words = ({*re.split(r"[._-]", it.lower())} - {""} for it in (name, other))
    return similar_name(other, [name]) is not None or words <= other_words or other_words <= words


def _is_moved(path: Path, entry: BuildEntry) -> bool:
    """True if a Dockerfile of the context may be a missing one that was moved: nothing else has its name, or it is above or below the place.

    A Dockerfile of the usual name in a directory beside that place is the one of something else, unless the directory has the name of the missing one.
    """
    missing, context = entry.declared.dockerfile, entry.declared.context
    is_of_same_name = path.parent.name == missing.parent.name
    if not path.is_relative_to(context) and (is_directory(context) or not is_of_same_name):
        return False
    if is_of_same_name or missing.name.lower() not in {"containerfile", "dockerfile"}:
        return True
    is_only = len(entry.file.dockerfiles) == 1
    return is_only and (path.is_relative_to(missing.parent) or missing.is_relative_to(path.parent))


def _moved(entry: BuildEntry, place: TextRange, dockerfile: Path) -> tuple[Fix, ...]:
    """The fix that writes the path of another Dockerfile; none if the text at a place is not the path of the one that is built."""
    text = entry.file.text[slice(*place)]
    parts = PurePosixPath(text).parts
    missing = entry.declared.dockerfile.parts
    if not parts or ".." in parts or missing[-len(parts) :] != parts:
        return ()
    base = Path(*missing[: -len(parts)])
    path = Path(os.path.relpath(dockerfile, base)).as_posix()
    return (Fix(_("Write `{name}`", name=path), (Edit(place, path),), Safety.SUGGESTION),)


def _may_run_elsewhere(entry: BuildEntry) -> bool:
    """True if paths of a Bake or Compose file are meant from another directory than that of the file.

    A platform may run Compose with the repository as project directory: then paths of the file exist from there, and
    none from its own directory. A target of Bake without a context takes the directory where people and jobs run Bake.
    """
    declared = entry.declared
    if not entry.file.are_below_root or declared.run_from[0] != declared.source:
        return False
    if declared.is_of_service:
        return entry.file.is_from_root(declared.dockerfile)
    is_bake = declared.source.suffix in (".hcl", ".json")
    return is_bake and "context" not in entry.own.fields and "dockerfile" not in entry.own.fields


def _is_of_unknown_directory(entry: BuildEntry) -> bool:
    """True if paths of a Bake file may be meant from its own directory or from the root: nothing is seen to call it, and no context leads upward.

    Bake resolves them from the directory in which it runs (docs.docker.com, "Bake file reference", `context`).
    """
    declared, context = entry.declared, entry.own.fields.get("context")
    root = repository_root(declared.source.parent)
    if declared.source.suffix not in (".hcl", ".json") or declared.run_from[0] != declared.source:
        return False
    return declared.source.parent != root and (context is None or ".." not in entry.file.text[slice(*context)])


def _is_shown_in_document(declared: DeclaredBuild) -> bool:
    """True if a Compose file is an example in the documentation, with contexts that are not there: readers copy it to their own projects."""
    root = repository_root(declared.source.parent)
    if root is None or is_directory(declared.context) or not declared.is_of_service:
        return False
    return is_documentation(declared.source.relative_to(root).as_posix())


def _suits(entry: BuildEntry, dockerfile: Path) -> bool:
    """True unless a Dockerfile copies what is there from its own directory, or one above, and not from the context of a build."""
    context, root = entry.declared.context, repository_root(dockerfile.parent)
    if root is None or not is_directory(context):
        return True
    above = [it for it in dockerfile.parents if it.is_relative_to(root)]
    lacked = (it for it in copied_paths(dockerfile) if not exists(context / it))
    return not any(exists(one / it) for it in lacked for one in above)


def _has_stage(entry: BuildEntry, dockerfile: Path) -> bool:
    """True if a Dockerfile has the stage that is built, as far as both are known."""
    wanted = entry.declared.target
    text = read_project_text(dockerfile)
    if not wanted or "target" in entry.declared.unknown or text is None:
        return True
    return re.search(rf"(?im)^[ \t]*FROM[ \t].*[ \t]AS[ \t]+{re.escape(wanted)}[ \t]*$", text) is not None


def _is_in_empty_directory(path: Path) -> bool:
    """True if the nearest directory above a path that exists is empty."""
    nearest = next((it for it in path.parents if is_directory(it)), None)
    try:
        return nearest is not None and not list_directory(nearest)
    except ReadError:
        return False
