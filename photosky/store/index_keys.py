"""The keys under which listings, the timeline and changes contain a photo. All of them follow from its record.

The listing of a tag has partitions of its own with a copy of each of its photos: a secondary index has one entry per
item, and a photo has several tags.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final

from photosky.photo import Photo, Status
from photosky.store.attributes import INDEX_ATTRIBUTES, MONTHS_SUFFIX, TAG_SEPARATOR, USAGE_KEY

COUNTER_SHARDS: Final = 4
"""Counters per month. Photos that become ready at the same time rarely write the same one, and a timeline of 30 years
reads 1,440 small items."""

AFTER: Final = "!"
"""What follows a key in the text right after it: it sorts before all characters of keys."""

_UNDATED: Final = " undated"
_TRASHED: Final = "trashed/"
"""No listing of ready photos begins with it, because they begin with a UUID."""

_MIDNIGHT: Final = "T00:00:00"
_FRACTION_DIGITS: Final = 9
_COPIED: Final = {
    *(f.name for f in fields(Photo) if f.metadata.get("is_shown")),
    *("owner_taken_at", "owner_location", "version", "schema_version"),
}
"""Attributes that a copy has: what listings show, and what is shown instead of the camera's values."""


def index_attributes(photo: Photo) -> dict[str, Any]:
    """The keys of the secondary indexes that contain a photo's record."""
    listed = _listing_attributes(photo, photo.owner_id)
    if photo.status is Status.READY:
        listed["ready_sha256"] = photo.sha256
    if photo.is_ingested or photo.status is Status.DELETING:
        listed["changed_id"] = changed_id(photo.updated_at or photo.created_at, photo.photo_id)
    return listed


def tag_copy(photo: Photo, item: Mapping[str, Any], tag: str) -> dict[str, Any]:
    """The copy of a photo, whose record is `item`, in the listing of a tag."""
    partition = tag_partition(photo.owner_id, tag)
    copied = {name: value for name, value in item.items() if name in _COPIED}
    return {**copied, "owner_id": partition, **_listing_attributes(photo, partition)}


def tag_partition(owner_id: str, tag: str) -> str:
    """The partition of a tag's listing. Tags that differ only in case have the same one."""
    return f"{owner_id}{TAG_SEPARATOR}{tag.casefold()}"


def months_partition(owner_id: str) -> str:
    """The partition of an owner's counters."""
    return f"{owner_id}{MONTHS_SUFFIX}"


def owner_of(partition: str) -> str:
    """The owner of a partition."""
    return partition.partition(TAG_SEPARATOR)[0].removesuffix(MONTHS_SUFFIX)


def listing_key(partition: str, status: Status) -> str:
    """The key of a listing of ready or trashed photos in the order of capture, and of its favourites."""
    return partition if status is Status.READY else f"{_TRASHED}{partition}"


def wanted_tags(photo: Photo) -> set[str]:
    """The tags whose listings should contain a photo, without case."""
    return {tag.casefold() for tag in photo.tags} if photo.is_ingested else set()


def listed_tags(photo: Photo) -> set[str]:
    """The tags whose listings contain a photo, without case."""
    return wanted_tags(photo) - set(photo.unlisted_tags)


def taken_id(photo: Photo) -> str:
    """The key of the order of capture: the local time, or the time of creation, and the id.

    A time without a fraction gets one, because a point would sort before the separator.
    """
    time = photo.shown_taken_at or photo.created_at
    seconds, _, rest = (time if "T" in time else f"{time}{_MIDNIGHT}").partition(".")
    fraction = "".join(digit for digit in rest.partition("+")[0].partition("-")[0] if digit.isdigit())
    return f"{seconds[: len('0000-00-00T00:00:00')]}.{fraction:0<{_FRACTION_DIGITS}}/{photo.photo_id}"


def changed_id(updated_at: str, photo_id: str) -> str:
    """The key of the order of changes."""
    return f"{updated_at}/{photo_id}"


def counted_as(photo: Photo) -> str | None:
    """How the timeline counts a photo: by the date of its capture, or by that of its creation as undated."""
    if photo.status is not Status.READY:
        return None
    taken_at = photo.shown_taken_at
    return photo.created_at[:10] + _UNDATED if taken_at is None else taken_at[:10]


def counted_bytes(photo: Photo) -> int | None:
    """With how many bytes the owner's use counts a photo: what is stored, and what its upload form promises."""
    return None if photo.status in (Status.REJECTED, Status.DELETING) else photo.size_bytes


def is_indexed(photo: Photo, item: Mapping[str, Any]) -> bool:
    """Whether a record has the keys that follow from it, is counted as it should be, and is in all listings."""
    found = {name: item[name] for name in INDEX_ATTRIBUTES if name in item}
    is_counted = (photo.counted_as, photo.counted_bytes) == (counted_as(photo), counted_bytes(photo))
    return found == index_attributes(photo) and is_counted and not photo.unlisted_tags


def counter_changes(photo_id: str, before: str | None, after: str | None) -> dict[str, dict[str, int]]:
    """What to add to each attribute of a month's counter, by its sort key, when a photo is counted differently."""
    changes: dict[str, dict[str, int]] = {}
    for counted, step in ((before, -1), (after, 1)):
        if counted is not None and before != after:
            counter = changes.setdefault(counter_key(photo_id, counted), {})
            for name in counter_attributes(counted):
                counter[name] = counter.get(name, 0) + step
    return {key: {name: step for name, step in counter.items() if step} for key, counter in changes.items()}


def usage_changes(before: int | None, after: int | None) -> dict[str, dict[str, int]]:
    """The same for the counter of the owner's use, when a photo's `counted_bytes` change."""
    if before == after:
        return {}
    photos = (after is not None) - (before is not None)
    steps = {"photos": photos, "bytes": (after or 0) - (before or 0)}
    return {USAGE_KEY: {name: step for name, step in steps.items() if step}}


def counter_key(photo_id: str, counted: str) -> str:
    """The sort key of the counter that contains a photo."""
    return f"{counted[:7]}/{zlib.crc32(photo_id.encode()) % COUNTER_SHARDS}"


def counter_attributes(counted: str) -> Iterable[str]:
    """The attributes of a counter that contain a photo: of its month and of its day, all photos and undated ones."""
    day, is_undated = counted[8:10], counted.endswith(_UNDATED)
    return ("all", f"all{day}", "undated", f"undated{day}") if is_undated else ("all", f"all{day}")


def _listing_attributes(photo: Photo, partition: str) -> dict[str, Any]:
    if not photo.is_ingested:
        return {}
    listing = listing_key(partition, photo.status)
    name = "ready_id" if photo.status is Status.READY else "trashed_id"
    favorite = {"favorite_listing": listing} if photo.favorite else {}
    return {name: photo.photo_id, "listing": listing, "taken_id": taken_id(photo), **favorite}
