"""The stages whose image has an older SDK of .NET than the project that they build.

Source: learn.microsoft.com, "NETSDK1045": an SDK refuses a project for a newer version of .NET.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from buildxray.rules.facts.context_files import context_paths
from buildxray.rules.facts.intended import stops_build
from buildxray.semantics.build import KnownCommand, Stage
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.dotnet import DOTNET

_IMAGE: Final = lazy_regex(
    r"mcr\.microsoft\.com/dotnet/(?:core/)?sdk:(?P<major>\d+)\.\d+(?:\.\d+)?(?:-[\w.-]+)?(?:@.*)?"
)
_READING: Final = frozenset({"build", "pack", "publish", "restore", "test"})
_OTHERS: Final = lazy_regex(
    r"dotnet-install|dotnet-sdk|DOTNET_ROOT|TargetFramework|builds\.dotnet|(?:\bsed\b|>)[^\n]*\.csproj"
)
"""Words of another SDK, and of a change of the project."""


class OldDotnet(NamedTuple):
    """A command that stops the build."""

    command: KnownCommand
    path: str
    """The path of the project in the build context."""
    needed: int
    """The major version of .NET that it is for."""


def stopped_by_old_dotnet(stage: Stage) -> OldDotnet | None:
    """The first command of a stage that refuses its project; None if it may accept it, never runs, or does not name the project."""
    find = stage.build.workspace.dotnet_versions
    image = None if find is None else _IMAGE.fullmatch(stage.image_name)
    if find is None or image is None:
        return None
    command = next((it for run in stage.runs for it in run.known_commands if _reads_project(it)), None)
    if command is None or not stops_build(command) or _may_have_another(stage):
        return None
    project = next((it for it in command.syntax.arguments if it.endswith(".csproj")), "")
    if not project or "$" in project or not command.invocation.directories:
        return None
    places = context_paths(command, project, command.invocation.directories[0])
    known = {path: versions for path, _base in places if (versions := find(path))}
    if not known or any(it <= int(image["major"]) for versions in known.values() for it in versions):
        return None
    path, versions = next(iter(known.items()))
    return OldDotnet(command, path, versions[0])


def _reads_project(command: KnownCommand) -> bool:
    arguments = command.syntax.arguments
    return (
        command.use.toolchain is DOTNET
        and command.name == "dotnet"
        and arguments[:1] != ()
        and arguments[0] in _READING
    )


def _may_have_another(stage: Stage) -> bool:
    """True if another SDK, or a changed project, may be used, or a build argument changes the image."""
    image = None if stage.root is None else stage.root.from_.image
    if image is None or ("$" in image.text and stage.build.workspace.given_arguments):
        return True
    instructions = [it for one in stage.ancestry for it in one.instructions]
    texts = (it.build.text[slice(*it.range)] for it in instructions)
    brings_sdk = any("/usr/share/dotnet" in one for it in instructions for one in it.destinations)
    return brings_sdk or any(_OTHERS.search(it) for it in texts)
