"""Validate: claim the photo, and check the upload's header before any decoder reads it."""

from collections.abc import Mapping
from typing import Any

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import RENDER_THREADS
from photosky.photo import is_photo_id
from photosky.settings import settings
from photosky.steps import Claim, StepResult, declined, not_found, rejected, step, superseded
from photosky.store.media import media_bucket
from photosky.store.objects import ObjectMissingError, ObjectReplacedError
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import span


def validate(claim: Claim, _event: Mapping[str, Any]) -> StepResult:
    """Return `accepted` with the upload's ETag, `rejected`, `declined`, or `ready` for a repeated request."""
    if not is_photo_id(claim.photo_id):
        return not_found()
    try:
        with span("claim"):
            photo = photos_table().claim(claim.owner_id, claim.photo_id, claim.execution)
    except ConditionFailedError as refused:
        return superseded(refused.photo)
    try:
        with span("header"):
            upload = media_bucket().open_upload(claim.owner_id, claim.photo_id)
            header = inspect(upload, upload.size_bytes, settings().limits, settings().presets, RENDER_THREADS)
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


def _release(claim: Claim) -> StepResult:
    try:
        with span("release"):
            photos_table().release(claim.owner_id, claim.photo_id, claim.execution)
    except ConditionFailedError as lost:
        return superseded(lost.photo)
    return declined(
        Code.UPLOAD_MISSING,
        "The upload is missing. Upload the file with the form from POST /photos, then ingest the photo.",
    )


handler = step("validate", validate)
