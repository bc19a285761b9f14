"""The sources of COPY and ADD at which a build from a checkout stops."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from buildxray.files.globs import match_text
from buildxray.semantics.instruction import Instruction
from buildxray.syntax.instructions import Copy, Copying, Token
from buildxray.syntax.text import TextRange
from buildxray.toolchains.base import FIRST_LISTS, Absence, Workspace


class AbsentSource(NamedTuple):
    """A path that no directory has which may be the build context."""

    path: str
    range: TextRange
    absence: Absence
    earlier: tuple[tuple[str, TextRange], ...] = ()
    """The paths that its stage copies before and that are not there either, but that something may make."""
    has_others: bool = False
    """True if the build copies other paths of the context too."""
    is_of_dockerfile: bool = False
    """True if the directory of the Dockerfile has all paths that instructions copy from the context, so that it is meant as the context."""


def absent_sources(instructions: Iterable[Instruction], workspace: Workspace) -> tuple[AbsentSource, ...]:
    """The sources of some instructions that a checkout surely lacks.

    Left out are files in a directory that it lacks with other sources, whose absence may have a reason: a program makes it before the build.
    Empty if it has none of their other sources either: a directory with nothing of the project in it is not the one that people build. If no
    build is known, empty too without the list of dependencies that a project has from its first day, and if more sources are absent than
    there: the file is for another project, which a program fetches. Neither proof is needed of a path that is there from the directory above,
    that no step of a workflow makes, or if a Compose file names the context.
    """
    find, holds = workspace.absence, workspace.holds
    if find is None or holds is None:
        return ()
    instructions = [*instructions]
    sources = [it for one in instructions for it in _sources_of(one)]
    absences = {it.asked: find(it.asked) for it in sources}
    # A script may copy what is in the directory above, or in the root.
    unproved = {above for proof, above in _PROOFS_OF_DIRECTORIES.items() if proof not in absences.values()}
    absences = {path: None if it in unproved else it for path, it in absences.items()}
    absence = absences.get
    doubtful = [it for it in sources if absence(it.asked) is None and not holds(it.path)]
    made = {it for it in map(_first, (it.path for it in doubtful if it.asked == it.path)) if it and not holds(f"{it}/")}
    made -= _of_project(
        {it.path for it in sources if absence(it.asked) is Absence.MISSING},
        {it.path for it in sources if holds(it.path)},
    )
    absent = tuple(
        AbsentSource(it.path, it.range, why)
        for it in sources
        if (why := absence(it.asked)) is not None
        and (it.asked == it.path or why is Absence.UNMADE)
        and not (why in (Absence.MISSING, Absence.IN_ROOT) and _first(it.path) in made)
    )
    if not absent:
        return ()
    paths = {posixpath.normpath(it.path) for it in sources if it.asked == it.path}
    held = {it for it in paths if holds(it)}
    lists = {*filter(holds, _lists_matched(instructions))}
    lacks_list = not lists and any(posixpath.basename(it) in FIRST_LISTS for it in paths - held)
    is_foreign = lacks_list or len(held | lists) * 2 < len(paths | lists)
    is_told = workspace.context_is_told
    is_elsewhere = not held and not lists and (is_told is None or not is_told())
    if is_elsewhere or (is_foreign and not workspace.has_build):
        absent = tuple(it for it in absent if it.absence in _PROVED)
    n_absent = len({it.range for it in absent})
    has_others = sum(len(_sources(it)) for it in instructions) > n_absent
    stages = {it.range: it.stage for it in sources}
    is_whole = is_for_own_directory(instructions, workspace)
    return tuple(
        it._replace(
            has_others=has_others,
            is_of_dockerfile=is_whole,
            earlier=tuple(
                (other.path, other.range)
                for other in doubtful
                if other.stage == stages[it.range] and other.range.start < it.range.start
            ),
        )
        for it in absent
    )


def is_for_own_directory(instructions: Iterable[Instruction], workspace: Workspace) -> bool:
    """True if the directory of the Dockerfile, which is below the context, has all paths that instructions copy from the context."""
    own, holds = workspace.directory_in_context, workspace.holds
    paths = (it.path for one in instructions for it in _sources_of(one) if it.asked == it.path)
    return own != "" and holds is not None and all(holds(f"{own}/{it}") for it in paths)


_PROOFS_OF_DIRECTORIES: Final = {Absence.REPEATED: Absence.ABOVE, Absence.FROM_ROOT: Absence.BESIDE}
"""The paths that show which directory is meant as the context, each with what it proves of others."""
_PROVED: Final = (*_PROOFS_OF_DIRECTORIES, *_PROOFS_OF_DIRECTORIES.values(), Absence.BELOW, Absence.UNMADE)
"""The reasons that need no other source in the context."""


def _of_project(absent: Iterable[str], held: Iterable[str]) -> set[str]:
    """The first directories of absent sources that are parts of the project as others are, so that no program makes them.

    Each has a list of dependencies or a project of .NET, as two directories that are there have beside them.
    """
    n_held = Counter(kind for it in held if (kind := _kind(it)) is not None)
    return {_first(it) for it in absent if (kind := _kind(it)) is not None and n_held[kind] > 1}


def _kind(path: str) -> tuple[int, str, str] | None:
    """The place of a list of dependencies or project of .NET, without the directory that it is in: depth, directory above that, and kind; None for others."""
    path = posixpath.normpath(path)
    directory, name = posixpath.split(path)
    ending = posixpath.splitext(name)[1]
    is_list = name in FIRST_LISTS or ending in (".csproj", ".fsproj")
    if not directory or not is_list:
        return None
    return path.count("/"), posixpath.dirname(directory), name if name in FIRST_LISTS else ending


class _Source(NamedTuple):
    """A source of COPY or ADD in the build context."""

    path: str
    """Its path as written, without the slashes before it."""
    asked: str
    """The part of the path that has to be there: of one with wildcards in its last part, the directory."""
    range: TextRange
    stage: int
    """The number of its stage."""


def _first(path: str) -> str:
    """The first directory in a path; empty for a file at the root of the build context."""
    return path.partition("/")[0] if "/" in path else ""


def _lists_matched(instructions: Iterable[Instruction]) -> Iterator[str]:
    """Yield the paths of lists of dependencies that the sources with wildcards match: `package*.json` matches `package.json`."""
    for source in (it.text.lstrip("/") for one in instructions for it in _sources(one)):
        directory, name = posixpath.split(source)
        if "*" in name and "$" not in source and "*" not in directory:
            yield from (posixpath.join(directory, it) for it in _LISTS if match_text(it, name))


_LISTS: Final = (
    "Cargo.toml",
    "Gemfile",
    "composer.json",
    "go.mod",
    "package.json",
    "pyproject.toml",
    "requirements.txt",
)
"""Lists of dependencies that are named so in each project."""


def _sources_of(instruction: Instruction) -> Iterator[_Source]:
    """Yield the files of the build context that the text tells.

    A wildcard may match nothing, but its directory must be there (BuildKit: solver/llbsolver/file/backend.go, docopy).
    """
    stage = -1 if instruction.stage is None else instruction.stage.idx
    for it in _sources(instruction):
        path = it.text.lstrip("/")
        if not path.strip("./") or re.search(r"[$\\\"':@<]", path) is not None:
            continue
        directory, name = posixpath.split(path)
        if re.search(r"[*?\[]", path) is None:
            yield _Source(path, path, instruction.range_of(it), stage)
        elif directory.strip("./") and re.search(r"[*?\[]", directory) is None and name:
            yield _Source(path, f"{directory}/", instruction.range_of(it), stage)


def _sources(instruction: Instruction) -> tuple[Token, ...]:
    """The sources that a COPY or ADD takes from the build context."""
    node = instruction.node
    if not isinstance(node, Copying) or node.problems or (isinstance(node, Copy) and node.source_stage is not None):
        return ()
    return node.sources
