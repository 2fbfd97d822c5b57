"""Persist: make the photo ready with its facts and its original, and return the photo.

The client does not wait until the upload is removed: Events does that.
"""

import json
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, NoReturn

from photosky.concurrently import Threads
from photosky.delivery import preview_url, preview_urls, signing_ahead
from photosky.errors import Code, PhotoSkyError
from photosky.imaging.media_types import CONTENT_TYPES
from photosky.photo import Photo, Status, etag_of
from photosky.steps import Claim, StepResult, discardable_keys, promote_upload, refuse_upload, step, withdraw
from photosky.store import keys
from photosky.store.facts import read_facts
from photosky.store.media import media_bucket
from photosky.store.objects import ObjectMissingError, ObjectReplacedError
from photosky.store.photos import PhotosTable, photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import span


def persist(claim: Claim, event: Mapping[str, Any]) -> StepResult:
    """Return `ready` with the photo as JSON text, `rejected`, or the result for a photo that others hold.

    The event's `previous` is the result of the state before: `rendered`, `unavailable` or `ready`; its `promoted` is
    the outcome of Promote. A photo that is ready already is returned as it is; what was uploaded since is removed.
    """
    try:
        with span("complete"), signing_ahead(claim.owner_id):
            photo = _complete(claim, event["previous"])
    except (ObjectMissingError, ObjectReplacedError):
        replaced = "The upload was replaced while it was ingested."
        return refuse_upload(claim, PhotoSkyError(Code.PRECONDITION_FAILED, replaced))
    except ConditionFailedError as lost:
        if lost.photo is None or lost.photo.status is not Status.READY:
            return withdraw(claim, lost.photo)
        photo = lost.photo
        with span("remove"):
            media_bucket().remove({keys.upload_key(claim.owner_id, claim.photo_id), *discardable_keys(claim, photo)})
    shown = photo.present(preview_url)
    return {"outcome": "ready", "photo": json.dumps(shown), "etag": etag_of(photo, shown)}


def _complete(claim: Claim, previous: Mapping[str, Any]) -> Photo:
    """Read the record and the facts together, and make the photo ready by one write.

    An original that Promote did not copy is copied meanwhile: Promote failed, or the execution began before it existed.

    Raises ConditionFailedError with the record if this execution cannot, ObjectMissingError or ObjectReplacedError if
    the upload is no longer the one that Validate accepted, and ValueError for facts that Previews would not write.
    """
    table = photos_table()
    media_bucket()  # Before the threads that use it, because making a client is not thread-safe.
    if previous["outcome"] != "rendered":
        _raise_reason(claim, _read(table, claim), previous.get("etag"))
    with Threads(3) as threads:
        read = threads.start(_read, table, claim)
        described = threads.start(_read_facts, claim)
        is_copied = previous.get("promoted") == "promoted"
        copied = None if is_copied else threads.start(_copy_original, claim, previous, described)
    # An execution that has lost the photo has copied its upload all the same, and removes it like its other objects.
    photo = read.result()
    facts = described.result() if _holds(claim, photo) else None
    if photo is None or facts is None:
        _raise_reason(claim, photo, previous["etag"])
    if copied is not None:
        copied.result()
    if previous.get("content_type", facts["content_type"]) != facts["content_type"]:
        raise ValueError("The facts have another content type than the result of Previews or Promote.")
    original = keys.original_key(claim.owner_id, claim.photo_id, claim.execution)
    return table.complete(photo, facts | {"original": original})


def _read(table: PhotosTable, claim: Claim) -> Photo | None:
    with span("record"):
        return table.get(claim.owner_id, claim.photo_id)


def _read_facts(claim: Claim) -> dict[str, Any] | None:
    with span("facts"):
        return read_facts(claim.owner_id, claim.photo_id, claim.execution)


def _copy_original(claim: Claim, previous: Mapping[str, Any], described: "Future[dict[str, Any] | None]") -> None:
    """Copy the upload to the originals.

    An execution that began before an update may have no content type in its state; then the facts are awaited for it.
    """
    content_type: str | None = previous.get("content_type") or (described.result() or {}).get("content_type")
    if content_type is None or content_type not in CONTENT_TYPES.values():
        raise ValueError("The picture does not have a type that PhotoSky accepts.")
    promote_upload(claim, previous["etag"], content_type)


def _holds(claim: Claim, photo: Photo | None) -> bool:
    return photo is not None and photo.status is Status.PROCESSING and photo.execution == claim.execution


def _raise_reason(claim: Claim, photo: Photo | None, etag: str | None) -> NoReturn:
    """Raise why the photo cannot become ready: ConditionFailedError if this execution does not hold it.

    Otherwise Previews could not read the upload, and could not see why. Raises ObjectMissingError, ObjectReplacedError,
    or RuntimeError if the upload is there: then a permission is missing.
    """
    if not _holds(claim, photo):
        raise ConditionFailedError(photo)
    if media_bucket().open_upload(claim.owner_id, claim.photo_id).etag != etag:
        raise ObjectReplacedError("The upload has another ETag.")
    raise RuntimeError("The upload is there, but Previews did not read it or its facts are missing.")


handler = step("persist", persist, photos_table, media_bucket, preview_urls)
