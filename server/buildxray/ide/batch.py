"""Check files that are not open in an editor; safe to call from worker processes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from buildxray import localization
from buildxray.files.reading import MOST_DOCKERFILE_BYTES, ReadError, read_bytes, workspace_root
from buildxray.ide.analysis import Analyzer
from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.fixes import is_left_unchanged
from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.ide.time_budget import SECONDS_IN_TERMINAL, OutOfTimeError, time_budget
from buildxray.projects.builds import absolute
from buildxray.projects.search import dockerfiles_of_builds

if TYPE_CHECKING:
    from buildxray.ide.finding_costs import LoggedCosts


class CheckedFile(NamedTuple):
    """The result of checking a file, as plain data that can be sent between processes."""

    path: str
    text: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    error: str = ""
    """The reason why the file could not be checked."""
    n_emulated: int = 0
    """The number of steps under emulation."""
    costs: LoggedCosts | None = None
    """The costs by a log of its build; None without one."""
    default_platforms: tuple[str, ...] = ()
    """The platforms that the file was checked for, if they are the default."""
    is_left_unchanged: bool = False
    """True if `buildxray fix` applies none of its fixes."""
    is_left_out: bool = False
    """True if nothing in it was checked, which a list of all files does not show."""
    skips_other_machines: bool = False
    """True if rules about problems on other architectures did not look at the file, because no known build asks for these."""
    n_for_other_machines: int = 0
    """The number of findings about other machines that were left out of a list of all files."""


def check_text(path: str, text: str, analyzer: Analyzer) -> CheckedFile:
    """Check the text of a file, and find its fixes, which every output counts."""
    analysis = analyzer.analyze(text)
    n_emulated = len(analysis.build.emulated_steps)
    file = CheckedFile(
        path,
        text,
        analysis.diagnostics,
        n_emulated=n_emulated,
        default_platforms=analyzer.default_platforms,
        is_left_unchanged=is_left_unchanged(analysis),
        skips_other_machines=bool(analyzer.default_platforms) and analyzer.skips_other_machines(analysis),
    )
    for it in file.diagnostics:
        it.fixes  # noqa: B018
    if analysis.measured is not None:
        from buildxray.ide.finding_costs import costs_of  # noqa: PLC0415 - few files have a log

        file = file._replace(costs=costs_of(analysis))
    # Without this, only the garbage collector would free what one file after another needs.
    analysis.release()
    return file


def without_notes(file: CheckedFile) -> CheckedFile:
    """A checked file without what is for those who look at it, for lists of files that nobody has asked for one by one.

    If notes on why it is not checked are all that was found, it is left out.
    """
    kept = tuple(it for it in file.diagnostics if it.is_listed)
    if len(kept) == len(file.diagnostics):
        return file
    return file._replace(
        diagnostics=kept,
        is_left_out=not kept and any(it.is_for_reader for it in file.diagnostics),
        n_for_other_machines=sum(it.is_for_other_machines for it in file.diagnostics),
    )


def check_in_project(path: str, settings: Settings, generation: int, language: str) -> CheckedFile:
    """Check a file for the build that its project declares; `generation` grows when files of the project change."""
    localization.use(language)
    projects = _projects(generation)
    try:
        text = read_bytes(path, MOST_DOCKERFILE_BYTES, workspace_root(absolute(path).parent)).decode("utf-8", "replace")
    except ReadError as error:
        return CheckedFile(path, error=str(error))
    try:
        with time_budget(SECONDS_IN_TERMINAL):
            build = projects.build(absolute(path), settings)
            return check_text(path, text, build.analyzer(projects.workspace(absolute(path).parent)))
    except OutOfTimeError:
        return CheckedFile(path, error=f"more than {SECONDS_IN_TERMINAL} s")


def dockerfiles_of_project(directory: str, excluded: tuple[str, ...], generation: int) -> tuple[str, ...]:
    """The Dockerfiles in a directory and below it that only builds of its project show to be some; see `dockerfiles_of_builds`.

    Empty if the project cannot be read in time; its other Dockerfiles are checked all the same.
    """
    start = absolute(directory)
    try:
        with time_budget(SECONDS_IN_TERMINAL):
            named = _projects(generation).dockerfiles(start)
            return (*map(str, dockerfiles_of_builds(start, named, excluded)),)
    except OutOfTimeError:
        return ()


@lru_cache(maxsize=1)
def _projects(_generation: int) -> Projects:
    """The state that a worker process keeps between files."""
    return Projects()
