"""The files of the build context that COPY brings to where a command looks for them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from buildxray.files.globs import match_text
from buildxray.semantics.build import Instruction, KnownCommand
from buildxray.semantics.file_flow import clean, holds
from buildxray.semantics.manifest_changes import may_name
from buildxray.syntax.instructions import Copying, Token


def context_paths(command: KnownCommand, manifest: str, directory: str) -> list[tuple[str, str]]:
    """The paths in the build context that may be copied to where a command in a directory looks for a manifest, each with the directory that is copied.

    A COPY that names the manifest comes before one of its directory. One that surely writes it to another place is left out if the context has
    the manifest in a directory that is copied there.
    """
    name = posixpath.basename(manifest)
    image_path = clean(posixpath.join(directory, manifest))
    named: dict[tuple[str, str], bool] = {}
    inside: dict[tuple[str, str], None] = {}
    for it in copies_before(command.run):
        if not isinstance(it.node, Copying) or it.node.destination is None:
            continue
        for source in it.node.sources:
            path = path_in_context(source)
            above = posixpath.dirname(path)
            if _new_name(it) == name and it.destinations == (image_path,):
                named[path, above] = True
                continue
            if may_name(posixpath.basename(path), name):
                # `package*.json` names `package.json`, and `*.csproj` is named by `app.csproj`.
                key = path if "*" in name else posixpath.join(above, name), above
                named[key] = named.get(key, False) or _may_write_to(it, image_path)
                continue
            if "." in posixpath.basename(path).strip(".") and not source.text.endswith("/"):
                # A file.
                continue
            for one in it.destinations:
                if holds(one, image_path):
                    inside[posixpath.normpath(f"{path}/{posixpath.relpath(image_path, one)}"), path] = None
    known = command.run.build.workspace.holds
    if known is not None and any(known(path) for path, _base in inside):
        return [*(it for it, is_here in named.items() if is_here), *inside]
    return [*named, *inside]


def _renames_here(instruction: Instruction, name: str) -> bool:
    """True if a COPY writes a file by another name into the working directory."""
    places = {posixpath.join(clean(it), name) for it in instruction.directories}
    return _new_name(instruction) == name and {*instruction.destinations} == places


def _new_name(instruction: Instruction) -> str:
    """The name of the file that a COPY writes if it gives one another name, such as `COPY api/requirements.txt ./api-requirements.txt`; otherwise empty."""
    sources, node = sources_of(instruction), instruction.node
    if len(sources) != 1 or not isinstance(node, Copying) or node.destination is None:
        return ""
    known, path, written = instruction.build.workspace.holds, path_in_context(sources[0]), node.destination.text
    name = posixpath.basename(written)
    is_literal = not set(sources[0].text + name) & set("*?[$")
    is_file = is_literal and known is not None and known(path) and not known(f"{path}/")
    return name if is_file and name.strip(".") and name != posixpath.basename(path) else ""


def _may_write_to(instruction: Instruction, image_path: str) -> bool:
    """True unless a COPY surely writes no file to a path, of which only the directory counts if it has wildcards."""
    if not instruction.destinations or any("$" in it for it in instruction.destinations):
        return True
    directory = posixpath.dirname(image_path)
    return any(it in (directory, image_path) or posixpath.dirname(it) == directory for it in instruction.destinations)


def copies_before(instruction: Instruction) -> list[Instruction]:
    """The COPY and ADD instructions that take files from the build context before an instruction, in its stage and those that it is built on."""
    return [
        it for it in instructions_before(instruction) if isinstance(it.node, Copying) and it.node.flag("from") is None
    ]


def instructions_before(instruction: Instruction) -> list[Instruction]:
    """The instructions that have run before another one, in its stage and those that it is built on, in the order of the file."""
    stage = instruction.stage
    chain = () if stage is None else stage.chain
    return [it for one in chain for it in one.instructions if it.idx < instruction.idx]


def first_naming(copies: Iterable[Instruction], manifest: str) -> Instruction | None:
    """The first of some COPY instructions that names a list of dependencies; None without one."""
    name = posixpath.basename(manifest)
    return next(
        (it for it in copies if any(_may_be(it, one, name) for one in sources_of(it)) or _renames_here(it, name)), None
    )


def _may_be(instruction: Instruction, source: Token, name: str) -> bool:
    """True if a source of COPY may be a file of this name; `cfg/*` is one only if the directory has it."""
    directory, _, own = path_in_context(source).rpartition("/")
    holds = instruction.build.workspace.holds
    if directory and holds is not None and not own.strip("*?."):
        return holds(f"{directory}/{name}")
    return may_name(posixpath.basename(source.text), name)


def first_taking(copies: Iterable[Instruction], path: str) -> Instruction | None:
    """The first of some COPY instructions that takes a file of the build context; None without one."""
    return next((it for it in copies if takes(it, path)), None)


def takes(instruction: Instruction, path: str) -> bool:
    """True if a COPY takes a file of the build context, by its name or with its directory."""
    others = path.split("/")
    sources = (path_in_context(it).split("/") for it in sources_of(instruction))
    return any(len(it) <= len(others) and all(map(match_text, others, it)) for it in sources)


def takes_directory_with(instruction: Instruction, *names: str) -> bool:
    """True if a COPY takes a directory of the build context, not the whole, that has a file of one of these names.

    `*/Cargo.toml` is one in any directory of it. Of a pattern in the COPY, such as `poetry.lock*`, the text does not tell which files it takes.
    """
    workspace = instruction.build.workspace
    paths = [it for it in map(path_in_context, sources_of(instruction)) if it != "." and not set(it) & set("*?[")]
    asked = [f"{it}/{name}" for it in paths for name in names]
    return any(_has(workspace.matching if "*" in it else workspace.holds, it) for it in asked)


def _has(find: Callable[[str], object] | None, path: str) -> bool:
    return find is not None and bool(find(path))


def sources_of(instruction: Instruction) -> tuple[Token, ...]:
    """The sources of a COPY or ADD."""
    return instruction.node.sources if isinstance(instruction.node, Copying) else ()


def path_in_context(source: Token) -> str:
    """The path of a source of COPY, relative to the build context, above which there is nothing: `../a` is `a`."""
    return posixpath.normpath(f"/{source.text.lstrip('/')}").lstrip("/") or "."
