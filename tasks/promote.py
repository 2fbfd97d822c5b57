"""Promote: copy the accepted upload to the originals, while Previews decodes it."""

from collections.abc import Mapping
from typing import Any

from photosky.imaging.media_types import CONTENT_TYPES
from photosky.steps import Claim, StepResult, promote_upload, step
from photosky.store.media import media_bucket
from photosky.store.objects import ObjectMissingError, ObjectReplacedError


def promote(claim: Claim, event: Mapping[str, Any]) -> StepResult:
    """Return `promoted`, or `unavailable` if the upload is no longer the one that Validate accepted.

    Both have the content type of the format that Validate found. No record names the copy yet: Persist writes its key,
    and every other end of the ingest removes it.
    """
    content_type = CONTENT_TYPES[event["format"]]
    try:
        promote_upload(claim, event["etag"], content_type)
    except (ObjectMissingError, ObjectReplacedError):
        return {"outcome": "unavailable", "content_type": content_type}
    return {"outcome": "promoted", "content_type": content_type}


handler = step("promote", promote, media_bucket)
