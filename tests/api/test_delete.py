"""`DELETE /photos/{photo_id}?permanent=true`: objects and record are removed, and a tombstone remains."""

from zlib import crc32

import pytest

from photosky.errors import Code
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Photo, Status, StoredPreview
from photosky.store import keys
from photosky.store.attributes import TOMBSTONE_SECONDS, UNSETTLED_SHARDS
from photosky.store.leases import LEASE_SECONDS
from tests.api.gateway import Response, call, expect_problem, headers
from tests.api.photos import PHOTO, SHA256
from tests.clock import NOW, NOW_TEXT
from tests.storage import OWNER, Storage


def delete(photo: Photo) -> Response:
    """Delete a photo that does not go to the trash."""
    return call("DELETE", PHOTO, photo.photo_id, query={"permanent": "true"})


def fill(storage: Storage, photo: Photo) -> None:
    """Store every object that a photo can have, one of them of a removed preset."""
    removed_preset = f"previews/{photo.owner_id}/{photo.photo_id}/execution/huge-00000000.webp"
    previews = {"huge": StoredPreview(removed_preset, 1, 1, "image/webp", 1)._asdict()}
    claimed = storage.table.claim(photo.owner_id, photo.photo_id, "execution")
    held = storage.describe(claimed, {"sha256": SHA256, "previews": previews})
    for key in keys.all_keys(held, DEFAULT_PRESETS):
        storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=b"x")


def test_deletion_leaves_only_a_tombstone(storage: Storage) -> None:
    photo = storage.put_photo()
    fill(storage, photo)
    storage.table.complete(storage.photo(photo), {})
    response = delete(photo)
    assert (response.status, response.text) == (204, "")
    assert {name: response.headers.get(name) for name in headers(None)} == headers(None)
    assert storage.objects() == {}
    assert storage.records() == [
        {
            "owner_id": {"S": OWNER},
            "photo_id": {"S": f"deleted/{photo.photo_id}"},
            "expires_at": {"N": str(NOW + TOMBSTONE_SECONDS)},
            "changed_id": {"S": f"{NOW_TEXT}/{photo.photo_id}"},
            "lease_until": {"N": str(NOW + LEASE_SECONDS)},
            "unsettled_shard": {"N": str(crc32(photo.photo_id.encode()) % UNSETTLED_SHARDS)},
        }
    ]


@pytest.mark.parametrize("status", list(Status))
def test_photo_can_be_deleted_in_any_status(storage: Storage, status: Status) -> None:
    photo = storage.put_photo(status=status)
    assert delete(photo).status == 204
    assert storage.table.get(photo.owner_id, photo.photo_id) is None


def test_repeated_deletion_gets_the_same_response(storage: Storage, photo: Photo) -> None:
    first = delete(photo)
    before = storage.records()
    assert delete(photo) == first
    assert storage.records() == before


def test_repeated_request_finishes_an_interrupted_deletion(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = storage.put_photo()
    fill(storage, photo)

    def fail(*_arguments: object) -> None:
        raise RuntimeError("1 of 7 objects were not removed: SlowDown")

    with monkeypatch.context() as patched:
        patched.setattr("photosky.store.media.MediaBucket.remove", fail)
        response = delete(photo)
    expect_problem(response, Code.INTERNAL_ERROR, "The request failed because of an internal error. Try again later.")
    assert storage.photo(photo).status is Status.DELETING
    assert call("GET", PHOTO, photo.photo_id).status == 404
    assert delete(photo).status == 204
    assert storage.objects() == {}


def test_deletion_keeps_the_owners_other_photos(storage: Storage, photo: Photo) -> None:
    other = storage.put_photo()
    fill(storage, other)
    before = storage.objects()
    assert delete(photo).status == 204
    assert storage.objects() == before
    assert storage.photo(other).status is Status.PROCESSING
