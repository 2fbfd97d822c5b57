"""An answer that asks for patience does so in full, or it is an error."""

from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks.load.retries import seconds_to_wait
from photosky.errors import Code, problem

HEADERS = {"Content-Type": "application/problem+json", "Retry-After": "2"}
THROTTLED = problem(Code.TOO_MANY_REQUESTS, "Too many requests at once.", "request-1")


@pytest.mark.parametrize("code", [Code.TOO_MANY_REQUESTS, Code.INGEST_IN_PROGRESS])
def test_a_problem_document_with_a_time_is_waited_out(code: Code) -> None:
    assert seconds_to_wait(HEADERS, problem(code, "Wait a moment.", "request-1")) == 2


@pytest.mark.parametrize(
    ("headers", "document", "missing"),
    [
        (HEADERS, problem(Code.INGEST_TIMED_OUT, "Out of time.", "request-1"), "the code is 'IngestTimedOut'"),
        (HEADERS, {"message": "Too Many Requests"}, "the code is None"),
        (HEADERS | {"Content-Type": "application/json"}, THROTTLED, "comes as 'application/json'"),
        (HEADERS, THROTTLED | {"status": 503}, "'status': 503"),
        (HEADERS, THROTTLED | {"title": "Slow down"}, "'title': 'Slow down'"),
        (HEADERS, THROTTLED | {"type": "about:blank"}, "'type': 'about:blank'"),
        (HEADERS, THROTTLED | {"detail": ""}, "no detail"),
        (HEADERS, THROTTLED | {"request_id": ""}, "no request_id"),
        ({"Content-Type": "application/problem+json"}, THROTTLED, "names no time to wait"),
        (HEADERS | {"Retry-After": "soon"}, THROTTLED, "names no time to wait"),
    ],
)
def test_an_answer_that_leaves_something_out_is_an_error(
    headers: Mapping[str, str], document: Mapping[str, Any], missing: str
) -> None:
    with pytest.raises(ValueError, match=missing):
        seconds_to_wait(headers, document)
