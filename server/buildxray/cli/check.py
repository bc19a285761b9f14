"""`buildxray check`."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import Output, Span, output, report, visible, width_of
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, Target, find_targets
from buildxray.cli.log_options import log_and_gates
from buildxray.cli.project_files import check_project_files, is_named_project_file
from buildxray.cli.reports import Located, as_array, as_github_annotation, as_json, as_sarif, statistics_as_json
from buildxray.cli.workers import check_files
from buildxray.ide.batch import CheckedFile, without_notes
from buildxray.ide.diagnostics import Diagnostic
from buildxray.localization import _, localized, ngettext
from buildxray.projects.builds import absolute
from buildxray.rules.base import Fix, Safety, Severity
from buildxray.syntax.text import LineIndex, TextRange

if TYPE_CHECKING:
    from buildxray.cli.logs import Gates

_SEVERITIES: Final = (Severity.INFORMATION, Severity.WARNING, Severity.ERROR)
_STYLE: Final = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFORMATION: "bold blue"}
_MARGIN: Final = "      | "
_TAB: Final = 4


def check(options: argparse.Namespace) -> int:
    """Effect: print the findings of the rules. Raises `CliError` for wrong options."""
    if options.format == "buildkit":
        # No other format needs BuildKit's own checks.
        from buildxray.cli.buildkit_format import check_as_buildkit  # noqa: PLC0415

        return check_as_buildkit(options)
    build = BuildOptions.of(options)
    log, gates = log_and_gates(options)
    failed: list[str] = []
    # What they read of a project serves the search, and both kinds of files.
    builds = Builds(build)
    named = [it for it in options.paths if is_named_project_file(it)]
    targets = [*find_targets([it for it in options.paths if it not in named], failed, builds.projects)]
    total = _Total()
    if options.fix:
        total.n_fixed = _fix(targets, build, failed, with_suggestions=options.unsafe)
        builds = Builds(build)
    checked: list[CheckedFile] = []
    write = _write_text if options.format == "text" and not options.statistics else checked.append
    files = chain(
        map(partial(_as_listed, builds), targets, check_files([it.path for it in targets], build, builds, log)),
        check_project_files(options.paths, build, builds.projects),
    )
    for file in _without_errors(map(by_cost, files), failed):
        if file.is_left_out:
            total.n_left_out += 1
            continue
        total.add(file)
        total.n_exceeded += _exceeds(file, gates, no_emulation=options.no_emulation)
        write(file)
    _write_end(options, total, checked)
    if log is not None and log.error:
        report(log.error)
    if failed or (log is not None and log.error):
        return 2
    worst = _SEVERITIES.index(total.worst) if total.worst is not None else -1
    fails = worst >= _SEVERITIES.index(Severity(options.fail_on))
    return int((fails or total.n_exceeded > 0) and not options.exit_zero)


def _fix(targets: Iterable[Target], build: BuildOptions, failed: list[str], *, with_suggestions: bool) -> int:
    """Effect: fix the files, and append those with errors to `failed`; returns the number of fixes. Raises `CliError`."""
    if any(it.path == STDIN for it in targets):
        raise CliError(_("--fix: the standard input has no file to write to; use `buildxray fix -`"))
    from buildxray.cli.fix import fix_file  # noqa: PLC0415 - a check need not be able to write

    builds = Builds(build)
    return sum(len(fix_file(it, builds, failed, with_suggestions=with_suggestions)) for it in targets)


def _as_listed(builds: Builds, target: Target, file: CheckedFile) -> CheckedFile:
    """A checked file as a list of all files has it, if it was found in a directory and is not named itself; unchanged with costs of its findings."""
    if target.directory is None or file.costs is not None:
        return file
    return _without_requests(builds, target.path, target.directory, without_notes(file))


def _without_requests(builds: Builds, path: str, directory: str, file: CheckedFile) -> CheckedFile:
    """A checked file without what is reported in the files of its directory that declare its builds: a stage that does not exist."""
    if not any(it.is_of_request for it in file.diagnostics):
        return file
    build = builds.of(path)
    from buildxray.ide.project_files import is_project_file  # noqa: PLC0415 - few files need it

    declared = [it for it in build.declared if it.target]
    is_reported_there = (
        build.settings.project_files
        and build.settings.shows("missing-stage")
        and all(
            is_project_file(it.source) and "target" not in it.unknown and it.source.is_relative_to(absolute(directory))
            for it in declared
        )
    )
    if not is_reported_there:
        return file
    return file._replace(diagnostics=tuple(it for it in file.diagnostics if not it.is_of_request))


def _without_errors(files: Iterable[CheckedFile], failed: list[str]) -> Iterator[CheckedFile]:
    """Yield the files that could be checked. Effect: report each error of the others once, and append their paths to `failed`."""
    reported: set[str] = set()
    for file in files:
        if not file.error:
            yield file
            continue
        failed.append(file.path)
        if file.error not in reported:
            reported.add(file.error)
            report(file.error)


def _write_end(options: argparse.Namespace, total: _Total, checked: Iterable[CheckedFile]) -> None:
    """Effect: write the output that needs all files: statistics, a machine-readable format, or the totals of the text."""
    out = output()
    if options.statistics:
        _write_statistics(out, total, options.format)
    elif options.format != "text":
        _FORMATS[options.format](out, (located for it in checked for located in _located(it)))
    elif not options.quiet:
        for line in total.lines:
            out.line(line)


def _exceeds(file: CheckedFile, gates: Gates | None, *, no_emulation: bool) -> bool:
    """True if a file exceeds a limit that the user has set; effect: report it."""
    is_over = no_emulation and file.n_emulated > 0
    if is_over:
        n = file.n_emulated
        report(ngettext("{path}: {n} step needs an emulator", "{path}: {n} steps need an emulator", n, path=file.path))
    if gates is not None:
        seconds = None if file.costs is None else file.costs.seconds
        is_over = gates.is_exceeded(file.path, file.n_emulated, seconds) or is_over
    return is_over


def by_cost(file: CheckedFile) -> CheckedFile:
    """The file with costs in its messages and the most expensive findings first; the file itself without a log."""
    if file.costs is None:
        return file
    pairs = sorted(zip(file.diagnostics, file.costs.findings, strict=True), key=lambda it: -it[1].order)
    diagnostics = tuple(
        replace(it, message=_("{message}; {cost}", message=localized(it.message), cost=cost.words))
        if cost.words
        else it
        for it, cost in pairs
    )
    return file._replace(
        diagnostics=diagnostics, costs=file.costs._replace(findings=tuple(cost for _it, cost in pairs))
    )


def _located(file: CheckedFile) -> Iterator[Located]:
    if not file.diagnostics:
        return
    lines = LineIndex.of(file.text)
    costs = [None] * len(file.diagnostics) if file.costs is None else file.costs.findings
    for it, cost in zip(file.diagnostics, costs, strict=True):
        yield Located(file.path, lines, it, cost)


class _Total:
    """The totals of all files."""

    def __init__(self) -> None:
        self.n_files = 0
        self.n_fixed = 0
        self.n_left_out = 0
        """Templates, parts and empty files that no build reads as they are."""
        self.n_for_other_machines = 0
        """Findings about other machines that a list leaves out."""
        self.n_of_own_machine = 0
        """The number of files in which problems on other architectures were not looked for."""
        self.n_exceeded = 0
        """Files that exceed a limit."""
        self.all_findings: list[Diagnostic] = []
        self.fixes: list[Fix] = []
        """The fixes that `buildxray fix` may apply."""
        self.savings: list[str] = []
        self.n_default = 0
        """The number of files that were checked for the default platforms."""
        self.default_platforms: dict[str, None] = {}

    def add(self, file: CheckedFile) -> None:
        self.n_files += 1
        self.all_findings += file.diagnostics
        self.n_for_other_machines += file.n_for_other_machines
        if not file.is_left_unchanged:
            self.fixes += (it.fixes[0] for it in file.diagnostics if it.fixes)
        if file.costs is not None and file.costs.summary:
            self.savings.append(file.costs.summary)
        self.n_of_own_machine += file.skips_other_machines
        if not file.skips_other_machines:
            self.n_default += bool(file.default_platforms)
            self.default_platforms.update(dict.fromkeys(file.default_platforms))

    @property
    def worst(self) -> Severity | None:
        return max((it.severity for it in self.all_findings), key=_SEVERITIES.index, default=None)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines after the findings."""
        return tuple(
            it for it in (self.summary, self.left_out, self.assumption, self.own_machine, self.other_machines) if it
        )

    @property
    def left_out(self) -> str:
        """A note on files that were found and that BuildKit does not read as they are; empty if there are none."""
        if not self.n_left_out:
            return ""
        return ngettext(
            "{n} file is left out, because it is a template, a part, empty, an input of tests or for another frontend; name it to see why.",
            "{n} files are left out, because they are templates, parts, empty, inputs of tests or for another frontend; name one to see why.",
            self.n_left_out,
        )

    @property
    def assumption(self) -> str:
        """A note on files that were checked for the default platforms; empty if there are none, or without findings."""
        if not self.n_default or not self.all_findings:
            return ""
        return ngettext(
            "{n} file is checked for {platforms}, the default, because no project file names its platforms.",
            "{n} files are checked for {platforms}, the default, because no project file names their platforms.",
            self.n_default,
            platforms=_(", ").join(self.default_platforms),
        )

    @property
    def own_machine(self) -> str:
        """A note on files in which problems on other architectures were not looked for; empty if there are none."""
        if not self.n_of_own_machine:
            return ""
        return ngettext(
            "Problems on other architectures are not looked for in {n} file, because no known build asks for them; `--platform` looks for them.",
            "Problems on other architectures are not looked for in {n} files, because no known build asks for them; `--platform` looks for them.",
            self.n_of_own_machine,
        )

    @property
    def other_machines(self) -> str:
        """A note on findings that are true on machines that no build asks for; empty if there are none."""
        if not self.n_for_other_machines:
            return ""
        return ngettext(
            "{n} finding about other architectures is left out, because no known build asks for them; `--platform` shows it.",
            "{n} findings about other architectures are left out, because no known build asks for them; `--platform` shows them.",
            self.n_for_other_machines,
        )

    @property
    def summary(self) -> str:
        fixed = [ngettext("{n} finding repaired.", "{n} findings repaired.", self.n_fixed)] if self.n_fixed else []
        if not self.n_files and self.n_left_out:
            return " ".join(fixed)
        if not self.all_findings:
            return " ".join(
                [*fixed, ngettext("Nothing found in {n} file.", "Nothing found in {n} files.", self.n_files)]
            )
        n_safe = sum(it.safety is Safety.SAFE for it in self.fixes)
        n_others = len(self.fixes) - n_safe
        files = ngettext("{n} file", "{n} files", self.n_files)
        findings = [
            ngettext("{n} finding in {files}.", "{n} findings in {files}.", len(self.all_findings), files=files)
        ]
        if n_safe:
            findings.append(_("`buildxray fix` repairs {n}.", n=n_safe))
        if n_safe and n_others:
            findings.append(_("`buildxray fix --unsafe` repairs {n} more.", n=n_others))
        elif n_others:
            findings.append(_("`buildxray fix --unsafe` repairs {n}.", n=n_others))
        return " ".join([*fixed, *findings, *(self.savings if self.n_files == 1 else [])])


