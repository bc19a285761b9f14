"""The plan as a Markdown table for pull requests and issues."""

from __future__ import annotations

import re
from collections.abc import Iterator

from buildxray.ide.plan_view.model import PlanView, Row, Stage
from buildxray.ide.plan_view.words import labels, shorts, summary, title
from buildxray.ide.seconds import exact_seconds
from buildxray.localization import _
from buildxray.semantics.cost import Cost, cost_word


def as_markdown(view: PlanView, name: str) -> str:
    """Return a heading, the totals, and a table with the steps of each RUN, COPY and image; `name` is that of the Dockerfile."""
    lines = [f"**{_text(name)}**, {_text(title(view))}: {summary(view)}", ""]
    if view.error is not None:
        message, line = view.error
        lines += [_text(_("line {line}: {message}", line=line, message=message)), ""]
    if view.note:
        lines += [_text(view.note), ""]
    if view.time is not None:
        lines += [_text(_("The logged build took {total}.", total=exact_seconds(view.time.total))), ""]
    head = [_("line"), _("stage"), _("instruction"), _("steps")]
    rule = ["---:", "---", "---", "---"]
    if view.time is not None:
        head, rule = [*head, _("seconds")], [*rule, "---:"]
    lines += [f"| {' | '.join(head)} |", f"|{'|'.join(rule)}|"]
    return "\n".join([*lines, *(line for stage in view.stages for line in _rows(view, stage)), ""])


def _rows(view: PlanView, stage: Stage) -> Iterator[str]:
    for row in stage.rows:
        if row.boxes:
            instruction = _code(f"{row.keyword} {row.text}".strip())
            times = "" if view.time is None else f" {_seconds(row)} |"
            yield f"| {row.line} | {_text(stage.name)} | {instruction} | {_steps(view, row)} |{times}"


def _seconds(row: Row) -> str:
    """The seconds of each step of a row, in the order of the picture; those on the critical path in bold."""
    times = (it.time for it in row.boxes)
    words = (f"**{it.text}**" if it.is_critical else it.text for it in times if it is not None and it.text)
    return " · ".join(words)


def _steps(view: PlanView, row: Row) -> str:
    """The steps of a row by their cost, in the order of the picture: `native amd64; **emulated** arm64`."""
    by_cost: dict[Cost, list[str]] = {}
    for box in row.boxes:
        where = labels(view, row, box)[0] if box.kind == "exec" else shorts(view, box.targets)
        by_cost.setdefault(box.cost, []).append(where)
    return "; ".join(f"{_marked(cost)} {_text(', '.join(where))}" for cost, where in by_cost.items())


def _marked(cost: Cost) -> str:
    word = cost_word(cost)
    return f"**{word}**" if cost in (Cost.EMULATED, Cost.REPEATED) else word


def _code(text: str) -> str:
    """Text as code in a cell: backticks inside need a longer fence, and a bar would end the cell."""
    longest = max((len(it) for it in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if longest else ""
    return f"{fence}{padding}{text.replace('|', chr(92) + '|')}{padding}{fence}"


def _text(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>|!#])", r"\\\1", text)
