"""Items in any state, as Reconcile, its audit and Plan read them."""

from collections.abc import Iterator, Mapping
from typing import Any

from photosky.store.attributes import (
    AUDIT_ITEM,
    REQUEST_PREFIX,
    SYSTEM_OWNER,
    UNSETTLED_INDEX,
    UPGRADE_ITEM,
)
from photosky.store.index_keys import owner_of
from photosky.store.items import Record, marshal, to_record, unmarshal
from photosky.store.leases import current_time
from photosky.store.table import Table, item_key, start_key


class Records(Table):
    """Reads of expired leases and of all items, and the state of the audit."""

    def unsettled(self, shard: int) -> Iterator[tuple[str, str, int]]:
        """Owner, sort key and lease expiry of each item with an expired lease in one shard, oldest first.

        The index is eventually consistent: an item may have been settled since.
        """
        start = None
        while True:
            response = self._client.query(
                TableName=self._name,
                IndexName=UNSETTLED_INDEX,
                KeyConditionExpression="unsettled_shard = :shard AND lease_until < :now",
                ExpressionAttributeValues=marshal({":shard": shard, ":now": current_time()}),
                **start_key(start),
            )
            for item in map(unmarshal, response["Items"]):
                yield item["owner_id"], item["photo_id"], item["lease_until"]
            start = response.get("LastEvaluatedKey")
            if start is None:
                return

    def record(self, owner_id: str, sort_key: str) -> Record | None:
        """One item in any state, read consistently."""
        response = self._client.get_item(TableName=self._name, Key=item_key(owner_id, sort_key), ConsistentRead=True)
        return to_record(unmarshal(response["Item"])) if "Item" in response else None

    def records(self, after: tuple[str, str] | None, limit: int) -> tuple[list[Record], tuple[str, str] | None]:
        """One page of all photos and tombstones after a key, and the key to continue after, None at the end.

        A Scan returns the items of one owner next to each other, in the order of their sort keys.
        """
        start = item_key(*after) if after else None
        response = self._client.scan(TableName=self._name, Limit=limit, **start_key(start))
        last = response.get("LastEvaluatedKey")
        found = [unmarshal(item) for item in response["Items"]]
        following = unmarshal(last) if last else None
        return (
            [to_record(item) for item in found if _is_record(item)],
            (following["owner_id"], following["photo_id"]) if following else None,
        )

    def upgrade_state(self) -> tuple[int, tuple[str, str] | None]:
        """The schema version in which all listings were written, 0 if none, and the key after which the next one is."""
        response = self._client.get_item(TableName=self._name, Key=marshal(UPGRADE_ITEM), ConsistentRead=True)
        item = unmarshal(response.get("Item", {}))
        position = item.get("position")
        return item.get("version", 0), (position[0], position[1]) if position else None

    def store_upgrade_state(self, version: int, position: tuple[str, str] | None) -> None:
        """Store both."""
        item = {**UPGRADE_ITEM, "version": version, "position": position or ()}
        self._client.put_item(TableName=self._name, Item=marshal(item))

    def audit_state(self) -> dict[str, Any]:
        """The state in which the last audit stopped; without a position if it had finished."""
        response = self._client.get_item(TableName=self._name, Key=marshal(AUDIT_ITEM), ConsistentRead=True)
        return {name: value for name, value in unmarshal(response.get("Item", {})).items() if name not in AUDIT_ITEM}

    def store_audit_state(self, state: Mapping[str, Any]) -> None:
        """Store the state in which an audit stopped."""
        present = {name: value for name, value in state.items() if value is not None}
        self._client.put_item(TableName=self._name, Item=marshal({**AUDIT_ITEM, **present}))


def _is_record(item: Mapping[str, Any]) -> bool:
    """Whether an item is a photo or a tombstone, and not one that serves listings or requests."""
    owner_id, sort_key = str(item["owner_id"]), str(item["photo_id"])
    return owner_id != SYSTEM_OWNER and owner_of(owner_id) == owner_id and not sort_key.startswith(REQUEST_PREFIX)
