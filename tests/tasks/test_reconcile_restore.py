"""An audit of a table that is older than the bucket stops before it removes anything, until an operator confirms."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from photosky.photo import Photo
from photosky.store import keys
from photosky.store.attributes import SYSTEM_OWNER, TOMBSTONE_SECONDS
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import media_bucket
from photosky.survey import MIN_REMOVALS, STATE_SECONDS
from tests.clock import Clock
from tests.storage import Storage
from tests.tasks.events import EXECUTION
from tests.tasks.leftovers import absent, awaiting_with_previews, claimed, completed, deleted, put, with_unknown_preview
from tests.tasks.reconcile_runs import AUDIT, NOTHING, Killed, at_call, expect_clean, found, kill, reconcile

pytestmark = pytest.mark.usefixtures("workflow", "one_shard")

CONFIRMED = {"audit": True, "confirm": True}
Items = list[dict[str, Any]]


def finished(storage: Storage) -> Photo:
    """A ready photo, without its upload and the facts for Persist."""
    photo = completed(storage)
    about = photo.owner_id, photo.photo_id
    facts = [key for key in storage.objects() if photo.photo_id in key and key.endswith("/facts.json")]
    media_bucket().remove([keys.upload_key(*about), *facts])
    return photo


def restore(storage: Storage, backup: Items) -> None:
    """Replace the table's items by those of a backup."""
    storage.stored_items.items.clear()
    for item in backup:
        storage.dynamodb.put_item(TableName=storage.table_name, Item=item)


def stopped_audits(lines: Items) -> int:
    """How often the log lines publish the metric of the alarm."""
    return sum(line.get("StoppedAudits", 0) for line in lines)


@pytest.fixture
def earlier(storage: Storage, clock: Clock) -> list[Photo]:
    """Photos that the backup has, more than a day old."""
    photos = [finished(storage) for _ in range(3)]
    clock.tick(TOMBSTONE_SECONDS)
    return photos


def test_audit_of_a_restored_table_keeps_every_object(
    storage: Storage, earlier: list[Photo], log_lines: Callable[[], Items]
) -> None:
    backup = storage.items()
    later = finished(storage)
    restore(storage, backup)
    before = storage.records(), storage.objects()
    log_lines()
    reason = "1 recent originals lack their records: the table is older than the bucket."
    for _ in range(2):
        assert reconcile(AUDIT) == NOTHING | {"stopped": reason}
        assert storage.objects() == before[1]
        assert [item for item in storage.records() if item["owner_id"]["S"] != SYSTEM_OWNER] == before[0]
    assert stopped_audits(log_lines()) == 2

    assert reconcile(CONFIRMED) == found(swept=2)  # Its original, and its previews.
    assert stopped_audits(log_lines()) == 0
    assert set(storage.objects()) == {key for photo in earlier for key in keys.current_keys(photo)}
    assert not [key for key in storage.objects() if later.photo_id in key]
    assert reconcile(AUDIT) == NOTHING


def test_audit_continues_after_the_records_are_copied_back(storage: Storage, clock: Clock) -> None:
    clock.tick(TOMBSTONE_SECONDS)
    backup = storage.items()
    finished(storage)
    current = storage.items()
    restore(storage, backup)
    assert reconcile(AUDIT)["stopped"]
    restore(storage, current)
    assert reconcile(AUDIT) == NOTHING
    expect_clean(storage)


@pytest.mark.usefixtures("earlier")
def test_photo_that_awaits_its_upload_in_the_backup_keeps_its_original(storage: Storage) -> None:
    photo = storage.put_photo(size_bytes=1)
    backup = storage.items()
    put(storage, keys.original_key(photo.owner_id, photo.photo_id, EXECUTION))
    restore(storage, backup)
    before = storage.objects()
    assert reconcile(AUDIT)["stopped"].startswith("1 recent originals")
    assert storage.objects() == before


@pytest.mark.usefixtures("earlier")
def test_photo_that_was_being_ingested_in_the_backup_keeps_its_objects(storage: Storage, clock: Clock) -> None:
    claimed(storage)
    backup = storage.items()
    media_bucket().remove(key for key in storage.objects() if key.startswith(keys.UPLOADS_PREFIX))
    (item,) = (item for item in backup if item.get("status") == {"S": "processing"})
    owner_id, photo_id = item["owner_id"]["S"], item["photo_id"]["S"]
    put(storage, keys.original_key(owner_id, photo_id, EXECUTION))
    restore(storage, backup)
    before = storage.objects()
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(failed=1)
    assert reconcile(AUDIT)["stopped"].startswith("1 recent originals")
    assert storage.objects() == before


def test_late_objects_of_a_deleted_photo_are_removed(storage: Storage) -> None:
    deleted(storage)
    assert "stopped" not in reconcile(AUDIT)
    assert storage.objects() == {}


@pytest.mark.parametrize("percent", [1, 100])
def test_many_old_originals_without_records_stop_the_audit(
    storage: Storage, clock: Clock, configure: Callable[..., None], percent: int
) -> None:
    configure(max_audit_removal_percent=percent)
    for _ in range(MIN_REMOVALS + 1):
        put(storage, keys.original_key(*_ids(absent(storage)), "another execution"))
        media_bucket().remove([key for key in storage.objects() if not key.endswith("another execution")])
    clock.tick(TOMBSTONE_SECONDS)
    before = storage.objects()
    reason = f"{MIN_REMOVALS + 1} originals lack their records; the limit is {MIN_REMOVALS}."
    assert reconcile(AUDIT) == NOTHING | {"stopped": reason}
    assert storage.objects() == before
    media_bucket().remove([next(iter(before))])
    assert reconcile(AUDIT) == found(swept=MIN_REMOVALS)


