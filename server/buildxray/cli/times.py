"""`buildxray times`."""

from __future__ import annotations

import argparse
import json

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import output, report
from buildxray.cli.logs import Gates, LoggedFile, measure_file, no_build, read_log_of_user
from buildxray.cli.reports import as_array
from buildxray.ide.times_as_json import times_as_json
from buildxray.logs.model import Log


def times(options: argparse.Namespace) -> int:
    """Effect: print the times of each build of a log. Raises `CliError`."""
    file = measure_file(read_log_of_user(options.log), options.dockerfile or "", Builds(BuildOptions.of(options)))
    console = output()
    match options.format:
        case "json":
            console.data(as_array(json.dumps(times_as_json(it), ensure_ascii=False) for it in file.builds))
        case "json-lines":
            for it in file.builds:
                console.data(json.dumps(times_as_json(it), ensure_ascii=False))
        case "markdown":
            from buildxray.cli.times_markdown import times_markdown  # noqa: PLC0415 - the other formats do without

            console.out("\n".join(times_markdown(file)))
        case _:
            from buildxray.cli.times_text import times_text  # noqa: PLC0415

            console.print(times_text(file))
    return _exit_code(file, options)


def _exit_code(file: LoggedFile, options: argparse.Namespace) -> int:
    """2 if no build is of the Dockerfile, 1 if a limit is exceeded."""
    fitting = [it.times for it in file.builds if it.times.fits]
    if not fitting:
        report(no_build(options.log, file.path, Log(tuple(it.times.build for it in file.builds))))
        return 2
    gates = Gates.of(options)
    exceeded = [
        gates.is_exceeded(file.path, sum(step.is_emulated for step in it.plan.steps), it.total) for it in fitting
    ]
    return int(any(exceeded))
