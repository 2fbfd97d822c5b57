"""Reconcile: what a dead execution or a half-finished deletion left is finished, failed, removed or reported.

Not a step of the workflow: EventBridge runs it, and `make reconcile`. Every few minutes it sweeps what the table's
index `unsettled` says is overdue. Once a day it audits: all records, those included that no index knows of, and then
all objects, for such as no record needs. Whom it works against, an execution, a deletion or another reconcile, is
decided by the table's conditional writes alone, so it may run at any time and any number of times.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain, groupby, takewhile
from typing import Any, Final, Protocol

from photosky.aws import fault_of
from photosky.errors import Code
from photosky.photo import Photo, Rejection, Status
from photosky.store import keys
from photosky.store.attributes import UNSETTLED_SHARDS, UPLOAD_WAIT_SECONDS
from photosky.store.items import Record
from photosky.store.leases import LEASE_SECONDS, has_retired_previews, is_lease_available, leased_at
from photosky.store.media import ListedObject, media_bucket
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import logger, measure, span

MARGIN_MILLISECONDS: Final = 30_000
"""What a run keeps of its time for the record that it is at, so that it ends by itself and is never killed."""

RECORDS_AT_ONCE: Final = 500
"""Of one page of an audit. Their objects are listed together."""

MAX_REPORTS: Final = 100
"""How many reports an answer holds; the log has them all."""

OUTCOMES: Final = ("found", "finished", "failed", "deleted", "swept", "reported", "waiting", "faults")
"""What is counted. All that was found became one of the next five or a fault; what waits is not counted as found."""

INTERRUPTED: Final = Rejection(Code.INGEST_TIMED_OUT, "The ingest was cut short. Upload the photo again.")


class ReconcileError(Exception):
    """Raised at the end of a run in which something could not be reconciled; the next run tries again."""


class Context(Protocol):
    """What is needed of Lambda's context."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is killed."""


class Action(StrEnum):
    """What is to be done about one record."""

    LEAVE = "leave"
    WAIT = "wait"
    """Somebody is at work on it, or died less than a lease ago."""
    TAKE_OVER = "take over"
    """Its execution died: finish what is whole, fail what is not."""
    DELETE = "delete"
    SETTLE = "settle"
    """Remove the objects that it does not need, and let it go."""
    SWEEP = "sweep"
    """Remove what an execution wrote after the deletion."""
    REPORT = "report"
    """A person has to look at it."""


@dataclass
class Run:
    """One run: when it has to stop, and what it came to."""

    context: Context
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    more: bool = False
    """Whether time was up before all was seen."""
    overdue: int = 0
    """How many records a sweep came to whose lease had ended."""
    oldest_overdue_seconds: float = 0
    """How long ago the first of these leases had ended."""
    reports: list[dict[str, str]] = field(default_factory=list)

    @property
    def execution(self) -> str:
        """The name under which it takes photos over."""
        return f"reconcile-{self.context.aws_request_id}"

    def note_overdue(self, lease_until: int) -> None:
        """Count a record that a sweep came to, by the end of its lease."""
        self.overdue += 1
        self.oldest_overdue_seconds = max(self.oldest_overdue_seconds, time.time() - lease_until)

    def is_over(self) -> bool:
        """Whether it has to stop, because its time is up."""
        self.more = self.context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS
        return self.more

    def count(self, outcome: str, photo_id: str) -> None:
        """Count and log what became of something that was found."""
        self.counts["found"] += 1
        self.counts[outcome] += 1
        logger.info("Reconciled a photo", extra={"photo_id": photo_id, "outcome": outcome})

    def report(self, photo_id: str, reason: str) -> None:
        """Tell what a person has to look at."""
        self.count("reported", photo_id)
        logger.warning("A person has to look at this photo", extra={"photo_id": photo_id, "reason": reason})
        if len(self.reports) < MAX_REPORTS:
            self.reports.append({"photo_id": photo_id, "reason": reason})

    @contextmanager
    def isolated(self, photo_id: str) -> Iterator[None]:
        """Isolate failures per photo: count and log an error, and continue with the next photo."""
        try:
            yield
        except ConditionFailedError:
            return  # Another writer changed the record first. The next run handles what is left.
        except Exception as error:  # noqa: BLE001 - logged, counted, and raised at the run's end
            self.count("faults", photo_id)
            logger.exception("The photo could not be reconciled", extra={"photo_id": photo_id} | fault_of(error))


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Sweep, or with `{"audit": true}` audit; the counts of what was found and done, and whether there is more.

    Raises ReconcileError, once all else is done, where something could not be.
    """
    mode, work = ("audit", audit) if event.get("audit") else ("sweep", sweep)
    run = Run(context)
    with span("reconcile", mode=mode):
        work(run)
    logger.info("Reconciled", extra={"mode": mode, "more": run.more, **run.counts})
    if mode == "sweep":
        measure({"Overdue": run.overdue, "OldestOverdue": run.oldest_overdue_seconds})
    for outcome, events in run.counts.items():
        if events:
            measure({"Reconciled": events}, mode=mode, outcome=outcome)
    if run.counts["faults"]:
        raise ReconcileError(f"{run.counts['faults']} of {run.counts['found']} found could not be reconciled.")
    return {**run.counts, "more": run.more, "reports": run.reports}


def decide(record: Record, now: float) -> Action:
    """What is to be done about a record, from what it says of itself."""
    if record.photo and has_retired_previews(record.photo, now) and record.lease_until == record.photo.retired_until:
        return Action.LEAVE
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
    if record.status is Status.READY:
        return Action.SETTLE if record.is_leased else Action.LEAVE if record.is_listed else Action.REPORT
    return Action.SETTLE if record.is_leased or record.is_listed else Action.LEAVE


def is_whole(photo: Photo, sizes: Mapping[str, int]) -> bool:
    """Whether the photo was described, and all that it names lies in the bucket, by each key's size in bytes."""
    named = {preview.key: preview.size_bytes for preview in photo.previews.values()}
    if photo.sha256 is None or photo.original is None or not named:
        return False
    named[photo.original] = photo.size_bytes
    return all(sizes.get(key) == size_bytes for key, size_bytes in named.items())


