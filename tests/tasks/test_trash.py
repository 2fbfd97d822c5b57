"""Reconcile and the trash: what is due is removed, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from photosky.photo import Photo, Status
from photosky.steps import superseded
from photosky.store import keys
from photosky.store.attributes import UNSETTLED_SHARDS, UPLOAD_WAIT_SECONDS
from photosky.store.leases import LEASE_SECONDS
from photosky.store.table import ConditionFailedError
from tasks.plan import handler as plan
from tasks.renew import handler as renew
from tests.clock import Clock
from tests.storage import OWNER, Storage
from tests.tasks.leftovers import change, completed, put, ready
from tests.tasks.reconcile_runs import AUDIT, NOTHING, Context, at_call, found, reconcile

DAYS: Final = 24 * 3600
KEEP_SECONDS: Final = 30 * DAYS
RETIRED_SECONDS: Final = 3600

pytestmark = pytest.mark.usefixtures("workflow")


def trashed(storage: Storage) -> Photo:
    """A photo in the trash, with its objects."""
    return storage.table.trash(ready(storage), KEEP_SECONDS)


def with_retired_preview(storage: Storage) -> Photo:
    """A photo in the trash of which a preview was replaced before."""
    photo = ready(storage)
    held = storage.table.hold(OWNER, photo.photo_id, Status.READY)
    kept = {name: preview for name, preview in photo.previews.items() if name != "thumb"}
    storage.table.renew(
        held, kept | {"thumb": photo.previews["thumb"]._replace(key="previews/new")}, {}, RETIRED_SECONDS
    )
    return storage.table.trash(storage.photo(photo), KEEP_SECONDS)


def test_photo_is_removed_when_its_days_are_over(storage: Storage, clock: Clock) -> None:
    photo = trashed(storage)
    before = storage.records(), storage.objects()
    clock.tick(KEEP_SECONDS)
    for given in ({}, AUDIT):
        assert reconcile(given) == NOTHING
    assert storage.records()[:1] == before[0]
    assert storage.objects() == before[1]
    clock.tick(1)
    assert reconcile() == found(deleted=1)
    assert storage.objects() == {}
    assert storage.table.was_deleted(OWNER, photo.photo_id)
    assert reconcile() == NOTHING


def test_audit_removes_what_is_due_without_a_lease(storage: Storage, clock: Clock) -> None:
    photo = trashed(storage)
    change(storage, photo, lease_until=None)
    clock.tick(KEEP_SECONDS + 1)
    assert reconcile() == NOTHING
    assert reconcile(AUDIT) == found(deleted=1)
    assert storage.table.was_deleted(OWNER, photo.photo_id)


@pytest.mark.parametrize("name", ["lease_until", "unsettled_shard"])
def test_audit_repairs_a_missing_lease(storage: Storage, name: str) -> None:
    photo = trashed(storage)
    before = storage.records(), storage.objects()
    change(storage, photo, **{name: None})
    assert reconcile(AUDIT) == found(swept=1)
    assert (storage.records()[:1], storage.objects()) == before


def test_audit_removes_only_what_the_record_does_not_name(storage: Storage, clock: Clock) -> None:
    photo = trashed(storage)
    before = storage.objects()
    put(storage, keys.upload_key(OWNER, photo.photo_id), f"previews/{OWNER}/{photo.photo_id}/late.webp")
    clock.tick(UPLOAD_WAIT_SECONDS)  # Until then, Events removes an upload.
    assert reconcile(AUDIT) == found(swept=2)
    assert (storage.photo(photo), storage.objects()) == (photo, before)


def test_audit_reports_a_trashed_photo_without_its_original(storage: Storage) -> None:
    photo = trashed(storage)
    storage.s3.delete_object(Bucket=storage.bucket, Key=str(photo.original))
    reason = "The photo is trashed, but its original or a preview is missing in the bucket."
    assert reconcile(AUDIT) == found(reported=1) | {"reports": [{"photo_id": photo.photo_id, "reason": reason}]}


def test_audit_reports_a_record_without_its_time(storage: Storage) -> None:
    photo = trashed(storage)
    change(storage, photo, trashed_until=None)
    assert [report["photo_id"] for report in reconcile(AUDIT)["reports"]] == [photo.photo_id]
    assert storage.photo(photo).status is Status.TRASHED


def test_retired_previews_are_removed_before_the_photo(storage: Storage, clock: Clock) -> None:
    photo = with_retired_preview(storage)
    put(storage, "previews/new")
    assert photo.lease_until == photo.retired_until
    assert reconcile() == NOTHING
    clock.tick(RETIRED_SECONDS + 1)
    assert reconcile() == found(swept=1)
    swept = storage.photo(photo)
    assert swept == replace(photo, retired=(), retired_until=None, lease_until=photo.trashed_until)
    assert not set(photo.retired) & storage.objects().keys()
    clock.tick(KEEP_SECONDS)
    assert reconcile() == found(deleted=1)


def test_sweep_lost_between_hold_and_settle_is_repeated(storage: Storage, clock: Clock) -> None:
    photo = with_retired_preview(storage)
    clock.tick(RETIRED_SECONDS + 1)
    storage.table.hold(OWNER, photo.photo_id, Status.TRASHED)
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(swept=1)
    assert storage.photo(photo).lease_until == photo.trashed_until


def test_many_due_photos_are_not_overdue(
    storage: Storage, clock: Clock, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    photos = [trashed(storage) for _ in range(3)]
    clock.tick(KEEP_SECONDS + DAYS)
    log_lines()
    assert reconcile(remaining_checks=2) == found(deleted=2) | {"more": True}
    assert [line["Overdue"] for line in log_lines() if "Overdue" in line] == [0]
    assert reconcile() == found(deleted=1)
    shards = {int(item["unsettled_shard"]["N"]) for item in storage.records()}
    assert max(shards) < UNSETTLED_SHARDS, "a tombstone has a lease like any other"
    assert all(storage.table.get(OWNER, photo.photo_id) is None for photo in photos)


@pytest.mark.usefixtures("one_shard")
@pytest.mark.parametrize("leave", [trashed, with_retired_preview])
@pytest.mark.parametrize("seconds", [0, RETIRED_SECONDS + 1, KEEP_SECONDS + 1])
def test_restore_at_any_call_of_reconcile_keeps_the_photo(
    storage: Storage, clock: Clock, leave: Callable[[Storage], Photo], seconds: int
) -> None:
    photo = leave(storage)
    put(storage, *keys.current_keys(photo) - storage.objects().keys())
    clock.tick(seconds)
    snapshot, now, call = storage.snapshot(), clock.now, 0
    while True:
        storage.restore(snapshot)
        clock.now = now
        outcome: list[Photo | None] = []

        def restore(outcome: list[Photo | None] = outcome) -> None:
            try:
                outcome.append(storage.table.restore(storage.photo(photo)))
            except (ConditionFailedError, AssertionError):
                outcome.append(None)  # The removal has begun.

        with at_call(call, restore) as is_reached:
            reconcile()
        if not is_reached():
            return
        if outcome[0]:
            current = storage.photo(photo)
            assert current.status is Status.READY
            assert keys.current_keys(current) <= storage.objects().keys()
            clock.tick(RETIRED_SECONDS + LEASE_SECONDS + 1)
            reconcile()
            assert storage.photo(photo) == replace(current, retired=(), retired_until=None, lease_until=None)
        else:
            assert storage.table.get(OWNER, photo.photo_id) is None
        call += 1


def test_reprocess_leaves_trashed_photos_alone(storage: Storage, configure: Callable[..., None]) -> None:
    photo = trashed(storage)
    configure(presets=())
    planned = plan({}, Context())
    assert (planned["photos"], planned["report"]["counts"]) == ([], {"ready": 0, "outdated": 0})
    assert renew({"owner_id": OWNER, "photo_id": photo.photo_id}, Context())["outcome"] == "gone"
    assert storage.photo(photo) == photo


def test_renew_that_began_before_cannot_write(storage: Storage) -> None:
    photo = completed(storage)
    held = storage.table.hold(OWNER, photo.photo_id, Status.READY)
    trash = storage.table.trash(held, KEEP_SECONDS)
    restored = storage.table.restore(trash)
    for current in (restored, storage.table.trash(restored, KEEP_SECONDS)):
        with pytest.raises(ConditionFailedError):
            storage.table.renew(held, {}, {}, 0)
        storage.table.settle(held)
        assert storage.photo(photo).restores == current.restores
    assert storage.photo(photo).previews == photo.previews
    assert superseded(storage.photo(photo))["code"] == "PhotoTrashed"
