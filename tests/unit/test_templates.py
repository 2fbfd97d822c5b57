"""The mapping templates, rendered: hostile input is escaped and has no effect."""

import json
from typing import Any, Final

import pytest

from api import templates
from photosky.errors import CATALOGUE, Code, problem
from photosky.headers import SECURITY_HEADERS
from tests.velocity import requests as local
from tests.velocity.requests import HOSTILE, ORIGIN, OWNER, PHOTO_ID, REQUEST_ID, Request

OTHER_ORIGIN: Final = "https://other.example"
MACHINE: Final = "arn:aws:states:eu-central-1:123456789012:stateMachine:Ingest"


def rendered(template: str, body: str = "", *, sub: str = OWNER, photo_id: str = PHOTO_ID, origin: str = ORIGIN) -> Any:
    """The rendered template, and the values that it set in `$context.responseOverride`."""
    result = local.rendered(template, Request(body, sub, photo_id, {"Origin": origin}))
    return result.text, {"status": result.status, "header": result.header}


def headers(origin: str | None, **more: str) -> dict[str, str]:
    """The headers of every response, and `more` with `_` for `-`."""
    cors = {"Access-Control-Expose-Headers": "ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id"}
    cors |= {"Access-Control-Allow-Origin": origin} if origin else {}
    common = {**SECURITY_HEADERS, "Vary": "Origin", "X-Request-Id": REQUEST_ID}
    return common | (cors if origin else {}) | {name.replace("_", "-"): value for name, value in more.items()}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:40])
def test_input_is_the_tokens_owner_and_the_paths_id(text: str) -> None:
    for sub, photo_id in ((OWNER, text), (text, PHOTO_ID), (text, text)):
        started, _ = rendered(templates.start_execution(MACHINE), '{"owner_id": "someone"}', sub=sub, photo_id=photo_id)
        request = json.loads(started)
        assert set(request) == {"stateMachineArn", "name", "input"}
        assert (request["stateMachineArn"], request["name"]) == (MACHINE, REQUEST_ID)
        assert json.loads(request["input"]) == {"owner_id": sub, "photo_id": photo_id}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:40])
def test_photo_is_returned_unchanged(text: str) -> None:
    photo = json.dumps({"photo_id": PHOTO_ID, "title": text, "tags": [text]})
    execution = {"status": "SUCCEEDED", "output": json.dumps({"outcome": "ready", "photo": photo, "etag": '"3"'})}
    response, override = rendered(templates.execution_result([OTHER_ORIGIN, ORIGIN]), json.dumps(execution))
    assert response.strip() == photo
    assert override == {"status": None, "header": headers(ORIGIN, ETag='"3"')}


@pytest.mark.parametrize("text", [text for text in HOSTILE if text], ids=lambda text: ascii(text)[:40])
def test_problem_has_any_detail_escaped(text: str) -> None:
    output = {"outcome": "rejected", "code": "CorruptImage", "detail": text}
    response, override = rendered(
        templates.execution_result([ORIGIN]), json.dumps({"status": "SUCCEEDED", "output": json.dumps(output)})
    )
    assert json.loads(response) == problem(Code.CORRUPT_IMAGE, text, REQUEST_ID)
    assert override == {"status": 422, "header": headers(ORIGIN, Content_Type="application/problem+json")}


@pytest.mark.parametrize("code", Code)
def test_retryable_codes_have_retry_after(code: Code) -> None:
    output = {"outcome": "declined", "code": str(code), "detail": "Why."}
    response, override = rendered(
        templates.execution_result([ORIGIN]), json.dumps({"status": "SUCCEEDED", "output": json.dumps(output)})
    )
    retry = {"Retry_After": "2"} if CATALOGUE[code].retryable else {}
    assert json.loads(response) == problem(code, "Why.", REQUEST_ID)
    assert override == {
        "status": CATALOGUE[code].status,
        "header": headers(ORIGIN, Content_Type="application/problem+json", **retry),
    }


@pytest.mark.parametrize(
    ("execution", "code"),
    [
        ({"status": "FAILED", "error": "InternalError", "cause": "secret"}, Code.INTERNAL_ERROR),
        ({"status": "FAILED", "error": "IngestTimedOut"}, Code.INGEST_TIMED_OUT),
        ({"status": "FAILED", "error": "$foo"}, Code.INTERNAL_ERROR),
        ({"status": "TIMED_OUT"}, Code.INGEST_TIMED_OUT),
        ({"status": "ABORTED"}, Code.INTERNAL_ERROR),
        ({"status": "SUCCEEDED", "output": '{"outcome": "rejected", "code": "NoSuchCode"}'}, Code.INTERNAL_ERROR),
        ({"status": "SUCCEEDED", "output": "{}"}, Code.INTERNAL_ERROR),
        ({}, Code.INTERNAL_ERROR),
    ],
)
def test_failed_execution_is_a_problem_without_its_cause(execution: object, code: Code) -> None:
    response, override = rendered(templates.execution_result([ORIGIN]), json.dumps(execution))
    document = json.loads(response)
    assert override["status"] == CATALOGUE[code].status
    assert document == problem(code, document["detail"], REQUEST_ID)
    assert "secret" not in response


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"__type": "com.amazon.coral.availability#ThrottlingException"}, Code.TOO_MANY_REQUESTS),
        ({"__type": "com.amazonaws.swf.service#AccessDeniedException", "Message": "secret"}, Code.INTERNAL_ERROR),
        ({"message": "Internal"}, Code.INTERNAL_ERROR),
    ],
)
def test_start_error_is_throttling_or_a_fault(error: object, code: Code) -> None:
    response, override = rendered(templates.start_error([ORIGIN]), json.dumps(error))
    document = json.loads(response)
    assert document == problem(code, document["detail"], REQUEST_ID)
    retry = {"Retry_After": "2"} if CATALOGUE[code].retryable else {}
    assert override["header"] == headers(ORIGIN, Content_Type="application/problem+json", **retry)
    assert "secret" not in response


def test_preflight_names_methods_headers_and_age() -> None:
    template = templates.preflight([OTHER_ORIGIN, ORIGIN], ["GET", "POST"], ["Authorization", "If-Match"], 60)
    allowed = {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, If-Match",
        "Access-Control-Max-Age": "60",
    }
    text, override = rendered(template)
    assert text.strip() == ""
    assert override == {"status": None, "header": headers(ORIGIN) | allowed}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", f"{ORIGIN}.evil.example", '" || $context', "$origin"]
)
def test_foreign_origin_gets_no_cors_headers(origin: str) -> None:
    allowed = [OTHER_ORIGIN, ORIGIN]
    for template in (
        templates.execution_result(allowed),
        templates.start_error(allowed),
        templates.preflight(allowed, ["GET"], ["Authorization"], 60),
    ):
        _, override = rendered(template, "{}", origin=origin)
        assert not [name for name in override["header"] if name.startswith("Access-Control-")]
        assert override["header"].items() >= headers(None).items()
