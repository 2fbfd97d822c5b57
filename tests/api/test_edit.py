"""`PATCH /photos/{photo_id}`: edits of a photo, with and without `If-Match`."""

import pytest

from photosky.details import CaptureSettings
from photosky.errors import Code
from photosky.location import Location
from photosky.photo import Photo, Status
from tests.api.gateway import Response, call, expect, expect_problem, headers
from tests.api.photos import PHOTO, SHA256, etag, shown
from tests.storage import Storage, revised

CHANGES = {"title": "Lake 🏔", "description": "Two\nlines.", "tags": ["b", "a"], "favorite": True}


def edit(photo: Photo, changes: object, if_match: str | None = None, name: str = "If-Match") -> Response:
    """Send `PATCH` with an optional `If-Match`."""
    return call("PATCH", PHOTO, photo.photo_id, body=changes, headers={name: if_match} if if_match else {})


@pytest.mark.parametrize("if_match", [None, '"1"', '"1-0123456789abcdef"', "*"])
def test_edit_is_stored_and_increments_the_version(storage: Storage, photo: Photo, if_match: str | None) -> None:
    edited = revised(photo, title="Lake 🏔", description="Two\nlines.", tags=("b", "a"), favorite=True, version=2)
    expect(edit(photo, CHANGES, if_match), 200, shown(edited), headers(ETag=etag(edited)))
    assert storage.photo(photo) == edited


def test_edit_shows_fractions_as_they_are_read(storage: Storage) -> None:
    photo = storage.put_ready(SHA256, capture=CaptureSettings(exposure_seconds=0.004, f_number=1.8))
    response = edit(photo, {"tags": ["a"]})
    assert (response.status, response.document) == (200, shown(storage.photo(photo)))


def test_header_names_are_case_insensitive(photo: Photo) -> None:
    assert edit(photo, CHANGES, '"7"', name="if-match").status == 412


def test_edit_of_one_field_keeps_the_others(storage: Storage, photo: Photo) -> None:
    edit(photo, CHANGES)
    texts = {"title": "Lake 🏔", "description": "Two\nlines."}
    edited = revised(photo, **texts, tags=("b", "a"), version=3, revisions=2)
    expect(edit(photo, {"favorite": False}, '"2"'), 200, shown(edited), headers(ETag=etag(edited)))
    assert storage.photo(photo) == edited


def test_null_removes_a_text(storage: Storage, photo: Photo) -> None:
    edit(photo, CHANGES)
    edit(photo, {"title": None, "description": None, "tags": []})
    assert storage.photo(photo) == revised(photo, favorite=True, version=3, revisions=2)
    (record,) = storage.records()
    assert not {"title", "description"} & set(record)


CORRECTION = {"taken_at": "2026-08-02T18:41:07Z", "location": {"latitude": 54.96, "longitude": 8}}


@pytest.mark.parametrize("status", [Status.READY, Status.AWAITING_UPLOAD])
def test_correction_is_shown_instead_of_the_cameras_values(storage: Storage, status: Status) -> None:
    photo = storage.put_photo(status=status, taken_at="2026-01-01T00:00:00", location=Location(1.0, 2.0, 3.0))
    before = shown(photo)
    corrected = edit(photo, CORRECTION).document
    assert {name: value for name, value in corrected.items() if before[name] != value} == {
        "taken_at": "2026-08-02T18:41:07Z",
        "taken_at_source": "owner",
        "location": {"latitude": 54.96, "longitude": 8.0, "altitude_m": None},
    }
    assert edit(photo, CORRECTION, '"1"').status == 200, "a repeated correction is refused"
    assert edit(photo, {"taken_at": None, "location": None}).document == before
    assert storage.photo(photo) == revised(photo, version=3, revisions=2)


@pytest.mark.parametrize("status", [Status.AWAITING_UPLOAD, Status.PROCESSING, Status.REJECTED, Status.FAILED])
def test_photo_can_be_edited_before_it_is_ready(storage: Storage, status: Status) -> None:
    photo = storage.put_photo(status=status)
    assert edit(photo, {"title": "Early"}).status == 200
    assert storage.photo(photo) == revised(photo, title="Early", version=2)


def test_edit_of_an_outdated_version_changes_nothing(storage: Storage, photo: Photo) -> None:
    edit(photo, {"title": "First"}, '"1"')
    before = storage.records()
    response = edit(photo, {"title": "Second"}, '"1"')
    detail = "The photo is at version 2, which does not match If-Match."
    expect_problem(response, Code.PRECONDITION_FAILED, detail)
    assert storage.records() == before


@pytest.mark.parametrize("changes", [CHANGES, {"title": None}, {"tags": []}, {"favorite": True}])
def test_repeated_edit_with_the_previous_version_succeeds(
    storage: Storage, photo: Photo, changes: dict[str, object]
) -> None:
    """A precondition may be answered as met if the change was already made (RFC 9110, section 13.1.1)."""
    first = edit(photo, changes, '"1"')
    assert first.headers["ETag"] == etag(storage.photo(photo))
    before = storage.records()
    assert edit(photo, changes, '"1"') == first
    assert storage.records() == before


@pytest.mark.parametrize("if_match", ["1", 'W/"1"', '"1", "2"', "x"])
def test_edit_with_an_invalid_if_match_changes_nothing(storage: Storage, photo: Photo, if_match: str) -> None:
    before = storage.records()
    response = edit(photo, {"title": "x"}, if_match)
    expect_problem(response, Code.PRECONDITION_FAILED, "If-Match must be the photo's ETag or *.")
    assert storage.records() == before


@pytest.mark.parametrize(
    ("changes", "pointer", "detail"),
    [
        (None, "#", "The request body must be a JSON object."),
        ({"title": []}, "#/title", "title must be a string."),
        ({"title": "x", "status": "ready"}, "#/status", "'status' is not a field of this request."),
        ({"tags": ["ok", "x" * 51]}, "#/tags/1", "tags[1] must have at most 50 characters."),
        ({"favorite": "yes"}, "#/favorite", "favorite must be true or false."),
    ],
)
def test_invalid_edit_changes_nothing(
    storage: Storage, photo: Photo, changes: object, pointer: str, detail: str
) -> None:
    before = storage.records()
    expect_problem(edit(photo, changes), Code.INVALID_REQUEST, detail, pointer=pointer)
    assert storage.records() == before
