"""Counts the AWS usage of the code under test on moto: calls, request units, log bytes, and CPU without moto's."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

from boto3 import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.models import botocore_stubber

from benchmarks.scale.units import Index, Item, index_write_units, item_bytes, read_units, write_units
from benchmarks.scale.usage import Usage
from tests.storage import Storage, Template, properties

S3_READS: Final = {"GetObject", "HeadObject"}
S3_WRITES: Final = {"PutObject", "CopyObject", "ListObjectsV2"}
S3_DELETES: Final = {"DeleteObjects"}
"""Free of charge (S3 price page), but requests that take time and count towards S3's request rate."""

_DURATION: Final = re.compile(r'"Duration": [0-9.]+')
_FIXED_DURATION: Final = '"Duration": 1000.001'
"""Replaces measured durations, whose number of digits varies."""

_QUERIES: Final = {"Query", "Scan"}
_WRITES: Final = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
_TRANSACTION_FACTOR: Final = 2
"""Write units of a transaction, which DynamoDB prepares and commits (developer guide, "Transactions: How it works")."""


class Meter:
    """Counts the calls of all clients of a session."""

    def __init__(
        self, session: Session, storage: Storage, template: Template, log_lines: Callable[[], list[dict[str, Any]]]
    ) -> None:
        table = properties(template, "AWS::DynamoDB::Table")
        self._keys = tuple(key["AttributeName"] for key in table["KeySchema"])
        self._indexes = indexes(template)
        self._storage = storage
        self._log_lines = log_lines
        self._moto_seconds = 0.0
        self._calls: Counter[str] = Counter()
        self._units: Counter[str] = Counter()
        self._read_units = 0.0
        session.events.unregister("before-send", botocore_stubber)  # type: ignore[arg-type]
        session.events.register("before-send", self._send)  # type: ignore[arg-type]

    @contextmanager
    def measuring(self) -> Iterator[list[Usage]]:
        """Measure the usage of a block; after it, the list holds one entry."""
        self._calls.clear()
        self._units.clear()
        self._read_units = 0.0
        self._log_lines()
        measured: list[Usage] = []
        yield measured
        lines = [json.dumps(line) for line in self._log_lines()]
        calls = self._calls
        measured.append(
            Usage(
                s3_reads=sum(calls[name] for name in S3_READS),
                s3_writes=sum(calls[name] for name in S3_WRITES),
                s3_deletes=sum(calls[name] for name in S3_DELETES),
                dynamodb_calls=calls.total() - sum(calls[name] for name in S3_READS | S3_WRITES | S3_DELETES),
                write_units=dict(self._units),
                read_units=self._read_units,
                log_events=len(lines),
                log_bytes=sum(len(_DURATION.sub(_FIXED_DURATION, line).encode()) for line in lines),
            )
        )

    def cpu_seconds(self, run: Callable[[], object]) -> float:
        """Measure the CPU time of a call, without that of moto and of this meter."""
        self._moto_seconds = 0.0
        start = time.process_time()
        run()
        return time.process_time() - start - self._moto_seconds

    def _send(self, event_name: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        start = time.process_time()
        operation = event_name.rsplit(".", 1)[-1]
        self._calls[operation] += 1
        response = self._send_to_table(operation, request) if "dynamodb" in request.url else _send_to_moto(request)
        self._moto_seconds += time.process_time() - start
        return response

    def _send_to_table(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        parameters = json.loads(cast(bytes, request.body))
        if operation in _WRITES:
            writes = [
                write for entry in parameters.get("TransactItems", [{"": parameters}]) for write in entry.values()
            ]
            keys = [{name: write.get("Key", write.get("Item"))[name] for name in self._keys} for write in writes]
            before = [self._item(key) for key in keys]
            response = _send_to_moto(request)
            factor = _TRANSACTION_FACTOR if "TransactItems" in parameters else 1
            for key, item in zip(keys, before, strict=True):
                self._count_write(item, self._item(key), factor)
            return response
        response = _send_to_moto(request)
        document = json.loads(response.content)
        if operation in _QUERIES:
            size_bytes = sum(item_bytes(item) for item in document["Items"])
        elif operation == "GetItem":
            size_bytes = item_bytes(document["Item"]) if "Item" in document else 0
        else:
            raise NotImplementedError(operation)
        self._read_units += read_units(size_bytes, consistent=parameters.get("ConsistentRead", False))
        return response

    def _count_write(self, before: Item | None, after: Item | None, factor: int) -> None:
        """Count a write. An index is written once, also for a transaction."""
        self._units[""] += factor * write_units(before, after)
        for index in self._indexes:
            if units := index_write_units(index, self._keys, before, after):
                self._units[index.name] += units

    def _item(self, key: dict[str, Any]) -> Item | None:
        response = self._storage.dynamodb.get_item(TableName=self._storage.table_name, Key=key, ConsistentRead=True)
        return cast(Item | None, response.get("Item"))


def indexes(template: Template) -> tuple[Index, ...]:
    """The indexes of the template's one table."""
    return tuple(
        Index(
            index["IndexName"],
            tuple(key["AttributeName"] for key in index["KeySchema"]),
            keys_only={"KEYS_ONLY": True, "ALL": False}[index["Projection"]["ProjectionType"]],
        )
        for index in properties(template, "AWS::DynamoDB::Table")["GlobalSecondaryIndexes"]
    )


def _send_to_moto(request: AWSPreparedRequest) -> AWSResponse:
    request.reset_stream()
    response = botocore_stubber("before-send", request)
    assert response is not None
    return response
