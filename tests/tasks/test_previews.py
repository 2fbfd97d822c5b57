"""Previews: each of its results, and what it stores for Persist."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from photosky import heap
from photosky.details import CaptureSettings, Embedded
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.location import Location
from photosky.photo import Photo
from photosky.store import keys
from photosky.store.facts import read_facts
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import s3_client
from tasks import persist, reject
from tasks.previews import handler
from tests import pictures
from tests.clock import Clock
from tests.embedded import with_segments, xmp_packet, xmp_segment
from tests.storage import Storage, StoredObject
from tests.tasks.conftest import JPEG, SHA256
from tests.tasks.events import EXECUTION, accepted, after_first, event, refuse, rendered, run_twice


def claimed(storage: Storage, data: bytes = JPEG, **changes: object) -> tuple[Photo, str]:
    """A photo that this execution has claimed, and the ETag of its upload."""
    photo = storage.put_photo(**changes)
    etag = storage.upload(photo, data)
    return storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION), etag


def test_previews_and_facts_are_stored_and_the_record_is_not_written(storage: Storage) -> None:
    photo, etag = claimed(storage)
    assert run_twice(storage, handler, accepted(photo, etag)) == {
        "outcome": "rendered",
        "etag": etag,
        "content_type": "image/jpeg",
        "previews": 4,
        "size_bytes": len(JPEG),
        "width": 300,
        "height": 400,
    }
    assert storage.photo(photo) == photo
    about = photo.owner_id, photo.photo_id, EXECUTION
    thumb, small = (keys.preview_key(*about, preset) for preset in DEFAULT_PRESETS[:2])
    upload = keys.upload_key(photo.owner_id, photo.photo_id)
    assert set(storage.objects()) == {thumb, small, keys.facts_key(*about), upload}
    facts = read_facts(*about)
    assert facts is not None
    assert (facts["sha256"], facts["size_bytes"], facts["camera"]) == (SHA256, len(JPEG), "Example One")
    # The picture is smaller than three of the presets.
    named = {name: preview.key for name, preview in facts["previews"].items()}
    assert named == {"thumb": thumb, "small": small, "medium": small, "large": small}


DESCRIBED = with_segments(
    pictures.encoded("jpeg", size=(300, 400)),
    xmp_segment(
        xmp_packet(
            "<rdf:Description exif:GPSLatitude='47,22.6N' exif:GPSLongitude='8,32.4E' exif:GPSAltitude='408/1' "
            "exif:DateTimeOriginal='2026-09-20T18:30:00+02:00' aux:Lens='Lens'>"
            "<dc:title>Sommer</dc:title></rdf:Description>"
        )
    ),
)


@pytest.mark.parametrize(
    ("policy", "location"),
    [("keep", Location(47.376667, 8.54, 408.0)), ("coarse", Location(47.4, 8.5)), ("drop", None)],
)
def test_location_policy_applies_to_every_source(
    storage: Storage, configure: Callable[..., None], policy: str, location: Location | None
) -> None:
    configure(location_policy=policy)
    photo, etag = claimed(storage, DESCRIBED)
    assert handler(accepted(photo, etag), None)["outcome"] == "rendered"
    facts = read_facts(photo.owner_id, photo.photo_id, EXECUTION)
    assert facts is not None
    names = ("taken_at", "taken_at_source", "camera", "capture", "location", "embedded")
    assert [facts[name] for name in names] == [
        "2026-09-20T18:30:00+02:00",
        "xmp",
        None,
        CaptureSettings(lens="Lens"),
        location,
        Embedded(title="Sommer"),
    ]


def test_previews_makes_no_call_of_dynamodb(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    photo, etag = claimed(storage)
    monkeypatch.delattr("photosky.store.table.Table.get")
    monkeypatch.delattr("photosky.store.table.Table._update")
    assert handler(accepted(photo, etag), None)["outcome"] == "rendered"


def test_damaged_picture_is_rejected_before_any_write(storage: Storage) -> None:
    photo, etag = claimed(storage, pictures.truncated(JPEG, len(JPEG) // 2))
    assert run_twice(storage, handler, accepted(photo, etag))["code"] == "CorruptImage"
    assert storage.photo(photo) == photo
    assert set(storage.objects()) == {keys.upload_key(photo.owner_id, photo.photo_id)}


def test_other_digest_is_rejected_before_any_write(storage: Storage) -> None:
    photo, etag = claimed(storage, declared_sha256="0" * 64)
    assert run_twice(storage, handler, accepted(photo, etag)) == {
        "outcome": "rejected",
        "code": "CorruptImage",
        "detail": "The upload does not have the declared SHA-256 digest.",
    }
    assert set(storage.objects()) == {keys.upload_key(photo.owner_id, photo.photo_id)}


def test_upload_with_another_etag_is_unavailable(storage: Storage) -> None:
    photo, etag = claimed(storage)
    storage.upload(photo, pictures.encoded("png"))
    assert run_twice(storage, handler, accepted(photo, etag)) == {"outcome": "unavailable", "etag": etag}


def test_missing_upload_is_unavailable(storage: Storage) -> None:
    photo, etag = claimed(storage)
    storage.s3.delete_object(Bucket=storage.bucket, Key=keys.upload_key(photo.owner_id, photo.photo_id))
    assert run_twice(storage, handler, accepted(photo, etag)) == {"outcome": "unavailable", "etag": etag}
    assert storage.objects() == {}


@pytest.mark.parametrize(("code", "is_unavailable"), [("AccessDenied", True), ("SlowDown", False)])
def test_denied_upload_is_unavailable(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, code: str, is_unavailable: bool
) -> None:
    """S3 answers 403 to a missing object if the caller may not list the bucket."""
    photo, etag = claimed(storage)

    def get_object(**_arguments: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")

    monkeypatch.setattr(s3_client(), "get_object", get_object)
    if is_unavailable:
        assert handler(accepted(photo, etag), None)["outcome"] == "unavailable"
    else:
        with pytest.raises(ClientError, match=code):
            handler(accepted(photo, etag), None)


@pytest.mark.parametrize("key_part", ["/thumb-", "/small-", "/facts.json"])
def test_each_object_that_cannot_be_written_is_a_fault(storage: Storage, key_part: str) -> None:
    photo, etag = claimed(storage)
    refuse("PutObject", key_part)
    with pytest.raises(ClientError, match="SlowDown"):
        handler(accepted(photo, etag), None)
    written = {key.rpartition("/")[2].partition("-")[0] for key in storage.objects() if key.startswith("previews/")}
    assert written == {"thumb", "small", "facts.json"} - {key_part.strip("/-")}


def test_late_execution_changes_no_objects_of_another(storage: Storage, clock: Clock) -> None:
    """Its first preview is written after another execution has made the photo ready from other bytes."""
    photo, etag = claimed(storage)

    def overtake() -> None:
        clock.tick(LEASE_SECONDS + 1)
        storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")
        again = storage.upload(photo, pictures.encoded("png"))
        second = {"execution": "execution 2"}
        assert handler(accepted(photo, again) | second, None)["outcome"] == "rendered"
        assert persist.handler(rendered(photo, again, "image/png") | second, None)["outcome"] == "ready"
        made.append((storage.photo(photo), storage.objects()))

    made: list[tuple[Photo, dict[str, StoredObject]]] = []
    after_first("GetObject", overtake)
    handler(accepted(photo, etag), None)
    reject.handler(event(photo, code="PreconditionFailed", detail="It was replaced."), None)
    assert made == [(storage.photo(photo), storage.objects())]


def test_heap_is_trimmed_at_intervals(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    trims: list[None] = []
    monkeypatch.setattr(heap, "trim", lambda: trims.append(None))
    missing = accepted(storage.put_photo(), '"1"')
    for _ in range(heap.INVOCATIONS):
        assert handler(missing, None)["outcome"] == "unavailable"
    assert trims == [None]
