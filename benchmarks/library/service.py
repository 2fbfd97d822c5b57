"""Answers the DynamoDB client of the code under test from tables in memory, and counts what DynamoDB would bill."""

import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, cast

from boto3 import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from benchmarks.library.table import BY_NAME, Key, Range, Table, entry_of, key_of
from benchmarks.library.updates import Parameters, attribute, updated
from benchmarks.scale.units import Item, index_write_units, item_bytes, read_units, write_units
from benchmarks.scale.usage import INDEXES, TABLE_KEYS

_TRANSACTION_FACTOR: Final = 2
"""A transaction writes each item of the table twice, to prepare and to commit (developer guide, "DynamoDB
transactions"). Indexes follow afterwards, as after any write."""

_TRANSACTION_WRITES: Final[Mapping[str, Callable[[Item | None, Parameters], Item | None]]] = {
    "Update": updated,
    "Put": lambda _, parameters: parameters["Item"],
    "Delete": lambda _, _parameters: None,
}

_QUERY: Final = frozenset(
    {
        *("TableName", "IndexName", "KeyConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"),
        *("Limit", "ScanIndexForward", "ExclusiveStartKey", "ConsistentRead", "ProjectionExpression"),
    }
)


@dataclass
class Tally:
    """What was read and written, and the CPU of this module, which is not that of the code under test."""

    items_read: int = 0
    read_units: float = 0
    write_units: float = 0
    cpu_seconds: float = 0


class _Raw(BytesIO):
    """A body as botocore reads it from the connection."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class Service:
    """DynamoDB for one table at a time: `table` is the one that answers the next request."""

    def __init__(self, session: Session, table: Table) -> None:
        self.table = table
        self.tally = Tally()
        session.events.register("before-send.dynamodb", self._answer)  # type: ignore[arg-type]

    def _answer(self, event_name: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        start = time.process_time()
        answer = self._OPERATIONS[event_name.rpartition(".")[2]]
        body = json.dumps(answer(self, json.loads(cast(bytes, request.body)))).encode()
        # Botocore checks the checksum of every response of DynamoDB.
        headers = HTTPHeaders.from_dict({"x-amzn-RequestId": "a-request", "x-amz-crc32": str(zlib.crc32(body))})
        response = AWSResponse(request.url, 200, headers, _Raw(body))
        self.tally.cpu_seconds += time.process_time() - start
        return response

    def _get(self, parameters: Parameters) -> Mapping[str, Any]:
        item = self.table.get(key_of(parameters["Key"]))
        self.tally.items_read += 1
        self._count_read(0 if item is None else item_bytes(item), parameters)
        return {} if item is None else {"Item": item}

    def _query(self, parameters: Parameters) -> Mapping[str, Any]:
        selected = range_of(parameters)
        page = self.table.query(selected)
        self.tally.items_read += len(page.items)
        self._count_read(page.size_bytes, parameters)
        last = {} if page.last is None else {"LastEvaluatedKey": _key_in(selected.index, page.last)}
        return {"Items": [_projected(item, parameters) for item in page.items], "Count": len(page.items), **last}

    def _update(self, parameters: Parameters) -> Mapping[str, Any]:
        key = key_of(parameters["Key"])
        before = self.table.get(key)
        after = updated(before, parameters)
        self._write(key, before, after)
        return {"Attributes": after} if parameters.get("ReturnValues") == "ALL_NEW" else {}

    def _transact(self, parameters: Parameters) -> Mapping[str, Any]:
        for write in parameters["TransactItems"]:
            ((kind, parts),) = write.items()
            key = key_of(parts.get("Key") or parts["Item"])
            before = self.table.get(key)
            after = _TRANSACTION_WRITES[kind](before, parts)
            self._write(key, before, after, factor=_TRANSACTION_FACTOR)
        return {}

    def _write(self, key: Key, before: Item | None, after: Item | None, factor: int = 1) -> None:
        self.table.put(key, after)
        self.tally.write_units += factor * write_units(before, after)
        self.tally.write_units += sum(index_write_units(index, TABLE_KEYS, before, after) for index in INDEXES)

    def _count_read(self, size_bytes: int, parameters: Parameters) -> None:
        self.tally.read_units += read_units(size_bytes, consistent=parameters.get("ConsistentRead", False))

    _OPERATIONS: Final[Mapping[str, Callable[["Service", Parameters], Mapping[str, Any]]]] = {
        "GetItem": _get,
        "Query": _query,
        "UpdateItem": _update,
        "TransactWriteItems": _transact,
    }


def range_of(parameters: Parameters) -> Range:
    """What a query selects. Raises NotImplementedError for parameters that `photosky/store` does not use."""
    if unsupported := set(parameters) - _QUERY:
        raise NotImplementedError(f"Query with {', '.join(sorted(unsupported))}")
    index = BY_NAME[parameters.get("IndexName", "")]
    partition_name, sort_name = index.keys
    values = {name: value["S"] for name, value in parameters["ExpressionAttributeValues"].items()}
    partition, *others = parameters["KeyConditionExpression"].split(" AND ", 1)
    name, _, partition_value = partition.partition(" = ")
    bounds = {}
    if others:
        bounded, _, between = others[0].partition(" BETWEEN ")
        first, _, last = between.partition(" AND ")
        if bounded != sort_name:
            raise NotImplementedError(others[0])
        bounds = {"first": values[first], "last": values[last]}
    if name != partition_name:
        raise NotImplementedError(partition)
    after = parameters.get("ExclusiveStartKey")
    return Range(
        index=index.name,
        partition=values[partition_value],
        **bounds,
        is_forward=parameters.get("ScanIndexForward", True),
        limit=parameters.get("Limit"),
        after=None if after is None else entry_of(index.name, after),
    )


def _projected(item: Item, parameters: Parameters) -> Item:
    expression = parameters.get("ProjectionExpression")
    if expression is None:
        return item
    names = [attribute(name, parameters) for name in expression.split(", ")]
    return {name: item[name] for name in names if name in item}


def _key_in(index: str, item: Item) -> Item:
    return {name: item[name] for name in {*TABLE_KEYS, *BY_NAME[index].keys}}
