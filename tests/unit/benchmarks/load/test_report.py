"""The tables of a load test."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from benchmarks.load.memory import Trend
from benchmarks.load.report import Route, memory_table, percentile, routes_table


def lines(table: Table) -> list[list[str]]:
    """Cells of a printed table."""
    output = io.StringIO()
    Console(file=output, width=200).print(table)
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in output.getvalue().splitlines()]


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 5), (90, 9), (91, 10), (99, 10), (100, 10)])
def test_a_percentile_is_a_measured_value(percent: float, value: int) -> None:
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], percent) == value
    assert percentile([7], percent) == 7


def test_the_table_shows_percentiles_by_route() -> None:
    route = Route("GET /photos", requests=1200, errors=1, latencies_ms={50: 20, 95: 38.4, 99: 60}, max_ms=118.2)
    assert lines(routes_table([route])) == [
        ["request", "count", "errors", "p50 ms", "p95 ms", "p99 ms", "max ms"],
        ["GET /photos", "1200", "1", "20", "38", "60", "118"],
    ]


def test_growing_memory_is_marked() -> None:
    trends = {"server": Trend(250, 300, 240, 310, 275), "workers": Trend(500, 501, 499, 502, 500.5)}
    assert lines(memory_table(trends)) == [
        ["memory, MiB", "start", "end", "growth", "allowed", "lowest", "highest", "trend"],
        ["server", "250.0", "300.0", "50.0", "13.8", "240.0", "310.0", "NOT FLAT"],
        ["workers", "500.0", "501.0", "1.0", "25.0", "499.0", "502.0", "flat"],
    ]
