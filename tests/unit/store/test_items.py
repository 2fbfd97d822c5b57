"""A photo survives the conversion to an item of the table and back."""

from dataclasses import replace
from typing import Any

import pytest

from photosky.location import Location
from photosky.photo import Photo, Status
from photosky.store.items import marshal, to_item, to_photo, unmarshal
from tests.unit.test_photo import FULL, MINIMAL


def stored(photo: Photo) -> dict[str, Any]:
    """The photo's attributes after a round trip through DynamoDB JSON."""
    return unmarshal(marshal(to_item(photo)))


@pytest.mark.parametrize("photo", [FULL, MINIMAL], ids=["full", "minimal"])
def test_a_photo_round_trips(photo: Photo) -> None:
    assert to_photo(stored(photo)) == photo


@pytest.mark.parametrize("status", list(Status))
def test_every_status_round_trips(status: Status) -> None:
    read = to_photo(stored(replace(MINIMAL, status=status)))
    assert read.status is status


@pytest.mark.parametrize("altitude_m", [None, 0.0, 408.0, -1.5, 8848.86])
@pytest.mark.parametrize(("latitude", "longitude"), [(0.0, 0.0), (-90.0, 180.0), (1e-06, -0.000001), (47.4, 8.5)])
def test_every_location_round_trips(latitude: float, longitude: float, altitude_m: float | None) -> None:
    photo = replace(MINIMAL, location=Location(latitude, longitude, altitude_m))
    read = to_photo(stored(photo))
    assert read == photo
    assert read.location is not None
    assert {type(value) for value in read.location._asdict().values()} <= {float, type(None)}


def test_attributes_without_a_value_are_omitted() -> None:
    assert to_item(MINIMAL) == {
        "owner_id": "owner",
        "photo_id": "0199a0a0-0000-7000-8000-000000000001",
        "status": "awaiting_upload",
        "filename": "Zürich 🏔 & more.heic",
        "content_type": "image/heic",
        "size_bytes": 52_428_800,
        "created_at": "2026-09-21T14:15:00.000Z",
        "version": 1,
        "tags": [],
        "favorite": False,
        "previews": {},
        "schema_version": 4,
    }


def test_unknown_attributes_are_ignored() -> None:
    item = stored(FULL) | {"ready_id": FULL.photo_id, "ready_sha256": FULL.sha256, "mood": {"of": ["a later version"]}}
    assert to_photo(item) == FULL
