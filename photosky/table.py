"""The photos table: every transition of a photo's life is one conditional write in here.

Partition key `owner_id`, sort key `photo_id`. Two sparse indexes hold ready photos only: `ready` (by `ready_id`,
which is the photo's id, so in the order of creation) and `digest` (by `ready_sha256`). A third, `unsettled`, holds
what somebody is at work on, by the end of the lease: past it that somebody has died, and `tasks/reconcile.py` ends
the work. Every write that leaves work to be done takes the lease, and the one that ends it gives it back. Two items
are no photo's: the key that seals cursors and the audit's note, under an owner that no token has.
"""

import secrets
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

from photosky.aws import session
from photosky.photo import Photo, Rejection, Status, StoredPreview
from photosky.settings import settings
from photosky.store import cursors

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

READY_INDEX: Final = "ready"
DIGEST_INDEX: Final = "digest"
UNSETTLED_INDEX: Final = "unsettled"
UNSETTLED_SHARDS: Final = 16
"""Over how many partitions `unsettled` is spread: one takes 1,000 writes a second (DynamoDB guide, "Quotas")."""

TTL_ATTRIBUTE: Final = "expires_at"

AWAITED_SECONDS: Final = 24 * 3600
"""How long a record waits for its upload; the lifecycle of `incoming/` is the same day."""

LEASE_SECONDS: Final = 60
"""How long whoever works on a photo is left to it; longer than an execution can write, so only a dead one loses it.

The state machine ends after 27 s, but not a function that it started just before: that has up to 10 s to start, which
its timeout does not count (Lambda guide, "Init phase"), and at most 12 s to run. 49 s; a test adds it up.
"""

DELETED_SECONDS: Final = 24 * 3600
"""How long a repeated DELETE is still known to be one."""

NOBODY: Final = "photosky"
"""Whose the table's own items are: a `sub` is a UUID, so no token has it. They have no attribute of an index, so no
listing and no look-up finds them."""

CURSOR_KEY_ITEM: Final = {"owner_id": NOBODY, "photo_id": "cursor-key"}
"""The key of the item with the secret that seals cursors."""

AUDIT_ITEM: Final = {"owner_id": NOBODY, "photo_id": "audit"}
"""The key of the audit's note of where it stopped."""

LEASE: Final = ("lease_until", "unsettled_shard")
"""The keys of `unsettled`: both are there, or the record is settled."""

LISTING: Final = ("ready_id", "ready_sha256")
"""The keys of `ready` and `digest`."""

RETIRED: Final = ("retired", "retired_until")
"""Previews that newer ones took the place of. They are nobody's work: until they are due, the record's lease ends when
they are, and is free for everybody."""

FACTS: Final = (
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
)
"""What an execution reads from the picture and makes of it; with `sha256` the record is described."""

Order = Literal["asc", "desc"]


class ConditionFailedError(Exception):
    """Raised when a conditional write did not hold; `photo` is what the table had instead, if anything."""

    def __init__(self, photo: Photo | None) -> None:
        super().__init__(f"the record is {photo.status if photo else 'not there'}")
        self.photo = photo


