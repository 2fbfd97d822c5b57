"""How DynamoDB counts: an item's bytes, and the request units of writing and reading it.

After the DynamoDB developer guide, "DynamoDB item sizes and formats", "Read and write operations" and "Using global
secondary indexes". Items are in DynamoDB's JSON: `{"photo_id": {"S": "…"}}`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Item = Mapping[str, Mapping[str, Any]]

WRITE_BYTES: Final = 1024
"""What one write request unit takes."""

READ_BYTES: Final = 4096
"""What one read request unit gives, read consistently; half a unit, read eventually."""

_CONTAINER_BYTES: Final = 3
"""A list or a map takes so much beside its elements, and each element one."""


@dataclass(frozen=True)
class Index:
    """A global secondary index: its keys, and whether it holds the item's keys only or all of the item."""

    name: str
    keys: tuple[str, str]
    keys_only: bool

    def entry(self, item: Item | None, table_keys: Iterable[str]) -> Item | None:
        """What the index holds of an item; None where the item lacks a key of it."""
        if item is None or any(key not in item for key in self.keys):
            return None
        return {name: item[name] for name in {*self.keys, *table_keys}} if self.keys_only else item


def item_bytes(item: Item) -> int:
    """The size of an item: its attributes' names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(before: Item | None, after: Item | None) -> int:
    """Of putting, updating or deleting an item: by the larger of what it was and what it is."""
    sizes = [item_bytes(item) for item in (before, after) if item is not None]
    return max(1, math.ceil(max(sizes, default=0) / WRITE_BYTES))


def index_write_units(index: Index, table_keys: Iterable[str], before: Item | None, after: Item | None) -> int:
    """Of what a write changes in an index: none, one write, or two where the entry moves to another key."""
    table_keys = tuple(table_keys)
    old, new = index.entry(before, table_keys), index.entry(after, table_keys)
    if old == new:
        return 0
    if old is None or new is None or all(old[key] == new[key] for key in index.keys):
        return write_units(old, new)
    return write_units(old, None) + write_units(None, new)


def read_units(size_bytes: int, *, consistent: bool) -> float:
    """Of reading so many bytes, by one GetItem or one page of a Query."""
    return max(1, math.ceil(size_bytes / READ_BYTES)) * (1 if consistent else 0.5)


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
    raise ValueError(f"a {kind} is in no record of ours")
