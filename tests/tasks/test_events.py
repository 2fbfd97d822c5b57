"""The function Events: a batch of stream records becomes the events of the photos in it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photosky.photo import Photo, Status
from photosky.store import keys
from photosky.store.media import s3_client
from tasks.events import handler
from tests.clock import NOW, Clock
from tests.storage import FILENAME, Storage
from tests.tasks.events import record, refuse


def test_a_batch_becomes_its_events_in_order(storage: Storage) -> None:
    ready = replace(storage.put_ready("ab" * 32), revision=1, width=4, height=3)
    trashed = replace(ready, status=Status.TRASHED, revision=2)
    leased = replace(trashed, lease_until=5)
    records = [record(None, ready), record(ready, trashed), record(trashed, leased), record(leased, ready)]
    found = handler(records, None)
    assert [(event["type"], event["version"]) for event in found] == [
        ("Photo Ready", 1),
        ("Photo Trashed", 2),
        ("Photo Restored", 1),
    ]


def stored(storage: Storage, photo: Photo) -> set[str]:
    """Store the objects that the photo has when it becomes ready, and return the keys that it needs."""
    assert photo.original is not None
    needed = keys.current_keys(photo)
    for key in needed | keys.handed_over_keys(photo.owner_id, photo.photo_id, photo.original):
        storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=b"x")
    return needed


def test_uploads_and_facts_of_photos_that_became_ready_are_removed_in_one_request(storage: Storage) -> None:
    ready = [replace(storage.put_ready(digest * 32), revision=1) for digest in ("ab", "cd")]
    needed = set().union(*(stored(storage, photo) for photo in ready))
    requests: list[object] = []
    s3_client().meta.events.register("before-call.s3", lambda **given: requests.append(given["model"].name))
    handler([record(None, photo) for photo in ready], None)
    assert (set(storage.objects()), requests) == (needed, ["DeleteObjects"])
    handler([record(None, ready[0])], None)  # The pipe repeats a batch, also much later.
    assert set(storage.objects()) == needed


@pytest.mark.parametrize("was", [Status.READY, Status.TRASHED])
def test_nothing_is_removed_at_a_later_change(storage: Storage, was: Status) -> None:
    ready = replace(storage.put_ready("ab" * 32), revision=2)
    stored(storage, ready)
    before = storage.objects()
    handler([record(replace(ready, status=was, title="Moon"), ready)], None)
    assert storage.objects() == before


def test_a_ready_photo_without_an_original_keeps_its_upload_and_has_its_event(storage: Storage) -> None:
    ready = replace(storage.put_ready("ab" * 32), revision=1, original=None)
    storage.upload(ready, b"x")
    before = storage.objects()
    assert [event["type"] for event in handler([record(None, ready)], None)] == ["Photo Ready"]
    assert storage.objects() == before


def test_a_refused_removal_fails_the_batch(storage: Storage) -> None:
    ready = replace(storage.put_ready("ab" * 32), revision=1)
    refuse("DeleteObjects")
    with pytest.raises(ClientError):
        handler([record(None, ready)], None)


def test_an_empty_batch_and_one_without_events_send_nothing(storage: Storage) -> None:
    photo = storage.put_photo()
    assert handler([], None) == []
    assert handler([record(None, photo)], None) == []


def test_a_record_that_cannot_be_read_fails_the_batch() -> None:
    with pytest.raises(KeyError):
        handler([{"eventName": "MODIFY"}], None)


def test_the_log_has_numbers_and_the_delay_only(
    storage: Storage, clock: Clock, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    ready = replace(storage.put_ready("ab" * 32), revision=1)
    clock.now = NOW + 7.5
    log_lines()
    handler([record(None, ready, written=NOW + 3), record(None, ready)], None)
    lines = log_lines()
    assert [(line["records"], line["events"]) for line in lines if "events" in line] == [(2, {"Photo Ready": 2})]
    assert [line["EventDelay"] for line in lines if "EventDelay" in line] == [7.5]
    assert FILENAME not in str(lines)
    assert ready.owner_id not in str(lines)
