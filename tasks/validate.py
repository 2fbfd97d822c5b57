"""Validate: claim the photo, and check the upload's header before any decoder reads it."""

from collections.abc import Mapping
from typing import Any

from photosky.concurrently import Threads
from photosky.errors import Code, PhotoSkyError
from photosky.imaging.inspection import Header, inspect
from photosky.imaging.limits import RENDER_THREADS
from photosky.photo import Photo, is_photo_id
from photosky.settings import settings
from photosky.steps import Claim, StepResult, declined, not_found, rejected, step, superseded
from photosky.store.media import MediaBucket, media_bucket
from photosky.store.objects import ObjectMissingError, ObjectReplacedError, RangedObject
from photosky.store.photos import PhotosTable, photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import span


def validate(claim: Claim, _event: Mapping[str, Any]) -> StepResult:
    """Return `accepted` with the upload's ETag, `rejected`, `declined`, or `ready` for a repeated request.

    The header is read while the photo is claimed. If the claim is refused, nothing depends on the header.
    """
    if not is_photo_id(claim.photo_id):
        return not_found()
    table, bucket = photos_table(), media_bucket()
    with Threads(2) as threads:
        claimed = threads.start(_claim, table, claim)
        inspected = threads.start(_inspect, bucket, claim)
    try:
        photo = claimed.result()
    except ConditionFailedError as refused:
        return superseded(refused.photo)
    try:
        upload, header = inspected.result()
    except ObjectMissingError:
        return _release(claim)
    except ObjectReplacedError:
        return rejected(PhotoSkyError(Code.PRECONDITION_FAILED, "The upload was replaced while it was being read."))
    except PhotoSkyError as refusal:
        return rejected(refusal)
    return {
        "outcome": "accepted",
        "etag": upload.etag,
        "declared_sha256": photo.declared_sha256 or "",
        "size_bytes": upload.size_bytes,
        "format": header.format,
        "width": header.width,
        "height": header.height,
    }


def _claim(table: PhotosTable, claim: Claim) -> Photo:
    with span("claim"):
        return table.claim(claim.owner_id, claim.photo_id, claim.execution)


def _inspect(bucket: MediaBucket, claim: Claim) -> tuple[RangedObject, Header]:
    """Read the upload's header, which takes further requests if it is longer than the first one's range."""
    with span("header"):
        upload = bucket.open_upload(claim.owner_id, claim.photo_id)
        return upload, inspect(upload, upload.size_bytes, settings().limits, settings().presets, RENDER_THREADS)


def _release(claim: Claim) -> StepResult:
    try:
        with span("release"):
            photos_table().release(claim.owner_id, claim.photo_id, claim.execution, is_clean=False)
    except ConditionFailedError as lost:
        return superseded(lost.photo)
    return declined(
        Code.UPLOAD_MISSING,
        "The upload is missing. Upload the file with the form from POST /photos, then ingest the photo.",
    )


handler = step("validate", validate, photos_table, media_bucket)
