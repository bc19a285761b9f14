"""`buildxray format`."""

from __future__ import annotations

import argparse

from buildxray.cli.console import output, report
from buildxray.cli.diffs import write_diff
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, find_targets, read_file, write_file
from buildxray.ide.formatting import format_text
from buildxray.localization import _, ngettext


def format_files(options: argparse.Namespace) -> int:
    """Effect: write the formatted files, or print what would change.

    Returns 1 if `--check` or `--diff` finds a file that would change, 2 for one that cannot be read or written.
    """
    out = output()
    changed = 0
    failed: list[str] = []
    only_looks = options.check or options.diff
    for target in find_targets(options.paths, failed):
        path = target.path
        try:
            text = read_file(path)
            formatted = format_text(text)
            if options.diff:
                write_diff(out, path, text, formatted)
            elif path == STDIN and not options.check:
                out.data(formatted, end="")
            elif formatted != text:
                if not only_looks:
                    write_file(target, text, formatted)
                message = _("would be formatted") if only_looks else _("formatted")
                out.line((path, "bold"), ": ", message, indent="  ")
            changed += formatted != text
        except CliError as error:
            report(error)
            failed.append(path)
    if options.check:
        out.line(ngettext("{n} file would be formatted.", "{n} files would be formatted.", changed))
    if failed:
        return 2
    return 1 if only_looks and changed else 0
