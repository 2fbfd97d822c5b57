"""Deletion of a photo in two steps, and its tombstone.

The record leaves the listings before its objects are removed, and is replaced by a tombstone after that. If the
deletion stops in between, Reconcile finds the expired lease and finishes it.
"""

from collections.abc import Mapping
from typing import Any

from photosky.photo import Photo, Status
from photosky.store.attributes import (
    AWAITED_UNTIL,
    LEASE_ATTRIBUTES,
    TOMBSTONE_SECONDS,
    TRASH_ATTRIBUTES,
    TTL_ATTRIBUTE,
)
from photosky.store.index_keys import changed_id
from photosky.store.items import marshal
from photosky.store.leases import current_time, new_lease
from photosky.store.listed import Listed, time_of_change
from photosky.store.table import item_key, tombstone_key, unchanged, unconflicted


class Deletions(Listed):
    """Delete photos. All operations are idempotent."""

    def begin_delete(self, seen: Photo, *, in_any_status: bool) -> Photo:
        """Set the status `deleting` of a photo as it was read, and remove it from all listings.

        Raises ConditionFailedError if what listings show has changed since, if there is no record, or, unless
        `in_any_status`, if the photo has another status.
        """
        condition, values = ("attribute_exists(photo_id)", {}) if in_any_status else unchanged(seen, "status")
        return self._begin_delete(seen, condition, values)

    def begin_expiry(self, seen: Photo) -> Photo:
        """Do the same for a photo whose time in the trash, or for its upload, is over.

        Raises ConditionFailedError for any other.
        """
        condition = "(#status = :trashed AND #trashed_until < :now) OR (#status = :awaiting AND #awaited_until < :now)"
        values = {":trashed": Status.TRASHED, ":awaiting": Status.AWAITING_UPLOAD, ":now": current_time()}
        return self._begin_delete(seen, condition, values)

    def finish_delete(self, owner_id: str, photo_id: str) -> None:
        """Replace the record by a tombstone that expires after `TOMBSTONE_SECONDS`.

        The tombstone has a lease. When it expires, no execution of the photo can write any more, and Reconcile removes
        the objects that one wrote after the deletion. It is a change of its own, later than that of the record: a
        reader of the index may find neither of them while one replaces the other.
        """
        tombstone = {
            "owner_id": owner_id,
            "photo_id": tombstone_key(photo_id),
            TTL_ATTRIBUTE: current_time() + TOMBSTONE_SECONDS,
            "changed_id": changed_id(time_of_change(), photo_id),
            **new_lease(photo_id),
        }
        writes: Any = [
            {"Delete": {"TableName": self._name, "Key": item_key(owner_id, photo_id)}},
            {"Put": {"TableName": self._name, "Item": marshal(tombstone)}},
        ]
        unconflicted(lambda: self._client.transact_write_items(TransactItems=writes))

    def was_deleted(self, owner_id: str, photo_id: str) -> bool:
        """Whether the owner deleted this photo within `TOMBSTONE_SECONDS`."""
        response = self._client.get_item(TableName=self._name, Key=item_key(owner_id, tombstone_key(photo_id)))
        return "Item" in response

    def _begin_delete(self, seen: Photo, condition: str, values: Mapping[str, Any]) -> Photo:
        return self._change(
            seen,
            assign={"status": Status.DELETING, **new_lease(seen.photo_id)},
            remove=[*TRASH_ATTRIBUTES, AWAITED_UNTIL, TTL_ATTRIBUTE],
            condition=condition,
            values=values,
        )

    def settle_deleted(self, owner_id: str, photo_id: str) -> None:
        """Release the lease of a tombstone, after the last objects of its photo were removed."""
        try:
            self._client.update_item(
                TableName=self._name,
                Key=item_key(owner_id, tombstone_key(photo_id)),
                UpdateExpression=f"SET #ttl = if_not_exists(#ttl, :expires) REMOVE {', '.join(LEASE_ATTRIBUTES)}",
                ConditionExpression="attribute_exists(photo_id)",
                ExpressionAttributeNames={"#ttl": TTL_ATTRIBUTE},
                ExpressionAttributeValues=marshal({":expires": current_time() + TOMBSTONE_SECONDS}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # The tombstone has expired.
