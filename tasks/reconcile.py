"""Reconcile: complete, revert or report what a lost execution or an interrupted deletion left behind.

EventBridge invokes it, and `make reconcile`; it is not a step of a workflow. Every few minutes it sweeps the records in
the table's index `unsettled` whose lease has expired, ingests the uploads whose ingest was lost or not asked for, and
removes the photos whose time in the trash or for their upload is over. After a deployment of a version with other
listings, it lists all photos as that version does.
Once a day it audits: it counts what it would remove, and if that is within limits, it checks all records, including
those in no index, and then all objects for those that no record needs. Only the table's conditional writes decide
between it and an execution, a deletion or another reconcile, so it may run at any time, any number of times.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from photosky.consistency import Action, awaits_ingest, decide, is_complete, unneeded
from photosky.counts import count_group, record_of
from photosky.errors import Code
from photosky.ingests import can_repeat, ingest, states_client
from photosky.photo import Photo, Rejection, Status
from photosky.runs import Context, Run
from photosky.settings import settings
from photosky.startup import initialize
from photosky.store import keys, schema
from photosky.store.attributes import UNSETTLED_SHARDS
from photosky.store.groups import group_of, groups, objects_between, photo_objects, sizes
from photosky.store.items import Record
from photosky.store.leases import is_lease_available, leased_at
from photosky.store.media import ListedObject, media_bucket
from photosky.store.photos import photos_table
from photosky.survey import AuditState
from photosky.telemetry import logger, measure, span

INGEST_AFTER_SECONDS: Final = 120
"""Age of an upload whose client has not asked for its ingest. With the interval of sweeps it stays below ten minutes.

A client asks for the ingest as soon as its upload has ended. The event's `ingest_after_seconds` replaces this age.
"""

RECORDS_PER_PAGE: Final = 500
"""Records in a page of an audit. Their objects are listed together."""

INTERRUPTED: Final = Rejection(Code.INGEST_TIMED_OUT, "The ingest was interrupted. Upload the photo again.")


class ReconcileError(Exception):
    """Raised at the end of a run with failures; the next run repeats them."""


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Sweep, or audit if the event is `{"audit": true}`. Returns the counters, `more` and the reports.

    If an audit stopped, the result has the reason in `stopped`; `{"audit": true, "confirm": true}` allows the removal.
    Raises ReconcileError at the end if anything could not be reconciled.
    """
    mode = "audit" if event.get("audit") else "sweep"
    run = Run(context)
    with span("reconcile", mode=mode):
        if mode == "audit":
            audit(run, is_confirmed=bool(event.get("confirm")))
        else:
            sweep(run, int(event.get("ingest_after_seconds", INGEST_AFTER_SECONDS)))
    logger.info("Reconciled", extra={"mode": mode, "more": run.more, **run.counts})
    for outcome, events in run.counts.items():
        if events:
            measure({"Reconciled": events}, mode=mode, outcome=outcome)
    if run.counts["faults"]:
        raise ReconcileError(f"{run.counts['faults']} of {run.counts['found']} found could not be reconciled.")
    result = {**run.counts, "more": run.more, "reports": run.reports}
    return result | ({"stopped": run.stopped} if run.stopped else {})


def sweep(run: Run, ingest_after_seconds: int) -> None:
    """Reconcile the records with an expired lease, ingest the uploads of at least this age, and empty the trash."""
    _sweep_leases(run)
    # Before the ingests, which may take until the time limit.
    measure({"Overdue": run.overdue, "OldestOverdue": run.oldest_overdue_seconds})
    if not run.more:
        _sweep_uploads(run, ingest_after_seconds)
    if not run.more:
        _sweep_trash(run)
    if not run.more:
        _upgrade(run)


def _sweep_leases(run: Run) -> None:
    """Reconcile the records with an expired lease."""
    for owner_id, sort_key, lease_until in _expired():
        run.note_overdue(lease_until)
        if run.is_over():
            return
        _reconcile(run, owner_id, sort_key)


def _sweep_trash(run: Run) -> None:
    """Remove the photos whose time in the trash, or for their upload, is over.

    They do not count as overdue, because any number may be due at once.
    """
    for owner_id, sort_key, _ in _expired(UNSETTLED_SHARDS):
        if run.is_over():
            return
        _reconcile(run, owner_id, sort_key)


def _upgrade(run: Run) -> None:
    """List the photos as this version does, once: an earlier one wrote fewer keys and no counters."""
    table = photos_table()
    version, position = table.upgrade_state()
    while version < schema.VERSION:
        page, position = table.records(position, RECORDS_PER_PAGE)
        for record in page:
            if decide(record, time.time()) is Action.RELIST:
                _reconcile(run, record.owner_id, record.sort_key)
        if position is None:
            table.store_upgrade_state(schema.VERSION, None)
            return
        if run.is_over():
            table.store_upgrade_state(version, position)
            return


