"""The main figures follow from costs, quotas and results."""

from benchmarks.scale.figures import main_figures, sustained_rate
from benchmarks.scale.results import Row
from tests.unit.benchmarks.scale.test_cost import DEPLOYMENT


def row(rate: float, failed_share: float) -> Row:
    """A burst with these failures."""
    return Row(rate, 1000, 1.2, 3.4, {"throttled": failed_share / 2, "timed out": failed_share / 2}, "", 5)


def test_a_rate_is_sustained_while_at_most_1_percent_fails() -> None:
    assert sustained_rate([row(10, 0), row(30, 0.01), row(100, 0.02), row(300, 0)]) == 30


def test_figures_name_rates_and_latencies_of_the_results() -> None:
    names = ("as deployed", "throttle raised", "quotas raised", "provisioned concurrency")
    figures = main_figures(
        DEPLOYMENT, {name: [row(10, 0), row(30 * (index + 1), 0)] for index, name in enumerate(names)}
    )
    assert figures["latency of a warm ingest, p50 / p99 (simulated)"] == "1.2 s / 3.4 s"
    assert figures["steady rate at which the throttle of `prod` starts"] == "250 photos/s"
    assert figures["burst from a cold start of which at most 1% fails (simulated)"] == (
        "30 photos/s as deployed, 90 with quotas raised, 120 with provisioned concurrency"
    )
