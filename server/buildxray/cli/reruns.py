"""`buildxray reruns`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import Output, output
from buildxray.cli.errors import CliError
from buildxray.cli.files import read_file
from buildxray.cli.logs import measure_file, read_log_of_user
from buildxray.cli.times_markdown import code
from buildxray.ide.build_times import MeasuredBuild
from buildxray.ide.reruns import Rerun, rerun_words, reruns
from buildxray.localization import _
from buildxray.logs.escapes import visible
from buildxray.semantics.build import Build


def list_reruns(options: argparse.Namespace) -> int:
    """Effect: print the steps that run again when files or arguments change. Raises `CliError`."""
    build, _measured, reruns = reruns_of(options.path, options.log, Builds(BuildOptions.of(options)))
    console = output()
    match options.format:
        case "json":
            console.out(
                json.dumps({"path": options.path, "reruns": [_as_json(it) for it in reruns]}, ensure_ascii=False)
            )
        case "markdown":
            console.out("\n".join(reruns_markdown(build, reruns)))
        case _:
            _print(console, build, reruns)
    return 0


def reruns_of(path: str, log: str | None, builds: Builds) -> tuple[Build, MeasuredBuild | None, tuple[Rerun, ...]]:
    """The build of a Dockerfile, its times if a log is named, and its reruns. Raises `CliError`."""
    if not log:
        build = builds.analyzer(path).analyze(read_file(path)).build
        return build, None, reruns(build)
    measured = measure_file(read_log_of_user(log), path, builds).best
    if measured is None:
        raise CliError(_("{log}: no build of {path} is in the log", log=log, path=path))
    return measured.build, measured, reruns(measured.build, measured)


def _as_json(it: Rerun) -> dict[str, Any]:
    return {
        "kind": it.kind,
        "line": it.line,
        "cause": it.cause,
        "steps": len(it.steps),
        "runs": len(it.runs),
        "emulated": it.n_emulated,
        "lines": sorted({step.line for step in it.runs if step.line is not None}),
        "seconds": None if it.seconds is None else round(it.seconds, 3),
        "wait": None if it.wait is None else round(it.wait, 3),
    }


def _cause(it: Rerun) -> str:
    return _("files: {names}", names=visible(it.cause)) if it.kind == "files" else f"ARG {visible(it.cause)}"


def _print(console: Output, build: Build, reruns: tuple[Rerun, ...]) -> None:
    if not reruns:
        console.line(_("Nothing of the build context and no ARG is used."))
    n_line = max((len(str(it.line)) for it in reruns), default=0)
    for it in reruns:
        indent = " " * (n_line + 2)
        number = str(it.line).rjust(n_line)
        console.line(
            (f"{number}  ", "dim"), (_cause(it), "bold"), f": {rerun_words(it, len(build.targets))}", indent=indent
        )


def reruns_markdown(build: Build, reruns: tuple[Rerun, ...]) -> list[str]:
    """A table of the reruns in Markdown."""
    title = _("What runs again")
    headings = (_("Line"), _("Change"), _("Runs again"))
    lines = [f"### {title}", "", f"| {' | '.join(headings)} |", "| ---: | --- | --- |"]
    for it in reruns:
        cause = code(it.cause) if it.kind == "files" else f"ARG {code(it.cause)}"
        lines.append(f"| {it.line} | {cause} | {rerun_words(it, len(build.targets))} |")
    return [*lines, ""]
