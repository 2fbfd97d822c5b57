"""The DynamoDB query patch: MiniStack's responses, read from the items of one page only."""

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.emulator.patches import queries
from local.emulator.patches.queries import page, partition_of
from local.emulator.wrapping import module

ORDER = [((name,), ("owner", name)) for name in "abcde"]
CONDITION = {"KeyConditionExpression": "owner_id = :owner", "ExpressionAttributeValues": {":owner": {"S": "o"}}}


@pytest.mark.parametrize(
    ("after", "limit", "forward", "names"),
    [
        (None, 2, True, "ab"),
        (None, 2, False, "de"),
        (("b",), 2, True, "cd"),
        (("d",), 2, False, "bc"),
        (("bb",), 9, True, "cde"),
        (("bb",), 9, False, "ab"),
        (("e",), 2, True, ""),
        (("a",), 2, False, ""),
    ],
)
def test_page_starts_after_a_position_in_either_direction(
    after: queries.Position | None, limit: int, names: str, *, forward: bool
) -> None:
    assert [key[0][0] for key in page(ORDER, after, limit, forward=forward)] == list(names)


@pytest.mark.parametrize(
    ("after", "limit", "forward", "between", "names"),
    [
        (None, 2, True, ("b", "d"), "bc"),
        (None, 2, False, ("b", "d"), "cd"),
        (None, 9, True, ("ab", "cz"), "bc"),
        (("c",), 9, True, ("b", "d"), "d"),
        (("c",), 9, False, ("b", "d"), "b"),
        (("a",), 9, True, ("b", "d"), "bcd"),
        (("e",), 9, True, ("b", "d"), ""),
        (("a",), 9, False, ("b", "d"), ""),
        (None, 9, True, ("f", "g"), ""),
        (None, 9, False, ("0", "1"), ""),
    ],
)
def test_page_of_a_range_ends_with_it(
    after: queries.Position | None, limit: int, between: tuple[str, str], names: str, *, forward: bool
) -> None:
    found = page(ORDER, after, limit, forward=forward, between=between)
    assert [key[0][0] for key in found] == list(names)


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({"Limit": 5}, ({"S": "o"},)),
        ({"Limit": 5, "KeyConditionExpression": "#pk=:owner"}, ({"S": "o"},)),
        (
            {"Limit": 5, "KeyConditionExpression": "pk = :owner AND #sk BETWEEN :owner AND :owner"},
            ({"S": "o"}, {"S": "o"}, {"S": "o"}),
        ),
        ({"Limit": 5, "KeyConditionExpression": "pk = :owner AND sk BETWEEN :owner AND :missing"}, None),
        ({}, None),
        ({"Limit": 0}, None),
        ({"Limit": 5, "KeyConditionExpression": "owner_id = :owner AND ready_id > :owner"}, None),
        ({"Limit": 5, "KeyConditionExpression": None}, None),
        ({"Limit": 5, "ExpressionAttributeValues": None}, None),
        ({"Limit": 5, "ExpressionAttributeValues": {}}, None),
    ],
)
def test_only_paged_queries_of_one_partition_are_optimized(changes: dict[str, Any], value: Any) -> None:
    assert partition_of(CONDITION | changes) == value


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """MiniStack's DynamoDB with the patch, and a table with an index; `unpatched` queries without the patch."""
    service = module("services.dynamodb")
    for name in ("_query", "_index_members", "_index_item"):
        monkeypatch.setattr(service, name, getattr(service, name))  # The fixture's end restores it.
    monkeypatch.setattr(service, "unpatched", service._query, raising=False)
    queries.install()
    service._create_table(
        {
            "TableName": "photos",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": "S"} for name in ("owner_id", "photo_id", "ready_id")
            ],
            "KeySchema": _schema("owner_id", "photo_id"),
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "ready",
                    "KeySchema": _schema("owner_id", "ready_id"),
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        }
    )
    yield service
    service._delete_table({"TableName": "photos"})


def test_pages_between_writes_equal_those_of_unpatched_ministack(dynamodb: Any) -> None:
    chance = random.Random(11)
    for _ in range(300):
        owner, number = chance.choice("ab"), f"{chance.randrange(40):02}"
        if chance.random() < 0.7:
            ready = {"ready_id": {"S": chance.choice("xyz")}} if chance.random() < 0.8 else {}
            response = dynamodb._put_item({"TableName": "photos", "Item": _key(owner, number) | ready})
        else:
            response = dynamodb._delete_item({"TableName": "photos", "Key": _key(owner, number)})
        assert response[0] == 200
        start = _key("a", f"{chance.randrange(40):02}") | {"ready_id": {"S": chance.choice("xyz")}}
        request = _request(chance.randrange(1, 9), forward=chance.random() < 0.5)
        if chance.random() < 0.5:
            first, last = sorted(chance.choices("wxyz", k=2))
            request["KeyConditionExpression"] += " AND ready_id BETWEEN :first AND :last"
            request["ExpressionAttributeValues"] |= {":first": {"S": first}, ":last": {"S": last}}
        request |= {"ExclusiveStartKey": start} if chance.random() < 0.5 else {}
        assert dynamodb._query(request) == dynamodb.unpatched(request)


def test_page_reads_only_its_items(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated: list[Any] = []
    _record_calls(monkeypatch, dynamodb, "_evaluate_condition", evaluated)
    for number, more in itertools.product(range(2), range(100)):
        dynamodb._put_item({"TableName": "photos", "Item": _key("a", f"{number}{more:02}") | {"ready_id": {"S": "x"}}})
    dynamodb.unpatched(_request(7, forward=True))
    assert len(evaluated) == 200
    evaluated.clear()
    assert dynamodb._query(_request(7, forward=True))[0] == 200
    assert len(evaluated) == 7


@pytest.mark.parametrize("wrong", [{"TableName": "missing"}, {"IndexName": "missing"}, {"ExclusiveStartKey": "x"}])
def test_invalid_query_gets_the_error_of_unpatched_ministack(dynamodb: Any, wrong: dict[str, Any]) -> None:
    request = _request(7, forward=True) | wrong
    response = dynamodb._query(request)
    assert response[0] == 400
    assert response == dynamodb.unpatched(request)


def _request(limit: int, *, forward: bool) -> dict[str, Any]:
    request = {"TableName": "photos", "IndexName": "ready", "Limit": limit, "ScanIndexForward": forward}
    return request | {
        "KeyConditionExpression": "owner_id = :owner",
        "ExpressionAttributeValues": {":owner": {"S": "a"}},
    }


def _record_calls(monkeypatch: pytest.MonkeyPatch, service: Any, name: str, calls: list[Any]) -> None:
    original: Callable[..., Any] = getattr(service, name)

    def record(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        return original(*arguments, **options)

    monkeypatch.setattr(service, name, record)


def _schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def _key(owner: str, number: str) -> dict[str, Any]:
    return {"owner_id": {"S": owner}, "photo_id": {"S": number}}
