"""`buildxray builds`: list the builds that project files declare."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from buildxray.cli.console import output, report
from buildxray.cli.errors import CliError
from buildxray.cli.reports import as_array
from buildxray.files.reading import is_directory, is_file
from buildxray.localization import _
from buildxray.platforms.platform import this_machine
from buildxray.projects.as_json import build_as_json, relative
from buildxray.projects.builds import DeclaredBuild, absolute
from buildxray.projects.reader import DirectoryBuilds, directories_above, read_project


def builds(options: argparse.Namespace) -> int:
    """Effect: print the builds of each path. Returns 2 if a path does not exist, otherwise 0."""
    console = output()
    tables: list[dict[str, object]] = []
    failed = False
    for path in options.paths:
        try:
            directory, read = _read(path)
        except CliError as error:
            report(error)
            failed = True
            continue
        for note in read.notes:
            report(str(note._replace(file=relative(Path(note.file), Path.cwd()))))
        match options.format:
            case "text":
                for line in _text(read, directory):
                    console.line(line, indent="    ")
            case _:
                tables += (build_as_json(it, directory) for it in read.builds)
    if options.format == "json":
        console.data(as_array(json.dumps(it, ensure_ascii=False) for it in tables))
    elif options.format == "json-lines":
        for table in tables:
            console.data(json.dumps(table, ensure_ascii=False))
    return 2 if failed else 0


def _read(path: str) -> tuple[Path, DirectoryBuilds]:
    """The directory of a path and its builds; for a Dockerfile, only its own builds."""
    here = absolute(path)
    if is_directory(here):
        return here, read_project(here, local_platform=str(this_machine()))
    if not is_file(here):
        raise CliError(_("{path}: there is no such file or directory", path=path))
    root = directories_above(here)[-1]
    read = read_project(root, local_platform=str(this_machine()))
    return root, read._replace(builds=(*(it for it in read.builds if it.dockerfile == here),))


def _text(read: DirectoryBuilds, directory: Path) -> Iterator[str]:
    """The builds as text: each Dockerfile, followed by its builds with their sources."""
    by_dockerfile: dict[Path, list[DeclaredBuild]] = {}
    for build in read.builds:
        if build.is_template:
            continue
        by_dockerfile.setdefault(build.dockerfile, []).append(build)
    if not by_dockerfile:
        yield _("No file declares a build, so that Dockerfiles are shown for linux/amd64 and linux/arm64.")
    for dockerfile in sorted(by_dockerfile):
        listed = by_dockerfile[dockerfile]
        address = listed[0].remote
        yield address or relative(dockerfile, directory)
        for build in listed:
            yield from (f"  {it}" for it in _description(build, directory))


def _description(build: DeclaredBuild, directory: Path) -> Iterator[str]:
    platforms = ", ".join(build.platform_names)
    if not platforms and build.fallback_platform:
        platforms = _("{platform} (`platform` of the service)", platform=build.fallback_platform)
    if "platforms" in build.unknown:
        platforms = f"{platforms}, ?" if platforms else "?"
    marks = [
        *([_("default")] if build.is_default else []),
        *([_("pushed")] if build.pushes else []),
        *([_("check only")] if build.is_check else []),
    ]
    source = f"{relative(build.source, directory)}:{build.line}"
    yield "  ".join([build.name, platforms or _("the machine's own platform"), source, *marks])
    stage = "?" if "target" in build.unknown else build.target
    details = [
        (_("stage"), stage),
        (_("arguments"), _listed(build.arguments, is_complete="args" not in build.unknown)),
        (_("contexts"), _listed(build.contexts, is_complete="contexts" not in build.unknown)),
        (_("machines"), ", ".join(f"{target} → {node}" for target, node in build.nodes)),
    ]
    yield from (f"  {label}: {value}" for label, value in details if value)


def _listed(pairs: Iterable[tuple[str, str]], *, is_complete: bool) -> str:
    texts = [f"{name}={value}" for name, value in pairs]
    return ", ".join(texts if is_complete else [*texts, "?"])
