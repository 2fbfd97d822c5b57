"""The whole workflow, in the order and with the inputs of the deployed definition."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import ANY

import pytest

from photosky.imaging.formats import CONTENT_TYPES
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.location import Location
from photosky.photo import Photo, Rejection, Status, StoredPreview
from photosky.presigning import presigner
from photosky.store import keys
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import IMMUTABLE
from tests import pictures
from tests.clock import NOW, Clock
from tests.state_machine import Execution, Ingest
from tests.storage import OWNER, STRANGER, Storage
from tests.tasks.conftest import JPEG, SHA256
from tests.tasks.events import delete, raises

SIZES = {"thumb": (256, 256), "small": (300, 400), "medium": (300, 400), "large": (300, 400)}
NOT_FOUND = {"outcome": "declined", "code": "PhotoNotFound", "detail": "There is no photo with this id."}
IN_PROGRESS = {
    "outcome": "declined",
    "code": "IngestInProgress",
    "detail": "Another ingest of this photo is in progress; retry after the interval in Retry-After.",
}


def preview_keys(photo: Photo) -> dict[str, str]:
    """Each preset's key of a photo that the first execution made."""
    return {
        preset.name: keys.preview_key(photo.owner_id, photo.photo_id, "execution 1", preset)
        for preset in DEFAULT_PRESETS
    }


def uploaded(storage: Storage, data: bytes = JPEG, **changes: Any) -> Photo:
    """A photo whose bytes have arrived."""
    photo = storage.await_upload(**{"size_bytes": len(data)} | changes)
    storage.upload(photo, data)
    return photo


