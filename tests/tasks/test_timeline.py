"""The counters of the timeline follow the photos, and a repair makes them follow again."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from photosky.photo import Photo, Status
from photosky.store.attributes import USAGE_KEY
from photosky.store.index_keys import months_partition
from photosky.store.items import marshal
from photosky.store.timeline import Period, Unit
from tests.clock import Clock
from tests.storage import OTHER_OWNER, OWNER, Storage
from tests.tasks.library import Library, ingested

CHARACTERS: Final[dict[Unit, int]] = {"day": 10, "month": 7, "year": 4}


def expected(photos: Iterable[Photo], unit: Unit) -> list[Period]:
    """The timeline of ready photos."""
    count: Counter[str] = Counter()
    undated: Counter[str] = Counter()
    for photo in photos:
        period = (photo.shown_taken_at or photo.created_at)[: CHARACTERS[unit]]
        count[period] += 1
        undated[period] += photo.shown_taken_at is None
    return [Period(period, count[period], undated[period]) for period in sorted(count, reverse=True)]


def timelines(storage: Storage) -> dict[Unit, list[Period]]:
    """The owner's timelines."""
    return {unit: storage.table.timeline(OWNER, unit) for unit in CHARACTERS}


def counters(storage: Storage) -> dict[str, dict[str, Any]]:
    """The counters of the timeline by their sort keys."""
    found = {item["photo_id"]["S"]: item for item in storage.items() if item["owner_id"]["S"].endswith("/months")}
    return {key: item for key, item in found.items() if key != USAGE_KEY}


@pytest.mark.parametrize("seed", range(3))
def test_timelines_follow_random_operations(storage: Storage, clock: Clock, seed: int) -> None:
    library = Library(storage, clock, random.Random(seed))
    for _ in range(8):
        library.add()
    for _ in range(4):
        for _ in range(6):
            library.change()
        ready = library.of_status(Status.READY)
        assert timelines(storage) == {unit: expected(ready, unit) for unit in CHARACTERS}
    assert storage.table.repair_counters(OWNER) == 0
    assert storage.table.timeline(OTHER_OWNER, "day") == []


def write(storage: Storage, key: str, **counts: int) -> None:
    """Replace a counter by hand."""
    item = marshal({"owner_id": months_partition(OWNER), "photo_id": key, "changes": 7, **counts})
    storage.dynamodb.put_item(TableName=storage.table_name, Item=item)


def make_wrong(storage: Storage, key: str) -> None:
    """Let a counter count too many photos, also on a day without one."""
    write(storage, key, all=3, all01=2, all30=1, undated=1, undated01=1)


def remove(storage: Storage, key: str) -> None:
    """Remove a counter."""
    storage.dynamodb.delete_item(
        TableName=storage.table_name, Key=marshal({"owner_id": months_partition(OWNER), "photo_id": key})
    )


def add_superfluous(storage: Storage, _key: str) -> None:
    """Add a counter of a month without photos."""
    write(storage, "2001-01/2", all=1, all09=1)


@pytest.mark.parametrize("spoil", [make_wrong, remove, add_superfluous], ids=lambda spoil: spoil.__name__)
def test_repair_corrects_a_counter(storage: Storage, spoil: Callable[[Storage, str], None]) -> None:
    photos = [ingested(storage, taken_at=time) for time in ("2026-05-01", "2024-02-29T12:00:00", None)]
    right = {unit: expected(photos, unit) for unit in CHARACTERS}
    spoil(storage, next(key for key in counters(storage) if key.startswith("2026-05/")))
    assert timelines(storage) != right
    assert storage.table.repair_counters(OWNER) == 1
    assert timelines(storage) == right
    assert storage.table.repair_counters(OWNER) == 0


@pytest.mark.parametrize("spoil", [make_wrong, remove], ids=lambda spoil: spoil.__name__)
def test_repair_leaves_a_counter_that_changed_meanwhile(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Storage, str], None]
) -> None:
    photo = ingested(storage, taken_at="2026-05-01")
    (key,) = counters(storage)
    spoil(storage, key)
    table = storage.table
    count = table._counted

    def counted(owner_id: str) -> Any:
        found = count(owner_id)
        storage.table.edit(OWNER, photo.photo_id, {"owner_taken_at": "2026-05-02"}, version=None)
        return found

    monkeypatch.setattr(table, "_counted", counted)
    before = counters(storage).get(key, {})
    assert table.repair_counters(OWNER) == 0
    changed = counters(storage)[key]
    assert int(changed["changes"]["N"]) == int(before.get("changes", {"N": "0"})["N"]) + 1
    assert storage.table.repair_counters(OWNER) == 1
    assert storage.table.timeline(OWNER, "day") == [Period("2026-05-02", 1, 0)]


def test_repair_is_repeated_after_a_conflict_with_a_transaction(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingested(storage, taken_at="2026-05-01")
    (key,) = counters(storage)
    make_wrong(storage, key)
    put = storage.dynamodb.put_item
    conflicts = iter([True, True, False])

    def conflicting(**request: Any) -> Any:
        if next(conflicts):
            raise ClientError({"Error": {"Code": "TransactionConflictException"}}, "PutItem")
        return put(**request)

    monkeypatch.setattr(storage.dynamodb, "put_item", conflicting)
    assert storage.table.repair_counters(OWNER) == 1
    assert storage.table.timeline(OWNER, "day") == [Period("2026-05-01", 1, 0)]


def test_timeline_has_no_period_without_photos(storage: Storage) -> None:
    photo = ingested(storage, taken_at="2026-05-01")
    storage.table.trash(photo, 100)
    assert timelines(storage) == {unit: [] for unit in CHARACTERS}
    assert len(counters(storage)) == 1
