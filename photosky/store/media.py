"""The media bucket: reads of uploads and originals, writes of previews, promotion to originals, and removal."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.config import Config

from photosky.aws import session
from photosky.settings import settings
from photosky.store import keys
from photosky.store.objects import DENIED, RangedObject, translate_errors

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""`Cache-Control` of previews (RFC 8246). A changed preview has another key, so caches may keep one for a year."""

MAX_DELETE_OBJECTS: Final = 1000
"""Keys in one DeleteObjects request (S3 API reference)."""

ADDRESSING: Final = Config(
    signature_version="s3v4", s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
)
"""Regional virtual-hosted endpoints and SigV4, also of presigned URLs."""

MAX_FACTS_BYTES: Final = 64 * 1024
"""Facts that are read at most; those of a picture with ten previews take 3 KiB."""


class ListedObject(NamedTuple):
    """One object of a bucket listing; `modified_at` in Unix seconds."""

    key: str
    size_bytes: int
    modified_at: float


class MediaBucket:
    """Operations on photos' objects. All of them are idempotent."""

    def __init__(self, client: "S3Client", name: str) -> None:
        self._client = client
        self._name = name

    def open_upload(self, owner_id: str, photo_id: str) -> RangedObject:
        """The upload as a file. Raises ObjectMissingError."""
        return RangedObject(self._client, self._name, keys.upload_key(owner_id, photo_id))

    def read_upload(self, owner_id: str, photo_id: str, etag: str) -> bytes:
        """The whole upload in one request. Raises ObjectMissingError, or ObjectReplacedError if the ETag differs.

        The caller may not list the bucket, so a missing permission raises ObjectMissingError too.
        """
        key = keys.upload_key(owner_id, photo_id)
        response = translate_errors(lambda: self._client.get_object(Bucket=self._name, Key=key, IfMatch=etag), DENIED)
        return response["Body"].read()

    def read_original(self, key: str) -> bytes:
        """A whole original in one request. Raises ObjectMissingError, also if a permission is missing."""
        response = translate_errors(lambda: self._client.get_object(Bucket=self._name, Key=key), DENIED)
        return response["Body"].read()

    def put_preview(self, key: str, data: bytes, content_type: str) -> None:
        """Write one preview under its immutable key."""
        self._client.put_object(Bucket=self._name, Key=key, Body=data, ContentType=content_type, CacheControl=IMMUTABLE)

    def put_facts(self, key: str, data: bytes) -> None:
        """Write the facts of a picture, as JSON."""
        self._client.put_object(Bucket=self._name, Key=key, Body=data, ContentType="application/json")

    def read_facts(self, key: str) -> bytes:
        """The first `MAX_FACTS_BYTES` of the facts of a picture. Raises ObjectMissingError."""
        wanted = f"bytes=0-{MAX_FACTS_BYTES - 1}"
        response = translate_errors(lambda: self._client.get_object(Bucket=self._name, Key=key, Range=wanted))
        return response["Body"].read()

    def promote(self, upload_key: str, etag: str, original_key: str, content_type: str) -> None:
        """Copy an upload to the originals within S3, with the detected content type and without the client's metadata.

        Raises ObjectMissingError, or ObjectReplacedError if the ETag differs.
        """
        translate_errors(
            lambda: self._client.copy_object(
                Bucket=self._name,
                Key=original_key,
                CopySource={"Bucket": self._name, "Key": upload_key},
                CopySourceIfMatch=etag,
                ContentType=content_type,
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
            )
        )

    def remove(self, object_keys: Iterable[str]) -> None:
        """Remove objects, whether they exist or not. Raises RuntimeError with S3's codes if one was not removed."""
        wanted = sorted(set(object_keys))
        for start in range(0, len(wanted), MAX_DELETE_OBJECTS):
            self._delete_objects(wanted[start : start + MAX_DELETE_OBJECTS])

    def walk(self, prefix: str = "", after: str = "") -> Iterator[ListedObject]:
        """Every object under `prefix` after the key `after`, in the order of keys (UTF-8), one page at a time."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._name, Prefix=prefix, StartAfter=after
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield ListedObject(entry["Key"], entry["Size"], entry["LastModified"].timestamp())

    def _delete_objects(self, object_keys: list[str]) -> None:
        objects = [{"Key": key} for key in object_keys]
        response = self._client.delete_objects(Bucket=self._name, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]
        # DeleteObjects answers 200 even if it refused some keys (S3 API reference).
        if errors := response.get("Errors"):
            codes = sorted({error.get("Code", "") for error in errors})
            raise RuntimeError(f"{len(errors)} of {len(objects)} objects were not removed: {', '.join(codes)}")


@cache
def s3_client() -> "S3Client":
    """The S3 client: regional virtual-hosted endpoints and SigV4. Its timeouts are shorter than the functions'."""
    config = Config(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
    return session().client("s3", config=ADDRESSING.merge(config))


@cache
def media_bucket() -> MediaBucket:
    """The bucket of this deployment."""
    return MediaBucket(s3_client(), settings().bucket_name)
