"""Reconcile: complete, revert or report what a lost execution or an interrupted deletion left behind.

EventBridge invokes it, and `make reconcile`; it is not a step of a workflow. Every few minutes it sweeps the records in
the table's index `unsettled` whose lease has expired. Once a day it audits all records, including those in no index,
and then all objects for those that no record needs. Only the table's conditional writes decide between it and an
execution, a deletion or another reconcile, so it may run at any time, any number of times.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, takewhile
from typing import Any, Final, Protocol

from photosky.aws import fault_of
from photosky.consistency import Action, decide, is_complete, unneeded
from photosky.errors import Code
from photosky.photo import Photo, Rejection, Status
from photosky.store import keys
from photosky.store.attributes import UNSETTLED_SHARDS
from photosky.store.items import Record
from photosky.store.leases import is_lease_available, leased_at
from photosky.store.media import ListedObject, media_bucket
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import logger, measure, span

MARGIN_MILLISECONDS: Final = 30_000
"""Time that a run reserves for the current record, so that it ends before Lambda's timeout."""

RECORDS_PER_PAGE: Final = 500
"""Records in a page of an audit. Their objects are listed together."""

MAX_REPORTS: Final = 100
"""Reports in a result; the log has all of them."""

OUTCOMES: Final = ("found", "finished", "failed", "deleted", "swept", "reported", "waiting", "faults")
"""The counters. Each record or object group that was `found` is also counted by its outcome; `waiting` ones are not."""

INTERRUPTED: Final = Rejection(Code.INGEST_TIMED_OUT, "The ingest was interrupted. Upload the photo again.")


class ReconcileError(Exception):
    """Raised at the end of a run with failures; the next run repeats them."""


class Context(Protocol):
    """The used part of Lambda's context."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function times out."""


