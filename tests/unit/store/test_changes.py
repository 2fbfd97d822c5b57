"""A reader of changes misses nothing, whatever the clocks of writers, the duration of writes and the index do."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

import pytest

from photosky.photo import Photo, Status
from photosky.store import changes
from photosky.store.attributes import CHANGED_INDEX, CHANGES_SECONDS
from photosky.store.changes import Changes, ChangesPage, Position, PositionExpiredError
from photosky.store.index_keys import changed_id, index_attributes
from photosky.store.items import marshal, to_item, unmarshal
from photosky.store.table import tombstone_key
from tests.clock import NOW
from tests.unit.test_photo import MINIMAL

CLOCK_SECONDS: Final = 2.5
"""The largest difference of a clock from the time, so that two clocks are up to 5 s apart."""

WRITE_SECONDS: Final = 15.0
INDEX_SECONDS: Final = 5.0
WRITING_SECONDS: Final = 120.0
PHOTOS: Final = 12
WRITES: Final = 60
MAX_LIMIT: Final = 5

Entry = tuple[float, str, dict[str, Any] | None]
"""From a time, an index has an item under a key, or not any more."""


@dataclass
class World:
    """A table, its index and the functions that write and read it, in simulated time (Unix seconds)."""

    chance: random.Random
    now: float = NOW
    records: dict[str, Photo] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    number: "count[int]" = field(default_factory=count)

    def run(self) -> None:
        """Advance the time until nothing is left to do."""
        while self.agenda:
            self.now, _, act = heappop(self.agenda)
            act()

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something later."""
        heappush(self.agenda, (self.now + seconds, next(self.number), act))

    def up_to(self, limit: float) -> float:
        """A random duration, often one of the extremes, which decide what is missed."""
        return self.chance.choice((0, limit, self.chance.uniform(0, limit)))

    def clock_offset(self) -> float:
        """How far the clock of one function is from the time."""
        return self.up_to(2 * CLOCK_SECONDS) - CLOCK_SECONDS

    def change(self) -> None:
        """Begin a change of a photo by a function: it reads the record, then its clock, and writes later."""
        photo_id = f"photo {self.chance.randrange(PHOTOS):02}"
        seen, clock = self.records.get(photo_id), self.now + self.clock_offset()
        if seen is None:
            seen = replace(MINIMAL, photo_id=photo_id, created_at=_text(clock))
        elif seen.status is Status.DELETING:
            return
        status = self.chance.choice((Status.READY, Status.READY, Status.READY, Status.TRASHED, Status.DELETING))
        time = max(_text(clock), seen.updated_at or "")
        after = replace(seen, status=status, updated_at=time, revision=seen.revision + 1)
        self.after(self.up_to(WRITE_SECONDS), lambda: self.commit(seen, after))

    def commit(self, seen: Photo, after: Photo) -> None:
        """Write a record, if it has the revision that was read."""
        current = self.records.get(after.photo_id)
        if (current.revision if current else 0) != seen.revision:
            return
        self.records[after.photo_id] = after
        self.index(after.photo_id, seen, to_item(after) | index_attributes(after))
        if after.status is Status.DELETING:
            self.after(self.up_to(1), lambda: self.begin_tombstone(after))

    def begin_tombstone(self, deleting: Photo) -> None:
        """Begin to replace the record by a tombstone."""
        key = changed_id(_text(self.now + self.clock_offset()), deleting.photo_id)
        tombstone = {"photo_id": tombstone_key(deleting.photo_id), "changed_id": key}

        def commit() -> None:
            self.index(deleting.photo_id, deleting, None)
            self.index(tombstone["photo_id"], None, tombstone)

        self.after(self.up_to(WRITE_SECONDS), commit)

    def index(self, sort_key: str, before: Photo | None, item: dict[str, Any] | None) -> None:
        """Replace the index's entry of an item. It may be under both keys for a moment, or under none."""
        entries = self.entries.setdefault(sort_key, [])
        moves: list[tuple[str, dict[str, Any] | None]] = [(item["changed_id"], item)] if item else []
        old = None if before is None else index_attributes(before).get("changed_id")
        if old and old not in dict(moves):
            moves.append((old, None))
            self.chance.shuffle(moves)
        for key, value in moves:
            earliest = entries[-1][0] if entries else self.now
            entries.append((max(earliest, self.now + self.up_to(INDEX_SECONDS)), key, value))

    def query(self, **request: Any) -> dict[str, Any]:
        """Answer DynamoDB's Query of the index."""
        assert request["IndexName"] == CHANGED_INDEX
        values = unmarshal(request["ExpressionAttributeValues"])
        found: list[Mapping[str, Any]] = []
        for entries in self.entries.values():
            shown = {key: item for time, key, item in entries if time <= self.now}
            found += [item for item in shown.values() if item]
        found = sorted(
            (item for item in found if values[":first"] <= item["changed_id"] <= values[":last"]),
            key=lambda item: str(item["changed_id"]),
        )[: request["Limit"]]
        # DynamoDB does not look beyond the limit.
        last: dict[str, Any] = {"LastEvaluatedKey": {}} if len(found) == request["Limit"] else {}
        return {"Items": [marshal(item) for item in found], **last}


