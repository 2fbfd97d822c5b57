"""Behaviour of all routes: CORS, request ids, unknown routes, and faults without details."""

from collections.abc import Callable
from typing import Any

import pytest

from api.handler import handler
from infrastructure.version import VERSION
from photosky.errors import Code
from tests.api.gateway import ORIGIN, REQUEST_ID, call, expect, expect_problem, headers, proxy_event
from tests.storage import Storage

INTERNAL_ERROR = "The request failed because of an internal error. Try again later."
CORS = {"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Allow-Credentials"}


def test_health_needs_no_token() -> None:
    expect(call("GET", "/health", owner_id=None), 200, {"status": "ok", "version": VERSION})


@pytest.mark.parametrize("origin", ["http://127.0.0.1:5173", "http://localhost:5173"])
@pytest.mark.parametrize("name", ["Origin", "origin"])
def test_allowed_origins_get_cors_headers(origin: str, name: str) -> None:
    response = call("GET", "/photos", origin=None, headers={name: origin})
    expect(response, 200, {"photos": [], "next_cursor": None}, headers(Access_Control_Allow_Origin=origin))


@pytest.mark.parametrize(
    "origin",
    [None, "", "https://evil.example", "null", f"{ORIGIN}.evil.example", ORIGIN.upper(), f"{ORIGIN}/", "*"],
)
@pytest.mark.parametrize("photo_id", [None, "malformed"])
def test_foreign_origins_get_no_cors_headers(origin: str | None, photo_id: str | None) -> None:
    resource = "/photos/{photo_id}" if photo_id else "/photos"
    response = call("GET", resource, photo_id, origin=origin)
    assert response.status == (404 if photo_id else 200)
    assert not CORS & set(response.headers)
    assert (response.headers["Vary"], response.headers["X-Request-Id"]) == ("Origin", REQUEST_ID)


def test_cors_never_allows_credentials() -> None:
    assert "Access-Control-Allow-Credentials" not in call("GET", "/photos").headers


@pytest.mark.parametrize(
    ("method", "resource"), [("GET", "/albums"), ("PUT", "/photos"), ("GET", "/"), ("POST", "/health")]
)
def test_unknown_route_is_not_found(method: str, resource: str) -> None:
    expect_problem(call(method, resource), Code.ROUTE_NOT_FOUND, "The API has no route for this path.")


@pytest.mark.parametrize("before", ["/pictures", "/photos"])
def test_base_path_of_a_custom_domain_changes_no_route(before: str) -> None:
    event = proxy_event("GET", "/photos")
    assert handler({**event, "path": f"{before}/photos"}, None)["statusCode"] == 200


@pytest.mark.parametrize(
    "photo_id", ["\n", "{photo_id}\n", "\r", "{photo_id}/", "{photo_id}?", " {photo_id}", "\ud83c", "."]
)
@pytest.mark.parametrize(("method", "below"), [("GET", ""), ("GET", "/original"), ("PATCH", ""), ("DELETE", "")])
def test_malformed_id_matches_no_photo_and_no_other_route(
    storage: Storage, method: str, below: str, photo_id: str
) -> None:
    photo = storage.put_ready("0" * 64)
    malformed = photo_id.replace("{photo_id}", photo.photo_id)
    response = call(
        method, f"/photos/{{photo_id}}{below}", malformed, body={"title": "x"} if method == "PATCH" else None
    )
    expect_problem(response, Code.PHOTO_NOT_FOUND, "There is no photo with this id.")
    assert storage.photo(photo) == photo


def test_each_response_has_its_request_id() -> None:
    for request_id in ("request 1", "request 2"):
        response = call("GET", "/photos/{photo_id}", "x", request_id=request_id)
        assert (response.headers["X-Request-Id"], response.document["request_id"]) == (request_id,) * 2


def test_fault_is_logged_but_not_described_to_the_client(
    storage: Storage, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    storage.dynamodb.delete_table(TableName=storage.table_name)
    response = call("GET", "/photos")
    expect_problem(response, Code.INTERNAL_ERROR, INTERNAL_ERROR)
    assert not any(word in response.text for word in ("ResourceNotFound", "Traceback", "botocore", storage.table_name))
    fault, line = log_lines()
    assert (fault["level"], fault["request_id"], fault["exception_name"]) == (
        "ERROR",
        REQUEST_ID,
        "ResourceNotFoundException",
    )
    assert (line["route"], line["status"], line["request_id"]) == ("GET /photos", 500, REQUEST_ID)


@pytest.mark.parametrize(
    ("method", "resource", "body"),
    [
        ("POST", "/photos", {"filename": "x", "content_type": "image/png", "size_bytes": 1}),
        ("GET", "/photos", None),
        ("GET", "/photos/{photo_id}", None),
        ("GET", "/photos/{photo_id}/original", None),
        ("PATCH", "/photos/{photo_id}", {"title": "x"}),
        ("DELETE", "/photos/{photo_id}", None),
        ("POST", "/photos/{photo_id}/restore", None),
    ],
)
def test_fault_of_any_route_is_the_same_problem(storage: Storage, method: str, resource: str, body: object) -> None:
    photo = storage.put_photo()
    storage.dynamodb.delete_table(TableName=storage.table_name)
    photo_id = photo.photo_id if "photo_id" in resource else None
    expect_problem(call(method, resource, photo_id, body=body), Code.INTERNAL_ERROR, INTERNAL_ERROR)


def test_request_without_an_owner_is_a_fault() -> None:
    """API Gateway's authorizer refuses such requests; without it, they must not read any photos."""
    expect_problem(call("GET", "/photos", owner_id=None), Code.INTERNAL_ERROR, INTERNAL_ERROR)


def test_log_line_has_route_status_and_request_id_only(log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    call("GET", "/photos/{photo_id}", "malformed")
    (line,) = log_lines()
    assert set(line) == {"level", "location", "message", "timestamp", "service", "route", "status", "request_id"}
    assert (line["route"], line["status"], line["request_id"]) == ("GET /photos/{photo_id}", 404, REQUEST_ID)
