"""Promote copies the upload that Validate accepted, and no other one."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from photosky.photo import Photo
from photosky.store import keys
from tasks.promote import handler
from tests import pictures
from tests.storage import Storage
from tests.tasks.conftest import JPEG
from tests.tasks.events import EXECUTION, event, refuse, run_twice

UNAVAILABLE = {"outcome": "unavailable", "content_type": "image/jpeg"}


@pytest.fixture
def photo(storage: Storage) -> Photo:
    """A photo that this execution has claimed."""
    photo = storage.put_photo()
    return storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION)


@pytest.fixture
def given(storage: Storage, photo: Photo) -> dict[str, Any]:
    """The input of Promote after Validate accepted the upload."""
    return event(photo, etag=storage.upload(photo, JPEG), format="jpeg")


def test_upload_is_copied_with_the_type_of_its_format(storage: Storage, photo: Photo, given: dict[str, Any]) -> None:
    assert run_twice(storage, handler, given) == {"outcome": "promoted", "content_type": "image/jpeg"}
    upload = keys.upload_key(photo.owner_id, photo.photo_id)
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    assert {key: stored.data for key, stored in storage.objects().items()} == {upload: JPEG, original: JPEG}
    assert storage.objects()[original].content_type == "image/jpeg"
    assert storage.photo(photo) == photo


def test_replaced_upload_is_unavailable(storage: Storage, photo: Photo, given: dict[str, Any]) -> None:
    storage.upload(photo, pictures.encoded("png"))
    assert run_twice(storage, handler, given) == UNAVAILABLE
    assert list(storage.objects()) == [keys.upload_key(photo.owner_id, photo.photo_id)]


def test_missing_upload_is_unavailable(storage: Storage, photo: Photo, given: dict[str, Any]) -> None:
    storage.s3.delete_object(Bucket=storage.bucket, Key=keys.upload_key(photo.owner_id, photo.photo_id))
    assert run_twice(storage, handler, given) == UNAVAILABLE
    assert storage.objects() == {}


@pytest.mark.usefixtures("storage")
def test_other_errors_are_faults(given: dict[str, Any]) -> None:
    refuse("CopyObject")
    with pytest.raises(ClientError, match="SlowDown"):
        handler(given, None)
