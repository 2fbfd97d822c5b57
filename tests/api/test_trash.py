"""The trash: `DELETE /photos/{photo_id}`, `POST /photos/{photo_id}/restore` and `GET /photos?status=trashed`."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from photosky.errors import Code
from photosky.photo import Photo, Status, StoredPreview
from photosky.store.photos import PhotosTable, photos_table
from photosky.store.table import ConditionFailedError
from tests.api.gateway import Response, call, expect, expect_problem, headers
from tests.api.photos import NO_PHOTO, ORIGINAL, PHOTO, SHA256, etag, shown
from tests.clock import NOW, NOW_TEXT, Clock
from tests.storage import OWNER, Storage, revised

RESTORE: Final = "/photos/{photo_id}/restore"
KEEP_SECONDS: Final = 30 * 24 * 3600


@pytest.fixture
def photo(storage: Storage) -> Photo:
    """A ready photo with an object, texts and previews."""
    preview = StoredPreview("previews/x", 1, 1, "image/webp", 1)
    ready = storage.put_ready(SHA256, title="Dunes", tags=("sea",), version=3, previews={"thumb": preview})
    storage.s3.put_object(Bucket=storage.bucket, Key=str(ready.original), Body=b"x")
    return ready


def delete(photo: Photo, **query: str) -> Response:
    """Delete a photo."""
    return call("DELETE", PHOTO, photo.photo_id, query=query)


def restore(photo: Photo) -> Response:
    """Restore a photo."""
    return call("POST", RESTORE, photo.photo_id)


def listed(**query: str) -> list[str]:
    """The ids of a listing, from all of its pages."""
    found: list[str] = []
    while True:
        page = call("GET", "/photos", query=query).document
        found += [photo["photo_id"] for photo in page["photos"]]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def test_ready_photo_moves_to_the_trash_with_its_objects(storage: Storage, photo: Photo) -> None:
    objects = storage.objects()
    response = delete(photo)
    assert (response.status, response.text) == (204, "")
    trashed = revised(
        photo,
        status=Status.TRASHED,
        trashed_at=NOW_TEXT,
        trashed_until=NOW + KEEP_SECONDS,
        lease_until=NOW + KEEP_SECONDS,
    )
    assert storage.photo(photo) == trashed
    assert storage.objects() == objects
    expect(call("GET", PHOTO, photo.photo_id), 200, shown(trashed), headers(ETag=etag(trashed)))
    assert shown(trashed) == shown(photo) | {"status": "trashed", "trashed_at": NOW_TEXT}
    assert (listed(), listed(status="trashed")) == ([], [photo.photo_id])
    assert storage.table.find_by_digest(OWNER, SHA256) is None


def test_restored_photo_is_as_it_was(storage: Storage, photo: Photo) -> None:
    record, copy = storage.records()
    delete(photo)
    restored = revised(photo, restores=1, revisions=2)
    for _ in range(2):
        expect(restore(photo), 200, shown(restored), headers(ETag=etag(restored)))
    time = {"updated_at": {"S": NOW_TEXT}}
    assert storage.records() == [record | time | {"restores": {"N": "1"}, "revision": {"N": "2"}}, copy | time]
    assert (listed(), listed(status="trashed")) == ([photo.photo_id], [])
    assert storage.table.find_by_digest(OWNER, SHA256) == restored


@pytest.mark.parametrize("query", [{}, {"permanent": "true"}, {"permanent": "false"}])
def test_second_deletion_removes_the_photo(storage: Storage, photo: Photo, query: dict[str, str]) -> None:
    delete(photo)
    assert delete(photo, **query).status == 204
    assert storage.objects() == {}
    assert storage.table.was_deleted(OWNER, photo.photo_id)
    assert listed(status="trashed") == []
    expect_problem(restore(photo), Code.PHOTO_NOT_FOUND, NO_PHOTO)


@pytest.mark.parametrize("query", [{}, {"permanent": "true"}, {"permanent": "false"}])
@pytest.mark.parametrize("days", [30, 0])
def test_deletion_that_keeps_trashed_photos_is_repeatable(
    storage: Storage, photo: Photo, configure: Callable[..., None], query: dict[str, str], days: int
) -> None:
    delete(photo)
    configure(trash_days=days)
    trashed, objects = storage.photo(photo), storage.objects()
    for _ in range(2):
        assert delete(photo, keep_trashed="true", **query).status == 204
    assert (storage.photo(photo), storage.objects()) == (trashed, objects)
    assert delete(photo, keep_trashed="false", **query).status == 204
    assert storage.objects() == {}


@pytest.mark.parametrize("query", [{}, {"permanent": "true"}])
def test_photo_trashed_after_it_was_read_is_kept(
    storage: Storage, photo: Photo, monkeypatch: pytest.MonkeyPatch, query: dict[str, str]
) -> None:
    """Another client moves the photo to the trash between the read and the write of the deletion."""
    get = PhotosTable.get

    def read_before_the_other(table: PhotosTable, owner_id: str, photo_id: str) -> Photo | None:
        seen = get(table, owner_id, photo_id)
        monkeypatch.undo()
        delete(photo)
        return seen

    monkeypatch.setattr(PhotosTable, "get", read_before_the_other)
    assert delete(photo, keep_trashed="true", **query).status == 204
    assert storage.photo(photo).status is Status.TRASHED


def test_deletion_that_keeps_trashed_photos_removes_as_others_do(storage: Storage, photo: Photo) -> None:
    assert delete(photo, keep_trashed="true").status == 204
    assert storage.photo(photo).status is Status.TRASHED
    other = storage.put_ready("ab" * 32)
    assert delete(other, keep_trashed="true", permanent="true").status == 204
    assert storage.table.was_deleted(OWNER, other.photo_id)


def test_without_days_photos_are_removed_at_once(
    storage: Storage, photo: Photo, configure: Callable[..., None]
) -> None:
    earlier = storage.put_ready("ab" * 32)
    delete(earlier)
    configure(trash_days=0)
    assert (delete(photo).status, delete(earlier).status) == (204, 204)
    assert storage.objects() == {}
    assert {record["photo_id"]["S"].partition("/")[0] for record in storage.records()} == {"deleted"}


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.READY])
def test_photo_in_another_status_is_removed_at_once(storage: Storage, status: Status) -> None:
    photo = storage.put_photo(status=status)
    assert delete(photo).status == 204
    assert storage.table.was_deleted(OWNER, photo.photo_id)


@pytest.mark.parametrize("value", ["", "1", "True"])
@pytest.mark.parametrize("name", ["permanent", "keep_trashed"])
def test_invalid_flag_is_refused(storage: Storage, photo: Photo, name: str, value: str) -> None:
    response = delete(photo, **{name: value})
    expect_problem(response, Code.INVALID_REQUEST, f"{name} must be true or false.", parameter=name)
    assert storage.photo(photo) == photo


@pytest.mark.parametrize(
    "status", [status for status in Status if status not in (Status.READY, Status.TRASHED, Status.DELETING)]
)
def test_photo_outside_the_trash_cannot_be_restored(storage: Storage, status: Status) -> None:
    photo = storage.put_photo(status=status)
    expect_problem(restore(photo), Code.PHOTO_NOT_TRASHED, f"The photo is not in the trash: its status is {status}.")
    assert storage.photo(photo) == photo


def test_trashed_photo_can_be_edited_and_downloaded(storage: Storage, photo: Photo) -> None:
    delete(photo)
    edited = call("PATCH", PHOTO, photo.photo_id, body={"title": "Ebb"}, headers={"If-Match": '"3"'})
    assert (edited.status, edited.document["title"], edited.document["status"]) == (200, "Ebb", "trashed")
    assert call("GET", ORIGINAL, photo.photo_id).status == 200
    restore(photo)
    assert storage.photo(photo) == revised(photo, title="Ebb", version=4, restores=1, revisions=3)


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_trash_is_listed_in_the_order_of_creation(storage: Storage, clock: Clock, order: str) -> None:
    photos = storage.put_many_ready(5)
    for photo in (photos[3], photos[0], photos[4]):
        clock.tick(1)
        delete(photo)
    expected = [photos[index].photo_id for index in (0, 3, 4)]
    assert listed(status="trashed", order=order, limit="2") == (expected if order == "asc" else expected[::-1])
    assert sorted(listed()) == [photos[index].photo_id for index in (1, 2)]


def test_trashed_photo_is_the_answer_to_a_repeated_request(storage: Storage, photo: Photo) -> None:
    key = {"Idempotency-Key": "1"}
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1, "sha256": SHA256}
    assert call("POST", "/photos", body=body, headers=key).status == 200
    delete(photo)
    repeated = call("POST", "/photos", body=body, headers=key)
    expect(repeated, 200, {"photo": shown(storage.photo(photo))})


def refuse_all(writes: list[Callable[[], Any]]) -> None:
    """Assert that none of these writes changes anything."""
    for write in writes:
        with pytest.raises(ConditionFailedError):
            write()


def test_delayed_writes_do_not_undo_what_came_later(storage: Storage, photo: Photo, clock: Clock) -> None:
    table, seconds = storage.table, 10
    trashed = table.trash(photo, seconds)
    restored = table.restore(trashed)
    late: list[Callable[[], Any]] = [
        lambda: table.trash(photo, seconds),
        lambda: table.restore(trashed),
        lambda: table.begin_delete(trashed, in_any_status=False),
        lambda: table.begin_delete(trashed, in_any_status=True),
        lambda: table.begin_expiry(trashed),
    ]
    clock.tick(1)  # At the same time, a second restore is taken for a repeated request.
    refuse_all(late)
    assert storage.photo(photo) == restored
    again = table.trash(restored, seconds)
    refuse_all(late)
    assert storage.photo(photo) == again
    storage.begin_delete(photo)
    table.finish_delete(OWNER, photo.photo_id)
    refuse_all(late)
    assert table.get(OWNER, photo.photo_id) is None


def test_write_whose_response_was_lost_is_not_a_second_deletion(
    storage: Storage, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    trash = photos_table().trash

    def repeated(seen: Photo, keep_seconds: int) -> Photo:
        trash(seen, keep_seconds)
        return trash(seen, keep_seconds)

    monkeypatch.setattr(photos_table(), "trash", repeated)
    assert delete(photo).status == 204
    assert storage.photo(photo).status is Status.TRASHED


def test_restore_wins_over_a_repeated_write(storage: Storage, photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    trash = photos_table().trash

    def repeated(seen: Photo, keep_seconds: int) -> Photo:
        photos_table().restore(trash(seen, keep_seconds))
        return trash(seen, keep_seconds)

    monkeypatch.setattr(photos_table(), "trash", repeated)
    assert delete(photo).status == 204
    assert storage.photo(photo).status is Status.READY


def test_reprocess_between_read_and_write_is_noticed(
    storage: Storage, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = storage.table.hold(OWNER, photo.photo_id, Status.READY)
    stale = storage.photo(photo)
    renewed = storage.table.renew(held, {}, {}, 100)
    monkeypatch.setattr(photos_table(), "get", lambda *_: stale)
    assert delete(photo).status == 204
    trashed = storage.photo(photo)
    assert (trashed.status, trashed.retired, trashed.lease_until) == (
        Status.TRASHED,
        renewed.retired,
        renewed.retired_until,
    )


def test_restored_photo_has_the_schedule_of_its_retired_previews(storage: Storage, photo: Photo) -> None:
    held = storage.table.hold(OWNER, photo.photo_id, Status.READY)
    renewed = storage.table.renew(held, {}, {}, 100)
    delete(photo)
    restore(photo)
    assert storage.photo(photo) == revised(renewed, restores=1, revisions=2)
