"""The owner's texts, tags, times and places as they are stored, and which are refused."""

import json
from typing import Any

import pytest

from api.requests import read_edit
from photosky.errors import PhotoSkyError
from photosky.location import Location, LocationPolicy


@pytest.mark.parametrize(
    ("changes", "normalized"),
    [
        ({"tags": ["b", "a", "b", "A", "Straße", "STRASSE"]}, {"tags": ["b", "a", "Straße"]}),
        ({"tags": [" a\u00a0", "A", "", "  "]}, {"tags": ["a"]}),
        ({"tags": ["Du\u0308nen", "d\u00fcnen"]}, {"tags": ["D\u00fcnen"]}),
        ({"title": "\u3000Du\u0308nen "}, {"title": "D\u00fcnen"}),
        ({"title": "", "description": " \n\t"}, {"title": None, "description": None}),
        ({"description": "\n two\n lines\n"}, {"description": "two\n lines"}),
        ({"title": "\u0958" * 200}, {"title": "\u0915\u093c" * 200}),
    ],
)
def test_texts_and_tags_are_normalized(changes: dict[str, Any], normalized: dict[str, Any]) -> None:
    assert read_edit(json.dumps(changes), "keep") == normalized


@pytest.mark.parametrize(
    ("taken_at", "stored"),
    [
        ("2026-08-02", "2026-08-02T00:00:00"),
        ("2026-08-02T18:41:07", "2026-08-02T18:41:07"),
        ("2024-02-29T18:41:07.123456789+05:45", "2024-02-29T18:41:07+05:45"),
        ("2026-08-02T18:41:07Z", "2026-08-02T18:41:07Z"),
        ("0001-01-01T00:00:00-00:00", "0001-01-01T00:00:00Z"),
        (None, None),
    ],
)
def test_corrected_time_is_stored_to_the_second(taken_at: str | None, stored: str | None) -> None:
    assert read_edit(json.dumps({"taken_at": taken_at}), "drop") == {"owner_taken_at": stored}


@pytest.mark.parametrize(
    "taken_at",
    [
        *("", "2025-02-29", "2026-8-2", "20260802", "0000-01-01", "\u0662026-08-02", 2026),
        *("2026-08-02T24:00:00", "2026-08-02T18:41", "2026-08-02 18:41:07", "2026-08-02T18:41:60"),
        *("2026-08-02T18:41:07+24:00", "2026-08-02T18:41:07Z\n"),
    ],
)
def test_time_of_another_form_is_refused(taken_at: object) -> None:
    with pytest.raises(PhotoSkyError) as error:
        read_edit(json.dumps({"taken_at": taken_at}), "keep")
    assert [wrong.pointer for wrong in error.value.errors] == ["#/taken_at"]


@pytest.mark.parametrize(
    ("policy", "stored"),
    [("keep", Location(54.9123457, -8.25, -3.14)), ("coarse", Location(54.9, -8.2))],
)
def test_corrected_location_obeys_the_policy(policy: LocationPolicy, stored: Location) -> None:
    location = {"latitude": 54.91234567, "longitude": -8.25, "altitude_m": -3.14159}
    assert read_edit(json.dumps({"location": location}), policy) == {"owner_location": stored}
    assert read_edit('{"location": null}', policy) == {"owner_location": None}


def test_location_is_refused_where_none_is_stored() -> None:
    assert read_edit('{"location": null}', "drop") == {"owner_location": None}
    with pytest.raises(PhotoSkyError, match="location must be null, because this environment stores no places"):
        read_edit('{"location": {"latitude": 1, "longitude": 2}}', "drop")


@pytest.mark.parametrize(
    ("location", "pointers"),
    [
        ("54.9, 8.3", ["#/location"]),
        ({}, ["#/location/latitude", "#/location/longitude"]),
        ({"latitude": 90.1, "longitude": -180.1}, ["#/location/latitude", "#/location/longitude"]),
        ({"latitude": "54", "longitude": True}, ["#/location/latitude", "#/location/longitude"]),
        ({"latitude": 10**400, "longitude": 1}, ["#/location/latitude"]),
        ({"latitude": 1, "longitude": 1, "altitude_m": 1e6, "depth": 1}, ["#/location/depth", "#/location/altitude_m"]),
    ],
)
def test_invalid_location_is_refused_with_its_fields(location: object, pointers: list[str]) -> None:
    with pytest.raises(PhotoSkyError) as error:
        read_edit(json.dumps({"location": location}), "keep")
    assert [wrong.pointer for wrong in error.value.errors] == pointers


@pytest.mark.parametrize("number", [1e-200, -1e-200, -0.0])
def test_number_that_dynamodb_cannot_store_is_rounded(number: float) -> None:
    (stored,) = read_edit(json.dumps({"location": {"latitude": number, "longitude": 0}}), "keep").values()
    assert repr(stored) == repr(Location(0.0, 0.0))
