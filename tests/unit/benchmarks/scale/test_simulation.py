"""The simulation agrees with queueing theory and with the arithmetic of the throttles."""

import math
from dataclasses import replace
from random import Random

import pytest
import simpy

from benchmarks.scale.deployed import Retry
from benchmarks.scale.durations import Invocation
from benchmarks.scale.simulation import (
    CLIENT_ATTEMPTS,
    MIN_PHOTOS,
    Account,
    Burst,
    Function,
    Limits,
    Process,
    Result,
    Timing,
    TokenBucket,
    photos_of,
)

FUNCTIONS = ("Api", "Validate", "Previews", "Promote", "Persist", "Fail")
UNLIMITED = Limits(
    api_rate=1e6,
    api_burst=1e6,
    express_rate=1e6,
    express_burst=1e6,
    concurrency=1_000_000,
    scaling_rate=1e6,
    scaling_burst=1e6,
)
TIMING = Timing(
    invocations={
        "picture": dict.fromkeys(FUNCTIONS, Invocation(cpu_seconds=0.1, s3_calls=1))
        | {"Promote": Invocation(cpu_seconds=0.05)}
    },
    shares={"picture": 1},
    cold_starts=dict.fromkeys(FUNCTIONS, 0.5),
    timeouts=dict.fromkeys(FUNCTIONS, 3),
    retries=dict.fromkeys(FUNCTIONS[1:], Retry(attempts=1, interval_seconds=1, backoff=2, max_delay_seconds=2)),
    machine_timeout_seconds=27,
)


def burst(limits: Limits, timing: Timing = TIMING, rate: float = 100, photos: int = 400) -> Result:
    return Burst(limits, timing, rate, seed=1).run(photos)


def erlang_b(load: float, servers: int) -> float:
    """Share of calls that find all servers busy, without a queue (Erlang's loss formula)."""
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked


@pytest.mark.parametrize(("load", "servers"), [(5, 5), (8, 10), (20, 15)])
def test_throttled_invocations_follow_the_erlang_b_formula(load: float, servers: int) -> None:
    env, random = simpy.Environment(), Random(7)
    limits = replace(UNLIMITED, concurrency=servers)
    function, refused, invocations = Function(env, Account(servers), limits), 0, 40_000

    def invocation() -> Process:
        yield env.timeout(random.expovariate(1))
        function.release()

    def arrivals() -> Process:
        nonlocal refused
        for _ in range(invocations):
            yield env.timeout(random.expovariate(load))
            if function.acquire() in ("warm", "cold"):
                env.process(invocation())
            else:
                refused += 1

    env.process(arrivals())
    env.run()
    assert refused / invocations == pytest.approx(erlang_b(load, servers), abs=0.01)


@pytest.mark.parametrize(
    "limits",
    [
        UNLIMITED,
        replace(UNLIMITED, api_rate=20, api_burst=5),
        replace(UNLIMITED, express_rate=20, express_burst=5),
        replace(UNLIMITED, concurrency=20),
        replace(UNLIMITED, scaling_rate=1, scaling_burst=10),
    ],
)
def test_each_photo_succeeds_or_fails(limits: Limits) -> None:
    result = burst(limits)
    assert result.photos == 400 == len(result.latencies) + result.failures.total()


def test_a_burst_is_reproducible() -> None:
    limits = replace(UNLIMITED, concurrency=30, api_rate=150, api_burst=20)
    assert burst(limits) == burst(limits)


def test_without_limits_nothing_waits_for_promote() -> None:
    result = burst(replace(UNLIMITED, provisioned=1000))
    assert (result.failures, result.throttles) == ({}, {})
    assert result.percentile(0.5) == pytest.approx(0.02 + 3 * 0.2, rel=0.05)
    assert result.percentile(0.99) == max(sorted(result.latencies)[:396])


def test_a_cold_start_adds_to_the_latency() -> None:
    result = burst(UNLIMITED, rate=0.01, photos=2)
    first, second = result.latencies
    assert first - second == pytest.approx(3 * 0.5, abs=0.4)


@pytest.mark.parametrize(
    ("limits", "what", "why"),
    [
        (replace(UNLIMITED, api_rate=0, api_burst=0), "API throttle", "throttled"),
        (replace(UNLIMITED, express_rate=0, express_burst=0), "Express starts", "throttled"),
    ],
)
def test_a_client_retries_throttled_requests_until_it_gives_up(limits: Limits, what: str, why: str) -> None:
    result = burst(limits, photos=10)
    assert result.failures == {why: 10}
    assert result.throttles == {what: 10 * CLIENT_ATTEMPTS}


def test_a_step_that_is_throttled_twice_fails() -> None:
    slow_to_start = {name: 1e9 if name == "Previews" else 0 for name in FUNCTIONS}
    held = replace(
        TIMING, cold_starts=slow_to_start, timeouts=dict.fromkeys(FUNCTIONS, 1e10), machine_timeout_seconds=1e10
    )
    result = burst(replace(UNLIMITED, scaling_rate=0, scaling_burst=1), held, rate=1e-6, photos=3)
    assert result.failures == {"step failed": 2}
    assert result.throttles == {"Lambda scaling": 2 * 2}


def test_a_step_that_exceeds_its_timeout_times_out() -> None:
    result = burst(UNLIMITED, replace(TIMING, timeouts={**TIMING.timeouts, "Previews": 0.01}), photos=10)
    assert result.failures == {"timed out": 10}


def test_an_execution_times_out_with_its_state_machine() -> None:
    result = burst(UNLIMITED, replace(TIMING, machine_timeout_seconds=0.3), photos=10)
    assert result.failures == {"timed out": 10}


def test_a_token_bucket_allows_its_burst_then_its_rate() -> None:
    env = simpy.Environment()
    bucket = TokenBucket(env, rate=2, burst=3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    env.run(until=0.4)
    assert not bucket.take()
    env.run(until=1.1)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    env.run(until=100)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_all_functions_share_the_account_concurrency() -> None:
    env, account = simpy.Environment(), Account(2)
    one, other = (Function(env, account, UNLIMITED) for _ in range(2))
    assert [one.acquire(), other.acquire(), one.acquire(), other.acquire()] == [
        "cold",
        "cold",
        "concurrency",
        "concurrency",
    ]
    one.release()
    assert [other.acquire(), account.peak] == ["cold", 2]
    other.release()
    assert other.acquire() == "warm"


def test_retry_delays_are_limited_by_the_maximum() -> None:
    retry = Retry(attempts=3, interval_seconds=1, backoff=2, max_delay_seconds=3)
    assert [retry.max_delay(attempt) for attempt in range(3)] == [1, 2, 3]


def test_a_burst_has_enough_photos_for_a_percentile() -> None:
    assert [photos_of(rate) for rate in (1, 1000)] == [MIN_PHOTOS, 10_000]


def test_sampled_durations_have_the_expected_median() -> None:
    invocation, random = Invocation(cpu_seconds=0.2, dynamodb_calls=1), Random(3)
    drawn = sorted(invocation.sample(random) for _ in range(4001))
    assert drawn[2000] == pytest.approx(invocation.seconds, rel=0.02)
    assert math.isclose(invocation.seconds, 0.208)
