"""Where everything of the picture stands: a column per stage, a row per instruction, wires in the gutters between.

No wire runs where a text is: it leaves its stage to the right, passes other columns below them, and arrives from the left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from buildxray.ide.plan_view.model import Box, Edge, EdgeKind, PlanView, Row, Stage
from buildxray.ide.plan_view.typography import BADGE, CAUSE, CODE, DETAIL, KEYWORD, LABEL, LINE, STAGE, width
from buildxray.ide.plan_view.words import column_detail, image_badge, labels

PADDING: Final = 14
"""Between a column's border and its content."""
HEAD: Final = 52
BOX_HEIGHT: Final = 20
BOX_GAP: Final = 4
SYMBOL_ROOM: Final = 22
"""Of a box, for its symbol on the left."""
LINE_ROOM: Final = 8
"""Between a line number and the instruction."""
_TEXT_HEIGHT: Final = 18
_CAUSE_HEIGHT: Final = 15
_ROW_GAP: Final = 13
_MOST_BOXES: Final = 4
"""Side by side; more go into further lines."""
_NARROWEST: Final = 190
_WIDEST: Final = 300
_GUTTER: Final = 34
_LANE: Final = 8
_MARGIN: Final = 13
"""Between a column and the first wire beside or below it."""


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A step at its place."""

    box: Box
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """An instruction at its place."""

    row: Row
    y: float
    height: float
    text_y: float
    """The base line of its text."""
    boxes: tuple[PlacedBox, ...]
    port: float
    """Where wires arrive and leave."""


@dataclass(frozen=True, slots=True)
class Column:
    """A stage at its place."""

    stage: Stage
    x: float
    y: float
    width: float
    height: float
    line_width: float
    """Of the line numbers."""
    rows: tuple[PlacedRow, ...]


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge at its place: corners, from the producer to the consumer."""

    edge: Edge
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns and wires; the first column begins at the left end."""

    columns: tuple[Column, ...]
    wires: tuple[Wire, ...]
    width: float
    height: float
    """The lowest that anything reaches."""


def lay_out(view: PlanView) -> Layout:
    """Place the stages of a plan and the wires between them."""
    line_width = max((width(str(row.line), LINE) for it in view.stages for row in it.rows), default=0)
    widths = [_column_width(view, it, line_width) for it in view.stages]
    unplaced = [_column(it, 0, size, line_width) for it, size in zip(view.stages, widths, strict=True)]
    router = _Router(unplaced, view.edges)
    columns: list[Column] = []
    gutters = [0.0]
    for idx, (stage, size) in enumerate(zip(view.stages, widths, strict=True)):
        columns.append(_column(stage, gutters[-1] + router.gutter_width(idx - 1), size, line_width))
        gutters.append(columns[-1].x + size)
    end = gutters[-1] + router.gutter_width(len(columns) - 1)
    return Layout(tuple(columns), tuple(router.wires(columns, gutters)), end, router.bottom)


def _column_width(view: PlanView, stage: Stage, line_width: float) -> float:
    texts = [line_width + LINE_ROOM + width(f"{row.keyword} ", KEYWORD) + width(row.text, CODE) for row in stage.rows]
    head = width(stage.name, STAGE) + (width(image_badge(), BADGE) + 30 if stage.is_image else 0)
    texts += [head, width(column_detail(view, stage), DETAIL)]
    natural = min(_WIDEST, max([_NARROWEST, *texts]))
    boxes = [
        min(len(row.boxes), _MOST_BOXES) * (SYMBOL_ROOM + 8 + BOX_GAP + width(labels(view, row, box)[-1], LABEL))
        - BOX_GAP
        for row in stage.rows
        for box in row.boxes
    ]
    causes = [width(row.cause, CAUSE) + SYMBOL_ROOM for row in stage.rows if row.cause]
    return round(max([natural, *boxes, *causes])) + 2 * PADDING


def _column(stage: Stage, x: float, size: float, line_width: float) -> Column:
    rows: list[PlacedRow] = []
    y = float(HEAD)
    for row in stage.rows:
        placed = _row(row, x + PADDING, y, size - 2 * PADDING)
        rows.append(placed)
        y += placed.height
    return Column(stage, x, 0, size, y, line_width, tuple(rows))


def _row(row: Row, x: float, y: float, room: float) -> PlacedRow:
    boxes: list[PlacedBox] = []
    n_columns = min(len(row.boxes), _MOST_BOXES)
    text_y = y + 12
    bottom = y + _TEXT_HEIGHT
    if row.cause:
        bottom += _CAUSE_HEIGHT
    port = bottom + BOX_HEIGHT / 2 if row.boxes else text_y - 4
    for position, box in enumerate(row.boxes):
        line, column = divmod(position, n_columns)
        n_in_line = min(n_columns, len(row.boxes) - line * n_columns)
        size = (room - (n_in_line - 1) * BOX_GAP) / n_in_line
        boxes.append(PlacedBox(box, x + column * (size + BOX_GAP), bottom + line * (BOX_HEIGHT + BOX_GAP), size))
    n_lines = -(-len(row.boxes) // n_columns) if n_columns else 0
    bottom += n_lines * (BOX_HEIGHT + BOX_GAP)
    return PlacedRow(row, y, bottom - y + _ROW_GAP - (BOX_GAP if n_lines else 0), text_y, tuple(boxes), port)


@dataclass(frozen=True, slots=True)
class _Net:
    """All edges of one kind out of one stage: they share a trunk."""

    source: int
    """Number of its column."""
    kind: EdgeKind
    edges: tuple[tuple[Edge, int, float], ...]
    """With the column of the consumer and the height at which it arrives."""


@dataclass(slots=True)
class _Lane:
    """A vertical piece of a wire in a gutter."""

    top: float
    bottom: float
    is_exit: bool
    idx: int = 0


@dataclass(frozen=True, slots=True)
class _Bus:
    """A horizontal piece of a wire, under columns."""

    crossed: range
    y: float


class _Router:
    """Finds ways for edges. Gutters are numbered like the columns on their left; -1 is in front of the first."""

    def __init__(self, columns: Sequence[Column], edges: Sequence[Edge]) -> None:
        self._columns = columns
        self._bottoms = [it.y + it.height for it in columns]
        self._nets = _nets(columns, edges)
        self._buses: dict[int, _Bus] = {}
        """By the number of the net."""
        self._lanes: dict[int, dict[tuple[int, int | None], _Lane]] = {it: {} for it in range(-1, len(columns))}
        """Of each gutter, by the number of a net, and that of the edge that arrives; None for the trunk."""
        for number in sorted(range(len(self._nets)), key=self._span):
            self._route(number)
        for lanes in self._lanes.values():
            _assign(lanes.values())

    @property
    def bottom(self) -> float:
        """The lowest that anything reaches."""
        return max([0, *self._bottoms, *(it.y + _MARGIN for it in self._buses.values())])

    def gutter_width(self, gutter: int) -> float:
        """How wide a gutter is; those at the ends are only there where a wire is in them."""
        lanes = self._lanes[gutter]
        if not lanes and gutter in (-1, len(self._columns) - 1):
            return 0
        return _GUTTER + max((it.idx for it in lanes.values()), default=0) * _LANE

    def wires(self, columns: Sequence[Column], gutters: Sequence[float]) -> list[Wire]:
        """The wires, once the columns have their places; `gutters` are the left ends of all gutters from -1 on."""
        found: list[Wire] = []
        for number, net in enumerate(self._nets):
            producer = columns[net.source]
            start = (producer.x + producer.width - PADDING, _exit(producer))
            trunk = self._x(net.source, (number, None), gutters)
            for position, (edge, consumer, port) in enumerate(net.edges):
                inset = PADDING if any(it.port == port and it.boxes for it in columns[consumer].rows) else PADDING - 6
                end = (columns[consumer].x + inset, port)
                if self._is_direct(net, consumer):
                    corners = [start, (trunk, start[1]), (trunk, port), end]
                else:
                    bus = self._buses[number].y
                    branch = self._x(consumer - 1, (number, position), gutters)
                    corners = [start, (trunk, start[1]), (trunk, bus), (branch, bus), (branch, port), end]
                found.append(Wire(edge, tuple(_without_repetition(corners))))
        return found

    def _x(self, gutter: int, key: tuple[int, int | None], gutters: Sequence[float]) -> float:
        return gutters[gutter + 1] + _MARGIN + self._lanes[gutter][key].idx * _LANE

    def _span(self, number: int) -> tuple[int, int]:
        crossed = self._crossed(self._nets[number])
        return len(crossed), number

    def _is_direct(self, net: _Net, consumer: int) -> bool:
        return consumer - 1 == net.source

    def _crossed(self, net: _Net) -> range:
        gutters = [net.source, *(consumer - 1 for _, consumer, _ in net.edges)]
        return range(min(gutters) + 1, max(gutters) + 1)

    def _route(self, number: int) -> None:
        net = self._nets[number]
        leaving = _exit(self._columns[net.source])
        heights = [leaving, *(port for _, consumer, port in net.edges if self._is_direct(net, consumer))]
        crossed = self._crossed(net)
        if crossed:
            bus = self._free_height(crossed)
            self._buses[number] = _Bus(crossed, bus)
            heights.append(bus)
            for position, (_, consumer, port) in enumerate(net.edges):
                if not self._is_direct(net, consumer):
                    lane = _Lane(min(port, bus), max(port, bus), is_exit=False)
                    self._lanes[consumer - 1][number, position] = lane
        self._lanes[net.source][number, None] = _Lane(min(heights), max(heights), is_exit=True)

    def _free_height(self, crossed: range) -> float:
        """The least depth at which nothing is, under these columns and in the gutters at their ends."""
        taken = sorted(
            it.y for it in self._buses.values() if it.crossed.start <= crossed.stop and crossed.start <= it.crossed.stop
        )
        y = max(self._bottoms[it] for it in crossed) + _MARGIN
        for it in taken:
            if abs(it - y) < _LANE:
                y = it + _LANE
        return y


def _nets(columns: Sequence[Column], edges: Sequence[Edge]) -> list[_Net]:
    places = {it.stage.idx: position for position, it in enumerate(columns)}
    by_net: dict[tuple[int, EdgeKind], list[tuple[Edge, int, float]]] = {}
    for edge in edges:
        consumer = places[edge.target]
        rows = [it for it in columns[consumer].rows if it.row.instruction == edge.instruction]
        if rows:
            found = by_net.setdefault((places[edge.source], edge.kind), [])
            found.append((edge, consumer, (rows[0] if edge.kind == "from" else rows[-1]).port))
    return [_Net(source, kind, tuple(them)) for (source, kind), them in by_net.items()]


def _exit(column: Column) -> float:
    """The height at which the files of a stage leave it: that of its last step."""
    return column.rows[-1].port


def _assign(lanes: Iterable[_Lane]) -> None:
    """Give lanes that would touch different numbers; trunks to the left of what arrives, so that none overlap."""
    first = 0
    ordered = sorted(lanes, key=lambda it: (not it.is_exit, it.top, it.bottom))
    for _, group in groupby(ordered, key=lambda it: it.is_exit):
        taken: list[float] = []
        for lane in group:
            idx = next((it for it, bottom in enumerate(taken) if bottom + _LANE <= lane.top), len(taken))
            taken[idx : idx + 1] = [lane.bottom]
            lane.idx = first + idx
        first += len(taken)


def _without_repetition(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [points[0], *(it for before, it in pairwise(points) if it != before)]
