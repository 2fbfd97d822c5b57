"""Update expressions of the store are applied as DynamoDB applies them."""

import pytest

from benchmarks.library.updates import updated
from benchmarks.scale.units import Item

KEY: Item = {"owner_id": {"S": "o"}, "photo_id": {"S": "p"}}


def test_an_update_sets_removes_and_adds() -> None:
    parameters = {
        "Key": KEY,
        "UpdateExpression": "SET #title = :title, #tags = :tags REMOVE #a, b ADD #version :one, changes :one",
        "ExpressionAttributeNames": {"#title": "title", "#tags": "tags", "#a": "a", "#version": "version"},
        "ExpressionAttributeValues": {":title": {"S": "new"}, ":tags": {"L": []}, ":one": {"N": "1"}},
    }
    before: Item = {**KEY, "title": {"S": "old"}, "a": {"S": "1"}, "version": {"N": "7"}, "kept": {"BOOL": True}}
    assert updated(before, parameters) == {
        **KEY,
        "title": {"S": "new"},
        "tags": {"L": []},
        "version": {"N": "8"},
        "changes": {"N": "1"},
        "kept": {"BOOL": True},
    }
    assert before["title"] == {"S": "old"}


@pytest.mark.parametrize(("before", "secret"), [(None, "new"), ({**KEY, "secret": {"B": "old"}}, "old")])
def test_a_default_is_set_only_without_a_value(before: Item | None, secret: str) -> None:
    parameters = {
        "Key": KEY,
        "UpdateExpression": "SET secret = if_not_exists(secret, :new)",
        "ExpressionAttributeValues": {":new": {"B": "new"}},
    }
    assert updated(before, parameters) == {**KEY, "secret": {"B": secret}}


def test_an_unsupported_term_raises() -> None:
    with pytest.raises(ValueError, match="SET a = b"):
        updated(None, {"Key": KEY, "UpdateExpression": "SET a = b + :one"})