@dataclass
class Reader:
    """A client that keeps a copy of the ready photos, and reads at random intervals.

    Attributes:
        positions: Where each request so far began.
    """

    world: World
    clock_offset: float
    photos: dict[str, Photo] = field(default_factory=dict)
    positions: list[str | None] = field(default_factory=lambda: [None])

    def poll(self) -> None:
        """Read a page. Sometimes repeat a request, as after a lost response, or return to an earlier position."""
        chance = self.world.chance
        start = chance.choice(self.positions) if chance.random() < 0.05 else self.positions[-1]
        for _ in range(chance.choice((1, 1, 1, 2))):
            page = self.read(start, chance.randint(1, MAX_LIMIT))
        pause = chance.uniform(0, 1) if page.more else self.world.up_to(10)
        if self.world.now < NOW + WRITING_SECONDS + 2 * WRITE_SECONDS:
            self.world.after(pause, self.poll)

    def read(self, start: str | None, limit: int) -> ChangesPage:
        """Read a page from a position and apply it."""
        page = Changes(self.world, "photos").changes("owner", start, limit)  # type: ignore[arg-type]
        for change in page.changes:
            if isinstance(change, Photo):
                self.photos[change.photo_id] = change
            else:
                self.photos.pop(change, None)
        self.positions.append(page.position)
        return page


def _text(seconds: float) -> str:
    return changes._key(int(1000 * seconds))


@pytest.fixture
def set_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], float]], None]:
    """A function that sets the reader's clock: a function that returns Unix seconds."""
    return lambda clock: monkeypatch.setattr(changes, "current_milliseconds", lambda: int(1000 * clock()))


@pytest.mark.parametrize("seed", range(40))
def test_reader_has_the_ready_photos_in_the_end(seed: int, set_time: Callable[[Callable[[], float]], None]) -> None:
    world = World(random.Random(seed))
    reader = Reader(world, world.clock_offset())
    set_time(lambda: world.now + reader.clock_offset)
    for _ in range(WRITES):
        world.after(world.chance.uniform(0, WRITING_SECONDS), world.change)
    world.after(0, reader.poll)
    world.run()
    for _ in range(3):
        world.now += 60
        while reader.read(reader.positions[-1], MAX_LIMIT).more:
            pass
    assert reader.photos == {
        photo_id: photo for photo_id, photo in world.records.items() if photo.status is Status.READY
    }


def _reads(world: World, position: str, set_time: Callable[[Callable[[], float]], None], seconds: float) -> bool:
    """Whether a position can still be read at a time."""
    set_time(lambda: seconds)
    try:
        Changes(world, "photos").changes("owner", position, 1)  # type: ignore[arg-type]
    except PositionExpiredError:
        return False
    return True


@pytest.mark.parametrize("pages", [1, 2])
def test_position_expires_at_the_end_and_in_the_middle_of_a_round(
    pages: int, set_time: Callable[[Callable[[], float]], None]
) -> None:
    world = World(random.Random(0))
    for photo_id in ("photo 1", "photo 2", "photo 3"):
        photo = replace(MINIMAL, photo_id=photo_id, status=Status.READY, updated_at=_text(NOW - 100))
        world.index(photo_id, None, to_item(photo) | index_attributes(photo))
    world.now = NOW + INDEX_SECONDS
    reader = Reader(world, 0)
    set_time(lambda: NOW)
    for _ in range(pages):
        page = reader.read(reader.positions[-1], 2)
    assert page.more is (pages == 1)
    position = Position.from_text(page.position)
    assert (position.since, position.after != "") == (1000 * (NOW - changes.OPEN_SECONDS), page.more)
    last = NOW - changes.OPEN_SECONDS + CHANGES_SECONDS
    assert [_reads(world, page.position, set_time, seconds) for seconds in (last, last + 0.001)] == [True, False]


@pytest.mark.parametrize("position", [Position(0, 12, ""), Position(1, 2, "2026-09-21T14:15:00.000Z/photo 1")])
def test_position_round_trips(position: Position) -> None:
    assert Position.from_text(position.to_text()) == position


def test_changes_are_photos_and_ids(set_time: Callable[[Callable[[], float]], None]) -> None:
    world = World(random.Random(0))
    set_time(lambda: NOW)
    photos = [
        replace(MINIMAL, photo_id=f"{status}", status=status, updated_at=_text(NOW + second))
        for second, status in enumerate((Status.TRASHED, Status.READY, Status.DELETING))
    ]
    for photo in photos:
        world.index(photo.photo_id, None, to_item(photo) | index_attributes(photo))
    tombstone = {"photo_id": tombstone_key("deleted"), "changed_id": changed_id(_text(NOW - 1), "deleted")}
    world.index(tombstone["photo_id"], None, tombstone)
    world.now += INDEX_SECONDS
    assert Reader(world, 0).read(None, 10).changes == ("deleted", "trashed", photos[1], "deleting")
