"""Discrete-event simulation of a burst of photos against a deployment and AWS's quotas.

Each photo is created, uploaded and ingested by a client that retries as `Retry-After` says. API Gateway and Step
Functions throttle by token buckets. Lambda does not queue: an invocation is throttled if no environment is warm and
either the concurrency or the scaling rate is used up. The state machine then retries as its definition says.
"""

import math
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import simpy

from benchmarks.scale.deployed import API, NO_RETRY, Retry
from benchmarks.scale.durations import EXECUTION_OVERHEAD_SECONDS, Invocation
from photosky.errors import RETRY_AFTER_SECONDS
from workflows.steps import STAGES

CLIENT_ATTEMPTS: Final = 5
"""Of one request; between them a client waits for `Retry-After` and up to half of it more."""

UPLOAD_SECONDS: Final = 1.0
"""Between a photo's creation and its ingest. Assumed; it shifts the load and does not count as latency."""

FAIL: Final = "Fail"

SEED: Final = 1
BURST_SECONDS: Final = 10
MIN_PHOTOS: Final = 1000
"""Per burst, for a 99th percentile."""

THROTTLED: Final = "throttled"
STEP_FAILED: Final = "step failed"
TIMED_OUT: Final = "timed out"
REASONS: Final = (THROTTLED, STEP_FAILED, TIMED_OUT)
"""Why a photo is not ready: the client gave up, a step was throttled after its retries, or a timeout was exceeded."""

Process = Generator[simpy.Event, Any, Any]


@dataclass(frozen=True)
class Limits:
    """Rates per second with their bursts, and numbers of function environments."""

    api_rate: float
    api_burst: float
    express_rate: float
    express_burst: float
    concurrency: int
    scaling_rate: float
    scaling_burst: float
    provisioned: int = 0
    """Environments of each function that are warm at the start."""


@dataclass(frozen=True)
class Timing:
    """Durations, timeouts and retries by function; seconds."""

    invocations: Mapping[str, Mapping[str, Invocation]]
    """By kind of picture."""
    shares: Mapping[str, float]
    """Of each kind of picture in the uploads."""
    cold_starts: Mapping[str, float]
    timeouts: Mapping[str, float]
    retries: Mapping[str, Retry]
    machine_timeout_seconds: float


@dataclass
class Result:
    """Outcome of a burst."""

    rate: float
    """Photos per second."""
    photos: int = 0
    latencies: list[float] = field(default_factory=list)
    """Of each successful ingest, in seconds, from its first request to its response."""
    failures: Counter[str] = field(default_factory=Counter)
    """Photos that did not become ready, by one of `REASONS`."""
    throttles: Counter[str] = field(default_factory=Counter)
    """Throttled calls by the limit that was used up, including those that a retry repaired."""
    peak_environments: int = 0
    """Highest number of environments in use at one time."""

    def percentile(self, share: float) -> float | None:
        """Latency in seconds by nearest rank; None if no ingest succeeded."""
        ordered = sorted(self.latencies)
        return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None


class TokenBucket:
    """A rate per second, with a burst of saved tokens."""

    def __init__(self, env: simpy.Environment, rate: float, burst: float) -> None:
        self._env, self._rate, self._burst = env, rate, burst
        self._tokens, self._updated_at = burst, env.now

    def take(self) -> bool:
        """Take a token; False if there is none."""
        self._tokens = min(self._burst, self._tokens + (self._env.now - self._updated_at) * self._rate)
        self._updated_at = self._env.now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Account:
    """Lambda's concurrency, shared by all functions."""

    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency
        self.in_use = 0
        self.peak = 0


class Function:
    """The environments of one function."""

    def __init__(self, env: simpy.Environment, account: Account, limits: Limits) -> None:
        self._account = account
        self._idle = limits.provisioned
        self._starts = TokenBucket(env, limits.scaling_rate, limits.scaling_burst)

    def acquire(self) -> str:
        """Occupy an environment: `warm` or `cold`; otherwise the limit that is used up."""
        if self._account.in_use >= self._account.concurrency:
            return "concurrency"
        if self._idle:
            self._idle -= 1
            start = "warm"
        elif self._starts.take():
            start = "cold"
        else:
            return "scaling"
        self._account.in_use += 1
        self._account.peak = max(self._account.peak, self._account.in_use)
        return start

    def release(self) -> None:
        """End an invocation; its environment stays warm."""
        self._account.in_use -= 1
        self._idle += 1


