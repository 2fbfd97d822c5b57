"""Persist makes the photo ready and returns it as the API shows it."""

import json
from typing import Any

import pytest

from photosky.photo import Photo, Rejection, Status, etag_of
from photosky.presigning import presigner
from photosky.store import keys
from photosky.store.facts import read_facts
from photosky.store.items import marshal, to_item
from photosky.store.listings import View
from photosky.store.table import ConditionFailedError
from tasks.persist import handler
from tasks.previews import handler as previews
from tasks.promote import handler as promote
from tests.clock import Clock
from tests.pictures import encoded
from tests.storage import OTHER_OWNER, Storage, revised
from tests.tasks.conftest import JPEG, SHA256
from tests.tasks.events import EXECUTION, accepted, after_first, delete, event, pass_on, refuse, rendered, run_twice

NOT_FOUND = {"outcome": "declined", "code": "PhotoNotFound", "detail": "There is no photo with this id."}


@pytest.fixture
def photo(storage: Storage) -> Photo:
    """A photo that this execution has claimed, with its upload."""
    photo = storage.put_photo()
    storage.upload(photo, JPEG)
    return storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION)


@pytest.fixture
def given(storage: Storage, photo: Photo) -> dict[str, Any]:
    """The input of Persist after Previews rendered the photo."""
    etag = storage.upload(photo, JPEG)
    assert previews(accepted(photo, etag), None)["outcome"] == "rendered"
    return rendered(photo, etag)


def test_photo_becomes_ready_and_its_upload_is_removed_afterwards(
    storage: Storage, photo: Photo, given: dict[str, Any]
) -> None:
    facts = read_facts(photo.owner_id, photo.photo_id, EXECUTION)
    assert facts is not None
    answer = run_twice(storage, handler, given, lambda: pass_on(storage, photo))
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    ready = revised(photo, **facts, status=Status.READY, original=original, lease_until=None)
    assert storage.photo(photo) == ready
    shown = ready.present(lambda key: presigner().url(key).url)
    assert answer == {"outcome": "ready", "photo": json.dumps(shown), "etag": etag_of(ready, shown)}
    assert storage.table.list_photos(ready.owner_id, View(), limit=10, order="desc", after=None).photos == (ready,)
    assert storage.table.find_by_digest(ready.owner_id, SHA256) == ready
    assert set(storage.objects()) == keys.named_keys(ready)
    assert (storage.objects()[original].data, storage.objects()[original].content_type) == (JPEG, "image/jpeg")


def test_facts_that_the_picture_does_not_have_are_removed(
    storage: Storage, photo: Photo, given: dict[str, Any]
) -> None:
    """A lost attempt may have stored a location; only the facts of the current upload are kept."""
    handler(given, None)
    assert storage.photo(photo).location is not None
    storage.dynamodb.put_item(
        TableName=storage.table_name, Item=marshal(to_item(photo) | {"location": {"latitude": 1, "longitude": 2}})
    )
    etag = storage.upload(photo, encoded("jpeg", size=(64, 64)))
    assert previews(accepted(photo, etag), None)["outcome"] == "rendered"
    assert handler(rendered(photo, etag), None)["outcome"] == "ready"
    written = storage.photo(photo)
    assert (written.location, written.camera, written.taken_at) == (None, None, None)


def test_concurrent_edit_is_kept(storage: Storage, photo: Photo, given: dict[str, Any]) -> None:
    storage.table.edit(photo.owner_id, photo.photo_id, {"title": "Early"}, version=None)
    answer = run_twice(storage, handler, given, lambda: pass_on(storage, photo))
    shown = json.loads(answer["photo"])
    assert (answer["etag"], shown["title"]) == (etag_of(storage.photo(photo), shown), "Early")


@pytest.mark.parametrize("outcome", ["rendered", "unavailable", "ready"])
def test_ready_photo_is_returned_and_not_written(
    storage: Storage, photo: Photo, given: dict[str, Any], outcome: str
) -> None:
    first = handler(given, None)
    records = storage.records()
    again = event(photo, previous=given["previous"] | {"outcome": outcome}) | {"execution": "execution 2"}
    assert run_twice(storage, handler, again) == first
    assert storage.records() == records


REPLACED = {
    "outcome": "rejected",
    "code": "PreconditionFailed",
    "detail": "The upload was replaced while it was ingested.",
}


@pytest.mark.parametrize("outcome", ["rendered", "unavailable"])
@pytest.mark.parametrize("data", [None, b"other bytes"])
def test_missing_or_replaced_upload_is_rejected(
    storage: Storage, photo: Photo, given: dict[str, Any], outcome: str, data: bytes | None
) -> None:
    if data is None:
        upload = keys.upload_key(photo.owner_id, photo.photo_id)
        storage.s3.delete_object(Bucket=storage.bucket, Key=upload)
    else:
        storage.upload(photo, data)
    given["previous"]["outcome"] = outcome
    assert handler(given, None) == REPLACED
    assert storage.objects() == {}
    rejected = storage.photo(photo)
    assert (rejected.status, rejected.original, rejected.lease_until) == (Status.REJECTED, None, None)
    # A repeated attempt finds the rejection in the record.
    assert handler(given, None) == REPLACED | {"outcome": "declined"}


def test_upload_replaced_before_it_is_copied_is_rejected(storage: Storage, photo: Photo, given: dict[str, Any]) -> None:
    after_first("GetObject", lambda: storage.upload(photo, encoded("png")))
    assert handler(given, None) == REPLACED
    assert storage.objects() == {}


