"""The service answers the store as moto does, and refuses what the store does not send."""

from collections.abc import Iterator
from itertools import product
from typing import Any, get_args

import pytest
from boto3 import Session
from moto import mock_aws

from benchmarks.library.cases import Library
from benchmarks.library.client import FailedRequestError, Request
from benchmarks.library.collection import OWNER
from benchmarks.library.service import range_of
from benchmarks.library.table import Range, Table
from benchmarks.scale.usage import INDEXES, TABLE_KEYS
from photosky.photo import Photo
from photosky.store.index_keys import months_partition, tag_partition
from photosky.store.listings import Listing, Order, View
from photosky.store.photos import PhotosTable, photos_table
from photosky.store.timeline import Unit
from tests.moto_speed import make_moto_quick

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


@pytest.mark.slow
def test_reads_are_answered_as_by_moto(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = library.favorite().tags[0]
    found = read(photos_table(), tag)
    make_moto_quick(monkeypatch)
    with mock_aws(config={"core": {"mock_credentials": False}}):
        assert found == read(in_moto(library.client.table, tag), tag)
    listings, timelines, changes = found
    assert len(listings[0]) == 97
    assert [sum(period.count for period in timeline) for timeline in timelines] == [97, 97, 97]
    assert len(changes) == 100


def read(table: PhotosTable, tag: str) -> Any:
    """The photos of all views in both orders, the timelines, and the changes."""
    listings = [list(walk(table, view, order)) for view in views(tag) for order in get_args(Order)]
    timelines = [table.timeline(OWNER, unit) for unit in get_args(Unit)]
    return listings, timelines, table.changes(OWNER, None, 1000).changes


def views(tag: str) -> Iterator[View]:
    """Views of every index, with and without a period."""
    for status, is_favorite, wanted in product(get_args(Listing), (False, True), (None, tag)):
        yield View(status, "created_at", is_favorite, wanted)
        yield View(status, "taken_at", is_favorite, wanted)
        yield View(status, "taken_at", is_favorite, wanted, taken_from="2017-05-01", taken_to="2021-12-31")


def walk(table: PhotosTable, view: View, order: Order) -> Iterator[Photo]:
    """The photos of a view, in small pages."""
    page = table.list_photos(OWNER, view, limit=7, order=order, after=None)
    yield from page.photos
    while page.position is not None:
        page = table.list_photos(OWNER, view, limit=7, order=order, after=page.position)
        yield from page.photos


def in_moto(table: Table, tag: str) -> PhotosTable:
    """A table of moto with the owner's records, the copies of a tag and the counters."""
    client = Session().client("dynamodb")
    names = sorted({*TABLE_KEYS, *(key for index in INDEXES for key in index.keys)})
    numbers = ("unsettled_shard", "lease_until")
    parameters: Any = {
        "KeySchema": _schema(TABLE_KEYS),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "N" if name in numbers else "S"} for name in names
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index.name,
                "KeySchema": _schema(index.keys),
                "Projection": {"ProjectionType": "KEYS_ONLY" if index.keys_only else "ALL"},
            }
            for index in INDEXES
        ],
    }
    client.create_table(TableName="photos", BillingMode="PAY_PER_REQUEST", **parameters)
    for partition in (OWNER, tag_partition(OWNER, tag), months_partition(OWNER)):
        for item in table.query(Range("", partition)).items:
            client.put_item(TableName="photos", Item=dict(item))
    return PhotosTable(client, "photos")


def _schema(keys: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=True)]
