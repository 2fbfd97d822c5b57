"""Objects of source buckets: their names below a prefix, their first bytes, their digest, and their copies."""

import hashlib

import pytest
from botocore.exceptions import ClientError

from photosky.store.source import ReadObject, SourceObject, name_below
from tests.storage import Storage

DATA = bytes(range(256)) * 10_000


@pytest.mark.parametrize(
    ("key", "prefix", "name"),
    [
        ("2025/a.jpg", "2025/", "a.jpg"),
        ("2025/a.jpg", "2025", "a.jpg"),
        ("2025/a.jpg", "20", "25/a.jpg"),
        ("2025/a.jpg", "", "2025/a.jpg"),
        ("2025/a.jpg", "2025/a.jpg", "2025/a.jpg"),
        ("2025/", "2025/", None),
        ("2025/b/", "2025/", None),
        ("2025/.a.jpg", "2025/", None),
        ("2025/.thumbnails/a.jpg", "2025/", None),
    ],
)
def test_name_is_that_below_the_prefix(key: str, prefix: str, name: str | None) -> None:
    assert name_below(key, prefix) == name


@pytest.fixture
def source(storage: Storage) -> SourceObject:
    """An object of more than one chunk in another bucket."""
    storage.s3.create_bucket(Bucket="old-pictures")
    storage.s3.put_object(
        Bucket="old-pictures", Key="a b/ü+.jpg", Body=DATA, ContentType="text/plain", Metadata={"a": "b"}, Tagging="c=d"
    )
    return SourceObject(storage.s3, "old-pictures", "a b/ü+.jpg")


def test_digest_is_that_of_all_bytes(source: SourceObject) -> None:
    found = source.read()
    assert found == ReadObject(found.etag, len(DATA), hashlib.sha256(DATA).hexdigest())
    assert source.read_head(len(DATA)) == DATA[:65_536]


def test_head_of_an_empty_object_needs_no_call(storage: Storage) -> None:
    assert SourceObject(storage.s3, "no-such-bucket", "a").read_head(0) == b""


def test_copy_has_the_bytes_only(storage: Storage, source: SourceObject) -> None:
    source.copy(source.read().etag, storage.bucket, "incoming/a", "image/jpeg")
    copied = storage.s3.get_object(Bucket=storage.bucket, Key="incoming/a")
    assert (copied["Body"].read(), copied["ContentType"], copied["Metadata"]) == (DATA, "image/jpeg", {})
    assert storage.s3.get_object_tagging(Bucket=storage.bucket, Key="incoming/a")["TagSet"] == []


def test_replaced_object_is_not_copied(storage: Storage, source: SourceObject) -> None:
    etag = source.read().etag
    storage.s3.put_object(Bucket="old-pictures", Key="a b/ü+.jpg", Body=b"other")
    with pytest.raises(ClientError) as refused:
        source.copy(etag, storage.bucket, "incoming/a", "image/jpeg")
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
