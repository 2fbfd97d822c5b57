"""The error catalogue is the contract's table, and a problem document tells all of a row."""

import pytest

from photosky.errors import CATALOGUE, Code, PhotoSkyError, problem

CONTRACT = {
    "InvalidRequest": 400,
    "Unauthorized": 401,
    "PhotoNotFound": 404,
    "RouteNotFound": 404,
    "MethodNotAllowed": 405,
    "UploadMissing": 409,
    "IngestInProgress": 409,
    "PreconditionFailed": 412,
    "UploadTooLarge": 413,
    "UnsupportedFormat": 415,
    "CorruptImage": 422,
    "TooManyPixels": 422,
    "TooManyFrames": 422,
    "TooManyRequests": 429,
    "InternalError": 500,
    "IngestTimedOut": 504,
}


def test_every_code_has_the_status_of_the_contract() -> None:
    assert {str(code): entry.status for code, entry in CATALOGUE.items()} == CONTRACT


def test_every_code_is_in_the_catalogue_in_the_order_of_status() -> None:
    assert list(CATALOGUE) == list(Code)
    assert [entry.status for entry in CATALOGUE.values()] == sorted(CONTRACT.values())


def test_waiting_helps_where_the_photo_or_the_api_is_busy() -> None:
    assert [str(code) for code, entry in CATALOGUE.items() if entry.retryable] == [
        "IngestInProgress",
        "TooManyRequests",
        "IngestTimedOut",
    ]


def test_no_two_codes_share_a_title() -> None:
    assert len({entry.title for entry in CATALOGUE.values()}) == len(CATALOGUE)


@pytest.mark.parametrize("code", list(Code))
def test_a_problem_document_tells_its_row_and_what_happened(code: Code) -> None:
    assert problem(code, "The sky is empty.", "request 7") == {
        "type": f"urn:photosky:problem:{code}",
        "title": CATALOGUE[code].title,
        "status": CONTRACT[code],
        "detail": "The sky is empty.",
        "code": str(code),
        "request_id": "request 7",
    }


def test_an_error_knows_its_code_its_detail_and_its_status() -> None:
    error = PhotoSkyError(Code.TOO_MANY_FRAMES, "It never ends.")
    assert (error.code, error.detail, error.status) == (Code.TOO_MANY_FRAMES, "It never ends.", 422)
    assert str(error) == "TooManyFrames: It never ends."
