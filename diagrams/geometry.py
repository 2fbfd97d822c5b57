"""Boxes, and the paths of lines around corners."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]

RADIUS: Final = 9
"""The radius of a line's corners."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """The centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def is_clear_of(self, other: "Box") -> bool:
        """Whether the two have no point in common."""
        return self.right <= other.x or other.right <= self.x or self.bottom <= other.y or other.bottom <= self.y

    def holds(self, other: "Box") -> bool:
        """Whether the other lies within this one."""
        return self.x <= other.x and other.right <= self.right and self.y <= other.y and other.bottom <= self.bottom


def joined(several: Sequence[Sequence[Point]]) -> list[Sequence[Point]]:
    """Shorten the lines that join another one: a line drawn twice would look heavier."""

    def joins(points: Sequence[Point], other: Sequence[Point]) -> bool:
        if len(points) < 3 or points is other or list(points[2:]) != list(other[2:]):
            return False
        rest, whole = _distance(points[1], points[2]), _distance(other[1], other[2])
        return rest < whole and _distance(other[1], points[1]) + rest == whole

    return [
        [*points[:2], _towards(points[1], points[2], RADIUS)]
        if any(joins(points, other) for other in several)
        else points
        for points in several
    ]


def rounded_path(points: Sequence[Point]) -> str:
    """Return a path through points, with rounded corners."""
    parts = [f"M{pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        # Between two turns, each has half of the distance.
        turn = min(RADIUS, _distance(before, corner) / 2, _distance(corner, after) / (1 if after is points[-1] else 2))
        start, end = _towards(corner, before, turn), _towards(corner, after, turn)
        parts.append(f"L{pair(start)}Q{pair(corner)} {pair(end)}")
    parts.append(f"L{pair(points[-1])}")
    return "".join(parts)


def number(value: float) -> str:
    """Format a number with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def pair(point: Point) -> str:
    """Format a point as the commands of a path expect it."""
    return f"{number(point[0])} {number(point[1])}"


def _distance(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(start: Point, goal: Point, length: float) -> Point:
    """Return the point at a distance from `start` on the horizontal or vertical line to `goal`."""
    whole = _distance(start, goal) or 1
    return start[0] + (goal[0] - start[0]) * length / whole, start[1] + (goal[1] - start[1]) * length / whole