def unneeded(record: Record | None, objects: Iterable[ListedObject], now: float) -> set[str]:
    """The keys of those of a photo's objects that its record has no use for.

    Previews that were retired are kept until they are due. An upload is kept while it may be ingested: for a day, and
    where a failed attempt has to be cleared away, if it came after the failure.
    """
    if record is None or record.status in (Status.REJECTED, Status.DELETING):
        return {stored.key for stored in objects}
    if record.photo is None or record.status is Status.PROCESSING:
        return set()
    photo = record.photo
    upload = keys.upload_key(photo.owner_id, photo.photo_id)
    if record.status is Status.READY:
        kept = keys.named_keys(photo) if has_retired_previews(photo, now) else keys.current_keys(photo)
        # What came after it was held is of somebody who holds it now, while this run was frozen and lost it.
        return {stored.key for stored in objects if stored.modified_at < now + 1} - kept
    since = now - UPLOAD_WAIT_SECONDS
    if record.status is Status.FAILED and record.is_leased and record.lease_until is not None:
        since = record.lease_until - LEASE_SECONDS
    return {stored.key for stored in objects if stored.key != upload or stored.modified_at <= since}


def sweep(run: Run) -> None:
    """Do what is overdue by the table's own account. Runs begin at different shards, so that all get their turn."""
    first = int(time.time()) % UNSETTLED_SHARDS
    for shard in range(first, first + UNSETTLED_SHARDS):
        for owner_id, sort_key, lease_until in photos_table().unsettled(shard % UNSETTLED_SHARDS):
            run.note_overdue(lease_until)
            if run.is_over():
                return
            _reconcile(run, owner_id, sort_key)


def audit(run: Run) -> None:
    """Look at every record, then at every object, from where the last audit had to stop."""
    kind, *after = photos_table().audit_position() or ["records"]
    position = _audit_records(run, after) if kind == "records" else []
    if not position:
        position = _audit_objects(run, after[0] if kind == "objects" else "")
    photos_table().note_audit_position(position)


def _audit_records(run: Run, after: Sequence[str]) -> list[str]:
    """Where the next audit goes on; empty when all were seen."""
    start: tuple[str, str] | None = (after[0], after[1]) if after else None
    while True:
        page, start = photos_table().records(start, RECORDS_AT_ONCE)
        for owner_id, records in groupby(page, key=lambda record: record.owner_id):
            ready = [found.photo for found in records if found.photo and found.status is Status.READY]
            if ready:
                _look_for_objects(run, owner_id, ready)
        for record in page:
            action = decide(record, time.time())
            if action is Action.WAIT:
                run.counts["waiting"] += 1
            elif action is not Action.LEAVE:
                _reconcile(run, record.owner_id, record.sort_key)
            if run.is_over():
                return ["records", record.owner_id, record.sort_key]
        if start is None:
            return []


def _audit_objects(run: Run, after: str) -> list[str]:
    """Where the next audit goes on; empty when all were seen."""
    for (prefix, owner_id, photo_id), group in groupby(media_bucket().walk(after=after), key=_whose):
        objects = list(group)
        with run.isolated(photo_id):
            if prefix in keys.PREFIXES:
                _look_for_record(run, owner_id, photo_id, objects)
            else:
                run.report(photo_id, "The bucket holds objects under a prefix that PhotoSky does not use.")
        if run.is_over():
            return ["objects", objects[-1].key]
    return []


