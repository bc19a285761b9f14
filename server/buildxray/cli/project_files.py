"""The findings of `buildxray check` in Bake files, Compose files and workflows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from buildxray.cli.build_options import BuildOptions
from buildxray.cli.files import STDIN
from buildxray.files.reading import exists, is_directory, is_file
from buildxray.ide.batch import CheckedFile
from buildxray.ide.project import Projects
from buildxray.projects.as_json import relative
from buildxray.projects.builds import absolute
from buildxray.projects.file_names import is_dockerfile


def is_named_project_file(path: str) -> bool:
    """True if a path of the command line is a file that declares builds."""
    try:
        place = absolute(path)
        if path == STDIN or is_dockerfile(place.name):
            return False
        from buildxray.ide.project_files import is_project_file  # noqa: PLC0415 - most runs name Dockerfiles

        return is_project_file(place) and is_file(place)
    except (OSError, ValueError):
        return False


def check_project_files(paths: Sequence[str], options: BuildOptions, projects: Projects) -> Iterator[CheckedFile]:
    """Check the named files that declare builds, and those in and below the named directories.

    Files without findings are only included if the user names them, and so are notes on what only a run tells.
    """
    seen: set[Path] = set()
    for path in paths:
        if not is_directory(path) and not is_named_project_file(path):
            continue
        place = absolute(path)
        is_named = not is_directory(path)
        directory = place.parent if is_named else place
        if not options.settings.over(projects.configuration(directory).settings).project_files:
            continue
        wanted = [place] if is_named else _below(place, projects)
        new = [it for it in dict.fromkeys(wanted) if it not in seen]
        seen.update(new)
        from buildxray.ide.project_files import analyze_all  # noqa: PLC0415

        results = analyze_all(dict.fromkeys(new), projects, options.settings, has_views=False, has_limits=is_named)
        for file, looked in results:
            if looked.diagnostics or is_named:
                shown = path if is_named else str(Path(path, relative(file, place)))
                diagnostics = tuple(it for it in looked.diagnostics if options.settings.shows(it.rule))
                yield CheckedFile(shown, looked.text, diagnostics, is_left_unchanged=True)


def _below(directory: Path, projects: Projects) -> list[Path]:
    """The files in and below a directory that declare builds, and the workflows that run them by Bake, a script or another workflow."""
    from buildxray.ide.project_files import is_project_file  # noqa: PLC0415

    read = projects.all_builds(directory)
    from buildxray.ide.script_diagnostics import is_script  # noqa: PLC0415

    callers = (one.source for it in read.builds for one in (it.called_from, it.call) if one is not None)
    listed = [*(it.source for it in read.builds), *callers, *(Path(it.file) for it in read.notes)]
    given = (it for it in read.builds if it.arguments or it.unknown_arguments or not exists(it.dockerfile))
    scripts = {it.source for it in given if is_script(it.source)}
    return [it for it in listed if it.is_relative_to(directory) and (is_project_file(it) or it in scripts)]
