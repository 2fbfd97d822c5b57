"""The bucket and the table of a synthesized template in moto, with access to their contents."""

import json
import pickle
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Self
from urllib.parse import unquote

import pytest
from boto3 import Session
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import dynamo_to_dict
from moto.s3.exceptions import PreconditionFailed
from moto.s3.models import FakeBucket, FakeKey, s3_backends
from moto.s3.responses import S3Response
from types_boto3_dynamodb import DynamoDBClient
from types_boto3_s3 import S3Client

from photosky.photo import Photo, Status, new_photo_id
from photosky.store import keys, schema
from photosky.store.attributes import MONTHS_SUFFIX, UPGRADE_ITEM, UPLOAD_WAIT_SECONDS
from photosky.store.index_keys import counted_as, counted_bytes, index_attributes, tag_copy, wanted_tags
from photosky.store.items import marshal, to_item
from photosky.store.photos import PhotosTable
from photosky.store.table import item_key
from tests.clock import NOW, NOW_TEXT

Template = Mapping[str, Any]
Snapshot = tuple[Any, bytes]

NAMES: Final = {"AWS::DynamoDB::Table": "photos-under-test", "AWS::S3::Bucket": "media-under-test"}
"""Physical names of the template's table and bucket."""

OWNER: Final = "0b7a3f52-5f0e-4f5c-9a53-2f6f6d1c8e01"
OTHER_OWNER: Final = "e6d1c0de-0000-4f5c-9a53-2f6f6d1c8e02"
FILENAME: Final = "Sommer über Zürich.jpg"

_created: Final[dict[str, Any]] = {}
"""The template of the last creation, and the table and the bucket after it."""

_MAX_BATCH_ITEMS: Final = 25
"""Items of one BatchWriteItem request (DynamoDB API reference)."""


@dataclass(frozen=True)
class StoredObject:
    """An object in the bucket."""

    data: bytes
    content_type: str
    cache_control: str | None


