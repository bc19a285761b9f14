"""The stages whose image has an older version of Go than the go.mod that they build.

Source: go.dev/doc/toolchain, "The go and toolchain lines" and GOTOOLCHAIN; the official image golang, which sets GOTOOLCHAIN=local since Go 1.21.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from buildxray.rules.facts.context_files import context_paths
from buildxray.rules.facts.intended import stops_build
from buildxray.semantics.build import KnownCommand, Stage
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.go import GO

_IMAGE: Final = lazy_regex(r"docker\.io/library/golang:1\.(?P<minor>\d+)(?:\.(?P<patch>\d+))?(?:-[\w.-]+)?(?:@.*)?")
_OLDEST: Final = 21
"""The first minor version that refuses a go.mod for a newer one."""
_ANY_PATCH: Final = 1_000
"""A tag without a patch version is that of the last one."""
_READING: Final = frozenset({"build", "generate", "install", "list", "mod", "run", "test", "vet"})
_OTHERS: Final = lazy_regex(
    r"GOTOOLCHAIN(?!=local\b)|GOWORK|go\.work|GO111MODULE|-modfile|mod[ \t]+(?:edit|init)|(?:\b(?:cp|mv|rm|sed|tee)\b|>)[^\n]*go\.mod|/usr/local/go\b|(?:go|toolchain)@|go\.dev/dl|/dl/go1"
)
"""Words of settings, of changes of go.mod, and of another version of Go."""


class OldGo(NamedTuple):
    """A command that stops the build."""

    command: KnownCommand
    path: str
    """The path of the go.mod in the build context."""
    needed: tuple[int, int]
    """The minor and patch version that it asks for."""


def stopped_by_old_go(stage: Stage) -> OldGo | None:
    """The first command of a stage that refuses its go.mod; None if it may accept it, or never runs."""
    image = _IMAGE.fullmatch(stage.image_name)
    find = stage.build.workspace.go_versions
    if image is None or find is None or int(image["minor"]) < _OLDEST:
        return None
    command = next(filter(_reads_module, (it for run in stage.runs for it in run.known_commands)), None)
    if command is None or not stops_build(command) or _may_have_another(stage):
        return None
    has = int(image["minor"]), int(image["patch"] or _ANY_PATCH)
    # The directory after `cd` comes first.
    places = (
        context_paths(command, "go.mod", command.invocation.directories[0]) if command.invocation.directories else []
    )
    asked = {path: find(path) for path, _base in places}
    known = {path: versions for path, versions in asked.items() if versions}
    if not known or any(it <= has for versions in known.values() for it in versions):
        return None
    path, versions = next(iter(known.items()))
    return OldGo(command, path, versions[0])


def _reads_module(command: KnownCommand) -> bool:
    if command.use.toolchain is not GO or command.name != "go":
        return False
    arguments = command.syntax.arguments
    return arguments[:1] != () and arguments[0] in _READING and not any("@" in it for it in arguments)


def _may_have_another(stage: Stage) -> bool:
    """True if another version of Go, or a changed go.mod, may be used, or a build argument changes the image."""
    image = None if stage.root is None else stage.root.from_.image
    if image is None or ("$" in image.text and stage.build.workspace.given_arguments):
        return True
    texts = (it.build.text[slice(*it.range)] for one in stage.ancestry for it in one.instructions)
    return any(_OTHERS.search(it) for it in texts)
