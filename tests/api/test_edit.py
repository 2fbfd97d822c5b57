"""`PATCH /photos/{photo_id}`: edits of a photo, with and without `If-Match`."""

from dataclasses import replace

import pytest

from photosky.errors import Code
from photosky.photo import Photo, Status
from tests.api.gateway import Response, call, expect, expect_problem, headers
from tests.api.photos import PHOTO, shown
from tests.storage import Storage

CHANGES = {"title": "Lake 🏔", "description": "Two\nlines.", "tags": ["b", "a"], "favorite": True}


def edit(photo: Photo, changes: object, if_match: str | None = None, name: str = "If-Match") -> Response:
    """Send `PATCH` with an optional `If-Match`."""
    return call("PATCH", PHOTO, photo.photo_id, body=changes, headers={name: if_match} if if_match else {})


@pytest.mark.parametrize("if_match", [None, '"1"', "*"])
def test_edit_is_stored_and_increments_the_version(storage: Storage, photo: Photo, if_match: str | None) -> None:
    edited = replace(photo, title="Lake 🏔", description="Two\nlines.", tags=("b", "a"), favorite=True, version=2)
    expect(edit(photo, CHANGES, if_match), 200, shown(edited), headers(ETag='"2"'))
    assert storage.photo(photo) == edited


def test_header_names_are_case_insensitive(photo: Photo) -> None:
    assert edit(photo, CHANGES, '"7"', name="if-match").status == 412


def test_edit_of_one_field_keeps_the_others(storage: Storage, photo: Photo) -> None:
    edit(photo, CHANGES)
    edited = replace(photo, title="Lake 🏔", description="Two\nlines.", tags=("b", "a"), version=3)
    expect(edit(photo, {"favorite": False}, '"2"'), 200, shown(edited), headers(ETag='"3"'))
    assert storage.photo(photo) == edited


def test_null_removes_a_text(storage: Storage, photo: Photo) -> None:
    edit(photo, CHANGES)
    edit(photo, {"title": None, "description": None, "tags": []})
    assert storage.photo(photo) == replace(photo, favorite=True, version=3)
    (record,) = storage.records()
    assert not {"title", "description"} & set(record)


@pytest.mark.parametrize("status", [Status.AWAITING_UPLOAD, Status.PROCESSING, Status.REJECTED, Status.FAILED])
def test_photo_can_be_edited_before_it_is_ready(storage: Storage, status: Status) -> None:
    photo = storage.put_photo(status=status)
    assert edit(photo, {"title": "Early"}).status == 200
    assert storage.photo(photo) == replace(photo, title="Early", version=2)


def test_edit_of_an_outdated_version_changes_nothing(storage: Storage, photo: Photo) -> None:
    edit(photo, {"title": "First"}, '"1"')
    before = storage.records()
    response = edit(photo, {"title": "Second"}, '"1"')
    detail = 'The photo\'s current ETag is "2", which does not match If-Match.'
    expect_problem(response, Code.PRECONDITION_FAILED, detail)
    assert storage.records() == before


@pytest.mark.parametrize("changes", [CHANGES, {"title": None}, {"tags": []}, {"favorite": True}])
def test_repeated_edit_with_the_previous_version_succeeds(
    storage: Storage, photo: Photo, changes: dict[str, object]
) -> None:
    """A precondition may be answered as met if the change was already made (RFC 9110, section 13.1.1)."""
    first = edit(photo, changes, '"1"')
    assert first.headers["ETag"] == '"2"'
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
        ({}, "#", "The request body must contain at least one of title, description, tags and favorite."),
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
