"""The whole workflow, in the order and with the inputs of the deployed definition."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import ANY

import pytest

from photosky.details import ImageProperties
from photosky.imaging.media_types import CONTENT_TYPES
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.location import Location
from photosky.photo import Photo, Rejection, Status, StoredPreview
from photosky.presigning import presigner
from photosky.store import keys
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.media import IMMUTABLE
from tasks.previews import handler as previews
from tests import pictures
from tests.clock import NOW, Clock
from tests.state_machine import Execution, Ingest
from tests.storage import Storage, awaiting, revised
from tests.tasks.conftest import JPEG, SHA256
from tests.tasks.events import pass_on, raises

SIZES = {"thumb": (256, 256), "small": (300, 400), "medium": (300, 400), "large": (300, 400)}
NOT_FOUND = {"outcome": "declined", "code": "PhotoNotFound", "detail": "There is no photo with this id."}
IN_PROGRESS = {
    "outcome": "declined",
    "code": "IngestInProgress",
    "detail": "Another ingest of this photo is in progress; retry after the interval in Retry-After.",
}


def preview_keys(photo: Photo) -> dict[str, str]:
    """The preview keys of the first execution, by preset. The picture is smaller than all presets but the first."""
    thumb, small, medium, large = DEFAULT_PRESETS
    stored = {thumb: thumb, small: small, medium: small, large: small}
    return {
        preset.name: keys.preview_key(photo.owner_id, photo.photo_id, "execution 1", other)
        for preset, other in stored.items()
    }


def uploaded(storage: Storage, data: bytes = JPEG, **changes: Any) -> Photo:
    """A photo with its upload."""
    photo = storage.put_photo(**{"size_bytes": len(data)} | changes)
    storage.upload(photo, data)
    return photo


def test_upload_becomes_a_photo(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    done = ingest.run(photo)
    pass_on(storage, photo)
    named = preview_keys(photo)
    original = keys.original_key(photo.owner_id, photo.photo_id, "execution 1")
    objects = storage.objects()

    assert {key: (stored.content_type, stored.cache_control) for key, stored in objects.items()} == {
        original: ("image/jpeg", None),
        **dict.fromkeys(named.values(), ("image/webp", IMMUTABLE)),
    }
    assert objects[original].data == JPEG

    ready = storage.photo(photo)
    assert ready == revised(
        photo,
        status=Status.READY,
        sha256=SHA256,
        size_bytes=len(JPEG),
        width=300,
        height=400,
        taken_at="2026-09-20T18:30:00+02:00",
        taken_at_source="exif",
        camera="Example One",
        location=Location(47.376667, 8.54, 408.0),
        image=ImageProperties(
            orientation=6, colour_space="srgb", frame_count=1, has_gain_map=False, is_motion_photo=False
        ),
        placeholder=ready.placeholder,
        dominant_color=ready.dominant_color,
        original=original,
        previews={
            name: StoredPreview(key, *SIZES[name], "image/webp", len(objects[key].data)) for name, key in named.items()
        },
        execution="execution 1",
        awaited_until=None,
        lease_until=None,
    )
    assert ready.placeholder
    assert ready.dominant_color
    (record,) = storage.records()
    assert (record["ready_id"], record["ready_sha256"]) == ({"S": photo.photo_id}, {"S": SHA256})

    assert (done.status, done.output) == (
        "SUCCEEDED",
        {"outcome": "ready", "photo": ANY, "etag": ANY},
    )
    assert json.loads(done.output["photo"]) == ready.present(lambda key: presigner().url(key).url)


@pytest.mark.parametrize("picture_format", list(CONTENT_TYPES))
def test_every_format_becomes_a_photo_of_its_type(
    storage: Storage, ingest: Ingest, picture_format: pictures.PictureFormat
) -> None:
    photo = uploaded(storage, pictures.encoded(picture_format, size=(40, 30)), content_type="image/jpeg")
    assert ingest.run(photo).output["outcome"] == "ready"
    ready = storage.photo(photo)
    assert ready.original is not None
    original = storage.objects()[ready.original]
    assert (ready.content_type, original.content_type) == (CONTENT_TYPES[picture_format],) * 2
    assert (ready.width, ready.height) == (40, 30)


def test_state_contains_only_short_texts_and_numbers(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    done = ingest.run(photo)
    ready = storage.photo(photo)
    assert list(done.results) == ["Validate", "Previews", "Promote", "Persist"]
    for step in ("Validate", "Previews", "Promote"):
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
def test_location_follows_the_policy(
    storage: Storage, ingest: Ingest, configure: Callable[..., None], policy: str, location: Location | None
) -> None:
    configure(location_policy=policy)
    photo = uploaded(storage)
    answered = json.loads(ingest.run(photo).output["photo"])
    assert storage.photo(photo).location == location
    assert answered["location"] == (location._asdict() if location else None)
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
def test_rejection_is_a_result_and_leaves_only_its_reason(
    storage: Storage, ingest: Ingest, data: bytes, code: str
) -> None:
    photo = uploaded(storage, data)
    expect_rejected(storage, photo, ingest.run(photo), code)


def test_too_many_frames_are_rejected(storage: Storage, ingest: Ingest, configure: Callable[..., None]) -> None:
    configure(max_frames=4)
    photo = uploaded(storage, pictures.animation("gif", 5, (20, 20)))
    expect_rejected(storage, photo, ingest.run(photo), "TooManyFrames")


def test_upload_above_the_size_limit_is_rejected(
    storage: Storage, ingest: Ingest, configure: Callable[..., None]
) -> None:
    configure(max_upload_bytes=len(JPEG) - 1)
    photo = uploaded(storage)
    expect_rejected(storage, photo, ingest.run(photo), "UploadTooLarge")


def test_upload_with_another_digest_is_rejected(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage, declared_sha256="0" * 64)
    expect_rejected(storage, photo, ingest.run(photo), "CorruptImage")


def test_failed_photo_accepts_other_bytes(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    ingest.before["Persist"] = raises(OSError("gone"))
    assert ingest.run(photo).status == "FAILED"
    ingest.before.clear()
    storage.upload(photo, pictures.encoded("png"))
    assert ingest.run(photo).output["outcome"] == "ready"


def test_original_is_copied_while_the_previews_are_made(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    copies: list[bytes] = []
    original = keys.original_key(photo.owner_id, photo.photo_id, "execution 1")
    ingest.before["Persist"] = lambda: copies.append(storage.objects()[original].data)
    done = ingest.run(photo)
    assert (copies, storage.photo(photo).original) == ([JPEG], original)
    assert done.events["Persist"]["previous"] == done.results["Previews"] | {"promoted": "promoted"}


def test_persist_copies_what_promote_could_not(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    ingest.before["Promote"] = raises(OSError("gone"))
    done = ingest.run(photo)
    original = storage.photo(photo).original
    assert original is not None
    assert done.output["outcome"] == "ready"
    assert done.events["Persist"]["previous"] == done.results["Previews"] | {"promoted": "fault"}
    assert (storage.objects()[original].data, storage.objects()[original].content_type) == (JPEG, "image/jpeg")


def test_fault_of_previews_fails_the_photo_after_the_copy(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    ingest.before["Previews"] = raises(OSError("gone"))
    done = ingest.run(photo)
    assert (done.status, done.error, done.events["Fail"]["error"]) == ("FAILED", "InternalError", "OSError")
    assert done.results["Promote"]["outcome"] == "promoted"
    assert (storage.photo(photo).status, storage.objects()) == (Status.FAILED, {})


@pytest.mark.parametrize(("is_copied", "status"), [(True, Status.READY), (False, Status.FAILED)])
def test_previews_cannot_report_a_copy(
    storage: Storage, ingest: Ingest, monkeypatch: pytest.MonkeyPatch, is_copied: bool, status: Status
) -> None:
    """It decodes strangers' bytes. A photo whose original was not copied would lose it with its upload."""

    def forge(event: Mapping[str, Any], context: object) -> dict[str, Any]:
        return previews(event, context) | {"promoted": "promoted", "content_type": "text/html"}

    monkeypatch.setattr("tasks.previews.handler", forge)
    photo = uploaded(storage)
    if not is_copied:
        ingest.before["Promote"] = raises(OSError("gone"))
    previous = ingest.run(photo).events["Persist"]["previous"]
    expected = ("promoted", "image/jpeg") if is_copied else ("fault", "text/html")
    assert (previous["promoted"], previous["content_type"]) == expected
    assert storage.photo(photo).status is status
    assert any(key.startswith("originals/") for key in storage.objects()) is is_copied


def test_upload_with_the_declared_digest_becomes_a_photo(storage: Storage, ingest: Ingest) -> None:
    assert ingest.run(uploaded(storage, declared_sha256=SHA256)).output["outcome"] == "ready"


def test_upload_replaced_after_validate_is_rejected(storage: Storage, ingest: Ingest) -> None:
    photo = uploaded(storage)
    ingest.before["Previews"] = lambda: storage.upload(photo, pictures.encoded("png"))
    expect_rejected(storage, photo, ingest.run(photo), "PreconditionFailed")


def test_upload_removed_after_validate_is_rejected(storage: Storage, ingest: Ingest) -> None:
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
        awaited_until=None,
        counted_bytes=None,
        lease_until=None,
        revision=1,
    )


def test_ingest_without_an_upload_leaves_the_photo_awaiting(storage: Storage, ingest: Ingest, clock: Clock) -> None:
    photo = storage.put_photo()
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
    assert storage.photo(photo) == replace(awaiting(photo, NOW + 60 + UPLOAD_WAIT_SECONDS), lease_until=NOW + 59)
    storage.upload(photo, JPEG)
    assert ingest.run(photo, "execution 2").output["outcome"] == "ready"
