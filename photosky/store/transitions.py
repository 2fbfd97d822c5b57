"""Transitions of a photo's status by its owner and by the execution that holds its lease.

The condition on `execution` lets only the execution that claimed the photo change it. An execution that lost its
lease to another therefore cannot write. `tasks/` calls these in the order claim, then complete or refuse.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from photosky.photo import FACTS, Photo, Rejection, Status
from photosky.store.attributes import (
    AWAITED_UNTIL,
    INDEX_ATTRIBUTES,
    LEASE_ATTRIBUTES,
    LOST_INGESTS,
    TTL_ATTRIBUTE,
    UPLOAD_WAIT_SECONDS,
)
from photosky.store.items import split
from photosky.store.leases import (
    LEASE_AVAILABLE,
    availability_values,
    current_time,
    lease_ending_at,
    new_lease,
    upload_schedule,
)
from photosky.store.listed import Listed
from photosky.store.table import ConditionFailedError, unchanged


class Transitions(Listed):
    """Status changes. All of them are idempotent."""

    def await_upload(self, owner_id: str, photo_id: str) -> Photo:
        """Keep a photo that awaits its upload for another `UPLOAD_WAIT_SECONDS`; a failed one is kept anyway.

        Raises ConditionFailedError if the photo has another status.
        """
        until = current_time() + UPLOAD_WAIT_SECONDS
        try:
            return self._update(
                owner_id,
                photo_id,
                assign=upload_schedule(photo_id, until),
                remove=[TTL_ATTRIBUTE],
                condition=f"#status = :awaiting AND ({LEASE_AVAILABLE} OR #lease_until = #awaited_until)",
                values={":awaiting": Status.AWAITING_UPLOAD, **availability_values(current_time())},
            )
        except ConditionFailedError as error:
            if error.photo and error.photo.status is Status.FAILED:
                return error.photo
        # Reconcile holds the photo while it removes leftover objects; `settle` sets the end of its lease.
        return self._update(
            owner_id,
            photo_id,
            assign={AWAITED_UNTIL: until},
            condition="#status = :awaiting",
            values={":awaiting": Status.AWAITING_UPLOAD},
        )

    def claim(self, owner_id: str, photo_id: str, execution: str) -> Photo:
        """Lease a photo to an execution for `LEASE_SECONDS`, and clear the facts of an earlier execution.

        Raises ConditionFailedError if another execution holds the lease or if the status allows no ingest.
        """
        return self._update(
            owner_id,
            photo_id,
            assign={"status": Status.PROCESSING, "execution": execution, **new_lease(photo_id)},
            remove=[AWAITED_UNTIL, TTL_ATTRIBUTE, "rejection", *FACTS],
            condition=(
                f"(#status IN (:awaiting, :failed) AND ({LEASE_AVAILABLE} OR #lease_until = #awaited_until)) "
                f"OR (#status = :processing AND (#execution = :mine OR {LEASE_AVAILABLE}))"
            ),
            values={
                ":awaiting": Status.AWAITING_UPLOAD,
                ":failed": Status.FAILED,
                ":processing": Status.PROCESSING,
                ":mine": execution,
                **availability_values(current_time()),
            },
        )

    def take_over(self, owner_id: str, photo_id: str, execution: str) -> Photo:
        """Lease a photo whose execution was lost, with the facts that it stored, and count the loss.

        The lost execution cannot write then. Raises ConditionFailedError if its lease has not expired or if the photo
        is not processing.
        """
        try:
            return self._update(
                owner_id,
                photo_id,
                assign={"execution": execution, **new_lease(photo_id)},
                count=[LOST_INGESTS],
                condition=f"#status = :processing AND {LEASE_AVAILABLE}",
                values={":processing": Status.PROCESSING, **availability_values(current_time())},
            )
        except ConditionFailedError as held:
            # A retry of a request whose response was lost may not count the same loss again.
            if held.photo and held.photo.status is Status.PROCESSING and held.photo.execution == execution:
                return held.photo
            raise

    def release(self, owner_id: str, photo_id: str, execution: str, *, is_clean: bool = True) -> Photo:
        """Undo a claim: the photo awaits its upload again.

        Unless `is_clean`, an earlier execution that was lost may have left objects. Then the photo has an expired
        lease, which prevents no other claim, and for which the next sweep removes them.
        """
        schedule = upload_schedule(photo_id, current_time() + UPLOAD_WAIT_SECONDS)
        if not is_clean:
            schedule |= lease_ending_at(photo_id, current_time() - 1)
        return self._update_claimed(
            owner_id,
            photo_id,
            execution,
            assign={"status": Status.AWAITING_UPLOAD, **schedule},
            remove=["execution"],
        )

    def clear_facts(self, owner_id: str, photo_id: str, execution: str) -> Photo:
        """Remove the facts that an earlier execution stored, before its objects are removed."""
        return self._update_claimed(owner_id, photo_id, execution, assign={}, remove=FACTS)

    def complete(self, claimed: Photo, facts: Mapping[str, Any]) -> Photo:
        """Make a photo ready with the facts of its upload, by attribute name, in one write.

        `claimed` is its record, as the execution that holds it has read it. An attribute whose value is None is
        removed. Raises ConditionFailedError if the photo was claimed again, also by the same execution, whose claim may
        have been delivered twice: each claim has another lease.
        """
        present, absent = split(facts)
        same_lease, lease = unchanged(claimed, "lease_until")
        seen = claimed
        while True:
            try:
                return self._change(
                    seen,
                    assign={**present, "status": Status.READY},
                    # The computed digest equals a declared one, which would take 79 bytes of each record and index.
                    remove=[*absent, *LEASE_ATTRIBUTES, LOST_INGESTS, "declared_sha256"],
                    condition=f"#status = :processing AND #execution = :mine AND {same_lease}",
                    values={":processing": Status.PROCESSING, ":mine": claimed.execution, **lease},
                )
            except ConditionFailedError as lost:
                if lost.photo is None or not _is_claimed_as(lost.photo, claimed):
                    raise
                seen = lost.photo  # Its owner has edited it.

    def refuse(
        self,
        owner_id: str,
        photo_id: str,
        execution: str,
        status: Literal[Status.REJECTED, Status.FAILED],
        rejection: Rejection,
    ) -> Photo:
        """Reject or fail the photo, with the reason.

        The record keeps a lease until its objects are removed; `settle` releases it. A repetition takes it again.
        """
        about = owner_id, photo_id, execution
        refused: dict[str, Any] = {"status": status, "rejection": rejection, **new_lease(photo_id)}
        removed = [*FACTS, *INDEX_ATTRIBUTES, LOST_INGESTS]
        try:
            return self._update_claimed(*about, assign=refused, remove=removed, count=["revision"])
        except ConditionFailedError as lost:
            if lost.photo is None or lost.photo.status is not status:
                raise
        return self._update_claimed(*about, assign=refused, remove=removed, status=status)

    def edit(self, owner_id: str, photo_id: str, changes: Mapping[str, Any], *, version: int | None) -> Photo:
        """Change the attributes that the owner may edit. `version` prevents lost updates, unless it is None.

        Raises ConditionFailedError if the version differs, if the photo is being deleted, or if there is none.
        """
        present, absent = split(changes)
        photo = self.get(owner_id, photo_id)
        while photo is not None and photo.status is not Status.DELETING and version in (None, photo.version):
            try:
                return self._change(
                    photo,
                    assign=present,
                    remove=absent,
                    count=["version"],
                    condition="#status <> :deleting",
                    values={":deleting": Status.DELETING},
                )
            except ConditionFailedError as lost:
                photo = lost.photo
        raise ConditionFailedError(photo)

    def _update_claimed(
        self,
        owner_id: str,
        photo_id: str,
        execution: str,
        *,
        assign: Mapping[str, Any],
        remove: Sequence[str] = (),
        count: Sequence[str] = (),
        status: Status = Status.PROCESSING,
    ) -> Photo:
        """Update a photo of this status whose last execution is `execution`."""
        return self._update(
            owner_id,
            photo_id,
            assign=assign,
            remove=remove,
            count=count,
            condition="#status = :status AND #execution = :mine",
            values={":status": status, ":mine": execution},
        )


def _is_claimed_as(photo: Photo, claimed: Photo) -> bool:
    """Whether an execution still holds a photo by the same claim."""
    seen, expected = ((p.status, p.execution, p.lease_until) for p in (photo, claimed))
    return photo.status is Status.PROCESSING and seen == expected
