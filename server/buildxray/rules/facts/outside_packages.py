"""Packages of the project outside of the build context, which a list of dependencies names by a path: `file:../shared`.

Source: docs.npmjs.com, "package.json", "Local Paths"; go.dev/ref/mod, "replace directive": Go stops if the directory of a required module is missing.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import Final

from buildxray.rules.facts.context_files import context_paths
from buildxray.semantics.build import KnownCommand, Stage
from buildxray.semantics.file_flow import clean, holds
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.go import GO
from buildxray.toolchains.node import NODE

_REPLACED: Final = lazy_regex(
    r"^[ \t]*(?:replace[ \t]+)?(?P<module>[\w.~/-]+)(?:[ \t]+v\S+)?[ \t]+=>[ \t]+(?P<path>\.\.?/\S*)", re.MULTILINE
)
_OF_PROJECT: Final = lazy_regex(r"(?:file|link|portal):(?P<path>\.\.?/.*)")


def lacks_package(stage: Stage) -> bool:
    """True if a command of a stage needs a package of the project that is outside of the build context, and nothing brings it into the stage."""
    if stage.build.workspace.texts is None or not stage.is_on_official_image:
        return False
    commands = (it for run in stage.runs for it in run.known_commands if it.use.toolchain in (GO, NODE))
    return any(not _is_brought(stage, place) for it in commands for place in _places_outside(it))


def _places_outside(command: KnownCommand) -> Iterator[str]:
    """Yield the absolute paths in the stage where a command looks for packages of the project that the build context cannot hold."""
    workspace = command.run.build.workspace
    texts = workspace.texts
    name = "go.mod" if command.use.toolchain is GO else "package.json"
    if texts is None or (command.use.toolchain is GO and workspace.has_vendored_modules):
        return
    for directory in command.invocation.directories[:1]:
        for path, _base in context_paths(command, name, directory)[:1]:
            # Of several directories that may be the context, the nearest one that has the list.
            for written in (written for text in texts(path)[:1] for written in _named_in(name, text)):
                if posixpath.normpath(posixpath.join(posixpath.dirname(path), written)).startswith(".."):
                    yield clean(posixpath.join(directory, written))


def _named_in(name: str, text: str) -> Iterator[str]:
    """Yield the relative paths of packages that a list of dependencies needs."""
    if name == "go.mod":
        for it in _REPLACED.finditer(text):
            # A replacement of a module that nothing requires is never read.
            if text.count(it["module"]) > 1:
                yield it["path"]
        return
    try:
        package = json.loads(text)
    except (ValueError, RecursionError):
        return
    # Those for the development may be for nothing that the image runs, such as settings of a linter.
    listed = package.get("dependencies") if isinstance(package, dict) else None
    for it in listed.values() if isinstance(listed, dict) else ():
        match = _OF_PROJECT.fullmatch(it) if isinstance(it, str) else None
        if match is not None:
            yield match["path"]


def _is_brought(stage: Stage, place: str) -> bool:
    """True if an instruction may bring a directory into a stage."""
    name = re.compile(rf"(?<![\w-]){re.escape(posixpath.basename(place))}(?![\w-])")
    instructions = [it for one in stage.ancestry for it in one.instructions]
    return any(holds(one, place) or holds(place, one) for it in instructions for one in it.destinations) or any(
        name.search(it.written) is not None for one in stage.ancestry for it in one.runs
    )
