"""An SVG of the diagrams, read as boxes: of its texts, of its shapes, and of the segments of its lines."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, cast

from diagrams.geometry import Box, Point
from diagrams.svg import Anchor, text_box

MIN_SHAPE: Final = 20
"""In pixels; smaller shapes are marks, which hold no text but their own letter."""


@dataclass(frozen=True)
class Text:
    """A text and its box."""

    content: str
    box: Box


@dataclass(frozen=True)
class Picture:
    """The boxes of one drawing. `lines` are horizontal and vertical segments."""

    ground: Box
    texts: list[Text]
    shapes: list[Box]
    lines: list[Box]

    @classmethod
    def read(cls, svg: str) -> "Picture":
        """Read a drawing."""
        root = ET.fromstring(svg)  # noqa: S314 - our own text
        elements = [(element.tag.rpartition("}")[2], element) for element in root]
        rectangles = [_rectangle(element) for tag, element in elements if tag == "rect"]
        polygons = [_bounds(element) for tag, element in elements if tag == "polygon"]
        return cls(
            ground=rectangles[0],
            texts=[_text(element) for tag, element in elements if tag == "text"],
            shapes=[box for box in [*rectangles[1:], *polygons] if min(box.width, box.height) >= MIN_SHAPE],
            lines=[line for tag, element in elements if tag == "path" for line in _segments(element)],
        )


def _text(element: ET.Element) -> Text:
    at = float(element.get("x", 0)), float(element.get("y", 0))
    anchor = cast(Anchor, element.get("text-anchor", "start"))
    content = element.text or ""
    return Text(content, text_box(at, content, element.get("class", ""), anchor))


def _rectangle(element: ET.Element) -> Box:
    x, y, width, height = (float(element.get(name, 0)) for name in ("x", "y", "width", "height"))
    return Box(x, y, width, height)


def _bounds(element: ET.Element) -> Box:
    corners = [tuple(map(float, corner.split(","))) for corner in str(element.get("points")).split()]
    left, top = (min(corner[axis] for corner in corners) for axis in (0, 1))
    right, bottom = (max(corner[axis] for corner in corners) for axis in (0, 1))
    return Box(left, top, right - left, bottom - top)


def _segments(element: ET.Element) -> Iterator[Box]:
    """Yield the segments of a line as thin boxes; other paths, such as padlocks, have none."""
    points: list[Point] = []
    for command, numbers in re.findall(r"([MLQHv])([^A-Za-z]*)", str(element.get("d"))):
        values = [float(number) for number in numbers.split()]
        if command == "v":
            return
        points.append((values[0], points[-1][1]) if command == "H" else (values[-2], values[-1]))
    for (x, y), (next_x, next_y) in pairwise(points):
        yield Box(min(x, next_x), min(y, next_y), abs(next_x - x), abs(next_y - y))
