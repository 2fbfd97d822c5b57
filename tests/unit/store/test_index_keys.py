"""Keys put photos in the order of their listings, apart from other listings, and into the counters of their dates."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from photosky.photo import Photo, Status
from photosky.store.index_keys import (
    counted_as,
    counted_bytes,
    counter_changes,
    counter_key,
    index_attributes,
    is_indexed,
    listed_tags,
    listing_key,
    owner_of,
    tag_copy,
    tag_partition,
    taken_id,
    usage_changes,
    wanted_tags,
)
from photosky.store.items import to_item
from tests.storage import OWNER
from tests.unit.test_photo import FULL, MINIMAL

PHOTO = replace(FULL, owner_id=OWNER, owner_taken_at=None, unlisted_tags=())
ID = PHOTO.photo_id


def taken(time: str | None, photo_id: str = ID) -> Photo:
    """A ready photo with the camera's time, created on 21 September 2026."""
    return replace(PHOTO, taken_at=time, photo_id=photo_id)


def test_order_of_capture_is_that_of_local_times() -> None:
    later = ID[:-1] + "2"
    ordered = [
        taken("2025-12-31T23:59:59"),
        taken("2026-01-01"),
        taken("2026-01-01", later),
        taken("2026-01-01T00:00:00.000000001"),
        taken("2026-01-01T00:00:00.1+14:00"),
        taken("2026-01-01T00:00:00.10-12:00", later),
        taken("2026-01-01T00:00:00.123456789Z"),
        taken("2026-01-01T00:00:00.2Z"),
        taken("2026-01-01T00:00:01-12:00"),
        taken(None),
        taken("2026-09-21T14:15:00.001"),
        replace(taken("2020-01-01"), owner_taken_at="2026-09-21T14:15:01"),
    ]
    keys = [taken_id(photo) for photo in ordered]
    assert all(first < second for first, second in pairwise(keys))
    assert len({len(key) for key in keys}) == 1
    assert taken_id(taken(None)) == f"2026-09-21T14:15:00.000000000/{ID}"


def test_tags_that_differ_in_case_have_one_listing() -> None:
    photo = replace(PHOTO, tags=("Straße", "STRASSE", "lake"))
    assert wanted_tags(photo) == {"strasse", "lake"}
    assert {tag_partition(OWNER, tag) for tag in photo.tags} == {f"{OWNER}#strasse", f"{OWNER}#lake"}
    assert listed_tags(replace(photo, unlisted_tags=("lake",))) == {"strasse"}
    assert wanted_tags(replace(photo, status=Status.PROCESSING)) == set()


@pytest.mark.parametrize("tag", ["#trashed", "trashed/", "trashed", "", "#", f"#{OWNER}", "a#b"])
def test_listings_of_a_tag_are_no_others(tag: str) -> None:
    partition = tag_partition(OWNER, tag)
    listings = [listing_key(one, status) for one in (OWNER, partition) for status in (Status.READY, Status.TRASHED)]
    assert len(set(listings)) == 4
    assert owner_of(partition) == OWNER


KEYS: dict[Status, dict[str, Any]] = {
    Status.READY: {
        "ready_id": ID,
        "listing": OWNER,
        "favorite_listing": OWNER,
        "taken_id": f"2026-09-20T18:30:00.000000000/{ID}",
        "ready_sha256": "ab" * 32,
        "changed_id": f"2026-09-22T08:00:00.123Z/{ID}",
    },
    Status.TRASHED: {
        "trashed_id": ID,
        "listing": f"trashed/{OWNER}",
        "favorite_listing": f"trashed/{OWNER}",
        "taken_id": f"2026-09-20T18:30:00.000000000/{ID}",
        "changed_id": f"2026-09-22T08:00:00.123Z/{ID}",
    },
    Status.DELETING: {"changed_id": f"2026-09-22T08:00:00.123Z/{ID}"},
}


@pytest.mark.parametrize("status", list(Status))
def test_index_attributes_follow_from_the_status(status: Status) -> None:
    photo = replace(PHOTO, status=status)
    assert index_attributes(photo) == KEYS.get(status, {})
    plain = replace(photo, favorite=False)
    expected = {name: key for name, key in KEYS.get(status, {}).items() if name != "favorite_listing"}
    assert index_attributes(plain) == expected


def test_photo_without_a_change_changed_at_its_creation() -> None:
    assert index_attributes(replace(PHOTO, updated_at=None))["changed_id"] == f"2026-09-21T14:15:00.000Z/{ID}"


