"""Direct access to the table and the bucket in moto's memory, which avoids requests of several milliseconds.

Journeys read the whole state many times. The code under test uses requests only.
"""

from collections import Counter
from collections.abc import Container, Mapping
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.s3.models import FakeBucket, s3_backends

from photosky.photo import Photo, Status
from photosky.store.attributes import TAG_SEPARATOR, TTL_ATTRIBUTE
from photosky.store.index_keys import owner_of
from photosky.store.items import to_photo, unmarshal
from tests.storage import OWNER, Storage


class Memory:
    """The items and objects in moto's backends."""

    def __init__(self, storage: Storage) -> None:
        self._bucket: FakeBucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[storage.bucket]
        self._table_name = storage.table_name
        self._storage = storage

    @property
    def _table(self) -> Table:
        """The table; a transaction that fails replaces it by a copy."""
        found: Table = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables[self._table_name]
        return found

    def items(self) -> list[dict[str, Any]]:
        """The owner's items as Python values; the audit's own item belongs to another owner."""
        items = (unmarshal(item.to_json()["Attributes"]) for item in self._table.all_items())
        return [item for item in items if owner_of(item["owner_id"]) == OWNER]

    def records(self) -> list[dict[str, Any]]:
        """The items of the owner's photos."""
        return [item for item in self.items() if "status" in item and item["owner_id"] == OWNER]

    def photos(self) -> list[Photo]:
        """The owner's photos."""
        return [to_photo(item) for item in self.records()]

    def ready_photos(self, *, without: Container[str]) -> list[Photo]:
        """The owner's ready photos except those with these ids. No other item is converted: journeys ask very often."""
        found = [
            item.to_json()["Attributes"]
            for item in self._table.all_items()
            if (status := item.attrs.get("status")) and status.value == Status.READY
            if item.attrs["owner_id"].value == OWNER and item.attrs["photo_id"].value not in without
        ]
        return [to_photo(unmarshal(attributes)) for attributes in found]

    def copies(self) -> list[dict[str, Any]]:
        """The copies of photos in the listings of tags."""
        return [item for item in self.items() if TAG_SEPARATOR in item["owner_id"]]

    def counters(self) -> dict[str, Counter[str]]:
        """The counters of the timeline by their sort keys, without those that are zero."""
        found = {item["photo_id"]: Counter(_counts(item)) for item in self.items() if "changes" in item}
        return {key: counts for key, counts in found.items() if counts}

    def objects(self) -> dict[str, bytes]:
        """The bytes of all objects, by key."""
        return {key: stored.value for key, stored in self._bucket.keys.items()}

    def expire(self, prefix: str, now: float) -> None:
        """Apply DynamoDB's TTL, and delete all objects under a prefix, as a lifecycle rule would."""
        for item in self.items():
            if item.get(TTL_ATTRIBUTE, now) < now:
                self._table.delete_item(DynamoType({"S": item["owner_id"]}), DynamoType({"S": item["photo_id"]}))
        for key in self.objects():
            if key.startswith(prefix):
                self._bucket.keys.pop(key)

    def clear(self) -> None:
        """Delete all items and objects."""
        self._storage.clear()


def _counts(item: Mapping[str, Any]) -> dict[str, int]:
    keys = ("owner_id", "photo_id", "changes")
    return {name: number for name, number in item.items() if name not in keys and number}
