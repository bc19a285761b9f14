"""`buildxray check --format buildkit`: the output of `docker buildx build --call=check,format=json`, offline."""

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
from buildxray.platforms.platform import this_machine
from buildxray.projects.builds import absolute
from buildxray.projects.context import read_ignore_patterns
from buildxray.semantics.build import Build, Builder, BuildRequest, CheckWarning, Workspace


def check_as_buildkit(options: argparse.Namespace) -> int:
    """Effect: print an object for each file; returns 1 if BuildKit's own check would fail, 2 if a file cannot be read."""
    build_options = BuildOptions.of(options)
    machine = build_options.settings.machines.own or this_machine()
    platforms = (build_options.settings.platforms or (machine,))[:1]
    request = BuildRequest(machine, platforms, build_options.arguments, build_options.target)
    console = output()
    code = 0
    for path in find_dockerfiles(options.paths):
        try:
            text = read_file(path)
        except CliError as error:
            report(error)
            code = 2
            continue
        ignored = None if path == STDIN else read_ignore_patterns(absolute(path), absolute(path).parent)
        builder = Builder(request, Workspace(ignored=ignored))
        build = builder.build(builder.parse(text))
        console.data(escaped_json(json.dumps(_as_object(path, build), ensure_ascii=False)))
        code = max(code, int(bool(build.errors or build.buildkit_warnings)))
    return 0 if options.exit_zero and code == 1 else code


def _as_object(path: str, build: Build) -> dict[str, Any]:
    """BuildKit's answer for one file, with its path and without the `sources`."""
    answer: dict[str, Any] = {"path": path, "warnings": [_warning(it) for it in build.buildkit_warnings]}
    for error in build.errors[:1]:
        message = localized(error.message)
        answer["buildError"] = {"message": message, "location": _location(error.line, error.line)}
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
    """The location of a range, with an entry for each line as in BuildKit (parser/errors.go, toRanges)."""
    return {"ranges": [{"start": {"line": line}, "end": {"line": line}} for line in range(first, last + 1)]}
