"""`GET /changes`: a client that applies all changes has the photos that are listed."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from photosky.errors import Code
from photosky.photo import Photo, Status, timestamp
from photosky.store.attributes import CHANGES_SECONDS
from photosky.store.changes import OPEN_SECONDS
from photosky.store.photos import photos_table
from tests.api.gateway import call, expect, expect_problem
from tests.api.photos import PHOTO, SHA256, shown
from tests.clock import Clock
from tests.storage import OTHER_OWNER, OWNER, Storage

INVALID_CURSOR: Final = (
    "cursor must be the next_cursor of a response to the same request; only limit and previews may differ."
)


class Copy:
    """A client's copy of an owner's photos."""

    def __init__(self, owner_id: str = OWNER) -> None:
        self.owner_id = owner_id
        self.photos: dict[str, Any] = {}
        self.cursor: str | None = None

    def follow(self, limit: int = 50) -> list[Any]:
        """Apply all changes, and return those of each page."""
        pages = []
        while True:
            query = {"limit": str(limit)} | ({} if self.cursor is None else {"cursor": self.cursor})
            response = call("GET", "/changes", query=query, owner_id=self.owner_id)
            assert response.status == 200, response.document
            pages.append(response.document["changes"])
            for change in response.document["changes"]:
                self._apply(change)
            self.cursor = response.document["next_cursor"]
            if not response.document["has_more"]:
                return pages

    def _apply(self, change: dict[str, Any]) -> None:
        if change["type"] == "upserted":
            self.photos[change["photo"]["photo_id"]] = change["photo"]
        else:
            self.photos.pop(change["photo_id"], None)

    def is_complete(self) -> bool:
        """Whether it has exactly the photos of the listing."""
        listed = call("GET", "/photos", query={"limit": "100"}, owner_id=self.owner_id).document["photos"]
        return self.photos == {photo["photo_id"]: photo for photo in listed}


def ids(change: dict[str, Any]) -> str:
    """The id of the photo that changed."""
    return str(change.get("photo_id") or change["photo"]["photo_id"])


def test_first_page_has_the_ready_photos(photo: Photo, storage: Storage) -> None:
    response = call("GET", "/changes")
    document = {
        "changes": [{"type": "upserted", "photo": shown(storage.photo(photo))}],
        "next_cursor": response.document["next_cursor"],
        "has_more": False,
    }
    expect(response, 200, document)
    assert isinstance(document["next_cursor"], str)


def test_owner_without_photos_gets_a_cursor() -> None:
    response = call("GET", "/changes")
    cursor = response.document["next_cursor"]
    expect(response, 200, {"changes": [], "next_cursor": cursor, "has_more": False})
    assert call("GET", "/changes", query={"cursor": cursor}).status == 200


def test_client_that_starts_now_gets_what_changes_then(storage: Storage, photo: Photo, clock: Clock) -> None:
    clock.tick(OPEN_SECONDS + 1)
    response = call("GET", "/changes", query={"start": "now"})
    cursor = response.document["next_cursor"]
    expect(response, 200, {"changes": [], "next_cursor": cursor, "has_more": False})
    copy = Copy()
    copy.cursor = cursor
    assert copy.follow() == [[]]
    added = storage.put_ready("0" * 64, updated_at=timestamp(datetime.fromtimestamp(clock.now, UTC)))
    call("PATCH", PHOTO, photo.photo_id, body={"title": "later"})
    copy.follow()
    assert sorted(copy.photos) == sorted([photo.photo_id, added.photo_id])
    assert copy.is_complete()


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_every_page_size_leads_to_the_listing(storage: Storage, limit: int) -> None:
    photos = [storage.put_ready(f"{number:064x}") for number in range(7)]
    copy = Copy()
    pages = copy.follow(limit)
    assert copy.is_complete()
    assert sorted(copy.photos) == sorted(photo.photo_id for photo in photos)
    for page in pages:
        assert len({ids(change) for change in page}) == len(page) <= limit


def test_edit_is_reported_as_it_is_now(photo: Photo) -> None:
    copy = Copy()
    copy.follow()
    for title in ("first", "second"):
        assert call("PATCH", PHOTO, photo.photo_id, body={"title": title}).status == 200
    copy.follow()
    assert copy.is_complete()
    assert copy.photos[photo.photo_id]["title"] == "second"


@pytest.mark.parametrize("query", [{}, {"permanent": "true"}], ids=["trashed", "deleted"])
def test_photo_that_left_the_listings_is_deleted(storage: Storage, photo: Photo, query: dict[str, str]) -> None:
    kept = storage.put_ready("0" * 64)
    copy = Copy()
    copy.follow()
    assert call("DELETE", PHOTO, photo.photo_id, query=query).status == 204
    changes = [change for page in copy.follow() for change in page]
    assert {"type": "deleted", "photo_id": photo.photo_id} in changes
    assert list(copy.photos) == [kept.photo_id]
    assert copy.is_complete()


def test_restored_photo_is_upserted_again(photo: Photo) -> None:
    copy = Copy()
    copy.follow()
    call("DELETE", PHOTO, photo.photo_id)
    copy.follow()
    assert copy.photos == {}
    assert call("POST", "/photos/{photo_id}/restore", photo.photo_id).status == 200
    copy.follow()
    assert list(copy.photos) == [photo.photo_id]
    assert copy.is_complete()


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.READY])
def test_photo_that_is_not_ready_is_not_upserted(storage: Storage, status: Status) -> None:
    storage.put_photo(status=status)
    copy = Copy()
    changes = [change for page in copy.follow() for change in page]
    assert [change for change in changes if change["type"] == "upserted"] == []
    assert copy.is_complete()


def test_changes_of_other_owners_are_not_reported(storage: Storage) -> None:
    theirs = storage.put_ready(SHA256, owner_id=OTHER_OWNER)
    assert call("GET", "/changes").document["changes"] == []
    copy = Copy(OTHER_OWNER)
    copy.follow()
    assert list(copy.photos) == [theirs.photo_id]


def test_cursor_expires_after_90_days(photo: Photo, clock: Clock) -> None:
    cursor = call("GET", "/changes").document["next_cursor"]
    # The cursor begins before the changes whose order may still change.
    clock.tick(CHANGES_SECONDS - OPEN_SECONDS - 1)
    assert (
        call("GET", "/changes", query={"cursor": cursor}).document["changes"][0]["photo"]["photo_id"] == photo.photo_id
    )
    clock.tick(2)
    detail = "Deletions after this cursor are forgotten. Start without cursor and drop photos that are not reported."
    expect_problem(call("GET", "/changes", query={"cursor": cursor}), Code.CURSOR_EXPIRED, detail)


def test_cursor_of_another_owner_or_route_is_refused(storage: Storage, photo: Photo) -> None:
    storage.put_ready("0" * 64)
    changes = call("GET", "/changes").document["next_cursor"]
    listing = call("GET", "/photos", query={"limit": "1"}).document["next_cursor"]
    refused = [
        call("GET", "/changes", query={"cursor": changes}, owner_id=OTHER_OWNER),
        call("GET", "/changes", query={"cursor": listing}),
        call("GET", "/photos", query={"cursor": changes}),
        call("GET", "/changes", query={"cursor": changes[:-1]}),
        call("GET", "/changes", query={"cursor": photo.photo_id}),
        call("GET", "/changes", query={"cursor": ""}),
    ]
    for response in refused:
        expect_problem(response, Code.INVALID_REQUEST, INVALID_CURSOR, parameter="cursor")


def test_cursor_continues_in_another_execution_environment(photo: Photo) -> None:
    copy = Copy()
    copy.follow()
    photos_table.cache_clear()
    call("PATCH", PHOTO, photo.photo_id, body={"title": "later"})
    copy.follow()
    assert copy.is_complete()


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"limit": "101"}, "limit must be an integer from 1 to 100."),
        ({"order": "asc"}, "'order' is not a query parameter of this request."),
    ],
    ids=str,
)
def test_invalid_query_is_refused(query: dict[str, str], detail: str) -> None:
    (parameter,) = query
    expect_problem(call("GET", "/changes", query=query), Code.INVALID_REQUEST, detail, parameter=parameter)
