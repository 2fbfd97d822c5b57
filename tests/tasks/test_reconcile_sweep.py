"""Reconcile's sweep: records with an expired lease are completed, ingested again, failed, deleted or cleaned."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.ingests import MAX_LOST_INGESTS
from photosky.photo import Photo, Status, timestamp
from photosky.store import keys
from photosky.store.attributes import TOMBSTONE_SECONDS, UPLOAD_WAIT_SECONDS
from photosky.store.leases import LEASE_SECONDS
from photosky.store.listings import View
from photosky.store.media import media_bucket
from tasks.fail import handler as fail
from tasks.persist import handler as persist
from tasks.previews import handler as previews
from tasks.reconcile import INGEST_AFTER_SECONDS, INTERRUPTED
from tests.clock import NOW, NOW_TEXT, Clock
from tests.storage import OWNER, Storage, awaiting, revised
from tests.tasks.conftest import JPEG
from tests.tasks.events import EXECUTION, accepted, event, rendered
from tests.tasks.leftovers import (
    OVERDUE,
    UPLOAD,
    claimed,
    deleted,
    described,
    failed,
    half_rendered,
    lost_repeatedly,
    promoted,
    put,
    without_original,
)
from tests.tasks.reconcile_runs import AUDIT, NOTHING, Workflow, expect_clean, found, reconcile, settle

pytestmark = pytest.mark.usefixtures("workflow")


@pytest.mark.parametrize("leave", OVERDUE)
def test_expired_lease_is_reconciled(storage: Storage, clock: Clock, leave: Callable[[Storage], Photo]) -> None:
    leave(storage)
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(**{OVERDUE[leave]: 1})
    settle(clock)
    expect_clean(storage)
    before = storage.records(), storage.objects()
    assert reconcile() == NOTHING
    assert (storage.records(), storage.objects()) == before


@pytest.mark.parametrize("leave", OVERDUE)
def test_active_lease_is_left_alone(storage: Storage, clock: Clock, leave: Callable[[Storage], Photo]) -> None:
    leave(storage)
    clock.tick(LEASE_SECONDS)
    before = storage.records(), storage.objects()
    assert reconcile() == NOTHING
    assert (storage.records(), storage.objects()) == before


@pytest.mark.parametrize("leave", [claimed, half_rendered, promoted, without_original])
def test_lost_ingest_is_repeated_with_the_upload(
    storage: Storage, clock: Clock, workflow: Workflow, leave: Callable[[Storage], Photo]
) -> None:
    photo = leave(storage)
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(ingested=1)
    ready = storage.photo(photo)
    assert (ready.status, ready.sha256, ready.execution, ready.lost_ingests) == (
        Status.READY,
        hashlib.sha256(UPLOAD).hexdigest(),
        "unnamed 0",
        0,
    )
    assert storage.objects()[str(ready.original)].data == UPLOAD
    assert workflow.started == [photo.photo_id]


def test_photo_whose_ingest_is_always_lost_fails(
    storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = count(2)

    def lose(owner_id: str, photo_id: str) -> str:
        execution = f"execution {next(names)}"
        storage.table.claim(owner_id, photo_id, execution)
        put(storage, keys.original_key(owner_id, photo_id, execution))
        return "failed"

    monkeypatch.setattr("tasks.reconcile.ingest", lose)
    photo = half_rendered(storage)
    seen = []
    for _ in range(MAX_LOST_INGESTS):
        clock.tick(LEASE_SECONDS + 1)
        assert reconcile() == found(failed=1)
        seen.append((storage.photo(photo).status, storage.photo(photo).lost_ingests))
    assert seen == [(Status.PROCESSING, 1), (Status.PROCESSING, 2), (Status.FAILED, 0)]
    assert storage.photo(photo).rejection == INTERRUPTED
    assert storage.objects() == {}
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == NOTHING


def test_failed_takeover_is_described_and_can_be_claimed_again(storage: Storage, clock: Clock) -> None:
    photo = lost_repeatedly(storage)
    clock.tick(LEASE_SECONDS + 1)
    reconcile()
    assert storage.photo(photo) == replace(
        photo,
        status=Status.FAILED,
        rejection=INTERRUPTED,
        execution="reconcile-request 1",
        lease_until=None,
        lost_ingests=0,
        revision=1,
    )
    storage.upload(photo, UPLOAD)
    assert storage.table.claim(photo.owner_id, photo.photo_id, "execution 2").status is Status.PROCESSING


def test_repeated_takeover_counts_one_loss(storage: Storage, clock: Clock) -> None:
    photo = claimed(storage)
    clock.tick(LEASE_SECONDS + 1)
    taken = [storage.table.take_over(photo.owner_id, photo.photo_id, "reconcile-request 1") for _ in range(2)]
    assert (
        taken
        == [replace(photo, execution="reconcile-request 1", lease_until=int(clock.now) + LEASE_SECONDS, lost_ingests=1)]
        * 2
    )


def test_time_limit_leaves_the_ingest_to_the_next_run(storage: Storage, clock: Clock) -> None:
    photo = half_rendered(storage)
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile(remaining_checks=1) == NOTHING | {"more": True}
    released = replace(photo, status=Status.AWAITING_UPLOAD, execution=None, lost_ingests=1)
    assert storage.photo(photo) == awaiting(released, int(clock.now) + UPLOAD_WAIT_SECONDS)
    assert list(storage.objects()) == [keys.upload_key(photo.owner_id, photo.photo_id)]
    clock.tick(INGEST_AFTER_SECONDS)
    assert reconcile() == found(ingested=1)


def test_photo_without_its_last_write_becomes_ready(storage: Storage, clock: Clock) -> None:
    photo = described(storage)
    clock.tick(LEASE_SECONDS + 1)
    reconcile()
    at = timestamp(datetime.fromtimestamp(clock.now, UTC))
    ready = revised(photo, at=at, status=Status.READY, execution="reconcile-request 1", lease_until=None)
    assert storage.photo(photo) == ready
    assert storage.table.list_photos(photo.owner_id, View(), limit=2, order="desc", after=None).photos == (ready,)
    assert storage.table.find_by_digest(photo.owner_id, "ab" * 32) == ready
    assert set(storage.objects()) == keys.named_keys(ready)


@pytest.mark.parametrize("damage", ["original", "preview", "size"])
def test_described_photo_with_missing_objects_is_ingested_again(storage: Storage, clock: Clock, damage: str) -> None:
    photo = described(storage)
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    key = photo.previews["small"].key if damage == "preview" else original
    storage.s3.delete_object(Bucket=storage.bucket, Key=key)
    if damage == "size":
        put(storage, original, size_bytes=2)
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(ingested=1)
    expect_clean(storage)


def test_facts_of_an_earlier_execution_are_not_used(storage: Storage, clock: Clock) -> None:
    photo = described(storage)
    clock.tick(LEASE_SECONDS + 1)
    storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(ingested=1)
    expect_clean(storage)


def test_slow_execution_can_not_write_after_the_takeover(storage: Storage, clock: Clock) -> None:
    photo = described(storage)
    clock.tick(LEASE_SECONDS + 1)
    storage.table.take_over(photo.owner_id, photo.photo_id, "reconcile-request 1")
    etag = storage.upload(photo, JPEG)
    assert previews(accepted(photo, etag), None)["outcome"] == "rendered"
    assert persist(rendered(photo, etag), None)["code"] == "IngestInProgress"
    assert fail(event(photo, error="OSError"), None)["outcome"] == "failed"
    assert storage.photo(photo).status is Status.PROCESSING


def test_slow_execution_changes_nothing_after_the_repeated_ingest(storage: Storage, clock: Clock) -> None:
    photo = half_rendered(storage)
    etag = storage.upload(photo, UPLOAD)
    clock.tick(LEASE_SECONDS + 1)
    reconcile()
    before = storage.photo(photo), storage.objects()
    about = photo.owner_id, photo.photo_id, EXECUTION
    put(storage, keys.original_key(*about), *(keys.preview_key(*about, preset) for preset in DEFAULT_PRESETS))
    assert persist(rendered(photo, etag), None)["outcome"] == "ready"
    assert (storage.photo(photo), storage.objects()) == before


def test_tombstone_stays_until_it_expires(storage: Storage, clock: Clock) -> None:
    photo = deleted(storage)
    clock.tick(LEASE_SECONDS + 1)
    reconcile()
    assert storage.records() == [
        {
            "owner_id": {"S": OWNER},
            "photo_id": {"S": f"deleted/{photo.photo_id}"},
            "expires_at": {"N": str(NOW + TOMBSTONE_SECONDS)},
            "changed_id": {"S": f"{NOW_TEXT}/{photo.photo_id}"},
        }
    ]
    assert storage.table.was_deleted(photo.owner_id, photo.photo_id)


def test_expired_tombstone_is_not_created_again(storage: Storage) -> None:
    storage.table.settle_deleted(OWNER, "gone")
    assert storage.records() == []


def test_complete_deletion_is_not_counted(storage: Storage, clock: Clock) -> None:
    photo = deleted(storage)
    media_bucket().remove(keys.all_keys(photo, DEFAULT_PRESETS))
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == NOTHING
    expect_clean(storage)


def test_failed_photo_keeps_a_later_upload(storage: Storage, clock: Clock) -> None:
    photo = failed(storage)
    clock.tick(1)
    upload = keys.upload_key(photo.owner_id, photo.photo_id)
    put(storage, upload)
    clock.tick(LEASE_SECONDS)
    assert reconcile() == found(swept=1)
    assert list(storage.objects()) == [upload]


def test_sweep_publishes_number_and_age_of_overdue_records(
    storage: Storage, clock: Clock, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    claimed(storage)
    clock.tick(100)
    claimed(storage)
    clock.tick(LEASE_SECONDS + 200)
    log_lines()
    reconcile()
    gauges = [(line["Overdue"], line["OldestOverdue"]) for line in log_lines() if "Overdue" in line]
    assert gauges == [(2, 300)]
    reconcile()
    assert [(line["Overdue"], line["OldestOverdue"]) for line in log_lines() if "Overdue" in line] == [(0, 0)]


def test_audit_publishes_no_overdue_metrics(
    storage: Storage,  # noqa: ARG001 - the audit reads it
    log_lines: Callable[[], list[dict[str, Any]]],
) -> None:
    reconcile(AUDIT)
    assert not [line for line in log_lines() if "Overdue" in line]


def test_outcomes_are_counted(storage: Storage, clock: Clock, log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    claimed(storage)
    clock.tick(LEASE_SECONDS + 1)
    log_lines()
    reconcile()
    counted = [(line["mode"], line["outcome"], line["Reconciled"]) for line in log_lines() if "Reconciled" in line]
    assert counted == [("sweep", "found", 1), ("sweep", "ingested", 1)]
