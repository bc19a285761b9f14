"""Completion of paths in the build context, which a lister reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from buildxray.ide.completion.base import Completion, CompletionKind
from buildxray.ide.completion.place import Place
from buildxray.projects.context import ContextEntry

ListContext = Callable[[str], Iterable[ContextEntry]]
"""Lists a directory of the build context, given relative to it with slashes, without the entries that `.dockerignore` excludes."""


def paths(place: Place, typed: str, list_context: ListContext | None) -> Iterator[Completion]:
    """The files of the directory that is typed so far; `typed` is the path up to the cursor."""
    # In the JSON form a path is a string.
    typed = typed.lstrip('["')
    if list_context is None or typed.startswith(("http:", "https:", "git@", "$", "<")):
        return
    directory, __, name = typed.rpartition("/")
    if any(it == ".." for it in directory.split("/")):
        return
    for entry in sorted(list_context(directory.lstrip("/")), key=lambda it: (it.name.startswith("."), it.name)):
        text = entry.name + ("/" if entry.is_directory else "")
        kind: CompletionKind = "folder" if entry.is_directory else "file"
        if " " not in text:
            yield Completion(text, kind, "", place.edit(text, name), goes_on=entry.is_directory)
