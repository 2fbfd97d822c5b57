"""An object of another bucket, which is imported: its bytes are read once for the digest, and copied within S3."""

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from photosky.imaging.files import HEAD_BYTES

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_CHUNK_BYTES: Final = 1024 * 1024


def name_below(key: str, prefix: str) -> str | None:
    """The name of an object below a prefix; None for folders and hidden files, such as `.thumbnails/a.jpg`."""
    name = key.removeprefix(prefix).lstrip("/") or key
    return None if key.endswith("/") or any(part.startswith(".") for part in name.split("/")) else name


class ReadObject(NamedTuple):
    """What a read of an object found: its version by ETag, its bytes, and their SHA-256 in hexadecimal digits."""

    etag: str
    size_bytes: int
    sha256: str


class SourceObject:
    """One object. Errors are those of botocore: a missing permission or object ends the import of this object only."""

    def __init__(self, client: "S3Client", bucket: str, key: str) -> None:
        self._client = client
        self._at: Any = {"Bucket": bucket, "Key": key}

    def read_head(self, size_bytes: int) -> bytes:
        """The first `HEAD_BYTES` of an object of this size."""
        if not size_bytes:
            return b""  # An empty object has no range of bytes (RFC 9110, section 15.5.17).
        body: bytes = self._client.get_object(**self._at, Range=f"bytes=0-{HEAD_BYTES - 1}")["Body"].read()
        return body

    def read(self) -> ReadObject:
        """Read the whole object without keeping it: at most a MiB is in memory.

        S3 knows the SHA-256 only of an object whose uploader asked for it, and did not upload it in parts (its user
        guide, "Checking object integrity in Amazon S3"). So the bytes are read.
        """
        response = self._client.get_object(**self._at)
        digest, size_bytes = hashlib.sha256(), 0
        for chunk in response["Body"].iter_chunks(_CHUNK_BYTES):
            digest.update(chunk)
            size_bytes += len(chunk)
        return ReadObject(response["ETag"], size_bytes, digest.hexdigest())

    def copy(self, etag: str, bucket: str, key: str, content_type: str) -> None:
        """Copy the object within S3, if it is still the one that was read, without its metadata and tags."""
        self._client.copy_object(
            Bucket=bucket,
            Key=key,
            CopySource=self._at,
            CopySourceIfMatch=etag,
            ContentType=content_type,
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",
        )
