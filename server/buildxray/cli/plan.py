"""`buildxray plan`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import Output, on_one_line, output, report
from buildxray.cli.errors import CliError, internal_error, limited
from buildxray.cli.files import STDIN, find_dockerfiles, read_file
from buildxray.cli.log_options import log_and_gates
from buildxray.cli.reports import as_array, escaped_json
from buildxray.ide.analysis import Analysis
from buildxray.ide.project_build import ProjectBuild
from buildxray.localization import _
from buildxray.semantics.artifacts import artifacts_as_json
from buildxray.semantics.as_json import plan_as_json
from buildxray.toolchains.base import Workspace

if TYPE_CHECKING:
    from buildxray.cli.logs import Gates, LogOfFiles


class _File(NamedTuple):
    path: str
    """The file that is read."""
    shown: str
    text: str
    build: ProjectBuild
    analysis: Analysis
    """The analysis, without the other files of the project, on which plans do not depend."""


def plan(options: argparse.Namespace) -> int:
    """Effect: print the plan of each file, with the seconds of a log if one is named. Raises `CliError` for wrong options."""
    builds = Builds(BuildOptions.of(options))
    log, gates = log_and_gates(options)
    failed: list[str] = []
    paths = [*find_dockerfiles(options.paths, failed, builds.projects)]
    if options.format == "svg" and len(paths) > 1:
        raise CliError(_("--format svg: a picture shows one file; --format html shows several in one page"))
    n_exceeded = 0
    files = _read(paths, builds, failed, log, has_platforms=bool(options.platform))
    if gates is not None:
        files, n_exceeded = _gated([*files], gates)
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
    if log is not None and log.error:
        report(log.error)
        return 2
    return 2 if failed else int(n_exceeded > 0)


def _read(
    paths: Iterable[str], builds: Builds, failed: list[str], log: LogOfFiles | None, *, has_platforms: bool
) -> Iterator[_File]:
    """Yield the files. Effect: report those that cannot be planned, and append them to `failed`.

    A log sets platforms, arguments and target, unless the user names platforms.
    """
    for path in paths:
        try:
            text = read_file(path)
            with limited(path):
                build = builds.of(path)
                measured = None if log is None else log.measured(path, text, builds)
                if measured is not None and not has_platforms:
                    build = build._replace(request=measured.times.plan.request, others=())
                analyzer = build.analyzer(Workspace())
                analyzer.measured = measured
                analysis = analyzer.analyze(text)
                # Computed here, so that an error is reported for this file.
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


def _gated(files: list[_File], gates: Gates) -> tuple[Iterator[_File], int]:
    """The files, and the number of those that exceed a limit; effect: report these."""
    n_exceeded = 0
    for it in files:
        seconds = it.analysis.seconds
        least = None if seconds is None else seconds.least
        n_exceeded += gates.is_exceeded(it.shown, len(it.analysis.build.emulated_steps), least)
    return iter(files), n_exceeded


def _as_json(file: _File) -> str:
    plan = plan_as_json(file.analysis.plan, file.shown)
    seconds = file.analysis.seconds
    if seconds is not None:
        plan["log"] = {
            "total": round(seconds.total, 3),
            "saved": round(seconds.saved, 3),
            "remaining": None if seconds.remaining is None else [round(it, 3) for it in seconds.remaining],
        }
        for idx, step in enumerate(plan["steps"]):
            time = seconds.steps.get(idx)
            step["seconds"] = None if time is None else round(time.seconds, 3)
            step["measured"] = time is not None and time.is_measured
            step["critical"] = seconds.is_critical(idx)
    split = file.analysis.build.split_context
    if split is not None:
        plan["context_loads"] = split.n_loads
        plan["log_steps"] = len(plan["steps"]) + split.n_more_steps
    plan["artifacts"] = artifacts_as_json(file.analysis.build.artifacts)
    return escaped_json(json.dumps(plan, ensure_ascii=False))


def _write_text(files: Iterator[_File], out: Output, *, has_origin: bool) -> None:
    from buildxray.cli.plan_text import plan_text  # noqa: PLC0415 - JSON has no need of what draws

    for n_before, it in enumerate(files):
        if n_before:
            out.line()
        origin = it.build.shown_origin if has_origin and it.analysis.measured is None else ""
        out.print(plan_text(it.analysis.build, it.shown, origin, it.analysis.seconds))


def _write_pictures(files: Iterator[_File], builds: Builds, out: Output, format_: str) -> None:
    from buildxray.ide.plan_view.model import plan_view  # noqa: PLC0415 - the other formats draw nothing
    from buildxray.ide.plan_view.page import page  # noqa: PLC0415
    from buildxray.ide.plan_view.svg import draw  # noqa: PLC0415

    views = []
    for it in files:
        analyzer = it.build.analyzer(builds.workspace(it.path))
        analyzer.measured = it.analysis.measured
        view = plan_view(analyzer.analyze(it.text))
        views.append((view, "Dockerfile" if it.shown == STDIN else on_one_line(it.shown)))
    if views:
        # Both formats declare UTF-8, whatever the encoding of the terminal.
        out.data(page(views) if format_ == "html" else draw(*views[0]), end="" if format_ == "html" else "\n")