@dataclass(frozen=True)
class Record:
    """One item as it lies in the table: a photo, the memory of a deleted one, or what cannot be read as either."""

    owner_id: str
    sort_key: str
    status: Status | None
    """None for a tombstone, and where it is none of ours."""
    photo: Photo | None
    """None for a tombstone, and for an item that lacks what a photo has."""
    lease_until: int | None
    is_leased: bool
    """Whether `unsettled` holds it."""
    is_listed: bool
    """Whether `ready` holds it."""

    @property
    def is_tombstone(self) -> bool:
        """Whether this is the memory of a deleted photo."""
        return self.sort_key.startswith(_DELETED)

    @property
    def photo_id(self) -> str:
        """Of the photo, also where this is the memory of it."""
        return self.sort_key.removeprefix(_DELETED)


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

    @cached_property
    def cursor_key(self) -> bytes:
        """The secret that seals this deployment's cursors: made up at first need, and read once by each sandbox.

        It lies in the table because everybody who may read the template or describe a function sees what stands in
        there, while KMS or Secrets Manager would be one more service to pay, and one more call to make.
        """
        answer = self._client.update_item(
            TableName=self._name,
            Key=_marshal(CURSOR_KEY_ITEM),
            UpdateExpression="SET secret = if_not_exists(secret, :made_up)",
            ExpressionAttributeValues={":made_up": {"B": secrets.token_bytes(cursors.KEY_BYTES)}},
            ReturnValues="ALL_NEW",
        )
        return answer["Attributes"]["secret"]["B"]

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
        """Take the photo for one execution, for `LEASE_SECONDS`. What an earlier one read from the upload is forgotten.

        Raises ConditionFailedError where another holds it, or where it is past being ingested.
        """
        return self._update(
            owner_id,
            photo_id,
            assign={"status": Status.PROCESSING, "execution": execution, **_lease(photo_id)},
            remove=[TTL_ATTRIBUTE, "rejection", *FACTS],
            condition=(
                f"(#status IN (:awaiting, :failed) AND {_FREE}) "
                f"OR (#status = :processing AND (#execution = :mine OR {_FREE}))"
            ),
            values={
                ":awaiting": Status.AWAITING_UPLOAD,
                ":failed": Status.FAILED,
                ":processing": Status.PROCESSING,
                ":mine": execution,
                **_free_at(time.time()),
            },
        )

    def take_over(self, owner_id: str, photo_id: str, execution: str) -> Photo:
        """Take a photo from an execution that died, with what it had described; from now on that one may not write.

        Raises ConditionFailedError where it is alive, or the photo no longer processing.
        """
        return self._update(
            owner_id,
            photo_id,
            assign={"execution": execution, **_lease(photo_id)},
            remove=[],
            condition=f"#status = :processing AND (#execution = :mine OR {_FREE})",
            values={":processing": Status.PROCESSING, ":mine": execution, **_free_at(time.time())},
        )

    def hold(self, owner_id: str, photo_id: str, status: Status) -> Photo:
        """Keep executions off a photo that none holds, while objects of it are removed; `settle` lets it go.

        Raises ConditionFailedError where somebody holds it, or where it has another status.
        """
        return self._update(
            owner_id,
            photo_id,
            assign=_lease(photo_id),
            remove=[],
            condition=f"#status = :status AND ({_FREE} OR #lease_until = #retired_until)",
            values={":status": status, **_free_at(time.time())},
        )

    def settle(self, photo: Photo) -> None:
        """There is nothing left to be done for this photo, as `hold` or `refuse` gave it; unless another took it.

        Its retired previews are forgotten if they were due when it was held, and else wait for it.
        """
        waiting = has_retired(photo, held_at(photo))
        try:
            self._update(
                photo.owner_id,
                photo.photo_id,
                assign=_wait(photo.photo_id, photo.retired_until) if waiting else {},
                remove=[
                    *(() if waiting else (*LEASE, *RETIRED)),
                    *(() if photo.status is Status.READY else LISTING),
                ],
                condition="#status = :status AND #lease_until = :held",
                values={":status": photo.status, ":held": photo.lease_until},
            )
        except ConditionFailedError:
            return

    def renew(self, photo: Photo, previews: Mapping[str, StoredPreview], keep_seconds: int) -> Photo:
        """Give a ready photo, as `hold` gave it, other previews, and let it go.

        Those that it no longer has are retired: their objects stay for `keep_seconds`. Its version stays, because none
        of what a client may edit has changed. Raises ConditionFailedError where somebody else has it by now.
        """
        replaced = {old.key for old in photo.previews.values()} - {new.key for new in previews.values()}
        retired = sorted({*photo.retired, *replaced})
        until = max(photo.retired_until or 0, int(time.time()) + keep_seconds if replaced else 0)
        assign: dict[str, Any] = {"previews": {name: dict(vars(preview)) for name, preview in previews.items()}}
        if retired:
            assign |= {"retired": retired, "retired_until": until, **_wait(photo.photo_id, until)}
        return self._update(
            photo.owner_id,
            photo.photo_id,
            assign=assign,
            remove=() if retired else LEASE,
            condition="#status = :status AND #lease_until = :held",
            values={":status": Status.READY, ":held": photo.lease_until},
        )

    def release(self, owner_id: str, photo_id: str, execution: str) -> Photo:
        """Give a claim back: the photo awaits its upload again."""
        return self._update_held(
            owner_id,
            photo_id,
            execution,
            assign={"status": Status.AWAITING_UPLOAD, TTL_ATTRIBUTE: int(time.time()) + AWAITED_SECONDS},
            remove=["execution", *LEASE],
        )

    def describe(self, owner_id: str, photo_id: str, execution: str, facts: Mapping[str, Any]) -> Photo:
        """Note what was read from the picture and which previews were made, while the execution holds the photo."""
        present = {name: value for name, value in facts.items() if value is not None}
        absent = [name for name, value in facts.items() if value is None]
        return self._update_held(owner_id, photo_id, execution, assign=present, remove=absent)

    def complete(self, owner_id: str, photo_id: str, execution: str, sha256: str) -> Photo:
        """The photo is ready: from this write on, and not before, listings and digest look-ups find it.

        Raises ConditionFailedError also where what the execution had described was forgotten since.
        """
        return self._update_held(
            owner_id,
            photo_id,
            execution,
            assign={"status": Status.READY, "ready_id": photo_id, "ready_sha256": sha256},
            remove=LEASE,
            guard=" AND #sha256 = :set_ready_sha256",
        )

    def refuse(
        self,
        owner_id: str,
        photo_id: str,
        execution: str,
        status: Literal[Status.REJECTED, Status.FAILED],
        rejection: Rejection,
    ) -> Photo:
        """The photo ends `rejected` or `failed`, with the reason and the execution that found it.

        It stays held until its objects are removed; then `settle` lets it go.
        """
        return self._update_held(
            owner_id,
            photo_id,
            execution,
            assign={"status": status, "rejection": dict(vars(rejection)), **_lease(photo_id)},
            remove=[*FACTS, *LISTING],
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
            assign={"status": Status.DELETING, **_lease(photo_id)},
            remove=[*LISTING, TTL_ATTRIBUTE],
            condition="attribute_exists(photo_id)",
            values={},
        )

    def finish_delete(self, owner_id: str, photo_id: str) -> None:
        """Remove the record, and remember for a day that it was deleted, so that a repeat is known as one.

        The memory has a lease of its own: behind it no execution can write any more, and what one wrote is swept.
        """
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
                                **_lease(photo_id),
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

    def settle_deleted(self, owner_id: str, photo_id: str) -> None:
        """Nothing is left of a deleted photo; its memory stays until it expires."""
        try:
            self._client.update_item(
                TableName=self._name,
                Key=_key(owner_id, _tombstone(photo_id)),
                UpdateExpression=f"SET #ttl = if_not_exists(#ttl, :expires) REMOVE {', '.join(LEASE)}",
                ConditionExpression="attribute_exists(photo_id)",
                ExpressionAttributeNames={"#ttl": TTL_ATTRIBUTE},
                ExpressionAttributeValues=_marshal({":expires": int(time.time()) + DELETED_SECONDS}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # It expired.

    def unsettled(self, shard: int) -> Iterator[tuple[str, str, int]]:
        """The keys of what is overdue in one shard of `unsettled`, the oldest first, and when its lease ended.

        It may have been settled since.
        """
        start = None
        while True:
            answer = self._client.query(
                TableName=self._name,
                IndexName=UNSETTLED_INDEX,
                KeyConditionExpression="unsettled_shard = :shard AND lease_until < :now",
                ExpressionAttributeValues=_marshal({":shard": shard, ":now": int(time.time())}),
                **_from(start),
            )
            for item in map(_unmarshal, answer["Items"]):
                yield item["owner_id"], item["photo_id"], item["lease_until"]
            start = answer.get("LastEvaluatedKey")
            if start is None:
                return

    def record(self, owner_id: str, sort_key: str) -> Record | None:
        """One item, read consistently, whatever it is."""
        answer = self._client.get_item(TableName=self._name, Key=_key(owner_id, sort_key), ConsistentRead=True)
        return _record(_unmarshal(answer["Item"])) if "Item" in answer else None

    def records(self, after: tuple[str, str] | None, limit: int) -> tuple[list[Record], tuple[str, str] | None]:
        """Some of all items, from behind a key, an owner's next to each other; and the key to go on from, if any."""
        start = _key(*after) if after else None
        answer = self._client.scan(TableName=self._name, Limit=limit, **_from(start))
        last = answer.get("LastEvaluatedKey")
        found = [_unmarshal(item) for item in answer["Items"]]
        following = _unmarshal(last) if last else None
        return (
            [_record(item) for item in found if item["owner_id"] != NOBODY],
            (following["owner_id"], following["photo_id"]) if following else None,
        )

    def audit_position(self) -> list[str]:
        """Where the last audit stopped, as it noted it; empty where the next starts anew."""
        answer = self._client.get_item(TableName=self._name, Key=_marshal(AUDIT_ITEM), ConsistentRead=True)
        position: list[str] = _unmarshal(answer["Item"])["position"] if "Item" in answer else []
        return position

    def note_audit_position(self, position: Sequence[str]) -> None:
        """Note where an audit stopped."""
        self._client.put_item(TableName=self._name, Item=_marshal({**AUDIT_ITEM, "position": list(position)}))

    def _update_held(
        self,
        owner_id: str,
        photo_id: str,
        execution: str,
        *,
        assign: Mapping[str, Any],
        remove: Sequence[str] = (),
        also: Status | None = None,
        guard: str = "",
    ) -> Photo:
        """Write while `execution` holds the photo, or again if it already turned the photo into `also`."""
        held = "#status = :processing" if also is None else "#status IN (:processing, :also)"
        return self._update(
            owner_id,
            photo_id,
            assign=assign,
            remove=remove,
            condition=f"{held} AND #execution = :mine{guard}",
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
        names = {*assign, *remove, *count, "status", "execution", "lease_until", "retired_until", "version", "sha256"}
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


_FREE: Final = "(attribute_not_exists(#lease_until) OR #lease_until < :now OR #lease_until > :never)"
"""That nobody is at work on a photo. A lease that ends later than any can is nobody's."""


def is_free(lease_until: int | None, now: float) -> bool:
    """Whether a lease has run out, by the same rule as the table's conditions."""
    values = _free_at(now)
    return lease_until is None or lease_until < values[":now"] or lease_until > values[":never"]


def held_at(photo: Photo) -> float:
    """When a photo was held, as `hold` or `refuse` gave it; Unix seconds."""
    if photo.lease_until is None:
        raise ValueError("nobody holds this photo")
    return photo.lease_until - LEASE_SECONDS


def has_retired(photo: Photo, now: float) -> bool:
    """Whether previews of the photo are retired and still kept."""
    return photo.retired_until is not None and photo.retired_until >= now


def _free_at(now: float) -> dict[str, int]:
    """The values of `_FREE`. Clocks of functions differ by less than a lease."""
    return {":now": int(now), ":never": int(now) + 2 * LEASE_SECONDS}


def _lease(photo_id: str) -> dict[str, int]:
    return _wait(photo_id, int(time.time()) + LEASE_SECONDS)


def _wait(photo_id: str, until: int | None) -> dict[str, Any]:
    return {"lease_until": until, "unsettled_shard": zlib.crc32(photo_id.encode()) % UNSETTLED_SHARDS}


def _from(start: dict[str, Any] | None) -> Any:
    return {"ExclusiveStartKey": start} if start else {}


_DELETED: Final = "deleted/"


def _tombstone(photo_id: str) -> str:
    return f"{_DELETED}{photo_id}"


def _key(owner_id: str, photo_id: str) -> dict[str, Any]:
    return _marshal({"owner_id": owner_id, "photo_id": photo_id})


def _photo(item: Mapping[str, Any] | None) -> Photo | None:
    return Photo.from_item(_unmarshal(item)) if item else None


def _record(item: Mapping[str, Any]) -> Record:
    status = item.get("status")
    return Record(
        owner_id=item["owner_id"],
        sort_key=item["photo_id"],
        status=Status(status) if status in list(Status) else None,
        photo=_readable(item),
        lease_until=item.get("lease_until"),
        is_leased=all(name in item for name in LEASE),
        is_listed="ready_id" in item,
    )


def _readable(item: Mapping[str, Any]) -> Photo | None:
    try:
        return Photo.from_item(item)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


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
