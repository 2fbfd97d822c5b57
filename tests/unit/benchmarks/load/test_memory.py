"""Memory is judged by the line through its samples, not by single samples."""

import pytest

from benchmarks.load.memory import Growth, Sample, Trend, Worker, trends

SECONDS = [float(at) for at in range(0, 600, 5)]


def series(start_mib: float, end_mib: float, swing_mib: float = 0) -> list[float]:
    """A line from start to end, with samples alternately above and below it."""
    rise = (end_mib - start_mib) / SECONDS[-1]
    return [start_mib + rise * at + (swing_mib if index % 2 else -swing_mib) for index, at in enumerate(SECONDS)]


@pytest.mark.parametrize(
    ("start_mib", "end_mib", "flat"),
    [(300, 300, True), (300, 314, True), (300, 317, False), (50, 59, True), (50, 61, False), (300, 200, True)],
)
def test_memory_is_flat_within_5_percent_or_10_mib(start_mib: float, end_mib: float, *, flat: bool) -> None:
    assert Trend.fit(SECONDS, series(start_mib, end_mib)).is_flat is flat


def test_noise_is_no_growth() -> None:
    trend = Trend.fit(SECONDS, series(300, 300, swing_mib=40))
    assert (trend.lowest_mib, trend.highest_mib, trend.mean_mib) == (260, 340, 300)
    assert abs(trend.growth_mib) < 2


def test_a_leak_is_detected_in_noise() -> None:
    assert not Trend.fit(SECONDS, series(300, 330, swing_mib=40)).is_flat


def test_a_trend_has_the_ends_of_its_line() -> None:
    trend = Trend.fit([0, 10, 20], [100, 101, 102])
    assert trend == Trend(first_mib=100, last_mib=102, lowest_mib=100, highest_mib=102, mean_mib=101)
    assert (trend.growth_mib, trend.allowed_mib) == (2, 10)


def test_samples_before_the_warm_up_ends_are_ignored() -> None:
    worker = Worker("Fail", 1)
    samples = [Sample(0, 1, {worker: 2}), Sample(10, 100, {worker: 50}), Sample(20, 102, {worker: 50})]
    found = trends(samples, warm_up_seconds=10)
    assert found == {
        "server": Trend(100, 102, 100, 102, 101),
        "Fail (1)": Trend(50, 50, 50, 50, 50),
        "all workers (1)": Trend(50, 50, 50, 50, 50),
    }


def test_only_growth_of_permanent_workers_counts() -> None:
    fail, one, two = Worker("Fail", 1), Worker("Previews", 2), Worker("Previews", 3)
    samples = [
        Sample(at, 100, {fail: 30, one: 20 + at, two: 40, Worker("Previews", 4 + at // 10): 40}) for at in (0, 10, 20)
    ]
    found = trends(samples, warm_up_seconds=0)
    assert found == {
        "server": Trend(100, 100, 100, 100, 100),
        "Fail (1)": Trend(30, 30, 30, 30, 30),
        "Previews (2)": Trend(60, 80, 60, 80, 70),
        "all workers (3)": Trend(90, 110, 90, 110, 100),
    }
    assert [name for name, trend in found.items() if not trend.is_flat] == ["Previews (2)", "all workers (3)"]


@pytest.mark.parametrize(
    ("growth", "problems"),
    [
        (Growth(first_mib=350, photos_mib=420, large_mib=440), []),
        (Growth(300, 380, 400), ["the server takes 1.33 times the memory that it took after the first photos"]),
        (Growth(450, 500, 501), ["the server takes 501 MiB, more than 500"]),
    ],
)
def test_last_memory_is_within_the_limits(growth: Growth, problems: list[str]) -> None:
    assert list(growth.problems()) == problems
