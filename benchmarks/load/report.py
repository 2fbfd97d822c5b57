"""Tables of a load test: latencies and errors by route, and memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table

from benchmarks.load.memory import Trend

PERCENTILES: Final = (50, 95, 99)


@dataclass(frozen=True)
class Route:
    """Requests of one kind."""

    name: str
    requests: int
    errors: int
    latencies_ms: Mapping[int, float]
    """By percentile."""
    max_ms: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(int(rank), 1) - 1]


def routes_table(routes: Iterable[Route]) -> Table:
    """Requests and latencies by route."""
    shown = table("request", "count", "errors", *(f"p{percent} ms" for percent in PERCENTILES), "max ms")
    for route in routes:
        latencies = [f"{route.latencies_ms[percent]:.0f}" for percent in PERCENTILES]
        shown.add_row(route.name, str(route.requests), str(route.errors), *latencies, f"{route.max_ms:.0f}")
    return shown


def memory_table(trends: Mapping[str, Trend]) -> Table:
    """Memory after the warm-up."""
    shown = table("memory, MiB", "start", "end", "growth", "allowed", "lowest", "highest", "trend")
    for name, trend in trends.items():
        numbers = (trend.first_mib, trend.last_mib, trend.growth_mib, trend.allowed_mib)
        extremes = (trend.lowest_mib, trend.highest_mib)
        figures = (f"{number:.1f}" for number in (*numbers, *extremes))
        shown.add_row(name, *figures, "flat" if trend.is_flat else "NOT FLAT")
    return shown


def table(*headings: str) -> Table:
    """A table with a name in its first column and numbers in the others."""
    shown = Table(box=None, pad_edge=False)
    for heading in headings:
        shown.add_column(heading, justify="left" if heading == headings[0] else "right", no_wrap=True)
    return shown
