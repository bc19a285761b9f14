"""`buildxray fix`."""

from __future__ import annotations

import argparse

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import Output, output, report
from buildxray.cli.diffs import write_diff
from buildxray.cli.errors import CliError, internal_error
from buildxray.cli.files import STDIN, Target, find_targets, read_file, write_file
from buildxray.ide.fixes import FixedText, fix_text
from buildxray.localization import _, ngettext


def fix(options: argparse.Namespace) -> int:
    """Effect: write the repaired files, or print what would change. Raises `CliError` for wrong options."""
    builds = Builds(BuildOptions.of(options))
    out = output()
    failed: list[str] = []
    n_files = n_changed = 0
    for target in find_targets(options.paths, failed):
        n_files += 1
        if options.diff or target.path == STDIN:
            n_changed += _show(out, target.path, builds, failed, options)
            continue
        titles = fix_file(target, builds, failed, with_suggestions=options.unsafe)
        n_changed += bool(titles)
        for title in titles if not options.quiet else ():
            out.line((target.path, "bold"), ": ", title, indent="  ")
    if not n_changed and not failed and not options.quiet and not options.diff and options.paths != [STDIN]:
        report(ngettext("nothing to repair in {n} file", "nothing to repair in {n} files", n_files))
    if failed:
        return 2
    return int(options.diff and n_changed > 0)


def fix_file(target: Target, builds: Builds, failed: list[str], *, with_suggestions: bool) -> tuple[str, ...]:
    """Effect: repair a file. Returns the titles of the fixes; what goes wrong is reported, and appended to `failed`."""
    try:
        text, fixed = _fixed(target.path, builds, with_suggestions=with_suggestions)
        if fixed.text != text:
            write_file(target, text, fixed.text)
    except CliError as error:
        report(error)
        failed.append(target.path)
        return ()
    return fixed.titles


def _show(out: Output, path: str, builds: Builds, failed: list[str], options: argparse.Namespace) -> bool:
    """Effect: print the difference or the repaired text; whether there is a difference."""
    try:
        text, fixed = _fixed(path, builds, with_suggestions=options.unsafe)
    except CliError as error:
        report(error)
        failed.append(path)
        return False
    if options.diff:
        write_diff(out, builds.shown(path), text, fixed.text)
    else:
        # Bytes as they came, whatever the terminal speaks: the text goes back into a file.
        out.data(fixed.text, end="")
    return fixed.text != text


def _fixed(path: str, builds: Builds, *, with_suggestions: bool) -> tuple[str, FixedText]:
    """The text of a file, and what the fixes make of it. Raises `CliError`."""
    text = read_file(path)
    try:
        return text, fix_text(builds.analyzer(path), text, with_suggestions=with_suggestions)
    except CliError:
        raise
    except Exception as error:
        raise CliError(_("{path}: {error}", path=path, error=internal_error(error))) from error
