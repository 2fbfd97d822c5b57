"""`previews=`: the previews that photos show, in listings, in changes and of one photo."""

from typing import Any

import pytest

from photosky.errors import Code
from photosky.photo import Photo, StoredPreview
from tests.api.gateway import call, expect, expect_problem, headers
from tests.api.photos import PHOTO, SHA256, etag, shown
from tests.storage import Storage

REFUSED = "previews must be names of thumb, small, medium, large, separated by commas."


@pytest.fixture
def photo(storage: Storage) -> Photo:
    """A ready photo with two previews."""
    previews = {name: StoredPreview(f"previews/{name}", 1, 1, "image/webp", 1) for name in ("thumb", "small")}
    return storage.put_ready(SHA256, previews=previews)


def with_previews(photo: Photo, *names: str) -> dict[str, Any]:
    """The photo as the API shows it with these previews only."""
    document = shown(photo)
    return document | {"previews": {name: document["previews"][name] for name in names}}


@pytest.mark.parametrize(
    ("text", "names"), [("thumb", ["thumb"]), ("small,thumb", ["thumb", "small"]), ("large", []), ("", [])]
)
def test_photos_show_the_named_previews(photo: Photo, text: str, names: list[str]) -> None:
    expected = with_previews(photo, *names)
    assert call("GET", "/photos", query={"previews": text}).document["photos"] == [expected]
    assert call("GET", PHOTO, photo.photo_id, query={"previews": text}).document == expected
    (change,) = call("GET", "/changes", query={"previews": text}).document["changes"]
    assert change == {"type": "upserted", "photo": expected}


@pytest.mark.parametrize(("resource", "photo_id"), [("/photos", None), (PHOTO, "id"), ("/changes", None)])
def test_unknown_name_is_refused(photo: Photo, resource: str, photo_id: str | None) -> None:
    response = call("GET", resource, photo_id and photo.photo_id, query={"previews": "thumb,huge"})
    expect_problem(response, Code.INVALID_REQUEST, REFUSED, parameter="previews")


def test_photo_with_some_previews_has_an_etag_of_its_own(photo: Photo) -> None:
    query = {"previews": "thumb"}
    tag = call("GET", PHOTO, photo.photo_id, query=query).headers["ETag"]
    known = {"If-None-Match": tag}
    assert tag != etag(photo)
    expect(call("GET", PHOTO, photo.photo_id, query=query, headers=known), 304, None, headers(None, ETag=tag))
    assert call("GET", PHOTO, photo.photo_id, headers=known).status == 200
    edited = call("PATCH", PHOTO, photo.photo_id, body={"title": "x"}, headers={"If-Match": tag})
    assert edited.document["title"] == "x"


def test_page_may_show_other_previews_than_the_one_before(storage: Storage) -> None:
    storage.put_many_ready(2)
    cursor = call("GET", "/photos", query={"limit": "1", "previews": "thumb"}).document["next_cursor"]
    assert len(call("GET", "/photos", query={"limit": "1", "cursor": cursor}).document["photos"]) == 1