def _write_json(out: Output, located: Iterator[Located]) -> None:
    out.data(as_array(map(as_json, located)))


def _write_json_lines(out: Output, located: Iterator[Located]) -> None:
    for it in located:
        out.data(as_json(it))


def _write_sarif(out: Output, located: Iterator[Located]) -> None:
    out.data(as_sarif(located))


def _write_github(out: Output, located: Iterator[Located]) -> None:
    for it in located:
        out.data(as_github_annotation(it))


_FORMATS: Final[dict[str, Callable[[Output, Iterator[Located]], None]]] = {
    "github": _write_github,
    "json": _write_json,
    "json-lines": _write_json_lines,
    "sarif": _write_sarif,
}


def _write_statistics(out: Output, total: _Total, format_: str) -> None:
    """Effect: write the number of findings of each rule, the most frequent first."""
    counts = Counter(it.rule for it in total.all_findings)
    fixable = Counter(it.rule for it in total.all_findings if it.fixes)
    rows = [(rule, n, fixable[rule]) for rule, n in sorted(counts.items(), key=lambda it: (-it[1], it[0]))]
    if format_ != "text":
        out.data(statistics_as_json(rows, is_array=format_ != "json-lines"))
        return
    for rule, n, n_fixable in rows:
        note = _("{n} with a fix", n=n_fixable) if n_fixable else ""
        out.line(f"{n:5d}  ", (rule, "bold"), ("  " + note if note else "", "dim"))


