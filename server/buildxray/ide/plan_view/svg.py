"""Draw a plan as SVG. Coloured elements have a class, whose colours for light and dark themes are in `plan.css`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from xml.etree import ElementTree as ET

from buildxray.files.reading import read_resource
from buildxray.ide.plan_view import typography as type_
from buildxray.ide.plan_view.heat import HOTTEST
from buildxray.ide.plan_view.layout import (
    BOX_HEIGHT,
    LINE_ROOM,
    PADDING,
    SYMBOL_ROOM,
    Column,
    PlacedBox,
    PlacedRow,
    Wire,
    lay_out,
    time_room,
)
from buildxray.ide.plan_view.model import PlanView, spoken
from buildxray.ide.plan_view.typography import Style, elided, width, wrapped
from buildxray.ide.plan_view.words import column_detail, emulated_caption, image_badge, labels, summary, title
from buildxray.ide.seconds import WORTH_SAYING, about_seconds, exact_seconds, range_of_seconds
from buildxray.localization import _, ngettext
from buildxray.semantics.cost import Cost, cost_word
from buildxray.syntax.lazy_regex import lazy_regex

_MARGIN: Final = 24
_NARROWEST: Final = 600
_SCALE: Final = 80
"""The width of the scale of heat in the legend."""
_SAMPLE_WIDTHS: Final[dict[Cost | str, int]] = {"heat": _SCALE, "rail": 4}
"""The widths of samples in the legend that are not 28."""
_ROUND: Final = 6
"""The radius of a wire's corners."""
_SYMBOLS: Final = {
    "shared": "M4.2 2.6a3.4 3.4 0 1 0 0 6.8a3.4 3.4 0 1 0 0-6.8zM7.8 2.6a3.4 3.4 0 1 0 0 6.8a3.4 3.4 0 1 0 0-6.8z",
    "native": "M2 6.4 4.8 9.2 10 3.4",
    "emulated": "M6 1.6 11 10.4H1zM6 4.8v2.6M6 8.7v.4",
    "repeated": "M1.6 4.4h6v6h-6zM4.4 4.4v-2.8h6v6h-2.8",
    "separate": "M6 2.8a3.2 3.2 0 1 0 0 6.4a3.2 3.2 0 1 0 0-6.4z",
    "split": "M6 10.8V7.2M6 7.2C6 4.6 2.4 5.2 2.4 1.8M6 7.2C6 4.6 9.6 5.2 9.6 1.8",
    "pull": "M6 1.2v6.2M3.2 4.8 6 7.6 8.8 4.8M1.6 10.6h8.8",
}
"""Outlines in a square of 12."""
_NOT_XML: Final = lazy_regex("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML has no way to write."""


def draw(view: PlanView, name: str, *, is_alone: bool = True, prefix: str = "plan") -> str:
    """Draw the picture of a plan as SVG; a standalone picture contains its colours.

    `name` is the name of the Dockerfile. `prefix` keeps the ids of several pictures in one page distinct.
    """
    written = ET.tostring(_Drawing(view, name, prefix).picture(is_alone=is_alone), encoding="unicode")
    return _NOT_XML.sub("\ufffd", written)


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """The colours and letters of every picture."""
    return read_resource("buildxray.ide.plan_view", "plan.css")


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _add(parent: ET.Element, tag: str, class_: str = "", **attributes: str | float) -> ET.Element:
    written = {"class": class_} if class_ else {}
    for key, value in attributes.items():
        written[key.rstrip("_").replace("_", "-")] = value if isinstance(value, str) else _n(value)
    return ET.SubElement(parent, tag, written)


def _write(parent: ET.Element, text: str, style: Style, x: float, y: float) -> ET.Element:
    element = _add(parent, "text", style.name, x=x, y=y)
    element.text = text
    return element


class _Drawing:
    """Draws one plan."""

    def __init__(self, view: PlanView, name: str, prefix: str) -> None:
        self._view = view
        self._name = name
        self._prefix = prefix

    def picture(self, *, is_alone: bool) -> ET.Element:
        view = self._view
        root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "plan", "role": "group"})
        root.set("aria-label", f"{self._name}: {title(view)}; {summary(view)}")
        if is_alone:
            _add(root, "style").text = stylesheet()
        _add(root, "rect", "paper", x=0, y=0, width="100%", height="100%")
        self._definitions(root)
        layout = lay_out(view)
        inner = max(_NARROWEST, layout.width)
        # The head is not wider than a screen, so that no scrolling is needed to read it.
        top = self._head(root, min(inner, 2 * _NARROWEST))
        body = _add(root, "g", "body", transform=f"translate({_MARGIN} {_n(top)})")
        for column in layout.columns:
            self._card(body, column)
        wires = _add(body, "g", "wires", aria_hidden="true")
        for wire in layout.wires:
            self._wire(wires, wire)
        for column in layout.columns:
            self._column(body, column)
        bottom = self._unneeded(root, top + layout.height + 30, inner)
        total = inner + 2 * _MARGIN
        root.set("viewBox", f"0 0 {_n(total)} {_n(bottom)}")
        root.set("width", _n(total))
        root.set("height", _n(bottom))
        return root

    def _definitions(self, root: ET.Element) -> None:
        definitions = _add(root, "defs")
        hatch = _add(
            definitions,
            "pattern",
            id=f"{self._prefix}-hatch",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )
        _add(hatch, "path", "hatch", d="M0 0V6")
        for name, path in _SYMBOLS.items():
            symbol = _add(definitions, "symbol", id=f"{self._prefix}-{name}", viewBox="0 0 12 12")
            _add(symbol, "path", d=path)

    def _head(self, root: ET.Element, room: float) -> float:
        view, y = self._view, 36.0
        head = _add(root, "g", "head")
        _write(head, elided(self._name, type_.TITLE, room), type_.TITLE, _MARGIN, y)
        sentences = [title(view), *([view.note] if view.note else [])]
        for line in (line for it in sentences for line in wrapped(it, type_.SUBTITLE, room)):
            y += 19
            _write(head, line, type_.SUBTITLE, _MARGIN, y)
        if view.error is not None:
            y = self._error(head, *view.error, y + 16, room)
        y = self._figures(head, y + 18, room)
        return self._legend(head, y + 20, room) + 24

    def _error(self, head: ET.Element, message: str, line: int, y: float, room: float) -> float:
        text = _("BuildKit refuses this file. Line {line}: {message}", line=line, message=message.replace("`", ""))
        lines = wrapped(text, type_.SUBTITLE, room - 28)
        banner = _add(head, "g", "error", role="alert", data_line=str(line))
        _add(banner, "rect", x=_MARGIN, y=y, width=room, height=17 * len(lines) + 15, rx=5)
        for position, it in enumerate(lines):
            _write(banner, it, type_.SUBTITLE, _MARGIN + 14, y + 20 + 17 * position)
        return y + 17 * len(lines) + 15

    def _figures(self, head: ET.Element, y: float, room: float) -> float:
        totals = self._view.totals
        figures: list[tuple[int | str, str, str]] = [
            *self._times(),
            (totals.steps, ngettext("step", "steps", totals.steps), ""),
            (totals.runs, ngettext("RUN step", "RUN steps", totals.runs), ""),
            (
                totals.emulated,
                elided(emulated_caption(totals), type_.CAPTION, room),
                "emulated" if totals.emulated else "none",
            ),
        ]
        if len(self._view.target_platforms) > 1:
            figures.append((totals.repeated, _("RUN once per platform"), "" if totals.repeated else "none"))
            figures.append((totals.needless, _("of these avoidable"), "repeated" if totals.needless else "none"))
        x = float(_MARGIN)
        for number, caption, class_ in figures:
            size = max(width(str(number), type_.FIGURE), width(caption, type_.CAPTION))
            if x > _MARGIN and x + size > _MARGIN + room:
                x, y = float(_MARGIN), y + 52
            group = _add(head, "g", f"total {class_}".strip())
            _write(group, str(number), type_.FIGURE, x, y + 22)
            _write(group, caption, type_.CAPTION, x, y + 40)
            x += size + 26
        return y + 40

    def _times(self) -> Iterator[tuple[str, str, str]]:
        """The figures of a log: number, caption and class."""
        time = self._view.time
        if time is None:
            return
        yield exact_seconds(time.total), _("the logged build"), "hot"
        if time.remaining is not None:
            yield (
                range_of_seconds(*time.remaining),
                _("this text, estimated"),
                "gain" if time.saved >= WORTH_SAYING else "",
            )
        elif time.fixes_save >= WORTH_SAYING:
            caption = _("saved by the safe fixes") if time.are_safe else _("saved by the suggested fixes")
            yield f"−{about_seconds(time.fixes_save)}", caption, "gain"

    def _legend(self, head: ET.Element, y: float, room: float) -> float:
        legend = _add(head, "g", "legend", aria_hidden="true")
        x = float(_MARGIN)
        for sample, words in self._legend_entries():
            sample_width = _SAMPLE_WIDTHS.get(sample, 28)
            size = sample_width + 6 + width(words, type_.CAPTION)
            if x > _MARGIN and x + size > _MARGIN + room:
                x, y = float(_MARGIN), y + 24
            self._sample(legend, sample, x, y)
            _write(legend, words, type_.CAPTION, x + sample_width + 6, y + 13)
            x += size + 20
        return y + 18

    def _sample(self, legend: ET.Element, sample: Cost | str, x: float, y: float) -> None:
        if isinstance(sample, Cost):
            group = _add(legend, "g", f"step {sample.value}")
            self._frame(group, x, y, 28, 18, is_hatched=sample is Cost.EMULATED)
            self._symbol(group, sample.value, x + 8, y + 3)
        elif sample == "heat":
            each = _SCALE / HOTTEST
            for heat in range(1, HOTTEST + 1):
                swatch = _add(legend, "g", f"swatch heat-{heat}")
                _add(swatch, "rect", "frame", x=x + (heat - 1) * each, y=y, width=each, height=18)
        elif sample == "rail":
            _add(legend, "rect", "rail", x=x, y=y, width=4, height=18)
        else:
            _add(legend, "path", f"wire {sample}", d=f"M{_n(x)} {_n(y + 9)}h28")

    def _legend_entries(self) -> Iterator[tuple[Cost | str, str]]:
        """The entries of the legend for the kinds of boxes in the picture."""
        states = {box.cost for stage in self._view.stages for row in stage.rows for box in row.boxes}
        words = {
            Cost.SHARED: _("shared: once for several platforms"),
            Cost.NATIVE: _("native: on the build machine"),
            Cost.EMULATED: _("emulated: on another architecture"),
            Cost.REPEATED: _("repeated without need"),
            Cost.SEPARATE: _("files of one platform"),
        }
        yield from ((it, text) for it, text in words.items() if it in states)
        if self._view.time is not None:
            yield "heat", _("up to {seconds}", seconds=exact_seconds(self._view.time.longest))
            yield "rail", _("critical path: what the build waits for")
        kinds = {it.kind for it in self._view.edges}
        names = {"from": "FROM", "copy": "COPY --from", "mount": "RUN --mount=from"}
        yield from ((it, text) for it, text in names.items() if it in kinds)

    def _card(self, body: ET.Element, column: Column) -> None:
        class_ = "card image" if column.stage.is_image else "card"
        _add(body, "rect", class_, x=column.x, y=column.y, width=column.width, height=column.height, rx=8)

    def _column(self, body: ET.Element, column: Column) -> None:
        view, stage = self._view, column.stage
        group = _add(body, "g", "stage", role="list", data_line=str(stage.line))
        detail = column_detail(view, stage)
        group.set("aria-label", _("stage {stage}: {detail}", stage=stage.name, detail=detail))
        _add(group, "title").text = f"{stage.name}: {detail}"
        x, room = column.x + PADDING, column.width - 2 * PADDING
        badge = image_badge() if stage.is_image else ""
        badge_width = width(badge, type_.BADGE) + 14 if badge else 0
        name = elided(stage.name, type_.STAGE, room - badge_width - (8 if badge else 0))
        _write(group, name, type_.STAGE, x, column.y + 24)
        if badge:
            left = column.x + column.width - PADDING - badge_width
            pill = _add(group, "g", "pill")
            _add(pill, "rect", x=left, y=column.y + 12, width=badge_width, height=16, rx=8)
            _write(pill, badge, type_.BADGE, left + 7, column.y + 23.5)
        _write(group, elided(detail, type_.DETAIL, room), type_.DETAIL, x, column.y + 41)
        for row in column.rows:
            self._row(group, column, row)

    def _row(self, parent: ET.Element, column: Column, placed: PlacedRow) -> None:
        row = placed.row
        is_needless = any(it.cost is Cost.REPEATED for it in row.boxes)
        class_ = "row needless" if is_needless else "row"
        group = _add(parent, "g", class_, role="listitem", data_line=str(row.line), data_last_line=str(row.last_line))
        _add(group, "title").text = " ".join(filter(None, (row.keyword, row.text)))
        _add(
            group,
            "rect",
            "back",
            x=column.x + 4,
            y=placed.y - 4,
            width=column.width - 8,
            height=placed.height - 4,
            rx=5,
        )
        x, end = column.x + PADDING, column.x + column.width - PADDING
        number = _write(group, str(row.line), type_.LINE, x + column.line_width, placed.text_y)
        number.set("text-anchor", "end")
        if any(it.time is not None and it.time.is_on_path for it in row.boxes):
            # Without gaps between the rows, so that the path is one line.
            _add(group, "rect", "rail", x=column.x, y=placed.y - 4, width=4, height=placed.height)
        x += column.line_width + LINE_ROOM
        if row.kind == "trigger":
            x = self._inline(group, "ONBUILD", type_.KEYWORD, x, placed.text_y)
        if row.keyword:
            x = self._inline(group, row.keyword, type_.KEYWORD, x, placed.text_y)
        _write(group, elided(row.text, type_.CODE, end - x), type_.CODE, x, placed.text_y)
        if row.cause:
            y = placed.text_y + 15
            self._symbol(group, "split", column.x + PADDING + 5, y - 9.5)
            _write(group, row.cause, type_.CAUSE, column.x + PADDING + SYMBOL_ROOM, y)
        for box in placed.boxes:
            self._box(group, column, row=placed, placed=box)

    def _inline(self, group: ET.Element, text: str, style: Style, x: float, y: float) -> float:
        _write(group, text, style, x, y)
        return x + width(f"{text} ", style)

    def _box(self, parent: ET.Element, column: Column, *, row: PlacedRow, placed: PlacedBox) -> None:
        box = placed.box
        time = box.time
        heat = "" if time is None else f" heat-{time.heat}" + (" critical" if time.is_critical else "")
        group = _add(parent, "g", f"step {box.cost.value} {box.kind}{heat}", role="img", data_step=str(box.step))
        group.set("data-line", str(row.row.line))
        said = spoken(column.stage, row.row, box)
        group.set("aria-label", said)
        _add(group, "title").text = "\n".join(filter(None, (said, row.row.reason.replace("`", ""), box.label)))
        is_emulated = box.cost is Cost.EMULATED
        self._frame(group, placed.x, placed.y, placed.width, BOX_HEIGHT, is_hatched=is_emulated)
        if time is not None and time.heat:
            size = max(2.0, time.share * (placed.width - 2))
            _add(group, "rect", "bar", x=placed.x + 1, y=placed.y + BOX_HEIGHT - 3.5, width=size, height=2.5, rx=1.2)
        symbol = "pull" if box.kind == "source" else box.cost.value
        self._symbol(group, symbol, placed.x + 6, placed.y + 4)
        label = self._label(row, placed)
        x, y = placed.x + SYMBOL_ROOM, placed.y + 14
        _write(group, elided(label, type_.LABEL, _room(placed)), type_.LABEL, x, y)
        if time is not None and time.text:
            written = _write(group, time.text, type_.WORD, placed.x + placed.width - 8, y)
            written.set("text-anchor", "end")
        elif (
            self._view.time is None
            and box.cost is not Cost.SEPARATE
            and all(self._has_room_for_word(row, it) for it in row.boxes)
        ):
            written = _write(group, cost_word(box.cost), type_.WORD, placed.x + placed.width - 8, y)
            written.set("text-anchor", "end")

    def _label(self, row: PlacedRow, placed: PlacedBox) -> str:
        possible = labels(self._view, row.row, placed.box)
        return next((it for it in possible if width(it, type_.LABEL) <= _room(placed)), possible[-1])

    def _has_room_for_word(self, row: PlacedRow, placed: PlacedBox) -> bool:
        size = width(cost_word(placed.box.cost), type_.WORD)
        return placed.box.cost is Cost.SEPARATE or width(self._label(row, placed), type_.LABEL) + 8 + size <= _room(
            placed
        )

    def _frame(self, group: ET.Element, x: float, y: float, wide: float, high: float, *, is_hatched: bool) -> None:
        _add(group, "rect", "frame", x=x, y=y, width=wide, height=high, rx=4)
        if is_hatched:
            fill = f"url(#{self._prefix}-hatch)"
            _add(group, "rect", "hatched", x=x, y=y, width=wide, height=high, rx=4, fill=fill)

    def _symbol(self, group: ET.Element, name: str, x: float, y: float) -> None:
        _add(group, "use", "symbol", href=f"#{self._prefix}-{name}", x=x, y=y, width=12, height=12)

    def _wire(self, wires: ET.Element, wire: Wire) -> None:
        class_ = f"{wire.edge.kind} critical" if wire.edge.is_critical else wire.edge.kind
        group = _add(wires, "g", f"edge {class_}")
        _add(group, "path", f"wire {wire.edge.kind}", d=_path(wire.points))
        (x, y), (end_x, end_y) = wire.points[0], wire.points[-1]
        _add(group, "circle", "plug", cx=x, cy=y, r=2.5)
        _add(group, "path", "arrow", d=f"M{_n(end_x - 7)} {_n(end_y - 4)}L{_n(end_x)} {_n(end_y)}l-7 4z")

    def _unneeded(self, root: ET.Element, y: float, room: float) -> float:
        unneeded = self._view.unneeded
        if not unneeded:
            return y
        names = _(", ").join(_("{name} (line {line})", name=it.name, line=it.line) for it in unneeded)
        group = _add(root, "g", "unneeded")
        for line in wrapped(_("Not needed for the image: {stages}", stages=names), type_.CAPTION, room):
            _write(group, line, type_.CAPTION, _MARGIN, y)
            y += 17
        return y + 12


def _room(placed: PlacedBox) -> float:
    """The width for the label of a box, in pixels."""
    return placed.width - SYMBOL_ROOM - 6 - time_room(placed.box)


def _path(points: tuple[tuple[float, float], ...]) -> str:
    """A line through corners, which are rounded."""
    parts = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_ROUND, _distance(before, (x, y)) / 2, _distance((x, y), after) / 2)
        into, out = _towards((x, y), before, radius), _towards((x, y), after, radius)
        parts.append(f"L{_n(into[0])} {_n(into[1])}Q{_n(x)} {_n(y)} {_n(out[0])} {_n(out[1])}")
    parts.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(parts)


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two points in one row or one column."""
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(point: tuple[float, float], other: tuple[float, float], by: float) -> tuple[float, float]:
    distance = _distance(point, other) or 1
    return point[0] + (other[0] - point[0]) * by / distance, point[1] + (other[1] - point[1]) * by / distance
