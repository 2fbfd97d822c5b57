"""Drawn latencies have the percentiles of their row, and are the same for the same seed."""

import pytest

from local.emulator.latency.draws import Latencies
from local.emulator.latency.table import AWS, OTHER, Row

ROW = Row("s3", "GetObject", p50_ms=20, p99_ms=100, source="a test", per_mib_ms=10)
TABLE = {("s3", "GetObject"): ROW, OTHER: Row(*OTHER, p50_ms=1, p99_ms=2, source="a test")}


def drawn(seed: int, count: int, operation: str = "GetObject") -> list[float]:
    latencies = Latencies(TABLE, seed)
    return [latencies.draw("s3", operation).seconds() for _ in range(count)]


def test_draws_have_the_percentiles_of_the_row() -> None:
    values = sorted(drawn(1, 10_000))
    assert values[5_000] == pytest.approx(0.020, rel=0.03)
    assert values[9_900] == pytest.approx(0.100, rel=0.1)


def test_same_seed_draws_the_same_latencies() -> None:
    assert drawn(7, 20) == drawn(7, 20)
    assert drawn(7, 20) != drawn(8, 20)


def test_draws_of_an_operation_do_not_depend_on_other_operations() -> None:
    latencies, mixed = Latencies(TABLE, 7), []
    for _ in range(20):
        latencies.draw("s3", "PutObject")
        mixed.append(latencies.draw("s3", "GetObject").seconds())
    assert mixed == drawn(7, 20)


def test_body_adds_time_by_its_size() -> None:
    latency = Latencies(TABLE).draw("s3", "GetObject")
    assert latency.seconds(5 * 2**20) - latency.seconds() == pytest.approx(0.050)


def test_no_operation_is_answered_at_once() -> None:
    latencies = Latencies(AWS)
    assert min(latencies.draw("s3", "GetBucketPolicy").seconds() for _ in range(1_000)) > 0.001
