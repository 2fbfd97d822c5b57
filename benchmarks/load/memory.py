"""Memory of the server and its Lambda workers during a load test, and its trend.

Memory is flat if the least-squares line through the samples after the warm-up rises by at most `TOLERANCE` of their
mean, or by `FLOOR_MIB` if that is more. This applies to the server, to the workers of each function, and to all
workers. Only workers that exist in every sample count: a pool that grows to its limit at the first concurrent calls is
no leak. `Growth` has the limits of the server's resident memory, which grows with the photos that it holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, linear_regression
from typing import Any, Final, NamedTuple, Self

from local.emulator.forking import function_of

TOLERANCE: Final = 0.05
"""Of the mean; the heap of a Python process varies by about as much."""

FLOOR_MIB: Final = 10.0
"""A smaller rise cannot be distinguished from the allocator's steps."""

MAX_GROWTH_RATIO: Final = 1.3
"""Of the server's resident memory with all photos to that after the first ones."""

MAX_RESIDENT_MIB: Final = 500.0

_BYTES_PER_MIB: Final = 1024 * 1024


class Worker(NamedTuple):
    """A process that runs a function."""

    function: str
    process_id: int


@dataclass(frozen=True)
class Sample:
    """Memory of each process at one time: its unique set size (USS).

    Memory that processes share does not count, since the share of each grows when another one ends.
    """

    seconds: float
    server_mib: float
    worker_mib: Mapping[Worker, float]


@dataclass(frozen=True)
class Trend:
    """The line through a series of samples."""

    first_mib: float
    """Of the line, at the first sample; `last_mib` is at the last. Single samples are noisy."""
    last_mib: float
    lowest_mib: float
    highest_mib: float
    mean_mib: float

    @classmethod
    def fit(cls, seconds: Sequence[float], mib: Sequence[float]) -> Self:
        """Fit a line. Raises `statistics.StatisticsError` for fewer than two samples."""
        slope, intercept = linear_regression(seconds, mib)
        first, last = (intercept + slope * at for at in (seconds[0], seconds[-1]))
        return cls(first, last, min(mib), max(mib), fmean(mib))

    @property
    def growth_mib(self) -> float:
        """Rise of the line from the first sample to the last."""
        return self.last_mib - self.first_mib

    @property
    def allowed_mib(self) -> float:
        """Highest rise of a flat line."""
        return max(FLOOR_MIB, TOLERANCE * self.mean_mib)

    @property
    def is_flat(self) -> bool:
        """Whether the line rises by no more than `allowed_mib`; it may fall."""
        return self.growth_mib <= self.allowed_mib


@dataclass(frozen=True)
class Growth:
    """Resident memory after the first photos, after all of them, and after the large uploads."""

    first_mib: float
    photos_mib: float
    large_mib: float

    def problems(self) -> Iterator[str]:
        """Limits that are exceeded."""
        last = self.large_mib
        if last > MAX_GROWTH_RATIO * self.first_mib:
            yield f"the server takes {last / self.first_mib:.2f} times the memory that it took after the first photos"
        if last > MAX_RESIDENT_MIB:
            yield f"the server takes {last:.0f} MiB, more than {MAX_RESIDENT_MIB:.0f}"


def trends(samples: Sequence[Sample], warm_up_seconds: float) -> dict[str, Trend]:
    """Trends after the warm-up: of the server, of each function's workers, and of all workers."""
    counted = [sample for sample in samples if sample.seconds >= warm_up_seconds]
    seconds = [sample.seconds for sample in counted]
    permanent = set.intersection(*(set(sample.worker_mib) for sample in counted))
    groups = {
        function: [worker for worker in permanent if worker.function == function]
        for function in sorted({worker.function for worker in permanent})
    }
    return {"server": Trend.fit(seconds, [sample.server_mib for sample in counted])} | {
        f"{name} ({len(workers)})": Trend.fit(
            seconds, [sum(sample.worker_mib[worker] for worker in workers) for sample in counted]
        )
        for name, workers in {**groups, "all workers": permanent}.items()
    }


def resident_mib() -> float:
    """Resident memory of the server, which is this process's one child, without its workers."""
    import psutil

    (server,) = psutil.Process().children()
    return float(server.memory_info().rss) / _BYTES_PER_MIB


def measure(seconds: float) -> Sample:
    """Measure the server, which is this process's one child, and its descendants."""
    import psutil

    (server,) = psutil.Process().children()
    worker_mib = {}
    for worker in server.children(recursive=True):
        try:
            name = worker.environ().get("AWS_LAMBDA_FUNCTION_NAME", worker.name())
            worker_mib[Worker(function_of(name), worker.pid)] = _uss_mib(worker.memory_full_info())
        except psutil.NoSuchProcess:  # It ended after it was listed.
            continue
    return Sample(seconds, _uss_mib(server.memory_full_info()), worker_mib)


def _uss_mib(info: Any) -> float:
    return float(info.uss) / _BYTES_PER_MIB
