"""The quota of an owner: faults and concurrent requests neither exceed it nor leave a wrong use."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

import pytest

from photosky.settings import settings
from photosky.store.attributes import USAGE_KEY
from tests.faults.actions import Create, Delete
from tests.faults.plan import ALL_FAULTS
from tests.faults.simulation import Response, Simulation
from tests.faults.uploads import UPLOAD_BYTES

LIMIT: Final = 2


@pytest.fixture
def limited(simulation: Simulation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulation]:
    """A simulation in which an owner may have two photos."""
    monkeypatch.setenv("PHOTOSKY_MAX_PHOTOS_PER_OWNER", str(LIMIT))
    settings.cache_clear()
    yield simulation
    settings.cache_clear()


def count(simulation: Simulation) -> int:
    """The photos, which are as many as the counter says."""
    photos = len(simulation.memory.photos())
    use: Mapping[str, int] = simulation.memory.counters().get(USAGE_KEY, {})
    assert use == ({"photos": photos, "bytes": photos * UPLOAD_BYTES} if photos else {})
    return photos


def created(responses: list[Response]) -> int:
    return [response.status for response in responses].count(201)


@pytest.mark.parametrize("key", [None, "a"])
def test_limit_holds_after_any_fault_of_a_creation(limited: Simulation, key: str | None) -> None:
    for fault in ALL_FAULTS:
        for call in range(1 if key is None else 2):
            limited.begin()
            limited.perform(Create(key=key), {call: fault})
            assert count(limited) <= 1
            responses = [limited.perform(Create()) for _ in range(LIMIT)]
            limited.finish_background()
            assert LIMIT - 1 <= created(responses) <= count(limited) <= LIMIT
            limited.unanswered.clear()


@pytest.mark.parametrize("schedule", list(product(range(3), repeat=3)))
def test_concurrent_creations_do_not_exceed_the_limit(limited: Simulation, schedule: tuple[int, ...]) -> None:
    responses = limited.perform_concurrently([(Create(key=str(number)), {}) for number in range(3)], schedule)
    assert (created(responses), count(limited)) == (LIMIT, LIMIT)


@pytest.mark.parametrize("schedule", list(product(range(2), repeat=4)))
def test_deletion_makes_room_once(limited: Simulation, schedule: tuple[int, ...]) -> None:
    for _ in range(LIMIT):
        limited.perform(Create())
    limited.perform_concurrently([(Delete(0), {}), (Delete(0), {})], schedule)
    assert count(limited) == LIMIT - 1
    assert created([limited.perform(Create()) for _ in range(2)]) == 1
    assert count(limited) == LIMIT
