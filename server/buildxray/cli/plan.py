"""`buildxray plan`."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import output, report
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, read_file
from buildxray.ide.analysis import Analysis
from buildxray.ide.project import ProjectBuild
from buildxray.localization import _
from buildxray.semantics.as_json import plan_as_json
from buildxray.toolchains.base import Workspace

if TYPE_CHECKING:
    from rich.console import Console


class _File(NamedTuple):
    path: str
    text: str
    build: ProjectBuild

    @property
    def analysis(self) -> Analysis:
        """The file without what lies beside it, which plans do not depend on."""
        return self.build.analyzer(Workspace()).analyze(self.text)


def plan(options: argparse.Namespace) -> int:
    """Effect: print the plan of each file. Raises `CliError` for wrong options."""
    if options.format == "svg" and len(options.paths) > 1:
        raise CliError(_("--format svg: a picture shows one file; --format html shows several in one page"))
    builds = Builds(BuildOptions.of(options))
    failed: list[CliError] = []
    files = _read(options.paths, builds, failed)
    console = output()
    match options.format:
        case "json":
            for it in files:
                console.out(json.dumps(plan_as_json(it.analysis.plan, it.path), ensure_ascii=False))
        case "text":
            _print_text(files, console, has_origin=not options.platform)
        case _:
            _print_pictures(files, builds, options.format)
    return 2 if failed else 0


def _read(paths: list[str], builds: Builds, failed: list[CliError]) -> Iterator[_File]:
    """Effect: report the files that cannot be read, and note that they failed."""
    for path in paths:
        try:
            yield _File(path, read_file(path), builds.of(path))
        except CliError as error:
            report(error)
            failed.append(error)


def _print_text(files: Iterator[_File], console: Console, *, has_origin: bool) -> None:
    from buildxray.cli.plan_text import plan_text  # noqa: PLC0415 - JSON has no need of what draws

    for n_before, it in enumerate(files):
        if n_before:
            console.print()
        console.print(plan_text(it.analysis.build, it.path, it.build.origin if has_origin else ""))


def _print_pictures(files: Iterator[_File], builds: Builds, format_: str) -> None:
    from buildxray.ide.plan_view.model import plan_view  # noqa: PLC0415 - the other formats draw nothing
    from buildxray.ide.plan_view.page import page  # noqa: PLC0415
    from buildxray.ide.plan_view.svg import draw  # noqa: PLC0415

    views = []
    for it in files:
        view = plan_view(builds.analyzer(it.path).analyze(it.text))
        views.append((view, "Dockerfile" if it.path == STDIN else it.path))
    if views:
        text = page(views) if format_ == "html" else f"{draw(*views[0])}\n"
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Both say that they are UTF-8, whatever the terminal speaks.
            sys.stdout.reconfigure(encoding="utf-8")
        sys.stdout.write(text)
