"""`GET /photos/{photo_id}`, and 404 for photos that do not exist or belong to another owner."""

from dataclasses import replace
from typing import Any

import pytest

from photosky.errors import Code
from photosky.photo import Photo, Rejection, Status, StoredPreview, new_photo_id
from photosky.settings import settings
from tests.api.gateway import call, expect, expect_problem, headers
from tests.api.photos import NO_PHOTO, ORIGINAL, PHOTO, SHA256, UPLOAD, etag, shown
from tests.clock import Clock
from tests.storage import OTHER_OWNER, Storage


def test_photo_is_read_in_any_status_except_deleting(storage: Storage) -> None:
    for status in set(Status) - {Status.DELETING}:
        photo = storage.put_photo(status=status, rejection=Rejection("CorruptImage", "The file is damaged."))
        expect(call("GET", PHOTO, photo.photo_id), 200, shown(photo), headers(ETag=etag(photo)))


ROUTES = [
    ("GET", PHOTO, {}),
    ("GET", ORIGINAL, {}),
    ("PATCH", PHOTO, {"body": {"title": "x"}}),
    ("PATCH", PHOTO, {"body": {"title": "x"}, "headers": {"If-Match": '"1"'}}),
    ("POST", UPLOAD, {}),
    ("DELETE", PHOTO, {}),
]


def test_known_photo_is_not_sent_again(photo: Photo) -> None:
    known = {"If-None-Match": f'"7-ab", W/{etag(photo)}'}
    expect(call("GET", PHOTO, photo.photo_id, headers=known), 304, None, headers(None, ETag=etag(photo)))
    assert call("GET", PHOTO, photo.photo_id, headers={"If-None-Match": '"1"'}).status == 200


def test_etag_changes_with_the_status_an_edit_and_renewed_urls(storage: Storage, clock: Clock) -> None:
    preview = StoredPreview("previews/x", 1, 1, "image/webp", 1)
    photo = storage.put_ready(SHA256, previews={"thumb": preview})
    tags = [etag(replace(photo, status=Status.PROCESSING)), etag(photo), etag(replace(photo, title="x", version=2))]
    clock.tick(settings().url_ttl_seconds)
    assert len({*tags, etag(photo)}) == 4
    assert call("GET", PHOTO, photo.photo_id, headers={"If-None-Match": tags[1]}).status == 200


@pytest.mark.parametrize(("method", "resource", "more"), ROUTES)
def test_unknown_and_foreign_photos_get_the_same_response(
    storage: Storage, photo: Photo, method: str, resource: str, more: dict[str, Any]
) -> None:
    before = storage.records()
    foreign = call(method, resource, photo.photo_id, owner_id=OTHER_OWNER, request_id="request 1", **more)
    unknown = call(method, resource, new_photo_id(), owner_id=OTHER_OWNER, request_id="request 2", **more)
    expect_problem(foreign, Code.PHOTO_NOT_FOUND, NO_PHOTO, "request 1")
    assert foreign.text.replace("request 1", "request 2") == unknown.text
    assert storage.records() == before


@pytest.mark.parametrize(("method", "resource", "more"), ROUTES)
@pytest.mark.parametrize("photo_id", ["photo", "7" * 36, "A" * 2000, "..", "%2e%2e", "deleted", "ünïcode", "a b"])
def test_malformed_id_is_not_found(method: str, resource: str, more: dict[str, Any], photo_id: str) -> None:
    expect_problem(call(method, resource, photo_id, **more), Code.PHOTO_NOT_FOUND, NO_PHOTO)


@pytest.mark.parametrize("progress", ["begun", "finished"])
@pytest.mark.parametrize(("method", "resource", "more"), ROUTES[:-1])
def test_deleted_photo_is_not_found(
    storage: Storage, photo: Photo, method: str, resource: str, more: dict[str, Any], progress: str
) -> None:
    if progress == "begun":
        storage.begin_delete(photo)
    else:
        call("DELETE", PHOTO, photo.photo_id, query={"permanent": "true"})
    expect_problem(call(method, resource, photo.photo_id, **more), Code.PHOTO_NOT_FOUND, NO_PHOTO)


@pytest.mark.parametrize(("method", "resource", "more"), ROUTES)
def test_tombstone_is_not_found(photo: Photo, method: str, resource: str, more: dict[str, Any]) -> None:
    call("DELETE", PHOTO, photo.photo_id)
    response = call(method, resource, f"deleted/{photo.photo_id}", **more)
    expect_problem(response, Code.PHOTO_NOT_FOUND, NO_PHOTO)