@dataclass(frozen=True)
class Storage:
    """The bucket and the table under test."""

    s3: S3Client
    dynamodb: DynamoDBClient
    bucket: str
    table_name: str

    @classmethod
    def create(cls, template: Template) -> Self:
        """Create both with the properties in the template, as CloudFormation would.

        The first time, they are requested; this takes longer than many tests, so that later calls copy the result.
        """
        storage = cls(*_clients(), NAMES["AWS::S3::Bucket"], NAMES["AWS::DynamoDB::Table"])
        if _created.get("template") is template:
            storage._restore_created()
        else:
            storage._create_bucket(properties(template, "AWS::S3::Bucket"))
            storage._create_table(properties(template, "AWS::DynamoDB::Table"))
            storage.table.store_upgrade_state(schema.VERSION, None)
            stored = storage.stored_items, storage.stored_objects
            _created.update(template=template, stored=deepcopy(stored))
        return storage

    @property
    def table(self) -> PhotosTable:
        """The table, as the code under test uses it."""
        return PhotosTable(self.dynamodb, self.table_name)

    @property
    def stored_items(self) -> Table:
        """The table in moto."""
        return dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables[self.table_name]

    @property
    def stored_objects(self) -> FakeBucket:
        """The bucket in moto."""
        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[self.bucket]

    def objects(self) -> dict[str, StoredObject]:
        """All objects in the bucket, by key. Read in moto's memory, since tests call this more often than AWS."""
        stored = ((key, value) for key, value in self.stored_objects.keys.items() if isinstance(value, FakeKey))
        return {key: _object(value) for key, value in sorted(stored, key=lambda entry: entry[0])}

    def items(self) -> list[dict[str, Any]]:
        """All items of the table except the state of upgrades, in DynamoDB JSON, read in moto's memory."""
        found = (dynamo_to_dict(item.to_json()["Attributes"]) for item in self.stored_items.all_items())
        items = [item for item in found if item["photo_id"]["S"] != UPGRADE_ITEM["photo_id"]]
        return json.loads(json.dumps(items))  # type: ignore[no-any-return]

    def records(self) -> list[dict[str, Any]]:
        """The items except the counters."""
        return [item for item in self.items() if not item["owner_id"]["S"].endswith(MONTHS_SUFFIX)]

    def state(self) -> Any:
        """All items and objects, in moto's order, as a value whose `repr` shows every difference that a request can."""
        stored = self.stored_objects.keys.items()
        objects = [(key, _object(value), value.etag, value.last_modified) for key, value in stored]
        return self.items(), objects

    def snapshot(self) -> Snapshot:
        """All items and objects, to return to by `restore`."""
        return deepcopy(self.stored_items.items), pickle.dumps(dict(self.stored_objects.keys._self_iterable()))

    def restore(self, snapshot: Snapshot) -> None:
        """Return to the items and objects of a snapshot."""
        items, versions = snapshot
        self._replace_items(items)
        self.stored_objects.keys.clear()
        for key, versions_of_key in pickle.loads(versions).items():  # noqa: S301 - written by `snapshot`
            self.stored_objects.keys.setlist(key, versions_of_key)

    def clear(self) -> None:
        """Remove all items and objects that were written after `create`."""
        table, _ = _created["stored"]
        self._replace_items(table.items)
        self.stored_objects.keys.clear()

    def photo(self, photo: Photo) -> Photo:
        """The current record of a photo."""
        stored = self.table.get(photo.owner_id, photo.photo_id)
        assert stored is not None
        return stored

    def put_photo(self, **changes: Any) -> Photo:
        """Create a record as `POST /photos` does; by default it awaits its upload."""
        photo = _new(**changes)
        if counted_bytes(photo) is not None:
            return self.table.create(photo)
        self.dynamodb.put_item(TableName=self.table_name, Item=marshal(to_item(photo)))
        return photo

    def describe(self, photo: Photo, facts: Mapping[str, Any]) -> Photo:
        """Store facts of a photo in process, as earlier versions did in Persist before they made it ready."""
        self.dynamodb.update_item(
            TableName=self.table_name,
            Key=item_key(photo.owner_id, photo.photo_id),
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in facts),
            ExpressionAttributeValues=marshal({f":{name}": value for name, value in facts.items()}),
        )
        return self.photo(photo)

    def begin_delete(self, photo: Photo) -> Photo:
        """Begin the deletion of a photo in any status."""
        return self.table.begin_delete(self.photo(photo), in_any_status=True)

    def upload(self, photo: Photo, data: bytes) -> str:
        """Upload a photo's bytes to the key of its form; return the ETag."""
        key = keys.upload_key(photo.owner_id, photo.photo_id)
        response = self.s3.put_object(Bucket=self.bucket, Key=key, Body=data, ContentType=photo.content_type)
        return response["ETag"]

    def put_ready(self, sha256: str, **changes: Any) -> Photo:
        """Create a ready photo without objects, as `tests/tasks/test_persist.py` checks that it is written."""
        photo = _ready(sha256, **changes)
        copies = [marshal(tag_copy(photo, to_item(photo), tag)) for tag in wanted_tags(photo)]
        for item in (_ready_item(photo), *copies):
            self.dynamodb.put_item(TableName=self.table_name, Item=item)
        self.table.repair_counters(photo.owner_id)
        return photo

    def put_many_ready(self, count: int) -> list[Photo]:
        """Create this number of ready photos, oldest first, in batches."""
        photos = [_ready(f"{number:064x}") for number in range(count)]
        for start in range(0, count, _MAX_BATCH_ITEMS):
            batch = photos[start : start + _MAX_BATCH_ITEMS]
            puts: Any = [{"PutRequest": {"Item": _ready_item(photo)}} for photo in batch]
            assert not self.dynamodb.batch_write_item(RequestItems={self.table_name: puts})["UnprocessedItems"]
        self.table.repair_counters(OWNER)
        return photos

    def _replace_items(self, items: Any) -> None:
        self.stored_items.items.clear()
        self.stored_items.items.update(deepcopy(items))

    def _restore_created(self) -> None:
        """Put copies of the created table and bucket into moto, as its own requests to create them do."""
        table, bucket = deepcopy(_created["stored"])
        dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables[self.table_name] = table
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[self.bucket] = bucket
        s3_backends.bucket_accounts[self.bucket] = (bucket.partition, DEFAULT_ACCOUNT_ID)

    def _create_bucket(self, bucket: Mapping[str, Any]) -> None:
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_bucket_cors(
            Bucket=self.bucket,
            CORSConfiguration={
                "CORSRules": [
                    {
                        "AllowedHeaders": rule["AllowedHeaders"],
                        "AllowedMethods": rule["AllowedMethods"],
                        "AllowedOrigins": rule["AllowedOrigins"],
                        "ExposeHeaders": rule["ExposedHeaders"],
                        "MaxAgeSeconds": rule["MaxAge"],
                    }
                    for rule in bucket["CorsConfiguration"]["CorsRules"]
                ]
            },
        )
        if "VersioningConfiguration" in bucket:
            self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration=bucket["VersioningConfiguration"])

    def _create_table(self, table: Mapping[str, Any]) -> None:
        self.dynamodb.create_table(
            TableName=self.table_name,
            **{name: table[name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")},
            GlobalSecondaryIndexes=table["GlobalSecondaryIndexes"],
        )
        self.dynamodb.update_time_to_live(
            TableName=self.table_name, TimeToLiveSpecification=table["TimeToLiveSpecification"]
        )


def _object(stored: FakeKey) -> StoredObject:
    metadata = stored.metadata
    return StoredObject(stored.value, metadata["content-type"], metadata.get("cache-control"))


@cache
def _clients() -> tuple[S3Client, DynamoDBClient]:
    """Clients shared by all tests: they have no state, and creating them takes longer than most tests."""
    session = Session()
    return session.client("s3"), session.client("dynamodb")


def _new(**changes: Any) -> Photo:
    values: dict[str, Any] = {
        "owner_id": OWNER,
        "photo_id": new_photo_id(),
        "status": Status.AWAITING_UPLOAD,
        "filename": FILENAME,
        "content_type": "image/jpeg",
        "size_bytes": 1234,
        "created_at": NOW_TEXT,
    }
    photo = Photo(**values | changes)
    is_awaiting = photo.status is Status.AWAITING_UPLOAD and photo.awaited_until is None
    return replace(photo, awaited_until=NOW + UPLOAD_WAIT_SECONDS) if is_awaiting else photo


def _ready(sha256: str, **changes: Any) -> Photo:
    photo = _new(status=Status.READY, sha256=sha256, execution="an earlier execution", **changes)
    original = keys.original_key(photo.owner_id, photo.photo_id, "an earlier execution")
    return replace(photo, original=original, counted_as=counted_as(photo), counted_bytes=counted_bytes(photo))


def _ready_item(photo: Photo) -> dict[str, Any]:
    return marshal(to_item(photo) | index_attributes(photo))


def revised(photo: Photo, *, at: str = NOW_TEXT, revisions: int = 1, **changes: Any) -> Photo:
    """A photo after changes of what listings show, the last of them at a time."""
    after = replace(photo, updated_at=at, revision=photo.revision + revisions, **changes)
    return replace(after, counted_as=counted_as(after), counted_bytes=counted_bytes(after))


def awaiting(photo: Photo, until: int) -> Photo:
    """A photo that awaits its upload until a time (Unix seconds)."""
    return replace(photo, awaited_until=until, lease_until=until)


def make_copies_conditional(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make moto check CopySourceIfMatch, which it ignores; S3 returns 412 on a mismatch (CopyObject, API reference)."""
    copy = S3Response.copy_object

    def checked_copy(response: S3Response) -> Any:
        bucket, key = unquote(response.headers["x-amz-copy-source"]).lstrip("/").split("/", 1)
        source = response.backend.get_object(bucket, key)
        expected = response.headers.get("x-amz-copy-source-if-match")
        if source is not None and expected is not None and source.etag != expected:
            raise PreconditionFailed("x-amz-copy-source-If-Match")
        return copy(response)

    monkeypatch.setattr(S3Response, "copy_object", checked_copy)


def properties(template: Template, resource_type: str) -> Mapping[str, Any]:
    """The properties of the template's only resource of this type."""
    (found,) = (resource for resource in template["Resources"].values() if resource["Type"] == resource_type)
    return found["Properties"]  # type: ignore[no-any-return]


def variables(template: Template) -> dict[str, str]:
    """The environment variables that are common to all functions of the template, with the physical names."""
    functions = [
        resource["Properties"]["Environment"]["Variables"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function" and "Environment" in resource["Properties"]
    ]
    assert functions
    # Reconcile also has the ARN of the ingest workflow.
    common = {name: value for name, value in functions[0].items() if all(name in other for other in functions)}
    assert all(function.items() >= common.items() for function in functions)
    return {
        name: value if isinstance(value, str) else NAMES[template["Resources"][value["Ref"]]["Type"]]
        for name, value in common.items()
    }