def test_an_upload_becomes_a_photo(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    done = ingest.run(photo)
    named = preview_keys(photo)
    original = keys.original_key(photo.owner_id, photo.photo_id, "execution 1")
    objects = storage.objects()

    assert {key: (stored.content_type, stored.cache_control) for key, stored in objects.items()} == {
        original: ("image/jpeg", None),
        **dict.fromkeys(named.values(), ("image/webp", IMMUTABLE)),
    }
    assert objects[original].data == JPEG

    ready = storage.photo(photo)
    assert ready == replace(
        photo,
        status=Status.READY,
        sha256=SHA256,
        size_bytes=len(JPEG),
        width=300,
        height=400,
        taken_at="2026-09-20T18:30:00+02:00",
        camera="Example One",
        location=Location(47.376667, 8.54, 408.0),
        placeholder=ready.placeholder,
        dominant_color=ready.dominant_color,
        original=original,
        previews={
            name: StoredPreview(key, *SIZES[name], "image/webp", len(objects[key].data)) for name, key in named.items()
        },
        execution="execution 1",
        expires_at=None,
    )
    assert ready.placeholder
    assert ready.dominant_color
    (record,) = storage.records()
    assert (record["ready_id"], record["ready_sha256"]) == ({"S": photo.photo_id}, {"S": SHA256})

    assert (done.status, done.output) == (
        "SUCCEEDED",
        {"outcome": "ready", "photo": ANY, "etag": '"1"'},
    )
    assert json.loads(done.output["photo"]) == ready.present(lambda key: presigner().url(key).url)


@pytest.mark.parametrize("picture_format", list(CONTENT_TYPES))
def test_every_format_becomes_a_photo_of_the_type_that_its_bytes_have(
    storage: Storage, ingest: Ingest, picture_format: pictures.PictureFormat
) -> None:
    photo = uploaded(storage, pictures.encoded(picture_format, size=(40, 30)), content_type="image/jpeg")
    assert ingest.run(photo).output["outcome"] == "ready"
    ready = storage.photo(photo)
    assert ready.original is not None
    original = storage.objects()[ready.original]
    assert (ready.content_type, original.content_type) == (CONTENT_TYPES[picture_format],) * 2
    assert (ready.width, ready.height) == (40, 30)


def test_the_state_holds_only_short_texts_and_numbers(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    done = ingest.run(photo)
    ready = storage.photo(photo)
    assert list(done.results) == ["Validate", "Previews", "Persist"]
    for step in ("Validate", "Previews"):
        text = json.dumps([done.events[step], done.results[step]], ensure_ascii=False)
        assert len(text.encode()) < 1024
        assert {type(value) for value in done.results[step].values()} <= {str, int}
        for private in (photo.filename, ready.placeholder, ready.dominant_color, ready.camera, "47.3", "8.54"):
            assert private is not None
            assert private not in text


@pytest.mark.parametrize(
    ("policy", "location"),
    [
        ("keep", Location(47.376667, 8.54, 408.0)),
        ("coarse", Location(47.4, 8.5, None)),
        ("drop", None),
    ],
)
def test_the_location_is_kept_by_policy(
    storage: Storage, ingest: Ingest, configure: Callable[..., None], policy: str, location: Location | None
) -> None:
    configure(location_policy=policy)
    photo = uploaded(storage)
    answered = json.loads(ingest.run(photo).output["photo"])
    assert storage.photo(photo).location == location
    assert answered["location"] == (vars(location) if location else None)
    (record,) = storage.records()
    assert ("location" in record) == (location is not None)
    assert policy == "keep" or "47.37" not in str(record)


REFUSED = [
    ("a text", b"This is not a picture. " * 40, "UnsupportedFormat"),
    ("random bytes", pictures.wrong_bytes(), "UnsupportedFormat"),
    ("no bytes", b"", "CorruptImage"),
    ("a torn JPEG", pictures.truncated(JPEG, len(JPEG) // 2), "CorruptImage"),
    ("a torn header", JPEG[:60], "CorruptImage"),
    ("a giant JPEG", pictures.giant_jpeg(), "TooManyPixels"),
    ("a bomb PNG", pictures.bomb_png(20_000, 20_000), "TooManyPixels"),
    ("a WebP that declares too much", pictures.webp_declaring(16_000, 16_000), "TooManyPixels"),
    ("a JPEG of too many scans", pictures.many_scans(200), "CorruptImage"),
]


@pytest.mark.parametrize(("data", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_refused_upload_is_an_answer_and_leaves_only_its_reason(
    storage: Storage, ingest: Ingest, data: bytes, code: str
) -> None:
    photo = uploaded(storage, data)
    expect_rejected(storage, photo, ingest.run(photo), code)


def test_too_many_frames_are_refused(storage: Storage, ingest: Ingest, configure: Callable[..., None]) -> None:
    configure(max_frames=4)
    photo = uploaded(storage, pictures.animation("gif", 5, (20, 20)))
    expect_rejected(storage, photo, ingest.run(photo), "TooManyFrames")


def test_more_bytes_than_the_environment_allows_are_refused(
    storage: Storage, ingest: Ingest, configure: Callable[..., None]
) -> None:
    configure(max_upload_bytes=len(JPEG) - 1)
    photo = uploaded(storage)
    expect_rejected(storage, photo, ingest.run(photo), "UploadTooLarge")


def test_bytes_with_another_digest_than_the_declared_one_are_refused(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage, declared_sha256="0" * 64)
    expect_rejected(storage, photo, ingest.run(photo), "CorruptImage")


def test_a_photo_that_failed_after_it_was_read_takes_other_bytes(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    ingest.before["Persist"] = raises(OSError("gone"))
    assert ingest.run(photo).status == "FAILED"
    ingest.before.clear()
    storage.upload(photo, pictures.encoded("png"))
    assert ingest.run(photo).output["outcome"] == "ready"


def test_bytes_with_the_declared_digest_become_a_photo(storage: Storage, ingest: Ingest) -> None:
    assert ingest.run(uploaded(storage, declared_sha256=SHA256)).output["outcome"] == "ready"


def test_an_upload_that_is_replaced_after_its_header_was_judged_is_refused(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    ingest.before["Previews"] = lambda: storage.upload(photo, pictures.encoded("png"))
    expect_rejected(storage, photo, ingest.run(photo), "PreconditionFailed")


def test_an_upload_that_goes_after_its_header_was_judged_is_refused(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    upload = keys.upload_key(photo.owner_id, photo.photo_id)
    ingest.before["Previews"] = lambda: storage.s3.delete_object(Bucket=storage.bucket, Key=upload)
    expect_rejected(storage, photo, ingest.run(photo), "PreconditionFailed")


def expect_rejected(storage: Storage, photo: Photo, done: Execution, code: str) -> None:
    """The execution succeeded, with a refusal; the record says why, and nothing else is left."""
    assert (done.status, done.output) == ("SUCCEEDED", {"outcome": "rejected", "code": code, "detail": ANY})
    for step in done.results:
        assert len(json.dumps([done.events[step], done.results[step]])) < 1024
    assert storage.objects() == {}
    assert storage.photo(photo) == replace(
        photo,
        status=Status.REJECTED,
        rejection=Rejection(code, done.output["detail"]),
        execution="execution 1",
        expires_at=None,
    )


def test_an_ingest_before_the_bytes_arrived_leaves_the_photo_waiting(
    storage: Storage, ingest: Ingest, clock: Clock
) -> None:
    photo = storage.await_upload()
    clock.tick(60)
    done = ingest.run(photo)
    assert (done.status, done.output) == (
        "SUCCEEDED",
        {
            "outcome": "declined",
            "code": "UploadMissing",
            "detail": "The upload is missing. Upload the file with the form from POST /photos, then ingest the photo.",
        },
    )
    assert storage.photo(photo) == replace(photo, expires_at=NOW + 60 + UPLOAD_WAIT_SECONDS)
    storage.upload(photo, JPEG)
    assert ingest.run(photo, "execution 2").output["outcome"] == "ready"


def test_a_second_ingest_of_a_ready_photo_answers_the_photo(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    first = ingest.run(photo)
    before = storage.records(), storage.objects()
    second = ingest.run(photo, "execution 2")
    assert second.output == first.output
    assert list(second.results) == ["Validate", "Persist"]
    assert (storage.records(), storage.objects()) == before


def test_what_is_uploaded_once_more_under_a_ready_photo_is_removed_by_its_next_ingest(
    storage: Storage, ingest: Ingest
) -> None:
    photo = uploaded(storage)
    first = ingest.run(photo)
    before = storage.records(), storage.objects()
    storage.upload(photo, pictures.encoded("png"))
    assert ingest.run(photo, "execution 2").output == first.output
    assert (storage.records(), storage.objects()) == before


def test_a_second_ingest_of_a_rejected_photo_answers_the_same_refusal(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage, b"no picture")
    first = ingest.run(photo)
    before = storage.records()
    second = ingest.run(photo, "execution 2")
    assert second.output == first.output | {"outcome": "declined"}
    assert storage.records() == before


@pytest.mark.parametrize("during", ["Previews", "Persist"])
def test_a_second_ingest_at_once_is_told_to_wait_and_the_first_goes_on(
    storage: Storage, ingest: Ingest, during: str
) -> None:
    photo = uploaded(storage)
    seconds: list[Execution] = []
    inner = ingest.without_hooks()
    ingest.before[during] = lambda: seconds.append(inner.run(photo, "execution 2"))
    assert ingest.run(photo).output["outcome"] == "ready"
    assert [second.output for second in seconds] == [IN_PROGRESS]


def test_a_lease_that_has_run_out_is_taken_over(storage: Storage, ingest: Ingest, clock: Clock) -> None:
    photo = uploaded(storage)
    storage.table.claim(photo.owner_id, photo.photo_id, "an execution that died")
    clock.tick(LEASE_SECONDS)
    assert ingest.run(photo).output == IN_PROGRESS
    clock.tick(1)
    assert ingest.run(photo).output["outcome"] == "ready"


@pytest.mark.parametrize("during", ["Previews", "Persist"])
def test_an_execution_whose_lease_was_taken_over_writes_nothing_more(
    storage: Storage, ingest: Ingest, clock: Clock, during: str
) -> None:
    photo = uploaded(storage)

    def take_over() -> None:
        clock.tick(LEASE_SECONDS + 1)
        storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")

    ingest.before[during] = take_over
    assert ingest.run(photo).output == IN_PROGRESS
    assert (storage.photo(photo).status, storage.photo(photo).execution) == (Status.PROCESSING, "execution 2")


@pytest.mark.parametrize("during", ["Previews", "Persist"])
def test_an_execution_that_is_overtaken_answers_what_the_other_made(
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
    assert len(storage.objects()) == 1 + len(DEFAULT_PRESETS)


@pytest.mark.parametrize("during", ["Validate", "Previews", "Persist"])
def test_a_photo_that_is_deleted_meanwhile_is_not_found_and_nothing_is_left(
    storage: Storage, ingest: Ingest, during: str
) -> None:
    photo = uploaded(storage)
    ingest.before[during] = lambda: delete(storage, photo)
    assert ingest.run(photo).output == NOT_FOUND
    assert storage.objects() == {}
    assert storage.table.get(photo.owner_id, photo.photo_id) is None


@pytest.mark.parametrize("during", ["Validate", "Previews", "Persist"])
def test_a_photo_whose_deletion_has_only_begun_is_not_found_and_nothing_is_left(
    storage: Storage, ingest: Ingest, during: str
) -> None:
    """Its objects may lie there still, or again: the DELETE that follows removes them, and so does who wrote last."""
    photo = uploaded(storage)

    def begin() -> None:
        storage.table.begin_delete(photo.owner_id, photo.photo_id)

    ingest.before[during] = begin
    assert ingest.run(photo).output == NOT_FOUND
    assert storage.photo(photo).status is Status.DELETING
    assert not [key for key in storage.objects() if key.startswith(("previews/", "originals/"))]


def test_a_photo_that_is_deleted_before_its_refusal_is_written_is_not_found(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage, b"no picture")
    ingest.before["Reject"] = lambda: delete(storage, photo)
    assert ingest.run(photo).output == NOT_FOUND
    assert storage.objects() == {}


def test_anothers_photo_is_not_found_and_stays_as_it_is(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    before = storage.records(), storage.objects()
    assert ingest.run(replace(photo, owner_id=STRANGER)).output == NOT_FOUND
    assert (storage.records(), storage.objects()) == before


@pytest.mark.parametrize("photo_id", ["", "photo", "../originals", "deleted/x", "A" * 2000, "7" * 36])
def test_an_id_that_is_none_is_not_found(storage: Storage, ingest: Ingest, photo_id: str) -> None:
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
def test_a_fault_fails_the_execution_and_leaves_only_its_code(
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


def test_a_photo_whose_ingest_failed_can_be_uploaded_again(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    ingest.before["Persist"] = raises(OSError())
    assert ingest.run(photo).status == "FAILED"
    ingest.before.clear()
    storage.upload(photo, JPEG)
    assert ingest.run(photo, "execution 2").output["outcome"] == "ready"
    ready = storage.photo(photo)
    assert (ready.status, ready.rejection, ready.execution) == (Status.READY, None, "execution 2")


def test_a_fault_that_cannot_be_recorded_fails_the_execution_all_the_same(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    ingest.before |= {"Persist": raises(OSError()), "Fail": raises(OSError())}
    done = ingest.run(photo)
    assert (done.status, done.error) == ("FAILED", "InternalError")