def _expired(offset: int = 0) -> Iterator[tuple[str, str, int]]:
    """The items with an expired lease. Runs start at different shards, so that no shard is starved."""
    first = int(time.time()) % UNSETTLED_SHARDS
    for shard in range(first, first + UNSETTLED_SHARDS):
        yield from photos_table().unsettled(offset + shard % UNSETTLED_SHARDS)


def _sweep_uploads(run: Run, ingest_after_seconds: int) -> None:
    """Ingest the uploads of photos that no execution has claimed."""
    for upload in media_bucket().walk(keys.UPLOADS_PREFIX):
        _, owner_id, photo_id = group_of(upload)
        is_upload = upload.key == keys.upload_key(owner_id, photo_id) and bool(photo_id)
        if not is_upload or upload.modified_at > time.time() - ingest_after_seconds:
            continue
        if run.is_over():
            return
        with run.isolated(photo_id):
            if awaits_ingest(photos_table().record(owner_id, photo_id)):
                _ingest(run, owner_id, photo_id)


def _ingest(run: Run, owner_id: str, photo_id: str) -> None:
    """Run an ingest. One that is declined is not counted: another execution has claimed the photo."""
    outcome = ingest(owner_id, photo_id)
    if outcome == "failed":
        run.count("failed", photo_id)
    elif outcome != "declined":
        run.count("ingested", photo_id)


def audit(run: Run, *, is_confirmed: bool = False) -> None:
    """Count what would be removed, then check every record and every object, from where the last audit stopped."""
    state = AuditState.from_item(photos_table().audit_state(), time.time())
    if is_confirmed and state.confirmed_at is None:
        # Rounded up, because it covers what was written in this second.
        state = AuditState(position=("records",), confirmed_at=int(time.time()) + 1)
    if state.position[0] == "survey":
        state = _survey(run, state)
    if state.position[0] == "records" and not run.stopped:
        state = _audit_records(run, state)
    if state.position[0] == "objects" and not run.stopped:
        state = _audit_objects(run, state)
    if state.position and not run.stopped:
        photos_table().store_audit_state(state.to_item(time.time()))
    else:
        photos_table().store_audit_state({"position": []})


def _survey(run: Run, state: AuditState) -> AuditState:
    """Count the objects and those that the audit would remove, and stop it if these are too many."""
    for group, objects in groups(after=state.position[1]):
        state = replace(state, survey=state.survey.plus(count_group(group, record_of(group), objects, state)))
        if run.is_over():
            return state.at("survey", objects[-1].key)
    if reason := state.survey.refusal(settings().max_audit_removal_percent):
        run.stop(reason)
    return state.at("records")


def _audit_records(run: Run, state: AuditState) -> AuditState:
    """Check every record. Returns the state from which the next audit continues."""
    _, *after = state.position
    start: tuple[str, str] | None = (after[0], after[1]) if after else None
    counted: str | None = None
    while True:
        page, start = photos_table().records(start, RECORDS_PER_PAGE)
        for owner_id, records in groupby(page, key=lambda record: record.owner_id):
            if owner_id != counted:
                _check_counters(run, owner_id)
                counted = owner_id
            ingested = [found.photo for found in records if found.photo and found.photo.is_ingested]
            if ingested:
                _check_objects(run, owner_id, ingested)
        for record in page:
            action = decide(record, time.time())
            if action is Action.WAIT:
                run.counts["waiting"] += 1
            elif action is not Action.LEAVE:
                _reconcile(run, record.owner_id, record.sort_key)
            if run.is_over():
                return state.at("records", record.owner_id, record.sort_key)
        if start is None:
            return state.at("objects", "")


def _audit_objects(run: Run, state: AuditState) -> AuditState:
    """Check every object. Returns the state from which the next audit continues, without a position at the end.

    The table may have been restored since the survey, so that the limits hold here too.
    """
    for group, objects in groups(after=state.position[1]):
        prefix, _, photo_id = group
        with run.isolated(photo_id):
            record = record_of(group)
            state = replace(state, removed=state.removed.plus(count_group(group, record, objects, state)))
            if reason := state.refusal(settings().max_audit_removal_percent):
                run.stop(reason)
                return state
            if prefix in keys.PREFIXES:
                _check_record(run, photo_id, record, objects)
            elif prefix != keys.REPORTS_PREFIX:
                run.report(photo_id, "The bucket has objects under a prefix that PhotoSky does not use.")
        if run.is_over():
            return state.at("objects", objects[-1].key)
    return state.at()


