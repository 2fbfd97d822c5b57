"""Fail: store the fault in the record, and remove what the execution wrote."""

from collections.abc import Mapping
from typing import Any, Final

from photosky.errors import Code
from photosky.photo import Rejection, Status
from photosky.steps import Claim, StepResult, refuse, step
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table

_TIMEOUTS: Final = {"States.Timeout", "Sandbox.Timedout"}
"""The error names that Step Functions and Lambda give to a task that timed out."""


def fail(claim: Claim, event: Mapping[str, Any]) -> StepResult:
    """Return `failed` with the code for the client. The event's `error` is the name of the error that was caught."""
    rejection = _rejection(event["error"])
    refuse(claim, Status.FAILED, rejection)
    return {"outcome": "failed", "code": rejection.code, "detail": rejection.detail}


def _rejection(error: str) -> Rejection:
    if error in _TIMEOUTS:
        return Rejection(Code.INGEST_TIMED_OUT, "A step of the ingest timed out. Upload the photo again.")
    return Rejection(
        Code.INTERNAL_ERROR, "A step of the ingest failed because of an internal error. Upload the photo again."
    )


handler = step("fail", fail, photos_table, media_bucket)
