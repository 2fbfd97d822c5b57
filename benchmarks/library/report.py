"""The results as Markdown."""

import os
import platform
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.library.client import Cost
from benchmarks.library.limits import Verdict, verdicts
from benchmarks.library.measuring import Costs
from benchmarks.scale import markdown

_COLUMNS: Final[dict[str, Callable[[Cost], str]]] = {
    "shown": lambda cost: f"{cost.shown:,}",
    "items read": lambda cost: f"{cost.items_read:,}",
    "read units": lambda cost: f"{cost.read_units:,g}",
    "write units": lambda cost: f"{cost.write_units:,g}",
    "CPU, ms": lambda cost: f"{1000 * cost.cpu_seconds:.1f}",
}


def render(costs: Costs, rounds: int) -> str:
    """The page of results."""
    sizes = [size for by_size in list(costs.values())[:1] for size in by_size]
    blocks = [
        "# Results of `make bench-library`",
        f"Measured on {_machine()}, Python {platform.python_version()}. CPU is the minimum of {rounds} rounds.",
        "One owner, whose photos were created within ten years. The request goes to the API's handler and is answered "
        "by a table in memory, whose CPU is subtracted. CPU is that of the handler with signing, serialization and "
        "parsing; that of the connection to DynamoDB is missing. Units are computed from the items by DynamoDB's "
        "rules; a transaction takes twice the units of the table. With 10 photos, requests that name more repeat some. "
        "None of these figures was measured on AWS.",
        "## Limits",
        _limits(verdicts(costs)),
    ]
    for size in sizes:
        rows = [[name, *(show(by_size[size]) for show in _COLUMNS.values())] for name, by_size in costs.items()]
        blocks += [f"## {size:,} photos", markdown.table(["request", *_COLUMNS], rows)]
    return markdown.page(blocks)


def _limits(checked: Sequence[Verdict]) -> str:
    rows = [
        ["pass" if v.is_kept else "**fail**", v.limit, f"{v.maximum:g}", f"{v.worst:.3g}", v.where] for v in checked
    ]
    return markdown.table(["", "limit", "at most", "worst", "where"], rows)


def _machine() -> str:
    return f"{platform.machine()} {platform.system()} with {os.cpu_count()} cores"
