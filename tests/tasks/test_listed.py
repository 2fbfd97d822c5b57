"""Copies, index keys and counters change with the record, or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from api import changes
from photosky.consistency import Action, decide
from photosky.photo import Photo, Status, StoredPreview
from photosky.store import schema
from photosky.store.attributes import SYSTEM_OWNER, USAGE_KEY
from photosky.store.index_keys import (
    counter_attributes,
    counter_key,
    index_attributes,
    months_partition,
    tag_copy,
    wanted_tags,
)
from photosky.store.items import marshal, to_item, unmarshal
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from tests.clock import NOW, Clock
from tests.storage import OWNER, Storage, revised
from tests.tasks.leftovers import described, ready
from tests.tasks.library import ingested
from tests.tasks.reconcile_runs import AUDIT, NOTHING, Killed, found, reconcile

Items = dict[tuple[str, str], dict[str, Any]]

MANY: Final = tuple(f"tag {number:02}" for number in range(50))
OTHERS: Final = tuple(f"other {number:02}" for number in range(50))
PREVIEWS: Final = {"thumb": StoredPreview("previews/new", 1, 1, "image/webp", 1)}
CONFLICT_ATTEMPTS: Final = 6


def items(storage: Storage) -> Items:
    """All photos, copies and counters by their keys, without what does not follow from the photos."""
    kept = {(item["owner_id"], item["photo_id"]): _present(item) for item in map(unmarshal, storage.items())}
    return {key: item for key, item in kept.items() if len(item) > len(key) and key[0] != SYSTEM_OWNER}


def _present(item: dict[str, Any]) -> dict[str, Any]:
    """The attributes that are not empty, without the shard of a lease and the number of a counter's changes."""
    return {name: value for name, value in item.items() if value and name not in ("unsettled_shard", "changes")}


def implied(*photos: Photo) -> Items:
    """The items that follow from the records of photos."""
    kept: Items = {}
    for photo in photos:
        item = unmarshal(marshal(to_item(photo)))
        listed = wanted_tags(photo) - set(photo.unlisted_tags)
        for one in (item | index_attributes(photo), *(tag_copy(photo, item, tag) for tag in listed)):
            kept[one["owner_id"], one["photo_id"]] = _present(one)
        if photo.counted_bytes is not None:
            _count(kept, USAGE_KEY, {"photos": 1, "bytes": photo.counted_bytes})
        if photo.counted_as:
            key = counter_key(photo.photo_id, photo.counted_as)
            _count(kept, key, dict.fromkeys(counter_attributes(photo.counted_as), 1))
    return kept


def _count(kept: Items, key: str, steps: dict[str, int]) -> None:
    partition = months_partition(OWNER)
    counter = kept.setdefault((partition, key), {"owner_id": partition, "photo_id": key})
    for name, step in steps.items():
        counter[name] = counter.get(name, 0) + step


@contextmanager
def before_transactions(storage: Storage, act: Callable[[int], object]) -> Iterator[list[int]]:
    """Call `act` with the number of each transaction before it. Yields the numbers so far."""
    numbers: list[int] = []

    def before(**_: object) -> None:
        numbers.append(len(numbers))
        act(numbers[-1])

    clients = storage.dynamodb, photos_table()._client
    for client in clients:
        client.meta.events.register("before-call.dynamodb.TransactWriteItems", before)
    try:
        yield numbers
    finally:
        for client in clients:
            client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", before)


@pytest.fixture
def photo(storage: Storage) -> Photo:
    """A ready photo of May 2026 with two tags."""
    return ingested(storage, taken_at="2026-05-07T10:00:00", tags=("lake", "Sea"))


@pytest.mark.parametrize(
    "values",
    [
        {"tags": ("sea", "Dunes")},
        {"tags": ()},
        {"favorite": True},
        {"owner_taken_at": "2024-02-29"},
        {"title": "Ebb"},
        {"tags": ("x",), "favorite": True, "owner_taken_at": "2026-05-08", "title": "Ebb"},
    ],
)
def test_edit_is_one_transaction(storage: Storage, photo: Photo, values: dict[str, Any]) -> None:
    other = ingested(storage, taken_at="2026-05-07", tags=("lake",))
    with before_transactions(storage, lambda _: None) as transactions:
        edited = storage.table.edit(OWNER, photo.photo_id, values, version=1)
    assert edited == storage.photo(photo) == revised(photo, **values, version=2)
    assert items(storage) == implied(edited, other)
    assert len(transactions) == 1


def test_all_tags_and_the_month_change_in_two_transactions(storage: Storage) -> None:
    photo = ingested(storage, taken_at="2026-05-07", tags=MANY)
    values: dict[str, Any] = {"tags": OTHERS, "owner_taken_at": "2024-02-29"}
    with before_transactions(storage, lambda _: None) as transactions:
        edited = storage.table.edit(OWNER, photo.photo_id, values, version=None)
    assert edited == storage.photo(photo) == revised(photo, **values, version=2, revisions=2)
    assert items(storage) == implied(edited)
    assert len(transactions) == 2


