"""Journeys under faults have exactly the events that the histories of their records imply.

The events are those of moto's stream. The histories are read from the table after each AWS call, which changes a record
at most once: they know nothing of the stream, and compare what the API shows.
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from random import Random
from typing import Any, Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test
from moto.dynamodb.models.table import StreamRecord
from moto.dynamodb.models.utilities import dynamo_to_dict

from infrastructure.pipe import BATCH_RECORDS, FILTERS
from photosky.events import TYPES, Event
from photosky.photo import Photo, Status
from tasks.events import handler
from tests.clock import NOW
from tests.faults.actions import Create, Restore, StartIngest, Trash
from tests.faults.plan import ALL_FAULTS, Fault, FaultKind, Plan
from tests.faults.simulation import Action, Simulation
from tests.faults.test_journeys import Journey
from tests.patterns import matches
from tests.schemas import check
from tests.storage import FILENAME

JOURNEYS: Final = max(30, int(os.environ.get("JOURNEYS", "0")) // 10)
SEED: Final = 0x70686F746F736B79

PRIVATE: Final = ("moon", "sun", "sea", "old", FILENAME, "incoming/", "originals/", "previews/", "execution")
"""Titles, tags and parts of keys that the journeys write."""

INGESTED: Final = (Status.READY, Status.TRASHED)

REACHED: Final[Mapping[Status, str]] = {
    Status.READY: "Photo Ready",
    Status.TRASHED: "Photo Trashed",
    Status.REJECTED: "Photo Rejected",
    Status.FAILED: "Photo Failed",
    Status.DELETING: "Photo Deleted",
}

_plan: st.SearchStrategy[Plan] = st.one_of(
    st.just({}),
    st.dictionaries(st.integers(0, 13), st.sampled_from(ALL_FAULTS), max_size=3),
    st.just(dict.fromkeys(range(4, 12), Fault(FaultKind.CRASHED))),
)
_then: st.SearchStrategy[tuple[Action, ...]] = st.sampled_from([(), (Trash(0), Restore(0))])


class Histories:
    """The states of each photo, and the stream of the same journey."""

    def __init__(self, simulation: Simulation) -> None:
        self._memory = simulation.memory
        self._states: dict[str, list[Photo | None]] = defaultdict(list)
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self._memory._table.set_stream_specification(stream)

    @property
    def _stream(self) -> list[StreamRecord]:
        """The records in moto; a transaction that fails replaces the table and its stream by a copy."""
        shard = self._memory._table.stream_shard
        assert shard is not None
        return shard.items

    def clear(self) -> None:
        """Begin a new journey."""
        self._states.clear()
        self._stream.clear()

    def observe(self) -> None:
        """Note the states after an AWS call."""
        now = {photo.photo_id: photo for photo in self._memory.photos()}
        for photo_id in {*now, *self._states}:
            states, state = self._states[photo_id], now.get(photo_id)
            if (states[-1] if states else None) != state:
                states.append(state)

    def implied(self) -> dict[str, list[str]]:
        """The types of events by photo, in order."""
        found = {photo_id: list(_implied([None, *states])) for photo_id, states in self._states.items()}
        return {photo_id: types for photo_id, types in found.items() if types}

    def records(self) -> list[dict[str, Any]]:
        """The records of the stream that a pipe gets."""
        records = [_record(one.to_json()) for one in self._stream]
        return [record for record in records if any(matches(pattern, record) for pattern in FILTERS)]


def _record(found: Mapping[str, Any]) -> dict[str, Any]:
    images = {
        name: json.loads(json.dumps(dynamo_to_dict(found["dynamodb"][name])))
        for name in ("OldImage", "NewImage")
        if name in found["dynamodb"]
    }
    return {"eventName": found["eventName"], "dynamodb": {"ApproximateCreationDateTime": NOW, **images}}


def _implied(states: list[Photo | None]) -> Iterator[str]:
    for before, after in pairwise(states):
        was, now = (photo.status if photo else None for photo in (before, after))
        if was is now:
            if now in INGESTED and _shown(before) != _shown(after):
                yield "Photo Updated"
        elif after is None:
            # The time to live of a photo that an event may have named. A new one has had no event.
            if was is not Status.DELETING and before is not None and before.revision:
                yield "Photo Deleted"
        elif (was, now) == (Status.TRASHED, Status.READY):
            yield "Photo Restored"
        elif now is not None and now in REACHED:
            yield REACHED[now]


def _shown(photo: Photo | None) -> Any:
    """What a client sees of a photo, without the time of its last change."""
    assert photo is not None
    return {**photo.present(lambda key: key), "updated_at": None, "version": photo.version}


def _sent(records: list[dict[str, Any]], chance: Random) -> list[Event]:
    """The events of the records, in batches of which some are repeated, as after a failure of the target."""
    events: list[Event] = []
    while records:
        size = chance.randint(1, BATCH_RECORDS)
        batch, records = records[:size], records[size:]
        for _ in range(chance.choice([1, 1, 2])):
            events += handler(batch, None)
    return events


class JourneyWithEvents(Journey):
    """A random journey whose events are checked."""

    def __init__(self, simulation: Simulation, histories: Histories, found: Counter[str]) -> None:
        super().__init__(simulation)
        self._histories = histories
        self._found = found
        histories.clear()

    @initialize(create=st.builds(Create), upload=st.sampled_from([0, 1, 2]), plan=_plan, then=_then)
    def begin(self, create: Create, upload: int, plan: Plan, then: tuple[Action, ...]) -> None:
        """Ingest the first photo too, often without faults, so that there is something to change."""
        super().begin(create, upload)
        self.simulation.perform(StartIngest(0), plan)
        for action in then:
            self.simulation.perform(action)

    def teardown(self) -> None:
        """Check the events in addition to the invariants."""
        super().teardown()
        self._histories.observe()
        events = _sent(self._histories.records(), Random(self.simulation.journeys))
        check_events(events, self._histories.implied())
        self._found.update(event["type"] for event in events)


def check_events(events: list[Event], implied: dict[str, list[str]]) -> None:
    """Check form, content, order and number of events."""
    by_photo: dict[str, dict[int, Event]] = defaultdict(dict)
    for event in events:
        check(event)
        assert not [text for text in PRIVATE if text in json.dumps(event)]
        known = by_photo[event["photo_id"]]
        assert known.get(event["version"], event) == event, "two events of a photo have the same version"
        if event["version"] not in known:
            assert not known or event["version"] > max(known), "an event has an earlier version than the one before"
        known[event["version"]] = event
    assert {photo_id: [event["type"] for event in found.values()] for photo_id, found in by_photo.items()} == implied


def test_journeys_have_exactly_the_events_of_their_records(simulation: Simulation) -> None:
    histories, found = Histories(simulation), Counter[str]()
    observed = simulation.injector.observe

    def observe(*call: Any) -> None:
        observed(*call)
        histories.observe()

    simulation.injector.observe = observe
    run_state_machine_as_test(
        seed(SEED)(lambda: JourneyWithEvents(simulation, histories, found)),  # type: ignore[arg-type]
        _min_steps=3,
        settings=settings(
            max_examples=JOURNEYS,
            stateful_step_count=6,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
    assert set(found) == set(TYPES)
