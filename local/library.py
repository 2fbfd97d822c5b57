"""What one owner has in a deployed stack: items of the table, versions of objects, and the user."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from botocore.exceptions import ClientError

from local.deployed import Deployed
from local.errors import CommandError
from photosky.store import keys
from photosky.store.index_keys import months_partition
from photosky.store.items import marshal, unmarshal
from photosky.store.photos import PhotosTable
from photosky.store.table import item_key, start_key

_MAX_BATCH_ITEMS: Final = 25
"""Items of one BatchWriteItem request (DynamoDB API reference)."""

Version = tuple[str, str]
"""The key and the version id of an object, or of its delete marker."""


@dataclass(frozen=True)
class Library:
    """The parts of a deployed stack that hold data of owners."""

    dynamodb: Any
    s3: Any
    cognito: Any
    table_name: str
    bucket: str
    pool: str

    @classmethod
    def of(cls, deployed: Deployed) -> Self:
        """Make the clients of a stack."""
        client, outputs = deployed.clients.client, deployed.outputs
        return cls(
            dynamodb=client("dynamodb"),
            s3=client("s3"),
            cognito=client("cognito-idp"),
            table_name=outputs["PhotosTableName"],
            bucket=outputs["MediaBucketName"],
            pool=outputs["UserPoolId"],
        )

    @property
    def table(self) -> PhotosTable:
        """The photos table."""
        return PhotosTable(self.dynamodb, self.table_name)

    def user(self, name: str) -> Mapping[str, Any] | None:
        """Find a user by name, e-mail address or `sub`."""
        try:
            found: Mapping[str, Any] = self.cognito.admin_get_user(UserPoolId=self.pool, Username=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "UserNotFoundException":
                raise
            return None
        return found

    def owner_id(self, name: str) -> str:
        """Return the `sub` of a user; of a user that does not exist any more, the name has to be the `sub`.

        Raises CommandError.
        """
        if user := self.user(name):
            return str(next(about["Value"] for about in user["UserAttributes"] if about["Name"] == "sub"))
        try:
            return str(UUID(name))
        except ValueError:
            raise CommandError(f"There is no user {name!r}. If the user was deleted, name the `sub`.") from None

    def items(self, partition: str) -> Iterator[dict[str, Any]]:
        """Read all items of a partition, consistently."""
        start = None
        while True:
            response = self.dynamodb.query(
                TableName=self.table_name,
                KeyConditionExpression="owner_id = :partition",
                ExpressionAttributeValues=marshal({":partition": partition}),
                ConsistentRead=True,
                **start_key(start),
            )
            yield from map(unmarshal, response["Items"])
            start = response.get("LastEvaluatedKey")
            if start is None:
                return

    def records(self, owner_id: str) -> Iterator[dict[str, Any]]:
        """Read the items of the owner's photos."""
        return (item for item in self.items(owner_id) if "status" in item)

    def delete_items(self, partition: str) -> int:
        """Delete all items of a partition, and return how many."""
        found = [item_key(item["owner_id"], item["photo_id"]) for item in self.items(partition)]
        for start in range(0, len(found), _MAX_BATCH_ITEMS):
            batch = found[start : start + _MAX_BATCH_ITEMS]
            requests: Any = [{"DeleteRequest": {"Key": key}} for key in batch]
            while requests:
                response = self.dynamodb.batch_write_item(RequestItems={self.table_name: requests})
                requests = response["UnprocessedItems"].get(self.table_name)
        return len(found)

    def counters(self, owner_id: str) -> str:
        """The partition of the owner's counters."""
        return months_partition(owner_id)

    def versions(self, owner_id: str) -> Iterator[list[Version]]:
        """List all versions and delete markers of the owner's objects, a page at a time."""
        paginator = self.s3.get_paginator("list_object_versions")
        for prefix in (*keys.PREFIXES, keys.REPORTS_PREFIX):
            for page in paginator.paginate(Bucket=self.bucket, Prefix=f"{prefix}{owner_id}/"):
                entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                if entries:
                    yield [(entry["Key"], entry["VersionId"]) for entry in entries]

    def delete_versions(self, versions: Iterable[Version]) -> None:
        """Delete versions of objects, at most 1,000 (S3 API reference, "DeleteObjects"). Raises CommandError."""
        objects = [{"Key": key, "VersionId": version} for key, version in versions]
        response = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
        if errors := response.get("Errors"):
            codes = ", ".join(sorted({error.get("Code", "") for error in errors}))
            raise CommandError(f"{len(errors)} of {len(objects)} versions were not deleted: {codes}. Start again.")
