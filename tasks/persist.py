"""Persist: make the photo ready by one conditional write, remove the upload, and return the photo."""

import json
from collections.abc import Mapping
from typing import Any

from photosky.photo import Photo, Status
from photosky.presigning import presigner
from photosky.steps import Claim, StepResult, discardable_keys, step, withdraw
from photosky.store import keys
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import span


def persist(claim: Claim, _event: Mapping[str, Any]) -> StepResult:
    """Return `ready` with the photo as JSON text, or the result for a photo that this execution no longer holds.

    A photo that is ready already is returned as it is, and nothing is written.
    """
    photo = photos_table().get(claim.owner_id, claim.photo_id)
    if photo is None or photo.status is not Status.READY:
        try:
            with span("complete"):
                photo = _complete(claim, photo)
        except ConditionFailedError as lost:
            if lost.photo is None or lost.photo.status is not Status.READY:
                return withdraw(claim, lost.photo)
            photo = lost.photo
    with span("remove"):
        media_bucket().remove({keys.upload_key(claim.owner_id, claim.photo_id), *discardable_keys(claim, photo)})
    shown = photo.present(lambda key: presigner().url(key).url)
    return {"outcome": "ready", "photo": json.dumps(shown), "etag": photo.etag}


def _complete(claim: Claim, photo: Photo | None) -> Photo:
    if photo is None or photo.sha256 is None or photo.execution != claim.execution:
        raise ConditionFailedError(photo)
    return photos_table().complete(claim.owner_id, claim.photo_id, claim.execution, photo.sha256)


handler = step("persist", persist)
