"""Previews: each of its results, and what it leaves for Persist or Reject."""

from dataclasses import replace

import pytest

from photosky import heap
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Photo, Rejection, Status
from photosky.store import keys
from photosky.store.leases import LEASE_SECONDS
from tasks import persist, reject
from tasks.previews import handler
from tests import pictures
from tests.clock import Clock
from tests.storage import OTHER_OWNER, Storage, StoredObject
from tests.tasks.conftest import JPEG, SHA256
from tests.tasks.events import EXECUTION, after_first, delete, event, run_twice

NOT_FOUND = {"outcome": "declined", "code": "PhotoNotFound", "detail": "There is no photo with this id."}
REPLACED = {
    "outcome": "rejected",
    "code": "PreconditionFailed",
    "detail": "The upload was replaced while it was ingested.",
}


def claimed(storage: Storage, data: bytes = JPEG, **changes: object) -> tuple[Photo, str]:
    """A photo that this execution has claimed, and the ETag of its upload."""
    photo = storage.put_photo(**changes)
    etag = storage.upload(photo, data)
    return storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION), etag


def test_objects_are_stored_and_described_but_the_photo_is_not_ready(storage: Storage) -> None:
    photo, etag = claimed(storage)
    assert run_twice(storage, handler, event(photo, etag=etag)) == {
        "outcome": "rendered",
        "previews": 4,
        "size_bytes": len(JPEG),
        "width": 300,
        "height": 400,
    }
    written = storage.photo(photo)
    assert (written.status, written.sha256) == (Status.PROCESSING, SHA256)
    made = keys.execution_keys(photo.owner_id, photo.photo_id, EXECUTION, DEFAULT_PRESETS)
    assert keys.named_keys(written) == made
    assert set(storage.objects()) == made | {keys.upload_key(photo.owner_id, photo.photo_id)}
    assert storage.table.list_ready(photo.owner_id, limit=10, order="desc", after=None).photos == ()


def test_repeat_removes_facts_that_the_picture_does_not_have(storage: Storage) -> None:
    """A lost attempt may have stored a location; only the facts of the current upload are kept."""
    photo, etag = claimed(storage)
    handler(event(photo, etag=etag), None)
    assert storage.photo(photo).location is not None
    etag = storage.upload(photo, pictures.encoded("jpeg", size=(64, 64)))
    storage.table.describe(photo.owner_id, photo.photo_id, EXECUTION, {"sha256": None})
    assert handler(event(photo, etag=etag), None)["outcome"] == "rendered"
    written = storage.photo(photo)
    assert (written.location, written.camera, written.taken_at) == (None, None, None)