def _reconcile(run: Run, owner_id: str, sort_key: str) -> None:
    """Do what is to be done about one record, by what it says now."""
    with run.isolated(sort_key):
        record = photos_table().record(owner_id, sort_key)
        if record is None:
            return
        match decide(record, time.time()):
            case Action.TAKE_OVER:
                run.count(_take_over(owner_id, record.photo_id, run.execution), record.photo_id)
            case Action.DELETE:
                media_bucket().remove(_objects(owner_id, record.photo_id))
                photos_table().finish_delete(owner_id, record.photo_id)
                run.count("deleted", record.photo_id)
            case Action.SETTLE:
                _settle(record)
                run.count("swept", record.photo_id)
            case Action.SWEEP:
                late = _objects(owner_id, record.photo_id)
                media_bucket().remove(late)
                photos_table().settle_deleted(owner_id, record.photo_id)
                if late:
                    run.count("swept", record.photo_id)
            case Action.REPORT:
                run.report(record.photo_id, "The record cannot be read, or lacks what its status asks for.")


def _take_over(owner_id: str, photo_id: str, execution: str) -> str:
    """Finish a photo whose execution died, if it had come that far; else fail it. What became of it."""
    table, bucket = photos_table(), media_bucket()
    photo = table.take_over(owner_id, photo_id, execution)
    objects = _objects(owner_id, photo_id)
    if photo.sha256 is not None and is_whole(photo, _sizes(objects.values())):
        table.complete(owner_id, photo_id, execution, photo.sha256)
        bucket.remove([keys.upload_key(owner_id, photo_id)])
        return "finished"
    photo = table.refuse(owner_id, photo_id, execution, Status.FAILED, INTERRUPTED)
    bucket.remove(objects)
    table.settle(photo)
    return "failed"


def _settle(record: Record) -> None:
    """Remove what a record does not need, with executions kept off it meanwhile, and let it go."""
    if record.status is None:
        raise ValueError("only a record with a status can be settled")
    photo = photos_table().hold(record.owner_id, record.photo_id, record.status)
    objects = _objects(record.owner_id, record.photo_id)
    # What it is held with decides: a ready photo may have got other previews since the record was read.
    media_bucket().remove(unneeded(replace(record, photo=photo), objects.values(), leased_at(photo)))
    photos_table().settle(photo)


def _look_for_objects(run: Run, owner_id: str, photos: Sequence[Photo]) -> None:
    """Report those of an owner's ready photos, in the order of their ids, whose objects are not all there."""
    first, last = photos[0].photo_id, photos[-1].photo_id
    with run.isolated(first):
        sizes = _sizes(_between(keys.ORIGINALS_PREFIX, owner_id, first, last))
        sizes |= _sizes(_between(keys.PREVIEWS_PREFIX, owner_id, first, last))
        for photo in photos:
            if not is_whole(photo, sizes) and _is_ready_and_torn(owner_id, photo.photo_id):
                run.report(photo.photo_id, "The photo is ready, but its original or a preview is not in the bucket.")


def _is_ready_and_torn(owner_id: str, photo_id: str) -> bool:
    """The same question to the record as it is now: the page that it came from may be older than its objects' end."""
    record = photos_table().record(owner_id, photo_id)
    if record is None or record.photo is None or record.status is not Status.READY:
        return False
    return not is_whole(record.photo, _sizes(_objects(owner_id, photo_id).values()))


def _look_for_record(run: Run, owner_id: str, photo_id: str, objects: Sequence[ListedObject]) -> None:
    """Remove those of these objects of a photo that no record needs.

    Where there is no record, or its status is final, none ever will; else executions have to be kept off.
    """
    record = photos_table().record(owner_id, photo_id) if owner_id and photo_id else None
    if record is not None and not is_lease_available(record.lease_until, time.time()):
        return
    discardable = unneeded(record, objects, time.time())
    if not discardable:
        return
    if record is None or record.status in (Status.REJECTED, Status.DELETING):
        media_bucket().remove(discardable)
    else:
        _settle(record)
    run.count("swept", photo_id)


def _objects(owner_id: str, photo_id: str) -> dict[str, ListedObject]:
    """All objects of one photo, by key."""
    found = chain.from_iterable(media_bucket().walk(f"{prefix}{owner_id}/{photo_id}") for prefix in keys.PREFIXES)
    return {stored.key: stored for stored in found if _whose(stored)[1:] == (owner_id, photo_id)}


def _between(prefix: str, owner_id: str, first: str, last: str) -> Iterator[ListedObject]:
    """The objects of one kind of an owner's photos, from one photo to another."""
    folder = f"{prefix}{owner_id}/"
    behind = f"{folder}{last}0"  # "0" is the character that follows "/".
    listed = media_bucket().walk(folder, after=f"{folder}{first[:-1]}")
    return takewhile(lambda stored: stored.key < behind, listed)


def _sizes(objects: Iterable[ListedObject]) -> dict[str, int]:
    return {stored.key: stored.size_bytes for stored in objects}


def _whose(stored: ListedObject) -> tuple[str, str, str]:
    """The prefix, the owner and the photo that a key names; empty texts where it names none."""
    prefix, _, rest = stored.key.partition("/")
    owner_id, _, rest = rest.partition("/")
    return f"{prefix}/", owner_id, rest.partition("/")[0]
