"""`buildxray format`."""

from __future__ import annotations

import argparse

from rich.text import Text

from buildxray.cli.console import output, report
from buildxray.cli.diffs import print_diff
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, find_dockerfiles, read_file, write_file
from buildxray.ide.formatting import format_text
from buildxray.localization import _, ngettext


def format_files(options: argparse.Namespace) -> int:
    """Effect: write the tidied files, or say what would change.

    Gives 1 where `--check` or `--diff` finds a file that would change, 2 for one that cannot be read or written.
    """
    console = output()
    changed = 0
    has_failed = False
    only_looks = options.check or options.diff
    for path in find_dockerfiles(options.paths):
        try:
            text = read_file(path)
            formatted = format_text(text)
            if options.diff:
                print_diff(console, path, text, formatted)
            elif path == STDIN and not options.check:
                console.out(formatted, end="")
            elif formatted != text:
                if not only_looks:
                    write_file(path, text, formatted)
                message = _("would be formatted") if only_looks else _("formatted")
                console.print(Text.assemble((path, "bold"), ": ", message), soft_wrap=True)
            changed += formatted != text
        except CliError as error:
            report(error)
            has_failed = True
    if options.check:
        console.print(
            ngettext("{n} file would be formatted.", "{n} files would be formatted.", changed), soft_wrap=True
        )
    if has_failed:
        return 2
    return 1 if only_looks and changed else 0
