"""`buildxray fix`."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import output, report
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
                _print_diff(console, path, text, fixed.text)
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


def _print_diff(console: Console, path: str, old: str, new: str) -> None:
    for line in _diff(path, old, new):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[0], "")
        console.print(Text(line, "bold" if line.startswith(("+++", "---")) else style), soft_wrap=True)


def _diff(path: str, old: str, new: str) -> Iterator[str]:
    old_lines, new_lines = old.split("\n"), new.split("\n")
    missing = "\\ No newline at end of file"
    for text_lines in (old_lines, new_lines):
        if text_lines[-1] == "":
            text_lines.pop()
    for line in difflib.unified_diff(old_lines, new_lines, f"a/{path}", f"b/{path}", lineterm=""):
        yield line
        ends_old = line[0] in "- " and not old.endswith("\n") and line[1:] == old_lines[-1]
        ends_new = line[0] in "+ " and not new.endswith("\n") and line[1:] == new_lines[-1]
        if (ends_old or ends_new) and not line.startswith(("+++", "---")):
            yield missing
