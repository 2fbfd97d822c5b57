"""Counts what the product asks of AWS, on moto: calls by kind, request units, and CPU without moto's own."""

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
from benchmarks.scale.usage import Use
from tests.storage import Storage, Template, properties

S3_READS: Final = {"GetObject", "HeadObject"}
S3_WRITES: Final = {"PutObject", "CopyObject", "ListObjectsV2"}
S3_DELETES: Final = {"DeleteObjects"}
"""Free, and a request all the same (S3 price page)."""

_TIMED: Final = re.compile(r'"Duration": [0-9.]+')
_A_SECOND: Final = '"Duration": 1000.001'
"""In place of what was measured, which has more digits or fewer by chance."""

_QUERIES: Final = {"Query", "Scan"}
_WRITES: Final = {"PutItem", "UpdateItem", "DeleteItem"}


class Meter:
    """All calls of a session's clients; `reading` is what was asked meanwhile."""

    def __init__(
        self, session: Session, storage: Storage, template: Template, told: Callable[[], list[dict[str, Any]]]
    ) -> None:
        table = properties(template, "AWS::DynamoDB::Table")
        self._keys = tuple(key["AttributeName"] for key in table["KeySchema"])
        self._indexes = indexes(template)
        self._storage = storage
        self._told = told
        self._stubbed_seconds = 0.0
        self._calls: Counter[str] = Counter()
        self._units: Counter[str] = Counter()
        self._read_units = 0.0
        session.events.unregister("before-send", botocore_stubber)  # type: ignore[arg-type]
        session.events.register("before-send", self._send)  # type: ignore[arg-type]

    @contextmanager
    def reading(self) -> Iterator[list[Use]]:
        """What is asked within; the list holds it afterwards. Nothing within it may ask twice for the same."""
        self._calls.clear()
        self._units.clear()
        self._read_units = 0.0
        self._told()
        read: list[Use] = []
        yield read
        lines = [json.dumps(line) for line in self._told()]
        calls = self._calls
        read.append(
            Use(
                s3_reads=sum(calls[name] for name in S3_READS),
                s3_writes=sum(calls[name] for name in S3_WRITES),
                s3_deletes=sum(calls[name] for name in S3_DELETES),
                dynamodb_calls=calls.total() - sum(calls[name] for name in S3_READS | S3_WRITES | S3_DELETES),
                write_units=dict(self._units),
                read_units=self._read_units,
                log_events=len(lines),
                log_bytes=sum(len(_TIMED.sub(_A_SECOND, line).encode()) for line in lines),
            )
        )

    def cpu_seconds(self, run: Callable[[], object]) -> float:
        """CPU of a run, without what moto and this meter took to answer it."""
        self._stubbed_seconds = 0.0
        start = time.process_time()
        run()
        return time.process_time() - start - self._stubbed_seconds

    def _send(self, event_name: str, request: AWSPreparedRequest, **_about: Any) -> AWSResponse:
        start = time.process_time()
        operation = event_name.rsplit(".", 1)[-1]
        self._calls[operation] += 1
        answer = self._measured(operation, request) if "dynamodb" in request.url else _delivered(request)
        self._stubbed_seconds += time.process_time() - start
        return answer

    def _measured(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        asked = json.loads(cast(bytes, request.body))
        if operation in _WRITES:
            key = {name: (asked.get("Key") or asked["Item"])[name] for name in self._keys}
            before = self._item(key)
            answer = _delivered(request)
            self._count_write(before, self._item(key))
            return answer
        answer = _delivered(request)
        document = json.loads(answer.content)
        if operation in _QUERIES:
            size = sum(item_bytes(item) for item in document["Items"])
        elif operation == "GetItem":
            size = item_bytes(document["Item"]) if "Item" in document else 0
        else:
            raise NotImplementedError(operation)
        self._read_units += read_units(size, consistent=asked.get("ConsistentRead", False))
        return answer

    def _count_write(self, before: Item | None, after: Item | None) -> None:
        self._units[""] += write_units(before, after)
        for index in self._indexes:
            if units := index_write_units(index, self._keys, before, after):
                self._units[index.name] += units

    def _item(self, key: dict[str, Any]) -> Item | None:
        answer = self._storage.dynamodb.get_item(TableName=self._storage.table_name, Key=key, ConsistentRead=True)
        return cast(Item | None, answer.get("Item"))


def indexes(template: Template) -> tuple[Index, ...]:
    """The indexes that a template gives its one table."""
    return tuple(
        Index(
            index["IndexName"],
            tuple(key["AttributeName"] for key in index["KeySchema"]),
            keys_only={"KEYS_ONLY": True, "ALL": False}[index["Projection"]["ProjectionType"]],
        )
        for index in properties(template, "AWS::DynamoDB::Table")["GlobalSecondaryIndexes"]
    )


def _delivered(request: AWSPreparedRequest) -> AWSResponse:
    request.reset_stream()
    answer = botocore_stubber("before-send", request)
    assert answer is not None
    return answer
