"""The input, the result format and the handler wrapper that all workflow steps share."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Self

from photosky.aws import fault_of
from photosky.errors import Code, PhotoSkyError
from photosky.photo import Photo, Rejection, Status, is_photo_id
from photosky.settings import settings
from photosky.startup import initialize
from photosky.store import keys
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import annotate, logger, measure, span

StepResult = dict[str, Any]
"""What a step returns: its `outcome`, and for each outcome what the next state or the client needs."""


class Claim(NamedTuple):
    """The part of the input that all steps have: a photo and the execution that processes it."""

    owner_id: str
    photo_id: str
    execution: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the claim from a step's input. Raises KeyError with the name of a missing key."""
        return cls(event["owner_id"], event["photo_id"], event["execution"])


def declined(code: Code, detail: str) -> StepResult:
    """Decline the request; the photo stays unchanged."""
    return {"outcome": "declined", "code": str(code), "detail": detail}


def rejected(error: PhotoSkyError) -> StepResult:
    """Reject the upload; the Reject step stores the reason in the record."""
    return {"outcome": "rejected", "code": str(error.code), "detail": error.detail}


def not_found() -> StepResult:
    """Decline the request, because the photo does not exist or is being deleted."""
    return declined(Code.PHOTO_NOT_FOUND, "There is no photo with this id.")


def superseded(photo: Photo | None) -> StepResult:
    """The result where this execution does not hold the photo, derived from its current record."""
    if photo is None or photo.status is Status.DELETING:
        return not_found()
    if photo.status is Status.READY:
        return {"outcome": "ready"}
    if photo.status is Status.TRASHED:
        return declined(Code.PHOTO_TRASHED, "The photo is in the trash. Restore it instead of ingesting it again.")
    # A failed photo with a lease can be ingested again once the objects of the failed attempt are removed.
    if photo.rejection and not (photo.status is Status.FAILED and photo.lease_until):
        return declined(Code(photo.rejection.code), photo.rejection.detail)
    return declined(
        Code.INGEST_IN_PROGRESS, "Another ingest of this photo is in progress; retry after the interval in Retry-After."
    )


def withdraw(claim: Claim, photo: Photo | None) -> StepResult:
    """Like `superseded`, for an execution that has written objects: remove those that the record does not name.

    The upload is removed too if no execution can ingest it any more.
    """
    discardable = discardable_keys(claim, photo)
    if photo is None or photo.status in (Status.DELETING, Status.REJECTED):
        discardable = {*discardable_keys(claim, None), keys.upload_key(claim.owner_id, claim.photo_id)}
    if discardable:
        with span("withdraw"):
            media_bucket().remove(discardable)
    return superseded(photo)


def refuse(claim: Claim, status: Literal[Status.REJECTED, Status.FAILED], rejection: Rejection) -> StepResult | None:
    """Reject or fail the photo, and remove the upload and what the execution wrote.

    Returns None, or the result for a photo that this execution no longer holds.
    """
    try:
        with span("refuse"):
            photo = photos_table().refuse(claim.owner_id, claim.photo_id, claim.execution, status, rejection)
    except ConditionFailedError as lost:
        return withdraw(claim, lost.photo)
    with span("remove"):
        media_bucket().remove(keys.all_keys(photo, settings().presets))
    with span("settle"):
        photos_table().settle(photo)
    return None


def refuse_upload(claim: Claim, error: PhotoSkyError) -> StepResult:
    """Return `rejected` after the record has the reason, or the result for a photo that others hold."""
    return refuse(claim, Status.REJECTED, Rejection(str(error.code), error.detail)) or rejected(error)


def discardable_keys(claim: Claim, photo: Photo | None) -> set[str]:
    """The keys that this execution may have written and that the photo's record does not name."""
    written = keys.execution_keys(claim.owner_id, claim.photo_id, claim.execution, settings().presets)
    return written - (keys.named_keys(photo) if photo else set())


def promote_upload(claim: Claim, etag: str, content_type: str) -> None:
    """Copy the upload with this ETag to the originals. A repetition writes the same object.

    Raises ObjectMissingError, or ObjectReplacedError if the ETag differs.
    """
    about = claim.owner_id, claim.photo_id
    with span("copy"):
        media_bucket().promote(keys.upload_key(*about), etag, keys.original_key(*about, claim.execution), content_type)


def step(
    name: str, run: Callable[[Claim, Mapping[str, Any]], StepResult], *makers: Callable[[], object]
) -> Callable[[Mapping[str, Any], object], StepResult]:
    """The Lambda handler of a step: runs it in a span with its name, and logs and measures its outcome.

    `makers` are called in the init phase (`startup.initialize`).
    """

    def handler(event: Mapping[str, Any], _context: object) -> StepResult:
        claim = Claim.from_event(event)
        # The id comes from the request's path and may be any text, so only a valid one is logged.
        photo_id = claim.photo_id if is_photo_id(claim.photo_id) else "invalid"
        about = {"step": name, "photo_id": photo_id, "execution": claim.execution}
        started = time.perf_counter()
        with span(name, **about):
            try:
                result = run(claim, event)
            except Exception as error:
                fault = fault_of(error)
                logger.exception("The step failed", extra=about | fault)
                measure({"Steps": 1, "Duration": _milliseconds_since(started)}, outcome="fault", **about, **fault)
                raise
            reported = {str(key): str(result[key]) for key in ("outcome", "code", "format") if key in result}
            annotate(**reported)
        logger.info("Step completed", extra=about | reported)
        measure({"Steps": 1, "Duration": _milliseconds_since(started), **_measured(name, result)}, **about, **reported)
        return result

    initialize(*makers)
    return handler


def _milliseconds_since(started: float) -> float:
    return round(1000 * (time.perf_counter() - started), 3)


def _measured(name: str, result: StepResult) -> dict[str, float]:
    """Metrics of a result. A rejection counts once: in the step that records it, not in one that leads to Reject."""
    measured: dict[str, float] = {}
    if "size_bytes" in result:
        measured["Bytes"] = result["size_bytes"]
    if "width" in result:
        measured["Pixels"] = result["width"] * result["height"]
    if result["outcome"] == "declined" or (name in ("persist", "reject") and result["outcome"] == "rejected"):
        measured["Refusals"] = 1
    return measured
