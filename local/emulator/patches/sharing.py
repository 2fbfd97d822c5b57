"""DynamoDB and S3: equal parts of items and of objects' records are stored once, and their dictionaries are small.

Gap: MiniStack keeps an item as the nested dictionaries that `json.loads` makes, which take 14 kB for a photo of 2 kB of
JSON. Most of their names and values are the same in all photos. The record of an object takes 2 kB likewise.
Closed upstream when `make load` finds the memory of 5,000 photos within its limits without this module.

Shared parts are never changed in place: MiniStack replaces an item as a whole, and copies it before an update.
"""

import sys
from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final

from local.emulator.wrapping import module, require, wrap

MAX_TEXT_CHARACTERS: Final = 16
"""Of a shared value. Identifiers, digests and keys are longer; to remember each would take more than it saves."""

MAX_SHARED: Final = 10_000
"""Values that are remembered. After that, all are forgotten, and equal values are stored again."""

MAX_NAMES: Final = 29
"""Of a compact dictionary: CPython shares the names of at most 30 attributes (`SHARED_KEYS_MAX_SIZE`)."""

Attribute = dict[str, Any]
"""A value of DynamoDB: its type and its content."""


@lru_cache(256)
def _shape(_names: tuple[str, ...]) -> type:
    """A class for dictionaries with these names."""
    return type("Shape", (), {})


def compact(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return an equal dictionary that takes 80 bytes for one name and 160 for eleven, instead of 184 and 464.

    The dictionaries of a class's instances share the table of their names (PEP 412).
    """
    names = tuple(content)
    if not 1 <= len(names) <= MAX_NAMES or any(name.startswith("__") for name in names):
        return dict(content)
    instance = _shape(names)()
    for name, value in content.items():
        setattr(instance, name, value)
    small: dict[str, Any] = vars(instance)
    return small


class Shared:
    """The parts that are stored once."""

    def __init__(self, max_shared: int = MAX_SHARED) -> None:
        self._parts: dict[Any, dict[str, Any]] = {}
        self._max_shared = max_shared

    def item(self, item: dict[str, Attribute]) -> dict[str, Attribute]:
        """Return an equal item whose short values and whose names are shared."""
        return compact({sys.intern(name): self._attribute(value) for name, value in item.items()})

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Return equal headers or metadata of an object, which may be shared."""
        return self._one(tuple(sorted(headers.items())), headers) if len(headers) <= 1 else headers

    def _attribute(self, attribute: Attribute) -> Attribute:
        ((kind, content),) = attribute.items()
        kind = sys.intern(kind)
        match content:
            case dict():
                return compact({kind: self.item(content)})
            case list() if kind == "L":
                return compact({kind: [self._attribute(each) for each in content]})
            case str() if len(content) > MAX_TEXT_CHARACTERS:
                return compact({kind: content})
            case str() | bool():
                return self._one((kind, content), {kind: content})
        return compact({kind: content})

    def _one(self, key: Any, part: dict[str, Any]) -> dict[str, Any]:
        if len(self._parts) >= self._max_shared:
            self._parts.clear()
        return self._parts.setdefault(key, part)


_shared: Final = Shared()


def _sharing_item(original: Callable[..., Any]) -> Callable[..., Any]:
    def set_item(table: dict[str, Any], pk_val: Any, sk_val: Any, item: dict[str, Attribute]) -> Any:
        return original(table, pk_val, sk_val, _shared.item(item))

    return set_item


def _sharing_restored(original: Callable[..., Any]) -> Callable[..., Any]:
    def load(data: Any) -> Any:
        result = original(data)
        for table in module("services.dynamodb")._tables.all_values():
            for items in table["items"].values():
                for sort_key, item in items.items():
                    items[sort_key] = _shared.item(item)
        return result

    return load


def share_record(objects: MutableMapping[str, Any], key: str) -> None:
    """Replace an object's record by an equal one that shares the parts that are equal in most objects."""
    record = dict(objects[key])
    for name in ("content_type", "storage_class"):
        record[name] = sys.intern(record[name])
    for name in ("metadata", "preserved_headers", "checksums"):
        # Metadata and checksums differ, where there are any.
        is_shared = not record[name] or name == "preserved_headers"
        record[name] = _shared.headers(record[name]) if is_shared else compact(record[name])
    objects[key] = compact(record)


def _sharing_record(original: Callable[..., Any]) -> Callable[..., Any]:
    def persist(bucket: str, key: str, obj: dict[str, Any]) -> None:
        original(bucket, key, obj)
        objects = module("services.s3")._buckets[bucket]["objects"]
        if objects.get(key) is obj:  # It is not that of an earlier version.
            share_record(objects, key)

    return persist


def install() -> None:
    """Wrap the functions that store items and records."""
    require("services.dynamodb", "_tables.all_values", "")
    wrap("services.dynamodb", "_set_item", "table pk_val sk_val item", _sharing_item)
    wrap("services.dynamodb", "load_persisted_state", "data", _sharing_restored)
    wrap("services.s3", "_persist_object", "bucket key obj", _sharing_record)
    for bucket in require("services.s3", "_buckets._data").values():  # Read from the disk by the import.
        for key in bucket["objects"]:
            share_record(bucket["objects"], key)
