"""`buildxray check`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from rich.text import Text

from buildxray.cli.build_options import BuildOptions
from buildxray.cli.buildkit_format import check_as_buildkit
from buildxray.cli.checking import check_files
from buildxray.cli.console import output, report
from buildxray.cli.files import find_dockerfiles
from buildxray.cli.reports import Located, as_github_annotation, as_json, as_sarif
from buildxray.ide.batch import CheckedFile
from buildxray.ide.diagnostics import Diagnostic
from buildxray.localization import _, ngettext
from buildxray.rules.base import Safety, Severity
from buildxray.syntax.text import LineIndex, TextRange

if TYPE_CHECKING:
    from rich.console import Console

_SEVERITIES: Final = (Severity.INFORMATION, Severity.WARNING, Severity.ERROR)
_STYLE: Final = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFORMATION: "bold blue"}


def check(options: argparse.Namespace) -> int:
    """Effect: print what the rules find. Raises `CliError` for wrong options."""
    if options.format == "buildkit":
        return check_as_buildkit(options)
    console = output()
    total = _Total()
    log: list[Located] = []
    for file in check_files([*find_dockerfiles(options.paths)], BuildOptions.of(options)):
        if file.error:
            report(file.error)
            total.n_unreadable += 1
            continue
        total.add(file.diagnostics)
        lines = LineIndex.of(file.text)
        located = [Located(file.path, lines, it) for it in file.diagnostics]
        match options.format:
            case "json":
                console.out("".join(f"{as_json(it)}\n" for it in located), end="")
            case "github":
                console.out("".join(f"{as_github_annotation(it)}\n" for it in located), end="")
            case "sarif":
                log += located
            case _:
                _print(console, file, lines)
    if options.format == "sarif":
        console.out(as_sarif(log))
    if options.format == "text":
        console.print(total.summary, soft_wrap=True)
    if total.n_unreadable:
        return 2
    worst = _SEVERITIES.index(total.worst) if total.worst is not None else -1
    fails = worst >= _SEVERITIES.index(Severity(options.fail_on))
    return int(fails and not options.exit_zero)


class _Total:
    """What was found in all files."""

    def __init__(self) -> None:
        self.n_files = 0
        self.n_unreadable = 0
        self.found: list[Diagnostic] = []

    def add(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.n_files += 1
        self.found += diagnostics

    @property
    def worst(self) -> Severity | None:
        return max((it.severity for it in self.found), key=_SEVERITIES.index, default=None)

    @property
    def summary(self) -> str:
        if not self.found:
            return ngettext("Nothing found in {n} file.", "Nothing found in {n} files.", self.n_files)
        n_safe = sum(bool(it.fixes) and it.fixes[0].safety is Safety.SAFE for it in self.found)
        n_others = sum(bool(it.fixes) for it in self.found) - n_safe
        files = ngettext("{n} file", "{n} files", self.n_files)
        findings = [ngettext("{n} finding in {files}.", "{n} findings in {files}.", len(self.found), files=files)]
        if n_safe:
            findings.append(_("`buildxray fix` repairs {n}.", n=n_safe))
        if n_safe and n_others:
            findings.append(_("`buildxray fix --unsafe` repairs {n} more.", n=n_others))
        elif n_others:
            findings.append(_("`buildxray fix --unsafe` repairs {n}.", n=n_others))
        return " ".join(findings)


def _print(console: Console, file: CheckedFile, lines: LineIndex) -> None:
    if file.refusal is not None:
        line, message = file.refusal
        console.print(
            _headline(f"{file.path}:{line}", _("BuildKit refuses this file"), "bold red", message, ""), soft_wrap=True
        )
        console.print()
    for it in file.diagnostics:
        line, column = lines.position(it.range.start)
        place = f"{file.path}:{line + 1}:{column + 1}"
        console.print(_headline(place, _(it.severity.value), _STYLE[it.severity], it.message, it.rule), soft_wrap=True)
        console.print(_excerpt(lines, it.range, _STYLE[it.severity]), no_wrap=True, overflow="ellipsis")
        for fix in it.fixes:
            note = "" if fix.safety is Safety.SAFE else _(" (a suggestion: look at it first)")
            console.print(Text.assemble(("      ", ""), (_("fix: "), "green"), fix.title, note), soft_wrap=True)
        console.print()


def _headline(place: str, kind: str, style: str, message: str, rule: str) -> Text:
    text = Text.assemble((place, "bold"), ": ", (kind, style), ": ", message)
    return text.append(f" [{rule}]", "dim") if rule else text


def _excerpt(lines: LineIndex, range_: TextRange, style: str) -> Text:
    """The line of a finding, and carets under the finding."""
    line, column = lines.position(range_.start)
    content = lines.text[lines.starts[line] : lines.ends[line]]
    before = Text(content[:column].expandtabs(4)).cell_len
    width = max(1, Text(content[column : column + range_.end - range_.start].expandtabs(4)).cell_len)
    number = f"{line + 1:5d} | "
    return Text.assemble(
        (number, "dim"), content.expandtabs(4), "\n", ("      | ", "dim"), " " * before, ("^" * width, style)
    )
