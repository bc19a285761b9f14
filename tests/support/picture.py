"""Read boxes, texts and wires from the SVG of a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple
from xml.etree import ElementTree as ET

from buildxray.ide.plan_view.model import plan_view
from buildxray.ide.plan_view.svg import draw
from buildxray.ide.plan_view.typography import STYLES, width
from tests.support.ide import analyze
from tests.support.rules import TARGETS

SVG = "{http://www.w3.org/2000/svg}"
EIGHT = "linux/amd64,linux/arm64,linux/arm/v7,linux/arm/v6,linux/386,linux/ppc64le,linux/s390x,linux/riscv64"


class Rectangle(NamedTuple):
    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, element: ET.Element) -> Rectangle:
        return cls(*(float(element.get(it, "0")) for it in ("x", "y", "width", "height")))

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def overlaps(self, other: Rectangle) -> bool:
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def holds(self, other: Rectangle) -> bool:
        return self.x <= other.x and other.right <= self.right and self.y <= other.y and other.bottom <= self.bottom


class Picture:
    """A parsed SVG."""

    def __init__(self, svg: str) -> None:
        self.root = ET.fromstring(svg)  # noqa: S314 - drawn by ourselves
        body = next(it for it in self.root.iter(f"{SVG}g") if it.get("class") == "body")
        self.body = body

    def of_class(self, name: str, parent: ET.Element | None = None) -> list[ET.Element]:
        inside = self.body if parent is None else parent
        return [it for it in inside.iter() if name in it.get("class", "").split()]

    @property
    def states(self) -> Counter[str]:
        """The number of boxes of each state."""
        return Counter(it.get("class", "").split()[1] for it in self.of_class("step"))

    @cached_property
    def frames(self) -> list[Rectangle]:
        return [Rectangle.of(it) for step in self.of_class("step") for it in self.of_class("frame", step)]

    @cached_property
    def cards(self) -> list[Rectangle]:
        return [Rectangle.of(it) for it in self.of_class("card")]

    @property
    def totals(self) -> dict[str, int]:
        groups = [it for it in self.root.iter(f"{SVG}g") if "total" in it.get("class", "").split()]
        return {(caption.text or ""): int(number.text or "") for number, caption in (tuple(it) for it in groups)}

    def texts(self, parent: ET.Element | None = None) -> Iterator[tuple[str, Rectangle]]:
        """The texts with the largest area that each may take."""
        styles = {it.name: it for it in STYLES}
        for it in (self.body if parent is None else parent).iter(f"{SVG}text"):
            style = styles[it.get("class", "")]
            size = width(it.text or "", style)
            x, y = float(it.get("x", "")), float(it.get("y", ""))
            left = x - size if it.get("text-anchor") == "end" else x
            yield it.text or "", Rectangle(left, y - style.size * 0.8, size, style.size)

    @cached_property
    def wires(self) -> list[list[tuple[float, float]]]:
        """The corners of each wire."""
        paths = [it.get("d", "") for it in self.of_class("wire")]
        return [[*_points(it)] for it in paths]


def _points(path: str) -> Iterator[tuple[float, float]]:
    for part in path.replace("Q", "L").replace("M", "L").split("L")[1:]:
        numbers = [float(it) for it in part.split()]
        # A rounded corner; its control point is close enough to the line.
        yield numbers[0], numbers[1]
        if len(numbers) == 4:
            yield numbers[2], numbers[3]


def picture(text: str, targets: str = TARGETS, name: str = "Dockerfile") -> Picture:
    return Picture(draw(plan_view(analyze(text, targets)), name))
