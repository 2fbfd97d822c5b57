"""Reject: store the reason in the record, and remove the upload and what the execution wrote."""

from collections.abc import Mapping
from typing import Any

from photosky.errors import Code, PhotoSkyError
from photosky.steps import Claim, StepResult, refuse_upload, step
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table


def reject(claim: Claim, event: Mapping[str, Any]) -> StepResult:
    """Return `rejected` with the event's code and detail, after the record has them."""
    return refuse_upload(claim, PhotoSkyError(Code(event["code"]), event["detail"]))


handler = step("reject", reject, photos_table, media_bucket)
