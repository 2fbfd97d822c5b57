"""Percentiles by the nearest rank."""

import pytest

from benchmarks.latency.measures import percentile


@pytest.mark.parametrize(("percent", "expected"), [(0, 10), (50, 20), (75, 30), (95, 40), (100, 40)])
def test_percentile_is_a_measured_value(percent: float, expected: float) -> None:
    assert percentile([40, 10, 30, 20], percent) == expected
