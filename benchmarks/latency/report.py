"""The measurements of two stacks as tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.latency.measures import Measures, percentile
from benchmarks.latency.user import CONNECTIONS, SCREEN
from local.critical_path import critical_path, longest_chain
from local.emulator.latency.table import Table


@dataclass(frozen=True)
class Figure:
    """One line of the comparison: its name, its unit, and how to read its values from the measurements."""

    name: str
    unit: str
    values: Callable[[Measures], Sequence[float]]


_TIMES: Final = "ms"

FIGURES: Final[Sequence[Figure]] = (
    Figure("ingest of a 12 MP JPEG", _TIMES, lambda of: [1000 * one.ingest_seconds for one in of.sendings]),
    Figure("its calls of S3 and DynamoDB", "calls", lambda of: [len(one.calls) for one in of.traces]),
    Figure("of these one after the other", "calls", lambda of: [len(longest_chain(one.calls)) for one in of.traces]),
    Figure(
        "time in calls, on the critical path",
        _TIMES,
        lambda of: [1000 * sum(call.seconds for call in critical_path(one.calls)) for one in of.traces],
    ),
    Figure("form, upload and ingest", _TIMES, lambda of: [1000 * one.whole_seconds for one in of.sendings]),
    Figure("listing of 100 photos", _TIMES, lambda of: [1000 * one.seconds for one in of.listings]),
    Figure("its body on the wire", "kB", lambda of: [one.wire_bytes / 1000 for one in of.listings]),
    Figure(
        f"page: listing, and {SCREEN} previews over {CONNECTIONS} connections",
        _TIMES,
        lambda of: [1000 * seconds for seconds in of.views],
    ),
)


def comparison(before: Measures, after: Measures) -> str:
    """Return the table of both stacks' percentiles."""
    rows = []
    for figure in FIGURES:
        one, other = figure.values(before), figure.values(after)
        shown = [_shown(percentile(values, percent)) for values in (one, other) for percent in (50, 95)]
        ratio = percentile(other, 50) / percentile(one, 50)
        rows.append([figure.name, figure.unit, *shown, f"{ratio:.2f}"])
    return table(("", "unit", "before, p50", "p95", "after, p50", "p95", "after / before, p50"), rows)


def latencies(of: Table) -> str:
    """Return the table of the latencies with their sources."""
    rows = [
        [
            f"{row.service} {row.operation}" if row.service != "*" else "any other",
            f"{row.p50_ms:g}",
            f"{row.p99_ms:g}",
            f"{row.per_mib_ms:g}" if row.per_mib_ms else "",
            row.source,
        ]
        for row in of.values()
    ]
    return table(("operation", "p50, ms", "p99, ms", "per MiB, ms", "source"), rows)


def sources(of: Mapping[str, str]) -> str:
    """Return the table of the sources."""
    return table(("source", "is"), [[name, what] for name, what in of.items()])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(value: float) -> str:
    return f"{value:,.1f}" if value < 100 and value != round(value) else f"{value:,.0f}"
