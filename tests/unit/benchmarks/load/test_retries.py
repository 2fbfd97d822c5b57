"""A response that asks for a retry is complete; otherwise it is an error."""

from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks.load.retries import retry_after_seconds
from photosky.errors import Code, problem

HEADERS = {"Content-Type": "application/problem+json", "Retry-After": "2"}
THROTTLED = problem(Code.TOO_MANY_REQUESTS, "Too many requests at once.", "request-1")


@pytest.mark.parametrize("code", [Code.TOO_MANY_REQUESTS, Code.INGEST_IN_PROGRESS])
def test_a_complete_problem_document_gives_its_retry_after(code: Code) -> None:
    assert retry_after_seconds(HEADERS, problem(code, "Wait a moment.", "request-1")) == 2


@pytest.mark.parametrize(
    ("headers", "document", "missing"),
    [
        (HEADERS, problem(Code.INGEST_TIMED_OUT, "Out of time.", "request-1"), "the code is 'IngestTimedOut'"),
        (HEADERS, {"message": "Too Many Requests"}, "the code is None"),
        (HEADERS | {"Content-Type": "application/json"}, THROTTLED, "has the content type 'application/json'"),
        (HEADERS, THROTTLED | {"status": 503}, "'status': 503"),
        (HEADERS, THROTTLED | {"title": "Slow down"}, "'title': 'Slow down'"),
        (HEADERS, THROTTLED | {"type": "about:blank"}, "'type': 'about:blank'"),
        (HEADERS, THROTTLED | {"detail": ""}, "no detail"),
        (HEADERS, THROTTLED | {"request_id": ""}, "no request_id"),
        ({"Content-Type": "application/problem+json"}, THROTTLED, "has no Retry-After"),
        (HEADERS | {"Retry-After": "soon"}, THROTTLED, "has no Retry-After"),
    ],
)
def test_an_incomplete_response_raises(headers: Mapping[str, str], document: Mapping[str, Any], missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        retry_after_seconds(headers, document)
