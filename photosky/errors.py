"""The error catalogue: every error code with its HTTP status and title, and its problem document (RFC 9457).

The API's handler, the mapping templates and the gateway responses take status and title from here, so a code has the
same meaning wherever an error is detected.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

PROBLEM_CONTENT_TYPE: Final = "application/problem+json"
"""RFC 9457, section 3."""

PROBLEM_TYPE_PREFIX: Final = "urn:photosky:problem:"
"""With a code, the URI that identifies the problem type (RFC 9457, section 3.1.1). It is a name, not a locator."""

EXPOSED_HEADERS: Final = ("ETag", "Location", "Retry-After", "WWW-Authenticate", "X-Request-Id")
"""The response headers that a browser exposes to a frontend of another origin (`Access-Control-Expose-Headers`)."""

RETRY_AFTER_SECONDS: Final = 2
"""The `Retry-After` of retryable codes: most ingests take less."""


class Code(StrEnum):
    """The codes, ordered by status."""

    INVALID_REQUEST = "InvalidRequest"
    UNAUTHORIZED = "Unauthorized"
    QUOTA_EXCEEDED = "QuotaExceeded"
    PHOTO_NOT_FOUND = "PhotoNotFound"
    ROUTE_NOT_FOUND = "RouteNotFound"
    METHOD_NOT_ALLOWED = "MethodNotAllowed"
    UPLOAD_MISSING = "UploadMissing"
    UPLOAD_NOT_EXPECTED = "UploadNotExpected"
    INGEST_IN_PROGRESS = "IngestInProgress"
    PHOTO_TRASHED = "PhotoTrashed"
    PHOTO_NOT_TRASHED = "PhotoNotTrashed"
    REQUEST_IN_PROGRESS = "RequestInProgress"
    CURSOR_EXPIRED = "CursorExpired"
    PRECONDITION_FAILED = "PreconditionFailed"
    UPLOAD_TOO_LARGE = "UploadTooLarge"
    UNSUPPORTED_FORMAT = "UnsupportedFormat"
    CORRUPT_IMAGE = "CorruptImage"
    TOO_MANY_PIXELS = "TooManyPixels"
    TOO_MANY_FRAMES = "TooManyFrames"
    IDEMPOTENCY_KEY_REUSED = "IdempotencyKeyReused"
    TOO_MANY_REQUESTS = "TooManyRequests"
    INTERNAL_ERROR = "InternalError"
    INGEST_TIMED_OUT = "IngestTimedOut"


class Entry(NamedTuple):
    """HTTP status and title of a code, and whether the same request can succeed later."""

    status: int
    title: str
    retryable: bool = False


CATALOGUE: Final[Mapping[Code, Entry]] = {
    Code.INVALID_REQUEST: Entry(400, "The request is invalid"),
    Code.UNAUTHORIZED: Entry(401, "A valid ID token is required"),
    Code.QUOTA_EXCEEDED: Entry(403, "The quota is exceeded"),
    Code.PHOTO_NOT_FOUND: Entry(404, "Photo not found"),
    Code.ROUTE_NOT_FOUND: Entry(404, "Route not found"),
    Code.METHOD_NOT_ALLOWED: Entry(405, "Method not allowed"),
    Code.UPLOAD_MISSING: Entry(409, "The upload is missing"),
    Code.UPLOAD_NOT_EXPECTED: Entry(409, "The photo takes no upload"),
    Code.INGEST_IN_PROGRESS: Entry(409, "An ingest is in progress", retryable=True),
    Code.PHOTO_TRASHED: Entry(409, "The photo is in the trash"),
    Code.PHOTO_NOT_TRASHED: Entry(409, "The photo is not in the trash"),
    Code.REQUEST_IN_PROGRESS: Entry(409, "The same request is in progress", retryable=True),
    Code.CURSOR_EXPIRED: Entry(410, "The cursor has expired"),
    Code.PRECONDITION_FAILED: Entry(412, "Precondition failed"),
    Code.UPLOAD_TOO_LARGE: Entry(413, "The upload is too large"),
    Code.UNSUPPORTED_FORMAT: Entry(415, "Unsupported image format"),
    Code.CORRUPT_IMAGE: Entry(422, "The image is damaged"),
    Code.TOO_MANY_PIXELS: Entry(422, "The image has too many pixels"),
    Code.TOO_MANY_FRAMES: Entry(422, "The image has too many frames"),
    Code.IDEMPOTENCY_KEY_REUSED: Entry(422, "The Idempotency-Key belongs to another request"),
    Code.TOO_MANY_REQUESTS: Entry(429, "Too many requests", retryable=True),
    Code.INTERNAL_ERROR: Entry(500, "Internal error"),
    Code.INGEST_TIMED_OUT: Entry(504, "The ingest timed out", retryable=True),
}


class FieldError(NamedTuple):
    """One wrong part of a request, and what it must be. Either `pointer` or `parameter` has a value.

    Attributes:
        pointer: The place in the body: a JSON Pointer in its URI fragment form (RFC 6901, section 6).
        parameter: The name of a query parameter or of a header.
    """

    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def to_json(self) -> dict[str, str]:
        """The error as an entry of the problem document's `errors`, as in RFC 9457, section 3."""
        return {name: value for name, value in self._asdict().items() if value is not None}


class PhotoSkyError(Exception):
    """A request or an upload is refused with a code of the catalogue.

    `detail` is shown to the client. It names the cause and contains no object key, token or location. `errors` has an
    entry for each wrong part of the request.
    """

    def __init__(self, code: Code, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)

    @property
    def status(self) -> int:
        """The HTTP status of this error's code."""
        return CATALOGUE[self.code].status


def problem(code: Code, detail: str, request_id: str, errors: Sequence[FieldError] = ()) -> dict[str, Any]:
    """The problem document of one response; it has `errors` if the request has wrong parts that can be named."""
    entry = CATALOGUE[code]
    return {
        "type": f"{PROBLEM_TYPE_PREFIX}{code}",
        "title": entry.title,
        "status": entry.status,
        "detail": detail,
        "code": str(code),
        "request_id": request_id,
    } | ({"errors": [error.to_json() for error in errors]} if errors else {})
