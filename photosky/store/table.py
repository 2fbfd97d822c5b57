"""The base of all operations on the photos table: its client, its keys, reads of one photo and conditional updates.

Partition key `owner_id`, sort key `photo_id`. Every change of a photo is one conditional write, so that concurrent
executions, deletions and Reconcile never overwrite each other's result.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError

from photosky.photo import Photo
from photosky.store.attributes import TOMBSTONE_PREFIX
from photosky.store.items import marshal, to_photo, unmarshal

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


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
        expression = _update_expression(assign, remove, count)
        mentioned = f"{expression} {condition}"
        names = {*assign, *remove, *count, *_CONDITION_NAMES}
        try:
            response = self._client.update_item(
                TableName=self._name,
                Key=item_key(owner_id, photo_id),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in names if f"#{name}" in mentioned},
                ExpressionAttributeValues=marshal(
                    {**values, **{f":set_{name}": value for name, value in assign.items()}}
                    | ({":one": 1} if count else {})
                ),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise condition_failed(error) from error
        return to_photo(unmarshal(response["Attributes"]))


def unchanged(photo: Photo, *names: str) -> tuple[str, dict[str, Any]]:
    """The condition, and its values, that attributes are as they were read. None and 0 stand for no attribute."""
    present = {name: value for name in names if (value := getattr(photo, name))}
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


def condition_failed(error: ClientError) -> ConditionFailedError:
    """The error for a write whose condition failed, with the record that DynamoDB returned."""
    return ConditionFailedError(_stored_photo(cast(dict[str, Any], error.response)))


_CONDITION_NAMES: Final = (
    *("status", "execution", "lease_until", "retired_until", "trashed_until", "restores", "version", "sha256"),
)


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
