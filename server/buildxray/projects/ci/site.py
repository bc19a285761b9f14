"""The context of a script's commands: their directory, file and arguments."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from buildxray.files.reading import is_file
from buildxray.platforms.machines import Machines
from buildxray.projects.bake.reader import BakeProject
from buildxray.projects.builds import Caller, DeclaredBuild, Note, absolute, context_path
from buildxray.records import dataclass

if TYPE_CHECKING:
    from buildxray.projects.ci.makefiles import Makefile
    from buildxray.projects.ci.shell_scripts import ShellScripts

WORKSPACE: Final = "/github/workspace"
"""The absolute path of the root of the checkout, where a command needs one."""


MOST_WORK: Final = 150_000
"""Work on the commands of all scripts of a repository, each round of a loop counted: 1 for a command, 9 more for one that may start a build."""


class Site(NamedTuple):
    """The directory and the known values of commands."""

    root: Path
    """The directory of the project."""
    resolve: Callable[[str], Path | None]
    """Maps a path relative to where the script starts to a path in the project; None for another project."""
    directory: str = "."
    """The directory in which the script starts, relative to the root of the checkout."""
    environment: Mapping[str, str] = {}
    machines: Machines = Machines()
    step: Caller | None = None
    """The step of a workflow that runs the script; None if the script is that of the step, or if no step is known."""
    name: str = ""
    """The name of builds that have none in the script."""
    source: Path = Path()
    """The file that holds the script."""
    line: int = 1
    """The 1-based line in `source`."""
    script: Path | None = None
    """The script that was started, if it has read the one in `source` with `.` or `source`."""
    is_presumed: bool = False
    """True if people start the script, and `directory` is only where they probably do."""
    is_whole_file: bool = False
    """True if the script is all of `source`, so that each command has a line of its own."""
    may_be_cut: bool = False
    """True if the text of the commands may lack their ends: it is a string of a program, which may add to it."""
    line_numbers: tuple[int, ...] = ()
    """The 1-based line in `source` of each line of the script, if that is known of all; otherwise empty."""
    origin: str = ""
    """The place of the script, for people; see `DeclaredBuild.origin`."""
    local_platform: str = "linux/amd64"
    depth: int = 0
    """The number of scripts and Makefiles that call one another down to this one."""
    has_emulators: bool = False
    """True if a step before has, or may have, installed programs that emulate other processors, which Buildah does not have."""
    certain: frozenset[str] | None = None
    """The variables of `environment` that have the same values in each run; None if the branches that the script takes are not known."""
    arguments: tuple[str, ...] | None = None
    """The arguments of the script, an unknown one as `UNKNOWN_WORD`; None if even their number is unknown."""


class MakeCall(NamedTuple):
    """A call of `make`."""

    directory: Path
    goals: tuple[str, ...]
    variables: Mapping[str, str]
    """Variables of the environment and of the command line."""
    machines: Machines = Machines()
    step: Caller | None = None
    """The step of a workflow that calls it, itself or by a script."""


class SubmitCall(NamedTuple):
    """A call of `gcloud builds submit`."""

    config: Path
    """The file with the steps."""
    directory: Path
    """The directory that is sent."""
    substitutions: tuple[tuple[str, str | None], ...]
    """The values of substitutions; None for one that only a run tells."""
    has_others: bool
    """True if it may give further ones."""
    step: Caller


@dataclass(slots=True)
class Reading:
    """The builds that scripts ask for, collected while the scripts are read."""

    scripts: ShellScripts
    builds: list[DeclaredBuild] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unnamed: list[tuple[Path, int]] = field(default_factory=list)
    """The files and lines of the steps that build a Dockerfile which only a run names."""
    foreign: list[tuple[Path, int, str, bool]] = field(default_factory=list)
    """The files and lines of the steps and jobs that build an image by an action or a workflow of another repository, in a way that is not known.

    With the name of that action, and True if the build may be for several platforms.
    """
    bakes: dict[object, BakeProject] = field(default_factory=dict)
    """Bake projects by call: the jobs of a matrix often make the same call."""
    followed: set[object] = field(default_factory=set)
    """Calls of scripts of the project: many jobs begin with the same call, which asks for the same builds each time."""
    is_cut: bool = False
    """True if there are more calls of scripts than are followed."""
    makes: list[MakeCall] = field(default_factory=list)
    submits: list[SubmitCall] = field(default_factory=list)
    work_left: int = MOST_WORK
    """The work that may still be spent on commands; negative if a command was left out."""
    builders: dict[tuple[str, Machines], Machines] = field(default_factory=dict)
    """The machines of the builders that commands have created, by their names and the machines of the jobs."""
    included: set[Path] = field(default_factory=set)
    """The files that Makefiles include, whose recipes are read with these."""
    parsed: dict[tuple[Path, Path], Makefile] = field(default_factory=dict)
    """The Makefiles by their path and the directory that they run in: many commands call the same one."""
    makefiles: set[Path] = field(default_factory=set)
    """The Makefiles that were read for all their targets, without other variables than their own."""
    is_exhausted: bool = False
    """True if a note says that no more work may be spent."""

    def spend(self, work: int) -> bool:
        """True if this much work may be spent on a command. Effect: spend it."""
        self.work_left -= work
        return self.work_left >= 0

    def read_elsewhere(self, n_before: tuple[int, int], read: Callable[[Reading], None]) -> None:
        """Effect: read a script again as started in another directory, and take that if builds exist there, and not fewer than here.

        `n_before` are the numbers of builds and of calls of make before the script was read here.
        """
        other = Reading(self.scripts, work_left=self.work_left)
        read(other)
        self.work_left = other.work_left
        self.included |= other.included
        self.submits += other.submits
        n_builds, n_makes = n_before
        n_there = sum(is_file(it.dockerfile) for it in other.builds)
        if n_there > 0 and n_there >= sum(is_file(it.dockerfile) for it in self.builds[n_builds:]):
            self.builds[n_builds:], self.makes[n_makes:] = other.builds, other.makes


def project_path(root: Path, path: str) -> Path | None:
    """The absolute path of something below the root of a project; None for a path outside."""
    place = absolute(root / path)
    return place if context_path(root, path) is not None and place.is_relative_to(root) else None


def in_checkout(directory: str, path: str) -> str:
    """A path that a command in a directory names, relative to the root of the checkout, as the directory is."""
    joined = posixpath.normpath(posixpath.join(directory, path))
    return posixpath.relpath(joined, WORKSPACE) if joined.startswith(WORKSPACE) else joined
