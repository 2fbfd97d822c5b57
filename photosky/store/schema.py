"""Records of earlier versions, brought to the form that `photosky/photo.py` reads.

A version is raised by what an older reader would misread, and by nothing that it may pass over. Records are not
rewritten for it: each is brought up to date whenever it is read.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

Item = dict[str, Any]

VERSION: Final = 2
"""Stored with every record, so that a later reader knows what it reads."""


class UnknownVersionError(ValueError):
    """Raised for a record that a later PhotoSky wrote: to read half of it would be to lose the rest."""


def upgraded(item: Mapping[str, Any]) -> Item:
    """A record as this version writes it; one without a version is of the first. Raises UnknownVersionError."""
    version = item.get("schema_version", 1)
    if version not in range(1, VERSION + 1):
        raise UnknownVersionError(f"the record is of version {version!r}; this PhotoSky reads 1 to {VERSION}")
    current = dict(item)
    for older in range(version, VERSION):
        current = _UPGRADES[older](current)
    return current


def _name_the_original(item: Item) -> Item:
    """Version 1 had one place for a photo's original; from 2 on, the record says where it is."""
    if item["status"] == "ready":
        item.setdefault("original", f"originals/{item['owner_id']}/{item['photo_id']}")
    return item


_UPGRADES: Final[Mapping[int, Callable[[Item], Item]]] = {1: _name_the_original}
"""From each version to the next."""
