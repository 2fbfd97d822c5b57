"""What an execution, a deletion or a manual change can leave in the table and the bucket; each returns its photo.

The work of each was begun one lease before the tests' `clock.tick(LEASE_SECONDS + 1)` ends it.
"""

import random
from collections.abc import Callable
from typing import Any, Final

from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.ingests import MAX_LOST_INGESTS
from photosky.photo import Photo, Rejection, Status, StoredPreview
from photosky.store import keys
from photosky.store.items import marshal
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import media_bucket
from tests.clock import NOW, Clock
from tests.pictures import encoded
from tests.storage import Storage
from tests.tasks.events import EXECUTION

UPLOAD: Final = encoded("jpeg", 6, size=(16, 12))
"""The bytes of each upload, small because Reconcile ingests many of them."""

DAMAGED: Final = Rejection("CorruptImage", "The image is damaged.")
FAULT: Final = Rejection("InternalError", "An internal error.")


def put(storage: Storage, *object_keys: str, size_bytes: int = 1) -> None:
    """Write objects of `size_bytes`."""
    for key in object_keys:
        storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=b"x" * size_bytes)


def change(storage: Storage, photo: Photo, **values: Any) -> None:
    """Write attributes of a record directly; None removes one."""
    for name, value in values.items():
        expression = "REMOVE #n" if value is None else "SET #n = :v"
        storage.dynamodb.update_item(
            TableName=storage.table_name,
            Key=marshal({"owner_id": photo.owner_id, "photo_id": photo.photo_id}),
            UpdateExpression=expression,
            ExpressionAttributeNames={"#n": name},
            **({} if value is None else {"ExpressionAttributeValues": marshal({":v": value})}),  # type: ignore[arg-type]
        )


def claimed(storage: Storage) -> Photo:
    """The execution was lost in Validate, or before Previews wrote anything."""
    photo = storage.put_photo(size_bytes=len(UPLOAD))
    storage.upload(photo, UPLOAD)
    return storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION)


def half_rendered(storage: Storage) -> Photo:
    """The execution was lost in Previews, between two writes."""
    photo = claimed(storage)
    put(storage, keys.preview_key(photo.owner_id, photo.photo_id, EXECUTION, DEFAULT_PRESETS[0]))
    return photo


def promoted(storage: Storage) -> Photo:
    """The execution was lost with all of its objects, before the record had its facts."""
    photo = claimed(storage)
    put(storage, *keys.execution_keys(photo.owner_id, photo.photo_id, EXECUTION, DEFAULT_PRESETS))
    return photo


def described(storage: Storage) -> Photo:
    """An earlier version's execution was lost in Persist, between its two writes of the record."""
    photo = promoted(storage)
    manifest = {
        preset.name: StoredPreview(
            keys.preview_key(photo.owner_id, photo.photo_id, EXECUTION, preset), 1, 1, "image/webp", 1
        )._asdict()
        for preset in DEFAULT_PRESETS
    }
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    put(storage, original, size_bytes=photo.size_bytes)
    facts = {"sha256": "ab" * 32, "width": 1, "height": 1, "previews": manifest, "original": original}
    return storage.describe(photo, facts)


def without_original(storage: Storage) -> Photo:
    """The same, before it copied the original."""
    photo = described(storage)
    media_bucket().remove([keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)])
    return photo


def without_upload(storage: Storage) -> Photo:
    """The execution was lost, and its upload is missing."""
    photo = claimed(storage)
    media_bucket().remove([keys.upload_key(photo.owner_id, photo.photo_id)])
    return photo


def lost_repeatedly(storage: Storage) -> Photo:
    """The last execution that Reconcile may find lost, in Previews."""
    photo = half_rendered(storage)
    change(storage, photo, lost_ingests=MAX_LOST_INGESTS - 1)
    return storage.photo(photo)


def completed(storage: Storage) -> Photo:
    """The photo is ready, and Events has not removed the upload and the facts."""
    photo = described(storage)
    return storage.table.complete(photo, {})


def ready(storage: Storage) -> Photo:
    """Nothing: the execution ended."""
    photo = completed(storage)
    media_bucket().remove(storage.objects().keys() & keys.all_keys(photo, DEFAULT_PRESETS) - keys.named_keys(photo))
    return photo


def rejected(storage: Storage) -> Photo:
    """The execution was lost in Reject, before it removed anything."""
    photo = promoted(storage)
    return storage.table.refuse(photo.owner_id, photo.photo_id, EXECUTION, Status.REJECTED, DAMAGED)


