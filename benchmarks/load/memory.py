"""Whether memory stays flat: samples of the server and its Lambda workers, and the line through them.

The rule: the least-squares line through the samples taken after the warm-up rises, over the time they span, by no
more than `TOLERANCE` of their mean, or by `FLOOR_MIB` where that is more; for the server, for each function's workers,
and for all of them. Of the workers those count that are there all the time: a pool that grows to its bound, when two
calls come at once for the first time, is no leak.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, linear_regression
from typing import Any, Final, NamedTuple, Self

TOLERANCE: Final = 0.05
"""Of the mean; a Python process's heap swings by about as much with what it happens to be doing."""

FLOOR_MIB: Final = 10.0
"""Below this a rise is not told from the allocator's own steps."""

_MIB: Final = 1024 * 1024
_FUNCTION: Final = re.compile(r"-([A-Za-z]+?)[0-9A-F]{8}-[0-9A-Z]+$")


class Worker(NamedTuple):
    """A function's process."""

    function: str
    process_id: int


@dataclass(frozen=True)
class Sample:
    """Memory at one time: what each process has for itself alone (USS).

    Of what it shares with others it would be told more when one of those ends, whosever that is.
    """

    seconds: float
    server_mib: float
    worker_mib: Mapping[Worker, float]


@dataclass(frozen=True)
class Trend:
    """The line through one series of samples."""

    first_mib: float
    """The line at the first sample, as `last_mib` is at the last: single samples are noise."""
    last_mib: float
    lowest_mib: float
    highest_mib: float
    mean_mib: float

    @classmethod
    def of(cls, seconds: Sequence[float], mib: Sequence[float]) -> Self:
        """Fit a line. Raises `statistics.StatisticsError` for fewer than two samples."""
        slope, intercept = linear_regression(seconds, mib)
        first, last = (intercept + slope * at for at in (seconds[0], seconds[-1]))
        return cls(first, last, min(mib), max(mib), fmean(mib))

    @property
    def growth_mib(self) -> float:
        """How far the line rises from the first sample to the last."""
        return self.last_mib - self.first_mib

    @property
    def allowed_mib(self) -> float:
        """How far it may."""
        return max(FLOOR_MIB, TOLERANCE * self.mean_mib)

    @property
    def is_flat(self) -> bool:
        """Whether it rises no further than it may; falling is no fault."""
        return self.growth_mib <= self.allowed_mib


def trends(samples: Sequence[Sample], warm_up_seconds: float) -> dict[str, Trend]:
    """The trends of the server and of its workers, by name, after the warm-up."""
    counted = [sample for sample in samples if sample.seconds >= warm_up_seconds]
    seconds = [sample.seconds for sample in counted]
    always = set.intersection(*(set(sample.worker_mib) for sample in counted))
    groups = {
        function: [worker for worker in always if worker.function == function]
        for function in sorted({worker.function for worker in always})
    }
    return {"server": Trend.of(seconds, [sample.server_mib for sample in counted])} | {
        f"{name} ({len(workers)})": Trend.of(
            seconds, [sum(sample.worker_mib[worker] for worker in workers) for sample in counted]
        )
        for name, workers in {**groups, "all workers": always}.items()
    }


def measure(seconds: float) -> Sample:
    """The memory of this process's one child, which is the server, and of all below it."""
    import psutil

    (server,) = psutil.Process().children()
    worker_mib = {}
    for worker in server.children(recursive=True):
        try:
            name = worker.environ().get("AWS_LAMBDA_FUNCTION_NAME", worker.name())
            worker_mib[Worker(function_of(name), worker.pid)] = _mib(worker.memory_full_info())
        except psutil.NoSuchProcess:  # It ended after it was listed, and has no memory.
            continue
    return Sample(seconds, _mib(server.memory_full_info()), worker_mib)


def function_of(name: str) -> str:
    """The function's name in the stack, from the one that CloudFormation made of it."""
    found = _FUNCTION.search(name)
    return found[1] if found else name


def _mib(info: Any) -> float:
    return float(info.uss) / _MIB
