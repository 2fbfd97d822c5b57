"""The error catalogue and its problem documents."""

import pytest

from photosky.errors import CATALOGUE, Code, PhotoSkyError, problem

STATUSES = {
    "InvalidRequest": 400,
    "Unauthorized": 401,
    "QuotaExceeded": 403,
    "PhotoNotFound": 404,
    "RouteNotFound": 404,
    "MethodNotAllowed": 405,
    "UploadMissing": 409,
    "UploadNotExpected": 409,
    "IngestInProgress": 409,
    "PhotoTrashed": 409,
    "PhotoNotTrashed": 409,
    "RequestInProgress": 409,
    "CursorExpired": 410,
    "PreconditionFailed": 412,
    "UploadTooLarge": 413,
    "UnsupportedFormat": 415,
    "CorruptImage": 422,
    "TooManyPixels": 422,
    "TooManyFrames": 422,
    "IdempotencyKeyReused": 422,
    "TooManyRequests": 429,
    "InternalError": 500,
    "IngestTimedOut": 504,
}


def test_every_code_has_its_status() -> None:
    assert {str(code): entry.status for code, entry in CATALOGUE.items()} == STATUSES


def test_catalogue_has_all_codes_ordered_by_status() -> None:
    assert list(CATALOGUE) == list(Code)
    assert [entry.status for entry in CATALOGUE.values()] == sorted(STATUSES.values())


def test_retryable_codes() -> None:
    assert [str(code) for code, entry in CATALOGUE.items() if entry.retryable] == [
        "IngestInProgress",
        "RequestInProgress",
        "TooManyRequests",
        "IngestTimedOut",
    ]


def test_titles_are_unique() -> None:
    assert len({entry.title for entry in CATALOGUE.values()}) == len(CATALOGUE)


@pytest.mark.parametrize("code", list(Code))
def test_problem_document_has_its_row_and_detail(code: Code) -> None:
    assert problem(code, "limit must be an integer.", "request 7") == {
        "type": f"urn:photosky:problem:{code}",
        "title": CATALOGUE[code].title,
        "status": STATUSES[code],
        "detail": "limit must be an integer.",
        "code": str(code),
        "request_id": "request 7",
    }


def test_error_has_code_detail_and_status() -> None:
    error = PhotoSkyError(Code.TOO_MANY_FRAMES, "The GIF has too many frames.")
    assert (error.code, error.detail, error.status) == (Code.TOO_MANY_FRAMES, "The GIF has too many frames.", 422)
    assert str(error) == "TooManyFrames: The GIF has too many frames."
