"""The base of all operations on the photos table: its client, its keys, reads of one photo and conditional updates.

Partition key `owner_id`, sort key `photo_id`. Every change of a photo is one conditional write, so that concurrent
executions, deletions and Reconcile never overwrite each other's result.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from botocore.exceptions import ClientError

from photosky.photo import Photo
from photosky.store.attributes import TOMBSTONE_PREFIX
from photosky.store.items import marshal, to_item, to_photo, unmarshal

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


T = TypeVar("T")


class ConditionFailedError(Exception):
    """Raised when the condition of a write does not hold. `photo` is the current record, None if there is none."""

    def __init__(self, photo: Photo | None) -> None:
        super().__init__(f"the record is {photo.status if photo else 'not there'}")
        self.photo = photo


class Table:
    """The photos table of one deployment."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self._name = name

    def get(self, owner_id: str, photo_id: str) -> Photo | None:
        """A photo in any status, read consistently."""
        response = self._client.get_item(TableName=self._name, Key=item_key(owner_id, photo_id), ConsistentRead=True)
        return _stored_photo(response)

    def _update(
        self,
        owner_id: str,
        photo_id: str,
        *,
        condition: str,
        values: Mapping[str, Any],
        assign: Mapping[str, Any],
        remove: Sequence[str] = (),
        count: Sequence[str] = (),
    ) -> Photo:
        """Update a photo if `condition` holds, and return the result. Raises ConditionFailedError.

        `assign` are values by attribute, `remove` attributes to remove, `count` attributes to increase by one.
        `condition` may use placeholders for the names in `_CONDITION_NAMES`; `values` has its values.
        """
        return self._update_with(self._parameters(owner_id, photo_id, condition, values, assign, remove, count))

    def _update_with(self, parameters: Any) -> Photo:
        try:
            response = unconflicted(lambda: self._client.update_item(**parameters, ReturnValues="ALL_NEW"))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise condition_failed(error) from error
        return to_photo(unmarshal(response["Attributes"]))

    def _parameters(
        self,
        owner_id: str,
        photo_id: str,
        condition: str,
        values: Mapping[str, Any],
        assign: Mapping[str, Any],
        remove: Sequence[str],
        count: Sequence[str],
    ) -> Any:
        """The parameters of an update, alone or in a transaction."""
        expression = _update_expression(assign, remove, count)
        mentioned = f"{expression} {condition}"
        names = {*assign, *remove, *count, *_CONDITION_NAMES}
        return {
            "TableName": self._name,
            "Key": item_key(owner_id, photo_id),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in names if f"#{name}" in mentioned},
            "ExpressionAttributeValues": marshal(
                {**values, **{f":set_{name}": value for name, value in assign.items()}} | ({":one": 1} if count else {})
            ),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def unchanged(photo: Photo, *names: str) -> tuple[str, dict[str, Any]]:
    """The condition, and its values, that attributes of a record are as they were read."""
    item = to_item(photo)
    present = {name: item[name] for name in names if name in item}
    terms = [f"#{name} = :seen_{name}" if name in present else f"attribute_not_exists(#{name})" for name in names]
    return " AND ".join(terms), {f":seen_{name}": value for name, value in present.items()}


def item_key(owner_id: str, sort_key: str) -> dict[str, Any]:
    """The primary key of an item, as DynamoDB JSON."""
    return marshal({"owner_id": owner_id, "photo_id": sort_key})


def tombstone_key(photo_id: str) -> str:
    """The sort key of a photo's tombstone."""
    return f"{TOMBSTONE_PREFIX}{photo_id}"


def start_key(key: dict[str, Any] | None) -> Any:
    """The arguments of a Query or Scan that continues after `key`."""
    return {"ExclusiveStartKey": key} if key else {}


def unconflicted(call: Callable[[], T]) -> T:
    """Call DynamoDB, and again if the call conflicts with a transaction, or is throttled as a part of one.

    Botocore repeats neither. Raises the last error. No attempt begins much after `CONFLICT_SECONDS`, because readers of
    changes rely on the age of a write (`changes.WRITE_SECONDS`).
    """
    end = time.monotonic() + CONFLICT_SECONDS
    for attempt in range(CONFLICT_ATTEMPTS - 1):
        try:
            return call()
        except ClientError as error:
            if not is_conflict(error) or time.monotonic() > end:
                raise
            time.sleep(random.uniform(0, _CONFLICT_DELAY_SECONDS * 2**attempt))  # noqa: S311 - no secret
    return call()


def is_conflict(error: ClientError) -> bool:
    """Whether a call failed only because of others at the same time (API reference, "TransactWriteItems")."""
    reasons = {reason.get("Code") for reason in cast(Any, error.response).get("CancellationReasons", [])}
    code = error.response["Error"]["Code"]
    return code == "TransactionConflictException" or (bool(reasons) and reasons <= _CONFLICT_REASONS)


def condition_failed(error: ClientError) -> ConditionFailedError:
    """The error for a write whose condition failed, with the record that DynamoDB returned."""
    return ConditionFailedError(_stored_photo(cast(dict[str, Any], error.response)))


_CONDITION_NAMES: Final = (
    *("status", "execution", "lease_until", "retired_until", "trashed_until", "awaited_until"),
    *("restores", "revision", "counted_bytes", "sha256"),
)

CONFLICT_ATTEMPTS: Final = 6
CONFLICT_SECONDS: Final = 1
_CONFLICT_DELAY_SECONDS: Final = 0.02
_CONFLICT_REASONS: Final = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def _update_expression(assign: Mapping[str, Any], remove: Sequence[str], count: Sequence[str]) -> str:
    clauses = []
    if assign:
        clauses.append("SET " + ", ".join(f"#{name} = :set_{name}" for name in assign))
    if remove:
        clauses.append("REMOVE " + ", ".join(f"#{name}" for name in remove))
    if count:
        clauses.append("ADD " + ", ".join(f"#{name} :one" for name in count))
    return " ".join(clauses)


def _stored_photo(response: Mapping[str, Any]) -> Photo | None:
    return to_photo(unmarshal(response["Item"])) if response.get("Item") else None