@pytest.mark.parametrize("status", [Status.READY, Status.TRASHED])
def test_copy_has_what_its_listings_show(status: Status) -> None:
    photo = replace(PHOTO, status=status)
    copy = tag_copy(photo, to_item(photo), "Lake")
    partition = f"{OWNER}#lake"
    kept = ("ready_id", "trashed_id", "taken_id")
    keys = {name: key for name, key in KEYS[status].items() if name in kept}
    listing = listing_key(partition, status)
    assert {name: value for name, value in copy.items() if to_item(photo).get(name) != value} == {
        "owner_id": partition,
        "listing": listing,
        "favorite_listing": listing,
        **keys,
    }
    assert set(to_item(photo)) - set(copy) == {
        *("declared_sha256", "original", "retired", "retired_until", "trashed_until", "restores", "revision"),
        *("counted_as", "counted_bytes", "execution", "lease_until", "lost_ingests", "awaited_until"),
    }


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({}, "2026-09-20"),
        ({"taken_at": None}, "2026-09-21 undated"),
        ({"owner_taken_at": "2024-02-29"}, "2024-02-29"),
        ({"status": Status.TRASHED}, None),
        ({"status": Status.DELETING}, None),
    ],
)
def test_ready_photos_count_by_their_date(changes: dict[str, Any], counted: str | None) -> None:
    assert counted_as(replace(PHOTO, **changes)) == counted


MAY, JUNE = counter_key(ID, "2026-05-07"), counter_key(ID, "2026-06-07")


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (None, None, {}),
        ("2026-05-07", "2026-05-07", {}),
        (None, "2026-05-07", {MAY: {"all": 1, "all07": 1}}),
        ("2026-05-07", None, {MAY: {"all": -1, "all07": -1}}),
        ("2026-05-07", "2026-05-08", {MAY: {"all07": -1, "all08": 1}}),
        (
            "2026-05-07",
            "2026-06-07",
            {MAY: {"all": -1, "all07": -1}, JUNE: {"all": 1, "all07": 1}},
        ),
        ("2026-05-07", "2026-05-07 undated", {MAY: {"undated": 1, "undated07": 1}}),
        ("2026-05-08 undated", "2026-05-07", {MAY: {"all08": -1, "all07": 1, "undated": -1, "undated08": -1}}),
    ],
)
def test_counters_change_by_the_difference(
    before: str | None, after: str | None, changes: dict[str, dict[str, int]]
) -> None:
    assert counter_changes(ID, before, after) == changes


def test_counters_of_a_month_are_few() -> None:
    assert {counter_key(str(number), "2026-05-07") for number in range(100)} == {
        f"2026-05/{shard}" for shard in range(4)
    }


@pytest.mark.parametrize("status", list(Status))
def test_use_counts_what_is_stored_and_what_a_form_promises(status: Status) -> None:
    counts = None if status in (Status.REJECTED, Status.DELETING) else PHOTO.size_bytes
    assert counted_bytes(replace(PHOTO, status=status)) == counts


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        (None, 7, {"photos": 1, "bytes": 7}),
        (7, None, {"photos": -1, "bytes": -7}),
        (None, 0, {"photos": 1}),
        (7, 9, {"bytes": 2}),
    ],
)
def test_counter_of_the_use_has_each_change(before: int | None, after: int | None, steps: dict[str, int]) -> None:
    assert usage_changes(before, after) == {"usage": steps}
    assert usage_changes(after, after) == {}


@pytest.mark.parametrize("status", list(Status))
def test_record_is_indexed_if_all_that_follows_is_there(status: Status) -> None:
    photo = replace(PHOTO, status=status)
    photo = replace(photo, counted_as=counted_as(photo), counted_bytes=counted_bytes(photo))
    item = to_item(photo) | index_attributes(photo)
    assert is_indexed(photo, item)
    for name in index_attributes(photo):
        assert not is_indexed(photo, {**item, name: "other"})
        assert not is_indexed(photo, {key: value for key, value in item.items() if key != name})
    assert not is_indexed(replace(photo, counted_as="2026-01-01"), item)
    assert not is_indexed(replace(photo, counted_bytes=7), item)
    assert not is_indexed(replace(photo, unlisted_tags=("lake",)), item)


def test_photo_that_awaits_its_upload_needs_no_key() -> None:
    counted = replace(MINIMAL, counted_bytes=MINIMAL.size_bytes)
    assert is_indexed(counted, to_item(counted))
    assert not is_indexed(counted, to_item(counted) | {"ready_id": ID})