@pytest.mark.parametrize("outcome", ["rendered", "unavailable"])
def test_available_upload_that_previews_did_not_read_is_a_fault(storage: Storage, photo: Photo, outcome: str) -> None:
    """The role of Previews lacks a permission: a rejection would be final, and would remove the upload."""
    etag = storage.upload(photo, JPEG)
    with pytest.raises(RuntimeError, match="did not read it"):
        handler(event(photo, previous={"outcome": outcome, "etag": etag}), None)
    assert storage.photo(photo) == photo
    assert set(storage.objects()) == {keys.upload_key(photo.owner_id, photo.photo_id)}


def test_facts_of_another_form_are_a_fault(storage: Storage, photo: Photo, given: dict[str, Any]) -> None:
    key = keys.facts_key(photo.owner_id, photo.photo_id, EXECUTION)
    storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=json.dumps({"status": "deleting"}).encode())
    with pytest.raises(ValueError, match="The facts"):
        handler(given, None)
    assert storage.photo(photo) == photo


def test_state_of_an_earlier_version_has_no_content_type(storage: Storage, photo: Photo, given: dict[str, Any]) -> None:
    del given["previous"]["content_type"]
    assert handler(given, None)["outcome"] == "ready"
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    assert storage.objects()[original].content_type == "image/jpeg"


@pytest.mark.parametrize(
    ("content_type", "message", "is_copied"),
    [("image/png", "another content type", True), ("text/html", "type that PhotoSky accepts", False)],
)
def test_content_type_that_the_facts_do_not_have_is_a_fault(
    storage: Storage, photo: Photo, given: dict[str, Any], content_type: str, message: str, is_copied: bool
) -> None:
    given["previous"]["content_type"] = content_type
    with pytest.raises(ValueError, match=message):
        handler(given, None)
    assert storage.photo(photo) == photo
    assert (keys.original_key(photo.owner_id, photo.photo_id, EXECUTION) in storage.objects()) == is_copied


def test_original_that_promote_copied_is_not_copied_again(
    storage: Storage, photo: Photo, given: dict[str, Any]
) -> None:
    given["previous"]["promoted"] = promote(given | {"etag": given["previous"]["etag"], "format": "jpeg"}, None)[
        "outcome"
    ]
    refuse("CopyObject")
    assert handler(given, None)["outcome"] == "ready"
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    assert (storage.photo(photo).original, storage.objects()[original].data) == (original, JPEG)


def test_photo_of_another_execution_keeps_its_upload(storage: Storage, photo: Photo, given: dict[str, Any]) -> None:
    storage.table.release(photo.owner_id, photo.photo_id, EXECUTION)
    other = storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")
    assert run_twice(storage, handler, given)["code"] == "IngestInProgress"
    assert storage.photo(photo) == other
    assert set(storage.objects()) == {keys.upload_key(photo.owner_id, photo.photo_id)}


@pytest.mark.parametrize("operation", ["GetObject", "CopyObject"])
def test_photo_taken_over_meanwhile_keeps_only_its_upload(
    storage: Storage, photo: Photo, given: dict[str, Any], operation: str
) -> None:
    def take_over() -> None:
        storage.table.release(photo.owner_id, photo.photo_id, EXECUTION)
        storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")

    after_first(operation, take_over)
    assert run_twice(storage, handler, given)["code"] == "IngestInProgress"
    assert set(storage.objects()) == {keys.upload_key(photo.owner_id, photo.photo_id)}
    assert storage.photo(photo).execution == "execution 2"


@pytest.mark.parametrize("operation", ["GetObject", "CopyObject"])
def test_photo_deleted_meanwhile_leaves_nothing(
    storage: Storage, photo: Photo, given: dict[str, Any], operation: str
) -> None:
    after_first(operation, lambda: delete(storage, photo))
    after_first(operation, lambda: storage.upload(photo, JPEG))
    assert run_twice(storage, handler, given) == NOT_FOUND
    assert storage.objects() == {}


def test_facts_of_a_rejected_attempt_do_not_become_ready(storage: Storage, photo: Photo, clock: Clock) -> None:
    """A late delivery of its claim gives the execution another lease, but its objects are removed."""
    about = photo.owner_id, photo.photo_id, EXECUTION
    held = storage.table.refuse(*about, Status.FAILED, Rejection("InternalError", "It broke."))
    storage.table.settle(held)
    clock.tick(1)
    storage.table.claim(*about)
    with pytest.raises(ConditionFailedError):
        storage.table.complete(photo, {"sha256": SHA256})


@pytest.mark.parametrize("how", ["begun", "finished"])
def test_deleted_photo_is_not_found_and_its_previews_are_removed(
    storage: Storage, photo: Photo, given: dict[str, Any], how: str
) -> None:
    objects = storage.objects()
    if how == "begun":
        storage.begin_delete(photo)
    else:
        delete(storage, photo)
        for key, stored in objects.items():
            storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=stored.data)
    assert run_twice(storage, handler, given) == NOT_FOUND
    assert storage.objects() == {}


def test_concurrently_rejected_photo_leaves_no_previews(storage: Storage, photo: Photo, given: dict[str, Any]) -> None:
    torn = Rejection("CorruptImage", "It is torn.")
    storage.table.refuse(photo.owner_id, photo.photo_id, EXECUTION, Status.REJECTED, torn)
    assert run_twice(storage, handler, given) == {
        "outcome": "declined",
        "code": "CorruptImage",
        "detail": "It is torn.",
    }
    assert storage.objects() == {}


def test_photo_of_another_owner_is_not_found_and_unchanged(
    storage: Storage, photo: Photo, given: dict[str, Any]
) -> None:
    objects = storage.objects()
    assert run_twice(storage, handler, given | {"owner_id": OTHER_OWNER}) == NOT_FOUND
    assert (storage.photo(photo), storage.objects()) == (photo, objects)
    # The upload, the facts and two previews, because the picture is smaller than three of the presets.
    assert len(objects) == 4
