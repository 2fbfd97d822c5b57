"""The error catalogue: every code that PhotoSky answers with, and the problem document that tells it.

The API handler, the workflow's mapping template and API Gateway's own gateway responses all take their
status and title from here, so a code means the same wherever it was found out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

PROBLEM_CONTENT_TYPE: Final = "application/problem+json"
"""RFC 9457, section 3."""

PROBLEM_TYPE_PREFIX: Final = "urn:photosky:problem:"
"""Before a code, the URI that identifies the problem (RFC 9457, section 3.1.1); it names, it does not resolve."""

EXPOSED_HEADERS: Final = ("ETag", "Location", "Retry-After", "X-Request-Id")
"""What a browser lets a frontend of another origin read of any answer."""

RETRY_AFTER_SECONDS: Final = 2
"""What `Retry-After` says where waiting helps: an ingest usually takes less than this."""


class Code(StrEnum):
    """The codes, in the order of their status."""

    INVALID_REQUEST = "InvalidRequest"
    UNAUTHORIZED = "Unauthorized"
    PHOTO_NOT_FOUND = "PhotoNotFound"
    ROUTE_NOT_FOUND = "RouteNotFound"
    METHOD_NOT_ALLOWED = "MethodNotAllowed"
    UPLOAD_MISSING = "UploadMissing"
    INGEST_IN_PROGRESS = "IngestInProgress"
    PRECONDITION_FAILED = "PreconditionFailed"
    UPLOAD_TOO_LARGE = "UploadTooLarge"
    UNSUPPORTED_FORMAT = "UnsupportedFormat"
    CORRUPT_IMAGE = "CorruptImage"
    TOO_MANY_PIXELS = "TooManyPixels"
    TOO_MANY_FRAMES = "TooManyFrames"
    TOO_MANY_REQUESTS = "TooManyRequests"
    INTERNAL_ERROR = "InternalError"
    INGEST_TIMED_OUT = "IngestTimedOut"


@dataclass(frozen=True)
class Entry:
    """One row of the catalogue: HTTP status, a title that never changes, and whether waiting helps."""

    status: int
    title: str
    retryable: bool = False


CATALOGUE: Final[Mapping[Code, Entry]] = {
    Code.INVALID_REQUEST: Entry(400, "The request is not what the contract says"),
    Code.UNAUTHORIZED: Entry(401, "A valid ID token is needed"),
    Code.PHOTO_NOT_FOUND: Entry(404, "There is no such photo"),
    Code.ROUTE_NOT_FOUND: Entry(404, "There is no such route"),
    Code.METHOD_NOT_ALLOWED: Entry(405, "The route has no such method"),
    Code.UPLOAD_MISSING: Entry(409, "The photo's bytes have not arrived"),
    Code.INGEST_IN_PROGRESS: Entry(409, "The photo is being ingested", retryable=True),
    Code.PRECONDITION_FAILED: Entry(412, "The precondition does not hold"),
    Code.UPLOAD_TOO_LARGE: Entry(413, "The upload is too large"),
    Code.UNSUPPORTED_FORMAT: Entry(415, "The bytes are not an allowed image format"),
    Code.CORRUPT_IMAGE: Entry(422, "The image is damaged"),
    Code.TOO_MANY_PIXELS: Entry(422, "The image has too many pixels"),
    Code.TOO_MANY_FRAMES: Entry(422, "The image has too many frames"),
    Code.TOO_MANY_REQUESTS: Entry(429, "Too many requests", retryable=True),
    Code.INTERNAL_ERROR: Entry(500, "Something broke on our side"),
    Code.INGEST_TIMED_OUT: Entry(504, "The ingest ran out of time", retryable=True),
}


class PhotoSkyError(Exception):
    """Raised when a request or an upload is refused with a code of the catalogue.

    `detail` is shown to the client: it names what is wrong, and never holds a key, a token or a place.
    """

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

    @property
    def status(self) -> int:
        """The HTTP status of this error's code."""
        return CATALOGUE[self.code].status


def problem(code: Code, detail: str, request_id: str) -> dict[str, Any]:
    """The problem document of one answer: `type`, `title`, `status`, `detail`, `code`, `request_id`."""
    entry = CATALOGUE[code]
    return {
        "type": f"{PROBLEM_TYPE_PREFIX}{code}",
        "title": entry.title,
        "status": entry.status,
        "detail": detail,
        "code": str(code),
        "request_id": request_id,
    }
