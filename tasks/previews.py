"""Previews: read the upload once, render all previews from one decode, and promote the original."""

import hashlib
from collections.abc import Mapping
from typing import Any

from photosky.errors import Code, PhotoSkyError
from photosky.heap import trimming
from photosky.imaging.formats import CONTENT_TYPES
from photosky.imaging.limits import RENDER_THREADS
from photosky.imaging.rendering import Rendered, render
from photosky.location import apply_location_policy
from photosky.photo import Photo
from photosky.settings import settings
from photosky.steps import Claim, StepResult, rejected, step, superseded, withdraw
from photosky.store import keys
from photosky.store.media import media_bucket
from photosky.store.objects import ObjectMissingError, ObjectReplacedError
from photosky.store.photos import photos_table
from photosky.store.previews import store_previews
from photosky.store.table import ConditionFailedError
from photosky.telemetry import span


def previews(claim: Claim, event: Mapping[str, Any]) -> StepResult:
    """Return `rendered`, `rejected`, or the photo's state if this execution no longer holds it.

    The facts go to the record, not into the result, so that locations never enter the execution's state or its logs.
    """
    photo = photos_table().get(claim.owner_id, claim.photo_id)
    if photo is None or photo.execution != claim.execution:
        return superseded(photo)
    try:
        with span("download"):
            data = media_bucket().read_upload(claim.owner_id, claim.photo_id, event["etag"])
        sha256 = _verified_digest(data, photo)
        rendered = render(data, settings().presets, settings().limits, span, RENDER_THREADS)
        with span("upload"):
            stored = _store(claim, rendered, event["etag"])
    except (ObjectMissingError, ObjectReplacedError):
        return rejected(PhotoSkyError(Code.PRECONDITION_FAILED, "The upload was replaced while it was ingested."))
    except PhotoSkyError as refusal:
        return rejected(refusal)
    facts = _facts(rendered) | stored | {"sha256": sha256, "size_bytes": len(data)}
    try:
        with span("describe"):
            photos_table().describe(claim.owner_id, claim.photo_id, claim.execution, facts)
    except ConditionFailedError as lost:
        return withdraw(claim, lost.photo)
    return {
        "outcome": "rendered",
        "previews": len(rendered.previews),
        "size_bytes": len(data),
        "width": rendered.width,
        "height": rendered.height,
    }


def _verified_digest(data: bytes, photo: Photo) -> str:
    """The SHA-256 of the bytes in hex. Raises PhotoSkyError if the client declared a different one."""
    sha256 = hashlib.sha256(data).hexdigest()
    if photo.declared_sha256 not in (None, sha256):
        raise PhotoSkyError(Code.CORRUPT_IMAGE, "The upload does not have the declared SHA-256 digest.")
    return sha256


def _store(claim: Claim, rendered: Rendered, etag: str) -> dict[str, Any]:
    """Write the previews, then promote the original. Returns what the record stores of them, by attribute name."""
    previews = store_previews(claim.owner_id, claim.photo_id, claim.execution, rendered.previews)
    upload = keys.upload_key(claim.owner_id, claim.photo_id)
    original = keys.original_key(claim.owner_id, claim.photo_id, claim.execution)
    media_bucket().promote(upload, etag, original, CONTENT_TYPES[rendered.format])
    return {"original": original, "previews": previews}


def _facts(rendered: Rendered) -> dict[str, Any]:
    """What the record stores of the picture, by attribute name."""
    return {
        "content_type": CONTENT_TYPES[rendered.format],
        "width": rendered.width,
        "height": rendered.height,
        "taken_at": rendered.capture.taken_at,
        "camera": rendered.capture.camera,
        "location": apply_location_policy(rendered.capture.location, settings().location_policy),
        "placeholder": rendered.placeholder,
        "dominant_color": rendered.dominant_color,
    }


handler = trimming(step("previews", previews))
