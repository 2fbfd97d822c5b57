"""The size of a page on the wire, with URLs of S3 and a session token of real length."""

import base64
import gzip
import json
from collections.abc import Collection as Names
from dataclasses import replace
from random import Random
from typing import Final

import pytest
from boto3 import Session
from botocore.config import Config

from benchmarks.library.collection import Collection
from benchmarks.scale.usage import SESSION_TOKEN_CHARACTERS
from photosky.photo import Photo
from photosky.presigning import Credentials, Presigner

GZIP_LEVEL: Final = 6
"""zlib's default. API Gateway documents no level."""

MAX_PAGE_BYTES: Final = 40_000
PHOTOS: Final = 100
RANDOM: Final = Random(15)
TOKEN: Final = base64.b64encode(RANDOM.randbytes(SESSION_TOKEN_CHARACTERS * 3 // 4)).decode()
CREDENTIALS: Final = Credentials("ASIA0123456789ABCDEF", "secret", TOKEN)


@pytest.fixture(scope="module")
def presigner() -> Presigner:
    """Signs as a function does, at a fixed time."""
    client = Session().client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id=CREDENTIALS.access_key,
        aws_secret_access_key=CREDENTIALS.secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )
    bucket = "photosky-prod-storagemedia9333cb25-1a2b3c4d5e6f"
    return Presigner(client, bucket, 3600, lambda: CREDENTIALS, clock=lambda: 1_795_876_376.0)


def wire_bytes(presigner: Presigner, photos: list[Photo], only: Names[str] | None = None) -> int:
    """The size of a page of these photos, serialized as by the function and compressed."""
    shown = [photo.present(lambda key: presigner.url(key).url, only) for photo in photos]
    body = json.dumps({"photos": shown, "next_cursor": "A" * 96}).encode()
    assert len(body) > (PHOTOS * len(only or ()) if only is not None else PHOTOS * 4) * len(TOKEN)
    return len(gzip.compress(body, GZIP_LEVEL))


def alike(photo: Photo, other: Photo) -> Photo:
    """`photo` with the id, the digest, the time and the objects of another one, as one of a series."""
    previews = {name: replace(one, key=other.previews[name].key) for name, one in photo.previews.items()}
    own = {"photo_id": other.photo_id, "sha256": other.sha256, "created_at": other.created_at}
    return replace(photo, **own, previews=previews)  # type: ignore[arg-type]


PAGE: Final = [Collection(2 * PHOTOS).photo(number) for number in range(PHOTOS)]
"""Photos of ten years, with other cameras, places and texts each."""


def test_page_of_a_series_takes_less_than_40_kilobytes(presigner: Presigner) -> None:
    assert wire_bytes(presigner, [alike(PAGE[3], photo) for photo in PAGE]) <= MAX_PAGE_BYTES


@pytest.mark.parametrize(
    ("only", "max_bytes"),
    [(None, 50_000), ({"thumb", "small"}, MAX_PAGE_BYTES), ({"thumb"}, 30_000), (set(), 20_000)],
)
def test_page_of_photos_without_common_metadata_is_small(
    presigner: Presigner, only: set[str] | None, max_bytes: int
) -> None:
    assert wire_bytes(presigner, PAGE, only) <= max_bytes