def _write_text(file: CheckedFile) -> None:
    if not file.diagnostics:
        return
    out = output()
    lines = LineIndex.of(file.text)
    for it in file.diagnostics:
        line, column = lines.position(it.range.start)
        place = f"{file.path}:{line + 1}:{column + 1}"
        _write_headline(out, place, (_(it.severity.value), _STYLE[it.severity]), it.message, it.rule)
        number = f"{line + 1:5d} | "
        content, carets = excerpt(lines, it.range, out.width - max(len(number), len(_MARGIN)))
        out.line((number, "dim"), content)
        out.line((_MARGIN, "dim"), (carets, _STYLE[it.severity]))
        for fix in it.fixes:
            note = "" if fix.safety is Safety.SAFE else _(" (a suggestion: review it first)")
            if file.is_left_unchanged:
                # `buildxray fix` applies none of them.
                note = _(" (in an editor only)")
            out.line("      ", (_("fix: "), "green"), fix.title, note, indent=" " * 11)
        out.line()


def _write_headline(out: Output, place: str, kind: Span, message: str, rule: str = "") -> None:
    spans: list[Span] = [(place, "bold"), ": ", kind, ": ", message]
    if rule:
        spans.append((f" [{rule}]", "dim"))
    out.line(*spans, indent="  ")


