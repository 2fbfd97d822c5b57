"""Changes of what listings show: the record, its copies in the listings of tags, and the counters of the timeline.

They are written together or not at all, and only for the revision of the record that was read. So a repeated or delayed
write changes nothing, and copies and counters follow from the record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final, cast

from botocore.exceptions import ClientError

from photosky.photo import Photo, timestamp
from photosky.store import schema
from photosky.store.attributes import INDEX_ATTRIBUTES, TTL_ATTRIBUTE
from photosky.store.index_keys import (
    counted_as,
    counted_bytes,
    counter_changes,
    index_attributes,
    listed_tags,
    months_partition,
    tag_copy,
    tag_partition,
    usage_changes,
    wanted_tags,
)
from photosky.store.items import from_attributes, marshal, split, to_attributes, to_item, to_photo, unmarshal
from photosky.store.leases import current_milliseconds, upload_schedule
from photosky.store.table import ConditionFailedError, Table, item_key, unchanged, unconflicted

MAX_TRANSACTION_ITEMS: Final = 100
"""The limit of TransactWriteItems (API reference)."""

_UNREVISED: Final = (
    *("lease_until", "retired", "retired_until", "execution", "lost_ingests", "awaited_until", "counted_bytes"),
)
"""Attributes that change without the revision, because no listing shows them."""


class Listed(Table):
    """Writes that keep listings, counters and changes in agreement with the record."""

    def relist(self, seen: Photo) -> Photo:
        """Write what follows from a photo's record as it was read, for a record that lacks some of it.

        Raises ConditionFailedError if the photo has changed since.
        """
        held, values = unchanged(seen, "lease_until")
        return self._change(
            seen,
            assign={} if seen.awaited_until is None else upload_schedule(seen.photo_id, seen.awaited_until),
            remove=[] if seen.awaited_until is None else [TTL_ATTRIBUTE],
            condition=f"#status = :seen AND {held}",
            values={":seen": seen.status, **values},
        )

    def _change(
        self,
        seen: Photo,
        *,
        assign: Mapping[str, Any],
        remove: Sequence[str] = (),
        count: Sequence[str] = (),
        condition: str,
        values: Mapping[str, Any],
    ) -> Photo:
        """Change a photo as it was read, and return the result. Parameters are those of `_update`.

        Raises ConditionFailedError, also if what listings show has changed since it was read.
        """
        after = self._change_once(seen, assign, remove, count, condition, values)
        try:
            while after.unlisted_tags:
                after = self._change_once(after, {}, (), (), "attribute_exists(photo_id)", {})
        except ConditionFailedError:
            return after  # This change is made. A later one has listed the rest, or has removed the photo.
        return after

    def _change_once(
        self,
        seen: Photo,
        assign: Mapping[str, Any],
        remove: Sequence[str],
        count: Sequence[str],
        condition: str,
        values: Mapping[str, Any],
    ) -> Photo:
        """Do the same up to the limit of a transaction; the result has the tags that are left."""
        changed = _applied(
            seen, {**assign, "updated_at": max(time_of_change(), seen.updated_at or "")}, remove, (*count, "revision")
        )
        counters = {
            **counter_changes(seen.photo_id, seen.counted_as, counted_as(changed)),
            **usage_changes(seen.counted_bytes, counted_bytes(changed)),
        }
        outdated, listed, unlisted = _tags(seen, changed, room=MAX_TRANSACTION_ITEMS - 1 - len(counters))
        implied, absent = split(_implied(changed, unlisted))
        after = _applied(changed, implied, absent, ())
        same_revision, revision_values = unchanged(seen, "revision", "counted_bytes")
        record = self._parameters(
            seen.owner_id,
            seen.photo_id,
            condition=f"attribute_exists(photo_id) AND {same_revision} AND ({condition})",
            values={**values, **revision_values},
            assign={**assign, **implied},
            remove=list(dict.fromkeys([*remove, *absent])),
            count=[*count, "revision"],
        )
        item = to_item(after)
        writes = [
            {"Update": record},
            *self._counts(seen.owner_id, counters),
            *({"Delete": self._keyed(item_key(tag_partition(seen.owner_id, tag), seen.photo_id))} for tag in outdated),
            *({"Put": {"TableName": self._name, "Item": marshal(tag_copy(after, item, tag))}} for tag in listed),
        ]
        return self._write(writes, after)

    def _write(self, writes: Sequence[Any], after: Photo) -> Photo:
        """Apply the writes, of which the first one is that of the record, and return the record."""
        try:
            return self._apply(writes) or after
        except ConditionFailedError as lost:
            # The first attempt of this request was applied, and its response was lost.
            if lost.photo is not None and _is_same(lost.photo, after):
                return lost.photo
            raise

    def _apply(self, writes: Sequence[Any]) -> Photo | None:
        """Apply the writes; returns the record if there is no other. Raises ConditionFailedError."""
        if len(writes) == 1:
            return self._update_with(writes[0]["Update"])
        try:
            unconflicted(lambda: self._client.transact_write_items(TransactItems=writes))
        except self._client.exceptions.TransactionCanceledException as error:
            raise _condition_failed(error) from error
        return None

    def _counts(self, owner_id: str, counters: Mapping[str, Mapping[str, int]]) -> list[Any]:
        """The updates of these counters, by their sort keys."""
        return [{"Update": self._counter(owner_id, key, steps)} for key, steps in counters.items()]

    def _counter(self, owner_id: str, key: str, steps: Mapping[str, int]) -> Any:
        """The update of a counter, which also counts its changes, so that a repair notices one."""
        steps = {**steps, "changes": 1}
        return {
            **self._keyed(item_key(months_partition(owner_id), key)),
            "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in steps),
            "ExpressionAttributeNames": {f"#{name}": name for name in steps},
            "ExpressionAttributeValues": marshal({f":{name}": step for name, step in steps.items()}),
        }

    def _keyed(self, key: Mapping[str, Any]) -> dict[str, Any]:
        return {"TableName": self._name, "Key": key}


def _applied(photo: Photo, assign: Mapping[str, Any], remove: Sequence[str], count: Sequence[str]) -> Photo:
    """A photo after an update of its record."""
    item = from_attributes({**to_item(photo), **to_attributes(assign)})
    counted = {name: item.get(name, 0) + 1 for name in count}
    return to_photo({name: value for name, value in {**item, **counted}.items() if name not in remove})


def _implied(photo: Photo, unlisted: Sequence[str]) -> dict[str, Any]:
    """The attributes that follow from the others; None for those that a record must not have."""
    return {
        **dict.fromkeys(INDEX_ATTRIBUTES),
        **index_attributes(photo),
        "counted_as": counted_as(photo),
        "counted_bytes": counted_bytes(photo),
        "unlisted_tags": tuple(unlisted) or None,
        "updated_at": photo.updated_at,
        "schema_version": schema.VERSION,
        # A record of version 1 has no key of its original; its upgrade adds it.
        **({"original": photo.original} if photo.is_ingested else {}),
    }


def _tags(seen: Photo, after: Photo, room: int) -> tuple[list[str], list[str], list[str]]:
    """The tags to remove the photo from, those to write its copy for, and those for which there is no room.

    The former and the copies that exist are at most as many as a photo has tags, so that none of these is left out.
    """
    before, wanted = listed_tags(seen), wanted_tags(after)
    outdated = sorted(before - wanted)
    ordered = [*sorted(wanted & before), *sorted(wanted - before)]
    left = room - len(outdated)
    return outdated, ordered[:left], ordered[left:]


def time_of_change() -> str:
    """The time now, as records have it."""
    return timestamp(datetime.fromtimestamp(current_milliseconds() / 1000, UTC))


def _is_same(photo: Photo, other: Photo) -> bool:
    """Whether two records agree in everything that has a revision."""
    return all(getattr(photo, f.name) == getattr(other, f.name) for f in fields(Photo) if f.name not in _UNREVISED)


def _condition_failed(error: ClientError) -> ConditionFailedError:
    """The error for a cancelled transaction, whose first write is that of the record. Raises other errors."""
    reason = cast(Any, error.response).get("CancellationReasons", [{}])[0]
    if reason.get("Code") != "ConditionalCheckFailed":
        raise error
    return ConditionFailedError(to_photo(unmarshal(reason["Item"])) if reason.get("Item") else None)
