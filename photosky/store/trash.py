"""The trash: ready photos that their owner deleted, until they are restored or their time is over.

A trashed photo keeps its facts and objects, and is in the listings of the trash only. Every write is for the revision
that the request has read. One that is delayed or repeated therefore never undoes a later restore, nor a later move to
the trash.
"""

from datetime import UTC, datetime

from photosky.photo import Photo, Status, timestamp
from photosky.store.attributes import LEASE_ATTRIBUTES, TRASH_ATTRIBUTES
from photosky.store.leases import current_time, lease_ending_at, trash_schedule
from photosky.store.listed import Listed
from photosky.store.table import unchanged


class Trash(Listed):
    """Move photos to the trash and back. A lease does not prevent it: its holder cannot write afterwards."""

    def trash(self, seen: Photo, keep_seconds: int) -> Photo:
        """Move a ready photo, as it was read, to the trash for `keep_seconds`.

        Its lease schedules the removal. Raises ConditionFailedError if the photo has changed since.
        """
        now = current_time()
        until = now + keep_seconds
        condition, values = unchanged(seen, "retired_until")
        return self._change(
            seen,
            assign={
                "status": Status.TRASHED,
                "trashed_at": timestamp(datetime.fromtimestamp(now, UTC)),
                "trashed_until": until,
                **trash_schedule(seen, until),
            },
            condition=f"#status = :ready AND {condition}",
            values={":ready": Status.READY, **values},
        )

    def restore(self, seen: Photo) -> Photo:
        """Make a trashed photo, as it was read, ready again, with the schedule of its retired previews.

        Raises ConditionFailedError if the photo has changed since.
        """
        schedule = lease_ending_at(seen.photo_id, seen.retired_until) if seen.retired_until is not None else {}
        condition, values = unchanged(seen, "retired_until")
        return self._change(
            seen,
            assign={"status": Status.READY, **schedule},
            remove=[*TRASH_ATTRIBUTES, *(() if schedule else LEASE_ATTRIBUTES)],
            count=["restores"],
            condition=f"#status = :trashed AND {condition}",
            values={":trashed": Status.TRASHED, **values},
        )
