"""The storage under test as `local.library` uses it, with a user pool and two owners."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from local.library import Library
from photosky.store import keys
from photosky.store.idempotency import RequestKey
from tests.storage import Storage

EMAIL = "ada@photos.example"
OTHER_EMAIL = "grace@photos.example"
POOL = "us-east-1_pool"


class Users:
    """The calls of a Cognito user pool that PhotoSky makes; moto's pool needs a package of its own."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.signed_out: list[str] = []

    def add(self, email: str) -> str:
        """Create a user and return its `sub`, which is its name too."""
        sub = str(uuid.uuid4())
        about = [{"Name": "sub", "Value": sub}, {"Name": "email", "Value": email}]
        self.users[sub] = {"Username": sub, "UserAttributes": about, "Enabled": True}
        return sub

    def admin_get_user(self, *, UserPoolId: str, Username: str) -> dict[str, Any]:
        """Find a user by name or e-mail address."""
        assert UserPoolId == POOL
        for user in self.users.values():
            if Username in [about["Value"] for about in user["UserAttributes"]]:
                return user
        raise ClientError({"Error": {"Code": "UserNotFoundException"}}, "AdminGetUser")

    def admin_disable_user(self, *, UserPoolId: str, Username: str) -> None:
        """Prevent sign-ins."""
        self.admin_get_user(UserPoolId=UserPoolId, Username=Username)["Enabled"] = False

    def admin_user_global_sign_out(self, *, UserPoolId: str, Username: str) -> None:
        """Revoke refresh tokens; a disabled user can be signed out too."""
        self.signed_out.append(self.admin_get_user(UserPoolId=UserPoolId, Username=Username)["Username"])

    def admin_delete_user(self, *, UserPoolId: str, Username: str) -> None:
        """Delete a user."""
        del self.users[self.admin_get_user(UserPoolId=UserPoolId, Username=Username)["Username"]]


@contextmanager
def library_of(storage: Storage) -> Iterator[Library]:
    """The library of a storage, whose bucket keeps versions; its user pool has no user."""
    before = storage.stored_objects.versioning_status
    storage.s3.put_bucket_versioning(Bucket=storage.bucket, VersioningConfiguration={"Status": "Enabled"})
    yield Library(storage.dynamodb, storage.s3, Users(), storage.table_name, storage.bucket, POOL)
    storage.stored_objects.versioning_status = before  # Suspended, which S3 has instead, would keep versions.


def sign_up(library: Library, email: str) -> str:
    """Create a user and return its `sub`."""
    return str(library.cognito.add(email))


def fill(storage: Storage, owner_id: str) -> list[str]:
    """Give an owner photos in all statuses that keep data, requests, a tombstone, versions and results; return ids."""
    table, digits = storage.table, owner_id.replace("-", "")
    ready = storage.put_ready(digits * 2, owner_id=owner_id)
    ready = table.edit(owner_id, ready.photo_id, {"tags": ("Sea", "sun"), "title": "Moon"}, version=None)
    trashed = storage.put_ready("f" + digits + digits[1:], owner_id=owner_id, tags=("sea",))
    trashed = table.trash(trashed, 3600)
    for photo in (ready, trashed):
        assert photo.original is not None
        for data in (b"earlier", b"now"):
            storage.s3.put_object(Bucket=storage.bucket, Key=photo.original, Body=data)
    awaiting = storage.put_photo(owner_id=owner_id)
    storage.upload(awaiting, b"upload")
    storage.s3.delete_object(Bucket=storage.bucket, Key=keys.upload_key(owner_id, awaiting.photo_id))
    storage.s3.put_object(Bucket=storage.bucket, Key=f"imports/{owner_id}/run/SUCCEEDED_0.jsonl", Body=b"{}")
    table.keep_key(ready, RequestKey.of("key", ["body"]))
    deleted = storage.put_photo(owner_id=owner_id)
    storage.begin_delete(deleted)
    table.finish_delete(owner_id, deleted.photo_id)
    return [photo.photo_id for photo in (ready, trashed, awaiting, deleted)]


def left(storage: Storage, library: Library, owner_id: str) -> list[str]:
    """The items and versions that have the owner's id."""
    items = [str(item) for item in storage.items() if owner_id in str(item)]
    return items + [str(version) for page in library.versions(owner_id) for version in page]