@pytest.mark.parametrize(
    ("removable", "percent", "is_allowed"),
    [(MIN_REMOVALS, 0, True), (MIN_REMOVALS + 1, 0, False), (30, 29, False), (30, 30, True), (100, 100, True)],
)
def test_share_of_removable_objects_is_limited(
    storage: Storage, configure: Callable[..., None], removable: int, percent: int, is_allowed: bool
) -> None:
    configure(max_audit_removal_percent=percent)
    photo = finished(storage)
    named = len(keys.current_keys(photo))
    for _ in range((100 - removable) // named - 1):
        finished(storage)
    unneeded = [f"previews/{photo.owner_id}/{photo.photo_id}/{number}" for number in range(removable)]
    put(storage, *unneeded)
    total = len(storage.objects())
    answer = reconcile(AUDIT)
    if is_allowed:
        assert answer == found(swept=1)
        expect_clean(storage)
    else:
        share = f"{removable} of {total} objects would be removed; the limit is {percent} %."
        assert answer == NOTHING | {"stopped": share}
        assert set(unneeded) <= set(storage.objects())


def test_retired_previews_do_not_count(storage: Storage, clock: Clock, configure: Callable[..., None]) -> None:
    configure(max_audit_removal_percent=0)
    for photo in [finished(storage) for _ in range(MIN_REMOVALS)]:
        held = storage.table.hold(photo.owner_id, photo.photo_id, photo.status)
        storage.table.renew(held, dict(list(photo.previews.items())[:2]), {}, keep_seconds=60)
    clock.tick(100)
    assert reconcile(AUDIT)["swept"] == MIN_REMOVALS
    expect_clean(storage)


@pytest.mark.usefixtures("earlier")
def test_survey_in_several_runs_counts_everything_first(storage: Storage) -> None:
    backup = storage.items()
    for _ in range(3):
        finished(storage)
    restore(storage, backup)
    before = storage.objects()
    runs = list(_runs(AUDIT))
    assert len(runs) == len({tuple(key.split("/")[:3]) for key in before}) + 1
    assert all(answer == NOTHING | {"more": True} for answer in runs[:-1])
    assert runs[-1]["stopped"].startswith("3 recent originals")
    assert storage.objects() == before


@pytest.mark.usefixtures("earlier")
def test_confirmed_removal_continues_in_several_runs(storage: Storage) -> None:
    backup = storage.items()
    later = [finished(storage) for _ in range(3)]
    restore(storage, backup)
    assert "stopped" not in reconcile(CONFIRMED, remaining_checks=0)
    # The operator repeats the confirmation, or the scheduled audit continues.
    assert "stopped" not in reconcile(CONFIRMED, remaining_checks=0)
    assert all("stopped" not in answer for answer in _runs(AUDIT))
    assert not [key for key in storage.objects() if any(photo.photo_id in key for photo in later)]
    finished(storage)
    restore(storage, backup)
    assert reconcile(AUDIT)["stopped"]  # The confirmation covered that removal only.


@pytest.mark.usefixtures("earlier")
def test_confirmation_covers_no_later_original(storage: Storage, clock: Clock) -> None:
    backup = storage.items()
    finished(storage)
    restore(storage, backup)
    reconcile(CONFIRMED, remaining_checks=0)
    clock.tick(2)
    state = [item for item in storage.records() if item["owner_id"]["S"] == SYSTEM_OWNER]
    newest = finished(storage)
    restore(storage, backup + state)
    assert list(_runs(AUDIT))[-1]["stopped"]
    assert keys.current_keys(newest) <= set(storage.objects())


def test_table_restored_between_survey_and_removal_stops_the_audit(storage: Storage, clock: Clock) -> None:
    finished(storage)
    clock.tick(TOMBSTONE_SECONDS)
    reconcile(AUDIT, remaining_checks=2)
    assert storage.table.audit_state()["position"][0] == "records"
    backup = storage.items()
    later = finished(storage)
    restore(storage, backup)
    assert reconcile(AUDIT)["stopped"]
    assert keys.current_keys(later) <= set(storage.objects())


def test_obsolete_state_begins_with_a_survey(storage: Storage, clock: Clock) -> None:
    with_unknown_preview(storage)
    assert reconcile(CONFIRMED, remaining_checks=0)["more"]
    assert storage.table.audit_state()["position"][0] == "records"
    clock.tick(STATE_SECONDS + 1)
    reconcile(AUDIT, remaining_checks=0)
    assert storage.table.audit_state()["position"][0] == "survey"


def test_state_of_an_earlier_version_begins_with_a_survey(storage: Storage) -> None:
    awaiting_with_previews(storage)
    storage.table.store_audit_state({"position": ["objects", "z"]})
    reconcile(AUDIT, remaining_checks=0)
    assert storage.table.audit_state()["position"][0] == "survey"


@pytest.mark.usefixtures("earlier")
def test_audit_killed_at_any_call_of_its_survey_changes_nothing(storage: Storage) -> None:
    backup = storage.items()
    finished(storage)
    restore(storage, backup)
    before = storage.objects()
    for number in count():
        with at_call(number, kill) as was_reached, suppress(Killed):
            reconcile(AUDIT)
        assert storage.objects() == before
        if not was_reached():
            assert number > 5
            return


def _ids(photo: Photo) -> tuple[str, str]:
    return photo.owner_id, photo.photo_id


def _runs(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Runs with the shortest time limit, until one has seen everything."""
    while True:
        answer = reconcile(event, remaining_checks=0)
        yield answer
        if not answer["more"]:
            return
