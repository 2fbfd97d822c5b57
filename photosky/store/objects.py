"""Reads of single objects in S3: files backed by ranged requests, and errors for a missing or replaced object."""

import io
from collections.abc import Callable, Mapping, Set
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

T = TypeVar("T")

BLOCK_BYTES: Final = 64 * 1024
"""Size of one ranged read. Most headers, with their EXIF data and profile, fit into one."""

MAX_BLOCKS_AHEAD: Final = 128
"""Blocks in one request at most: 8 MiB."""


class ObjectMissingError(Exception):
    """Raised when there is no object under the key."""


class ObjectReplacedError(Exception):
    """Raised when the object's ETag is not the expected one."""


class RangedObject(io.RawIOBase, BinaryIO):
    """One object as a seekable file that fetches only what is read, always of the same ETag.

    Opening it fetches its first block of 64 KiB, and a read the block that it needs. Each sequential read fetches twice
    as many blocks as the one before, up to 8 MiB. So a header costs one request, and a file that is read to its end
    does not cost hundreds.
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
        try:
            first = self._get(0, BLOCK_BYTES - 1)
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidRange":
                raise
            # An empty object has no range of bytes (RFC 9110, section 15.5.17).
            head = translate_errors(lambda: client.head_object(Bucket=bucket, Key=key))
            self.etag, self.size_bytes = head["ETag"], head["ContentLength"]
            return
        self.etag = first["ETag"]
        self.size_bytes = int(first["ContentRange"].rpartition("/")[2])
        self._blocks[0], self._following = first["Body"].read(), 1

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
        """Read up to `size` bytes, or to the end. Raises ObjectReplacedError if the object has changed."""
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
        data = self._get(start, end, IfMatch=self.etag)["Body"].read()
        for offset in range(0, len(data), BLOCK_BYTES):
            self._blocks[first + offset // BLOCK_BYTES] = data[offset : offset + BLOCK_BYTES]
        self._following = first + count

    def _get(self, start: int, end: int, **condition: str) -> Mapping[str, Any]:
        wanted = f"bytes={start}-{end}"
        return translate_errors(
            lambda: self._client.get_object(Bucket=self._bucket, Key=self._key, Range=wanted, **condition)  # type: ignore[arg-type]
        )


_MISSING: Final = {"404", "NoSuchKey", "NotFound", "NoSuchVersion"}
_REPLACED: Final = {"412", "PreconditionFailed"}


DENIED: Final = {"403", "AccessDenied"}
"""S3's answer to a missing object, if the caller may not list the bucket (S3 API reference, GetObject)."""


def translate_errors(call: Callable[[], T], missing: Set[str] = frozenset()) -> T:
    """The result of `call`. Raises ObjectMissingError or ObjectReplacedError for S3's error codes of these cases.

    `missing` are further codes of a missing object.
    """
    try:
        return call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING | missing:
            raise ObjectMissingError(code) from error
        if code in _REPLACED:
            raise ObjectReplacedError(code) from error
        raise
