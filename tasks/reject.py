"""Reject: store the reason in the record, and remove the upload and what the execution wrote."""

from collections.abc import Mapping
from typing import Any

from photosky.errors import Code, PhotoSkyError
from photosky.photo import Rejection, Status
from photosky.settings import settings
from photosky.steps import Claim, StepResult, rejected, step, withdraw
from photosky.store import keys
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import span


def reject(claim: Claim, event: Mapping[str, Any]) -> StepResult:
    """Return `rejected` with the event's code and detail, after the record has them."""
    refusal = PhotoSkyError(Code(event["code"]), event["detail"])
    rejection = Rejection(str(refusal.code), refusal.detail)
    try:
        with span("refuse"):
            photo = photos_table().refuse(claim.owner_id, claim.photo_id, claim.execution, Status.REJECTED, rejection)
    except ConditionFailedError as lost:
        return withdraw(claim, lost.photo)
    with span("remove"):
        media_bucket().remove(keys.all_keys(photo, settings().presets))
    with span("settle"):
        photos_table().settle(photo)
    return rejected(refusal)


handler = step("reject", reject)
