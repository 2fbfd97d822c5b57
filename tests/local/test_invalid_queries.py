"""Invalid queries of the listings, and cursors of other listings."""

import base64
import json
from typing import Final

import pytest

from photosky.errors import Code
from tests.local.client import Client
from tests.local.test_errors import UNKNOWN, problem_of
from tests.pictures import encoded

PATHS: Final = ("/photos", "/timeline", "/changes")

QUERIES: Final = (
    "limit=0",
    "limit=101",
    "limit=%ff",
    "limit=$foo",
    "limit=1%00",
    f"limit={'9' * 8000}",
    "limit",
    "order=%23set(%24a)",
    "order=asc%27%20OR%201%3D1",
    "sort=created_at&taken_from=2024-05-17",
    "sort=%22",
    "taken_from=2024-02-30",
    "taken_from=2024-05-18&taken_to=2024-05-17",
    "taken_to=2024-05-17T00:00:00",
    "favorite",
    "favorite=false",
    "tag=",
    "tag=%20%C2%A0",
    "tag=%00",
    f"tag={'x' * 51}",
    "unit=week",
    "owner_id=other",
    "%24foo=1",
    "=",
    "cursor=",
    "cursor=made-up",
    "cursor=%f0%9f",
    "cursor=%ed%a0%80",
    f"cursor={'A' * 43}",
    f"cursor={'A' * 8000}",
    f"cursor={base64.urlsafe_b64encode(json.dumps(['desc', UNKNOWN]).encode()).decode()}",
)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30])
@pytest.mark.parametrize("path", PATHS)
def test_invalid_queries_are_refused(demo: Client, path: str, query: str) -> None:
    problem_of(demo.call("GET", f"{path}?{query}"), Code.INVALID_REQUEST)


def test_cursor_is_valid_only_for_its_owner_and_order(demo: Client, other: Client) -> None:
    for seed in (33, 34):
        demo.send(encoded("png", size=(8, 8), seed=seed), content_type="image/png")
    cursor = demo.call("GET", "/photos", params={"limit": "1"}).json()["next_cursor"]
    assert demo.call("GET", "/photos", params={"cursor": cursor}).status_code == 200
    problem_of(other.call("GET", "/photos", params={"cursor": cursor}), Code.INVALID_REQUEST)
    problem_of(demo.call("GET", "/photos", params={"cursor": cursor, "order": "asc"}), Code.INVALID_REQUEST)
    problem_of(demo.call("GET", "/photos", params={"cursor": cursor, "tag": "sea"}), Code.INVALID_REQUEST)
    problem_of(demo.call("GET", "/photos", params={"cursor": cursor[:-1]}), Code.INVALID_REQUEST)
    problem_of(demo.call("GET", "/changes", params={"cursor": cursor}), Code.INVALID_REQUEST)


def test_cursor_of_changes_is_valid_only_for_its_owner_and_route(demo: Client, other: Client) -> None:
    cursor = demo.call("GET", "/changes", params={"limit": "1"}).json()["next_cursor"]
    assert demo.call("GET", "/changes", params={"cursor": cursor}).status_code == 200
    problem_of(other.call("GET", "/changes", params={"cursor": cursor}), Code.INVALID_REQUEST)
    problem_of(demo.call("GET", "/photos", params={"cursor": cursor}), Code.INVALID_REQUEST)
    problem_of(demo.call("GET", "/changes", params={"cursor": cursor[:-1]}), Code.INVALID_REQUEST)
