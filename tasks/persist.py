"""Persist: describe the photo, copy its original, make it ready, remove the upload, and return the photo."""

import json
from collections.abc import Mapping
from typing import Any

from photosky.errors import Code, PhotoSkyError
from photosky.photo import Photo, Status, etag_of
from photosky.presigning import presigner
from photosky.steps import Claim, StepResult, discardable_keys, refuse_upload, step, withdraw
from photosky.store import keys
from photosky.store.facts import read_facts
from photosky.store.media import media_bucket
from photosky.store.objects import ObjectMissingError, ObjectReplacedError
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import span


def persist(claim: Claim, event: Mapping[str, Any]) -> StepResult:
    """Return `ready` with the photo as JSON text, `rejected`, or the result for a photo that others hold.

    The event's `previous` is the result of the state before: `rendered`, `unavailable` or `ready`. A photo that is
    ready already is returned as it is, and nothing is written.
    """
    try:
        with span("complete"):
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
    shown = photo.present(lambda key: presigner().url(key).url)
    return {"outcome": "ready", "photo": json.dumps(shown), "etag": etag_of(photo, shown)}


def _complete(claim: Claim, previous: Mapping[str, Any]) -> Photo:
    """Make the photo ready.

    Raises ConditionFailedError with the record if this execution cannot, ObjectMissingError or ObjectReplacedError if
    the upload is no longer the one that Validate accepted, and ValueError for facts that Previews would not write.
    """
    table, original = photos_table(), keys.original_key(claim.owner_id, claim.photo_id, claim.execution)
    has_facts = previous["outcome"] == "rendered"
    facts = read_facts(claim.owner_id, claim.photo_id, claim.execution) if has_facts else None
    if facts is None:
        photo = table.get(claim.owner_id, claim.photo_id)
        if photo and photo.status is Status.PROCESSING and photo.execution == claim.execution:
            _check_upload(claim, previous.get("etag"))
        raise ConditionFailedError(photo)
    described = table.describe(claim.owner_id, claim.photo_id, claim.execution, facts | {"original": original})
    upload = keys.upload_key(claim.owner_id, claim.photo_id)
    media_bucket().promote(upload, previous["etag"], original, facts["content_type"])
    return table.complete(described)


def _check_upload(claim: Claim, etag: str | None) -> None:
    """Find out why Previews could not read the upload, which it may not see itself.

    Raises ObjectMissingError, ObjectReplacedError, or RuntimeError if it is there: then a permission is missing.
    """
    if media_bucket().open_upload(claim.owner_id, claim.photo_id).etag != etag:
        raise ObjectReplacedError("The upload has another ETag.")
    raise RuntimeError("The upload is there, but Previews did not read it or its facts are missing.")


handler = step("persist", persist)
