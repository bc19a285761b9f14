"""`buildxray times`."""

from __future__ import annotations

import argparse
import json

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import output
from buildxray.cli.logs import LoggedFile, measure_file, read_log_of_user
from buildxray.cli.reports import as_array
from buildxray.ide.times_as_json import times_as_json


def times(options: argparse.Namespace) -> int:
    """Effect: print where the time of each build of a log went. Raises `CliError`."""
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
    """1 where a gate is exceeded."""
    limit = options.max_minutes
    return int(limit is not None and any(it.times.total > limit * 60 for it in file.builds if it.times.fits))
