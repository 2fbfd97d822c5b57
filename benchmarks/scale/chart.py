"""Chart of the simulated bursts: latency and failed photos by rate."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.scale.results import Results, Row
from diagrams.colours import GRID, INK, LINE, MUTED
from diagrams.geometry import Box, Point
from diagrams.svg import Drawing

MARGIN: Final = 36
PANEL: Final = (430, 300)
GAP: Final = 84
TOP: Final = 150
COLOURS: Final = ("#a9530a", "#6d3fc0", "#2456c6", "#2f7a33")
"""By scenario, in their order."""

MAX_SECONDS: Final = 16
CHARACTER_WIDTH: Final = 6.4
"""Of a label, in pixels."""


@dataclass(frozen=True)
class Panel:
    """One chart: its box, the rates on its logarithmic x axis, and the maximum of its y axis."""

    box: Box
    rates: Sequence[float]
    maximum: float

    def x(self, rate: float) -> float:
        """Position of a rate, inset at both ends."""
        first, last = math.log(self.rates[0]), math.log(self.rates[-1])
        return self.box.x + 16 + (math.log(rate) - first) / (last - first) * (self.box.width - 32)

    def y(self, value: float) -> float:
        """Position of a value; values above the maximum are drawn at the maximum."""
        return self.box.bottom - min(value, self.maximum) / self.maximum * self.box.height


def draw(results: Results) -> str:
    """Draw the chart as SVG."""
    drawing = Drawing(
        "PhotoSky: bursts of photos",
        "Two charts by rate, from 1 to 10,000 photos per second: median and 99th percentile of the latency of an "
        "ingest, and share of photos that fail, in each simulated scenario.",
    )
    drawing.text((MARGIN, 50), "Bursts of ten seconds, from a cold start", style="title")
    drawing.text((MARGIN, 71), "Simulated from measured CPU time, deployed timeouts and AWS quotas.", style="note")
    _draw_legend(drawing, list(results))
    rates = [row.rate for row in next(iter(results.values()))]
    latency = Panel(Box(MARGIN + 34, TOP, *PANEL), rates, MAX_SECONDS)
    failures = Panel(Box(latency.box.right + GAP, TOP, *PANEL), rates, 1)
    _draw_axes(drawing, latency, "Latency of an ingest, seconds", [(s, f"{s}") for s in range(0, MAX_SECONDS + 1, 4)])
    _draw_axes(drawing, failures, "Failed photos", [(share / 100, f"{share} %") for share in range(0, 101, 25)])
    for colour, rows in zip(COLOURS, results.values(), strict=True):
        _draw_series(drawing, latency, rows, colour, lambda row: row.p99)
        _draw_series(drawing, latency, rows, colour, lambda row: row.p50, dashed=True)
        _draw_series(drawing, failures, rows, colour, lambda row: row.failed_share)
    return drawing.svg(failures.box.right + MARGIN, failures.box.bottom + 66)


def _draw_legend(drawing: Drawing, names: Sequence[str]) -> None:
    x = float(MARGIN)
    for colour, name in zip(COLOURS, names, strict=True):
        drawing.curve([(x, 100), (x + 22, 100)], colour, width=3)
        drawing.text((x + 30, 104), name, style="label", fill=INK)
        x += 52 + CHARACTER_WIDTH * len(name)
    x += 30
    for dashed, name in ((False, "99th percentile"), (True, "median")):
        drawing.curve([(x, 100), (x + 22, 100)], LINE, dashed=dashed)
        drawing.text((x + 30, 104), name, style="label", fill=MUTED)
        x += 52 + CHARACTER_WIDTH * len(name)


def _draw_axes(drawing: Drawing, panel: Panel, title: str, ticks: Sequence[tuple[float, str]]) -> None:
    box = panel.box
    drawing.text((box.x - 34, box.y - 16), title, style="name")
    for value, label in ticks:
        y = panel.y(value)
        drawing.rule((box.x, y), (box.right, y), LINE if value == 0 else GRID)
        drawing.text((box.x - 8, y + 4), label, style="note", anchor="end")
    for rate in panel.rates:
        x = panel.x(rate)
        drawing.rule((x, box.bottom), (x, box.bottom + 5), LINE)
        drawing.text((x, box.bottom + 20), f"{rate:,.0f}", style="note", anchor="middle")
    drawing.text((box.middle[0], box.bottom + 42), "photos per second", style="note", anchor="middle")


def _draw_series(
    drawing: Drawing,
    panel: Panel,
    rows: Sequence[Row],
    colour: str,
    value: Callable[[Row], float | None],
    *,
    dashed: bool = False,
) -> None:
    points: list[Point] = [(panel.x(row.rate), panel.y(found)) for row in rows if (found := value(row)) is not None]
    drawing.curve(points, colour, width=1.4 if dashed else 2.2, dashed=dashed)
    if not dashed:
        for point in points:
            drawing.spot(point, colour)
