"""The simulation against what queueing theory and the throttles' own arithmetic say."""

import math
from dataclasses import replace
from random import Random

import pytest
import simpy

from benchmarks.scale.deployed import Retry
from benchmarks.scale.durations import Work
from benchmarks.scale.simulation import (
    CLIENT_TRIES,
    LEAST_PHOTOS,
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

FUNCTIONS = ("Api", "Validate", "Previews", "Persist", "Fail")
PLENTY = Limits(
    api_rate=1e6,
    api_burst=1e6,
    express_rate=1e6,
    express_burst=1e6,
    concurrency=1_000_000,
    scaling_rate=1e6,
    scaling_burst=1e6,
)
TIMING = Timing(
    works={"picture": dict.fromkeys(FUNCTIONS, Work(cpu_seconds=0.1, s3_calls=1))},
    shares={"picture": 1},
    starts=dict.fromkeys(FUNCTIONS, 0.5),
    timeouts=dict.fromkeys(FUNCTIONS, 3),
    retries=dict.fromkeys(FUNCTIONS[1:], Retry(attempts=1, interval_seconds=1, backoff=2, max_delay_seconds=2)),
    machine_seconds=27,
)


def burst(limits: Limits, timing: Timing = TIMING, rate: float = 100, photos: int = 400) -> Result:
    return Burst(limits, timing, rate, seed=1).run(photos)


def erlang_b(load: float, servers: int) -> float:
    """The share of calls that find all servers busy, where nobody queues (Erlang's loss formula)."""
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked


@pytest.mark.parametrize(("load", "servers"), [(5, 5), (8, 10), (20, 15)])
def test_a_function_refuses_as_erlangs_loss_formula_says(load: float, servers: int) -> None:
    env, random = simpy.Environment(), Random(7)
    limits = replace(PLENTY, concurrency=servers)
    function, refused, invocations = Function(env, Account(servers), limits), 0, 40_000

    def invocation() -> Process:
        yield env.timeout(random.expovariate(1))
        function.give()

    def arrivals() -> Process:
        nonlocal refused
        for _ in range(invocations):
            yield env.timeout(random.expovariate(load))
            if function.take() in ("warm", "cold"):
                env.process(invocation())
            else:
                refused += 1

    env.process(arrivals())
    env.run()
    assert refused / invocations == pytest.approx(erlang_b(load, servers), abs=0.01)


@pytest.mark.parametrize(
    "limits",
    [
        PLENTY,
        replace(PLENTY, api_rate=20, api_burst=5),
        replace(PLENTY, express_rate=20, express_burst=5),
        replace(PLENTY, concurrency=20),
        replace(PLENTY, scaling_rate=1, scaling_burst=10),
    ],
)
def test_every_photo_that_arrives_is_answered_or_lost(limits: Limits) -> None:
    result = burst(limits)
    assert result.arrived == 400 == len(result.latencies) + result.lost.total()


def test_a_burst_is_the_same_every_time() -> None:
    limits = replace(PLENTY, concurrency=30, api_rate=150, api_burst=20)
    assert burst(limits) == burst(limits)


def test_with_plenty_nothing_is_lost_and_a_warm_ingest_takes_its_three_steps() -> None:
    result = burst(replace(PLENTY, provisioned=1000))
    assert (result.lost, result.refused) == ({}, {})
    assert result.percentile(0.5) == pytest.approx(0.02 + 3 * 0.2, rel=0.05)
    assert result.percentile(0.99) == max(sorted(result.latencies)[:396])


def test_a_cold_start_adds_to_whoever_has_none_warm() -> None:
    alone = burst(PLENTY, rate=0.01, photos=2)
    first, second = alone.latencies
    assert first - second == pytest.approx(3 * 0.5, abs=0.4)


@pytest.mark.parametrize(
    ("limits", "what", "why"),
    [
        (replace(PLENTY, api_rate=0, api_burst=0), "API throttle", "throttled"),
        (replace(PLENTY, express_rate=0, express_burst=0), "Express starts", "throttled"),
    ],
)
def test_what_is_throttled_is_asked_again_until_the_client_gives_up(limits: Limits, what: str, why: str) -> None:
    result = burst(limits, photos=10)
    assert result.lost == {why: 10}
    assert result.refused == {what: 10 * CLIENT_TRIES}


def test_a_step_that_lambda_refuses_twice_is_a_fault() -> None:
    slow_to_start = {name: 1e9 if name == "Previews" else 0 for name in FUNCTIONS}
    held = replace(TIMING, starts=slow_to_start, timeouts=dict.fromkeys(FUNCTIONS, 1e10), machine_seconds=1e10)
    result = burst(replace(PLENTY, scaling_rate=0, scaling_burst=1), held, rate=1e-6, photos=3)
    assert result.lost == {"fault": 2}
    assert result.refused == {"Lambda scaling": 2 * 2}


def test_a_step_that_takes_longer_than_it_may_is_out_of_time() -> None:
    result = burst(PLENTY, replace(TIMING, timeouts={**TIMING.timeouts, "Previews": 0.01}), photos=10)
    assert result.lost == {"out of time": 10}


def test_an_execution_ends_with_its_machines_time() -> None:
    result = burst(PLENTY, replace(TIMING, machine_seconds=0.3), photos=10)
    assert result.lost == {"out of time": 10}


def test_a_token_bucket_gives_its_burst_and_then_its_rate() -> None:
    env = simpy.Environment()
    bucket = TokenBucket(env, rate=2, burst=3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    env.run(until=0.4)
    assert not bucket.take()
    env.run(until=1.1)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    env.run(until=100)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_all_functions_share_the_accounts_concurrency() -> None:
    env, account = simpy.Environment(), Account(2)
    one, other = (Function(env, account, PLENTY) for _ in range(2))
    assert [one.take(), other.take(), one.take(), other.take()] == ["cold", "cold", "concurrency", "concurrency"]
    one.give()
    assert [other.take(), account.busiest] == ["cold", 2]
    other.give()
    assert other.take() == "warm"


def test_a_retry_waits_for_as_long_as_the_state_machine_says_at_most() -> None:
    retry = Retry(attempts=3, interval_seconds=1, backoff=2, max_delay_seconds=3)
    assert [retry.longest_delay(attempt) for attempt in range(3)] == [1, 2, 3]


def test_a_burst_lasts_ten_seconds_or_as_long_as_a_percentile_needs() -> None:
    assert [photos_of(rate) for rate in (1, 1000)] == [LEAST_PHOTOS, 10_000]


def test_a_calls_median_is_what_is_said() -> None:
    work, random = Work(cpu_seconds=0.2, dynamodb_calls=1), Random(3)
    drawn = sorted(work.drawn(random) for _ in range(4001))
    assert drawn[2000] == pytest.approx(work.seconds, rel=0.02)
    assert math.isclose(work.seconds, 0.208)
