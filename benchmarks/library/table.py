"""A table in memory whose secondary indexes are sorted lists: a query takes the time of the items that it reads."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

from benchmarks.scale.units import Index, Item, item_bytes
from benchmarks.scale.usage import INDEXES, TABLE_KEYS

MAX_PAGE_BYTES: Final = 1024 * 1024
"""Of a Query's items, before a projection (API reference, "Query")."""

TABLE: Final = Index("", TABLE_KEYS, keys_only=False)

_BEHIND: Final = ("\U0010ffff",)
"""Sorts after the key of any item."""


class Key(NamedTuple):
    """Primary key of an item."""

    owner_id: str
    photo_id: str


Entry = tuple[str, tuple[str, ...]]
"""An item in an index: its sort key there, and its primary key."""


@dataclass(frozen=True)
class Range:
    """What a query selects: a range of one partition of an index, both ends included, after an item."""

    index: str
    partition: str
    first: str = ""
    last: str = "\U0010ffff"
    is_forward: bool = True
    limit: int | None = None
    after: Entry | None = None


class Page(NamedTuple):
    """Items that a query reads, their bytes, and the last one if more may follow."""

    items: list[Item]
    size_bytes: int
    last: Item | None


class Table:
    """The items that were read or written. `load` makes others from their keys, because 400,000 take gigabytes."""

    def __init__(self, load: Callable[[Key], Item | None]) -> None:
        self._load = load
        self._items: dict[Key, Item | None] = {}
        self._entries: dict[str, dict[str, list[Entry]]] = {
            index.name: defaultdict(list) for index in (TABLE, *INDEXES)
        }

    def fill(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Add items that `load` makes. Their keys suffice: of the table and of the indexes, as plain values."""
        for item in items:
            for name, partition, entry in _entries(item):
                self._entries[name][partition].append(entry)
        for partitions in self._entries.values():
            for entries in partitions.values():
                entries.sort()

    def get(self, key: Key) -> Item | None:
        """An item."""
        if key not in self._items:
            self._items[key] = self._load(key)
        return self._items[key]

    def put(self, key: Key, item: Item | None) -> None:
        """Replace an item; None deletes it."""
        for name, partition, entry in _entries(_plain(self.get(key))):
            entries = self._entries[name][partition]
            position = bisect_left(entries, entry)
            if entries[position : position + 1] != [entry]:
                raise ValueError(f"{key} is not in the index {name!r}, which has its key.")
            del entries[position]
        for name, partition, entry in _entries(_plain(item)):
            insort(self._entries[name][partition], entry)
        self._items[key] = item

    def sort_keys(self, index: str, partition: str) -> list[str]:
        """The sort keys of a partition of an index, in ascending order."""
        return [sort_key for sort_key, _ in self._entries[index][partition]]

    def query(self, selected: Range) -> Page:
        """One page of items. Raises KeyError for an index that there is not."""
        entries = self._entries[selected.index][selected.partition]
        start, stop = bisect_left(entries, (selected.first,)), bisect_right(entries, (selected.last, _BEHIND))
        if selected.after is not None and selected.is_forward:
            start = max(start, bisect_right(entries, selected.after))
        elif selected.after is not None:
            stop = min(stop, bisect_left(entries, selected.after))
        numbers = range(start, stop) if selected.is_forward else range(stop - 1, start - 1, -1)
        items, size_bytes = [], 0
        for number in islice(numbers, selected.limit):
            items.append(self._projected(selected.index, Key(*entries[number][1])))
            size_bytes += item_bytes(items[-1])
            if size_bytes >= MAX_PAGE_BYTES:
                break
        # As DynamoDB does, also a page that its limit ends with the range's last item names this item.
        is_cut = len(items) < len(numbers) or len(items) == selected.limit
        return Page(items, size_bytes, items[-1] if items and is_cut else None)

    def _projected(self, index: str, key: Key) -> Item:
        entry = BY_NAME[index].entry(self.get(key), TABLE_KEYS)
        if entry is None:
            raise ValueError(f"{key} is not in the index {index!r}, which has its key.")
        return entry


BY_NAME: Final[Mapping[str, Index]] = {index.name: index for index in (TABLE, *INDEXES)}


def key_of(item: Item) -> Key:
    """The primary key of an item, or of a key in DynamoDB JSON."""
    return Key(*(item[name]["S"] for name in TABLE_KEYS))


def entry_of(index: str, item: Item) -> Entry:
    """An item's entry in an index, from an `ExclusiveStartKey`."""
    return str(_plain(item)[BY_NAME[index].keys[1]]), tuple(key_of(item))


def _plain(item: Item | None) -> dict[str, Any]:
    """Values of an item without their types."""
    return {name: value for name, typed in (item or {}).items() for value in typed.values()}


def _entries(item: Mapping[str, Any]) -> Iterable[tuple[str, str, Entry]]:
    """The indexes that contain an item, each with its partition and its entry. An empty mapping stands for no item."""
    for index in BY_NAME.values():
        partition, sort_key = (item.get(name) for name in index.keys)
        if partition is not None and sort_key is not None:
            yield index.name, str(partition), (str(sort_key), tuple(item[name] for name in TABLE_KEYS))
