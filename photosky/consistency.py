"""Rules that relate a record to its objects: what Reconcile does about it, and which objects it does not need."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from photosky.ingests import can_repeat
from photosky.photo import Photo, Status
from photosky.store import keys
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.items import Record
from photosky.store.leases import LEASE_SECONDS, has_retired_previews, is_lease_available
from photosky.store.media import ListedObject


class Action(StrEnum):
    """What Reconcile does about one record."""

    LEAVE = "leave"
    WAIT = "wait"
    """The lease is active: an execution is working on the record, or was lost less than a lease ago."""
    TAKE_OVER = "take over"
    """The execution was lost: ingest the upload again. A photo without one, or with too many lost executions, fails.

    If the execution of an earlier version has stored the facts and all objects, the photo is completed instead.
    """
    DELETE = "delete"
    EXPIRE = "expire"
    """The photo's time in the trash, or for its upload, is over."""
    SETTLE = "settle"
    """Remove the unneeded objects, then release the lease."""
    SWEEP = "sweep"
    """Remove the objects that an execution wrote after the deletion."""
    RELIST = "relist"
    """Write what follows from the record: its place in listings, in the timeline and in the changes."""
    REPORT = "report"
    """The record needs manual inspection."""


def decide(record: Record, now: float) -> Action:
    """The action for a record, by its own attributes. `now` is in Unix seconds."""
    if record.photo and _is_scheduled(record, record.photo, now):
        return _decide_settled(record)
    if not is_lease_available(record.lease_until, now):
        return Action.LEAVE if record.is_tombstone else Action.WAIT
    if record.is_tombstone:
        return Action.SWEEP if record.is_leased else Action.LEAVE
    if record.status is Status.DELETING:
        return Action.DELETE
    if record.status is None or record.photo is None:
        return Action.REPORT
    if record.status is Status.PROCESSING:
        return Action.TAKE_OVER
    if record.status is Status.TRASHED and record.photo.trashed_until is None:
        return Action.REPORT
    if (until := _kept_until(record.photo)) is not None and until < now:
        return Action.EXPIRE
    if record.status is Status.TRASHED:
        return Action.SETTLE
    return Action.SETTLE if record.is_leased else _decide_settled(record)


def _decide_settled(record: Record) -> Action:
    return Action.LEAVE if record.is_indexed else Action.RELIST


def _is_scheduled(record: Record, photo: Photo, now: float) -> bool:
    """Whether the lease only schedules a later removal: of retired previews, or of the photo in the trash."""
    if has_retired_previews(photo, now) and record.lease_until == photo.retired_until:
        return True
    until = _kept_until(photo)
    return until is not None and until >= now and record.is_leased and record.lease_until == until


def _kept_until(photo: Photo) -> int | None:
    """The time at which a photo in the trash, or without an upload, is to be removed (Unix seconds)."""
    return photo.awaited_until if photo.trashed_until is None else photo.trashed_until


def awaits_ingest(record: Record | None) -> bool:
    """Whether the photo's upload can be ingested, if it has one.

    A failed photo with a lease is still being cleaned up, and its upload may belong to the failed attempt.
    """
    if record is None or record.photo is None:
        return False
    return record.status in _WITHOUT_INGEST and not _is_held(record)


_WITHOUT_INGEST: Final = (Status.AWAITING_UPLOAD, Status.FAILED)


def _is_held(record: Record) -> bool:
    """Whether a record without an ingest has a lease, other than the one that ends with the time for its upload."""
    return record.is_leased and (record.photo is None or record.lease_until != record.photo.awaited_until)


def is_complete(photo: Photo, sizes: Mapping[str, int]) -> bool:
    """Whether the photo has its facts and all objects that it names. `sizes` are the objects' bytes by key."""
    named = {preview.key: preview.size_bytes for preview in photo.previews.values()}
    if photo.sha256 is None or photo.original is None or not named:
        return False
    named[photo.original] = photo.size_bytes
    return all(sizes.get(key) == size_bytes for key, size_bytes in named.items())


def unneeded(record: Record | None, objects: Iterable[ListedObject], now: float) -> set[str]:
    """The keys of a photo's objects that its record does not need. `now` is in Unix seconds.

    Retired previews are kept until their URLs have expired. An upload is kept while it can be ingested: for a day, or,
    if a failed attempt is being cleaned up, if it was uploaded after the failure. Events removes those of ready photos
    and their facts, for a day as well.
    """
    if record is None or record.status in (Status.REJECTED, Status.DELETING):
        return {stored.key for stored in objects}
    if record.photo is None or record.status is Status.PROCESSING:
        return set()
    photo = record.photo
    upload = keys.upload_key(photo.owner_id, photo.photo_id)
    if photo.is_ingested:
        kept = keys.named_keys(photo) if has_retired_previews(photo, now) else keys.current_keys(photo)
        handed_over = keys.handed_over_keys(photo.owner_id, photo.photo_id, photo.original or "")
        return {
            stored.key
            for stored in objects
            # A later object belongs to another lease holder, if this run was frozen and its lease expired.
            if stored.modified_at < now + 1
            and (stored.key not in handed_over or stored.modified_at <= now - UPLOAD_WAIT_SECONDS)
        } - kept
    since = now - UPLOAD_WAIT_SECONDS
    if record.status is Status.FAILED and record.is_leased and record.lease_until is not None:
        since = record.lease_until - LEASE_SECONDS
    return {stored.key for stored in objects if stored.key != upload or stored.modified_at <= since}


def is_unexplained(record: Record | None) -> bool:
    """Whether the photo cannot have an original, by its record or tombstone (None if there is neither).

    An execution removes what it wrote before the photo awaits another upload. So either its late write is left, or the
    table is older than the bucket.
    """
    if record is None:
        return True
    return record.status in _WITHOUT_INGEST and not _is_held(record)


def removable(record: Record | None, objects: Iterable[ListedObject], now: float) -> set[str]:
    """The keys of a photo's objects that an audit removes and that its record does not name: those it counts."""
    found = list(objects)
    present = {stored.key for stored in found}
    if record is None:
        return present
    named = keys.named_keys(record.photo) if record.photo else set()
    match decide(record, now):
        case Action.WAIT:
            return set()
        case Action.DELETE | Action.EXPIRE:
            return present - named
        case Action.TAKE_OVER:
            return present - named - _repeated_upload(record)
    return unneeded(record, found, now) - named


def _repeated_upload(record: Record) -> set[str]:
    """The key of the upload if a takeover ingests it again. With facts, the original may be complete instead."""
    photo = record.photo
    if photo is None or photo.sha256 is not None or not can_repeat(photo.lost_ingests + 1):
        return set()
    return {keys.upload_key(photo.owner_id, photo.photo_id)}
