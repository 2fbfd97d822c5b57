"""The whole workflow, repeated, overtaken, interrupted and failed."""

from dataclasses import replace

import pytest

from photosky.photo import Photo, Rejection, Status
from photosky.store.leases import LEASE_SECONDS
from tests import pictures
from tests.clock import Clock
from tests.state_machine import Execution, Ingest
from tests.storage import OTHER_OWNER, OWNER, Storage
from tests.tasks.conftest import JPEG
from tests.tasks.events import delete, pass_on, raises
from tests.tasks.test_ingest import uploaded

SIZES = {"thumb": (256, 256), "small": (300, 400), "medium": (300, 400), "large": (300, 400)}
NOT_FOUND = {"outcome": "declined", "code": "PhotoNotFound", "detail": "There is no photo with this id."}
IN_PROGRESS = {
    "outcome": "declined",
    "code": "IngestInProgress",
    "detail": "Another ingest of this photo is in progress; retry after the interval in Retry-After.",
}


def test_second_ingest_of_a_ready_photo_returns_it(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    first = ingest.run(photo)
    pass_on(storage, photo)
    before = storage.records(), storage.objects()
    second = ingest.run(photo, "execution 2")
    assert second.output == first.output
    assert list(second.results) == ["Validate", "Persist"]
    assert (storage.records(), storage.objects()) == before


def test_second_upload_of_a_ready_photo_is_removed_by_its_next_ingest(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    first = ingest.run(photo)
    pass_on(storage, photo)
    before = storage.records(), storage.objects()
    storage.upload(photo, pictures.encoded("png"))
    assert ingest.run(photo, "execution 2").output == first.output
    assert (storage.records(), storage.objects()) == before


def test_second_ingest_of_a_rejected_photo_returns_the_rejection(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage, b"no picture")
    first = ingest.run(photo)
    before = storage.records()
    second = ingest.run(photo, "execution 2")
    assert second.output == first.output | {"outcome": "declined"}
    assert storage.records() == before


@pytest.mark.parametrize("during", ["Previews", "Promote", "Persist"])
def test_concurrent_ingest_is_declined_and_the_first_continues(storage: Storage, ingest: Ingest, during: str) -> None:
    photo = uploaded(storage)
    seconds: list[Execution] = []
    inner = ingest.without_hooks()
    ingest.before[during] = lambda: seconds.append(inner.run(photo, "execution 2"))
    assert ingest.run(photo).output["outcome"] == "ready"
    assert [second.output for second in seconds] == [IN_PROGRESS]


def test_expired_lease_is_taken_over(storage: Storage, ingest: Ingest, clock: Clock) -> None:
    photo = uploaded(storage)
    storage.table.claim(photo.owner_id, photo.photo_id, "a lost execution")
    clock.tick(LEASE_SECONDS)
    assert ingest.run(photo).output == IN_PROGRESS
    clock.tick(1)
    assert ingest.run(photo).output["outcome"] == "ready"


@pytest.mark.parametrize("during", ["Previews", "Promote", "Persist"])
def test_execution_without_its_lease_writes_nothing(
    storage: Storage, ingest: Ingest, clock: Clock, during: str
) -> None:
    photo = uploaded(storage)

    def take_over() -> None:
        clock.tick(LEASE_SECONDS + 1)
        storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")

    ingest.before[during] = take_over
    assert ingest.run(photo).output == IN_PROGRESS
    assert (storage.photo(photo).status, storage.photo(photo).execution) == (Status.PROCESSING, "execution 2")


@pytest.mark.parametrize("during", ["Previews", "Promote", "Persist"])
def test_overtaken_execution_returns_the_result_of_the_other(
    storage: Storage, ingest: Ingest, clock: Clock, during: str
) -> None:
    photo = uploaded(storage)
    inner = ingest.without_hooks()
    others: list[Execution] = []

    def overtake() -> None:
        clock.tick(LEASE_SECONDS + 1)
        others.append(inner.run(photo, "execution 2"))

    ingest.before[during] = overtake
    done = ingest.run(photo)
    assert done.output == others[0].output
    assert done.output["outcome"] == "ready"
    pass_on(storage, photo)
    # The original and two previews, because the picture is smaller than three of the presets.
    assert len(storage.objects()) == 3


@pytest.mark.parametrize("during", ["Validate", "Previews", "Promote", "Persist"])
def test_photo_deleted_during_its_ingest_leaves_nothing(storage: Storage, ingest: Ingest, during: str) -> None:
    photo = uploaded(storage)
    ingest.before[during] = lambda: delete(storage, photo)
    assert ingest.run(photo).output == NOT_FOUND
    assert storage.objects() == {}
    assert storage.table.get(photo.owner_id, photo.photo_id) is None


@pytest.mark.parametrize("during", ["Validate", "Previews", "Promote", "Persist"])
def test_photo_with_a_begun_deletion_leaves_nothing(storage: Storage, ingest: Ingest, during: str) -> None:
    """Its objects may lie there still, or again: the DELETE that follows removes them, and so does who wrote last."""
    photo = uploaded(storage)

    def begin() -> None:
        storage.begin_delete(photo)

    ingest.before[during] = begin
    assert ingest.run(photo).output == NOT_FOUND
    assert storage.photo(photo).status is Status.DELETING
    assert not [key for key in storage.objects() if key.startswith(("previews/", "originals/"))]


def test_photo_deleted_before_its_rejection_is_not_found(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage, b"no picture")
    ingest.before["Reject"] = lambda: delete(storage, photo)
    assert ingest.run(photo).output == NOT_FOUND
    assert storage.objects() == {}


def test_photo_of_another_owner_is_not_found_and_unchanged(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    before = storage.records(), storage.objects()
    assert ingest.run(replace(photo, owner_id=OTHER_OWNER)).output == NOT_FOUND
    assert (storage.records(), storage.objects()) == before


@pytest.mark.parametrize("photo_id", ["", "photo", "../originals", "deleted/x", "A" * 2000, "7" * 36])
def test_invalid_id_is_not_found(storage: Storage, ingest: Ingest, photo_id: str) -> None:
    photo = Photo(
        owner_id=OWNER,
        photo_id=photo_id,
        status=Status.AWAITING_UPLOAD,
        filename="x",
        content_type="image/png",
        size_bytes=1,
        created_at="2026-01-01T00:00:00.000Z",
    )
    assert ingest.run(photo).output == NOT_FOUND
    assert storage.records() == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (OSError("the disk is gone"), "InternalError"),
        (type("States.Timeout", (Exception,), {})(), "IngestTimedOut"),
        (type("Sandbox.Timedout", (Exception,), {})(), "IngestTimedOut"),
    ],
)
@pytest.mark.parametrize("during", ["Previews", "Persist"])
def test_fault_fails_the_execution_and_leaves_only_its_code(
    storage: Storage, ingest: Ingest, during: str, fault: Exception, code: str
) -> None:
    photo = uploaded(storage)

    ingest.before[during] = raises(fault)
    done = ingest.run(photo)
    assert (done.status, done.error) == ("FAILED", code)
    assert storage.objects() == {}
    failed = storage.photo(photo)
    assert (failed.status, failed.rejection) == (Status.FAILED, Rejection(code, done.results["Fail"]["detail"]))
    shown = failed.present(lambda key: key)
    assert [shown[name] for name in ("width", "camera", "location", "placeholder", "previews")] == [None] * 4 + [{}]


def test_failed_photo_can_be_uploaded_again(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    ingest.before["Persist"] = raises(OSError())
    assert ingest.run(photo).status == "FAILED"
    ingest.before.clear()
    storage.upload(photo, JPEG)
    assert ingest.run(photo, "execution 2").output["outcome"] == "ready"
    ready = storage.photo(photo)
    assert (ready.status, ready.rejection, ready.execution) == (Status.READY, None, "execution 2")


def test_fault_that_can_not_be_stored_fails_the_execution(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    ingest.before |= {"Persist": raises(OSError()), "Fail": raises(OSError())}
    done = ingest.run(photo)
    assert (done.status, done.error) == ("FAILED", "InternalError")
