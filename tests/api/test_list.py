"""`GET /photos`: all ready photos, each once, in order."""

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from botocore.client import BaseClient

from photosky.errors import Code
from photosky.photo import Photo, Status
from photosky.presigning import presigner
from photosky.store.attributes import CURSOR_KEY_ITEM, DIGEST_INDEX, READY_INDEX, TRASHED_INDEX
from photosky.store.cursors import KEY_BYTES, seal
from photosky.store.photos import photos_table
from tasks.persist import handler as persist
from tasks.previews import handler as previews
from tests.api.gateway import call, expect, expect_problem
from tests.storage import OTHER_OWNER, OWNER, Storage
from tests.tasks.conftest import JPEG
from tests.tasks.events import EXECUTION, accepted, rendered

INVALID_CURSOR: Final = (
    "cursor must be the next_cursor of a response to the same request; only limit and previews may differ."
)


def ready(storage: Storage, count: int, **changes: str) -> list[Photo]:
    """`count` ready photos, oldest first."""
    return [storage.put_ready(f"{number:064x}", **changes) for number in range(count)]


def pages(**query: str) -> Iterator[list[str]]:
    """The ids of each page until the last."""
    while True:
        response = call("GET", "/photos", query=query)
        assert response.status == 200
        yield [photo["photo_id"] for photo in response.document["photos"]]
        if response.document["next_cursor"] is None:
            return
        query["cursor"] = response.document["next_cursor"]


def ids(photos: list[Photo]) -> list[str]:
    """Ids, newest first."""
    return [photo.photo_id for photo in reversed(photos)]


def test_listing_has_complete_photos_with_preview_urls(storage: Storage) -> None:
    photo = storage.put_photo()
    etag = storage.upload(photo, JPEG)
    storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION)
    previews(accepted(photo, etag), None)
    persist(rendered(photo, etag), None)
    shown = storage.photo(photo).present(lambda key: presigner().url(key).url)
    assert list(shown["previews"]) == ["thumb", "small", "medium", "large"]
    expect(call("GET", "/photos"), 200, {"photos": [shown], "next_cursor": None})


def test_listing_without_photos_is_empty() -> None:
    expect(call("GET", "/photos"), 200, {"photos": [], "next_cursor": None})


def test_only_ready_photos_are_listed(storage: Storage) -> None:
    for status in Status:
        storage.put_photo(status=status)
    (listed,) = ready(storage, 1)
    assert list(pages()) == [[listed.photo_id]]


def test_deleted_photo_and_its_tombstone_are_not_listed(storage: Storage) -> None:
    first, second = ready(storage, 2)
    assert call("DELETE", "/photos/{photo_id}", first.photo_id).status == 204
    assert list(pages()) == [[second.photo_id]]


def test_deletion_ends_listing_and_expiry_before_removing_objects(storage: Storage) -> None:
    (photo,) = ready(storage, 1)
    waiting = storage.put_photo()
    for begun in (photo, waiting):
        storage.begin_delete(begun)
    assert list(pages()) == [[]]
    for record in storage.records():
        assert record["status"] == {"S": "deleting"}
        assert not {"ready_id", "ready_sha256", "expires_at"} & set(record)


def test_photos_of_other_owners_are_not_listed(storage: Storage) -> None:
    own = ready(storage, 2)
    ready(storage, 3, owner_id=OTHER_OWNER)
    assert list(pages()) == [ids(own)]
    assert call("GET", "/photos", owner_id="new owner").document == {"photos": [], "next_cursor": None}


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6, 7, 8, 100])
def test_every_page_size_lists_each_photo_once(storage: Storage, limit: int) -> None:
    newest_first = ids(ready(storage, 7))
    for order, expected in (("desc", newest_first), ("asc", newest_first[::-1])):
        chunks = [expected[start : start + limit] for start in range(0, 7, limit)]
        assert list(pages(limit=str(limit), order=order)) == chunks


def test_more_photos_than_the_maximum_page_are_listed(storage: Storage) -> None:
    newest_first = ids(storage.put_many_ready(105))
    assert list(pages(limit="100")) == [newest_first[:100], newest_first[100:]]
    assert [len(page) for page in pages()] == [50, 50, 5]


