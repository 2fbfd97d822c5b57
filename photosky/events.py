"""The events that follow from changes of a photo's record: pure functions of the record before and after one write.

An event is what other systems may know of a change: ids, the status, a number for the order, the format and sizes.
Names, places, keys and texts never enter one. `api/events/` has a schema for each type, `docs/events.md` the contract.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from photosky.photo import Photo, Status

SOURCE: Final = "photosky"
"""The `source` of all events on the bus."""

SCHEMA_VERSION: Final = 1
"""Increases with a change that an existing consumer would misinterpret. New fields keep it."""

Record = Mapping[str, Any]
"""The attributes of a photo's item as Python values, of any schema version."""

Event = dict[str, Any]
"""The `detail` of an event. Its `type` is also the event's `detail-type`."""

READY: Final = "Photo Ready"
REJECTED: Final = "Photo Rejected"
FAILED: Final = "Photo Failed"
UPDATED: Final = "Photo Updated"
TRASHED: Final = "Photo Trashed"
RESTORED: Final = "Photo Restored"
DELETED: Final = "Photo Deleted"

TYPES: Final = (READY, REJECTED, FAILED, UPDATED, TRASHED, RESTORED, DELETED)

_REACHED: Final[Mapping[str, str]] = {
    Status.READY: READY,
    Status.REJECTED: REJECTED,
    Status.FAILED: FAILED,
    Status.TRASHED: TRASHED,
    Status.DELETING: DELETED,
}
"""The event of each status that a photo reaches. The other statuses are known to its client only."""

_INGESTED: Final = (Status.READY, Status.TRASHED)

_SHOWN: Final = frozenset(f.name for f in fields(Photo) if f.metadata.get("is_shown")) - {"updated_at"} | {
    *("owner_taken_at", "owner_location", "version"),
}
"""The attributes whose change a client sees. `updated_at` alone also changes where Reconcile completes index keys."""

_OF_UPLOAD: Final = ("content_type", "size_bytes")
_OF_PICTURE: Final = (*_OF_UPLOAD, "width", "height")

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    READY: _OF_PICTURE,
    REJECTED: _OF_UPLOAD,
    FAILED: _OF_UPLOAD,
    UPDATED: _OF_PICTURE,
    TRASHED: _OF_PICTURE,
    RESTORED: _OF_PICTURE,
    DELETED: (),
}
"""The attributes that an event has in addition to ids, status and version."""


def event_of(before: Record | None, after: Record | None) -> Event | None:
    """The event of one write, from the record before and after it; None stands for no record, and for no event.

    Attributes are read one by one instead of as a `Photo`, so that a record of another schema version stops no event.
    """
    known = after or before
    kind = _type(before, after)
    if known is None or kind is None:
        return None
    code = known.get("rejection", {}).get("code") if kind in (REJECTED, FAILED) else None
    return {
        "type": kind,
        "schema_version": SCHEMA_VERSION,
        "photo_id": known["photo_id"],
        "owner_id": known["owner_id"],
        "status": known["status"] if after else str(Status.DELETING),
        # A removed record has the number of its last change, which an event may already have.
        "version": known.get("revision", 0) + (0 if after else 1),
        **{name: known[name] for name in _FIELDS[kind] if known.get(name) is not None},
        **({"code": code} if code else {}),
    }


def _type(before: Record | None, after: Record | None) -> str | None:
    was, now = _status(before), _status(after)
    if was == now:
        return UPDATED if now in _INGESTED and _shown(before) != _shown(after) else None
    if after is None:
        # An operator, or the table's time to live for records of an earlier schema. A deletion sets the status first,
        # and has its event.
        return None if was == Status.DELETING else DELETED
    if (was, now) == (Status.TRASHED, Status.READY):
        return RESTORED
    return _REACHED.get(now or "")


def _status(record: Record | None) -> str | None:
    return record.get("status") if record else None


def _shown(record: Record | None) -> dict[str, Any]:
    return {name: value for name, value in (record or {}).items() if name in _SHOWN}
