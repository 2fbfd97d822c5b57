"""The shortcuts for moto's items: the same results, errors and items as moto's own code has."""

from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests import moto_items
from tests.moto_items import make_items_quick
from tests.storage import OTHER_OWNER, OWNER, Storage, Template

LARGE = "x" * 150_000


def key(owner: str, photo: str) -> dict[str, Any]:
    return {"owner_id": {"S": owner}, "photo_id": {"S": photo}}


def put(owner: str, photo: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"Item": key(owner, photo) | more}}


def add(owner: str, photo: str, condition: str = "attribute_exists(photo_id)") -> dict[str, Any]:
    return {
        "Update": {
            "Key": key(owner, photo),
            "UpdateExpression": "SET #n = :n ADD tags :tags REMOVE gone",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#n": "number"},
            "ExpressionAttributeValues": {":n": {"N": "2"}, ":tags": {"SS": ["moon"]}},
        }
    }


def delete(owner: str, photo: str) -> dict[str, Any]:
    return {"Delete": {"Key": key(owner, photo), "ConditionExpression": "attribute_exists(photo_id)"}}


TRANSACTIONS = [
    [put(OWNER, "a", tags={"SS": ["sea"]}, gone={"S": "x"}), put(OWNER, "b"), put(OTHER_OWNER, "a")],
    [add(OWNER, "a"), put(OTHER_OWNER, "b")],
    [add(OWNER, "a"), delete(OWNER, "b"), put("new", "a"), delete(OTHER_OWNER, "missing")],
    [delete(OWNER, "b"), put(OWNER, "c"), add(OWNER, "a", "attribute_not_exists(photo_id)")],
    [put(OWNER, "d"), add(OWNER, "d")],
    [put(OWNER, "a", text={"S": LARGE}), put(OWNER, "b", text={"S": LARGE}, more={"M": {"text": {"S": LARGE}}})],
    [put(OWNER, "c", text={"S": LARGE}, more={"S": LARGE}, most={"S": LARGE})],
    [delete(OWNER, "a"), put(OTHER_OWNER, "a", number={"N": "3"})],
]
"""The second one changes a set in place; the next three, and the last but one, fail."""


def outcomes(storage: Storage) -> list[Any]:
    """The error, the response of a query, and all items in moto's order, after each transaction."""
    found: list[Any] = []
    for operations in TRANSACTIONS:
        named = [
            {kind: values | {"TableName": storage.table_name} for kind, values in operation.items()}
            for operation in deepcopy(operations)
        ]
        error = None
        try:
            storage.dynamodb.transact_write_items(TransactItems=named)  # type: ignore[arg-type]
        except ClientError as raised:
            error = raised.response["Error"]
        listed = storage.dynamodb.query(
            TableName=storage.table_name,
            KeyConditionExpression="owner_id = :owner",
            ExpressionAttributeValues={":owner": {"S": OWNER}},
        )["Items"]
        found.append((error, listed, storage.items()))
    return found


def test_transactions_are_as_those_of_moto(
    template: Template,
    aws_environment: None,  # noqa: ARG001 - boto3 reads these variables
    socket_disabled: None,  # noqa: ARG001 - blocks requests that moto does not intercept
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with mock_aws(config={"core": {"mock_credentials": False}}):
        expected = outcomes(Storage.create(template))
    make_items_quick(monkeypatch)
    with mock_aws(config={"core": {"mock_credentials": False}}):
        assert outcomes(Storage.create(template)) == expected
    assert [error is not None for error, _, _ in expected] == [False, False, True, True, True, False, True, False]


def test_copies_share_no_set_with_their_item(storage: Storage) -> None:
    storage.dynamodb.put_item(TableName=storage.table_name, Item=key(OWNER, "a") | {"tags": {"SS": ["sea"]}})
    before = storage.snapshot()
    values = {":tags": {"SS": ["moon"]}}
    storage.dynamodb.update_item(
        TableName=storage.table_name,
        Key=key(OWNER, "a"),
        UpdateExpression="ADD tags :tags",
        ExpressionAttributeValues=values,
    )
    storage.restore(before)
    assert storage.items() == [key(OWNER, "a") | {"tags": {"SS": ["sea"]}}]


def test_limit_of_an_item_is_that_of_moto(storage: Storage) -> None:
    def write(text: str) -> None:
        storage.dynamodb.put_item(TableName=storage.table_name, Item=key(OWNER, "a") | {"text": {"S": text}})

    overhead = len(OWNER) + len("owner_id" + "photo_id" + "a" + "text")
    write("x" * (moto_items._MAX_ITEM_BYTES - overhead))
    with pytest.raises(ClientError, match="Item size has exceeded"):
        write("x" * (moto_items._MAX_ITEM_BYTES - overhead + 1))