def failed(storage: Storage) -> Photo:
    """The execution was lost in Fail, before it removed anything."""
    photo = described(storage)
    return storage.table.refuse(photo.owner_id, photo.photo_id, EXECUTION, Status.FAILED, FAULT)


def deleting(storage: Storage) -> Photo:
    """The deletion was interrupted before it removed anything."""
    photo = completed(storage)
    return storage.begin_delete(photo)


def deleted(storage: Storage) -> Photo:
    """A deletion was over before the execution that it met had written its last object."""
    photo = deleting(storage)
    storage.table.finish_delete(photo.owner_id, photo.photo_id)
    return photo


LEFT: Final = (
    claimed,
    half_rendered,
    promoted,
    described,
    without_original,
    without_upload,
    lost_repeatedly,
    completed,
    rejected,
    failed,
    deleting,
    deleted,
)
OVERDUE: Final[dict[Callable[[Storage], Photo], str]] = {
    claimed: "ingested",
    half_rendered: "ingested",
    promoted: "ingested",
    described: "finished",
    without_original: "ingested",
    without_upload: "failed",
    lost_repeatedly: "failed",
    rejected: "swept",
    failed: "swept",
    deleting: "deleted",
    deleted: "swept",
}
"""Records in the index `unsettled`, and their outcome."""


def absent(storage: Storage) -> Photo:
    """Objects of a photo without a record."""
    photo = promoted(storage)
    key = marshal({"owner_id": photo.owner_id, "photo_id": photo.photo_id})
    storage.dynamodb.delete_item(TableName=storage.table_name, Key=key)
    return photo


def as_status(status: Status, *, lease_until: int | None = None) -> Callable[[Storage], Photo]:
    """A record with a status that was set by hand, all possible objects, and no lease in the index."""

    def leave(storage: Storage) -> Photo:
        photo = described(storage)
        change(storage, photo, status=status, lease_until=lease_until, unsettled_shard=None)
        return photo

    leave.__name__ = f"{status}-{lease_until}"
    return leave


def once_ready(status: Status) -> Callable[[Storage], Photo]:
    """A ready photo with another status set by hand: the listings still contain it."""

    def leave(storage: Storage) -> Photo:
        photo = completed(storage)
        change(storage, photo, status=status)
        return photo

    leave.__name__ = f"once ready, now {status}"
    return leave


def with_unknown_preview(storage: Storage) -> Photo:
    """A preview that neither the record nor a preset names."""
    photo = completed(storage)
    put(storage, f"previews/{photo.owner_id}/{photo.photo_id}/huge-00000000.webp")
    return photo


def with_similar_keys(storage: Storage) -> Photo:
    """Objects under keys that are similar to those of PhotoSky."""
    photo = completed(storage)
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    put(storage, f"{original}/more", f"{original}0", "originals/x", "previews//y", "incoming/")
    return photo


def awaiting_with_previews(storage: Storage) -> Photo:
    """Objects of a failed attempt, after the next attempt found no upload."""
    photo = promoted(storage)
    storage.table.release(photo.owner_id, photo.photo_id, EXECUTION)
    media_bucket().remove([keys.upload_key(photo.owner_id, photo.photo_id)])
    return photo


def never_ingested(storage: Storage) -> Photo:
    """An upload that was never ingested, until the time for it was over, in a bucket without a lifecycle rule."""
    photo = storage.put_photo()
    put(storage, keys.upload_key(photo.owner_id, photo.photo_id))
    return photo


IN_NO_INDEX: Final[dict[Callable[[Storage], Photo], str]] = {
    completed: "swept",
    absent: "swept",
    with_unknown_preview: "swept",
    with_similar_keys: "swept",
    awaiting_with_previews: "deleted",
    never_ingested: "deleted",
    as_status(Status.PROCESSING): "finished",
    as_status(Status.PROCESSING, lease_until=NOW - 1): "finished",
    as_status(Status.PROCESSING, lease_until=NOW * 1000): "finished",
    as_status(Status.DELETING): "deleted",
    as_status(Status.REJECTED): "swept",
    as_status(Status.FAILED): "swept",
    once_ready(Status.PROCESSING): "finished",
    once_ready(Status.DELETING): "deleted",
    once_ready(Status.REJECTED): "swept",
    once_ready(Status.FAILED): "swept",
}


def many_leftovers(storage: Storage, clock: Clock, number: int, seed: int) -> None:
    """Many photos, each with the leftovers of another kind of interruption."""
    chance = random.Random(seed)
    kinds = [*LEFT, absent, with_unknown_preview, awaiting_with_previews]
    for _ in range(number):
        chance.choice(kinds)(storage)
    clock.tick(LEASE_SECONDS + 1)
