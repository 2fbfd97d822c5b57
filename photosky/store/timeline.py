"""Counters that the writes keep: ready photos by the date of their capture, for the timeline, and the owner's use.

An index with one item per photo would cost hundreds of read units for each timeline of a large collection.
"""

import string
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from photosky.store.attributes import USAGE_KEY
from photosky.store.index_keys import counter_attributes, counter_key, months_partition
from photosky.store.items import marshal, unmarshal
from photosky.store.table import Table, item_key, start_key, unconflicted

Unit = Literal["day", "month", "year"]

_PERIOD_CHARACTERS: Final = {"day": 10, "month": 7, "year": 4}
_DIGITS: Final = string.digits
_LETTERS: Final = string.ascii_lowercase
_COUNTS: Final = ("all", "undated", "photos", "bytes")


@dataclass(frozen=True)
class Period:
    """A period with photos: its date, their number, and how many of them have no time of capture."""

    period: str
    count: int
    undated: int


class Usage(NamedTuple):
    """What an owner's photos use: their number and their bytes, as `index_keys.counted_bytes` counts them."""

    photos: int
    bytes: int


class Timeline(Table):
    """Reads and repairs of the counters."""

    def usage(self, owner_id: str) -> Usage:
        """What the owner uses. The read is consistent."""
        key = item_key(months_partition(owner_id), USAGE_KEY)
        response = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True)
        return usage_of(unmarshal(response.get("Item", {})))

    def timeline(self, owner_id: str, unit: Unit) -> list[Period]:
        """The periods that have photos, newest first. The read is eventually consistent."""
        photos: Counter[str] = Counter()
        undated: Counter[str] = Counter()
        for item in self._counters(owner_id, with_days=unit == "day"):
            if item["photo_id"] == USAGE_KEY:
                continue
            month = item["photo_id"].partition("/")[0]
            for name, number in _counts(item):
                kind, day = name.rstrip(_DIGITS), name.lstrip(_LETTERS)
                # By day, the sums of the month are left out, and otherwise those of its days.
                if bool(day) is (unit == "day"):
                    period = f"{month}-{day}" if day else month
                    (photos if kind == "all" else undated)[period[: _PERIOD_CHARACTERS[unit]]] += number
        periods = (Period(period, photos[period], undated[period]) for period in sorted(photos, reverse=True))
        return [period for period in periods if period.count > 0]

    def repair_counters(self, owner_id: str) -> int:
        """Correct the counters that do not match an owner's records, and return how many.

        All records of the owner are read. A counter that changes meanwhile is left as it is.
        """
        found = {item["photo_id"]: item for item in self._counters(owner_id, with_days=True, is_consistent=True)}
        expected = self._counted(owner_id)
        wrong = [
            key
            for key in sorted({*found, *expected})
            if dict(_counts(found.get(key, {}))) != dict(expected.get(key, {}))
        ]
        return sum(self._replace(owner_id, key, expected.get(key, {}), found.get(key)) for key in wrong)

    def _counted(self, owner_id: str) -> dict[str, Counter[str]]:
        """The counters as they follow from the records."""
        expected: dict[str, Counter[str]] = {}
        names = "photo_id, counted_as, counted_bytes"
        for item in self._items(owner_id, ConsistentRead=True, ProjectionExpression=names):
            if counted := item.get("counted_as"):
                counter = expected.setdefault(counter_key(item["photo_id"], counted), Counter())
                counter.update(counter_attributes(counted))
            if "counted_bytes" in item:
                expected.setdefault(USAGE_KEY, Counter()).update({"photos": 1, "bytes": item["counted_bytes"]})
        return expected

    def _counters(self, owner_id: str, *, with_days: bool, is_consistent: bool = False) -> Iterator[dict[str, Any]]:
        options: dict[str, Any] = {"ConsistentRead": is_consistent}
        if not with_days:  # Parsing the days would take most of the time.
            options |= {
                "ProjectionExpression": "photo_id, #all, undated",
                "ExpressionAttributeNames": {"#all": "all"},  # A reserved word of DynamoDB.
            }
        return self._items(months_partition(owner_id), **options)

    def _items(self, partition: str, **options: Any) -> Iterator[dict[str, Any]]:
        start = None
        while True:
            response = self._client.query(
                TableName=self._name,
                KeyConditionExpression="owner_id = :partition",
                ExpressionAttributeValues=marshal({":partition": partition}),
                **options,
                **start_key(start),
            )
            yield from map(unmarshal, response["Items"])
            start = response.get("LastEvaluatedKey")
            if start is None:
                return

    def _replace(self, owner_id: str, key: str, counts: Mapping[str, int], found: Mapping[str, Any] | None) -> bool:
        """Replace a counter unless it has changed since it was read, and return whether it was."""
        changes: int = found["changes"] if found else 0
        put: Any = {
            "Item": {**item_key(months_partition(owner_id), key), **marshal({**counts, "changes": changes + 1})},
            "ConditionExpression": "attribute_not_exists(photo_id)",
        }
        if found:
            put |= {
                "ConditionExpression": "#changes = :changes",
                "ExpressionAttributeNames": {"#changes": "changes"},
                "ExpressionAttributeValues": marshal({":changes": changes}),
            }
        try:
            unconflicted(lambda: self._client.put_item(TableName=self._name, **put))
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def usage_of(item: Mapping[str, Any]) -> Usage:
    """The use that a counter has; none if there is no counter yet."""
    return Usage(item.get("photos", 0), item.get("bytes", 0))


def _counts(item: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The attributes of a counter that are not zero."""
    return ((name, number) for name, number in item.items() if name.startswith(_COUNTS) and number)
