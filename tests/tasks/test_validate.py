"""Validate: each of its results, and what it leaves."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any
from unittest.mock import ANY

import pytest
from botocore.exceptions import ClientError

from photosky.aws import session
from photosky.photo import Photo, Rejection, Status
from photosky.store import keys
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.leases import LEASE_SECONDS
from photosky.store.objects import BLOCK_BYTES
from tasks.validate import handler
from tests import pictures
from tests.clock import NOW, Clock
from tests.storage import OTHER_OWNER, OWNER, Storage, awaiting
from tests.tasks.conftest import JPEG
from tests.tasks.events import after_first, delete, event, refuse, run_twice
from tests.tasks.reconcile_runs import reconcile

NOT_FOUND = {"outcome": "declined", "code": "PhotoNotFound", "detail": "There is no photo with this id."}
REPLACED = {
    "outcome": "rejected",
    "code": "PreconditionFailed",
    "detail": "The upload was replaced while it was being read.",
}


@cache
def long_gif() -> bytes:
    """A GIF whose frames take more than one ranged read to count."""
    return pictures.animation("gif", 12, (200, 150))


def claimed(photo: Photo) -> Photo:
    """The photo as this execution has claimed it."""
    return replace(
        photo,
        status=Status.PROCESSING,
        execution="execution 1",
        lease_until=NOW + LEASE_SECONDS,
        awaited_until=None,
        rejection=None,
    )


def test_valid_header_is_accepted_with_the_etag(storage: Storage) -> None:
    photo = storage.put_photo()
    etag = storage.upload(photo, JPEG)
    assert run_twice(storage, handler, event(photo)) == {
        "outcome": "accepted",
        "etag": etag,
        "declared_sha256": "",
        "size_bytes": len(JPEG),
        "format": "jpeg",
        "width": 300,
        "height": 400,
    }
    assert storage.photo(photo) == claimed(photo)


def test_failed_photo_is_claimed_again(storage: Storage) -> None:
    photo = storage.put_photo(status=Status.FAILED, rejection=Rejection("InternalError", "It broke."))
    storage.upload(photo, JPEG)
    assert run_twice(storage, handler, event(photo))["outcome"] == "accepted"
    assert storage.photo(photo) == claimed(photo)


def test_invalid_header_is_rejected_and_the_claim_kept_for_reject(storage: Storage) -> None:
    photo = storage.put_photo()
    storage.upload(photo, b"%PDF-1.7 is no picture")
    assert run_twice(storage, handler, event(photo)) == {
        "outcome": "rejected",
        "code": "UnsupportedFormat",
        "detail": ANY,
    }
    assert storage.photo(photo) == claimed(photo)


def test_claim_without_an_upload_is_released(storage: Storage, clock: Clock) -> None:
    photo = storage.put_photo()
    clock.tick(100)
    assert run_twice(storage, handler, event(photo)) == {
        "outcome": "declined",
        "code": "UploadMissing",
        "detail": "The upload is missing. Upload the file with the form from POST /photos, then ingest the photo.",
    }
    assert storage.photo(photo) == replace(awaiting(photo, NOW + 100 + UPLOAD_WAIT_SECONDS), lease_until=NOW + 99)


def test_objects_of_a_lost_execution_are_swept_after_a_claim_without_an_upload(storage: Storage, clock: Clock) -> None:
    """The audit would take the original for one of a later record, and stop: the photo cannot have one."""
    photo = storage.put_photo()
    storage.table.claim(photo.owner_id, photo.photo_id, "a lost execution")
    original = keys.original_key(photo.owner_id, photo.photo_id, "a lost execution")
    storage.s3.put_object(Bucket=storage.bucket, Key=original, Body=JPEG)
    clock.tick(LEASE_SECONDS + 1)
    assert handler(event(photo), None)["code"] == "UploadMissing"
    reconcile()
    assert (storage.objects(), storage.photo(photo)) == (
        {},
        awaiting(photo, NOW + LEASE_SECONDS + 1 + UPLOAD_WAIT_SECONDS),
    )


@pytest.mark.parametrize("gone", ["begun", "finished"])
def test_photo_deleted_before_the_release_is_not_found(storage: Storage, gone: str) -> None:
    """The deletion happens between claim and release, while the upload is requested."""
    photo = storage.put_photo()

    def disappear() -> None:
        storage.begin_delete(photo)
        if gone == "finished":
            storage.table.finish_delete(photo.owner_id, photo.photo_id)

    after_first("GetObject", disappear)
    assert run_twice(storage, handler, event(photo)) == NOT_FOUND


def test_upload_replaced_after_its_only_read_keeps_its_etag(storage: Storage) -> None:
    """Previews and Persist find that the upload has another ETag."""
    photo = storage.put_photo()
    etag = storage.upload(photo, JPEG)
    after_first("GetObject", lambda: storage.upload(photo, pictures.encoded("png")))
    assert handler(event(photo), None)["etag"] == etag


def test_upload_replaced_between_two_reads_is_rejected(storage: Storage) -> None:
    assert len(long_gif()) > BLOCK_BYTES
    photo = storage.put_photo()
    storage.upload(photo, long_gif())
    after_first("GetObject", lambda: storage.upload(photo, long_gif()[::-1]))
    assert handler(event(photo), None) == REPLACED
    assert storage.photo(photo) == claimed(photo)


def test_upload_repeated_with_the_same_bytes_is_accepted(storage: Storage) -> None:
    photo = storage.put_photo()
    storage.upload(photo, long_gif())
    after_first("GetObject", lambda: storage.upload(photo, long_gif()))
    assert handler(event(photo), None)["outcome"] == "accepted"


def test_upload_removed_while_it_is_read_is_missing(storage: Storage) -> None:
    photo = storage.put_photo()
    storage.upload(photo, long_gif())
    upload = keys.upload_key(photo.owner_id, photo.photo_id)
    after_first("GetObject", lambda: storage.s3.delete_object(Bucket=storage.bucket, Key=upload))
    assert handler(event(photo), None)["code"] == "UploadMissing"
    assert storage.photo(photo) == replace(photo, lease_until=NOW - 1)


def test_active_lease_of_another_execution_is_kept(storage: Storage, clock: Clock) -> None:
    photo = storage.put_photo()
    storage.upload(photo, JPEG)
    other = storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")
    clock.tick(LEASE_SECONDS)
    assert run_twice(storage, handler, event(photo))["code"] == "IngestInProgress"
    assert storage.photo(photo) == other


def test_expired_lease_is_taken_over(storage: Storage, clock: Clock) -> None:
    photo = storage.put_photo()
    storage.upload(photo, JPEG)
    storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")
    clock.tick(LEASE_SECONDS + 1)
    assert run_twice(storage, handler, event(photo))["outcome"] == "accepted"
    assert storage.photo(photo) == replace(claimed(photo), lease_until=NOW + 2 * LEASE_SECONDS + 1)


def test_refused_claim_is_the_result_although_the_header_cannot_be_read(storage: Storage) -> None:
    photo = storage.put_photo(status=Status.READY)
    refuse("GetObject")
    assert handler(event(photo), None) == {"outcome": "ready"}


def test_header_that_cannot_be_read_is_a_fault_of_a_claimed_photo(storage: Storage) -> None:
    photo = storage.put_photo()
    storage.upload(photo, JPEG)
    refuse("GetObject")
    with pytest.raises(ClientError, match="SlowDown"):
        handler(event(photo), None)
    assert storage.photo(photo) == claimed(photo)


def test_claim_is_made_while_the_header_is_read(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = storage.put_photo()
    storage.upload(photo, JPEG)
    both = threading.Barrier(2)

    def meet(**_arguments: Any) -> None:
        both.wait(10)

    monkeypatch.setattr("photosky.concurrently.ThreadPoolExecutor", ThreadPoolExecutor)
    for operation in ("dynamodb.UpdateItem", "s3.GetObject"):
        session().events.register_first(f"before-send.{operation}", meet)
    assert handler(event(photo), None)["outcome"] == "accepted"


@pytest.mark.parametrize(
    ("became", "answer"),
    [
        ({"status": Status.READY}, {"outcome": "ready"}),
        (
            {"status": Status.REJECTED, "rejection": Rejection("CorruptImage", "It is torn.")},
            {"outcome": "declined", "code": "CorruptImage", "detail": "It is torn."},
        ),
        ({"status": Status.DELETING}, NOT_FOUND),
    ],
    ids=["ready", "rejected", "deleting"],
)
def test_photo_that_can_not_be_ingested_is_returned_as_it_is(
    storage: Storage, became: dict[str, object], answer: dict[str, str]
) -> None:
    photo = storage.put_photo(**became)
    storage.upload(photo, JPEG)
    assert run_twice(storage, handler, event(photo)) == answer
    assert storage.photo(photo) == photo


def test_unknown_photos_and_those_of_others_are_not_found(storage: Storage) -> None:
    photo = storage.put_photo()
    storage.upload(photo, JPEG)
    assert run_twice(storage, handler, event(replace(photo, owner_id=OTHER_OWNER))) == NOT_FOUND
    assert storage.photo(photo) == photo
    delete(storage, photo)
    assert run_twice(storage, handler, event(photo)) == NOT_FOUND


@pytest.mark.parametrize("photo_id", ["", "photo", "../originals", "deleted/x", "7" * 36, "A" * 2000])
def test_invalid_id_is_not_found_without_a_read(storage: Storage, photo_id: str) -> None:
    given = {"owner_id": OWNER, "photo_id": photo_id, "execution": "execution 1"}
    assert run_twice(storage, handler, given) == NOT_FOUND
    assert storage.records() == []
