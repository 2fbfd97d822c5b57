"""The table and the bucket as they lie in moto's memory: read and changed without a request, which takes milliseconds.

A journey looks at all of it many times. `PhotoSky` itself never goes past its requests.
"""

from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.s3.models import FakeBucket, s3_backends

from photosky.photo import Photo
from photosky.store.attributes import TTL_ATTRIBUTE
from photosky.store.items import to_photo, unmarshal
from tests.storage import OWNER, Storage


class Memory:
    """What is stored, past every wire."""

    def __init__(self, storage: Storage) -> None:
        self._bucket: FakeBucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[storage.bucket]
        self._table: Table = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables[storage.table_name]

    def items(self) -> list[dict[str, Any]]:
        """Every item of the owner, as plain values; what the audit notes for itself is no photo's."""
        items = (unmarshal(item.to_json()["Attributes"]) for item in self._table.all_items())
        return [item for item in items if item["owner_id"] == OWNER]

    def photos(self) -> list[Photo]:
        """Every item that is a photo."""
        return [to_photo(item) for item in self.items() if "status" in item]

    def objects(self) -> dict[str, bytes]:
        """Every object's bytes, by its key."""
        return {key: stored.value for key, stored in self._bucket.keys.items()}

    def expire(self, prefix: str, now: float) -> None:
        """DynamoDB's TTL, and a lifecycle rule that is due for every object under a prefix."""
        for item in self.items():
            if item.get(TTL_ATTRIBUTE, now) < now:
                self._table.delete_item(DynamoType({"S": item["owner_id"]}), DynamoType({"S": item["photo_id"]}))
        for key in self.objects():
            if key.startswith(prefix):
                self._bucket.keys.pop(key)

    def clear(self) -> None:
        """Nothing is left."""
        self._table.items.clear()
        self._bucket.keys.clear()
