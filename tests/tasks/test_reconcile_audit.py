"""Reconcile's audit: records that no index contains, and objects that no record needs."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from photosky.consistency import removable
from photosky.photo import Photo, Status
from photosky.store import keys
from photosky.store.attributes import SYSTEM_OWNER, TOMBSTONE_SECONDS, UPLOAD_WAIT_SECONDS
from photosky.store.groups import photo_objects
from photosky.store.items import marshal
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import media_bucket
from tasks.reconcile import INGEST_AFTER_SECONDS
from tests.clock import Clock
from tests.storage import OWNER, Storage
from tests.tasks.events import EXECUTION
from tests.tasks.leftovers import (
    IN_NO_INDEX,
    OVERDUE,
    change,
    claimed,
    completed,
    deleting,
    described,
    failed,
    half_rendered,
    lost_repeatedly,
    many_leftovers,
    promoted,
    put,
    ready,
    rejected,
)
from tests.tasks.reconcile_runs import AUDIT, NOTHING, expect_clean, found, reconcile, settle

RECOUNTED: Final = {"deleting-None": 1, "once ready, now deleting": 2}
"""Counters that count a photo whose status was set by hand, until the audit after its removal."""

pytestmark = pytest.mark.usefixtures("workflow", "one_shard")


@pytest.mark.parametrize("leave", OVERDUE | IN_NO_INDEX, ids=lambda leave: leave.__name__)
def test_audit_reconciles_records_in_no_index(
    storage: Storage, clock: Clock, leave: Callable[[Storage], Photo]
) -> None:
    leave(storage)
    clock.tick(TOMBSTONE_SECONDS + 1)
    answer = reconcile(AUDIT)
    assert answer[(OVERDUE | IN_NO_INDEX)[leave]] >= 1
    assert (answer["faults"], answer["reported"], answer["more"]) == (0, 0, False)
    settle(clock)
    expect_clean(storage)
    before = storage.records(), storage.objects()
    recounted = RECOUNTED.get(leave.__name__, 0)
    assert reconcile(AUDIT) == (found(recounted=recounted) if recounted else NOTHING)
    assert (storage.records(), storage.objects()) == before


@pytest.mark.parametrize("leave", [claimed, half_rendered, promoted, described, lost_repeatedly])
def test_survey_counts_what_a_takeover_removes(
    storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch, leave: Callable[[Storage], Photo]
) -> None:
    monkeypatch.setattr("tasks.reconcile.ingest", lambda _owner_id, _photo_id: "declined")
    photo = leave(storage)
    clock.tick(LEASE_SECONDS + 1)
    about = photo.owner_id, photo.photo_id
    counted = removable(storage.table.record(*about), photo_objects(*about).values(), clock.now)
    before = storage.objects()
    reconcile()
    assert before.keys() - storage.objects().keys() == counted


def test_audit_leaves_to_events_for_a_day_what_a_ready_photo_had(storage: Storage, clock: Clock) -> None:
    photo = completed(storage)
    about = photo.owner_id, photo.photo_id
    assert photo.original is not None
    handed_over = keys.handed_over_keys(*about, photo.original)
    clock.tick(UPLOAD_WAIT_SECONDS - 1)
    before = storage.objects().keys()
    assert (reconcile(AUDIT), removable(storage.table.record(*about), photo_objects(*about).values(), clock.now)) == (
        NOTHING,
        set(),
    )
    assert storage.objects().keys() == before
    clock.tick(1)
    assert reconcile(AUDIT) == found(swept=2)
    assert storage.objects().keys() == before - handed_over


def test_audit_leaves_active_photos_alone(storage: Storage) -> None:
    ready(storage)
    awaiting = storage.put_photo()
    uploaded = storage.put_photo()
    put(storage, keys.upload_key(uploaded.owner_id, uploaded.photo_id))
    again = storage.put_photo(status=Status.FAILED)
    put(storage, keys.upload_key(again.owner_id, again.photo_id))
    for leave in (claimed, half_rendered, promoted, described, rejected, failed, deleting):
        leave(storage)
    before = storage.records(), storage.objects()
    assert reconcile(AUDIT) == found(waiting=7)
    note = {"owner_id": {"S": SYSTEM_OWNER}, "photo_id": {"S": "audit"}, "position": {"L": []}}
    assert sorted(map(str, storage.records())) == sorted(map(str, [*before[0], note]))
    assert storage.objects() == before[1]
    assert storage.photo(awaiting) == awaiting


@pytest.mark.parametrize("gone", ["original", "preview", "every object", "a size"])
def test_incomplete_ready_photo_is_reported_and_kept(storage: Storage, gone: str) -> None:
    ready(storage)
    photo = ready(storage)
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    named = {original, *(preview.key for preview in photo.previews.values())}
    match gone:
        case "original":
            media_bucket().remove([original])
        case "preview":
            media_bucket().remove([photo.previews["large"].key])
        case "every object":
            media_bucket().remove(named)
        case _:
            put(storage, original, size_bytes=2)
    before = storage.objects()
    report = {
        "photo_id": photo.photo_id,
        "reason": "The photo is ready, but its original or a preview is missing in the bucket.",
    }
    assert reconcile(AUDIT) == found(reported=1) | {"reports": [report]}
    assert (storage.photo(photo), storage.objects()) == (photo, before)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "banana"},
        {"status": 7},
        {"status": None},
        {"filename": None},
        {"previews": "none"},
        {"previews": {"thumb": {"colour": "red"}}},
    ],
)
def test_unreadable_record_is_reported_every_time_and_kept(
    storage: Storage, clock: Clock, values: dict[str, Any]
) -> None:
    photo = described(storage)
    change(storage, photo, **values)
    clock.tick(LEASE_SECONDS + 1)
    before = storage.records(), storage.objects()
    reason = "The record is unreadable, or lacks attributes that its status requires."
    for event_ in ({}, {}, AUDIT):
        assert reconcile(event_) == found(reported=1) | {"reports": [{"photo_id": photo.photo_id, "reason": reason}]}
    assert storage.objects() == before[1]
    assert [item for item in storage.records() if item["owner_id"]["S"] != SYSTEM_OWNER] == before[0]


def test_deletion_needs_only_the_key_of_the_record(storage: Storage) -> None:
    item = {"owner_id": OWNER, "photo_id": "x", "status": "deleting"}
    storage.dynamodb.put_item(TableName=storage.table_name, Item=marshal(item))
    put(storage, f"originals/{OWNER}/x")
    assert reconcile(AUDIT)["deleted"] == 1
    assert storage.objects() == {}


def test_objects_under_other_prefixes_are_reported_and_kept(storage: Storage) -> None:
    put(storage, "backup/photos.csv")
    reason = "The bucket has objects under a prefix that PhotoSky does not use."
    assert reconcile(AUDIT)["reports"] == [{"photo_id": "", "reason": reason}]
    assert list(storage.objects()) == ["backup/photos.csv"]


def test_results_of_imports_are_left_to_their_lifecycle(storage: Storage) -> None:
    put(storage, f"imports/{OWNER}/run/manifest.json")
    assert reconcile(AUDIT) == NOTHING
    assert list(storage.objects()) == [f"imports/{OWNER}/run/manifest.json"]


def test_many_kinds_of_leftovers_are_reconciled_together(
    storage: Storage, clock: Clock, configure: Callable[..., None]
) -> None:
    configure(max_audit_removal_percent=100)
    many_leftovers(storage, clock, 50, seed=1)  # All kinds are among them.
    first = reconcile()
    assert (first["faults"], first["more"]) == (0, False)
    assert reconcile() == NOTHING
    clock.tick(TOMBSTONE_SECONDS)
    reconcile(AUDIT)
    settle(clock)
    expect_clean(storage)
    assert reconcile(AUDIT) == NOTHING


@pytest.mark.parametrize("given", [{}, AUDIT], ids=["sweep", "audit"])
def test_run_stops_at_its_time_limit_and_the_next_continues(
    storage: Storage, clock: Clock, configure: Callable[..., None], given: dict[str, Any]
) -> None:
    configure(max_audit_removal_percent=100)
    many_leftovers(storage, clock, 12, seed=3)
    clock.tick(TOMBSTONE_SECONDS if given else 0)
    runs = 0
    while reconcile(given, remaining_checks=1)["more"]:
        runs += 1
        assert runs < 100
    assert runs > 3
    clock.tick(INGEST_AFTER_SECONDS)
    reconcile()  # Ingests the uploads of photos that were taken over at the end of a run.
    settle(clock)
    if given:
        expect_clean(storage)


def test_audit_continues_where_the_last_one_stopped(storage: Storage, clock: Clock) -> None:
    many_leftovers(storage, clock, 4, seed=1)
    positions = []
    while reconcile(AUDIT, remaining_checks=0)["more"]:
        positions.append(storage.table.audit_state()["position"])
    assert [kind for kind, *_ in positions] == sorted((kind for kind, *_ in positions), reverse=True)
    assert len(positions) == len(set(map(tuple, positions)))
    assert storage.table.audit_state()["position"] == []
