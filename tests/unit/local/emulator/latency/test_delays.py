"""Calls wait as long as their latency says, without a clock of this machine."""

from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from local.emulator.latency import delays
from local.emulator.latency.delays import Delays
from local.emulator.latency.draws import Latencies
from local.emulator.latency.table import OTHER, Row

ALWAYS_50_MS = {
    OTHER: Row(*OTHER, 50, 50, "a test", per_mib_ms=10),
    ("lambda", "Invoke"): Row("lambda", "Invoke", 50, 50, "a test", is_overhead=True),
    ("states", "StateTransition"): Row("states", "StateTransition", 50, 50, "a test", is_overhead=True),
}


@dataclass
class Clock:
    """A clock that waiting moves, and the times waited."""

    now: float = 0.0
    waited: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waited.append(round(seconds, 6))
        self.now += seconds

    async def pause(self, seconds: float) -> None:
        self.sleep(seconds)

    async def work(self, seconds: float) -> str:
        self.now += seconds
        return "done"


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The clock of delays that are active."""
    made = Clock()
    delays.start(Delays(Latencies(ALWAYS_50_MS), lambda: made.now, made.pause, made.sleep))
    yield made
    delays.stop()


def result(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits for an event loop."""
    with pytest.raises(StopIteration) as ended:
        coroutine.send(None)
    return ended.value.value


def answered(clock: Clock, operation: tuple[str, str], work_seconds: float, size_bytes: int = 0) -> float:
    """Answer a call whose work takes a while; returns the time that it took in all."""
    made = Delays(Latencies(ALWAYS_50_MS), lambda: clock.now, clock.pause, clock.sleep)
    began = clock.now
    answer = made.answer(*operation, lambda: clock.work(work_seconds), lambda _: size_bytes)
    assert result(answer) == "done"
    return round(clock.now - began, 6)


def test_latency_includes_the_emulators_own_time() -> None:
    assert answered(Clock(), ("s3", "HeadObject"), work_seconds=0.03) == 0.05


def test_call_that_takes_longer_than_its_latency_is_not_delayed() -> None:
    assert answered(Clock(), ("s3", "HeadObject"), work_seconds=0.08) == 0.08


def test_larger_bodies_take_longer() -> None:
    assert answered(Clock(), ("s3", "GetObject"), work_seconds=0.01, size_bytes=2**20) == 0.06


def test_overhead_is_added_to_the_work() -> None:
    assert answered(Clock(), ("lambda", "Invoke"), work_seconds=0.08) == 0.13


def test_state_is_entered_after_its_transition(clock: Clock) -> None:
    entered: list[tuple[str, float]] = []

    def add(_execution: dict[str, Any], event_type: str, _details: Any = None) -> None:
        entered.append((event_type, round(clock.now, 6)))

    delayed = delays._transitions(add)
    for event_type in ("TaskStateEntered", "TaskScheduled", "TaskStateExited", "ChoiceStateEntered"):
        delayed({}, event_type)
    assert entered == [
        ("TaskStateEntered", 0.05),
        ("TaskScheduled", 0.05),
        ("TaskStateExited", 0.05),
        ("ChoiceStateEntered", 0.1),
    ]


def test_invocation_by_a_state_machine_is_delayed(clock: Clock) -> None:
    assert delays._invocations(lambda name, event: (name, event, clock.now))("f", {}) == ("f", {}, 0.05)


def test_copy_has_the_size_of_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    buckets = {"media": {"objects": {"incoming/a": {"size": 3_000_000}}}}
    monkeypatch.setattr(delays, "module", lambda _: SimpleNamespace(_buckets=buckets))
    sources = ("media/incoming/a", "media/incoming/gone", "gone/a")
    headers: list[dict[str, str]] = [{"x-amz-copy-source": source} for source in sources]
    assert [delays._size_of_source(each) for each in [*headers, {}]] == [3_000_000, 0, 0, 0]


def test_streamed_response_has_no_size() -> None:
    assert [delays.len_of((200, {}, body)) for body in (b"123", "12", object())] == [3, 2, 0]


def test_nothing_is_delayed_unless_started() -> None:
    async def request(path: str) -> str:
        return path

    assert result(delays._delaying("apigateway", "Request")(request)("/photos")) == "/photos"
    assert delays._invocations(lambda name: name)("f") == "f"
    assert delays._active is None
