"""Services of Compose files and steps of workflows whose build context lacks what their Dockerfile copies, while another build gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Final

from buildxray.files.reading import (
    entries_of,
    exists,
    is_directory,
    is_entry,
    is_inside,
    repository_root,
)
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project_files.base import context_fix, diagnostic, shown_path
from buildxray.ide.project_files.build_entry import BuildEntry, copied_paths, paths_of
from buildxray.localization import ngettext
from buildxray.projects.absent_sources import may_be_copied
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.ci import WORKFLOWS
from buildxray.projects.ci.checkouts import may_make
from buildxray.projects.search import is_ignored
from buildxray.projects.submodules import is_in_missing_submodule
from buildxray.rules.base import Fix, Severity
from buildxray.rules.facts.lacked_lists import lacked_lists
from buildxray.rules.wording import listed
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.base import Absence


def wrong_context(entry: BuildEntry, builds_of: Callable[[Path], Iterable[DeclaredBuild]]) -> Diagnostic | None:
    """The finding that a service has a context without the sources of its Dockerfile, which the context of another build or the directory of that has; None otherwise.

    So may a step of a workflow; what only the directory of the Dockerfile has, `missing-source` reports there. `builds_of` gives the builds of a Dockerfile that the repository declares.
    """
    root = repository_root(entry.declared.source.parent)
    if root is None or not _is_certain(entry, root):
        return None
    if not entry.declared.is_of_service:
        return _of_other_build(entry, root, builds_of)
    return _of_other_build(entry, root, builds_of) or _of_directory(entry) or _of_ancestor(entry, root, builds_of)


def _of_other_build(
    entry: BuildEntry, root: Path, builds_of: Callable[[Path], Iterable[DeclaredBuild]]
) -> Diagnostic | None:
    """The finding that the context of another build has the sources that this one lacks."""
    declared = entry.declared
    if all(is_entry(declared.context / it) for it in copied_paths(declared.dockerfile)):
        return None
    build = entry.build
    if build is None or build.errors:
        return None
    sources = paths_of(it.node for stage in build.needed_stages for it in stage.instructions)
    lacking = [it for it in sources if not is_entry(declared.context / it)]
    if not lacking or any(_may_be_made(declared.context / it, root) for it in lacking):
        return None
    if not declared.is_of_service and _may_be_made_by_job(entry, lacking):
        return None
    others = (it for it in builds_of(declared.dockerfile) if it.context != declared.context)
    other = next((it for it in others if _has_all(it, sources, root)), None)
    if other is None or _is_from_root(entry, root, sources):
        return None
    return _finding(entry, lacking, other)


def _of_directory(entry: BuildEntry) -> Diagnostic | None:
    """The finding that the build needs files which only the directory of the Dockerfile has, below the context, as `missing-source` reports; None otherwise."""
    declared = entry.declared
    if declared.dockerfile.parent == declared.context or not declared.dockerfile.is_relative_to(declared.context):
        return None
    directory, context = declared.dockerfile.parent, declared.context
    has_all = all(is_entry(context / it) for it in copied_paths(declared.dockerfile))
    if has_all and not any(
        _LIST.fullmatch(it.name) and not is_entry(context / it.name) for it in entries_of(directory)
    ):
        return None
    build = entry.checked_build
    if build is None or build.errors or not build.is_for_own_directory:
        return None
    lacking = [it.path for it in build.absent_sources if it.absence is Absence.BELOW] or [
        it.path for it in islice(lacked_lists(build), 1) if it.absence is Absence.BELOW
    ]
    if not lacking:
        return None
    message = ngettext(
        "the build stops: {paths} is not in the context `{context}`, but beside the Dockerfile, in `{other}`",
        "the build stops: {paths} are not in the context `{context}`, but beside the Dockerfile, in `{other}`",
        len(lacking),
        paths=listed(lacking),
        context=shown_path(declared.source, declared.context),
        other=shown_path(declared.source, declared.dockerfile.parent),
    )
    return _diagnostic(entry, message, directory)


_FEWEST: Final = 2
"""Sources that show which directory is meant: a single one may be there by chance."""


def _of_ancestor(
    entry: BuildEntry, root: Path, builds_of: Callable[[Path], Iterable[DeclaredBuild]]
) -> Diagnostic | None:
    """The finding that the context has none of the sources, while a directory above it has most of them: `context: ../..`, which is one level too low."""
    declared = entry.declared
    context = declared.context
    if any(is_entry(context / it) for it in copied_paths(declared.dockerfile)):
        return None
    build = entry.build
    if build is None or build.errors:
        return None
    sources = paths_of(it.node for stage in build.needed_stages for it in stage.instructions)
    if len(sources) < _FEWEST or any(_may_be_made(context / it, root) for it in sources):
        return None
    above = (it for it in context.parents if it.is_relative_to(root))
    parts = ((it, [one for one in sources if _is_part_of(it, one, root)]) for it in above)
    meant, held = next((it for it in parts if len(it[1]) >= _FEWEST and len(it[1]) * 2 > len(sources)), (root, []))
    if not held or any(it.context != context for it in builds_of(declared.dockerfile)):
        return None
    checked = entry.checked_build
    if checked is None or checked.absent_sources:
        # `missing-source` reports it at the instruction.
        return None
    if _is_from_root(entry, root, held) or may_be_copied(root, context, sources):
        return None
    if meant == root:
        message = ngettext(
            "the build stops: {paths} is not in the context `{context}`, but in the root of the repository",
            "the build stops: {paths} are not in the context `{context}`, but in the root of the repository",
            len(held),
            paths=listed(held),
            context=shown_path(declared.source, context),
        )
    else:
        message = ngettext(
            "the build stops: {paths} is not in the context `{context}`, but above it, in `{other}`",
            "the build stops: {paths} are not in the context `{context}`, but above it, in `{other}`",
            len(held),
            paths=listed(held),
            context=shown_path(declared.source, context),
            other=shown_path(declared.source, meant),
        )
    lacking = [it for it in sources if it not in held]
    if lacking:
        message = ngettext(
            "{message}; {paths} is in neither",
            "{message}; {paths} are in neither",
            len(lacking),
            message=message,
            paths=listed(lacking),
        )
    return _diagnostic(entry, message, None if lacking else meant)


def _is_part_of(directory: Path, path: str, root: Path) -> bool:
    """True if a directory has a path as a part of the repository."""
    place = directory / path
    return is_inside(place, root) and exists(place) and not is_ignored(place, root)


_LIST: Final = lazy_regex(
    r"Cargo\.toml|Gemfile|composer\.json|go\.mod|mix\.exs|package(?:-lock)?\.json|pom\.xml|pyproject\.toml|.*requirements.*\.txt"
)
"""Names of lists that a command reads; finding out what it reads takes longer."""


def _is_certain(entry: BuildEntry, root: Path) -> bool:
    """True if a service or a step of a workflow names its context and its Dockerfile without variables, and both are in the repository."""
    declared, own = entry.declared, entry.own
    fields = (it for name, it in own.fields.items() if name in ("context", "dockerfile"))
    return (
        (declared.is_of_service or _is_of_step(entry, root))
        and entry.has_dockerfile
        and not {"context", "target", "contexts"} & declared.unknown
        and not (own.is_parent or declared.may_be_written or declared.is_overridden or declared.contexts)
        and not any("$" in entry.file.text[slice(*it)] for it in fields)
        and is_directory(declared.context)
        and is_inside(declared.context, root)
    )


def _is_of_step(entry: BuildEntry, root: Path) -> bool:
    """True if a step of a workflow of the repository itself names the context."""
    declared = entry.declared
    is_called = declared.called_from is not None or declared.call is not None
    return declared.source.parent == root / WORKFLOWS and "context" in entry.own.own and not is_called


def _may_be_made_by_job(entry: BuildEntry, lacking: Iterable[str]) -> bool:
    """True unless the job that builds surely makes none of some paths in its checkout before."""
    return may_make(entry.file.document, entry.declared.name, {name for it in lacking for name in Path(it).parts})


def _may_be_made(path: Path, root: Path) -> bool:
    """True if a path leads out of the repository, or something may make it: Git ignores it, or it is in a submodule."""
    return not is_inside(path, root) or is_ignored(path, root) or is_in_missing_submodule(root, path)


def _has_all(build: DeclaredBuild, sources: Iterable[str], root: Path) -> bool:
    """True if a build has a known context in the repository, with all sources as parts of it."""
    is_known = not build.remote and "context" not in build.unknown and not build.may_be_written
    return is_known and all(_is_part_of(build.context, it, root) for it in sources)


def _is_from_root(entry: BuildEntry, root: Path, sources: Iterable[str]) -> bool:
    """True if the paths of a service exist from the root of the repository, which may be the project directory of Compose."""
    declared, directory = entry.declared, entry.declared.source.parent
    if not declared.context.is_relative_to(directory) or not declared.dockerfile.is_relative_to(directory):
        return False
    context = root / declared.context.relative_to(directory)
    return exists(root / declared.dockerfile.relative_to(directory)) and all(exists(context / it) for it in sources)


def _finding(entry: BuildEntry, lacking: list[str], other: DeclaredBuild) -> Diagnostic:
    declared = entry.declared
    message = ngettext(
        "the build stops: {paths} is not in the context `{context}`; {source} builds `{file}` with the context `{other}`",
        "the build stops: {paths} are not in the context `{context}`; {source} builds `{file}` with the context `{other}`",
        len(lacking),
        paths=listed(lacking),
        context=shown_path(declared.source, declared.context),
        source=shown_path(declared.source, other.source),
        file=declared.dockerfile.name,
        other=shown_path(declared.source, other.context),
    )
    return _diagnostic(entry, message, other.context)


def _diagnostic(entry: BuildEntry, message: str, context: Path | None) -> Diagnostic:
    """The finding, with the fix that writes another context; without a fix if that is None."""
    place = entry.own.fields["context"] if "context" in entry.own.own else entry.own.name
    fixes = () if context is None else _with_context(entry, context)
    return diagnostic("wrong-context", Severity.WARNING, place, message, fixes)


def _with_context(entry: BuildEntry, context: Path) -> tuple[Fix, ...]:
    """The fix that writes another context, and for a service the path of the Dockerfile in it."""
    declared, own = entry.declared, entry.own
    places = {name: it for name, it in own.fields.items() if name in own.own}
    root = None if declared.is_of_service else repository_root(declared.source.parent)
    if root is None:
        return context_fix(entry.file.text, declared.source.parent, context, places, declared.dockerfile)
    # The path of the Dockerfile is relative to the same directory: docs.docker.com, "docker buildx build", `--file`.
    return context_fix(entry.file.text, root, context, places)
