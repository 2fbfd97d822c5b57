"""DynamoDB and S3: equal parts of items and of objects' records are stored once.

Gap: MiniStack keeps an item as the nested dictionaries that `json.loads` makes, which take 14 kB for a photo of 2 kB of
JSON. Most of their names and values are the same in all photos. The record of an object takes 2 kB likewise.
Closed upstream when `make load` finds the memory of 5,000 photos within its limits without this module.

Shared parts are never changed in place: MiniStack replaces an item as a whole, and copies it before an update.
"""

import sys
from collections.abc import Callable, MutableMapping
from typing import Any, Final

from local.emulator.wrapping import module, require, wrap

MAX_TEXT_CHARACTERS: Final = 16
"""Of a shared value. Identifiers, digests and keys are longer; to remember each would take more than it saves."""

MAX_SHARED: Final = 10_000
"""Values that are remembered. After that, all are forgotten, and equal values are stored again."""

Attribute = dict[str, Any]
"""A value of DynamoDB: its type and its content."""


class Shared:
    """The parts that are stored once."""

    def __init__(self, max_shared: int = MAX_SHARED) -> None:
        self._parts: dict[Any, dict[str, Any]] = {}
        self._max_shared = max_shared

    def item(self, item: dict[str, Attribute]) -> dict[str, Attribute]:
        """Return an equal item whose short values and whose names are shared."""
        return {sys.intern(name): self._attribute(value) for name, value in item.items()}

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Return equal headers or metadata of an object, which may be shared."""
        return self._one(tuple(sorted(headers.items())), headers) if len(headers) <= 1 else headers

    def _attribute(self, attribute: Attribute) -> Attribute:
        ((kind, content),) = attribute.items()
        kind = sys.intern(kind)
        match content:
            case dict():
                return {kind: self.item(content)}
            case list() if kind == "L":
                return {kind: [self._attribute(each) for each in content]}
            case str() if len(content) > MAX_TEXT_CHARACTERS:
                return {kind: content}
            case str() | bool():
                return self._one((kind, content), {kind: content})
        return {kind: content}

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


def share_record(obj: MutableMapping[str, Any]) -> None:
    """Share the parts of an object's record that are equal in most objects."""
    for name in ("content_type", "storage_class"):
        obj[name] = sys.intern(obj[name])
    for name in ("metadata", "preserved_headers", "checksums"):
        if not obj[name] or name == "preserved_headers":  # Metadata and checksums differ, where there are any.
            obj[name] = _shared.headers(obj[name])


def _sharing_record(original: Callable[..., Any]) -> Callable[..., Any]:
    def persist(bucket: str, key: str, obj: dict[str, Any]) -> None:
        original(bucket, key, obj)
        share_record(obj)

    return persist


def install() -> None:
    """Wrap the functions that store items and records."""
    require("services.dynamodb", "_tables.all_values", "")
    wrap("services.dynamodb", "_set_item", "table pk_val sk_val item", _sharing_item)
    wrap("services.dynamodb", "load_persisted_state", "data", _sharing_restored)
    wrap("services.s3", "_persist_object", "bucket key obj", _sharing_record)
    for bucket in require("services.s3", "_buckets._data").values():  # Read from the disk by the import.
        for record in bucket["objects"].values():
            share_record(record)
