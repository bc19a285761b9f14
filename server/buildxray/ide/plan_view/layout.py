"""The layout of the picture: stages in columns, a row for each instruction, wires in the gutters between columns.

Stages without a dependency between them share a column if that keeps the picture about as wide as a screen. A wire
never crosses a text: it leaves its stage to the right, passes below other columns, and arrives from the left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Final

from buildxray.ide.plan_view.model import Box, Edge, EdgeKind, PlanView, Row, Stage
from buildxray.ide.plan_view.typography import BADGE, CAUSE, CODE, DETAIL, KEYWORD, LABEL, LINE, STAGE, WORD, width
from buildxray.ide.plan_view.words import column_detail, image_badge, labels
from buildxray.records import dataclass

PADDING: Final = 14
"""Between a column's border and its content."""
HEAD: Final = 52
BOX_HEIGHT: Final = 20
BOX_GAP: Final = 4
SYMBOL_ROOM: Final = 22
"""The width of the symbol at the left of a box, in pixels."""
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
"""Between a column and the first wire beside or below it, in pixels."""
_STACK_GAP: Final = 18
"""Between two stages in one column, in pixels."""
_ASPECT: Final = 1.6
"""Width by height that the picture of many stages aims at."""


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
    """The point at which wires arrive and leave."""


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with its position; several stages may be stacked."""

    stage: Stage
    x: float
    y: float
    width: float
    height: float
    line_width: float
    """The width of the line numbers, in pixels."""
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
    """Compute the layout of the stages of a plan and the wires between them."""
    line_width = max((width(str(row.line), LINE) for it in view.stages for row in it.rows), default=0)
    stacks = _stacks(view)
    widths = [max(_column_width(view, it, line_width) for it in stack) for stack in stacks]
    unplaced = [_placed(stack, 0, size, line_width) for stack, size in zip(stacks, widths, strict=True)]
    router = _Router(unplaced, view.edges)
    placed: list[tuple[Column, ...]] = []
    gutters = [0.0]
    for idx, (stack, size) in enumerate(zip(stacks, widths, strict=True)):
        x = gutters[-1] + router.gutter_width(idx - 1)
        placed.append(_placed(stack, x, size, line_width))
        gutters.append(x + size)
    end = gutters[-1] + router.gutter_width(len(placed) - 1)
    columns = tuple(column for stack in placed for column in stack)
    return Layout(columns, tuple(router.wires(placed, gutters)), end, router.bottom)


def time_room(box: Box) -> float:
    """The width reserved for the time in a box, with the blank before it, in pixels."""
    return width(box.time.text, WORD) + 8 if box.time is not None and box.time.text else 0.0


def _stacks(view: PlanView) -> list[list[Stage]]:
    """The stages of each column, from left to right and from top to bottom.

    A stage goes below the one before it if it depends on no stage of that column and the column remains low enough.
    """
    heights = {it.idx: _column(it, 0, 0, 0, 0).height + _STACK_GAP for it in view.stages}
    area = sum(it * (_WIDEST + _GUTTER) for it in heights.values())
    highest = max([math.sqrt(area / _ASPECT), *heights.values()])
    sources: dict[int, set[int]] = {}
    for edge in view.edges:
        sources.setdefault(edge.target, set()).add(edge.source)
    stacks: list[list[Stage]] = []
    for stage in view.stages:
        last = stacks[-1] if stacks else []
        above = {it.idx for it in last}
        fits = sum(heights[it] for it in above) + heights[stage.idx] <= highest
        if last and fits and not above & sources.get(stage.idx, set()):
            last.append(stage)
        else:
            stacks.append([stage])
    return stacks


def _placed(stack: Sequence[Stage], x: float, size: float, line_width: float) -> tuple[Column, ...]:
    columns: list[Column] = []
    y = 0.0
    for stage in stack:
        columns.append(_column(stage, x, y, size, line_width))
        y += columns[-1].height + _STACK_GAP
    return tuple(columns)


def _column_width(view: PlanView, stage: Stage, line_width: float) -> float:
    texts = [line_width + LINE_ROOM + width(f"{row.keyword} ", KEYWORD) + width(row.text, CODE) for row in stage.rows]
    head = width(stage.name, STAGE) + (width(image_badge(), BADGE) + 30 if stage.is_image else 0)
    texts += [head, width(column_detail(view, stage), DETAIL)]
    natural = min(_WIDEST, max([_NARROWEST, *texts]))
    boxes = [
        min(len(row.boxes), _MOST_BOXES)
        * (SYMBOL_ROOM + 8 + BOX_GAP + width(labels(view, row, box)[-1], LABEL) + time_room(box))
        - BOX_GAP
        for row in stage.rows
        for box in row.boxes
    ]
    causes = [width(row.cause, CAUSE) + SYMBOL_ROOM for row in stage.rows if row.cause]
    return round(max([natural, *boxes, *causes])) + 2 * PADDING


def _column(stage: Stage, x: float, top: float, size: float, line_width: float) -> Column:
    rows: list[PlacedRow] = []
    y = top + HEAD
    for row in stage.rows:
        placed = _row(row, x + PADDING, y, size - 2 * PADDING)
        rows.append(placed)
        y += placed.height
    return Column(stage, x, top, size, y - top, line_width, tuple(rows))


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
    """The edges of one kind from one stage, which share a trunk."""

    source: int
    """The number of the stack of the stage."""
    producer: Column
    kind: EdgeKind
    edges: tuple[tuple[Edge, int, float, bool], ...]
    """The edges, each with the stack of the consumer, the height at which it arrives, and whether it ends at a box."""


@dataclass(slots=True)
class _Lane:
    """A vertical segment of a wire in a gutter."""

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
    """Finds ways for edges. Gutters have the numbers of the stacks on their left; -1 is left of the first."""

    def __init__(self, stacks: Sequence[Sequence[Column]], edges: Sequence[Edge]) -> None:
        self._bottoms = [stack[-1].y + stack[-1].height for stack in stacks]
        self._nets = _nets(stacks, edges)
        self._buses: dict[int, _Bus] = {}
        """The buses by number of the net."""
        self._lanes: dict[int, dict[tuple[int, int | None], _Lane]] = {it: {} for it in range(-1, len(stacks))}
        """The lanes of each gutter, by the number of a net and of its arriving edge; None for the trunk."""
        for number in sorted(range(len(self._nets)), key=self._span):
            self._route(number)
        for lanes in self._lanes.values():
            _assign(lanes.values())

    @property
    def bottom(self) -> float:
        """The lowest that anything reaches."""
        return max([0, *self._bottoms, *(it.y + _MARGIN for it in self._buses.values())])

    def gutter_width(self, gutter: int) -> float:
        """The width of a gutter, in pixels; the first and the last one have none unless a wire is in them."""
        lanes = self._lanes[gutter]
        if not lanes and gutter in (-1, len(self._bottoms) - 1):
            return 0
        return _GUTTER + max((it.idx for it in lanes.values()), default=0) * _LANE

    def wires(self, stacks: Sequence[Sequence[Column]], gutters: Sequence[float]) -> list[Wire]:
        """Return the wires, once the columns have their places; `gutters` are the left ends of all gutters from -1 on."""
        wires: list[Wire] = []
        for number, net in enumerate(self._nets):
            (producer,) = (it for it in stacks[net.source] if it.stage.idx == net.producer.stage.idx)
            start = (producer.x + producer.width - PADDING, _exit(producer))
            trunk = self._x(net.source, (number, None), gutters)
            for position, (edge, consumer, port, is_box) in enumerate(net.edges):
                end = (stacks[consumer][0].x + (PADDING if is_box else PADDING - 6), port)
                if self._is_direct(net, consumer):
                    corners = [start, (trunk, start[1]), (trunk, port), end]
                else:
                    bus = self._buses[number].y
                    branch = self._x(consumer - 1, (number, position), gutters)
                    corners = [start, (trunk, start[1]), (trunk, bus), (branch, bus), (branch, port), end]
                wires.append(Wire(edge, tuple(_without_repetition(corners))))
        return wires

    def _x(self, gutter: int, key: tuple[int, int | None], gutters: Sequence[float]) -> float:
        return gutters[gutter + 1] + _MARGIN + self._lanes[gutter][key].idx * _LANE

    def _span(self, number: int) -> tuple[int, int]:
        crossed = self._crossed(self._nets[number])
        return len(crossed), number

    def _is_direct(self, net: _Net, consumer: int) -> bool:
        return consumer - 1 == net.source

    def _crossed(self, net: _Net) -> range:
        gutters = [net.source, *(consumer - 1 for _, consumer, _, _ in net.edges)]
        return range(min(gutters) + 1, max(gutters) + 1)

    def _route(self, number: int) -> None:
        net = self._nets[number]
        leaving = _exit(net.producer)
        heights = [leaving, *(port for _, consumer, port, _ in net.edges if self._is_direct(net, consumer))]
        crossed = self._crossed(net)
        if crossed:
            bus = self._free_height(crossed)
            self._buses[number] = _Bus(crossed, bus)
            heights.append(bus)
            for position, (_, consumer, port, _) in enumerate(net.edges):
                if not self._is_direct(net, consumer):
                    lane = _Lane(min(port, bus), max(port, bus), is_exit=False)
                    self._lanes[consumer - 1][number, position] = lane
        self._lanes[net.source][number, None] = _Lane(min(heights), max(heights), is_exit=True)

    def _free_height(self, crossed: range) -> float:
        """The smallest free depth under these columns and in the gutters at their ends."""
        taken = sorted(
            it.y for it in self._buses.values() if it.crossed.start <= crossed.stop and crossed.start <= it.crossed.stop
        )
        y = max(self._bottoms[it] for it in crossed) + _MARGIN
        for it in taken:
            if abs(it - y) < _LANE:
                y = it + _LANE
        return y


def _nets(stacks: Sequence[Sequence[Column]], edges: Sequence[Edge]) -> list[_Net]:
    places = {column.stage.idx: (position, column) for position, stack in enumerate(stacks) for column in stack}
    by_net: dict[tuple[int, EdgeKind], list[tuple[Edge, int, float, bool]]] = {}
    for edge in edges:
        consumer, column = places[edge.target]
        rows = [it for it in column.rows if it.row.instruction == edge.instruction]
        if rows:
            row = rows[0] if edge.kind == "from" else rows[-1]
            arrivals = by_net.setdefault((edge.source, edge.kind), [])
            arrivals.append((edge, consumer, row.port, bool(row.boxes)))
    return [_Net(*places[source], kind, tuple(arrivals)) for (source, kind), arrivals in by_net.items()]


def _exit(column: Column) -> float:
    """The height at which wires leave a stage: that of its last step."""
    return column.rows[-1].port


def _assign(lanes: Iterable[_Lane]) -> None:
    """Number the lanes so that none overlap; trunks are to the left of arriving wires."""
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
