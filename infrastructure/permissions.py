"""The permissions of each function, in addition to its log, its traces, and those that constructs give to their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from aws_cdk import CfnElement, Stack

from infrastructure.findings import accept
from infrastructure.functions import Function
from infrastructure.storage import Storage
from photosky.store.attributes import (
    CHANGED_INDEX,
    DIGEST_INDEX,
    FAVORITES_INDEX,
    FAVORITES_TAKEN_INDEX,
    READY_INDEX,
    TAKEN_INDEX,
    TRASHED_INDEX,
    UNSETTLED_INDEX,
)
from photosky.store.keys import FACTS_FILE, ORIGINALS_PREFIX, PREVIEWS_PREFIX, UPLOADS_PREFIX

Resources = Callable[[Storage], list[str]]
"""The ARNs that a statement names."""

PREFIXES: Final = (UPLOADS_PREFIX, ORIGINALS_PREFIX, PREVIEWS_PREFIX)

_FACTS: Final = f"{PREVIEWS_PREFIX}*/{FACTS_FILE}"


def _table(storage: Storage) -> list[str]:
    return [storage.table.table_arn]


def _indexes(*names: str) -> Resources:
    return lambda storage: [storage.index(name) for name in names]


def _bucket(storage: Storage) -> list[str]:
    return [storage.bucket.bucket_arn]


def _objects(*prefixes: str) -> Resources:
    return lambda storage: storage.objects(*prefixes)


def _uploads_and_facts(storage: Storage) -> list[str]:
    return [*storage.objects(UPLOADS_PREFIX), storage.bucket.arn_for_objects(_FACTS)]


@dataclass(frozen=True)
class Permission:
    """One policy statement: exactly these actions on exactly these resources."""

    actions: tuple[str, ...]
    resources: Resources


_LIST_BUCKET: Final = Permission(("s3:ListBucket",), _bucket)
"""Without it, S3 answers 403 for a missing object (GetObject, "Permissions"), and the step would fail."""

_DELETE_OBJECTS: Final = Permission(("s3:DeleteObject",), _objects(*PREFIXES))

PERMISSIONS: Final[Mapping[str, tuple[Permission, ...]]] = {
    "PhotosApi": (
        Permission(
            (
                *("dynamodb:GetItem", "dynamodb:Query"),
                *("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"),
            ),
            _table,
        ),
        Permission(
            ("dynamodb:Query",),
            _indexes(
                *(READY_INDEX, TRASHED_INDEX, TAKEN_INDEX, FAVORITES_INDEX, FAVORITES_TAKEN_INDEX),
                *(CHANGED_INDEX, DIGEST_INDEX),
            ),
        ),
        Permission(("s3:GetObject",), _objects(ORIGINALS_PREFIX, PREVIEWS_PREFIX)),
        Permission(("s3:PutObject",), _objects(UPLOADS_PREFIX)),
        _DELETE_OBJECTS,
    ),
    "Validate": (
        Permission(("s3:GetObject",), _objects(UPLOADS_PREFIX)),
        _LIST_BUCKET,
        Permission(("dynamodb:UpdateItem",), _table),
    ),
    # Previews decodes strangers' bytes. It has no permission by which it could find, change or remove other photos.
    "Previews": (
        Permission(("s3:GetObject",), _objects(UPLOADS_PREFIX)),
        Permission(("s3:PutObject",), _objects(PREVIEWS_PREFIX)),
    ),
    "Promote": (
        Permission(("s3:GetObject",), _objects(UPLOADS_PREFIX)),
        Permission(("s3:PutObject",), _objects(ORIGINALS_PREFIX)),
        _LIST_BUCKET,
    ),
    "Persist": (
        # The photo's copies in the listings of its tags are items of their own.
        Permission(("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"), _table),
        # Persist copies the upload to the originals if Promote could not. It reads the facts that Previews stored, and
        # signs the URLs of previews: a signed URL has the permissions of its signer.
        Permission(("s3:GetObject",), _objects(UPLOADS_PREFIX, PREVIEWS_PREFIX)),
        Permission(("s3:PutObject",), _objects(ORIGINALS_PREFIX)),
        _LIST_BUCKET,
        _DELETE_OBJECTS,
    ),
    "Reject": (
        Permission(("dynamodb:UpdateItem",), _table),
        _DELETE_OBJECTS,
    ),
    "Fail": (
        Permission(("dynamodb:UpdateItem",), _table),
        _DELETE_OBJECTS,
    ),
    "Reconcile": (
        Permission(
            (
                *("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"),
                *("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"),
            ),
            _table,
        ),
        Permission(("dynamodb:Query",), _indexes(UNSETTLED_INDEX)),
        # Reconcile lists and deletes objects, and reads none.
        _LIST_BUCKET,
        _DELETE_OBJECTS,
    ),
    # It gets the records from the pipe, and returns the events to it. It removes uploads and facts, and no preview.
    "Events": (Permission(("s3:DeleteObject",), _uploads_and_facts),),
    # It may also read the source buckets and run the ingest (`workflows/imports.py`).
    "Transfer": (
        Permission(
            ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"),
            _table,
        ),
        Permission(("dynamodb:Query",), _indexes(DIGEST_INDEX)),
        Permission(("s3:PutObject",), _objects(UPLOADS_PREFIX)),
    ),
    "Plan": (Permission(("dynamodb:Scan",), _table),),
    # Renew decodes too. Without a list of the keys it cannot find other photos.
    "Renew": (
        Permission(("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"), _table),
        Permission(("s3:GetObject",), _objects(ORIGINALS_PREFIX)),
        Permission(("s3:PutObject",), _objects(PREVIEWS_PREFIX)),
    ),
}
"""By the name of the function."""


def grant_permissions(function: Function, storage: Storage) -> None:
    """Grant a function its permissions. Raises KeyError for a function without a row."""
    for permission in PERMISSIONS[function.node.id]:
        function.allow(permission.actions, permission.resources(storage))


def accept_object_wildcards(stack: Stack, storage: Storage) -> None:
    """Accept the finding that statements end in `*` below a prefix."""
    bucket = stack.get_logical_id(cast(CfnElement, storage.bucket.node.default_child))
    accept(
        stack,
        *(
            f"IAM5[Resource::<{bucket}.Arn>/{wildcard}]"
            for wildcard in (*(f"{prefix}*" for prefix in PREFIXES), _FACTS)
        ),
        because="Keys of objects are generated; all objects of one kind share a prefix.",
    )
