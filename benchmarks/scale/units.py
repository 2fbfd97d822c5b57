"""DynamoDB's item sizes and request units.

From the DynamoDB developer guide: "DynamoDB item sizes and formats", "Read and write operations" and "Using global
secondary indexes". Items are in DynamoDB JSON: `{"photo_id": {"S": "…"}}`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Item = Mapping[str, Mapping[str, Any]]

WRITE_UNIT_BYTES: Final = 1024
READ_UNIT_BYTES: Final = 4096
"""Of a strongly consistent read; an eventually consistent read of the same size takes half a unit."""

_CONTAINER_BYTES: Final = 3
"""Overhead of a list or a map; each element adds one byte more."""


@dataclass(frozen=True)
class Index:
    """A global secondary index: its keys, and whether it projects the keys only or the whole item."""

    name: str
    keys: tuple[str, str]
    keys_only: bool

    def entry(self, item: Item | None, table_keys: Iterable[str]) -> Item | None:
        """Project an item into the index; None if it lacks one of the index's keys."""
        if item is None or any(key not in item for key in self.keys):
            return None
        return {name: item[name] for name in {*self.keys, *table_keys}} if self.keys_only else item


def item_bytes(item: Item) -> int:
    """Size of an item: names and values of its attributes."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(before: Item | None, after: Item | None) -> int:
    """Units of a put, update or delete: the larger of the item's sizes before and after counts."""
    sizes = [item_bytes(item) for item in (before, after) if item is not None]
    return max(1, math.ceil(max(sizes, default=0) / WRITE_UNIT_BYTES))


def index_write_units(index: Index, table_keys: Iterable[str], before: Item | None, after: Item | None) -> int:
    """Units that a write takes in an index: none, one write, or two if the entry's key changes."""
    table_keys = tuple(table_keys)
    old, new = index.entry(before, table_keys), index.entry(after, table_keys)
    if old == new:
        return 0
    if old is None or new is None or all(old[key] == new[key] for key in index.keys):
        return write_units(old, new)
    return write_units(old, None) + write_units(None, new)


def read_units(size_bytes: int, *, consistent: bool) -> float:
    """Units of one GetItem, or of one page of a Query, that reads so many bytes."""
    return max(1, math.ceil(size_bytes / READ_UNIT_BYTES)) * (1 if consistent else 0.5)


def _value_bytes(typed: Mapping[str, Any]) -> int:
    ((kind, value),) = typed.items()
    match kind:
        case "S":
            return len(str(value).encode())
        case "N":
            number = str(value)
            digits = number.lstrip("-").replace(".", "").strip("0")
            return math.ceil(len(digits) / 2) + 1 + number.startswith("-")
        case "B":
            return len(value)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return _CONTAINER_BYTES + sum(1 + _value_bytes(element) for element in value)
        case "M":
            return _CONTAINER_BYTES + len(value) + item_bytes(value)
    raise ValueError(f"No photo record has an attribute of type {kind}.")