def test_damaged_picture_is_rejected_before_any_write(storage: Storage) -> None:
    photo, etag = claimed(storage, pictures.truncated(JPEG, len(JPEG) // 2))
    assert run_twice(storage, handler, event(photo, etag=etag))["code"] == "CorruptImage"
    assert storage.photo(photo) == photo
    assert set(storage.objects()) == {keys.upload_key(photo.owner_id, photo.photo_id)}


def test_other_digest_is_rejected_before_any_write(storage: Storage) -> None:
    photo, etag = claimed(storage, declared_sha256="0" * 64)
    assert run_twice(storage, handler, event(photo, etag=etag)) == {
        "outcome": "rejected",
        "code": "CorruptImage",
        "detail": "The upload does not have the declared SHA-256 digest.",
    }
    assert set(storage.objects()) == {keys.upload_key(photo.owner_id, photo.photo_id)}


def test_upload_with_another_etag_is_rejected(storage: Storage) -> None:
    photo, etag = claimed(storage)
    storage.upload(photo, pictures.encoded("png"))
    assert run_twice(storage, handler, event(photo, etag=etag)) == REPLACED


def test_missing_upload_is_rejected(storage: Storage) -> None:
    photo, etag = claimed(storage)
    storage.s3.delete_object(Bucket=storage.bucket, Key=keys.upload_key(photo.owner_id, photo.photo_id))
    assert run_twice(storage, handler, event(photo, etag=etag)) == REPLACED


def test_upload_replaced_after_it_was_read_is_not_promoted(storage: Storage) -> None:
    photo, etag = claimed(storage)
    after_first("GetObject", lambda: storage.upload(photo, pictures.encoded("png")))
    assert run_twice(storage, handler, event(photo, etag=etag)) == REPLACED
    assert not [key for key in storage.objects() if key.startswith(keys.ORIGINALS_PREFIX)]


def test_photo_deleted_while_rendering_leaves_nothing(storage: Storage) -> None:
    photo, etag = claimed(storage)
    after_first("CopyObject", lambda: delete(storage, photo))
    after_first("CopyObject", lambda: storage.upload(photo, JPEG))
    assert run_twice(storage, handler, event(photo, etag=etag)) == NOT_FOUND
    assert storage.objects() == {}


def test_photo_taken_over_while_rendering_keeps_only_its_upload(storage: Storage) -> None:
    photo, etag = claimed(storage)

    def take_over() -> None:
        storage.table.release(photo.owner_id, photo.photo_id, EXECUTION)
        storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")

    after_first("CopyObject", take_over)
    assert run_twice(storage, handler, event(photo, etag=etag))["code"] == "IngestInProgress"
    assert set(storage.objects()) == {keys.upload_key(photo.owner_id, photo.photo_id)}
    assert storage.photo(photo).execution == "execution 2"


def test_late_execution_changes_no_objects_of_another(storage: Storage, clock: Clock) -> None:
    """Its first preview is written after another execution has made the photo ready from other bytes."""
    photo, etag = claimed(storage)

    def overtake() -> None:
        clock.tick(LEASE_SECONDS + 1)
        storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")
        again = storage.upload(photo, pictures.encoded("png"))
        other = event(photo, etag=again) | {"execution": "execution 2"}
        assert handler(other, None)["outcome"] == "rendered"
        assert persist.handler(other, None)["outcome"] == "ready"
        made.append((storage.photo(photo), storage.objects()))

    made: list[tuple[Photo, dict[str, StoredObject]]] = []
    after_first("GetObject", overtake)
    handler(event(photo, etag=etag), None)
    reject.handler(event(photo, code="PreconditionFailed", detail="It was replaced."), None)
    assert made == [(storage.photo(photo), storage.objects())]


@pytest.mark.parametrize(
    ("became", "answer"),
    [
        ({"status": Status.READY}, {"outcome": "ready"}),
        ({"status": Status.DELETING}, NOT_FOUND),
        (
            {"status": Status.REJECTED, "rejection": Rejection("CorruptImage", "It is torn.")},
            {"outcome": "declined", "code": "CorruptImage", "detail": "It is torn."},
        ),
    ],
    ids=["ready", "deleting", "rejected"],
)
def test_photo_of_another_execution_is_returned_as_it_is(
    storage: Storage, became: dict[str, object], answer: dict[str, str]
) -> None:
    photo = storage.put_photo(**became, execution="execution 2")
    etag = storage.upload(photo, JPEG)
    before = storage.records(), storage.objects()
    assert run_twice(storage, handler, event(photo, etag=etag)) == answer
    assert (storage.records(), storage.objects()) == before


def test_photo_of_another_owner_is_not_found(storage: Storage) -> None:
    photo, etag = claimed(storage)
    assert run_twice(storage, handler, event(replace(photo, owner_id=OTHER_OWNER), etag=etag)) == NOT_FOUND
    assert storage.photo(photo) == photo


def test_heap_is_trimmed_at_intervals(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    trims: list[None] = []
    monkeypatch.setattr(heap, "trim", lambda: trims.append(None))
    nobodys = event(storage.put_photo(), etag='"1"')
    for _ in range(heap.INVOCATIONS):
        assert handler(nobodys, None)["outcome"] == "declined"
    assert trims == [None]