def excerpt(lines: LineIndex, range_: TextRange, width: int) -> tuple[str, str]:
    """The line of a finding and carets under the finding, both at most `width` columns; the carets are never left out."""
    line, column = lines.position(range_.start)
    content = lines.text[lines.starts[line] : lines.ends[line]]
    end = min(len(content), column + max(1, range_.end - range_.start))
    before, marked, after = (visible(it.expandtabs(_TAB)) for it in _parts(content, column, end))
    if width_of(before + marked + after) > width:
        marked = _cut(marked, max(1, width - 2))
        room = max(0, width - width_of(marked))
        if width_of(before) > room // 2:
            n_after = min(width_of(after), room // 2)
            before = "…" + _cut(before[::-1], max(0, room - n_after - 1))[::-1] if before else ""
        room = max(0, width - width_of(before + marked))
        after = after if width_of(after) <= room else _cut(after, room)
    return before + marked + after, " " * width_of(before) + "^" * max(1, width_of(marked))


def _parts(content: str, start: int, end: int) -> tuple[str, str, str]:
    return content[:start], content[start:end], content[end:]


def _cut(text: str, width: int) -> str:
    """The beginning of a text, with an ellipsis if it is cut."""
    if width_of(text) <= width:
        return text
    while text and width_of(text) > width - 1:
        text = text[: max(0, len(text) - max(1, (width_of(text) - width) // 2))]
    return f"{text}…" if width > 0 else ""
