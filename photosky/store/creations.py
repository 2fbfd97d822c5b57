"""Creation of a photo's record: it and the owner's use are written together, and only within the owner's quota."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from botocore.exceptions import ClientError

from photosky.photo import Photo
from photosky.quota import UNLIMITED, Quota
from photosky.store.attributes import USAGE_KEY
from photosky.store.index_keys import counted_bytes, usage_changes
from photosky.store.items import marshal, to_item, to_photo, unmarshal
from photosky.store.leases import upload_schedule
from photosky.store.listed import Listed
from photosky.store.table import ConditionFailedError, is_conflict, unconflicted
from photosky.store.timeline import Usage, usage_of


class QuotaExceededError(Exception):
    """Raised if a new photo would exceed the owner's quota. `usage` is the use without it, None if it was not read."""

    def __init__(self, quota: Quota, usage: Usage | None) -> None:
        super().__init__("the owner's quota would be exceeded")
        limits = [
            f"{limit:,} {name}{'' if usage is None else f', of which {getattr(usage, name):,} are used'}"
            for name, limit in (("photos", quota.photos), ("bytes", quota.bytes))
            if limit is not None
        ]
        self.detail = f"You may have {' and '.join(limits)}. Remove photos, also from the trash."
        """A sentence for the client."""


class CreationConflictError(Exception):
    """Raised if the owner creates or deletes so many photos at once that this one could not be counted."""


class Creations(Listed):
    """New records. A transaction counts each of them exactly once, because its id can be taken only once."""

    def create(self, photo: Photo, quota: Quota = UNLIMITED) -> Photo:
        """Store a new photo and return its record.

        Raises ConditionFailedError if another photo has its id, QuotaExceededError, or CreationConflictError.
        """
        created, writes = self._creation(photo, quota)
        try:
            unconflicted(lambda: self._client.transact_write_items(TransactItems=writes))
        except self._client.exceptions.TransactionCanceledException as error:
            put, count = cast(Any, error.response)["CancellationReasons"]
            if put.get("Item"):
                existing = to_photo(unmarshal(put["Item"]))
                if existing != created:
                    raise ConditionFailedError(existing) from error
            else:
                raise creation_failure(error, count, quota) from error
        return created

    def _creation(self, photo: Photo, quota: Quota) -> tuple[Photo, Any]:
        """The record of a new photo, and the writes that create and count it. Raises QuotaExceededError.

        The room is compared here too, because a condition cannot refuse a photo that no counter has room for.
        """
        room = {
            "photos": None if quota.photos is None else quota.photos - 1,
            "bytes": None if quota.bytes is None else quota.bytes - photo.size_bytes,
        }
        limits = {name: limit for name, limit in room.items() if limit is not None}
        if any(limit < 0 for limit in limits.values()):
            raise QuotaExceededError(quota, None)
        created = replace(photo, counted_bytes=counted_bytes(photo), lease_until=photo.awaited_until)
        schedule = {} if photo.awaited_until is None else upload_schedule(photo.photo_id, photo.awaited_until)
        put = {
            "TableName": self._name,
            "Item": marshal({**to_item(created), **schedule}),
            "ConditionExpression": "attribute_not_exists(photo_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        (steps,) = usage_changes(None, created.counted_bytes).values()
        count = _within(self._counter(photo.owner_id, USAGE_KEY, steps), limits)
        return created, [{"Put": put}, {"Update": count}]


def creation_failure(error: ClientError, count: Mapping[str, Any], quota: Quota) -> Exception:
    """The reason why a creation was cancelled; `count` is what DynamoDB reports about the counter."""
    if count.get("Code") == "ConditionalCheckFailed":
        return QuotaExceededError(quota, usage_of(unmarshal(count.get("Item", {}))))
    return CreationConflictError() if is_conflict(error) else error


def _within(update: Mapping[str, Any], room: Mapping[str, int]) -> dict[str, Any]:
    """The update of a counter, if each of these attributes is at most the limit."""
    if not room:
        return dict(update)
    terms = (f"(attribute_not_exists(#{name}) OR #{name} <= :max_{name})" for name in room)
    limits = marshal({f":max_{name}": limit for name, limit in room.items()})
    return {
        **update,
        "ConditionExpression": " AND ".join(terms),
        "ExpressionAttributeValues": {**update["ExpressionAttributeValues"], **limits},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
