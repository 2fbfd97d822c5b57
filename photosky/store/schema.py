"""Upgrades of items that an earlier version of PhotoSky wrote.

Items are upgraded whenever they are read and are not rewritten. The version increases only with a change that an
earlier reader would misinterpret; a new attribute that it may ignore needs no new version.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

Item = dict[str, Any]

VERSION: Final = 4
"""The version that this PhotoSky writes, stored in every item as `schema_version`."""


class UnknownVersionError(ValueError):
    """Raised for an item of a later version, because writing it back could lose data."""


def upgraded(item: Mapping[str, Any]) -> Item:
    """An item in the form of `VERSION`. Raises UnknownVersionError. An item without a version has version 1."""
    version = item.get("schema_version", 1)
    if version not in range(1, VERSION + 1):
        raise UnknownVersionError(f"the record is of version {version!r}; this PhotoSky reads 1 to {VERSION}")
    current = dict(item)
    for older in range(version, VERSION):
        current = _UPGRADES[older](current)
    return current


def _set_original(item: Item) -> Item:
    """Version 1 had one fixed key for a photo's original; since version 2 the item has the key."""
    if item["status"] == "ready":
        item.setdefault("original", f"originals/{item['owner_id']}/{item['photo_id']}")
    return item


def _unchanged(item: Item) -> Item:
    """Since version 3, writers keep listings and counters of a photo, which earlier ones would leave outdated."""
    return item


def _rename_wait(item: Item) -> Item:
    """Until version 3, the table's time to live removed a record that awaited its upload.

    Since version 4, Reconcile removes it, and writers count the owner's use, which earlier ones would leave outdated.
    """
    if item["status"] == "awaiting_upload" and "expires_at" in item:
        item["awaited_until"] = item.pop("expires_at")
    return item


_UPGRADES: Final[Mapping[int, Callable[[Item], Item]]] = {1: _set_original, 2: _unchanged, 3: _rename_wait}
"""The upgrade from each version to the next."""
