"""A burst of photos against what is deployed and AWS's quotas: a discrete-event simulation of every request.

Each photo is created, uploaded and ingested by a client that comes again when it is told to. What refuses does so as
AWS does: token buckets at API Gateway and Step Functions; Lambda never queues, so an invocation that finds no warm
environment, no leave to start one or no concurrency left is refused, and the state machine tries again as it is told.
"""

import math
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import simpy

from benchmarks.scale.deployed import API, NO_RETRY, Retry
from benchmarks.scale.durations import OVERHEAD_SECONDS, Work
from photosky.errors import RETRY_AFTER_SECONDS

CLIENT_TRIES: Final = 5
"""How often a client asks before it gives up, waiting as long as `Retry-After` says and up to half of it more."""

UPLOAD_SECONDS: Final = 1.0
"""Between a photo's creation and its ingest. Assumed; it moves the load and adds nothing to the latency."""

STEPS: Final = ("Validate", "Previews", "Persist")
FAIL: Final = "Fail"

Process = Generator[simpy.Event, Any, Any]


@dataclass(frozen=True)
class Limits:
    """What there is: rates a second with their bursts, environments at once, and how many stand ready beforehand."""

    api_rate: float
    api_burst: float
    express_rate: float
    express_burst: float
    concurrency: int
    scaling_rate: float
    scaling_burst: float
    provisioned: int = 0


@dataclass(frozen=True)
class Timing:
    """How long everything takes and how often it is tried, by function; seconds."""

    works: Mapping[str, Mapping[str, Work]]
    shares: Mapping[str, float]
    starts: Mapping[str, float]
    timeouts: Mapping[str, float]
    retries: Mapping[str, Retry]
    machine_seconds: float


@dataclass
class Result:
    """What became of a burst. Latencies, in seconds, of the ingests that were answered, waits included."""

    rate: float
    arrived: int = 0
    latencies: list[float] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    """Every refusal by what refused, those made good by another try included."""
    busiest: int = 0
    """Environments at work at once, at most."""

    def percentile(self, share: float) -> float | None:
        """By nearest rank; None where nothing was answered."""
        ordered = sorted(self.latencies)
        return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None


class TokenBucket:
    """So many a second, and a burst of so many saved up at most."""

    def __init__(self, env: simpy.Environment, rate: float, burst: float) -> None:
        self._env, self._rate, self._burst = env, rate, burst
        self._tokens, self._at = burst, env.now

    def take(self) -> bool:
        """One, if there is one."""
        self._tokens = min(self._burst, self._tokens + (self._env.now - self._at) * self._rate)
        self._at = self._env.now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Account:
    """Lambda's concurrency, which all functions share."""

    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency
        self.busy = 0
        self.busiest = 0


class Function:
    """One function's environments."""

    def __init__(self, env: simpy.Environment, account: Account, limits: Limits) -> None:
        self._account = account
        self._idle = limits.provisioned
        self._starts = TokenBucket(env, limits.scaling_rate, limits.scaling_burst)

    def take(self) -> str:
        """`warm` or `cold` where an environment takes the invocation, else what refuses it."""
        if self._account.busy >= self._account.concurrency:
            return "concurrency"
        if self._idle:
            self._idle -= 1
            taken = "warm"
        elif self._starts.take():
            taken = "cold"
        else:
            return "scaling"
        self._account.busy += 1
        self._account.busiest = max(self._account.busiest, self._account.busy)
        return taken

    def give(self) -> None:
        """The invocation is over; its environment stays warm."""
        self._account.busy -= 1
        self._idle += 1


class Burst:
    """Photos that arrive at random at one rate for a while, and all that becomes of them."""

    def __init__(self, limits: Limits, timing: Timing, rate: float, seed: int) -> None:
        self._env = simpy.Environment()
        self._random = Random(seed)  # noqa: S311 - a simulation's
        self._timing = timing
        self._gateway = TokenBucket(self._env, limits.api_rate, limits.api_burst)
        self._express = TokenBucket(self._env, limits.express_rate, limits.express_burst)
        self._account = Account(limits.concurrency)
        self._functions = {name: Function(self._env, self._account, limits) for name in timing.starts}
        self.result = Result(rate)

    def run(self, photos: int) -> Result:
        """Let so many arrive, and wait until all are answered or given up."""
        self._env.process(self._arrivals(photos))
        self._env.run()
        self.result.busiest = self._account.busiest
        return self.result

    def _arrivals(self, photos: int) -> Process:
        pictures, shares = list(self._timing.shares), list(self._timing.shares.values())
        for picture in self._random.choices(pictures, shares, k=photos):
            yield self._env.timeout(self._random.expovariate(self.result.rate))
            self.result.arrived += 1
            self._env.process(self._photo(picture))

    def _photo(self, picture: str) -> Process:
        works = self._timing.works[picture]
        if not (yield from self._asked(lambda: self._step(API, works))):
            return
        yield self._env.timeout(UPLOAD_SECONDS)
        start = self._env.now
        if (yield from self._asked(lambda: self._execution(works))):
            self.result.latencies.append(self._env.now - start)

    def _asked(self, request: Any) -> Process:
        """One request until it is answered: whether it was, else why not is counted as lost."""
        problem = ""
        for attempt in range(CLIENT_TRIES):
            if attempt:
                yield self._env.timeout(RETRY_AFTER_SECONDS * self._random.uniform(1, 1.5))
            if not self._gateway.take():
                problem = "throttled"
                self.result.refused["API throttle"] += 1
                continue
            problem = yield from request()
            if problem not in ("throttled", "no environment"):
                break
        if problem:
            self.result.lost["throttled" if problem == "no environment" else problem] += 1
        return not problem

    def _execution(self, works: Mapping[str, Work]) -> Process:
        """One execution: empty where the photo is ready, else why not."""
        if not self._express.take():
            self.result.refused["Express starts"] += 1
            return "throttled"
        deadline = self._env.now + self._timing.machine_seconds
        yield self._env.timeout(OVERHEAD_SECONDS)
        for name in STEPS:
            problem = yield from self._step(name, works, deadline)
            if problem:
                yield from self._step(FAIL, works, deadline)
                return "out of time" if problem == "out of time" else "fault"
        return ""

    def _step(self, name: str, works: Mapping[str, Work], deadline: float = math.inf) -> Process:
        """One invocation with its retries: empty where it ended well, else `no environment` or `out of time`."""
        function, retry = self._functions[name], self._timing.retries.get(name, NO_RETRY)
        for attempt in range(retry.attempts + 1):
            if attempt:
                yield self._env.timeout(self._random.uniform(0, retry.longest_delay(attempt - 1)))
            taken = function.take()
            if taken not in ("warm", "cold"):
                self.result.refused[f"Lambda {taken}"] += 1
                continue
            seconds = works[name].drawn(self._random) + (self._timing.starts[name] if taken == "cold" else 0)
            allowed = min(self._timing.timeouts[name], deadline - self._env.now)
            yield self._env.timeout(max(0, min(seconds, allowed)))
            function.give()
            return "out of time" if seconds > allowed else ""
        return "no environment"


def simulate(limits: Limits, timing: Timing, rate: float) -> Result:
    """One burst, of as many photos as `photos_of` says."""
    return Burst(limits, timing, rate, SEED).run(photos_of(rate))


SEED: Final = 1
BURST_SECONDS: Final = 10
LEAST_PHOTOS: Final = 1000


def photos_of(rate: float) -> int:
    """How many photos a burst has: `BURST_SECONDS` of them, or as many as a 99th percentile needs."""
    return max(LEAST_PHOTOS, round(rate * BURST_SECONDS))
