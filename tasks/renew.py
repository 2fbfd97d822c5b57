"""Renew: render the missing previews of a ready photo, and retire those that the presets no longer have.

One conditional write replaces the previews. The API shows the old ones until then, and Reconcile removes their objects
after the last URL of them has expired. An attempt that fails or loses its lease removes nothing: it wrote under its own
name, and Reconcile's sweep, the deletion of the photo or the audit removes those objects.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from photosky.concurrently import Threads
from photosky.descriptions import describe
from photosky.errors import Code, PhotoSkyError
from photosky.imaging.limits import RENDER_THREADS
from photosky.imaging.presets import Preset
from photosky.imaging.rendering import render
from photosky.photo import Photo, Status, StoredPreview
from photosky.settings import settings
from photosky.steps import Claim, StepResult, step
from photosky.store import keys
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import media_bucket
from photosky.store.objects import ObjectMissingError
from photosky.store.photos import photos_table
from photosky.store.previews import MAX_WRITES, PreviewWrites, stored_previews
from photosky.store.table import ConditionFailedError
from photosky.telemetry import span


class Context(Protocol):
    """The used part of Lambda's context."""

    aws_request_id: str


def renew(claim: Claim, _event: Mapping[str, Any]) -> StepResult:
    """Return what became of the photo, as one of these outcomes.

    `renewed`; `current` if its previews match the presets; `gone` if it is no longer ready; `busy` if another execution
    holds it; or `damaged`, with a code, if its original is missing or altered. A damaged photo stays unchanged.
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
        return _busy_or_gone(held.photo)
    kept = keys.current_previews(photo, presets)
    try:
        rendered, facts = _render(photo, [preset for preset in presets if preset.name not in kept], claim.execution)
    except PhotoSkyError as refusal:
        table.settle(photo)
        return {"outcome": "damaged", "code": str(refusal.code)}
    try:
        # A URL signed just before this write is valid for its whole lifetime, and a listing may be slightly outdated.
        table.renew(photo, kept | rendered, facts, settings().url_ttl_seconds + LEASE_SECONDS)
    except ConditionFailedError as lost:
        if lost.photo and keys.has_current_previews(lost.photo, presets):
            # Renewed by an earlier attempt of this request whose response was lost, or by another execution.
            return {"outcome": "renewed"}
        return _busy_or_gone(lost.photo)
    return {"outcome": "renewed"}


def _render(photo: Photo, missing: Sequence[Preset], execution: str) -> tuple[dict[str, StoredPreview], dict[str, Any]]:
    """Render and store previews of a photo's original under keys of this execution; also return what it says.

    An earlier version may have read less of the original, or read it differently.

    Raises PhotoSkyError if the original is missing or if its digest has changed.
    """
    if not missing:
        return {}, {}
    data = _original(photo)
    about = photo.owner_id, photo.photo_id, execution
    with Threads(MAX_WRITES) as threads:
        writes = PreviewWrites(threads, *about)
        rendered = render(data, missing, settings().limits, span, RENDER_THREADS, writes.start)
        writes.finish()
    return stored_previews(*about, rendered.previews), describe(rendered, settings().location_policy)


def _original(photo: Photo) -> bytes:
    try:
        with span("download"):
            data = media_bucket().read_original(photo.original or "")
    except ObjectMissingError as missing:
        raise PhotoSkyError(Code.UPLOAD_MISSING, "The original is not in the bucket.") from missing
    if hashlib.sha256(data).hexdigest() != photo.sha256:
        raise PhotoSkyError(Code.CORRUPT_IMAGE, "The original does not have the digest of the ingested bytes.")
    return data


def _busy_or_gone(photo: Photo | None) -> StepResult:
    return {"outcome": "busy" if photo and photo.status is Status.READY else "gone"}


_step = step("renew", renew, photos_table, media_bucket)


def handler(event: Mapping[str, Any], context: Context) -> StepResult:
    """The Lambda handler. The request id names the execution, so that retries never share keys."""
    return {"photo_id": event["photo_id"], **_step({**event, "execution": context.aws_request_id}, context)}
