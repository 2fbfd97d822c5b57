"""The media bucket: ranged reads of uploads, previews, promotion to originals, and removal."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from botocore.config import Config
from botocore.exceptions import ClientError

from photosky.aws import session
from photosky.settings import settings
from photosky.store import keys

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

T = TypeVar("T")

BLOCK_BYTES: Final = 64 * 1024
"""What one ranged read fetches: most headers, their EXIF and profile included, fit into one."""

MAX_BLOCKS_AHEAD: Final = 128
"""8 MiB in one request."""

IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""RFC 8246; the key changes when the preview does, so a cache may keep it for as long as it likes."""


MAX_REMOVED_AT_ONCE: Final = 1000
"""Of one DeleteObjects (S3 API reference)."""


@dataclass(frozen=True)
class Listed:
    """One object as a listing tells of it; `modified_at` in Unix seconds."""

    key: str
    size_bytes: int
    modified_at: float


class ObjectMissingError(Exception):
    """Raised when there is no object under the key."""


class ObjectReplacedError(Exception):
    """Raised when the object under the key is not the one whose ETag was pinned."""


class RangedObject(io.RawIOBase, BinaryIO):
    """One object as a seekable file that fetches what is read, all of one ETag.

    It fetches a block of 64 KiB at a time, and twice as many with each read that follows the one before, up to
    8 MiB: a header costs one request, and a file that has to be walked to its end does not cost hundreds.
    """

    def __init__(self, client: "S3Client", bucket: str, key: str) -> None:
        super().__init__()
        self._client = client
        self._bucket = bucket
        self._key = key
        self._position = 0
        self._blocks: dict[int, bytes] = {}
        self._ahead = 1
        self._following = -1
        head = _translated(lambda: client.head_object(Bucket=bucket, Key=key))
        self.etag = head["ETag"]
        self.size_bytes = head["ContentLength"]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size_bytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes, or to the end. Raises ObjectReplacedError if the object changed meanwhile."""
        end = self.size_bytes if size is None or size < 0 else min(self._position + size, self.size_bytes)
        if end <= self._position:
            return b""
        first, last = self._position // BLOCK_BYTES, (end - 1) // BLOCK_BYTES
        data = b"".join(self._block(index) for index in range(first, last + 1))
        start = self._position - first * BLOCK_BYTES
        wanted = data[start : start + end - self._position]
        self._position = end
        return wanted

    def _block(self, index: int) -> bytes:
        if index not in self._blocks:
            self._ahead = min(self._ahead * 2, MAX_BLOCKS_AHEAD) if index == self._following else 1
            self._fetch(index, self._ahead)
        return self._blocks[index]

    def _fetch(self, first: int, count: int) -> None:
        start = first * BLOCK_BYTES
        end = min(start + count * BLOCK_BYTES, self.size_bytes) - 1
        answer = _translated(
            lambda: self._client.get_object(
                Bucket=self._bucket, Key=self._key, Range=f"bytes={start}-{end}", IfMatch=self.etag
            )
        )
        data = answer["Body"].read()
        for offset in range(0, len(data), BLOCK_BYTES):
            self._blocks[first + offset // BLOCK_BYTES] = data[offset : offset + BLOCK_BYTES]
        self._following = first + count


class MediaBucket:
    """The bucket, seen as what happens to a photo's objects. Every method is safe to call twice."""

    def __init__(self, client: "S3Client", name: str) -> None:
        self._client = client
        self._name = name

    def open_upload(self, owner_id: str, photo_id: str) -> RangedObject:
        """The upload as a file. Raises ObjectMissingError."""
        return RangedObject(self._client, self._name, keys.upload_key(owner_id, photo_id))

    def read_upload(self, owner_id: str, photo_id: str, etag: str) -> bytes:
        """The whole upload, in one read. Raises ObjectMissingError, or ObjectReplacedError if the ETag differs."""
        key = keys.upload_key(owner_id, photo_id)
        answer = _translated(lambda: self._client.get_object(Bucket=self._name, Key=key, IfMatch=etag))
        return answer["Body"].read()

    def read_original(self, key: str) -> bytes:
        """A whole original, in one read. Raises ObjectMissingError."""
        answer = _translated(lambda: self._client.get_object(Bucket=self._name, Key=key))
        return answer["Body"].read()

    def put_preview(self, key: str, data: bytes, content_type: str) -> None:
        """Write one preview under its immutable key."""
        self._client.put_object(Bucket=self._name, Key=key, Body=data, ContentType=content_type, CacheControl=IMMUTABLE)

    def promote(self, upload_key: str, etag: str, original_key: str, content_type: str) -> None:
        """Copy an upload to its place among the originals, within S3, with the type that its bytes have.

        Raises ObjectMissingError, or ObjectReplacedError if the ETag differs.
        """
        _translated(
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
        """Remove objects; one that is not there is fine. Raises RuntimeError, with S3's codes, if any stays."""
        wanted = sorted(set(object_keys))
        for start in range(0, len(wanted), MAX_REMOVED_AT_ONCE):
            self._remove_at_once(wanted[start : start + MAX_REMOVED_AT_ONCE])

    def walk(self, prefix: str = "", after: str = "") -> Iterator[Listed]:
        """Every object below `prefix` in the order of keys (UTF-8), from behind the key `after`; a page at a time."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._name, Prefix=prefix, StartAfter=after
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield Listed(entry["Key"], entry["Size"], entry["LastModified"].timestamp())

    def _remove_at_once(self, object_keys: list[str]) -> None:
        objects = [{"Key": key} for key in object_keys]
        answer = self._client.delete_objects(Bucket=self._name, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]
        if refused := answer.get("Errors"):
            codes = sorted({error.get("Code", "") for error in refused})
            raise RuntimeError(f"{len(refused)} of {len(objects)} objects were not removed: {', '.join(codes)}")


@cache
def s3_client() -> "S3Client":
    """The S3 client: regional, virtual-host style, SigV4, giving up well before a task's time does."""
    config = Config(
        signature_version="s3v4",
        connect_timeout=1,
        read_timeout=5,
        retries={"mode": "standard", "max_attempts": 3},
        s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
    )
    return session().client("s3", config=config)


@cache
def media_bucket() -> MediaBucket:
    """The bucket of this deployment."""
    return MediaBucket(s3_client(), settings().bucket_name)


_MISSING: Final = {"404", "NoSuchKey", "NotFound", "NoSuchVersion"}
_REPLACED: Final = {"412", "PreconditionFailed"}


def _translated(call: Callable[[], T]) -> T:
    """What `call` returns, with S3's codes for a missing and for another object turned into our two errors."""
    try:
        return call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING:
            raise ObjectMissingError(code) from error
        if code in _REPLACED:
            raise ObjectReplacedError(code) from error
        raise
