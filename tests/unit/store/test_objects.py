"""A ranged object reads like a file, in few requests, and never mixes two versions of an object."""

import io
import os
import random
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from types_boto3_s3 import S3Client

from photosky.store.objects import BLOCK_BYTES, ObjectMissingError, ObjectReplacedError, RangedObject


class OneObject:
    """An S3 client with one object; `requests` are the requested ranges."""

    def __init__(self, data: bytes) -> None:
        self.data: bytes | None = data
        self.etag = '"first"'
        self.requests: list[tuple[int, int]] = []

    def head_object(self, **_request: str) -> dict[str, Any]:
        if self.data is None:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")
        return {"ETag": self.etag, "ContentLength": len(self.data)}

    def get_object(self, **request: str) -> dict[str, Any]:
        if self.data is None:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        if request.get("IfMatch", self.etag) != self.etag:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "GetObject")
        start, end = map(int, request["Range"].removeprefix("bytes=").split("-"))
        if not self.data:
            raise ClientError({"Error": {"Code": "InvalidRange"}}, "GetObject")
        assert 0 <= start <= end < max(len(self.data), BLOCK_BYTES)
        self.requests.append((start, end))
        content_range = f"bytes {start}-{end}/{len(self.data)}"
        return {"Body": io.BytesIO(self.data[start : end + 1]), "ETag": self.etag, "ContentRange": content_range}


def opened(client: OneObject) -> RangedObject:
    """The object as a file."""
    return RangedObject(cast(S3Client, client), "media", "incoming/owner/photo")


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 5 * BLOCK_BYTES + 17])
def test_it_reads_and_seeks_like_a_file(size: int) -> None:
    draw = random.Random(size)
    data = draw.randbytes(size)
    ours, theirs = opened(OneObject(data)), io.BytesIO(data)
    for _ in range(300):
        if draw.random() < 0.5:
            offset = draw.randint(0, size + 10)
            assert ours.seek(offset) == theirs.seek(offset)
        elif draw.random() < 0.2:
            assert ours.seek(0, os.SEEK_END) == theirs.seek(0, os.SEEK_END)
        else:
            wanted = draw.choice([0, 1, 8, 700, BLOCK_BYTES, 2 * BLOCK_BYTES + 1, -1, None])
            assert ours.read(wanted) == theirs.read(wanted)
        assert ours.tell() == theirs.tell()


def test_size_and_etag_are_known_before_the_first_read() -> None:
    client = OneObject(b"1234567")
    source = opened(client)
    assert (source.size_bytes, source.etag, source.readable(), source.seekable()) == (7, '"first"', True, True)
    assert client.requests == [(0, BLOCK_BYTES - 1)]
    assert source.read() == b"1234567"
    assert len(client.requests) == 1


def test_an_empty_object_has_size_and_etag() -> None:
    source = opened(OneObject(b""))
    assert (source.size_bytes, source.etag, source.read()) == (0, '"first"', b"")


def test_a_block_is_fetched_once() -> None:
    client = OneObject(bytes(3 * BLOCK_BYTES))
    source = opened(client)
    for offset in (0, 10, BLOCK_BYTES - 1, 20):
        source.seek(offset)
        source.read(2)
    assert client.requests == [(0, BLOCK_BYTES - 1), (BLOCK_BYTES, 3 * BLOCK_BYTES - 1)]


def test_sequential_reads_fetch_more_blocks_each_time() -> None:
    blocks = 700
    client = OneObject(bytes(blocks * BLOCK_BYTES))
    source = opened(client)
    for index in range(blocks):
        source.seek(index * BLOCK_BYTES)
        source.read(8)
    starts = [start // BLOCK_BYTES for start, _ in client.requests]
    assert starts == [0, 1, 3, 7, 15, 31, 63, 127, 255, 383, 511, 639]


def test_a_seek_fetches_one_block() -> None:
    client = OneObject(bytes(100 * BLOCK_BYTES))
    source = opened(client)
    for index in (0, 1, 50, 90):
        source.seek(index * BLOCK_BYTES)
        source.read(8)
    assert [(end + 1 - start) // BLOCK_BYTES for start, end in client.requests] == [1, 2, 1, 1]


def test_opening_a_missing_object_raises() -> None:
    client = OneObject(b"")
    client.data = None
    with pytest.raises(ObjectMissingError):
        opened(client)


def test_an_object_removed_between_two_reads_raises() -> None:
    client = OneObject(bytes(2 * BLOCK_BYTES))
    source = opened(client)
    source.read(1)
    client.data = None
    source.seek(BLOCK_BYTES)
    with pytest.raises(ObjectMissingError):
        source.read(1)


def test_an_object_replaced_between_two_reads_raises() -> None:
    client = OneObject(bytes(2 * BLOCK_BYTES))
    source = opened(client)
    source.read(1)
    client.etag = '"second"'
    source.seek(BLOCK_BYTES)
    with pytest.raises(ObjectReplacedError):
        source.read(1)


def test_other_errors_of_s3_are_not_translated() -> None:
    class Broken(OneObject):
        def get_object(self, **_request: str) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")

    with pytest.raises(ClientError, match="SlowDown"):
        opened(Broken(b""))
