"""Leases: time-limited holds on an item, which allow one execution at a time to change a photo.

An expired lease means that its execution was lost. The index `unsettled` holds all leases, by expiry.
"""

import time
import zlib
from typing import Any, Final

from photosky.photo import Photo
from photosky.store.attributes import AWAITED_UNTIL, UNSETTLED_SHARDS

LEASE_SECONDS: Final = 60
"""Duration of a lease. It exceeds the time in which an execution can write, so that only a lost one loses its lease.

The state machine ends after 27 s, but a function that it started just before can run on for 22 s: up to 10 s of
initialization, which its timeout does not include (Lambda developer guide, "Init phase"), and 12 s of timeout.
That is 49 s; `tests/infrastructure/test_workflow.py` computes it from the template.
"""

LEASE_AVAILABLE: Final = "(attribute_not_exists(#lease_until) OR #lease_until < :now OR #lease_until > :never)"
"""Condition expression: no execution holds the item. `availability_values` gives its values.

A lease beyond `:never` is longer than any lease of an execution; it only schedules the removal of
retired previews, of a trashed photo, or of one without an upload.
"""


def current_time() -> int:
    """The time in Unix seconds. All times in the table come from here."""
    return int(time.time())


def current_milliseconds() -> int:
    """The same in milliseconds."""
    return int(1000 * time.time())


def availability_values(now: int) -> dict[str, int]:
    """Values of `LEASE_AVAILABLE`. The clocks of functions differ by less than a lease."""
    return {":now": now, ":never": now + 2 * LEASE_SECONDS}


def is_lease_available(lease_until: int | None, now: float) -> bool:
    """Whether no execution holds an item, by the same rule as `LEASE_AVAILABLE`."""
    values = availability_values(int(now))
    return lease_until is None or lease_until < values[":now"] or lease_until > values[":never"]


def new_lease(photo_id: str) -> dict[str, Any]:
    """Attributes of a lease that starts now."""
    return lease_ending_at(photo_id, current_time() + LEASE_SECONDS)


def lease_ending_at(photo_id: str, until: int | None) -> dict[str, Any]:
    """Attributes of a lease that ends at `until` (Unix seconds)."""
    return {"lease_until": until, "unsettled_shard": zlib.crc32(photo_id.encode()) % UNSETTLED_SHARDS}


def trash_schedule(photo: Photo, trashed_until: int) -> dict[str, Any]:
    """Attributes of the lease of a trashed photo: it ends when retired previews, or else the photo, are to be removed.

    Times are in Unix seconds.
    """
    if photo.retired_until is not None and photo.retired_until < trashed_until:
        return lease_ending_at(photo.photo_id, photo.retired_until)
    return _removal_at(photo.photo_id, trashed_until)


def upload_schedule(photo_id: str, until: int) -> dict[str, Any]:
    """Attributes of a photo that awaits its upload until then (Unix seconds), and whose lease ends at this time."""
    return {AWAITED_UNTIL: until, **_removal_at(photo_id, until)}


def _removal_at(photo_id: str, until: int) -> dict[str, Any]:
    lease = lease_ending_at(photo_id, until)
    return lease | {"unsettled_shard": UNSETTLED_SHARDS + lease["unsettled_shard"]}


def leased_at(photo: Photo) -> int:
    """Start of the lease of a photo as `hold` or `refuse` returned it, in Unix seconds. Raises ValueError."""
    if photo.lease_until is None:
        raise ValueError("the photo has no lease")
    return photo.lease_until - LEASE_SECONDS


def has_retired_previews(photo: Photo, now: float) -> bool:
    """Whether the photo has retired previews whose objects must still be kept."""
    return photo.retired_until is not None and photo.retired_until >= now
