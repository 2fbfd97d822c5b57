"""Responses of the API are compared with the contract."""

import json

import httpx
import pytest

from local.smoke.differences import Difference, Fault
from tests.unit.local.smoke.apis import api_with

HEALTH = {"status": "ok", "version": "1.0.0"}
ID = {"X-Request-Id": "6f1d2a0e"}


def problem(status: int, code: str) -> httpx.Response:
    """A problem document of the API."""
    document = {
        "type": f"urn:photosky:problem:{code}",
        "title": "A title",
        "status": status,
        "detail": "What happened.",
        "code": code,
        "request_id": "6f1d2a0e",
    }
    headers = ID | {"Content-Type": "application/problem+json", "WWW-Authenticate": 'Bearer realm="photosky"'}
    return httpx.Response(status, content=json.dumps(document), headers=headers)


def test_response_as_documented_is_returned() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, str(request.url)) == ("GET", "https://api.example/v1/health")
        assert request.headers["Authorization"] == "token"
        return httpx.Response(200, json=HEALTH, headers=ID)

    assert api_with(answer).call("GET", "/health").json() == HEALTH


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (httpx.Response(200, json=HEALTH), "GET /health has no header X-Request-Id"),
        (httpx.Response(200, json={"status": "ok"}, headers=ID), "GET /health breaks the schema at $ (required)"),
        (
            httpx.Response(200, json=HEALTH | {"version": 1}, headers=ID),
            "GET /health breaks the schema at $.version (type)",
        ),
        (
            httpx.Response(200, content=b"<html>", headers=ID | {"Content-Type": "application/json"}),
            "GET /health has a body that is no JSON",
        ),
        (
            httpx.Response(200, text="ok", headers=ID),
            "GET /health has the content type 'text/plain' instead of application/json",
        ),
        (problem(404, "RouteNotFound"), "GET /health answers 404 RouteNotFound instead of 200: What happened."),
    ],
)
def test_other_response_is_a_difference(response: httpx.Response, text: str) -> None:
    with pytest.raises(Difference) as raised:
        api_with(lambda _request: response).call("GET", "/health")
    assert raised.value.texts == (text,)


def test_server_error_is_a_fault_with_its_request_id() -> None:
    with pytest.raises(Fault) as raised:
        api_with(lambda _request: problem(500, "InternalError")).call("GET", "/photos", query={"tag": "sea"})
    assert raised.value.texts == ("GET /photos?tag=sea answers 500 InternalError instead of 200",)
    assert raised.value.request_id == "6f1d2a0e"


def test_expected_problem_needs_its_code() -> None:
    api = api_with(lambda _request: problem(401, "Unauthorized"))
    api.call("GET", "/photos", 401, code="Unauthorized")
    with pytest.raises(Difference, match="GET /photos has the code Unauthorized instead of PhotoNotFound"):
        api.call("GET", "/photos", 401, code="PhotoNotFound")


def test_undocumented_status_is_a_difference() -> None:
    with pytest.raises(Difference, match="GET /health answers 418, which the contract does not have"):
        api_with(lambda _request: httpx.Response(418)).call("GET", "/health", 418)


def test_body_of_a_response_without_content_is_a_difference() -> None:
    with pytest.raises(Difference, match="has a body"):
        api_with(lambda _request: httpx.Response(204, text="x", headers=ID)).call(
            "DELETE", "/photos/{photo_id}", 204, photo_id="1"
        )
