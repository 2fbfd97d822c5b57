"""The service reads queries as the store sends them, and refuses others."""

from typing import Any

import pytest

from benchmarks.library.cases import Library
from benchmarks.library.client import FailedRequestError, Request
from benchmarks.library.service import range_of
from benchmarks.library.table import Range

VALUES = {":key": {"S": "o"}, ":first": {"S": "1"}, ":last": {"S": "9"}}


def test_a_query_selects_a_range() -> None:
    parameters = {
        "IndexName": "taken",
        "KeyConditionExpression": "listing = :key AND taken_id BETWEEN :first AND :last",
        "ExpressionAttributeValues": VALUES,
        "ScanIndexForward": False,
        "Limit": 7,
        "ExclusiveStartKey": {"owner_id": {"S": "o"}, "photo_id": {"S": "p"}, "taken_id": {"S": "5"}},
    }
    assert range_of(parameters) == Range("taken", "o", "1", "9", False, 7, ("5", ("o", "p")))


@pytest.mark.parametrize(
    "condition", ["photo_id = :key", "owner_id = :key AND photo_id > :first", "owner_id = :key AND x BETWEEN :a AND :b"]
)
def test_another_key_condition_raises(condition: str) -> None:
    parameters: dict[str, Any] = {"KeyConditionExpression": condition, "ExpressionAttributeValues": VALUES}
    with pytest.raises(NotImplementedError):
        range_of(parameters)


def test_an_unsupported_parameter_of_a_query_raises() -> None:
    with pytest.raises(NotImplementedError, match="FilterExpression"):
        range_of({"KeyConditionExpression": "owner_id = :key", "FilterExpression": "attribute_exists(title)"})


def test_a_stored_edit_is_read_back(library: Library) -> None:
    photo = library.photos(1)[0]
    one = "/photos/{photo_id}"
    edited = library.client.send(Request("PATCH", one, photo.photo_id, document={"title": "New", "tags": ["b"]}))
    assert (edited["title"], edited["tags"]) == ("New", ["b"])
    assert library.client.send(Request("GET", one, photo.photo_id)) == edited
    assert library.client.send(Request("GET", "/photos", query={"tag": "b"}))["photos"] == [edited]
    old = library.client.send(Request("GET", "/photos", query={"tag": photo.tags[0], "limit": "100"}))["photos"]
    assert photo.photo_id not in [other["photo_id"] for other in old]


def test_a_response_that_is_no_success_raises(library: Library) -> None:
    with pytest.raises(FailedRequestError, match=r"GET /photos: 400 .*InvalidRequest"):
        library.client.send(Request("GET", "/photos", query={"limit": "0"}))
