"""The hover of words that are neither names nor keywords: rules in comments, signals, labels, ports, heredocs, directories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildxray.ide.analysis import Analysis
from buildxray.ide.diagnostics import documentation_url
from buildxray.ide.glossary import LABELS, MORE_SIGNALS, PORTS, REGISTERED_PORTS, SIGNAL_NUMBERS, SIGNALS
from buildxray.ide.hover.base import Hover
from buildxray.ide.literals import literal
from buildxray.ide.names import Kind, occurrence_at
from buildxray.localization import _, ngettext
from buildxray.rules.registry import find_rule
from buildxray.rules.suppression import suppression_comments
from buildxray.semantics.build import Instruction
from buildxray.syntax.instructions import Copying, Expose, From, Label, StopSignal, Workdir
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange

_OPTIONS: Final = lazy_regex(r"#\s*check\s*=\s*(?P<options>\S.*)", re.IGNORECASE)
_OPTION: Final = lazy_regex(r"(?P<key>[A-Za-z]+)(?:\s*=\s*(?P<values>[^;]*))?")
_PORT: Final = lazy_regex(r"(?P<first>\d+)(?:-(?P<last>\d+))?(?:/(?P<protocol>\w+))?")


def word(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the word at an offset; None if there is none, or if nothing certain is known about it."""
    for comment in analysis.dockerfile.comments:
        if comment.range.contains(offset):
            return next((it for it in _of_comments(analysis) if it.range.contains(offset)), None)
    directive = next((it for it in analysis.dockerfile.directives if it.range.contains(offset)), None)
    if directive is not None:
        return _check_option(analysis.text, directive.range, offset)
    instruction = analysis.build.instruction_at(offset)
    if instruction is None:
        return None
    heredoc = _heredoc(analysis, offset)
    if heredoc is not None:
        return heredoc
    return next((it for it in _words(instruction) if it.range.contains(offset)), None)


def _of_comments(analysis: Analysis) -> Iterator[Hover]:
    for comment in suppression_comments(analysis.dockerfile):
        for name, range_ in comment.rules:
            hover = _rule(name, range_)
            if hover is not None:
                yield hover
    for it in analysis.dockerfile.comments:
        yield from _check_options(analysis.text, it.range)


def _check_option(text: str, line: TextRange, offset: int) -> Hover | None:
    return next((it for it in _check_options(text, line) if it.range.contains(offset)), None)


def _check_options(text: str, line: TextRange) -> Iterator[Hover]:
    """The options of `# check=…`, at the top of the file or above an instruction, each with its values."""
    match = _OPTIONS.search(text, line.start, line.end)
    if match is None or text[line.start : match.start()].strip():
        return
    for option in _OPTION.finditer(text, match.start("options"), line.end):
        key, (start, end) = option["key"].lower(), option.span("values")
        if key in ("skip", "experimental"):
            for name in re.finditer(r"[^\s,]+", text[start:end] if start >= 0 else ""):
                hover = _rule(name[0], TextRange(start + name.start(), start + name.end()))
                if hover is not None:
                    yield hover
        meaning = {
            "skip": _("The checks that are skipped; `all` for every check."),
            "experimental": _("The experimental checks that run; `all` for every check."),
            "error": _("`true` fails the build if a check reports something."),
        }.get(key)
        if meaning is not None:
            yield Hover(TextRange(*option.span()), f"**`{key}=`**: {meaning}")


def _rule(name: str, range_: TextRange) -> Hover | None:
    if name == "all":
        return Hover(range_, _("**`all`**: every check"))
    rule = find_rule(name)
    if rule is None:
        return None
    link = _("[Manual page]({url})", url=documentation_url(rule.name))
    return Hover(range_, f"**`{name}`**: {_(rule.summary)}\n\n{link}")


def _heredoc(analysis: Analysis, offset: int) -> Hover | None:
    occurrence = occurrence_at(analysis, offset)
    if occurrence is None or occurrence.name.kind is not Kind.HEREDOC:
        return None
    instruction = analysis.dockerfile.instructions[occurrence.instruction]
    heredoc = instruction.node.heredocs[occurrence.name.ordinal]
    n_lines = heredoc.content.count("\n")
    title = ngettext(
        "**`{name}`**: a heredoc of {n} line, up to the line `{name}`",
        "**`{name}`**: a heredoc of {n} lines, up to the line `{name}`",
        n_lines,
        name=literal(heredoc.name),
    )
    parts = [title]
    if isinstance(instruction.node, Copying):
        expanded = _("BuildKit expands variables in it; quotes around the name switch that off.")
        verbatim = _("It is copied as written, because the name is quoted.")
        parts.append(expanded if heredoc.marker.expand else verbatim)
    if heredoc.marker.chomp:
        parts.append(_("Tabs at the start of its lines are removed (`<<-`)."))
    return Hover(occurrence.range, "\n\n".join(parts))


def _words(instruction: Instruction) -> Iterator[Hover]:
    node = instruction.node
    match node:
        case StopSignal() if node.value is not None:
            meaning = _signal(node.value.text)
            if meaning:
                yield Hover(instruction.range_of(node.value), meaning)
        case Label():
            for pair in instruction.pairs:
                label = LABELS.get(pair.name.text.strip("\"'"))
                if label is not None:
                    meaning = _("**`{name}`**: {meaning}", name=pair.name.text.strip("\"'"), meaning=_(label))
                    yield Hover(instruction.range_of(pair.name), meaning)
        case Expose():
            for argument in node.arguments:
                port = _PORT.fullmatch(argument.text)
                if port is not None:
                    yield Hover(instruction.range_of(argument), _port(port))
        case Workdir() if node.value is not None:
            directories = sorted({it.directory for it in instruction.scopes_after})
            if directories:
                names = ", ".join(f"`{literal(it)}`" for it in directories)
                message = _(
                    "The working directory from here on: {names}. It is created if it does not exist.", names=names
                )
                yield Hover(instruction.range_of(node.value), message)
        case From() if node.alias is not None:
            yield Hover(instruction.range_of(node.arguments[1]), _("**`AS`**: gives the stage a name"))
        case _:
            return


def _signal(text: str) -> str:
    name = SIGNAL_NUMBERS.get(text, text.upper())
    if not name.startswith("SIG"):
        name = f"SIG{name}"
    meaning = {**SIGNALS, **MORE_SIGNALS}.get(name)
    if meaning is None:
        return ""
    rest = _("`docker stop` sends it to the program, and `SIGKILL` if that has not exited after 10 seconds.")
    return _("**`{name}`**: {meaning}", name=name, meaning=_(meaning)) + f"\n\n{rest}"


def _port(port: re.Match[str]) -> str:
    protocol = (port["protocol"] or "tcp").upper()
    if port["last"]:
        what = _("{protocol} ports {first} to {last}", protocol=protocol, first=port["first"], last=port["last"])
    else:
        what = _("{protocol} port {port}", protocol=protocol, port=port["first"])
    service = None if port["last"] else PORTS.get(port["first"])
    if service is not None and port["first"] not in REGISTERED_PORTS:
        service = _("usually {service}", service=service) if protocol == "TCP" else None
    shown = f"**{what}**" if service is None else f"**{what}** ({service})"
    rest = _("A note for people and tools: `docker run -p` or `-P` makes the port reachable.")
    return f"{shown}\n\n{rest}"