def kill_second(number: int) -> None:
    """End the process before its second transaction."""
    if number == 1:
        raise Killed


def test_edit_that_was_lost_between_two_transactions_is_completed(storage: Storage) -> None:
    photo = ingested(storage, taken_at="2026-05-07", tags=MANY)
    values: dict[str, Any] = {"tags": OTHERS, "owner_taken_at": "2024-02-29"}
    with before_transactions(storage, kill_second), pytest.raises(Killed):
        storage.table.edit(OWNER, photo.photo_id, values, version=None)
    between = storage.photo(photo)
    assert between == revised(photo, **values, version=2, unlisted_tags=between.unlisted_tags)
    assert 0 < len(between.unlisted_tags) < len(OTHERS)
    assert items(storage) == implied(between)
    record = storage.table.record(OWNER, photo.photo_id)
    assert record is not None
    assert decide(record, 0) is Action.RELIST
    relisted = storage.table.relist(between)
    assert relisted == revised(between, unlisted_tags=())
    assert items(storage) == implied(relisted)


def test_edit_between_two_transactions_lists_the_rest(storage: Storage) -> None:
    photo = ingested(storage, taken_at="2026-05-07", tags=MANY)

    def edit_before_second(number: int) -> None:
        if number == 1:
            storage.table.edit(OWNER, photo.photo_id, {"title": "Ebb"}, version=2)

    with before_transactions(storage, edit_before_second):
        edited = storage.table.edit(OWNER, photo.photo_id, {"tags": OTHERS, "owner_taken_at": "2024-02-29"}, version=1)
    after = storage.photo(photo)
    assert (edited.version, edited.tags, after.version, after.title, after.tags) == (2, OTHERS, 3, "Ebb", OTHERS)
    assert after.unlisted_tags == ()
    assert items(storage) == implied(after)


@pytest.mark.parametrize("values", [{"tags": ("x",)}, {"title": "Ebb"}])
@pytest.mark.parametrize("tags", [("lake",), ()])
def test_repeated_request_is_recognised(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, tags: tuple[str, ...], values: dict[str, Any]
) -> None:
    photo = ingested(storage, tags=tags)
    for name in ("transact_write_items", "update_item"):
        call = getattr(storage.dynamodb, name)

        def twice(call: Callable[..., Any] = call, **request: Any) -> Any:
            call(**request)
            return call(**request)

        monkeypatch.setattr(storage.dynamodb, name, twice)
    edited = storage.table.edit(OWNER, photo.photo_id, values, version=1)
    assert edited == storage.photo(photo) == revised(photo, **values, version=2)
    assert items(storage) == implied(edited)


def conflict(storage: Storage) -> ClientError:
    """The error of a transaction that conflicts with another one."""
    reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
    response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    return storage.dynamodb.exceptions.TransactionCanceledException(response, "TransactWriteItems")


