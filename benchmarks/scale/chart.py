"""The bursts as a picture: how long an ingest takes, and how many photos are lost, by photos a second."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.scale.results import Row, Table
from diagrams.colours import GRID, INK, LINE, MUTED
from diagrams.geometry import Box, Point
from diagrams.svg import Drawing

MARGIN: Final = 36
PANEL: Final = (430, 300)
GAP: Final = 84
TOP: Final = 150
COLOURS: Final = ("#a9530a", "#6d3fc0", "#2456c6", "#2f7a33")
"""By scenario, in their order."""

MOST_SECONDS: Final = 16


def draw(table: Table) -> str:
    """The picture, as SVG."""
    drawing = Drawing(
        "PhotoSky: bursts of photos",
        "Two charts over photos a second, from 1 to 10,000: median and 99th percentile of an ingest's latency, and the "
        "share of photos that is lost, in each simulated scenario.",
    )
    drawing.text((MARGIN, 50), "Ten seconds of photos, from a cold start", style="title")
    drawing.text((MARGIN, 71), "Simulated from measured CPU, the deployed timeouts and AWS's quotas.", style="note")
    _draw_legend(drawing, list(table))
    rates = [row.rate for row in next(iter(table.values()))]
    left = Box(MARGIN + 34, TOP, *PANEL)
    right = Box(left.right + GAP, TOP, *PANEL)
    _draw_axes(
        drawing, left, rates, "Latency of an ingest, seconds", [(s, f"{s}") for s in range(0, 17, 4)], MOST_SECONDS
    )
    shares = [(share / 100, f"{share} %") for share in range(0, 101, 25)]
    _draw_axes(drawing, right, rates, "Photos lost", shares, 1)
    for colour, rows in zip(COLOURS, table.values(), strict=True):
        _draw_series(drawing, left, rows, colour, lambda row: row.p99, MOST_SECONDS)
        _draw_series(drawing, left, rows, colour, lambda row: row.p50, MOST_SECONDS, dashed=True)
        _draw_series(drawing, right, rows, colour, lambda row: row.lost_share, 1)
    return drawing.svg(right.right + MARGIN, left.bottom + 66)


def _draw_legend(drawing: Drawing, names: Sequence[str]) -> None:
    x = float(MARGIN)
    for colour, name in zip(COLOURS, names, strict=True):
        drawing.curve([(x, 100), (x + 22, 100)], colour, width=3)
        drawing.text((x + 30, 104), name, style="label", fill=INK)
        x += 52 + 6.4 * len(name)
    x += 30
    for dashed, name in ((False, "99 of 100 are faster"), (True, "half are faster")):
        drawing.curve([(x, 100), (x + 22, 100)], LINE, dashed=dashed)
        drawing.text((x + 30, 104), name, style="label", fill=MUTED)
        x += 52 + 6.4 * len(name)


def _draw_axes(
    drawing: Drawing, box: Box, rates: Sequence[float], title: str, ticks: Sequence[tuple[float, str]], most: float
) -> None:
    drawing.text((box.x - 34, box.y - 16), title, style="name")
    for value, label in ticks:
        y = box.bottom - value / most * box.height
        drawing.rule((box.x, y), (box.right, y), LINE if value == 0 else GRID)
        drawing.text((box.x - 8, y + 4), label, style="note", anchor="end")
    for rate in rates:
        x = _x(box, rate, rates)
        drawing.rule((x, box.bottom), (x, box.bottom + 5), LINE)
        drawing.text((x, box.bottom + 20), f"{rate:,.0f}", style="note", anchor="middle")
    drawing.text((box.middle[0], box.bottom + 42), "photos a second", style="note", anchor="middle")


def _draw_series(
    drawing: Drawing,
    box: Box,
    rows: Sequence[Row],
    colour: str,
    value: Callable[[Row], float | None],
    most: float,
    *,
    dashed: bool = False,
) -> None:
    rates = [row.rate for row in rows]
    points: list[Point] = [
        (_x(box, row.rate, rates), box.bottom - min(found, most) / most * box.height)
        for row in rows
        if (found := value(row)) is not None
    ]
    drawing.curve(points, colour, width=1.4 if dashed else 2.2, dashed=dashed)
    if not dashed:
        for point in points:
            drawing.spot(point, colour)


def _x(box: Box, rate: float, rates: Sequence[float]) -> float:
    """On a logarithmic axis, a little inside of the box at both ends."""
    first, last = math.log(rates[0]), math.log(rates[-1])
    return box.x + 16 + (math.log(rate) - first) / (last - first) * (box.width - 32)
