"""`buildxray check --format buildkit`: what `docker buildx build --call=check,format=json` prints, offline."""

from __future__ import annotations

import argparse
import json
from typing import Any

from buildxray.cli.build_options import BuildOptions
from buildxray.cli.console import output, report
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, find_dockerfiles, read_file
from buildxray.cli.reports import escaped_json
from buildxray.localization import localized
from buildxray.plan.checks.events import CheckWarning
from buildxray.plan.checks.linter import buildkit_warnings
from buildxray.plan.model import Plan
from buildxray.plan.planner import Planner
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import this_machine
from buildxray.projects.builds import absolute
from buildxray.projects.context import read_ignore_patterns
from buildxray.syntax.parser import parse


def check_as_buildkit(options: argparse.Namespace) -> int:
    """Effect: print an object for each file; gives 1 where BuildKit's check fails, as its own exit code is."""
    build = BuildOptions.of(options)
    machine = build.settings.machines.own or this_machine()
    platforms = (build.settings.platforms or (machine,))[:1]
    planner = Planner(BuildRequest(machine, platforms, build.arguments, build.target))
    console = output()
    code = 0
    for path in find_dockerfiles(options.paths):
        try:
            text = read_file(path)
        except CliError as error:
            report(error)
            code = 2
            continue
        plan = planner.plan(parse(text))
        ignored = None if path == STDIN else read_ignore_patterns(absolute(path), absolute(path).parent)
        warnings = buildkit_warnings(plan, planner.memo, ignored)
        answer = as_object(path, plan, warnings)
        console.data(escaped_json(json.dumps(answer, ensure_ascii=False)))
        code = max(code, int(len(answer) > 2 or bool(warnings)))
    return 0 if options.exit_zero and code == 1 else code


def as_object(path: str, plan: Plan, warnings: tuple[CheckWarning, ...]) -> dict[str, Any]:
    """The answer for one file, with its path and without the `sources`."""
    answer: dict[str, Any] = {"path": path, "warnings": [_warning(it) for it in warnings]}
    if plan.error is not None:
        line = plan.error.line
        answer["buildError"] = {"message": localized(plan.error.message), "location": _location(line, line)}
    return answer


def _warning(warning: CheckWarning) -> dict[str, Any]:
    return {
        "ruleName": warning.check.name,
        "description": warning.check.description,
        "url": warning.check.url,
        "detail": warning.message,
        "location": _location(*warning.lines),
    }


def _location(first: int, last: int) -> dict[str, Any]:
    """BuildKit points at each line on its own (parser/errors.go, toRanges)."""
    return {"ranges": [{"start": {"line": line}, "end": {"line": line}} for line in range(first, last + 1)]}
