"""The photos table: every transition of a photo's life is one conditional write in here.

Partition key `owner_id`, sort key `photo_id`. Two sparse indexes hold ready photos only: `ready` (by `ready_id`,
which is the photo's id, so in the order of creation) and `digest` (by `ready_sha256`).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

from photosky.aws import session
from photosky.photo import Photo, Rejection, Status
from photosky.settings import settings

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

READY_INDEX: Final = "ready"
DIGEST_INDEX: Final = "digest"
TTL_ATTRIBUTE: Final = "expires_at"

AWAITED_SECONDS: Final = 24 * 3600
"""How long a record waits for its upload; the lifecycle of `incoming/` is the same day."""

LEASE_SECONDS: Final = 30
"""How long a claim holds; longer than the state machine can run, so only a dead execution loses it."""

DELETED_SECONDS: Final = 24 * 3600
"""How long a repeated DELETE is still known to be one."""

Order = Literal["asc", "desc"]


class ConditionFailedError(Exception):
    """Raised when a conditional write did not hold; `photo` is what the table had instead, if anything."""

    def __init__(self, photo: Photo | None) -> None:
        super().__init__(f"the record is {photo.status if photo else 'not there'}")
        self.photo = photo


@dataclass(frozen=True)
class Page:
    """One page of a listing, and whether more photos follow its last."""

    photos: tuple[Photo, ...]
    more: bool


class PhotosTable:
    """The table, seen as what may happen to a photo. Every method is safe to call twice."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self._name = name

    def create(self, photo: Photo) -> None:
        """Store a new photo. Raises ConditionFailedError if its id is taken by another."""
        try:
            self._client.put_item(
                TableName=self._name,
                Item=_marshal(photo.to_item()),
                ConditionExpression="attribute_not_exists(photo_id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            stored = _photo(cast(dict[str, Any], error.response).get("Item"))
            if stored != photo:
                raise ConditionFailedError(stored) from error

    def get(self, owner_id: str, photo_id: str) -> Photo | None:
        """One photo in any status, read consistently."""
        answer = self._client.get_item(TableName=self._name, Key=_key(owner_id, photo_id), ConsistentRead=True)
        return _photo(answer.get("Item"))

    def list_ready(self, owner_id: str, *, limit: int, order: Order, after: str | None) -> Page:
        """Ready photos in the order of creation, from behind the photo id `after`."""
        found: list[Photo] = []
        start = None if after is None else _marshal({"owner_id": owner_id, "photo_id": after, "ready_id": after})
        while len(found) <= limit:
            answer = self._client.query(
                TableName=self._name,
                IndexName=READY_INDEX,
                KeyConditionExpression="owner_id = :owner",
                ExpressionAttributeValues=_marshal({":owner": owner_id}),
                ScanIndexForward=order == "asc",
                Limit=limit + 1 - len(found),
                **_from(start),
            )
            found += [Photo.from_item(_unmarshal(item)) for item in answer["Items"]]
            start = answer.get("LastEvaluatedKey")
            if start is None:
                break
        return Page(photos=tuple(found[:limit]), more=len(found) > limit)

    def find_by_digest(self, owner_id: str, sha256: str) -> Photo | None:
        """The owner's ready photo with these bytes, if there is one."""
        answer = self._client.query(
            TableName=self._name,
            IndexName=DIGEST_INDEX,
            KeyConditionExpression="owner_id = :owner AND ready_sha256 = :sha256",
            ExpressionAttributeValues=_marshal({":owner": owner_id, ":sha256": sha256}),
            Limit=1,
        )
        if not answer["Items"]:
            return None
        photo = self.get(owner_id, _unmarshal(answer["Items"][0])["photo_id"])
        return photo if photo and photo.status is Status.READY else None

    def claim(self, owner_id: str, photo_id: str, execution: str) -> Photo:
        """Take the photo for one execution, for `LEASE_SECONDS`.

        Raises ConditionFailedError where another execution holds it, or where it is past being ingested.
        """
        now = int(time.time())
        return self._update(
            owner_id,
            photo_id,
            assign={"status": Status.PROCESSING, "execution": execution, "lease_until": now + LEASE_SECONDS},
            remove=[TTL_ATTRIBUTE, "rejection"],
            condition=(
                "#status IN (:awaiting, :failed) "
                "OR (#status = :processing AND (#execution = :mine OR #lease_until < :now))"
            ),
            values={
                ":awaiting": Status.AWAITING_UPLOAD,
                ":failed": Status.FAILED,
                ":processing": Status.PROCESSING,
                ":mine": execution,
                ":now": now,
            },
        )

    def release(self, owner_id: str, photo_id: str, execution: str) -> Photo:
        """Give a claim back: the photo awaits its upload again."""
        return self._update_held(
            owner_id,
            photo_id,
            execution,
            assign={"status": Status.AWAITING_UPLOAD, TTL_ATTRIBUTE: int(time.time()) + AWAITED_SECONDS},
            remove=["execution", "lease_until"],
        )

    def describe(self, owner_id: str, photo_id: str, execution: str, facts: Mapping[str, Any]) -> Photo:
        """Note what was read from the picture and which previews were made, while the execution holds the photo."""
        present = {name: value for name, value in facts.items() if value is not None}
        absent = [name for name, value in facts.items() if value is None]
        return self._update_held(owner_id, photo_id, execution, assign=present, remove=absent)

    def complete(self, owner_id: str, photo_id: str, execution: str, sha256: str) -> Photo:
        """The photo is ready: from this write on, and not before, listings and digest look-ups find it."""
        return self._update_held(
            owner_id,
            photo_id,
            execution,
            assign={"status": Status.READY, "ready_id": photo_id, "ready_sha256": sha256},
            remove=["lease_until"],
        )

    def refuse(
        self,
        owner_id: str,
        photo_id: str,
        execution: str,
        status: Literal[Status.REJECTED, Status.FAILED],
        rejection: Rejection,
    ) -> Photo:
        """The photo ends `rejected` or `failed`, with the reason and the execution that found it."""
        return self._update_held(
            owner_id,
            photo_id,
            execution,
            assign={"status": status, "rejection": dict(vars(rejection))},
            remove=[
                "lease_until",
                "sha256",
                "original",
                "previews",
                "width",
                "height",
                "taken_at",
                "camera",
                "location",
                "placeholder",
                "dominant_color",
            ],
            also=status,
        )

    def edit(self, owner_id: str, photo_id: str, changes: Mapping[str, Any], *, version: int | None) -> Photo:
        """Change what the owner may change; `version` guards against a lost update where it is given.

        Raises ConditionFailedError with the photo as it is when the version differs or the photo is being deleted.
        """
        present = {name: value for name, value in changes.items() if value is not None}
        absent = [name for name, value in changes.items() if value is None]
        guard = " AND #version = :version" if version is not None else ""
        return self._update(
            owner_id,
            photo_id,
            assign=present,
            remove=absent,
            count=["version"],
            condition=f"attribute_exists(photo_id) AND #status <> :deleting{guard}",
            values={":deleting": Status.DELETING} | ({":version": version} if version is not None else {}),
        )

    def begin_delete(self, owner_id: str, photo_id: str) -> Photo:
        """Take the photo out of every listing, before its objects go. Raises ConditionFailedError if there is none."""
        return self._update(
            owner_id,
            photo_id,
            assign={"status": Status.DELETING},
            remove=["ready_id", "ready_sha256", TTL_ATTRIBUTE],
            condition="attribute_exists(photo_id)",
            values={},
        )

    def finish_delete(self, owner_id: str, photo_id: str) -> None:
        """Remove the record, and remember for a day that it was deleted, so that a repeat is known as one."""
        self._client.transact_write_items(
            TransactItems=[
                {"Delete": {"TableName": self._name, "Key": _key(owner_id, photo_id)}},
                {
                    "Put": {
                        "TableName": self._name,
                        "Item": _marshal(
                            {
                                "owner_id": owner_id,
                                "photo_id": _tombstone(photo_id),
                                TTL_ATTRIBUTE: int(time.time()) + DELETED_SECONDS,
                            }
                        ),
                    }
                },
            ]
        )

    def was_deleted(self, owner_id: str, photo_id: str) -> bool:
        """Whether this owner deleted this photo within the last day."""
        answer = self._client.get_item(TableName=self._name, Key=_key(owner_id, _tombstone(photo_id)))
        return "Item" in answer

    def _update_held(
        self,
        owner_id: str,
        photo_id: str,
        execution: str,
        *,
        assign: Mapping[str, Any],
        remove: Sequence[str] = (),
        also: Status | None = None,
    ) -> Photo:
        """Write while `execution` holds the photo, or again if it already turned the photo into `also`."""
        held = "#status = :processing" if also is None else "#status IN (:processing, :also)"
        return self._update(
            owner_id,
            photo_id,
            assign=assign,
            remove=remove,
            condition=f"{held} AND #execution = :mine",
            values={":processing": Status.PROCESSING, ":mine": execution} | ({":also": also} if also else {}),
        )

    def _update(
        self,
        owner_id: str,
        photo_id: str,
        *,
        assign: Mapping[str, Any],
        remove: Sequence[str],
        condition: str,
        values: Mapping[str, Any],
        count: Sequence[str] = (),
    ) -> Photo:
        clauses = []
        if assign:
            clauses.append("SET " + ", ".join(f"#{name} = :set_{name}" for name in assign))
        if remove:
            clauses.append("REMOVE " + ", ".join(f"#{name}" for name in remove))
        if count:
            clauses.append("ADD " + ", ".join(f"#{name} :one" for name in count))
        expression = " ".join(clauses)
        mentioned = f"{expression} {condition}"
        names = {*assign, *remove, *count, "status", "execution", "lease_until", "version"}
        try:
            answer = self._client.update_item(
                TableName=self._name,
                Key=_key(owner_id, photo_id),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in names if f"#{name}" in mentioned},
                ExpressionAttributeValues=_marshal(
                    {**values, **{f":set_{name}": value for name, value in assign.items()}}
                    | ({":one": 1} if count else {})
                ),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise ConditionFailedError(_photo(cast(dict[str, Any], error.response).get("Item"))) from error
        return Photo.from_item(_unmarshal(answer["Attributes"]))


@cache
def photos_table() -> PhotosTable:
    """The table of this deployment, on a client that gives up well before a task's time does."""
    config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "max_attempts": 3})
    return PhotosTable(session().client("dynamodb", config=config), settings().table_name)


def _from(start: dict[str, Any] | None) -> Any:
    return {"ExclusiveStartKey": start} if start else {}


def _tombstone(photo_id: str) -> str:
    return f"deleted/{photo_id}"


def _key(owner_id: str, photo_id: str) -> dict[str, Any]:
    return _marshal({"owner_id": owner_id, "photo_id": photo_id})


def _photo(item: Mapping[str, Any] | None) -> Photo | None:
    return Photo.from_item(_unmarshal(item)) if item else None


def _marshal(values: Mapping[str, Any]) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    return {name: serialize(_storable(value)) for name, value in values.items()}


def _unmarshal(item: Mapping[str, Any]) -> dict[str, Any]:
    deserialize = TypeDeserializer().deserialize
    return {name: _plain(deserialize(value)) for name, value in item.items()}


def _storable(value: Any) -> Any:
    """DynamoDB has no floats and no enums; a float is kept by its shortest decimal text."""
    match value:
        case float():
            return Decimal(str(value))
        case Status():
            return str(value)
        case Mapping():
            return {name: _storable(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_storable(inner) for inner in value]
    return value


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
    return value
