"""The limits that the costs must keep."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.library.cases import CASES, Kind
from benchmarks.library.client import Cost
from benchmarks.library.measuring import Costs

BASE: Final = 1000
"""The size with which larger collections are compared: most of its pages are full."""

MAX_READ_PER_SHOWN: Final = 1.5
MAX_TIMELINE_UNITS: Final = 100
MAX_TIMELINE_CPU_SECONDS: Final = 0.3
MAX_GROWTH: Final = 1.2


@dataclass(frozen=True)
class Verdict:
    """One limit, the worst value of all cases and sizes that it applies to, and their name."""

    limit: str
    worst: float
    maximum: float
    where: str

    @property
    def is_kept(self) -> bool:
        """Whether no value exceeds the limit."""
        return self.worst <= self.maximum


def verdicts(costs: Costs) -> list[Verdict]:
    """Every limit, the growth only if a collection is larger than `BASE`."""
    pages, timelines, changes = (list(_costs(costs, kind)) for kind in ("page", "timeline", "changes"))
    checked = [
        _worst("items read per photo of a page", MAX_READ_PER_SHOWN, [(where, _per_shown(c)) for where, c in pages]),
        _worst("read units of a timeline", MAX_TIMELINE_UNITS, [(where, c.read_units) for where, c in timelines]),
        _worst("CPU of a timeline, s", MAX_TIMELINE_CPU_SECONDS, [(where, c.cpu_seconds) for where, c in timelines]),
        _worst("items read beyond the reported changes", 0, [(where, c.items_read - c.shown) for where, c in changes]),
    ]
    for unit in ("items_read", "read_units", "cpu_seconds"):
        grown = list(_growth(costs, unit))
        checked += [_worst(f"{_UNITS[unit]}, compared with {BASE:,} photos", MAX_GROWTH, grown)] if grown else []
    return checked


_UNITS: Final = {
    "items_read": "items read per photo of a page",
    "read_units": "read units per photo of a page",
    "cpu_seconds": "CPU per photo of a page",
}


_ROUNDING: Final = {"read_units": 0.5}
"""What the rounding of a read adds at most. It is much for a page of two photos."""


def _costs(costs: Costs, kind: Kind) -> Iterator[tuple[str, Cost]]:
    for case in CASES:
        if case.kind == kind:
            yield from ((f"{case.name}, {size:,} photos", cost) for size, cost in costs[case.name].items())


def _growth(costs: Costs, unit: str) -> Iterator[tuple[str, float]]:
    """How many times what it costs with `BASE` photos an entry of a response costs in larger collections."""
    for case in CASES:
        by_size = costs[case.name]
        if case.kind in ("page", "changes") and by_size[BASE].shown:
            base = getattr(by_size[BASE], unit) / by_size[BASE].shown
            yield from (
                (f"{case.name}, {size:,} photos", (getattr(cost, unit) - _ROUNDING.get(unit, 0)) / cost.shown / base)
                for size, cost in by_size.items()
                if size > BASE and cost.shown
            )


def _per_shown(cost: Cost) -> float:
    return cost.items_read / max(cost.shown, 1)


def _worst(limit: str, maximum: float, values: list[tuple[str, float]]) -> Verdict:
    where, worst = max(values, key=lambda named: named[1])
    return Verdict(limit, worst, maximum, where)