@dataclass
class Run:
    """One run: its time limit, its counters and its reports."""

    context: Context
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    more: bool = False
    """Whether the time limit ended the run before it had seen everything."""
    overdue: int = 0
    """Records with an expired lease that a sweep has seen."""
    oldest_overdue_seconds: float = 0
    """Seconds since the earliest of these leases expired."""
    reports: list[dict[str, str]] = field(default_factory=list)

    @property
    def execution(self) -> str:
        """The execution name under which it takes photos over."""
        return f"reconcile-{self.context.aws_request_id}"

    def note_overdue(self, lease_until: int) -> None:
        """Count a record with an expired lease. `lease_until` is in Unix seconds."""
        self.overdue += 1
        self.oldest_overdue_seconds = max(self.oldest_overdue_seconds, time.time() - lease_until)

    def is_over(self) -> bool:
        """Whether the run has to stop because of its time limit."""
        self.more = self.context.get_remaining_time_in_millis() < MARGIN_MILLISECONDS
        return self.more

    def count(self, outcome: str, photo_id: str) -> None:
        """Count and log one outcome."""
        self.counts["found"] += 1
        self.counts[outcome] += 1
        logger.info("Reconciled a photo", extra={"photo_id": photo_id, "outcome": outcome})

    def report(self, photo_id: str, reason: str) -> None:
        """Count, log and return something that needs manual inspection."""
        self.count("reported", photo_id)
        logger.warning("Manual inspection needed", extra={"photo_id": photo_id, "reason": reason})
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
    """Sweep, or audit if the event is `{"audit": true}`. Returns the counters, `more` and the reports.

    Raises ReconcileError at the end if anything could not be reconciled.
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


def sweep(run: Run) -> None:
    """Reconcile the records with an expired lease. Runs start at different shards, so that no shard is starved."""
    first = int(time.time()) % UNSETTLED_SHARDS
    for shard in range(first, first + UNSETTLED_SHARDS):
        for owner_id, sort_key, lease_until in photos_table().unsettled(shard % UNSETTLED_SHARDS):
            run.note_overdue(lease_until)
            if run.is_over():
                return
            _reconcile(run, owner_id, sort_key)


def audit(run: Run) -> None:
    """Check every record, then every object, from the position where the last audit stopped."""
    kind, *after = photos_table().audit_position() or ["records"]
    position = _audit_records(run, after) if kind == "records" else []
    if not position:
        position = _audit_objects(run, after[0] if kind == "objects" else "")
    photos_table().store_audit_position(position)


def _audit_records(run: Run, after: Sequence[str]) -> list[str]:
    """The position at which the next audit continues; empty if all were seen."""
    start: tuple[str, str] | None = (after[0], after[1]) if after else None
    while True:
        page, start = photos_table().records(start, RECORDS_PER_PAGE)
        for owner_id, records in groupby(page, key=lambda record: record.owner_id):
            ready = [found.photo for found in records if found.photo and found.status is Status.READY]
            if ready:
                _check_objects(run, owner_id, ready)
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
    """The position at which the next audit continues; empty if all were seen."""
    for (prefix, owner_id, photo_id), group in groupby(media_bucket().walk(after=after), key=_parts):
        objects = list(group)
        with run.isolated(photo_id):
            if prefix in keys.PREFIXES:
                _check_record(run, owner_id, photo_id, objects)
            else:
                run.report(photo_id, "The bucket has objects under a prefix that PhotoSky does not use.")
        if run.is_over():
            return ["objects", objects[-1].key]
    return []


def _reconcile(run: Run, owner_id: str, sort_key: str) -> None:
    """Apply the action for one record, read again because a page or an index may be outdated."""
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
                run.report(record.photo_id, "The record is unreadable, or lacks attributes that its status requires.")


def _take_over(owner_id: str, photo_id: str, execution: str) -> str:
    """Complete a photo whose execution was lost after its last object; fail any other. Returns the outcome."""
    table, bucket = photos_table(), media_bucket()
    photo = table.take_over(owner_id, photo_id, execution)
    objects = _objects(owner_id, photo_id)
    if photo.sha256 is not None and is_complete(photo, _sizes(objects.values())):
        table.complete(owner_id, photo_id, execution, photo.sha256)
        bucket.remove({keys.upload_key(owner_id, photo_id), *objects} - keys.current_keys(photo))
        return "finished"
    photo = table.refuse(owner_id, photo_id, execution, Status.FAILED, INTERRUPTED)
    bucket.remove(objects)
    table.settle(photo)
    return "failed"


def _settle(record: Record) -> None:
    """Remove the objects that a record does not need, under a lease that declines executions meanwhile."""
    if record.status is None:
        raise ValueError("only a record with a status can be settled")
    photo = photos_table().hold(record.owner_id, record.photo_id, record.status)
    objects = _objects(record.owner_id, record.photo_id)
    # The record as leased decides: a reprocess may have replaced the previews since it was read.
    media_bucket().remove(unneeded(replace(record, photo=photo), objects.values(), leased_at(photo)))
    photos_table().settle(photo)


def _check_objects(run: Run, owner_id: str, photos: Sequence[Photo]) -> None:
    """Report the ready photos with missing objects. `photos` are one owner's, in the order of their ids."""
    first, last = photos[0].photo_id, photos[-1].photo_id
    with run.isolated(first):
        sizes = _sizes(_between(keys.ORIGINALS_PREFIX, owner_id, first, last))
        sizes |= _sizes(_between(keys.PREVIEWS_PREFIX, owner_id, first, last))
        for photo in photos:
            if not is_complete(photo, sizes) and _is_ready_and_incomplete(owner_id, photo.photo_id):
                run.report(
                    photo.photo_id, "The photo is ready, but its original or a preview is missing in the bucket."
                )


def _is_ready_and_incomplete(owner_id: str, photo_id: str) -> bool:
    """Check the current record: the photo may have been deleted after its page was read."""
    record = photos_table().record(owner_id, photo_id)
    if record is None or record.photo is None or record.status is not Status.READY:
        return False
    return not is_complete(record.photo, _sizes(_objects(owner_id, photo_id).values()))


def _check_record(run: Run, owner_id: str, photo_id: str, objects: Sequence[ListedObject]) -> None:
    """Remove the objects of a photo that no record needs.

    Without a record, or with a final status, no execution can need them again. Otherwise a lease declines executions
    during the removal.
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
    return {stored.key: stored for stored in found if _parts(stored)[1:] == (owner_id, photo_id)}


def _between(prefix: str, owner_id: str, first: str, last: str) -> Iterator[ListedObject]:
    """The objects below a prefix of an owner's photos, from one photo to another."""
    folder = f"{prefix}{owner_id}/"
    behind = f"{folder}{last}0"  # "0" is the character that follows "/".
    listed = media_bucket().walk(folder, after=f"{folder}{first[:-1]}")
    return takewhile(lambda stored: stored.key < behind, listed)


def _sizes(objects: Iterable[ListedObject]) -> dict[str, int]:
    return {stored.key: stored.size_bytes for stored in objects}


def _parts(stored: ListedObject) -> tuple[str, str, str]:
    """The prefix, the owner and the photo in a key; empty strings where it has none."""
    prefix, _, rest = stored.key.partition("/")
    owner_id, _, rest = rest.partition("/")
    return f"{prefix}/", owner_id, rest.partition("/")[0]
