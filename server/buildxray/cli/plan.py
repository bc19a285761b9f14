"""`buildxray plan`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import Output, output, report
from buildxray.cli.errors import CliError, internal_error
from buildxray.cli.files import STDIN, find_dockerfiles, read_file
from buildxray.cli.reports import as_array, escaped_json
from buildxray.ide.analysis import Analysis
from buildxray.ide.project import ProjectBuild
from buildxray.localization import _
from buildxray.semantics.artifacts import artifacts_as_json
from buildxray.semantics.as_json import plan_as_json
from buildxray.toolchains.base import Workspace


class _File(NamedTuple):
    path: str
    """The one that is read."""
    shown: str
    text: str
    build: ProjectBuild
    analysis: Analysis
    """Without what lies beside the file, which plans do not depend on."""


def plan(options: argparse.Namespace) -> int:
    """Effect: print the plan of each file. Raises `CliError` for wrong options."""
    builds = Builds(BuildOptions.of(options))
    failed: list[str] = []
    paths = [*find_dockerfiles(options.paths, failed)]
    if options.format == "svg" and len(paths) > 1:
        raise CliError(_("--format svg: a picture shows one file; --format html shows several in one page"))
    files = _read(paths, builds, failed)
    out = output()
    match options.format:
        case "json":
            out.data(as_array(_as_json(it) for it in files))
        case "json-lines":
            for it in files:
                out.data(_as_json(it))
        case "text":
            _write_text(files, out, has_origin=not options.platform)
        case _:
            _write_pictures(files, builds, out, options.format)
    return 2 if failed else 0


def _read(paths: Iterable[str], builds: Builds, failed: list[str]) -> Iterator[_File]:
    """Effect: report the files that cannot be planned, and append them to `failed`."""
    for path in paths:
        try:
            text, build = read_file(path), builds.of(path)
            analysis = build.analyzer(Workspace()).analyze(text)
            # Here, where an error is that of this file.
            analysis.plan  # noqa: B018
            yield _File(path, builds.shown(path), text, build, analysis)
        except CliError as error:
            report(error)
            failed.append(path)
        except (OSError, GeneratorExit):
            raise
        except Exception as error:  # noqa: BLE001 - the other files are still shown
            report(f"{path}: {internal_error(error)}")
            failed.append(path)


def _as_json(file: _File) -> str:
    plan = plan_as_json(file.analysis.plan, file.shown)
    plan["artifacts"] = artifacts_as_json(file.analysis.build.artifacts)
    return escaped_json(json.dumps(plan, ensure_ascii=False))


def _write_text(files: Iterator[_File], out: Output, *, has_origin: bool) -> None:
    from buildxray.cli.plan_text import plan_text  # noqa: PLC0415 - JSON has no need of what draws

    for n_before, it in enumerate(files):
        if n_before:
            out.line()
        out.print(plan_text(it.analysis.build, it.shown, it.build.origin if has_origin else ""))


def _write_pictures(files: Iterator[_File], builds: Builds, out: Output, format_: str) -> None:
    from buildxray.ide.plan_view.model import plan_view  # noqa: PLC0415 - the other formats draw nothing
    from buildxray.ide.plan_view.page import page  # noqa: PLC0415
    from buildxray.ide.plan_view.svg import draw  # noqa: PLC0415

    views = []
    for it in files:
        view = plan_view(builds.analyzer(it.path).analyze(it.text))
        views.append((view, "Dockerfile" if it.shown == STDIN else it.shown.encode("utf-8", "replace").decode()))
    if views:
        # Both say that they are UTF-8, whatever the terminal speaks.
        out.data(page(views) if format_ == "html" else draw(*views[0]), end="" if format_ == "html" else "\n")