class Burst:
    """Photos that arrive at random at one mean rate."""

    def __init__(self, limits: Limits, timing: Timing, rate: float, seed: int) -> None:
        self._env = simpy.Environment()
        self._random = Random(seed)  # noqa: S311 - a simulation, not a secret
        self._timing = timing
        self._gateway = TokenBucket(self._env, limits.api_rate, limits.api_burst)
        self._express = TokenBucket(self._env, limits.express_rate, limits.express_burst)
        self._account = Account(limits.concurrency)
        self._functions = {name: Function(self._env, self._account, limits) for name in timing.cold_starts}
        self.result = Result(rate)

    def run(self, photos: int) -> Result:
        """Simulate until each of so many photos is ready or has failed."""
        self._env.process(self._arrivals(photos))
        self._env.run()
        self.result.peak_environments = self._account.peak
        return self.result

    def _arrivals(self, photos: int) -> Process:
        pictures, shares = list(self._timing.shares), list(self._timing.shares.values())
        for picture in self._random.choices(pictures, shares, k=photos):
            yield self._env.timeout(self._random.expovariate(self.result.rate))
            self.result.photos += 1
            self._env.process(self._photo(picture))

    def _photo(self, picture: str) -> Process:
        invocations = self._timing.invocations[picture]
        if not (yield from self._request(lambda: self._step(API, invocations))):
            return
        yield self._env.timeout(UPLOAD_SECONDS)
        start = self._env.now
        if (yield from self._request(lambda: self._execution(invocations))):
            self.result.latencies.append(self._env.now - start)

    def _request(self, send: Callable[[], Process]) -> Process:
        """Send a request until it succeeds or the client gives up; return whether it succeeded."""
        failure = ""
        for attempt in range(CLIENT_ATTEMPTS):
            if attempt:
                yield self._env.timeout(RETRY_AFTER_SECONDS * self._random.uniform(1, 1.5))
            if not self._gateway.take():
                failure = THROTTLED
                self.result.throttles["API throttle"] += 1
                continue
            failure = yield from send()
            if failure != THROTTLED:
                break
        if failure:
            self.result.failures[failure] += 1
        return not failure

    def _execution(self, invocations: Mapping[str, Invocation]) -> Process:
        """Run the state machine; return one of `REASONS`, or an empty text if the photo is ready."""
        if not self._express.take():
            self.result.throttles["Express starts"] += 1
            return THROTTLED
        deadline = self._env.now + self._timing.machine_timeout_seconds
        yield self._env.timeout(EXECUTION_OVERHEAD_SECONDS)
        for stage in STAGES:
            steps = [self._env.process(self._step(name, invocations, deadline)) for name in stage]
            yield self._env.all_of(steps)
            # A failure of Promote fails no ingest: Persist copies the original. Its time for that is left out.
            if failure := steps[0].value:
                yield from self._step(FAIL, invocations, deadline)
                return STEP_FAILED if failure == THROTTLED else failure
        return ""

    def _step(self, name: str, invocations: Mapping[str, Invocation], deadline: float = math.inf) -> Process:
        """Invoke a function with its retries; return one of `REASONS`, or an empty text if it succeeded."""
        function, retry = self._functions[name], self._timing.retries.get(name, NO_RETRY)
        for attempt in range(retry.attempts + 1):
            if attempt:
                yield self._env.timeout(self._random.uniform(0, retry.max_delay(attempt - 1)))
            start = function.acquire()
            if start not in ("warm", "cold"):
                self.result.throttles[f"Lambda {start}"] += 1
                continue
            cold_start_seconds = self._timing.cold_starts[name] if start == "cold" else 0
            seconds = invocations[name].sample(self._random) + cold_start_seconds
            timeout_seconds = min(self._timing.timeouts[name], deadline - self._env.now)
            yield self._env.timeout(max(0, min(seconds, timeout_seconds)))
            function.release()
            return TIMED_OUT if seconds > timeout_seconds else ""
        return THROTTLED


def simulate(limits: Limits, timing: Timing, rate: float) -> Result:
    """Simulate one burst of `photos_of(rate)` photos."""
    return Burst(limits, timing, rate, SEED).run(photos_of(rate))


def photos_of(rate: float) -> int:
    """Photos of a burst: `BURST_SECONDS` of arrivals, at least `MIN_PHOTOS`."""
    return max(MIN_PHOTOS, round(rate * BURST_SECONDS))
