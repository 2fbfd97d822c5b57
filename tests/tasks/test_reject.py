"""Reject stores the reason and removes everything else."""

from dataclasses import replace

import pytest

from photosky.errors import Code
from photosky.photo import Photo, Rejection, Status
from photosky.store.timeline import Usage
from tasks.previews import handler as previews
from tasks.reject import handler
from tests.storage import OTHER_OWNER, Storage
from tests.tasks.conftest import JPEG
from tests.tasks.events import EXECUTION, accepted, delete, event, run_twice

NOT_FOUND = {"outcome": "declined", "code": "PhotoNotFound", "detail": "There is no photo with this id."}
TORN = {"code": "CorruptImage", "detail": "It is torn."}


def claimed(storage: Storage) -> Photo:
    """A photo that this execution has claimed."""
    photo = storage.put_photo()
    storage.upload(photo, JPEG)
    return storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION)


@pytest.mark.parametrize("code", list(Code))
def test_reason_is_stored_and_the_upload_removed(storage: Storage, code: Code) -> None:
    photo = claimed(storage)
    answer = run_twice(storage, handler, event(photo, code=str(code), detail="It is so."))
    assert answer == {"outcome": "rejected", "code": str(code), "detail": "It is so."}
    assert storage.photo(photo) == replace(
        photo,
        status=Status.REJECTED,
        rejection=Rejection(str(code), "It is so."),
        lease_until=None,
        counted_bytes=None,
        revision=1,
    )
    assert storage.table.usage(photo.owner_id) == Usage(0, 0)
    assert storage.objects() == {}


def test_previews_and_facts_are_removed(storage: Storage) -> None:
    photo = claimed(storage)
    etag = storage.upload(photo, JPEG)
    facts = {"sha256": "ab" * 32, "content_type": "image/png", "size_bytes": 5}
    previews(accepted(photo, etag), None)
    read = storage.describe(photo, facts)
    run_twice(storage, handler, event(photo, **TORN))
    assert storage.objects() == {}
    assert storage.photo(photo) == replace(
        photo,
        status=Status.REJECTED,
        rejection=Rejection(**TORN),
        lease_until=None,
        revision=1,
        counted_bytes=None,
        content_type=read.content_type,
        size_bytes=read.size_bytes,
    )


def test_ready_photo_stays_ready(storage: Storage) -> None:
    photo = storage.put_ready("ab" * 32)
    assert run_twice(storage, handler, event(photo, **TORN)) == {"outcome": "ready"}
    assert storage.photo(photo) == photo


def test_photo_of_another_execution_is_unchanged(storage: Storage) -> None:
    photo = claimed(storage)
    given = event(photo, **TORN) | {"execution": "execution 2"}
    assert run_twice(storage, handler, given)["code"] == "IngestInProgress"
    assert storage.photo(photo) == photo
    assert len(storage.objects()) == 1


def test_deleted_photo_is_not_found_and_its_upload_removed(storage: Storage) -> None:
    photo = claimed(storage)
    delete(storage, photo)
    storage.upload(photo, JPEG)
    assert run_twice(storage, handler, event(photo, **TORN)) == NOT_FOUND
    assert storage.objects() == {}


def test_photo_of_another_owner_is_not_found(storage: Storage) -> None:
    photo = claimed(storage)
    assert run_twice(storage, handler, event(replace(photo, owner_id=OTHER_OWNER), **TORN)) == NOT_FOUND
    assert storage.photo(photo) == photo
    assert len(storage.objects()) == 1
