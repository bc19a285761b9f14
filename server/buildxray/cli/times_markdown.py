"""The times of a build as Markdown, for the summary of a CI job or a comment in a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildxray.cli.logs import LoggedFile
from buildxray.cli.times_text import summary
from buildxray.ide.build_times import MeasuredBuild
from buildxray.ide.seconds import exact_seconds
from buildxray.localization import _
from buildxray.logs.escapes import visible
from buildxray.logs.names import read_name

_MOST_ROWS: Final = 20
_LONGEST: Final = 100
"""The longest text of an instruction, in characters."""


def times_markdown(file: LoggedFile) -> Iterator[str]:
    """The lines of a Markdown text with a table for each build of the Dockerfile."""
    for it in file.builds:
        if it.times.fits:
            yield from _build(it, file.path)


def _build(measured: MeasuredBuild, path: str) -> Iterator[str]:
    times = measured.times
    name = f" ({code(times.build.name)})" if times.build.name else ""
    title = _("Where the time of {path} goes", path=code(path))
    yield f"### {title}{name}"
    yield ""
    yield _(
        "{total} in all, {path} on the critical path.",
        total=f"**{exact_seconds(times.total)}**",
        path=exact_seconds(times.critical_path.seconds),
    )
    yield ""
    headings = (_("Line"), _("Seconds"), _("Platform"), "", _("Instruction"))
    yield f"| {' | '.join(headings)} |"
    yield "| ---: | ---: | --- | --- | --- |"
    for it in times.measured[:_MOST_ROWS]:
        if (it.seconds or 0.0) < 0.05:
            break
        platform = "" if it.step.platform is None else str(it.step.platform)
        notes = [_("emulated")] if it.step.is_emulated else []
        notes += [_("critical path")] if measured.is_critical(it.step) else []
        text = " ".join(read_name(it.vertex.name).text.split())
        text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
        yield f"| {it.step.line or ''} | {it.seconds or 0.0:.1f} | {platform} | {_(', ').join(notes)} | {code(text)} |"
    yield ""
    for sentence in summary(measured):
        yield f"- {_escaped(sentence)}"
    yield ""


def code(text: str) -> str:
    """A text as code in a table, without Markdown or HTML in it."""
    shown = visible(text).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    padding = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def _escaped(text: str) -> str:
    """A sentence in which angle brackets, which a log may contain, are not HTML."""
    return text.replace("<", "&lt;")
