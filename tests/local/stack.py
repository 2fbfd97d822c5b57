"""The deployed stack, through its API as a user and through AWS as the root user of the account."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from local.deploy import STACK
from photosky.photo import Photo, Status, new_photo_id
from photosky.store import keys
from photosky.store.index_keys import counted_bytes
from photosky.store.items import marshal, to_item
from photosky.store.photos import PhotosTable
from tests.local.client import Client
from tests.pictures import encoded

PICTURE: Final = encoded("jpeg", size=(64, 48))

EXECUTION: Final = "mine"
"""The execution that photos in `processing` belong to."""


@dataclass(frozen=True)
class DeployedStack:
    """The running stack and its demo user, with access to records, objects, functions and roles."""

    user: Client
    aws: Callable[[str], Any]
    outputs: Mapping[str, str]
    created: list[Photo] = field(default_factory=list)
    """The records that `put_photo` wrote. Some are ready but have no picture."""
    _policies: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    """The statements of the roles that `without_permission` has changed, as they are now."""

    @cached_property
    def table(self) -> PhotosTable:
        """The photos table, with the root user's permissions."""
        return PhotosTable(self.aws("dynamodb"), self.outputs["PhotosTableName"])

    @cached_property
    def owner_id(self) -> str:
        """The user's `sub`."""
        return str(self.user.create(b"x")["upload"]["fields"]["key"].split("/")[1])

    @cached_property
    def resources(self) -> list[dict[str, str]]:
        """The stack's resources, as CloudFormation lists them."""
        pages = self.aws("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        return [resource for page in pages for resource in page["StackResourceSummaries"]]

    def physical_id(self, name: str) -> str:
        """The physical id of the resource whose logical id is this name and CDK's hash of eight digits."""
        (found,) = (r["PhysicalResourceId"] for r in self.resources if r["LogicalResourceId"][:-8] == name)
        return found

    def function_arn(self, step: str) -> str:
        """The ARN of a step's function, as the policy of the state machine's role contains it."""
        return f"arn:aws:lambda:us-east-1:000000000000:function:{self.physical_id(step)}"

    # Records and objects.

    def put_photo(self, status: Status = Status.AWAITING_UPLOAD, **changes: Any) -> Photo:
        """Write a record of the user in any status."""
        photo = Photo(
            owner_id=self.owner_id,
            photo_id=new_photo_id(),
            status=status,
            filename="a.jpg",
            content_type="image/jpeg",
            size_bytes=len(PICTURE),
            created_at="2026-08-03T07:12:55.204Z",
            **changes,
        )
        if counted_bytes(photo) is None:
            self.aws("dynamodb").put_item(TableName=self.outputs["PhotosTableName"], Item=marshal(to_item(photo)))
        else:
            photo = self.table.create(photo)
        self.created.append(photo)
        return photo

    def read_photo(self, photo: Photo) -> Photo:
        """The current record of the photo."""
        found = self.table.get(photo.owner_id, photo.photo_id)
        assert found is not None
        return found

    def update_photo(self, photo: Photo, **attributes: Mapping[str, str]) -> None:
        """Set attributes of the photo's record, given in DynamoDB's JSON."""
        self.aws("dynamodb").update_item(
            TableName=self.outputs["PhotosTableName"],
            Key={name: {"S": getattr(photo, name)} for name in ("owner_id", "photo_id")},
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in attributes),
            ExpressionAttributeValues={f":{name}": value for name, value in attributes.items()},
        )

    def expire_lease(self, photo: Photo) -> None:
        """End the lease of the photo, as if its execution had been lost."""
        self.update_photo(photo, lease_until={"N": "1"})

    def put_upload(self, photo: Photo) -> str:
        """Store a picture as the photo's upload and return its ETag."""
        return self.put_object(keys.upload_key(photo.owner_id, photo.photo_id), PICTURE)

    def put_object(self, key: str, data: bytes = b"x") -> str:
        """Store an object and return its ETag."""
        response = self.aws("s3").put_object(Bucket=self.outputs["MediaBucketName"], Key=key, Body=data)
        return str(response["ETag"])

    def objects(self, photo: Photo) -> list[str]:
        """The keys of the photo's objects."""
        listed = self.aws("s3").list_objects_v2(Bucket=self.outputs["MediaBucketName"]).get("Contents", [])
        return [found["Key"] for found in listed if photo.photo_id in found["Key"]]

    # Functions.

    def run_step(self, step: str, photo: Photo, **more: Any) -> dict[str, Any]:
        """Invoke a step for a photo of `EXECUTION` and return its result or error document."""
        event = {"owner_id": photo.owner_id, "photo_id": photo.photo_id, "execution": EXECUTION, **more}
        return self.invoke(step, event)

    def invoke(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Invoke a function and return its result or error document."""
        response = self.aws("lambda").invoke(FunctionName=self.physical_id(function), Payload=json.dumps(event))
        result: dict[str, Any] = json.load(response["Payload"])
        assert ("FunctionError" in response) is ("errorMessage" in result), result
        return result

    # Roles.

    def statements(self, role: str) -> dict[str, list[dict[str, Any]]]:
        """The statements of a role's inline policies by policy name, one per action and resource."""
        iam = self.aws("iam")
        return {
            name: [
                part
                for statement in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
                for part in _split(statement)
            ]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        }

    @contextmanager
    def without_permission(self, role: str, action: str, resource: str | None = None) -> Iterator[None]:
        """Remove an action on a resource, or on all resources, from a role until the block ends."""
        iam = self.aws("iam")
        if role not in self._policies:
            self._policies[role] = self.statements(role)
        found = self._policies[role]

        def is_removed(part: Mapping[str, Any]) -> bool:
            return part["Action"] == action and resource in (None, part["Resource"])

        def put(name: str, statements: list[dict[str, Any]]) -> None:
            found[name] = statements
            if not statements:  # IAM accepts no policy without a statement.
                iam.delete_role_policy(RoleName=role, PolicyName=name)
                return
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)

        changed = {name: statements for name, statements in found.items() if any(map(is_removed, statements))}
        assert changed, f"{role} does not allow {action} on {resource}"
        with ExitStack() as restored:
            for name, statements in changed.items():
                restored.callback(put, name, statements)
                put(name, [part for part in statements if not is_removed(part)])
            yield


def _split(statement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Split a statement into one per action and resource."""
    actions, resources = (
        [value] if isinstance(value := statement[part], str) else value for part in ("Action", "Resource")
    )
    return [{**statement, "Action": action, "Resource": resource} for action in actions for resource in resources]