def _reconcile(run: Run, owner_id: str, sort_key: str) -> None:
    """Apply the action for one record, read again because a page or an index may be outdated."""
    with run.isolated(sort_key):
        record = photos_table().record(owner_id, sort_key)
        if record is None:
            return
        match decide(record, time.time()):
            case Action.TAKE_OVER:
                _take_over(run, owner_id, record.photo_id)
            case Action.DELETE:
                _delete(run, owner_id, record.photo_id)
            case Action.EXPIRE if record.photo:
                photos_table().begin_expiry(record.photo)
                _delete(run, owner_id, record.photo_id)
            case Action.SETTLE:
                _settle(record)
                run.count("swept", record.photo_id)
            case Action.RELIST if record.photo:
                photos_table().relist(record.photo)
                run.count("relisted", record.photo_id)
            case Action.SWEEP:
                late = photo_objects(owner_id, record.photo_id)
                media_bucket().remove(late)
                photos_table().settle_deleted(owner_id, record.photo_id)
                if late:
                    run.count("swept", record.photo_id)
            case Action.REPORT:
                run.report(record.photo_id, "The record is unreadable, or lacks attributes that its status requires.")


def _delete(run: Run, owner_id: str, photo_id: str) -> None:
    """Finish a deletion that has begun."""
    media_bucket().remove(photo_objects(owner_id, photo_id))
    photos_table().finish_delete(owner_id, photo_id)
    run.count("deleted", photo_id)


def _take_over(run: Run, owner_id: str, photo_id: str) -> None:
    """Ingest the upload of a lost execution again, or fail its photo.

    Earlier versions stored the facts before the photo was ready. With them and all objects, it is completed.
    """
    table, bucket = photos_table(), media_bucket()
    photo = table.take_over(owner_id, photo_id, run.execution)
    objects, upload = photo_objects(owner_id, photo_id), keys.upload_key(owner_id, photo_id)
    if photo.sha256 is not None and is_complete(photo, sizes(objects.values())):
        table.complete(photo, {})
        bucket.remove({upload, *objects} - keys.current_keys(photo))
        run.count("finished", photo_id)
    elif upload in objects and can_repeat(photo.lost_ingests):
        # Fails if another run has taken the photo over. So no object that was listed belongs to a later ingest.
        table.clear_facts(owner_id, photo_id, run.execution)
        bucket.remove(objects.keys() - {upload})
        table.release(owner_id, photo_id, run.execution)
        if not run.is_over():
            _ingest(run, owner_id, photo_id)
    else:
        photo = table.refuse(owner_id, photo_id, run.execution, Status.FAILED, INTERRUPTED)
        # The upload is removed after the photo is ready. So without it, the photo may have been ready in a table that
        # is newer than this one, and the audit's limits decide about its objects.
        if upload in objects:
            bucket.remove(objects)
        table.settle(photo)
        run.count("failed", photo_id)


def _settle(record: Record) -> None:
    """Remove the objects that a record does not need, under a lease that declines executions meanwhile."""
    if record.status is None:
        raise ValueError("only a record with a status can be settled")
    photo = photos_table().hold(record.owner_id, record.photo_id, record.status)
    objects = photo_objects(record.owner_id, record.photo_id)
    # The record as leased decides: a reprocess may have replaced the previews since it was read.
    media_bucket().remove(unneeded(record._replace(photo=photo), objects.values(), leased_at(photo)))
    photos_table().settle(photo)


def _check_counters(run: Run, owner_id: str) -> None:
    """Correct the counters of an owner's timeline and use."""
    with run.isolated("counters"):
        corrected = photos_table().repair_counters(owner_id)
        run.counts["found"] += corrected
        run.counts["recounted"] += corrected


def _check_objects(run: Run, owner_id: str, photos: Sequence[Photo]) -> None:
    """Report the photos with missing objects. `photos` are one owner's, in the order of their ids."""
    first, last = photos[0].photo_id, photos[-1].photo_id
    with run.isolated(first):
        stored = sizes(objects_between(keys.ORIGINALS_PREFIX, owner_id, first, last))
        stored |= sizes(objects_between(keys.PREVIEWS_PREFIX, owner_id, first, last))
        for photo in photos:
            if not is_complete(photo, stored) and _is_incomplete(owner_id, photo.photo_id):
                reason = f"The photo is {photo.status}, but its original or a preview is missing in the bucket."
                run.report(photo.photo_id, reason)


def _is_incomplete(owner_id: str, photo_id: str) -> bool:
    """Check the current record: the photo may have been deleted after its page was read."""
    record = photos_table().record(owner_id, photo_id)
    if record is None or record.photo is None or not record.photo.is_ingested:
        return False
    return not is_complete(record.photo, sizes(photo_objects(owner_id, photo_id).values()))


def _check_record(run: Run, photo_id: str, record: Record | None, objects: Sequence[ListedObject]) -> None:
    """Remove the objects of a photo that no record needs.

    Without a record, or with a final status, no execution can need them again. Otherwise a lease declines executions
    during the removal.
    """
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


initialize(photos_table, media_bucket, states_client)