@pytest.mark.parametrize("conflicts", [1, CONFLICT_ATTEMPTS - 1, CONFLICT_ATTEMPTS])
def test_conflicting_transaction_is_repeated(
    storage: Storage, photo: Photo, monkeypatch: pytest.MonkeyPatch, conflicts: int
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("photosky.store.table.time.sleep", pauses.append)

    def refuse(number: int) -> None:
        if number < conflicts:
            raise conflict(storage)

    with before_transactions(storage, refuse) as transactions:
        if conflicts < CONFLICT_ATTEMPTS:
            edited = storage.table.edit(OWNER, photo.photo_id, {"title": "Ebb"}, version=None)
            assert edited == revised(photo, title="Ebb", version=2)
        else:
            with pytest.raises(ClientError, match="TransactionCanceledException"):
                storage.table.edit(OWNER, photo.photo_id, {"title": "Ebb"}, version=None)
            edited = photo
    assert items(storage) == implied(edited)
    assert len(transactions) == min(conflicts + 1, CONFLICT_ATTEMPTS)
    assert len(pauses) == len(transactions) - 1


def trash(storage: Storage) -> tuple[Photo, Callable[[], object]]:
    """A photo, and its move to the trash."""
    photo = ingested(storage, tags=("lake",))
    return photo, lambda: changes.begin_delete(OWNER, photo.photo_id, is_permanent=False)


def restore(storage: Storage) -> tuple[Photo, Callable[[], object]]:
    """A trashed photo, and its restore."""
    photo = storage.table.trash(ingested(storage, tags=("lake",)), 100)
    return photo, lambda: changes.restore(OWNER, photo.photo_id)


def complete(storage: Storage) -> tuple[Photo, Callable[[], object]]:
    """A photo with its facts, and its last write."""
    photo = described(storage)
    return photo, lambda: storage.table.complete(photo, {})


def renew(storage: Storage) -> tuple[Photo, Callable[[], object]]:
    """A ready photo, and the replacement of its previews."""
    photo = ingested(storage, tags=("lake",), previews={"thumb": PREVIEWS["thumb"]._asdict() | {"key": "previews/old"}})
    held = storage.table.hold(OWNER, photo.photo_id, Status.READY)
    return held, lambda: storage.table.renew(held, PREVIEWS, {}, 100)


@pytest.mark.parametrize(
    ("prepare", "is_done"),
    [
        (trash, lambda photo: photo.status is Status.TRASHED),
        (restore, lambda photo: photo.status is Status.READY and photo.restores == 1),
        (complete, lambda photo: photo.status is Status.READY),
        (renew, lambda photo: photo.previews == PREVIEWS and photo.retired == ("previews/old",)),
    ],
)
def test_edit_between_read_and_write_is_kept(
    storage: Storage,
    clock: Clock,
    prepare: Callable[[Storage], tuple[Photo, Callable[[], object]]],
    is_done: Callable[[Photo], bool],
) -> None:
    photo, act = prepare(storage)
    values = {"title": "Ebb", "tags": ("sea",), "favorite": True}

    def edit(number: int) -> None:
        if number == 0:
            storage.table.edit(OWNER, photo.photo_id, values, version=None)
            clock.tick(1)

    with before_transactions(storage, edit):
        act()
    after = storage.photo(photo)
    assert is_done(after)
    assert (after.title, after.tags, after.favorite, after.version) == ("Ebb", ("sea",), True, 2)
    assert items(storage) == implied(after)


def test_deletion_leaves_no_copy_and_no_count(storage: Storage, photo: Photo) -> None:
    stale = storage.table.edit(OWNER, photo.photo_id, {"tags": ("x",)}, version=None)
    storage.table.edit(OWNER, photo.photo_id, {"title": "Ebb"}, version=None)
    with pytest.raises(ConditionFailedError):
        storage.table.begin_delete(stale, in_any_status=True)
    deleting = storage.begin_delete(photo)
    assert (deleting.status, deleting.counted_as) == (Status.DELETING, None)
    assert items(storage) == implied(deleting)


def make_version_2(storage: Storage, photo: Photo) -> Photo:
    """Replace all items by the record that schema version 2 had of a photo."""
    old = unmarshal(marshal(to_item(photo))) | {"schema_version": 2, "ready_id": photo.photo_id}
    old["ready_sha256"] = photo.sha256
    for name in ("updated_at", "revision", "counted_as", "counted_bytes"):
        del old[name]
    storage.stored_items.items.clear()
    storage.dynamodb.put_item(TableName=storage.table_name, Item=marshal(old))
    read = storage.photo(photo)
    assert read == replace(photo, updated_at=None, revision=0, counted_as=None, counted_bytes=None)
    return read


@pytest.mark.parametrize("event", [{}, AUDIT], ids=["sweep", "audit"])
def test_photo_of_schema_version_2_is_listed(storage: Storage, clock: Clock, event: dict[str, Any]) -> None:
    photo = ready(storage)
    storage.table.edit(OWNER, photo.photo_id, {"tags": ("lake",), "favorite": True}, version=None)
    old = make_version_2(storage, storage.photo(photo))
    clock.tick(1)
    assert reconcile(event) == found(relisted=1)
    after = storage.photo(photo)
    assert after == revised(old, at="2026-09-21T14:15:01.000Z")
    assert items(storage) == implied(after)
    assert [reconcile(), reconcile(AUDIT)] == [NOTHING, NOTHING]


def test_upgrade_continues_where_its_time_was_over(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.reconcile.RECORDS_PER_PAGE", 2)
    photos = [storage.put_photo(status=Status.READY, sha256=f"{number:064x}") for number in range(5)]
    storage.table.store_upgrade_state(2, None)
    results = [reconcile(remaining_checks=0)]
    while results[-1]["more"]:
        results.append(reconcile(remaining_checks=0))
    assert max(result["relisted"] for result in results) <= 2
    assert sum(result["relisted"] for result in results) == len(photos)
    assert storage.table.upgrade_state() == (schema.VERSION, None)
    assert all(decide_again(storage, photo) is Action.LEAVE for photo in photos)


def decide_again(storage: Storage, photo: Photo) -> Action:
    """The action for a photo's record as it is now."""
    record = storage.table.record(photo.owner_id, photo.photo_id)
    assert record is not None
    return decide(record, NOW)


def test_edit_lists_a_photo_of_schema_version_2(storage: Storage, photo: Photo) -> None:
    old = make_version_2(storage, photo)
    edited = storage.table.edit(OWNER, photo.photo_id, {"tags": ("sea",)}, version=None)
    assert edited == revised(old, tags=("sea",), version=2)
    assert items(storage) == implied(edited)
