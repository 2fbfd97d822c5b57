"""The trash: ready photos that their owner deleted, until they are restored or their time is over.

A trashed photo keeps its facts and objects, and leaves the indexes `ready` and `digest` for `trashed`. Every condition
has the number of restores that the request has read. A write that is delayed or repeated therefore never undoes a
later restore, nor a later move to the trash.
"""

from datetime import UTC, datetime

from photosky.photo import Photo, Status, timestamp
from photosky.store.attributes import LEASE_ATTRIBUTES, LISTING_ATTRIBUTES, TRASH_ATTRIBUTES
from photosky.store.leases import current_time, lease_ending_at, trash_schedule
from photosky.store.table import Table, unchanged


class Trash(Table):
    """Move photos to the trash and back. A lease does not prevent it: its holder cannot write afterwards."""

    def trash(self, seen: Photo, keep_seconds: int) -> Photo:
        """Move a ready photo, as it was read, to the trash for `keep_seconds`.

        Its lease schedules the removal. Raises ConditionFailedError if the photo is no longer ready, was restored, or
        has other retired previews.
        """
        now = current_time()
        until = now + keep_seconds
        condition, values = unchanged(seen, "restores", "retired_until")
        return self._update(
            seen.owner_id,
            seen.photo_id,
            assign={
                "status": Status.TRASHED,
                "trashed_id": seen.photo_id,
                "trashed_at": timestamp(datetime.fromtimestamp(now, UTC)),
                "trashed_until": until,
                **trash_schedule(seen, until),
            },
            remove=LISTING_ATTRIBUTES,
            condition=f"#status = :ready AND {condition}",
            values={":ready": Status.READY, **values},
        )

    def restore(self, seen: Photo) -> Photo:
        """Make a trashed photo, as it was read, ready again, with the schedule of its retired previews.

        Raises ConditionFailedError if the photo is no longer in the trash, was restored and trashed again, or has other
        retired previews.
        """
        schedule = lease_ending_at(seen.photo_id, seen.retired_until) if seen.retired_until is not None else {}
        condition, values = unchanged(seen, "restores", "retired_until")
        return self._update(
            seen.owner_id,
            seen.photo_id,
            assign={"status": Status.READY, "ready_id": seen.photo_id, "ready_sha256": seen.sha256, **schedule},
            remove=[*TRASH_ATTRIBUTES, *(() if schedule else LEASE_ATTRIBUTES)],
            count=["restores"],
            condition=f"#status = :trashed AND {condition}",
            values={":trashed": Status.TRASHED, **values},
        )
