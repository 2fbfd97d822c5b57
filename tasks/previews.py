"""Previews: read the upload once, render all previews from one decode, and store them with the picture's facts.

It runs native decoders on strangers' bytes, so its role can read uploads and write previews, and do nothing else.
Promote copies the original meanwhile. Persist writes the record, and Events removes the upload and the facts.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from photosky.concurrently import Threads
from photosky.descriptions import describe
from photosky.errors import Code, PhotoSkyError
from photosky.heap import trimming
from photosky.imaging.limits import RENDER_THREADS
from photosky.imaging.media_types import CONTENT_TYPES
from photosky.imaging.rendering import Rendered, render
from photosky.settings import settings
from photosky.steps import Claim, StepResult, rejected, step
from photosky.store.facts import store_facts
from photosky.store.media import media_bucket
from photosky.store.objects import ObjectMissingError, ObjectReplacedError
from photosky.store.previews import MAX_WRITES, PreviewWrites, stored_previews
from photosky.telemetry import span


def previews(claim: Claim, event: Mapping[str, Any]) -> StepResult:
    """Return `rendered`, `rejected`, or `unavailable` if the upload that Validate accepted cannot be read.

    The facts go to the bucket, not into the result, so that locations never enter the execution's state or its logs.
    """
    try:
        with span("download"):
            data = media_bucket().read_upload(claim.owner_id, claim.photo_id, event["etag"])
    except (ObjectMissingError, ObjectReplacedError):
        return {"outcome": "unavailable", "etag": event["etag"]}
    about = claim.owner_id, claim.photo_id, claim.execution
    with Threads(MAX_WRITES) as threads:
        writes = PreviewWrites(threads, *about)
        try:
            sha256 = _verified_digest(data, event["declared_sha256"])
            rendered = render(data, settings().presets, settings().limits, span, RENDER_THREADS, writes.start)
        except PhotoSkyError as refusal:
            return rejected(refusal)
        stored = stored_previews(*about, rendered.previews)
        facts = _facts(rendered) | {"previews": stored, "sha256": sha256, "size_bytes": len(data)}
        # Persist reads them only if this step succeeds, so that they may be there before the last previews.
        described = threads.start(_describe, claim, facts)
        writes.finish()
        described.result()
    return {
        "outcome": "rendered",
        "etag": event["etag"],
        "content_type": facts["content_type"],
        "previews": len(rendered.previews),
        "size_bytes": len(data),
        "width": rendered.width,
        "height": rendered.height,
    }


def _describe(claim: Claim, facts: Mapping[str, Any]) -> None:
    with span("describe"):
        store_facts(claim.owner_id, claim.photo_id, claim.execution, facts)


def _verified_digest(data: bytes, declared_sha256: str) -> str:
    """The SHA-256 of the bytes in hex. Raises PhotoSkyError if the client declared a different one."""
    sha256 = hashlib.sha256(data).hexdigest()
    if declared_sha256 not in ("", sha256):
        raise PhotoSkyError(Code.CORRUPT_IMAGE, "The upload does not have the declared SHA-256 digest.")
    return sha256


def _facts(rendered: Rendered) -> dict[str, Any]:
    """What the record stores of the picture, by attribute name."""
    return {
        "content_type": CONTENT_TYPES[rendered.format],
        "width": rendered.width,
        "height": rendered.height,
        **describe(rendered, settings().location_policy),
        "placeholder": rendered.placeholder,
        "dominant_color": rendered.dominant_color,
    }


handler = trimming(step("previews", previews, media_bucket))
