"""Request headers that must not have an effect, and invalid or oversized ones."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from photosky.errors import Code
from tests.local.client import ORIGIN, Client
from tests.local.test_errors import UNKNOWN, problem_of

Record = Callable[[str], dict[str, Any] | None]


HEADERS: Final = (
    ("Origin", '"; #set($owner = "x")'),
    ("Origin", "null"),
    ("Accept", "\xff"),
    ("Accept", "text/html"),
    ("X-Amz-Target", "DynamoDB_20120810.ListTables"),
    ("X-Amzn-Trace-Id", "$foo\"'"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Amz-Security-Token", "x"),
    ("X-Request-Id", "chosen"),
    ("Cookie", "$owner=1"),
    ("Content-Encoding", "identity"),
    ("If-None-Match", "*"),
    ("Range", "bytes=0-0"),
    ("photo_id", UNKNOWN),
)


@pytest.mark.parametrize(("name", "value"), HEADERS, ids=lambda text: ascii(text))
def test_request_headers_change_neither_owner_nor_photo(demo: Client, name: str, value: str) -> None:
    photo_id = demo.create(b"x")["photo"]["photo_id"]
    headers = {name: value.encode("latin-1")}
    edited = demo.call("PATCH", f"/photos/{photo_id}", json={"title": name}, headers=headers)
    assert (edited.status_code, edited.json()["photo_id"], edited.json()["title"]) == (200, photo_id, name)
    ingested = demo.call("POST", f"/photos/{photo_id}/ingest", headers=headers)
    assert (ingested.status_code, ingested.json()["code"]) == (409, "UploadMissing")
    for response in (edited, ingested):
        assert response.headers["X-Request-Id"] != "chosen"
        assert response.headers.get("Access-Control-Allow-Origin") in ((None,) if name == "Origin" else (ORIGIN,))


@pytest.mark.parametrize(
    "value", ['"' + "9" * 5000 + '"', "\xff", '"1', "$foo", '"#set($a)"', 'W/"1"', '"1", "2"', "1 OR 1"]
)
def test_invalid_if_match_never_matches(demo: Client, record: Record, value: str) -> None:
    photo_id = demo.create(b"x")["photo"]["photo_id"]
    before = record(photo_id)
    headers = {"If-Match": value.encode("latin-1")}
    problem_of(
        demo.call("PATCH", f"/photos/{photo_id}", json={"title": "x"}, headers=headers), Code.PRECONDITION_FAILED
    )
    assert record(photo_id) == before


@pytest.mark.parametrize("size", [70_000, 1_000_000])
def test_request_head_above_the_limit_is_refused(demo: Client, size: int) -> None:
    """API Gateway accepts 10,240 bytes for the request line and headers together."""
    response = demo.call("PATCH", f"/photos/{UNKNOWN}", json={"title": "x"}, headers={"If-Match": "9" * size})
    assert response.status_code == 431
