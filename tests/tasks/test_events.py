"""The function Events: a batch of stream records becomes the events of the photos in it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from photosky.photo import Photo, Status
from photosky.store.items import marshal, to_item
from tasks.events import handler
from tests.clock import NOW, Clock
from tests.storage import FILENAME, Storage


def record(before: Photo | None, after: Photo | None, *, written: float = NOW) -> dict[str, Any]:
    """The record of a write in the table's stream."""
    images = {"OldImage": before, "NewImage": after}
    return {
        "dynamodb": {
            "ApproximateCreationDateTime": written,
            **{name: marshal(to_item(photo)) for name, photo in images.items() if photo is not None},
        }
    }


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
