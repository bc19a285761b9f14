"""`buildxray fix`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import Output, output, report
from buildxray.cli.diffs import write_diff
from buildxray.cli.errors import CliError, internal_error, limited
from buildxray.cli.files import STDIN, Target, find_targets, read_file, write_file
from buildxray.cli.log_options import named_log
from buildxray.ide.fixes import FixedText, fix_text
from buildxray.localization import _, ngettext

if TYPE_CHECKING:
    from buildxray.cli.logs import LogOfFiles
    from buildxray.ide.build_times import MeasuredBuild


def fix(options: argparse.Namespace) -> int:
    """Effect: write the fixed files, or print a diff. Raises `CliError` for wrong options."""
    builds = Builds(BuildOptions.of(options))
    log = named_log(options)
    out = output()
    failed: list[str] = []
    n_files = n_changed = 0
    for target in find_targets(options.paths, failed, builds.projects):
        n_files += 1
        if options.diff or target.path == STDIN:
            n_changed += _show(out, target, builds, failed, options, log=log)
            continue
        titles = fix_file(target, builds, failed, with_suggestions=options.unsafe, log=log)
        n_changed += bool(titles)
        for title in titles if not options.quiet else ():
            out.line((target.path, "bold"), ": ", title, indent="  ")
    if not n_changed and not failed and not options.quiet and not options.diff and options.paths != [STDIN]:
        report(ngettext("nothing to repair in {n} file", "nothing to repair in {n} files", n_files))
    if log is not None and log.error:
        report(log.error)
        return 2
    if failed:
        return 2
    return int(options.diff and n_changed > 0)


def fix_file(
    target: Target, builds: Builds, failed: list[str], *, with_suggestions: bool, log: LogOfFiles | None = None
) -> tuple[str, ...]:
    """Effect: fix a file; report errors, and append them to `failed`. Returns the titles of the fixes, with their savings by a log."""
    try:
        text, fixed, measured = _fixed(target, builds, log, with_suggestions=with_suggestions)
        titles = _with_savings(text, fixed, measured)
        if fixed.text != text:
            write_file(target, text, fixed.text)
    except CliError as error:
        report(error)
        failed.append(target.path)
        return ()
    return titles


def _with_savings(text: str, fixed: FixedText, measured: MeasuredBuild | None) -> tuple[str, ...]:
    """A line for each fix, with its saving by a log, and one line for all of them together."""
    if measured is None or not measured.can_predict or not fixed.steps:
        return fixed.titles
    from buildxray.ide.seconds import about_seconds, title_with_saving  # noqa: PLC0415 - few runs have a log

    savings = measured.savings_of(fixed.steps, text)
    total = measured.times.total
    saved = sum(it.seconds for it in savings)
    lines = [title_with_saving(it.title, it.seconds, total) for it in savings]
    if len(savings) > 1:
        lines.append(
            _("all together: saves about {saved} of {total}", saved=about_seconds(saved), total=about_seconds(total))
        )
    return tuple(lines)


def _show(
    out: Output,
    target: Target,
    builds: Builds,
    failed: list[str],
    options: argparse.Namespace,
    *,
    log: LogOfFiles | None,
) -> bool:
    """Effect: print the difference or the fixed text, and report the savings; returns whether there is a difference."""
    try:
        text, fixed, measured = _fixed(target, builds, log, with_suggestions=options.unsafe)
        savings = () if measured is None else _with_savings(text, fixed, measured)
    except CliError as error:
        report(error)
        failed.append(target.path)
        return False
    if options.diff:
        write_diff(out, builds.shown(target.path), text, fixed.text)
    else:
        # The bytes are not decoded for the terminal, because the output is meant for a file.
        out.data(fixed.text, end="")
    for line in savings if not options.quiet else ():
        # On stderr, because stdout contains the difference for `patch`.
        report(f"{builds.shown(target.path)}: {line}")
    return fixed.text != text


def _fixed(
    target: Target, builds: Builds, log: LogOfFiles | None, *, with_suggestions: bool
) -> tuple[str, FixedText, MeasuredBuild | None]:
    """The text of a file, the text after the fixes, and its build in the log. Raises `CliError`."""
    path, is_listed = target.path, target.directory is not None
    text = read_file(path)
    try:
        with limited(path):
            measured = None if log is None else log.measured(path, text, builds)
            analyzer = builds.analyzer(path, measured)
            fixed = fix_text(analyzer, text, with_suggestions=with_suggestions, is_listed=is_listed)
            return text, fixed, measured
    except CliError:
        raise
    except Exception as error:
        raise CliError(_("{path}: {error}", path=path, error=internal_error(error))) from error
