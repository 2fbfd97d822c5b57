"""Leases on photos that are not processing, for Reconcile and Renew.

A hold keeps executions from changing a photo while its objects are removed or replaced. The condition on
`lease_until` identifies the hold: a holder whose lease another one has taken cannot write.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from photosky.photo import Photo, Status, StoredPreview
from photosky.store.attributes import INDEX_ATTRIBUTES, LEASE_ATTRIBUTES, RETIRED_ATTRIBUTES
from photosky.store.index_keys import usage_changes
from photosky.store.items import split
from photosky.store.leases import (
    LEASE_AVAILABLE,
    availability_values,
    current_time,
    has_retired_previews,
    lease_ending_at,
    leased_at,
    new_lease,
    trash_schedule,
    upload_schedule,
)
from photosky.store.listed import Listed
from photosky.store.table import ConditionFailedError, unchanged


class Holds(Listed):
    """Take and release leases of settled photos."""

    def hold(self, owner_id: str, photo_id: str, status: Status) -> Photo:
        """Lease a photo of this status; `settle` or `renew` releases it.

        Raises ConditionFailedError if the lease is taken or if the photo has another status.
        """
        return self._update(
            owner_id,
            photo_id,
            assign=new_lease(photo_id),
            condition=(
                f"#status = :status AND ({LEASE_AVAILABLE} "
                "OR #lease_until = #retired_until OR #lease_until = #awaited_until)"
            ),
            values={":status": status, **availability_values(current_time())},
        )

    def settle(self, photo: Photo) -> None:
        """Release the lease that `hold` or `refuse` took, unless it was lost.

        If retired previews were still to be kept when the lease began, the lease ends with their time instead, so that
        Reconcile removes them then. The lease of a trashed photo ends at the latest with its time in the trash, that of
        a photo without an upload with the time for it. The owner's use does not count a rejected photo any more.
        """
        seen = photo
        while True:
            try:
                self._settle(seen)
            except ConditionFailedError as lost:
                if lost.photo is None or not _is_held_as(lost.photo, photo):
                    return
                if lost.photo == seen:
                    raise
                seen = lost.photo  # Its owner has changed it.
            else:
                return

    def _settle(self, photo: Photo) -> None:
        """Do the same for a photo as it was read. Raises ConditionFailedError."""
        is_waiting = has_retired_previews(photo, leased_at(photo))
        schedule = lease_ending_at(photo.photo_id, photo.retired_until) if is_waiting else {}
        if photo.trashed_until is not None:
            kept = photo if is_waiting else replace(photo, retired_until=None)
            schedule = trash_schedule(kept, photo.trashed_until)
        if photo.awaited_until is not None:
            schedule = upload_schedule(photo.photo_id, photo.awaited_until)
        counters = usage_changes(photo.counted_bytes, None) if photo.status is Status.REJECTED else {}
        counted = ["counted_bytes"] if counters else []
        seen, values = unchanged(photo, "awaited_until", *counted)
        record = self._parameters(
            photo.owner_id,
            photo.photo_id,
            assign=schedule,
            remove=[
                *(() if is_waiting else RETIRED_ATTRIBUTES),
                *(() if schedule else LEASE_ATTRIBUTES),
                *(() if photo.is_ingested else INDEX_ATTRIBUTES),
                *counted,
            ],
            condition=f"#status = :status AND #lease_until = :held AND {seen}",
            values={":status": photo.status, ":held": photo.lease_until, **values},
            count=[],
        )
        self._apply([{"Update": record}, *self._counts(photo.owner_id, counters)])

    def renew(
        self, photo: Photo, previews: Mapping[str, StoredPreview], facts: Mapping[str, Any], keep_seconds: int
    ) -> Photo:
        """Replace the previews and facts of a ready photo that `hold` returned, and release its lease.

        `facts` are by attribute name; an attribute whose value is None is removed.

        Replaced previews are retired: their objects are kept for `keep_seconds`. The version stays the same, because
        no editable attribute changes. Raises ConditionFailedError if the lease was lost.
        """
        held = photo
        while True:
            replaced = {old.key for old in photo.previews.values()} - {new.key for new in previews.values()}
            retired = sorted({*photo.retired, *replaced})
            until = max(photo.retired_until or 0, current_time() + keep_seconds if replaced else 0)
            present, absent = split(facts)
            assign: dict[str, Any] = {**present, "previews": previews}
            if retired:
                assign |= {"retired": retired, "retired_until": until, **lease_ending_at(photo.photo_id, until)}
            try:
                return self._change(
                    photo,
                    assign=assign,
                    remove=[*absent, *(() if retired else LEASE_ATTRIBUTES)],
                    condition="#status = :status AND #lease_until = :held",
                    values={":status": Status.READY, ":held": held.lease_until},
                )
            except ConditionFailedError as lost:
                if lost.photo is None or not _is_held_as(lost.photo, held):
                    raise
                photo = lost.photo  # Its owner has edited it.


def _is_held_as(photo: Photo, held: Photo) -> bool:
    return (photo.status, photo.lease_until) == (held.status, held.lease_until)
