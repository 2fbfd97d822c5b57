"""Fail: store the fault in the record, and remove what the execution wrote."""

from collections.abc import Mapping
from typing import Any, Final

from photosky.errors import Code
from photosky.photo import Rejection, Status
from photosky.settings import settings
from photosky.steps import Claim, StepResult, step, withdraw
from photosky.store import keys
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import span

_TIMEOUTS: Final = {"States.Timeout", "Sandbox.Timedout"}
"""The error names that Step Functions and Lambda give to a task that timed out."""


def fail(claim: Claim, event: Mapping[str, Any]) -> StepResult:
    """Return `failed` with the code for the client. The event's `error` is the name of the error that was caught."""
    rejection = _rejection(event["error"])
    try:
        with span("refuse"):
            photo = photos_table().refuse(claim.owner_id, claim.photo_id, claim.execution, Status.FAILED, rejection)
    except ConditionFailedError as lost:
        withdraw(claim, lost.photo)
    else:
        with span("remove"):
            media_bucket().remove(keys.all_keys(photo, settings().presets))
        with span("settle"):
            photos_table().settle(photo)
    return {"outcome": "failed", "code": rejection.code, "detail": rejection.detail}


def _rejection(error: str) -> Rejection:
    if error in _TIMEOUTS:
        return Rejection(Code.INGEST_TIMED_OUT, "A step of the ingest timed out. Upload the photo again.")
    return Rejection(
        Code.INTERNAL_ERROR, "A step of the ingest failed because of an internal error. Upload the photo again."
    )


handler = step("fail", fail)
