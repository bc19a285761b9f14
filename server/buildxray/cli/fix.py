"""`buildxray fix`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rich.text import Text

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import output, report
from buildxray.cli.diffs import print_diff
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, find_dockerfiles, read_file, write_file
from buildxray.ide.fixes import FixedText, fix_text

if TYPE_CHECKING:
    from rich.console import Console


def fix(options: argparse.Namespace) -> int:
    """Effect: write the repaired files, or print what would change. Raises `CliError` for wrong options."""
    builds = Builds(BuildOptions.of(options))
    console = output()
    has_failed = False
    for path in find_dockerfiles(options.paths):
        try:
            text = read_file(path)
            fixed = fix_text(builds.analyzer(path), text, with_suggestions=options.unsafe)
            if options.diff:
                print_diff(console, path, text, fixed.text)
            elif path == STDIN:
                console.out(fixed.text, end="")
            elif fixed.titles:
                write_file(path, text, fixed.text)
                _print_titles(console, path, fixed)
        except CliError as error:
            report(error)
            has_failed = True
    return 2 if has_failed else 0


def _print_titles(console: Console, path: str, fixed: FixedText) -> None:
    for title in fixed.titles:
        console.print(Text.assemble((path, "bold"), ": ", title), soft_wrap=True)