def test_each_page_of_300_photos_needs_one_query(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    newest_first = ids(storage.put_many_ready(300))
    call("GET", "/photos", query={"limit": "1"})  # the first cursor of an execution environment reads the key
    calls: list[tuple[str, str | None, int, int]] = []
    make_call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def record_call(client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        response = make_call(client, operation, request)
        calls.append((operation, request.get("IndexName"), request["Limit"], response["Count"]))
        return response

    monkeypatch.setattr(BaseClient, "_make_api_call", record_call)
    for order, expected in (("desc", newest_first), ("asc", newest_first[::-1])):
        calls.clear()
        assert [photo_id for page in pages(limit="50", order=order) for photo_id in page] == expected
        assert calls == [("Query", "ready", 51, 51)] * 5 + [("Query", "ready", 51, 50)]


def test_page_continues_after_a_partial_query(storage: Storage) -> None:
    """A query returns at most 1 MB, less than a page of photos with the longest descriptions."""
    photos = ready(storage, 100, description="日" * 5000)
    assert list(pages(limit="99")) == [ids(photos)[:99], ids(photos)[99:]]


def test_cursor_continues_after_its_photo_was_deleted(storage: Storage) -> None:
    newest_first = ids(ready(storage, 5))
    cursor = call("GET", "/photos", query={"limit": "2"}).document["next_cursor"]
    assert call("DELETE", "/photos/{photo_id}", newest_first[1]).status == 204
    assert list(pages(cursor=cursor)) == [newest_first[2:]]


def test_new_photo_does_not_shift_later_pages(storage: Storage) -> None:
    newest_first = ids(ready(storage, 4))
    cursor = call("GET", "/photos", query={"limit": "2"}).document["next_cursor"]
    ready(storage, 1)
    assert list(pages(cursor=cursor)) == [newest_first[2:]]


@pytest.mark.parametrize(
    "query",
    [
        {"order": "asc"},
        {"order": "asc", "limit": "1"},
        {"status": "trashed"},
        {"sort": "taken_at"},
        {"taken_from": "2024-05-17"},
        {"favorite": "true"},
        {"tag": "sea"},
    ],
    ids=str,
)
def test_cursor_is_bound_to_its_query(storage: Storage, query: dict[str, str]) -> None:
    ready(storage, 3)
    cursor = call("GET", "/photos", query={"limit": "2"}).document["next_cursor"]
    expect_problem(
        call("GET", "/photos", query={**query, "cursor": cursor}),
        Code.INVALID_REQUEST,
        INVALID_CURSOR,
        parameter="cursor",
    )


def test_cursor_of_another_owner_is_refused(storage: Storage) -> None:
    ready(storage, 3)
    ready(storage, 3, owner_id=OTHER_OWNER)
    theirs = call("GET", "/photos", query={"limit": "2"}, owner_id=OTHER_OWNER).document["next_cursor"]
    expect_problem(
        call("GET", "/photos", query={"cursor": theirs}), Code.INVALID_REQUEST, INVALID_CURSOR, parameter="cursor"
    )


def test_cursor_of_another_deployment_is_refused(storage: Storage) -> None:
    (photo,) = ready(storage, 1)
    cursor = seal(bytes(KEY_BYTES), OWNER, "desc", photo.photo_id)
    expect_problem(
        call("GET", "/photos", query={"cursor": cursor}), Code.INVALID_REQUEST, INVALID_CURSOR, parameter="cursor"
    )


def test_cursor_key_is_created_once_and_never_shown(
    storage: Storage, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    assert list(pages()) == [[]]
    assert storage.records() == [], "a listing of one page needs no key"
    newest_first = ids(ready(storage, 3))
    first = call("GET", "/photos", query={"limit": "2"})
    (item,) = (item for item in storage.dynamodb.scan(TableName=storage.table_name)["Items"] if "secret" in item)
    secret = item["secret"]["B"]
    assert item == {"owner_id": {"S": "photosky"}, "photo_id": {"S": "cursor-key"}, "secret": {"B": secret}}
    assert len(secret) == KEY_BYTES
    photos_table.cache_clear()
    assert list(pages(cursor=first.document["next_cursor"])) == [newest_first[2:]], (
        "another execution environment reads the same key"
    )
    shown = first.text + str(log_lines())
    assert [form for form in (secret.hex(), base64.b64encode(secret).decode(), str(secret)) if form in shown] == []


def test_concurrent_readers_get_the_same_cursor_key(storage: Storage) -> None:
    tables = [storage.table for _ in range(8)]
    with ThreadPoolExecutor(len(tables)) as pool:
        keys = set(pool.map(lambda table: table.cursor_key, tables))
    assert keys == {storage.table.cursor_key}


def test_owner_named_like_the_key_item_cannot_read_it(storage: Storage) -> None:
    assert len(storage.table.cursor_key) == KEY_BYTES
    owner_id, photo_id = CURSOR_KEY_ITEM.values()
    assert call("GET", "/photos", owner_id=owner_id).document == {"photos": [], "next_cursor": None}
    for method in ("GET", "PATCH", "DELETE"):
        response = call(method, "/photos/{photo_id}", photo_id, body={"title": "mine"}, owner_id=owner_id)
        expect_problem(response, Code.PHOTO_NOT_FOUND, "There is no photo with this id.")
    for index in (READY_INDEX, DIGEST_INDEX, TRASHED_INDEX):
        assert storage.dynamodb.scan(TableName=storage.table_name, IndexName=index)["Items"] == []


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"limit": "0"}, "limit must be an integer from 1 to 100."),
        ({"order": "newest"}, "order must be asc or desc."),
        ({"status": "failed"}, "status must be ready or trashed."),
        ({"page": "2"}, "'page' is not a query parameter of this request."),
        ({"cursor": "made up"}, INVALID_CURSOR),
    ],
    ids=["limit", "order", "status", "page", "cursor"],
)
def test_invalid_query_is_refused(query: dict[str, str], detail: str) -> None:
    (parameter,) = query
    expect_problem(call("GET", "/photos", query=query), Code.INVALID_REQUEST, detail, parameter=parameter)
