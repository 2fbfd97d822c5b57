"""Renew: make those previews of a ready photo that the presets ask for and it lacks, and retire those they do not.

The photo is shown by its old previews until the new are in place, and URLs of the old that were handed out before work
until they run out. One conditional write changes the one for the other; Reconcile removes what was retired when it is
due. An attempt that dies, or loses the photo, removes nothing: what it wrote lies under its own name, where the sweep
behind its lease or a deletion's finds it, or else the audit.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.limits import RENDER_THREADS
from photosky.imaging.presets import Preset
from photosky.imaging.rendering import render
from photosky.photo import Photo, Status, StoredPreview
from photosky.settings import settings
from photosky.steps import Claim, StepResult, step
from photosky.store import keys
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import ObjectMissingError, media_bucket
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import span


class Context(Protocol):
    """What is needed of Lambda's context."""

    aws_request_id: str


def renew(claim: Claim, _event: Mapping[str, Any]) -> StepResult:
    """Return what became of the photo.

    `renewed`; `current`, where it lacked nothing; `gone`, where it is not ready any more; `busy`, where somebody else
    is at work on it; or `damaged` with a code, where its original is not what it was: then it stays as it is.
    """
    table, presets = photos_table(), settings().presets
    photo = table.get(claim.owner_id, claim.photo_id)
    if photo is None or photo.status is not Status.READY:
        return {"outcome": "gone"}
    if keys.has_current_previews(photo, presets):
        return {"outcome": "current"}
    try:
        photo = table.hold(claim.owner_id, claim.photo_id, Status.READY)
    except ConditionFailedError as held:
        return _not_ours(held.photo)
    kept = keys.current_previews(photo, presets)
    try:
        made = _make(photo, [preset for preset in presets if preset.name not in kept], claim.execution)
    except PhotoSkyError as refusal:
        table.settle(photo)
        return {"outcome": "damaged", "code": str(refusal.code)}
    try:
        # A URL that was signed just before works for its whole time, and a listing may be a moment old.
        table.renew(photo, kept | made, settings().url_ttl_seconds + LEASE_SECONDS)
    except ConditionFailedError as lost:
        if lost.photo and keys.has_current_previews(lost.photo, presets):
            return {"outcome": "renewed"}  # By this attempt, whose first answer was lost, or by another.
        return _not_ours(lost.photo)
    return {"outcome": "renewed"}


def _make(photo: Photo, missing: Sequence[Preset], execution: str) -> dict[str, StoredPreview]:
    """Make and store previews of a photo's original, under keys of this execution's.

    Raises PhotoSkyError where the original is not there, or not what was ingested.
    """
    if not missing:
        return {}
    data = _original(photo)
    rendered = render(data, missing, settings().limits, span, RENDER_THREADS)
    made = {}
    with span("upload"):
        for preview in rendered.previews:
            key = keys.preview_key(photo.owner_id, photo.photo_id, execution, preview.preset)
            media_bucket().put_preview(key, preview.data, preview.preset.content_type)
            made[preview.preset.name] = StoredPreview(
                key, preview.width, preview.height, preview.preset.content_type, len(preview.data)
            )
    return made


def _original(photo: Photo) -> bytes:
    try:
        with span("download"):
            data = media_bucket().read_original(photo.original or "")
    except ObjectMissingError as missing:
        raise PhotoSkyError(Code.UPLOAD_MISSING, "The original is not in the bucket.") from missing
    if hashlib.sha256(data).hexdigest() != photo.sha256:
        raise PhotoSkyError(Code.CORRUPT_IMAGE, "The original is not the bytes that were ingested.")
    return data


def _not_ours(photo: Photo | None) -> StepResult:
    return {"outcome": "busy" if photo and photo.status is Status.READY else "gone"}


_step = step("renew", renew)


def handler(event: Mapping[str, Any], context: Context) -> StepResult:
    """Each attempt has a name of its own: what a frozen one still writes is never taken for a later one's."""
    return {"photo_id": event["photo_id"], **_step({**event, "execution": context.aws_request_id}, context)}
