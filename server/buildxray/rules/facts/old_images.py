"""The stages whose image has an older version of Go, or an older SDK of .NET, than the project that they build asks for.

Source: go.dev/doc/toolchain, "The go and toolchain lines" and GOTOOLCHAIN; the official image golang, which sets GOTOOLCHAIN=local since Go 1.21;
learn.microsoft.com, "NETSDK1045": an SDK refuses a project for a newer version of .NET.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from buildxray.rules.facts.context_files import context_paths
from buildxray.rules.facts.intended import stops_build
from buildxray.semantics.build import Build, From, KnownCommand, Stage
from buildxray.syntax.instructions import Token
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO

_GO_IMAGE: Final = lazy_regex(r"docker\.io/library/golang:1\.(?P<minor>\d+)(?:\.(?P<patch>\d+))?(?:-[\w.-]+)?(?:@.*)?")
_OLDEST_GO: Final = 21
"""The first minor version that refuses a go.mod for a newer one."""
_ANY_PATCH: Final = 1_000
"""A tag without a patch version is that of the last one."""
_READING_GO: Final = frozenset({"build", "generate", "get", "install", "list", "mod", "run", "test", "vet"})
_OTHER_GO: Final = lazy_regex(
    r"GOTOOLCHAIN(?!=local\b)|GOWORK|go\.work|GO111MODULE(?![=\s]+[\"']?(?:auto|on)\b)|-modfile|mod[ \t]+(?:edit|init)|(?:\b(?:cp|mv|rm|sed|tee)\b|>)[^\n]*go\.mod|/usr/local/go\b|(?:go|toolchain)@|go\.dev/dl|/dl/go1"
)
"""Words of settings, of changes of go.mod, and of another version of Go."""
_SDK_IMAGE: Final = lazy_regex(
    r"mcr\.microsoft\.com/dotnet/(?:core/)?sdk:(?P<major>\d+)\.\d+(?:\.\d+)?(?:-[\w.-]+)?(?:@.*)?"
)
_READING_PROJECT: Final = frozenset({"build", "pack", "publish", "restore", "test"})
_OTHER_SDK: Final = lazy_regex(
    r"dotnet-install|dotnet-sdk|DOTNET_ROOT|TargetFramework|builds\.dotnet|(?:\bsed\b|>)[^\n]*\.csproj"
)
"""Words of another SDK, and of a change of the project."""


_Old = TypeVar("_Old")


class OldImage(NamedTuple):
    """A command that stops the build."""

    command: KnownCommand
    path: str
    """The path of the go.mod or the project in the build context."""
    needed: tuple[int, ...]
    """The version that it asks for: minor and patch version of Go, or the major version of .NET."""


def stopped_by_old_go(stage: Stage) -> OldImage | None:
    """The first command of a stage that refuses its go.mod; None if it may accept it, or never runs."""
    image = _GO_IMAGE.fullmatch(stage.image_name)
    find = stage.build.workspace.go_versions
    if image is None or find is None or int(image["minor"]) < _OLDEST_GO:
        return None
    command = _first(stage, _reads_module)
    if command is None or may_have_another(stage, _OTHER_GO):
        return None
    return _refusal(command, "go.mod", find, (int(image["minor"]), int(image["patch"] or _ANY_PATCH)))


def stopped_by_old_dotnet(stage: Stage) -> OldImage | None:
    """The first command of a stage that refuses its project; None if it may accept it, never runs, or does not name the project."""
    find = stage.build.workspace.dotnet_versions
    image = None if find is None else _SDK_IMAGE.fullmatch(stage.image_name)
    if find is None or image is None:
        return None
    command = _first(stage, _reads_project)
    if command is None or may_have_another(stage, _OTHER_SDK):
        return None
    project = next((it for it in command.syntax.arguments if it.endswith(".csproj")), "")
    brings_sdk = any(
        "/usr/share/dotnet" in one for above in stage.ancestry for it in above.instructions for one in it.destinations
    )
    if not project or "$" in project or brings_sdk:
        return None
    return _refusal(command, project, lambda path: [(it,) for it in find(path)], (int(image["major"]),))


def of_roots(build: Build, find: Callable[[Stage], _Old | None]) -> Iterator[tuple[From, Token, _Old]]:
    """Yield the images that stop a build, each once with its FROM, although several stages may continue it."""
    seen: set[Stage] = set()
    for stage in build.needed_stages:
        old, root = find(stage), stage.root
        if old is not None and root is not None and root not in seen and root.from_.image is not None:
            seen.add(root)
            yield root.from_, root.from_.image, old


def _reads_module(command: KnownCommand) -> bool:
    arguments = command.syntax.arguments
    is_reading = command.use.toolchain is GO and command.name == "go" and not _READING_GO.isdisjoint(arguments[:1])
    return is_reading and not any("@" in it for it in arguments)


def _reads_project(command: KnownCommand) -> bool:
    is_of_dotnet = command.use.toolchain is DOTNET and command.name == "dotnet"
    return is_of_dotnet and not _READING_PROJECT.isdisjoint(command.syntax.arguments[:1])


def _first(stage: Stage, reads: Callable[[KnownCommand], bool]) -> KnownCommand | None:
    """The first command of a stage that reads the project; None if the build goes on when it fails."""
    command = next(filter(reads, (it for run in stage.runs for it in run.known_commands)), None)
    return command if command is not None and stops_build(command) else None


def _refusal(
    command: KnownCommand, name: str, find: Callable[[str], Sequence[tuple[int, ...]]], has: tuple[int, ...]
) -> OldImage | None:
    """The refusal of a file, which a command looks for by its name, by a version; None if one of the directories that may be the context has one that it accepts."""
    # The directory after `cd` comes first.
    places = (path for it in command.invocation.directories[:1] for path, _base in context_paths(command, name, it))
    known = {path: versions for path in places if (versions := find(path))}
    if not known or any(it <= has for versions in known.values() for it in versions):
        return None
    path, versions = next(iter(known.items()))
    return OldImage(command, path, versions[0])


def may_have_another(stage: Stage, others: re.Pattern[str]) -> bool:
    """True if a stage may use another version, or change what asks for one, or if a build argument changes the image."""
    image = None if stage.root is None else stage.root.from_.image
    if image is None or ("$" in image.text and stage.build.workspace.given_arguments):
        return True
    texts = (it.written for one in stage.ancestry for it in one.instructions)
    return any(others.search(_CONTINUED.sub(" ", it)) for it in texts)


_CONTINUED: Final = lazy_regex(r"[\\`][ \t]*\r?\n")
"""The end of a line that goes on in the next one."""
