"""Requests with an `Idempotency-Key`: the first one stores its photo and its key in one transaction.

The answer to a repeated request is made from the record. It is not stored, because an upload form is a credential.
Powertools' idempotency utility would store it, in one partition for all owners, and in a second write.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast

from botocore.exceptions import ClientError

from photosky.photo import Photo
from photosky.quota import UNLIMITED, Quota
from photosky.store.attributes import REQUEST_PREFIX, REQUEST_SECONDS, TTL_ATTRIBUTE
from photosky.store.creations import Creations, creation_failure
from photosky.store.items import marshal, unmarshal
from photosky.store.leases import current_time
from photosky.store.table import item_key, unconflicted

_IS_FREE: Final = f"attribute_not_exists(photo_id) OR {TTL_ATTRIBUTE} < :now"
"""DynamoDB deletes an expired item within a few days only (developer guide, "Using time to live")."""

_IS_REPLACED: Final = "#request.photo_id = :replaced"
"""`request` is a reserved word (DynamoDB developer guide, "Reserved words in DynamoDB")."""


class RequestKey(NamedTuple):
    """An `Idempotency-Key`, and the digest of the request that has it. Neither shows the client's text."""

    key_digest: str
    body_digest: str

    @classmethod
    def of(cls, key: str, body: Sequence[Any]) -> "RequestKey":
        """The key of a request with these values."""
        return cls(hashlib.sha256(key.encode()).hexdigest(), hashlib.sha256(json.dumps(body).encode()).hexdigest())


class EarlierRequest(NamedTuple):
    """The request that used a key first: the digest of its body, the photo of its answer, and whether it created it."""

    body_digest: str
    photo_id: str
    is_creator: bool


class KeyTakenError(Exception):
    """Raised if a request has used the key before; `earlier` is that request, perhaps of another body."""

    def __init__(self, earlier: EarlierRequest, key: RequestKey) -> None:
        super().__init__("a request has used the key before")
        self.earlier = earlier
        self.is_same_request = earlier.body_digest == key.body_digest


class RequestInProgressError(Exception):
    """Raised if another request is using the key at the same time."""


class Idempotency(Creations):
    """The keys of an owner's requests, each for `REQUEST_SECONDS`."""

    def check_free(self, owner_id: str, key: RequestKey) -> None:
        """Raise KeyTakenError if a request has used the key before. The read is consistent."""
        response = self._client.get_item(
            TableName=self._name, Key=item_key(owner_id, _sort_key(key)), ConsistentRead=True
        )
        item = unmarshal(response.get("Item", {}))
        if item and item[TTL_ATTRIBUTE] >= current_time():
            raise KeyTakenError(_earlier(item), key)

    def create_once(
        self, photo: Photo, key: RequestKey, quota: Quota = UNLIMITED, *, instead_of: str | None = None
    ) -> None:
        """Store a new photo and the key of its request, both or neither.

        A key that names the photo `instead_of` counts as free.

        Raises KeyTakenError, RequestInProgressError, QuotaExceededError or CreationConflictError.
        """
        _, writes = self._creation(photo, quota)
        try:
            self._write_with_key(photo, key, is_creator=True, more=writes, instead_of=instead_of)
        except self._client.exceptions.TransactionCanceledException as error:
            raise creation_failure(error, cast(Any, error.response)["CancellationReasons"][-1], quota) from error

    def keep_key(self, photo: Photo, key: RequestKey) -> None:
        """Store the key of a request that was answered with an existing photo.

        Raises KeyTakenError or RequestInProgressError.
        """
        self._write_with_key(photo, key, is_creator=False, more=[])

    def _write_with_key(
        self,
        photo: Photo,
        key: RequestKey,
        *,
        is_creator: bool,
        more: Sequence[Any],
        instead_of: str | None = None,
    ) -> None:
        now = current_time()
        item = {
            "owner_id": photo.owner_id,
            "photo_id": _sort_key(key),
            "request": {"body_digest": key.body_digest, "photo_id": photo.photo_id, "is_creator": is_creator},
            TTL_ATTRIBUTE: now + REQUEST_SECONDS,
        }
        put_key: dict[str, Any] = {
            "TableName": self._name,
            "Item": marshal(item),
            "ConditionExpression": _IS_FREE,
            "ExpressionAttributeValues": marshal({":now": now}),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if instead_of is not None:
            put_key["ConditionExpression"] += f" OR {_IS_REPLACED}"
            put_key["ExpressionAttributeNames"] = {"#request": "request"}
            put_key["ExpressionAttributeValues"] |= marshal({":replaced": instead_of})
        writes: Any = [{"Put": put_key}, *more]
        try:
            unconflicted(lambda: self._client.transact_write_items(TransactItems=writes))
        except self._client.exceptions.TransactionCanceledException as error:
            raise _failure(error, key) from error


def _failure(error: ClientError, key: RequestKey) -> Exception:
    """The reason of a cancelled transaction, whose first item is the key (API reference, "TransactWriteItems")."""
    about_key = cast(Any, error.response).get("CancellationReasons", [{}])[0]
    if about_key.get("Item"):
        return KeyTakenError(_earlier(unmarshal(about_key["Item"])), key)
    return RequestInProgressError() if about_key.get("Code") == "TransactionConflict" else error


def _earlier(item: dict[str, Any]) -> EarlierRequest:
    return EarlierRequest(**item["request"])


def _sort_key(key: RequestKey) -> str:
    return f"{REQUEST_PREFIX}{key.key_digest}"
