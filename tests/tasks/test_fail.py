"""Fail writes down that something broke, and leaves nothing of the attempt."""

from dataclasses import replace

import pytest

from photosky.photo import Photo, Rejection, Status
from tasks.fail import handler
from tests.storage import STRANGER, Storage
from tests.tasks.conftest import JPEG
from tests.tasks.events import EXECUTION, delete, event, run_twice

BROKE = {
    "code": "InternalError",
    "detail": "A step of the ingest failed because of an internal error. Upload the photo again.",
}
SLOW = {"code": "IngestTimedOut", "detail": "A step of the ingest timed out. Upload the photo again."}


def claimed(storage: Storage) -> Photo:
    """A photo that the execution under test holds."""
    photo = storage.await_upload()
    storage.upload(photo, JPEG)
    return storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        ("States.Timeout", SLOW),
        ("Sandbox.Timedout", SLOW),
        ("States.TaskFailed", BROKE),
        ("Lambda.Unknown", BROKE),
        ("OSError", BROKE),
        ("", BROKE),
    ],
)
def test_the_record_says_what_the_client_is_told_and_the_upload_is_gone(
    storage: Storage, error: str, answer: dict[str, str]
) -> None:
    photo = claimed(storage)
    assert run_twice(storage, handler, event(photo, error=error)) == {"outcome": "failed", **answer}
    assert storage.photo(photo) == replace(photo, status=Status.FAILED, rejection=Rejection(**answer), lease_until=None)
    assert storage.objects() == {}


def test_a_ready_photo_stays_ready(storage: Storage) -> None:
    """Persist may break behind its write: the execution failed, the photo did not."""
    photo = storage.put_ready("ab" * 32)
    original = f"originals/{photo.owner_id}/{photo.photo_id}/an earlier execution"
    storage.s3.put_object(Bucket=storage.bucket, Key=original, Body=JPEG)
    assert run_twice(storage, handler, event(photo, error="OSError")) == {"outcome": "failed", **BROKE}
    assert storage.photo(photo) == photo
    assert list(storage.objects()) == [original]


def test_a_rejected_photo_stays_rejected_and_what_reject_could_not_remove_goes(storage: Storage) -> None:
    photo = claimed(storage)
    torn = Rejection("CorruptImage", "It is torn.")
    refused = storage.table.refuse(photo.owner_id, photo.photo_id, EXECUTION, Status.REJECTED, torn)
    assert run_twice(storage, handler, event(photo, error="OSError")) == {"outcome": "failed", **BROKE}
    assert storage.photo(photo) == refused
    assert storage.objects() == {}


def test_a_photo_that_another_execution_holds_is_left_alone(storage: Storage) -> None:
    photo = claimed(storage)
    given = event(photo, error="OSError") | {"execution": "execution 2"}
    assert run_twice(storage, handler, given) == {"outcome": "failed", **BROKE}
    assert storage.photo(photo) == photo
    assert len(storage.objects()) == 1


def test_a_photo_that_was_deleted_leaves_nothing(storage: Storage) -> None:
    photo = claimed(storage)
    delete(storage, photo)
    storage.upload(photo, JPEG)
    assert run_twice(storage, handler, event(photo, error="OSError")) == {"outcome": "failed", **BROKE}
    assert storage.objects() == {}


def test_anothers_photo_stays_as_it_is(storage: Storage) -> None:
    photo = claimed(storage)
    given = event(replace(photo, owner_id=STRANGER), error="OSError")
    assert run_twice(storage, handler, given) == {"outcome": "failed", **BROKE}
    assert storage.photo(photo) == photo
    assert len(storage.objects()) == 1
