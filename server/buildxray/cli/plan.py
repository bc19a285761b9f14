"""`buildxray plan`."""

from __future__ import annotations

import argparse
import json

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import output, report
from buildxray.cli.errors import CliError
from buildxray.cli.files import read_file
from buildxray.plan.as_json import plan_as_json
from buildxray.plan.planner import Planner
from buildxray.syntax.parser import parse


def plan(options: argparse.Namespace) -> int:
    """Effect: print the plan of each file. Raises `CliError` for wrong options."""
    from buildxray.cli.plan_text import plan_text  # noqa: PLC0415 - JSON has no need of what draws

    builds = Builds(BuildOptions.of(options))
    console = output()
    has_failed = False
    for n_before, path in enumerate(options.paths):
        try:
            text = read_file(path)
            build = builds.of(path)
        except CliError as error:
            report(error)
            has_failed = True
            continue
        planned = Planner(build.request).plan(parse(text))
        if options.format == "json":
            console.out(json.dumps(plan_as_json(planned, path), ensure_ascii=False))
        else:
            if n_before:
                console.print()
            console.print(plan_text(planned, path, "" if options.platform else build.origin))
    return 2 if has_failed else 0
