"""What holds for every route: CORS, ids of requests, unknown routes, and faults that tell nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from api.handler import handler
from infrastructure.version import VERSION
from photosky.errors import Code
from tests.api.gateway import ORIGIN, REQUEST_ID, call, expect, expect_problem, headers, proxy_event
from tests.storage import Storage

BROKEN = "The request failed because of an internal error. Try again later."
CORS = {"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Allow-Credentials"}


def test_health_needs_nobody() -> None:
    expect(call("GET", "/health", owner_id=None), 200, {"status": "ok", "version": VERSION})


@pytest.mark.parametrize("origin", ["http://127.0.0.1:5173", "http://localhost:5173"])
@pytest.mark.parametrize("name", ["Origin", "origin"])
def test_every_allowed_origin_may_read_the_answers(origin: str, name: str) -> None:
    answer = call("GET", "/photos", origin=None, headers={name: origin})
    expect(answer, 200, {"photos": [], "next_cursor": None}, headers(Access_Control_Allow_Origin=origin))


@pytest.mark.parametrize(
    "origin",
    [None, "", "https://evil.example", "null", f"{ORIGIN}.evil.example", ORIGIN.upper(), f"{ORIGIN}/", "*"],
)
@pytest.mark.parametrize("photo_id", [None, "no such photo"])
def test_a_foreign_origin_may_read_neither_answers_nor_problems(origin: str | None, photo_id: str | None) -> None:
    resource = "/photos/{photo_id}" if photo_id else "/photos"
    answer = call("GET", resource, photo_id, origin=origin)
    assert answer.status == (404 if photo_id else 200)
    assert not CORS & set(answer.headers)
    assert (answer.headers["Vary"], answer.headers["X-Request-Id"]) == ("Origin", REQUEST_ID)


def test_credentials_are_never_allowed_to_cross_origins() -> None:
    assert "Access-Control-Allow-Credentials" not in call("GET", "/photos").headers


@pytest.mark.parametrize(
    ("method", "resource"), [("GET", "/albums"), ("PUT", "/photos"), ("GET", "/"), ("POST", "/health")]
)
def test_an_unknown_route_is_told_as_one(method: str, resource: str) -> None:
    expect_problem(call(method, resource), Code.ROUTE_NOT_FOUND, "The API has no route for this path.")


@pytest.mark.parametrize("before", ["/pictures", "/photos"])
def test_a_custom_domains_base_path_changes_no_route(before: str) -> None:
    event = proxy_event("GET", "/photos")
    assert handler({**event, "path": f"{before}/photos"}, None)["statusCode"] == 200


@pytest.mark.parametrize(
    "photo_id", ["\n", "{photo_id}\n", "\r", "{photo_id}/", "{photo_id}?", " {photo_id}", "\ud83c", "."]
)
@pytest.mark.parametrize(("method", "below"), [("GET", ""), ("GET", "/original"), ("PATCH", ""), ("DELETE", "")])
def test_what_is_almost_an_id_leads_to_no_photo_and_to_no_other_route(
    storage: Storage, method: str, below: str, photo_id: str
) -> None:
    photo = storage.put_ready("0" * 64)
    wanted = photo_id.replace("{photo_id}", photo.photo_id)
    answer = call(method, f"/photos/{{photo_id}}{below}", wanted, body={"title": "x"} if method == "PATCH" else None)
    expect_problem(answer, Code.PHOTO_NOT_FOUND, "There is no photo with this id.")
    assert storage.photo(photo) == photo


def test_each_answer_carries_its_own_request_id() -> None:
    for request_id in ("request 1", "request 2"):
        answer = call("GET", "/photos/{photo_id}", "x", request_id=request_id)
        assert (answer.headers["X-Request-Id"], answer.document["request_id"]) == (request_id,) * 2


def test_a_fault_tells_the_client_nothing_and_the_log_everything(
    storage: Storage, told: Callable[[], list[dict[str, Any]]]
) -> None:
    storage.dynamodb.delete_table(TableName=storage.table_name)
    answer = call("GET", "/photos")
    expect_problem(answer, Code.INTERNAL_ERROR, BROKEN)
    assert not any(word in answer.text for word in ("ResourceNotFound", "Traceback", "botocore", storage.table_name))
    fault, line = told()
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
    ],
)
def test_a_fault_of_any_route_is_the_same_problem(storage: Storage, method: str, resource: str, body: object) -> None:
    photo = storage.await_upload()
    storage.dynamodb.delete_table(TableName=storage.table_name)
    photo_id = photo.photo_id if "photo_id" in resource else None
    expect_problem(call(method, resource, photo_id, body=body), Code.INTERNAL_ERROR, BROKEN)


def test_a_request_without_an_owner_is_a_fault_and_never_anybodys() -> None:
    """API Gateway's authorizer lets none through; should it ever, nobody's photos are what it sees."""
    expect_problem(call("GET", "/photos", owner_id=None), Code.INTERNAL_ERROR, BROKEN)


def test_an_answer_is_told_by_route_and_status_only(told: Callable[[], list[dict[str, Any]]]) -> None:
    call("GET", "/photos/{photo_id}", "no such photo")
    (line,) = told()
    assert set(line) == {"level", "location", "message", "timestamp", "service", "route", "status", "request_id"}
    assert (line["route"], line["status"], line["request_id"]) == ("GET /photos/{photo_id}", 404, REQUEST_ID)
