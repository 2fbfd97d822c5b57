"""Persist makes the photo ready and returns it as the API shows it."""

import json
from dataclasses import replace

import pytest

from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Photo, Rejection, Status
from photosky.presigning import presigner
from photosky.store import keys
from photosky.store.table import ConditionFailedError
from tasks.persist import handler
from tasks.previews import handler as previews
from tests.storage import OTHER_OWNER, Storage
from tests.tasks.conftest import JPEG, SHA256
from tests.tasks.events import EXECUTION, delete, event, run_twice

NOT_FOUND = {"outcome": "declined", "code": "PhotoNotFound", "detail": "There is no photo with this id."}


@pytest.fixture
def rendered(storage: Storage) -> Photo:
    """A photo with previews, not yet ready."""
    photo = storage.put_photo()
    etag = storage.upload(photo, JPEG)
    storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION)
    assert previews(event(photo, etag=etag), None)["outcome"] == "rendered"
    return storage.photo(photo)


def test_photo_becomes_ready_and_its_upload_is_removed(storage: Storage, rendered: Photo) -> None:
    answer = run_twice(storage, handler, event(rendered))
    ready = replace(rendered, status=Status.READY, lease_until=None)
    assert storage.photo(rendered) == ready
    shown = ready.present(lambda key: presigner().url(key).url)
    assert answer == {"outcome": "ready", "photo": json.dumps(shown), "etag": '"1"'}
    assert storage.table.list_ready(ready.owner_id, limit=10, order="desc", after=None).photos == (ready,)
    assert storage.table.find_by_digest(ready.owner_id, SHA256) == ready
    assert keys.upload_key(ready.owner_id, ready.photo_id) not in storage.objects()


def test_concurrent_edit_is_kept(storage: Storage, rendered: Photo) -> None:
    storage.table.edit(rendered.owner_id, rendered.photo_id, {"title": "Early"}, version=None)
    answer = run_twice(storage, handler, event(rendered))
    assert (answer["etag"], json.loads(answer["photo"])["title"]) == ('"2"', "Early")
    assert storage.photo(rendered).title == "Early"


def test_ready_photo_is_returned_and_not_written(storage: Storage, rendered: Photo) -> None:
    first = handler(event(rendered), None)
    records = storage.records()
    assert run_twice(storage, handler, event(rendered) | {"execution": "execution 2"}) == first
    assert storage.records() == records


def test_photo_without_previews_does_not_become_ready(storage: Storage) -> None:
    photo = storage.put_photo()
    held = storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION)
    assert run_twice(storage, handler, event(photo))["code"] == "IngestInProgress"
    assert storage.photo(photo) == held


def test_photo_of_another_execution_keeps_its_upload(storage: Storage, rendered: Photo) -> None:
    storage.table.release(rendered.owner_id, rendered.photo_id, EXECUTION)
    other = storage.table.claim(rendered.owner_id, rendered.photo_id, "execution 2")
    assert run_twice(storage, handler, event(rendered))["code"] == "IngestInProgress"
    assert storage.photo(rendered) == other
    assert set(storage.objects()) == {keys.upload_key(rendered.owner_id, rendered.photo_id)}


def test_facts_of_a_rejected_attempt_do_not_become_ready(storage: Storage, rendered: Photo) -> None:
    """A late delivery of its claim gives the execution the lease again, but its objects are removed."""
    assert rendered.sha256 is not None
    held = storage.table.refuse(
        rendered.owner_id, rendered.photo_id, EXECUTION, Status.FAILED, Rejection("InternalError", "It broke.")
    )
    storage.table.settle(held)
    storage.table.claim(rendered.owner_id, rendered.photo_id, EXECUTION)
    with pytest.raises(ConditionFailedError):
        storage.table.complete(rendered.owner_id, rendered.photo_id, EXECUTION, rendered.sha256)


@pytest.mark.parametrize("how", ["begun", "finished"])
def test_deleted_photo_is_not_found_and_its_previews_are_removed(storage: Storage, rendered: Photo, how: str) -> None:
    objects = storage.objects()
    if how == "begun":
        storage.table.begin_delete(rendered.owner_id, rendered.photo_id)
    else:
        delete(storage, rendered)
        for key, stored in objects.items():
            storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=stored.data)
    assert run_twice(storage, handler, event(rendered)) == NOT_FOUND
    assert storage.objects() == {}


def test_concurrently_rejected_photo_leaves_no_previews(storage: Storage, rendered: Photo) -> None:
    torn = Rejection("CorruptImage", "It is torn.")
    storage.table.refuse(rendered.owner_id, rendered.photo_id, EXECUTION, Status.REJECTED, torn)
    assert run_twice(storage, handler, event(rendered)) == {
        "outcome": "declined",
        "code": "CorruptImage",
        "detail": "It is torn.",
    }
    assert storage.objects() == {}


def test_photo_of_another_owner_is_not_found_and_unchanged(storage: Storage, rendered: Photo) -> None:
    objects = storage.objects()
    assert run_twice(storage, handler, event(replace(rendered, owner_id=OTHER_OWNER))) == NOT_FOUND
    assert (storage.photo(rendered), storage.objects()) == (rendered, objects)
    assert len(objects) == 2 + len(DEFAULT_PRESETS)
