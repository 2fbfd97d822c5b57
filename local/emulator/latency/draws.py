"""Seeded draws of latencies: the same seed gives the n-th call of an operation the same latency in each run."""

import hashlib
import math
import threading
from collections import Counter
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from local.emulator.latency.table import Row, Table, row_of

_Z99: Final = NormalDist().inv_cdf(0.99)
_MIB: Final = 2**20


@dataclass(frozen=True)
class Latency:
    """The drawn latency of one call."""

    row: Row
    drawn_seconds: float

    def seconds(self, size_bytes: int = 0) -> float:
        """Return the latency with a body of this size."""
        return self.drawn_seconds + self.row.per_mib_ms * size_bytes / _MIB / 1000


class Latencies:
    """Draws from a table. Thread-safe."""

    def __init__(self, table: Table, seed: int = 1) -> None:
        self._table = table
        self._seed = seed
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def draw(self, service: str, operation: str) -> Latency:
        """Draw the latency of the next call of an operation."""
        with self._lock:
            self._counts[service, operation] += 1
            count = self._counts[service, operation]
        row = row_of(self._table, service, operation)
        return Latency(row, quantile_ms(row, chance(self._seed, service, operation, count)) / 1000)


def chance(seed: int, service: str, operation: str, count: int) -> float:
    """Return a number between 0 and 1, both excluded, which depends on the arguments only."""
    digest = hashlib.sha256(f"{seed}:{service}:{operation}:{count}".encode()).digest()
    return (int.from_bytes(digest[:6]) + 0.5) / 2**48


def quantile_ms(row: Row, probability: float) -> float:
    """Return a quantile of a row's lognormal distribution."""
    sigma = math.log(row.p99_ms / row.p50_ms) / _Z99
    return row.p50_ms * math.exp(sigma * NormalDist().inv_cdf(probability))
