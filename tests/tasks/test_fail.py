"""Fail stores the fault and removes what the attempt wrote."""

from dataclasses import replace

import pytest

from photosky.photo import Photo, Rejection, Status
from tasks.fail import handler
from tests.storage import OTHER_OWNER, Storage
from tests.tasks.conftest import JPEG
from tests.tasks.events import EXECUTION, delete, event, run_twice

INTERNAL = {
    "code": "InternalError",
    "detail": "A step of the ingest failed because of an internal error. Upload the photo again.",
}
TIMED_OUT = {"code": "IngestTimedOut", "detail": "A step of the ingest timed out. Upload the photo again."}


def claimed(storage: Storage) -> Photo:
    """A photo that this execution has claimed."""
    photo = storage.put_photo()
    storage.upload(photo, JPEG)
    return storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        ("States.Timeout", TIMED_OUT),
        ("Sandbox.Timedout", TIMED_OUT),
        ("States.TaskFailed", INTERNAL),
        ("Lambda.Unknown", INTERNAL),
        ("OSError", INTERNAL),
        ("", INTERNAL),
    ],
)
def test_rejection_is_stored_and_the_upload_removed(storage: Storage, error: str, answer: dict[str, str]) -> None:
    photo = claimed(storage)
    assert run_twice(storage, handler, event(photo, error=error)) == {"outcome": "failed", **answer}
    assert storage.photo(photo) == replace(
        photo, status=Status.FAILED, rejection=Rejection(**answer), lease_until=None, revision=1
    )
    assert storage.objects() == {}


def test_ready_photo_stays_ready(storage: Storage) -> None:
    """Persist may fail after its write: the execution failed, the photo is ready."""
    photo = storage.put_ready("ab" * 32)
    original = f"originals/{photo.owner_id}/{photo.photo_id}/an earlier execution"
    storage.s3.put_object(Bucket=storage.bucket, Key=original, Body=JPEG)
    assert run_twice(storage, handler, event(photo, error="OSError")) == {"outcome": "failed", **INTERNAL}
    assert storage.photo(photo) == photo
    assert list(storage.objects()) == [original]


def test_rejected_photo_stays_rejected_and_its_objects_are_removed(storage: Storage) -> None:
    photo = claimed(storage)
    torn = Rejection("CorruptImage", "It is torn.")
    refused = storage.table.refuse(photo.owner_id, photo.photo_id, EXECUTION, Status.REJECTED, torn)
    assert run_twice(storage, handler, event(photo, error="OSError")) == {"outcome": "failed", **INTERNAL}
    assert storage.photo(photo) == refused
    assert storage.objects() == {}


def test_photo_of_another_execution_is_unchanged(storage: Storage) -> None:
    photo = claimed(storage)
    given = event(photo, error="OSError") | {"execution": "execution 2"}
    assert run_twice(storage, handler, given) == {"outcome": "failed", **INTERNAL}
    assert storage.photo(photo) == photo
    assert len(storage.objects()) == 1


def test_deleted_photo_leaves_nothing(storage: Storage) -> None:
    photo = claimed(storage)
    delete(storage, photo)
    storage.upload(photo, JPEG)
    assert run_twice(storage, handler, event(photo, error="OSError")) == {"outcome": "failed", **INTERNAL}
    assert storage.objects() == {}


def test_photo_of_another_owner_is_unchanged(storage: Storage) -> None:
    photo = claimed(storage)
    given = event(replace(photo, owner_id=OTHER_OWNER), error="OSError")
    assert run_twice(storage, handler, given) == {"outcome": "failed", **INTERNAL}
    assert storage.photo(photo) == photo
    assert len(storage.objects()) == 1
